package evidence

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// Kind is what a piece of evidence is.
type Kind string

// The kinds. None asks for a picture, and none for a place (L3).
const (
	File      Kind = "file"      // 文件: a paper or a picture
	Link      Kind = "link"      // 链接: what stands on a public page
	Record    Kind = "record"    // 记录: a paper that stays where it is, described
	Statement Kind = "statement" // 说明: plain words
)

// Kinds lists the kinds in the order of a form, with their words.
var Kinds = []struct {
	Kind Kind
	Word string
}{{Statement, "说明"}, {File, "文件"}, {Link, "链接"}, {Record, "记录"}}

// Word is what people call the kind.
func (k Kind) Word() string {
	for _, x := range Kinds {
		if x.Kind == k {
			return x.Word
		}
	}
	return string(k)
}

// How much fits into an item, in characters.
const (
	MostTitle = 120
	MostSaid  = 4000
	MostURL   = 2000
)

// Item is one revision of one piece of evidence (佐证材料).
type Item struct {
	ID         int64
	Finding    int64
	Measure    int64 // 0: of the finding as a whole
	Occurrence int64 // 0: of no occurrence
	Kind       Kind
	Title      string
	Said       string // words of a statement or of a record; beside a file or link optional
	URL        string // of a link
	File       string // SHA-256 of the content; empty for none
	FileName   string
	Media      string // media type by content
	Size       int64  // bytes
	Taken      string // when a picture says it was taken, 2026-04-12 16:08; empty when it does not
	Location   string // of a picture: [LocationRemoved], [LocationKept], or empty when it names none
	Erased     bool   // the content of the file was erased by law
	Event      string // day of what it proves
	Entered    time.Time
	Staff      int64
	By, Unit   string // name and unit of Staff
	Expires    string // last day it proves anything; empty: for ever
	Early      string // why it is older than the feedback (立行立改); empty when it is not
	Revision   int64  // 1, 2, …
	Previous   int64  // id of the revision it replaces; 0
	Replaced   int64  // id of the revision that replaced it; 0 while current
	Withdrawn  string // why it no longer counts; empty while it does
	Version    int64

	unitPath string
	keep     *Stored // file whose row is to be written with the item
}

// Attach makes the stored file the content of the item.
func (i *Item) Attach(s Stored, name string) {
	i.Kind, i.File, i.FileName, i.Media, i.Size, i.Taken, i.Location = File, s.Hash, FileName(name), s.Media, s.Size, s.Taken, s.Location
	i.keep = &s
}

// Current tells whether the item counts: neither replaced nor withdrawn.
func (i Item) Current() bool { return i.Replaced == 0 && i.Withdrawn == "" }

// From tells whether somebody of the unit with the given path, or of one below it, entered the item.
func (i Item) From(path string) bool { return strings.HasPrefix(i.unitPath, path) }

// Expired tells whether the item no longer proves anything on the given day.
func (i Item) Expired(today string) bool { return i.Expires != "" && i.Expires < today }

// Lag is how many days after the event the item was entered. It is computed from the two dates and never stored, so that neither
// can be bent to fit it.
func (i Item) Lag() int {
	event, err := time.Parse(time.DateOnly, i.Event)
	if err != nil {
		return 0
	}
	entered, _ := time.Parse(time.DateOnly, i.Entered.Format(time.DateOnly))
	return int(entered.Sub(event).Hours() / 24)
}

// Hash names what the item proves, and how: a closing is bound to it. It is the SHA-256 of kind, title, words, address, hash of the
// file and day of the event. Who entered it, when, and what it is attached to play no part.
func (i Item) Hash() string {
	content, _ := json.Marshal([]string{"bihuan/evidence/1", string(i.Kind), i.Title, i.Said, i.URL, i.File, i.Event}) // strings always marshal
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Check brings the item into the form it is kept in and refuses, with [org.Invalid], what cannot be kept. today is the day of entry,
// feedback the day of the feedback that is answered, empty when unknown. Nothing may be dated after today, and before the feedback
// only with a reason (立行立改), which is dropped where it is not needed.
func (i *Item) Check(today, feedback string) error {
	i.Title, i.Said, i.URL, i.Early = strings.TrimSpace(i.Title), strings.TrimSpace(i.Said), strings.TrimSpace(i.URL), strings.TrimSpace(i.Early)
	if err := i.checkContent(); err != nil {
		return err
	}
	for _, x := range []struct {
		field, text string
		most        int
	}{{"名称", i.Title, MostTitle}, {"说明", i.Said, MostSaid}, {"网址", i.URL, MostURL}, {"提前的原因", i.Early, MostTitle}} {
		if n := utf8.RuneCountInString(x.text); n > x.most {
			return org.Invalid{Field: x.field, What: fmt.Sprintf("写了 %d 个字，最多 %d 个字，请精简", n, x.most)}
		}
	}
	if _, err := time.Parse(time.DateOnly, i.Event); err != nil {
		return org.Invalid{Field: "发生日期", What: fmt.Sprintf("“%s”不是日期，请写成 2026-04-30 这样", i.Event)}
	}
	if i.Event > today {
		return org.Invalid{Field: "发生日期", What: i.Event + " 还没有到，请填事情实际发生的那一天"}
	}
	if feedback == "" || i.Event >= feedback {
		i.Early = ""
	} else if i.Early == "" {
		return org.Invalid{Field: "发生日期", What: fmt.Sprintf("%s 早于反馈日期 %s。属于立行立改的，请写明原因；否则请改日期", i.Event, feedback)}
	}
	if i.Expires != "" {
		if _, err := time.Parse(time.DateOnly, i.Expires); err != nil {
			return org.Invalid{Field: "有效期至", What: fmt.Sprintf("“%s”不是日期，请写成 2026-12-31 这样", i.Expires)}
		}
		if i.Expires < i.Event {
			return org.Invalid{Field: "有效期至", What: "早于发生日期，请核对"}
		}
	}
	return nil
}

// checkContent checks what each kind is made of, and empties what it is not.
func (i *Item) checkContent() error {
	if i.Kind != File {
		i.File, i.FileName, i.Media, i.Size, i.Taken, i.Location, i.keep = "", "", "", 0, "", "", nil
	}
	if i.Kind != Link {
		i.URL = ""
	}
	switch i.Kind {
	case File:
		if i.File == "" {
			return org.Invalid{Field: "文件", What: "请选择要上传的文件；没有文件的，可以改选“说明”"}
		}
		if i.Title == "" {
			i.Title = short(i.FileName)
		}
	case Link:
		u, err := url.Parse(i.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return org.Invalid{Field: "网址", What: "请填完整的网址，以 http:// 或 https:// 开头"}
		}
		if u.User != nil {
			return org.Invalid{Field: "网址", What: "网址里带着登录名或密码，请去掉后再填"}
		}
		if i.Title == "" {
			return org.Invalid{Field: "名称", What: "请写明这是什么，如 镇政府网站4月惠农补贴公示"}
		}
	case Record:
		if i.Title == "" {
			return org.Invalid{Field: "名称", What: "请写材料的名称，如 党委会会议记录"}
		}
		if i.Said == "" {
			return org.Invalid{Field: "说明", What: "请写明几份、存在哪里、谁保管，如 2份，党政办档案柜"}
		}
	case Statement:
		if i.Said == "" {
			return org.Invalid{Field: "说明", What: "请用一两句话写明做了什么、到什么程度"}
		}
		if i.Title == "" {
			i.Title = short(i.Said)
		}
	default:
		return org.Invalid{Field: "种类", What: "请从说明、文件、链接、记录中选一种"}
	}
	if i.Title == "" {
		return org.Invalid{Field: "名称", What: "请写明这是什么"}
	}
	return nil
}

// short is the beginning of a text, as a title.
func short(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	if r := []rune(strings.TrimSpace(text)); len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return strings.TrimSpace(text)
}

// same tells whether two revisions say the same of the same.
func (i Item) same(o Item) bool {
	return i.Hash() == o.Hash() && i.Measure == o.Measure && i.Occurrence == o.Occurrence && i.Expires == o.Expires && i.Early == o.Early
}

// Add attaches a piece of evidence to item.Finding. feedback is the day of the feedback it answers, empty when unknown; see
// [Item.Check]. A file must have been stored: its row exists, or the item carries it from [Item.Attach]. Entering it later than the
// event is allowed. Sent twice by the same person it is there once.
//
// The caller has checked that who may do this and that measure and occurrence belong to the finding.
func Add(ctx context.Context, tx *store.Tx, who org.Person, feedback string, item Item) (Item, error) {
	if err := item.Check(tx.Now.Format(time.DateOnly), feedback); err != nil {
		return item, err
	}
	there, err := Of(ctx, tx, item.Finding)
	if err != nil {
		return item, err
	}
	for _, x := range there {
		if x.Staff == who.ID && x.same(item) {
			return x, nil
		}
	}
	item.Revision, item.Previous = 1, 0
	if err := item.insert(ctx, tx, who); err != nil {
		return item, err
	}
	return item, journal.Append(ctx, tx, journal.Entry{Happened: item.Event, Staff: who.ID, Who: who.Title(), Verb: "附佐证", Kind: "evidence",
		Row: item.ID, Changes: differences(Item{}, item)})
}

// Revise puts a new revision in the place of the item with the given id; the old one is kept and names it. What the item is
// attached to stays. version is the one the editor saw; an older one fails with [journal.Stale]. An item of kind [File] without a
// file keeps the old one's. The same revision sent twice is made once.
//
// The caller has checked that who may do this.
func Revise(ctx context.Context, tx *store.Tx, who org.Person, id, version int64, feedback string, next Item) (Item, error) {
	old, err := ByID(ctx, tx, id)
	if err != nil {
		return next, err
	}
	next.Finding, next.Measure, next.Occurrence = old.Finding, old.Measure, old.Occurrence
	if next.Kind == File && next.File == "" && old.Kind == File {
		next.File, next.FileName, next.Media, next.Size, next.Taken, next.Location = old.File, old.FileName, old.Media, old.Size, old.Taken, old.Location
	}
	if err := next.Check(tx.Now.Format(time.DateOnly), feedback); err != nil {
		return next, err
	}
	if old.Replaced != 0 {
		if done, err := ByID(ctx, tx, old.Replaced); err != nil || done.Staff == who.ID && done.same(next) {
			return done, err
		}
	}
	if old.Current() && old.same(next) {
		return old, nil
	}
	if !old.Current() || old.Version != version {
		return next, journal.StaleRow(ctx, tx, "evidence", id)
	}
	next.Revision, next.Previous = old.Revision+1, old.ID
	if err := next.insert(ctx, tx, who); err != nil {
		return next, err
	}
	n, err := tx.Exec(ctx, `update evidence set replaced = $3, version = version + 1 where id = $1 and version = $2`, id, version, next.ID)
	if err != nil {
		return next, fmt.Errorf("replace evidence: %w", err)
	}
	if n == 0 {
		return next, journal.StaleRow(ctx, tx, "evidence", id)
	}
	// Both rows have changed, and each is told of: the old one is what somebody else may still have open.
	e := journal.Entry{Happened: next.Event, Staff: who.ID, Who: who.Title(), Verb: "更换佐证", Kind: "evidence", Row: id, Changes: differences(old, next)}
	if err := journal.Append(ctx, tx, e); err != nil {
		return next, err
	}
	e.Row, e.Changes = next.ID, []journal.Change{{Field: revision, From: strconv.FormatInt(old.Revision, 10), To: strconv.FormatInt(next.Revision, 10)}}
	return next, journal.Append(ctx, tx, e)
}

// Withdraw says that an item no longer counts, and why. It is kept and stays in sight. version is the one the editor saw; an older
// one fails with [journal.Stale].
//
// The caller has checked that who may do this.
func Withdraw(ctx context.Context, tx *store.Tx, who org.Person, id, version int64, reason string) error {
	if reason = strings.TrimSpace(reason); reason == "" {
		return org.Invalid{Field: "撤回原因", What: "请写明为什么撤回，如 传错了问题"}
	}
	if n := utf8.RuneCountInString(reason); n > MostTitle {
		return org.Invalid{Field: "撤回原因", What: fmt.Sprintf("写了 %d 个字，最多 %d 个字，请精简", n, MostTitle)}
	}
	old, err := ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if old.Withdrawn == reason {
		return nil
	}
	if !old.Current() || old.Version != version {
		return journal.StaleRow(ctx, tx, "evidence", id)
	}
	n, err := tx.Exec(ctx, `update evidence set withdrawn = $3, version = version + 1 where id = $1 and version = $2`, id, version, reason)
	if err != nil {
		return fmt.Errorf("withdraw evidence: %w", err)
	}
	if n == 0 {
		return journal.StaleRow(ctx, tx, "evidence", id)
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "撤回佐证", Kind: "evidence", Row: id,
		Changes: []journal.Change{{Field: "名称", From: old.Title}, {Field: "撤回原因", To: reason}}})
}

// insert writes the item as a new row. Its ID, entry and version are set.
func (i *Item) insert(ctx context.Context, tx *store.Tx, who org.Person) error {
	i.ID, i.Entered, i.Staff, i.By, i.Unit, i.Replaced, i.Withdrawn, i.Version = tx.ID(), tx.Now, who.ID, who.Name, who.Unit.Name, 0, "", 1
	i.unitPath = who.Unit.Path
	if i.keep != nil {
		if err := Keep(ctx, tx, i.keep.Hash, i.keep.Size, i.keep.Format); err != nil {
			return err
		}
		i.keep = nil
	}
	if i.File != "" {
		n, err := store.One(ctx, tx, store.Value[int64], `select count(*) from file where hash = $1`, i.File)
		if err != nil {
			return err
		}
		if n == 0 {
			return org.Invalid{Field: "文件", What: "这个文件没有存下来，请重新选择再传一次"}
		}
	}
	_, err := tx.Exec(ctx, `insert into evidence (id, finding, measure, occurrence, kind, title, said, url, file, file_name, media, size,
		taken, location, event, entered, staff, expires, early, revision, previous, replaced, withdrawn, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, 0, '', 1)`,
		i.ID, i.Finding, i.Measure, i.Occurrence, string(i.Kind), i.Title, i.Said, i.URL, i.File, i.FileName, i.Media, i.Size,
		i.Taken, i.Location, i.Event, tx.Now.UnixMilli(), who.ID, i.Expires, i.Early, i.Revision, i.Previous)
	if err != nil {
		return fmt.Errorf("insert evidence: %w", err)
	}
	return nil
}

// differences lists the fields in which two revisions differ, as people call them.
func differences(old, next Item) []journal.Change {
	var list []journal.Change
	for _, x := range []journal.Change{
		{Field: "种类", From: old.Kind.Word(), To: next.Kind.Word()},
		{Field: "名称", From: old.Title, To: next.Title},
		{Field: "说明", From: old.Said, To: next.Said},
		{Field: "网址", From: old.URL, To: next.URL},
		{Field: "文件", From: old.FileName, To: next.FileName},
		{Field: "SHA-256", From: old.File, To: next.File},
		{Field: "发生日期", From: old.Event, To: next.Event},
		{Field: "有效期至", From: old.Expires, To: next.Expires},
		{Field: "提前的原因", From: old.Early, To: next.Early},
	} {
		if x.From != x.To {
			list = append(list, x)
		}
	}
	return list
}

const columns = `e.id, e.finding, e.measure, e.occurrence, e.kind, e.title, e.said, e.url, e.file, e.file_name, e.media, e.size, e.taken,
	e.location, e.event, e.entered, e.staff, s.name, u.name, u.path, e.expires, e.early, e.revision, e.previous, e.replaced, e.withdrawn, e.version,
	case when coalesce(f.erased, 0) <> 0 then 1 else 0 end
	from evidence e join staff s on s.id = e.staff join unit u on u.id = s.unit left join file f on f.hash = e.file`

func scanItem(rows *sql.Rows, i *Item) error {
	var entered, erased int64
	err := rows.Scan(&i.ID, &i.Finding, &i.Measure, &i.Occurrence, &i.Kind, &i.Title, &i.Said, &i.URL, &i.File, &i.FileName, &i.Media, &i.Size,
		&i.Taken, &i.Location, &i.Event, &entered, &i.Staff, &i.By, &i.Unit, &i.unitPath, &i.Expires, &i.Early, &i.Revision, &i.Previous,
		&i.Replaced, &i.Withdrawn, &i.Version, &erased)
	i.Entered, i.Erased = time.UnixMilli(entered), erased != 0
	return err
}

// ByID reads one revision of one item, or [store.ErrNotFound]. The caller has checked that its finding may be seen.
func ByID(ctx context.Context, q store.Querier, id int64) (Item, error) {
	return store.One(ctx, q, scanItem, `select `+columns+` where e.id = $1`, id)
}

// Of lists the current items of a finding, the latest event first.
func Of(ctx context.Context, q store.Querier, finding int64) ([]Item, error) {
	return store.All(ctx, q, scanItem, `select `+columns+` where e.finding = $1 and e.replaced = 0 and e.withdrawn = '' order by e.event desc, e.id desc`, finding)
}

// OfOccurrence lists the current items of an occurrence, the latest event first.
func OfOccurrence(ctx context.Context, q store.Querier, occurrence int64) ([]Item, error) {
	return store.All(ctx, q, scanItem, `select `+columns+` where e.occurrence = $1 and e.replaced = 0 and e.withdrawn = '' order by e.event desc, e.id desc`, occurrence)
}

// WithdrawnOf lists the items of a finding that were withdrawn, the latest event first.
func WithdrawnOf(ctx context.Context, q store.Querier, finding int64) ([]Item, error) {
	return store.All(ctx, q, scanItem, `select `+columns+` where e.finding = $1 and e.withdrawn <> '' order by e.event desc, e.id desc`, finding)
}

// History lists all revisions of the item that has one with the given id, the newest first; [store.ErrNotFound] when there is none.
func History(ctx context.Context, q store.Querier, id int64) ([]Item, error) {
	list, err := store.All(ctx, q, scanItem, `with recursive
		before (id, previous) as (select id, previous from evidence where id = $1
			union all select e.id, e.previous from evidence e join before b on e.id = b.previous),
		after (id, replaced) as (select id, replaced from evidence where id = $1
			union all select e.id, e.replaced from evidence e join after a on e.id = a.replaced)
		select `+columns+` where e.id in (select id from before union select id from after) order by e.revision desc`, id)
	if err == nil && len(list) == 0 {
		err = store.ErrNotFound
	}
	return list, err
}

// revision is the one field of the entry of the row that a revision made.
const revision = "版次"
