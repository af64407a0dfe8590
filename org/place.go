package org

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"bihuan/journal"
	"bihuan/store"
)

// PlaceKinds are the kinds of place with their words, from the widest: a place lies in one of a kind further up.
var PlaceKinds = []struct{ Kind, Word string }{{"town", "镇"}, {"village", "村"}, {"street", "街"}, {"lane", "胡同"}, {"point", "点"}}

// PlaceWord is what people call a kind of place.
func PlaceWord(kind string) string {
	if i := placeRank(kind); i >= 0 {
		return PlaceKinds[i].Word
	}
	return kind
}

func placeRank(kind string) int {
	return slices.IndexFunc(PlaceKinds, func(k struct{ Kind, Word string }) bool { return k.Kind == kind })
}

// Place is a node of the tree of places: 镇 > 村 > 街 > 胡同, and points in any of them: a pole, a drain, a venue.
type Place struct {
	ID      int64
	Parent  int64 // 0 for one that lies in no other
	Unit    Unit  // that looks after it
	Kind    string
	Name    string
	Path    string // ids from the top: /1/5/9/
	Ord     int64
	Version int64
}

// Within tells whether p is the place with the given path or lies in it.
func (p Place) Within(path string) bool { return strings.HasPrefix(p.Path, path) }

// Depth is how many places p lies in.
func (p Place) Depth() int { return strings.Count(p.Path, "/") - 2 }

const placeQuery = `select p.id, coalesce(p.parent, 0), p.kind, p.name, p.path, p.ord, p.version,
	u.id, coalesce(u.parent, 0), u.kind, u.name, u.path, u.ord, u.version from place p join unit u on u.id = p.unit`

func scanPlace(rows *sql.Rows, p *Place) error {
	u := &p.Unit
	return rows.Scan(&p.ID, &p.Parent, &p.Kind, &p.Name, &p.Path, &p.Ord, &p.Version, &u.ID, &u.Parent, &u.Kind, &u.Name, &u.Path, &u.Ord, &u.Version)
}

// PlaceByID reads one place.
func PlaceByID(ctx context.Context, q store.Querier, id int64) (Place, error) {
	return store.One(ctx, q, scanPlace, placeQuery+` where p.id = $1`, id)
}

// Places lists the places of the units below a path, in the order of the tree of places.
func Places(ctx context.Context, q store.Querier, unitPath string) ([]Place, error) {
	return store.All(ctx, q, scanPlace, placeQuery+` where u.path like $1 order by p.path`, unitPath+"%")
}

// PlacesIn lists a place and all that lie in it.
func PlacesIn(ctx context.Context, q store.Querier, path string) ([]Place, error) {
	return store.All(ctx, q, scanPlace, placeQuery+` where p.path like $1 order by p.path`, path+"%")
}

// AddPlace enters a place that unit looks after, in parent; the zero parent makes one that lies in no other. What stands already
// under that name is returned as it is.
func AddPlace(ctx context.Context, tx *store.Tx, who Person, parent Place, unit Unit, kind, name string, ord int64) (Place, error) {
	p := Place{ID: tx.ID(), Parent: parent.ID, Unit: unit, Kind: kind, Name: strings.TrimSpace(name), Ord: ord, Version: 1}
	if err := who.Check(Manage, unit); err != nil {
		return p, err
	}
	if parent.ID != 0 {
		if err := who.Check(Manage, parent.Unit); err != nil {
			return p, err
		}
	}
	if err := p.check(parent); err != nil {
		return p, err
	}
	same, err := store.All(ctx, tx, scanPlace, placeQuery+` where coalesce(p.parent, 0) = $1 and p.name = $2 and (p.parent is not null or p.unit = $3)`, parent.ID, p.Name, unit.ID)
	if err != nil {
		return p, err
	}
	if len(same) > 0 {
		if same[0].Kind != kind || same[0].Unit.ID != unit.ID {
			return p, Invalid{"地点名称", fmt.Sprintf("“%s”已登记为%s，归%s", p.Name, PlaceWord(same[0].Kind), same[0].Unit.Name)}
		}
		return same[0], nil
	}
	p.Path = fmt.Sprintf("%s%d/", parent.Path, p.ID)
	if parent.ID == 0 {
		p.Path = fmt.Sprintf("/%d/", p.ID)
	}
	_, err = tx.Exec(ctx, `insert into place (id, parent, unit, kind, name, path, ord, version) values ($1, $2, $3, $4, $5, $6, $7, 1)`,
		p.ID, orNull(parent.ID), unit.ID, kind, p.Name, p.Path, ord)
	if err != nil {
		return p, fmt.Errorf("add place %s: %w", p.Name, err)
	}
	return p, journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "登记", Kind: "place", Row: p.ID,
		Changes: []journal.Change{{Field: "地点", To: p.Name}, {Field: "所属单位", To: unit.Name}}})
}

// check refuses a place without a name, and one that lies in a narrower one.
func (p Place) check(parent Place) error {
	if p.Name == "" || strings.ContainsAny(p.Name, "/\n") {
		return Invalid{"地点名称", "请写地点的名称，其中不能有斜线和换行"}
	}
	rank := placeRank(p.Kind)
	if rank < 0 {
		return Invalid{"类别", "请从 镇、村、街、胡同、点 中选一种"}
	}
	if parent.ID != 0 && rank <= placeRank(parent.Kind) {
		return Invalid{"类别", fmt.Sprintf("%s“%s”里不能再有%s；请按 镇、村、街、胡同、点 由大到小", PlaceWord(parent.Kind), parent.Name, PlaceWord(p.Kind))}
	}
	return nil
}

// EditPlace gives a place another kind or another unit that looks after it.
func EditPlace(ctx context.Context, tx *store.Tx, who Person, id, version int64, unit Unit, kind string) error {
	old, err := PlaceByID(ctx, tx, id)
	if err != nil {
		return err
	}
	for _, u := range []Unit{old.Unit, unit} {
		if err := who.Check(Manage, u); err != nil {
			return err
		}
	}
	var parent Place
	if old.Parent != 0 {
		if parent, err = PlaceByID(ctx, tx, old.Parent); err != nil {
			return err
		}
	}
	next := old
	next.Unit, next.Kind = unit, kind
	if err := next.check(parent); err != nil {
		return err
	}
	in, err := PlacesIn(ctx, tx, old.Path)
	if err != nil {
		return err
	}
	for _, x := range in {
		if x.Parent == id {
			if err := x.check(next); err != nil {
				return err
			}
		}
	}
	var changes []journal.Change
	if old.Kind != kind {
		changes = append(changes, journal.Change{Field: "类别", From: PlaceWord(old.Kind), To: PlaceWord(kind)})
	}
	if old.Unit.ID != unit.ID {
		changes = append(changes, journal.Change{Field: "所属单位", From: old.Unit.Name, To: unit.Name})
	}
	if len(changes) == 0 {
		return nil
	}
	n, err := tx.Exec(ctx, `update place set kind = $3, unit = $4, version = version + 1 where id = $1 and version = $2`, id, version, kind, unit.ID)
	if err != nil {
		return fmt.Errorf("edit place: %w", err)
	}
	if n == 0 {
		return journal.StaleRow(ctx, tx, "place", id)
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "修改", Kind: "place", Row: id, Changes: changes})
}
