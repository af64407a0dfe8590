package screening

import (
	"bytes"
	"context"
	mathbits "math/bits"
	"sync/atomic"

	"bihuan/chinese"
	"bihuan/office"
)

// Counts are five questions that need no matching: numbers are taken as they stand. They are what a join in a database would
// answer, in one pass over the files, and a first look at lists of any size.
type Counts struct {
	Residents   int // rows of the register
	RollRows    int // rows of the rolls: old-age and minimum living allowance
	Missing     int // living, in the register, of age, neither on the old-age roll nor on the list of deaths
	DeadOnRolls int // rows of the rolls whose number is on the list of deaths
	Twice       int // numbers that stand more than once on the rolls
	BadCheck    int // rows of all lists whose number is not of eighteen characters with a right check character
	NearMiss    int // rows of the rolls whose number the register does not have, while it has the name with a number that differs in one or two characters
}

// What is known about a number on the small lists.
const (
	onRoll uint32 = 1 << iota
	onDibao
	onceOnRolls
	twiceOnRolls
	isDead
	inRegister
)

// numbers is a table of the numbers on the small lists.
type numbers struct {
	keys   []chinese.IDNumber
	flags  []uint32
	used   int
	filter *bits64
}

// bits64 is a filter small enough for the second-level cache.
type bits64 struct {
	words []uint64
	mask  uint64
}

func (b *bits64) has(key chinese.IDNumber) bool {
	h := uint64(key) * 0x9e3779b97f4a7c15 >> 20
	return b.words[h>>6&b.mask]>>(h&63)&1 != 0
}

func (b *bits64) add(key chinese.IDNumber) {
	h := uint64(key) * 0x9e3779b97f4a7c15 >> 20
	b.words[h>>6&b.mask] |= 1 << (h & 63)
}

func (n *numbers) slot(key chinese.IDNumber) int {
	mask := len(n.keys) - 1
	i := int(uint64(key) * 0xd6e8feb86659fd93 >> (64 - mathbits.Len(uint(mask))))
	for n.keys[i] != 0 && n.keys[i] != key {
		i = (i + 1) & mask
	}
	return i
}

// add returns the flags of a number, making room for it.
func (n *numbers) add(key chinese.IDNumber) *uint32 {
	if 2*n.used >= len(n.keys) {
		old := *n
		n.keys, n.flags = make([]chinese.IDNumber, max(1<<12, 2*len(old.keys))), make([]uint32, max(1<<12, 2*len(old.keys)))
		for i, k := range old.keys {
			if k != 0 {
				at := n.slot(k)
				n.keys[at], n.flags[at] = k, old.flags[i]
			}
		}
	}
	i := n.slot(key)
	if n.keys[i] == 0 {
		n.keys[i] = key
		n.used++
	}
	return &n.flags[i]
}

// seal makes the filter once all numbers are in.
func (n *numbers) seal() {
	size := 1 << 10
	for size*64 < 16*n.used {
		size *= 2
	}
	n.filter = &bits64{make([]uint64, size), uint64(size - 1)}
	for _, k := range n.keys {
		if k != 0 {
			n.filter.add(k)
		}
	}
}

// rows is what is kept of a batch.
type rows struct {
	ids   []chinese.IDNumber
	names []uint32
	count int
	bad   int
	found int // residents who are missing from the roll
}

// Count answers the five questions for a day and an age.
func Count(ctx context.Context, in Input) (Counts, error) {
	p := in.Params
	asOf, _ := parseDay(p.AsOf)
	bornBy := int(asOf) - p.Threshold*10000 // who was born later is younger
	r := &run{in: in, now: p.thisMonth()}
	var c Counts
	known := &numbers{}
	var rolls []rows
	for _, kind := range []Kind{Deaths, Roll, Dibao} {
		for _, list := range in.Lists {
			if list.Kind != kind {
				continue
			}
			err := r.countList(ctx, list, []Field{FieldName, FieldNumber}, func(s *sheet, b *office.Batch) rows {
				out := rowsOf(s, b)
				out.names = namesOf(s, b)
				return out
			}, func(part rows) {
				c.BadCheck += part.bad
				for _, id := range part.ids {
					if id == 0 {
						continue
					}
					switch f := known.add(id); {
					case kind == Deaths:
						*f |= isDead
					default:
						if *f&isDead != 0 {
							c.DeadOnRolls++
						}
						switch {
						case *f&onceOnRolls == 0:
							*f |= onceOnRolls
						case *f&twiceOnRolls == 0:
							*f |= twiceOnRolls
							c.Twice++
						}
						if kind == Roll {
							*f |= onRoll
						}
					}
				}
				if kind != Deaths {
					c.RollRows += part.count
					rolls = append(rolls, part)
				}
			})
			if err != nil {
				return c, err
			}
		}
	}
	if known.used == 0 {
		known.add(1)
	}
	known.seal()
	var register []rows
	for _, list := range in.Lists {
		if list.Kind != Residents {
			continue
		}
		err := r.countList(ctx, list, []Field{FieldName, FieldNumber, FieldState}, func(s *sheet, b *office.Batch) rows {
			out := rowsOf(s, b)
			out.names = namesOf(s, b)
			out.found = known.missing(s, b, out.ids, bornBy)
			return out
		}, func(part rows) {
			c.BadCheck += part.bad
			c.Missing += part.found
			c.Residents += part.count
			register = append(register, part)
		})
		if err != nil {
			return c, err
		}
	}
	c.NearMiss = known.nearMisses(rolls, register)
	return c, nil
}

// countList reads the sheets of a list for some fields.
func (r *run) countList(ctx context.Context, list List, fields []Field, work func(*sheet, *office.Batch) rows, take func(rows)) error {
	return r.readList(ctx, list, func(g *office.Grid, i int, s *sheet) error {
		s.columns, s.at = s.columns[:0], map[Field]int{}
		for _, f := range fields {
			if c, ok := s.layout.Mapping[f]; ok {
				s.at[f] = len(s.columns)
				s.columns = append(s.columns, c.Index)
			}
		}
		return office.ScanGrid(g, i, s.columns, func(b *office.Batch) (rows, error) { return work(s, b), nil }, func(part rows) error { take(part); return nil })
	})
}

// rowsOf reads the numbers of a batch.
func rowsOf(s *sheet, b *office.Batch) rows {
	n, k := b.Len(), s.at[FieldNumber]
	out := rows{ids: make([]chinese.IDNumber, n)}
	for i := range n {
		cell := b.Cell(i, k)
		id, right, ok := chinese.ParseCheckedID(cell)
		if ok {
			if out.ids[i] = id; !right {
				out.bad++
			}
			out.count++
			continue
		}
		if b.Number(i) < s.layout.First {
			continue
		}
		w := chinese.ReadID(string(cell))
		name := ""
		if at, ok := s.at[FieldName]; ok {
			name = text(b.Cell(i, at))
		}
		if !isPerson(name, w) {
			continue
		}
		out.count++
		if out.ids[i] = w.Number; w.Number == 0 || !w.Number.Checked() {
			out.bad++
		}
	}
	return out
}

// namesOf hashes the names of a batch.
func namesOf(s *sheet, b *office.Batch) []uint32 {
	k, ok := s.at[FieldName]
	if !ok {
		return make([]uint32, b.Len())
	}
	list := make([]uint32, b.Len())
	for i := range list {
		list[i] = uint32(hashOf(b.Cell(i, k)) >> 32)
	}
	return list
}

// missing counts the residents of a batch who should be on the roll, and notes whom of the small lists the register has. All numbers
// go through the filter first: nine in ten end there without a visit to the table.
func (n *numbers) missing(s *sheet, b *office.Batch, ids []chinese.IDNumber, bornBy int) int {
	found := 0
	state, hasState := s.at[FieldState]
	for i, id := range ids {
		if id == 0 {
			continue
		}
		flags := uint32(0)
		if n.filter.has(id) {
			if at := n.slot(id); n.keys[at] == id {
				if flags = atomic.LoadUint32(&n.flags[at]); flags&inRegister == 0 {
					atomic.OrUint32(&n.flags[at], inRegister)
				}
			}
		}
		if flags&(onRoll|isDead) != 0 || id.Birth() > bornBy {
			continue
		}
		if hasState {
			if cell := b.Cell(i, state); !bytes.Equal(cell, usualState) && standingOf(text(cell)) != present {
				continue
			}
		}
		found++
	}
	return found
}

var usualState = []byte("正常")

// nearMisses counts the rows of the rolls that seem to be miswritten.
func (n *numbers) nearMisses(rolls, register []rows) int {
	type row struct {
		id   chinese.IDNumber
		next int32
		hit  bool
	}
	var unknown []row
	first := map[uint32]int32{}
	filter := &bits64{make([]uint64, 1<<12), 1<<12 - 1}
	for _, part := range rolls {
		for i, id := range part.ids {
			if id == 0 || n.flags[n.slot(id)]&inRegister != 0 {
				continue
			}
			h := part.names[i]
			before, ok := first[h]
			if !ok {
				before = -1
			}
			first[h] = int32(len(unknown))
			unknown = append(unknown, row{id: id, next: before})
			filter.add(chinese.IDNumber(h))
		}
	}
	count := 0
	for _, part := range register {
		for i, h := range part.names {
			if !filter.has(chinese.IDNumber(h)) {
				continue
			}
			at, ok := first[h]
			if !ok {
				continue
			}
			for ; at >= 0; at = unknown[at].next {
				if u := &unknown[at]; !u.hit && differBy(u.id, part.ids[i]) <= 2 {
					u.hit = true
					count++
				}
			}
		}
	}
	return count
}

// differBy counts the characters in which two numbers differ, up to three.
func differBy(a, b chinese.IDNumber) int {
	n := 0
	if a%11 != b%11 {
		n++
	}
	for x, y := a.Seventeen(), b.Seventeen(); x != y && n < 3; x, y = x/10, y/10 {
		if x%10 != y%10 {
			n++
		}
	}
	return n
}
