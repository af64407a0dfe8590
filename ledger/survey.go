package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	mathrand "math/rand/v2"
	"strings"
	"time"

	"bihuan/chinese"
	"bihuan/duty"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// Choice is how somebody answers whether a finding is really fixed.
type Choice string

// The choices.
const (
	Yes    Choice = "yes"    // 解决了
	Mostly Choice = "mostly" // 基本解决
	No     Choice = "no"     // 没解决
)

// Answers lists the choices with their words.
var Answers = []struct {
	Choice Choice
	Word   string
}{{Yes, "解决了"}, {Mostly, "基本解决"}, {No, "没解决"}}

// fewest is how many answers there must be before the parts are shown: of fewer one might know who said what.
const fewest = 5

// Survey asks villagers whether a finding is really fixed. Nothing tells who answered what: answers bear a day and no more, and have no
// order.
type Survey struct {
	ID       int64
	Finding  int64
	Unit     org.Unit
	Code     string // in the address of the page
	Question string
	Opens    string
	Closes   string
	Asked    int // sheets and numbers handed out
	Version  int64
	Answers  map[Choice]int
	N        int
	Said     []string // what people wrote, sorted; empty while there are too few answers
}

// Shown tells whether there are enough answers to show the parts.
func (s Survey) Shown() bool { return s.N >= fewest }

// Satisfied is the share that says 解决了 or 基本解决, with its Wilson 95 % interval, in percent (C5).
func (s Survey) Satisfied() (share, low, high float64) {
	return Wilson(s.Answers[Yes]+s.Answers[Mostly], s.N)
}

// Wilson is a share with its 95 % interval, in percent; 0, 0, 100 where there is nothing to count.
func Wilson(right, n int) (share, low, high float64) {
	if n == 0 {
		return 0, 0, 100
	}
	const z = 1.959964
	p, m := float64(right)/float64(n), float64(n)
	mid := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return 100 * p, 100 * max(mid-half, 0), 100 * min(mid+half, 1)
}

const surveyColumns = `select v.id, v.finding, v.code, v.question, v.opens, v.closes, v.asked, v.version,
	u.id, coalesce(u.parent, 0), u.kind, u.name, u.path, u.ord, u.version from survey v join unit u on u.id = v.unit`

func scanSurvey(rows *sql.Rows, s *Survey) error {
	u := &s.Unit
	return rows.Scan(&s.ID, &s.Finding, &s.Code, &s.Question, &s.Opens, &s.Closes, &s.Asked, &s.Version,
		&u.ID, &u.Parent, &u.Kind, &u.Name, &u.Path, &u.Ord, &u.Version)
}

// SurveysOf lists the surveys about a finding with their answers, newest first.
func SurveysOf(ctx context.Context, q store.Querier, finding int64) ([]Survey, error) {
	list, err := store.All(ctx, q, scanSurvey, surveyColumns+` where v.finding = $1 order by v.id desc`, finding)
	for i := range list {
		if err == nil {
			err = list[i].count(ctx, q)
		}
	}
	return list, err
}

// SurveyByID reads one survey with its answers. Whether its finding may be seen is for the caller to ask.
func SurveyByID(ctx context.Context, q store.Querier, id int64) (Survey, error) {
	s, err := store.One(ctx, q, scanSurvey, surveyColumns+` where v.id = $1`, id)
	if err == nil {
		err = s.count(ctx, q)
	}
	return s, err
}

// SurveyByCode reads what the page of a survey shows to anybody: the question and its days.
func SurveyByCode(ctx context.Context, q store.Querier, code string) (Survey, error) {
	return store.One(ctx, q, scanSurvey, surveyColumns+` where v.code = $1`, code)
}

func (s *Survey) count(ctx context.Context, q store.Querier) error {
	type part struct {
		choice Choice
		n      int
	}
	parts, err := store.All(ctx, q, func(rows *sql.Rows, p *part) error { return rows.Scan(&p.choice, &p.n) },
		`select choice, count(*) from ballot where survey = $1 group by choice`, s.ID)
	s.Answers = map[Choice]int{}
	for _, p := range parts {
		s.Answers[p.choice] = p.n
		s.N += p.n
	}
	if err != nil || !s.Shown() {
		return err
	}
	s.Said, err = store.All(ctx, q, store.Value[string], `select said from ballot where survey = $1 and said > '' order by said`, s.ID)
	return err
}

// Passing is what the lower end of the interval must reach for the villagers to have said yes, in percent (C5).
const Passing = 60

// Few is the sample size below which a survey is only a hint (C5: n ≥ 30).
const Few = 30

// Ask is what is asked about a finding.
type Ask struct {
	Question string
	Closes   string // last day
	Numbers  int    // how many to hand out
	Batch    string // drawn at random for this form, at least 20 signs: the numbers are made of it, so that the form sent twice makes them once
}

// OpenSurvey begins to ask about a finding, with so many numbers to hand out. Who answers for the finding does not ask whether it is
// done. The numbers are returned and kept nowhere; only whoever holds the batch can have them again.
func OpenSurvey(ctx context.Context, db *store.DB, who org.Person, finding int64, a Ask) (Survey, []string, error) {
	a.Question = strings.TrimSpace(a.Question)
	var s Survey
	err := db.Write(ctx, func(tx *store.Tx) error {
		f, err := ByID(ctx, tx, who, finding)
		if err != nil {
			return err
		}
		if err := MayAsk(ctx, tx, who, f); err != nil {
			return err
		}
		today := dayOf(tx)
		end, bad := time.Parse(time.DateOnly, a.Closes)
		switch {
		case a.Question == "":
			return Invalid{Field: "问题", What: "请写一句群众听得懂的话"}
		case len([]rune(a.Question)) > 60:
			return Invalid{Field: "问题", What: "请写在 60 字以内，号码条上印得下"}
		case bad != nil || a.Closes < today || end.After(tx.Now.AddDate(1, 0, 0)):
			return Invalid{Field: "截止日期", What: "请填今天以后、一年以内的日子，写成 2026-04-30 这样"}
		case a.Numbers < 0 || a.Numbers > 2000:
			return Invalid{Field: "发多少个号", What: "请填 0 到 2000"}
		case len(a.Batch) < 20:
			return Invalid{Field: "批次", What: "表单不完整，请刷新页面再填"}
		}
		code := drawn(a.Batch, "code", codeSigns, 10)
		old, err := store.All(ctx, tx, scanSurvey, surveyColumns+` where v.code = $1`, code)
		if err != nil {
			return err
		}
		if len(old) > 0 {
			if s = old[0]; s.Finding != finding || s.Question != a.Question || s.Closes != a.Closes {
				return Invalid{Field: "批次", What: "这张表单已经用过，请刷新页面再填"}
			}
			return nil
		}
		s = Survey{ID: tx.ID(), Finding: finding, Unit: f.Unit, Code: code, Question: a.Question, Opens: today, Closes: a.Closes, Asked: a.Numbers, Version: 1}
		_, err = tx.Exec(ctx, `insert into survey (id, finding, unit, code, question, opens, closes, asked, made, staff, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)`,
			s.ID, finding, f.Unit.ID, s.Code, a.Question, s.Opens, a.Closes, a.Numbers, tx.Now.UnixMilli(), who.ID)
		if err != nil {
			return fmt.Errorf("insert survey: %w", err)
		}
		for _, slip := range a.slips(a.Numbers) {
			if _, err := tx.Exec(ctx, `insert into slip (survey, hash, used) values ($1, $2, 0)`, s.ID, slipHash(code, slip)); err != nil {
				return fmt.Errorf("insert slip: %w", err)
			}
		}
		return tellFinding(ctx, tx, who, f, "征求群众意见", journal.Change{Field: "问题", To: a.Question}, journal.Change{Field: "发出", To: fmt.Sprintf("%d个号", a.Numbers)})
	})
	if err != nil {
		return Survey{}, nil, err
	}
	return s, a.slips(s.Asked), nil
}

// codeSigns are those of the address of a survey: none looks like another when it is copied by hand.
const codeSigns = "abcdefghjkmnpqrstuvwxyz23456789"

// slips are the numbers of a form, all different: ten digits, as easy to type as a telephone number.
func (a Ask) slips(n int) []string {
	seen := make(map[string]bool, n)
	list := make([]string, 0, n)
	for i := 0; len(list) < n; i++ {
		if slip := drawn(a.Batch, fmt.Sprintf("slip %d", i), "0123456789", 10); !seen[slip] {
			seen[slip] = true
			list = append(list, slip)
		}
	}
	return list
}

// drawn makes n signs out of a secret and a label. That the last few values of a byte are passed over keeps all signs equally likely.
func drawn(secret, label, signs string, n int) string {
	out := make([]byte, 0, n)
	for i := 0; ; i++ {
		for _, b := range sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d", secret, label, i)) {
			if int(b) < 256/len(signs)*len(signs) {
				out = append(out, signs[int(b)%len(signs)])
			}
			if len(out) == n {
				return string(out)
			}
		}
	}
}

// MayAsk tells, with [org.Denied] or [Invalid], whether who may ask villagers about a finding.
func MayAsk(ctx context.Context, q store.Querier, who org.Person, f Finding) error {
	if err := who.Check(org.Ask, f.Unit); err != nil {
		return err
	}
	return independent(ctx, q, who, f)
}

// independent refuses whoever has a task in the finding (M63: whoever did the work does not ask about it).
func independent(ctx context.Context, q store.Querier, who org.Person, f Finding) error {
	duties, err := duty.OfFinding(ctx, q, f.ID)
	if err != nil {
		return err
	}
	for _, d := range duties {
		if d.Staff == who.ID && d.Part != duty.Watch {
			return Invalid{Field: "征求意见", What: "您办过这个问题的任务，要由别人去问"}
		}
	}
	return nil
}

// slipHash is what is kept of a number. Blanks and dashes that somebody types between digits do not count.
func slipHash(code, slip string) string {
	slip = strings.Map(func(r rune) rune {
		if r = chinese.Fold(r); chinese.Digit(r) {
			return r
		}
		return -1
	}, slip)
	sum := sha256.Sum256([]byte(code + "\n" + slip))
	return hex.EncodeToString(sum[:])
}

// errSlip is the one answer to a number that is wrong and to one that has been used.
var errSlip = Invalid{Field: "号码", What: "这个号码不对，或已经用过。每个号码只能用一次"}

// Vote takes one answer for a number that was handed out.
func Vote(ctx context.Context, db *store.DB, code, slip string, choice Choice, said string) error {
	said = strings.TrimSpace(said)
	return db.Write(ctx, func(tx *store.Tx) error {
		s, err := SurveyByCode(ctx, tx, code)
		if err != nil {
			return err
		}
		if today := dayOf(tx); today > s.Closes {
			return Invalid{Field: "时间", What: "已于" + s.Closes + "截止，谢谢"}
		}
		if err := checkAnswer(choice, said); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update slip set used = 1 where survey = $1 and hash = $2 and used = 0`, s.ID, slipHash(s.Code, slip))
		if err != nil {
			return fmt.Errorf("vote: %w", err)
		}
		if n == 0 {
			return errSlip
		}
		if err := cast(ctx, tx, s, choice, said, "page", dayOf(tx)); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Who: "群众（匿名）", Verb: "评议", Kind: "survey", Row: s.ID})
	})
}

func checkAnswer(choice Choice, said string) error {
	if choice != Yes && choice != Mostly && choice != No {
		return Invalid{Field: "选择", What: "请选一项"}
	}
	if len([]rune(said)) > 200 {
		return Invalid{Field: "说一句", What: "最多 200 字"}
	}
	return nil
}

// cast keeps one answer. Its id is drawn and not counted, so that no query tells in which order answers came. Whoever holds the files of
// the database may still guess at it from where rows lie.
func cast(ctx context.Context, tx *store.Tx, s Survey, choice Choice, said, way, day string) error {
	for range 3 {
		n, err := tx.Exec(ctx, `insert into ballot (id, survey, choice, said, way, day) values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing`,
			mathrand.Int64N(math.MaxInt64-1)+1, s.ID, choice, said, way, day)
		if err != nil {
			return fmt.Errorf("cast: %w", err)
		}
		if n == 1 {
			return nil
		}
	}
	return errors.New("cast: no free id")
}

// Paper are the counts of paper sheets of one day.
type Paper struct {
	Day    string
	Handed int // sheets handed out
	Counts map[Choice]int
}

// EnterPaper counts paper sheets into a survey. version is the one the person saw, so that a form sent twice counts once.
func EnterPaper(ctx context.Context, db *store.DB, who org.Person, id, version int64, p Paper) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		s, err := SurveyByID(ctx, tx, id)
		if err != nil {
			return err
		}
		f, err := ByID(ctx, tx, who, s.Finding)
		if err != nil {
			return err
		}
		if err := MayAsk(ctx, tx, who, f); err != nil {
			return err
		}
		total := 0
		for _, x := range Answers {
			n := p.Counts[x.Choice]
			if n < 0 || n > 5000 {
				return Invalid{Field: x.Word, What: "请填 0 到 5000 的份数"}
			}
			total += n
		}
		switch {
		case total == 0:
			return Invalid{Field: "份数", What: "至少填一份"}
		case p.Handed < total:
			return Invalid{Field: "发出份数", What: fmt.Sprintf("收回%d份，发出的不能更少", total)}
		case p.Day < s.Opens || p.Day > dayOf(tx):
			return Invalid{Field: "收回日期", What: "要在" + s.Opens + "到今天之间"}
		}
		n, err := tx.Exec(ctx, `update survey set asked = asked + $3, version = version + 1 where id = $1 and version = $2`, id, version, p.Handed)
		if err != nil {
			return fmt.Errorf("enter paper: %w", err)
		}
		if n == 0 {
			return Invalid{Field: "纸质问卷", What: "刚有人登记过这次问卷，请刷新页面看过再登记，以免重复"}
		}
		for _, x := range Answers {
			for range p.Counts[x.Choice] {
				if err := cast(ctx, tx, s, x.Choice, "", "paper", p.Day); err != nil {
					return err
				}
			}
		}
		return tellFinding(ctx, tx, who, f, "登记问卷", journal.Change{Field: "收回", To: fmt.Sprintf("%d份，发出%d份", total, p.Handed)})
	})
}
