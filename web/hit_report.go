package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"bihuan/benefit"
	"bihuan/lead"
	"bihuan/org"
	"bihuan/report"
	"bihuan/store"
	"bihuan/vault"
)

// What screenings came to: how far each hit is, how often rules were right, what goes back to givers, what was swept, and the sheets that
// are printed for villages.

// outcomePage is what became of the hits of a screening (M70).
type outcomePage struct {
	frame
	Tab      string
	Runs     []choice
	Run      lead.Run
	RunID    string
	Rules    []choice
	Rule     string
	Stages   []string
	Villages []report.OutcomeVillage
	Sum      []int
	People   []outcomeRow
	Paid     int
	Purpose  string
	Field    string
	Problem  string
}

type outcomeRow struct {
	report.OutcomePerson
	ID    int64
	Light light
}

// outcomeShow answers GET /hit/outcome.
func (s *Server) outcomeShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	q := r.URL.Query()
	p, err := s.outcomePage(r.Context(), v, formID(q.Get("screening")), q.Get("rule"))
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "outcome", p)
}

func (s *Server) outcomePage(ctx context.Context, v *visit, run int64, rule string) (outcomePage, error) {
	p := outcomePage{Tab: "outcome", Rule: rule, Stages: lead.Stages}
	runs, err := lead.Runs(ctx, s.vault, s.db, v.Who)
	if err != nil {
		return p, err
	}
	for _, x := range runs {
		p.Runs = append(p.Runs, choice{strconv.FormatInt(x.ID, 10), x.Word() + "（" + shortDate(x.AsOf, v.Today) + "）"})
	}
	p.frame = s.benefitFrame(v, "hit", "筛查成效")
	if run == 0 && len(runs) > 0 {
		run = runs[0].ID
	}
	if run == 0 {
		return p, nil
	}
	if p.Run, err = s.runSeen(ctx, v, run); err != nil {
		return p, err
	}
	p.RunID = strconv.FormatInt(run, 10)
	names, err := s.villageWords(ctx, v)
	if err != nil {
		return p, err
	}
	rows, err := lead.OutcomesOf(ctx, s.vault, s.db, v.Who, run, "")
	if err != nil {
		return p, err
	}
	p.fill(rows, names)
	return p, nil
}

// fill counts the rows by village and lists them.
func (p *outcomePage) fill(rows []lead.OutcomeRow, names map[int64]string) {
	p.Sum = make([]int, len(lead.Stages))
	rules := map[string]bool{}
	for _, x := range rows {
		rules[x.Hit.Rule] = true
		if p.Rule != "" && x.Hit.Rule != p.Rule {
			continue
		}
		village := firstText(names[x.Hit.Village], x.Hit.Place, "村不明")
		i := slices.IndexFunc(p.Villages, func(v report.OutcomeVillage) bool { return v.Name == village })
		if i < 0 {
			i = len(p.Villages)
			p.Villages = append(p.Villages, report.OutcomeVillage{Name: village, N: make([]int, len(lead.Stages))})
		}
		for k := lead.Found; k <= x.Stage; k++ {
			p.Villages[i].N[k]++
			p.Sum[k]++
		}
		row := outcomeRow{ID: x.Hit.ID, OutcomePerson: report.OutcomePerson{Village: village, Name: vault.MaskName(x.Hit.Name), Number: vault.MaskNumber(x.Hit.Number), Rule: lead.RuleOf(x.Hit.Rule).Name,
			Outcome: x.Outcome.Word(), Stage: lead.Stages[x.Stage], Month: x.Month}, Light: light{Kind: []string{"none", "wait", "part", "run", "run", "done"}[x.Stage], Word: lead.Stages[x.Stage]}}
		if x.Amount != 0 {
			row.Arrears = benefit.Yuan(x.Amount)
		}
		if x.Stage == lead.CheckedStage && x.Hit.State == lead.HitClosed {
			row.Light = light{Kind: "stop", Word: "不属实或已说明", Why: x.Hit.ClosedWhy}
			row.Stage = row.Light.Word
		}
		p.People = append(p.People, row)
	}
	p.Paid = p.Sum[lead.PaidStage]
	for id := range rules {
		p.Rules = append(p.Rules, choice{id, id + " " + lead.RuleOf(id).Name})
	}
	slices.SortFunc(p.Rules, func(a, b choice) int { return cmp.Compare(a.Value, b.Value) })
}

// outcomeXlsx answers POST /hit/outcome.xlsx: the same as a file, for which a purpose is asked.
func (s *Server) outcomeXlsx(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	p, err := s.outcomePage(ctx, v, formID(form.Get("screening")), form.Get("rule"))
	if err != nil {
		return err
	}
	town, err := org.UnitByID(ctx, s.db, p.Run.Unit)
	if errors.Is(err, store.ErrNotFound) || p.Run.ID == 0 {
		return store.ErrNotFound
	}
	if err != nil {
		return err
	}
	mark, err := s.vault.Export(ctx, v.Who, town, vault.Export{Name: "筛查成效表", Purpose: form.Get("purpose"), People: len(p.People)})
	var bad org.Invalid
	if errors.As(err, &bad) {
		p.Purpose, p.Field, p.Problem = form.Get("purpose"), bad.Field, bad.What
		return s.render(w, http.StatusUnprocessableEntity, "outcome", p)
	}
	if err != nil {
		return err
	}
	o := report.Outcomes{Unit: town.Name, Run: p.Run.Word(), At: v.Now, Stages: lead.Stages, Villages: append(p.Villages, report.OutcomeVillage{Name: "合计", N: p.Sum})}
	for _, x := range p.People {
		o.People = append(o.People, x.OutcomePerson)
	}
	return download(w, "筛查成效表.xlsx", report.XlsxType, func(w io.Writer) error { return report.OutcomesXlsx(w, o, mark.Book) })
}

// precisionPage says how often rules were right.
type precisionPage struct {
	frame
	Tab    string
	Rows   []precisionRow
	Audits []auditView
	Kinds  []choice
	Runs   []choice // that can be audited
}

type precisionRow struct {
	Rule, Name          string
	Hits, Right, Wrong  int
	Pending, Paid       int
	Share, Range, Yield string
	Light               light
}

// precisionShow answers GET /hit/precision.
func (s *Server) precisionShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := may(v.Who, org.Confirm); err != nil {
		return err
	}
	list, err := lead.Precisions(r.Context(), s.vault, s.db, v.Who)
	if err != nil {
		return err
	}
	p := precisionPage{Tab: "precision"}
	for _, x := range list {
		row := precisionRow{Rule: x.Rule, Name: lead.RuleOf(x.Rule).Name, Hits: x.Hits, Right: x.Right, Wrong: x.Wrong, Pending: x.Pending, Paid: x.Paid, Share: "—", Yield: fmt.Sprintf("%.0f%%", x.Yield()),
			Light: light{Kind: "none", Word: "还没有复核过的"}}
		share, low, high := x.Interval()
		switch {
		case x.Poor():
			row.Light = light{Kind: "late", Word: "请复查规则", Why: "连续三次筛查不到三成属实"}
		case x.Judged() > 0 && x.Judged() < fewJudged:
			row.Light = light{Kind: "info", Word: "还太少", Why: fmt.Sprintf("只复核过 %d 条，只作参考", x.Judged())}
		case x.Judged() > 0:
			row.Light = light{Kind: "done", Word: "可用"}
		}
		if x.Judged() > 0 {
			row.Share, row.Range = fmt.Sprintf("%.0f%%", share), fmt.Sprintf("%.0f%%–%.0f%%", low, high)
		}
		p.Rows = append(p.Rows, row)
	}
	if err := s.audits(r.Context(), v, &p); err != nil {
		return err
	}
	p.frame = s.benefitFrame(v, "hit", "规则准不准")
	return s.render(w, http.StatusOK, "precision", p)
}

// fewJudged is how many confirmed hits make a share worth reading.
const fewJudged = 10

// sheetPage is the sheets on which villages check by hand, one page for each.
type checkSheets struct {
	frame
	Run     lead.Run
	Back    string
	Sheets  []villageSheet
	Columns []string
	Notes   []string
	Printed string // by whom and when
	Purpose string
	Field   string
	Problem string
}

type villageSheet struct {
	report.VerificationSheet
	VillageID int64
	DueWords  string
}

// checkSheetsShow answers GET /hit/sheet: to be printed from the page.
func (s *Server) checkSheetsShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	q := r.URL.Query()
	p, err := s.checkSheets(r.Context(), v, formID(q.Get("screening")), formID(q.Get("village")))
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "hit-sheet", p)
}

func (s *Server) checkSheets(ctx context.Context, v *visit, run, village int64) (checkSheets, error) {
	p := checkSheets{Columns: report.VerificationColumns, Notes: report.VerificationNotes, Back: fmt.Sprintf("/hit?screening=%d", run)}
	var err error
	if p.Run, err = lead.RunByID(ctx, s.vault, run); err != nil {
		return p, err
	}
	town, err := org.UnitByID(ctx, s.db, p.Run.Unit)
	if err != nil {
		return p, err
	}
	names, err := s.villageWords(ctx, v)
	if err != nil {
		return p, err
	}
	hits, _, err := lead.Hits(ctx, s.vault, s.db, v.Who, lead.HitFilter{Screening: run, Village: village, States: []lead.HitState{lead.HitNew, lead.HitAssigned, lead.HitEscalated}})
	if err != nil {
		return p, err
	}
	for _, h := range hits {
		i := slices.IndexFunc(p.Sheets, func(x villageSheet) bool { return x.VillageID == h.Village })
		if i < 0 {
			i = len(p.Sheets)
			p.Sheets = append(p.Sheets, villageSheet{VillageID: h.Village, VerificationSheet: report.VerificationSheet{Unit: town.Name, Village: firstText(names[h.Village], "（村不明）"), Run: p.Run.Word(), At: v.Now}})
		}
		x := &p.Sheets[i]
		if h.Due > x.Due {
			x.Due, x.DueWords = h.Due, dayWords(h.Due, v.Today)
		}
		var rows []string
		for _, s := range h.Sources {
			rows = append(rows, s.String())
		}
		birth, _, _ := strings.Cut(birthWords(h.Birth, v.Today), "，")
		x.Rows = append(x.Rows, report.VerificationRow{N: len(x.Rows) + 1, Name: h.Name, Number: vault.MaskNumber(h.Number), Birth: birth, Household: h.Household, Why: lead.RuleOf(h.Rule).Name + "：" + spokenDates(h.WhyIn()), Sources: strings.Join(rows, "\n")})
	}
	p.Printed = v.Who.Title() + "　" + v.Now.Format("2006年1月2日 15:04") + "打印"
	p.frame = s.benefitFrame(v, "hit", "疑点核实单")
	return p, nil
}

// checkSheetDocx answers POST /hit/sheet.docx: the sheet of one village as a file, for which a purpose is asked.
func (s *Server) checkSheetDocx(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	run, village := formID(form.Get("screening")), formID(form.Get("village"))
	p, err := s.checkSheets(ctx, v, run, cmp.Or(village, -1))
	if err != nil {
		return err
	}
	if len(p.Sheets) == 0 {
		return store.ErrNotFound
	}
	unit, err := org.UnitByID(ctx, s.db, cmp.Or(village, p.Run.Unit))
	if err != nil {
		return err
	}
	sheet := p.Sheets[0].VerificationSheet
	mark, err := s.vault.Export(ctx, v.Who, unit, vault.Export{Name: "疑点核实单", Purpose: form.Get("purpose"), People: len(sheet.Rows)})
	var bad org.Invalid
	if errors.As(err, &bad) {
		if p, err = s.checkSheets(ctx, v, run, 0); err != nil {
			return err
		}
		p.Purpose, p.Field, p.Problem = form.Get("purpose"), bad.Field, bad.What
		return s.render(w, http.StatusUnprocessableEntity, "hit-sheet", p)
	}
	if err != nil {
		return err
	}
	return download(w, sheet.Village+"疑点核实单.docx", report.DocxType, func(w io.Writer) error { return report.VerificationDocx(w, sheet, mark.Paper) })
}

// returnPage lists what goes back to the givers of wrong lists.
type returnPage struct {
	frame
	Tab     string
	Sheets  []returnSheet
	Columns []string
	Office  string // whose form was refused
	How     string
	Purpose string
	Field   string
	Problem string
	Whole   bool // the reader may have full numbers
}

type returnSheet struct {
	Office string
	Untold int
	Rows   []returnRow
}

type returnRow struct {
	report.ReturnRow
	Hit  int64
	Told string
}

// returnShow answers GET /hit/return.
func (s *Server) returnShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.renderReturn(w, r, v, http.StatusOK, returnPage{})
}

func (s *Server) renderReturn(w http.ResponseWriter, r *http.Request, v *visit, status int, p returnPage) error {
	if err := may(v.Who, org.Confirm); err != nil {
		return err
	}
	sheets, err := lead.ReturnSheets(r.Context(), s.vault, s.db, v.Who)
	if err != nil {
		return err
	}
	for _, x := range sheets {
		sheet := returnSheet{Office: x.Office}
		for _, i := range x.Items {
			sheet.Rows = append(sheet.Rows, returnRow{newReturnRow(i, false, v.Today), i.Hit.ID, i.Told})
			if i.Told == "" {
				sheet.Untold++
			}
		}
		p.Sheets = append(p.Sheets, sheet)
	}
	p.Tab, p.Columns, p.Whole = "return", report.ReturnColumns, v.Who.May(org.Unmask)
	p.frame = s.benefitFrame(v, "hit", "回告")
	return s.render(w, status, "return", p)
}

// newReturnRow is a row of a return sheet, whole only for a file that was asked for so.
func newReturnRow(i lead.ReturnItem, whole bool, today string) report.ReturnRow {
	birth, _, _ := strings.Cut(birthWords(i.Hit.Birth, today), "，")
	row := report.ReturnRow{Row: i.Row(), Name: vault.MaskName(i.Hit.Name), Number: vault.MaskNumber(i.Hit.Number), Birth: birth, Found: firstText(i.Found.Said, i.Found.Outcome.Word()), Proof: i.Found.Proof}
	if whole {
		row.Name, row.Number = i.Hit.Name, i.Hit.Number
	}
	return row
}

// returnTell answers POST /hit/return: an office was told.
func (s *Server) returnTell(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	office, how := form.Get("office"), plainText(form.Get("how"))
	err = lead.TellGiver(r.Context(), s.vault, s.db, v.Who, office, how)
	var bad org.Invalid
	if errors.As(err, &bad) {
		return s.renderReturn(w, r, v, http.StatusUnprocessableEntity, returnPage{Office: office, How: how, Field: bad.Field, Problem: bad.What})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, "/hit/return", "已登记回告"+office)
}

// returnDocx answers POST /hit/return.docx: the sheet of one office as a file, with full numbers only for who may have them.
func (s *Server) returnDocx(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	ctx, office, whole := r.Context(), form.Get("office"), form.Get("whole") == "1"
	sheets, err := lead.ReturnSheets(ctx, s.vault, s.db, v.Who)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(sheets, func(x lead.ReturnSheet) bool { return x.Office == office })
	if i < 0 {
		return store.ErrNotFound
	}
	sheet := report.ReturnSheet{Office: office, At: v.Now}
	town := int64(0)
	for _, x := range sheets[i].Items {
		if x.Told == "" || form.Get("all") == "1" {
			sheet.Rows, town = append(sheet.Rows, newReturnRow(x, whole, v.Today)), x.Hit.Unit
		}
	}
	if len(sheet.Rows) == 0 {
		return s.renderReturn(w, r, v, http.StatusUnprocessableEntity, returnPage{Office: office, Field: "回告单", Problem: "这家的都已回告"})
	}
	unit, err := org.UnitByID(ctx, s.db, town)
	if err != nil {
		return err
	}
	sheet.Unit = unit.Name
	mark, err := s.vault.Export(ctx, v.Who, unit, vault.Export{Name: "数据比对结果回告单", Purpose: form.Get("purpose"), People: len(sheet.Rows), Whole: whole})
	var bad org.Invalid
	if errors.As(err, &bad) {
		return s.renderReturn(w, r, v, http.StatusUnprocessableEntity, returnPage{Office: office, Purpose: form.Get("purpose"), Field: bad.Field, Problem: bad.What})
	}
	if err != nil {
		return err
	}
	return download(w, office+"数据比对结果回告单.docx", report.DocxType, func(w io.Writer) error { return report.ReturnDocx(w, sheet, mark.Paper) })
}

// sweepPage is the table of monthly sweeps (M68): a programme by village and month.
type sweepPage struct {
	frame
	Tab        string
	Programmes []choice
	Programme  string
	Months     []string // words, the newest first
	Rows       []sweepRow
	MonthList  []choice // that can be entered
	Form       sweepForm
	Field      string
	Problem    string
}

type sweepRow struct {
	ID    int64
	Name  string
	Cells []sweepCell
	Quiet bool // six months of 无: a sample is due
}

type sweepCell struct {
	Word, Kind, Title string
}

type sweepForm struct {
	Village, Month, Sources, Found, Settled string
}

// sweepShow answers GET /hit/sweep.
func (s *Server) sweepShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.renderSweep(w, r, v, http.StatusOK, r.URL.Query().Get("programme"), sweepPage{Form: sweepForm{Month: v.Today[:7]}})
}

func (s *Server) renderSweep(w http.ResponseWriter, r *http.Request, v *visit, status int, programme string, p sweepPage) error {
	ctx := r.Context()
	list, err := benefit.Programmes(ctx, s.vault, v.Who)
	if err != nil {
		return err
	}
	p.Tab, p.Programme = "sweep", programme
	var chosen benefit.Programme
	for _, x := range list {
		id := strconv.FormatInt(x.ID, 10)
		p.Programmes = append(p.Programmes, choice{id, x.Name})
		if id == programme || programme == "" && chosen.ID == 0 {
			chosen, p.Programme = x, id
		}
	}
	months := lead.Months(v.Today, 12)
	for i := range slices.Backward(months) {
		m, _ := time.Parse("2006-01", months[i])
		word := m.Format("1月")
		if i == 0 || m.Month() == time.December {
			word = m.Format("06年1月")
		}
		p.Months = append(p.Months, word)
		p.MonthList = append(p.MonthList, choice{months[i], m.Format("2006年1月")})
	}
	units, err := org.Seen(ctx, s.db, v.Who)
	if err != nil {
		return err
	}
	var villages []org.Unit
	for _, u := range units {
		if u.Kind == org.Village && v.Who.Check(org.Residents, u) == nil {
			villages = append(villages, u)
		}
	}
	if chosen.ID != 0 {
		table, err := lead.Sweeps(ctx, s.vault, chosen.ID, villages, months)
		if err != nil {
			return err
		}
		for _, u := range villages {
			row := sweepRow{ID: u.ID, Name: u.Name, Quiet: lead.Quiet(table[u.ID])}
			for _, c := range slices.Backward(table[u.ID]) {
				row.Cells = append(row.Cells, newSweepCell(c))
			}
			p.Rows = append(p.Rows, row)
		}
	}
	p.frame = s.benefitFrame(v, "hit", "每月排查")
	return s.render(w, status, "sweep", p)
}

func newSweepCell(c lead.Sweep) sweepCell {
	x := sweepCell{Word: "未排查", Kind: "none", Title: c.Month + " 没有筛查，也没有登记走访排查"}
	if !c.Done() {
		return x
	}
	var how []string
	if c.Screened > 0 {
		how = append(how, fmt.Sprintf("筛查%d次，疑点%d条", c.Screened, c.Suspected))
	}
	if c.Sources != "" {
		how = append(how, c.Sources)
	}
	x.Title = c.Month + " " + strings.Join(how, "；") + fmt.Sprintf("；共%d条，办结%d条", c.Found, c.Settled)
	switch {
	case c.Found == 0:
		x.Word, x.Kind = "无", "part"
	case c.Settled == c.Found:
		x.Word, x.Kind = fmt.Sprintf("%d 条，都办结", c.Found), "done"
	default:
		x.Word, x.Kind = fmt.Sprintf("%d 条，结 %d", c.Found, c.Settled), "run"
	}
	return x
}

// sweepEnter answers POST /hit/sweep.
func (s *Server) sweepEnter(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	f := sweepForm{Village: form.Get("village"), Month: form.Get("month"), Sources: plainText(form.Get("sources")), Found: strings.TrimSpace(form.Get("found")), Settled: strings.TrimSpace(form.Get("settled"))}
	found, err1 := strconv.Atoi(cmp.Or(f.Found, "0"))
	settled, err2 := strconv.Atoi(cmp.Or(f.Settled, "0"))
	var bad org.Invalid
	if err1 != nil || err2 != nil {
		bad = org.Invalid{Field: "发现和办结", What: "请写数字；没有就写 0"}
	} else {
		err = lead.EnterSweep(r.Context(), s.vault, s.db, v.Who, formID(form.Get("programme")), lead.Sweep{Village: formID(f.Village), Month: f.Month, Sources: f.Sources, Found: found, Settled: settled})
	}
	if bad.Field != "" || errors.As(err, &bad) {
		return s.renderSweep(w, r, v, http.StatusUnprocessableEntity, form.Get("programme"), sweepPage{Form: f, Field: bad.Field, Problem: bad.What})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, "/hit/sweep?programme="+form.Get("programme"), "已登记排查")
}
