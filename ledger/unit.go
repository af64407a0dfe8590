package ledger

import (
	"context"
	"fmt"
	"slices"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// EditUnit gives a unit another name or kind, as [org.EditUnit] does, and makes the findings that hang on it show it.
func EditUnit(ctx context.Context, db *store.DB, who org.Person, id, version int64, name, kind string) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		old, err := org.UnitByID(ctx, tx, id)
		if err != nil {
			return err
		}
		u, err := org.EditUnit(ctx, tx, who, id, version, name, kind)
		if err != nil || u == old {
			return err
		}
		return reseat(ctx, tx, who, u, journal.Change{Field: "单位名称", From: old.Name, To: u.Name})
	})
}

// MoveUnit puts a unit, with all below it, under another parent, as [org.MoveUnit] does. Who sees a finding of theirs because of where
// they stood no longer does; who stands above them now does.
func MoveUnit(ctx context.Context, db *store.DB, who org.Person, id, version, parent int64) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		old, err := org.UnitByID(ctx, tx, id)
		if err != nil {
			return err
		}
		to, err := org.UnitByID(ctx, tx, parent)
		if err != nil {
			return err
		}
		u, err := org.MoveUnit(ctx, tx, who, id, version, to)
		if err != nil || u == old {
			return err
		}
		from, err := org.UnitByID(ctx, tx, old.Parent)
		if err != nil {
			return err
		}
		return reseat(ctx, tx, who, u, journal.Change{Field: u.Name + "的上级单位", From: from.Name, To: to.Name})
	})
}

// reseat writes anew who sees the findings that hang on a unit or on one below it, and gives them another version, so that nothing
// kept of them outlives the change. Each finding's own history tells of it.
func reseat(ctx context.Context, tx *store.Tx, who org.Person, u org.Unit, said journal.Change) error {
	ids, err := store.All(ctx, tx, store.Value[int64], `select f.id from finding f join unit u on u.id = f.unit where u.path like $1
		union select x.finding from finding_unit x join unit u on u.id = x.unit where u.path like $1 order by 1`, u.Path+"%")
	if err != nil {
		return fmt.Errorf("reseat: %w", err)
	}
	for part := range slices.Chunk(ids, 500) {
		list, err := ByIDs(ctx, tx, part)
		if err != nil {
			return fmt.Errorf("reseat: %w", err)
		}
		for _, f := range list {
			if err := reseatOne(ctx, tx, who, f, said); err != nil {
				return fmt.Errorf("reseat: %w", err)
			}
		}
	}
	return nil
}

func reseatOne(ctx context.Context, tx *store.Tx, who org.Person, f Finding, said journal.Change) error {
	if _, err := tx.Exec(ctx, `update finding set version = version + 1, changed = $2 where id = $1`, f.ID, tx.Now.UnixMilli()); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `delete from finding_scope where finding = $1`, f.ID); err != nil {
		return err
	}
	see := f.Unit.Ancestors()
	for _, x := range f.Units {
		if x.ID == 0 {
			continue
		}
		u, err := org.UnitByID(ctx, tx, x.ID)
		if err != nil {
			return err
		}
		see = append(see, u.Ancestors()...)
	}
	for _, unit := range withoutRoot(see) {
		if _, err := tx.Exec(ctx, `insert into finding_scope (unit, finding) values ($1, $2)`, unit, f.ID); err != nil {
			return err
		}
	}
	if err := index(ctx, tx, f); err != nil {
		return err
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "调整", Kind: "finding", Row: f.ID, Changes: []journal.Change{said}})
}
