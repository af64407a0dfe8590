package sample

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bihuan/calendar"
	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
)

// built makes the sample and checks that the database's clock is left as it was.
func built(t *testing.T, url string) *store.DB {
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
	if err := Build(ctx, db, files, time.Now()); err != nil {
		t.Fatal(err)
	}
	if time.Since(db.Now()) > time.Minute {
		t.Error("the clock was not set back")
	}
	return db
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
	db := built(t, storetest.SQLite(t))
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
	if all["shaowenlan"] <= all["hexiaoyu"] || all["hexiaoyu"] < 222 || all["shuangyan"] >= all["hexiaoyu"] || all["donghuai"] < 6 || all["donghuai"] > 8 {
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
	first, last := time.UnixMilli(entered[0]), time.UnixMilli(entered[len(entered)-1])
	if last.After(time.Now()) || last.Sub(first) < 90*24*time.Hour {
		t.Errorf("from %s to %s", first, last)
	}
}
