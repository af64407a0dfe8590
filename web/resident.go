package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"bihuan/benefit"
	"bihuan/lead"
	"bihuan/org"
	"bihuan/vault"
)

// residentPage is everything about somebody on a roll.
type residentPage struct {
	frame
	benefit.Person
	Number     string // masked
	Phone      string // masked
	Village    string
	Parts      []residentPart
	MayPropose bool
	MayEdit    bool
	MayReveal  bool
	Hits       []residentHit
	HitsMore   int // that are not shown
	History    []event
}

// residentHit is a finding of a screening about somebody.
type residentHit struct {
	ID    int64
	Rule  string
	Why   string
	When  string
	Light light
}

// shownHits are how many findings stand on a person's page, the newest first.
const shownHits = 8

// residentPart is what a programme has to do with somebody.
type residentPart struct {
	Programme    benefit.Programme
	Entries      []rollRow
	Account      string // masked
	AccountOf    int64  // the entry that it stands in
	Class        string
	Months       []monthPaid // the newest first
	Others       []monthPaid // earlier ones, and those of which nothing is known
	Void         []voidRow
	Until        string
	Unknown      string // what is not known
	Sum          []sumLine
	Members      []memberRow
	Head         string // of a household that the person is a member of
	HeadID       int64
	Applications []applicationRow
	Reviews      []reviewDone
	Roll         int64 // that members belong to
	MayMember    bool
	Arrears      bool // something could be asked for
	Over         bool
}

// sumLine is what the months of somebody come to.
type sumLine struct{ Word, Yuan, Why, Tone string }

// monthPaid is one month with what was due and paid.
type monthPaid struct {
	Month string
	Age   int
	Due   string
	Paid  string
	Light light
	Why   string
}

// memberRow is a member of a household.
type memberRow struct {
	benefit.Member
	Number string
	Since  string
	Until  string
}

// reviewDone is a review that was done.
type reviewDone struct {
	benefit.Review
	Day  string
	Word string
	Late string
}

// shownMonths are how many months stand open on the page, the others behind a fold.
const shownMonths = 14

var verdictLights = map[benefit.Verdict]string{benefit.Missing: "soon", benefit.Short: "soon", benefit.Excess: "late", benefit.Wrong: "late", benefit.Unknown: "none"}

func viewMonth(l benefit.Line) monthPaid {
	row := monthPaid{Month: l.Month.Words(), Age: l.Age, Due: "—", Paid: "—", Light: light{Kind: "done", Word: "一致"}, Why: l.Why}
	if l.Fen > 0 {
		row.Due = benefit.Yuan(l.Fen)
	}
	if l.Rows > 0 {
		row.Paid = benefit.Yuan(l.Paid)
	}
	if l.Verdict != benefit.Even {
		row.Light = light{Kind: verdictLights[l.Verdict], Word: string(l.Verdict)}
		if diff := l.Diff(); l.Verdict == benefit.Short {
			row.Why = "差" + benefit.Yuan(diff) + "元"
		} else if l.Verdict == benefit.Excess {
			row.Why = "多" + benefit.Yuan(-diff) + "元"
		}
	}
	if l.Barred != "" {
		row.Light, row.Why = light{Kind: "stop", Word: "不补"}, l.Barred
	}
	return row
}

// residentShow answers GET /person/{id}.
func (s *Server) residentShow(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	ctx := r.Context()
	id, err := pathID(r)
	if err != nil {
		return err
	}
	x, err := benefit.PersonByID(ctx, residents, v.Who, id)
	if err != nil {
		return err
	}
	phone, err := x.Phone(residents)
	if err != nil {
		return err
	}
	p := residentPage{Person: x, Number: x.Masked(residents), Phone: vault.MaskPhone(phone), Village: x.Place,
		MayPropose: v.Who.Check(org.Propose, x.At()) == nil, MayEdit: v.Who.Check(org.Programme, x.At()) == nil, MayReveal: v.Who.May(org.Unmask)}
	programmes, err := benefit.Programmes(ctx, residents, v.Who)
	if err != nil {
		return err
	}
	rolls, err := benefit.RollsOf(ctx, residents, id)
	if err != nil {
		return err
	}
	applications, err := benefit.Applications(ctx, residents, v.Who, benefit.Queue{Person: id})
	if err != nil {
		return err
	}
	measures, err := s.measuresOf(ctx, v, residents, programmes)
	if err != nil {
		return err
	}
	for _, programme := range programmes {
		part, err := s.residentPart(ctx, v, residents, programme, measures[programme.ID], x, rolls, applications)
		if err != nil {
			return err
		}
		if part != nil {
			p.Parts = append(p.Parts, *part)
		}
	}
	hits, total, err := lead.Hits(ctx, residents, s.db, v.Who, lead.HitFilter{Person: id, Limit: shownHits})
	if err != nil {
		return err
	}
	for _, h := range hits {
		p.Hits = append(p.Hits, residentHit{ID: h.ID, Rule: h.Rule, Why: spokenDates(h.Why), When: shortDate(h.AsOf, v.Today), Light: hitLight(h, v.Today)})
	}
	p.HitsMore = total - len(hits)
	if p.History, err = s.residentHistory(r, v, "person", id); err != nil {
		return err
	}
	p.frame = s.benefitFrame(v, "roll", x.Name)
	return s.render(w, http.StatusOK, "resident", p)
}

// residentPart is what a programme has to do with somebody, nil when nothing.
func (s *Server) residentPart(ctx context.Context, v *visit, residents *vault.Vault, programme benefit.Programme, m measure, x benefit.Person, rolls []benefit.Roll, applications []benefit.Pending) (*residentPart, error) {
	part := &residentPart{Programme: programme}
	for _, r := range rolls {
		if r.Programme != programme.ID {
			continue
		}
		if r.Person.ID != x.ID { // a member of somebody's household
			part.Head, part.HeadID = r.Person.Name, r.Person.ID
			continue
		}
		part.Entries = append(part.Entries, viewRoll(r, programme.Name, residents, v))
		if err := s.addEntry(ctx, v, residents, part, r); err != nil {
			return nil, err
		}
	}
	for _, a := range applications {
		if a.Application.Programme == programme.ID {
			part.Applications = append(part.Applications, viewApplication(a, m, v))
		}
	}
	account, err := benefit.AccountOf(ctx, residents, v.Who, programme.ID, x.ID, v.Today)
	if err != nil {
		return nil, err
	}
	void, err := benefit.VoidPayments(ctx, residents, v.Who, programme.ID, x.ID, 0)
	if err != nil {
		return nil, err
	}
	if part.Void, err = s.viewVoid(ctx, v, residents, void); err != nil {
		return nil, err
	}
	paid := len(void) > 0 || slices.ContainsFunc(account.Lines, func(l benefit.Line) bool { return l.Rows > 0 })
	if len(part.Entries) == 0 && part.Head == "" && len(part.Applications) == 0 && !paid {
		return nil, nil
	}
	if part.Head != "" && len(part.Entries) == 0 {
		return part, nil // the household's months stand with its head
	}
	part.Until = account.Until.Words()
	for _, l := range slices.Backward(account.Lines) {
		if row := viewMonth(l); len(part.Months) < shownMonths && l.Verdict != benefit.Unknown {
			part.Months = append(part.Months, row)
		} else {
			part.Others = append(part.Others, row)
		}
	}
	sum := account.Sum
	add := func(word string, fen int64, why, tone string) {
		if fen > 0 {
			part.Sum = append(part.Sum, sumLine{word, benefit.Yuan(fen), why, tone})
		}
	}
	add("应补发", sum.Arrears, fmt.Sprintf("%d 个月没有发放", len(sum.Months)), "amber")
	add("少发", sum.Short, "有发放的月份里", "amber")
	add("按规定不补", sum.Barred, "", "")
	add("多发", sum.Excess, "有发放的月份里", "red")
	add("不应发", sum.Wrong, "去世、迁出、未到年龄或停发之后", "red")
	if sum.Unknown > 0 {
		part.Unknown = fmt.Sprintf("另有 %d 个月的发放册没有导入，不知道发没发，没有算进来。", sum.Unknown)
	}
	asked := func(kind benefit.Kind, m benefit.Month) bool { // it is under way or not all paid, and cannot be asked for twice
		return slices.ContainsFunc(applications, func(a benefit.Pending) bool {
			return a.Application.Programme == programme.ID && a.Kind == kind && (a.Open() || a.Left > 0 && a.From <= m && m <= a.To)
		})
	}
	for _, l := range account.Lines {
		switch l.Verdict {
		case benefit.Missing, benefit.Short:
			part.Arrears = part.Arrears || l.Barred == "" && !asked(benefit.Arrears, l.Month)
		case benefit.Excess, benefit.Wrong:
			part.Over = part.Over || !asked(benefit.Recover, l.Month)
		}
	}
	return part, nil
}

// addEntry adds what hangs on an entry: account, members, reviews.
func (s *Server) addEntry(ctx context.Context, v *visit, residents *vault.Vault, part *residentPart, r benefit.Roll) error {
	if part.Account == "" {
		part.Account, part.AccountOf, part.Class = r.MaskedAccount(residents), r.ID, r.Class
	}
	if part.Programme.Level == benefit.ByHousehold && part.Roll == 0 {
		part.Roll, part.MayMember = r.ID, v.Who.Check(org.Programme, r.Person.At()) == nil && r.State != benefit.Stopped
		members, err := benefit.Members(ctx, residents, r.ID)
		if err != nil {
			return err
		}
		for _, m := range members {
			part.Members = append(part.Members, memberRow{Member: m, Number: m.Person.Masked(residents), Since: shortDate(m.Since, v.Today), Until: shortDate(m.Until, v.Today)})
		}
	}
	reviews, err := benefit.Reviews(ctx, residents, r.ID)
	for _, x := range reviews {
		row := reviewDone{Review: x, Day: shortDate(x.Done, v.Today), Word: benefit.ProposalWord(x.Result)}
		if x.Late() {
			row.Late = "应在" + shortDate(x.Due, v.Today) + "前"
		}
		part.Reviews = append(part.Reviews, row)
	}
	return err
}

// residentEdit answers GET and POST of /person/{id}/edit.
func (s *Server) residentEdit(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	x, err := benefit.PersonByID(r.Context(), residents, v.Who, id)
	if err != nil {
		return err
	}
	if err := v.Who.Check(org.Programme, x.At()); err != nil {
		return err
	}
	villages, err := s.villages(r, v)
	if err != nil {
		return err
	}
	back := fmt.Sprintf("/person/%d", id)
	village := ""
	if x.Village != 0 {
		village = fmt.Sprint(x.Village)
	}
	p := benefitForm{Back: back, BackWord: x.Name, Heading: "更正资料", Quiet: x.Masked(residents), Form: entryForm{Action: back + "/edit", Button: "保存", Version: x.Version, Entries: entries{
		{Name: "name", Label: "姓名", Kind: "text", Value: x.Name, Hint: "照户口簿；生僻字照写，不要用拼音代替"},
		{Name: "birth", Label: "出生日期", Kind: "date", Value: x.Birth, Hint: "与号码不一致的，以户籍为准"},
		{Name: "village", Label: "村", Kind: "pick", Value: village, Picks: villagePicks(villages)},
		{Name: "household", Label: "户号", Kind: "text", Value: x.Household},
		{Name: "phone", Label: "电话", Kind: "text", Hint: "不改就留空；查看时只显示头尾"},
		{Name: "came", Label: "迁入日期", Kind: "date", Value: x.Came},
		{Name: "moved", Label: "迁出日期", Kind: "date", Value: x.Moved},
		{Name: "dead", Label: "死亡日期", Kind: "date", Value: x.Dead, Hint: "照死亡证明或户籍；登记了也不会自动停发，要另提停发"},
	}}, Notes: []string{"更正前请核实。每一次更正，改前改后都留在记录里。"}}
	return s.sendForm(w, r, v, "roll", p, func(es entries, version int64) (string, string, error) {
		e := benefit.PersonEdit{Name: es.value("name"), Birth: es.value("birth"), Village: villageOf(villages, es.value("village")), Household: es.value("household"),
			Came: es.value("came"), Moved: es.value("moved"), Dead: es.value("dead")}
		if phone := strings.TrimSpace(es.value("phone")); phone != "" {
			e.Phone = &phone
		}
		return back, "已更正", benefit.EditPerson(r.Context(), residents, v.Who, id, version, e)
	})
}
