// Package proof checks the record, and packs up what proves a part of it to others.
package proof

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/store"
)

// Subject is a database to be checked.
type Subject struct {
	DB    *store.DB
	Files *evidence.Files // nil: files are not checked
	// Keys are those that checkpoints must be signed with: the key of the log, and of its witness.
	Keys []note.Verifier
	// Checkpoints are notes kept elsewhere: beside the database, by a witness, in packs.
	Checkpoints []string
	Codes       []Code // from papers
	// Told is told, from time to time, how far the check has come; nil for nobody.
	Told func(what string, done, of int64)
}

// Kind is what is wrong.
type Kind string

// The kinds of differences.
const (
	EventAltered     Kind = "条目被改动"
	EventMissing     Kind = "条目缺失"
	EventBlanked     Kind = "条目被抹去，没有删除记录"
	HistoryRewritten Kind = "历史被改写"
	LogTruncated     Kind = "日志被截短或退回旧库"
	TreeAltered      Kind = "日志的树被改动"
	CheckpointForged Kind = "检查点无效"
	CheckpointGone   Kind = "检查点缺失"
	CodeWrong        Kind = "纸上的存证码对不上"
	SchemaAltered    Kind = "数据库结构被改动"
	RowAltered       Kind = "数据行被改动"
	RowMissing       Kind = "数据行被删除"
	RowUnrecorded    Kind = "数据行没有来历"
	FileAltered      Kind = "文件内容被改动"
	FileMissing      Kind = "文件缺失"
)

// Difference is one thing that is not as the record says.
type Difference struct {
	Kind   Kind
	Event  int64    // number of the event concerned; 0 for none
	Table  string   // of a row
	Key    string   // of a row
	Fields []string // columns that differ
	File   string   // SHA-256 of a file
	What   string   // in a sentence
	// Who changed the row properly for the last time, and when; empty when nobody did.
	Who string
	At  time.Time
}

func (d Difference) String() string {
	var b strings.Builder
	b.WriteString(string(d.Kind) + "：")
	if d.Table != "" {
		b.WriteString(d.Table + " " + d.Key)
		if len(d.Fields) > 0 {
			b.WriteString(" 的 " + strings.Join(d.Fields, "、"))
		}
	}
	if d.File != "" {
		b.WriteString(d.File)
	}
	if d.What != "" {
		if d.Table != "" || d.File != "" {
			b.WriteString("，")
		}
		b.WriteString(d.What)
	}
	if !d.At.IsZero() {
		who := d.Who
		if who == "" {
			who = "程序"
		}
		fmt.Fprintf(&b, "（最后一次正当改动：%s %s，第%d条）", d.At.Format("2006-01-02 15:04"), who, d.Event)
	}
	return b.String()
}

// Report is what a check found.
type Report struct {
	Events      int64
	Erased      int64 // of the events
	Rows        int64
	Tables      int
	Files       int64
	Checkpoints int                // checked
	Signed      journal.Checkpoint // the largest one that stands
	Unsigned    int64              // events after it, which no signature covers yet
	Cosigned    journal.Checkpoint // the largest that a witness signed too; Size 0 for none
	Erasures    []Erasure          // all there have been, for whoever reads the report to know of
	Differences []Difference
	More        int64 // differences beyond those listed
	Took        time.Duration
}

// Erasure is an event that took content out of the log. Whoever has the database open can write one, so each should be known of.
type Erasure struct {
	Event  int64
	At     time.Time
	Who    string
	Reason string
	Events int // that lost something
}

// OK tells whether nothing is wrong.
func (r Report) OK() bool { return len(r.Differences) == 0 }

// mostListed is how many differences a report names.
const mostListed = 1000

// Verify checks a database: the tree of the log against its checkpoints, every event against its leaf, each row against its last event,
// each file against its hash, each checkpoint against its signature and the others. Memory is bounded, whatever the size; the server may
// go on writing meanwhile. An error says that the check could not be made; what is wrong is in the report.
func Verify(ctx context.Context, s Subject) (Report, error) {
	begun := time.Now()
	c := check{Subject: s, blanked: map[int64]bool{}, announced: map[int64]bool{}}
	n := min(runtime.GOMAXPROCS(0), mostReaders)
	for range n {
		c.sorters = append(c.sorters, &sorter{most: sortedInMemory / n})
	}
	defer func() {
		for _, s := range c.sorters {
			s.close()
		}
	}()
	err := s.DB.Snapshots(ctx, n, func(readers []store.Querier) error {
		c.q, c.readers = readers[0], readers
		for _, step := range []func(context.Context) error{c.checkpoints, c.read, c.tree, c.rows} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && s.Files != nil {
		err = c.files(ctx)
	}
	c.report.Took = time.Since(begun)
	return c.report, err
}

// check is a check on its way.
type check struct {
	Subject
	q       store.Querier // the first of readers
	readers []store.Querier
	sorters []*sorter // one for each reader
	report  Report
	telling sync.Mutex

	tables    []string     // of the record
	foreign   []string     // of these, those whose rows cannot be told apart
	head      journal.Tree // as the head row has it
	grown     journal.Tree // as the events give it
	last      int64        // number of the last event read
	broken    bool         // events are missing, so that the tree grows no more
	nodes     map[node]tlog.Hash
	points    []journal.Checkpoint // by size, all whose signature is good
	blanked   map[int64]bool       // events without content, and those that no longer say the state of rows, with the sign turned
	announced map[int64]bool       // of these, those that an erasure names
	stored    []storedFile
}

type node struct {
	level int
	n     int64
}

type storedFile struct {
	hash   string
	erased bool
}

func (c *check) found(d Difference) {
	if len(c.report.Differences) >= mostListed {
		c.report.More++
		return
	}
	c.report.Differences = append(c.report.Differences, d)
}

func (c *check) tell(what string, done, of int64) {
	if c.Told != nil {
		c.telling.Lock()
		defer c.telling.Unlock()
		c.Told(what, done, of)
	}
}

// checkpoints gathers all checkpoints there are and checks their signatures.
func (c *check) checkpoints(ctx context.Context) (err error) {
	if c.head, err = journal.HeadTree(ctx, c.q); err != nil {
		c.found(Difference{Kind: TreeAltered, What: "日志的头读不出来"})
	}
	if n, err := store.One(ctx, c.q, store.Value[int64], `select count(*) from journal_head`); err != nil || n != 1 {
		c.found(Difference{Kind: TreeAltered, What: fmt.Sprintf("日志的头有%d个", n)})
	}
	kept, err := journal.Checkpoints(ctx, c.q)
	if err != nil {
		return err
	}
	here := map[int64]bool{}
	for _, k := range kept {
		if p, ok := c.checkpoint(k.Note, fmt.Sprintf("数据库里第%d条处的检查点", k.Size)); ok {
			if p.Size != k.Size {
				c.found(Difference{Kind: CheckpointForged, What: fmt.Sprintf("第%d条处的检查点被换成了第%d条处的", k.Size, p.Size)})
			}
			if c.witnessed() && !k.Cosigned.Equal(p.Cosigned) {
				c.found(Difference{Kind: CheckpointForged, What: fmt.Sprintf("第%d条处的检查点写着的会签时间与会签不符，或会签被改动", k.Size)})
			}
			here[p.Size] = true
		}
	}
	for _, text := range c.Checkpoints {
		p, ok := c.checkpoint(text, "数据库外保存的检查点")
		if ok && !here[p.Size] && p.Size <= c.head.Size {
			c.found(Difference{Kind: CheckpointGone, What: fmt.Sprintf("第%d条处的检查点在数据库里没有了", p.Size)})
		}
	}
	slices.SortStableFunc(c.points, func(a, b journal.Checkpoint) int { return int(a.Size - b.Size) })
	return nil
}

// checkpoint checks the signatures of one.
func (c *check) checkpoint(text, place string) (journal.Checkpoint, bool) {
	c.report.Checkpoints++
	p, signatures, err := journal.ReadCheckpoint(text, c.Keys...)
	if err != nil {
		c.found(Difference{Kind: CheckpointForged, What: place + "：" + err.Error()})
		return p, false
	}
	own := !slices.ContainsFunc(c.Keys, func(k note.Verifier) bool { return !journal.IsWitness(k) }) // no key to tell it by
	for _, s := range signatures {
		if s.Witness {
			p.Cosigned = s.At
		} else {
			own = true
		}
	}
	if !own {
		c.found(Difference{Kind: CheckpointForged, What: place + "：没有日志自己的签名"})
		return p, false
	}
	c.points = append(c.points, p)
	return p, true
}

// witnessed tells whether the key of a witness is at hand, so that the lack of its signature means something.
func (c *check) witnessed() bool { return slices.ContainsFunc(c.Keys, journal.IsWitness) }

// log takes all events in order, as they were read, grows the tree of their leaves and compares it with the checkpoints.
func (c *check) log(ctx context.Context, events iter.Seq[readEvent]) {
	c.nodes = map[node]tlog.Hash{}
	next := 0 // of points
	sound := int64(0)
	codes := slices.SortedFunc(slices.Values(c.Codes), func(a, b Code) int { return cmp.Compare(a.Size(), b.Size()) })
	compare := func() {
		for ; len(codes) > 0 && codes[0].Size() <= c.grown.Size; codes = codes[1:] {
			if !codes[0].Is(c.grown.Root()) {
				c.found(Difference{Kind: CodeWrong, What: codes[0].String() + "：前" + strconv.FormatInt(codes[0].Size(), 10) + "条不是出具材料时的样子"})
			}
		}
		for ; next < len(c.points) && c.points[next].Size <= c.grown.Size; next++ {
			p := c.points[next]
			if p.Root != c.grown.Root() {
				c.found(Difference{Kind: HistoryRewritten, What: fmt.Sprintf("第%d条至第%d条之间与签过名的检查点不符", sound+1, p.Size)})
				continue
			}
			sound = p.Size
			c.report.Signed = p
			if !p.Cosigned.IsZero() {
				c.report.Cosigned = p
			}
		}
	}
	compare()
	for e := range events {
		if e.err != nil {
			c.broken = true
			c.found(Difference{Kind: EventAltered, Event: c.last + 1, What: fmt.Sprintf("第%d条读不出来：%v", c.last+1, e.err)})
			continue
		}
		c.report.Events++
		c.event(e)
		compare()
		if c.report.Events%10000 == 0 {
			c.tell("核对日志", c.report.Events, c.head.Size)
		}
	}
	if ctx.Err() != nil {
		return // nothing can be told of a log that was not read to its end
	}
	for _, p := range c.points[next:] {
		if p.Size > c.last {
			c.found(Difference{Kind: LogTruncated, What: fmt.Sprintf("有签过名的检查点到第%d条，日志里只到第%d条", p.Size, c.last)})
		}
	}
	for _, code := range codes {
		c.found(Difference{Kind: CodeWrong, What: fmt.Sprintf("%s：日志里没有%d条", code, code.Size())})
	}
	for _, seq := range slices.Sorted(maps.Keys(c.blanked)) {
		if c.announced[seq] {
			continue
		}
		what := "第%d条"
		if seq < 0 {
			seq, what = -seq, "第%d条所记的数据行状态"
		}
		c.found(Difference{Kind: EventBlanked, Event: seq, What: fmt.Sprintf(what, seq)})
	}
	c.report.Unsigned = c.last - c.report.Signed.Size
}

func (c *check) event(x readEvent) {
	if gap := x.seq - c.last - 1; gap > 0 {
		c.broken = true
		c.found(Difference{Kind: EventMissing, Event: c.last + 1, What: fmt.Sprintf("第%d条起缺%d条", c.last+1, gap)})
	}
	c.last = x.seq
	if !c.broken {
		c.grown.Grow(x.leaf, func(level int, n int64, hash tlog.Hash) { c.nodes[node{level, n}] = hash })
	}
	e := x.odd
	if e == nil {
		return
	}
	if !e.Sound() {
		what := fmt.Sprintf("第%d条，写明是%s %s %s %d", e.Seq, e.Who, e.Verb, e.Kind, e.Row)
		if e.Erased != "" {
			what = fmt.Sprintf("第%d条（内容已依法删除）", e.Seq)
		}
		c.found(Difference{Kind: EventAltered, Event: e.Seq, What: what})
	}
	if e.Erased != "" {
		c.report.Erased++
		c.blanked[e.Seq] = true
	}
	if e.StatesErased() {
		c.blanked[-e.Seq] = true
	}
	contents, states := journal.ErasedParts(*e)
	if len(contents)+len(states) > 0 {
		x := Erasure{Event: e.Seq, At: time.UnixMilli(e.Entered), Who: e.Who, Events: len(contents) + len(states)}
		var changes []journal.Change
		_ = json.Unmarshal([]byte(e.Changes), &changes) // it was read a moment ago
		for _, c := range changes {
			if c.Field == "原因" {
				x.Reason = c.To
			}
		}
		c.report.Erasures = append(c.report.Erasures, x)
	}
	for _, seq := range contents {
		c.announced[seq] = true
	}
	for _, seq := range states {
		c.announced[-seq] = true
	}
}

// tree compares what is kept of the tree with what the events give.
func (c *check) tree(ctx context.Context) error {
	if c.broken {
		return nil // what is below a missing event cannot be told
	}
	if c.head.Size != c.grown.Size || c.head.Root() != c.grown.Root() {
		c.found(Difference{Kind: TreeAltered, What: fmt.Sprintf("日志的头写着%d条，与%d条日志对不上", c.head.Size, c.grown.Size)})
	}
	rows, err := c.q.Query(ctx, `select level, n, hash from journal_node`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var at node
		var hash []byte
		if err := rows.Scan(&at.level, &at.n, &hash); err != nil {
			c.found(Difference{Kind: TreeAltered, What: "一棵子树读不出来：" + err.Error()})
			continue
		}
		want, ok := c.nodes[at]
		if !ok || string(want[:]) != string(hash) {
			c.found(Difference{Kind: TreeAltered, What: fmt.Sprintf("第%d至%d条的子树", at.n<<at.level+1, (at.n+1)<<at.level)})
		}
		delete(c.nodes, at)
	}
	for at := range c.nodes {
		c.found(Difference{Kind: TreeAltered, What: fmt.Sprintf("第%d至%d条的子树没有了", at.n<<at.level+1, (at.n+1)<<at.level)})
	}
	return rows.Err()
}

// rows compares each row with its last event.
func (c *check) rows(ctx context.Context) error {
	for _, t := range c.foreign {
		c.found(Difference{Kind: SchemaAltered, What: "表 " + t + " 不是程序建的"})
	}
	wrong := map[[16]byte]Kind{}
	var last stated
	have := false
	differs := func(now *stated) {
		kind := Kind("")
		switch gone := !have || string(last.digest()) == string(make([]byte, 24)); {
		case now == nil && !gone:
			kind = RowMissing
		case now != nil && gone:
			kind = RowUnrecorded
		case now != nil && string(now.digest()) != string(last.digest()):
			kind = RowAltered
		default:
			return
		}
		if len(wrong) >= mostListed {
			c.report.More++
			return
		}
		if now != nil {
			wrong[now.row()] = kind
		} else {
			wrong[last.row()] = kind
		}
	}
	err := eachStated(c.sorters, func(x stated) error {
		if have && x.row() != last.row() {
			differs(nil)
			have = false
		}
		if x.seq() == inDatabase {
			differs(&x)
			have = false
			return nil
		}
		last, have = x, true
		return nil
	})
	if have {
		differs(nil)
	}
	if err != nil || len(wrong) == 0 {
		return errors.Join(err, c.storedFiles(ctx))
	}
	return errors.Join(c.nameRows(ctx, wrong), c.storedFiles(ctx))
}

// nameRows finds out what rows are concerned, in which columns, and who changed them last. It reads everything once more, which only a
// record that is not in order costs.
func (c *check) nameRows(ctx context.Context, wrong map[[16]byte]Kind) error {
	now := map[[16]byte]store.Row{}
	for _, t := range c.tables {
		err := c.DB.EachRow(ctx, c.q, t, func(r store.Row) error {
			if h := rowHash(r); wrong[h] != "" {
				now[h] = r
			}
			return nil
		})
		if err != nil && !errors.Is(err, store.ErrNoKey) {
			return err
		}
	}
	type last struct {
		row   store.Row
		event journal.Event
	}
	said := map[[16]byte]last{}
	rows, err := c.q.Query(ctx, `select `+journal.EventColumns+` from journal where states <> '' order by seq`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var e journal.Event
		if journal.ScanEvent(rows, &e) != nil {
			continue // found before
		}
		err := journal.EachState(e.States, func(r store.Row) error {
			if h := rowHash(r); wrong[h] != "" {
				said[h] = last{r, journal.Event{Seq: e.Seq, Who: e.Who, Entered: e.Entered}}
			}
			return nil
		})
		if err != nil && !errors.Is(err, journal.ErrUnreadable) {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for h, kind := range wrong {
		d := Difference{Kind: kind, Table: now[h].Table, Key: now[h].Key}
		if was, ok := said[h]; ok {
			d.Table, d.Key, d.Event, d.Who, d.At = was.row.Table, was.row.Key, was.event.Seq, was.event.Who, time.UnixMilli(was.event.Entered)
			if kind == RowAltered {
				if d.Fields, err = c.DB.DiffColumns(ctx, c.q, d.Table, was.row.Tags, now[h].Tags); err != nil {
					return err
				}
			}
		}
		c.found(d)
	}
	slices.SortStableFunc(c.report.Differences, func(a, b Difference) int {
		return strings.Compare(a.Table+" "+a.Key, b.Table+" "+b.Key)
	})
	return nil
}

// storedFiles remembers which files there should be. The database of residents has none outside of itself.
func (c *check) storedFiles(ctx context.Context) (err error) {
	if c.Files == nil {
		return nil
	}
	c.stored, err = store.All(ctx, c.q, func(rows *sql.Rows, f *storedFile) error { return rows.Scan(&f.hash, &f.erased) },
		`select hash, case when erased <> 0 then 1 else 0 end from file order by hash`)
	return err
}

// files reads every file and compares it with its name.
func (c *check) files(ctx context.Context) error {
	for i, f := range c.stored {
		if err := ctx.Err(); err != nil {
			return err
		}
		if f.erased {
			continue
		}
		c.report.Files++
		if i%100 == 0 {
			c.tell("核对文件", int64(i), int64(len(c.stored)))
		}
		switch err := c.Files.Check(ctx, f.hash); {
		case errors.Is(err, evidence.ErrMissing):
			c.found(Difference{Kind: FileMissing, File: f.hash})
		case errors.Is(err, evidence.ErrChanged):
			c.found(Difference{Kind: FileAltered, File: f.hash})
		case err != nil:
			return err
		}
	}
	return nil
}
