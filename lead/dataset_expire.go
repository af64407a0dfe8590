package lead

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// DeleteDataset deletes a list before its time, with a reason. What it was, who gave it and what for remains; its rows do not, nor what
// the files of the database still hold of them. Errors: [org.Invalid], [journal.Stale], [org.Denied].
func DeleteDataset(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, id, version int64, reason string) error {
	d, err := DatasetByID(ctx, v, house, who, id)
	if err != nil {
		return err
	}
	town, err := org.UnitByID(ctx, house, d.Unit)
	if err != nil {
		return err
	}
	if err := who.Check(org.Screen, town); err != nil {
		return err
	}
	if d.State == DatasetDeleted {
		return nil
	}
	if reason, err = needed("删除原因", reason, "请写明为什么提前删除"); err != nil {
		return err
	}
	d.Version = version
	if err := d.drop(ctx, v, who, reason); err != nil {
		return err
	}
	return purge(ctx, v)
}

// drop deletes the rows of a list.
func (d Dataset) drop(ctx context.Context, v *vault.Vault, who org.Person, reason string) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(ctx, `update dataset set state = 'deleted', file = 0, deleted = $3, deleted_why = $4, version = version + 1 where id = $1 and version = $2 and state <> 'deleted'`,
			d.ID, d.Version, tx.Now.UnixMilli(), reason)
		if err == nil && n == 0 {
			return journal.StaleRow(ctx, tx, "dataset", d.ID)
		}
		if err != nil {
			return err
		}
		if err := v.DropFile(ctx, tx, d.File); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "删除", Kind: "dataset", Row: d.ID, Changes: []journal.Change{
			{Field: "名单种类", From: d.Kind.Word()}, {Field: "SHA-256", From: d.Hash}, {Field: "原因", To: reason}}})
	})
}

// Expire deletes the lists whose day has come, and those that nobody confirmed within a week, and then whatever the files of the database
// still hold of deleted ones. It may run at any time and any number of times. The error is that of the first list that would not go; the
// others go all the same.
func Expire(ctx context.Context, v *vault.Vault) error {
	today := v.Now().Format(time.DateOnly)
	list, err := store.All(ctx, v, scanDataset, `select `+datasetColumns+` from dataset where state in ('preview', 'ready') and (delete_by <= $1 or state = 'preview' and entered < $2) order by id`,
		today, v.Now().AddDate(0, 0, -previewDays).UnixMilli())
	if err != nil {
		return err
	}
	var failed error
	for _, d := range list {
		reason := "到删除日期，程序自动删除"
		if d.DeleteBy > today {
			reason = fmt.Sprintf("上传后 %d 天没有确认，程序自动删除", previewDays)
		}
		if err := d.drop(ctx, v, org.Program, reason); err != nil && failed == nil && !errors.As(err, new(journal.Stale)) { // somebody else was faster: the next time
			failed = err
		}
	}
	return errors.Join(failed, purge(ctx, v))
}

// purge frees the files of the database of what deleted lists and pictures left in them. One that was interrupted is made up for by the next.
func purge(ctx context.Context, v *vault.Vault) error {
	type gone struct {
		table string
		id    int64
	}
	left, err := store.All(ctx, v, func(rows *sql.Rows, g *gone) error { return rows.Scan(&g.table, &g.id) },
		`select 'dataset', id from dataset where state = 'deleted' and purged = 0 union all select 'dropped_proof', id from dropped_proof where purged = 0`)
	if err != nil || len(left) == 0 {
		return err
	}
	if err := v.Purge(ctx); err != nil {
		return err
	}
	return v.Write(ctx, func(tx *store.Tx) error {
		for _, g := range left {
			if _, err := tx.Exec(ctx, `update `+g.table+` set purged = 1 where id = $1`, g.id); err != nil {
				return err
			}
			if err := journal.Append(ctx, tx, journal.Entry{Who: org.Program.Title(), Verb: "清除", Kind: g.table, Row: g.id}); err != nil {
				return err
			}
		}
		return nil
	})
}
