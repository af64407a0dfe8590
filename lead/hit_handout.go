package lead

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// Handout says who checks the new hits of one village.
type Handout struct {
	Village int64
	Staff   int64
}

// Terms of a handout: so many working days from today unless somebody says otherwise.
const handoutDays = 10

// HandoutDue is the day by which a village checks what it is handed today.
func HandoutDue(cal calendar.Calendar, today string) string { return cal.After(today, handoutDays) }

// Checkers lists who in a village may check hits, in the order of their ids.
func Checkers(ctx context.Context, house store.Querier, village org.Unit, day string) ([]org.Person, error) {
	staff, err := org.StaffIn(ctx, house, village.Path)
	if err != nil {
		return nil, err
	}
	var list []org.Person
	for _, s := range staff {
		p, err := org.PersonByID(ctx, house, s.ID, day)
		if err != nil {
			return nil, err
		}
		if p.Check(org.Verify, village) == nil {
			list = append(list, p)
		}
	}
	return list, nil
}

// handed is a row of handout: what a village is asked to check.
type handed struct {
	ID, Unit, Screening, Village, Finding, Staff, GivenBy, Hits int64
	Due, State                                                  string
	Version                                                     int64
}

const handedColumns = `select id, unit, screening, village, finding, staff, given_by, hits, due, state, version from handout`

func scanHanded(rows *sql.Rows, d *handed) error {
	return rows.Scan(&d.ID, &d.Unit, &d.Screening, &d.Village, &d.Finding, &d.Staff, &d.GivenBy, &d.Hits, &d.Due, &d.State, &d.Version)
}

// HandOut gives the new hits of a screening to people of the villages (交核实): one duty for each village in the house, under a finding
// of the plan. It returns how many hits were handed out; a village that has none left gets nothing.
func HandOut(ctx context.Context, v *vault.Vault, db *store.DB, cal calendar.Calendar, who org.Person, run, finding int64, due string, list []Handout) (int, error) {
	made, n, err := handOut(ctx, v, db, who, run, finding, due, list)
	if err != nil {
		return 0, err
	}
	for _, id := range made {
		if err := settleDuty(ctx, v, db, cal, id); err != nil {
			return n, err
		}
	}
	return n, nil
}

// handOut is the half of [HandOut] that is done among the residents. It returns the duties that the house is to have.
func handOut(ctx context.Context, v *vault.Vault, house *store.DB, who org.Person, run, finding int64, due string, list []Handout) ([]int64, int, error) {
	r, err := RunByID(ctx, v, run)
	if err != nil {
		return nil, 0, err
	}
	town, err := org.UnitByID(ctx, house, r.Unit)
	if err != nil {
		return nil, 0, err
	}
	if err := who.Check(org.Confirm, town); err != nil {
		return nil, 0, err
	}
	if _, err := ledger.MayGive(ctx, house, who, finding); err != nil {
		return nil, 0, err
	}
	today := v.Now().Format(time.DateOnly)
	if _, err := time.Parse(time.DateOnly, due); err != nil || due < today {
		return nil, 0, org.Invalid{Field: "完成时限", What: "请写今天以后的日期，如 2026-04-30"}
	}
	for _, x := range list {
		village, err := org.UnitByID(ctx, house, x.Village)
		if err != nil {
			return nil, 0, org.Invalid{Field: "村", What: "没有这个村，请刷新页面"}
		}
		if !village.Within(town.Path) {
			return nil, 0, org.Invalid{Field: "村", What: village.Name + "不在" + town.Name + "，请刷新页面"}
		}
		p, err := org.PersonByID(ctx, house, x.Staff, today)
		if err != nil || p.Check(org.Verify, village) != nil {
			return nil, 0, org.Invalid{Field: "核实人", What: village.Name + "：请选一个在岗的、能核实疑点的人"}
		}
	}
	var made []int64
	n := 0
	err = v.Write(ctx, func(tx *store.Tx) error {
		made, n = nil, 0
		if err := lockRun(ctx, tx, run, "没有要核实的"); err != nil {
			return err
		}
		for _, x := range list {
			id, got, err := handVillage(ctx, v, tx, who, r, finding, due, x)
			if err != nil {
				return err
			}
			if got > 0 {
				made, n = append(made, id), n+got
			}
		}
		return nil
	})
	return made, n, err
}

// handVillage hands out what is new in one village. Hits that come later go to the duty that stands.
func handVillage(ctx context.Context, v *vault.Vault, tx *store.Tx, who org.Person, r Run, finding int64, due string, x Handout) (int64, int, error) {
	hits, err := store.All(ctx, tx, scanHit(v), `select `+hitColumns+hitFrom+` where h.screening = $1 and h.village = $2 and h.state = 'new' order by h.id`, r.ID, x.Village)
	if err != nil || len(hits) == 0 {
		return 0, 0, err
	}
	open, err := store.All(ctx, tx, scanHanded, handedColumns+` where screening = $1 and village = $2 and state = 'open'`, r.ID, x.Village)
	if err != nil {
		return 0, 0, err
	}
	var id int64
	if len(open) > 0 {
		id, due = open[0].ID, max(open[0].Due, due)
		_, err = tx.Exec(ctx, `update handout set hits = hits + $2, due = $3, version = version + 1 where id = $1`, id, len(hits), due)
	} else {
		id = tx.ID()
		_, err = tx.Exec(ctx, `insert into handout (id, unit, screening, village, finding, staff, given_by, hits, due, state, version)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', 1)`, id, r.Unit, r.ID, x.Village, finding, x.Staff, who.ID, len(hits), due)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("hand out: %w", err)
	}
	for _, h := range hits {
		if err := change(ctx, tx, h.ID, h.Version, `state = 'assigned', duty = $3, due = $4`, id, due); err != nil {
			return 0, 0, err
		}
	}
	return id, len(hits), journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "交办", Kind: "handout", Row: id, Changes: []journal.Change{
		{Field: "筛查", To: r.Word()}, {Field: "疑点", To: fmt.Sprintf("%d条", len(hits))}, {Field: "完成时限", To: due}}})
}

// Handed is what a village was asked to check, with how far it is.
type Handed struct {
	ID        int64 // of the duty
	Run       Run
	Village   int64
	Staff     int64
	Due       string
	Open      bool
	Waiting   int // still to be checked
	Checked   int // wait to be confirmed
	Settled   int
	Escalated int
}

// HandedByID reads what a duty asks to be checked, for who may check there or see the residents of the town; else, and when the duty
// is none of hits, [store.ErrNotFound].
func HandedByID(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, id int64) (Handed, error) {
	list, err := handedList(ctx, v, `d.id = $1`, id)
	if err != nil {
		return Handed{}, err
	}
	if len(list) == 0 {
		return Handed{}, store.ErrNotFound
	}
	village, err := org.UnitByID(ctx, house, list[0].Village)
	if err != nil {
		return Handed{}, err
	}
	if who.Check(org.Residents, village) != nil {
		return Handed{}, store.ErrNotFound
	}
	return list[0], nil
}

// HandedOf lists what was handed out of a screening.
func HandedOf(ctx context.Context, v *vault.Vault, run int64) ([]Handed, error) {
	return handedList(ctx, v, `d.screening = $1`, run)
}

func handedList(ctx context.Context, v *vault.Vault, where string, args ...any) ([]Handed, error) {
	return store.All(ctx, v, func(rows *sql.Rows, d *Handed) error {
		var state string
		r := &d.Run
		err := rows.Scan(&d.ID, &d.Village, &d.Staff, &d.Due, &state, &r.ID, &r.Unit, &r.Programme, &r.Serial, &r.AsOf, &r.Finding, &r.Name,
			&d.Waiting, &d.Checked, &d.Escalated, &d.Settled)
		d.Open = state == "open"
		return err
	}, `select d.id, d.village, d.staff, d.due, d.state, s.id, s.unit, s.programme, s.serial, s.as_of, s.finding, coalesce(p.name, ''),
		count(*) filter (where h.state = 'assigned'), count(*) filter (where h.state = 'checked'), count(*) filter (where h.state = 'escalated'),
		count(*) filter (where h.state in ('confirmed', 'closed', 'suppressed'))
		from handout d join screening s on s.id = d.screening left join programme p on p.id = s.programme left join hit h on h.duty = d.id
		where `+where+` group by d.id, d.village, d.staff, d.due, d.state, s.id, s.unit, s.programme, s.serial, s.as_of, s.finding, p.name order by d.id`, args...)
}

// Settle makes the house follow what stands among the residents: duties are given, reported, decided and prolonged as the hits under
// them are; what nobody could be reached for in time goes up to the town; and hits are closed that were paid or decided. Each command
// does its own part at once. This finishes what a crash left, and may run at any time and any number of times.
func Settle(ctx context.Context, v *vault.Vault, db *store.DB, cal calendar.Calendar) error {
	if err := escalate(ctx, v); err != nil {
		return err
	}
	if err := Follow(ctx, v); err != nil {
		return err
	}
	open, err := store.All(ctx, v, store.Value[int64], `select id from handout where state = 'open' order by id`)
	if err != nil {
		return err
	}
	var failed error
	for _, id := range open { // one that cannot be settled holds up no other
		failed = errors.Join(failed, settleDuty(ctx, v, db, cal, id))
	}
	return failed
}

// settleOf makes the house follow the duty of one hit.
func settleOf(ctx context.Context, v *vault.Vault, db *store.DB, cal calendar.Calendar, hit int64) error {
	ids, err := store.All(ctx, v, store.Value[int64], `select duty from hit where id = $1 and duty <> 0`, hit)
	if err != nil || len(ids) == 0 {
		return err
	}
	return settleDuty(ctx, v, db, cal, ids[0])
}

// escalate gives up to the town what nobody could be reached for within the prolonged term.
func escalate(ctx context.Context, v *vault.Vault) error {
	const over = ` where h.state = 'assigned' and h.extended = 1 and h.due < $1 order by h.id`
	list, err := store.All(ctx, v, scanHit(v), `select `+hitColumns+hitFrom+over, v.Now().Format(time.DateOnly))
	if err != nil || len(list) == 0 {
		return err
	}
	return v.Write(ctx, func(tx *store.Tx) error {
		for _, h := range list {
			n, err := tx.Exec(ctx, `update hit set state = 'escalated', version = version + 1 where id = $1 and version = $2`, h.ID, h.Version)
			if err != nil {
				return fmt.Errorf("escalate: %w", err)
			}
			if n == 0 {
				continue // somebody reached the person this very moment
			}
			if err := journal.Append(ctx, tx, journal.Entry{Who: org.Program.Title(), Verb: "上报", Kind: "hit", Row: h.ID,
				Changes: []journal.Change{{Field: "疑点", To: h.label()}, {Field: "理由", To: "期限已延长一次，到期仍联系不上"}}}); err != nil {
				return err
			}
		}
		return nil
	})
}

// standing is how the hits under a duty stand.
type standing struct {
	waiting, prolonged, checked, all int
	due                              string // the latest of those that wait
}

// settleDuty makes the duty of a village in the house follow its hits. It compares and never counts, so that it may be stopped anywhere
// and done again.
func settleDuty(ctx context.Context, v *vault.Vault, db *store.DB, cal calendar.Calendar, id int64) error {
	// Giving, reporting and deciding may all be owed.
	for range 3 {
		again, err := settleStep(ctx, v, db, cal, id)
		if errors.As(err, new(journal.Stale)) {
			return nil // somebody else is at it; the next comparison looks again
		}
		if err != nil || !again {
			return err
		}
	}
	return nil
}

func settleStep(ctx context.Context, v *vault.Vault, db *store.DB, cal calendar.Calendar, id int64) (again bool, err error) {
	h, err := store.One(ctx, v, scanHanded, handedColumns+` where id = $1`, id)
	if errors.Is(err, store.ErrNotFound) || h.State != "open" {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	st, err := store.One(ctx, v, func(rows *sql.Rows, s *standing) error {
		return rows.Scan(&s.waiting, &s.prolonged, &s.checked, &s.all, &s.due)
	},
		`select count(*) filter (where state = 'assigned'), count(*) filter (where state = 'assigned' and extended = 1), count(*) filter (where state = 'checked'), count(*),
			coalesce(max(due) filter (where state = 'assigned'), '') from hit where duty = $1`, id)
	if err != nil {
		return false, err
	}
	d, err := duty.ByID(ctx, db, id)
	if errors.Is(err, store.ErrNotFound) {
		return true, give(ctx, v, db, cal, h)
	}
	if err != nil {
		return false, err
	}
	list, err := duty.List(ctx, db, duty.Filter{Duty: id})
	if err != nil {
		return false, err
	}
	if d.State == duty.Stopped || len(list) != 1 || list[0].Standing == duty.Cancelled || list[0].Standing == duty.Excused {
		return false, dropHandout(ctx, v, h, "任务已停止或取消")
	}
	o := list[0]
	reported := o.Standing == duty.Reported || o.Standing == duty.Done
	switch {
	case st.waiting == 0 && !reported:
		return true, tell(ctx, v, db, cal, h, o, st)
	case st.waiting == 0 && st.checked == 0 && o.Standing == duty.Reported:
		return true, decide(ctx, v, db, cal, h, o, duty.Decision{Pass: true})
	case st.waiting == 0 && st.checked == 0 && o.Standing == duty.Done:
		return false, finishHandout(ctx, v, h, "done", "都已复核")
	case st.waiting > 0 && st.checked == 0 && o.Standing == duty.Reported:
		return true, decide(ctx, v, db, cal, h, o, duty.Decision{Opinion: fmt.Sprintf("退回%d条，要补什么写在每一条里", st.waiting)})
	case st.waiting > 0 && st.waiting == st.prolonged && o.Due < st.due && !reported:
		return false, db.Write(ctx, func(tx *store.Tx) error {
			return duty.Prolong(ctx, tx, org.Program, id, st.due, "还联系不上的，期限延长一次")
		})
	}
	return false, nil
}

// person is somebody of the record as they are today, or the program when they have left: what they did stays done.
func person(ctx context.Context, db *store.DB, id int64) (org.Person, error) {
	p, err := org.PersonByID(ctx, db, id, db.Now().Format(time.DateOnly))
	if errors.Is(err, store.ErrNotFound) {
		return org.Program, nil
	}
	return p, err
}

// give makes the duty in the house, or drops the handout when it cannot be given any more.
func give(ctx context.Context, v *vault.Vault, db *store.DB, cal calendar.Calendar, h handed) error {
	by, err := person(ctx, db, h.GivenBy)
	if err != nil {
		return err
	}
	to, err := org.PersonByID(ctx, db, h.Staff, db.Now().Format(time.DateOnly))
	if errors.Is(err, store.ErrNotFound) {
		return dropHandout(ctx, v, h, "核实人已不在岗")
	}
	if err != nil {
		return err
	}
	village, err := org.UnitByID(ctx, db, h.Village)
	if err != nil {
		return err
	}
	run, err := RunByID(ctx, v, h.Screening)
	if err != nil {
		return err
	}
	err = db.Write(ctx, func(tx *store.Tx) error {
		return ledger.Give(ctx, tx, cal, by, duty.Duty{ID: h.ID, Finding: h.Finding, Unit: village, Staff: to.ID, Name: to.Name, Part: duty.Lead, Reviewed: true,
			Title: fmt.Sprintf("核实疑点%d条（%s）", h.Hits, run.Word())}, h.Due)
	})
	var bad org.Invalid
	if errors.As(err, &bad) {
		return dropHandout(ctx, v, h, bad.Error())
	}
	return err
}

// drop takes back a handout whose duty is no more: what was not checked is new again.
func dropHandout(ctx context.Context, v *vault.Vault, h handed, why string) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `update hit set state = 'new', duty = 0, due = '', version = version + 1 where duty = $1 and state = 'assigned'`, h.ID); err != nil {
			return fmt.Errorf("drop: %w", err)
		}
		return endHandout(ctx, tx, h, "dropped", why)
	})
}

func finishHandout(ctx context.Context, v *vault.Vault, h handed, state, why string) error {
	return v.Write(ctx, func(tx *store.Tx) error { return endHandout(ctx, tx, h, state, why) })
}

func endHandout(ctx context.Context, tx *store.Tx, h handed, state, why string) error {
	n, err := tx.Exec(ctx, `update handout set state = $2, version = version + 1 where id = $1 and state = 'open'`, h.ID, state)
	if err != nil || n == 0 {
		return err
	}
	verb := "办结"
	if state == "dropped" {
		verb = "收回"
	}
	return journal.Append(ctx, tx, journal.Entry{Who: org.Program.Title(), Verb: verb, Kind: "handout", Row: h.ID, Changes: []journal.Change{{Field: "理由", To: why}}})
}

// tell reports the duty in the house, as whoever checked last.
func tell(ctx context.Context, v *vault.Vault, db *store.DB, cal calendar.Calendar, h handed, o duty.Occurrence, st standing) error {
	checks, err := store.All(ctx, v, scanVerification(v), verificationColumns+` where returned = 0 and hit in (select id from hit where duty = $1) order by id`, h.ID)
	if err != nil {
		return err
	}
	if len(checks) == 0 {
		return nil // all escalated with nobody ever reached, or none left
	}
	last := checks[len(checks)-1]
	by, err := person(ctx, db, last.Staff)
	if err != nil {
		return err
	}
	result := map[int64]Outcome{}
	for _, x := range checks {
		result[x.Hit] = x.Outcome
	}
	right, wrong, other := 0, 0, 0
	for _, o := range result {
		switch {
		case o.Right():
			right++
		case o.Wrong():
			wrong++
		default:
			other++
		}
	}
	said := fmt.Sprintf("核实疑点%d条：属实%d条，不属实或政策允许%d条，其他%d条", st.all, right, wrong, other)
	_, err = ledger.Report(ctx, db, cal, by, o.ID, o.Version, duty.Report{Said: said}, nil)
	return err
}

// decide passes the duty in the house or sends it back, as one of those who confirmed its checks and may decide on it. When none may,
// it waits for a person.
func decide(ctx context.Context, v *vault.Vault, db *store.DB, cal calendar.Calendar, h handed, o duty.Occurrence, d duty.Decision) error {
	by, err := store.All(ctx, v, store.Value[int64], `select confirmed_by from verification where confirmed_by <> 0 and hit in (select id from hit where duty = $1)
		group by confirmed_by order by max(confirmed) desc`, h.ID)
	if err != nil {
		return err
	}
	home, err := org.UnitByID(ctx, db, o.Home)
	if err != nil {
		return err
	}
	i := -1
	var p org.Person
	for k, id := range by {
		if p, err = person(ctx, db, id); err != nil {
			return err
		}
		if o.MayDecide(p, home) == nil {
			i = k
			break
		}
	}
	if i < 0 {
		return nil
	}
	return ledger.Decide(ctx, db, cal, p, o.ID, o.Version, d)
}
