package web

import (
	"fmt"
	"html/template"
	"net/http"
	"strconv"

	"bihuan/ledger"
	"bihuan/org"
)

// overviewPage shows how far every unit is: five honest states, never one percentage.
type overviewPage struct {
	frame
	Moment string
	Table  template.HTML
}

// overviewKey is everything that the tables of the overview depend on.
type overviewKey struct {
	head, town   int64
	scope, today string
}

// overviewData is what the tables are made of.
type overviewData struct {
	States   []stateChoice
	Total    tally
	Bar      []barPart
	Upper    []tally // towns and offices with plans of their own
	UpperSum tally
	Lower    []tally // villages, or what the villages of each town come to
	LowerSum tally
	ByTown   bool   // Lower has a row for each town
	Town     string // name of the one town whose villages are shown
	Villages int
}

// tally is a row: a name and how many findings are in each state. The cells add up to All.
type tally struct {
	Name    string
	Address string // of the name; may be empty
	Cells   []cell // in the order of ledger.States
	All     cell
	Late    cell
	Units   int // how many units it sums up
}

// cell is a number that leads to what it counts, when it can.
type cell struct {
	Word    string // what is counted
	N       int
	Address string
}

// barPart is a part of the bar that shows the sum; places are percent of its width.
type barPart struct {
	Class, Word, X, W, Middle string
	N                         int
	Dark, Wide                bool
}

// overviewShow answers GET /overview.
func (s *Server) overviewShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	if !v.Who.May(org.Overview) {
		return org.Denied{Who: v.Who, Action: org.Overview}
	}
	town, _ := strconv.ParseInt(r.URL.Query().Get("unit"), 10, 64)
	table, err := s.overview.do(r.Context(), overviewKey{v.Head, town, v.Scope, v.Today}, func() (template.HTML, error) {
		list, err := ledger.CountUnits(r.Context(), s.db, v.Who, v.Days)
		if err != nil {
			return "", err
		}
		units, err := org.Seen(r.Context(), s.db, v.Who)
		if err != nil {
			return "", err
		}
		b, err := s.execute("overview", "tables", newOverview(list, units, town))
		if err != nil {
			return "", err
		}
		defer s.release(b)
		return template.HTML(b.String()), nil
	})
	if err != nil {
		return err
	}
	p := overviewPage{frame: s.frame(v, "overview", v.Who.Unit.Name+"巡察整改总览"), Moment: clock(v.Now, v.Today), Table: table}
	return s.render(w, http.StatusOK, "overview", p)
}

// newOverview arranges the counts of units: towns and offices apart from villages. The villages of several towns come to one row
// for each town, unless one town is asked for.
func newOverview(list []ledger.UnitCounts, units []org.Unit, town int64) overviewData {
	d := overviewData{ByTown: true}
	for _, x := range ledger.States {
		d.States = append(d.States, stateChoice(x))
	}
	d.Total, d.UpperSum, d.LowerSum = newTally("合计"), newTally("小计"), newTally("小计")
	names := map[int64]string{}
	towns := map[int64]bool{}
	for _, u := range units {
		names[u.ID] = u.Name
	}
	for _, c := range list {
		if c.Unit.Kind == org.Village {
			towns[c.Unit.Parent] = true
		}
	}
	if len(towns) == 1 {
		for id := range towns {
			town = id
		}
	}
	if towns[town] {
		d.ByTown, d.Town = false, names[town]
	}
	at := map[int64]int{} // town → its row of Lower
	for _, c := range list {
		row := unitTally(c)
		if c.Unit.Kind != org.Village {
			d.Total.add(c, 1)
			d.UpperSum.add(c, 1)
			d.Upper = append(d.Upper, row)
			continue
		}
		if !d.ByTown && c.Unit.Parent != town {
			continue
		}
		d.Total.add(c, 1)
		d.LowerSum.add(c, 1)
		d.Villages++
		if !d.ByTown {
			d.Lower = append(d.Lower, row)
			continue
		}
		i, ok := at[c.Unit.Parent]
		if !ok {
			i = len(d.Lower)
			at[c.Unit.Parent] = i
			sum := newTally(names[c.Unit.Parent])
			sum.Address = fmt.Sprintf("/overview?unit=%d", c.Unit.Parent)
			d.Lower = append(d.Lower, sum)
		}
		d.Lower[i].add(c, 1)
	}
	if d.ByTown || len(towns) == 1 {
		d.Total.link()
	}
	d.Bar = bar(d.Total)
	return d
}

func newTally(name string) tally {
	t := tally{Name: name, All: cell{Word: "问题"}, Late: cell{Word: "超期"}}
	for _, x := range ledger.States {
		t.Cells = append(t.Cells, cell{Word: x.Word})
	}
	return t
}

// add takes the counts of a unit into a sum.
func (t *tally) add(c ledger.UnitCounts, units int) {
	for i, x := range ledger.States {
		t.Cells[i].N += c.State[x.State]
	}
	t.All.N += c.All
	t.Late.N += c.Late
	t.Units += units
}

// link lets the numbers of all that one may see lead into the ledger.
func (t *tally) link() {
	t.address(ledger.Filter{})
}

func (t *tally) address(f ledger.Filter) {
	t.All.Address = ledgerAddress(f)
	for i, x := range ledger.States {
		g := f
		g.State = x.State
		t.Cells[i].Address = ledgerAddress(g)
	}
	f.Due = "late"
	t.Late.Address = ledgerAddress(f)
}

func unitTally(c ledger.UnitCounts) tally {
	t := newTally(c.Unit.Name)
	t.add(c, 1)
	t.address(ledger.Filter{Unit: c.Unit.ID})
	t.Address = t.All.Address
	return t
}

// barClasses draw the five states, in the order of ledger.States.
var barClasses = []string{"w-done", "w-part", "w-run", "w-not", "w-keep"}

// bar draws a sum as one bar whose parts are as wide as their numbers.
func bar(t tally) []barPart {
	var parts []barPart
	if t.All.N == 0 {
		return nil
	}
	from := 0
	for i, c := range t.Cells {
		percent := func(n int) string { return fmt.Sprintf("%.2f%%", 100*float64(n)/float64(t.All.N)) }
		if c.N > 0 {
			parts = append(parts, barPart{
				Class: barClasses[i], Word: ledger.States[i].Word, N: c.N, X: percent(from), W: percent(c.N),
				Middle: fmt.Sprintf("%.2f%%", 100*(float64(from)+float64(c.N)/2)/float64(t.All.N)),
				Dark:   i == 1 || i == 2, Wide: 100*c.N >= 10*t.All.N,
			})
		}
		from += c.N
	}
	return parts
}
