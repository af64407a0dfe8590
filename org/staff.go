package org

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/alexedwards/argon2id"

	"bihuan/journal"
	"bihuan/store"
)

// Staff is somebody as the organisation keeps them.
type Staff struct {
	ID      int64
	Unit    Unit
	Name    string
	Post    string // as written in the record; posts held from–to are [Holding]s
	Role    Role
	Login   string // empty: does not log in
	Phone   Private
	Mail    Private
	Active  bool // false: has left
	Version int64
}

// Title is how somebody is written in the record: 贺晓雨（党政办经办人）.
func (s Staff) Title() string { return Person{Name: s.Name, Post: s.Post}.Title() }

const staffQuery = `select s.id, s.name, s.post, s.role, coalesce(s.login, ''), s.phone, s.mail, s.active, s.version,
	u.id, coalesce(u.parent, 0), u.kind, u.name, u.path, u.ord, u.version from staff s join unit u on u.id = s.unit`

func scanStaff(rows *sql.Rows, s *Staff) error {
	var active int
	u := &s.Unit
	err := rows.Scan(&s.ID, &s.Name, &s.Post, &s.Role, &s.Login, &s.Phone, &s.Mail, &active, &s.Version,
		&u.ID, &u.Parent, &u.Kind, &u.Name, &u.Path, &u.Ord, &u.Version)
	s.Active = active == 1
	return err
}

// StaffByID reads somebody, also one who has left.
func StaffByID(ctx context.Context, q store.Querier, id int64) (Staff, error) {
	return store.One(ctx, q, scanStaff, staffQuery+` where s.id = $1`, id)
}

// StaffIn lists who works in the unit with the given path and below it, unit by unit. Those who have left are not listed.
func StaffIn(ctx context.Context, q store.Querier, path string) ([]Staff, error) {
	return store.All(ctx, q, scanStaff, staffQuery+` where u.path like $1 and s.active = 1 order by u.path, s.id`, path+"%")
}

// LeftIn lists who has left the unit with the given path or one below it.
func LeftIn(ctx context.Context, q store.Querier, path string) ([]Staff, error) {
	return store.All(ctx, q, scanStaff, staffQuery+` where u.path like $1 and s.active = 0 order by u.path, s.id`, path+"%")
}

// AddStaff enters somebody; login and password may both be empty for a person who does not log in. A login name that is taken is
// refused, also by the same person, for the password would not be this one.
func AddStaff(ctx context.Context, tx *store.Tx, who Person, u Unit, name, post string, role Role, login, password string) (int64, error) {
	hash := ""
	if login != "" {
		n, err := store.One(ctx, tx, store.Value[int], `select count(*) from staff where login = $1`, login)
		if err != nil {
			return 0, err
		}
		if n > 0 {
			return 0, loginTaken(login)
		}
		if hash, err = argon2id.CreateHash(password, argon); err != nil {
			return 0, err
		}
	}
	return Employ(ctx, tx, who, StaffEdit{Unit: u.ID, Name: name, Post: post, Role: role}, login, hash)
}

func loginTaken(login string) error {
	return Invalid{"登录名", fmt.Sprintf("登录名“%s”已有人使用，请换一个", login)}
}

// StaffEdit is what may be changed about somebody.
type StaffEdit struct {
	Unit        int64
	Name        string
	Post        string
	Role        Role
	Phone, Mail *string // nil leaves what there is
}

// check refuses what cannot be kept, with the unit that it names.
func (e *StaffEdit) check(ctx context.Context, q store.Querier, who Person) (Unit, error) {
	e.Name, e.Post = strings.TrimSpace(e.Name), strings.TrimSpace(e.Post)
	u, err := UnitByID(ctx, q, e.Unit)
	if err != nil {
		return u, err
	}
	if err := who.Check(Manage, u); err != nil {
		return u, err
	}
	if e.Name == "" {
		return u, Invalid{"姓名", "请写姓名"}
	}
	if err := checkRole(e.Role, u); err != nil {
		return u, err
	}
	for _, p := range []*string{e.Phone, e.Mail} {
		if p != nil {
			*p = folded(*p)
		}
	}
	if e.Phone != nil {
		err = checkPhone(*e.Phone)
	}
	if err == nil && e.Mail != nil {
		err = checkMail(*e.Mail)
	}
	return u, err
}

// checkRole refuses a role that there is not, and that of the district's inspection office in a town, which would accept its own
// closings.
func checkRole(role Role, u Unit) error {
	if !slices.ContainsFunc(Roles, func(x struct {
		Role Role
		Word string
	}) bool {
		return x.Role == role
	}) {
		return Invalid{"角色", "请从 责任人、经办人、分管领导、书记、巡察办、管理员 中选一种"}
	}
	if role == Supervisor && (u.Kind != District || u.Parent != 0) {
		return Invalid{"角色", fmt.Sprintf("“巡察办”只能是区里的人，%s不能自己核准自己的销号", u.Name)}
	}
	return nil
}

// Employ enters somebody whose password is hashed already; see [HashGenerated]. login and hash are empty for a person who does not
// log in. Somebody who stands there just so is returned as they are.
func Employ(ctx context.Context, tx *store.Tx, who Person, e StaffEdit, login, hash string) (int64, error) {
	u, err := e.check(ctx, tx, who)
	if err != nil {
		return 0, err
	}
	if login != "" && hash == "" {
		return 0, Invalid{"密码", "登录的人要有密码"}
	}
	same, err := store.All(ctx, tx, store.Value[int64], `select id from staff where unit = $1 and name = $2 and post = $3 and coalesce(login, '') = $4 and active = 1`,
		u.ID, e.Name, e.Post, login)
	if err != nil {
		return 0, err
	}
	if len(same) > 0 {
		return same[0], nil
	}
	var loginValue any
	if login != "" {
		loginValue = login
	}
	id := tx.ID()
	changes := []journal.Change{{Field: "人员", To: e.Name}, {Field: "岗位", To: e.Post}}
	phone, mail := "", ""
	if e.Phone != nil && *e.Phone != "" {
		phone = *e.Phone
		changes = append(changes, journal.Change{Field: Phone, To: NewPrivate(phone).String()})
	}
	if e.Mail != nil && *e.Mail != "" {
		mail = *e.Mail
		changes = append(changes, journal.Change{Field: Mail, To: NewPrivate(mail).String()})
	}
	_, err = tx.Exec(ctx, `insert into staff (id, unit, name, post, role, login, password, phone, mail, active, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, 1)`,
		id, u.ID, e.Name, e.Post, string(e.Role), loginValue, hash, phone, mail)
	if store.IsUnique(err) {
		return 0, loginTaken(login)
	}
	if err != nil {
		return 0, fmt.Errorf("add staff %s: %w", e.Name, err)
	}
	return id, journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "登记", Kind: "staff", Row: id, Changes: changes})
}

// EditStaff changes what is known of somebody. The record tells of a phone number or an address that it was changed, masked. version
// is the one the editor saw; see [journal.Stale].
func EditStaff(ctx context.Context, tx *store.Tx, who Person, id, version int64, e StaffEdit) error {
	old, err := StaffByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := who.Check(Manage, old.Unit); err != nil {
		return err
	}
	u, err := e.check(ctx, tx, who)
	if err != nil {
		return err
	}
	if e.Phone == nil {
		e.Phone = &old.Phone.full
	}
	if e.Mail == nil {
		e.Mail = &old.Mail.full
	}
	var changes []journal.Change
	diff := func(field, from, to string, shownFrom, shownTo string) {
		if from != to {
			changes = append(changes, journal.Change{Field: field, From: shownFrom, To: shownTo})
		}
	}
	diff("姓名", old.Name, e.Name, old.Name, e.Name)
	diff("单位", old.Unit.Path, u.Path, old.Unit.Name, u.Name)
	diff("岗位", old.Post, e.Post, old.Post, e.Post)
	diff("角色", string(old.Role), string(e.Role), old.Role.Word(), e.Role.Word())
	diff(Phone, old.Phone.full, *e.Phone, old.Phone.String(), NewPrivate(*e.Phone).String())
	diff(Mail, old.Mail.full, *e.Mail, old.Mail.String(), NewPrivate(*e.Mail).String())
	if len(changes) == 0 {
		return nil // done already
	}
	n, err := tx.Exec(ctx, `update staff set unit = $3, name = $4, post = $5, role = $6, phone = $7, mail = $8, version = version + 1 where id = $1 and version = $2`,
		id, version, u.ID, e.Name, e.Post, string(e.Role), *e.Phone, *e.Mail)
	if err != nil {
		return fmt.Errorf("edit staff: %w", err)
	}
	if n == 0 {
		return journal.StaleRow(ctx, tx, "staff", id)
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "修改", Kind: "staff", Row: id, Changes: changes})
}

// Leave marks somebody as having left: they can no longer log in, and everything they did keeps their name. Posts have to be handed
// over or given up first, for that needs a last day. Nobody marks themselves.
func Leave(ctx context.Context, tx *store.Tx, who Person, id, version int64) error {
	s, err := StaffByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := who.Check(Manage, s.Unit); err != nil {
		return err
	}
	holdings, err := HoldingsOf(ctx, tx, id)
	if err != nil {
		return err
	}
	today := day(tx)
	for _, h := range holdings {
		if h.Ends == "" || h.Ends >= today && h.Ends >= h.Starts {
			return Invalid{"在岗", fmt.Sprintf("还担任着%s“%s”，请先交接或登记卸任", h.Unit, h.Title)}
		}
	}
	return setActive(ctx, tx, who, id, version, false, "离岗")
}

// Return takes somebody back who was marked as having left.
func Return(ctx context.Context, tx *store.Tx, who Person, id, version int64) error {
	return setActive(ctx, tx, who, id, version, true, "恢复在岗")
}

func setActive(ctx context.Context, tx *store.Tx, who Person, id, version int64, active bool, verb string) error {
	s, err := StaffByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := who.Check(Manage, s.Unit); err != nil {
		return err
	}
	if s.Active == active {
		return nil // done already
	}
	if id == who.ID {
		return Invalid{"在岗", "不能把自己登记为离岗，请由另一位管理员办理"}
	}
	n, err := tx.Exec(ctx, `update staff set active = $3, version = version + 1 where id = $1 and version = $2`, id, version, bit(active))
	if err != nil {
		return fmt.Errorf("set active: %w", err)
	}
	if n == 0 {
		return journal.StaleRow(ctx, tx, "staff", id)
	}
	return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: verb, Kind: "staff", Row: id,
		Changes: []journal.Change{{Field: "在岗", From: yes(s.Active), To: yes(active)}}})
}

func yes(b bool) string {
	if b {
		return "是"
	}
	return "否"
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// passwordLetters leaves out what is mistaken for another: 0 o, 1 l i.
const passwordLetters = "abcdefghjkmnpqrstuvwxyz23456789"

// NewPassword makes a password that can be read out and typed: three groups of four, some 59 bits.
func NewPassword() string {
	var b [12]byte
	var out []byte
	for n := 0; n < len(b); {
		var r [1]byte
		_, _ = rand.Read(r[:]) // never fails, see [rand.Read]
		if int(r[0]) >= 256/len(passwordLetters)*len(passwordLetters) {
			continue // would favour the first letters
		}
		if n > 0 && n%4 == 0 {
			out = append(out, '-')
		}
		out = append(out, passwordLetters[int(r[0])%len(passwordLetters)])
		n++
	}
	return string(out)
}

// light is the cost of hashing a password of [NewPassword]: nobody guesses that by trying, and hundreds come with one import.
var light = &argon2id.Params{Memory: 1024, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// lightMark stands in the hashes made with [light].
const lightMark = "$m=1024,"

// HashGenerated hashes a password made by [NewPassword]. It is no way to keep one that somebody thought of.
func HashGenerated(password string) (string, error) { return argon2id.CreateHash(password, light) }
