package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// Upkeep (长期坚持) is the second clock of a finding: it runs from the closing until a decision ends it or a relapse breaks it.
type Upkeep struct {
	ID      int64
	Finding int64
	Closing int64
	Starts  string
	Ends    string // empty while it runs
	State   string // running ended relapsed voided
	Reason  string
	Version int64
	Duties  []int64 // whose occurrences are its pulse
}

func scanUpkeep(rows *sql.Rows, u *Upkeep) error {
	return rows.Scan(&u.ID, &u.Finding, &u.Closing, &u.Starts, &u.Ends, &u.State, &u.Reason, &u.Version)
}

const upkeepColumns = `select id, finding, closing, starts, ends, state, reason, version from upkeep`

// UpkeepOf reads the latest upkeep of a finding; the zero Upkeep when there was none.
func UpkeepOf(ctx context.Context, q store.Querier, finding int64) (Upkeep, error) {
	list, err := store.All(ctx, q, scanUpkeep, upkeepColumns+` where finding = $1 order by id desc limit 1`, finding)
	if err != nil || len(list) == 0 {
		return Upkeep{}, err
	}
	u := list[0]
	u.Duties, err = store.All(ctx, q, store.Value[int64], `select duty from upkeep_duty where upkeep = $1 order by duty`, u.ID)
	return u, err
}

// watchRule is how often a closed finding is looked at that has no recurring duty of its own (M05: by default every quarter).
const watchRule = "FREQ=MONTHLY;INTERVAL=3"

// startUpkeep begins the second clock. Its pulse are the recurring duties of the finding; where there are none, the leader who
// reviewed the closing looks every quarter.
func startUpkeep(ctx context.Context, tx *store.Tx, cal calendar.Calendar, who org.Person, f Finding, c Closing) error {
	id, day := tx.ID(), dayOf(tx)
	_, err := tx.Exec(ctx, `insert into upkeep (id, finding, closing, starts, ends, state, reason, staff, version) values ($1, $2, $3, $4, '', 'running', '', 0, 1)`,
		id, f.ID, c.ID, day)
	if err != nil {
		return fmt.Errorf("start upkeep: %w", err)
	}
	duties, err := duty.OfFinding(ctx, tx, f.ID)
	if err != nil {
		return err
	}
	duties = slices.DeleteFunc(duties, func(d duty.Duty) bool { return d.State == duty.Stopped || !d.Recurs() })
	if len(duties) == 0 {
		d, err := watchDuty(ctx, tx, cal, who, f, c)
		if err != nil {
			return err
		}
		duties = append(duties, d)
	}
	for _, d := range duties {
		if _, err := tx.Exec(ctx, `insert into upkeep_duty (upkeep, duty) values ($1, $2)`, id, d.ID); err != nil {
			return fmt.Errorf("start upkeep: %w", err)
		}
	}
	return tellFinding(ctx, tx, who, f, "转长期坚持", journal.Change{Field: "检查任务", To: fmt.Sprintf("%d项", len(duties))})
}

func watchDuty(ctx context.Context, tx *store.Tx, cal calendar.Calendar, who org.Person, f Finding, c Closing) (duty.Duty, error) {
	looks, err := org.PersonByID(ctx, tx, c.Reviewed.Staff, dayOf(tx))
	if err != nil {
		return duty.Duty{}, err
	}
	rules, err := LoadRules(ctx, tx)
	if err != nil {
		return duty.Duty{}, err
	}
	rule, err := calendar.ParseRule(watchRule)
	if err != nil {
		return duty.Duty{}, err
	}
	return duty.Give(ctx, tx, cal, who, duty.Duty{Finding: f.ID, Home: f.Unit.ID, Unit: looks.Unit, Staff: looks.ID, Name: looks.Name, Part: duty.Watch,
		Title: "看一看有没有反弹：" + TaskTitle(f.Title), Rule: rule.String(), Starts: tx.Now.AddDate(0, 0, 1).Format(time.DateOnly), Grace: rules.Grace}, "")
}

// ChooseChecks says which recurring duties are the pulse of a running upkeep.
func ChooseChecks(ctx context.Context, db *store.DB, who org.Person, finding int64, duties []int64) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		f, err := ByID(ctx, tx, who, finding)
		if err != nil {
			return err
		}
		if err := who.Check(org.Assign, f.Unit); err != nil {
			return err
		}
		u, err := UpkeepOf(ctx, tx, finding)
		if err != nil {
			return err
		}
		if u.State != "running" {
			return Invalid{Field: "长期坚持", What: "这个问题现在不在长期坚持期"}
		}
		if len(duties) == 0 {
			return Invalid{Field: "检查任务", What: "至少选一项任务，否则看不出有没有反弹"}
		}
		slices.Sort(duties)
		if slices.Equal(duties, u.Duties) {
			return nil
		}
		all, err := duty.OfFinding(ctx, tx, finding)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from upkeep_duty where upkeep = $1`, u.ID); err != nil {
			return fmt.Errorf("choose checks: %w", err)
		}
		for _, id := range slices.Compact(duties) {
			if !slices.ContainsFunc(all, func(d duty.Duty) bool { return d.ID == id && d.Recurs() && d.State != duty.Stopped }) {
				return Invalid{Field: "检查任务", What: "只能选本问题还在进行的常态任务"}
			}
			if _, err := tx.Exec(ctx, `insert into upkeep_duty (upkeep, duty) values ($1, $2)`, u.ID, id); err != nil {
				return fmt.Errorf("choose checks: %w", err)
			}
		}
		return tellFinding(ctx, tx, who, f, "选定检查任务", journal.Change{Field: "检查任务", From: fmt.Sprintf("%d项", len(u.Duties)), To: fmt.Sprintf("%d项", len(duties))})
	})
}

// keepsPulse refuses to stop the last duty that a running upkeep is watched by: the second clock ends by decision alone.
func keepsPulse(ctx context.Context, tx *store.Tx, id int64) error {
	d, err := duty.ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	u, err := UpkeepOf(ctx, tx, d.Finding)
	if err != nil || u.State != "running" || !slices.Contains(u.Duties, id) {
		return err
	}
	all, err := duty.OfFinding(ctx, tx, d.Finding)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(x duty.Duty) bool {
		return x.ID != id && x.State != duty.Stopped && slices.Contains(u.Duties, x.ID)
	}) {
		return nil
	}
	return Invalid{Field: "停止", What: "长期坚持靠这项任务看有没有反弹。请先另选检查任务，或由书记决定转入常态"}
}

// EndUpkeep ends the second clock by decision (转入常态), which is the only way it ends well.
func EndUpkeep(ctx context.Context, db *store.DB, who org.Person, finding int64, reason string) error {
	reason = strings.TrimSpace(reason)
	return db.Write(ctx, func(tx *store.Tx) error {
		f, err := ByID(ctx, tx, who, finding)
		if err != nil {
			return err
		}
		if err := who.Check(org.End, f.Unit); err != nil {
			return err
		}
		u, err := UpkeepOf(ctx, tx, finding)
		if err != nil {
			return err
		}
		switch {
		case u.State == "ended" && u.Reason == reason:
			return nil
		case u.State != "running":
			return Invalid{Field: "长期坚持", What: "这个问题现在不在长期坚持期"}
		case reason == "":
			return Invalid{Field: "理由", What: "请写明为什么可以转入常态、依据什么"}
		}
		if err := endUpkeep(ctx, tx, who, finding, "ended", reason); err != nil {
			return err
		}
		duties, err := duty.OfFinding(ctx, tx, finding)
		if err != nil {
			return err
		}
		for _, d := range duties {
			if err := duty.Stop(ctx, tx, who, d.ID, "已转入常态："+reason); err != nil {
				return err
			}
		}
		next := f.clone()
		next.State = Done
		return save(ctx, tx, who, org.Names{}, "转入常态", f, next)
	})
}

func endUpkeep(ctx context.Context, tx *store.Tx, who org.Person, finding int64, state, reason string) error {
	_, err := tx.Exec(ctx, `update upkeep set state = $2, ends = $3, reason = $4, staff = $5, version = version + 1 where finding = $1 and state = 'running'`,
		finding, state, dayOf(tx), reason, who.ID)
	if err != nil {
		return fmt.Errorf("end upkeep: %w", err)
	}
	duties, err := duty.OfFinding(ctx, tx, finding)
	if err != nil {
		return err
	}
	for _, d := range duties {
		if d.Part != duty.Watch { // there is nothing to look after any more; what is done for the measures goes on
			continue
		}
		if err := duty.Stop(ctx, tx, who, d.ID, reason); err != nil {
			return err
		}
	}
	return nil
}

// Beat is one settled occurrence of a pulse.
type Beat struct {
	Duty int64
	Due  string
	Held bool
}

// Pulse is how well a closed finding is kept up.
type Pulse struct {
	Due, Held int    // of the last twelve months
	Run       int    // the longest present run of failures of one duty
	Streak    int    // how many in a row were held, over all duties
	Cause     string // missed or rate, when it is a relapse; else empty
}

// Share is the percentage held, 100 while nothing was due.
func (p Pulse) Share() int {
	if p.Due == 0 {
		return 100
	}
	return 100 * p.Held / p.Due
}

// TakePulse judges the beats of an upkeep on a day (C5 persistence): a relapse is so many failures of one duty in a row, or two and
// more failures with a share held below the limit over twelve months. Beats come by due day.
func TakePulse(rules Rules, beats []Beat, today string) Pulse {
	var p Pulse
	run := map[int64]int{}
	from := addMonths(today, -12)
	for _, b := range beats {
		if b.Held {
			run[b.Duty] = 0
			p.Streak++
		} else {
			run[b.Duty]++
			p.Streak = 0
		}
		if b.Due > from {
			p.Due++
			if b.Held {
				p.Held++
			}
		}
	}
	for _, n := range run {
		p.Run = max(p.Run, n)
	}
	switch {
	case p.Run >= rules.Misses:
		p.Cause = CauseMissed
	case p.Due-p.Held >= 2 && p.Share() < rules.Share:
		p.Cause = CauseRate
	}
	return p
}

// Beats lists the settled occurrences of an upkeep since it started, by due day.
func (u Upkeep) Beats(list []duty.Occurrence) []Beat {
	var beats []Beat
	for _, o := range list {
		if !slices.Contains(u.Duties, o.Duty) || o.Due < u.Starts {
			continue
		}
		switch {
		case o.Standing == duty.Missed || o.Timing == duty.MadeUp: // also while what makes up for it is being looked at
			beats = append(beats, Beat{o.Duty, o.Due, false})
		case o.Standing == duty.Done:
			beats = append(beats, Beat{o.Duty, o.Due, o.Result != duty.Slipped})
		}
	}
	return beats
}

// watch looks at the pulse of a finding and reopens it when it is a relapse.
func watch(ctx context.Context, tx *store.Tx, rules Rules, finding int64) error {
	if err := tx.Lock(ctx, "finding", finding); err != nil { // it relapses once, whoever looks at the same moment
		return err
	}
	u, err := UpkeepOf(ctx, tx, finding)
	if err != nil || u.State != "running" {
		return err
	}
	list, err := duty.List(ctx, tx, duty.Filter{Finding: finding, DueFrom: u.Starts})
	if err != nil {
		return err
	}
	p := TakePulse(rules, u.Beats(list), dayOf(tx))
	if p.Cause == "" {
		return nil
	}
	f, err := anyFinding(ctx, tx, finding)
	if err != nil {
		return err
	}
	why := fmt.Sprintf("同一任务连续%d次没有坚持住", p.Run)
	if p.Cause == CauseRate {
		why = fmt.Sprintf("近十二个月应办%d次，坚持%d次，坚持率%d%%，低于%d%%", p.Due, p.Held, p.Share(), rules.Share)
	}
	return relapse(ctx, tx, org.Program, &f, p.Cause, why)
}

// WatchAll looks at the pulse of every running upkeep in which something was not held.
func WatchAll(ctx context.Context, db *store.DB) error {
	rules, err := LoadRules(ctx, db)
	if err != nil {
		return err
	}
	running, err := store.All(ctx, db, store.Value[int64], `select distinct k.finding from upkeep k join upkeep_duty x on x.upkeep = k.id
		join occurrence o on o.duty = x.duty and o.due >= k.starts
		where k.state = 'running' and (o.state = 'missed' or o.timing = 'madeup' or o.result = 'slipped') order by k.finding`)
	if err != nil {
		return err
	}
	for _, id := range running {
		if err := db.Write(ctx, func(tx *store.Tx) error { return watch(ctx, tx, rules, id) }); err != nil {
			return err
		}
	}
	return nil
}

// The causes of a relapse.
const (
	CauseMissed    = "missed"    // failures in a row
	CauseRate      = "rate"      // too small a share held in twelve months
	CauseLookback  = "lookback"  // found by a look-back
	CauseVillagers = "villagers" // villagers say it is not fixed
	CauseDecision  = "decision"  // reopened by decision
)

// Relapse (反弹) is one time that a closed finding came back.
type Relapse struct {
	Day   string
	Cause string
	Text  string
}

// RelapsesOf lists the relapses of a finding, the first first.
func RelapsesOf(ctx context.Context, q store.Querier, finding int64) ([]Relapse, error) {
	return store.All(ctx, q, func(rows *sql.Rows, r *Relapse) error { return rows.Scan(&r.Day, &r.Cause, &r.Text) },
		`select day, cause, text from relapse where finding = $1 order by id`, finding)
}

// relapse reopens a closed finding because it came back: counted against it, with a new deadline and a task to put it right.
func relapse(ctx context.Context, tx *store.Tx, who org.Person, f *Finding, cause, text string) error {
	rules, err := LoadRules(ctx, tx)
	if err != nil {
		return err
	}
	day := dayOf(tx)
	_, err = tx.Exec(ctx, `insert into relapse (id, finding, closing, day, cause, text, staff) values ($1, $2, $3, $4, $5, $6, $7)`,
		tx.ID(), f.ID, f.Closing, day, cause, text, who.ID)
	if err != nil {
		return fmt.Errorf("relapse: %w", err)
	}
	if err := endUpkeep(ctx, tx, who, f.ID, "relapsed", text); err != nil {
		return err
	}
	if err := dropEffectVisits(ctx, tx, f.ID); err != nil {
		return err
	}
	next := f.clone()
	next.Closing, next.State, next.Relapsed = 0, Doing, true
	next.Relapses++
	next.Due = tx.Now.AddDate(0, 0, rules.AgainDays).Format(time.DateOnly)
	if err := save(ctx, tx, who, org.Names{}, "反弹", *f, next); err != nil {
		return err
	}
	if err := tellFinding(ctx, tx, who, *f, "反弹", journal.Change{Field: "原因", To: text}); err != nil {
		return err
	}
	*f = next
	return giveAgain(ctx, tx, who, next, text)
}

// giveAgain gives whoever led the first measure that still stands the task of putting a relapsed finding right.
func giveAgain(ctx context.Context, tx *store.Tx, who org.Person, f Finding, why string) error {
	duties, err := duty.OfFinding(ctx, tx, f.ID)
	if err != nil {
		return err
	}
	for _, d := range duties {
		if d.Part != duty.Lead || !slices.ContainsFunc(f.Measures, func(m Measure) bool { return m.ID == d.Measure }) {
			continue
		}
		again := duty.Duty{Finding: f.ID, Measure: d.Measure, Home: d.Home, Unit: d.Unit, Post: d.Post, Staff: d.Staff, Name: d.Name, Part: duty.Lead,
			Title: "反弹再整改：" + TaskTitle(why), Reviewed: true}
		_, err := duty.Give(ctx, tx, calendar.Calendar{}, who, again, f.Due)
		return err
	}
	return nil
}

// ReopenFinding opens a closed finding again by decision (重启), with the reason. It counts as a relapse.
func ReopenFinding(ctx context.Context, db *store.DB, who org.Person, finding, version int64, reason string) error {
	reason = strings.TrimSpace(reason)
	return db.Write(ctx, func(tx *store.Tx) error {
		f, err := ByID(ctx, tx, who, finding)
		if err != nil {
			return err
		}
		if err := who.Check(org.Reopen, f.Unit); err != nil {
			return err
		}
		switch {
		case f.Closing == 0:
			return Invalid{Field: "重新打开", What: "这个问题没有销号，不用重新打开"}
		case reason == "":
			return Invalid{Field: "理由", What: "请写明发现了什么"}
		case f.Version != version:
			return journal.StaleRow(ctx, tx, "finding", finding)
		}
		return relapse(ctx, tx, who, &f, CauseDecision, reason)
	})
}

func addMonths(day string, n int) string {
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return d.AddDate(0, n, 0).Format(time.DateOnly)
}
