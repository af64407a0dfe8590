package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"bihuan/calendar"
	"bihuan/ledger"
	"bihuan/org"
)

// calendarPage shows which years' days off are known, and the windows that people entered.
type calendarPage struct {
	frame
	Years      []yearView
	Missing    []string // years within sight of tasks whose days off are not known
	Year       string   // the one listed
	Days       []holidayView
	Source     string
	MayImport  bool
	Text       string // as typed, when it was refused
	TextSource string
	Problem    string
	Events     []eventView
	MayEnter   bool
	Units      []unitOption
	Event      calendar.Window // as typed
	EventBad   string
}

type yearView struct {
	Year, Address string
	Current       bool
	Word          string // where it is from
}

// holidayView is one line of a notice.
type holidayView struct {
	Name, Days string
	N          int
	Work       bool // worked at a weekend
}

type eventView struct{ Name, Unit, Days string }

// mostNotice bounds the text of a notice: a year's is some two kilobytes.
const (
	mostNotice = 256 << 10
	mostEvents = 50
)

// calendarShow answers GET /calendar.
func (s *Server) calendarShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.renderCalendar(w, r, v, http.StatusOK, calendarPage{})
}

// renderCalendar answers with the page, p holding what was typed and refused.
func (s *Server) renderCalendar(w http.ResponseWriter, r *http.Request, v *visit, status int, p calendarPage) error {
	ctx := r.Context()
	imported, err := ledger.Years(ctx, s.db)
	if err != nil {
		return err
	}
	sources := map[string]string{}
	for _, y := range imported {
		c, err := calendar.Parse(y.Lines)
		if err != nil {
			return err
		}
		for _, year := range c.Years() {
			sources[year] = y.Source
		}
	}
	known := v.Cal.Years()
	p.Year = v.Today[:4]
	if asked := r.URL.Query().Get("year"); slices.Contains(known, asked) {
		p.Year = asked
	}
	for _, y := range known {
		x := yearView{Year: y, Address: "/calendar?year=" + y, Current: y == p.Year, Word: "随程序"}
		if sources[y] != "" {
			x.Word = "已导入"
		}
		p.Years = append(p.Years, x)
	}
	this, _ := strconv.Atoi(v.Today[:4])
	p.Missing = v.Cal.Missing(v.Today, fmt.Sprintf("%d-12-31", this+1))
	p.Days, p.Source = holidaysOf(v.Cal, p.Year), sources[p.Year]
	root, err := org.Root(ctx, s.db)
	if err != nil {
		return err
	}
	p.MayImport = v.Who.Check(org.Configure, root) == nil
	events, err := ledger.Events(ctx, s.db, v.Who, mostEvents)
	if err != nil {
		return err
	}
	for _, e := range events {
		p.Events = append(p.Events, eventView{e.Name, e.Unit, spanWords(e.From, e.To, v.Today)})
	}
	if p.MayEnter = v.Who.May(org.Excuse); p.MayEnter {
		units, err := org.Seen(ctx, s.db, v.Who)
		if err != nil {
			return err
		}
		for _, u := range units {
			if v.Who.Check(org.Excuse, u) == nil && (u.Kind == org.Town || u.Kind == org.District || v.Who.Unit.Kind != org.District) {
				p.Units = append(p.Units, unitOption{u.ID, u.Name, u.ID == v.Who.Unit.ID})
			}
		}
	}
	p.frame = s.frame(v, "calendar", "日历")
	return s.render(w, status, "calendar", p)
}

// holidaysOf reads the lines of a year.
func holidaysOf(c calendar.Calendar, year string) []holidayView {
	var list []holidayView
	for line := range strings.Lines(c.Lines(year)) {
		f := strings.Fields(line)
		if len(f) != 4 {
			continue
		}
		list = append(list, holidayView{Name: f[3], Days: spanWords(f[0], f[1], year), N: daysBetween(f[0], f[1]) + 1, Work: f[2] == "work"})
	}
	return list
}

// yearImport answers POST /calendar/year: days off of a year, typed in or as a file.
func (s *Server) yearImport(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := r.ParseMultipartForm(mostNotice); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return errBadForm
	}
	p := calendarPage{Text: plainText(r.PostFormValue("text")), TextSource: r.PostFormValue("source")}
	text := p.Text
	if file, _, err := r.FormFile("file"); err == nil {
		defer file.Close()
		b, err := io.ReadAll(io.LimitReader(file, mostNotice))
		if err != nil {
			return errBadForm
		}
		if len(b) > 0 {
			text = string(b)
		}
	}
	years, err := ledger.ImportHolidays(r.Context(), s.db, v.Who, text, p.TextSource)
	var bad ledger.Invalid
	if errors.As(err, &bad) {
		p.Problem = bad.Error()
		return s.renderCalendar(w, r, v, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, "/calendar?year="+years[len(years)-1], strings.Join(years, "、")+"年放假安排已导入，还没办的任务按新的日子排过了。")
}

// eventSave answers POST /calendar/event.
func (s *Server) eventSave(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p := calendarPage{Event: calendar.Window{Name: strings.TrimSpace(form.Get("name")), From: strings.TrimSpace(form.Get("from")), To: strings.TrimSpace(form.Get("to"))}}
	if p.Event.To == "" {
		p.Event.To = p.Event.From
	}
	id, err := strconv.ParseInt(form.Get("unit"), 10, 64)
	if err != nil {
		return errBadForm
	}
	unit, err := org.UnitByID(r.Context(), s.db, id)
	if err != nil {
		return err
	}
	err = ledger.EnterEvent(r.Context(), s.db, v.Cal, v.Who, unit, p.Event)
	var bad ledger.Invalid
	if errors.As(err, &bad) {
		p.EventBad = bad.Error()
		return s.renderCalendar(w, r, v, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, "/calendar#events", "已登记，逢“"+p.Event.Name+"”要办的任务已排出来。")
}
