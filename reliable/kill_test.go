package reliable_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
)

// role names what the test binary is when a test starts it anew: the program that is killed.
const role = "BIHUAN_TEST_ROLE"

func TestMain(m *testing.M) {
	play, ok := map[string]func(url, folder string) error{"writers": writers, "server": server}[os.Getenv(role)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := play(os.Getenv("BIHUAN_TEST_URL"), os.Getenv("BIHUAN_TEST_FOLDER")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// tell says a line to the test in one write, so that a kill never leaves half of one.
func tell(format string, args ...any) { _, _ = fmt.Fprintf(os.Stdout, format+"\n", args...) }

// inhabitants finds who settled in a house.
func (h *house) inhabitants(ctx context.Context) (hands, error) {
	var w hands
	var err error
	if w.findings, err = store.All(ctx, h.db, store.Value[int64], `select id from finding order by id`); err != nil {
		return w, err
	}
	if w.town, err = store.One(ctx, h.db, func(rows *sql.Rows, u *org.Unit) error { return rows.Scan(&u.ID, &u.Path) }, `select id, path from unit where kind = 'town'`); err != nil {
		return w, err
	}
	w.town.Kind, w.town.Name = org.Town, "柳塘镇"
	id, err := store.One(ctx, h.db, store.Value[int64], `select id from staff where name = '贺晓雨'`)
	w.clerk = org.Person{ID: id, Name: "贺晓雨", Post: "党政办经办人", Role: org.Clerk, Unit: w.town}
	return w, err
}

// writers change the record in sixteen places at once and tell what was acknowledged, until they are killed.
func writers(url, folder string) error {
	ctx, begun := context.Background(), time.Now()
	h, err := open(ctx, url, folder)
	if err != nil {
		return err
	}
	w, err := h.inhabitants(ctx)
	if err != nil {
		return err
	}
	tell("ready %d", time.Since(begun).Microseconds())
	left, err := evidence.Uploads(ctx, h.db, h.files, w.clerk) // those of the program that was killed; one has only so many
	for _, u := range left {
		if err == nil {
			err = evidence.Drop(ctx, h.db, h.files, w.clerk, u.ID)
		}
	}
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	for _, f := range w.findings {
		all.Go(func() {
			for i := 0; ; i++ {
				if err := writeOnce(ctx, h, w, f, i); err != nil {
					tell("failed %d %q", f, err)
				}
			}
		})
	}
	all.Go(func() {
		for ; ; time.Sleep(30 * time.Millisecond) {
			if c, err := h.log.Checkpoint(ctx); err != nil {
				tell("failed 0 %q", err)
			} else {
				tell("signed %d", c.Size)
			}
		}
	})
	all.Wait()
	return nil
}

// writeOnce makes one change of a finding: a word on how far it is, a file, or a file in two pieces.
func writeOnce(ctx context.Context, h *house, w hands, finding int64, i int) error {
	if i%3 == 0 {
		n, err := h.reached(ctx, w, finding)
		if err == nil {
			err = h.progress(ctx, w, finding, n+1)
		}
		if err == nil {
			tell("progress %d %d", finding, n+1)
		}
		return err
	}
	content := strings.Repeat(fmt.Sprintf("巡查记录 %d %d\n", finding, rand.Int64()), 1+rand.IntN(600))
	if i%3 == 1 {
		hash, err := h.attach(ctx, w, finding, content)
		if err == nil {
			tell("evidence %d %s", finding, hash)
		}
		return err
	}
	u, err := evidence.Begin(ctx, h.db, h.files, w.clerk, "", evidence.Upload{Finding: finding, Name: fmt.Sprint(i, ".txt"), Size: int64(len(content)), Event: h.db.Now().Format(time.DateOnly)})
	if err != nil {
		return err
	}
	attach := func(ctx context.Context, tx *store.Tx, who org.Person, u evidence.Upload, item evidence.Item) (evidence.Item, error) {
		return ledger.AttachEvidence(ctx, tx, who, u.Finding, item)
	}
	half := len(content) / 2
	if u.Arrived == 0 { // else it was killed between the pieces, and the name is taken up again
		if u, err = evidence.Receive(ctx, h.db, h.files, w.clerk, u.ID, 0, strings.NewReader(content[:half]), attach); err != nil {
			return err
		}
	}
	if u, err = evidence.Receive(ctx, h.db, h.files, w.clerk, u.ID, u.Arrived, strings.NewReader(content[u.Arrived:]), attach); err != nil {
		return err
	}
	hash, err := store.One(ctx, h.db, store.Value[string], `select file from evidence where id = $1`, u.Item)
	if err == nil {
		tell("evidence %d %s", finding, hash)
	}
	return err
}

// acknowledged is what the program said was done.
type acknowledged struct {
	progress map[int64]int
	evidence map[string]int64 // hash → finding
	signed   int64
	opening  []time.Duration
	failed   []string
}

// hear takes note of what a program says, until its end.
func (a *acknowledged) hear(r io.Reader, ready chan<- bool) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		words := strings.SplitN(lines.Text(), " ", 3)
		n, _ := strconv.ParseInt(words[1], 10, 64)
		switch words[0] {
		case "ready":
			a.opening = append(a.opening, time.Duration(n)*time.Microsecond)
			ready <- true
		case "progress":
			a.progress[n], _ = strconv.Atoi(words[2])
		case "evidence":
			a.evidence[words[2]] = n
		case "signed":
			a.signed = max(a.signed, n)
		case "failed":
			a.failed = append(a.failed, lines.Text())
		}
	}
	close(ready)
}

// start starts the program in a role.
func start(t *testing.T, h *house, as string, more ...string) (*exec.Cmd, io.Reader, *bytes.Buffer) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), role+"="+as, "BIHUAN_TEST_URL="+h.url, "BIHUAN_TEST_FOLDER="+h.folder)
	c.Env = append(c.Env, more...)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c, out, &said
}

// killed runs the program and kills it after a while: counted from its start, or from when it is ready.
func (a *acknowledged) killed(t *testing.T, h *house, starting bool, after time.Duration, meanwhile func()) {
	t.Helper()
	c, out, said := start(t, h, "writers")
	ready, heard := make(chan bool, 1), make(chan bool)
	go func() {
		a.hear(out, ready)
		close(heard)
	}()
	if !starting && !<-ready {
		t.Fatalf("it did not start: %v %s", c.Wait(), said)
	}
	if meanwhile != nil {
		meanwhile()
	}
	time.Sleep(after)
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-heard // all that it said before
	if err := c.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("it ended by itself: %v %s", err, said)
	}
}

// stands fails the test unless all that was acknowledged is there.
func (a *acknowledged) stands(t *testing.T, h *house, w hands) {
	t.Helper()
	ctx := t.Context()
	for f, n := range a.progress {
		if got, err := h.reached(ctx, w, f); err != nil || got < n || got > n+2 { // what was done and not yet acknowledged is there too, once for each kill
			t.Fatalf("finding %d: %d was acknowledged and %d is there: %v", f, n, got, err)
		}
	}
	there := map[string]int64{}
	type item struct {
		finding int64
		file    string
	}
	list, err := store.All(ctx, h.db, func(rows *sql.Rows, i *item) error { return rows.Scan(&i.finding, &i.file) }, `select finding, file from evidence`)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		there[i.file] = i.finding
	}
	for hash, f := range a.evidence {
		if there[hash] != f {
			t.Fatalf("evidence %s of finding %d was acknowledged and is gone", hash, f)
		}
	}
	if last, err := journal.LastCheckpoint(ctx, h.db); a.signed > 0 && (err != nil || last.Size < a.signed) {
		t.Fatalf("the checkpoint of %d events was acknowledged, the last is of %d: %v", a.signed, last.Size, err)
	}
	h.sound(t)
}

// TestKilled kills the program at any moment while sixteen writers are at work, also while it starts. All that it acknowledged is there,
// the database is whole and the record in order.
func TestKilled(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		kills, house, longest := sized(25, 10_000), 250, 150_000
		if strings.HasPrefix(url, "postgres") {
			kills, longest = sized(10, 1_000), 700_000 // sixteen connections take their time
		}
		var opening []time.Duration
		acked := 0
		for done := 0; done < kills; done += house { // a house grows with each kill, and so does what is looked at after it
			if done > 0 && !strings.HasPrefix(url, "postgres") {
				url = storetest.SQLite(t)
			} else if done > 0 {
				url = storetest.Postgres(t)
			}
			h, w := fresh(t, url, 16)
			a := &acknowledged{progress: map[int64]int{}, evidence: map[string]int64{}}
			for i := range min(house, kills-done) {
				if err := h.close(); err != nil {
					t.Fatal(err)
				}
				for range 1 + i%2 { // every other time it is killed twice before anybody looks
					a.killed(t, h, rand.IntN(6) == 0, time.Duration(rand.IntN(longest))*time.Microsecond, nil)
				}
				begun := time.Now()
				next, err := open(t.Context(), h.url, h.folder)
				if err != nil {
					t.Fatalf("it does not start any more: %v", err)
				}
				*h = *next
				opening = append(opening, time.Since(begun))
				a.stands(t, h, w)
			}
			if len(a.failed) > 0 {
				t.Errorf("%d writes failed, one with %s", len(a.failed), a.failed[0])
			}
			opening = append(opening, a.opening...)
			for _, n := range a.progress {
				acked += n
			}
			acked += len(a.evidence)
		}
		slices.Sort(opening)
		t.Logf("%d kills, %d changes acknowledged, 0 lost; opened after in %v (median), %v (longest)", kills*3/2, acked, opening[len(opening)/2], opening[len(opening)-1])
		if acked < kills {
			t.Error("hardly anything was acknowledged, so that nothing was tested")
		}
		if opening[len(opening)/2] > 2*time.Second {
			t.Error("it starts slowly after a kill")
		}
	})
}

// TestConnectionsAreCut ends the connections of a program that works on PostgreSQL, at any moment. What it acknowledged is there; it goes
// on without being started anew.
func TestConnectionsAreCut(t *testing.T) {
	h, w := fresh(t, storetest.Postgres(t), 16)
	a := &acknowledged{progress: map[int64]int{}, evidence: map[string]int64{}}
	other, err := sql.Open("pgx", h.url)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	own := h.url
	h.url += "&application_name=bihuan-cut"
	cut := 0
	a.killed(t, h, false, 1500*time.Millisecond, func() {
		for range sized(10, 500) {
			time.Sleep(time.Duration(rand.IntN(60_000)) * time.Microsecond)
			var n int
			if err := other.QueryRow(`select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'bihuan-cut'`).Scan(&n); err != nil {
				t.Error(err)
			}
			cut += n
		}
	})
	h.url = own
	if len(a.failed) == 0 {
		t.Error("no connection was cut")
	}
	if len(a.progress) == 0 {
		t.Error("it did not go on")
	}
	a.stands(t, h, w)
	t.Logf("%d connections and %d writes were cut, %d pieces of evidence acknowledged", cut, len(a.failed), len(a.evidence))
}
