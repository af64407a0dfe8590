package org

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"bihuan/journal"
	"bihuan/store"
)

// Post is an office in a unit that people hold from–to (C1 P1). What it is called, what its holder may do and whether it has one
// holder stay as they were made, for past holdings name them; another post is made instead.
type Post struct {
	ID      int64
	Unit    Unit
	Title   string // 宣传委员
	Role    Role   // what its holder may do in the subtree of the unit; empty: nothing beyond the own role
	Single  bool   // one holder at a time
	Active  bool   // false: there is no such post any more
	Version int64
}

// Holding is a post in the hands of somebody from a day to a day. It is history: its first day never changes, and its last day is
// set once.
type Holding struct {
	ID      int64
	Post    int64
	Title   string // of the post
	Unit    string // name of the post's unit
	Staff   int64
	Name    string // of the holder
	Starts  string // first day
	Ends    string // last day; empty while it is held; the day before Starts when it was never taken up
	Basis   string // 文号 or words of the appointment
	Version int64
}

// On tells whether the post is held so on a day.
func (h Holding) On(day string) bool { return h.Starts <= day && (h.Ends == "" || h.Ends >= day) }

// Never tells that the post was never taken up: the appointment was taken back before its first day.
func (h Holding) Never() bool { return h.Ends != "" && h.Ends < h.Starts }

const postQuery = `select p.id, p.title, p.role, p.single, p.active, p.version,
	u.id, coalesce(u.parent, 0), u.kind, u.name, u.path, u.ord, u.version from post p join unit u on u.id = p.unit`

func scanPost(rows *sql.Rows, p *Post) error {
	var single, active int
	u := &p.Unit
	err := rows.Scan(&p.ID, &p.Title, &p.Role, &single, &active, &p.Version, &u.ID, &u.Parent, &u.Kind, &u.Name, &u.Path, &u.Ord, &u.Version)
	p.Single, p.Active = single == 1, active == 1
	return err
}

const holdingQuery = `select h.id, h.post, p.title, u.name, h.staff, s.name, h.starts, h.ends, h.basis, h.version
	from holding h join post p on p.id = h.post join unit u on u.id = p.unit join staff s on s.id = h.staff`

func scanHolding(rows *sql.Rows, h *Holding) error {
	return rows.Scan(&h.ID, &h.Post, &h.Title, &h.Unit, &h.Staff, &h.Name, &h.Starts, &h.Ends, &h.Basis, &h.Version)
}

// PostByID reads one post.
func PostByID(ctx context.Context, q store.Querier, id int64) (Post, error) {
	return store.One(ctx, q, scanPost, postQuery+` where p.id = $1`, id)
}

// Posts lists the posts of the units below a path, unit by unit. Those that there are no more are not listed.
func Posts(ctx context.Context, q store.Querier, path string) ([]Post, error) {
	return store.All(ctx, q, scanPost, postQuery+` where u.path like $1 and p.active = 1 order by u.path, p.id`, path+"%")
}

// HoldersOn lists who holds a post on a day (YYYY-MM-DD).
func HoldersOn(ctx context.Context, q store.Querier, post int64, day string) ([]Holding, error) {
	return store.All(ctx, q, scanHolding, holdingQuery+` where h.post = $1 and h.starts <= $2 and (h.ends = '' or h.ends >= $2) order by h.starts, h.id`, post, day)
}

// HolderOn is who holds a post on a day, of several the one who has held it longest; [store.ErrNotFound] while it is vacant.
func HolderOn(ctx context.Context, q store.Querier, post int64, day string) (Holding, error) {
	list, err := HoldersOn(ctx, q, post, day)
	if err == nil && len(list) == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return Holding{}, err
	}
	return list[0], nil
}

// HoldingsOf lists what posts somebody holds, has held and will hold, newest first.
func HoldingsOf(ctx context.Context, q store.Querier, staff int64) ([]Holding, error) {
	return store.All(ctx, q, scanHolding, holdingQuery+` where h.staff = $1 order by h.starts desc, h.id desc`, staff)
}

// History lists who holds a post, has held and will hold it, newest first.
func History(ctx context.Context, q store.Querier, post int64) ([]Holding, error) {
	return store.All(ctx, q, scanHolding, holdingQuery+` where h.post = $1 order by h.starts desc, h.id desc`, post)
}

// HoldingsIn lists all holdings of the posts in the units below a path, by post and first day.
func HoldingsIn(ctx context.Context, q store.Querier, path string) ([]Holding, error) {
	return store.All(ctx, q, scanHolding, holdingQuery+` where u.path like $1 order by h.post, h.starts, h.id`, path+"%")
}

// HoldingByID reads one holding.
func HoldingByID(ctx context.Context, q store.Querier, id int64) (Holding, error) {
	return store.One(ctx, q, scanHolding, holdingQuery+` where h.id = $1`, id)
}

// VacantSince is the first day on which a post stands vacant and does so on day, given its holdings; empty when nobody has ever held
// it. ok is false while it is held.
func VacantSince(holdings []Holding, day string) (since string, ok bool) {
	for _, h := range holdings {
		if h.On(day) {
			return "", false
		}
		if !h.Never() && h.Ends != "" && h.Ends < day {
			since = max(since, nextDay(h.Ends))
		}
	}
	return since, true
}

// AddPost makes a post in a unit. One of that title that stands there already just so is returned as it is.
func AddPost(ctx context.Context, tx *store.Tx, who Person, unit Unit, title string, role Role, single bool) (Post, error) {
	p := Post{ID: tx.ID(), Unit: unit, Title: strings.TrimSpace(title), Role: role, Single: single, Active: true, Version: 1}
	if err := who.Check(Manage, unit); err != nil {
		return p, err
	}
	if p.Title == "" {
		return p, Invalid{"岗位名称", "请写岗位的名称，如“宣传委员”"}
	}
	if role != "" {
		if err := checkRole(role, unit); err != nil {
			return p, err
		}
	}
	same, err := store.All(ctx, tx, scanPost, postQuery+` where p.unit = $1 and p.title = $2 and p.active = 1`, unit.ID, p.Title)
	if err != nil {
		return p, err
	}
	if len(same) > 0 {
		if same[0].Role != role || same[0].Single != single {
			return p, Invalid{"岗位名称", fmt.Sprintf("%s已有岗位“%s”；角色和人数不同的，请另起名称", unit.Name, p.Title)}
		}
		return same[0], nil
	}
	_, err = tx.Exec(ctx, `insert into post (id, unit, title, role, single, active, version) values ($1, $2, $3, $4, $5, 1, 1)`, p.ID, unit.ID, p.Title, string(role), bit(single))
	if err != nil {
		return p, fmt.Errorf("add post %s: %w", p.Title, err)
	}
	return p, journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "登记", Kind: "post", Row: p.ID,
		Changes: []journal.Change{{Field: "岗位", To: p.Title}, {Field: "单位", To: unit.Name}, {Field: "角色", To: role.Word()}}})
}

// DropPost ends a post that nobody holds or will hold: it is no longer vacant, it is no more. Its history stays.
func DropPost(ctx context.Context, tx *store.Tx, who Person, id, version int64) error {
	p, err := lockPost(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := who.Check(Manage, p.Unit); err != nil {
		return err
	}
	if !p.Active {
		return nil // done already
	}
	held, err := store.All(ctx, tx, scanHolding, holdingQuery+` where h.post = $1 and (h.ends = '' or h.ends >= $2 and h.ends >= h.starts)`, id, day(tx))
	if err != nil {
		return err
	}
	if len(held) > 0 {
		return Invalid{"岗位", fmt.Sprintf("%s还担任着“%s”，请先登记卸任", held[0].Name, p.Title)}
	}
	n, err := tx.Exec(ctx, `update post set active = 0, version = version + 1 where id = $1 and version = $2`, id, version)
	if err != nil {
		return fmt.Errorf("drop post: %w", err)
	}
	if n == 0 {
		return journal.StaleRow(ctx, tx, "post", id)
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "撤销", Kind: "post", Row: id,
		Changes: []journal.Change{{Field: "岗位", From: p.Title}}})
}

// Hold gives a post to somebody from a day on, which may lie ahead. A single post has to be free from that day on; where it is not,
// [Succeed] is the way. The same again is done already.
func Hold(ctx context.Context, tx *store.Tx, who Person, post, staff int64, from, basis string) (Holding, error) {
	p, err := lockPost(ctx, tx, post)
	if err != nil {
		return Holding{}, err
	}
	if err := mayAppoint(ctx, tx, who, p, staff); err != nil {
		return Holding{}, err
	}
	if err := checkDay("任职起", from); err != nil {
		return Holding{}, err
	}
	return hold(ctx, tx, who, p, staff, from, basis)
}

// hold is [Hold] after its checks of the right.
func hold(ctx context.Context, tx *store.Tx, who Person, p Post, staff int64, from, basis string) (Holding, error) {
	basis = strings.TrimSpace(basis)
	list, err := History(ctx, tx, p.ID)
	if err != nil {
		return Holding{}, err
	}
	for _, h := range list {
		if h.Staff == staff && h.Starts == from && h.Ends == "" {
			return h, nil // done already
		}
	}
	for _, h := range list {
		if h.Never() || h.Ends != "" && h.Ends < from || !p.Single && h.Staff != staff {
			continue
		}
		if h.Ends == "" {
			return Holding{}, Invalid{"任职起", fmt.Sprintf("%s从%s起担任“%s”，还没有卸任；换人请用交接", h.Name, dayWord(h.Starts), p.Title)}
		}
		return Holding{}, Invalid{"任职起", fmt.Sprintf("%s担任“%s”到%s，任职最早从%s起", h.Name, p.Title, dayWord(h.Ends), dayWord(nextDay(h.Ends)))}
	}
	id := tx.ID()
	_, err = tx.Exec(ctx, `insert into holding (id, post, staff, starts, ends, basis, version) values ($1, $2, $3, $4, '', $5, 1)`, id, p.ID, staff, from, basis)
	if err != nil {
		return Holding{}, fmt.Errorf("hold post: %w", err)
	}
	h, err := HoldingByID(ctx, tx, id)
	if err != nil {
		return h, err
	}
	return h, journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "任职", Kind: "post", Row: p.ID, Happened: past(tx, from),
		Changes: []journal.Change{{Field: "任职", To: h.Name}, {Field: "任职起", To: from}, {Field: "依据", To: basis}}})
}

// Release ends a holding on its last day, which is set once and final. An appointment whose first day has not come may be taken back
// by the day before it.
func Release(ctx context.Context, tx *store.Tx, who Person, holding int64, last, basis string) error {
	h, err := HoldingByID(ctx, tx, holding)
	if err != nil {
		return err
	}
	p, err := lockPost(ctx, tx, h.Post)
	if err != nil {
		return err
	}
	if h, err = HoldingByID(ctx, tx, holding); err != nil { // again, now that nobody else can change it
		return err
	}
	if err := who.Check(HandOver, p.Unit); err != nil {
		return err
	}
	if err := checkDay("任职止", last); err != nil {
		return err
	}
	return end(ctx, tx, who, h, last, basis)
}

// end sets the last day of a holding.
func end(ctx context.Context, tx *store.Tx, who Person, h Holding, last, basis string) error {
	switch {
	case h.Ends == last:
		return nil // done already
	case h.Ends != "":
		return Invalid{"任职止", fmt.Sprintf("%s担任“%s”的任期已登记到%s，不能再改", h.Name, h.Title, dayWord(h.Ends))}
	case last < h.Starts && !(h.Starts > day(tx) && nextDay(last) == h.Starts):
		if h.Starts > day(tx) {
			return Invalid{"任职止", fmt.Sprintf("要到%s才到任；收回任命的，请写前一天%s", dayWord(h.Starts), dayWord(dayBefore(h.Starts)))}
		}
		return Invalid{"任职止", fmt.Sprintf("不能早于任职起的%s", dayWord(h.Starts))}
	}
	n, err := tx.Exec(ctx, `update holding set ends = $2, version = version + 1 where id = $1 and ends = ''`, h.ID, last)
	if err != nil {
		return fmt.Errorf("release: %w", err)
	}
	if n == 0 {
		return journal.StaleRow(ctx, tx, "post", h.Post)
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "卸任", Kind: "post", Row: h.Post, Happened: past(tx, last),
		Changes: []journal.Change{{Field: "卸任", From: h.Name}, {Field: "任职止", To: last}, {Field: "依据", To: strings.TrimSpace(basis)}}})
}

// Succeed hands a post on: whoever holds it holds it for the last time the day before from, and to holds it from then on. before is
// the staff id of whoever held it last, also when it has stood vacant since; 0 when nobody ever did. from may lie ahead. The same again is done already and gives the same before.
// A post that several hold has no successor; there one is released and another appointed.
func Succeed(ctx context.Context, tx *store.Tx, who Person, post, to int64, from, basis string) (before int64, err error) {
	p, err := lockPost(ctx, tx, post)
	if err != nil {
		return 0, err
	}
	if err := mayAppoint(ctx, tx, who, p, to); err != nil {
		return 0, err
	}
	if err := checkDay("接任日期", from); err != nil {
		return 0, err
	}
	last := dayBefore(from)
	list, err := History(ctx, tx, post)
	if err != nil {
		return 0, err
	}
	var running []Holding
	var previous Holding
	for _, h := range list {
		switch {
		case h.Never():
		case h.Ends == "":
			running = append(running, h)
		case h.Ends <= last && h.Ends > previous.Ends:
			previous = h
		}
	}
	if len(running) > 1 {
		return 0, Invalid{"岗位", fmt.Sprintf("“%s”由几个人同时担任，请分别登记卸任和任职", p.Title)}
	}
	before = previous.Staff
	if len(running) == 1 {
		now := running[0]
		if now.Staff == to && now.Starts == from {
			return before, nil // done already
		}
		if now.Staff == to {
			return 0, Invalid{"接任人", fmt.Sprintf("%s已经担任“%s”，请选别人", now.Name, p.Title)}
		}
		if now.Starts >= from {
			return 0, Invalid{"接任日期", fmt.Sprintf("%s从%s起才担任“%s”，接任要在这之后", now.Name, dayWord(now.Starts), p.Title)}
		}
		if err := end(ctx, tx, who, now, last, basis); err != nil {
			return 0, err
		}
		before = now.Staff
	}
	_, err = hold(ctx, tx, who, p, to, from, basis)
	return before, err
}

// mayAppoint refuses whom who may not give the post: somebody out of sight, somebody who has left, and, unless who manages people,
// oneself, for a post gives rights.
func mayAppoint(ctx context.Context, q store.Querier, who Person, p Post, staff int64) error {
	if err := who.Check(HandOver, p.Unit); err != nil {
		return err
	}
	s, err := StaffByID(ctx, q, staff)
	if err != nil {
		return err
	}
	switch {
	case !p.Active:
		return Invalid{"岗位", fmt.Sprintf("“%s”已经撤销", p.Title)}
	case !who.Within(s.Unit):
		return store.ErrNotFound
	case !s.Active:
		return Invalid{"任职人", fmt.Sprintf("%s已经离岗，请选别人", s.Name)}
	case staff == who.ID && who.Check(Manage, p.Unit) != nil:
		return Invalid{"任职人", "不能给自己任职，请由管理员办理"}
	}
	if p.Role == Admin {
		return who.Check(Manage, p.Unit)
	}
	return nil
}

// lockPost reads a post and keeps all others from changing its holders until the transaction ends: two appointments at the same time
// would each find a single post free.
func lockPost(ctx context.Context, tx *store.Tx, id int64) (Post, error) {
	if err := tx.Lock(ctx, "post", id); err != nil {
		return Post{}, err
	}
	return PostByID(ctx, tx, id)
}

// day is the day of the transaction.
func day(tx *store.Tx) string { return tx.Now.Format(time.DateOnly) }

// past is a day as the one on which something is said to have happened; what lies ahead is only being entered.
func past(tx *store.Tx, date string) string { return min(date, day(tx)) }

// checkDay refuses what is no date.
func checkDay(field, date string) error {
	d, err := time.Parse(time.DateOnly, date)
	if err != nil || d.Year() < 1950 || d.Year() > 2200 {
		return Invalid{field, fmt.Sprintf("“%s”不是日期，请写成 2026-04-30 这样", date)}
	}
	return nil
}

func dayBefore(date string) string { return shifted(date, -1) }
func nextDay(date string) string   { return shifted(date, 1) }

func shifted(date string, days int) string {
	d, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return d.AddDate(0, 0, days).Format(time.DateOnly)
}

// dayWord writes a date as people do.
func dayWord(date string) string {
	d, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return d.Format("2006年1月2日")
}
