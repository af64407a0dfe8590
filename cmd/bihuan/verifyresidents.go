package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"bihuan/journal"
	"bihuan/proof"
	"bihuan/store"
	"bihuan/vault"
)

// residentsReport is what a check of the database of residents found; nil where there is none.
type residentsReport struct {
	proof.Report

	unopened []string // what does not open with the key
	notes    []string // what was not checked, and why
}

func (r *residentsReport) ok() bool { return r == nil || r.OK() && len(r.unopened) == 0 }

// text is the report for people.
func (r *residentsReport) text() string {
	if r == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n居民信息库\n" + reportText(r.Report))
	if len(r.unopened) > 0 {
		fmt.Fprintf(&b, "加密的内容有 %d 处不对：\n  %s\n", len(r.unopened), strings.Join(r.unopened, "\n  "))
	}
	for _, n := range r.notes {
		b.WriteString(n + "\n")
	}
	return b.String()
}

func (r *residentsReport) json() map[string]any {
	all := jsonReport(r.Report)
	all["ok"], all["unopened"], all["notes"] = r.ok(), append([]string{}, r.unopened...), append([]string{}, r.notes...)
	return all
}

// residentsDatabase is the address of the database of residents.
func (p place) residentsDatabase() (string, error) {
	if p.Residents != "" {
		return p.Residents, nil
	}
	return store.ResidentsOf(p.database())
}

// sealKey is the file of the key that the database of residents is encrypted with.
func (p place) sealKey() string {
	return cmp.Or(p.ResidentsKey, filepath.Join(p.Data, "residents.key"))
}

// verifyResidents checks the database of residents with the keys of its own log, and that what is sealed in it opens.
func (c verifyCommand) verifyResidents(ctx context.Context, s streams) (*residentsReport, error) {
	address, err := c.residentsDatabase()
	if err != nil {
		return nil, err
	}
	there, err := store.Exists(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("打不开居民信息库：%w", err)
	}
	signed, err := journal.KeptNotes(c.residents().checkpoints)
	if err != nil || !there && len(signed) == 0 {
		return nil, err // there has never been one
	}
	var r residentsReport
	if !there {
		r.Differences = []proof.Difference{{Kind: proof.LogTruncated, What: "居民信息库没有了，从备份恢复"}}
		return &r, nil
	}
	db, err := store.OpenResidents(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("打不开居民信息库：%w", err)
	}
	defer db.Close()
	subject := proof.Subject{DB: db, Told: c.told(s)}
	if subject.Keys, err = c.residentsKeys(ctx, db, &r); err != nil {
		return nil, err
	}
	mine := func(origin string) bool {
		return slices.ContainsFunc(subject.Keys, func(k note.Verifier) bool { return k.Name() == origin })
	}
	if subject.Checkpoints, err = c.checkpoints(ctx, c.residents(), subject.Keys, mine); err != nil {
		return nil, err
	}
	if r.Report, err = proof.Verify(ctx, subject); err != nil {
		return nil, fmt.Errorf("居民信息库没能核对完：%w", err)
	}
	if c.NoFiles {
		r.notes = append(r.notes, "没有核对加密的内容能不能打开（--no-files）")
		return &r, nil
	}
	v, err := vault.Unlock(ctx, db, c.sealKey())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.notes = append(r.notes, "这里没有密钥 "+c.sealKey()+"，没有核对加密的内容能不能打开")
		return &r, nil
	case errors.Is(err, vault.ErrKey):
		r.unopened = append(r.unopened, "密钥 "+c.sealKey()+" 不是这个库的")
		return &r, nil
	case err != nil:
		return nil, err
	}
	if r.unopened, err = v.Unopened(ctx, subject.Told); err != nil {
		return nil, fmt.Errorf("居民信息库没能核对完：%w", err)
	}
	return &r, nil
}

// residentsKeys are the keys given, when that of this log is among them, and otherwise those beside the database, which the report says.
func (c verifyCommand) residentsKeys(ctx context.Context, db *store.DB, r *residentsReport) ([]note.Verifier, error) {
	last, err := journal.LastCheckpoint(ctx, db)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if len(c.Key) > 0 {
		keys, err := c.residents().verifiers(c.Key)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(keys, func(k note.Verifier) bool { return k.Name() == last.Origin }) {
			return keys, nil
		}
		r.notes = append(r.notes, "给的公钥里没有居民信息库的，用的是 "+c.residents().public+" 里的")
	}
	return c.residents().verifiers(nil)
}
