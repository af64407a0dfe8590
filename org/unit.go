package org

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"bihuan/journal"
	"bihuan/store"
)

// AddUnit puts a unit below parent; the zero parent makes the root. Two units below one parent cannot bear one name.
func AddUnit(ctx context.Context, tx *store.Tx, who Person, parent Unit, kind, name string, ord int64) (Unit, error) {
	name = strings.TrimSpace(name)
	u := Unit{ID: tx.ID(), Parent: parent.ID, Kind: kind, Name: name, Ord: ord, Version: 1}
	if err := who.Check(Manage, parent); err != nil {
		return u, err
	}
	if err := checkUnit(ctx, tx, u); err != nil {
		return u, err
	}
	if kind == District && parent.ID != 0 {
		return u, errDistrict
	}
	u.Path = fmt.Sprintf("%s%d/", parent.Path, u.ID)
	if parent.ID == 0 {
		u.Path = fmt.Sprintf("/%d/", u.ID)
	}
	_, err := tx.Exec(ctx, `insert into unit (id, parent, kind, name, path, ord, version) values ($1, $2, $3, $4, $5, $6, 1)`, u.ID, orNull(parent.ID), kind, name, u.Path, ord)
	if err != nil {
		return u, fmt.Errorf("add unit %s: %w", name, err)
	}
	return u, journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "登记", Kind: "unit", Row: u.ID,
		Changes: []journal.Change{{Field: "单位", To: name}}})
}

// checkUnit refuses a unit without a name or kind, and one whose name a sister bears.
func checkUnit(ctx context.Context, q store.Querier, u Unit) error {
	if u.Name == "" || strings.ContainsAny(u.Name, "/\n") {
		return Invalid{"单位名称", "请写单位的名称，其中不能有斜线和换行"}
	}
	if !slices.ContainsFunc(Kinds, func(k struct{ Kind, Word string }) bool { return k.Kind == u.Kind }) {
		return Invalid{"类别", "请从 区、镇、部门、村 中选一种"}
	}
	n, err := store.One(ctx, q, store.Value[int], `select count(*) from unit where coalesce(parent, 0) = $1 and name = $2 and id <> $3`, u.Parent, u.Name, u.ID)
	if err == nil && n > 0 {
		err = Invalid{"单位名称", fmt.Sprintf("“%s”已经登记过了，同一上级之下不能重名", u.Name)}
	}
	return err
}

// errDistrict refuses a district in a place where whoever manages a town could make it: its 巡察办 would accept the town's own closings.
var errDistrict = Invalid{"类别", "“区”只能是最上级的单位，安装时由系统管理命令登记，这里不能改成区，也不能把区改成别的"}

// mayTurn tells whether who may give u another kind: to or from a district only the program may, on behalf of whoever installs it, and
// only the root.
func (u Unit) mayTurn(who Person, kind string) bool {
	if kind == u.Kind || kind != District && u.Kind != District {
		return true
	}
	return u.Parent == 0 && who.ID == 0 && who.Unit.ID == 0
}

// EditUnit gives a unit another name or kind; only the program makes the root a district or something else, see [Program]. The old name is kept, for papers go on writing it. version is the one the editor saw;
// see [journal.Stale]. Where findings hang on the unit, ledger.EditUnit is the command to use.
func EditUnit(ctx context.Context, tx *store.Tx, who Person, id, version int64, name, kind string) (Unit, error) {
	old, err := UnitByID(ctx, tx, id)
	if err != nil {
		return old, err
	}
	if err := who.Check(Manage, old); err != nil {
		return old, err
	}
	next := old
	next.Name, next.Kind = strings.TrimSpace(name), kind
	if err := checkUnit(ctx, tx, next); err != nil {
		return old, err
	}
	if !old.mayTurn(who, kind) {
		return old, errDistrict
	}
	var changes []journal.Change
	if old.Name != next.Name {
		changes = append(changes, journal.Change{Field: "单位名称", From: old.Name, To: next.Name})
	}
	if old.Kind != next.Kind {
		changes = append(changes, journal.Change{Field: "类别", From: KindWord(old.Kind), To: KindWord(next.Kind)})
	}
	if len(changes) == 0 {
		return next, nil // done already
	}
	former, err := store.One(ctx, tx, store.Value[string], `select former from unit where id = $1`, id)
	if err != nil {
		return old, err
	}
	names := strings.Split(former, "\n")
	names = slices.DeleteFunc(append(names, old.Name), func(n string) bool { return n == "" || n == next.Name })
	slices.Sort(names)
	next.Version = version + 1
	n, err := tx.Exec(ctx, `update unit set name = $3, kind = $4, former = $5, version = version + 1 where id = $1 and version = $2`,
		id, version, next.Name, next.Kind, strings.Join(slices.Compact(names), "\n"))
	if err != nil {
		return old, fmt.Errorf("edit unit: %w", err)
	}
	if n == 0 {
		return old, journal.StaleRow(ctx, tx, "unit", id)
	}
	return next, journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "修改", Kind: "unit", Row: id, Changes: changes})
}

// MoveUnit puts a unit, with all below it, under another parent. Who may do so manages both. Where findings hang on the units,
// ledger.MoveUnit is the command to use.
func MoveUnit(ctx context.Context, tx *store.Tx, who Person, id, version int64, parent Unit) (Unit, error) {
	u, err := UnitByID(ctx, tx, id)
	if err != nil {
		return u, err
	}
	for _, x := range []Unit{u, parent} {
		if err := who.Check(Manage, x); err != nil {
			return u, err
		}
	}
	switch {
	case u.Parent == parent.ID:
		return u, nil // done already
	case u.Parent == 0:
		return u, Invalid{"上级单位", "最上级的单位不能移到别的单位之下"}
	case parent.Within(u.Path):
		return u, Invalid{"上级单位", fmt.Sprintf("“%s”在“%s”之内，不能做它的上级", parent.Name, u.Name)}
	}
	from, err := UnitByID(ctx, tx, u.Parent)
	if err != nil {
		return u, err
	}
	old := u.Path
	u.Parent, u.Path, u.Version = parent.ID, fmt.Sprintf("%s%d/", parent.Path, u.ID), version+1
	if err := checkUnit(ctx, tx, u); err != nil {
		return u, err
	}
	n, err := tx.Exec(ctx, `update unit set parent = $3, version = version + 1 where id = $1 and version = $2`, id, version, parent.ID)
	if err != nil {
		return u, fmt.Errorf("move unit: %w", err)
	}
	if n == 0 {
		return u, journal.StaleRow(ctx, tx, "unit", id)
	}
	if _, err := tx.Exec(ctx, `update unit set path = cast($1 as text) || substr(path, cast($2 as integer)) where path like $3`, u.Path, len(old)+1, old+"%"); err != nil {
		return u, fmt.Errorf("move unit: %w", err)
	}
	return u, journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "调整", Kind: "unit", Row: id,
		Changes: []journal.Change{{Field: "上级单位", From: from.Name, To: parent.Name}}})
}

// orNull is an id as a reference, nothing for 0.
func orNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}
