// Package org holds the tree of units, the people who work in them, and the one table that says who may do what.
package org

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/alexedwards/argon2id"

	"bihuan/store"
)

// The kinds of unit.
const (
	District = "district" // 区
	Town     = "town"     // 镇、街道
	Office   = "office"   // 镇直部门, 区直部门
	Village  = "village"  // 村、社区
)

// Unit is a node of the tree of units.
type Unit struct {
	ID      int64
	Parent  int64 // 0 for the root
	Kind    string
	Name    string
	Path    string // ids from the root: /1/5/9/
	Ord     int64
	Version int64
}

// Within tells whether u is the unit with the given path or lies below it.
func (u Unit) Within(path string) bool { return strings.HasPrefix(u.Path, path) }

// Ancestors are the ids on the path of u, itself included, root first.
func (u Unit) Ancestors() []int64 {
	var ids []int64
	for part := range strings.SplitSeq(strings.Trim(u.Path, "/"), "/") {
		if id, err := strconv.ParseInt(part, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// Person is somebody at work: what a command needs to know of the one who gives it.
type Person struct {
	ID   int64
	Name string
	Post string
	Role Role
	Unit Unit

	Posts []PostHeld // on the day that the person was read for
}

// PostHeld is a post in the hands of a person: its role holds in the subtree of its unit, beside the own role in that of the own.
type PostHeld struct {
	ID    int64
	Title string
	Role  Role // empty: the post gives no right
	Unit  Unit
}

// Title is how the person is written in the record: 贺晓雨（党政办经办人）.
func (p Person) Title() string {
	if p.Post == "" {
		return p.Name
	}
	return p.Name + "（" + p.Post + "）"
}

// Program is the actor of what the program does by itself.
var Program = Person{Name: "系统", Role: Admin}

// Kinds are the kinds of unit with their words, from above.
var Kinds = []struct{ Kind, Word string }{{District, "区"}, {Town, "镇"}, {Office, "部门"}, {Village, "村"}}

// KindWord is what people call a kind of unit.
func KindWord(kind string) string {
	for _, k := range Kinds {
		if k.Kind == kind {
			return k.Word
		}
	}
	return kind
}

// Roles are all roles with their words.
var Roles = []struct {
	Role Role
	Word string
}{{Cadre, "责任人"}, {Clerk, "经办人"}, {Leader, "分管领导"}, {Secretary, "书记"}, {Supervisor, "巡察办"}, {Admin, "管理员"}}

// Word is what people call a role; 无 for the empty one, which gives no right.
func (r Role) Word() string {
	for _, x := range Roles {
		if x.Role == r {
			return x.Word
		}
	}
	return "无"
}

// Role is what somebody may do, within the subtree of the own unit.
type Role string

// The roles.
const (
	Admin      Role = "admin"      // 管理员
	Clerk      Role = "clerk"      // 经办人
	Leader     Role = "leader"     // 分管领导
	Secretary  Role = "secretary"  // 书记
	Supervisor Role = "supervisor" // 巡察办
	Cadre      Role = "cadre"      // 责任人, in an office or a village
)

// Action is something that may be done.
type Action string

// The actions, as the screens call them.
const (
	View      Action = "查看台账"
	Import    Action = "导入方案"
	Edit      Action = "修改台账"
	Progress  Action = "登记进展" // of what one answers for
	Export    Action = "导出"
	Overview  Action = "查看总览"
	Manage    Action = "管理人员"
	HandOver  Action = "交接岗位"
	Configure Action = "修改设置"
	Operate   Action = "运维" // backups, drills, the state of the machine

	Assign Action = "交办"
	Review Action = "复核" // of single tasks
	Excuse Action = "取消任务"
	Extend Action = "审批延期"

	Apply  Action = "申请销号"
	Check  Action = "审核销号"
	Sign   Action = "签批销号"
	Accept Action = "核准销号" // by the district
	Reopen Action = "重新打开"
	End    Action = "结束长期坚持"

	Send      Action = "发函"
	Recommend Action = "提巡察建议"
	Answer    Action = "答复巡察建议"
	Sample    Action = "抽查"
	Visit     Action = "回访"
	Ask       Action = "征求群众意见"

	Erase Action = "依法删除" // personal data, from everything there is
	Weigh Action = "核对材料提示"

	Residents Action = "查看居民信息" // masked, those of one's own units
	Unmask    Action = "查看完整号码"
	Oversee   Action = "查看调阅记录" // who looked at numbers in full, and took files
	Programme Action = "管理惠民项目" // programmes, parameters, rolls, payments
	Propose   Action = "提出享受建议" // to the county, which decides
	Issue     Action = "签发报县函"  // what somebody else drafted
	Decide    Action = "登记县级决定"
	Screen    Action = "筛查" // datasets and screenings
	Verify    Action = "核实疑点"
	Confirm   Action = "复核疑点" // what somebody else verified
	Publish   Action = "公示"
	Deliver   Action = "政策宣传"
	Interview Action = "知晓抽查"
	Hear      Action = "登记群众诉求"
)

// Rights says who may do what. It is the only place that does.
var Rights = map[Action][]Role{
	View:      {Admin, Clerk, Leader, Secretary, Supervisor, Cadre},
	Import:    {Admin, Clerk},
	Edit:      {Admin, Clerk},
	Progress:  {Admin, Clerk, Cadre},
	Export:    {Admin, Clerk, Leader, Secretary, Supervisor, Cadre},
	Overview:  {Admin, Clerk, Leader, Secretary, Supervisor},
	Manage:    {Admin},
	HandOver:  {Admin, Clerk},
	Configure: {Admin, Clerk},
	Operate:   {Admin},

	Assign: {Clerk, Leader},
	Review: {Clerk, Leader},
	Excuse: {Clerk, Leader},
	Extend: {Leader, Secretary},

	Apply:  {Clerk, Cadre},
	Check:  {Leader},
	Sign:   {Secretary},
	Accept: {Supervisor},
	Reopen: {Secretary, Supervisor},
	End:    {Secretary},

	Send:      {Clerk, Leader, Secretary, Supervisor},
	Recommend: {Supervisor},
	Answer:    {Clerk, Secretary},
	Sample:    {Supervisor},
	Visit:     {Leader, Supervisor},
	Ask:       {Clerk, Supervisor},

	Erase: {Admin},
	Weigh: {Clerk, Leader, Supervisor},

	Residents: {Clerk, Leader, Cadre},
	Unmask:    {Clerk},
	Oversee:   {Leader, Secretary, Supervisor, Admin},
	Programme: {Clerk},
	Propose:   {Clerk},
	Issue:     {Leader, Secretary},
	Decide:    {Clerk, Leader},
	Screen:    {Clerk},
	Verify:    {Clerk, Cadre},
	Confirm:   {Clerk, Leader},
	Publish:   {Clerk},
	Deliver:   {Clerk, Cadre},
	Interview: {Clerk, Leader, Supervisor},
	Hear:      {Clerk, Cadre},
}

// Denied is the error of doing what one may not do.
type Denied struct {
	Who    Person
	Action Action
	Unit   string // whose row it is; empty when the role alone forbids it
}

func (d Denied) Error() string {
	if d.Unit != "" {
		return fmt.Sprintf("%s不能%s：这是%s的内容，不在%s范围内。请由%s的经办人办理。", d.Who.Title(), d.Action, d.Unit, d.Who.Unit.Name, d.Unit)
	}
	return fmt.Sprintf("%s不能%s。请找本单位经办人或管理员办理。", d.Who.Title(), d.Action)
}

// Invalid is the error of a value that cannot be kept.
type Invalid struct {
	Field string // as the screen calls it: 完成时限
	What  string // what is wrong and what to do
}

func (i Invalid) Error() string { return i.Field + "：" + i.What }

// allowed tells whether a role may do a.
func allowed(a Action, role Role) bool { return slices.Contains(Rights[a], role) }

// May tells whether p may do a in principle, somewhere in the own subtree or in that of a post.
func (p Person) May(a Action) bool {
	return allowed(a, p.Role) || slices.ContainsFunc(p.Posts, func(h PostHeld) bool { return allowed(a, h.Role) })
}

// Check refuses, with [Denied], what p may not do to a row of unit u. The own role counts in the own subtree, the role of a post in
// the subtree of the post's unit.
func (p Person) Check(a Action, u Unit) error {
	if !p.May(a) {
		return Denied{Who: p, Action: a}
	}
	if allowed(a, p.Role) && u.Within(p.Unit.Path) {
		return nil
	}
	for _, h := range p.Posts {
		if allowed(a, h.Role) && u.Within(h.Unit.Path) {
			return nil
		}
	}
	return Denied{Who: p, Action: a, Unit: u.Name}
}

// Units are those that p sees, each with all below it: the own unit first, then the units of posts that give a role. None lies
// within another.
func (p Person) Units() []Unit {
	list := []Unit{p.Unit}
	for _, h := range p.Posts {
		if h.Role == "" || slices.ContainsFunc(list, func(u Unit) bool { return h.Unit.Within(u.Path) }) {
			continue
		}
		list = slices.DeleteFunc(list, func(u Unit) bool { return u.Within(h.Unit.Path) })
		list = append(list, h.Unit)
	}
	return list
}

// Within tells whether p sees u, through the own unit or through a post.
func (p Person) Within(u Unit) bool {
	return slices.ContainsFunc(p.Units(), func(x Unit) bool { return u.Within(x.Path) })
}

// Over lists the units in whose subtrees p may do a, as [Person.Check] decides it: for queries that have to know before they ask.
func (p Person) Over(a Action) []Unit {
	var list []Unit
	if allowed(a, p.Role) {
		list = append(list, p.Unit)
	}
	for _, h := range p.Posts {
		if allowed(a, h.Role) {
			list = append(list, h.Unit)
		}
	}
	return list
}

// Scope names what p may see and do: two persons of the same scope are shown the same. What is kept of a page is kept under it.
func (p Person) Scope() string {
	scope := string(p.Role) + "@" + strconv.FormatInt(p.Unit.ID, 10)
	for _, h := range p.Posts {
		if h.Role != "" {
			scope += "," + string(h.Role) + "@" + strconv.FormatInt(h.Unit.ID, 10)
		}
	}
	return scope
}

// Under is the SQL condition that the unit path in a column is one that p sees, with the arguments so far and its own behind them.
func (p Person) Under(column string, args ...any) (string, []any) {
	return under(p.Units(), column, args)
}

// MayUnder is the SQL condition that the unit path in a column is one where p may do a, as [Person.Check] decides it, with the
// arguments so far and its own behind them.
func (p Person) MayUnder(a Action, column string, args ...any) (string, []any) {
	return under(p.Over(a), column, args)
}

func under(units []Unit, column string, args []any) (string, []any) {
	if len(units) == 0 {
		return "false", args
	}
	var parts []string
	for _, u := range units {
		args = append(args, u.Path+"%")
		parts = append(parts, fmt.Sprintf("%s like $%d", column, len(args)))
	}
	return "(" + strings.Join(parts, " or ") + ")", args
}

const unitColumns = `id, coalesce(parent, 0), kind, name, path, ord, version`

func scanUnit(rows *sql.Rows, u *Unit) error {
	return rows.Scan(&u.ID, &u.Parent, &u.Kind, &u.Name, &u.Path, &u.Ord, &u.Version)
}

// UnitByID reads one unit.
func UnitByID(ctx context.Context, q store.Querier, id int64) (Unit, error) {
	return store.One(ctx, q, scanUnit, `select `+unitColumns+` from unit where id = $1`, id)
}

// Below lists a unit and all units below it, in the order of the tree.
func Below(ctx context.Context, q store.Querier, path string) ([]Unit, error) {
	return store.All(ctx, q, scanUnit, `select `+unitColumns+` from unit where path like $1 order by path`, path+"%")
}

// Seen lists the units that who sees, in the order of the tree.
func Seen(ctx context.Context, q store.Querier, who Person) ([]Unit, error) {
	where, args := who.Under("path")
	return store.All(ctx, q, scanUnit, `select `+unitColumns+` from unit where `+where+` order by path`, args...)
}

// Root reads the unit at the top.
func Root(ctx context.Context, q store.Querier) (Unit, error) {
	return store.One(ctx, q, scanUnit, `select `+unitColumns+` from unit where parent is null`)
}

// Names finds units and staff by the names a ledger writes, as seen from one unit.
type Names struct {
	units map[string]int64 // 0 when two bear the name
	staff map[string]int64
	byID  map[int64]Unit
}

// NamesFor loads the names that a ledger of unit u may mean: those of its town, or its own where no town stands above. A name borne
// by two is nobody's.
func NamesFor(ctx context.Context, q store.Querier, u Unit) (Names, error) {
	n := Names{units: map[string]int64{}, staff: map[string]int64{}, byID: map[int64]Unit{}}
	top := u.Path
	for _, id := range u.Ancestors() {
		above, err := UnitByID(ctx, q, id)
		if err != nil {
			return n, err
		}
		if above.Kind == Town {
			top = above.Path // the town with its offices and villages
		}
	}
	units, err := Below(ctx, q, top)
	if err != nil {
		return n, err
	}
	for _, x := range units {
		put(n.units, x.Name, x.ID)
		n.byID[x.ID] = x
	}
	if err := n.putFormer(ctx, q, top); err != nil {
		return n, err
	}
	type named struct {
		id   int64
		name string
	}
	people, err := store.All(ctx, q, func(rows *sql.Rows, p *named) error { return rows.Scan(&p.id, &p.name) },
		`select s.id, s.name from staff s join unit u on u.id = s.unit where u.path like $1 and s.active = 1 order by s.id`, top+"%")
	if err != nil {
		return n, err
	}
	for _, p := range people {
		put(n.staff, p.name, p.id)
	}
	return n, nil
}

// putFormer enters the names that units had before they were renamed, where no unit bears them now: papers go on writing them.
func (n Names) putFormer(ctx context.Context, q store.Querier, top string) error {
	type renamed struct {
		id     int64
		former string
	}
	list, err := store.All(ctx, q, func(rows *sql.Rows, x *renamed) error { return rows.Scan(&x.id, &x.former) },
		`select id, former from unit where path like $1 and former > '' order by id`, top+"%")
	former := map[string]int64{}
	for _, x := range list {
		for name := range strings.SplitSeq(x.former, "\n") {
			if former[name] != x.id {
				put(former, name, x.id)
			}
		}
	}
	for name, id := range former {
		if _, borne := n.units[name]; !borne {
			n.units[name] = id
		}
	}
	return err
}

// put enters a name; a second bearer makes it ambiguous, which is 0.
func put(m map[string]int64, name string, id int64) {
	if _, taken := m[name]; taken {
		id = 0
	}
	m[name] = id
}

// Unit is the unit a ledger calls name, the zero Unit when unknown or ambiguous. A leading 镇 or 街道, as papers write it, is no
// part of the name.
func (n Names) Unit(name string) Unit {
	for _, prefix := range []string{"", "镇", "乡", "街道"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			if id := n.units[rest]; id != 0 {
				return n.byID[id]
			}
		}
	}
	return Unit{}
}

// Staff is the id of the person a ledger calls name, 0 when unknown or ambiguous.
func (n Names) Staff(name string) int64 { return n.staff[name] }

// ErrLogin is the one answer to a wrong login name and to a wrong password.
var ErrLogin = errors.New("登录名或密码不对。请核对后再试；忘记密码请找本单位管理员重设。")

// argon follows RFC 9106's second recommendation, sized so that an old PC checks a password in a tenth of a second.
var argon = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// nobody is compared against when the login name is unknown, so that the answer takes as long as for a known one.
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// Login checks a login name and password and returns who it is, or [ErrLogin]. What posts they hold is for [PersonByID] to tell.
func Login(ctx context.Context, q store.Querier, login, password string) (Person, error) {
	type secret struct {
		id   int64
		hash string
	}
	s, err := store.One(ctx, q, func(rows *sql.Rows, s *secret) error { return rows.Scan(&s.id, &s.hash) },
		`select id, password from staff where login = $1 and active = 1`, login)
	if errors.Is(err, store.ErrNotFound) {
		s.hash = nobody
	} else if err != nil {
		return Person{}, err
	}
	ok, err := argon2id.ComparePasswordAndHash(password, s.hash)
	if strings.Contains(s.hash, lightMark) {
		_, _ = argon2id.ComparePasswordAndHash(password, nobody) // a cheap hash must not be told by the time it takes
	}
	if err != nil || !ok || s.id == 0 {
		return Person{}, errors.Join(ErrLogin, err)
	}
	return PersonByID(ctx, q, s.id, "")
}

// PersonByID reads who somebody is on a day (YYYY-MM-DD), with the posts held on it; on the empty day without any. Somebody no longer
// active is not found.
func PersonByID(ctx context.Context, q store.Querier, id int64, day string) (Person, error) {
	p, err := store.One(ctx, q, func(rows *sql.Rows, p *Person) error {
		u := &p.Unit
		return rows.Scan(&p.ID, &p.Name, &p.Post, &p.Role, &u.ID, &u.Parent, &u.Kind, &u.Name, &u.Path, &u.Ord, &u.Version)
	}, `select s.id, s.name, s.post, s.role, u.id, coalesce(u.parent, 0), u.kind, u.name, u.path, u.ord, u.version
		from staff s join unit u on u.id = s.unit where s.id = $1 and s.active = 1`, id)
	if err != nil || day == "" {
		return p, err
	}
	p.Posts, err = store.All(ctx, q, func(rows *sql.Rows, h *PostHeld) error {
		u := &h.Unit
		return rows.Scan(&h.ID, &h.Title, &h.Role, &u.ID, &u.Parent, &u.Kind, &u.Name, &u.Path, &u.Ord, &u.Version)
	}, `select p.id, p.title, p.role, u.id, coalesce(u.parent, 0), u.kind, u.name, u.path, u.ord, u.version
		from holding h join post p on p.id = h.post join unit u on u.id = p.unit
		where h.staff = $1 and h.starts <= $2 and (h.ends = '' or h.ends >= $2) order by u.path, p.id`, id, day)
	return p, err
}

// PeopleWho lists the active people who may do one of the actions on a day (YYYY-MM-DD), by their own role or by that of a post held on
// it, in the order of their ids and with all their posts: two queries, however many there are.
func PeopleWho(ctx context.Context, q store.Querier, day string, actions ...Action) ([]Person, error) {
	args := []any{day}
	var roles []string
	for _, a := range actions {
		for _, role := range Rights[a] {
			args = append(args, string(role))
			roles = append(roles, fmt.Sprintf("$%d", len(args)))
		}
	}
	if len(roles) == 0 {
		return nil, nil
	}
	const held = ` from holding h join post p on p.id = h.post join unit u on u.id = p.unit where h.starts <= $1 and (h.ends = '' or h.ends >= $1)`
	in := ` in (` + strings.Join(roles, ", ") + `)`
	people, err := store.All(ctx, q, func(rows *sql.Rows, p *Person) error {
		u := &p.Unit
		return rows.Scan(&p.ID, &p.Name, &p.Post, &p.Role, &u.ID, &u.Parent, &u.Kind, &u.Name, &u.Path, &u.Ord, &u.Version)
	}, `select s.id, s.name, s.post, s.role, x.id, coalesce(x.parent, 0), x.kind, x.name, x.path, x.ord, x.version
		from staff s join unit x on x.id = s.unit where s.active = 1 and (s.role`+in+` or s.id in (select h.staff`+held+` and p.role`+in+`)) order by s.id`, args...)
	if err != nil {
		return nil, err
	}
	type holder struct {
		staff int64
		PostHeld
	}
	posts, err := store.All(ctx, q, func(rows *sql.Rows, h *holder) error {
		u := &h.Unit
		return rows.Scan(&h.staff, &h.ID, &h.Title, &h.Role, &u.ID, &u.Parent, &u.Kind, &u.Name, &u.Path, &u.Ord, &u.Version)
	}, `select h.staff, p.id, p.title, p.role, u.id, coalesce(u.parent, 0), u.kind, u.name, u.path, u.ord, u.version`+held+` order by u.path, p.id`, day)
	byStaff := map[int64][]PostHeld{}
	for _, h := range posts {
		byStaff[h.staff] = append(byStaff[h.staff], h.PostHeld)
	}
	for i := range people {
		people[i].Posts = byStaff[people[i].ID]
	}
	return people, err
}
