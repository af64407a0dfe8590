package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"bihuan/calendar"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// The levels at which a recommendation is answered.
const (
	UnitLevel      = "unit"
	SecretaryLevel = "secretary" // only the party secretary answers: it is not the first on its subject
)

// The verdicts of the inspection team on an answer.
const (
	Adopted  = "adopted"  // 采纳
	Returned = "returned" // 退回: to be answered again
)

// Recommendation is a notice of the inspection team (巡察建议, 立行立改通知) and the answer to it (M06, C4 RECOMMENDATION).
type Recommendation struct {
	ID          int64
	Round       int64
	RoundName   string
	Team        string
	Unit        org.Unit // who is to answer
	Finding     int64    // the finding it belongs to; 0
	Seq         int      // nth notice on its subject in the round
	Previous    int64    // the notice before it on the same subject; 0
	Number      string   // of the notice
	Subject     string
	Body        string
	Issued      string // dates
	Due         string
	Level       string
	WhyAgain    string // why the answer before did not suffice
	Received    time.Time
	ReceivedBy  string
	Reply       string
	ReplyNo     string
	Replied     string // date of the reply; empty before
	RepliedBy   string
	Verdict     string // empty while none is given
	VerdictText string // why it was returned; kept until the next verdict
	VerdictBy   string
	Followed    bool // by the next notice on the same subject, which is the one to be answered now
	Version     int64
}

// RecommendationState is where a recommendation stands.
type RecommendationState string

// The states, as the screens call them.
const (
	ToReceive RecommendationState = "待签收"
	ToAnswer  RecommendationState = "待答复"
	ToJudge   RecommendationState = "已答复"
	ToRedo    RecommendationState = "退回重办"
	IsAdopted RecommendationState = "已采纳"
	TakenUp   RecommendationState = "已再提" // the next notice on the subject took its place
)

// State is where the recommendation stands.
func (r Recommendation) State() RecommendationState {
	switch {
	case r.Verdict == Adopted:
		return IsAdopted
	case r.Followed:
		return TakenUp
	case r.Verdict == Returned:
		return ToRedo
	case r.Replied != "":
		return ToJudge
	case r.Received.IsZero():
		return ToReceive
	}
	return ToAnswer
}

// Pressing tells whether the unit still owes an answer.
func (r Recommendation) Pressing() bool {
	s := r.State()
	return s == ToReceive || s == ToAnswer || s == ToRedo
}

// ResponseDays counts the working days from the notice to its answer (C5: from the next day on); false before there is one.
func (r Recommendation) ResponseDays(cal calendar.Calendar) (int, bool) {
	if r.Replied == "" {
		return 0, false
	}
	return cal.Between(r.Issued, r.Replied), true
}

const recommendationQuery = `select r.id, r.round, o.name, o.team, r.finding, r.seq, r.previous, r.number, r.subject, r.body, r.issued, r.due, r.level, r.why_again,
	r.received, coalesce(a.name, ''), r.reply, r.reply_no, r.replied, coalesce(b.name, ''), r.verdict, r.verdict_text, coalesce(c.name, ''),
	exists (select 1 from recommendation n where n.previous = r.id), r.version,
	u.id, coalesce(u.parent, 0), u.kind, u.name, u.path, u.ord, u.version
	from recommendation r join round o on o.id = r.round join unit u on u.id = r.unit
	left join staff a on a.id = r.received_by left join staff b on b.id = r.replied_by left join staff c on c.id = r.verdict_by`

func scanRecommendation(rows *sql.Rows, r *Recommendation) error {
	var received int64
	u := &r.Unit
	err := rows.Scan(&r.ID, &r.Round, &r.RoundName, &r.Team, &r.Finding, &r.Seq, &r.Previous, &r.Number, &r.Subject, &r.Body, &r.Issued, &r.Due, &r.Level, &r.WhyAgain,
		&received, &r.ReceivedBy, &r.Reply, &r.ReplyNo, &r.Replied, &r.RepliedBy, &r.Verdict, &r.VerdictText, &r.VerdictBy, &r.Followed, &r.Version,
		&u.ID, &u.Parent, &u.Kind, &u.Name, &u.Path, &u.Ord, &u.Version)
	if received > 0 {
		r.Received = time.UnixMilli(received)
	}
	return err
}

// RecommendationByID reads a recommendation to a unit that who sees, or [store.ErrNotFound].
func RecommendationByID(ctx context.Context, q store.Querier, who org.Person, id int64) (Recommendation, error) {
	seen, args := who.Under("u.path", id)
	return store.One(ctx, q, scanRecommendation, recommendationQuery+` where r.id = $1 and `+seen, args...)
}

// Thread is all notices on one subject within a round, the first one first.
type Thread []Recommendation

// Last is the newest notice, which stands for the thread.
func (t Thread) Last() Recommendation { return t[len(t)-1] }

// Threads lists the recommendations to the units that who sees by subject: those that press first, by their due day, then the others,
// newest first.
func Threads(ctx context.Context, q store.Querier, who org.Person) ([]Thread, error) {
	seen, args := who.Under("u.path")
	list, err := store.All(ctx, q, scanRecommendation, recommendationQuery+` where `+seen+` order by r.id`, args...)
	if err != nil {
		return nil, err
	}
	threads := joined(list)
	slices.SortStableFunc(threads, func(a, b Thread) int {
		x, y := a.Last(), b.Last()
		switch {
		case x.Pressing() != y.Pressing():
			if x.Pressing() {
				return -1
			}
			return 1
		case x.Pressing():
			return strings.Compare(x.Due, y.Due)
		}
		return strings.Compare(y.Issued, x.Issued)
	})
	return threads, nil
}

// ThreadOf lists all notices on the subject of a recommendation, the first one first.
func ThreadOf(ctx context.Context, q store.Querier, who org.Person, id int64) (Thread, error) {
	r, err := RecommendationByID(ctx, q, who, id)
	if err != nil {
		return nil, err
	}
	list, err := store.All(ctx, q, scanRecommendation, recommendationQuery+` where r.round = $1 and r.unit = $2 order by r.id`, r.Round, r.Unit.ID)
	if err != nil {
		return nil, err
	}
	for _, t := range joined(list) {
		if slices.ContainsFunc(t, func(x Recommendation) bool { return x.ID == id }) {
			return t, nil
		}
	}
	return Thread{r}, nil
}

// joined puts notices, in the order of their ids, behind the one they follow.
func joined(list []Recommendation) []Thread {
	var threads []Thread
	at := map[int64]int{}
	for _, r := range list {
		if i, ok := at[r.Previous]; ok && r.Previous != 0 {
			threads[i] = append(threads[i], r)
			at[r.ID] = i
			continue
		}
		at[r.ID] = len(threads)
		threads = append(threads, Thread{r})
	}
	return threads
}

// Notice is a recommendation as it is issued, or entered by a town that received it on paper.
type Notice struct {
	Unit     int64 // who is to answer
	Finding  int64 // 0: none in particular
	Previous int64 // the notice it follows, when somebody chose one; else found by its subject
	Number   string
	Subject  string
	Body     string
	Issued   string
	Due      string // empty: as many working days as the setting says
	WhyAgain string // required of a second one
}

// MayRecommend tells whether who may issue a recommendation to unit u, or enter one there: the inspection office may, and in an
// installation of a single town, whose root is the town, those who answer enter what they received.
func MayRecommend(ctx context.Context, q store.Querier, who org.Person, u org.Unit) (bool, error) {
	if who.Check(org.Recommend, u) == nil {
		return true, nil
	}
	if who.Check(org.Answer, u) != nil {
		return false, nil
	}
	root, err := org.Root(ctx, q)
	return err == nil && root.Kind == org.Town, err
}

func checkRecommend(ctx context.Context, q store.Querier, who org.Person, u org.Unit) error {
	ok, err := MayRecommend(ctx, q, who, u)
	if err == nil && !ok {
		err = who.Check(org.Recommend, u)
	}
	return err
}

// Recommend issues a recommendation within the newest round of the unit, which is begun when there is none, and gives its id. A
// second one on the same subject follows the first, is answered by the secretary and must say why the answer before did not suffice.
// The same notice sent twice is one.
func Recommend(ctx context.Context, db *store.DB, cal calendar.Calendar, who org.Person, n Notice) (int64, error) {
	n.Number, n.Subject, n.Body, n.WhyAgain = strings.TrimSpace(n.Number), strings.TrimSpace(n.Subject), strings.TrimSpace(n.Body), strings.TrimSpace(n.WhyAgain)
	var id int64
	err := db.Write(ctx, func(tx *store.Tx) error {
		u, err := org.UnitByID(ctx, tx, n.Unit)
		if errors.Is(err, store.ErrNotFound) {
			return Invalid{Field: "答复单位", What: "请选哪个单位答复"}
		} else if err != nil {
			return err
		}
		if err := checkRecommend(ctx, tx, who, u); err != nil {
			return err
		}
		rules, err := LoadRules(ctx, tx)
		if err != nil {
			return err
		}
		if err := n.check(cal, dayOf(tx), rules.ReplyWorkdays); err != nil {
			return err
		}
		if n.Finding != 0 {
			f, err := ByID(ctx, tx, who, n.Finding)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			if err != nil || f.Unit.ID != u.ID {
				return Invalid{Field: "对应问题", What: "这个问题不是" + u.Name + "的，请重选"}
			}
		}
		round, began, err := roundOf(ctx, tx, u)
		if err != nil {
			return err
		}
		earlier, err := store.All(ctx, tx, scanRecommendation, recommendationQuery+` where r.round = $1 and r.unit = $2 order by r.id`, round, u.ID)
		if err != nil {
			return err
		}
		r := Recommendation{ID: tx.ID(), Seq: 1, Level: UnitLevel}
		for _, e := range earlier {
			if e.Number == n.Number && e.Subject == n.Subject && e.Body == n.Body && e.Issued == n.Issued {
				id = e.ID
				return nil
			}
		}
		before, err := n.follows(earlier)
		if err != nil {
			return err
		}
		if before.ID != 0 {
			if n.WhyAgain == "" {
				return Invalid{Field: "再次提出的原因", What: fmt.Sprintf("本轮已于%s就“%s”提过建议，这是第%d次，将由书记答复。请写明上次的答复为什么不够", before.Issued, before.Subject, before.Seq+1)}
			}
			if n.Issued < before.Issued {
				return Invalid{Field: "发出日期", What: fmt.Sprintf("早于上一次的%s，请核对", before.Issued)}
			}
			r.Seq, r.Previous, r.Level = before.Seq+1, before.ID, SecretaryLevel
		} else {
			n.WhyAgain = ""
		}
		id = r.ID
		var received, receivedBy int64
		if who.Check(org.Recommend, u) != nil { // the unit itself enters what lies before it
			received, receivedBy = tx.Now.UnixMilli(), who.ID
		}
		_, err = tx.Exec(ctx, `insert into recommendation (id, round, unit, finding, seq, previous, number, subject, body, issued, due, level, why_again,
			received, received_by, reply, reply_no, replied, replied_by, verdict, verdict_text, verdict_by, version)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, '', '', '', 0, '', '', 0, 1)`,
			r.ID, round, u.ID, n.Finding, r.Seq, r.Previous, n.Number, n.Subject, n.Body, n.Issued, n.Due, r.Level, n.WhyAgain, received, receivedBy)
		if store.IsUnique(err) {
			return Invalid{Field: "标题", What: "刚刚有人就同一事项登记了下一次建议，请刷新后再看"}
		}
		if err != nil {
			return fmt.Errorf("insert recommendation: %w", err)
		}
		changes := []journal.Change{{Field: "标题", To: n.Subject}, {Field: "答复单位", To: u.Name}, {Field: "期限", To: n.Due}}
		if r.Seq > 1 {
			changes = append(changes, journal.Change{Field: "次数", To: fmt.Sprintf("第%d次，由书记答复", r.Seq)}, journal.Change{Field: "再次提出的原因", To: n.WhyAgain})
		}
		if began {
			changes = append(changes, journal.Change{Field: "巡察轮次", To: "新开"})
		}
		return journal.Append(ctx, tx, journal.Entry{Happened: n.Issued, Staff: who.ID, Who: who.Title(), Verb: "提出建议", Kind: "recommendation", Row: r.ID, Changes: changes})
	})
	return id, err
}

// check refuses a notice that says too little, and sets its due day.
func (n *Notice) check(cal calendar.Calendar, today string, days int) error {
	var err error
	switch {
	case n.Subject == "":
		return Invalid{Field: "标题", What: "请写明建议的事项，如 高龄津贴应享未享"}
	case normal(n.Subject) == "":
		return Invalid{Field: "标题", What: "只有标点或套话，看不出是什么事，请写明事项"}
	case n.Body == "":
		return Invalid{Field: "内容", What: "请写明发现了什么、建议做什么"}
	}
	if n.Issued, err = readDay("发出日期", n.Issued); err != nil {
		return err
	}
	if n.Issued == "" {
		return Invalid{Field: "发出日期", What: "请填建议书落款的日期"}
	}
	if n.Issued > today {
		return Invalid{Field: "发出日期", What: "还没有到，请填建议书落款的日期"}
	}
	if n.Due, err = readDay("答复期限", n.Due); err != nil {
		return err
	}
	if n.Due == "" {
		n.Due = cal.After(n.Issued, days)
	}
	if n.Due < n.Issued {
		return Invalid{Field: "答复期限", What: "早于发出日期，请核对"}
	}
	return nil
}

// roundOf is the round of inspection that a recommendation to u belongs to: the newest of u or of the town above it. Where there is
// none one is begun, for recommendations come before the plan.
func roundOf(ctx context.Context, tx *store.Tx, u org.Unit) (id int64, began bool, err error) {
	for _, unit := range slices.Backward(u.Ancestors()) {
		id, err = store.One(ctx, tx, store.Value[int64], `select id from round where unit = $1 order by id desc limit 1`, unit)
		if !errors.Is(err, store.ErrNotFound) {
			return id, false, err
		}
	}
	id, err = newRound(ctx, tx, u.ID)
	return id, true, err
}

// follows is the notice that n is the next one to: the chosen one, or the last on the same subject. The zero Recommendation when n is
// the first.
func (n Notice) follows(earlier []Recommendation) (Recommendation, error) {
	var found Recommendation
	for _, e := range earlier {
		if n.Previous == 0 && normal(e.Subject) == normal(n.Subject) || n.Previous != 0 && e.ID == n.Previous {
			found = e
		}
	}
	if n.Previous != 0 && found.ID == 0 {
		return found, Invalid{Field: "接续哪一次", What: "所选的建议不是本轮给这个单位的，请重选"}
	}
	for _, e := range earlier { // a chosen one may have been followed already: go to the end of its thread
		if e.Previous == found.ID && found.ID != 0 {
			found = e
		}
	}
	return found, nil
}

// formulas are empty words of a subject, which two notices on one thing may or may not bear.
var formulas = []string{"关于", "巡察建议书", "巡察建议", "立行立改通知书", "立行立改通知", "立行立改", "工作建议", "的建议", "建议书", "的通知", "第二次", "再次", "再", "进一步", "问题", "的"}

// normal is a subject without what does not tell it from others: widths, blanks, marks, set phrases.
func normal(subject string) string {
	s := strings.ToLower(plain(subject))
	for _, f := range formulas {
		s = strings.ReplaceAll(s, f, "")
	}
	return s
}

// changeRecommendation is the way every step of a recommendation goes. apply gives what changes; none means that it is done already.
func changeRecommendation(ctx context.Context, db *store.DB, who org.Person, id, version int64, verb string,
	apply func(*store.Tx, *Recommendation) ([]journal.Change, error)) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		r, err := RecommendationByID(ctx, tx, who, id)
		if err != nil {
			return err
		}
		next := r
		changes, err := apply(tx, &next)
		if err != nil || len(changes) == 0 {
			return err
		}
		by := func(was, is string, old int64) int64 {
			if was == is {
				return old
			}
			return who.ID
		}
		type hands struct{ received, replied, verdict int64 }
		h, err := store.One(ctx, tx, func(rows *sql.Rows, h *hands) error { return rows.Scan(&h.received, &h.replied, &h.verdict) },
			`select received_by, replied_by, verdict_by from recommendation where id = $1`, id)
		if err != nil {
			return err
		}
		var received int64
		if !next.Received.IsZero() {
			received = next.Received.UnixMilli()
		}
		if r.Received.IsZero() && received > 0 {
			h.received = who.ID
		}
		answer := func(r Recommendation) string { return r.Reply + "\n" + r.ReplyNo + "\n" + r.Replied }
		h.replied = by(answer(r), answer(next), h.replied)
		if next.Verdict != "" {
			h.verdict = by(r.Verdict, next.Verdict, h.verdict)
		}
		n, err := tx.Exec(ctx, `update recommendation set due = $3, received = $4, received_by = $5, reply = $6, reply_no = $7, replied = $8, replied_by = $9,
			verdict = $10, verdict_text = $11, verdict_by = $12, version = version + 1 where id = $1 and version = $2`, id, version, next.Due, received, h.received,
			next.Reply, next.ReplyNo, next.Replied, h.replied, next.Verdict, next.VerdictText, h.verdict)
		if err != nil {
			return fmt.Errorf("change recommendation: %w", err)
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "recommendation", id)
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: verb, Kind: "recommendation", Row: id, Changes: changes})
	})
}

// ReceiveRecommendation signs the receipt of a recommendation (签收). Signing twice signs once.
func ReceiveRecommendation(ctx context.Context, db *store.DB, who org.Person, id, version int64) error {
	return changeRecommendation(ctx, db, who, id, version, "签收", func(tx *store.Tx, r *Recommendation) ([]journal.Change, error) {
		if err := who.Check(org.Answer, r.Unit); err != nil {
			return nil, err
		}
		if !r.Received.IsZero() {
			return nil, nil
		}
		r.Received = tx.Now
		return []journal.Change{{Field: "签收", To: who.Name}}, nil
	})
}

// Reply is the answer to a recommendation.
type Reply struct {
	Text   string // what was done
	Number string // of the paper; may be empty
	Day    string // date of the paper
}

// AnswerRecommendation answers a recommendation, again after it was returned. Before the verdict the answer may be changed. From the
// second notice on only the secretary answers (M06).
func AnswerRecommendation(ctx context.Context, db *store.DB, who org.Person, id, version int64, a Reply) error {
	return changeRecommendation(ctx, db, who, id, version, "答复建议", func(tx *store.Tx, r *Recommendation) ([]journal.Change, error) {
		if err := who.Check(org.Answer, r.Unit); err != nil {
			return nil, err
		}
		if r.Level == SecretaryLevel && who.Check(org.Sign, r.Unit) != nil {
			return nil, Invalid{Field: "答复", What: fmt.Sprintf("这是就同一事项的第%d次建议，只能由%s党组织书记本人答复，请书记登录后办理", r.Seq, r.Unit.Name)}
		}
		a.Text, a.Number = strings.TrimSpace(a.Text), strings.TrimSpace(a.Number)
		day, err := readDay("答复日期", a.Day)
		if err != nil {
			return nil, err
		}
		switch {
		case r.Verdict != Adopted && r.Reply == a.Text && r.ReplyNo == a.Number && r.Replied == day && r.Verdict == "" && a.Text != "":
			return nil, nil
		case r.Verdict == Adopted:
			return nil, Invalid{Field: "答复", What: "答复已被采纳，不能再改"}
		case r.Followed:
			return nil, Invalid{Field: "答复", What: fmt.Sprintf("就这件事已经提了第%d次建议，请答复那一次", r.Seq+1)}
		case r.Received.IsZero():
			return nil, Invalid{Field: "签收", What: "请先签收，再答复"}
		case a.Text == "":
			return nil, Invalid{Field: "答复内容", What: "请写明做了什么、结果怎样"}
		case day == "":
			return nil, Invalid{Field: "答复日期", What: "请填答复落款的日期"}
		case day < r.Issued:
			return nil, Invalid{Field: "答复日期", What: fmt.Sprintf("早于建议发出的%s，请核对", r.Issued)}
		case day > tx.Now.Format(time.DateOnly):
			return nil, Invalid{Field: "答复日期", What: "还没有到，请填答复落款的日期"}
		}
		changes := []journal.Change{{Field: "答复内容", From: r.Reply, To: a.Text}, {Field: "答复文号", From: r.ReplyNo, To: a.Number}, {Field: "答复日期", From: r.Replied, To: day}}
		r.Reply, r.ReplyNo, r.Replied, r.Verdict = a.Text, a.Number, day, ""
		return slices.DeleteFunc(changes, func(c journal.Change) bool { return c.From == c.To && c.Field != "答复内容" }), nil
	})
}

// JudgeRecommendation gives the team's verdict on an answer: [Adopted], or [Returned] with the reason, which opens it again until
// due; an empty due is as many working days from today as the setting says.
func JudgeRecommendation(ctx context.Context, db *store.DB, cal calendar.Calendar, who org.Person, id, version int64, verdict, text, due string) error {
	return changeRecommendation(ctx, db, who, id, version, map[string]string{Adopted: "采纳", Returned: "退回"}[verdict], func(tx *store.Tx, r *Recommendation) ([]journal.Change, error) {
		if err := checkRecommend(ctx, tx, who, r.Unit); err != nil {
			return nil, err
		}
		text = strings.TrimSpace(text)
		today := tx.Now.Format(time.DateOnly)
		due, err := readDay("答复期限", due)
		switch {
		case err != nil:
			return nil, err
		case verdict != Adopted && verdict != Returned:
			return nil, Invalid{Field: "评判", What: "请选“采纳”或“退回”"}
		case r.Verdict == verdict && r.VerdictText == text:
			return nil, nil
		case r.Verdict != "" || r.Replied == "" || r.Followed:
			return nil, Invalid{Field: "评判", What: "现在没有待评判的答复，请刷新页面"}
		case verdict == Returned && text == "":
			return nil, Invalid{Field: "意见", What: "退回要写明哪里不够、还要做什么"}
		case verdict == Returned && due != "" && due < today:
			return nil, Invalid{Field: "答复期限", What: "这一天已经过了，请另定期限"}
		}
		changes := []journal.Change{{Field: "意见", To: text}}
		if verdict == Returned {
			if due == "" {
				rules, err := LoadRules(ctx, tx)
				if err != nil {
					return nil, err
				}
				due = cal.After(today, rules.ReplyWorkdays)
			}
			changes = append(changes, journal.Change{Field: "答复期限", From: r.Due, To: due})
			r.Due = due
		}
		r.Verdict, r.VerdictText = verdict, text
		return append([]journal.Change{{Field: "评判", To: string(r.State())}}, changes...), nil
	})
}
