package lead

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"bihuan/chinese"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// Notice is a publicity list (公示) of a programme in a village. It is masked from the start (L14): name, village, amount and months, and
// nothing else; who is under age is not listed. After its last day it is taken down by itself, and its lines are gone.
type Notice struct {
	ID        int64
	Unit      int64
	Programme int64
	Name      string // of the programme
	Village   int64  // 0: the whole town
	What      string // see NoticeKinds
	Title     string
	Basis     string
	Token     string // of the public address
	Posted    string
	Until     string
	Down      time.Time // zero until then
	DownWhy   string
	N         int // how many lines there were
	LeftOut   int // minors
	Version   int64
	Lines     []NoticeLine // of one notice; none once it is down
}

// Up tells whether the notice hangs on a day.
func (n Notice) Up(day string) bool { return n.Down.IsZero() && n.Posted <= day && day <= n.Until }

// NoticeLine is one person of a notice.
type NoticeLine struct {
	Name   string // masked
	Place  string // village
	Amount int64  // fen; 0: not shown
	Period string
}

// NoticeKinds are what a notice lists: whom the town proposes to the county, or who is on the roll.
var NoticeKinds = []struct{ What, Word string }{{"proposed", "拟享受人员"}, {"receiving", "在享人员"}}

// LeastNoticeDays is how many days a notice hangs at least where the programme says nothing (B1.1: 村公示不少于5天).
const LeastNoticeDays = 5

// mostNoticeDays bounds how long names hang in public.
const mostNoticeDays = 30

// NoticeDraft is a notice as somebody asks for it.
type NoticeDraft struct {
	Programme int64
	Village   int64
	What      string
	Title     string // empty: made of programme and village
	Basis     string
	Until     string // last day; must be said
	Batch     string // of the form, so that the same form makes one notice; becomes the public address
}

// NewBatch makes the mark of a form for a notice.
func NewBatch() string { return rand.Text() }

// noticeDays is how many days a notice of a programme hangs at least: the parameter publicity in force, else [LeastNoticeDays].
func noticeDays(ctx context.Context, q store.Querier, programme int64, day string) (int, error) {
	n, err := store.One(ctx, q, store.Value[int], `select coalesce(max(cast(value as integer)), 0) from parameter
		where programme = $1 and name = 'publicity' and valid_from <= $2 and (valid_to = '' or valid_to >= $2)`, programme, day)
	return max(n, LeastNoticeDays), err
}

// LeastUntil is the first day on which a notice of a programme that is posted today may be taken down.
func LeastUntil(ctx context.Context, v *vault.Vault, programme int64) (string, error) {
	day := v.Now().Format(time.DateOnly)
	n, err := noticeDays(ctx, v, programme, day)
	return later(day, n), err
}

// PostNotice posts a notice (公示). What would tell more of somebody than L14 allows is refused or left out.
func PostNotice(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, unit int64, d NoticeDraft) (int64, error) {
	town, err := org.UnitByID(ctx, house, unit)
	if err != nil {
		return 0, err
	}
	if err := who.Check(org.Publish, town); err != nil {
		return 0, err
	}
	where := town
	if d.Village != 0 {
		if where, err = org.UnitByID(ctx, house, d.Village); err != nil || !where.Within(town.Path) {
			return 0, org.Invalid{Field: "村", What: "没有这个村，请重选"}
		}
	}
	names, err := villageNames(ctx, house, town)
	if err != nil {
		return 0, err
	}
	var id int64
	err = v.Write(ctx, func(tx *store.Tx) error {
		name, err := programmeName(ctx, tx, d.Programme, town)
		if err != nil {
			return err
		}
		same, err := store.All(ctx, tx, store.Value[int64], `select id from notice where token = $1`, d.Batch)
		if err != nil {
			return err
		}
		if len(same) > 0 {
			id = same[0]
			return nil
		}
		if err := d.check(ctx, tx, name, where.Name); err != nil {
			return err
		}
		lines, minors, err := noticeLines(ctx, tx, d, town.ID, names)
		if err != nil {
			return err
		}
		if len(lines) == 0 {
			return org.Invalid{Field: "名单", What: "没有可以公示的人：" + where.Name + "现在没有" + noticeWord(d.What)}
		}
		id = tx.ID()
		_, err = tx.Exec(ctx, `insert into notice (id, unit, programme, village, what, title, basis, token, posted, until, down, down_why, purged, lines, left_out, staff, version)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, '', 0, $11, $12, $13, 1)`,
			id, unit, d.Programme, d.Village, d.What, d.Title, d.Basis, d.Batch, dayOf(tx), d.Until, len(lines), minors, who.ID)
		if err != nil {
			return fmt.Errorf("post notice: %w", err)
		}
		for i, l := range lines {
			if _, err := tx.Exec(ctx, `insert into notice_line (id, notice, ord, name, place, amount, period) values ($1, $2, $3, $4, $5, $6, $7)`,
				tx.ID(), id, i+1, l.Name, l.Place, l.Amount, l.Period); err != nil {
				return fmt.Errorf("post notice: %w", err)
			}
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "公示", Kind: "notice", Row: id, Changes: []journal.Change{
			{Field: "标题", To: d.Title}, {Field: "人数", To: fmt.Sprint(len(lines))}, {Field: "撤下日期", To: d.Until}, {Field: "依据", To: d.Basis}}})
	})
	return id, err
}

// programmeName is the name of a programme that a town, or a unit above it, runs.
func programmeName(ctx context.Context, q store.Querier, id int64, town org.Unit) (string, error) {
	type programme struct {
		unit int64
		name string
	}
	p, err := store.One(ctx, q, func(rows *sql.Rows, p *programme) error { return rows.Scan(&p.unit, &p.name) }, `select unit, name from programme where id = $1`, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && !slices.Contains(town.Ancestors(), p.unit) {
		return "", org.Invalid{Field: "惠民项目", What: "没有这个项目，请重选"}
	}
	return p.name, err
}

func noticeWord(what string) string {
	for _, k := range NoticeKinds {
		if k.What == what {
			return k.Word
		}
	}
	return ""
}

// check refuses a notice that would tell what nobody may be told, or hang too long or too short.
func (d *NoticeDraft) check(ctx context.Context, tx *store.Tx, programme, place string) error {
	d.Title, d.Basis = strings.TrimSpace(d.Title), strings.TrimSpace(d.Basis)
	day := dayOf(tx)
	least, err := noticeDays(ctx, tx, d.Programme, day)
	if err != nil {
		return err
	}
	if d.Title == "" {
		d.Title = place + programme + noticeWord(d.What) + "公示"
	}
	_, bad := time.Parse(time.DateOnly, d.Until)
	switch {
	case len(d.Batch) < 20:
		return org.Invalid{Field: "公示", What: "请从“新公示”页面提交"}
	case noticeWord(d.What) == "":
		return org.Invalid{Field: "公示内容", What: "请选 拟享受人员 或 在享人员"}
	case bad != nil:
		return org.Invalid{Field: "撤下日期", What: "请写明公示到哪一天，如 2026-04-30；到期自动撤下"}
	case d.Until < later(day, least):
		return org.Invalid{Field: "撤下日期", What: fmt.Sprintf("公示不少于%d天，最早%s", least, later(day, least))}
	case d.Until > later(day, mostNoticeDays):
		return org.Invalid{Field: "撤下日期", What: fmt.Sprintf("公示不超过%d天：姓名不宜长期公开", mostNoticeDays)}
	}
	if err := vault.CheckTexts("标题", d.Title, "依据", d.Basis); err != nil {
		return err
	}
	for _, x := range []struct{ field, text string }{{"惠民项目", programme}, {"标题", d.Title}, {"依据", d.Basis}} {
		if word := tells(x.text); word != "" {
			return org.Invalid{Field: x.field, What: "“" + word + "”会让人知道当事人的健康、号码或账户，不能出现在公示里"}
		}
	}
	return nil
}

// private are the words that tell of somebody's health, disability, number, phone or account (L14).
var private = []string{"残疾", "残障", "重残", "大病", "重病", "疾病", "患", "病", "癌", "肿瘤", "精神", "智力", "失能", "失智", "瘫", "艾滋", "手术", "医疗", "身份证", "公民身份", "证件号",
	"电话", "手机", "账号", "账户", "卡号", "开户"}

// tells finds what a text would tell that no notice may; empty when there is nothing. Seven digits in a row may be a phone number.
func tells(text string) string {
	for _, w := range private {
		if strings.Contains(text, w) {
			return w
		}
	}
	if digits(text, 7) {
		return "一长串数字"
	}
	return ""
}

// digits tells whether a text holds so many digits in a row, however they are parted.
func digits(text string, most int) bool {
	n := 0
	for _, r := range text {
		switch {
		case chinese.Digit(chinese.Fold(r)):
			if n++; n >= most {
				return true
			}
		case n > 0 && strings.ContainsRune(" -－—·.　", r):
		default:
			n = 0
		}
	}
	return false
}

// publicName is a name as it hangs in public: masked, and of whatever else stands in the field nothing.
func publicName(name string) string {
	var kept []rune
	for _, r := range name {
		if r == '(' || r == '（' || r == '[' || r == '【' {
			break // what stands behind it is no name: 张三（残）
		}
		if unicode.IsLetter(r) || r == '·' {
			kept = append(kept, r)
		}
	}
	return vault.MaskName(string(kept))
}

// noticeLines collects whom a notice lists, by village and name, and how many minors it leaves out. Whose birth is unknown is not listed
// either: they may be one.
func noticeLines(ctx context.Context, tx *store.Tx, d NoticeDraft, town int64, villages map[int64]string) ([]NoticeLine, int, error) {
	type row struct {
		name, birth, from, to, kind string
		village, amount             int64
	}
	scan := func(rows *sql.Rows, r *row) error {
		return rows.Scan(&r.name, &r.birth, &r.village, &r.amount, &r.from, &r.to, &r.kind)
	}
	// The amount of a roll that pays by age is that of the last month paid.
	query := `select p.name, p.birth, p.village, case when r.standard > 0 then r.standard else coalesce((select max(y.amount) from payment y
			where y.roll = r.id and y.application = 0 and y.void = '' and y.month = (select max(z.month) from payment z where z.roll = r.id and z.application = 0 and z.void = '')), 0) end, '', '', 'month'
		from roll r join person p on p.id = r.person where r.programme = $1 and r.state = 'receiving' and p.unit = $3 and (cast($2 as bigint) = 0 or p.village = $2) order by p.village, p.name, r.id`
	if d.What == "proposed" {
		query = `select p.name, p.birth, p.village, a.amount, a.from_month, a.to_month, a.kind from application a join person p on p.id = a.person
			where a.programme = $1 and a.kind in ('new', 'arrears', 'resume') and a.step in ('received', 'checked', 'posted', 'held') and p.unit = $3 and (cast($2 as bigint) = 0 or p.village = $2) order by p.village, p.name, a.id`
	}
	list, err := store.All(ctx, tx, scan, query, d.Programme, d.Village, town)
	if err != nil {
		return nil, 0, err
	}
	adult := tx.Now.AddDate(-18, 0, 0).Format(time.DateOnly)
	var lines []NoticeLine
	left := 0
	for _, r := range list {
		if r.birth == "" || r.birth > adult {
			left++
			continue
		}
		l := NoticeLine{Name: publicName(r.name), Place: villages[r.village], Amount: r.amount}
		switch {
		case r.kind == "arrears":
			l.Period = "补发" + monthWords(r.from) + "至" + monthWords(r.to)
		case r.from != "":
			l.Period = monthWords(r.from) + "起每月"
		case r.amount > 0:
			l.Period = "每月"
		}
		lines = append(lines, l)
	}
	return lines, left, nil
}

// dayWords writes a day as people do: 2026年9月1日. What is no day stays as it is.
func dayWords(day string) string {
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return d.Format("2006年1月2日")
}

// monthWords writes a month as 2026年5月; empty when it is none.
func monthWords(month string) string {
	m, err := time.Parse("2006-01", month)
	if err != nil {
		return ""
	}
	return m.Format("2006年1月")
}

// villageNames are the names of the villages of a town.
func villageNames(ctx context.Context, house store.Querier, town org.Unit) (map[int64]string, error) {
	units, err := org.Below(ctx, house, town.Path)
	names := map[int64]string{}
	for _, u := range units {
		if u.Kind == org.Village {
			names[u.ID] = u.Name
		}
	}
	return names, err
}

const noticeColumns = `select n.id, n.unit, n.programme, p.name, n.village, n.what, n.title, n.basis, n.token, n.posted, n.until, n.down, n.down_why, n.lines, n.left_out, n.version
	from notice n join programme p on p.id = n.programme`

func scanNotice(rows *sql.Rows, n *Notice) error {
	var down int64
	err := rows.Scan(&n.ID, &n.Unit, &n.Programme, &n.Name, &n.Village, &n.What, &n.Title, &n.Basis, &n.Token, &n.Posted, &n.Until, &down, &n.DownWhy, &n.N, &n.LeftOut, &n.Version)
	if down != 0 {
		n.Down = time.UnixMilli(down)
	}
	return err
}

func (n *Notice) load(ctx context.Context, q store.Querier) (err error) {
	n.Lines, err = store.All(ctx, q, func(rows *sql.Rows, l *NoticeLine) error { return rows.Scan(&l.Name, &l.Place, &l.Amount, &l.Period) },
		`select name, place, amount, period from notice_line where notice = $1 order by ord`, n.ID)
	return err
}

// Notices lists the notices within reach of who may see residents, newest first.
func Notices(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person) ([]Notice, error) {
	units, err := reach(ctx, house, who, org.Residents)
	if err != nil {
		return nil, err
	}
	var args []any
	where := within(units, "n", func(x any) string { args = append(args, x); return fmt.Sprintf("$%d", len(args)) })
	return store.All(ctx, v, scanNotice, noticeColumns+` where `+where+` order by n.id desc`, args...)
}

// NoticeByID reads a notice within reach with its lines, or fails with [store.ErrNotFound].
func NoticeByID(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, id int64) (Notice, error) {
	n, err := store.One(ctx, v, scanNotice, noticeColumns+` where n.id = $1`, id)
	if err != nil {
		return n, err
	}
	at := n.Village
	if at == 0 {
		at = n.Unit
	}
	u, err := org.UnitByID(ctx, house, at)
	if err != nil {
		return n, err
	}
	if who.Check(org.Residents, u) != nil {
		return Notice{}, store.ErrNotFound
	}
	return n, n.load(ctx, v)
}

// PublicNotice reads a notice that hangs today, for anybody who has its address; after its last day it is [store.ErrNotFound], also when
// nobody has taken it down yet.
func PublicNotice(ctx context.Context, v *vault.Vault, token string) (Notice, error) {
	n, err := store.One(ctx, v, scanNotice, noticeColumns+` where n.token = $1`, token)
	if err != nil {
		return n, err
	}
	if !n.Up(v.Now().Format(time.DateOnly)) {
		return Notice{}, store.ErrNotFound
	}
	return n, n.load(ctx, v)
}

// TakeDown takes down every notice that is past its last day: its lines are deleted, and what the database file still holds of them.
// It may run at any time, and returns how many there were.
func TakeDown(ctx context.Context, v *vault.Vault) (int, error) {
	over, err := store.All(ctx, v, scanNotice, noticeColumns+` where n.down = 0 and n.until < $1 order by n.id`, v.Now().Format(time.DateOnly))
	if err != nil {
		return 0, err
	}
	for _, n := range over {
		if err := v.Write(ctx, func(tx *store.Tx) error { return takeDown(ctx, tx, org.Program, n, n.Version, "公示期满") }); err != nil && !errors.As(err, new(journal.Stale)) {
			return 0, err
		}
	}
	return len(over), purgeNotices(ctx, v)
}

// purgeNotices frees the files of the database of what was taken down. One that was interrupted is made up for by the next.
func purgeNotices(ctx context.Context, v *vault.Vault) error {
	left, err := store.All(ctx, v, store.Value[int64], `select id from notice where down <> 0 and purged = 0`)
	if err != nil || len(left) == 0 {
		return err
	}
	if err := v.Purge(ctx); err != nil {
		return err
	}
	return v.Write(ctx, func(tx *store.Tx) error {
		for _, id := range left {
			if _, err := tx.Exec(ctx, `update notice set purged = 1 where id = $1`, id); err != nil {
				return fmt.Errorf("purge notices: %w", err)
			}
			if err := journal.Append(ctx, tx, journal.Entry{Who: org.Program.Title(), Verb: "清除", Kind: "notice", Row: id}); err != nil {
				return err
			}
		}
		return nil
	})
}

// RemoveNotice takes a notice down before its time, with the reason.
func RemoveNotice(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, id, version int64, why string) error {
	why = strings.TrimSpace(why)
	if why == "" {
		return org.Invalid{Field: "理由", What: "请写为什么提前撤下"}
	}
	if err := vault.CheckText("理由", why); err != nil {
		return err
	}
	n, err := NoticeByID(ctx, v, house, who, id)
	if err != nil {
		return err
	}
	town, err := org.UnitByID(ctx, house, n.Unit)
	if err != nil {
		return err
	}
	if err := who.Check(org.Publish, town); err != nil {
		return err
	}
	if !n.Down.IsZero() {
		return nil // done already
	}
	if err := v.Write(ctx, func(tx *store.Tx) error { return takeDown(ctx, tx, who, n, version, why) }); err != nil {
		return err
	}
	return purgeNotices(ctx, v)
}

func takeDown(ctx context.Context, tx *store.Tx, who org.Person, n Notice, version int64, why string) error {
	changed, err := tx.Exec(ctx, `update notice set down = $3, down_why = $4, version = version + 1 where id = $1 and version = $2 and down = 0`, n.ID, version, tx.Now.UnixMilli(), why)
	if err != nil {
		return fmt.Errorf("take down: %w", err)
	}
	if changed == 0 {
		return journal.StaleRow(ctx, tx, "notice", n.ID)
	}
	if _, err := tx.Exec(ctx, `delete from notice_line where notice = $1`, n.ID); err != nil {
		return fmt.Errorf("take down: %w", err)
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "撤下公示", Kind: "notice", Row: n.ID,
		Changes: []journal.Change{{Field: "标题", To: n.Title}, {Field: "理由", To: why}}})
}
