package screening

import (
	"bytes"
	"context"
	"encoding/binary"
	"sort"
	"strings"
	"sync"
	"unicode/utf8"

	"bihuan/chinese"
	"bihuan/office"
)

// register is the register of residents in columns, as compact as can be: a province has fifty million, of whom the rules speak of a
// few in a hundred.
type register struct {
	blocks []*block
	count  int
}

// block is the rows of one batch. All its columns have the same length; rows that are no person have no name and no number.
type block struct {
	sheet     int
	first     int // number of the first row, when rows is nil
	rows      []int32
	ids       []chinese.IDNumber // zero where there is none that can be read
	names     []byte
	ends      []uint32 // where each name ends
	villages  []uint32 // hashes, 0 for none
	homes     []uint32 // hash of the household, 0 for none
	standings []standing
	relations []relation // none where the column is not there, or nobody asks
	odd       []oddity   // in order of their rows
}

// oddity is what few rows have.
type oddity struct {
	row   int32
	birth day // in the register, where it is not the one in the number
	date  day // of the standing
	flaw  chinese.Flaw
	id    string // as written, where it cannot be read
	sex   bool   // the sex is not the one in the number
}

// resident is a row of the register: block and row in it.
type resident struct{ block, row int32 }

// nobody is no resident.
var nobody = resident{-1, -1}

func (g *register) id(r resident) chinese.IDNumber { return g.blocks[r.block].ids[r.row] }

func (b *block) name(row int) []byte {
	from := uint32(0)
	if row > 0 {
		from = b.ends[row-1]
	}
	return b.names[from:b.ends[row]]
}

func (g *register) name(r resident) string { return string(g.blocks[r.block].name(int(r.row))) }

func (g *register) standing(r resident) standing { return g.blocks[r.block].standings[r.row] }

// odd is what is special about a row.
func (g *register) odd(r resident) oddity {
	list := g.blocks[r.block].odd
	i := sort.Search(len(list), func(i int) bool { return list[i].row >= r.row })
	if i < len(list) && list[i].row == r.row {
		return list[i]
	}
	return oddity{}
}

// birth is the date of birth by the register, or by the number where the register has none.
func (g *register) birth(r resident) day {
	if o := g.odd(r); o.birth != 0 {
		return o.birth
	}
	if n := day(g.id(r).Birth()); chinese.IsDay(int(n)) {
		return n
	}
	return 0
}

func (g *register) village(r resident) uint32 { return g.blocks[r.block].villages[r.row] }
func (g *register) home(r resident) uint32    { return g.blocks[r.block].homes[r.row] }

// relation is what somebody is to the head of the household.
func (g *register) relation(r resident) relation {
	if list := g.blocks[r.block].relations; list != nil {
		return list[r.row]
	}
	return relationUnknown
}

// number is the row as a spreadsheet shows it.
func (b *block) number(row int) int {
	if b.rows != nil {
		return int(b.rows[row])
	}
	return b.first + row
}

// each calls f with all residents in order.
func (g *register) each(f func(resident)) {
	for i, b := range g.blocks {
		for row := range b.ids {
			if b.ids[row] != 0 || len(b.name(row)) > 0 {
				f(resident{int32(i), int32(row)})
			}
		}
	}
}

// readRegister adds a file to the register.
func (r *run) readRegister(ctx context.Context, list List) error {
	return r.readList(ctx, list, func(g *office.Grid, i int, s *sheet) error {
		var blocks []*block
		var lastVillage, lastHome uint32
		count := 0
		err := office.ScanGrid(g, i, s.columns, func(b *office.Batch) (*block, error) { return residentsOf(s, b), nil }, func(b *block) error {
			lastVillage, lastHome = repeat(b.villages, lastVillage), repeat(b.homes, lastHome)
			if n := b.people(); n > 0 {
				blocks, count = append(blocks, b), count+n
			}
			return nil
		})
		if err != nil {
			return err
		}
		r.register.blocks = append(r.register.blocks, blocks...)
		r.register.count += count
		r.reports[s.index].Rows = count
		return nil
	})
}

// sameAsAbove stands in a column for 同上 until its batch is put behind the one before.
const sameAsAbove = ^uint32(0)

// repeat gives what says 同上 the value above; it returns the last value.
func repeat(column []uint32, last uint32) uint32 {
	for i, v := range column {
		switch v {
		case sameAsAbove:
			column[i] = last
		case 0:
		default:
			last = v
		}
	}
	return last
}

// people counts the rows that are about a person.
func (b *block) people() int {
	n := 0
	for row := range b.ids {
		if b.ids[row] != 0 || len(b.name(row)) > 0 {
			n++
		}
	}
	return n
}

// residentsOf makes a block of a batch.
func residentsOf(s *sheet, b *office.Batch) *block {
	n := b.Len()
	out := &block{sheet: s.index, ids: make([]chinese.IDNumber, n), ends: make([]uint32, n), villages: make([]uint32, n), homes: make([]uint32, n),
		standings: make([]standing, n)}
	if n > 0 {
		out.first = b.Number(0)
	}
	for i := range n {
		if b.Number(i) != out.first+i {
			out.rows = make([]int32, n)
			for k := range n {
				out.rows[k] = int32(b.Number(k))
			}
			break
		}
	}
	nameAt, numberAt, villageAt, homeAt, birthAt, sexAt, stateAt := s.place(FieldName), s.place(FieldNumber), s.place(FieldVillage), s.place(FieldHousehold), s.place(FieldBirth), s.place(FieldSex), s.place(FieldState)
	if villageAt < 0 {
		villageAt = s.place(FieldAddress)
	}
	relationAt, words := s.place(FieldRelation), map[string]relation(nil)
	if relationAt >= 0 {
		out.relations, words = make([]relation, n), relationWords()
	}
	dates := datesOf(s)
	desk := desks.Get().(*desk)
	defer desks.Put(desk)
	villages, names := desk.villages, desk.names[:0]
	var lastState []byte
	lastStanding := present
	for i := range n {
		if b.Number(i) < s.layout.First {
			continue
		}
		name, number := cell(b, i, nameAt), cell(b, i, numberAt)
		id, right, ok := chinese.ParseCheckedID(number)
		o := oddity{row: int32(i)}
		if !ok || !right || !chinese.IsDay(id.Birth()) {
			w := chinese.ReadID(string(number))
			if !isPerson(string(name), w) {
				out.ends[i] = uint32(len(names))
				continue
			}
			id, o.flaw = w.Number, w.Flaw
			if id == 0 {
				o.id = text(number)
			}
		}
		out.ids[i] = id
		if name = bytes.TrimSpace(name); len(name) > 200 {
			name = name[:200]
		}
		if !utf8.Valid(name) {
			name = bytes.ToValidUTF8(name, []byte("�"))
		}
		names = append(names, name...)
		out.ends[i] = uint32(len(names))

		if place := cell(b, i, villageAt); !ditto(place) {
			key := hashOf(place)
			hash, known := villages[key]
			if !known {
				if home := villageOf(text(place)); home != "" {
					hash = hash32(home)
				}
				if len(villages) > 1<<16 { // addresses, not villages
					clear(villages)
				}
				villages[key] = hash
			}
			out.villages[i] = hash
		} else {
			out.villages[i] = sameAsAbove
		}
		if home := bytes.TrimSpace(cell(b, i, homeAt)); ditto(home) {
			out.homes[i] = sameAsAbove
		} else if len(home) > 0 {
			h := hashOf(home)
			out.homes[i] = max(1, uint32(h^h>>32))
		}
		if relationAt >= 0 {
			out.relations[i] = relationOf(words, b.Cell(i, relationAt))
		}
		if birth := cell(b, i, birthAt); len(birth) > 0 && !sameDay(birth, id) {
			d, ok := parseDay(string(birth))
			if n := day(id.Birth()); ok && (d == n+100_00_00 || d == n-100_00_00) && shortYearDate(birth) {
				d = n // 27.2.21 of somebody who is a hundred
			}
			if n := day(id.Birth()); ok && d != n && (d.whole() || d%10000 != 0 && d/100 != n/100 || d%10000 == 0 && d/10000 != n/10000 || !chinese.IsDay(int(n))) {
				o.birth = d
			}
		}
		if sex := cell(b, i, sexAt); len(sex) == 3 && id != 0 && o.flaw == chinese.Sound {
			o.sex = string(sex) == "男" && !id.Male() || string(sex) == "女" && id.Male()
		}
		state := cell(b, i, stateAt)
		if !bytes.Equal(state, lastState) || len(lastState) == 0 {
			lastState, lastStanding = append(lastState[:0], state...), standingOf(text(state))
		}
		out.standings[i] = lastStanding
		if len(dates.fields) > 0 || out.standings[i] != present {
			o.date = out.standingDate(dates, b, i)
		}
		if o.birth != 0 || o.date != 0 || o.flaw != chinese.Sound || o.id != "" || o.sex {
			out.odd = append(out.odd, o)
		}
	}
	for i := 1; i < n; i++ { // rows that were left out
		out.ends[i] = max(out.ends[i], out.ends[i-1])
	}
	desk.names, out.names = names, bytes.Clone(names) // as long as they are, and no longer
	return out
}

// desk is what a worker keeps from batch to batch.
type desk struct {
	villages map[uint64]uint32 // what villages were found to be, by the hash of how they are written
	names    []byte
}

var desks = sync.Pool{New: func() any { return &desk{villages: map[uint64]uint32{}} }}

// dateColumns are the columns that speak of leaving, coming and dying.
type dateColumns struct {
	reason, date int
	fields       []dateColumn
}

type dateColumn struct {
	place int
	says  standing
}

func datesOf(s *sheet) dateColumns {
	d := dateColumns{reason: s.place(FieldReason), date: s.place(FieldStateDate)}
	for _, c := range []struct {
		field Field
		says  standing
	}{{FieldDeath, gone}, {FieldOut, movedOut}, {FieldStruck, gone}, {FieldIn, movedIn}} {
		if k := s.place(c.field); k >= 0 {
			d.fields = append(d.fields, dateColumn{k, c.says})
		}
	}
	if d.reason >= 0 { // a reason may stand without a state
		d.fields = append(d.fields, dateColumn{-1, present})
	}
	return d
}

// standingDate finds when a standing began, and corrects it by the columns that speak of leaving, coming and dying.
func (b *block) standingDate(columns dateColumns, in *office.Batch, i int) day {
	reason := standingOf(text(cell(in, i, columns.reason)))
	st := &b.standings[i]
	if *st != movedOut && reason != present && (*st == gone || reason != movedIn) {
		*st = reason // struck off because moved away, or because dead
	}
	for _, c := range columns.fields {
		if text := cell(in, i, c.place); len(text) > 0 {
			if d, ok := parseDay(string(text)); ok && (*st == c.says || *st == present) {
				*st = c.says
				return d
			}
		}
	}
	if *st == present {
		return 0
	}
	d, _ := parseDay(string(cell(in, i, columns.date)))
	return d
}

// shortYearDate tells that a date is written without its century.
func shortYearDate(cell []byte) bool {
	g := groups(string(cell))
	return len(g) >= 3 && len(g[0]) == 2 && len(g[2]) < 4
}

// sameDay is the usual case, told without parsing: the register's date is the one in the number.
func sameDay(cell []byte, id chinese.IDNumber) bool {
	n := 0
	switch {
	case len(cell) == 8:
		for _, c := range cell {
			n = n*10 + int(c-'0')
		}
	case len(cell) == 10 && (cell[4] == '-' || cell[4] == '/' || cell[4] == '.') && cell[7] == cell[4]:
		for i, c := range cell {
			if i != 4 && i != 7 {
				n = n*10 + int(c-'0')
			}
		}
	default:
		return false
	}
	return n == id.Birth()
}

// hash32 is never 0.
func hash32(s string) uint32 {
	h := hash64(s)
	return max(1, uint32(h^h>>32))
}

func hash64(s string) uint64 { return hashOf([]byte(s)) }

// hashOf is a quick hash, the same on every machine.
func hashOf(b []byte) uint64 {
	h := uint64(len(b)) * 0x9e3779b97f4a7c15
	for len(b) >= 8 {
		h = (h ^ binary.LittleEndian.Uint64(b)) * 0xd6e8feb86659fd93
		h ^= h >> 32
		b = b[8:]
	}
	var tail uint64
	for i, c := range b {
		tail |= uint64(c) << (8 * i)
	}
	h = (h ^ tail) * 0xd6e8feb86659fd93
	h ^= h >> 32
	h *= 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// nameHash is the hash of a name as it is compared.
func nameHash(raw string) uint64 { return hash64(chinese.Name(raw)) }

// describe says who a resident is, for an explanation.
func (g *register) describe(r resident) string {
	var parts []string
	if b := g.birth(r); b != 0 {
		parts = append(parts, b.String()+"出生")
	}
	switch g.standing(r) {
	case movedOut:
		parts = append(parts, "户籍"+g.odd(r).date.String()+"迁出")
	case movedIn:
		parts = append(parts, "户籍"+g.odd(r).date.String()+"迁入")
	case gone:
		parts = append(parts, "户籍已注销")
	}
	return strings.Join(parts, "，")
}
