// Package benefit runs the programmes by which residents are paid (惠民项目): dated parameters, each out of a document; who is on the rolls;
// what the town proposes and the county decides; what was paid. Only a payment row counts as 享受到 (M70). Nothing here grants, suspends or
// stops anything by itself: a roll changes by a recorded decision of the county alone (社会救助暂行办法 13; L11).
//
// All of it lives in the database of residents. Money is in fen, months are YYYY-MM, days YYYY-MM-DD.
package benefit

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// The levels of a programme: who is paid.
const (
	ByPerson    = "person"
	ByHousehold = "household"
)

// The states of a programme.
const (
	Running = "running"
	Ended   = "ended"
)

// Programme is a benefit that is paid by one set of rules (惠民项目).
type Programme struct {
	ID      int64
	Unit    int64  // town or district that runs it
	Path    string // of the unit
	Code    string // elder dibao tekun monitored post, or of one's own
	Name    string
	Level   string
	State   string
	Version int64
}

// At is the programme's unit, as far as rights ask for it.
func (p Programme) At() org.Unit { return org.Unit{ID: p.Unit, Path: p.Path, Name: p.Name} }

const programmeColumns = `p.id, p.unit, p.path, p.code, p.name, p.level, p.state, p.version`

func (p *Programme) into() []any {
	return []any{&p.ID, &p.Unit, &p.Path, &p.Code, &p.Name, &p.Level, &p.State, &p.Version}
}

func scanProgramme(rows *sql.Rows, p *Programme) error { return rows.Scan(p.into()...) }

// ProgrammeByID reads a programme, whoever asks.
func ProgrammeByID(ctx context.Context, q store.Querier, id int64) (Programme, error) {
	return store.One(ctx, q, scanProgramme, `select `+programmeColumns+` from programme p where p.id = $1`, id)
}

// Programmes lists the programmes that serve people whom who sees: those of units below and above the own ones. Running ones stand first.
func Programmes(ctx context.Context, q store.Querier, who org.Person) ([]Programme, error) {
	all, err := store.All(ctx, q, scanProgramme, `select `+programmeColumns+` from programme p order by case when p.state = 'running' then 0 else 1 end, p.id`)
	return slices.DeleteFunc(all, func(p Programme) bool { return !p.Seen(who) }), err
}

// Seen tells whether a programme serves people whom who sees.
func (p Programme) Seen(who org.Person) bool {
	return slices.ContainsFunc(who.Units(), func(u org.Unit) bool { return p.At().Within(u.Path) || u.Within(p.Path) })
}

// TermsOf reads the parameters of a programme, all that ever were, in their order.
func TermsOf(ctx context.Context, q store.Querier, programme int64) (Terms, error) {
	return store.All(ctx, q, scanParameter, `select `+parameterColumns+` from parameter where programme = $1 order by name, class, valid_from, band_from`, programme)
}

// NewProgramme is what a programme begins with.
type NewProgramme struct {
	Example string // code of one of [Examples] whose parameters are taken; empty: none
	Name    string // empty: that of the example
	Level   string // empty: that of the example
	From    string // first day of the parameters
	Basis   string // the document they come from; empty: they stay examples, and nothing is reckoned by them until somebody names one
}

// AddProgramme begins a programme of a unit. A second one of the same example is the first one again.
func AddProgramme(ctx context.Context, v *vault.Vault, who org.Person, unit org.Unit, n NewProgramme) (int64, error) {
	var id int64
	err := v.Write(ctx, func(tx *store.Tx) error {
		if err := who.Check(org.Programme, unit); err != nil {
			return err
		}
		p := Programme{Unit: unit.ID, Path: unit.Path, Code: n.Example, Name: strings.TrimSpace(n.Name), Level: n.Level, State: Running, Version: 1}
		var example Example
		if n.Example != "" {
			at := slices.IndexFunc(Examples, func(e Example) bool { return e.Code == n.Example })
			if at < 0 {
				return org.Invalid{Field: "样例", What: "没有这个样例，请从列出的里面选"}
			}
			example = Examples[at]
			if p.Name == "" {
				p.Name = example.Name
			}
			p.Level = example.Level
		}
		switch {
		case p.Name == "":
			return org.Invalid{Field: "项目名称", What: "请写名称，如 高龄津贴"}
		case p.Level != ByPerson && p.Level != ByHousehold:
			return org.Invalid{Field: "享受单位", What: "请选按人还是按户"}
		case n.Example != "" && (!isDay(n.From) || n.From[8:] != "01"):
			return org.Invalid{Field: "起用日期", What: "请写成某个月的1日，如 2024-01-01；早年的标准以后可以往前补"}
		}
		if err := vault.CheckTexts("项目名称", p.Name, "依据文件", n.Basis); err != nil {
			return err
		}
		p.ID = tx.ID()
		if p.Code == "" {
			p.Code = fmt.Sprint(p.ID)
		}
		had, err := store.All(ctx, tx, scanProgramme, `select `+programmeColumns+` from programme p where p.unit = $1 and (p.code = $2 or p.name = $3)`, unit.ID, p.Code, p.Name)
		if err != nil {
			return err
		}
		if len(had) > 0 {
			if id = had[0].ID; had[0].Name == p.Name && had[0].Level == p.Level {
				return nil // done already
			}
			return org.Invalid{Field: "项目名称", What: fmt.Sprintf("已有项目“%s”，请在它的页面里改", had[0].Name)}
		}
		id = p.ID
		if _, err := tx.Exec(ctx, `insert into programme (id, unit, path, code, name, level, state, version) values ($1, $2, $3, $4, $5, $6, $7, 1)`,
			p.ID, p.Unit, p.Path, p.Code, p.Name, p.Level, p.State); err != nil {
			return err
		}
		for _, x := range example.Terms {
			x.ValidFrom, x.Basis = n.From, strings.TrimSpace(n.Basis)
			if err := insertParameter(ctx, tx, p.ID, x); err != nil {
				return err
			}
		}
		changes := []journal.Change{{Field: "项目名称", To: p.Name}}
		if n.Example != "" {
			changes = append(changes, journal.Change{Field: "样例", To: example.Name}, journal.Change{Field: "依据文件", To: strings.TrimSpace(n.Basis)})
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "登记", Kind: "programme", Row: p.ID, Changes: changes})
	})
	return id, err
}

// lockProgramme reads a programme that is about to be changed and checks the right.
func lockProgramme(ctx context.Context, tx *store.Tx, who org.Person, id int64) (Programme, error) {
	if err := tx.Lock(ctx, "programme", id); err != nil {
		return Programme{}, err
	}
	p, err := ProgrammeByID(ctx, tx, id)
	if err != nil {
		return p, err
	}
	if !p.Seen(who) {
		return p, store.ErrNotFound
	}
	return p, who.Check(org.Programme, p.At())
}

// bump moves the version of a programme on, unless somebody else has.
func (p Programme) bump(ctx context.Context, tx *store.Tx, version int64) error {
	n, err := tx.Exec(ctx, `update programme set version = version + 1 where id = $1 and version = $2`, p.ID, version)
	if err == nil && n == 0 {
		err = journal.StaleRow(ctx, tx, "programme", p.ID)
	}
	return err
}

// EditProgramme renames a programme, ends it or lets it go on. Nobody is stopped by the end of a programme: the county decides that for
// each entry.
func EditProgramme(ctx context.Context, v *vault.Vault, who org.Person, id, version int64, name, state string) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		p, err := lockProgramme(ctx, tx, who, id)
		if err != nil {
			return err
		}
		name = strings.TrimSpace(name)
		words := map[string]string{Running: "在办", Ended: "已结束"}
		switch {
		case name == "":
			return org.Invalid{Field: "项目名称", What: "请写名称，如 高龄津贴"}
		case words[state] == "":
			return org.Invalid{Field: "状态", What: "请选在办或已结束"}
		case p.Name == name && p.State == state:
			return nil
		}
		if err := vault.CheckText("项目名称", name); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update programme set name = $3, state = $4, version = version + 1 where id = $1 and version = $2`, id, version, name, state)
		if err != nil {
			return err
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "programme", id)
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "修改", Kind: "programme", Row: id,
			Changes: changed("项目名称", p.Name, name, "状态", words[p.State], words[state])})
	})
}

// changed lists which of fields are another now: field, from, to, …
func changed(triples ...string) []journal.Change {
	var list []journal.Change
	for i := 0; i+2 < len(triples); i += 3 {
		if triples[i+1] != triples[i+2] {
			list = append(list, journal.Change{Field: triples[i], From: triples[i+1], To: triples[i+2]})
		}
	}
	return list
}

// today is the day of a transaction.
func today(tx *store.Tx) string { return tx.Now.Format(time.DateOnly) }

// FollowUnits writes anew where units stand in the tree, after some were moved in the house. It may run at any time, any number of times.
func FollowUnits(ctx context.Context, v *vault.Vault, house store.Querier) error {
	type at struct {
		id   int64
		path string
	}
	scan := func(rows *sql.Rows, a *at) error { return rows.Scan(&a.id, &a.path) }
	units, err := store.All(ctx, house, scan, `select id, path from unit`)
	if err != nil {
		return err
	}
	paths := make(map[int64]string, len(units))
	for _, u := range units {
		paths[u.id] = u.path
	}
	for _, x := range []struct{ table, unit string }{{"programme", "unit"}, {"person", "case when village > 0 then village else unit end"}} {
		known, err := store.All(ctx, v, scan, `select distinct `+x.unit+`, path from `+x.table)
		if err != nil {
			return err
		}
		for _, k := range known {
			if path := paths[k.id]; path != "" && path != k.path {
				if err := v.Write(ctx, func(tx *store.Tx) error {
					n, err := tx.Exec(ctx, `update `+x.table+` set path = $3, version = version + 1 where `+x.unit+` = $1 and path = $2`, k.id, k.path, path)
					if err != nil || n == 0 {
						return err
					}
					return journal.Append(ctx, tx, journal.Entry{Who: org.Program.Name, Verb: "调整", Kind: "unit", Row: k.id,
						Changes: []journal.Change{{Field: "单位", From: k.path, To: path}}})
				}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
