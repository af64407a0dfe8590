package web

import (
	"net/url"
	"strconv"
	"strings"

	"bihuan/ledger"
)

// readFilter reads a filter of the ledger from the query of an address. What it does not know it takes for not asked.
func readFilter(q url.Values) ledger.Filter {
	id := func(name string) int64 {
		n, err := strconv.ParseInt(q.Get(name), 10, 64)
		if err != nil || n < 0 {
			return 0
		}
		return n
	}
	text := func(name string) string { return strings.TrimSpace(q.Get(name)) }
	f := ledger.Filter{
		Plan: id("plan"), Unit: id("unit"), Section: id("section"),
		Duty: text("duty"), Person: text("person"), Text: text("q"),
		Gap: q.Get("gap") == "1", Vague: q.Get("vague") == "1", Back: q.Get("back") == "1",
	}
	for _, s := range ledger.States {
		if q.Get("state") == string(s.State) {
			f.State = s.State
		}
	}
	for _, d := range dueChoices {
		if q.Get("due") == d.Value {
			f.Due = d.Value
		}
	}
	for _, o := range sortChoices {
		if q.Get("sort") == o.Value {
			f.Sort = o.Value
		}
	}
	return f
}

// choice is an entry of a list to choose from.
type choice struct{ Value, Word string }

var (
	dueChoices  = []choice{{"", "不限"}, {"today", "今天到期"}, {"soon", "临期"}, {"late", "已超期"}, {"none", "待定日期"}}
	sortChoices = []choice{{"", "方案顺序"}, {"due", "时限先后"}, {"changed", "最近变动"}}
)

// query is the query of the address that asks for a filter. The plan is always in it, so that no default takes its place.
func query(f ledger.Filter) url.Values {
	q := url.Values{}
	id := func(name string, n int64) {
		if n != 0 {
			q.Set(name, strconv.FormatInt(n, 10))
		}
	}
	text := func(name, s string) {
		if s != "" {
			q.Set(name, s)
		}
	}
	flag := func(name string, on bool) {
		if on {
			q.Set(name, "1")
		}
	}
	q.Set("plan", strconv.FormatInt(f.Plan, 10))
	id("unit", f.Unit)
	id("section", f.Section)
	text("duty", f.Duty)
	text("person", f.Person)
	text("state", string(f.State))
	text("due", f.Due)
	flag("gap", f.Gap)
	flag("vague", f.Vague)
	flag("back", f.Back)
	text("q", f.Text)
	text("sort", f.Sort)
	return q
}

// ledgerAddress is the address of the ledger under a filter.
func ledgerAddress(f ledger.Filter) string { return "/ledger?" + query(f).Encode() }

// pageNumber reads the number of a page, from 1.
func pageNumber(q url.Values) int {
	n, err := strconv.Atoi(q.Get("page"))
	if err != nil || n < 1 || n > 1_000_000 {
		return 1
	}
	return n
}
