package reliable_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/store"
	"bihuan/store/storetest"
)

// tamperer has the database, its files and the file of checkpoints open and keeps to no rules. After each deed it puts things back.
type tamperer struct {
	*house
	keys   []note.Verifier
	raw    *sql.Conn
	lite   bool
	random *rand.Rand
	tables map[string]*content
	names  []string
	notes  string // checkpoints beside the database
}

// content is a table and what was in it.
type content struct {
	columns []string
	rows    [][]any
}

// TestEveryAlterationIsFound changes the record in random places: every change of a row, an event, the tree, a checkpoint or a file is
// found, and the check is made to its end.
func TestEveryAlterationIsFound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		x := newTamperer(t, url)
		rounds := sized(1500, 100_000)
		if !x.lite {
			rounds = sized(300, 20_000)
		}
		deeds := []struct {
			weight int
			name   string
			do     func() (what string, undo func())
		}{
			{10, "alter a value", x.alter}, {2, "delete a row", x.delete}, {2, "insert a row", x.insert}, {3, "swap two rows", x.swap},
			{2, "swap a value", x.swapValue}, {2, "alter a file", x.alterFile}, {2, "alter the checkpoints beside", x.alterNotes},
			{1, "truncate the log", x.truncate}, {1, "write upon what was erased", x.overErased},
		}
		var order []int
		for i, d := range deeds {
			for range d.weight {
				order = append(order, i)
			}
		}
		missed := map[string]int{}
		for range rounds {
			d := deeds[order[x.random.IntN(len(order))]]
			what, undo := d.do()
			if what == "" {
				continue
			}
			r, err := x.check()
			if err != nil {
				missed[d.name+": "+what+": the check breaks off: "+err.Error()]++
			} else if r.OK() {
				missed[d.name+": "+what]++
			}
			undo()
		}
		for what, n := range missed {
			t.Errorf("%d times not found: %s", n, what)
		}
		if r, err := x.check(); err != nil || !r.OK() {
			t.Fatalf("the test did not put everything back: %v %s", err, said(r))
		}
	})
}

// chance is the same each time in the suite, and another each night.
func chance(t *testing.T) *rand.Rand {
	seed := uint64(1)
	if full {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 2))
}

func newTamperer(t *testing.T, url string) *tamperer {
	ctx := t.Context()
	h, w := fresh(t, url, 3)
	x := &tamperer{house: h, lite: strings.HasPrefix(url, "sqlite"), random: chance(t), tables: map[string]*content{}}
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, f := range w.findings {
		ok(h.progress(ctx, w, f, i+1))
		_, err := h.attach(ctx, w, f, fmt.Sprint("张巧云反映的积水点", i))
		ok(err)
	}
	_, err := h.log.Checkpoint(ctx)
	ok(err)
	// More than one subtree that is kept.
	ok(h.db.Write(ctx, func(tx *store.Tx) error {
		for i := range 300 {
			if err := journal.Append(ctx, tx, journal.Entry{Verb: "签收", Kind: "finding", Row: w.findings[0], Changes: []journal.Change{{Field: "次数", To: fmt.Sprint(i)}}}); err != nil {
				return err
			}
		}
		return nil
	}))
	ok(h.progress(ctx, w, w.findings[0], 20))
	// A witness signs too.
	district, err := store.Open(ctx, storetest.SQLite(t))
	ok(err)
	t.Cleanup(func() { district.Close() })
	second, err := journal.OpenWitnessKey(filepath.Join(t.TempDir(), "witness.key"))
	ok(err)
	ok(journal.AddWitnessed(ctx, district, 0, "区巡察办", h.log.Key.Verifier))
	site := serveWitness(t, journal.Witness{DB: district, Key: second})
	other, err := journal.ParseVerifier(second.Verifier)
	ok(err)
	_, err = (&journal.Cosigner{Log: h.log, URL: site, Key: other}).Cosign(ctx)
	ok(err)
	// What somebody wrote is erased.
	leader := eraser(t, h, org.Admin)
	ok(h.progress(ctx, w, w.findings[1], 4))
	ok(ledger.EraseText(ctx, h.db, h.files, leader, "巡查记录", "本人申请，〔2026〕3号", nil))
	_, err = h.log.Checkpoint(ctx)
	ok(err)
	first, err := journal.ParseVerifier(h.log.Key.Verifier)
	ok(err)
	x.keys = []note.Verifier{first, other}
	x.load(t)
	if r, err := x.check(); err != nil || !r.OK() || r.Cosigned.Size == 0 || r.Erased == 0 {
		t.Fatalf("before: %v %+v", err, r)
	}
	return x
}

// load reads what is there.
func (x *tamperer) load(t *testing.T) {
	driver, address := "pgx", x.url
	if path, ok := strings.CutPrefix(x.url, "sqlite://"); ok {
		driver, address = "sqlite", path
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if x.raw, err = db.Conn(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.raw.Close() })
	if x.lite {
		x.exec(`pragma synchronous = off`)
	} else {
		x.exec(`set session_replication_role = replica`) // no foreign keys, as a superuser can have it
	}
	names, err := x.db.RecordTables(t.Context(), x.db)
	if err != nil {
		t.Fatal(err)
	}
	names = append(names, "journal", "journal_head", "journal_node", "checkpoint")
	for _, n := range names {
		c := x.read(n)
		if len(c.rows) == 0 {
			continue
		}
		x.tables[n] = c
		x.names = append(x.names, n)
	}
	if len(x.names) < 15 {
		t.Fatalf("only these tables hold something: %v", x.names)
	}
	b, err := os.ReadFile(x.log.File)
	if err != nil {
		t.Fatal(err)
	}
	x.notes = string(b)
}

func (x *tamperer) read(table string) *content {
	rows, err := x.raw.QueryContext(context.Background(), `select * from `+table)
	if err != nil {
		panic(err)
	}
	defer rows.Close()
	c := &content{}
	if c.columns, err = rows.Columns(); err != nil {
		panic(err)
	}
	for rows.Next() {
		row, into := make([]any, len(c.columns)), make([]any, len(c.columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			panic(err)
		}
		c.rows = append(c.rows, row)
	}
	if err := rows.Err(); err != nil {
		panic(err)
	}
	return c
}

func (x *tamperer) exec(query string, args ...any) {
	if err := x.try(query, args...); err != nil {
		panic(fmt.Errorf("%s %v: %w", query, args, err))
	}
}

func (x *tamperer) try(query string, args ...any) error {
	_, err := x.raw.ExecContext(context.Background(), query, args...)
	return err
}

func (x *tamperer) check() (proof.Report, error) {
	notes, err := journal.KeptNotes(x.log.File)
	if err != nil {
		return proof.Report{}, err
	}
	return proof.Verify(context.Background(), proof.Subject{DB: x.db, Files: x.files, Keys: x.keys, Checkpoints: notes})
}

// back puts a table back to what it was.
func (x *tamperer) back(table string) func() {
	return func() {
		c := x.tables[table]
		x.exec(`delete from ` + table)
		marks := make([]string, len(c.columns))
		for i := range marks {
			marks[i] = fmt.Sprintf("$%d", i+1)
		}
		for _, row := range c.rows {
			x.exec(`insert into `+table+` values (`+strings.Join(marks, ", ")+`)`, row...)
		}
	}
}

// any picks a table, each as often as any other, and the log as often as all of the rest.
func (x *tamperer) any() (string, *content) {
	name := x.names[x.random.IntN(len(x.names))]
	if x.random.IntN(3) == 0 {
		name = []string{"journal", "journal", "journal_head", "journal_node", "checkpoint"}[x.random.IntN(5)]
	}
	return name, x.tables[name]
}

// where finds a row again: by all that stands in it.
func (c *content) where(row []any) (string, []any) {
	var words []string
	var args []any
	for i, v := range row {
		if v == nil {
			words = append(words, `"`+c.columns[i]+`" is null`)
			continue
		}
		args = append(args, v)
		words = append(words, fmt.Sprintf(`"%s" = $%d`, c.columns[i], len(args)))
	}
	return strings.Join(words, " and "), args
}

// set changes one column of a row, which is then put back.
func (x *tamperer) set(table string, row, column int, v any) (func(), error) {
	c := x.tables[table]
	where, args := c.where(c.rows[row])
	args = append(args, v)
	if err := x.try(fmt.Sprintf(`update %s set "%s" = $%d where %s`, table, c.columns[column], len(args), where), args...); err != nil {
		return nil, err
	}
	return func() {
		changed := slices.Clone(c.rows[row])
		changed[column] = v
		where, args := c.where(changed)
		args = append(args, c.rows[row][column])
		x.exec(fmt.Sprintf(`update %s set "%s" = $%d where %s`, table, c.columns[column], len(args), where), args...)
	}, nil
}

// other is a value that differs in one bit, one character or by being there at all.
func (x *tamperer) other(v any) any {
	switch v := v.(type) {
	case int64:
		return v ^ 1<<x.random.IntN(40)
	case string:
		if v == "" {
			return "x"
		}
		r := []rune(v)
		i := x.random.IntN(len(r))
		switch x.random.IntN(4) {
		case 0:
			return string(slices.Delete(r, i, i+1))
		case 1:
			return string(slices.Insert(r, i, r[i]))
		case 2:
			return v + string("\n x"[x.random.IntN(3)])
		}
		r[i] ^= 1 << x.random.IntN(5) // never a NUL, which PostgreSQL keeps nowhere, but for a few control characters
		return string(r)
	case []byte:
		if len(v) == 0 {
			return []byte{0}
		}
		b := slices.Clone(v)
		if x.random.IntN(4) == 0 {
			return b[:x.random.IntN(len(b))]
		}
		b[x.random.IntN(len(b))] ^= 1 << x.random.IntN(8)
		return b
	}
	return nil
}

func (x *tamperer) alter() (string, func()) {
	table, c := x.any()
	row, column := x.random.IntN(len(c.rows)), x.random.IntN(len(c.columns))
	if table == "checkpoint" && c.columns[column] == "made" {
		return "", nil // said beside the note, which does not sign it
	}
	old := c.rows[row][column]
	v := x.other(old)
	if x.lite && x.random.IntN(10) == 0 {
		v = []any{nil, 1.5, "abc", []byte("abc")}[x.random.IntN(4)] // SQLite keeps anything anywhere
	}
	if old == nil {
		v = []any{[]byte("abc"), int64(7)}[x.random.IntN(2)]
	}
	undo, err := x.set(table, row, column, v)
	if err != nil {
		return "", nil // a constraint is in the way
	}
	return fmt.Sprintf("%s.%s from %s to %s", table, c.columns[column], show(old), show(v)), undo
}

func show(v any) string {
	if b, ok := v.([]byte); ok {
		return fmt.Sprintf("%d bytes", len(b))
	}
	return fmt.Sprintf("%T %.40q", v, fmt.Sprint(v))
}

func (x *tamperer) delete() (string, func()) {
	table, c := x.any()
	row := x.random.IntN(len(c.rows))
	where, args := c.where(c.rows[row])
	if x.try(`delete from `+table+` where `+where, args...) != nil {
		return "", nil
	}
	return "from " + table, x.back(table)
}

func (x *tamperer) insert() (string, func()) {
	table, c := x.any()
	row := slices.Clone(c.rows[x.random.IntN(len(c.rows))])
	marks := make([]string, len(row))
	for i := range row {
		marks[i] = fmt.Sprintf("$%d", i+1)
		if i == 0 || x.random.IntN(3) == 0 {
			row[i] = x.other(row[i])
		}
	}
	if x.try(`insert into `+table+` values (`+strings.Join(marks, ", ")+`)`, row...) != nil {
		return "", nil
	}
	return "into " + table, x.back(table)
}

// swap exchanges the keys of two rows of a table.
func (x *tamperer) swap() (string, func()) {
	table, c := x.any()
	if len(c.rows) < 2 {
		return "", nil
	}
	a, b := x.random.IntN(len(c.rows)), x.random.IntN(len(c.rows))
	if a == b {
		return "", nil
	}
	ra, rb := slices.Clone(c.rows[a]), slices.Clone(c.rows[b])
	keys := 1
	if table == "journal_node" {
		keys = 2
	}
	for i := range keys {
		ra[i], rb[i] = rb[i], ra[i]
	}
	if same(ra, c.rows[b]) || same(ra, c.rows[a]) {
		return "", nil // nothing was exchanged
	}
	return x.replace(table, map[int][]any{a: ra, b: rb})
}

func same(a, b []any) bool { return fmt.Sprintf("%#v", a) == fmt.Sprintf("%#v", b) }

// swapValue exchanges what two rows hold in one column.
func (x *tamperer) swapValue() (string, func()) {
	table, c := x.any()
	a, b, i := x.random.IntN(len(c.rows)), x.random.IntN(len(c.rows)), x.random.IntN(len(c.columns))
	if same(c.rows[a][i:i+1], c.rows[b][i:i+1]) || table == "checkpoint" && c.columns[i] == "made" {
		return "", nil
	}
	ra, rb := slices.Clone(c.rows[a]), slices.Clone(c.rows[b])
	ra[i], rb[i] = rb[i], ra[i]
	if same(ra, c.rows[b]) && same(rb, c.rows[a]) {
		return "", nil // the rows hold nothing else
	}
	what, undo := x.replace(table, map[int][]any{a: ra, b: rb})
	if what != "" {
		what += "." + c.columns[i]
	}
	return what, undo
}

// replace puts other rows in the place of some.
func (x *tamperer) replace(table string, by map[int][]any) (string, func()) {
	c := x.tables[table]
	for i := range by {
		where, args := c.where(c.rows[i])
		x.exec(`delete from `+table+` where `+where, args...)
	}
	for _, row := range by {
		marks := make([]string, len(row))
		for i := range row {
			marks[i] = fmt.Sprintf("$%d", i+1)
		}
		if x.try(`insert into `+table+` values (`+strings.Join(marks, ", ")+`)`, row...) != nil {
			x.back(table)()
			return "", nil
		}
	}
	return "in " + table, x.back(table)
}

// truncate takes the log back to an earlier size, tree and checkpoints in the database and all.
func (x *tamperer) truncate() (string, func()) {
	c := x.tables["journal"]
	size := int64(x.random.IntN(len(c.rows)))
	x.exec(`delete from journal where seq > $1`, size)
	x.exec(`delete from checkpoint where size > $1`, size)
	x.exec(`delete from journal_node where (n + 1) * case level when 8 then 256 else 65536 end > $1`, size)
	var tree journal.Tree
	events, err := store.All(context.Background(), x.db, journal.ScanEvent, `select `+journal.EventColumns+` from journal order by seq`)
	if err != nil {
		panic(err)
	}
	for _, e := range events {
		tree.Grow(e.Leaf, func(int, int64, tlog.Hash) {})
	}
	x.exec(`update journal_head set seq = $1, frontier = $2`, tree.Size, tree.Bytes())
	return "the log", func() {
		for _, t := range []string{"journal", "checkpoint", "journal_node", "journal_head"} {
			x.back(t)()
		}
	}
}

// overErased writes something upon an event whose content, or what it said of rows, was erased.
func (x *tamperer) overErased() (string, func()) {
	c := x.tables["journal"]
	at := func(name string) int { return slices.Index(c.columns, name) }
	var erased []int
	for i, row := range c.rows {
		if row[at("erased")] != "" || strings.HasPrefix(row[at("states")].(string), "erased ") {
			erased = append(erased, i)
		}
	}
	row := erased[x.random.IntN(len(erased))]
	column := at([]string{"happened", "staff", "who", "verb", "kind", "row_id", "data", "salt", "states", "erased"}[x.random.IntN(10)])
	old := c.rows[row][column]
	var v any = "书记"
	switch was := old.(type) {
	case int64:
		v = was + 1
	case nil:
		v = []byte("salt")
	case []byte:
		return "", nil
	case string:
		if c.columns[column] == "states" {
			v = was + "finding 1 " + strings.Repeat("A", 43) + "= ....\n" // what it says of a row from now on
		} else if x.random.IntN(2) == 0 {
			v = was + "0"
		}
	}
	undo, err := x.set("journal", row, column, v)
	if err != nil {
		return "", nil
	}
	return c.columns[column] + " to " + show(v), undo
}

// alterFile changes a file, or removes it, or exchanges two.
func (x *tamperer) alterFile() (string, func()) {
	var paths []string
	err := x.files.Each(context.Background(), func(hash string, _ int64) error {
		paths = append(paths, filepath.Join(x.folder, "files", hash[:2], hash[2:4], hash))
		return nil
	})
	if err != nil || len(paths) < 4 {
		panic(fmt.Sprint(paths, err))
	}
	path := paths[x.random.IntN(len(paths))]
	old, err := os.ReadFile(path)
	must(err)
	b := slices.Clone(old)
	switch what := x.random.IntN(5); what {
	case 0:
		must(os.Remove(path))
		return "removed", func() { must(os.WriteFile(path, old, 0o600)) }
	case 1:
		b = b[:x.random.IntN(len(b))]
	case 2:
		b = append(b, 0)
	case 3:
		other, err := os.ReadFile(paths[(slices.Index(paths, path)+1)%len(paths)])
		must(err)
		b = other
	default:
		b[x.random.IntN(len(b))] ^= 1 << x.random.IntN(8)
	}
	must(os.WriteFile(path, b, 0o600))
	return "written", func() { must(os.WriteFile(path, old, 0o600)) }
}

// alterNotes flips one bit in a checkpoint beside the database. That in the line of the witness makes it the checkpoint that it was before
// the witness signed, which proves less and hides nothing: with the witness's signature it stands in the database.
func (x *tamperer) alterNotes() (string, func()) {
	b := []byte(x.notes)
	i := x.random.IntN(len(b))
	if from := strings.LastIndex(x.notes[:i+1], "\n") + 1; strings.HasPrefix(x.notes[from:], "— bihuan-witness") {
		return "", nil
	}
	b[i] ^= 1 << x.random.IntN(8)
	undo := func() { must(os.WriteFile(x.log.File, []byte(x.notes), 0o600)) }
	must(os.WriteFile(x.log.File, b, 0o600))
	kept, err := journal.KeptNotes(x.log.File)
	must(err)
	if were := journal.SplitNotes(x.notes); slices.Equal(kept, were[:len(were)-1]) {
		undo()
		return "", nil // the last one looks like one that was never written to its end
	}
	line := x.notes[:i]
	return fmt.Sprintf("line %d, %q to %q", strings.Count(line, "\n")+1, x.notes[max(0, i-2):min(i+3, len(b))], b[max(0, i-2):min(i+3, len(b))]), undo
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// serveWitness serves a witness and returns its address.
func serveWitness(t *testing.T, w journal.Witness) string {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", w.ServeSign)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// eraser is somebody who may erase.
func eraser(t *testing.T, h *house, role org.Role) org.Person {
	root, err := org.Root(t.Context(), h.db)
	if err != nil {
		t.Fatal(err)
	}
	p := org.Person{Name: "孟兆宁", Role: role, Unit: root}
	err = h.db.Write(t.Context(), func(tx *store.Tx) (err error) {
		p.ID, err = org.AddStaff(t.Context(), tx, org.Program, root, p.Name, "", role, "", "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
