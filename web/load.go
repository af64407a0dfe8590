package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"bihuan/duty"
	"bihuan/org"
)

// loadPage shows what is asked of units and people, and of each village month by month (负担表, L17).
type loadPage struct {
	frame
	Month      string // 2026-04
	MonthWord  string
	Months     []choice
	UnitID     int64
	Units      []unitOption
	Unit       string
	ByTown     bool // of a district, none of whose towns is chosen
	Rows       []loadRow
	Sum        loadRow
	Villages   []burdenRow
	Year       string
	VillageSum burdenRow
}

// loadRow is a unit, or a person of it.
type loadRow struct {
	Name, Address string
	Person        bool
	People        int // of a unit
	Duties, Asked int
	duty.Tally
	Over int
}

// add takes the load of a person into that of a unit.
func (r *loadRow) add(l duty.Load) {
	r.Duties += l.Duties
	r.Asked += l.Asked
	r.InTime += l.InTime
	r.Late += l.Late
	r.Missed += l.Missed
	r.Waiting += l.Waiting
	r.Over += l.Over
}

// burdenRow is what a village is asked in each month of a year.
type burdenRow struct {
	Name, Address string
	Villages      int // of a town
	Cells         []burdenCell
	Sum           int
}

type burdenCell struct {
	Word string // 4月
	N    int
	Now  bool
}

// loadMonths is how many months back one can look.
const loadMonths = 12

// loadShow answers GET /load.
func (s *Server) loadShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	if !v.Who.May(org.Overview) {
		return org.Denied{Who: v.Who, Action: org.Overview}
	}
	ctx, q := r.Context(), r.URL.Query()
	p := loadPage{}
	first := time.Date(v.Now.Year(), v.Now.Month(), 1, 0, 0, 0, 0, time.UTC)
	at := first
	for i := range loadMonths {
		m := first.AddDate(0, 1-i, 0)
		p.Months = append(p.Months, choice{m.Format("2006-01"), m.Format("2006年1月")})
		if q.Get("month") == m.Format("2006-01") {
			at = m
		}
	}
	p.Month, p.MonthWord, p.Year = at.Format("2006-01"), at.Format("2006年1月"), at.Format("2006年")
	p.UnitID, _ = strconv.ParseInt(q.Get("unit"), 10, 64)
	var unit org.Unit
	var err error
	if p.Units, unit, err = s.unitOptions(ctx, v, &p.UnitID); err != nil {
		return err
	}
	p.Unit = unit.Name
	p.ByTown = p.UnitID == 0 && v.Who.Unit.Kind == org.District
	scope := duty.Scope(v.Who)
	if p.UnitID != 0 {
		scope = []string{unit.Path}
	}
	loads, err := duty.Loads(ctx, s.db, scope, at.Format(time.DateOnly), at.AddDate(0, 1, -1).Format(time.DateOnly), v.Today)
	if err != nil {
		return err
	}
	units, err := org.Seen(ctx, s.db, v.Who)
	if err != nil {
		return err
	}
	address := func(id int64) string {
		return "/load?" + url.Values{"unit": {fmt.Sprint(id)}, "month": {p.Month}}.Encode()
	}
	p.fillLoads(loads, units, address)
	year := time.Date(at.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	asked, err := duty.Burden(ctx, s.db, scope, year.Format(time.DateOnly), year.AddDate(1, 0, -1).Format(time.DateOnly))
	if err != nil {
		return err
	}
	p.fillBurden(asked, units, scope, address)
	p.frame = s.frame(v, "load", "任务量和负担")
	return s.render(w, http.StatusOK, "load", p)
}

// townOf is the town that a unit is in, itself where there is none.
func townOf(units []org.Unit, id int64) int64 {
	i := slices.IndexFunc(units, func(u org.Unit) bool { return u.ID == id })
	if i < 0 {
		return id
	}
	for _, a := range units[i].Ancestors() {
		if slices.ContainsFunc(units, func(u org.Unit) bool { return u.ID == a && u.Kind == org.Town }) {
			return a
		}
	}
	return id
}

// fillLoads makes the rows: each unit with its people, or of a district each town.
func (p *loadPage) fillLoads(loads []duty.Load, units []org.Unit, address func(int64) string) {
	names := map[int64]string{}
	for _, u := range units {
		names[u.ID] = u.Name
	}
	at := map[int64]int{}
	people := map[int64]map[int64]bool{0: {}} // of each row; 0: all. Somebody may do tasks of several units
	for _, l := range loads {
		id := l.Unit
		if p.ByTown {
			id = townOf(units, l.Unit)
		}
		i, known := at[id]
		if !known {
			i = len(p.Rows)
			at[id] = i
			name := names[id]
			if name == "" {
				name = l.UnitName
			}
			p.Rows = append(p.Rows, loadRow{Name: name})
			if p.ByTown {
				p.Rows[i].Address = address(id)
			}
		}
		p.Rows[i].add(l)
		p.Sum.add(l)
		if people[id] == nil {
			people[id] = map[int64]bool{}
		}
		people[id][l.Staff], people[0][l.Staff] = true, true
		p.Rows[i].People, p.Sum.People = len(people[id]), len(people[0])
		if !p.ByTown {
			person := loadRow{Name: l.Name, Person: true}
			person.add(l)
			p.Rows = append(p.Rows, person)
		}
	}
}

// fillBurden makes the table of asks: each village, or of a district each town with what a village of it is asked in all.
func (p *loadPage) fillBurden(asked []duty.Asked, units []org.Unit, scope []string, address func(int64) string) {
	row := func(name string) burdenRow {
		r := burdenRow{Name: name}
		for m := 1; m <= 12; m++ {
			r.Cells = append(r.Cells, burdenCell{Word: fmt.Sprintf("%d月", m), Now: fmt.Sprintf("%02d", m) == p.Month[5:]})
		}
		return r
	}
	p.VillageSum = row("合计")
	at := map[int64]int{}
	for _, u := range units {
		if u.Kind != org.Village || !slices.ContainsFunc(scope, u.Within) {
			continue
		}
		id, name := u.ID, u.Name
		if p.ByTown {
			id = townOf(units, u.ID)
			if i := slices.IndexFunc(units, func(t org.Unit) bool { return t.ID == id }); i >= 0 {
				name = units[i].Name
			}
		}
		i, known := at[id]
		if !known {
			i = len(p.Villages)
			at[id] = i
			p.Villages = append(p.Villages, row(name))
			if p.ByTown {
				p.Villages[i].Address = address(id)
			}
		}
		at[u.ID] = i
		p.Villages[i].Villages++
		p.VillageSum.Villages++
	}
	for _, a := range asked {
		i, known := at[a.Unit]
		month, err := strconv.Atoi(a.Month[5:])
		if !known || err != nil {
			continue
		}
		for _, r := range []*burdenRow{&p.Villages[i], &p.VillageSum} {
			r.Cells[month-1].N += a.N
			r.Sum += a.N
		}
	}
}
