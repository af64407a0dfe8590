package sample

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bihuan/calendar"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/vault"
)

// built makes the sample and checks that the database's clock is left as it was.
func built(t *testing.T, url string, now time.Time) *store.DB {
	t.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	files, err := evidence.OpenFiles(filepath.Join(t.TempDir(), "files"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	address, err := store.ResidentsOf(url)
	if err != nil {
		t.Fatal(err)
	}
	residents, err := vault.Open(ctx, address, filepath.Join(t.TempDir(), "residents.key"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { residents.Close() })
	if err := Build(ctx, db, residents, files, now); err != nil {
		t.Fatal(err)
	}
	if time.Since(db.Now()) > time.Minute {
		t.Error("the clock was not set back")
	}
	letters(t, residents)
	return db
}

// letters checks that of the letters to the county one was signed, by somebody else than who drafted it, and one waits for that.
func letters(t *testing.T, residents *vault.Vault) {
	t.Helper()
	count := func(where string) int {
		n, err := store.One(t.Context(), residents, store.Value[int], `select count(*) from county_letter l where exists (select 1 from county_letter_line c where c.letter = l.id) and `+where)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if sent, waits := count(`l.state = '' and l.number like '栖禾民函〔%〕1号' and l.signer not in (0, l.staff)`), count(`l.state = 'draft' and l.number = ''`); sent != 1 || waits != 1 {
		t.Errorf("%d letters to the county were signed and %d wait", sent, waits)
	}
}

func login(t *testing.T, db *store.DB, name string) org.Person {
	t.Helper()
	who, err := org.Login(context.Background(), db, name, Password)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return who
}

// The sample has what the demo promises: its size, every state and light, and rows that each login sees or does not.
func TestBuild(t *testing.T) {
	ctx := context.Background()
	db := built(t, storetest.SQLite(t), time.Now())
	today := time.Now().Format(time.DateOnly)
	days := ledger.Days{Today: today, Soon: calendar.Published().After(today, 10)}
	count := func(who org.Person, f ledger.Filter) ledger.Counts {
		t.Helper()
		c, err := ledger.Count(ctx, db, who, f, days)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	all := map[string]int{}
	for _, l := range Logins {
		who := login(t, db, l.Login)
		if l.Name != "" && who.Name != l.Name || !strings.Contains(l.What, who.Unit.Name) && who.Unit.Parent != 0 {
			t.Errorf("%s is %s of %s, said to be %s %s", l.Login, who.Name, who.Unit.Name, l.Name, l.What)
		}
		all[l.Login] = count(who, ledger.Filter{}).All
	}
	if all["shaowenlan"] <= all["hexiaoyu"] || all["hexiaoyu"] < 222 || all["shuangyan"] >= all["hexiaoyu"] || all["donghuai"] < 7 || all["donghuai"] > 9 {
		t.Errorf("findings by login: %v", all)
	}
	clerk := login(t, db, "hexiaoyu")
	town, villages := count(clerk, ledger.Filter{Unit: clerk.Unit.ID}), count(clerk, ledger.Filter{})
	if town.All != 22 {
		t.Errorf("the town has %d findings of its own", town.All)
	}
	for _, s := range ledger.States {
		if town.State[s.State] == 0 || villages.State[s.State] < 5 {
			t.Errorf("%s: %d in the town, %d with its villages", s.Word, town.State[s.State], villages.State[s.State])
		}
	}
	if town.Late == 0 || town.Soon == 0 || town.NoDate == 0 || town.Gaps == 0 || town.Vague == 0 {
		t.Errorf("the town shows too little: %+v", town)
	}
	waiting, err := ledger.OpenImports(ctx, db, clerk)
	if err != nil || len(waiting) != 1 {
		t.Errorf("%d imports wait: %v", len(waiting), err)
	}
	plans, err := ledger.Plans(ctx, db, clerk)
	if err != nil || len(plans) != 31 || plans[0].Current != 2 {
		t.Errorf("%d plans, the first in version %d: %v", len(plans), plans[0].Current, err)
	}
	runsForward(t, db)
	present(t, db, time.Now())
}

// On any day there is all of it: after the spring festival, in the autumn holidays, at the end of a year.
func TestBuildOnAnyDay(t *testing.T) {
	for _, day := range []string{"2026-03-02 09:00", "2026-10-05 08:10", "2027-01-01 12:00"} {
		t.Run(day[:10], func(t *testing.T) {
			now, err := time.ParseInLocation("2006-01-02 15:04", day, time.Local)
			if err != nil {
				t.Fatal(err)
			}
			present(t, built(t, storetest.SQLite(t), now), now)
		})
	}
}

// present checks that the loop can be seen in all its parts: of each thing there is at least, and at most, so much.
func present(t *testing.T, db *store.DB, now time.Time) {
	t.Helper()
	today := now.Format(time.DateOnly)
	town := `(select path || '%' from unit where name = '栖禾镇')`
	person := func(name string) string {
		return `select count(*) from occurrence o join staff s on s.id = o.staff where s.name = '` + name + `' and o.state in ('open', 'returned') and o.opens <= '` + today + `'`
	}
	for _, x := range []struct {
		what        string
		query       string
		least, most int
	}{
		{"closed", `select count(*) from finding where closing <> 0`, 80, 150},
		{"closed without an accepted closing", `select count(*) from finding f where state in ('done', 'keep') and not exists
			(select 1 from closing c where c.id = f.closing and c.state = 'accepted')`, 0, 0},
		{"closings with one hand twice", `select count(*) from closing where state = 'accepted' and (applied_by = reviewed_by or applied_by = signed_by or applied_by = accepted_by
			or reviewed_by = signed_by or reviewed_by = accepted_by or signed_by = accepted_by)`, 0, 0},
		{"acceptors", `select count(distinct accepted_by) from closing where accepted_by <> 0`, 2, 2},
		{"applied", `select count(*) from closing where state = 'applied'`, 2, 12},
		{"reviewed", `select count(*) from closing where state = 'reviewed'`, 1, 12},
		{"signed", `select count(*) from closing where state = 'signed'`, 1, 12},
		{"sent back", `select count(*) from closing where state = 'returned'`, 1, 6},
		{"voided", `select count(*) from closing where state = 'voided'`, 1, 6},
		{"kept up", `select count(*) from upkeep where state = 'running'`, 20, 80},
		{"relapses", `select count(*) from relapse`, 2, 4},
		{"relapsed and open", `select count(*) from finding where relapsed = 1 and closing = 0`, 1, 2},
		{"relapsed and closed again", `select count(*) from finding where relapses > 0 and relapsed = 0 and closing <> 0`, 1, 1},
		{"duties", `select count(*) from duty`, 400, 700},
		{"not received", `select count(*) from duty where state = 'given'`, 5, 60},
		{"in time", `select count(*) from occurrence where state = 'done' and timing = 'intime'`, 600, 2000},
		{"late", `select count(*) from occurrence where state = 'done' and timing = 'late'`, 10, 120},
		{"early", `select count(*) from occurrence where timing = 'early'`, 1, 40},
		{"made up", `select count(*) from occurrence where timing = 'madeup'`, 1, 8},
		{"missed", `select count(*) from occurrence where state = 'missed'`, 4, 16},
		{"not applicable", `select count(*) from occurrence where state = 'excused' and reason like '%不适用%'`, 1, 3},
		{"cancelled with a reason", `select count(*) from occurrence where state = 'cancelled' and decided_by <> 0 and reason like '%停一次'`, 1, 1},
		{"returned twice and put right", `select count(*) from occurrence where state = 'done' and returns = 2`, 1, 2},
		{"past its grace and open", `select count(*) from occurrence where state = 'open' and closes > '' and closes < '` + today + `'`, 0, 0},
		{"recurring and behind", `select count(*) from occurrence where state = 'open' and closes > '' and due < '` + today + `'`, 0, 6},
		{"to be reviewed", `select count(*) from occurrence where state = 'reported'`, 3, 25},
		{"Fridays", `select count(*) from occurrence o join duty d on d.id = o.duty where d.title = '周五下午集中学习' and o.due < '` + today + `'`, 22, 27},
		{"of the first village's secretary today", person("郝守祥"), 2, 7},
		{"sent back to the first village's secretary", `select count(*) from occurrence o join staff s on s.id = o.staff where s.name = '郝守祥' and o.state = 'returned'`, 1, 2},
		{"of the second's", person("谷满仓"), 2, 7},
		{"behind in the town", `select count(*) from finding f join unit u on u.id = f.unit where u.path like ` + town + ` and f.closing = 0 and f.due > '' and f.due < '` + today + `'`, 6, 30},
		{"extensions", `select count(*) from extension where state = 'granted' or state = 'asked'`, 2, 2},
		{"extensions granted", `select count(*) from extension where state = 'granted'`, 1, 1},
		{"letter states", `select count(*) from (select distinct kind, state from letter where state in ('draft', 'sent', 'received', 'replied')) x`, 8, 12},
		{"drafts", `select count(*) from letter where state = 'draft'`, 3, 60},
		{"letters dropped", `select count(*) from letter where state = 'dropped'`, 1, 40},
		{"threads raised again", `select count(*) from recommendation where seq = 2 and verdict = 'adopted' and level = 'secretary'`, 1, 1},
		{"recommendations to be received", `select count(*) from recommendation where received = 0`, 1, 1},
		{"numbers now", `select count(*) from claim_value`, 4, 20},
		{"visits", `select count(*) from lookback where kind = 'sample'`, 6, 30},
		{"visits made", `select count(*) from lookback where kind = 'sample' and result > ''`, 3, 20},
		{"surveys", `select count(*) from survey`, 2, 2},
		{"surveys with too few answers", `select count(*) from survey s where (select count(*) from ballot b where b.survey = s.id) between 1 and 4`, 1, 1},
		{"files", `select count(distinct file) from evidence where kind = 'file'`, 8, 20},
		{"evidence older than the feedback with a reason", `select count(*) from evidence where early > ''`, 1, 60},
		{"posts handed on", `select count(*) from (select post from holding group by post having count(*) = 2) x`, 1, 1},
		{"vacant posts", `select count(*) from post p where active = 1 and not exists (select 1 from holding h where h.post = p.id and h.ends = '')`, 1, 1},
		{"duties of the post with the new holder", `select count(*) from duty d join staff s on s.id = d.staff where d.post is not null and s.name = '阎思齐'`, 1, 3},
		{"ways to send anything", `select count(*) from channel`, 0, 0},
	} {
		n, err := store.One(t.Context(), db, store.Value[int], x.query)
		if err != nil {
			t.Fatalf("%s: %v", x.what, err)
		}
		if n < x.least || n > x.most {
			t.Errorf("%s: %d, want %d to %d", x.what, n, x.least, x.most)
		}
	}
}

// runsForward checks that the record reads as if it had been written over months: never ahead of the clock, never backwards.
func runsForward(t *testing.T, db *store.DB) {
	t.Helper()
	entered, err := store.All(context.Background(), db, store.Value[int64], `select entered from journal order by seq`)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(entered); i++ {
		if entered[i] < entered[i-1] {
			t.Fatalf("entry %d was made at %s, the one before at %s", i+1, time.UnixMilli(entered[i]), time.UnixMilli(entered[i-1]))
		}
	}
	if head, err := journal.Head(context.Background(), db); err != nil || head != int64(len(entered)) {
		t.Errorf("the head of the journal is %d after %d entries: %v", head, len(entered), err)
	}
	first, last := time.UnixMilli(entered[0]), time.UnixMilli(entered[len(entered)-1])
	if last.After(time.Now()) || last.Sub(first) < 90*24*time.Hour {
		t.Errorf("from %s to %s", first, last)
	}
}
