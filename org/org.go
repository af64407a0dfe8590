// Package org holds the tree of units, the people who work in them, and the one table that says who may do what.
package org

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/alexedwards/argon2id"

	"bihuan/journal"
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

// May tells whether p may do a in principle, somewhere in the own subtree.
func (p Person) May(a Action) bool {
	for _, r := range Rights[a] {
		if r == p.Role {
			return true
		}
	}
	return false
}

// Check refuses, with [Denied], what p may not do to a row of unit u.
func (p Person) Check(a Action, u Unit) error {
	if !p.May(a) {
		return Denied{Who: p, Action: a}
	}
	if !u.Within(p.Unit.Path) {
		return Denied{Who: p, Action: a, Unit: u.Name}
	}
	return nil
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

// Root reads the unit at the top.
func Root(ctx context.Context, q store.Querier) (Unit, error) {
	return store.One(ctx, q, scanUnit, `select `+unitColumns+` from unit where parent is null`)
}

// AddUnit puts a unit below parent; the zero parent makes the root.
func AddUnit(ctx context.Context, tx *store.Tx, who Person, parent Unit, kind, name string, ord int64) (Unit, error) {
	u := Unit{ID: tx.ID(), Parent: parent.ID, Kind: kind, Name: name, Ord: ord, Version: 1}
	u.Path = fmt.Sprintf("%s%d/", parent.Path, u.ID)
	if parent.ID == 0 {
		u.Path = fmt.Sprintf("/%d/", u.ID)
	}
	var above any
	if parent.ID != 0 {
		above = parent.ID
	}
	_, err := tx.Exec(ctx, `insert into unit (id, parent, kind, name, path, ord, version) values ($1, $2, $3, $4, $5, $6, 1)`, u.ID, above, kind, name, u.Path, ord)
	if err != nil {
		return u, fmt.Errorf("add unit %s: %w", name, err)
	}
	return u, journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "登记", Kind: "unit", Row: u.ID,
		Changes: []journal.Change{{Field: "单位", To: name}}})
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

// AddStaff enters somebody; login and password may both be empty for a person who does not log in.
func AddStaff(ctx context.Context, tx *store.Tx, who Person, u Unit, name, post string, role Role, login, password string) (int64, error) {
	id, hash := tx.ID(), ""
	var loginValue any
	if login != "" {
		var err error
		if hash, err = argon2id.CreateHash(password, argon); err != nil {
			return 0, err
		}
		loginValue = login
	}
	_, err := tx.Exec(ctx, `insert into staff (id, unit, name, post, role, login, password, active, version) values ($1, $2, $3, $4, $5, $6, $7, 1, 1)`,
		id, u.ID, name, post, string(role), loginValue, hash)
	if store.IsUnique(err) {
		return 0, fmt.Errorf("登录名“%s”已有人使用，请换一个", login)
	}
	if err != nil {
		return 0, fmt.Errorf("add staff %s: %w", name, err)
	}
	return id, journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "登记", Kind: "staff", Row: id,
		Changes: []journal.Change{{Field: "人员", To: name}, {Field: "岗位", To: post}}})
}

// argon follows RFC 9106's second recommendation, sized so that an old PC checks a password in a tenth of a second.
var argon = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// nobody is compared against when the login name is unknown, so that the answer takes as long as for a known one.
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// Login checks a login name and password and returns who it is, or [ErrLogin].
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
	if ok, err := argon2id.ComparePasswordAndHash(password, s.hash); err != nil || !ok || s.id == 0 {
		return Person{}, errors.Join(ErrLogin, err)
	}
	return PersonByID(ctx, q, s.id)
}

// PersonByID reads who somebody is. Somebody no longer active is not found.
func PersonByID(ctx context.Context, q store.Querier, id int64) (Person, error) {
	return store.One(ctx, q, func(rows *sql.Rows, p *Person) error {
		u := &p.Unit
		return rows.Scan(&p.ID, &p.Name, &p.Post, &p.Role, &u.ID, &u.Parent, &u.Kind, &u.Name, &u.Path, &u.Ord, &u.Version)
	}, `select s.id, s.name, s.post, s.role, u.id, coalesce(u.parent, 0), u.kind, u.name, u.path, u.ord, u.version
		from staff s join unit u on u.id = s.unit where s.id = $1 and s.active = 1`, id)
}
