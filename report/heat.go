package report

import (
	"fmt"
	"io"
	"strconv"

	"bihuan/duty"
	"bihuan/office"
	"bihuan/org"
)

const heatName = "常态任务办理情况表"

// heatSigns are what a week's mark is written as, for black and white.
var heatSigns = map[duty.Mark]string{
	duty.MarkDone: "√", duty.MarkLate: "迟", duty.MarkMissed: "漏", duty.MarkCancelled: "—", duty.MarkNow: "待", duty.MarkLater: "·",
}

// HeatXlsx writes the map of recurring duties as a table: a row for each duty, a column for each week, and how many were in time of
// how many. serials are the numbers of findings by id; sum is the sentence that counts everything.
func HeatXlsx(w io.Writer, h Head, mondays []string, rows []duty.Row, serials map[int64]string, sum string) error {
	t := office.Table{Size: 9, Columns: []office.Column{{Title: "问题", Width: 3, Align: office.AlignCenter}, {Title: "任务", Width: 14}, {Title: "责任单位", Width: 7},
		{Title: "责任人", Width: 4, Align: office.AlignCenter}, {Title: "频次", Width: 6}}}
	for _, m := range mondays {
		month, _ := strconv.Atoi(m[5:7])
		day, _ := strconv.Atoi(m[8:])
		t.Columns = append(t.Columns, office.Column{Title: fmt.Sprintf("%d/%d", month, day), Width: 2.4, Align: office.AlignCenter})
	}
	for _, title := range []string{"应办", "按时", "迟办", "漏办", "未报"} {
		t.Columns = append(t.Columns, office.Column{Title: title, Width: 2.6, Align: office.AlignCenter})
	}
	group := ""
	for _, r := range rows {
		name := "机关"
		if r.Duty.Unit.Kind == org.Village {
			name = "各村"
		}
		if name != group {
			group = name
			t.Rows = append(t.Rows, office.GroupRow(name))
		}
		texts := []string{serials[r.Duty.Finding], r.Duty.Title, r.Duty.Unit.Name, r.Duty.Name, r.Duty.Often()}
		for _, week := range r.Weeks {
			sign := heatSigns[week.Mark]
			if week.All > 1 {
				sign += fmt.Sprint(week.N)
			}
			texts = append(texts, sign)
		}
		for _, n := range []int{r.Due(), r.InTime, r.Late, r.Missed, r.Waiting} {
			texts = append(texts, fmt.Sprint(n))
		}
		t.Rows = append(t.Rows, office.Cells(texts...))
	}
	sheet := office.Sheet{Name: "常态任务", Title: h.Unit + heatName, Line: h.line(), Table: t, FrozenColumns: 2, Footer: h.Unit + heatName, Notes: withImprint(h.Imprint,
		sum, "各列是那一周的星期一。√ 按时，迟 迟办，漏 漏办（后来补上也不改），待 到了能办的日子，· 未到，— 取消或放假。后面的数字是一周里有几次；空白是那一周本来不用办。")}
	return office.WriteXlsx(w, office.Book{Sheets: []office.Sheet{sheet}, Title: h.Unit + heatName, Author: h.Unit, Created: h.AsOf})
}
