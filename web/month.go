package web

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"bihuan/ledger"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/report"
	"bihuan/store"
)

// monthPage is the monthly report of a unit; each number leads to what it counts.
type monthPage struct {
	frame
	Month  ledger.Month
	Name   string
	Units  []unitChoice
	Value  string // of the field: 2026-04
	Groups []monthGroup
	Rate   ledger.Rate
	Asked  string // query of this report, for its downloads
	At     string
	Signer string
	Date   string // of signing

	Imprint *imprintView

	Overdue, Next, Needs []monthRow
	Shown                string // the figure whose items are listed
	Items                []monthRow
	More                 bool
}

// monthGroup is a group of figures.
type monthGroup struct {
	Name    string
	Figures []monthFigure
}

type monthFigure struct {
	ledger.Figure
	Address string
	Change  string
	Bad     bool // a number that ought to be none
	Current bool
}

type monthRow struct {
	ledger.MonthItem
	When string
}

// monthMost is how many of what a figure counts the page lists.
const monthMost = 500

// monthAsked reads which unit's month is asked for, and refuses one out of sight and those who have no overview.
func (s *Server) monthAsked(r *http.Request, v *visit) (unit org.Unit, from, to string, err error) {
	q := r.URL.Query()
	unit = v.Who.Unit
	if text := q.Get("unit"); text != "" {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return unit, "", "", store.ErrNotFound
		}
		if unit, err = org.UnitByID(r.Context(), s.db, id); err != nil {
			return unit, "", "", err
		}
	}
	if !v.Who.Within(unit) {
		return unit, "", "", store.ErrNotFound
	}
	if !v.Who.May(org.Overview) {
		return unit, "", "", org.Denied{Who: v.Who, Action: org.Overview}
	}
	month := q.Get("month")
	first, err := time.Parse("2006-01", month)
	if err != nil {
		if month != "" {
			return unit, "", "", ledger.Invalid{Field: "月份", What: fmt.Sprintf("“%s”不是月份，请写成 2026-04 这样", month)}
		}
		first = time.Date(v.Now.Year(), v.Now.Month(), 1, 0, 0, 0, 0, time.UTC)
	}
	return unit, first.Format(time.DateOnly), first.AddDate(0, 1, -1).Format(time.DateOnly), nil
}

// monthShow answers GET /month.
func (s *Server) monthShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	done, err := s.takePlace(r.Context())
	if err != nil {
		return err
	}
	defer done()
	ctx := r.Context()
	unit, from, to, err := s.monthAsked(r, v)
	if err != nil {
		return err
	}
	m, err := ledger.MonthOf(ctx, s.db, unit, from, to, v.Today)
	if err != nil {
		return err
	}
	q := url.Values{"unit": {strconv.FormatInt(unit.ID, 10)}, "month": {from[:7]}}
	p := monthPage{Month: m, Name: report.MonthName(m), Rate: m.Rate(), Value: from[:7], Asked: q.Encode(), At: clock(v.Now, v.Today), Signer: ledger.Signer(unit), Date: v.Now.Format("2006年1月2日")}
	shown := r.URL.Query().Get("show")
	for _, f := range m.Figures {
		if len(p.Groups) == 0 || p.Groups[len(p.Groups)-1].Name != f.Group {
			p.Groups = append(p.Groups, monthGroup{Name: f.Group})
		}
		q.Set("show", f.Code)
		g := &p.Groups[len(p.Groups)-1]
		g.Figures = append(g.Figures, monthFigure{f, "/month?" + q.Encode() + "#items", report.Change(f),
			f.N > 0 && slices.Contains([]string{"failed", "measures-over", "missed", "relapses"}, f.Code), f.Code == shown})
	}
	rows := func(list []ledger.MonthItem) []monthRow {
		out := make([]monthRow, len(list))
		for i, x := range list {
			out[i] = monthRow{x, shortDate(x.Day, v.Today)}
		}
		return out
	}
	p.Overdue, p.Next, p.Needs = rows(m.Overdue), rows(m.Next), rows(m.Needs)
	if word, ok := ledger.MonthWord(shown); ok {
		items, err := ledger.MonthItems(ctx, s.db, unit, from, to, v.Today, shown, monthMost)
		if err != nil {
			return err
		}
		p.Shown, p.Items, p.More = word, rows(items), len(items) == monthMost
	}
	units, err := org.Seen(ctx, s.db, v.Who)
	if err != nil {
		return err
	}
	top := len(v.Who.Unit.Ancestors())
	for _, u := range units {
		p.Units = append(p.Units, unitChoice{u.ID, indent(len(u.Ancestors())-top) + u.Name})
	}
	if p.Imprint, err = s.imprintView(ctx, "unit", unit.ID); err != nil {
		return err
	}
	p.frame = s.frame(v, "month", unit.Name+"巡察整改月报")
	return s.render(w, http.StatusOK, "month", p)
}

// indent is the blank before a name that stands so many steps down a tree.
func indent(steps int) string { return string(slices.Repeat([]rune("　"), max(steps, 0))) }

// monthDocx answers GET /month.docx, monthXlsx GET /month.xlsx.
func (s *Server) monthDocx(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.monthFile(w, r, v, ".docx", report.DocxType, report.Monthly)
}

func (s *Server) monthXlsx(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.monthFile(w, r, v, ".xlsx", report.XlsxType, report.MonthlyXlsx)
}

func (s *Server) monthFile(w http.ResponseWriter, r *http.Request, v *visit, end, kind string, write func(io.Writer, ledger.Month, time.Time, proof.Imprint) error) error {
	done, err := s.takeExport(r.Context())
	if err != nil {
		return err
	}
	defer done()
	unit, from, to, err := s.monthAsked(r, v)
	if err != nil {
		return err
	}
	m, err := ledger.MonthOf(r.Context(), s.db, unit, from, to, v.Today)
	if err != nil {
		return err
	}
	imprint, err := s.imprint(r.Context(), "unit", unit.ID)
	if err != nil {
		return err
	}
	return download(w, unit.Name+"整改月报"+report.MonthName(m)+end, kind, func(w io.Writer) error { return write(w, m, v.Now, imprint) })
}

// closingSlipDocx answers GET /closing/{id}/slip.docx: the closing slip to be signed and kept.
func (s *Server) closingSlipDocx(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	c, err := ledger.ClosingByID(ctx, s.db, id)
	if err != nil {
		return err
	}
	f, err := ledger.ByID(ctx, s.db, v.Who, c.Finding)
	if err != nil {
		return err
	}
	work, err := ledger.WorkOf(ctx, s.db, f)
	if err != nil {
		return err
	}
	imprint, err := s.imprint(ctx, "closing", c.ID)
	if err != nil {
		return err
	}
	name := "整改销号单" + c.Number + ".docx"
	return download(w, name, report.DocxType, func(w io.Writer) error {
		return report.ClosingSlip(w, report.Slip{Closing: c, Work: work, AsOf: v.Now, Imprint: imprint})
	})
}
