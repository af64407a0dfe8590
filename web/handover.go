package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"bihuan/ledger"
	"bihuan/org"
	"bihuan/report"
	"bihuan/store"
)

// handOverPage asks who hands over to whom, shows what would move, and lists what was handed over before.
type handOverPage struct {
	frame
	Posts    []postChoice
	Leavers  []personChoice
	Takers   []personChoice
	Way      string // post, or person
	Post     int64
	From, To int64
	Basis    string
	Asked    bool // a preview is shown
	FromName string
	ToName   string
	PostName string
	Items    []handedItem
	Bound    int // duties that belong to a post which the leaver still holds
	Problem  string
	Past     []handedRow
}

// postChoice is a post in a list, with who holds it.
type postChoice struct {
	ID    int64
	Word  string
	Taken int64 // staff id of the holder, 0 while vacant
}

// personChoice is a person in a list.
type personChoice struct {
	ID   int64
	Word string
}

// handedItem is a duty in the list of a hand-over, counted from 1.
type handedItem struct {
	N int
	ledger.HandedDuty
}

func handedItems(list []ledger.HandedDuty) []handedItem {
	out := make([]handedItem, len(list))
	for i, x := range list {
		out[i] = handedItem{i + 1, x}
	}
	return out
}

type handedRow struct {
	ledger.HandedOver
	When string
}

// handOverForm answers GET /handover: the form, and with its fields filled in what would move.
func (s *Server) handOverForm(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.renderHandOver(w, r, v, http.StatusOK, r.URL.Query(), "")
}

func (s *Server) renderHandOver(w http.ResponseWriter, r *http.Request, v *visit, status int, q url.Values, problem string) error {
	if !v.Who.May(org.HandOver) {
		return org.Denied{Who: v.Who, Action: org.HandOver}
	}
	ctx := r.Context()
	id := func(name string) int64 { n, _ := strconv.ParseInt(q.Get(name), 10, 64); return n }
	p := handOverPage{Way: "post", Post: id("post"), From: id("from"), To: id("to"), Basis: strings.TrimSpace(q.Get("basis")), Problem: problem}
	if q.Get("way") == "person" {
		p.Way = "person"
	}
	for _, u := range v.Who.Units() {
		posts, err := org.Posts(ctx, s.db, u.Path)
		if err != nil {
			return err
		}
		for _, x := range posts {
			if v.Who.Check(org.HandOver, x.Unit) != nil || !x.Single {
				continue
			}
			c := postChoice{ID: x.ID, Word: x.Unit.Name + "　" + x.Title + "（空缺）"}
			h, err := org.HolderOn(ctx, s.db, x.ID, v.Today)
			switch {
			case err == nil:
				c.Word, c.Taken = x.Unit.Name+"　"+x.Title+"（"+h.Name+"）", h.Staff
			case !errors.Is(err, store.ErrNotFound):
				return err
			}
			if x.ID == p.Post {
				p.PostName, p.FromName = x.Title, h.Name
				if p.Way == "post" {
					p.From = h.Staff
				}
			}
			p.Posts = append(p.Posts, c)
		}
		staff, err := org.StaffIn(ctx, s.db, u.Path)
		if err != nil {
			return err
		}
		for _, x := range staff {
			c := personChoice{x.ID, x.Unit.Name + "　" + x.Title()}
			p.Takers = append(p.Takers, c)
			if v.Who.Check(org.HandOver, x.Unit) == nil {
				p.Leavers = append(p.Leavers, c)
			}
			if x.ID == p.From && (p.Way == "person" || p.FromName == "") {
				p.FromName = x.Name
			}
			if x.ID == p.To {
				p.ToName = x.Name
			}
		}
	}
	if err := s.previewHandOver(ctx, v, &p); err != nil {
		return err
	}
	past, err := ledger.HandOvers(ctx, s.db, v.Who, 50)
	if err != nil {
		return err
	}
	for _, h := range past {
		p.Past = append(p.Past, handedRow{h, clock(h.At, v.Today)})
	}
	p.frame = s.frame(v, "handover", "责任交接")
	return s.render(w, status, "handover", p)
}

// previewHandOver collects what would move, once it is said who hands over to whom.
func (s *Server) previewHandOver(ctx context.Context, v *visit, p *handOverPage) error {
	if p.From == 0 || p.To == 0 || p.FromName == "" || p.ToName == "" || p.Way == "post" && p.PostName == "" {
		return nil
	}
	post := int64(0)
	if p.Way == "post" {
		post = p.Post
	}
	items, err := ledger.ToHandOver(ctx, s.db, p.From, post, v.Today)
	if err != nil {
		return err
	}
	p.Items = handedItems(items)
	if p.Way == "person" {
		held, err := org.HoldingsOf(ctx, s.db, p.From)
		if err != nil {
			return err
		}
		for _, h := range held {
			if !h.On(v.Today) {
				continue
			}
			bound, err := ledger.ToHandOver(ctx, s.db, p.From, h.Post, v.Today)
			if err != nil {
				return err
			}
			p.Bound += len(bound)
		}
	}
	p.Asked = p.From != p.To
	if !p.Asked {
		p.Problem = "移交人和接收人不能是同一个人"
	}
	return nil
}

// handOverSave answers POST /handover.
func (s *Server) handOverSave(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	id := func(name string) int64 { n, _ := strconv.ParseInt(form.Get(name), 10, 64); return n }
	basis := plainText(form.Get("basis"))
	before, err := ledger.HandOvers(ctx, s.db, v.Who, 1)
	if err != nil {
		return err
	}
	if basis == "" {
		return s.renderHandOver(w, r, v, http.StatusUnprocessableEntity, form, "请写明依据，如 任免文件的文号或分工会议")
	}
	if form.Get("way") == "person" {
		_, err = ledger.HandOverPerson(ctx, s.db, v.Who, id("from"), id("to"), basis)
	} else {
		_, err = ledger.HandOver(ctx, s.db, v.Who, id("post"), id("to"), basis)
	}
	var bad ledger.Invalid
	if errors.As(err, &bad) {
		return s.renderHandOver(w, r, v, http.StatusUnprocessableEntity, form, bad.Error())
	}
	if err != nil {
		return err
	}
	now, err := ledger.HandOvers(ctx, s.db, v.Who, 1)
	switch {
	case err != nil:
		return err
	case len(now) == 0 || len(before) > 0 && now[0].Seq == before[0].Seq && now[0].Taker != id("to"):
		return s.done(w, r, "/handover", "已登记接任，没有要交接的任务")
	}
	return s.done(w, r, fmt.Sprintf("/handover/%d", now[0].Seq), "已交接")
}

// handedPage is the sheet of one hand-over.
type handedPage struct {
	frame
	Sheet ledger.HandedOver
	Items []handedItem
	Unit  string
	When  string

	Imprint *imprintView
}

// handedShow answers GET /handover/{id}, the id being that of its entry in the journal.
func (s *Server) handedShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	h, unit, err := s.handed(r, v)
	if err != nil {
		return err
	}
	p := handedPage{frame: s.frame(v, "handover", "整改责任交接表"), Sheet: h, Items: handedItems(h.Items), Unit: unit, When: h.At.Format("2006年1月2日 15:04")}
	if p.Imprint, err = s.imprintView(r.Context(), "handover", h.Seq); err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "handed", p)
}

// handedDocx answers GET /handover/{id}/handover.docx.
func (s *Server) handedDocx(w http.ResponseWriter, r *http.Request, v *visit) error {
	h, unit, err := s.handed(r, v)
	if err != nil {
		return err
	}
	imprint, err := s.imprint(r.Context(), "handover", h.Seq)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("整改责任交接表（%s交%s，%s）.docx", h.From, h.To, h.At.Format("2006-01-02"))
	return download(w, name, report.DocxType, func(w io.Writer) error { return report.HandOver(w, unit, h, imprint) })
}

func (s *Server) handed(r *http.Request, v *visit) (ledger.HandedOver, string, error) {
	seq, err := pathID(r)
	if err != nil {
		return ledger.HandedOver{}, "", err
	}
	h, err := ledger.HandOverOf(r.Context(), s.db, v.Who, seq)
	if err != nil {
		return h, "", err
	}
	taker, err := org.StaffByID(r.Context(), s.db, h.Taker)
	if err != nil {
		return h, "", err
	}
	// The paper is the town's, also when a village takes over.
	for _, id := range taker.Unit.Ancestors() {
		u, err := org.UnitByID(r.Context(), s.db, id)
		if err != nil {
			return h, "", err
		}
		if u.Kind == org.Town {
			return h, u.Name, nil
		}
	}
	return h, taker.Unit.Name, nil
}
