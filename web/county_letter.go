package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bihuan/benefit"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/report"
	"bihuan/store"
	"bihuan/vault"
)

// The letters (报县函) with which a town puts before the county what it proposes.

// unwrittenBatch is what a town has proposed of a programme and no letter has told the county.
type unwrittenBatch struct {
	Town      org.Unit
	Programme benefit.Programme
	N         int
	Address   string // of the form for a letter
}

// unwritten are the batches that the reader may write a letter of.
func (s *Server) unwritten(ctx context.Context, v *visit, residents *vault.Vault, programmes []benefit.Programme) ([]unwrittenBatch, error) {
	if !v.Who.May(org.Propose) {
		return nil, nil
	}
	t, err := s.lettersTowns(ctx, v)
	if err != nil {
		return nil, err
	}
	list, err := benefit.Applications(ctx, residents, v.Who, benefit.Queue{Unwritten: true})
	if err != nil {
		return nil, err
	}
	var batches []unwrittenBatch
	for _, p := range programmes {
		for _, town := range t {
			b := unwrittenBatch{Town: town, Programme: p, Address: fmt.Sprintf("/application/letter/new?programme=%d&town=%d", p.ID, town.ID)}
			for _, x := range list {
				if x.Application.Programme == p.ID && x.About.Unit == town.ID {
					b.N++
				}
			}
			if b.N > 0 && v.Who.Check(org.Propose, town) == nil {
				batches = append(batches, b)
			}
		}
	}
	return batches, nil
}

// lettersTowns are the towns whose letters the reader may see: those with residents whom they may see.
func (s *Server) lettersTowns(ctx context.Context, v *visit) ([]org.Unit, error) {
	seen, err := org.Seen(ctx, s.db, v.Who)
	return slices.DeleteFunc(seen, func(u org.Unit) bool { return u.Kind != org.Town || v.Who.Check(org.Residents, u) != nil }), err
}

// countyLettersPage lists the letters to the county, and what waits for one.
type countyLettersPage struct {
	frame
	Batches []unwrittenBatch
	Rows    []countyLetterRow
	Several bool // the reader sees several towns
}

// countyLetterRow is a letter in a list.
type countyLetterRow struct {
	benefit.CountyLetter
	Town      string
	Programme string
	On        string
	Light     light
}

// countyLetterList answers GET /application/letter.
func (s *Server) countyLetterList(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	ctx := r.Context()
	programmes, err := benefit.Programmes(ctx, residents, v.Who)
	if err != nil {
		return err
	}
	var p countyLettersPage
	if p.Batches, err = s.unwritten(ctx, v, residents, programmes); err != nil {
		return err
	}
	towns, err := s.lettersTowns(ctx, v)
	if err != nil {
		return err
	}
	p.Several = len(towns) > 1
	list, err := benefit.CountyLetters(ctx, residents, towns)
	if err != nil {
		return err
	}
	for _, l := range list {
		row := countyLetterRow{CountyLetter: l, On: shortDate(l.Day, v.Today), Light: countyLight(l, v.Today)}
		for _, u := range towns {
			if u.ID == l.Unit {
				row.Town = u.Name
			}
		}
		for _, x := range programmes {
			if x.ID == l.Programme {
				row.Programme = x.Name
			}
		}
		p.Rows = append(p.Rows, row)
	}
	p.frame = s.benefitFrame(v, "application", "报县函")
	return s.render(w, http.StatusOK, "county-letters", p)
}

// countyLight says how far a letter is.
func countyLight(l benefit.CountyLetter, today string) light {
	switch {
	case l.Void != "":
		return light{Kind: "stop", Word: "已作废", Why: shortDate(l.Void, today) + "：" + l.VoidWhy}
	case l.Withdrawn == l.N:
		return light{Kind: "stop", Word: "都撤回了", Why: fmt.Sprintf("共 %d 件", l.N)}
	case l.Open() == 0 && l.Withdrawn > 0:
		return light{Kind: "done", Word: "都有结果了", Why: countyCount(l)}
	case l.Open() == 0:
		return light{Kind: "done", Word: "县里都决定了"}
	}
	return light{Kind: "run", Word: "等县里决定", Why: countyCount(l)}
}

// countyCount says how many of a letter are done with.
func countyCount(l benefit.CountyLetter) string {
	if l.Withdrawn > 0 {
		return fmt.Sprintf("已决定 %d 件，撤回 %d 件，共 %d 件", l.Decided, l.Withdrawn, l.N)
	}
	return fmt.Sprintf("已决定 %d 件，共 %d 件", l.Decided, l.N)
}

// countyLetterForm writes a letter.
type countyLetterForm struct {
	frame
	Town      org.Unit
	Programme benefit.Programme
	Action    string
	Rows      []countyPick
	To        string
	Basis     string
	Said      string
	Field     string
	Problem   string
}

// countyPick is an application that may go into the letter.
type countyPick struct {
	applicationRow
	Months string
	Number string // masked
	Picked bool
}

// countyOffices are who decides about a programme of the examples at the county, behind the name of the county.
var countyOffices = map[string]string{"elder": "民政局", "dibao": "民政局", "tekun": "民政局", "monitored": "农业农村局", "post": "人力资源和社会保障局"}

// countyLetterNew answers GET and POST of /application/letter/new.
func (s *Server) countyLetterNew(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	ctx := r.Context()
	town, err := org.UnitByID(ctx, s.db, queryID(r, "town"))
	if err != nil {
		return err
	}
	if err := v.Who.Check(org.Propose, town); err != nil {
		return err
	}
	programme, err := benefit.ProgrammeByID(ctx, residents, queryID(r, "programme"))
	if err != nil {
		return err
	}
	if !programme.Seen(v.Who) || town.Kind != org.Town {
		return store.ErrNotFound
	}
	p := countyLetterForm{Town: town, Programme: programme, Action: fmt.Sprintf("/application/letter/new?programme=%d&town=%d", programme.ID, town.ID)}
	measures, err := s.measuresOf(ctx, v, residents, []benefit.Programme{programme})
	if err != nil {
		return err
	}
	list, err := benefit.Unwritten(ctx, residents, v.Who, programme.ID, town)
	if err != nil {
		return err
	}
	status, picked := http.StatusOK, []string(nil)
	if r.Method == http.MethodPost {
		form, err := readForm(r)
		if err != nil {
			return err
		}
		p.To, p.Basis, p.Said, picked = plainText(form.Get("to")), plainText(form.Get("basis")), plainText(form.Get("said")), form["pick"]
		n := benefit.NewLetter{Programme: programme.ID, Prefix: ledger.ShortName(town) + "民函", To: p.To, Basis: p.Basis, Said: p.Said}
		for _, x := range picked {
			n.Applications = append(n.Applications, formID(x))
		}
		id, err := benefit.WriteLetter(ctx, residents, v.Who, town, n)
		if err == nil {
			return s.done(w, r, fmt.Sprintf("/application/letter/%d", id), "已编号成函，下载打印、盖章后送出")
		}
		var bad org.Invalid
		if !errors.As(err, &bad) {
			return err
		}
		status, p.Field, p.Problem = http.StatusUnprocessableEntity, bad.Field, bad.What
	} else {
		p.Basis, p.Said = inForce(measures[programme.ID].Terms, v.Today), "以上事项经村里核对、镇里逐件调查，依规定应当公示的已经公示，情况属实，建议照附件办理。"
		if office := countyOffices[programme.Code]; office != "" {
			over, err := org.UnitByID(ctx, s.db, town.Parent)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			p.To = over.Name + office
		}
	}
	for _, x := range list {
		p.Rows = append(p.Rows, countyPick{applicationRow: viewApplication(x, measures[programme.ID], v), Months: x.Months(), Number: x.About.Masked(residents),
			Picked: r.Method != http.MethodPost || slices.Contains(picked, strconv.FormatInt(x.ID, 10))})
	}
	p.frame = s.benefitFrame(v, "application", "拟报县函")
	return s.render(w, status, "county-letter-new", p)
}

// inForce names the documents that the parameters in force on a day come from, three at most.
func inForce(terms benefit.Terms, day string) string {
	var list []string
	for _, t := range terms {
		if t.On(day) && !slices.Contains(list, t.Basis) {
			list = append(list, t.Basis)
		}
	}
	return strings.Join(list[:min(len(list), 3)], "、")
}

// countyLetterPage is one letter: the paper itself, and how far what it asks for is.
type countyLetterPage struct {
	frame
	Letter    benefit.CountyLetter
	Town      org.Unit
	Programme benefit.Programme
	Paper     report.CountyLetter
	Date      string
	Lines     []countyLine
	Imprint   *imprintView
	Light     light
	On        string
	Count     string // how many are done with
	MayTake   bool
	MayUnmask bool
	MayVoid   bool
	Purpose   string
	Why       string
	Field     string
	Problem   string
	History   []event
}

// countyLine is one application of a letter.
type countyLine struct {
	ID    int64
	N     int
	Row   report.CountyRow
	Light light
}

// countyLetterShow answers GET /application/letter/{id}.
func (s *Server) countyLetterShow(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	return s.renderCountyLetter(w, r, v, residents, http.StatusOK, countyLetterPage{})
}

// countyLetterOf reads the letter of an address with its town and programme.
func (s *Server) countyLetterOf(r *http.Request, v *visit, residents *vault.Vault, a org.Action) (p countyLetterPage, err error) {
	id, err := pathID(r)
	if err != nil {
		return p, err
	}
	ctx := r.Context()
	if p.Letter, err = benefit.CountyLetterByID(ctx, residents, id); err != nil {
		return p, err
	}
	if p.Town, err = org.UnitByID(ctx, s.db, p.Letter.Unit); err != nil {
		return p, err
	}
	if !v.Who.Within(p.Town) {
		return p, store.ErrNotFound
	}
	if err = v.Who.Check(a, p.Town); err != nil {
		return p, err
	}
	p.Programme, err = benefit.ProgrammeByID(ctx, residents, p.Letter.Programme)
	return p, err
}

// paper is the letter as it was sent, whatever is known now, except that what was withdrawn since says so; with numbers in full only for a file that was asked for so.
func (p *countyLetterPage) paper(residents *vault.Vault, whole bool) error {
	l := p.Letter
	p.Paper = report.CountyLetter{Town: l.Town, Number: l.Number, To: l.To, Programme: l.Title, Basis: l.Basis, Said: l.Said, Contact: l.Who, Day: l.Day}
	sums := map[benefit.Kind]int64{}
	counts := map[benefit.Kind]int{}
	for _, x := range l.Lines {
		row := report.CountyRow{Name: x.Name, Number: x.About.Masked(residents), Village: x.Place, Kind: x.Kind.Word(), Months: x.Months(), Reason: x.Reason, Found: x.Found, Amount: "—"}
		if whole {
			number, err := x.About.Number(residents)
			if err != nil {
				return err
			}
			row.Number = number
		}
		if x.Shown > 0 {
			if row.Amount = benefit.Yuan(x.Shown); !x.Kind.Money() {
				row.Amount = "每月" + row.Amount
			}
		}
		if x.Class != "" {
			row.Kind += "（" + x.Class + "）"
		}
		if x.Step == benefit.Withdrawn {
			row.Kind += "（报出后已撤回）"
		}
		counts[x.Kind]++
		if x.Kind.Money() {
			sums[x.Kind] += x.Amount
		}
		p.Paper.Rows = append(p.Paper.Rows, row)
	}
	for _, k := range benefit.Kinds {
		if n := counts[k.Kind]; n > 0 {
			c := report.CountyKind{Word: k.Word, N: n}
			if k.Kind.Money() {
				c.Yuan = benefit.Yuan(sums[k.Kind])
			}
			p.Paper.Kinds = append(p.Paper.Kinds, c)
		}
	}
	return nil
}

func (s *Server) renderCountyLetter(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault, status int, say countyLetterPage) error {
	ctx := r.Context()
	p, err := s.countyLetterOf(r, v, residents, org.Residents)
	if err != nil {
		return err
	}
	if err := p.paper(residents, false); err != nil {
		return err
	}
	p.Field, p.Problem, p.Purpose, p.Why = say.Field, say.Problem, firstText(say.Purpose, "送"+p.Letter.To+"审批"), say.Why
	for i, x := range p.Letter.Lines {
		line := countyLine{ID: x.Application, N: i + 1, Row: p.Paper.Rows[i], Light: light{Kind: stepLights[x.Step], Word: x.Step.Word()}}
		switch x.Decision {
		case benefit.Approved:
			line.Light.Word = "县里同意"
		case benefit.Refused:
			line.Light = light{Kind: "stop", Word: "县里不同意"}
		}
		p.Lines = append(p.Lines, line)
	}
	p.On, p.Date, p.Light, p.Count = shortDate(p.Letter.Day, v.Today), shortDate(p.Letter.Day, ""), countyLight(p.Letter, v.Today), countyCount(p.Letter)
	p.MayTake, p.MayUnmask = p.Letter.Void == "", v.Who.Check(org.Unmask, p.Town) == nil
	p.MayVoid = p.MayTake && p.Letter.Decided == 0 && v.Who.Check(org.Propose, p.Town) == nil
	if p.Imprint, err = s.viewImprint(s.residentsImprint(ctx, "county_letter", p.Letter.ID)); err != nil {
		return err
	}
	if p.History, err = s.residentHistory(r, v, "county_letter", p.Letter.ID); err != nil {
		return err
	}
	p.frame = s.benefitFrame(v, "application", p.Letter.Number)
	return s.render(w, status, "county-letter", p)
}

// countyLetterDocx answers POST /application/letter/{id}/docx: the letter as a file, with full numbers only for who may have them. That it
// was taken is recorded with what for.
func (s *Server) countyLetterDocx(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p, err := s.countyLetterOf(r, v, residents, org.Residents)
	if err != nil {
		return err
	}
	ctx, whole, purpose := r.Context(), form.Get("whole") == "1", plainText(form.Get("purpose"))
	refused := func(bad org.Invalid) error {
		return s.renderCountyLetter(w, r, v, residents, http.StatusUnprocessableEntity, countyLetterPage{Field: bad.Field, Problem: bad.What, Purpose: purpose})
	}
	if p.Letter.Void != "" {
		return refused(org.Invalid{Field: "报县函", What: "已经作废，不能再下载"})
	}
	people := map[int64]bool{}
	for _, x := range p.Letter.Lines {
		people[x.About.ID] = true
	}
	mark, err := residents.Export(ctx, v.Who, p.Town, vault.Export{Name: "报县函 " + p.Letter.Number, Purpose: purpose, People: len(people), Whole: whole})
	var bad org.Invalid
	if errors.As(err, &bad) {
		return refused(bad)
	}
	if err != nil {
		return err
	}
	if err := p.paper(residents, whole); err != nil {
		return err
	}
	imprint, err := s.residentsImprint(ctx, "county_letter", p.Letter.ID) // after what was recorded just now
	if err != nil {
		return err
	}
	return download(w, p.Paper.Title()+".docx", report.DocxType, func(w io.Writer) error { return report.CountyLetterDocx(w, p.Paper, v.Now, imprint, mark.Paper) })
}

// countyLetterVoid answers POST /application/letter/{id}/void.
func (s *Server) countyLetterVoid(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	p, err := s.countyLetterOf(r, v, residents, org.Propose)
	if err != nil {
		return err
	}
	why := plainText(form.Get("why"))
	err = benefit.VoidLetter(r.Context(), residents, v.Who, p.Town, p.Letter.ID, version, why)
	var bad org.Invalid
	var stale journal.Stale
	switch {
	case errors.As(err, &bad):
		return s.renderCountyLetter(w, r, v, residents, http.StatusUnprocessableEntity, countyLetterPage{Field: bad.Field, Problem: bad.What, Why: why})
	case errors.As(err, &stale):
		return s.renderCountyLetter(w, r, v, residents, http.StatusConflict, countyLetterPage{Field: "作废", Problem: stale.By + "刚动过这封函，请看过再办", Why: why})
	case err != nil:
		return err
	}
	q := url.Values{"show": {"proposed"}, "programme": {strconv.FormatInt(p.Programme.ID, 10)}}
	return s.done(w, r, "/application?"+q.Encode(), p.Letter.Number+"已作废，这些事项可以再报")
}
