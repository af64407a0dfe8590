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
	title := h.title(ledgerName)
	return office.WriteXlsx(w, office.Book{Title: title, Author: h.Unit, Created: h.AsOf, Sheets: []office.Sheet{
		{Name: ledgerSheet, Title: title, Line: h.line(), Table: table, FrozenColumns: 2, Blank: templateRows, Footer: title},
		{Name: "填写说明", Title: "填写说明", Table: guide(), Portrait: true},
	}})
}

// guide says what belongs into each column.
func guide() office.Table {
	t := office.Table{Columns: []office.Column{{Title: "栏目名", Width: 8}, {Title: "怎样填", Width: 26}, {Title: "写法举例", Width: 20}}}
	for _, row := range [][3]string{
		{"序号", "与整改方案的编号一致；并入时凭序号和题目找到原来的问题", "3"},
		{"反馈问题", "一个问题占一格；几条表现的，后面各行此格留空或合并", "村内道路管护不到位"},
		{"具体表现", "一行写一条，照方案的“一是”“二是”写", "一是主街以外的巷道雨天积水。"},
		{"整改措施", "写在它所回应的具体表现同一行", "一是每月巡查一次，破损处当月修补。"},
		{"责任领导", "只写姓名", "孟昭宁"},
		{"责任单位", "牵头单位写在最前，几个单位换行或用顿号", "农业农村办公室、综合执法队"},
		{"责任人", "只写姓名，几个人换行或用顿号", "吕志刚、韩春梅"},
		{"完成时限", "写到年月日；还要长期坚持的，接着写明", "2026年4月30日前，长期坚持"},
		{"进展", "做了什么、做到什么程度，一两句话", "已修补2处，余1处4月20日前完工。"},
		{"佐证", "材料名称和份数，不必附照片", "施工合同1份、验收单1份"},
		{"状态", "从下拉列表中选；未完成的在“进展”写明原因和下一步时间", "正在整改"},
		{"销号", "留空，由镇里审核后填", ""},
	} {
		t.Rows = append(t.Rows, office.Cells(row[:]...))
	}
	return t
}
