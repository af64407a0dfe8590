package evidence

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// HintKind is what a hint is about.
type HintKind string

// The kinds of hints. None is a verdict: each says what is like what, or which day does not fit, and a person looks.
const (
	SameFile    HintKind = "same"    // one file for two things
	LikePicture HintKind = "picture" // a picture much like another
	LikeText    HintKind = "text"    // a text much like another
	SameNumber  HintKind = "number"  // one number on two official papers
	BeforeAll   HintKind = "early"   // dated before the feedback it answers
	OffDay      HintKind = "offday"  // office work dated on a day off
	OtherDay    HintKind = "taken"   // a picture that says it was taken on another day
	Burst       HintKind = "burst"   // much of the work entered just before somebody came to look
	OtherPlace  HintKind = "place"   // a plan that names another place
)

// HintKinds lists the kinds with their words, in the order of a form.
var HintKinds = []struct {
	Kind HintKind
	Word string
}{{SameFile, "同一文件"}, {LikePicture, "照片相似"}, {LikeText, "文字相似"}, {SameNumber, "文号相同"}, {OtherDay, "拍摄日期不同"},
	{BeforeAll, "早于反馈"}, {OffDay, "休息日办公"}, {Burst, "集中登记"}, {OtherPlace, "外地地名"}}

// Word is what people call the kind.
func (k HintKind) Word() string {
	for _, x := range HintKinds {
		if x.Kind == k {
			return x.Word
		}
	}
	return string(k)
}

// Reason is why there is nothing to a hint.
type Reason string

// OtherReason asks for words.
const OtherReason Reason = "other"

// Reasons lists why there may be nothing to a hint, in the order of a form.
var Reasons = []struct {
	Reason Reason
	Word   string
}{{"shared", "一份材料确实证明两件事"}, {"scene", "同一地点或同一活动，不是同一张"}, {"form", "格式文字、例行用语"}, {"dated", "日期已核实无误"},
	{"read", "识别有误"}, {OtherReason, "其他"}}

// Word is what people call the reason.
func (r Reason) Word() string {
	for _, x := range Reasons {
		if x.Reason == r {
			return x.Word
		}
	}
	return string(r)
}

// Ref names a row: of evidence, an occurrence, a closing, a lookback, a round or a finding.
type Ref struct {
	Table string // empty for none
	Row   int64
}

// Hint is something that a reviewer should look at (材料提示).
type Hint struct {
	ID      int64
	Kind    HintKind
	Finding int64 // 0: of a unit as a whole
	Unit    int64
	Subject Ref // what it is about
	Other   Ref // what that is compared with
	Score   int // percent
	Also    int // how many more are alike
	Said    string
	Made    time.Time

	Dismissed time.Time // zero while open
	Reason    Reason
	Words     string
	By        string // who dismissed it
}

// Open tells that nobody has dismissed the hint.
func (h Hint) Open() bool { return h.Dismissed.IsZero() }

// AddHint keeps a hint; one that is there already stays. It is called in [store.DB.Housekeep].
func AddHint(ctx context.Context, tx *store.Tx, h Hint) error {
	_, err := tx.Exec(ctx, `insert into hint (id, kind, finding, unit, subject, row_id, other, other_row, score, also, said, made)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (kind, subject, row_id, other, other_row, said) do nothing`,
		tx.ID(), string(h.Kind), h.Finding, h.Unit, h.Subject.Table, h.Subject.Row, h.Other.Table, h.Other.Row, h.Score, h.Also, h.Said, tx.Now.UnixMilli())
	if err != nil {
		return fmt.Errorf("insert hint: %w", err)
	}
	return nil
}

// HintColumns are the columns of [ScanHint], of the tables in [HintTables].
const HintColumns = `h.id, h.kind, h.finding, h.unit, h.subject, h.row_id, h.other, h.other_row, h.score, h.also, h.said, h.made,
	coalesce(d.dismissed, 0), coalesce(d.reason, ''), coalesce(d.words, ''), coalesce(s.name, '')`

// HintTables are hints with what was said of them. A hint about a piece of evidence is good as long as that one counts.
const HintTables = ` from hint h join unit u on u.id = h.unit left join dismissal d on d.kind = h.kind and d.subject = h.subject and d.row_id = h.row_id
	and d.other = h.other and d.other_row = h.other_row and d.about = h.said left join staff s on s.id = d.staff`

// HintHolds is the condition that a hint still is about something.
const HintHolds = `(h.subject <> 'evidence' or exists (select 1 from evidence e where e.id = h.row_id and e.replaced = 0 and e.withdrawn = ''))`

// ScanHint scans [HintColumns], and more columns that stand behind them.
func ScanHint(rows *sql.Rows, h *Hint, more ...any) error {
	var made, dismissed int64
	err := rows.Scan(append([]any{&h.ID, &h.Kind, &h.Finding, &h.Unit, &h.Subject.Table, &h.Subject.Row, &h.Other.Table, &h.Other.Row, &h.Score, &h.Also, &h.Said, &made,
		&dismissed, &h.Reason, &h.Words, &h.By}, more...)...)
	h.Made = time.UnixMilli(made)
	if dismissed != 0 {
		h.Dismissed = time.UnixMilli(dismissed)
	}
	return err
}

// Dismiss records that there is nothing to a hint, and why (排除提示). Said again it is recorded once; what somebody has dismissed stays so.
//
// The caller has checked that who may.
func Dismiss(ctx context.Context, tx *store.Tx, who org.Person, h Hint, reason Reason, words string) error {
	words = strings.TrimSpace(words)
	switch {
	case !h.Open():
		if h.Reason == reason && h.Words == words {
			return nil
		}
		return org.Invalid{Field: "提示", What: h.By + "已经核对过这条提示：" + h.Reason.Word()}
	case reason.Word() == string(reason):
		return org.Invalid{Field: "原因", What: "请选一个原因"}
	case reason == OtherReason && words == "":
		return org.Invalid{Field: "说明", What: "选“其他”的，请写一句看到的情况"}
	case utf8.RuneCountInString(words) > MostTitle:
		return org.Invalid{Field: "说明", What: fmt.Sprintf("最多 %d 个字，请精简", MostTitle)}
	}
	id := tx.ID()
	_, err := tx.Exec(ctx, `insert into dismissal (id, kind, finding, unit, subject, row_id, other, other_row, about, reason, words, staff, dismissed)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`, id, string(h.Kind), h.Finding, h.Unit, h.Subject.Table, h.Subject.Row,
		h.Other.Table, h.Other.Row, h.Said, string(reason), words, who.ID, tx.Now.UnixMilli())
	if store.IsUnique(err) {
		return org.Invalid{Field: "提示", What: "刚有人核对过这条提示，请刷新页面"}
	}
	if err != nil {
		return fmt.Errorf("dismiss hint: %w", err)
	}
	changes := []journal.Change{{Field: "提示", To: h.Kind.Word()}, {Field: "原因", To: reason.Word()}}
	if words != "" {
		changes = append(changes, journal.Change{Field: "说明", To: words})
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "排除提示", Kind: "dismissal", Row: id, Changes: changes})
}
