package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"bihuan/org"
	"bihuan/vault"
)

// revealPage asks what a number is wanted for, and then shows it, once.
type revealPage struct {
	frame
	Held     vault.Held
	Full     string // the number in full, for this answer only
	Purpose  string
	Purposes []string // to pick from
	Problem  string
	Back     string
}

// Unmask tells whether the reader may see numbers in full, and is offered it beside masked ones.
func (f frame) Unmask() bool { return f.Who.May(org.Unmask) }

// usualPurposes are what numbers are commonly wanted for.
var usualPurposes = []string{"到户核对身份", "电话联系本人", "填写送县民政局的审批材料", "核对发放账户", "向来源单位回告有误"}

// revealForm answers GET /reveal/{column}/{id}.
func (s *Server) revealForm(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, err := s.revealPage(r, v)
	if err != nil {
		return err
	}
	p.Back = local(r.URL.Query().Get("back"))
	return s.render(w, http.StatusOK, "reveal", p)
}

func (s *Server) revealPage(r *http.Request, v *visit) (p revealPage, err error) {
	if s.vault == nil {
		return p, errNoResidents
	}
	id, err := pathID(r)
	if err != nil {
		return p, err
	}
	p.Purposes = usualPurposes
	if p.Held, err = s.vault.Held(r.Context(), s.db, v.Who, r.PathValue("column"), id); err == nil {
		p.frame = s.benefitFrame(v, "", "查看完整"+p.Held.Word)
	}
	return p, err
}

// revealSee answers POST /reveal/{column}/{id}: it shows the number in full, once, and records that it did.
func (s *Server) revealSee(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p, err := s.revealPage(r, v)
	if err != nil {
		return err
	}
	p.Back, p.Purpose = local(form.Get("back")), plainText(form.Get("purpose"))
	p.Full, err = s.vault.Reveal(r.Context(), s.db, v.Who, p.Held.Column, p.Held.Row, p.Purpose)
	var bad org.Invalid
	if errors.As(err, &bad) {
		p.Problem = bad.What
		return s.render(w, http.StatusUnprocessableEntity, "reveal", p)
	}
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "reveal", p)
}

// revealsPage is who looked at numbers in full, and took files, in a month, and what for.
type revealsPage struct {
	frame
	Month       string
	Name        string // 2026年11月
	Before      string // the month before
	Next        string // empty for the current one
	Looks       int
	Pictures    int // looks at what proves checks of hits
	Files       int
	Whole       int // of the files, with numbers in full
	People      []revealPerson
	Disclosures []revealRow
}

// revealPerson is one person's month.
type revealPerson struct {
	Who                  string
	Looks, Files, People int
}

// revealRow is a look or a file.
type revealRow struct {
	At, Who, What, Why, Unit string
	Light                    light
}

// revealsShow answers GET /reveal.
func (s *Server) revealsShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	if s.vault == nil {
		return errNoResidents
	}
	if !v.Who.May(org.Oversee) {
		return org.Denied{Who: v.Who, Action: org.Oversee}
	}
	ctx := r.Context()
	month, err := time.Parse("2006-01", r.URL.Query().Get("month"))
	if err != nil || month.Format("2006-01") > v.Today[:7] {
		month = time.Date(v.Now.Year(), v.Now.Month(), 1, 0, 0, 0, 0, time.UTC)
	}
	p := revealsPage{frame: s.benefitFrame(v, "reveal", "调阅记录"), Month: month.Format("2006-01"), Name: month.Format("2006年1月"), Before: month.AddDate(0, -1, 0).Format("2006-01")}
	if next := month.AddDate(0, 1, 0).Format("2006-01"); next <= v.Today[:7] {
		p.Next = next
	}
	list, err := s.vault.Disclosures(ctx, s.db, v.Who, p.Month)
	if err != nil {
		return err
	}
	units, err := org.Seen(ctx, s.db, v.Who)
	if err != nil {
		return err
	}
	names := map[int64]string{}
	for _, u := range units {
		names[u.ID] = u.Name
	}
	at := map[int64]int{}
	for _, d := range list {
		if _, ok := at[d.Staff]; !ok {
			at[d.Staff] = len(p.People)
			p.People = append(p.People, revealPerson{Who: d.Who})
		}
		one := &p.People[at[d.Staff]]
		row := revealRow{At: clock(d.At, v.Today), Who: d.Who, What: d.Word(), Why: d.Purpose, Unit: names[d.Unit], Light: light{Kind: "run", Word: "查看"}}
		switch {
		case d.Picture():
			p.Pictures++
			one.Looks++
			row.What = "核实凭据的照片"
		case d.Serial == "":
			p.Looks++
			one.Looks++
		default:
			p.Files++
			one.Files++
			one.People += d.People
			row.What = fmt.Sprintf("%s　%s，%d 人", d.Serial, d.What, d.People)
			if row.Light = (light{Kind: "done", Word: "导出"}); d.Whole {
				p.Whole++
				row.Light = light{Kind: "soon", Word: "导出完整号码"}
			}
		}
		p.Disclosures = append(p.Disclosures, row)
	}
	slices.SortStableFunc(p.People, func(a, b revealPerson) int {
		return cmp.Or(cmp.Compare(b.Looks+b.Files, a.Looks+a.Files), strings.Compare(a.Who, b.Who))
	})
	return s.render(w, http.StatusOK, "reveals", p)
}
