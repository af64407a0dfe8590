package notify

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"bihuan/calendar"
	"bihuan/store"
)

// The lights of an item.
const (
	Green  = "green"
	Yellow = "yellow"
	Red    = "red"
)

// Item is one thing that a person is to be told of today.
type Item struct {
	Staff   int64
	Light   string // green yellow red; a red one is told even after the digest
	Subject string // what it is about, the same every day: finding/12. A red subject is told a person once a day.
	Text    string // one line that says what, and why it has this light
	Link    string // where it is done, on this site: /finding/12
}

// The kinds of message and their states.
const (
	kindDigest = "digest"
	kindRed    = "red"
	kindTest   = "test"

	stateWaiting = "waiting"
	stateSending = "sending"
	stateSent    = "sent"
	stateFailed  = "failed"
)

// mark begins every message, so that robots that want a keyword have one.
const mark = "【闭环】"

// Working hours, in minutes of the day. Nobody is told anything outside of them (peers 71).
const (
	hoursFrom = 8*60 + 30
	hoursTo   = 17*60 + 30
)

// hours are the working hours of the day of t; works is false on a day off.
func hours(cal calendar.Calendar, t time.Time) (from, to time.Time, works bool) {
	midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
	return midnight.Add(hoursFrom * time.Minute), midnight.Add(hoursTo * time.Minute), cal.Works(t)
}

// Listening tells whether people are told anything at t, and there is a channel to tell them through: whoever gathers [Item] values for
// [Compose] asks before.
func Listening(ctx context.Context, q store.Querier, cal calendar.Calendar, t time.Time) (bool, error) {
	from, to, works := hours(cal, t)
	if !works || t.Before(from) || !t.Before(to) {
		return false, nil
	}
	n, err := store.One(ctx, q, store.Value[int], `select count(*) from channel where active = 1`)
	return n > 0, err
}

func dayOf(t time.Time) string { return t.Format(time.DateOnly) }

// reader is somebody who can be told.
type reader struct {
	id         int64
	name, mail string
	path       string // of the unit
}

const readerQuery = `select s.id, s.name, s.mail, u.path from staff s join unit u on u.id = s.unit`

func scanReader(rows *sql.Rows, p *reader) error { return rows.Scan(&p.id, &p.name, &p.mail, &p.path) }

// subject is a red thing that somebody is told of.
type subject struct {
	staff int64
	name  string
}

// series numbers messages within their channel, person and kind.
type series struct {
	channel, staff int64
	kind           string
}

// already is what of a day has been told.
type already struct {
	digest map[int64]bool   // by person
	red    map[subject]bool // which red things
	groups map[int64]bool   // by channel of a robot: the digest of the group is made
	parts  map[series]int64 // how many messages there are
}

// draft is a message before it is a row, and who is told of what in it.
type draft struct {
	channel Channel
	staff   int64 // 0: the group
	kind    string
	part    int64
	title   string
	body    string
	tells   []tell
}

type tell struct {
	staff   int64
	kind    string
	subject string // of a red one
}

// Compose makes the messages of today out of items and returns how many; base is the address of the site, without a slash at its
// end, for links. It may be called as often as one likes, from several nodes: nobody gets a second digest, and no red thing is told
// a person twice on a day, not even when the first did not arrive: [Retry] is for that. On a day off and after working hours it makes nothing; before them the messages wait for their start.
//
// A person's first message of the day holds everything, the red first. After it only what is red and new is told, together in one
// message. The robot of a group tells its persons together: one digest a day, in as few parts as its platform takes.
func Compose(ctx context.Context, db *store.DB, cal calendar.Calendar, base string, items []Item) (int, error) {
	made := 0
	for range composeTries {
		n, err := compose(ctx, db, cal, base, items)
		made += n
		if !errors.Is(err, errRaced) && !store.IsUnique(err) {
			return made, err
		}
	}
	return made, errRaced
}

// errRaced says that another node made messages of the same day meanwhile.
var errRaced = errors.New("notify: messages were made by another node meanwhile")

const composeTries = 10

// composeBatch bounds the messages made in one transaction, during which nobody else writes.
const composeBatch = 100

func compose(ctx context.Context, db *store.DB, cal calendar.Calendar, base string, items []Item) (int, error) {
	now := db.Now()
	from, to, works := hours(cal, now)
	if !works || now.After(to) || len(items) == 0 {
		return 0, nil
	}
	if now.After(from) {
		from = now
	}
	day := dayOf(now)
	r, err := readRoutes(ctx, db)
	if err != nil {
		return 0, err
	}
	readers, err := store.All(ctx, db, scanReader, readerQuery+` where s.active = 1`)
	if err != nil {
		return 0, err
	}
	had, err := readAlready(ctx, db, day)
	if err != nil {
		return 0, err
	}
	byID := make(map[int64]reader, len(readers))
	for _, p := range readers {
		byID[p.id] = p
	}
	drafts := group(day, base, byID, r, items, had)
	made := 0
	for len(drafts) > 0 {
		n := min(composeBatch, len(drafts))
		for n < len(drafts) && drafts[n].staff == 0 && drafts[n].channel.ID == drafts[n-1].channel.ID {
			n++ // the parts of a group's digest stand or fall together
		}
		err := db.Housekeep(ctx, func(tx *store.Tx) error {
			for _, d := range drafts[:n] {
				if err := keep(ctx, tx, day, from, d); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return made, err
		}
		made += n
		drafts = drafts[n:]
	}
	return made, nil
}

// keep makes a message of d, unless somebody in it has been told meanwhile.
func keep(ctx context.Context, tx *store.Tx, day string, next time.Time, d draft) error {
	id, err := insertMessage(ctx, tx, day, next, d)
	if err != nil {
		return err
	}
	for _, t := range d.tells {
		n, err := tx.Exec(ctx, `insert into told (day, staff, kind, subject, message) values ($1, $2, $3, $4, $5) on conflict do nothing`, day, t.staff, t.kind, t.subject, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return errRaced
		}
	}
	return nil
}

func insertMessage(ctx context.Context, tx *store.Tx, day string, next time.Time, d draft) (int64, error) {
	id := tx.ID()
	_, err := tx.Exec(ctx, `insert into message (id, channel, via, unit, staff, day, kind, part, title, body, state, tries, next, lease, error, answer, made, sent)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'waiting', 0, $11, 0, '', '', $12, 0)`,
		id, d.channel.ID, d.channel.Kind, d.channel.Unit, d.staff, day, d.kind, d.part, d.title, d.body, next.UnixMilli(), tx.Now.UnixMilli())
	return id, err
}

func readAlready(ctx context.Context, q store.Querier, day string) (already, error) {
	had := already{map[int64]bool{}, map[subject]bool{}, map[int64]bool{}, map[series]int64{}}
	told, err := store.All(ctx, q, func(rows *sql.Rows, t *tell) error { return rows.Scan(&t.staff, &t.kind, &t.subject) },
		`select staff, kind, subject from told where day = $1`, day)
	if err != nil {
		return had, err
	}
	for _, t := range told {
		if t.kind == kindDigest {
			had.digest[t.staff] = true
		} else {
			had.red[subject{t.staff, t.subject}] = true
		}
	}
	type count struct {
		series
		n int64
	}
	counts, err := store.All(ctx, q, func(rows *sql.Rows, c *count) error { return rows.Scan(&c.channel, &c.staff, &c.kind, &c.n) },
		`select channel, staff, kind, count(*) from message where day = $1 group by channel, staff, kind`, day)
	for _, c := range counts {
		had.parts[c.series] = c.n
		if c.staff == 0 && c.kind == kindDigest {
			had.groups[c.channel] = true
		}
	}
	return had, err
}

// share is what one person is told in one message.
type share struct {
	reader reader
	items  []Item
	digest bool // it is the person's digest of the day
}

func (s share) tells() []tell {
	var list []tell
	if s.digest {
		list = append(list, tell{s.reader.id, kindDigest, ""})
	}
	for _, it := range s.items {
		if t := (tell{s.reader.id, kindRed, it.Subject}); it.Light == Red && !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	return list
}

// group makes the messages of a day: items by person, persons by channel. Drafts are in the order of channels and persons, so that
// nodes that make the same messages meet at the first.
func group(day, base string, readers map[int64]reader, r routes, items []Item, had already) []draft {
	byChannel := map[int64][]share{}
	channels := map[int64]Channel{}
	for _, s := range shares(readers, items) {
		c, ok := r.of(s.reader)
		if !ok {
			continue
		}
		s.digest = !had.digest[s.reader.id] && (c.Kind == Mail || !had.groups[c.ID])
		if !s.digest {
			s.items = slices.DeleteFunc(s.items, func(it Item) bool { return it.Light != Red })
		}
		// What is red and was told today is not told again, not in a digest either.
		s.items = slices.DeleteFunc(s.items, func(it Item) bool { return it.Light == Red && had.red[subject{s.reader.id, it.Subject}] })
		if len(s.items) > 0 {
			channels[c.ID] = c
			byChannel[c.ID] = append(byChannel[c.ID], s)
		}
	}
	var drafts []draft
	for _, id := range sortedKeys(channels) {
		c := channels[id]
		if c.Kind == Mail {
			for _, s := range byChannel[id] {
				drafts = append(drafts, mailDraft(day, base, c, s))
			}
		} else {
			drafts = append(drafts, groupDrafts(day, base, c, byChannel[id])...)
		}
	}
	for i := range drafts {
		k := series{drafts[i].channel.ID, drafts[i].staff, drafts[i].kind}
		drafts[i].part = had.parts[k]
		had.parts[k]++
	}
	return drafts
}

// shares parts items by person, in the order of ids; for each the red first. What is said twice is said once.
func shares(readers map[int64]reader, items []Item) []share {
	byStaff := map[int64][]Item{}
	for _, it := range items {
		if _, ok := readers[it.Staff]; !ok {
			continue
		}
		it.Text = oneLine(it.Text)
		it.Subject = cmp.Or(it.Subject, it.Text)
		if !slices.ContainsFunc(byStaff[it.Staff], func(x Item) bool { return x.Subject == it.Subject && x.Text == it.Text && x.Light == it.Light }) {
			byStaff[it.Staff] = append(byStaff[it.Staff], it)
		}
	}
	var list []share
	for _, id := range sortedKeys(byStaff) {
		mine := byStaff[id]
		slices.SortStableFunc(mine, func(a, b Item) int { return rank(a.Light) - rank(b.Light) })
		list = append(list, share{reader: readers[id], items: mine})
	}
	return list
}

func rank(light string) int { return slices.Index([]string{Red, Yellow, Green}, light) }

// lightWord is how a message in plain text shows a light.
func lightWord(light string) string {
	switch light {
	case Red:
		return "〔红〕"
	case Yellow:
		return "〔黄〕"
	}
	return "〔绿〕"
}

// mostMailed bounds the lines of a mail.
const mostMailed = 100

func mailDraft(day, base string, c Channel, s share) draft {
	d := draft{channel: c, staff: s.reader.id, kind: kindOf(s.digest), tells: s.tells()}
	what := "待办"
	if !s.digest {
		what = "红色提醒"
	}
	d.title = fmt.Sprintf("%s%s%s%s", mark, dayWords(day), what, counts(s.items))
	var b strings.Builder
	fmt.Fprintf(&b, "%s：\n\n%s要办的和要注意的有 %d 件。\n", s.reader.name, dayWords(day), len(s.items))
	for i, it := range s.items {
		if i == mostMailed {
			fmt.Fprintf(&b, "\n还有 %d 件，请到工作台看。\n", len(s.items)-i)
			break
		}
		fmt.Fprintf(&b, "\n%s%s\n", lightWord(it.Light), it.Text)
		if base != "" && it.Link != "" {
			fmt.Fprintf(&b, "　%s%s\n", base, it.Link)
		}
	}
	if base != "" {
		fmt.Fprintf(&b, "\n工作台：%s/\n", base)
	}
	b.WriteString("\n本邮件由“闭环”自动发出，每个工作日一封；当天新出现的红色事项另发。请不要回复。\n")
	d.body = b.String()
	return d
}

// limits are how many bytes of text a platform takes in one message: WeCom 2048 for text, which unlike its markdown is shown in
// WeChat too; DingTalk and Feishu some 20,000 for the whole request.
var limits = map[string]int{WeCom: 2048, DingTalk: 18000, Feishu: 18000}

// details are how many things of each person a group is told, tried one after the other until the digest has few parts. With 0 a
// person has a name and a count.
var details = []int{5, 2, 0}

// fewParts is how many parts of one digest a group can bear.
const fewParts = 3

func groupDrafts(day, base string, c Channel, list []share) []draft {
	digest := false
	var all []Item
	for _, s := range list {
		digest = digest || s.digest
		all = append(all, s.items...)
	}
	what := "待办"
	if !digest {
		what = "红色提醒"
	}
	title := fmt.Sprintf("%s%s%s%s，%d 人", mark, cut(c.UnitName, 60), dayWords(day), what+counts(all), len(list))
	foot := ""
	if base != "" {
		foot = "工作台：" + base + "/"
	}
	room := limits[c.Kind] - len(title) - len("（99/99）\n") - len(foot)
	var parts [][]share
	var depth int
	for _, depth = range details {
		if parts = pack(list, depth, room); len(parts) <= fewParts {
			break
		}
	}
	drafts := make([]draft, len(parts))
	for i, part := range parts {
		d := draft{channel: c, kind: kindOf(digest), title: title}
		if len(parts) > 1 {
			d.title += fmt.Sprintf("（%d/%d）", i+1, len(parts))
		}
		for _, s := range part {
			d.body += cut(block(s, depth), room)
			d.tells = append(d.tells, s.tells()...)
		}
		d.body += foot
		drafts[i] = d
	}
	return drafts
}

// pack parts persons over messages of room bytes each. A person stands in one message whole.
func pack(list []share, depth, room int) [][]share {
	var parts [][]share
	left := 0
	for _, s := range list {
		n := len(block(s, depth))
		if len(parts) == 0 || n > left {
			parts = append(parts, nil)
			left = room
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], s)
		left -= n
	}
	return parts
}

// block is what a group is told of one person.
func block(s share, depth int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s\n", cut(s.reader.name, 60), counts(s.items))
	for i, it := range s.items {
		if i == depth {
			if depth > 0 {
				fmt.Fprintf(&b, "　另有 %d 件\n", len(s.items)-i)
			}
			break
		}
		fmt.Fprintf(&b, "%s%s\n", lightWord(it.Light), cut(it.Text, 180))
	}
	return b.String()
}

// counts says how many items there are, and how many of them are red.
func counts(items []Item) string {
	red := 0
	for _, it := range items {
		if it.Light == Red {
			red++
		}
	}
	if red == 0 || red == len(items) {
		return fmt.Sprintf(" %d 件", len(items))
	}
	return fmt.Sprintf(" %d 件（红 %d）", len(items), red)
}

func kindOf(digest bool) string {
	if digest {
		return kindDigest
	}
	return kindRed
}

// dayWords is a date as people write it: 4月16日.
func dayWords(day string) string {
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return d.Format("1月2日")
}

// oneLine is s on one line, without control characters.
func oneLine(s string) string { return plainLines(strings.Join(strings.Fields(s), " ")) }

// cut shortens s to at most n bytes, whole characters, and says so by an ellipsis.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	n = max(0, n-len("…"))
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

func sortedKeys[V any](m map[int64]V) []int64 {
	keys := make([]int64, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
