package vault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"bihuan/chinese"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// Mention is a row about somebody else, or about nobody, whose words name a person: whether it is the one who is to be erased, somebody has
// to make sure.
type Mention struct {
	Key     string // request-words:7301…; as [Erasure] names it
	Village string // where it is of, by name; empty when the house knows no such unit
	What    string // 群众诉求 诉求2026-12，2026年3月2日提出
	Excerpt string // …邻居李*兰八十多了…; names and numbers of the person masked, and all other numbers
}

func (m Mention) String() string {
	return strings.TrimLeft(m.Village+"　"+m.What, "　") + "：" + m.Excerpt
}

// Someone stands in the words about somebody else where they named a person who was erased.
const Someone = "某某"

// wordsKey ends the table in the key of a [Mention].
const wordsKey = "-words"

// spoken are the tables in which people say in their own words what may be about anybody, or the rules do; their sealed columns are opened.
var spoken = []struct {
	table   string
	columns []string
	head    string      // town, village, the name of whom the row is about, and what it is, in two columns
	from    string      // the table as x, with what head needs
	told    [][2]string // of which rows the journal tells what was said: kind and id
	bare    bool        // has no version
	word    func(a, b string) string
}{
	{"request", []string{"said", "condition", "advice"},
		`x.unit, x.village, x.name, '诉求' || x.year || '-' || cast(x.serial as text), x.received`, `request x`, [][2]string{{"request", `x.id`}}, false,
		func(number, day string) string { return "群众诉求 " + number + "，" + spokenDay(day) + "提出" }},
	{"verification", []string{"said", "proof", "passed_to", "opinion"},
		`h.unit, h.village, h.name, cast(s.serial as text), x.checked`, `verification x join hit h on h.id = x.hit join screening s on s.id = h.screening`, [][2]string{{"hit", `h.id`}}, false,
		func(serial, day string) string { return "第" + serial + "次筛查的核实，" + spokenDay(day) }},
	{"hit", []string{"why", "closed_why"}, `x.unit, x.village, x.name, cast(s.serial as text), x.rule`, `hit x join screening s on s.id = x.screening`, [][2]string{{"hit", `x.id`}}, false,
		func(serial, rule string) string { return "第" + serial + "次筛查的疑点 " + rule }},
	{"audit_person", []string{"said"}, `a.unit, x.village, x.name, cast(s.serial as text), x.checked`, `audit_person x join audit a on a.id = x.audit join screening s on s.id = a.screening`, [][2]string{{"audit_person", `x.id`}}, false,
		func(serial, day string) string { return "第" + serial + "次筛查的抽样，" + spokenDay(day) }},
	{"application", []string{"reason", "decision_reason", "told"}, `p.unit, p.village, p.name, g.name, x.received`, `application x join person p on p.id = x.person join programme g on g.id = x.programme`,
		[][2]string{{"application", `x.id`}, {"hit", `x.hit`}}, false, func(programme, day string) string { return "事项 " + programme + "，" + spokenDay(day) + "受理" }},
	{"application_step", []string{"said"}, `p.unit, p.village, p.name, g.name, x.day`, `application_step x join application a on a.id = x.application join person p on p.id = a.person join programme g on g.id = a.programme`,
		[][2]string{{"application", `a.id`}, {"hit", `a.hit`}}, true, func(programme, day string) string { return "事项 " + programme + "的经过，" + spokenDay(day) }},
	{"roll_review", []string{"found"}, `p.unit, p.village, p.name, g.name, x.done`, `roll_review x join roll r on r.id = x.roll join person p on p.id = r.person join programme g on g.id = r.programme`,
		[][2]string{{"roll", `r.id`}}, false, func(programme, day string) string { return programme + "的复核，" + spokenDay(day) }},
	{"county_letter_line", []string{"reason", "found"}, `p.unit, p.village, p.name, l.number, x.kind`, `county_letter_line x join county_letter l on l.id = x.letter join person p on p.id = x.person`,
		[][2]string{{"application", `x.application`}}, true, func(number, _ string) string { return strings.TrimSpace("报县函 "+number) + " 的附表" }},
	{"screening", []string{"report"}, `x.unit, x.unit, '', cast(x.serial as text), x.as_of`, `screening x`, [][2]string{{"screening", `x.id`}}, false,
		func(serial, day string) string {
			return "第" + serial + "次筛查的说明，截至" + spokenDay(day)
		}},
}

// spokenDay writes a day as people do; what is none stays as it is.
func spokenDay(day string) string {
	if d, err := time.Parse(time.DateOnly, day); err == nil {
		return d.Format("2006年1月2日")
	}
	return day
}

// sought is by what a person is found in words.
type sought struct {
	names  []string
	towns  []int64 // where the names are looked for; empty: everywhere
	number chinese.IDNumber
}

// in finds the names and the number in a text, the first first. named tells whether the names are looked for at all.
func (s sought) in(text string, named bool) [][2]int {
	var found [][2]int
	if s.number != 0 {
		found = chinese.NumberIn(text, s.number)
	}
	for _, name := range s.names {
		if !named {
			break
		}
		for _, span := range chinese.NameIn(text, name) {
			if !slices.ContainsFunc(found, func(f [2]int) bool { return f[0] < span[1] && span[0] < f[1] }) {
				found = append(found, span)
			}
		}
	}
	slices.SortFunc(found, func(a, b [2]int) int { return a[0] - b[0] })
	return found
}

// replaced is a text with each span of it as put says.
func replaced(text string, spans [][2]int, put func(string) string) string {
	var b strings.Builder
	end := 0
	for _, s := range spans {
		b.WriteString(text[end:s[0]])
		b.WriteString(put(text[s[0]:s[1]]))
		end = s[1]
	}
	return b.String() + text[end:]
}

// masked is what a text calls somebody, a name or a number.
func masked(text string) string {
	if n := chinese.ReadID(text).Number; n != 0 {
		return MaskNumber(n.String())
	}
	return MaskName(chinese.Name(text))
}

// How many characters a [Mention.Excerpt] shows before the name and after it.
const (
	excerptBefore = 14
	excerptAfter  = 22
)

// excerpt is what stands around the first of some spans, masked.
func excerpt(text string, spans [][2]int) string {
	first := spans[0]
	head, tail := text[:first[0]], text[first[1]:]
	var rest [][2]int
	for _, s := range spans[1:] {
		rest = append(rest, [2]int{s[0] - first[1], s[1] - first[1]})
	}
	tail = replaced(tail, rest, masked)
	if strings.HasPrefix(text, "{") { // JSON: only the text that the name stands in
		head = head[strings.LastIndexByte(head, '"')+1:]
		tail, _, _ = strings.Cut(tail, `"`)
	}
	before, after := []rune(MaskIn(head)), []rune(MaskIn(tail))
	start, end := "", ""
	if len(before) > excerptBefore {
		start, before = "…", before[len(before)-excerptBefore:]
	}
	if len(after) > excerptAfter {
		end, after = "…", after[:excerptAfter]
	}
	return strings.Join(strings.Fields(start+string(before)+masked(text[first[0]:first[1]])+string(after)+end), " ")
}

// mentioned is a row whose words name a person, with the words as they are to be: column, text.
type mentioned struct {
	table         string
	id, village   int64
	told          []toldOf
	what, excerpt string
	columns       []string
	texts         []string // sealed anew where they are sealed
	named         bool     // the names were looked for
	bare          bool     // has no version
}

// toldOf is the row that entries of the journal are about.
type toldOf struct {
	kind string
	row  int64
}

func (m mentioned) key() string { return fmt.Sprintf("%s%s:%d", m.table, wordsKey, m.id) }

// mostMentions is how many are listed: a word such as 津贴 stands everywhere.
const mostMentions = 200

// mentions lists the rows whose words name a person, but for those that an erasure takes, or may take, as a whole; and tells how many more
// there are.
func (v *Vault) mentions(ctx context.Context, q, house store.Querier, s sought, taken func(table string, id int64) bool) (list []Mention, more int, err error) {
	var found []mentioned
	for i := range spoken {
		err := v.eachMentioned(ctx, q, s, i, 0, func(m mentioned) {
			switch {
			case taken(m.table, m.id):
			case len(found) == mostMentions:
				more++
			default:
				found = append(found, m)
			}
		})
		if err != nil {
			return nil, 0, err
		}
	}
	for _, m := range found {
		u, err := org.UnitByID(ctx, house, m.village)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, 0, err
		}
		list = append(list, Mention{m.key(), u.Name, m.what, m.excerpt})
	}
	return list, more, nil
}

// eachMentioned calls f with the rows of a table of [spoken] whose words name a person: with all of them, or only one. It opens every
// sealed word of the table, and what does not open is left to bihuan verify.
func (v *Vault) eachMentioned(ctx context.Context, q store.Querier, s sought, of int, only int64, f func(mentioned)) error {
	if len(s.names) == 0 && s.number == 0 {
		return nil
	}
	p := spoken[of]
	columns := `x.id, `
	for _, x := range p.told {
		columns += x[1] + `, `
	}
	query, args := `select `+columns+p.head+`, x.`+strings.Join(p.columns, `, x.`)+` from `+p.from, []any{}
	if only != 0 {
		query, args = query+` where x.id = $1`, append(args, only)
	}
	rows, err := q.Query(ctx, query+` order by x.id`, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		m := mentioned{table: p.table, bare: p.bare, told: make([]toldOf, len(p.told))}
		var town int64
		var about, a, b string
		words := make([]string, len(p.columns))
		into := []any{&m.id}
		for i, x := range p.told {
			m.told[i].kind = x[0]
			into = append(into, &m.told[i].row)
		}
		into = append(into, &town, &m.village, &about, &a, &b)
		for i := range words {
			into = append(into, &words[i])
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		m.named = (len(s.towns) == 0 || slices.Contains(s.towns, town)) &&
			!slices.ContainsFunc(s.names, func(name string) bool { return about != "" && chinese.CompareNames(name, about) <= chinese.NameVariant }) // words about a namesake name that one
		for i, column := range p.columns {
			use := ""
			if slices.Contains(sealed[p.table], column) {
				use = p.table + "." + column
			}
			text := words[i]
			if use != "" {
				if text, err = v.Unseal(use, text); err != nil {
					continue
				}
			}
			spans := s.in(text, m.named)
			if len(spans) == 0 {
				continue
			}
			if m.excerpt == "" {
				m.what, m.excerpt = p.word(a, b), excerpt(text, spans)
			}
			text = replaced(text, spans, func(string) string { return Someone })
			if use != "" {
				text = v.Seal(use, text)
			}
			m.columns, m.texts = append(m.columns, column), append(m.texts, text)
		}
		if len(m.columns) > 0 {
			f(m)
		}
	}
	return rows.Err()
}

// chosenMentions are the rows that keys name, of which each must still name the person.
func (v *Vault) chosenMentions(ctx context.Context, tx *store.Tx, s sought, keys []string, taken func(table string, id int64) bool) ([]mentioned, error) {
	var list []mentioned
	for _, key := range keys {
		n := len(list)
		table, text, _ := strings.Cut(key, wordsKey+":")
		id, err := strconv.ParseInt(text, 10, 64)
		if err == nil && !taken(table, id) {
			for i := range spoken {
				if spoken[i].table != table {
					continue
				}
				if err := v.eachMentioned(ctx, tx, s, i, id, func(m mentioned) { list = append(list, m) }); err != nil {
					return nil, err
				}
			}
		}
		if len(list) == n {
			return nil, org.Invalid{Field: "话里提到的", What: "所选的“" + key + "”里没有提到这个人，可能已有人删过，请重新查找"}
		}
	}
	return list, nil
}

// update is the statement that takes the person out of the words of a row, with its arguments.
func (m mentioned) update() (string, []any) {
	var set []string
	args := []any{m.id}
	for i, column := range m.columns {
		args = append(args, m.texts[i])
		set = append(set, fmt.Sprintf("%s = $%d", column, len(args)))
	}
	if !m.bare {
		set = append(set, `version = version + 1`)
	}
	return `update ` + m.table + ` set ` + strings.Join(set, ", ") + ` where id = $1`, args
}

// tells tells whether an event is about the row and says of the person what its words said.
func (m mentioned) tells(s sought, e journal.Event) bool {
	return slices.Contains(m.told, toldOf{e.Kind, e.Row}) && len(s.in(e.Changes, m.named)) > 0
}
