package screening

import (
	"context"

	"bihuan/chinese"
	"bihuan/office"
)

// party is somebody as one of the small lists has them: rows with the same number, name, village and account are one party.
type party struct {
	kind    Kind
	id      chinese.Written
	written string // the number as it stands there
	name    string
	village string
	home    string // village by which it is compared
	birth   day    // by the list's own column
	age     int    // likewise; 0 is none
	account string
	lines   []int32 // in run.lines
	months  uint64  // bit n: paid n months before now

	match match
}

// line is one row of a small list.
type line struct {
	party   int32
	sheet   int32
	row     int32
	first   month // the months it pays for, or the month it speaks of
	months  int8  // 0 where the list says nothing about months
	paid    bool  // false: the row says that nothing was paid
	money   bool  // fen holds an amount
	fen     int64
	day     day    // of death
	rank    int8   // how well it is known: 0 the day of death itself, more for what is done afterwards
	group   string // household of the minimum living allowance
	stopped bool
}

// partyKey is what makes two rows speak of one party.
type partyKey struct {
	kind                         Kind
	id                           chinese.IDNumber
	written, name, home, account string
}

// entry is a row of a small list as a worker reads it.
type entry struct {
	party
	line
	villageDitto, groupDitto bool
}

// readParties adds a file of a small list.
func (r *run) readParties(ctx context.Context, list List) error {
	return r.readList(ctx, list, func(g *office.Grid, i int, s *sheet) error {
		var all []entry
		err := office.ScanGrid(g, i, s.columns, func(b *office.Batch) ([]entry, error) { return r.entries(s, b), nil }, func(part []entry) error {
			all = append(all, part...)
			return nil
		})
		if err != nil {
			return err
		}
		village, home, group := "", "", ""
		for k := range all {
			e := &all[k]
			if e.villageDitto {
				e.village, e.home = village, home
			}
			if e.groupDitto {
				e.group = group
			}
			village, home, group = e.village, e.home, e.group
			r.add(e)
		}
		r.reports[s.index].Rows = len(all)
		return nil
	})
}

// add puts an entry to its party.
func (r *run) add(e *entry) {
	key := partyKey{e.kind, e.id.Number, "", chinese.Name(e.name), e.home, e.party.account}
	if e.id.Flaw != chinese.Sound {
		key.written = e.written
	}
	p, known := r.keys[key]
	if !known {
		p = int32(len(r.parties))
		r.keys[key] = p
		e.party.match.resident = nobody
		r.parties = append(r.parties, e.party)
	}
	e.line.party = p
	r.parties[p].lines = append(r.parties[p].lines, int32(len(r.lines)))
	if e.paid {
		for m := range month(max(e.line.months, 1)) {
			if ago := r.now - e.first - m; ago >= 0 && ago < 64 {
				r.parties[p].months |= 1 << ago
			}
		}
	}
	r.lines = append(r.lines, e.line)
}

// entries reads the rows of a batch.
func (r *run) entries(s *sheet, b *office.Batch) []entry {
	var list []entry
	var lastMonth string
	var lastPeriod period
	for i := range b.Len() {
		if b.Number(i) < s.layout.First {
			continue
		}
		number := s.cell(b, i, FieldNumber)
		name := s.cell(b, i, FieldName)
		e := entry{party: party{kind: s.kind, id: chinese.ReadID(string(number)), written: text(number), name: text(name)}}
		if !isPerson(e.name, e.id) {
			continue
		}
		e.sheet, e.row = int32(s.index), int32(b.Number(i))
		cell := s.cell(b, i, FieldVillage)
		if cell == nil {
			cell = s.cell(b, i, FieldAddress)
		}
		e.villageDitto = ditto(cell)
		e.village = text(cell)
		e.home = villageOf(e.village)
		e.birth, _ = parseDay(string(s.cell(b, i, FieldBirth)))
		if g := groups(text(s.cell(b, i, FieldAge))); len(g) > 0 && len(g[0]) < 4 {
			for _, c := range g[0] {
				e.age = e.age*10 + int(c-'0')
			}
		}
		e.party.account = accountOf(text(s.cell(b, i, FieldAccount)))

		p := s.period
		if m := text(s.cell(b, i, FieldMonth)); m != "" {
			if m != lastMonth {
				lastMonth = m
				lastPeriod, _ = parsePeriod(m, r.now)
			}
			if lastPeriod.months > 0 {
				p = lastPeriod
			}
		}
		e.first, e.line.months = p.first, int8(p.months)
		if p.months == 0 {
			e.first, e.line.months = r.now, 1 // a list that speaks of no month is this month's
		}
		state := text(s.cell(b, i, FieldState)) + text(s.cell(b, i, FieldReason))
		e.stopped = stopped(state)
		if stop := text(s.cell(b, i, FieldStop)); stop != "" && stop != "/" && stop != "-" && stop != "无" {
			if d, ok := parseDay(stop); !ok || d.month() < e.first || s.kind == Pension || s.kind == Dibao {
				e.stopped = true
			}
		}
		e.paid = !e.stopped
		for _, f := range []Field{FieldAmount, FieldStandard} {
			if fen, ok := parseAmount(text(s.cell(b, i, f))); ok {
				if e.fen, e.money = fen, true; f == FieldStandard {
					e.fen *= int64(e.line.months)
				}
				break
			}
		}
		if e.money && e.fen == 0 {
			e.paid = false
		}
		for rank, f := range []Field{FieldDeath, FieldCremation, FieldStruck, FieldStateDate} {
			if d, ok := parseDay(string(s.cell(b, i, f))); ok {
				e.day, e.rank = d, int8(rank)
				break
			}
		}
		if s.kind == Dibao {
			g := s.cell(b, i, FieldHousehold)
			e.groupDitto = ditto(g)
			if e.group = text(g); e.group == "" {
				e.group = text(s.cell(b, i, FieldHeadNo))
			}
			if e.group == "" {
				if head := text(s.cell(b, i, FieldHeadName)); head != "" {
					e.group = head + "\x00" + e.home
				}
			}
		}
		list = append(list, e)
	}
	return list
}
