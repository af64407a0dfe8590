package report

import (
	"bytes"
	"strings"
	"testing"

	"bihuan/duty"
	"bihuan/org"
)

// The map on paper: signs for black and white, numbers where a week has several, and sums that are those of the screen.
func TestHeatXlsx(t *testing.T) {
	mondays := duty.Mondays("2026-04-13", "2026-05-03")
	d := duty.Duty{ID: 1, Finding: 7, Title: "排水沟巡查", Unit: org.Unit{Kind: org.Village, Name: "东槐村"}, Name: "郝根生", Rule: "FREQ=WEEKLY;BYDAY=FR", State: duty.Received}
	cells := []duty.Cell{{Duty: 1, Due: "2026-04-17", Mark: duty.MarkDone}, {Duty: 1, Due: "2026-04-20", Mark: duty.MarkDone}, {Duty: 1, Due: "2026-04-24", Mark: duty.MarkMissed},
		{Duty: 1, Due: "2026-04-25", Mark: duty.MarkMissed}, {Duty: 1, Due: "2026-05-01", Mark: duty.MarkCancelled}, {Duty: 1, Due: "2026-06-01", Mark: duty.MarkLater}}
	rows := duty.Rows([]duty.Duty{d}, cells, mondays, "2026-05-10")
	if r := rows[0]; r.InTime != 2 || r.Missed != 2 || r.Fails != 2 || r.Cancelled != 1 || r.Due() != 4 || r.Last != duty.MarkMissed {
		t.Errorf("%+v", r)
	}
	var b bytes.Buffer
	if err := HeatXlsx(&b, Head{Unit: "栖禾镇"}, mondays, rows, map[int64]string{7: "2"}, "应办 4 次：按时 2、迟办 0、漏办 2。"); err != nil {
		t.Fatal(err)
	}
	_, got := sheetRows(t, b.Bytes())
	var lines []string
	for _, row := range got {
		lines = append(lines, strings.Join(row, "|"))
	}
	text := strings.Join(lines, "\n")
	for _, want := range []string{"栖禾镇常态任务办理情况表", "|4/13|4/20|4/27|应办|按时|迟办|漏办|未报", "2|排水沟巡查|东槐村|郝根生|", "|√|漏2|—|4|2|0|2|0", "应办 4 次：按时 2、迟办 0、漏办 2。"} {
		if !strings.Contains(text, want) {
			t.Errorf("the table lacks %q:\n%s", want, text)
		}
	}
}
