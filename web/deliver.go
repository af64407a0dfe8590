package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"bihuan/org"
	"bihuan/publicity"
	"bihuan/store"
	"bihuan/vault"
)

// deliverPage ticks the households of a village that have a card.
type deliverPage struct {
	phoneFrame
	township
	Card     publicity.Card
	Village  org.Unit
	Reach    reachView
	Teams    []teamTicks // with the households without the card
	Left     int         // of those
	Had      []tickView  // with it, for what was ticked wrongly
	Again    string      // day since which it is brought once more; empty: it is brought for the first time
	Others   []publicity.Delivery
	Ways     []publicity.WayWord
	Staff    []personOption
	Day      string
	By       int64
	From, To string
	Form     otherForm
	Problems map[string]string
	Phone    bool
	Here     string // address of the page
}

// teamTicks are the households of a 村民小组.
type teamTicks struct {
	Name  string
	Ticks []tickView
	Open  bool
}

// tickView is a household to be ticked.
type tickView struct {
	ID           int64
	Number, Head string // head masked
	Day          string // it has it since; empty: not yet
	On           bool   // was ticked when the form came back
}

// otherForm is what was typed about another way.
type otherForm struct {
	Way          string
	People, Said string
}

// personOption is somebody to be chosen.
type personOption struct {
	ID   int64
	Word string
}

// deliverShow answers GET /card/{id}/deliver.
func (s *Server) deliverShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.deliverRender(w, r, v, http.StatusOK, deliverPage{}, nil)
}

// deliverOf finds the village of a delivery: the one that is asked for, or the only one that the visitor sees.
func (s *Server) deliverOf(r *http.Request, v *visit) (publicity.Card, township, org.Unit, error) {
	c, t, err := s.ofCard(r, v)
	if err != nil {
		return c, t, org.Unit{}, err
	}
	id := formID(r.FormValue("village"))
	if id == 0 && len(t.Villages) == 1 {
		id = t.Villages[0].ID
	}
	u, err := t.village(id)
	if err == nil {
		err = v.Who.Check(org.Deliver, u)
	}
	return c, t, u, err
}

func (s *Server) deliverRender(w http.ResponseWriter, r *http.Request, v *visit, status int, p deliverPage, ticked []int64) error {
	ctx := r.Context()
	c, t, u, err := s.deliverOf(r, v)
	if err != nil {
		return err
	}
	p.township, p.Card, p.Village, p.Ways, p.Phone = t, c, u, publicity.Ways[1:], byList(v.Who)
	p.Here = fmt.Sprintf("/card/%d/deliver?village=%d", c.ID, u.ID)
	p.Day, p.By = cmp.Or(p.Day, v.Today), cmp.Or(p.By, v.Who.ID)
	reach, err := publicity.Coverage(ctx, s.vault, c, []org.Unit{u})
	if err != nil {
		return err
	}
	p.Reach = newReachView(v, c, reach[0])
	since := ""
	if r.FormValue("again") != "" {
		repeats, err := publicity.Repeats(ctx, s.vault, c.Unit)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(repeats, func(x publicity.Repeat) bool { return x.Village == u.ID && x.Series == c.Series }); i >= 0 {
			since = repeats[i].Since
			p.Again = shortDate(since, v.Today)
			p.Here += "&again=1"
		}
	}
	ticks, err := publicity.Ticks(ctx, s.vault, c.ID, u.ID, since)
	if err != nil {
		return err
	}
	for _, x := range ticks {
		tick := tickView{ID: x.ID, Number: x.Number, Head: vault.MaskName(x.Head), Day: shortDate(x.Day, v.Today), On: slices.Contains(ticked, x.ID)}
		if x.Day != "" {
			p.Had = append(p.Had, tick)
			continue
		}
		p.Left++
		name := cmp.Or(x.Team, "全村")
		i := slices.IndexFunc(p.Teams, func(t teamTicks) bool { return t.Name == name })
		if i < 0 {
			i = len(p.Teams)
			p.Teams = append(p.Teams, teamTicks{Name: name})
		}
		p.Teams[i].Ticks = append(p.Teams[i].Ticks, tick)
	}
	for i := range p.Teams {
		p.Teams[i].Open = len(p.Teams) == 1 || p.Left <= 120 || slices.ContainsFunc(p.Teams[i].Ticks, func(t tickView) bool { return t.On })
	}
	if p.Others, err = publicity.Others(ctx, s.vault, c.ID, u.ID); err != nil {
		return err
	}
	for i := range p.Others {
		p.Others[i].Day = shortDate(p.Others[i].Day, v.Today)
	}
	if p.Staff, err = s.staffOptions(ctx, v, u.Path, nil); err != nil {
		return err
	}
	if p.phoneFrame = s.phone(r, v, "登记送达"); !p.Phone {
		p.frame = s.benefitFrame(v, "card", "登记送达")
	}
	return s.render(w, status, "card-deliver", p)
}

// staffOptions lists who works in a subtree, and the visitor before them; without those that are left out.
func (s *Server) staffOptions(ctx context.Context, v *visit, path string, without func(org.Staff) bool) ([]personOption, error) {
	staff, err := org.StaffIn(ctx, s.db, path)
	if err != nil {
		return nil, err
	}
	var list []personOption
	for _, x := range staff {
		if x.ID == v.Who.ID || without != nil && without(x) {
			continue
		}
		list = append(list, personOption{x.ID, x.Title() + "　" + x.Unit.Name})
	}
	if without == nil {
		list = slices.Insert(list, 0, personOption{v.Who.ID, v.Who.Title()})
	}
	return list, nil
}

// personOf reads somebody that a form names, of the subtree of a town; the zero Person for nobody.
func (s *Server) personOf(ctx context.Context, v *visit, town org.Unit, id int64) (org.Person, error) {
	if id == v.Who.ID {
		return v.Who, nil
	}
	p, err := org.PersonByID(ctx, s.db, id, v.Today)
	if errors.Is(err, store.ErrNotFound) || err == nil && !p.Unit.Within(town.Path) {
		return org.Person{}, nil
	}
	return p, err
}

// deliverSave answers POST /card/{id}/deliver: households were ticked, or a run of numbers was given; or ticks are taken back.
func (s *Server) deliverSave(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	c, t, u, err := s.deliverOf(r, v)
	if err != nil {
		return err
	}
	p := deliverPage{Day: form.Get("day"), By: formID(form.Get("by")), From: plainText(form.Get("from")), To: plainText(form.Get("to")), Problems: map[string]string{}}
	if p.Day == "" {
		p.Day = v.Today
	}
	by := v.Who
	if p.By != 0 {
		if by, err = s.personOf(ctx, v, t.Town, p.By); err != nil {
			return err
		}
	}
	var ids []int64
	for _, x := range form["household"] {
		ids = append(ids, formID(x))
	}
	ticked := slices.Clone(ids)
	back := fmt.Sprintf("/card/%d/deliver?village=%d", c.ID, u.ID)
	if r.FormValue("again") != "" {
		back += "&again=1"
	}
	n, verb := 0, "记下了，%d 户。"
	if form.Get("do") == "undo" {
		verb = "撤销了 %d 户。"
		n, err = publicity.UndoHome(ctx, s.vault, v.Who, c.ID, u, p.Day, ids)
		if err == nil && n == 0 {
			err = org.Invalid{Field: "户", What: "勾的户在这一天没有送达登记，请核对日期"}
		}
	} else {
		run, bad := s.householdRun(ctx, u, p.From, p.To)
		if bad != nil {
			err = bad
		} else {
			n, err = publicity.DeliverHome(ctx, s.vault, v.Who, c.ID, u, p.Day, by, append(ids, run...))
		}
	}
	var invalid org.Invalid
	if errors.As(err, &invalid) {
		p.Problems[invalid.Field] = invalid.What
		return s.deliverRender(w, r, v, http.StatusUnprocessableEntity, p, ticked)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, back, fmt.Sprintf(verb, n))
}

// householdRun is the households of a village from one number of its list to another, both included.
func (s *Server) householdRun(ctx context.Context, u org.Unit, from, to string) ([]int64, error) {
	if from == "" && to == "" {
		return nil, nil
	}
	to = cmp.Or(to, from)
	list, err := publicity.Households(ctx, s.vault, u.ID)
	if err != nil {
		return nil, err
	}
	at := func(number string) int {
		return slices.IndexFunc(list, func(h publicity.Household) bool {
			return strings.TrimLeft(h.Number, "0") == strings.TrimLeft(number, "0")
		})
	}
	a, b := at(from), at(to)
	if a < 0 || b < 0 || a > b {
		return nil, org.Invalid{Field: "连着的户", What: fmt.Sprintf("名单里没有从 %s 到 %s 的户，请核对户号", from, to)}
	}
	var ids []int64
	for _, h := range list[a : b+1] {
		ids = append(ids, h.ID)
	}
	return ids, nil
}

// deliverOther answers POST /card/{id}/way: a broadcast, a meeting, a poster.
func (s *Server) deliverOther(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	c, t, u, err := s.deliverOf(r, v)
	if err != nil {
		return err
	}
	p := deliverPage{Day: cmp.Or(form.Get("day"), v.Today), By: formID(form.Get("by")), Problems: map[string]string{},
		Form: otherForm{form.Get("way"), plainText(form.Get("people")), plainText(form.Get("said"))}}
	by := v.Who
	if p.By != 0 {
		if by, err = s.personOf(r.Context(), v, t.Town, p.By); err != nil {
			return err
		}
	}
	people, bad := strconv.Atoi(cmp.Or(p.Form.People, "0"))
	if bad != nil {
		people = -1
	}
	err = publicity.DeliverOther(r.Context(), s.vault, v.Who, c.ID, u, publicity.Way(p.Form.Way), p.Day, by, people, p.Form.Said)
	var invalid org.Invalid
	if errors.As(err, &invalid) {
		p.Problems["其他："+invalid.Field] = invalid.What
		return s.deliverRender(w, r, v, http.StatusUnprocessableEntity, p, nil)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/card/%d/deliver?village=%d", c.ID, u.ID), "记下了。广播、会议、张贴不算送到户。")
}
