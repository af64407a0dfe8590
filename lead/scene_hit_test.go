package lead_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/lead"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/vault"
)

// scene is a town with two villages, its plan in force, a programme, and a screening with hits.
type scene struct {
	t         *testing.T
	db        *store.DB
	v         *vault.Vault
	folder    string // of the databases
	cal       calendar.Calendar
	now       time.Time
	town      org.Unit
	east      org.Unit
	west      org.Unit
	people    map[string]org.Person
	finding   int64
	programme int64
	run       int64
	lists     []int64 // of the run: residents, roll, deaths
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func eachScene(t *testing.T, f func(t *testing.T, s *scene)) {
	storetest.Each(t, func(t *testing.T, url string) { f(t, newScene(t, url)) })
}

func newSQLiteScene(t *testing.T) *scene { return newScene(t, storetest.SQLite(t)) }

func newScene(t *testing.T, url string) *scene {
	t.Helper()
	ctx := t.Context()
	s := &scene{t: t, now: time.Date(2026, 4, 16, 9, 20, 0, 0, time.Local), people: map[string]org.Person{}, cal: calendar.Published(), folder: filepath.Dir(strings.TrimPrefix(url, "sqlite://"))}
	var err error
	s.db, err = store.Open(ctx, url)
	s.must(err)
	t.Cleanup(func() { s.db.Close() })
	address, err := store.ResidentsOf(url)
	s.must(err)
	s.v, err = vault.Open(ctx, address, filepath.Join(t.TempDir(), "residents.key"))
	s.must(err)
	t.Cleanup(func() { s.v.Close() })
	s.db.Now = func() time.Time { return s.now }
	s.v.Now = s.db.Now
	s.must(s.db.Write(ctx, func(tx *store.Tx) error { return s.organise(ctx, tx) }))
	paper, err := os.ReadFile("../web/testdata/plan.txt")
	s.must(err)
	files, err := evidence.OpenFiles(filepath.Join(t.TempDir(), "files"))
	s.must(err)
	t.Cleanup(func() { files.Close() })
	id, err := ledger.StartImport(ctx, s.db, files, s.people["clerk"], ledger.Upload{Unit: s.town.ID, Kind: ledger.NewPlan, Name: "整改方案.txt", Data: paper})
	s.must(err)
	plan, err := ledger.Confirm(ctx, s.db, s.people["clerk"], id, 1)
	s.must(err)
	keys, err := ledger.ListAll(ctx, s.db, s.people["clerk"], ledger.Filter{Plan: plan}, ledger.Days{})
	s.must(err)
	s.finding = keys[0].ID
	s.programme = s.insert(`insert into programme (id, unit, path, code, name, level, state, version) values ($1, $2, $3, 'elder', '高龄津贴', 'person', 'running', 1)`, s.town.ID, s.town.Path)
	s.run = s.screening("2026-04-15", "a")
	return s
}

func (s *scene) organise(ctx context.Context, tx *store.Tx) error {
	unit := func(parent org.Unit, kind, name string) org.Unit {
		u, err := org.AddUnit(ctx, tx, org.Program, parent, kind, name, 0)
		s.must(err)
		return u
	}
	staff := func(u org.Unit, login, name string, role org.Role) {
		id, err := org.AddStaff(ctx, tx, org.Program, u, name, "", role, login, "yi-er-san-si")
		s.must(err)
		s.people[login] = org.Person{ID: id, Name: name, Role: role, Unit: u}
	}
	district := unit(org.Unit{}, org.District, "临澜区")
	s.town = unit(district, org.Town, "栖禾镇")
	s.east, s.west = unit(s.town, org.Village, "东槐村"), unit(s.town, org.Village, "柳荫村")
	other := unit(district, org.Town, "双堰镇")
	staff(s.town, "clerk", "贺晓雨", org.Clerk)
	staff(s.town, "colleague", "梁知远", org.Clerk)
	staff(s.town, "leader", "孟昭宁", org.Leader)
	staff(s.town, "secretary", "周叙明", org.Secretary)
	staff(s.east, "east", "郝根生", org.Cadre)
	staff(s.west, "west", "柳长青", org.Cadre)
	staff(other, "stranger", "陆行舟", org.Clerk)
	return nil
}

// insert inserts one row of the residents' with a new id as its first parameter.
func (s *scene) insert(query string, args ...any) int64 {
	s.t.Helper()
	var id int64
	s.must(s.v.Write(s.t.Context(), func(tx *store.Tx) error {
		id = tx.ID()
		if _, err := tx.Exec(s.t.Context(), query, append([]any{id}, args...)...); err != nil {
			return err
		}
		return journal.Append(s.t.Context(), tx, journal.Entry{Who: "试", Verb: "登记", Kind: "test", Row: id})
	}))
	return id
}

func (s *scene) exec(query string, args ...any) {
	s.t.Helper()
	s.must(s.v.Write(s.t.Context(), func(tx *store.Tx) error {
		if _, err := tx.Exec(s.t.Context(), query, args...); err != nil {
			return err
		}
		return journal.Append(s.t.Context(), tx, journal.Entry{Who: "试", Verb: "修改", Kind: "test", Row: 1})
	}))
}

// screening makes a finished screening on lists whose hashes begin alike.
func (s *scene) screening(asOf, hash string) int64 {
	type list struct {
		ID   int64          `json:"id"`
		Kind screening.Kind `json:"kind"`
		Name string         `json:"name"`
		Hash string         `json:"hash"`
		AsOf string         `json:"as_of"`
	}
	var lists []list
	s.lists = nil
	for i, k := range []screening.Kind{screening.Residents, screening.Roll, screening.Deaths} {
		lists = append(lists, list{int64(i + 1), k, string(k) + ".xlsx", hash + "-" + string(k), asOf})
		s.lists = append(s.lists, int64(i+1))
	}
	text, err := json.Marshal(lists)
	s.must(err)
	n, err := store.One(s.t.Context(), s.v, store.Value[int64], `select count(*) + 1 from screening`)
	s.must(err)
	return s.insert(`insert into screening (id, unit, programme, serial, as_of, params, rules, datasets, finding, state, problem, counts, report, result, started, ended, staff, version)
		values ($1, $2, $3, $4, $5, '', '', $6, $7, 'done', '', '', '', '', $8, $8, 0, 1)`, s.town.ID, s.programme, n, asOf, string(text), s.finding, s.now.UnixMilli())
}

// number is an invented number of a citizen, out of a block that no place has.
func number(n int) string { return fmt.Sprintf("990408194610%06d", n%1_000_000) }

// hit makes a new hit of the scene's screening.
func (s *scene) hit(village org.Unit, rule string, n int) int64 {
	s.t.Helper()
	num := number(n)
	sources := fmt.Sprintf(`[{"kind":"residents","dataset":1,"file":"residents.xlsx","sheet":"%s","row":%d},{"kind":"deaths","dataset":3,"file":"deaths.xlsx","sheet":"","row":7}]`, village.Name, n+2)
	return s.insert(`insert into hit (id, screening, unit, rule, rule_version, hit_key, certainty, number, number_index, name, birth, household, place, village, why, amount, sources,
		state, first_hit, duty, due, extended, application, closed, closed_why, version)
		values ($1, $2, $3, $4, 1, $5, 'hit', $6, $7, $8, '1946-10-01', '12号', $9, $10, $11, -65000, $12, 'new', 0, 0, '', 0, 0, '', '', 1)`,
		s.run, s.town.ID, rule, s.v.Index("hit", rule+"/"+num), s.v.Seal("hit.number", num), s.v.Index("number", num), fmt.Sprintf("禾%c英", '甲'+rune(n)), village.Name, village.ID,
		s.v.Seal("hit.why", "户籍登记1946年10月1日出生，2026年4月满79岁6个月，名册上没有"), sources)
}

func (s *scene) get(id int64) lead.Hit {
	s.t.Helper()
	h, err := lead.HitByID(s.t.Context(), s.v, s.db, s.people["clerk"], id)
	s.must(err)
	return h
}

// check is a check that nothing is wrong with.
func check(o lead.Outcome) lead.Check {
	c := lead.Check{Outcome: o, Method: "入户", Proof: "户口簿首页", Said: "人在家"}
	switch o {
	case lead.WrongSource:
		c.Blamed = "卫健"
	case lead.PassedOn:
		c.PassedTo = "双堰镇民政所，转字第3号"
	}
	return c
}

func (s *scene) verify(who string, id int64, o lead.Outcome) {
	s.t.Helper()
	s.must(lead.Verify(s.t.Context(), s.v, s.db, s.cal, s.people[who], id, s.get(id).Version, check(o)))
}

func (s *scene) confirm(who string, id int64, o lead.Opinion) {
	s.t.Helper()
	s.must(lead.Confirm(s.t.Context(), s.v, s.db, s.cal, s.people[who], id, s.get(id).Version, o))
}

// handOut gives the new hits of both villages to their people.
func (s *scene) handOut() int {
	s.t.Helper()
	n, err := lead.HandOut(s.t.Context(), s.v, s.db, s.cal, s.people["clerk"], s.run, s.finding, "2026-04-30", s.villages())
	s.must(err)
	return n
}

func (s *scene) villages() []lead.Handout {
	return []lead.Handout{{Village: s.east.ID, Staff: s.people["east"].ID}, {Village: s.west.ID, Staff: s.people["west"].ID}}
}

// task is the one occurrence of a duty.
func (s *scene) task(id int64) duty.Occurrence {
	s.t.Helper()
	list, err := duty.List(s.t.Context(), s.db, duty.Filter{Duty: id})
	s.must(err)
	if len(list) != 1 {
		s.t.Fatalf("%d occurrences of duty %d", len(list), id)
	}
	return list[0]
}

// person makes somebody of the eastern village, under the number of a hit.
func (s *scene) person(n int, name, birth string) int64 {
	return s.insert(`insert into person (id, unit, village, path, place, household, number, number_index, name, birth, sex, phone, came_on, moved_on, dead_on, version)
		values ($1, $2, $3, $4, '', '', $5, $6, $7, $8, '', '', '', '', '', 1)`, s.town.ID, s.east.ID, s.east.Path, s.v.Seal("person.number", number(n)), s.v.Index("number", number(n)), name, birth)
}

// application makes an application about somebody.
func (s *scene) application(person int64, kind, step, decision string, hit, amount int64) int64 {
	return s.insert(`insert into application (id, programme, person, roll, kind, source, hit, received, step, amount, from_month, to_month, class, reason, proposed, proposed_by, decision, decided,
		decision_no, decision_reason, decided_by, told, version) values ($1, $2, $3, 0, $4, 'screened', $5, '2026-04-16', $6, $7, '2026-05', '', '', '', '2026-04-16', 0, $8, '2026-05-06', '', '收入超标', 0, '', 1)`,
		s.programme, person, kind, hit, step, amount, decision)
}
