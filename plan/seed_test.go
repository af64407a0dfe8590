package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The gaps and traps of the seed paper, one by one.
func TestSeedNotes(t *testing.T) {
	p := Read(readFile(t, "testdata/seed.txt"))
	if len(p.Sections) != 1 || len(p.Sections[0].Findings) != 4 {
		t.Fatalf("read %d sections, want one with four findings", len(p.Sections))
	}
	for _, c := range []struct {
		gap, code string
		finding   int
		word      string // in the text of the note
	}{
		{"G1 knowledge is never tested", UnansweredDetail, 0, "应知应会"},
		{"G2 no target for the villages' economy", VagueMeasure, 1, "目标"},
		{"G3 parking", UnansweredDetail, 1, "车辆乱停乱靠"},
		{"G4 heaps by the road", UnansweredDetail, 1, "堆放杂物"},
		{"G5 sports and culture", UnansweredDetail, 1, "文体设施"},
		{"G5 sports equipment", UnansweredDetail, 2, "体育健身设施"},
		{"G5 library", UnansweredDetail, 2, "图书室"},
		{"G6 lights only through scoring", UnansweredDetail, 1, "亮化"},
		{"G6 trees only through scoring", UnansweredDetail, 1, "绿化"},
		{"G7 bride price", UnansweredDetail, 2, "彩礼"},
		{"G8 one number for six sentences", UnnumberedMeasures, 2, "5句"},
		{"G9 already done", AlreadyDone, 2, "做过"},
		{"G10 double suspension", ExpiredCondition, 2, "双暂停"},
		{"G11 no measure", UnansweredManifestation, 3, "没有措施"},
		{"G11 no owner", MissingOwner, 3, "责任"},
		{"G11 no deadline", MissingDeadline, 3, "时限"},
		{"G11 text cut", BreaksOff, 3, "中断"},
		{"G11 outcome inside the finding", AlreadyDone, 3, "享受到了"},
		{"G12 one owner for everything", VagueOwner, 0, "x镇党委"},
		{"G12", VagueOwner, 1, "x镇党委"},
		{"G12", VagueOwner, 2, "x镇党委"},
		{"G13 afternoon or evening", Contradiction, 0, "晚上"},
		{"G14 unit", UnknownValue, -1, "x镇党委"},
		{"G14 date", UnknownValue, 0, "x月x日"},
		{"G14 figures", UnknownValue, 1, "占位符"},
		{"G14 seven villages, one named", UnknownValue, 3, "赵x等7村"},
		{"L1 the last five pay", LawfulForm, 0, "L1"},
		{"L2 points ranking", LawfulForm, 0, "积分"},
		{"L4 wages", LawfulForm, 1, "L4"},
		{"L6 levy", LawfulForm, 1, "L6"},
		{"L7 penalty", LawfulForm, 1, "L7"},
		{"L8 village rules", LawfulForm, 2, "L8"},
		{"L15 round the clock", LawfulForm, 2, "L15"},
		{"L16 awards", LawfulForm, 2, "L16"},
		{"L17 ranking of villages", LawfulForm, 1, "L17"},
		{"vague frequency", UncountableFrequency, 1, "日常"},
	} {
		found := false
		for _, n := range p.Notes {
			found = found || n.Code == c.code && n.Finding == c.finding && strings.Contains(n.Text, c.word)
		}
		if !found {
			t.Errorf("%s: no note %s on finding %d with %q", c.gap, c.code, c.finding, c.word)
		}
	}
}

// Six measures, only the first of them numbered, and what each answers.
func TestSeedLinks(t *testing.T) {
	p := Read(readFile(t, "testdata/seed.txt"))
	want := [][][]int{{{0}, {1}}, {{0}, {1}, {2}}, {{0}, {0, 1}, {1}, {0}, {0, 2}, {2}}, nil}
	for i, f := range p.Sections[0].Findings {
		var got [][]int
		for _, m := range f.Measures {
			got = append(got, m.Answers)
		}
		if d := cmp.Diff(want[i], got); d != "" {
			t.Errorf("finding %d: %s", i+1, d)
		}
	}
}

// A well-made plan is hardly blamed: the three examples have few notes that find fault.
func TestFewFalseAlarms(t *testing.T) {
	for _, name := range []string{"02-problem-label-blocks.txt", "05-unnumbered-village.txt", "09-three-lists.txt"} {
		p := Read(readFile(t, "testdata/"+name))
		findings, faults := 0, 0
		for _, s := range p.Sections {
			findings += len(s.Findings)
		}
		for _, n := range p.Notes {
			if n.Level == LevelGap {
				faults++
				t.Logf("%s: %s %s", name, n.Code, n.Text)
			}
		}
		if faults > findings {
			t.Errorf("%s: %d gaps for %d findings", name, faults, findings)
		}
	}
}
