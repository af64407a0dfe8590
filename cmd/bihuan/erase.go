package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"bihuan/ledger"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/store"
)

// eraseCommand erases what belongs to a person from everything.
type eraseCommand struct {
	place
	Text   string `arg:"" name:"内容" help:"要删除的姓名、证件号码、电话或一句话"`
	Reason string `required:"" placeholder:"原因" help:"依据和原因，如 本人申请，〔2026〕3号；会记入日志"`
	Files  bool   `name:"with-files" help:"含有它的原件也删除"`
	Yes    bool   `help:"不再询问"`
}

// Run shows where the text stands and, once that is confirmed, erases it.
func (c eraseCommand) Run(ctx context.Context, s streams) error {
	files, err := c.openFiles(ctx)
	if err != nil {
		return err
	}
	defer files.Close()
	return c.withDatabase(ctx, func(db *store.DB) error {
		found, err := ledger.FindTraces(ctx, db, files, org.Program, c.Text)
		if err != nil {
			return err
		}
		if found.Empty() {
			fmt.Fprintf(s.out, "没有找到“%s”。\n", c.Text)
			return db.Purge(ctx) // in case an erasure before could not
		}
		log, err := c.house().open(db)
		if err != nil {
			return err
		}
		if err := proof.Sound(ctx, log); err != nil {
			return err
		}
		fmt.Fprint(s.out, tracesText(found))
		var hashes []string
		for _, f := range found.Files {
			if c.Files {
				hashes = append(hashes, f.Hash)
			}
		}
		if len(found.Files) > 0 && !c.Files {
			fmt.Fprintln(s.out, "原件不动；也要删除的，请加 --with-files。")
		}
		if !c.Yes {
			fmt.Fprint(s.out, "删除后不能恢复。已打印、已发出和已备份的不在其内。确定删除请输入 删除：")
			line, err := bufio.NewReader(s.in).ReadString('\n')
			if strings.TrimSpace(line) != "删除" {
				fmt.Fprintln(s.out, "没有删除。")
				return err
			}
		}
		if err := ledger.EraseText(ctx, db, files, org.Program, c.Text, c.Reason, hashes); err != nil {
			return err
		}
		fmt.Fprintln(s.out, "已删除。日志里留有删除记录，原有的证明仍然有效。")
		return nil
	})
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
