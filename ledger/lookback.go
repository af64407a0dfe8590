package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// Stratum is one part of what a look-back is drawn from: the closed findings of one town at one level.
type Stratum struct {
	Name string   // 栖禾镇·镇级
	Keys []string // of its findings, sorted: 栖禾镇/4/832540822733803853
}

// DrawKeys draws from a stratum: the keys with the smallest SHA-256 of the seed, a line break and the key, so many percent of them
// rounded up and at least least. Whoever has the seed and the keys draws the same, with any tool that knows SHA-256.
func DrawKeys(seed string, keys []string, share, least int) []string {
	n := drawSize(len(keys), share, least)
	type ranked struct {
		sum [sha256.Size]byte
		key string
	}
	list := make([]ranked, len(keys))
	for i, k := range keys {
		list[i] = ranked{sha256.Sum256([]byte(seed + "\n" + k)), k}
	}
	slices.SortFunc(list, func(a, b ranked) int {
		if c := bytes.Compare(a.sum[:], b.sum[:]); c != 0 {
			return c
		}
		return strings.Compare(a.key, b.key)
	})
	drawn := make([]string, n)
	for i := range drawn {
		drawn[i] = list[i].key
	}
	return drawn
}

// Size is how many of a stratum are drawn: so many percent rounded up, at least least, at most all.
func (s Stratum) Size(share, least int) int { return drawSize(len(s.Keys), share, least) }

func drawSize(n, share, least int) int { return min(max((n*share+99)/100, least), n) }

// FrameText is what a sample is drawn from as it is kept, hashed and handed out: a line for each finding, its stratum, a tab and its key.
func FrameText(frame []Stratum) string {
	var b strings.Builder
	for _, s := range frame {
		for _, k := range s.Keys {
			b.WriteString(s.Name + "\t" + k + "\n")
		}
	}
	return b.String()
}

// readFrame is the reverse of [FrameText].
func readFrame(text string) []Stratum {
	var frame []Stratum
	for line := range strings.Lines(text) {
		name, key, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if len(frame) == 0 || frame[len(frame)-1].Name != name {
			frame = append(frame, Stratum{Name: name})
		}
		last := &frame[len(frame)-1]
		last.Keys = append(last.Keys, key)
	}
	return frame
}

// Command is the shell command with which anybody draws the sample of a stratum again out of the file of [FrameText] that is called
// frame.txt.
func (m Sample) Command(s Stratum) string {
	return fmt.Sprintf(`awk -F'\t' -v s=%s '$1==s{print $2}' frame.txt | while IFS= read -r k; do echo "$(printf '%%s\n%%s' %s "$k" | sha256sum | cut -c1-64) $k"; done | LC_ALL=C sort | head -n %d`,
		shellQuoted(s.Name), shellQuoted(m.Seed), s.Size(m.Share, m.Least))
}

func shellQuoted(s string) string { return `'` + strings.ReplaceAll(s, `'`, `'\''`) + `'` }

// Sample is one drawing for a look-back (回头看抽查).
type Sample struct {
	ID     int64
	Unit   org.Unit // who drew it
	Name   string
	Seed   string
	Share  int // percent of each stratum
	Least  int // at least so many of each
	Frame  []Stratum
	Hash   string // SHA-256 of [FrameText]
	Drawn  time.Time
	By     string
	Visits int // that have a result
	Size   int
}

const sampleColumns = `select m.id, m.name, m.seed, m.share, m.least, m.frame, m.hash, m.drawn, coalesce(s.name, ''),
	(select count(*) from lookback v where v.sample = m.id), (select count(*) from lookback v where v.sample = m.id and v.result > ''),
	u.id, coalesce(u.parent, 0), u.kind, u.name, u.path, u.ord, u.version from sample m join unit u on u.id = m.unit left join staff s on s.id = m.staff`

func scanSample(rows *sql.Rows, m *Sample) error {
	var frame string
	var drawn int64
	u := &m.Unit
	if err := rows.Scan(&m.ID, &m.Name, &m.Seed, &m.Share, &m.Least, &frame, &m.Hash, &drawn, &m.By, &m.Size, &m.Visits,
		&u.ID, &u.Parent, &u.Kind, &u.Name, &u.Path, &u.Ord, &u.Version); err != nil {
		return err
	}
	m.Drawn = time.UnixMilli(drawn)
	m.Frame = readFrame(frame)
	return nil
}

// sampleSeen is the condition on the drawings that who sees: those of the own units, and those that a unit above drew. Whoever can be
// drawn can draw again.
func sampleSeen(who org.Person, args ...any) (string, []any) {
	where, args := who.Under("u.path", args...)
	for _, u := range who.Units() {
		args = append(args, u.Path)
		where += fmt.Sprintf(" or $%d like u.path || '%%'", len(args))
	}
	return "(" + where + ")", args
}

// Samples lists the drawings that who sees, newest first. Every drawing stays listed: nobody draws until the result pleases.
func Samples(ctx context.Context, q store.Querier, who org.Person) ([]Sample, error) {
	where, args := sampleSeen(who)
	return store.All(ctx, q, scanSample, sampleColumns+` where `+where+` order by m.id desc`, args...)
}

// SampleByID reads one drawing that who sees, or [store.ErrNotFound].
func SampleByID(ctx context.Context, q store.Querier, who org.Person, id int64) (Sample, error) {
	where, args := sampleSeen(who, id)
	return store.One(ctx, q, scanSample, sampleColumns+` where m.id = $1 and `+where, args...)
}

// sampled is a closed finding that can be drawn.
type sampled struct {
	id, home int64
	key      string
	stratum  string
}

// closedFindings lists what can be drawn in a subtree, with the town it counts for and its level: a town's own findings and those of
// its villages are kept apart, and never added to each other.
func closedFindings(ctx context.Context, q store.Querier, path string) ([]sampled, error) {
	type row struct {
		id, home, ord      int64
		number, unit, kind string
		parent             string
	}
	rows, err := store.All(ctx, q, func(rows *sql.Rows, r *row) error {
		return rows.Scan(&r.id, &r.home, &r.ord, &r.number, &r.unit, &r.kind, &r.parent)
	}, `select f.id, f.unit, f.ord, f.number, u.name, u.kind, coalesce(p.name, '') from finding f join unit u on u.id = f.unit left join unit p on p.id = u.parent
		where f.closing <> 0 and f.dropped = 0 and u.path like $1 order by u.path, f.plan, f.ord`, path+"%")
	list := make([]sampled, len(rows))
	for i, r := range rows {
		town, level := r.unit, "镇级"
		if r.kind == org.Village {
			town, level = r.parent, "村级"
		}
		f := Finding{Number: r.number, Ord: int(r.ord)}
		list[i] = sampled{r.id, r.home, fmt.Sprintf("%s/%s/%d", r.unit, f.Serial(), r.id), town + "·" + level}
	}
	return list, err
}

// Frame is what a sample of the subtree of a unit would be drawn from now.
func Frame(ctx context.Context, q store.Querier, who org.Person, unit org.Unit) ([]Stratum, error) {
	if err := who.Check(org.Sample, unit); err != nil {
		return nil, err
	}
	all, err := closedFindings(ctx, q, unit.Path)
	frame, _ := frameOf(all)
	return frame, err
}

// Draw draws a sample of the closed findings of the subtree of a unit, from each town and level by itself, and plans a visit to each
// within so many working days. The seed is what everybody can know: numbers of a public draw, or dice thrown before witnesses.
func Draw(ctx context.Context, db *store.DB, who org.Person, unit org.Unit, name, seed string, share, least int, due string) (int64, error) {
	name, seed = strings.TrimSpace(name), strings.TrimSpace(seed)
	var id int64
	err := db.Write(ctx, func(tx *store.Tx) error {
		if err := who.Check(org.Sample, unit); err != nil {
			return err
		}
		switch {
		case name == "":
			return Invalid{Field: "名称", What: "请写明是哪一次抽查，如 2026年第三季度回头看"}
		case len([]rune(seed)) < 4:
			return Invalid{Field: "种子", What: "请填当众产生的数，至少 4 位，如掷骰子的点数或当天的公开摇号结果"}
		case share < 1 || share > 100:
			return Invalid{Field: "比例", What: "请填 1 到 100"}
		case least < 0 || least > 1000:
			return Invalid{Field: "每层至少", What: "请填 0 到 1000"}
		}
		if _, err := time.Parse(time.DateOnly, due); err != nil {
			return Invalid{Field: "完成日期", What: fmt.Sprintf("“%s”不是日期，请写成 2026-04-30 这样", due)}
		}
		again, err := store.All(ctx, tx, store.Value[int64], `select id from sample where unit = $1 and name = $2 and seed = $3 and share = $4 and least = $5 and staff = $6`,
			unit.ID, name, seed, share, least, who.ID)
		if err != nil {
			return err
		}
		if len(again) > 0 {
			id = again[0]
			return nil
		}
		all, err := closedFindings(ctx, tx, unit.Path)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return Invalid{Field: "抽查", What: "还没有已销号的问题，抽不出"}
		}
		frame, byKey := frameOf(all)
		text := FrameText(frame)
		sum := sha256.Sum256([]byte(text))
		id = tx.ID()
		_, err = tx.Exec(ctx, `insert into sample (id, unit, name, seed, share, least, frame, hash, drawn, staff, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)`,
			id, unit.ID, name, seed, share, least, text, hex.EncodeToString(sum[:]), tx.Now.UnixMilli(), who.ID)
		if err != nil {
			return fmt.Errorf("insert sample: %w", err)
		}
		n := 0
		for _, s := range frame {
			for _, key := range DrawKeys(seed, s.Keys, share, least) {
				f := byKey[key]
				_, err := tx.Exec(ctx, `insert into lookback (id, finding, home, sample, kind, stratum, due, result, said, done, staff, version)
					values ($1, $2, $3, $4, 'sample', $5, $6, '', '', '', 0, 1)`, tx.ID(), f.id, f.home, id, s.Name, due)
				if err != nil {
					return fmt.Errorf("insert visit: %w", err)
				}
				n++
			}
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "抽查", Kind: "sample", Row: id, Changes: []journal.Change{
			{Field: "名称", To: name}, {Field: "种子", To: seed}, {Field: "比例", To: fmt.Sprintf("%d%%，每层至少%d个", share, least)},
			{Field: "抽样框指纹", To: hex.EncodeToString(sum[:])}, {Field: "抽中", To: fmt.Sprintf("%d个，共%d个", n, len(all))}}})
	})
	return id, err
}

// frameOf groups findings into strata, both sorted by name.
func frameOf(all []sampled) ([]Stratum, map[string]sampled) {
	keys := map[string][]string{}
	byKey := map[string]sampled{}
	for _, f := range all {
		keys[f.stratum] = append(keys[f.stratum], f.key)
		byKey[f.key] = f
	}
	var frame []Stratum
	for name, list := range keys {
		slices.Sort(list)
		frame = append(frame, Stratum{Name: name, Keys: list})
	}
	slices.SortFunc(frame, func(a, b Stratum) int { return strings.Compare(a.Name, b.Name) })
	return frame, byKey
}

// The results of a visit.
const (
	VisitHeld    = "held"    // 真解决
	VisitPartly  = "partly"  // 部分解决
	VisitSlipped = "slipped" // 没解决或反弹
)

// VisitWord is what people call the result of a visit.
func VisitWord(result string) string {
	return map[string]string{VisitHeld: "真解决", VisitPartly: "部分解决", VisitSlipped: "没解决或反弹", "": "待看"}[result]
}

// Visit is a look at a closed finding: one of a sample, or the look at the effect so many months later.
type Visit struct {
	ID      int64
	Finding int64
	Title   string
	Number  string
	Unit    org.Unit
	Sample  int64
	Kind    string // sample effect
	Stratum string
	Due     string
	Result  string // held partly slipped; empty while open
	Said    string
	Done    string
	By      string
	Version int64
}

const visitColumns = `select v.id, v.finding, f.title, f.number, v.sample, v.kind, v.stratum, v.due, v.result, v.said, v.done, coalesce(s.name, ''), v.version,
	u.id, coalesce(u.parent, 0), u.kind, u.name, u.path, u.ord, u.version
	from lookback v join finding f on f.id = v.finding join unit u on u.id = v.home left join staff s on s.id = v.staff`

func scanVisit(rows *sql.Rows, v *Visit) error {
	u := &v.Unit
	return rows.Scan(&v.ID, &v.Finding, &v.Title, &v.Number, &v.Sample, &v.Kind, &v.Stratum, &v.Due, &v.Result, &v.Said, &v.Done, &v.By, &v.Version,
		&u.ID, &u.Parent, &u.Kind, &u.Name, &u.Path, &u.Ord, &u.Version)
}

// VisitsOf lists the visits of a sample by stratum.
func VisitsOf(ctx context.Context, q store.Querier, sample int64) ([]Visit, error) {
	return store.All(ctx, q, scanVisit, visitColumns+` where v.sample = $1 order by v.stratum, v.id`, sample)
}

// VisitsTo lists the visits to a finding, by due day.
func VisitsTo(ctx context.Context, q store.Querier, finding int64) ([]Visit, error) {
	return store.All(ctx, q, scanVisit, visitColumns+` where v.finding = $1 order by v.due, v.id`, finding)
}

// OpenVisits lists the visits to be made by a day that who sees, by due day.
func OpenVisits(ctx context.Context, q store.Querier, who org.Person, until string) ([]Visit, error) {
	where, args := who.Under("u.path", until)
	return store.All(ctx, q, scanVisit, visitColumns+` where v.result = '' and v.due <= $1 and `+where+` order by v.due, v.id`, args...)
}

// VisitByID reads one visit that who sees, or [store.ErrNotFound].
func VisitByID(ctx context.Context, q store.Querier, who org.Person, id int64) (Visit, error) {
	where, args := who.Under("u.path", id)
	return store.One(ctx, q, scanVisit, visitColumns+` where v.id = $1 and `+where, args...)
}

// MayVisit tells, with [org.Denied] or [Invalid], whether who may say what a look at the finding found.
func MayVisit(ctx context.Context, q store.Querier, who org.Person, f Finding) error {
	if err := who.Check(org.Visit, f.Unit); err != nil {
		return err
	}
	return othersLook(ctx, q, who, f)
}

// othersLook refuses whoever had a hand in the closing that is looked at.
func othersLook(ctx context.Context, q store.Querier, who org.Person, f Finding) error {
	if f.Closing == 0 {
		return nil
	}
	c, err := ClosingByID(ctx, q, f.Closing)
	if err != nil {
		return err
	}
	if who.ID == c.Applied.Staff || who.ID == c.Reviewed.Staff || who.ID == c.Signed.Staff {
		return Invalid{Field: "回访", What: "销号时您办过其中一步，请换人回访"}
	}
	return nil
}

// RecordVisit says what a look at a closed finding found. Nobody looks at what they closed themselves. What has slipped is a relapse.
func RecordVisit(ctx context.Context, db *store.DB, who org.Person, id, version int64, result, said string) error {
	said = strings.TrimSpace(said)
	return db.Write(ctx, func(tx *store.Tx) error {
		v, err := VisitByID(ctx, tx, who, id)
		if err != nil {
			return err
		}
		if err := who.Check(org.Visit, v.Unit); err != nil {
			return err
		}
		switch {
		case v.Result == result && v.Said == said:
			return nil
		case v.Result != "":
			return Invalid{Field: "回访结果", What: v.By + "已经登记过，不能再改"}
		case result != VisitHeld && result != VisitPartly && result != VisitSlipped:
			return Invalid{Field: "回访结果", What: "请选“真解决”“部分解决”或“没解决或反弹”"}
		case said == "":
			return Invalid{Field: "看到的情况", What: "请写明看了哪里、问了谁、见到什么"}
		}
		if err := tx.Lock(ctx, "finding", v.Finding); err != nil {
			return err
		}
		f, err := anyFinding(ctx, tx, v.Finding)
		if err != nil {
			return err
		}
		if err := othersLook(ctx, tx, who, f); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update lookback set result = $3, said = $4, done = $5, staff = $6, version = version + 1 where id = $1 and version = $2`,
			id, version, result, said, dayOf(tx), who.ID)
		if err != nil {
			return fmt.Errorf("record visit: %w", err)
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "finding", v.Finding)
		}
		if err := tellFinding(ctx, tx, who, f, "回头看", journal.Change{Field: "结果", To: VisitWord(result)}, journal.Change{Field: "看到的情况", To: said}); err != nil {
			return err
		}
		if result == VisitSlipped && f.Closing != 0 {
			return relapse(ctx, tx, who, &f, CauseLookback, said)
		}
		return nil
	})
}
