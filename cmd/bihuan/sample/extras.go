package sample

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"time"

	"bihuan/ledger"
)

// extras are the single things that make a ledger look used: a revised plan, a gap closed later, people replaced,
// a village's own table merged in, and an upload that still waits for the clerk.
func (b *builder) extras(papers []written) {
	town := papers[0]
	var villages []written
	for _, p := range papers[1:] {
		if p.town == town.town {
			villages = append(villages, p)
		}
	}
	b.revise(town)
	for _, v := range villages {
		b.closeGap(v)
	}
	for _, i := range []int{2, 6, 11, 17, 23} {
		b.replace(villages[i])
	}
	b.merge(villages[3])
	b.waiting(villages[7])
}

// changed is a copy of a paper whose findings may be changed.
func (w written) changed(change func(findings []finding)) written {
	w.findings = slices.Clone(w.findings)
	for i := range w.findings {
		w.findings[i].pairs = slices.Clone(w.findings[i].pairs)
	}
	change(w.findings)
	return w
}

// revise imports a second version of a plan: one measure made stricter, one added.
func (b *builder) revise(w written) {
	second := w.changed(func(list []finding) {
		ordinary := func(f finding) bool { return f.fate.closing == "" && !isShown(f.title) && !f.fate.silent }
		at := slices.IndexFunc(list, func(f finding) bool { return ordinary(f) && f.fate.state == ledger.Doing && len(f.measures()) > 1 })
		last := len(list) - 1
		for last > 0 && (!ordinary(list[last]) || last == at) {
			last--
		}
		for i, more := range map[int]string{at: "，每月底向镇党委报告一次", last: "，检查结果在党政联席会议上通报"} {
			if i >= 0 {
				list[i].pairs[0].measure += more
			}
		}
	})
	b.at(b.ago(60, 15), func(ctx context.Context) error {
		data, err := w.style.file(second.paper)
		if err != nil {
			return err
		}
		if err := b.importPaper(ctx, second, ledger.Revision, w.name+"（修订）."+w.style.ext, data); err != nil {
			return err
		}
		for _, f := range second.findings { // a measure in other words is another one, and is given anew
			if it := b.items[w.unitName()+f.title]; it.working() {
				b.at(b.later(2), func(ctx context.Context) error { return b.assign(ctx, it) })
			}
		}
		return nil
	})
}

// replace hands a village's first open finding to its secretary.
func (b *builder) replace(w written) {
	at := slices.IndexFunc(w.findings, func(f finding) bool { return f.fate.closing == "" && f.persons[0] != w.reporters[0] })
	if at < 0 {
		return
	}
	f := w.findings[at]
	b.at(b.ago(35, 11), func(ctx context.Context) error {
		return b.editDuty(ctx, w.clerk, w.unitName(), f.title, func(e *ledger.DutyEdit) { e.Persons = []string{w.reporters[0]} })
	})
}

// closeGap adds, weeks later, the measure a village's plan forgot; every second gap stays open.
func (b *builder) closeGap(w written) {
	for _, f := range w.findings {
		for i, p := range f.pairs {
			if p.measure != "" || b.rng.IntN(2) == 0 {
				continue
			}
			b.at(b.ago(25+b.rng.IntN(15), 9), func(ctx context.Context) error {
				now, err := b.find(ctx, w.clerk, w.unitName(), f.title)
				if err != nil {
					return err
				}
				it := b.items[w.unitName()+f.title]
				b.at(b.later(1), func(ctx context.Context) error { return b.assign(ctx, it) })
				return ledger.AddMeasure(ctx, b.db, b.people[w.clerk], now.ID, now.Version, p.later, []int{i})
			})
		}
	}
}

// merge takes over the table in which a village reports how far its open findings are.
func (b *builder) merge(w written) {
	var out bytes.Buffer
	table := csv.NewWriter(&out)
	_ = table.Write([]string{"序号", "反馈问题", "整改措施", "责任人", "完成情况", "进展"})
	n := 0
	for _, f := range w.findings {
		if f.fate.closing != "" || f.fate.dateless {
			continue
		}
		n++
		_ = table.Write([]string{fmt.Sprint(n), f.title, "", f.persons[0], "基本完成", strings.Join(f.results(), "，")})
	}
	table.Flush()
	if n == 0 {
		return
	}
	b.at(b.ago(1, 16), func(ctx context.Context) error {
		return b.importPaper(ctx, w, ledger.Merge, w.name[:len(w.name)-len("整改方案")]+"进展表.csv", out.Bytes())
	})
}

// waiting uploads a revised village plan that nobody has confirmed yet.
func (b *builder) waiting(w written) {
	second := w.changed(func(list []finding) {
		list[0].pairs[0].measure += "，由包村干部每半月到场核实一次"
		list[len(list)-1].dueText = b.today.AddDate(0, 2, 0).Format("2006年1月底前，长期坚持")
	})
	at := b.today.Add(8*time.Hour + 40*time.Minute)
	if at.After(b.now) {
		at = b.ago(1, 17)
	}
	b.at(at, func(ctx context.Context) error {
		data, err := w.style.file(second.paper)
		if err != nil {
			return err
		}
		_, err = ledger.StartImport(ctx, b.db, b.files, b.people[w.clerk], ledger.Upload{Unit: b.units[w.unitName()].ID, Kind: ledger.Revision,
			Plan: b.plans[w.unitName()], Name: w.name + "（修订稿）." + w.style.ext, Data: data})
		return err
	})
}
