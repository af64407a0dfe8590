package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"bihuan/calendar"
	"bihuan/duty"
	"bihuan/evidence"
	"bihuan/org"
	"bihuan/store"
)

// watcher finds hints about what was entered.
type watcher struct {
	db  *store.DB
	out *evidence.Lookout
	cal calendar.Calendar
}

// lookBatch is how many entries of the journal are looked at before it is noted how far one is.
const lookBatch = 100

// LookOut looks at everything that was entered since it was done last, and keeps what a reviewer should look at as hints. It tells how
// many entries it has looked at. It may run at any time, in several programs at once and be stopped anywhere: what is found twice is kept
// once. Nothing of it happens in the transaction of a person.
func LookOut(ctx context.Context, db *store.DB, out *evidence.Lookout, cal calendar.Calendar) (int, error) {
	w := watcher{db, out, cal}
	type entry struct {
		seq        int64
		verb, kind string
		row        int64
	}
	total := 0
	for {
		from, err := store.One(ctx, db, store.Value[int64], `select coalesce(max(seq), 0) from hint_cursor where name = 'journal'`)
		if err != nil {
			return total, err
		}
		list, err := store.All(ctx, db, func(rows *sql.Rows, e *entry) error { return rows.Scan(&e.seq, &e.verb, &e.kind, &e.row) },
			`select seq, verb, kind, row_id from journal where seq > $1 order by seq limit `+fmt.Sprint(lookBatch), from)
		if err != nil || len(list) == 0 {
			return total, err
		}
		var jobs []job
		for _, e := range list {
			var j job
			switch {
			case e.kind == "evidence" && (e.verb == "附佐证" || e.verb == "更换佐证"):
				j, err = w.evidence(ctx, e.row)
			case e.kind == "occurrence" && (e.verb == "反馈" || e.verb == "补录" || e.verb == "立行立改"):
				j, err = w.occurrence(ctx, e.row)
			case e.kind == "finding" && e.verb == "申请销号":
				j, err = w.closing(ctx, e.row)
			case e.kind == "finding" && e.verb == "回头看":
				j, err = w.lookback(ctx, e.row)
			case e.kind == "plan":
				j, err = w.plan(ctx, e.row)
			default:
				continue
			}
			if err != nil && !errors.Is(err, store.ErrNotFound) { // what is gone needs no hint
				return total, fmt.Errorf("hints of %s %d: %w", e.kind, e.row, err)
			}
			jobs = append(jobs, j)
			total++
		}
		if err := w.finish(ctx, jobs); err != nil {
			return total, err
		}
		last := list[len(list)-1].seq
		err = db.Housekeep(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `insert into hint_cursor (name, seq) values ('journal', $1)
				on conflict (name) do update set seq = excluded.seq where hint_cursor.seq < excluded.seq`, last)
			return err
		})
		if err != nil {
			return total, err
		}
	}
}

// job is one thing that is looked at: the hints so far, and the texts that are to be compared.
type job struct {
	me    piece
	hints []evidence.Hint
	texts []evidence.Paper
}

// finish compares the texts of jobs and keeps all hints. The prints of all are kept first: two programs at once see each other's.
func (w watcher) finish(ctx context.Context, jobs []job) error {
	var papers []evidence.Paper
	for _, j := range jobs {
		papers = append(papers, j.texts...)
	}
	if err := w.out.Keep(ctx, papers); err != nil {
		return err
	}
	var hints []evidence.Hint
	for _, j := range jobs {
		hints = append(hints, j.hints...)
		for _, p := range j.texts {
			found, err := w.texts(ctx, j.me, p)
			if err != nil {
				return err
			}
			hints = append(hints, found...)
		}
	}
	return w.add(ctx, hints...)
}

// add keeps hints.
func (w watcher) add(ctx context.Context, list ...evidence.Hint) error {
	if len(list) == 0 {
		return nil
	}
	return w.db.Housekeep(ctx, func(tx *store.Tx) error {
		for _, h := range list {
			if err := evidence.AddHint(ctx, tx, h); err != nil {
				return err
			}
		}
		return nil
	})
}

// piece is a piece of evidence or a report as it is compared.
type piece struct {
	evidence.Ref
	finding    int64
	unit       int64 // of the finding
	occurrence int64
	duty       int64
	staff      int64
	file       string
	title      string
	event      string
}

// together tells that two pieces belong to one thing: nothing is odd about their being alike.
func (p piece) together(o piece) bool {
	return p.Ref == o.Ref || p.occurrence != 0 && p.occurrence == o.occurrence || p.finding == o.finding && p.event == o.event
}

const pieceOfEvidence = `select 'evidence', e.id, e.finding, f.unit, e.occurrence, coalesce(o.duty, 0), e.staff, e.file, e.title, e.event
	from evidence e join finding f on f.id = e.finding left join occurrence o on o.id = e.occurrence where e.replaced = 0 and e.withdrawn = '' and `

const pieceOfReport = `select 'occurrence', o.id, o.finding, f.unit, o.id, o.duty, o.entered_by, '', d.title, o.happened
	from occurrence o join finding f on f.id = o.finding join duty d on d.id = o.duty where o.entered > 0 and `

func scanPiece(rows *sql.Rows, p *piece) error {
	return rows.Scan(&p.Table, &p.Row, &p.finding, &p.unit, &p.occurrence, &p.duty, &p.staff, &p.file, &p.title, &p.event)
}

// evidence looks at a piece of evidence.
func (w watcher) evidence(ctx context.Context, id int64) (j job, err error) {
	item, err := evidence.ByID(ctx, w.db, id)
	if err != nil || !item.Current() {
		return j, err
	}
	if j.me, err = store.One(ctx, w.db, scanPiece, pieceOfEvidence+`e.id = $1`, id); err != nil {
		return j, err
	}
	if j.hints, err = w.days(ctx, j.me, item); err != nil {
		return j, err
	}
	said := evidence.Paper{From: evidence.Source{Table: "evidence", Key: strconv.FormatInt(id, 10)}, Number: evidence.NumberOf(item.Title, nil)}
	if item.Kind != evidence.Link {
		said.Text = item.Said
	}
	j.texts = append(j.texts, said)
	if item.File == "" || item.Erased {
		return j, nil
	}
	same, err := store.All(ctx, w.db, scanPiece, pieceOfEvidence+`e.file = $1 order by e.id`, item.File)
	if err != nil {
		return j, err
	}
	if h, ok := pair(evidence.SameFile, j.me, same, nil, ""); ok {
		j.hints = append(j.hints, h)
	}
	if evidence.Picture(item.Media) {
		near, err := w.out.Pictures(ctx, item.File)
		if err != nil {
			return j, err
		}
		list, scores, err := w.pieces(ctx, near)
		if err != nil {
			return j, err
		}
		if h, ok := pair(evidence.LikePicture, j.me, list, scores, ""); ok {
			j.hints = append(j.hints, h)
		}
		return j, nil
	}
	paper, err := w.out.PaperOf(ctx, item.File, item.FileName, item.Title)
	if errors.Is(err, evidence.ErrMissing) || errors.Is(err, evidence.ErrErased) || errors.Is(err, evidence.ErrChanged) {
		return j, nil // that is for verify to say
	}
	j.texts = append(j.texts, paper)
	return j, err
}

// occurrence looks at a report.
func (w watcher) occurrence(ctx context.Context, id int64) (j job, err error) {
	o, err := duty.OccurrenceByID(ctx, w.db, id)
	if err != nil || o.Entered.IsZero() {
		return j, err
	}
	if j.me, err = store.One(ctx, w.db, scanPiece, pieceOfReport+`o.id = $1`, id); err != nil {
		return j, err
	}
	if o.Timing == duty.Early {
		j.hints = append(j.hints, j.me.hint(evidence.BeforeAll, o.Reason))
	}
	if why := w.offDay(o.Happened, o.Title+o.Said); why != "" {
		j.hints = append(j.hints, j.me.hint(evidence.OffDay, why))
	}
	j.texts = []evidence.Paper{{From: evidence.Source{Table: "occurrence", Key: strconv.FormatInt(id, 10)}, Text: o.Said}}
	return j, nil
}

// hint is a hint about one piece alone.
func (p piece) hint(kind evidence.HintKind, said string) evidence.Hint {
	return evidence.Hint{Kind: kind, Finding: p.finding, Unit: p.unit, Subject: p.Ref, Said: said}
}

// days are the hints about the days of a piece of evidence. What the report that it belongs to says already is not said twice.
func (w watcher) days(ctx context.Context, me piece, item evidence.Item) ([]evidence.Hint, error) {
	var hints []evidence.Hint
	if taken, _, _ := strings.Cut(item.Taken, " "); taken != "" && taken != item.Event {
		hints = append(hints, me.hint(evidence.OtherDay, item.Taken))
	}
	if item.Occurrence != 0 {
		o, err := duty.OccurrenceByID(ctx, w.db, item.Occurrence)
		if err != nil {
			return nil, err
		}
		if o.Happened == item.Event {
			return hints, nil
		}
	}
	if item.Early != "" {
		hints = append(hints, me.hint(evidence.BeforeAll, item.Early))
	}
	if why := w.offDay(item.Event, item.Title+item.Said); why != "" {
		hints = append(hints, me.hint(evidence.OffDay, why))
	}
	return hints, nil
}

// officeWork is done on working days; what is done about the clock or when people are at home is not.
var (
	officeWork = []string{"会议", "例会", "开会", "座谈", "研讨", "培训", "学习", "党课", "审批", "签批", "发文", "印发", "约谈"}
	anyDayWork = []string{"值班", "值守", "巡查", "巡逻", "节", "假期", "周末", "夜", "志愿", "演出", "集市", "应急", "防汛", "抢险", "主题党日", "村民代表"}
)

// offDay says what day off office work is dated on; empty when it is none, or not office work.
func (w watcher) offDay(day, words string) string {
	t, err := time.Parse(time.DateOnly, day)
	contains := func(word string) bool { return strings.Contains(words, word) }
	if err != nil || w.cal.Works(t) || !slices.ContainsFunc(officeWork, contains) || slices.ContainsFunc(anyDayWork, contains) {
		return ""
	}
	if name := w.cal.Holiday(day); name != "" {
		return day + " " + name
	}
	return day + " " + []string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}[t.Weekday()]
}

// pieces finds what the files or texts that are near belong to, with how near each is.
func (w watcher) pieces(ctx context.Context, near []evidence.Near) ([]piece, map[evidence.Ref]int, error) {
	var list []piece
	scores := map[evidence.Ref]int{}
	for _, n := range near {
		query, arg := pieceOfEvidence+`e.file = $1 order by e.id`, any(n.Key)
		if n.Table != "file" {
			id, err := strconv.ParseInt(n.Key, 10, 64)
			if err != nil {
				return nil, nil, err
			}
			query, arg = pieceOfEvidence+`e.id = $1`, id
			if n.Table == "occurrence" {
				query = pieceOfReport + `o.id = $1`
			}
		}
		found, err := store.All(ctx, w.db, scanPiece, query, arg)
		if err != nil {
			return nil, nil, err
		}
		for _, p := range found {
			if scores[p.Ref] < n.Percent {
				scores[p.Ref] = n.Percent
			}
		}
		list = append(list, found...)
	}
	return list, scores, nil
}

// pair makes a hint of a piece and the one that it is most like, the earliest of several. The later of two is what the hint is about.
func pair(kind evidence.HintKind, me piece, list []piece, scores map[evidence.Ref]int, said string) (evidence.Hint, bool) {
	var best piece
	others := map[evidence.Ref]bool{}
	for _, p := range list {
		if p.together(me) {
			continue
		}
		others[p.Ref] = true
		if best.Row == 0 || scores[p.Ref] > scores[best.Ref] || scores[p.Ref] == scores[best.Ref] && p.Row < best.Row {
			best = p
		}
	}
	if best.Row == 0 {
		return evidence.Hint{}, false
	}
	score := 100
	if scores != nil {
		score = scores[best.Ref]
	}
	if best.Table == me.Table && best.Row > me.Row { // both were entered at once, and the other is looked at first or next
		best, me = me, best
	}
	h := me.hint(kind, said)
	h.Other, h.Score, h.Also = best.Ref, score, len(others)-1
	return h, true
}

// A text that four others have word for word is a phrase of the trade, unless it is long. What somebody writes of one duty time and again
// is compared only when it is long enough to say what was different.
const (
	phraseCount = 4
	longWords   = 120
	sameDuty    = 60
)

// texts compares a text, and the number of an official paper.
func (w watcher) texts(ctx context.Context, me piece, paper evidence.Paper) ([]evidence.Hint, error) {
	near, err := w.out.Texts(ctx, paper)
	if err != nil {
		return nil, err
	}
	list, scores, err := w.pieces(ctx, near)
	if err != nil {
		return nil, err
	}
	length := evidence.TextLength(paper.Text)
	list = slices.DeleteFunc(list, func(p piece) bool { return p.together(me) || p.duty != 0 && p.duty == me.duty && length < sameDuty })
	var hints []evidence.Hint
	if length >= longWords || len(list) < phraseCount {
		if h, ok := pair(evidence.LikeText, me, list, scores, ""); ok {
			hints = append(hints, h)
		}
	}
	if paper.Number == "" {
		return hints, nil
	}
	numbered, err := w.numbered(ctx, me, paper, scores)
	return append(hints, numbered...), err
}

// numbered finds another paper of the same number: another file with another title, whose words are not the same.
func (w watcher) numbered(ctx context.Context, me piece, paper evidence.Paper, alike map[evidence.Ref]int) ([]evidence.Hint, error) {
	same, err := store.All(ctx, w.db, func(rows *sql.Rows, n *evidence.Near) error { return rows.Scan(&n.Table, &n.Key) },
		`select source, key from text_print where number = $1 and not (source = $2 and key = $3) order by source, key limit 50`, paper.Number, paper.From.Table, paper.From.Key)
	if err != nil {
		return nil, err
	}
	list, _, err := w.pieces(ctx, same)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(p piece) bool {
		return alike[p.Ref] > 0 || p.file != "" && p.file == me.file || paperTitle(p.title, paper.Number) == paperTitle(me.title, paper.Number)
	})
	if h, ok := pair(evidence.SameNumber, me, list, nil, paper.Number); ok {
		return []evidence.Hint{h}, nil
	}
	return nil, nil
}

// paperTitle is a title without the number, blanks and brackets.
func paperTitle(title, number string) string {
	digits := strings.NewReplacer("[", "〔", "]", "〕", "［", "〔", "］", "〕", "（", "〔", "）", "〕", "(", "〔", ")", "〕").Replace(title)
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("〔〕《》“” 　", r) {
			return -1
		}
		return r
	}, strings.ReplaceAll(digits, number, ""))
}

// What a burst is: within so many hours before somebody comes to look, at least so many entries and this share of those of sixty days,
// most of them about something that was over a week before.
const (
	burstHours = 72
	burstDays  = 60
	burstLeast = 5
	burstShare = 50 // percent
	// LateDays is how many days after the event something is entered to count as entered late (mechanisms C5).
	LateDays = 7
)

// filing is when something was entered, and when it is said to have happened.
type filing struct {
	unit, entered int64
	event         string
}

func scanFiling(rows *sql.Rows, f *filing) error { return rows.Scan(&f.unit, &f.entered, &f.event) }

// late tells that it was entered more than a week after.
func (f filing) late() bool {
	event, err := time.ParseInLocation(time.DateOnly, f.event, time.Local)
	return err == nil && time.UnixMilli(f.entered).After(event.AddDate(0, 0, LateDays+1))
}

// burst counts what was entered before an instant, and tells in words when it is a burst.
func burst(list []filing, at time.Time) (share int, said string, ok bool) {
	near, late := 0, 0
	from := at.Add(-burstHours * time.Hour).UnixMilli()
	for _, f := range list {
		if f.entered > from {
			near++
			if f.late() {
				late++
			}
		}
	}
	if near < burstLeast || 100*near < burstShare*len(list) || 2*late < near {
		return 0, "", false
	}
	return 100 * near / len(list), fmt.Sprintf("前%d天登记%d条，前3天占%d条，其中%d条是一周以前的事", burstDays, len(list), near, late), true
}

// filingsOf lists what was entered for a finding in the sixty days before an instant.
func (w watcher) filingsOf(ctx context.Context, finding int64, at time.Time) ([]filing, error) {
	return store.All(ctx, w.db, scanFiling, `select 0, entered, event from evidence where finding = $1 and entered > $2 and entered <= $3 and revision = 1
		union all select 0, entered, happened from occurrence where finding = $1 and entered > $2 and entered <= $3`,
		finding, at.AddDate(0, 0, -burstDays).UnixMilli(), at.UnixMilli())
}

// closing looks at what was entered before an application.
func (w watcher) closing(ctx context.Context, finding int64) (j job, err error) {
	list, err := Closings(ctx, w.db, finding)
	if err == nil && len(list) > 0 {
		j.hints, err = w.burstBefore(ctx, finding, evidence.Ref{Table: "closing", Row: list[0].ID}, list[0].Applied.At, "申请销号")
	}
	return j, err
}

// lookback looks at what was entered before somebody came.
func (w watcher) lookback(ctx context.Context, finding int64) (j job, err error) {
	visits, err := VisitsTo(ctx, w.db, finding)
	for _, v := range visits {
		day, bad := time.ParseInLocation(time.DateOnly, v.Done, time.Local)
		if bad != nil || err != nil {
			continue // not made yet
		}
		var hints []evidence.Hint
		hints, err = w.burstBefore(ctx, finding, evidence.Ref{Table: "lookback", Row: v.ID}, day.AddDate(0, 0, 1), "回头看")
		j.hints = append(j.hints, hints...)
	}
	return j, err
}

func (w watcher) burstBefore(ctx context.Context, finding int64, about evidence.Ref, at time.Time, what string) ([]evidence.Hint, error) {
	filings, err := w.filingsOf(ctx, finding, at)
	if err != nil {
		return nil, err
	}
	share, said, ok := burst(filings, at)
	if !ok {
		return nil, nil
	}
	unit, err := store.One(ctx, w.db, store.Value[int64], `select unit from finding where id = $1`, finding)
	return []evidence.Hint{{Kind: evidence.Burst, Finding: finding, Unit: unit, Subject: about, Score: share, Said: what + said}}, err
}

// LookAtRounds looks at what each unit has entered before an inspection that began within the last three days. It is run once a day.
func LookAtRounds(ctx context.Context, db *store.DB, out *evidence.Lookout, cal calendar.Calendar) error {
	w := watcher{db, out, cal}
	type round struct {
		id, unit int64
		starts   string
		path     string
	}
	today := db.Now().Format(time.DateOnly)
	list, err := store.All(ctx, db, func(rows *sql.Rows, r *round) error { return rows.Scan(&r.id, &r.unit, &r.starts, &r.path) },
		`select r.id, r.unit, r.starts, u.path from round r join unit u on u.id = r.unit where r.starts > $1 and r.starts <= $2`, addDays(today, -3), today)
	if err != nil {
		return err
	}
	for _, r := range list {
		at, err := time.ParseInLocation(time.DateOnly, r.starts, time.Local)
		if err != nil {
			continue
		}
		filings, err := filingsUnder(ctx, db, r.path, at.AddDate(0, 0, -burstDays), at)
		if err != nil {
			return err
		}
		if share, said, ok := burst(filings, at); ok {
			h := evidence.Hint{Kind: evidence.Burst, Unit: r.unit, Subject: evidence.Ref{Table: "round", Row: r.id}, Score: share, Said: "巡察进驻" + said}
			if err := w.add(ctx, h); err != nil {
				return err
			}
		}
	}
	return nil
}

// filingsUnder lists what the units below a path have entered between two instants, each under the unit that did the work.
func filingsUnder(ctx context.Context, q store.Querier, path string, from, to time.Time) ([]filing, error) {
	return store.All(ctx, q, scanFiling, `select s.unit, e.entered, e.event from evidence e join staff s on s.id = e.staff join unit u on u.id = s.unit
			where e.id >= $4 and e.entered > $2 and e.entered <= $3 and e.revision = 1 and u.path like $1
		union all select o.unit, o.entered, o.happened from occurrence o join unit u on u.id = o.unit
			where o.due >= $5 and o.entered > $2 and o.entered <= $3 and u.path like $1`,
		path+"%", from.UnixMilli(), to.UnixMilli(), store.FirstID(from), addDays(from.Format(time.DateOnly), -burstDays))
}

// plan looks for the names of other places in a plan.
func (w watcher) plan(ctx context.Context, id int64) (j job, err error) {
	home, err := store.One(ctx, w.db, func(rows *sql.Rows, u *org.Unit) error { return rows.Scan(&u.ID, &u.Path, &u.Name) },
		`select u.id, u.path, u.name from plan p join unit u on u.id = p.unit where p.id = $1`, id)
	if err != nil {
		return j, err
	}
	units, err := org.Below(ctx, w.db, "/")
	if err != nil {
		return j, err
	}
	places := newPlaces(units, home)
	type text struct {
		finding, unit int64
		words         string
	}
	texts, err := store.All(ctx, w.db, func(rows *sql.Rows, t *text) error { return rows.Scan(&t.finding, &t.unit, &t.words) },
		`select f.id, f.unit, f.title || '。' || f.goal from finding f where f.plan = $1 and f.dropped = 0
			union all select f.id, f.unit, m.text from finding f join manifestation m on m.finding = f.id where f.plan = $1 and f.dropped = 0
			union all select f.id, f.unit, m.text from finding f join measure m on m.finding = f.id where f.plan = $1 and f.dropped = 0`, id)
	if err != nil {
		return j, err
	}
	for _, t := range texts {
		for _, name := range places.foreign(t.words) {
			j.hints = append(j.hints, evidence.Hint{Kind: evidence.OtherPlace, Finding: t.finding, Unit: t.unit, Subject: evidence.Ref{Table: "finding", Row: t.finding}, Said: name})
		}
	}
	return j, nil
}

// places are names of towns and villages, as seen from one unit.
type places struct {
	own   []string
	other []string
}

// newPlaces parts the units of a district into those of the unit's own town, with what is above, and the others.
func newPlaces(units []org.Unit, home org.Unit) places {
	town := home.Path
	for _, u := range units {
		if u.Kind == org.Town && home.Within(u.Path) {
			town = u.Path
		}
	}
	var p places
	for _, u := range units {
		switch {
		case u.Within(town), strings.HasPrefix(town, u.Path):
			p.own = append(p.own, u.Name)
		case (u.Kind == org.Town || u.Kind == org.Village) && len([]rune(u.Name)) > 2:
			p.other = append(p.other, u.Name)
		}
	}
	return p
}

// otherTown is a town that has an office: 云峰镇党委.
var otherTown = regexp.MustCompile(`(\p{Han}{2}[镇乡])(?:党委|政府|人民政府|党政办|辖区|机关)`)

// anyTown are words before 镇 and 乡 that are no name.
const anyTown = "全各我本该乡城集村小每两在对由与和向为经报及"

// foreign lists the names in a text that are of another place. Whom one learns from is named with good reason.
func (p places) foreign(text string) []string {
	var found []string
	add := func(name string, at int) {
		before, after := []rune(text[:at]), []rune(text[at+len(name):])
		near := string(before[max(0, len(before)-8):]) + "…" + string(after[:min(len(after), 8)])
		for _, word := range []string{"学习", "借鉴", "参观", "考察", "对标", "观摩", "经验", "做法", "交界", "相邻"} {
			if strings.Contains(near, word) {
				return
			}
		}
		for _, own := range p.own {
			if strings.Contains(own, name) {
				return
			}
		}
		if !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	for _, name := range p.other {
		if at := strings.Index(text, name); at >= 0 {
			add(name, at)
		}
	}
	for _, at := range otherTown.FindAllStringSubmatchIndex(text, -1) {
		name := text[at[2]:at[3]]
		if !strings.ContainsAny(name, anyTown) {
			add(name, at[2])
		}
	}
	return found
}
