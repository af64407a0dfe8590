package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"bihuan/benefit"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/report"
	"bihuan/store"
	"bihuan/vault"
)

// The letters (报县函) with which a town puts before the county what it proposes: drafted by a clerk, signed by a leader or the secretary.

// onCountyLetters makes a handler of one about letters to the county: of who may see residents, and of who signs. A letter says who is
// in it, with masked numbers; whoever signs has to read that.
func (s *Server) onCountyLetters(h func(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error) http.Handler {
	return s.signedIn(func(w http.ResponseWriter, r *http.Request, v *visit) error {
		if s.vault == nil {
			return errNoResidents
		}
		if !v.Who.May(org.Residents) && !v.Who.May(org.Issue) {
			return org.Denied{Who: v.Who, Action: org.Residents}
		}
		return h(w, r, v, s.vault)
	})
}

// readsLetters tells whether somebody may read the letters of a town.
func readsLetters(who org.Person, town org.Unit) bool {
	return who.Within(town) && (who.Check(org.Residents, town) == nil || who.Check(org.Issue, town) == nil)
}

// countyWait is a letter that waits for the reader.
type countyWait struct{ benefit.CountyLetter }

// countyWaiting are the letters that wait for the reader, what waits longest first: to be signed, or sent back to be drafted anew.
func (s *Server) countyWaiting(ctx context.Context, v *visit) ([]countyWait, error) {
	if s.vault == nil || !v.Who.May(org.Issue) && !v.Who.May(org.Propose) {
		return nil, nil
	}
	list, err := benefit.WaitingLetters(ctx, s.vault)
	if err != nil {
		return nil, err
	}
	towns := map[int64]org.Unit{}
	var mine []countyWait
	for _, l := range list {
		town, known := towns[l.Unit]
		if !known {
			if town, err = org.UnitByID(ctx, s.db, l.Unit); err != nil && !errors.Is(err, store.ErrNotFound) {
				return nil, err
			}
			towns[l.Unit] = town
		}
		if l.State == benefit.LetterDraft && maySign(v.Who, l, town) || l.State == benefit.LetterReturned && v.Who.Check(org.Propose, town) == nil {
			mine = append(mine, countyWait{l})
		}
	}
	return mine, nil
}

// maySign tells whether somebody may sign a letter of a town: not one that they drafted themselves.
func maySign(who org.Person, l benefit.CountyLetter, town org.Unit) bool {
	return l.State == benefit.LetterDraft && l.Staff != who.ID && benefit.MaySignLetters(who, town) == nil
}

// since is the day from which it waits.
func (l countyWait) since() time.Time {
	day := l.Drafted
	if l.State == benefit.LetterReturned {
		day = l.Back
	}
	at, _ := time.ParseInLocation(time.DateOnly, day, time.Local) // the zero one of none
	return at
}

// todo is the letter as a line of what is to be done.
func (l countyWait) todo(today string) todo {
	t := todo{Address: fmt.Sprintf("/application/letter/%d", l.ID), Title: fmt.Sprintf("报县函：%s %d 件", l.Title, l.N), Tone: "todo-soon",
		Light: light{Kind: "soon", Word: "等您签发"}, From: l.Who + " " + shortDate(l.Drafted, today) + "拟，报" + l.To}
	if l.State == benefit.LetterReturned {
		t.Light, t.From = light{Kind: "back", Word: "退回，请改稿"}, l.BackBy+" 退回：“"+l.BackWhy+"”"
	}
	return t
}

// unwrittenBatch is what a town may put into a letter about a programme.
type unwrittenBatch struct {
	Town      org.Unit
	Programme benefit.Programme
	N         int
	Address   string // of the form for a letter
}

// newCountyLetter is the address of the form for a letter about a programme.
func newCountyLetter(programme benefit.Programme, town org.Unit) string {
	return fmt.Sprintf("/application/letter/new?programme=%d&town=%d", programme.ID, town.ID)
}

// unwritten are the batches that the reader may write a letter of, by the limits of the programmes.
func (s *Server) unwritten(ctx context.Context, v *visit, residents *vault.Vault, programmes []benefit.Programme, limits []benefit.Limits) ([]unwrittenBatch, error) {
	if !v.Who.May(org.Propose) {
		return nil, nil
	}
	t, err := s.lettersTowns(ctx, v)
	if err != nil {
		return nil, err
	}
	list, err := benefit.Applications(ctx, residents, v.Who, benefit.Queue{Unwritten: true, Limits: limits})
	if err != nil {
		return nil, err
	}
	var batches []unwrittenBatch
	for _, p := range programmes {
		for _, town := range t {
			b := unwrittenBatch{Town: town, Programme: p, Address: newCountyLetter(p, town)}
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

// lettersTowns are the towns whose letters the reader may see.
func (s *Server) lettersTowns(ctx context.Context, v *visit) ([]org.Unit, error) {
	seen, err := org.Seen(ctx, s.db, v.Who)
	return slices.DeleteFunc(seen, func(u org.Unit) bool { return u.Kind != org.Town || !readsLetters(v.Who, u) }), err
}

// countyLettersPage lists the letters to the county, and what waits for one.
type countyLettersPage struct {
	frame
	Batches []unwrittenBatch
	Rows    []countyLetterRow
	Several bool // the reader sees several towns
	Names   bool // the reader may go on to the applications
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
	measures, err := s.measuresOf(ctx, v, residents, programmes)
	if err != nil {
		return err
	}
	var limits []benefit.Limits
	for _, x := range programmes {
		limits = append(limits, measures[x.ID].Limits)
	}
	if p.Batches, err = s.unwritten(ctx, v, residents, programmes, limits); err != nil {
		return err
	}
	towns, err := s.lettersTowns(ctx, v)
	if err != nil {
		return err
	}
	p.Several, p.Names = len(towns) > 1, v.Who.May(org.Residents)
	list, err := benefit.CountyLetters(ctx, residents, towns)
	if err != nil {
		return err
	}
	for _, l := range list {
		row := countyLetterRow{CountyLetter: l, On: shortDate(cmp.Or(l.Day, l.Drafted), v.Today), Light: countyLight(l, v.Today)}
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
	case l.State == benefit.LetterDraft:
		return light{Kind: "wait", Word: "待签发", Why: l.Who + " " + shortDate(l.Drafted, today) + "拟"}
	case l.State == benefit.LetterReturned:
		return light{Kind: "back", Word: "退回改稿", Why: l.BackBy + "：" + l.BackWhy}
	case l.State == benefit.LetterDropped:
		return light{Kind: "stop", Word: "已撤回", Why: "没有签发，没有编号"}
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

// countyLetterForm drafts a letter, or drafts one anew.
type countyLetterForm struct {
	frame
	Heading   string
	Button    string
	Back      string // address of where one goes without it
	BackWord  string // and its word
	Version   int64  // of the letter that is drafted anew; 0: it is a new one
	Note      string // what whoever sent it back wants
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
	p := countyLetterForm{Heading: "拟报县函", Button: "送签", Back: fmt.Sprintf("/application?show=town&programme=%d", programme.ID), BackWord: "先不拟",
		Town: town, Programme: programme, Action: newCountyLetter(programme, town), Said: "以上事项经村里核对、镇里逐件调查，依规定应当公示的已经公示，情况属实，建议照附件办理。"}
	terms, err := benefit.TermsOf(ctx, residents, programme.ID)
	if err != nil {
		return err
	}
	p.Basis = inForce(terms, v.Today)
	if office := countyOffices[programme.Code]; office != "" {
		over, err := org.UnitByID(ctx, s.db, town.Parent)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		p.To = over.Name + office
	}
	list, err := benefit.Unwritten(ctx, residents, v.Who, programme.ID, town, v.Today)
	if err != nil {
		return err
	}
	return s.writeCountyLetter(w, r, v, residents, p, list, func(int64) bool { return true }, func(n benefit.NewLetter, _ int64) (int64, error) {
		return benefit.DraftLetter(ctx, residents, v.Who, town, n)
	})
}

// countyLetterEdit answers GET and POST of /application/letter/{id}/edit: a letter that waits is drafted anew, with everything as it is now.
func (s *Server) countyLetterEdit(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	ctx := r.Context()
	at, err := s.countyLetterOf(r, v, residents)
	if err != nil {
		return err
	}
	l := at.Letter
	if err := v.Who.Check(org.Propose, at.Town); err != nil {
		return err
	}
	here := fmt.Sprintf("/application/letter/%d", l.ID)
	if !l.Waits() && r.Method != http.MethodPost {
		return s.done(w, r, here, "这封函现在不能改稿")
	}
	p := countyLetterForm{Heading: "改稿", Button: "改好送签", Back: here, BackWord: "先不改", Version: l.Version, Town: at.Town, Programme: at.Programme, Action: here + "/edit", To: l.To, Basis: l.Basis, Said: l.Said}
	if l.State == benefit.LetterReturned {
		p.Note = l.BackBy + " " + shortDate(l.Back, v.Today) + "退回：" + l.BackWhy
	}
	held := map[int64]bool{}
	var list []benefit.Pending
	for _, x := range l.Lines {
		if x.Step != benefit.Held {
			continue // withdrawn meanwhile
		}
		a, err := benefit.PendingByID(ctx, residents, v.Who, x.Application)
		if err != nil {
			return err
		}
		held[a.ID] = true
		list = append(list, a)
	}
	more, err := benefit.Unwritten(ctx, residents, v.Who, l.Programme, at.Town, v.Today)
	if err != nil {
		return err
	}
	return s.writeCountyLetter(w, r, v, residents, p, append(list, more...), func(id int64) bool { return held[id] }, func(n benefit.NewLetter, version int64) (int64, error) {
		return l.ID, benefit.ReviseLetter(ctx, residents, v.Who, at.Town, l.ID, version, n)
	})
}

// writeCountyLetter shows the form of a letter with what may stand in it, or drafts the letter with it.
func (s *Server) writeCountyLetter(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault, p countyLetterForm, list []benefit.Pending, picked func(int64) bool,
	draft func(n benefit.NewLetter, version int64) (int64, error)) error {
	status := http.StatusOK
	if r.Method == http.MethodPost {
		form, err := readForm(r)
		if err != nil {
			return err
		}
		version := int64(0)
		if p.Version != 0 {
			if version, err = formVersion(form); err != nil {
				return err
			}
		}
		p.To, p.Basis, p.Said = plainText(form.Get("to")), plainText(form.Get("basis")), plainText(form.Get("said"))
		picked = func(id int64) bool { return slices.Contains(form["pick"], strconv.FormatInt(id, 10)) }
		n := benefit.NewLetter{Programme: p.Programme.ID, To: p.To, Basis: p.Basis, Said: p.Said}
		for _, x := range form["pick"] {
			n.Applications = append(n.Applications, formID(x))
		}
		id, err := draft(n, version)
		var bad org.Invalid
		var stale journal.Stale
		switch {
		case err == nil:
			return s.done(w, r, fmt.Sprintf("/application/letter/%d", id), "已送签，领导签发时编号")
		case errors.As(err, &bad):
			status, p.Field, p.Problem = http.StatusUnprocessableEntity, bad.Field, bad.What
		case errors.As(err, &stale):
			status, p.Field, p.Problem = http.StatusConflict, "改稿", stale.By+"刚动过这封函。您填的都还在，看过后再送签"
		default:
			return err
		}
	}
	measures, err := s.measuresOf(r.Context(), v, residents, []benefit.Programme{p.Programme})
	if err != nil {
		return err
	}
	for _, x := range list {
		p.Rows = append(p.Rows, countyPick{applicationRow: viewApplication(x, measures[p.Programme.ID], v), Months: x.Months(), Number: x.About.Masked(residents), Picked: picked(x.ID)})
	}
	p.frame = s.benefitFrame(v, "application", p.Heading)
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
	Count     string // how many are done with
	Heading   string
	Title     string // of the paper, with what says that it is a draft
	Number    string // as the paper has it
	Drafted   string
	Signed    string // by whom and when; empty: not yet
	Wait      string // whom it waits for, when that is not the reader
	Names     bool   // the reader may go on to the applications
	MaySign   bool
	MayRevise bool
	MayTake   bool
	MayUnmask bool
	MayVoid   bool
	Purpose   string
	Act       string // what was refused
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
func (s *Server) countyLetterOf(r *http.Request, v *visit, residents *vault.Vault) (p countyLetterPage, err error) {
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
	if !readsLetters(v.Who, p.Town) {
		return p, store.ErrNotFound
	}
	p.Programme, err = benefit.ProgrammeByID(ctx, residents, p.Letter.Programme)
	return p, err
}

// paper is the letter as it was sent, whatever is known now, except that what was withdrawn since says so; with numbers in full only for a file that was asked for so.
func (p *countyLetterPage) paper(residents *vault.Vault, whole bool) error {
	l := p.Letter
	p.Paper = report.CountyLetter{Town: l.Town, Draft: l.State != benefit.LetterSent, Number: l.Number, To: l.To, Programme: l.Title, Basis: l.Basis, Said: l.Said, Contact: l.Who, Day: l.Day}
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
		if x.Step == benefit.Withdrawn && !p.Paper.Draft {
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
	p, err := s.countyLetterOf(r, v, residents)
	if err != nil {
		return err
	}
	if err := p.paper(residents, false); err != nil {
		return err
	}
	l := p.Letter
	p.Field, p.Problem, p.Act, p.Why = say.Field, say.Problem, say.Act, say.Why
	for i, x := range l.Lines {
		line := countyLine{ID: x.Application, N: i + 1, Row: p.Paper.Rows[i], Light: light{Kind: stepLights[x.Step], Word: x.Step.Word()}}
		switch x.Decision {
		case benefit.Approved:
			line.Light.Word = "县里同意"
		case benefit.Refused:
			line.Light = light{Kind: "stop", Word: "县里不同意"}
		}
		p.Lines = append(p.Lines, line)
	}
	p.Heading, p.Title, p.Purpose = l.Number, p.Paper.Title(), firstText(say.Purpose, "送"+l.To+"审批")
	if p.Paper.Draft {
		p.Heading, p.Title, p.Purpose = "报县函（稿）", p.Title+"（稿）", firstText(say.Purpose, "送签前校对")
	}
	p.Number, p.Date = p.Paper.Head()
	p.Light, p.Count, p.Drafted = countyLight(l, v.Today), countyCount(l), l.Who+"，"+shortDate(l.Drafted, v.Today)
	if l.SignedBy != "" {
		p.Signed = l.SignedBy + "，" + shortDate(l.Day, v.Today)
	} else if l.State == benefit.LetterSent {
		p.Signed = "没有记载（升级以前送出的）"
	}
	propose := v.Who.Check(org.Propose, p.Town) == nil
	p.Names = v.Who.Check(org.Residents, p.Town) == nil
	p.MaySign, p.MayRevise = maySign(v.Who, l, p.Town), l.Waits() && propose
	switch {
	case l.State == benefit.LetterDraft && !p.MaySign && l.Staff == v.Who.ID && benefit.MaySignLetters(v.Who, p.Town) == nil:
		p.Wait = "拟稿人不能签发自己拟的函，等另一位领导签发"
	case l.State == benefit.LetterDraft && !p.MaySign:
		p.Wait = "等分管领导或书记签发；签发时编号，里面的事项到那时才算上报"
	case l.State == benefit.LetterReturned && !p.MayRevise:
		p.Wait = "等拟稿人改好再送签"
	}
	p.MayTake = p.Names && l.Void == "" && l.State != benefit.LetterDropped
	p.MayUnmask = l.State == benefit.LetterSent && v.Who.Check(org.Unmask, p.Town) == nil
	p.MayVoid = l.State == benefit.LetterSent && l.Void == "" && l.Decided == 0 && propose
	if !p.Paper.Draft {
		if p.Imprint, err = s.viewImprint(s.residentsImprint(ctx, "county_letter", l.ID)); err != nil {
			return err
		}
	}
	if p.History, err = s.residentHistory(r, v, "county_letter", l.ID); err != nil {
		return err
	}
	p.frame = s.benefitFrame(v, "application", p.Heading)
	return s.render(w, status, "county-letter", p)
}

// countyLetterDocx answers POST /application/letter/{id}/docx: the letter as a file, with full numbers only for who may have them. That it
// was taken is recorded with what for.
func (s *Server) countyLetterDocx(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p, err := s.countyLetterOf(r, v, residents)
	if err != nil {
		return err
	}
	ctx, purpose := r.Context(), plainText(form.Get("purpose"))
	whole := form.Get("whole") == "1" && p.Letter.State == benefit.LetterSent // a draft needs them for nothing
	refused := func(bad org.Invalid) error {
		return s.renderCountyLetter(w, r, v, residents, http.StatusUnprocessableEntity, countyLetterPage{Field: bad.Field, Problem: bad.What, Purpose: purpose})
	}
	if p.Letter.Void != "" {
		return refused(org.Invalid{Field: "报县函", What: "已经作废，不能再下载"})
	}
	if p.Letter.State == benefit.LetterDropped {
		return refused(org.Invalid{Field: "报县函", What: "这份稿已经撤回，不能再下载"})
	}
	people := map[int64]bool{}
	for _, x := range p.Letter.Lines {
		people[x.About.ID] = true
	}
	mark, err := residents.Export(ctx, v.Who, p.Town, vault.Export{Name: "报县函 " + cmp.Or(p.Letter.Number, "稿"), Purpose: purpose, People: len(people), Whole: whole})
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
	name := p.Paper.Title()
	if p.Paper.Draft {
		name += "（稿）"
	}
	return download(w, name+".docx", report.DocxType, func(w io.Writer) error { return report.CountyLetterDocx(w, p.Paper, v.Now, imprint, mark.Paper) })
}

// countyLetterAct answers POST /application/letter/{id}/{act}: signed, sent back, taken back, made void.
func (s *Server) countyLetterAct(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	p, err := s.countyLetterOf(r, v, residents)
	if err != nil {
		return err
	}
	ctx, l, act, why := r.Context(), p.Letter, r.PathValue("act"), plainText(form.Get("why"))
	to := fmt.Sprintf("/application/letter/%d", l.ID)
	queue := func(show string) string {
		return "/application?" + url.Values{"show": {show}, "programme": {strconv.FormatInt(l.Programme, 10)}}.Encode()
	}
	said := ""
	switch act {
	case "sign":
		said = "已签发并编号，里面的事项算上报县里"
		err = benefit.SignLetter(ctx, residents, v.Who, p.Town, l.ID, version, ledger.ShortName(p.Town)+"民函")
	case "return":
		said = "已退回拟稿人"
		err = benefit.ReturnLetter(ctx, residents, v.Who, p.Town, l.ID, version, why)
	case "drop":
		to, said = queue("town"), "已撤回，这些事项可以另行拟函"
		err = benefit.DropLetter(ctx, residents, v.Who, p.Town, l.ID, version)
	case "void":
		to, said = queue("proposed"), l.Number+"已作废，这些事项可以再报"
		err = benefit.VoidLetter(ctx, residents, v.Who, p.Town, l.ID, version, why)
	default:
		return store.ErrNotFound
	}
	var bad org.Invalid
	var stale journal.Stale
	switch {
	case errors.As(err, &bad):
		return s.renderCountyLetter(w, r, v, residents, http.StatusUnprocessableEntity, countyLetterPage{Field: bad.Field, Problem: bad.What, Act: act, Why: why})
	case errors.As(err, &stale):
		return s.renderCountyLetter(w, r, v, residents, http.StatusConflict, countyLetterPage{Field: "报县函", Problem: stale.By + "刚动过这封函，请看过再办", Act: act, Why: why})
	case err != nil:
		return err
	}
	return s.done(w, r, to, said)
}
