package web

import (
	"html/template"

	"bihuan/ledger"
)

// html writes the rows of a finding: a body of the table, so that a script can put another in its place.
func (d findingRows) html() template.HTML {
	w := &htmlWriter{b: make([]byte, 0, 4096)}
	w.raw(`<tbody class="finding" id="f`).num(d.ID).raw(`"`)
	if d.mayEdit {
		w.raw(` data-edit="/finding/`).num(d.ID).raw(`/edit"`)
	}
	w.raw(">\n")
	for i, l := range d.lines {
		if i == len(d.lines)-1 {
			w.raw(`<tr class="end">`)
		} else {
			w.raw(`<tr>`)
		}
		if i == 0 {
			d.writeTitle(w)
		}
		d.writePair(w, l)
		if i == 0 {
			d.writeDuty(w)
			d.writeState(w)
		}
		w.raw("</tr>\n")
	}
	w.raw("</tbody>\n")
	return template.HTML(w.b)
}

// cell begins a cell that covers all rows of the finding.
func (d findingRows) cell(w *htmlWriter, class markup) *htmlWriter {
	return w.cell(class, len(d.lines))
}

// cell begins a cell of so many rows.
func (w *htmlWriter) cell(class markup, rows int) *htmlWriter {
	w.raw(`<td class="`).raw(class)
	if rows > 1 {
		w.raw(`" rowspan="`).num(int64(rows))
	}
	return w.raw(`">`)
}

func (d findingRows) writeTitle(w *htmlWriter) {
	d.cell(w, "mid span t-no").raw(`<div class="hold">`).text(d.Serial()).raw(`</div></td>`)
	d.cell(w, "quote span t-find").raw(`<div class="hold"><a href="/finding/`).num(d.ID).raw(`" class="t6">`).text(d.Title).raw(`</a>`)
	if d.foreign {
		w.raw(`<span class="why">`).text(d.Unit.Name).raw(`</span>`)
	}
	w.raw(`</div></td>`)
}

// writePair writes a manifestation and the measure beside it, each unless it is covered by one further up.
func (d findingRows) writePair(w *htmlWriter, l line) {
	if d.columns.Manifestation && l.manifestationRows > 0 {
		w.cell("quote t-man", l.manifestationRows).raw(`<div class="t3">`).text(orDash(l.manifestation)).raw(`</div></td>`)
	}
	switch {
	case l.gap:
		d.writeGap(w, l)
	case l.measureRows > 0:
		w.cell("quote t-mea", l.measureRows)
		if l.measure != "" {
			w.raw(`<div class="t3">`).text(l.measure).raw(`</div>`)
		}
		for _, n := range l.notes {
			w.raw(`<span class="why">`).text(n).raw(`</span>`)
		}
		w.raw(`</td>`)
	case d.columns.Manifestation:
		w.raw(`<td class="only-phone t-mea"><span class="quiet">同上一条措施</span></td>`)
	}
}

func (d findingRows) writeGap(w *htmlWriter, l line) {
	w.raw(`<td class="gap t-mea">`).light(light{Kind: "late", Word: "无措施"}).raw(`<span class="why">`)
	switch {
	case l.at < 0:
		w.raw(`这个问题还没有措施`)
	case d.columns.Manifestation:
		w.raw(`<span class="only-phone">表现“`).text(opening(l.manifestation, 24)).raw(`”</span>这个表现还没有措施回应`)
	default:
		w.raw(`“`).text(l.manifestation).raw(`”没有措施回应`)
	}
	if d.mayEdit {
		w.raw(`<span class="no-print">，<a href="/finding/`).num(d.ID).raw(`/measure?for=`).num(int64(l.at)).raw(`">去补一条</a></span>`)
	}
	w.raw(`</span></td>`)
}

func (d findingRows) writeDuty(w *htmlWriter) {
	if d.columns.Duty {
		d.cell(w, "mid span t-lead")
		d.editable(w, "leader", func() { w.text(orDash(d.Leader)) })
		d.cell(w, "mid span t-unit")
		d.editable(w, "units", func() { writeNames(w, d.Units) })
		d.cell(w, "mid span t-who")
		d.editable(w, "persons", func() { writeNames(w, d.Persons) })
	}
	d.cell(w, "span t-due")
	if d.mayEdit {
		w.raw(`<a class="ed" href="/finding/`).num(d.ID).raw(`/edit#due_text">`)
	}
	for i, l := range d.dueLines {
		if i == 0 && d.dueYear {
			w.raw(`<span class="yr">`).text(d.DueText[:len("2026年")]).raw(`</span>`)
		}
		if i > 0 {
			w.raw(`<br>`)
		}
		w.text(l)
	}
	if d.mayEdit {
		w.raw(`</a>`)
	}
	if d.due.Word != "" {
		w.raw(`<span class="why" title="`).text(d.due.Title).raw(`">`).light(d.due)
		if d.due.Why != "" {
			w.raw(`<br>`).text(d.due.Why)
		}
		w.raw(`</span>`)
	}
	w.raw(`</td>`)
}

// editable writes a value that leads to the form in which it can be changed, for those who may, and ends its cell.
func (d findingRows) editable(w *htmlWriter, field markup, value func()) {
	if d.mayEdit {
		w.raw(`<a class="ed" href="/finding/`).num(d.ID).raw(`/edit#`).raw(field).raw(`">`)
	}
	value()
	if d.mayEdit {
		w.raw(`</a>`)
	}
	w.raw(`</td>`)
}

func (d findingRows) writeState(w *htmlWriter) {
	d.cell(w, "span t-pro").raw(`<div class="t6">`).text(orDash(d.Progress)).raw(`</div></td>`)
	if d.columns.Evidence {
		d.cell(w, "span t-ev").raw(`<div class="t6">`)
		if d.Evidence != "" {
			w.text(d.Evidence)
		}
		if d.Proofs > 0 {
			if d.Evidence != "" {
				w.raw(`<br>`)
			}
			w.raw(`<a href="/finding/`).num(d.ID).raw(`#evidence">佐证 `).num(int64(d.Proofs)).raw(` 份</a>`)
		}
		if d.Evidence == "" && d.Proofs == 0 {
			w.raw(`无`)
		}
		w.raw(`</div></td>`)
	}
	d.cell(w, "span t-st")
	if d.mayReport {
		w.raw(`<a class="ed" href="/finding/`).num(d.ID).raw(`/progress" title="登记进展">`).light(d.state).raw(`</a>`)
	} else {
		w.light(d.state)
	}
	if d.state.Why != "" {
		w.raw(`<span class="why">`).text(d.state.Why).raw(`</span>`)
	}
	if d.mayReport && !d.columns.Duty {
		w.raw(`<span class="say no-print"><a href="/finding/`).num(d.ID).raw(`/progress">登记进展</a></span>`)
	}
	w.raw(`</td>`)
	if d.columns.Closing {
		d.cell(w, "span last t-close").light(d.closed)
		if d.closed.Why != "" {
			w.raw(`<span class="why">`).text(d.closed.Why).raw(`</span>`)
		}
		w.raw(`</td>`)
	}
}

func writeNames(w *htmlWriter, names []ledger.Named) {
	if len(names) == 0 {
		w.raw(`<span class="red">未明确</span>`)
	}
	for i, n := range names {
		if i > 0 {
			w.raw(`、`)
		}
		w.text(n.Name)
	}
}

func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}
