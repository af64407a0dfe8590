package office

import (
	"fmt"
	"strings"
	"testing"
)

func TestNumberFormats(t *testing.T) {
	tests := []struct {
		code  string
		value float64
		want  string
	}{
		{"General", 46142, "46142"},
		{"General", 0.1 + 0.2, "0.3"},
		{"General", 13800000000, "13800000000"},
		{"General", 1e20, "100000000000000000000"},
		{"General", -2.50, "-2.5"},
		{"G/通用格式", 7, "7"},
		{"0", 2.5, "3"},
		{"0.00", 2.675, "2.68"},
		{"0.00", 1.005, "1.01"},
		{"0.00_ ;[Red]-0.00 ", -1.5, "-1.50"},
		{"0.0", -0.04, "0.0"},
		{"#,##0.00", 1234567.891, "1234567.89"},
		{"0%", 0.95, "95%"},
		{"0.0%", 0.0705, "7.1%"},
		{`0"户"`, 58, "58户"},
		{`"第"0"批"`, 3, "第3批"},
		{"000000", 123, "000123"},
		{`¥#,##0.00;¥-#,##0.00`, 12.5, "¥12.50"},
		{`[$¥-804]#,##0`, 9, "¥9"},
		{"0.00E+00", 12345678, "12345678"},
		{"# ?/?", 0.5, "0.5"},
		{"000-0000-0000", 13800000000, "13800000000"},
		{"@", 42, "42"},
		{`0!.0,"万元"`, 123456, "123456"},
		{"yyyy-mm-dd", 46142, "2026-04-30"},
		{"yyyy/m/d", 46142, "2026-04-30"},
		{`yyyy"年"m"月"d"日"`, 46142, "2026年4月30日"},
		{`[DBNum1][$-804]yyyy"年"m"月"d"日";@`, 46142, "2026年4月30日"},
		{`[$-F800]dddd\,\ mmmm\ dd\,\ yyyy`, 46142, "2026-04-30"},
		{"[$-804]aaaa;@", 46142, "2026-04-30"},
		{`m"月"d"日";@`, 46142, "2026年4月30日"},
		{`yyyy"年"m"月"`, 46142, "2026年4月"},
		{"yyyy.mm", 46142, "2026-04"},
		{"yyyy", 46142, "2026"},
		{"yyyy-m-d h:mm", 46142.5, "2026-04-30 12:00"},
		{"yyyy-m-d h:mm", 46142, "2026-04-30"},
		{"yyyy-m-d h:mm:ss", 46142.75 + 61.0/86400, "2026-04-30 18:01:01"},
		{"yyyy-mm-dd", 46142.6, "2026-04-30"},
		{"h:mm", 0.5, "12:00"},
		{`上午/下午h"时"mm"分"`, 0.75, "18:00"},
		{"h:mm AM/PM", 0.75, "18:00"},
		{"mm:ss", 61.0 / 86400, "00:01:01"},
		{"[h]:mm", 1.5, "36:00"},
		{"yyyy-mm-dd", 1, "1900-01-01"},
		{"yyyy-mm-dd", 59, "1900-02-28"},
		{"yyyy-mm-dd", 61, "1900-03-01"},
		{"yyyy-mm-dd", 0, "0"},
		{"yyyy-mm-dd", -5, "-5"},
		{"yyyy-mm-dd", 1e9, "1000000000"},
	}
	for _, test := range tests {
		f := parseNumberFormat(test.code)
		if got := f.show(test.value, false); got != test.want {
			t.Errorf("%v as %s: got %s, want %s", test.value, test.code, got, test.want)
		}
	}
	f := parseNumberFormat("yyyy-mm-dd")
	if got := f.show(46142-1462, true); got != "2026-04-30" {
		t.Errorf("date of 1904: got %s", got)
	}
	for id, code := range builtinFormats {
		f := parseNumberFormat(code)
		if id >= 27 && id <= 36 || id >= 50 && id <= 58 || id >= 14 && id <= 22 {
			if f.kind != formatDate {
				t.Errorf("built-in format %d (%s) is a date", id, code)
			}
		}
	}
}

// row, cell, inline and data write the pieces of a sheet.
func row(attrs string, cells ...string) string {
	return "<row " + attrs + ">" + strings.Join(cells, "") + "</row>"
}

func cell(attrs, inside string) string { return "<c " + attrs + ">" + inside + "</c>" }
func inline(ref, text string) string {
	return `<c r="` + ref + `" t="inlineStr"><is><t>` + text + `</t></is></c>`
}
func data(rows ...string) string { return "<sheetData>" + strings.Join(rows, "") + "</sheetData>" }

const xlsxStyles = `<numFmts><numFmt numFmtId="176" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/><numFmt numFmtId="177" formatCode="0.0"/></numFmts>` +
	`<fonts><font/><font><b/></font></fonts>` +
	`<cellXfs><xf numFmtId="0"/><xf numFmtId="14" fontId="0"/><xf numFmtId="176"/><xf numFmtId="9"/><xf numFmtId="49"/>` +
	`<xf numFmtId="0" fontId="1"><alignment horizontal="center"/></xf><xf numFmtId="57"/><xf numFmtId="177"/></cellXfs>`

func TestReadXlsx(t *testing.T) {
	tests := []struct {
		name           string
		shared, styles string
		sheets         []string
		want           []string
	}{
		{
			name: "values of every kind",
			shared: `<si><t>序号</t></si><si><r><rPr><b/></rPr><t xml:space="preserve">责任 </t></r><r><t>单位</t></r><rPh sb="0" eb="1"><t>zeren</t></rPh><phoneticPr fontId="1"/></si>` +
				`<si><t>一行_x000D_
二行&lt;_x005F_x000D_</t></si><si/>`,
			styles: xlsxStyles,
			sheets: []string{data(
				row(`r="1"`, cell(`r="A1" t="s" s="5"`, "<v>0</v>"), cell(`r="B1" t="s"`, "<v>1</v>"), cell(`r="D1" t="s"`, "<v>2</v>"), cell(`r="E1" t="s"`, "<v>3</v>")),
				row(`r="3" spans="1:9"`, cell(`r="A3"`, "<v>1</v>"), cell(`r="B3" s="1"`, "<v>46142</v>"), cell(`r="C3" s="2"`, "<v>46142</v>"), cell(`r="D3" s="3"`, "<v>0.95</v>"),
					cell(`r="E3" t="b"`, "<v>1</v>"), cell(`r="F3" t="e"`, "<v>#N/A</v>"), cell(`r="G3" t="str"`, "<f>A1&amp;B1</f><v>合成</v>"), cell(`r="H3"`, "<f>1+1</f><v>2</v>"),
					cell(`r="I3" t="inlineStr"`, "<is><r><t>行</t></r><r><t>内</t></r></is>"), cell(`r="J3" s="6"`, "<v>46142</v>"), cell(`r="K3" t="d"`, "<v>2026-04-30T00:00:00</v>"), cell(`r="AB3" s="7"`, "<v>0.30000000000000004</v>")),
				row("", cell(`t="inlineStr"`, "<is><t>顺序</t></is>"), cell("", "<v>5.0</v>"), cell(`s="4" t="inlineStr"`, "<is><t>999900199001011234</t></is>")),
			)},
			want: []string{"# 表1", "T1 R1C1 ^ * |序号", "T1 R1C2 |责任 单位", "T1 R1C4 |一行⏎二行<_x000D_",
				"T1 R3C1 |1", "T1 R3C2 |2026-04-30", "T1 R3C3 |2026年4月", "T1 R3C4 |95%", "T1 R3C5 |TRUE", "T1 R3C6 |#N/A", "T1 R3C7 |合成", "T1 R3C8 |2",
				"T1 R3C9 |行内", "T1 R3C10 |2026年4月", "T1 R3C11 |2026-04-30", "T1 R3C28 |0.3", "T1 R4C1 |顺序", "T1 R4C2 |5", "T1 R4C3 |999900199001011234"},
		},
		{
			name: "merged cells have their text once",
			sheets: []string{data(
				row(`r="1"`, inline("A1", "台账")),
				row(`r="2"`, inline("A2", "1"), inline("B2", "问题"), inline("C2", "措施1")),
				row(`r="3"`, inline("A3", "看不见"), inline("C3", "措施2")),
				row(`r="4"`, inline("C4", "措施3")),
			) + `<mergeCells count="3"><mergeCell ref="A1:C1"/><mergeCell ref="A2:A4"/><mergeCell ref="B2:B4"/><mergeCell ref="A3:B3"/><mergeCell ref="junk"/></mergeCells>`},
			want: []string{"# 表1", "T1 R1C1 1x3 |台账", "T1 R2C1 3x1 |1", "T1 R2C2 3x1 |问题", "T1 R2C3 |措施1", "T1 R3C3 |措施2", "T1 R4C3 |措施3"},
		},
		{
			name: "what is hidden or unfinished is read and named",
			sheets: []string{
				`镇级:<cols><col min="2" max="3" hidden="1"/></cols>` + data(row(`r="1"`, inline("A1", "甲"), inline("B1", "乙")),
					row(`r="2" hidden="1"`, inline("A2", "丙")), row(`r="3" hidden="1"`, inline("A3", "丁")), row(`r="4" hidden="1"`), row(`r="6" hidden="1"`, inline("A6", "戊"))),
				`-旧账:<sheetData/>`,
				`算式:` + data(row(`r="2"`, cell(`r="C2"`, "<f>SUM(A1:A9)</f>"), cell(`r="D2"`, "<f>1</f>"), cell(`r="E2" t="str"`, "<f>T(A1)</f><v></v>"), cell(`r="F2"`, "<v>999900199001011234</v>"))),
			},
			want: []string{
				"! 工作表“镇级”有 3 行被隐藏或筛掉（第 2–3、6 行），内容仍已读入", "! 工作表“镇级”有隐藏的列（B），内容仍已读入", "! 工作表“旧账”是隐藏的，内容仍已读入",
				"! 工作表“算式”有 2 个公式没有保存结果（C2 等），这些单元格按空白处理；请用 Excel 或 WPS 打开并保存一次",
				"! 工作表“算式”的 F2 等单元格把超过 15 位的号码存成了数字，末几位已经丢失，请按原件核对",
				"# 镇级", "T1 R1C1 |甲", "T1 R1C2 |乙", "T1 R2C1 |丙", "T1 R3C1 |丁", "T1 R6C1 |戊", "# 旧账", "# 算式", "T1 R2C6 |999900199001011000"},
		},
		{
			name:   "cells out of order are put in order",
			sheets: []string{data(row(`r="2"`, inline("B2", "丁"), inline("A2", "丙")), row(`r="1"`, inline("A1", "甲"), inline("B1", "乙")))},
			want:   []string{"# 表1", "T1 R1C1 |甲", "T1 R1C2 |乙", "T1 R2C1 |丙", "T1 R2C2 |丁"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc := mustRead(t, "台账.csv", zipOf(t, xlsxOf(test.shared, test.styles, test.sheets...)))
			wantShown(t, doc, test.want...)
			for _, part := range doc.Parts {
				if hidden := part.Name == "旧账"; part.Hidden != hidden {
					t.Errorf("%s: hidden %v", part.Name, part.Hidden)
				}
			}
		})
	}
}

// The two halves of the package agree: what is written as a workbook is read as it was.
func TestReadXlsxOfWriter(t *testing.T) {
	doc := mustRead(t, "", xlsxBytes(t, sampleBook()))
	if doc.Format != "xlsx" || len(doc.Parts) == 0 || len(doc.Parts[0].Paragraphs) < 20 {
		t.Fatalf("read %s with %d parts", doc.Format, len(doc.Parts))
	}
	merged := 0
	for _, p := range doc.Parts[0].Paragraphs {
		if p.Cell.Rows > 1 {
			merged++
		}
	}
	if merged == 0 {
		t.Error("no merged cell in a ledger that has them")
	}
}

func TestReference(t *testing.T) {
	tests := []struct {
		ref      string
		row, col int
	}{{"A1", 1, 1}, {"Z9", 9, 26}, {"AA10", 10, 27}, {"$B$3", 3, 2}, {"XFD1048576", 1048576, 16384}, {"1", 0, 0}, {"A", 0, 0}, {"A1B", 0, 0}, {"", 0, 0}, {"中1", 0, 0}}
	for _, test := range tests {
		row, col, ok := reference([]byte(test.ref))
		if ok != (test.row > 0) || ok && (row != test.row || col != test.col) {
			t.Errorf("%s: row %d column %d %v", test.ref, row, col, ok)
		}
		if ok && !strings.Contains(test.ref, "$") && columnName(col)+fmt.Sprint(row) != test.ref {
			t.Errorf("%s comes back as %s%d", test.ref, columnName(col), row)
		}
	}
}
