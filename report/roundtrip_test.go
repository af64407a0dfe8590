package report

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"bihuan/ledger"
	"bihuan/office"
	"bihuan/plan"
)

// readBack reads a file that was written as the import does.
func readBack(t testing.TB, name string, file []byte) plan.Plan {
	t.Helper()
	doc, err := office.Read(t.Context(), name, file)
	if err != nil {
		t.Fatal(err)
	}
	return plan.Read(doc)
}

// onPaper is what of a finding stands in a ledger.
type onPaper struct {
	Section, Number, Title, Leader, DueText, Due string
	Manifestations, Measures, Units, Persons     []string
	LongTerm                                     bool
	State                                        ledger.State
}

func papersOf(list []ledger.Finding) []onPaper {
	var out []onPaper
	for _, f := range list {
		p := onPaper{Section: f.Section.Number + f.Section.Title, Number: f.Serial(), Title: f.Title, Leader: f.Leader, DueText: f.DueText, Due: f.Due,
			LongTerm: f.LongTerm, State: f.State}
		if f.Closing != 0 { // a paper cannot close anything: what it calls 完成 is read as 阶段性完成
			p.State = ledger.Part
		}
		for _, m := range f.Manifestations {
			p.Manifestations = append(p.Manifestations, m.Number+m.Text)
		}
		for _, m := range f.Measures {
			p.Measures = append(p.Measures, m.Number+m.Text)
		}
		for _, n := range f.Units {
			p.Units = append(p.Units, n.Name)
		}
		if f.Leader != "" { // a reading names the leader among the persons too, first
			p.Persons = append(p.Persons, f.Leader)
		}
		for _, n := range f.Persons {
			if n.Name != f.Leader {
				p.Persons = append(p.Persons, n.Name)
			}
		}
		out = append(out, p)
	}
	return out
}

func TestLedgerComesBack(t *testing.T) {
	findings := sampleFindings()
	reading := readBack(t, "台账.xlsx", written(t, LedgerXlsx, findings))
	if diff := cmp.Diff(papersOf(findings), papersOf(ledger.FromReading(reading))); diff != "" {
		t.Errorf("written (-) and read again (+):\n%s", diff)
	}
	if reading.Kind != plan.KindLedger || reading.FeedbackDate != "2026-02-03" || reading.InspectedUnit != "栖禾镇党委" {
		t.Errorf("kind %q, feedback %q, unit %q", reading.Kind, reading.FeedbackDate, reading.InspectedUnit)
	}
	d := ledger.Compare(findings, reading, true)
	if len(d.Added) > 0 || len(d.Changed)+d.Same != len(findings) {
		t.Errorf("handed back, the ledger adds %d findings", len(d.Added))
	}
}

// TestPlanComesBack: the plan is read as its text says; the lists bound to it repeat the findings and add none.
func TestPlanComesBack(t *testing.T) {
	findings := append(sampleFindings(), crossed())
	reading := readBack(t, "整改方案.docx", written(t, PlanDocx, findings))
	if reading.Kind != plan.KindPlan || reading.FeedbackDate != "2026-02-03" || reading.InspectedUnit != "栖禾镇党委" {
		t.Errorf("kind %q, feedback %q, unit %q", reading.Kind, reading.FeedbackDate, reading.InspectedUnit)
	}
	want, got := papersOf(findings), papersOf(ledger.FromReading(reading))
	for _, list := range [][]onPaper{want, got} {
		for i := range list {
			list[i].Number = strings.Trim(list[i].Number, ".．") // a plan prints 1．
			list[i].State = ""                                  // and no state
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("written (-) and read again (+):\n%s", diff)
	}
	d := ledger.Compare(findings, reading, false)
	for _, f := range d.Added {
		t.Errorf("added: %s %s", f.Number, f.Title)
	}
	for _, f := range d.Dropped {
		t.Errorf("dropped: %s %s", f.Number, f.Title)
	}
}

// TestLongPlanComesBack: with as many findings as a plan has, a long name, and numbers that begin again in each aspect, or none.
func TestLongPlanComesBack(t *testing.T) {
	bare := many(22)
	for i := range bare {
		bare[i].Number = ""
	}
	head := sampleHead
	head.Unit = "东川市云水区栖禾街道办事处党的工作委员会"
	for name, findings := range map[string][]ledger.Finding{"numbered": many(22), "unnumbered": bare} {
		var b bytes.Buffer
		if err := PlanDocx(&b, head, findings); err != nil {
			t.Fatal(err)
		}
		d := ledger.Compare(findings, readBack(t, "整改方案.docx", b.Bytes()), false)
		if len(d.Added)+len(d.Dropped) > 0 {
			t.Errorf("%s: %d findings added, %d dropped", name, len(d.Added), len(d.Dropped))
		}
	}
}

// TestListsComeBack: each list alone still has all findings, with what it tells of them.
func TestListsComeBack(t *testing.T) {
	findings := sampleFindings()
	for _, list := range []struct {
		name  string
		write func(io.Writer, Head, []ledger.Finding) error
		tells func(f ledger.Finding) int
	}{
		{"问题清单", ProblemList, func(f ledger.Finding) int { return len(f.Manifestations) }},
		{"任务清单", TaskList, func(f ledger.Finding) int { return len(f.Measures) }},
		{"责任清单", DutyList, func(f ledger.Finding) int { return len(f.Units) }},
	} {
		got := ledger.FromReading(readBack(t, list.name+".docx", written(t, list.write, findings)))
		if len(got) != len(findings) {
			t.Errorf("%s: %d findings of %d", list.name, len(got), len(findings))
			continue
		}
		for i, f := range findings {
			if list.tells(got[i]) != list.tells(f) {
				t.Errorf("%s: finding %d tells %d things, want %d", list.name, i, list.tells(got[i]), list.tells(f))
			}
		}
	}
}

func TestReadingComesBack(t *testing.T) {
	first := readBack(t, "台账.xlsx", written(t, LedgerXlsx, sampleFindings()))
	var b bytes.Buffer
	if err := ReadingXlsx(&b, first); err != nil {
		t.Fatal(err)
	}
	second := readBack(t, "读出.xlsx", b.Bytes())
	if diff := cmp.Diff(papersOf(ledger.FromReading(first)), papersOf(ledger.FromReading(second))); diff != "" {
		t.Error(diff)
	}
	if first.Title != second.Title || first.FeedbackDate != second.FeedbackDate || first.InspectedUnit != second.InspectedUnit {
		t.Errorf("%q %q %q, then %q %q %q", first.Title, first.FeedbackDate, first.InspectedUnit, second.Title, second.FeedbackDate, second.InspectedUnit)
	}
}

// TestReadingTellsNoStateOfItsOwn: a plan that reports nothing gets no 正在整改 that nobody wrote.
func TestReadingTellsNoStateOfItsOwn(t *testing.T) {
	p := plan.Plan{InspectedUnit: "栖禾镇党委", Sections: []plan.Section{{Findings: []plan.Finding{
		{Number: "1.", Title: "值班值守纪律松弛"}, {Number: "2.", Title: "村级财务公开不及时", Status: "基本完成"}}}}}
	var b bytes.Buffer
	if err := ReadingXlsx(&b, p); err != nil {
		t.Fatal(err)
	}
	f, _ := sheetRows(t, b.Bytes())
	for cell, want := range map[string]string{"B4": "值班值守纪律松弛", "K4": "", "B5": "村级财务公开不及时", "K5": "基本完成"} {
		if got, err := f.GetCellValue(f.GetSheetName(0), cell); got != want || err != nil {
			t.Errorf("%s: %q %v, want %q", cell, got, err, want)
		}
	}
}

// TestTemplateComesBack: an empty template holds no finding; filled in as its second sheet says, it is read as it was meant.
func TestTemplateComesBack(t *testing.T) {
	var empty bytes.Buffer
	if err := Template(&empty, Head{Unit: "东槐村党支部"}, []string{"东槐村党支部", "东槐村村委会"}); err != nil {
		t.Fatal(err)
	}
	if p := readBack(t, "空表.xlsx", empty.Bytes()); len(p.Sections) > 0 || p.InspectedUnit != "东槐村党支部" {
		t.Errorf("the empty template is read as %+v", p)
	}
	f, rows := sheetRows(t, empty.Bytes())
	const head = 3
	if diff := cmp.Diff(official, strings.Join(rows[head-1], " ")); diff != "" {
		t.Error(diff)
	}
	sheet := f.GetSheetName(0)
	lists, err := f.GetDataValidations(sheet)
	if err != nil || len(lists) != 2 {
		t.Fatalf("%d lists to choose from, %v", len(lists), err)
	}
	for i, row := range [][]string{
		{"1", "村内道路管护不到位", "一是主街以外的巷道雨天积水。", "一是每月巡查一次，破损处当月修补。", "孟昭宁", "东槐村村委会、综合执法队", "吕志刚、韩春梅", "2026年4月30日前，长期坚持", "已修补2处。", "合同1份", "阶段性完成"},
		{"", "", "二是路灯损坏。", "二是每季度检修一次路灯。"},
		{"2", "村务公开不及时", "", "每月10日前公开。", "", "东槐村党支部", "方晓岚", "2026年5月31日前", "", "", "未完成"},
	} {
		for c, text := range row {
			cell, _ := excelize.CoordinatesToCellName(c+1, head+1+i)
			if err := f.SetCellStr(sheet, cell, text); err != nil {
				t.Fatal(err)
			}
		}
	}
	var filled bytes.Buffer
	if err := f.Write(&filled); err != nil {
		t.Fatal(err)
	}
	want := []onPaper{
		{Number: "1", Title: "村内道路管护不到位", Leader: "孟昭宁", DueText: "2026年4月30日前，长期坚持", Due: "2026-04-30", LongTerm: true, State: ledger.Part,
			Manifestations: []string{"一是主街以外的巷道雨天积水", "二是路灯损坏"}, Measures: []string{"一是每月巡查一次，破损处当月修补", "二是每季度检修一次路灯"},
			Units: []string{"东槐村村委会", "综合执法队"}, Persons: []string{"孟昭宁", "吕志刚", "韩春梅"}},
		{Number: "2", Title: "村务公开不及时", DueText: "2026年5月31日前", Due: "2026-05-31", State: ledger.Failed,
			Measures: []string{"每月10日前公开"}, Units: []string{"东槐村党支部"}, Persons: []string{"方晓岚"}},
	}
	if diff := cmp.Diff(want, papersOf(ledger.FromReading(readBack(t, "村.xlsx", filled.Bytes())))); diff != "" {
		t.Errorf("filled in (-) and read (+):\n%s", diff)
	}
}

// TestCorpusComesBack writes what is read out of every sample of the reader as a ledger and reads that again. A sentence more or
// less in one cell may part differently; no word is lost, and all else is the same.
func TestCorpusComesBack(t *testing.T) {
	files, err := filepath.Glob("../plan/testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	findings := 0
	for _, path := range files {
		name := filepath.Base(path)
		if filepath.Ext(name) == ".json" {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		first := readBack(t, name, data)
		var b bytes.Buffer
		if err := ReadingXlsx(&b, first); err != nil {
			t.Fatal(err)
		}
		want, got := papersOf(ledger.FromReading(first)), papersOf(ledger.FromReading(readBack(t, "台账.xlsx", b.Bytes())))
		findings += len(want)
		for i := range min(len(want), len(got)) {
			for _, texts := range [][2][]string{{want[i].Manifestations, got[i].Manifestations}, {want[i].Measures, got[i].Measures}} {
				all := letters(strings.Join(texts[1], ""))
				for _, text := range texts[0] {
					if !strings.Contains(all, letters(text)) {
						t.Errorf("%s %s: lost: %s", name, want[i].Number, text)
					}
				}
			}
			got[i].Manifestations, got[i].Measures = want[i].Manifestations, want[i].Measures
			if first.FeedbackDate == "" && !strings.Contains(want[i].DueText, "年") { // dated by the paper, whose date no ledger prints
				got[i].Due = want[i].Due
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: written (-) and read again (+):\n%s", name, diff)
		}
	}
	if findings < 200 {
		t.Errorf("only %d findings: where are the samples?", findings)
	}
}

// letters is a text without marks and blanks.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text)
}
