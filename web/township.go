package web

import (
	"context"
	"slices"

	"bihuan/org"
	"bihuan/store"
)

// township is the town that pages about publicity and requests are about, and what of it the visitor sees.
type township struct {
	Town     org.Unit
	Towns    []org.Unit // to choose from, for whoever sees several
	Villages []org.Unit // that the visitor sees, in the order of the tree
}

// village is the village of that id that the visitor sees, or [store.ErrNotFound].
func (t township) village(id int64) (org.Unit, error) {
	i := slices.IndexFunc(t.Villages, func(u org.Unit) bool { return u.ID == id })
	if i < 0 {
		return org.Unit{}, store.ErrNotFound
	}
	return t.Villages[i], nil
}

// name is what a village is called; of one that is not seen the number of its row would tell nobody anything.
func (t township) name(id int64) string {
	u, err := t.village(id)
	if err != nil {
		return "别的村"
	}
	return u.Name
}

// township finds the town that a visitor asks about: the own one, or the one of that id of those that they see. Counts are for all who
// have to do with residents.
func (s *Server) township(ctx context.Context, v *visit, id int64) (township, error) {
	var t township
	if s.vault == nil {
		return t, errNoResidents
	}
	if !serves(v.Who) {
		return t, org.Denied{Who: v.Who, Action: org.Residents}
	}
	seen, err := org.Seen(ctx, s.db, v.Who)
	if err != nil {
		return t, err
	}
	for _, u := range seen {
		if u.Kind == org.Town {
			t.Towns = append(t.Towns, u)
		}
	}
	switch i := slices.IndexFunc(t.Towns, func(u org.Unit) bool { return u.ID == id }); {
	case i >= 0:
		t.Town = t.Towns[i]
	case len(t.Towns) > 0:
		t.Town = t.Towns[0]
	default:
		if t.Town, err = s.townAbove(ctx, v.Who.Unit); err != nil {
			return t, err
		}
	}
	for _, u := range seen {
		if u.Kind == org.Village && u.Within(t.Town.Path) {
			t.Villages = append(t.Villages, u)
		}
	}
	return t, nil
}

// townAbove is the town that a unit belongs to.
func (s *Server) townAbove(ctx context.Context, u org.Unit) (org.Unit, error) {
	for _, id := range slices.Backward(u.Ancestors()) {
		above, err := org.UnitByID(ctx, s.db, id)
		if err != nil || above.Kind == org.Town {
			return above, err
		}
	}
	return org.Unit{}, org.Invalid{Field: "镇", What: u.Name + "不属于哪个镇，看不到惠民各页"}
}
