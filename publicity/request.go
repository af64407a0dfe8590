package publicity

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"bihuan/benefit"
	"bihuan/calendar"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// Request is a villager who would like to get a benefit, or asks about one (群众诉求, M64). What was said, what was answered and the telephone
// are sealed where they are kept.
type Request struct {
	ID         int64
	Unit       int64 // town
	Village    int64
	Year       string
	Serial     int64 // of the town in the year
	Received   string
	Channel    string // see [Channels]
	Name       string
	Phone      string
	Benefit    string // empty: not said which
	Said       string
	Staff      int64  // who heard it
	Answered   string // day of the first answer
	AnsweredBy int64
	Verdict    string // of the first check: [Fits], [Fails], [Unsure]
	Condition  string // which condition fails, in plain words
	Advice     string // what was said to them
	// Application and ApplicationNo are what became of it at the county: an id of package benefit, and the number as text.
	Application   int64
	ApplicationNo string
	Outcome       string // see [Outcomes]
	Told          string // day the villager was told: this closes it
	ToldHow       string
	Version       int64
}

// Number is how people call it: 诉求2026-12.
func (r Request) Number() string { return fmt.Sprintf("诉求%s-%d", r.Year, r.Serial) }

// The verdicts of a first check. None decides anything: it is what the village or the town thinks, for the advice that it gives.
const (
	Fits   = "fits"   // 看来符合
	Fails  = "fails"  // 不符合
	Unsure = "unsure" // 还要核实
)

// Word is a value of a closed list and what people call it.
type Word struct{ Value, Word string }

// The closed lists of requests.
var (
	Channels = []Word{{"oral", "口头"}, {"visit", "来访"}, {"phone", "电话"}, {"letter", "来信"}, {"online", "网上"}, {"inspection", "巡察走访"}}
	Verdicts = []Word{{Fits, "看来符合，帮着申请"}, {Unsure, "还要核实"}, {Fails, "不符合"}}
	Outcomes = []Word{{"applied", "已申请，等县里决定"}, {"approved", "县里批了，到账才算享受"}, {"already", "本来就在享受，已说明"}, {"refused", "不符合，已说明"}, {"passed_on", "转别的部门办"}, {"dropped", "本人不再要求"}}
	ToldHows = []Word{{"face", "当面"}, {"phone", "电话"}, {"paper", "书面"}, {"family", "托家里人"}}
)

// WordOf is what people call a value of a closed list.
func WordOf(list []Word, value string) string {
	for _, w := range list {
		if w.Value == value {
			return w.Word
		}
	}
	return value
}

func known(list []Word, value string) bool {
	return slices.ContainsFunc(list, func(w Word) bool { return w.Value == value })
}

// Due is the last day for the first answer: so many working days after it was said (M64: 5).
func (r Request) Due(c calendar.Calendar, rules ledger.Rules) string {
	return c.After(r.Received, rules.FirstAnswer)
}

// Late tells on a day whether the first answer is, or was, later than its clock.
func (r Request) Late(c calendar.Calendar, rules ledger.Rules, day string) bool {
	if r.Answered != "" {
		day = r.Answered
	}
	return day > r.Due(c, rules)
}

const requestColumns = `select id, unit, village, year, serial, received, channel, name, phone, benefit, said, staff, answered, answered_by, verdict, condition, advice,
	application, application_no, outcome, told, told_how, version from request`

func requestScan(v *vault.Vault) func(*sql.Rows, *Request) error {
	return func(rows *sql.Rows, r *Request) error {
		err := rows.Scan(&r.ID, &r.Unit, &r.Village, &r.Year, &r.Serial, &r.Received, &r.Channel, &r.Name, &r.Phone, &r.Benefit, &r.Said, &r.Staff, &r.Answered, &r.AnsweredBy,
			&r.Verdict, &r.Condition, &r.Advice, &r.Application, &r.ApplicationNo, &r.Outcome, &r.Told, &r.ToldHow, &r.Version)
		for _, s := range []struct {
			use  string
			text *string
		}{{"request.phone", &r.Phone}, {"request.said", &r.Said}, {"request.condition", &r.Condition}, {"request.advice", &r.Advice}} {
			if err == nil {
				*s.text, err = v.Unseal(s.use, *s.text)
			}
		}
		return err
	}
}

// Requests lists the requests of a town's villages that are given, the open ones first, each part newest first.
func Requests(ctx context.Context, v *vault.Vault, town int64, villages []org.Unit) ([]Request, error) {
	all, err := store.All(ctx, v, requestScan(v), requestColumns+` where unit = $1 order by case when told = '' then 0 else 1 end, received desc, id desc`, town)
	return slices.DeleteFunc(all, func(r Request) bool {
		return !slices.ContainsFunc(villages, func(u org.Unit) bool { return u.ID == r.Village })
	}), err
}

// RequestByID reads one request, or [store.ErrNotFound]. Who may see it is for the caller to look at, by its village.
func RequestByID(ctx context.Context, v *vault.Vault, q store.Querier, id int64) (Request, error) {
	return store.One(ctx, q, requestScan(v), requestColumns+` where id = $1`, id)
}

// Hear records what a villager asks for. Name and words are enough: what is said at the door counts as much as what is written (M64). The
// same words of the same person on the same day are one request.
func Hear(ctx context.Context, v *vault.Vault, who org.Person, village org.Unit, r Request) (int64, error) {
	trim(&r.Name, &r.Phone, &r.Benefit, &r.Said, &r.Received)
	var id int64
	err := v.Write(ctx, func(tx *store.Tx) error {
		if err := inTown(townOf(village), village); err != nil {
			return err
		}
		if err := who.Check(org.Hear, village); err != nil {
			return err
		}
		if err := limit("谁提的", r.Name, 50, "请写名字"); err != nil {
			return err
		}
		if err := limit("说了什么", r.Said, 500, "请写一句他说了什么"); err != nil {
			return err
		}
		if r.Benefit != "" {
			if err := limit("惠民项目", r.Benefit, 20, ""); err != nil {
				return err
			}
		}
		if r.Received == "" {
			r.Received = today(tx)
		}
		if err := checkDay(tx, "哪天提的", r.Received); err != nil {
			return err
		}
		if r.Channel == "" {
			r.Channel = "oral"
		}
		if !known(Channels, r.Channel) {
			return org.Invalid{Field: "怎么提的", What: "请在单子里选"}
		}
		if r.Phone != "" && (len(r.Phone) > 20 || strings.Trim(r.Phone, "0123456789-+ ") != "") {
			return org.Invalid{Field: "电话", What: "请只填数字；没有就留空"}
		}
		same, err := store.All(ctx, tx, requestScan(v), requestColumns+` where village = $1 and received = $2 and name = $3`, village.ID, r.Received, r.Name)
		if err != nil {
			return err
		}
		for _, o := range same {
			if o.Said == r.Said {
				id = o.ID
				return nil
			}
		}
		town := townOf(village)
		year := r.Received[:4]
		serial, err := store.NextSerial(ctx, tx, fmt.Sprintf("request/%d/%s", town, year))
		if err != nil {
			return err
		}
		id = tx.ID()
		_, err = tx.Exec(ctx, `insert into request (id, unit, village, year, serial, received, channel, name, phone, benefit, said, staff, answered, answered_by, verdict,
			condition, advice, application, application_no, outcome, told, told_how, told_by, version)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', 0, '', '', '', 0, '', '', '', '', 0, 1)`, id, town, village.ID, year, serial, r.Received, r.Channel,
			r.Name, v.Seal("request.phone", r.Phone), r.Benefit, v.Seal("request.said", r.Said), who.ID)
		if err != nil {
			return fmt.Errorf("insert request: %w", err)
		}
		e := entry(who, "登记", "request", id, journal.Change{Field: "村", To: village.Name}, journal.Change{Field: "怎么提的", To: WordOf(Channels, r.Channel)}, journal.Change{Field: "惠民项目", To: r.Benefit})
		e.Happened = r.Received
		return journal.Append(ctx, tx, e)
	})
	return id, err
}

// Reply is an answer to a request, as it is given at its first check or later.
type Reply struct {
	Day           string
	Benefit       string
	Verdict       string
	Condition     string // of 不符合: which condition fails, in plain words
	Advice        string // what was said to the villager: what happens next, or what to do
	Application   int64
	ApplicationNo string
}

// AnswerRequest records what a villager was answered. The day of the first answer stands for good; a later answer changes what was found.
// Whoever does not fit is told which condition fails, in words that say more than that (M64).
func AnswerRequest(ctx context.Context, v *vault.Vault, who org.Person, village org.Unit, id, version int64, a Reply) error {
	trim(&a.Day, &a.Benefit, &a.Condition, &a.Advice, &a.ApplicationNo)
	return v.Write(ctx, func(tx *store.Tx) error {
		r, err := openRequest(ctx, v, tx, who, village, id)
		if err != nil {
			return err
		}
		if err := checkDay(tx, "哪天答复的", a.Day); err != nil {
			return err
		}
		if err := limit("惠民项目", a.Benefit, 20, "请写明问的是哪一项，如 高龄津贴"); err != nil {
			return err
		}
		if !known(Verdicts, a.Verdict) {
			return org.Invalid{Field: "看下来", What: "请选一项"}
		}
		if a.Verdict == Fails {
			if err := plainCondition(a.Benefit, a.Condition); err != nil {
				return err
			}
		} else {
			a.Condition = ""
		}
		if err := limit("怎么答复的", a.Advice, 300, "请写一句怎么对群众说的：下一步怎么办、带什么、找谁"); err != nil {
			return err
		}
		if len([]rune(a.ApplicationNo)) > 40 {
			return org.Invalid{Field: "申请编号", What: "最多 40 个字"}
		}
		if err := vault.CheckText("申请编号", a.ApplicationNo); err != nil {
			return err
		}
		first := r.Answered
		if first == "" {
			first = a.Day
		}
		switch {
		case a.Day < r.Received:
			return org.Invalid{Field: "哪天答复的", What: "早于群众提出的那天，请核对"}
		case r.Answered != "" && r.Benefit == a.Benefit && r.Verdict == a.Verdict && r.Condition == a.Condition && r.Advice == a.Advice &&
			r.ApplicationNo == a.ApplicationNo && r.Application == a.Application:
			return nil
		}
		if err := closed(r); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update request set answered = $3, answered_by = case when answered = '' then $4 else answered_by end, verdict = $5, condition = $6, advice = $7, benefit = $8,
			application = $9, application_no = $10, version = version + 1 where id = $1 and version = $2`, id, version, first, who.ID, a.Verdict, v.Seal("request.condition", a.Condition),
			v.Seal("request.advice", a.Advice), a.Benefit, a.Application, a.ApplicationNo)
		if err != nil {
			return fmt.Errorf("answer request: %w", err)
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "request", id)
		}
		e := entry(who, "答复", "request", id, altered(journal.Change{Field: "看下来", From: WordOf(Verdicts, r.Verdict), To: WordOf(Verdicts, a.Verdict)},
			journal.Change{Field: "惠民项目", From: r.Benefit, To: a.Benefit}, journal.Change{Field: "申请编号", From: r.ApplicationNo, To: a.ApplicationNo})...)
		e.Happened = a.Day
		return journal.Append(ctx, tx, e)
	})
}

// closed refuses to change what was closed; of one that is open it is nil.
func closed(r Request) error {
	if r.Told == "" {
		return nil
	}
	return org.Invalid{Field: "诉求", What: "已经办结。群众又提的，请另登记一件"}
}

// LinkApplication says which application came of a request that was answered. The same link twice is one.
func LinkApplication(ctx context.Context, v *vault.Vault, who org.Person, village org.Unit, id, version, application int64) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		r, err := openRequest(ctx, v, tx, who, village, id)
		if err != nil {
			return err
		}
		if r.Application == application {
			return nil
		}
		if err := MayApply(r); err != nil {
			return err
		}
		if _, err := benefit.ApplicationByID(ctx, tx, who, application); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update request set application = $3, version = version + 1 where id = $1 and version = $2`, id, version, application)
		if err != nil {
			return fmt.Errorf("link application: %w", err)
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "request", id)
		}
		return journal.Append(ctx, tx, entry(who, "转申请", "request", id, journal.Change{Field: "事项", To: fmt.Sprint(application)}))
	})
}

// MayApply refuses to make an application of a request that nobody has looked at, or that does not fit.
func MayApply(r Request) error {
	switch {
	case r.Told != "":
		return closed(r)
	case r.Answered == "":
		return org.Invalid{Field: "申请", What: "还没有答复过，请先登记怎么答复的"}
	case r.Verdict == Fails:
		return org.Invalid{Field: "申请", What: "答复写的是不符合。看错了请先改答复"}
	}
	return nil
}

// CloseRequest ends a request: the villager was told what came of it, on a day and in a way (M64).
func CloseRequest(ctx context.Context, v *vault.Vault, who org.Person, village org.Unit, id, version int64, outcome, day, how, number string) error {
	trim(&day, &number)
	return v.Write(ctx, func(tx *store.Tx) error {
		if err := vault.CheckTexts("怎么告知的", how, "申请编号", number); err != nil {
			return err
		}
		r, err := openRequest(ctx, v, tx, who, village, id)
		if err != nil {
			return err
		}
		if r.Told != "" && r.Outcome == outcome && r.Told == day && r.ToldHow == how {
			return nil
		}
		if err := closed(r); err != nil {
			return err
		}
		if number == "" {
			number = r.ApplicationNo
		}
		switch {
		case r.Answered == "":
			return org.Invalid{Field: "结果", What: "还没有答复过，请先登记怎么答复的"}
		case !known(Outcomes, outcome):
			return org.Invalid{Field: "结果", What: "请选一项"}
		case outcome == "refused" && r.Condition == "":
			return org.Invalid{Field: "结果", What: "不符合要写明是哪一条。请先在“答复”里选“不符合”，写明是哪一条"}
		case (outcome == "applied" || outcome == "approved" || outcome == "already") && r.Verdict == Fails:
			return org.Invalid{Field: "结果", What: "答复写的是不符合，结果却不是。请先改答复"}
		case (outcome == "applied" || outcome == "approved") && number == "" && r.Application == 0:
			return org.Invalid{Field: "申请编号", What: "请填申请的编号，以后凭它查"}
		case len([]rune(number)) > 40:
			return org.Invalid{Field: "申请编号", What: "最多 40 个字"}
		case !known(ToldHows, how):
			return org.Invalid{Field: "怎么告知的", What: "请选一项"}
		}
		if r.Application != 0 && outcome == "approved" {
			a, err := benefit.ApplicationByID(ctx, tx, who, r.Application)
			if err != nil {
				return err
			}
			if a.Decision != benefit.Approved {
				return org.Invalid{Field: "结果", What: "县里还没有批准这件申请，请选“已申请，等县里决定”，或等决定了再办结"}
			}
		}
		if err := checkDay(tx, "哪天告知的", day); err != nil {
			return err
		}
		if day < r.Answered {
			return org.Invalid{Field: "哪天告知的", What: "早于第一次答复，请核对"}
		}
		n, err := tx.Exec(ctx, `update request set outcome = $3, told = $4, told_how = $5, told_by = $6, application_no = $7, version = version + 1 where id = $1 and version = $2`,
			id, version, outcome, day, how, who.ID, number)
		if err != nil {
			return fmt.Errorf("close request: %w", err)
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "request", id)
		}
		e := entry(who, "告知", "request", id, journal.Change{Field: "结果", To: WordOf(Outcomes, outcome)}, journal.Change{Field: "怎么告知的", To: WordOf(ToldHows, how)})
		e.Happened = day
		return journal.Append(ctx, tx, e)
	})
}

// openRequest reads a request of a village that who may work on.
func openRequest(ctx context.Context, v *vault.Vault, tx *store.Tx, who org.Person, village org.Unit, id int64) (Request, error) {
	r, err := RequestByID(ctx, v, tx, id)
	if err != nil {
		return r, err
	}
	if r.Village != village.ID {
		return r, store.ErrNotFound
	}
	return r, who.Check(org.Hear, village)
}

// empty are the words with which a refusal says nothing: a reason is what is left without them.
var empty = strings.Fields(`不符合 不满足 不具备 不够 没有达到 达不到 未达到 条件 政策 规定 要求 资格 享受 标准 范围 有关 相关 文件 国家 上级 经 审核 核实 调查 研究 决定
	高龄津贴 高龄补贴 低保 特困 五保 监测户 公益岗 残疾人补贴 补贴 津贴 不予 不能 不可以 无法 办理 申请 该户 该人 本人 您 你 他 她 因为 由于 所以 根据 按照 按 因 不 在 的 了 此 该 内`)

// leastReason is how many characters of a reason have to be left.
const leastReason = 3

// plainCondition refuses a reason that names no condition: 不符合条件, 不符合低保政策.
func plainCondition(benefit, condition string) error {
	const field = "哪一条不符合"
	if err := limit(field, condition, 200, "请写明是哪一条，如 满80周岁才能领，您今年76岁"); err != nil {
		return err
	}
	left := strings.ReplaceAll(condition, benefit, "")
	for _, w := range empty {
		left = strings.ReplaceAll(left, w, "")
	}
	n := 0
	for _, r := range left {
		n += bit(unicode.IsLetter(r) || unicode.IsDigit(r))
	}
	if n < leastReason {
		return org.Invalid{Field: field, What: "这样写群众听不明白。请写明是哪一条、差在哪里，如 满80周岁才能领，您今年76岁"}
	}
	return nil
}

// Clauses are the conditions that a card names, to choose from when one of them fails.
func (c Card) Clauses() []string {
	list := strings.FieldsFunc(c.Who, func(r rune) bool { return strings.ContainsRune("\n；;。", r) })
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

// Figures count requests.
type Figures struct {
	All      int // the four that follow together
	Waiting  int // without a first answer, and within the clock
	Past     int // without a first answer, past the clock
	Pending  int // answered, and nobody has told what came of it
	Closed   int // told
	InTime   int // first answers in time
	LateDone int // first answers past the clock
	Days     int // median of the working days until the first answer; -1 where there is none
}

// Count makes the figures of a list of requests on a day.
func Count(list []Request, c calendar.Calendar, rules ledger.Rules, day string) Figures {
	f := Figures{All: len(list), Days: -1}
	var days []int
	for _, r := range list {
		late := r.Late(c, rules, day)
		switch {
		case r.Told != "":
			f.Closed++
		case r.Answered != "":
			f.Pending++
		case late:
			f.Past++
		default:
			f.Waiting++
		}
		if r.Answered != "" {
			f.LateDone += bit(late)
			f.InTime += bit(!late)
			days = append(days, c.Between(r.Received, r.Answered))
		}
	}
	if len(days) > 0 {
		slices.Sort(days)
		f.Days = days[(len(days)-1)/2]
	}
	return f
}
