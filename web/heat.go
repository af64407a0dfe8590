package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"bihuan/duty"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/report"
)

// heatPage is the map of 常态任务: duties × weeks.
type heatPage struct {
	frame
	Say         string
	Unit        string // what of the organisation is shown
	Range       string
	Ranges      []choice
	UnitID      int64
	Units       []unitOption
	FindingID   int64
	Findings    []findingOption
	Missed      bool
	Narrow      bool // more weeks than marks of full size find room for
	Months      []heatMonth
	Weeks       []heatWeek
	Groups      []heatGroup
	Span        int // columns of the table
	Total       int // duties
	Sum         string
	Gaps        []gapRow
	Rules       ledger.Rules
	GraceSource string
	Pages       []pageLink
	Prev, Next  string
	From, To    int // of Total on this page
	Xlsx        string
	Towns       []heatTown // of a district, one of which is to be chosen
	Filtered    bool
}

type unitOption struct {
	ID     int64
	Word   string
	Chosen bool
}

type findingOption = unitOption

type heatMonth struct {
	Word string
	Span int
}

type heatWeek struct {
	Word  string
	Class string
}

// heatGroup are the duties of offices, or of villages.
type heatGroup struct {
	Name string
	Rows []heatRow
}

type heatRow struct {
	Title, Address, Where string
	Often, Rule           string // in short, and whole
	Cells                 []heatCell
	InTime, Due           int
	Why                   string
	Now                   light
}

// heatCell is one week of a duty; without a mark nothing was due.
type heatCell struct {
	Class, Title, Mark, Word string
	N                        int // how many bear the mark, when the week has several
}

// gapRow is a duty that broke off more than once.
type gapRow struct {
	Light                 light
	Title, Address, Where string
	Why                   string
}

// heatTown is a town of a district: one line, no ranking.
type heatTown struct {
	Name, Address                           string
	Duties, Due, InTime, Late, Missed, Rest int
}

const (
	heatRows    = 200 // a page
	heatGaps    = 8
	xlsxDuties  = 5000
	heatChoices = 400
)

var heatRanges = []choice{{"", "近半年"}, {"quarter", "近一季"}, {"year", "本年"}}

// heatMarks are the marks with their words and symbols.
var heatMarks = map[duty.Mark][2]string{
	duty.MarkDone: {"done", "按时"}, duty.MarkLate: {"late", "迟办"}, duty.MarkMissed: {"miss", "漏办"}, duty.MarkCancelled: {"off", "取消"},
	duty.MarkNow: {"now", "待办"}, duty.MarkLater: {"next", "未到"},
}

// heatAsk is what an address asks of the map.
type heatAsk struct {
	board   duty.Board
	mondays []string
	unit    org.Unit // whose subtree is shown; the own one unless asked
	towns   bool     // several towns are in sight and none is chosen
}

// askHeat reads an address.
func (s *Server) askHeat(ctx context.Context, v *visit, q url.Values, p *heatPage) (heatAsk, error) {
	a := heatAsk{unit: v.Who.Unit}
	p.Ranges, p.Missed = heatRanges, q.Get("missed") == "1"
	for _, x := range heatRanges {
		if q.Get("range") == x.Value {
			p.Range = x.Value
		}
	}
	today, err := time.Parse(time.DateOnly, v.Today)
	if err != nil {
		return a, err
	}
	from, to := today.AddDate(0, 0, -21*7), today.AddDate(0, 0, 4*7)
	p.Say = "近 22 周与今后 4 周"
	switch p.Range {
	case "quarter":
		from, p.Say = today.AddDate(0, 0, -12*7), "近 13 周与今后 4 周"
	case "year":
		from, to = time.Date(today.Year(), 1, 1, 0, 0, 0, 0, time.UTC), time.Date(today.Year(), 12, 31, 0, 0, 0, 0, time.UTC)
		p.Say, p.Narrow = v.Today[:4]+"年", true
	}
	a.mondays = duty.Mondays(from.Format(time.DateOnly), to.Format(time.DateOnly))
	last, err := time.Parse(time.DateOnly, a.mondays[len(a.mondays)-1])
	if err != nil {
		return a, err
	}
	a.board = duty.Board{Scope: scopeOf(v), Missed: p.Missed, From: a.mondays[0], To: last.AddDate(0, 0, 6).Format(time.DateOnly), Today: v.Today}
	a.board.Finding, _ = strconv.ParseInt(q.Get("finding"), 10, 64)
	p.FindingID = a.board.Finding
	p.UnitID, _ = strconv.ParseInt(q.Get("unit"), 10, 64)
	if p.Units, a.unit, err = s.unitOptions(ctx, v, &p.UnitID); err != nil {
		return a, err
	}
	if p.UnitID != 0 {
		a.board.Scope = []string{a.unit.Path}
	}
	a.towns = p.UnitID == 0 && v.Who.Unit.Kind == org.District
	p.Unit = a.unit.Name
	p.Filtered = p.UnitID != 0 || p.FindingID != 0 || p.Missed
	return a, nil
}

// unitOptions are the units that a list can be narrowed to: the towns of a district, and of a town or of the one chosen what is in it.
// A chosen unit that is not in sight is none.
func (s *Server) unitOptions(ctx context.Context, v *visit, chosen *int64) ([]unitOption, org.Unit, error) {
	units, err := org.Seen(ctx, s.db, v.Who)
	if err != nil {
		return nil, org.Unit{}, err
	}
	at, town := v.Who.Unit, int64(0)
	i := slices.IndexFunc(units, func(u org.Unit) bool { return u.ID == *chosen })
	if i < 0 {
		*chosen = 0
	} else {
		at = units[i]
	}
	district := v.Who.Unit.Kind == org.District
	for _, id := range at.Ancestors() {
		if slices.ContainsFunc(units, func(u org.Unit) bool { return u.ID == id && u.Kind == org.Town }) {
			town = id
		}
	}
	var list []unitOption
	for _, u := range units {
		if district && u.Kind != org.Town && (town == 0 || !slices.Contains(u.Ancestors(), town)) {
			continue
		}
		word := u.Name
		if district && u.Kind != org.Town {
			word = "　" + word
		}
		list = append(list, unitOption{u.ID, word, u.ID == *chosen})
	}
	return list, at, nil
}

// heatShow answers GET /duty.
func (s *Server) heatShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx, q := r.Context(), r.URL.Query()
	p := heatPage{Rules: v.Rules}
	a, err := s.askHeat(ctx, v, q, &p)
	if err != nil {
		return err
	}
	if p.GraceSource, err = s.graceSource(ctx); err != nil {
		return err
	}
	if a.towns {
		if p.Towns, err = s.heatTowns(ctx, v, a.board, q); err != nil {
			return err
		}
	} else if err := s.heatFill(ctx, v, a, &p, q); err != nil {
		return err
	}
	p.frame = s.frame(v, "duty", "常态任务")
	p.Body = "wall"
	return s.render(w, http.StatusOK, "heat", p)
}

// graceSource is the document that the time for being late is written in.
func (s *Server) graceSource(ctx context.Context) (string, error) {
	list, err := ledger.Settings(ctx, s.db)
	for _, x := range list {
		if x.Name == "grace" {
			return x.Source, err
		}
	}
	return "", err
}

// heatFill fills in the map of the duties of one page.
func (s *Server) heatFill(ctx context.Context, v *visit, a heatAsk, p *heatPage, q url.Values) error {
	page := pageNumber(q)
	duties, total, err := a.board.Duties(ctx, s.db, (page-1)*heatRows, heatRows)
	if err != nil {
		return err
	}
	p.Total, p.From, p.To = total, (page-1)*heatRows+1, (page-1)*heatRows+len(duties)
	rows, err := s.heatOf(ctx, a, duties)
	if err != nil {
		return err
	}
	p.Weeks, p.Months = weekHeads(a.mondays, v.Today)
	for i := range p.Months {
		if p.Narrow && p.Months[i].Span == 1 {
			p.Months[i].Word = "" // no room
		}
	}
	p.Span = len(a.mondays) + 4
	serials, err := s.serials(ctx, duties)
	if err != nil {
		return err
	}
	for _, row := range rows {
		name := "镇机关"
		switch {
		case row.Duty.Part == duty.Watch:
			name = "销号后的检查"
		case row.Duty.Unit.Kind == org.Village:
			name = "各村（每村一行）"
		case v.Who.Unit.Kind == org.District && a.unit.Kind != org.Town:
			name = "机关"
		}
		if n := len(p.Groups); n == 0 || p.Groups[n-1].Name != name {
			p.Groups = append(p.Groups, heatGroup{Name: name})
		}
		g := &p.Groups[len(p.Groups)-1]
		g.Rows = append(g.Rows, newHeatRow(row, p.Weeks, serials[row.Duty.Finding], v.Today))
	}
	sum, err := a.board.Sum(ctx, s.db)
	if err != nil {
		return err
	}
	p.Sum = sayTally(sum)
	gaps, err := a.board.Gaps(ctx, s.db, heatGaps)
	if err != nil {
		return err
	}
	for _, g := range gaps {
		p.Gaps = append(p.Gaps, newGapRow(g, v.Today))
	}
	findings, err := ledger.WithRhythm(ctx, s.db, v.Who, heatChoices)
	if err != nil {
		return err
	}
	for _, f := range findings {
		p.Findings = append(p.Findings, findingOption{f.ID, f.Serial() + " " + ledger.TaskTitle(f.Title), f.ID == p.FindingID})
	}
	keep := url.Values{}
	for _, name := range []string{"range", "unit", "finding", "missed"} {
		if q.Get(name) != "" {
			keep.Set(name, q.Get(name))
		}
	}
	p.Xlsx = "/duty.xlsx?" + keep.Encode()
	address := func(n int) string { return pageAddress("/duty", cloned(keep), n) }
	last := (total + heatRows - 1) / heatRows
	if page > 1 {
		p.Prev = address(page - 1)
	}
	if page < last {
		p.Next = address(page + 1)
	}
	return nil
}

func cloned(q url.Values) url.Values {
	c := url.Values{}
	for name, list := range q {
		c[name] = slices.Clone(list)
	}
	return c
}

// heatOf puts the occurrences of duties into weeks.
func (s *Server) heatOf(ctx context.Context, a heatAsk, duties []duty.Duty) ([]duty.Row, error) {
	var cells []duty.Cell
	for part := range slices.Chunk(duties, heatRows) {
		list, err := a.board.Cells(ctx, s.db, part)
		if err != nil {
			return nil, err
		}
		cells = append(cells, list...)
	}
	return duty.Rows(duties, cells, a.mondays, a.board.Today), nil
}

// serials are the numbers of the findings that duties serve.
func (s *Server) serials(ctx context.Context, duties []duty.Duty) (map[int64]string, error) {
	var ids []int64
	for _, d := range duties {
		if !slices.Contains(ids, d.Finding) {
			ids = append(ids, d.Finding)
		}
	}
	serials := map[int64]string{}
	for part := range slices.Chunk(ids, 500) {
		list, err := ledger.ByIDs(ctx, s.db, part)
		if err != nil {
			return nil, err
		}
		for _, f := range list {
			serials[f.ID] = f.Serial()
		}
	}
	return serials, nil
}

// weekHeads are the heads of weeks, and of the months that their Mondays are in.
func weekHeads(mondays []string, today string) ([]heatWeek, []heatMonth) {
	var weeks []heatWeek
	var months []heatMonth
	this := duty.Monday(today)
	for i, m := range mondays {
		day, _ := strconv.Atoi(m[8:])
		month, _ := strconv.Atoi(m[5:7])
		w := heatWeek{Word: fmt.Sprint(day)}
		var class []string
		if i == 0 || mondays[i-1][:7] != m[:7] {
			class = append(class, "mo")
			months = append(months, heatMonth{Word: fmt.Sprintf("%d月", month)})
		}
		months[len(months)-1].Span++
		if m == this {
			w.Word = "今"
			class = append(class, "now")
		}
		w.Class = strings.Join(class, " ")
		weeks = append(weeks, w)
	}
	return weeks, months
}

// newHeatRow shows one duty.
func newHeatRow(r duty.Row, weeks []heatWeek, serial, today string) heatRow {
	row := heatRow{Title: r.Duty.Title, Address: fmt.Sprintf("/duty/%d", r.Duty.ID), Rule: r.Duty.Often(), InTime: r.InTime, Due: r.Due(),
		Where: fmt.Sprintf("%s　%s　%s", serial, r.Duty.Unit.Name, r.Duty.Name), Why: fmt.Sprintf("迟 %d　漏 %d", r.Late, r.Missed), Now: nowLight(r, today)}
	if r.Waiting > 0 {
		row.Why += fmt.Sprintf("　未报 %d", r.Waiting)
	}
	row.Often, _, _ = strings.Cut(row.Rule, "，")
	if r.Duty.Unit.Kind == org.Village {
		row.Title = r.Duty.Unit.Name + "　" + row.Title
	}
	for i, w := range r.Weeks {
		c := heatCell{Class: weeks[i].Class}
		if w.Mark != "" {
			c.Mark, c.Word = heatMarks[w.Mark][0], heatMarks[w.Mark][1]
			c.Title = shortDate(w.Monday, today) + " 这一周：" + sayWeek(w)
			if w.All > 1 {
				c.N = w.N
				c.Word = sayWeek(w)
			}
		}
		row.Cells = append(row.Cells, c)
	}
	return row
}

// sayWeek counts what came of a week: 按时，or 漏办 1、按时 4.
func sayWeek(w duty.Week) string {
	if w.All == 1 {
		return heatMarks[w.Mark][1]
	}
	var parts []string
	for _, m := range []duty.Mark{duty.MarkDone, duty.MarkLate, duty.MarkMissed, duty.MarkCancelled, duty.MarkNow, duty.MarkLater} {
		if n := w.By[m]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", heatMarks[m][1], n))
		}
	}
	return strings.Join(parts, "、")
}

// nowLight says how a duty stands at present.
func nowLight(r duty.Row, today string) light {
	broken := r.Late+r.Missed > 0
	switch {
	case r.Duty.State == duty.Stopped:
		return light{Kind: "stop", Word: "已停止", Title: r.Duty.Reason}
	case r.Fails > 0:
		return light{Kind: "late", Word: fmt.Sprintf("刚漏 %d 次", r.Fails), Title: fmt.Sprintf("最近连续漏办 %d 次", r.Fails)}
	case r.Waiting > 0:
		return light{Kind: "soon", Word: fmt.Sprintf("%d 次到期未报", r.Waiting), Title: "宽限期内补上算迟办，再晚算漏办"}
	case r.Last == duty.MarkLate:
		return light{Kind: "soon", Word: "最近一次迟办", Title: "最近一次迟办"}
	case r.Last == "" && r.Next != "":
		return light{Kind: "none", Word: shortDate(r.Next, today) + "起", Title: "还没有到期过，第一次 " + shortDate(r.Next, today) + "到期"}
	case r.Last == "":
		return light{Kind: "none", Word: "没有到期的", Title: "这段时间没有到期的"}
	case broken:
		return light{Kind: "run", Word: fmt.Sprintf("断后已连 %d 次", r.Run), Title: fmt.Sprintf("断过以后，连续 %d 次按时", r.Run)}
	}
	return light{Kind: "keep", Word: fmt.Sprintf("连续 %d 次按时", r.Run), Title: fmt.Sprintf("连续 %d 次按时", r.Run)}
}

// sayTally counts what came of all, so that the parts add up.
func sayTally(t duty.Tally) string {
	if t.Due()+t.Cancelled == 0 {
		return "这段时间还没有到期的。"
	}
	s := fmt.Sprintf("应办 %d 次：按时 %d、迟办 %d、漏办 %d", t.Due(), t.InTime, t.Late, t.Missed)
	if t.Waiting > 0 {
		s += fmt.Sprintf("、到期未报 %d", t.Waiting)
	}
	s += "。"
	if t.MadeUp > 0 {
		s += fmt.Sprintf("漏办的后来补了 %d 次，颜色不改。", t.MadeUp)
	}
	if t.Cancelled > 0 {
		s += fmt.Sprintf("另取消 %d 次（放假或有理由），不计入应办。", t.Cancelled)
	}
	return s
}

func newGapRow(g duty.Gap, today string) gapRow {
	r := gapRow{Title: g.Duty.Unit.Name + "　" + g.Duty.Title, Address: fmt.Sprintf("/duty/%d", g.Duty.ID), Where: g.Duty.Often() + "　" + g.Duty.Name,
		Light: light{Kind: "late", Word: fmt.Sprintf("漏 %d 次", g.Missed)}}
	var days []string
	for _, d := range g.Days[:min(len(g.Days), 5)] {
		days = append(days, shortDate(d, today))
	}
	r.Why = strings.Join(days, "、")
	if len(g.Days) > 5 {
		r.Why += fmt.Sprintf(" 等 %d 次", len(g.Days))
	}
	if g.Late > 0 {
		r.Why += fmt.Sprintf("；另迟办 %d 次", g.Late)
	}
	return r
}

// heatTowns counts the duties of a district by town.
func (s *Server) heatTowns(ctx context.Context, v *visit, b duty.Board, q url.Values) ([]heatTown, error) {
	homes, err := b.ByHome(ctx, s.db)
	if err != nil {
		return nil, err
	}
	units, err := org.Seen(ctx, s.db, v.Who)
	if err != nil {
		return nil, err
	}
	var list []heatTown
	at := map[int64]int{} // unit → its line
	for _, u := range units {
		switch {
		case u.Kind == org.Town, u.Parent == v.Who.Unit.ID && u.Kind == org.Office, u.ID == v.Who.Unit.ID:
			at[u.ID] = len(list)
			to := url.Values{"unit": {fmt.Sprint(u.ID)}}
			if q.Get("range") != "" {
				to.Set("range", q.Get("range"))
			}
			list = append(list, heatTown{Name: u.Name, Address: "/duty?" + to.Encode()})
		default:
			if i, known := at[u.Parent]; known {
				at[u.ID] = i
			}
		}
	}
	for _, h := range homes {
		i, known := at[h.Home]
		if !known {
			continue
		}
		t := &list[i]
		t.Duties += h.Duties
		t.Due += h.Due()
		t.InTime += h.InTime
		t.Late += h.Late
		t.Missed += h.Missed
		t.Rest += h.Waiting
	}
	return slices.DeleteFunc(list, func(t heatTown) bool { return t.Duties == 0 }), nil
}

// heatXlsx answers GET /duty.xlsx: the whole map of a filter as a table.
func (s *Server) heatXlsx(w http.ResponseWriter, r *http.Request, v *visit) error {
	done, err := s.takeExport(r.Context())
	if err != nil {
		return err
	}
	defer done()
	var p heatPage
	a, err := s.askHeat(r.Context(), v, r.URL.Query(), &p)
	if err != nil {
		return err
	}
	duties, total, err := a.board.Duties(r.Context(), s.db, 0, xlsxDuties)
	if err != nil {
		return err
	}
	if total > xlsxDuties {
		return ledger.Invalid{Field: "导出", What: fmt.Sprintf("一次最多导出 %d 项任务，现有 %d 项。请先选一个单位", xlsxDuties, total)}
	}
	rows, err := s.heatOf(r.Context(), a, duties)
	if err != nil {
		return err
	}
	serials, err := s.serials(r.Context(), duties)
	if err != nil {
		return err
	}
	sum, err := a.board.Sum(r.Context(), s.db)
	if err != nil {
		return err
	}
	head := report.Head{Unit: p.Unit, AsOf: v.Now}
	if head.Imprint, err = s.imprint(r.Context(), "", 0); err != nil {
		return err
	}
	return download(w, p.Unit+"常态任务办理情况表.xlsx", report.XlsxType, func(out io.Writer) error {
		return report.HeatXlsx(out, head, a.mondays, rows, serials, sayTally(sum))
	})
}
