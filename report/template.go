package report

import (
	"io"

	"bihuan/ledger"
	"bihuan/office"
)

// templateRows is how many rows a template has room for.
const templateRows = 40

// Template writes an empty ledger for a unit to fill in and hand back: the official columns, lists to choose the state and, when
// units are given, the responsible unit from, and a second sheet that says what belongs where. It holds no example that could be
// taken for a finding.
func Template(w io.Writer, h Head, units []string) error {
	table := office.Table{Columns: columns(), Size: ledgerSize}
	for i := range table.Columns {
		switch c := &table.Columns[i]; c.Title {
		case "状态":
			for _, s := range ledger.States {
				c.Choices = append(c.Choices, s.Word)
			}
		case "责任单位":
			c.Choices = units
		}
	}
	title := or(h.Title, h.Unit+ledgerName)
	return office.WriteXlsx(w, office.Book{Title: title, Author: h.Unit, Created: h.AsOf, Sheets: []office.Sheet{
		{Name: ledgerSheet, Title: title, Line: office.Line{Left: "填报单位：" + h.Unit, Right: "填报日期：　　　　年　　月　　日"}, Table: table, FrozenColumns: 2, Blank: templateRows, Footer: title},
		{Name: "填写说明", Table: guide(), Portrait: true},
	}})
}

// guide says what belongs into each column. It is one column of sentences, so that nobody, the reader included, takes it for a
// ledger.
func guide() office.Table {
	t := office.Table{Columns: []office.Column{{Title: "说明：填表前请看一遍，本页不用填，交表时不必删", Width: 35, Align: office.AlignLeft}}, Size: 12}
	for _, text := range []string{
		"序号照整改方案的编号写。交回的表凭序号和题目对上原来的问题，题目请不要改。",
		"反馈问题一个占一格。一个问题有几条表现或几条措施的，往下各占一行，这几行的序号和反馈问题留空，或与上面合并。",
		"具体表现一行写一条，照方案的编号写，如“一是主街以外的巷道雨天积水”。",
		"整改措施写在它所回应的表现旁边，一格写一条。",
		"责任领导和责任人只写姓名；责任单位把牵头单位写在最前。有几个的，换行或用顿号隔开。",
		"完成时限写到年月日，如“2026年4月30日前”；还要长期坚持的，接着写“，长期坚持”。",
		"进展写做了什么、做到什么程度，一两句话。未完成可以如实填，请写明原因和下一步时间。",
		"佐证写材料名称和份数，如“施工合同1份”，不必附照片。",
		"状态从下拉列表中选一种。销号留空，由镇里审核后填。",
		"空行不够时，在表的最后一行上方插入行。",
	} {
		t.Rows = append(t.Rows, office.Cells("说明："+text))
	}
	return t
}
