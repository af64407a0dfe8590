package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"bihuan/calendar"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// LetterKind is what a letter is.
type LetterKind string

// The kinds of letter, in the order of the ladder.
const (
	Remind    LetterKind = "remind"    // 提醒函
	Supervise LetterKind = "supervise" // 督办单
	Warn      LetterKind = "warn"      // 告诫书
)

// LetterKinds lists the kinds with their names and the sign in their numbers.
var LetterKinds = []struct {
	Kind       LetterKind
	Word, Sign string
}{{Remind, "整改提醒函", "提"}, {Supervise, "整改督办单", "督"}, {Warn, "整改告诫书", "诫"}}

// Word is what people call the kind.
func (k LetterKind) Word() string {
	for _, x := range LetterKinds {
		if x.Kind == k {
			return x.Word
		}
	}
	return string(k)
}

func (k LetterKind) sign() string {
	for _, x := range LetterKinds {
		if x.Kind == k {
			return x.Sign
		}
	}
	return ""
}

// Letter is a numbered paper that tells somebody of a deadline, with its receipt and reply. A draft has no number: a person sends it.
type Letter struct {
	ID         int64
	Unit       org.Unit // who sends it
	Kind       LetterKind
	Colour     string // green yellow red
	Number     string // 栖禾巡改提〔2026〕7号; empty while a draft
	Finding    int64
	Title      string // of the finding
	Occurrence int64
	Due        string
	Addressee  int64
	To         string // name of Addressee
	Staff      int64  // the person it is for; 0: the unit
	Name       string // of Staff
	Copies     string // 抄送
	Body       string
	ReplyBy    string
	State      string // draft sent received replied dropped
	Drafted    Mark   // Staff 0: by the ladder
	Sent       Mark
	Received   Mark
	Replied    Mark // Words: the reply
	Version    int64
}

const letterColumns = `l.id, l.kind, l.colour, l.number, l.finding, f.title, l.occurrence, l.due, l.addressee, a.name, l.staff, coalesce(s.name, ''), l.copies, l.body, l.reply_by,
	l.state, l.drafted, l.drafted_by, l.sent, l.sent_by, l.received, l.received_by, l.replied, l.replied_by, l.reply, l.version,
	coalesce(p.name, '系统'), coalesce(x.name, ''), coalesce(r.name, ''), coalesce(y.name, ''),
	u.id, coalesce(u.parent, 0), u.kind, u.name, u.path, u.ord, u.version
	from letter l join finding f on f.id = l.finding join unit u on u.id = l.unit join unit a on a.id = l.addressee left join staff s on s.id = l.staff
	left join staff p on p.id = l.drafted_by left join staff x on x.id = l.sent_by left join staff r on r.id = l.received_by left join staff y on y.id = l.replied_by`

func scanLetter(rows *sql.Rows, l *Letter) error {
	var at [4]int64
	u := &l.Unit
	err := rows.Scan(&l.ID, &l.Kind, &l.Colour, &l.Number, &l.Finding, &l.Title, &l.Occurrence, &l.Due, &l.Addressee, &l.To, &l.Staff, &l.Name, &l.Copies, &l.Body, &l.ReplyBy,
		&l.State, &at[0], &l.Drafted.Staff, &at[1], &l.Sent.Staff, &at[2], &l.Received.Staff, &at[3], &l.Replied.Staff, &l.Replied.Words, &l.Version,
		&l.Drafted.Name, &l.Sent.Name, &l.Received.Name, &l.Replied.Name,
		&u.ID, &u.Parent, &u.Kind, &u.Name, &u.Path, &u.Ord, &u.Version)
	for i, m := range []*Mark{&l.Drafted, &l.Sent, &l.Received, &l.Replied} {
		if at[i] != 0 {
			m.At = time.UnixMilli(at[i])
		}
	}
	return err
}

// Letters lists the letters that a person sees, newest first, at most limit: those sent by the own subtree, and those that came to it.
// state empty asks for all.
func Letters(ctx context.Context, q store.Querier, who org.Person, state string, limit int) ([]Letter, error) {
	seen, args := letterSeen(who, state)
	return store.All(ctx, q, scanLetter, `select `+letterColumns+` where l.state <> 'dropped' and ($1 = '' or l.state = $1) and `+seen+`
		order by l.id desc limit `+fmt.Sprint(limit), args...)
}

// LettersOf lists the letters about a finding that have been sent, newest first.
func LettersOf(ctx context.Context, q store.Querier, finding int64) ([]Letter, error) {
	return store.All(ctx, q, scanLetter, `select `+letterColumns+` where l.finding = $1 and l.state not in ('draft', 'dropped') order by l.id desc`, finding)
}

// LetterByID reads a letter that who may see, or [store.ErrNotFound].
func LetterByID(ctx context.Context, q store.Querier, who org.Person, id int64) (Letter, error) {
	seen, args := letterSeen(who, id)
	return store.One(ctx, q, scanLetter, `select `+letterColumns+` where l.id = $1 and `+seen, args...)
}

// letterSeen is the condition on the letters that a person sees: those of the own units, and those sent to them or to the person.
func letterSeen(who org.Person, args ...any) (string, []any) {
	from, args := who.Under("u.path", args...)
	to, args := who.Under("a.path", args...)
	args = append(args, who.ID)
	return fmt.Sprintf(`(%s or (%s or l.staff = $%d) and l.state not in ('draft', 'dropped'))`, from, to, len(args)), args
}

// Signer is who signs the papers of a unit: the office that runs the answer to an inspection.
func Signer(u org.Unit) string {
	switch u.Kind {
	case org.District:
		return "中共" + u.Name + "委巡察工作领导小组办公室"
	case org.Town:
		return "中共" + u.Name + "委员会整改办"
	}
	return u.Name
}

// For tells whether a letter is for somebody: by name, or for the own unit.
func (l Letter) For(who org.Person) bool { return l.Staff == who.ID || l.Addressee == who.Unit.ID }

// MaySend tells whether who may send a letter, or why not: a warning is for the party secretary or the district.
func (l Letter) MaySend(who org.Person) error {
	if err := who.Check(org.Send, l.Unit); err != nil {
		return err
	}
	if l.Kind == Warn && who.Check(org.Sign, l.Unit) != nil && who.Check(org.Accept, l.Unit) != nil {
		return Invalid{Field: "函件", What: "告诫书由书记或区委巡察办签发"}
	}
	return nil
}

// MayAnswer tells whether who may receive and answer a letter; nil when they may.
func (l Letter) MayAnswer(ctx context.Context, q store.Querier, who org.Person) error {
	return l.isFor(ctx, q, who)
}

// draft puts a letter on the desk of whoever sends it, once for each sender, deadline and kind.
func draft(ctx context.Context, tx *store.Tx, who org.Person, l Letter) (int64, error) {
	id := tx.ID()
	n, err := tx.Exec(ctx, `insert into letter (id, unit, kind, colour, number, finding, occurrence, due, addressee, staff, copies, body, reply_by, state, drafted, drafted_by,
		sent, sent_by, received, received_by, replied, replied_by, reply, version)
		values ($1, $2, $3, $4, '', $5, $6, $7, $8, $9, $10, $11, $12, 'draft', $13, $14, 0, 0, 0, 0, 0, 0, '', 1) on conflict (finding, unit, occurrence, kind, due) do nothing`,
		id, l.Unit.ID, l.Kind, l.Colour, l.Finding, l.Occurrence, l.Due, l.Addressee, l.Staff, l.Copies, l.Body, l.ReplyBy, tx.Now.UnixMilli(), who.ID)
	if err != nil {
		return 0, fmt.Errorf("draft letter: %w", err)
	}
	if n == 0 {
		return 0, nil
	}
	return id, journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "拟函", Kind: "letter", Row: id,
		Changes: []journal.Change{{Field: "种类", To: l.Kind.Word()}, {Field: "期限", To: l.Due}}})
}

// sender is the unit that who writes for about a finding: the own, where who may send for it; else the nearest one above the finding
// that a post lets them send for. For a town's person it is the town, for the district's the district.
func sender(who org.Person, f Finding) (org.Unit, error) {
	var nearest org.Unit
	for _, u := range who.Over(org.Send) {
		switch {
		case !f.Unit.Within(u.Path):
		case u.ID == who.Unit.ID:
			return u, nil
		case len(u.Path) > len(nearest.Path):
			nearest = u
		}
	}
	if nearest.ID == 0 {
		return nearest, org.Denied{Who: who, Action: org.Send, Unit: f.Unit.Name}
	}
	return nearest, nil
}

// revive puts a letter that was thrown away back on the desk, as it would be written now.
func revive(ctx context.Context, tx *store.Tx, who org.Person, id int64, l Letter) error {
	n, err := tx.Exec(ctx, `update letter set state = 'draft', colour = $2, addressee = $3, staff = $4, copies = $5, body = $6, reply_by = $7, drafted = $8, drafted_by = $9,
		version = version + 1 where id = $1 and state = 'dropped'`, id, l.Colour, l.Addressee, l.Staff, l.Copies, l.Body, l.ReplyBy, tx.Now.UnixMilli(), who.ID)
	if err != nil {
		return fmt.Errorf("revive letter: %w", err)
	}
	if n == 0 {
		return nil
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "拟函", Kind: "letter", Row: id,
		Changes: []journal.Change{{Field: "种类", To: l.Kind.Word()}, {Field: "期限", To: l.Due}, {Field: "原稿", To: "作废后重拟"}}})
}

// Draft drafts a letter about a finding by hand, and returns it; the one that the same unit has already for this deadline when there
// is one, and when that was thrown away, written anew.
func Draft(ctx context.Context, db *store.DB, cal calendar.Calendar, who org.Person, finding int64, kind LetterKind) (int64, error) {
	var id int64
	err := db.Write(ctx, func(tx *store.Tx) error {
		f, err := openFinding(ctx, tx, who, finding)
		if err != nil {
			return err
		}
		if err := who.Check(org.Send, f.Unit); err != nil {
			return err
		}
		from, err := sender(who, f)
		if err != nil {
			return err
		}
		if kind.sign() == "" {
			return Invalid{Field: "种类", What: "请选提醒函、督办单或告诫书"}
		}
		if f.Due == "" {
			return Invalid{Field: "到期日", What: "这个问题还没有到期日，请先补上再发函"}
		}
		rules, err := LoadRules(ctx, tx)
		if err != nil {
			return err
		}
		today := dayOf(tx)
		l, err := letterAbout(ctx, tx, f, kind, colourOf(rules, cal.Between(today, f.Due), f.Due < today), cal, today)
		if err != nil {
			return err
		}
		if from.ID != f.Unit.ID {
			l.Unit, l.Addressee, l.Staff = from, f.Unit.ID, 0 // the district writes to the town, not past it
		}
		if id, err = draft(ctx, tx, who, l); err != nil || id != 0 {
			return err
		}
		id, err = store.One(ctx, tx, store.Value[int64], `select id from letter where finding = $1 and unit = $2 and occurrence = 0 and kind = $3 and due = $4`,
			finding, l.Unit.ID, kind, f.Due)
		if err != nil {
			return err
		}
		return revive(ctx, tx, who, id, l)
	})
	return id, err
}

// EditLetter changes the words of a draft.
func EditLetter(ctx context.Context, db *store.DB, who org.Person, id, version int64, body, copies, replyBy string) error {
	body, copies = strings.TrimSpace(body), strings.TrimSpace(copies)
	return onLetter(ctx, db, who, id, func(tx *store.Tx, l Letter) error {
		if err := who.Check(org.Send, l.Unit); err != nil {
			return err
		}
		switch {
		case l.Body == body && l.Copies == copies && l.ReplyBy == replyBy:
			return nil
		case l.State != "draft":
			return Invalid{Field: "函件", What: "已经签发，不能再改"}
		case body == "":
			return Invalid{Field: "正文", What: "不能为空"}
		}
		if _, err := time.Parse(time.DateOnly, replyBy); replyBy != "" && err != nil {
			return Invalid{Field: "反馈期限", What: fmt.Sprintf("“%s”不是日期，请写成 2026-04-30 这样", replyBy)}
		}
		n, err := tx.Exec(ctx, `update letter set body = $3, copies = $4, reply_by = $5, version = version + 1 where id = $1 and version = $2`, id, version, body, copies, replyBy)
		return letterChanged(ctx, tx, who, l, n, err, "改函", journal.Change{Field: "正文", From: l.Body, To: body})
	})
}

// SendLetter gives a draft its number and sends it (签发).
func SendLetter(ctx context.Context, db *store.DB, who org.Person, id, version int64) error {
	return onLetter(ctx, db, who, id, func(tx *store.Tx, l Letter) error {
		if err := who.Check(org.Send, l.Unit); err != nil {
			return err
		}
		if l.State != "draft" {
			if l.Sent.Staff == who.ID {
				return nil
			}
			return Invalid{Field: "函件", What: l.Sent.Name + "已经签发"}
		}
		if err := l.MaySend(who); err != nil {
			return err
		}
		number, err := nextNumber(ctx, tx, l.Unit, l.Kind.sign())
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update letter set state = 'sent', number = $3, sent = $4, sent_by = $5, version = version + 1 where id = $1 and version = $2`,
			id, version, number, tx.Now.UnixMilli(), who.ID)
		if err := letterChanged(ctx, tx, who, l, n, err, "签发", journal.Change{Field: "编号", To: number}, journal.Change{Field: "收件", To: l.To}); err != nil {
			return err
		}
		return tellFinding(ctx, tx, who, Finding{ID: l.Finding}, "催办", journal.Change{Field: l.Kind.Word(), To: number}, journal.Change{Field: "收件", To: strings.TrimSpace(l.To + " " + l.Name)})
	})
}

// DropLetter throws a draft away. The ladder does not draft it again for the same deadline.
func DropLetter(ctx context.Context, db *store.DB, who org.Person, id, version int64) error {
	return onLetter(ctx, db, who, id, func(tx *store.Tx, l Letter) error {
		if err := who.Check(org.Send, l.Unit); err != nil {
			return err
		}
		if l.State == "dropped" {
			return nil
		}
		if l.State != "draft" {
			return Invalid{Field: "函件", What: "已经签发，不能作废"}
		}
		n, err := tx.Exec(ctx, `update letter set state = 'dropped', version = version + 1 where id = $1 and version = $2`, id, version)
		return letterChanged(ctx, tx, who, l, n, err, "不发")
	})
}

// ReceiveLetter acknowledges a letter (签收): whoever it is for, or anybody who reports for its addressee and could not have sent it.
func ReceiveLetter(ctx context.Context, db *store.DB, who org.Person, id int64) error {
	return onLetter(ctx, db, who, id, func(tx *store.Tx, l Letter) error {
		if err := l.isFor(ctx, tx, who); err != nil {
			return err
		}
		switch l.State {
		case "received", "replied":
			return nil
		case "sent":
		default:
			return Invalid{Field: "签收", What: "这封函还没有签发"}
		}
		n, err := tx.Exec(ctx, `update letter set state = 'received', received = $3, received_by = $4, version = version + 1 where id = $1 and version = $2`,
			id, l.Version, tx.Now.UnixMilli(), who.ID)
		return letterChanged(ctx, tx, who, l, n, err, "签收", journal.Change{Field: "编号", To: l.Number})
	})
}

// ReplyLetter answers a letter; whoever answers has received it.
func ReplyLetter(ctx context.Context, db *store.DB, who org.Person, id, version int64, words string) error {
	words = strings.TrimSpace(words)
	return onLetter(ctx, db, who, id, func(tx *store.Tx, l Letter) error {
		if err := l.isFor(ctx, tx, who); err != nil {
			return err
		}
		switch {
		case l.State == "replied" && l.Replied.Words == words:
			return nil
		case l.State == "draft" || l.State == "dropped":
			return Invalid{Field: "反馈", What: "这封函还没有签发"}
		case words == "":
			return Invalid{Field: "反馈", What: "请写明办到哪一步、什么时候办结"}
		}
		received, by := l.Received.At.UnixMilli(), l.Received.Staff
		if by == 0 {
			received, by = tx.Now.UnixMilli(), who.ID
		}
		n, err := tx.Exec(ctx, `update letter set state = 'replied', received = $3, received_by = $4, replied = $5, replied_by = $6, reply = $7, version = version + 1
			where id = $1 and version = $2`, id, version, received, by, tx.Now.UnixMilli(), who.ID, words)
		return letterChanged(ctx, tx, who, l, n, err, "复函", journal.Change{Field: "编号", To: l.Number}, journal.Change{Field: "反馈", From: l.Replied.Words, To: words})
	})
}

// isFor tells whether who may receive and answer a letter: whoever it names, the addressee's own people, and whoever reports for it
// from above. Who may send for the sender may not also sign the receipt, unless the letter is to themselves or to their own unit.
func (l Letter) isFor(ctx context.Context, q store.Querier, who org.Person) error {
	if l.For(who) {
		return nil
	}
	to, err := org.UnitByID(ctx, q, l.Addressee)
	if err != nil {
		return err
	}
	if err := who.Check(org.Progress, to); err != nil {
		return err
	}
	if who.Check(org.Send, l.Unit) == nil {
		return Invalid{Field: "签收", What: "这封函是" + l.Unit.Name + "发出的，要由" + to.Name + "签收和反馈，发函的一方不能代办"}
	}
	return nil
}

func onLetter(ctx context.Context, db *store.DB, who org.Person, id int64, fn func(*store.Tx, Letter) error) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		l, err := LetterByID(ctx, tx, who, id)
		if err != nil {
			return err
		}
		return fn(tx, l)
	})
}

func letterChanged(ctx context.Context, tx *store.Tx, who org.Person, l Letter, n int64, err error, verb string, changes ...journal.Change) error {
	if err != nil {
		return fmt.Errorf("letter: %w", err)
	}
	if n == 0 {
		return journal.StaleRow(ctx, tx, "letter", l.ID)
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: verb, Kind: "letter", Row: l.ID, Changes: changes})
}
