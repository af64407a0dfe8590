package lead

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// Audit is a sample of people whom a screening did not find, looked at all the same: it tells how many a screening misses.
type Audit struct {
	ID         int64
	Kind       AuditKind
	Unit       int64
	Screening  int64
	Seed       string
	Population int // people of the frame (see AuditKind) whom it did not find, in all villages
	Found      int // whom it found, wrong ones left out
	Age        int // from this age on
	Drawn      int
	Entered    time.Time
	Version    int64
}

// AuditKind is what an audit looks for.
type AuditKind string

// The kinds. An audit for 应享未享 draws from everybody of age in the register, one for 不应享而享 from everybody of the register who was
// paid by the rolls of the screening.
const (
	AuditMissed AuditKind = "missed"
	AuditUndue  AuditKind = "undue"
)

// AuditKinds are all kinds.
var AuditKinds = []AuditKind{AuditMissed, AuditUndue}

// AuditResult is what looking at somebody may show.
type AuditResult struct{ Result, Word string }

// auditKinds is what there is to know of each kind. rules are those whose hits are what it looks for, as SQL lists them. Who could not be
// found says nothing.
var auditKinds = map[AuditKind]struct {
	word    string
	results []AuditResult
	rules   string
}{
	AuditMissed: {"应享未享", []AuditResult{{"right", "没有漏：在领，或不符合"}, {"missed", "漏了：符合，没有领"}, {"unknown", "没找到人"}}, `'HL-01', 'HL-12'`},
	AuditUndue:  {"不应享而享", []AuditResult{{"right", "没有漏：该领，数也对"}, {"missed", "漏了：不该领，或领多了"}, {"unknown", "没找到人"}}, `'HL-02', 'HL-03', 'HL-04', 'HL-05', 'HL-06', 'HL-10'`},
}

// Word is how a kind is called.
func (k AuditKind) Word() string { return auditKinds[k].word }

// Results are what looking at somebody may show.
func (k AuditKind) Results() []AuditResult { return auditKinds[k].results }

// Audited is one person of the sample.
type Audited struct {
	ID      int64
	Audit   int64
	Village int64 // 0 when unknown
	Place   string
	Stratum int    // people of the village to draw from
	Number  string // whole; show it with [vault.MaskNumber]
	Name    string
	Birth   string
	Source  HitSource
	Result  string // see [AuditKind.Results]; empty until looked at
	Said    string
	Checked string
	Version int64
}

// AuditEach is how many people are drawn in each village unless somebody says otherwise.
const AuditEach = 5

// mostAuditEach is how many are drawn in each at most.
const mostAuditEach = 50

// DrawAudit draws people whom a screening did not find, so many in each village. Who is drawn follows from the seed, the files and the
// screening alone, so that anybody can draw again. None of the lists may be deleted yet.
func DrawAudit(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, run int64, kind AuditKind, seed string, each int) (int64, error) {
	s, err := ScreeningByID(ctx, v, house, who, run)
	if err != nil {
		return 0, err
	}
	town, err := org.UnitByID(ctx, house, s.Unit)
	if err != nil {
		return 0, err
	}
	if err := who.Check(org.Screen, town); err != nil {
		return 0, err
	}
	about, known := auditKinds[kind]
	switch seed = strings.TrimSpace(seed); {
	case !known:
		return 0, org.Invalid{Field: "看什么", What: "请选一项"}
	case s.State == ScreeningDiscarded:
		return 0, org.Invalid{Field: "筛查", What: "已经作废，不能抽样"}
	case s.State != ScreeningDone:
		return 0, org.Invalid{Field: "筛查", What: "筛查还没有完成"}
	case !auditable(s.Params):
		return 0, org.Invalid{Field: "筛查", What: "这次筛查没有用项目规定，不能抽样"}
	case seed == "" || len(seed) > 60:
		return 0, org.Invalid{Field: "随机种子", What: "请写一串字或数字，不超过60个字符；同样的种子抽到同样的人"}
	case each < 1 || each > mostAuditEach:
		return 0, org.Invalid{Field: "每村人数", What: fmt.Sprintf("请写 1 到 %d", mostAuditEach)}
	}
	if err := vault.CheckText("随机种子", seed); err != nil {
		return 0, err
	}
	frame, register, err := s.frame(ctx, v, kind)
	if err != nil {
		return 0, err
	}
	at, err := placesOf(ctx, house, s.Unit)
	if err != nil {
		return 0, err
	}
	var id int64
	err = v.Write(ctx, func(tx *store.Tx) error {
		if err := lockRun(ctx, tx, run, "不能抽样"); err != nil {
			return err
		}
		same, err := store.All(ctx, tx, store.Value[int64], `select id from audit where screening = $1 and seed = $2 and kind = $3`, run, seed, kind)
		if err != nil {
			return err
		}
		if len(same) > 0 {
			id = same[0]
			return nil
		}
		found, count, err := s.foundPeople(ctx, tx, about.rules)
		if err != nil {
			return err
		}
		frame = slices.DeleteFunc(frame, func(h screening.Hit) bool { return found[v.Index("number", strings.ToUpper(h.ID))] })
		drawn := drawEach(frame, at, seed+"/"+register.Hash, each)
		id = tx.ID()
		_, err = tx.Exec(ctx, `insert into audit (id, unit, screening, kind, seed, dataset, hash, population, found, age, drawn, staff, entered, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1)`,
			id, s.Unit, run, kind, seed, register.ID, register.Hash, len(frame), count, s.Params.Threshold, len(drawn), who.ID, tx.Now.UnixMilli())
		if err != nil {
			return fmt.Errorf("draw audit: %w", err)
		}
		for i, d := range drawn {
			source, err := json.Marshal(d.source(s.Datasets))
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `insert into audit_person (id, audit, ord, village, place, stratum, number, name, birth, source, result, said, checked, staff, version)
				values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', '', '', 0, 1)`,
				tx.ID(), id, i+1, d.village, vault.MaskIn(d.Village), d.stratum, v.Seal("audit_person.number", d.ID), vault.MaskIn(d.Name), d.Birth, string(source))
			if err != nil {
				return fmt.Errorf("draw audit: %w", err)
			}
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "抽样", Kind: "audit", Row: id, Changes: []journal.Change{
			{Field: "筛查", To: s.Title()}, {Field: "看什么", To: about.word}, {Field: "随机种子", To: seed}, {Field: "名单", To: register.Hash}, {Field: "人数", To: fmt.Sprintf("%d人中抽%d人", len(frame), len(drawn))}}})
	})
	return id, err
}

// auditable tells whether a screening knew from which age and month on somebody is entitled, as HL-01 must.
func auditable(p screening.Params) bool { return len(p.Lacks(RuleOf("HL-01"))) == 0 }

// Auditable lists, of the screenings of [Runs], those that a sample can be drawn on: they took the terms of a programme.
func Auditable(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person) ([]Run, error) {
	runs, err := Runs(ctx, v, house, who)
	if err != nil {
		return nil, err
	}
	type frozen struct {
		id     int64
		params screening.Params
	}
	list, err := store.All(ctx, v, func(rows *sql.Rows, f *frozen) error {
		var text string
		if err := rows.Scan(&f.id, &text); err != nil || text == "" {
			return err
		}
		return json.Unmarshal([]byte(text), &f.params)
	}, `select id, params from screening where state = 'done'`)
	able := map[int64]bool{}
	for _, f := range list {
		able[f.id] = auditable(f.params)
	}
	return slices.DeleteFunc(runs, func(r Run) bool { return !able[r.ID] }), err
}

// frame lists whom an audit is drawn from, the lists of deaths left out. For 应享未享 that is everybody of the register of a screening who is
// of age, registered and not marked as gone: those whom HL-01 would find if nobody were on the roll; a false death is what makes a screening
// miss somebody. For 不应享而享 everybody of it whom the rolls pay: those whom HL-03 finds when nobody is old enough.
func (s Screening) frame(ctx context.Context, v *vault.Vault, kind AuditKind) ([]screening.Hit, UsedDataset, error) {
	all, err := s.input(ctx, v)
	if err != nil {
		return nil, UsedDataset{}, err
	}
	in := screening.Input{Params: s.Params, Rules: []string{"HL-01"}, Places: true}
	if kind == AuditUndue {
		in.Rules, in.Params.Threshold, in.Params.Tiers = []string{"HL-03"}, oldest, nil
	}
	var register UsedDataset
	rolls := 0
	for i, u := range s.Datasets {
		switch {
		case u.Kind == screening.Residents:
			in.Lists, register = append(in.Lists, all.Lists[i]), u
		case u.Kind == screening.Roll && kind == AuditUndue:
			in.Lists, rolls = append(in.Lists, all.Lists[i]), rolls+1
		}
	}
	switch {
	case register.ID == 0:
		return nil, register, org.Invalid{Field: "筛查", What: "这次筛查没有用户籍名单，不能抽样"}
	case kind == AuditUndue && rolls == 0:
		return nil, register, org.Invalid{Field: "筛查", What: "这次筛查没有用发放册，抽不了在领的人"}
	case kind == AuditMissed:
		// A roll on which nobody of the register is: its one line is of nobody.
		roll := "姓名,身份证号,发放月份,发放金额\n无,990000190001010019," + s.AsOf[:7] + ",1\n"
		in.Lists = append(in.Lists, screening.List{Kind: screening.Roll, File: "空册.csv", Data: strings.NewReader(roll), Size: int64(len(roll))})
	}
	report, err := screening.Run(ctx, in)
	if err != nil {
		return nil, register, unreadable(err)
	}
	people := slices.DeleteFunc(report.Hits, func(h screening.Hit) bool { return h.Rule != in.Rules[0] || h.ID == "" })
	slices.SortFunc(people, func(a, b screening.Hit) int { return cmp.Compare(a.ID, b.ID) })
	return slices.CompactFunc(people, func(a, b screening.Hit) bool { return a.ID == b.ID }), register, nil
}

// oldest is an age that nobody on a roll has reached.
const oldest = 120

// foundPeople are those whom a screening found by some rules, by the index of their numbers, and how many of them were not found to be
// wrong. Others whom a hit is about count as found, and are not counted.
func (s Screening) foundPeople(ctx context.Context, q store.Querier, rules string) (map[string]bool, int, error) {
	type found struct {
		index   string
		outcome Outcome
	}
	list, err := store.All(ctx, q, func(rows *sql.Rows, f *found) error { return rows.Scan(&f.index, &f.outcome) },
		`select h.number_index, coalesce((select max(x.outcome) from verification x where x.hit = h.id and x.returned = 0 and x.confirmed <> 0), '')
			from hit h where h.screening = $1 and h.rule in (`+rules+`)`, s.ID)
	if err != nil {
		return nil, 0, err
	}
	people, right := map[string]bool{}, map[string]bool{}
	for _, f := range list {
		people[f.index] = true
		if !f.outcome.Wrong() { // one of several hits is enough
			right[f.index] = true
		}
	}
	others, err := store.All(ctx, q, store.Value[string], `select o.number_index from hit_other o join hit h on h.id = o.hit where h.screening = $1 and h.rule in (`+rules+`)`, s.ID)
	for _, index := range others {
		people[index] = true
	}
	return people, len(right), err
}

// drawnPerson is somebody drawn, with the village.
type drawnPerson struct {
	screening.Hit
	village int64
	stratum int
}

// source is the row of the register that somebody stands in: the first place to look for him.
func (d drawnPerson) source(used []UsedDataset) HitSource {
	for _, x := range d.Sources {
		for _, u := range used {
			if u.Cited == x.File && u.Kind == screening.Residents {
				return HitSource{u.Kind, u.ID, u.Name, x.Sheet, x.Row}
			}
		}
	}
	return HitSource{}
}

// drawEach draws so many people in each village. People come in the order of their numbers.
func drawEach(people []screening.Hit, at places, seed string, each int) []drawnPerson {
	strata := map[int64][]screening.Hit{}
	var order []int64
	for _, h := range people {
		u := at.village(h.Village).ID
		if strata[u] == nil {
			order = append(order, u)
		}
		strata[u] = append(strata[u], h)
	}
	slices.Sort(order)
	var drawn []drawnPerson
	for _, u := range order {
		list := strata[u]
		random := rand.New(rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "%s/%d", seed, u))))
		places := random.Perm(len(list))[:min(each, len(list))]
		slices.Sort(places)
		for _, i := range places {
			drawn = append(drawn, drawnPerson{list[i], u, len(list)})
		}
	}
	return drawn
}

const auditColumns = `select id, kind, unit, screening, seed, population, found, age, drawn, entered, version from audit`

func scanAudit(rows *sql.Rows, a *Audit) error {
	var entered int64
	err := rows.Scan(&a.ID, &a.Kind, &a.Unit, &a.Screening, &a.Seed, &a.Population, &a.Found, &a.Age, &a.Drawn, &entered, &a.Version)
	a.Entered = time.UnixMilli(entered)
	return err
}

// Audits lists the audits of towns within reach of who confirms hits there, the newest first. Those of discarded screenings say nothing.
func Audits(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person) ([]Audit, error) {
	units, err := reach(ctx, house, who, org.Confirm)
	if err != nil {
		return nil, err
	}
	list, err := store.All(ctx, v, scanAudit, auditColumns+` where screening not in (select id from screening where state = 'discarded') order by id desc limit 200`)
	return slices.DeleteFunc(list, func(a Audit) bool { return !slices.Contains(units, a.Unit) }), err
}

// AuditByID reads an audit with whom it drew, or fails with [store.ErrNotFound].
func AuditByID(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, id int64) (Audit, []Audited, error) {
	a, err := store.One(ctx, v, scanAudit, auditColumns+` where id = $1`, id)
	if err != nil {
		return a, nil, err
	}
	town, err := org.UnitByID(ctx, house, a.Unit)
	if err != nil {
		return a, nil, err
	}
	if who.Check(org.Confirm, town) != nil {
		return Audit{}, nil, store.ErrNotFound
	}
	people, err := auditedOf(ctx, v, v, id)
	return a, people, err
}

func auditedOf(ctx context.Context, v *vault.Vault, q store.Querier, audit int64) ([]Audited, error) {
	return store.All(ctx, q, func(rows *sql.Rows, p *Audited) error {
		var number, said, source string
		err := rows.Scan(&p.ID, &p.Audit, &p.Village, &p.Place, &p.Stratum, &number, &p.Name, &p.Birth, &source, &p.Result, &said, &p.Checked, &p.Version)
		if err != nil {
			return err
		}
		if p.Number, err = v.Unseal("audit_person.number", number); err != nil {
			return err
		}
		if p.Said, err = v.Unseal("audit_person.said", said); err != nil {
			return err
		}
		return json.Unmarshal([]byte(source), &p.Source)
	}, `select id, audit, village, place, stratum, number, name, birth, source, result, said, checked, version from audit_person where audit = $1 order by ord`, audit)
}

// EnterAudit records what looking at somebody of a sample showed. Of a discarded screening it says nothing any more and is refused.
func EnterAudit(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, audit, id, version int64, result, said string) error {
	a, people, err := AuditByID(ctx, v, house, who, audit)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(people, func(p Audited) bool { return p.ID == id })
	if i < 0 {
		return store.ErrNotFound
	}
	p := people[i]
	said = strings.TrimSpace(said)
	word := ""
	for _, r := range a.Kind.Results() {
		if r.Result == result {
			word = r.Word
		}
	}
	switch {
	case p.Result == result && p.Said == said:
		return nil // done already
	case word == "":
		return org.Invalid{Field: "结果", What: "请选一项"}
	case result == "missed" && said == "":
		return org.Invalid{Field: "情况", What: "漏了的请写一句：凭什么这么说"}
	}
	if err := vault.CheckText("情况", said); err != nil {
		return err
	}
	return v.Write(ctx, func(tx *store.Tx) error {
		if err := lockRun(ctx, tx, a.Screening, "抽到的人不用再看"); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update audit_person set result = $3, said = $4, checked = $5, staff = $6, version = version + 1 where id = $1 and version = $2`,
			id, version, result, v.Seal("audit_person.said", said), dayOf(tx), who.ID)
		if err != nil {
			return fmt.Errorf("enter audit: %w", err)
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "audit_person", id)
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "抽查", Kind: "audit_person", Row: id,
			Changes: []journal.Change{{Field: "抽样", To: a.Seed}, {Field: "谁", To: vault.MaskName(p.Name)}, {Field: "结果", From: p.Result, To: word}}})
	})
}

// Estimate reckons from a sample how many the screening missed. Who could not be found says nothing.
func (a Audit) Estimate(people []Audited) Estimate {
	var strata []stratum
	at := map[int64]int{}
	for _, p := range people {
		i, ok := at[p.Village]
		if !ok {
			i = len(strata)
			at[p.Village] = i
			strata = append(strata, stratum{people: p.Stratum})
		}
		switch p.Result {
		case "missed":
			strata[i].looked++
			strata[i].missed++
		case "right":
			strata[i].looked++
		}
	}
	return estimate(strata, a.Found)
}
