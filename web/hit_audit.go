package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"bihuan/lead"
	"bihuan/org"
	"bihuan/vault"
)

// auditView is an audit as the page of precision lists it.
type auditView struct {
	ID      int64
	Kind    string
	Run     string
	Seed    string
	Drawn   int
	Looked  int
	Say     string
	Light   light
	Entered string
}

// audits lists the audits of screenings, and which screenings can be audited.
func (s *Server) audits(ctx context.Context, v *visit, p *precisionPage) error {
	list, err := lead.Audits(ctx, s.vault, s.db, v.Who)
	if err != nil {
		return err
	}
	for _, a := range list {
		a, people, err := lead.AuditByID(ctx, s.vault, s.db, v.Who, a.ID)
		if err != nil {
			return err
		}
		run, err := lead.RunByID(ctx, s.vault, a.Screening)
		if err != nil {
			return err
		}
		x := auditView{ID: a.ID, Kind: a.Kind.Word(), Run: run.Word(), Seed: a.Seed, Drawn: a.Drawn, Entered: clock(a.Entered, v.Today)}
		e := a.Estimate(people)
		x.Looked, x.Say, x.Light = e.Looked, estimateWords(e), light{Kind: "done", Word: "可用"}
		if e.Small {
			x.Light = light{Kind: "info", Word: "样本太小"}
		}
		p.Audits = append(p.Audits, x)
	}
	if !v.Who.May(org.Screen) {
		return nil
	}
	for _, k := range lead.AuditKinds {
		p.Kinds = append(p.Kinds, choice{string(k), k.Word()})
	}
	runs, err := lead.Auditable(ctx, s.vault, s.db, v.Who)
	for _, r := range runs {
		p.Runs = append(p.Runs, choice{strconv.FormatInt(r.ID, 10), r.Word() + "（" + shortDate(r.AsOf, v.Today) + "）"})
	}
	return err
}

// estimateWords says what a sample says of how many were missed.
func estimateWords(e lead.Estimate) string {
	switch {
	case e.Looked == 0:
		return fmt.Sprintf("还没有看过人；没查出的有 %d 人，漏了几个还说不上", e.People)
	case e.Small:
		return fmt.Sprintf("只看了 %d 人，漏 %d 人；太少，只能说漏的大概不超过 %.0f 人", e.Looked, e.Missed, e.High)
	}
	return fmt.Sprintf("看了 %d 人，漏 %d 人；估计全部漏 %.0f 人（95%% 区间 %.0f–%.0f 人），查全率约 %.0f%%（%.0f%%–%.0f%%）", e.Looked, e.Missed, e.Missing, e.Low, e.High, e.Recall, e.RecallLow, e.RecallHigh)
}

// auditPage is a sample of people whom no rule found.
type auditPage struct {
	frame
	Tab     string
	Audit   lead.Audit
	Run     string
	Say     string
	Small   bool
	Rows    []auditRow
	Results []choice
	At      int64 // whose form was refused
	Result  string
	Said    string
	Field   string
	Problem string
}

type auditRow struct {
	ID, Version           int64
	Name, Number, Birth   string
	Village, Row          string
	Result, Said, Checked string
	Light                 light
}

// auditDraw answers POST /hit/audit: a sample is drawn.
func (s *Server) auditDraw(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	seed := plainText(form.Get("seed"))
	if seed == "" {
		seed = rand.Text()[:10]
	}
	each, err := strconv.Atoi(strings.TrimSpace(form.Get("each")))
	if err != nil {
		return org.Invalid{Field: "每村人数", What: "请写数字"}
	}
	id, err := lead.DrawAudit(r.Context(), s.vault, s.db, v.Who, formID(form.Get("screening")), lead.AuditKind(form.Get("kind")), seed, each)
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/hit/audit?id=%d", id), "已抽出")
}

// auditShow answers GET /hit/audit.
func (s *Server) auditShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.renderAudit(w, r, v, http.StatusOK, formID(r.URL.Query().Get("id")), auditPage{})
}

func (s *Server) renderAudit(w http.ResponseWriter, r *http.Request, v *visit, status int, id int64, p auditPage) error {
	ctx := r.Context()
	a, people, err := lead.AuditByID(ctx, s.vault, s.db, v.Who, id)
	if err != nil {
		return err
	}
	names, err := s.villageWords(ctx, v)
	if err != nil {
		return err
	}
	run, err := lead.RunByID(ctx, s.vault, a.Screening)
	if err != nil {
		return err
	}
	e := a.Estimate(people)
	p.Tab, p.Audit, p.Run, p.Say, p.Small = "precision", a, run.Word(), estimateWords(e), e.Small
	for _, x := range a.Kind.Results() {
		p.Results = append(p.Results, choice{x.Result, x.Word})
	}
	for _, x := range people {
		row := auditRow{ID: x.ID, Version: x.Version, Name: x.Name, Number: vault.MaskNumber(x.Number), Birth: birthWords(x.Birth, v.Today), Village: firstText(names[x.Village], x.Place, "村不明"), Row: x.Source.String(),
			Result: x.Result, Said: x.Said, Light: light{Kind: "none", Word: "还没看"}}
		if x.Checked != "" {
			row.Checked = shortDate(x.Checked, v.Today)
		}
		switch x.Result {
		case "right":
			row.Light = light{Kind: "done", Word: "没有漏"}
		case "missed":
			row.Light = light{Kind: "late", Word: "漏了"}
		case "unknown":
			row.Light = light{Kind: "stop", Word: "没找到人"}
		}
		p.Rows = append(p.Rows, row)
	}
	p.frame = s.benefitFrame(v, "hit", "抽样看漏没漏")
	return s.render(w, status, "audit", p)
}

// auditEnter answers POST /hit/audit.enter.
func (s *Server) auditEnter(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	audit, person := formID(form.Get("audit")), formID(form.Get("person"))
	result, said := form.Get("result"), plainText(form.Get("said"))
	err = lead.EnterAudit(r.Context(), s.vault, s.db, v.Who, audit, person, version, result, said)
	var bad org.Invalid
	if errors.As(err, &bad) {
		return s.renderAudit(w, r, v, http.StatusUnprocessableEntity, audit, auditPage{At: person, Result: result, Said: said, Field: bad.Field, Problem: bad.What})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/hit/audit?id=%d", audit), "已登记")
}
