package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"bihuan/office"
	"bihuan/report"
	"bihuan/vault"
)

// mark is what a file that leaves the program bears.
var mark = vault.Watermark{Serial: "导2026-0017", Who: "贺晓雨（党政办经办人）", At: time.Date(2026, 4, 16, 9, 20, 0, 0, time.Local), Purpose: "村里入户核实"}

// said is all that stands in a file.
func said(t *testing.T, name string, content []byte) string {
	t.Helper()
	doc, err := office.Read(t.Context(), name, content)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, part := range doc.Parts {
		for _, p := range part.Paragraphs {
			fmt.Fprintln(&b, p.Text)
		}
	}
	return b.String()
}

func sheetOfVillage() report.VerificationSheet {
	s := report.VerificationSheet{Unit: "栖禾镇", Village: "东槐村", Run: "高龄津贴第3次筛查", Due: "2026-04-30", At: mark.At}
	for i, x := range [][3]string{{"禾秀英", "应享未享：户籍登记1943年10月1日出生，2023年10月满80岁，状态正常；2026年4月的发放册上没有", "户籍《户籍人口80岁以上.xlsx》“东槐村”表第12行"},
		{"沟长福", "已故仍享：死亡名单写2025年12月3日去世，2026年2月、3月仍发放", "户籍《户籍人口80岁以上.xlsx》“东槐村”表第13行\n死亡名单《死亡名单.csv》第7行"},
		{"阿卜杜拉·买买提", "重复享受：本镇和双堰镇的发放册上各有一行", "高龄津贴发放册《发放册.xlsx》“4月”表第15行"}} {
		s.Rows = append(s.Rows, report.VerificationRow{N: i + 1, Name: x[0], Number: "990*************11", Birth: "1943年10月", Household: fmt.Sprintf("%04d", 112+i), Why: x[1], Sources: x[2]})
	}
	return s
}

func TestVerificationSheet(t *testing.T) {
	var b bytes.Buffer
	if err := report.VerificationDocx(&b, sheetOfVillage(), mark.Paper); err != nil {
		t.Fatal(err)
	}
	text := said(t, "核实单.docx", b.Bytes())
	for _, want := range []string{"东槐村疑点核实单", "共3条", "请于2026年4月30日前交回", "核实人", "签字", "990*************11", "死亡名单《死亡名单.csv》第7行", "暂时联系不上"} {
		if !strings.Contains(strings.ReplaceAll(text, "\n", ""), want) {
			t.Errorf("it lacks %s: %s", want, text)
		}
	}
	b.Reset()
	if err := report.VerificationDocx(&b, report.VerificationSheet{Unit: "栖禾镇"}, mark.Paper); err != nil || !strings.Contains(said(t, "核实单.docx", b.Bytes()), "没有要核实的疑点") {
		t.Errorf("an empty sheet: %v", err)
	}
}

func TestReturnSheet(t *testing.T) {
	var b bytes.Buffer
	s := report.ReturnSheet{Unit: "栖禾镇", Office: "派出所", At: mark.At, Rows: []report.ReturnRow{{Row: "户籍《户籍.xlsx》第12行", Name: "禾*英", Number: "990*************11", Birth: "1943年10月", Found: "人还在", Proof: "户口簿"}}}
	if err := report.ReturnDocx(&b, s, mark.Paper); err != nil {
		t.Fatal(err)
	}
	text := said(t, "回告单.docx", b.Bytes())
	for _, want := range []string{"数据比对结果回告单", "派出所", "下列1条", "第12行", "栖禾镇", "2026年4月16日"} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %s: %s", want, text)
		}
	}
}

func TestOutcomes(t *testing.T) {
	var b bytes.Buffer
	o := report.Outcomes{Unit: "栖禾镇", Run: "高龄津贴第3次筛查", At: mark.At, Stages: []string{"查出", "已发到手"}, Villages: []report.OutcomeVillage{{Name: "东槐村", N: []int{3, 1}}},
		People: []report.OutcomePerson{{Village: "东槐村", Name: "禾*英", Number: "990*************11", Rule: "应享未享", Outcome: "属实-新增/补发", Stage: "已发到手", Month: "2026-05", Arrears: "650"}}}
	if err := report.OutcomesXlsx(&b, o, mark.Book); err != nil {
		t.Fatal(err)
	}
	text := said(t, "成效表.xlsx", b.Bytes())
	for _, want := range []string{"筛查成效表", "东槐村", "650", "导2026-0017", "村里入户核实", report.OutcomesNote} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %s: %s", want, text)
		}
	}
}
