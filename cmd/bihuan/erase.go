package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/store"
	"bihuan/vault"
)

// eraseCommand erases what belongs to a person from everything.
type eraseCommand struct {
	place
	Text   string   `arg:"" name:"内容" help:"要删除的姓名、证件号码、电话或一句话"`
	Reason string   `required:"" placeholder:"原因" help:"依据和原因，如 本人申请，〔2026〕3号；会记入日志"`
	Files  bool     `name:"with-files" help:"含有它的原件、核实这个人时拍的照片也删除"`
	Also   []string `sep:"," placeholder:"种类:编号" help:"同名、没有号码的，别处的话里提到的，是同一个人的也删除，如 request:7301；先不写，看列出哪些，可以写多次"`
	Yes    bool     `help:"不再询问"`
}

// Run shows where the text stands and, once that is confirmed, erases it.
func (c eraseCommand) Run(ctx context.Context, s streams) error {
	files, err := c.openFiles(ctx)
	if err != nil {
		return err
	}
	defer files.Close()
	return c.withDatabase(ctx, func(db *store.DB) error {
		residents, err := c.residentsHere(ctx)
		if err != nil {
			return err
		}
		if residents == nil {
			return c.erase(ctx, s, db, files, nil)
		}
		return errors.Join(c.erase(ctx, s, db, files, residents), residents.Close())
	})
}

// residentsHere opens the database of residents, where there is one.
func (p place) residentsHere(ctx context.Context) (*vault.Vault, error) {
	address, err := p.residentsDatabase()
	if err != nil {
		return nil, err
	}
	if there, err := store.Exists(ctx, address); err != nil || !there {
		return nil, err
	}
	return p.openVault(ctx)
}

// erase does it in the ledger, and when the text is the number of a resident in the database of residents; nil: there is none.
func (c eraseCommand) erase(ctx context.Context, s streams, db *store.DB, files *evidence.Files, residents *vault.Vault) error {
	found, err := ledger.FindTraces(ctx, db, files, org.Program, c.Text)
	if err != nil {
		return err
	}
	var person vault.TracesOf
	if residents != nil {
		if person, err = residents.FindPerson(ctx, db, org.Program, c.Text); err != nil {
			return err
		}
	}
	if found.Empty() && person.Empty() {
		fmt.Fprintf(s.out, "没有找到“%s”。\n", c.Text)
		err := db.Purge(ctx) // in case an erasure before could not
		if residents != nil {
			err = errors.Join(err, residents.Purge(ctx))
		}
		return err
	}
	if err := c.sound(ctx, db, residents); err != nil {
		return err
	}
	fmt.Fprint(s.out, tracesText(found)+person.String())
	if person.Unsure() > len(c.Also) {
		fmt.Fprintln(s.out, "同名的、话里提到的不动；认准是同一个人的，请加 --also 写上它的编号。")
	}
	if found.Empty() && !person.Known() && len(c.Also) == 0 {
		fmt.Fprintln(s.out, "没有删除。")
		return nil
	}
	var hashes []string
	for _, f := range found.Files {
		if c.Files {
			hashes = append(hashes, f.Hash)
		}
	}
	if len(found.Files)+person.Files > 0 && !c.Files {
		fmt.Fprintln(s.out, "原件和照片不动；也要删除的，请加 --with-files。")
	}
	if !c.Yes {
		fmt.Fprint(s.out, "删除后不能恢复。已打印、已发出和已备份的不在其内。确定删除请输入 删除：")
		line, err := bufio.NewReader(s.in).ReadString('\n')
		if strings.TrimSpace(line) != "删除" {
			fmt.Fprintln(s.out, "没有删除。")
			return err
		}
	}
	if residents != nil && (person.Known() || len(c.Also) > 0) {
		if err := residents.ErasePerson(ctx, db, org.Program, vault.Erasure{Text: c.Text, Reason: c.Reason, Also: c.Also, Files: c.Files}); err != nil {
			return err
		}
	}
	if !found.Empty() {
		if err := ledger.EraseText(ctx, db, files, org.Program, c.Text, c.Reason, hashes); err != nil {
			return err
		}
	}
	fmt.Fprintln(s.out, "已删除。日志里留有删除记录，原有的证明仍然有效。")
	return nil
}

// sound refuses to erase from records that are not in order.
func (c eraseCommand) sound(ctx context.Context, db *store.DB, residents *vault.Vault) error {
	log, err := c.house().open(db)
	if err == nil {
		err = proof.Sound(ctx, log)
	}
	if err != nil || residents == nil {
		return err
	}
	if log, err = c.residents().open(residents.DB); err != nil {
		return err
	}
	return proof.Sound(ctx, log)
}

// tracesText says where a text stands.
func tracesText(t ledger.Traces) string {
	var b strings.Builder
	for _, c := range t.Columns {
		fmt.Fprintf(&b, "数据 %s.%s：%d 行\n", c.Table, c.Column, c.Rows)
	}
	if t.Events > 0 {
		fmt.Fprintf(&b, "日志：%d 条\n", t.Events)
	}
	for _, f := range t.Files {
		fmt.Fprintf(&b, "原件 %s（%s）\n", f.Name, f.Hash[:12])
	}
	return b.String()
}
