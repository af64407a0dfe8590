package screening

import (
	"context"
	"fmt"
	"iter"

	"bihuan/chinese"
	"bihuan/office"
)

// party is somebody as one of the small lists has them: rows with the same number, name, village and account are one party. A
// province has millions, so what only few of them have stands elsewhere.
type party struct {
	id          chinese.IDNumber // as it stands there, zero where it cannot be read
	account     uint64           // see accountOf
	months      uint64           // in which it is paid: bit n is n months before now
	name        string
	village     int32 // in run.villages
	birth       day   // by the list's own column
	first, last int32 // in run.lines
	age         int16 // by the list's own column; 0 is none
	list        uint8 // in Kinds
	flaw        chinese.Flaw

	// Who it was found to be.
	names    chinese.NameLikeness
	swap     bool // the number is that of another member of the household, who stands in run.swaps
	resident resident
	like     float32 // of the numbers: 1 is the same
}

func (p *party) kind() Kind { return Kinds[p.list] }

// found tells whether there is a resident.
func (p *party) found() bool { return p.resident != nobody }

// clean tells that number and name agree but for their writing.
func (p *party) clean() bool {
	return p.found() && p.like == chinese.LikeSame && p.names == chinese.NameSame && !p.swap
}

// line is one row of a small list.
type line struct {
	fen     int64
	group   uint64 // household of the minimum living allowance
	party   int32
	next    int32 // line of the same party; 0 is none
	row     int32
	first   month // the months it pays for
	day     day   // of death
	sheet   int16
	months  int8
	rank    int8 // how well the day of death is known: 0 the day itself, more for what is done afterwards
	paid    bool // false: the row says that nothing was paid
	money   bool // fen holds an amount
	stopped bool
}

// misfit is a number that is not as it should be, as it stands in a list.
type misfit struct {
	text    string
	written chinese.Written
}

// village is a village as a list writes it, and by what it is compared.
type village struct {
	name string
	hash uint32 // 0 for none
}

// entry is a row of a small list as a worker reads it.
type entry struct {
	party
	line
	written                  chinese.Written
	cells                    []fieldText // what only rules of the smaller lists ask for
	text                     string      // the number, if there is something wrong with it
	village                  string
	villageDitto, groupDitto bool
}

// readParties adds a file of a small list.
func (r *run) readParties(ctx context.Context, list List) error {
	return r.readList(ctx, list, func(g *office.Grid, i int, s *sheet) error {
		var held []entry
		before := len(r.parties)
		v, group, home := "", uint64(0), ""
		add := func(e *entry) {
			if e.villageDitto {
				e.village = v
			}
			if e.groupDitto {
				e.group = group
				for k := range e.cells {
					if e.cells[k].field == FieldHousehold {
						e.cells[k].text = home
					}
				}
			}
			v, group, home = e.village, e.group, textOf(e.cells, FieldHousehold)
			r.add(e)
		}
		count := 0
		err := office.ScanGrid(g, i, s.columns, func(b *office.Batch) ([]entry, error) { return r.entries(s, b), nil }, func(part []entry) error {
			if count += len(part); g.Format != "csv" { // merged cells may show only at the end
				held = append(held, part...)
				return nil
			}
			for k := range part {
				add(&part[k])
			}
			return nil
		})
		if err != nil {
			return err
		}
		for k := range held {
			add(&held[k])
		}
		r.reports[s.index].Rows = count
		return r.oneMonth(s, before)
	})
}

// oneMonth refuses a roll that has most people several times and does not say for which months: all would seem to be paid over and
// over this month. before is how many parties there were before the sheet.
func (r *run) oneMonth(s *sheet, before int) error {
	if s.kind != Roll && s.kind != OtherRoll || !s.monthless() {
		return nil
	}
	again := 0
	for i := range r.parties[before:] {
		if p := &r.parties[before+i]; p.first != p.last {
			again++
		}
	}
	if all := len(r.parties) - before; again > 20 && 2*again > all {
		return fmt.Errorf("有%d人不止一行，却看不出各行是哪个月的：没有发放月份列，工作表名和标题里也没有月份。请用 --map %s.月份=列名 指明，或在工作表名里写明月份", again, s.kind)
	}
	return nil
}

// add puts an entry to its party.
func (r *run) add(e *entry) {
	v, known := r.villageIndex[e.village]
	if !known {
		v = int32(len(r.villages))
		r.villageIndex[e.village] = v
		place := village{name: e.village}
		if home := villageOf(e.village); home != "" {
			place.hash = hash32(home)
		}
		r.villages = append(r.villages, place)
	}
	e.party.village = v
	key := (uint64(e.id)^uint64(e.list)<<59)*0x9e3779b97f4a7c15 ^ nameHash(e.name) ^ e.account*0xd6e8feb86659fd93 ^ uint64(r.villages[v].hash)*0xc4ceb9fe1a85ec53
	if e.flaw != chinese.Sound {
		key ^= hash64(e.text) * 3
	}
	p, known := r.keys[key]
	if known && !r.sameParty(p, e) {
		known = false
	}
	if !known {
		p = int32(len(r.parties))
		r.keys[key] = p
		e.party.resident, e.party.first = nobody, int32(len(r.lines))
		r.parties = append(r.parties, e.party)
		if e.flaw != chinese.Sound {
			r.misfits[p] = misfit{e.text, e.written}
		}
	} else {
		r.lines[r.parties[p].last].next = int32(len(r.lines))
	}
	e.line.party = p
	r.parties[p].last = int32(len(r.lines))
	if e.paid {
		for m := range month(max(e.line.months, 1)) {
			if ago := r.now - e.line.first - m; ago >= 0 && ago < 64 {
				r.parties[p].months |= 1 << ago
			}
		}
	}
	if len(e.cells) > 0 {
		r.details[int32(len(r.lines))] = e.cells
	}
	r.lines = append(r.lines, e.line)
}

// sameParty tells whether an entry is about a party whose hash it has.
func (r *run) sameParty(i int32, e *entry) bool {
	p := &r.parties[i]
	return p.list == e.list && p.id == e.id && p.flaw == e.flaw && p.account == e.account && chinese.Name(p.name) == chinese.Name(e.name) && r.villages[p.village].hash == r.villages[e.party.village].hash &&
		(p.flaw == chinese.Sound || r.misfits[i].text == e.text)
}

// linesOf are the rows of a party.
func (r *run) linesOf(p *party) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for l := p.first; yield(l); {
			if l = r.lines[l].next; l == 0 {
				return
			}
		}
	}
}

// linesNow are the rows of a party that pay for the month of the run.
func (r *run) linesNow(p *party) []int32 {
	var list []int32
	for l := range r.linesOf(p) {
		if r.lines[l].paid && r.isNow(l) {
			list = append(list, l)
		}
	}
	return list
}

// allLines are the rows of a party in a slice.
func (r *run) allLines(p *party) []int32 {
	var list []int32
	for l := range r.linesOf(p) {
		list = append(list, l)
	}
	return list
}

// entries reads the rows of a batch.
func (r *run) entries(s *sheet, b *office.Batch) []entry {
	var lastMonth string
	var lastPeriod period
	var (
		nameAt, numberAt, villageAt, birthAt, ageAt = s.place(FieldName), s.place(FieldNumber), s.place(FieldVillage), s.place(FieldBirth), s.place(FieldAge)
		accountAt, monthAt, stateAt, reasonAt       = s.place(FieldAccount), s.place(FieldMonth), s.place(FieldState), s.place(FieldReason)
		stopAt                                      = s.place(FieldStop)
	)
	if villageAt < 0 {
		villageAt = s.place(FieldAddress)
	}
	told := r.told(s.kind)
	list := make([]entry, 0, b.Len())
	for i := range b.Len() {
		if b.Number(i) < s.layout.First {
			continue
		}
		number := cell(b, i, numberAt)
		w := chinese.ReadID(string(number))
		name := text(cell(b, i, nameAt))
		if !isPerson(name, w) {
			continue
		}
		list = append(list, entry{written: w})
		e := &list[len(list)-1]
		e.id, e.flaw, e.name, e.list = w.Number, w.Flaw, name, s.list
		if w.Flaw != chinese.Sound {
			e.text = text(number)
		}
		e.sheet, e.row = int16(s.index), int32(b.Number(i))
		place := cell(b, i, villageAt)
		e.villageDitto = ditto(place)
		e.village = text(place)
		if d := cell(b, i, birthAt); len(d) > 0 {
			e.birth, _ = parseDay(string(d))
		}
		if a := cell(b, i, ageAt); len(a) > 0 {
			if g := groups(text(a)); len(g) > 0 && len(g[0]) < 4 {
				for _, c := range g[0] {
					e.age = e.age*10 + int16(c-'0')
				}
			}
		}
		e.account = accountOf(cell(b, i, accountAt))

		p := s.period
		if m := cell(b, i, monthAt); len(m) > 0 {
			if string(m) != lastMonth {
				lastMonth = string(m)
				lastPeriod, _ = parsePeriod(lastMonth, r.now)
			}
			if lastPeriod.months > 0 {
				p = lastPeriod
			}
		}
		e.line.first, e.line.months = p.first, int8(p.months)
		if p.months == 0 {
			e.line.first, e.line.months = r.now, 1 // a list that speaks of no month is this month's
		}
		e.stopped = stopped(text(cell(b, i, stateAt)) + text(cell(b, i, reasonAt)))
		if stop := text(cell(b, i, stopAt)); stop != "" && stop != "/" && stop != "-" && stop != "无" {
			if d, ok := parseDay(stop); !ok || d.month() < e.line.first || s.kind == Pension || s.kind == Dibao {
				e.stopped = true
			}
		}
		e.paid = !e.stopped
		for _, f := range []Field{FieldAmount, FieldStandard} {
			if c := cell(b, i, s.place(f)); len(c) > 0 {
				if fen, ok := parseAmount(string(c)); ok {
					if e.fen, e.money = fen, true; f == FieldStandard {
						e.fen *= int64(e.line.months)
					}
					break
				}
			}
		}
		if e.money && e.fen == 0 || s.wide && !e.money {
			e.paid = false
		}
		if s.kind == Deaths {
			for rank, f := range []Field{FieldDeath, FieldCremation, FieldStruck, FieldStateDate} {
				if d, ok := parseDay(string(cell(b, i, s.place(f)))); ok {
					e.day, e.rank = d, int8(rank)
					break
				}
			}
		}
		if s.kind != Residents && s.place(FieldHousehold)+s.place(FieldHeadNo)+s.place(FieldHeadName) > -3 {
			home := cell(b, i, s.place(FieldHousehold))
			e.groupDitto = ditto(home)
			group := text(home)
			if group == "" {
				group = text(cell(b, i, s.place(FieldHeadNo)))
			}
			if group == "" {
				if head := text(cell(b, i, s.place(FieldHeadName))); head != "" {
					group = head + "\x00" + villageOf(e.village)
				}
			}
			if group != "" {
				e.group = hash64(group)
			}
		}
		e.cells = cellsOf(s, b, i, told)
	}
	return list
}
