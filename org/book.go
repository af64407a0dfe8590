package org

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"bihuan/office"
)

// RowErrors are everything wrong with the rows of a table that is to be imported; nothing of it is taken.
type RowErrors []RowError

// RowError is one wrong cell.
type RowError struct {
	Sheet  string
	Row    int    // as the spreadsheet shows it
	Column string // the column's name: 完成时限
	What   string
}

func (e RowErrors) Error() string {
	lines := make([]string, len(e))
	for i, r := range e {
		lines[i] = r.String()
	}
	return fmt.Sprintf("有%d处要改，一行也没有并入：\n%s", len(e), strings.Join(lines, "\n"))
}

func (r RowError) String() string {
	if r.Row == 0 {
		return fmt.Sprintf("%s：%s", r.Column, r.What)
	}
	return fmt.Sprintf("第%d行 %s：%s", r.Row, r.Column, r.What)
}

// The sheets of a workbook of the organisation.
const (
	unitSheet  = "单位"
	placeSheet = "地点"
	staffSheet = "人员"
)

// bookColumns are the columns of each sheet; the one that each row must fill stands first in bookKeys.
var (
	bookColumns = map[string][]string{
		unitSheet:  {"上级单位", "单位名称", "类别"},
		placeSheet: {"上级地点", "地点名称", "类别", "所属单位"},
		staffSheet: {"姓名", "单位", "岗位", "角色", "登录名", Phone, Mail, "任职起"},
	}
	bookKeys = map[string]string{unitSheet: "单位名称", placeSheet: "地点名称", staffSheet: "姓名"}
)

// mostRows is how many rows a workbook of the organisation may have: a district has some thousands of people.
const mostRows = 20_000

// Book is what a workbook of the organisation says, row by row.
type Book struct {
	units, places, staff []bookRow
}

// bookRow is one row of a sheet: what stands in its cells, by column.
type bookRow struct {
	sheet string
	row   int
	cells map[string]string
}

func (r bookRow) at(column string) string { return r.cells[column] }

func (r bookRow) wrong(column, what string, a ...any) RowError {
	return RowError{Sheet: r.sheet, Row: r.row, Column: column, What: fmt.Sprintf(what, a...)}
}

// ReadBook reads a workbook with the sheets 单位, 地点 and 人员, of which some may be missing; other sheets are left alone. What cannot
// be understood is told in [RowErrors].
func ReadBook(doc office.Document) (Book, error) {
	var b Book
	var bad RowErrors
	known := 0
	for _, part := range doc.Parts {
		name := strings.TrimSpace(part.Name)
		if bookColumns[name] == nil {
			continue
		}
		known++
		rows, wrong := readSheet(name, part)
		bad = append(bad, wrong...)
		switch name {
		case unitSheet:
			b.units = rows
		case placeSheet:
			b.places = rows
		case staffSheet:
			b.staff = rows
		}
	}
	switch n := len(b.units) + len(b.places) + len(b.staff); {
	case known == 0:
		return b, Invalid{"工作表", "没有找到名为“单位”“地点”“人员”的工作表，请下载空表，照着填"}
	case len(bad) > 0:
		return b, bad
	case n == 0:
		return b, Invalid{"工作表", "三张表里一行也没有填"}
	case n > mostRows:
		return b, Invalid{"工作表", fmt.Sprintf("共有%d行，一次最多%d行，请分几次导入", n, mostRows)}
	}
	return b, nil
}

// readSheet finds the row of titles and reads the rows below it.
func readSheet(name string, part office.Part) ([]bookRow, RowErrors) {
	cells := map[int]map[int]string{}
	var order []int
	for _, p := range part.Paragraphs {
		row := cells[p.Cell.Row]
		if row == nil {
			row = map[int]string{}
			cells[p.Cell.Row] = row
			order = append(order, p.Cell.Row)
		}
		if old := row[p.Cell.Col]; old != "" {
			row[p.Cell.Col] = old + "\n" + strings.TrimSpace(p.Text)
		} else {
			row[p.Cell.Col] = strings.TrimSpace(p.Text)
		}
	}
	slices.Sort(order)
	titles := map[int]string{}
	var rows []bookRow
	var bad RowErrors
	for i, n := range order {
		if len(titles) == 0 {
			if i >= 10 {
				break
			}
			titles, bad = readTitles(name, n, cells[n])
			continue
		}
		r := bookRow{sheet: name, row: n, cells: map[string]string{}}
		for col, text := range cells[n] {
			if title := titles[col]; title != "" && text != "" {
				r.cells[title] = text
			}
		}
		if len(r.cells) > 0 {
			rows = append(rows, r)
		}
	}
	if len(titles) == 0 && len(order) > 0 {
		bad = append(bad, RowError{Sheet: name, Column: bookKeys[name], What: "没有找到写着“" + strings.Join(bookColumns[name], "、") + "”的表头"})
	}
	return rows, bad
}

// readTitles takes a row for the titles when the key column is in it; then every other cell must be a title too.
func readTitles(name string, row int, cells map[int]string) (map[int]string, RowErrors) {
	titles := map[int]string{}
	var bad RowErrors
	have := map[string]bool{}
	for col, text := range cells {
		text = folded(text)
		switch {
		case text == "":
		case !slices.Contains(bookColumns[name], text):
			bad = append(bad, RowError{name, row, text, "没有这一列；这张表的列是 " + strings.Join(bookColumns[name], "、")})
		case have[text]:
			bad = append(bad, RowError{name, row, text, "这一列出现了两次"})
		default:
			titles[col], have[text] = text, true
		}
	}
	if !have[bookKeys[name]] {
		return map[int]string{}, nil
	}
	slices.SortFunc(bad, func(a, b RowError) int { return strings.Compare(a.Column, b.Column) })
	return titles, bad
}

var dayShape = regexp.MustCompile(`^(\d{4})(?:[-/.]|年)(\d{1,2})(?:[-/.]|月)(\d{1,2})日?$`)

// readDay reads a date as people write it into a cell: 2026-04-30, 2026/4/30, 2026年4月30日.
func readDay(s string) (string, bool) {
	m := dayShape.FindStringSubmatch(folded(s))
	if m == nil {
		return "", false
	}
	d, err := time.Parse("2006-1-2", m[1]+"-"+m[2]+"-"+m[3])
	if err != nil {
		return "", false
	}
	return d.Format(time.DateOnly), true
}
