package web_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"bihuan/calendar"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/web"
)

// benchUnits villages with a plan of benchFindings findings each make the ledger of the benchmark: 10,000 findings, more than a
// district has.
const (
	benchUnits    = 40
	benchFindings = 250
)

// visitor asks a handler without a network between.
type visitor struct {
	b      *testing.B
	h      http.Handler
	cookie *http.Cookie
}

func (v visitor) get(path string) int {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.AddCookie(v.cookie)
	w := httptest.NewRecorder()
	v.h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		v.b.Fatalf("%s: %d", path, w.Code)
	}
	return w.Body.Len()
}

// BenchmarkPages measures what a page costs the server, with everything around it: session, rights, queries, rendering. "new"
// pages are those whose rows have not been rendered since the start; "after a change" is right after somebody else's save.
func BenchmarkPages(b *testing.B) {
	ctx := context.Background()
	s := open(b, storetest.SQLite(b))
	units := s.benchPlans(ctx)
	keys, err := ledger.ListAll(ctx, s.db, s.people["district"], ledger.Filter{}, ledger.Days{})
	if err != nil {
		b.Fatal(err)
	}
	server := func() visitor {
		h := web.New(web.Config{DB: s.db, Files: s.files, Calendar: calendar.Published(), Log: slog.New(slog.NewTextHandler(io.Discard, nil))}).Handler()
		r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader("login=district&password="+password))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return visitor{b, h, w.Result().Cookies()[0]}
	}
	list := func() string {
		return fmt.Sprintf("/ledger?sort=due&unit=%d&state=doing&page=%d", units[rand.IntN(len(units))], 1+rand.IntN(3))
	}
	finding := func() string { return fmt.Sprintf("/finding/%d", keys[rand.IntN(len(keys))].ID) }
	fixed := func(path string) func() string { return func() string { return path } }
	pages := []struct {
		name string
		path func() string
	}{
		{"ledger of a unit", list},
		{"ledger", fixed("/ledger?plan=0&sort=due")},
		{"finding", finding},
		{"search", fixed("/search?q=道路")},
		{"overview", fixed("/overview")},
		{"print", fixed("/ledger/print?plan=0&due=late&sort=due")},
	}
	for _, p := range pages {
		b.Run(p.name, func(b *testing.B) {
			v := server()
			v.b = b
			for range 200 {
				if p.name == "print" {
					break
				}
				v.get(p.path())
			}
			b.ReportAllocs()
			for b.Loop() {
				b.SetBytes(int64(v.get(p.path())))
			}
		})
	}
	b.Run("ledger new", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			v := server()
			v.b = b
			v.get("/ledger?plan=0&q=无") // signed in and warm but for the rows
			b.StartTimer()
			v.get(list())
		}
	})
	for _, p := range pages[:5] {
		b.Run(p.name+" after a change", func(b *testing.B) {
			v := server()
			v.b = b
			for b.Loop() {
				b.StopTimer()
				err := s.db.Write(ctx, func(tx *store.Tx) error {
					return journal.Append(ctx, tx, journal.Entry{Verb: "修改", Kind: "unit"})
				})
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				v.get(p.path())
			}
		})
	}
}

// benchPlans adds the villages with their plans and returns the villages.
func (s *site) benchPlans(ctx context.Context) []int64 {
	var units []org.Unit
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		for i := range benchUnits {
			u, err := org.AddUnit(ctx, tx, org.Program, s.town, org.Village, fmt.Sprintf("第%d村", i+1), int64(i))
			if err != nil {
				return err
			}
			units = append(units, u)
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	works := []string{"道路硬化", "高龄津贴", "合同清理", "书屋开放", "财务公示"}
	ids := make([]int64, len(units))
	for i, u := range units {
		var b strings.Builder
		fmt.Fprintf(&b, "%s党支部关于巡察反馈意见的整改方案\n", u.Name)
		for k := range benchFindings {
			w := works[k%len(works)]
			fmt.Fprintf(&b, "%d.%s第%d处工作不到位。一是%s进展缓慢，群众意见较多。二是%s没有专人负责，检查流于形式。\n整改措施：一是逐处排查%s，每月调度一次。二是明确专人负责%s，每季度检查一次。\n责任单位：%s\n责任人：郝根生\n完成时限：2026年%d月%d日前\n",
				k+1, w, k+1, w, w, w, w, u.Name, 1+k%12, 1+k%28)
		}
		s.importPlan(s.people["clerk"], u, "方案.txt", []byte(b.String()))
		ids[i] = u.ID
	}
	return ids
}
