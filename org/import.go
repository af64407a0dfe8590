package org

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"bihuan/store"
)

// ImportResult is what an import of the organisation does.
type ImportResult struct {
	Units, Places, Staff, Posts, Holdings int // added
	Changed                               int // rows that stood there and are different now
	Same                                  int // rows that stand there just so
	Said                                  []string
	Passwords                             []Credential // of those who may log in from now on; known only now
}

// Nothing tells that everything stands there already.
func (r ImportResult) Nothing() bool {
	return r.Units+r.Places+r.Staff+r.Posts+r.Holdings+r.Changed == 0
}

func (r *ImportResult) say(what string, a ...any) { r.Said = append(r.Said, fmt.Sprintf(what, a...)) }

// Credential is a login name with the password that was made for it.
type Credential struct{ Unit, Name, Post, Login, Password string }

// CheckBook tells what importing a workbook would do, and everything that is wrong with it as [RowErrors]. It changes nothing.
func CheckBook(ctx context.Context, q store.Querier, who Person, b Book) (ImportResult, error) {
	in, err := newIntake(ctx, q, who)
	if err != nil {
		return ImportResult{}, err
	}
	in.read(b)
	if len(in.bad) > 0 {
		return ImportResult{}, in.bad
	}
	return in.result, nil
}

// ImportBook takes a workbook in, all of it or, with [RowErrors], nothing. Units and places are found by name below their parent,
// people by login name or by name within their unit; what differs is changed, and the same workbook again changes nothing. Who is to
// log in and cannot yet is given a password, which is kept nowhere but in the result.
func ImportBook(ctx context.Context, db *store.DB, who Person, b Book) (ImportResult, error) {
	before, err := CheckBook(ctx, db, who, b)
	if err != nil || before.Nothing() {
		return before, err
	}
	hashes := map[string]string{} // by login name; made before the transaction, for it takes a while
	for i := range before.Passwords {
		c := &before.Passwords[i]
		c.Password = NewPassword()
		if hashes[c.Login], err = HashGenerated(c.Password); err != nil {
			return ImportResult{}, err
		}
	}
	var result ImportResult
	err = db.Write(ctx, func(tx *store.Tx) error {
		in, err := newIntake(ctx, tx, who)
		if err != nil {
			return err
		}
		in.read(b)
		if len(in.bad) > 0 {
			return in.bad
		}
		result = in.result
		return in.apply(ctx, tx, hashes)
	})
	if err != nil {
		return ImportResult{}, err
	}
	result.Passwords = before.Passwords
	return result, nil
}

// intake lays a workbook beside what there is. Reading it changes nothing; what there is to do is listed in order and done by apply.
type intake struct {
	who    Person
	result ImportResult
	bad    RowErrors
	steps  []func(ctx context.Context, tx *store.Tx, hashes map[string]string) error

	units    []*unitNode
	places   []*placeNode
	people   []*person
	logins   map[string]login
	posts    []*postNode
	holdings []Holding
}

type unitNode struct {
	Unit   // with the id once it is there
	parent *unitNode
	names  string // from the top that the importer manages: 栖禾镇/财政所
	row    int    // that names it; 0 when it stood there before
}

type placeNode struct {
	Place
	parent *placeNode
	unit   *unitNode
	names  string
	row    int
}

// person is somebody who is there or comes with this workbook.
type person struct {
	Staff
	unit *unitNode
	row  int
	id   int64
}

type postNode struct {
	Post
	unit  *unitNode
	taken []taken // holders that come with this workbook
}

type taken struct {
	who   *person
	start string
}

type login struct{ id, unit int64 }

// newIntake loads the organisation that who manages.
func newIntake(ctx context.Context, q store.Querier, who Person) (*intake, error) {
	if !who.May(Manage) {
		return nil, Denied{Who: who, Action: Manage}
	}
	in := &intake{who: who, logins: map[string]login{}}
	units, err := Seen(ctx, q, who)
	if err != nil {
		return nil, err
	}
	byID := map[int64]*unitNode{}
	for _, u := range units { // parents come before their children
		if who.Check(Manage, u) != nil {
			continue
		}
		n := &unitNode{Unit: u, parent: byID[u.Parent], names: u.Name}
		if n.parent != nil {
			n.names = n.parent.names + "/" + u.Name
		}
		byID[u.ID] = n
		in.units = append(in.units, n)
	}
	where, args := who.Under("u.path")
	places, err := store.All(ctx, q, scanPlace, placeQuery+` where `+where+` order by p.path`, args...)
	if err != nil {
		return nil, err
	}
	placeByID := map[int64]*placeNode{}
	for _, p := range places {
		if byID[p.Unit.ID] == nil {
			continue
		}
		n := &placeNode{Place: p, parent: placeByID[p.Parent], unit: byID[p.Unit.ID], names: p.Name}
		if n.parent != nil {
			n.names = n.parent.names + "/" + p.Name
		}
		placeByID[p.ID] = n
		in.places = append(in.places, n)
	}
	staff, err := store.All(ctx, q, scanStaff, staffQuery+` where `+where+` order by u.path, s.id`, args...)
	if err != nil {
		return nil, err
	}
	for _, s := range staff {
		if byID[s.Unit.ID] != nil {
			in.people = append(in.people, &person{Staff: s, unit: byID[s.Unit.ID], id: s.ID})
		}
	}
	posts, err := store.All(ctx, q, scanPost, postQuery+` where p.active = 1 and `+where+` order by p.id`, args...)
	if err != nil {
		return nil, err
	}
	for _, p := range posts {
		if byID[p.Unit.ID] != nil {
			in.posts = append(in.posts, &postNode{Post: p, unit: byID[p.Unit.ID]})
		}
	}
	if in.holdings, err = store.All(ctx, q, scanHolding, holdingQuery+` where `+where+` order by h.post, h.starts`, args...); err != nil {
		return nil, err
	}
	type named struct {
		login string
		is    login
	}
	logins, err := store.All(ctx, q, func(rows *sql.Rows, x *named) error { return rows.Scan(&x.login, &x.is.id, &x.is.unit) },
		`select login, id, unit from staff where login is not null`)
	for _, x := range logins {
		in.logins[x.login] = x.is
	}
	return in, err
}

func (in *intake) wrong(r bookRow, column, what string, a ...any) {
	in.bad = append(in.bad, r.wrong(column, what, a...))
}

func (in *intake) then(step func(ctx context.Context, tx *store.Tx, hashes map[string]string) error) {
	in.steps = append(in.steps, step)
}

// apply does what reading the workbook has found to do.
func (in *intake) apply(ctx context.Context, tx *store.Tx, hashes map[string]string) error {
	for _, step := range in.steps {
		if err := step(ctx, tx, hashes); err != nil {
			return err
		}
	}
	return nil
}

func (in *intake) read(b Book) {
	in.readUnits(b.units)
	in.readPlaces(b.places)
	in.readStaff(b.staff)
	slices.SortStableFunc(in.bad, func(a, b RowError) int {
		order := func(e RowError) int { return slices.Index([]string{unitSheet, placeSheet, staffSheet}, e.Sheet) }
		if d := order(a) - order(b); d != 0 {
			return d
		}
		return a.Row - b.Row
	})
}

// one finds what bears a name, or the names from above: 栖禾镇/财政所. The error is a sentence.
func one[T any](list []T, names func(T) string, what, name string) (found T, err error) {
	n := 0
	for _, x := range list {
		if full := names(x); full == name || strings.HasSuffix(full, "/"+name) {
			if full == name {
				return x, nil
			}
			found, n = x, n+1
		}
	}
	switch {
	case n == 0:
		return found, fmt.Errorf("没有“%s”这个%s", name, what)
	case n > 1:
		return found, fmt.Errorf("有%d个%s叫“%s”，请带上级写全，如 栖禾镇/%s", n, what, name, name)
	}
	return found, nil
}

func (in *intake) unit(name string) (*unitNode, error) {
	return one(in.units, func(u *unitNode) string { return u.names }, "单位", slashes(name))
}

func (in *intake) place(name string) (*placeNode, error) {
	return one(in.places, func(p *placeNode) string { return p.names }, "地点", slashes(name))
}

// slashes is a path of names as it was typed with blanks and wide slashes.
func slashes(s string) string {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '/' || r == '／' || r == '\\' || r == '\n' })
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return strings.Join(parts, "/")
}

// kindOf finds a kind by its word or by itself.
func kindOf(kinds []struct{ Kind, Word string }, word string) (string, bool) {
	for _, k := range kinds {
		if k.Word == word || k.Kind == word {
			return k.Kind, true
		}
	}
	return "", false
}

// readUnits reads the sheet of units. A parent may stand below its child: rows wait until their parent is known.
func (in *intake) readUnits(rows []bookRow) {
	waiting := rows
	for len(waiting) > 0 {
		var later []bookRow
		for _, r := range waiting {
			if !in.readUnit(r, false) {
				later = append(later, r)
			}
		}
		if len(later) == len(waiting) {
			for _, r := range later {
				in.readUnit(r, true)
			}
			return
		}
		waiting = later
	}
}

// readUnit reads one row and tells whether that is settled; one whose parent is unknown is settled only the last time.
func (in *intake) readUnit(r bookRow, last bool) bool {
	name, above := r.at("单位名称"), slashes(r.at("上级单位"))
	if name == "" {
		in.wrong(r, "单位名称", "没有写；不要的行请整行删去")
		return true
	}
	kind, ok := kindOf(Kinds, r.at("类别"))
	var parent *unitNode
	var n *unitNode
	if above == "" {
		for _, u := range in.units {
			if u.parent == nil && u.Name == name {
				n = u
			}
		}
		if n == nil {
			in.wrong(r, "上级单位", "没有写；只有最上级的单位可以空着")
			return true
		}
	} else {
		var err error
		if parent, err = in.unit(above); err != nil {
			if last {
				in.wrong(r, "上级单位", "%v", err)
			}
			return last
		}
		for _, u := range in.units {
			if u.parent == parent && u.Name == name {
				n = u
			}
		}
	}
	switch {
	case !ok && (n == nil || r.at("类别") != ""):
		in.wrong(r, "类别", "请写 区、镇、部门、村 中的一种")
	case strings.ContainsAny(name, "/\n"):
		in.wrong(r, "单位名称", "其中不能有斜线和换行")
	case n == nil && kind == District, n != nil && kind != "" && !n.mayTurn(in.who, kind):
		in.wrong(r, "类别", "%s", errDistrict.What)
	case n == nil:
		in.addUnit(r, parent, name, kind)
	case n.row > 0:
		in.wrong(r, "单位名称", "“%s”与第%d行重复", name, n.row)
	default:
		n.row = r.row
		in.sameUnit(n, kind)
	}
	return true
}

func (in *intake) addUnit(r bookRow, parent *unitNode, name, kind string) {
	n := &unitNode{Unit: Unit{Name: name, Kind: kind}, parent: parent, names: parent.names + "/" + name, row: r.row}
	in.units = append(in.units, n)
	in.result.Units++
	in.result.say("登记单位 %s", n.names)
	in.then(func(ctx context.Context, tx *store.Tx, _ map[string]string) (err error) {
		n.Unit, err = AddUnit(ctx, tx, in.who, parent.Unit, kind, name, int64(r.row))
		return err
	})
}

func (in *intake) sameUnit(n *unitNode, kind string) {
	if kind == "" || kind == n.Kind {
		in.result.Same++
		return
	}
	in.result.Changed++
	in.result.say("单位 %s 的类别由%s改为%s", n.names, KindWord(n.Kind), KindWord(kind))
	in.then(func(ctx context.Context, tx *store.Tx, _ map[string]string) (err error) {
		n.Unit, err = EditUnit(ctx, tx, in.who, n.ID, n.Version, n.Name, kind)
		return err
	})
}

// readPlaces reads the sheet of places, as readUnits does that of units.
func (in *intake) readPlaces(rows []bookRow) {
	waiting := rows
	for len(waiting) > 0 {
		var later []bookRow
		for _, r := range waiting {
			if !in.readPlace(r, false) {
				later = append(later, r)
			}
		}
		if len(later) == len(waiting) {
			for _, r := range later {
				in.readPlace(r, true)
			}
			return
		}
		waiting = later
	}
}

func (in *intake) readPlace(r bookRow, last bool) bool {
	name, above := r.at("地点名称"), slashes(r.at("上级地点"))
	if name == "" {
		in.wrong(r, "地点名称", "没有写；不要的行请整行删去")
		return true
	}
	var parent *placeNode
	var err error
	if above != "" {
		if parent, err = in.place(above); err != nil {
			if last {
				in.wrong(r, "上级地点", "%v", err)
			}
			return last
		}
	}
	unit := r.at("所属单位")
	var keeper *unitNode
	switch {
	case unit != "":
		if keeper, err = in.unit(unit); err != nil {
			in.wrong(r, "所属单位", "%v", err)
			return true
		}
	case parent != nil:
		keeper = parent.unit // whoever looks after the street looks after its lanes
	default:
		in.wrong(r, "所属单位", "没有写")
		return true
	}
	var n *placeNode
	for _, p := range in.places {
		if p.Name == name && p.parent == parent && (parent != nil || p.unit == keeper) {
			n = p
		}
	}
	kind, ok := kindOf(PlaceKinds, r.at("类别"))
	if !ok {
		in.wrong(r, "类别", "请写 镇、村、街、胡同、点 中的一种")
		return true
	}
	var above2 Place
	if parent != nil {
		above2 = parent.Place
		above2.ID = -1 // there, or about to be
	}
	var invalid Invalid
	switch err := (Place{Kind: kind, Name: name}).check(above2); {
	case errors.As(err, &invalid):
		in.wrong(r, invalid.Field, "%s", invalid.What)
	case n == nil:
		in.addPlace(r, parent, keeper, name, kind)
	case n.row > 0:
		in.wrong(r, "地点名称", "“%s”与第%d行重复", name, n.row)
	default:
		n.row = r.row
		in.samePlace(n, keeper, kind)
	}
	return true
}

func (in *intake) addPlace(r bookRow, parent *placeNode, keeper *unitNode, name, kind string) {
	n := &placeNode{Place: Place{Name: name, Kind: kind}, parent: parent, unit: keeper, names: name, row: r.row}
	if parent != nil {
		n.names = parent.names + "/" + name
	}
	in.places = append(in.places, n)
	in.result.Places++
	in.result.say("登记地点 %s", n.names)
	in.then(func(ctx context.Context, tx *store.Tx, _ map[string]string) (err error) {
		var above Place
		if parent != nil {
			above = parent.Place
		}
		n.Place, err = AddPlace(ctx, tx, in.who, above, keeper.Unit, kind, name, int64(r.row))
		return err
	})
}

func (in *intake) samePlace(n *placeNode, keeper *unitNode, kind string) {
	if n.Kind == kind && n.unit == keeper {
		in.result.Same++
		return
	}
	in.result.Changed++
	in.result.say("地点 %s 改为%s，归%s", n.names, PlaceWord(kind), keeper.Name)
	in.then(func(ctx context.Context, tx *store.Tx, _ map[string]string) error {
		return EditPlace(ctx, tx, in.who, n.ID, n.Version, keeper.Unit, kind)
	})
}

// staffRow is a row of people with everything in it understood.
type staffRow struct {
	bookRow
	name, title, login, phone, mail, starts string
	role                                    Role
	unit                                    *unitNode
}

// readStaff reads the sheet of people. Who holds several posts has a row for each; the first one tells who they are.
func (in *intake) readStaff(rows []bookRow) {
	var list []staffRow
	holders := map[*unitNode]map[string]int{} // how many rows give one post
	for _, r := range rows {
		s, ok := in.staffRow(r)
		if !ok {
			continue
		}
		list = append(list, s)
		if s.starts != "" {
			if holders[s.unit] == nil {
				holders[s.unit] = map[string]int{}
			}
			holders[s.unit][s.title]++
		}
	}
	for _, s := range list {
		p, ok := in.person(s)
		if ok && s.starts != "" {
			in.holding(s, p, holders[s.unit][s.title] > 1)
		}
	}
}

// staffRow understands one row, and says everything that is wrong with it.
func (in *intake) staffRow(r bookRow) (staffRow, bool) {
	s := staffRow{bookRow: r, name: r.at("姓名"), title: strings.TrimSpace(r.at("岗位")), login: folded(r.at("登录名")), phone: folded(r.at(Phone)), mail: folded(r.at(Mail))}
	n := len(in.bad)
	if s.name == "" {
		in.wrong(r, "姓名", "没有写；不要的行请整行删去")
	}
	if unit := r.at("单位"); unit == "" {
		in.wrong(r, "单位", "没有写")
	} else if u, err := in.unit(unit); err != nil {
		in.wrong(r, "单位", "%v", err)
	} else {
		s.unit = u
	}
	word := strings.TrimSpace(r.at("角色"))
	for _, x := range Roles {
		if x.Word == word {
			s.role = x.Role
		}
	}
	at := Unit{Kind: District}
	if s.unit != nil {
		at = s.unit.Unit
	}
	say := func(column string, err error) {
		var invalid Invalid
		if errors.As(err, &invalid) {
			in.wrong(r, column, "%s", invalid.What)
		}
	}
	if word == "" {
		in.wrong(r, "角色", "没有写；请从 责任人、经办人、分管领导、书记、巡察办、管理员 中选一种")
	} else {
		say("角色", checkRole(s.role, at))
	}
	if s.login != "" && in.logins[s.login].id == 0 {
		say("登录名", CheckLogin(s.login))
	}
	say(Phone, checkPhone(s.phone))
	say(Mail, checkMail(s.mail))
	if text := r.at("任职起"); text != "" {
		var ok bool
		if s.starts, ok = readDay(text); !ok {
			in.wrong(r, "任职起", "“%s”不是日期，请写成 2026-04-30 这样", text)
		} else if s.title == "" {
			in.wrong(r, "岗位", "写了任职起，就要写岗位")
		}
	}
	return s, len(in.bad) == n
}

// person finds or enters whom a row is about.
func (in *intake) person(s staffRow) (*person, bool) {
	p, ok := in.match(s)
	switch {
	case !ok:
		return nil, false
	case p == nil:
		return in.addPerson(s), true
	case p.row > 0:
		if s.starts == "" {
			in.wrong(s.bookRow, "姓名", "%s与第%d行重复；一人多岗的，每行都要写岗位和任职起", s.name, p.row)
			return nil, false
		}
		if s.phone != "" && s.phone != p.Phone.full || s.mail != "" && s.mail != p.Mail.full {
			in.wrong(s.bookRow, Phone, "%s的联系方式与第%d行不同", s.name, p.row)
			return nil, false
		}
		return p, true
	}
	p.row = s.row
	return p, in.samePerson(s, p)
}

// match finds whom a row is about among those there are and those of earlier rows; nobody when they are new.
func (in *intake) match(s staffRow) (*person, bool) {
	if s.login != "" {
		for _, p := range in.people {
			if p.Login != s.login {
				continue
			}
			if p.Name != s.name {
				in.wrong(s.bookRow, "登录名", "“%s”是%s的登录名，请换一个", s.login, p.Name)
				return nil, false
			}
			if !p.Active {
				in.wrong(s.bookRow, "姓名", "%s已登记为离岗；请先在人员页面恢复在岗", s.name)
				return nil, false
			}
			return p, true
		}
		if in.logins[s.login].id != 0 {
			in.wrong(s.bookRow, "登录名", "登录名“%s”已有人使用，请换一个", s.login)
			return nil, false
		}
	}
	var found []*person
	for _, p := range in.people {
		if p.Active && p.unit == s.unit && p.Name == s.name && (s.login == "" || p.Login == "" || p.Login == s.login) {
			found = append(found, p)
		}
	}
	if len(found) > 1 {
		found = slices.DeleteFunc(found, func(p *person) bool { return p.Post != s.title })
		if len(found) != 1 {
			in.wrong(s.bookRow, "姓名", "%s有几个%s，请写登录名以便分清", s.unit.Name, s.name)
			return nil, false
		}
	}
	if len(found) == 0 {
		return nil, true
	}
	return found[0], true
}

func (in *intake) addPerson(s staffRow) *person {
	p := &person{Staff: Staff{Name: s.name, Post: s.title, Role: s.role, Login: s.login, Phone: NewPrivate(s.phone), Mail: NewPrivate(s.mail), Active: true}, unit: s.unit, row: s.row}
	in.people = append(in.people, p)
	in.result.Staff++
	in.result.say("登记人员 %s %s", s.unit.names, p.Title())
	in.credential(s, p)
	in.then(func(ctx context.Context, tx *store.Tx, hashes map[string]string) (err error) {
		if s.login != "" && hashes[s.login] == "" {
			return errMoved
		}
		p.id, err = Employ(ctx, tx, in.who, StaffEdit{Unit: s.unit.ID, Name: s.name, Post: s.title, Role: s.role, Phone: &s.phone, Mail: &s.mail}, s.login, hashes[s.login])
		return err
	})
	return p
}

// errMoved is the error of an import that somebody else's change has overtaken.
var errMoved = Invalid{"导入", "有人刚改了人员，请再导入一次"}

// credential notes that a row lets somebody log in who could not.
func (in *intake) credential(s staffRow, p *person) {
	if s.login != "" {
		in.logins[s.login] = login{id: -1}
		in.result.Passwords = append(in.result.Passwords, Credential{Unit: s.unit.Name, Name: s.name, Post: p.Post, Login: s.login})
	}
}

// samePerson changes what a row says differently of somebody there is. What the row leaves empty stays.
func (in *intake) samePerson(s staffRow, p *person) bool {
	e := StaffEdit{Name: p.Name, Post: p.Post, Role: s.role}
	changed := p.Role != s.role || p.unit != s.unit
	if s.title != "" && s.title != p.Post {
		e.Post, changed = s.title, true
	}
	if s.phone != "" && s.phone != p.Phone.full {
		e.Phone, changed = &s.phone, true
	}
	if s.mail != "" && s.mail != p.Mail.full {
		e.Mail, changed = &s.mail, true
	}
	newLogin := s.login != "" && p.Login == ""
	if !changed && !newLogin {
		in.result.Same++
		return true
	}
	in.result.Changed++
	in.result.say("修改人员 %s %s", s.unit.names, p.Title())
	version := p.Version
	if changed {
		in.then(func(ctx context.Context, tx *store.Tx, _ map[string]string) error {
			e.Unit = s.unit.ID
			return EditStaff(ctx, tx, in.who, p.id, version, e)
		})
		p.Version++
	}
	if newLogin {
		at := p.Version
		in.credential(s, p)
		in.then(func(ctx context.Context, tx *store.Tx, hashes map[string]string) error {
			if hashes[s.login] == "" {
				return errMoved
			}
			return SetLogin(ctx, tx, in.who, p.id, at, s.login, hashes[s.login])
		})
		p.Login = s.login
	}
	return true
}

// holding gives a post from the day that a row says, and makes the post where there is none.
func (in *intake) holding(s staffRow, p *person, several bool) {
	var post *postNode
	for _, x := range in.posts {
		if x.unit == s.unit && x.Title == s.title {
			post = x
		}
	}
	if post == nil {
		post = &postNode{Post: Post{Title: s.title, Role: s.role, Single: !several}, unit: s.unit}
		in.posts = append(in.posts, post)
		in.result.Posts++
		in.then(func(ctx context.Context, tx *store.Tx, _ map[string]string) (err error) {
			post.Post, err = AddPost(ctx, tx, in.who, s.unit.Unit, s.title, s.role, !several)
			return err
		})
	}
	if post.Role != s.role {
		in.wrong(s.bookRow, "角色", "岗位“%s”登记的角色是%s，不能改；请核对，或另起岗位名称", s.title, post.Role.Word())
		return
	}
	for _, h := range in.holdings {
		if post.ID == 0 || h.Post != post.ID || h.Never() || h.Ends != "" && h.Ends < s.starts {
			continue
		}
		switch {
		case h.Staff == p.id && h.Starts == s.starts:
			in.result.Same++
			return
		case h.Staff == p.id:
			in.wrong(s.bookRow, "任职起", "%s担任“%s”已登记从%s起，任职记录不能改", s.name, s.title, h.Starts)
			return
		case post.Single:
			in.wrong(s.bookRow, "岗位", "“%s”现由%s担任，换人请在岗位页面办交接", s.title, h.Name)
			return
		}
	}
	for _, x := range post.taken {
		if x.who == p || post.Single {
			in.wrong(s.bookRow, "岗位", "“%s”已由前面的行给了%s", s.title, x.who.Name)
			return
		}
	}
	post.taken = append(post.taken, taken{p, s.starts})
	in.result.Holdings++
	in.result.say("任职 %s %s，从%s起", s.unit.names, Person{Name: s.name, Post: s.title}.Title(), s.starts)
	in.then(func(ctx context.Context, tx *store.Tx, _ map[string]string) error {
		_, err := Hold(ctx, tx, in.who, post.ID, p.id, s.starts, "")
		return err
	})
}
