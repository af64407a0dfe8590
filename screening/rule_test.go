package screening

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bihuan/screening/screentest"
)

var usual = Params{AsOf: "2026-11-30", Threshold: 80, FirstMonth: "birthday", GraceMonths: 1, Tiers: []Tier{{80, 89, 5000}, {90, 99, 10000}, {100, 0, 30000}}}

// lists makes an input of csv texts, by kind.
func lists(p Params, texts map[Kind]string) Input {
	in := Input{Params: p}
	for _, k := range Kinds {
		if text, ok := texts[k]; ok {
			data := []byte(strings.TrimSpace(text) + "\n")
			in.Lists = append(in.Lists, List{Kind: k, File: string(k) + ".csv", Data: bytes.NewReader(data), Size: int64(len(data))})
		}
	}
	return in
}

// brief runs and writes the hits shortly: rule, number, state, amount, and the rows of the lists.
func brief(t *testing.T, in Input) []string {
	t.Helper()
	report, err := Run(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, h := range report.Hits {
		var rows []string
		for _, s := range h.Sources {
			rows = append(rows, fmt.Sprintf("%s:%d", strings.TrimSuffix(s.File, ".csv"), s.Row))
		}
		list = append(list, fmt.Sprintf("%s %s %s %s %s", h.Rule, h.ID, h.State, h.Amount, strings.Join(rows, " ")))
	}
	return list
}

const head = "姓名,身份证号,性别,出生日期,村,户号,状态,变动日期\n"
const roll = "姓名,身份证号,村,金额,月份,账号\n"

func TestRules(t *testing.T) {
	for _, x := range []struct {
		name   string
		params func(*Params)
		lists  map[Kind]string
		want   []string
	}{
		{"nobody is missing, whatever the writing", nil, map[Kind]string{
			Residents: head + "王秀英,99040819400805002X,女,1940-08-05,前村,1,正常,\n李·山,990408193701010013,男,1937.1.1,前村,2,正常,",
			Roll:      roll + "王 秀英,'９９０４０８１９４００８０５００２Ｘ,前村,50,2026-11,62170000000000001\n李•山,990408370101001,前村,50,2026-11,62170000000000002",
		}, nil},
		{"missing, and one who is in the sheet without money", nil, map[Kind]string{
			Residents: head + "王秀英,99040819400805002X,女,19400805,前村,1,正常,\n李山,990408193701010013,男,,前村,2,正常,",
			Roll:      roll + "李山,990408193701010013,前村,0,2026-11,",
		}, []string{"HL-01 990408193701010013 hit -50 residents:3", "HL-01 99040819400805002X hit -50 residents:2"}},
		{"eighty this month", nil, map[Kind]string{
			Residents: head + "王秀英,99040819461130002X,女,19461130,前村,1,正常,", Roll: roll,
		}, []string{"HL-01 99040819461130002X hit -50 residents:2"}},
		{"eighty this month, paid from the next", func(p *Params) { p.FirstMonth = "next" }, map[Kind]string{
			Residents: head + "王秀英,99040819461130002X,女,19461130,前村,1,正常,\n赵平,990408194610310023,女,19461031,前村,1,正常,", Roll: roll,
		}, []string{"HL-01 990408194610310023 hit -50 residents:3"}},
		{"moved in this month, moved out, dead", nil, map[Kind]string{
			Residents: head + "王秀英,99040819400805002X,女,19400805,前村,1,迁入,2026-11-02\n李山,990408193701010013,男,19370101,前村,2,迁出,2026-09-30\n赵平,990408194610310023,女,19461031,前村,3,注销,2026-01-01",
			Roll:      roll + "李山,990408193701010013,前村,50,2026-09,\n李山,990408193701010013,前村,50,2026-10,\n李山,990408193701010013,前村,50,2026-11,",
		}, []string{"HL-04 990408193701010013 hit 100 roll:3 roll:4 residents:3"}},
		{"dead: the month after is paid, the one behind is not", nil, map[Kind]string{
			Residents: head + "李山,990408193701010013,男,19370101,前村,2,正常,",
			Roll:      roll + "李山,990408193701010013,前村,50,2026-09,\n李山,990408193701010013,前村,50,2026-10,\n李山,990408193701010013,前村,50,2026-11,",
			Deaths:    "死者姓名,证件号码,死亡日期\n李山,990408193701010013,2026年9月30日",
		}, []string{"HL-02 990408193701010013 hit 50 roll:4 deaths:2 residents:2"}},
		{"dead within grace", nil, map[Kind]string{
			Residents: head + "李山,990408193701010013,男,19370101,前村,2,正常,", Roll: roll + "李山,990408193701010013,前村,50,2026-11,",
			Deaths: "姓名,身份证号,死亡日期\n李山,990408193701010013,20261001",
		}, nil},
		{"dead and in no register any more", nil, map[Kind]string{
			Residents: head + "赵平,990408200010310028,女,,前村,3,,", Roll: roll + "李山,990408193701010013,前村,50,2026-11,",
			Deaths: "姓名,身份证号,死亡日期\n李山,990408193701010013,20260901",
		}, []string{"HL-02 990408193701010013 hit 50 roll:2 deaths:2"}},
		{"a quarter paid for the months in which it was due", nil, map[Kind]string{
			Residents: head + "李山,990408194608010013,男,19460801,前村,2,正常,\n赵平,990408193701010013,男,19370101,前村,3,正常,",
			Roll:      roll + "李山,990408194608010013,前村,100,2026年第三季度,\n赵平,990408193701010013,前村,100,2026年第三季度,\n李山,990408194608010013,前村,50,2026-11,\n赵平,990408193701010013,前村,100,2026-11,",
			Deaths:    "姓名,身份证号,死亡日期\n赵平,990408193701010013,20260801",
		}, []string{"HL-02 990408193701010013 hit 100 roll:5 deaths:2 residents:3"}},
		{"a column a month", nil, map[Kind]string{
			Residents: head + "李山,990408193701010013,男,19370101,前村,2,正常,\n王秀英,99040819400805002X,女,19400805,前村,1,,",
			Roll:      "姓名,身份证号,村,9月,10月,11月,合计\n李山,990408193701010013,前村,50,100,,150\n王秀英,99040819400805002X,前村,50,50,50,150",
		}, []string{"HL-01 990408193701010013 hit -50 residents:2", "HL-06 990408193701010013 hit 50 roll:2 residents:2"}},
		{"too young, and no wrong amount besides", nil, map[Kind]string{
			Residents: head + "赵平,990408195610310028,女,19561031,前村,3,,", Roll: roll + "赵平,990408195610310028,前村,70,2026-11,",
		}, []string{"HL-03 990408195610310028 hit 70 roll:2 residents:2"}},
		{"the register's date decides, the notice cites it", nil, map[Kind]string{
			Residents: head + "赵平,990408195610310028,女,19400101,前村,3,,", Roll: roll + "赵平,990408195610310028,前村,50,2026-11,",
		}, []string{"HL-07 990408195610310028 hit 0 residents:2"}},
		{"twice: fifteen digits, and another town", nil, map[Kind]string{
			Residents: head + "李山,990408193701010013,男,19370101,前村,2,,\n王秀英,99040819400805002X,女,19400805,前村,1,,",
			Roll:      roll + "李山,990408193701010013,前村,50,2026-11,\n李山,990408370101001,后村,50,2026-11,\n王秀英,99040819400805002X,前村,50,2026-11,",
			OtherRoll: "姓名,身份证号,金额\n王秀英,99040819400805002X,60\n李山,990777193701010012,60",
		}, []string{"HL-05 990408193701010013 hit 50 roll:2 roll:3 residents:2", "HL-05 99040819400805002X hit 50 roll:4 other-roll:2 residents:3"}},
		{"the amount of ninety is due in the month of the birthday", nil, map[Kind]string{
			Residents: head + "李山,990408193611300017,男,19361130,前村,2,,", Roll: roll + "李山,990408193611300017,前村,50,2026-10,\n李山,990408193611300017,前村,50,2026-11,",
		}, []string{"HL-06 990408193611300017 hit -50 roll:3 residents:2"}},
		{"misspelt numbers", nil, map[Kind]string{
			Residents: head + "王秀英,99040819400805002X,女,19400805,前村,1,,\n李山,990408193701010013,男,19370101,前村,2,,\n赵平,99040819401031002X,女,19401031,后村,3,,\n钱多,990408193503030013,男,,后村,4,,",
			Roll:      roll + "王秀英,99040819040805002X,前村,50,2026-11,\n李山,990408193701010000,前村,50,2026-11,\n赵平,9.90408E+17,后村,50,2026-11,\n钱多,99040819353030013,后村,50,2026-11,",
		}, []string{"HL-07 990408193503030013 hit 0 roll:5 residents:5", "HL-07 990408193701010013 hit 0 roll:3 residents:3", "HL-07 99040819400805002X hit 0 roll:2 residents:2", "HL-07 99040819401031002X hit 0 roll:4 residents:4"}},
		{"two namesakes and a number that is gone: nobody is merged silently, nobody is missing", nil, map[Kind]string{
			Residents: head + "王秀英,99040819400805002X,女,19400805,前村,1,,\n王秀英,990408194108050027,女,19410805,前村,2,,",
			Roll:      roll + "王秀英,9.90408E+17,前村,50,2026-11,",
		}, []string{"HL-07 99040819400805002X manual 0 roll:2 residents:2 residents:3"}},
		{"one of two namesakes is on the roll: the other it must be", nil, map[Kind]string{
			Residents: head + "王秀英,99040819400805002X,女,19400805,前村,1,,\n王秀英,990408194108050027,女,19410805,前村,2,,",
			Roll:      roll + "王秀英,9.90408E+17,前村,50,2026-11,\n王秀英,99040819400805002X,前村,50,2026-11,",
		}, []string{"HL-07 990408194108050027 hit 0 roll:2 residents:3"}},
		{"another name under a number", nil, map[Kind]string{
			Residents: head + "王芳,99040819400805002X,女,19400805,前村,1,,", Roll: roll + "王军,99040819400805002X,前村,50,2026-11,",
		}, []string{"HL-07 99040819400805002X hit 0 roll:2 residents:2"}},
		{"husband and wife exchanged", nil, map[Kind]string{
			Residents: head + "王秀英,99040819400805002X,女,19400805,前村,1,,\n李山,990408193701010013,男,19370101,前村,1,,",
			Roll:      roll + "王秀英,990408193701010013,前村,50,2026-11,\n李山,99040819400805002X,前村,50,2026-11,",
		}, []string{"HL-08 99040819400805002X hit 0 roll:2 roll:3 residents:2 residents:3"}},
		{"one account for two households, another for one", nil, map[Kind]string{
			Residents: head + "王秀英,99040819400805002X,女,19400805,前村,1,,\n李山,990408193701010013,男,19370101,前村,2,,\n赵平,99040819401031002X,女,19401031,后村,2,,",
			Roll:      roll + "王秀英,99040819400805002X,前村,50,2026-11,6217 0000 0000 0000 018\n李山,990408193701010013,前村,50,2026-11,6217000000000000018\n赵平,99040819401031002X,后村,50,2026-11,62170000000000003",
		}, []string{"HL-09 99040819400805002X hit 0 roll:2 roll:3 residents:2 residents:3"}},
		{"accounts that a spreadsheet rounded are not shared", nil, map[Kind]string{
			Residents: head + "王秀英,99040819400805002X,女,19400805,前村,1,,\n李山,990408193701010013,男,19370101,前村,2,,",
			Roll:      roll + "王秀英,99040819400805002X,前村,50,2026-11,6.217E+18\n李山,990408193701010013,前村,50,2026-11,6.217E+18",
		}, nil},
		{"two numbers, the second is not missing", nil, map[Kind]string{
			Residents: head + "王秀英,99040819400805002X,女,19400805,前村,1,,\n王秀英,992128194008050020,女,19400805,前村,1,,",
			Roll:      roll + "王秀英,992128194008050020,前村,50,2026-11,",
		}, []string{"HL-10 99040819400805002X hit 0 residents:2 residents:3"}},
		{"stopped though the pension is paid; stopped with it", nil, map[Kind]string{
			Residents: head + "王秀英,99040819400805002X,女,19400805,前村,1,,\n李山,990408193701010013,男,19370101,前村,2,,",
			Roll:      roll + "王秀英,99040819400805002X,前村,50,2026-08,\n李山,990408193701010013,前村,50,2026-08,\n外人,990777193701010012,前村,50,2026-08,",
			Pension:   "姓名,身份证号,发放状态\n王秀英,99040819400805002X,正常发放\n李山,990408193701010013,停发",
		}, []string{"HL-01 990408193701010013 hit -50 residents:3", "HL-12 99040819400805002X hit -50 roll:2 pension:2 residents:2"}},
		{"minimum living allowance: the household is paid, a member dead", nil, map[Kind]string{
			Residents: head + "王平,990408197008050023,女,,前村,1,,\n李山,990408196801010014,男,,前村,1,,\n赵平,990408196610310022,女,,后村,3,,",
			Dibao:     "户号,姓名,身份证号,保障金额,状态\nD1,李山,990408196801010014,600,正常\nD1,王平,990408197008050023,,正常\nD2,赵平,990408196610310022,300,停保",
			Deaths:    "姓名,身份证号,死亡日期\n王平,990408197008050023,2026-05-01\n赵平,990408196610310022,2026-05-01",
		}, []string{"DB-01 990408197008050023 hit 0 dibao:3 deaths:2 residents:2"}},
		{"the register in two files is one", nil, map[Kind]string{
			Residents: head + "王秀英,99040819400805002X,女,19400805,前村,1,正常,\n王秀英,99040819400805002X,女,19400805,前村,,迁出,2026-01-01",
			Roll:      roll,
		}, nil},
	} {
		t.Run(x.name, func(t *testing.T) {
			p := usual
			if x.params != nil {
				x.params(&p)
			}
			if x.want == nil {
				x.want = []string{}
			}
			if d := cmp.Diff(x.want, brief(t, lists(p, x.lists))); d != "" {
				t.Error(d)
			}
		})
	}
}

// A year's workbook and a month's own file are one roll, not two payments for everybody.
func TestRollGivenTwice(t *testing.T) {
	people, rows := head, roll
	for i := range 30 {
		n := fmt.Sprintf("9904081940010%d%03d", 1+i%9, 100+i)
		id := n[:17] + string(screentest.CheckOf(n[:17]))
		people += fmt.Sprintf("样例%c,%s,,,前村,%d,,\n", 'A'+rune(i%26), id, i)
		rows += fmt.Sprintf("样例%c,%s,前村,50,2026-11,\n", 'A'+rune(i%26), id)
	}
	in := lists(usual, map[Kind]string{Residents: people, Roll: rows})
	again := in.Lists[1]
	again.File, again.Data = "again.csv", bytes.NewReader([]byte(strings.TrimSpace(rows)))
	again.Size = int64(len(strings.TrimSpace(rows)))
	in.Lists = append(in.Lists, again)
	report, err := Run(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Hits) > 0 || len(report.Notes) != 1 || !strings.Contains(report.Notes[0], "30笔相同") {
		t.Errorf("%d hits, notes %q", len(report.Hits), report.Notes)
	}
}

// Two rolls of half a year, the later one a month on, are no double payments, and the month that only one of them has counts, whichever is
// given first.
func TestRollsOverlap(t *testing.T) {
	register := "姓名,身份证号,出生日期,村,户号,户籍状态\n"
	half := func(from int) string {
		text := "姓名,身份证号,村,发放月份,发放金额\n"
		for m := from; m < from+6; m++ {
			for i := range 30 {
				text += fmt.Sprintf("王平%c,%s,前村,2026-%02d,50\n", '甲'+rune(i), sealed(fmt.Sprintf("99040819400105%03d", 2*i+1)), m)
			}
		}
		return text
	}
	for i := range 30 {
		register += fmt.Sprintf("王平%c,%s,1940-01-05,前村,%d,正常\n", '甲'+rune(i), sealed(fmt.Sprintf("99040819400105%03d", 2*i+1)), i+1)
	}
	may, june := listOf(Roll, "十月.csv", half(5)), listOf(Roll, "十一月.csv", half(6))
	for _, rolls := range [][]List{{may, june}, {june, may}} {
		report, err := Run(t.Context(), Input{Params: usual, Lists: append([]List{listOf(Residents, "户籍.csv", register)}, rolls...)})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(report.Hits); n > 0 {
			t.Errorf("%s first: %d hits, one %+v", rolls[0].File, n, report.Hits[0])
		}
	}
}

func TestForecastAndExplain(t *testing.T) {
	in := lists(usual, map[Kind]string{
		Residents: head + "王秀英,990408194612310024,女,,前村,1,,\n李山,990408193612310013,男,,前村,2,迁出,2026-01-02\n赵平,990408193702010012,男,,前村,3,,\n钱多,990408194801010015,男,,后村,4,,\n孙利,990408194007010013,男,,后村,4,,",
		Roll:      roll + "赵平,990408193702010012,前村,50,2026-11,", Deaths: "姓名,身份证号,死亡日期\n钱多,990408194801010015,2026-01-01"})
	in.Forecast, in.Explain = 12, "990408194007010013"
	report, err := Run(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range report.Turning {
		got = append(got, fmt.Sprintf("%s %d %s residents:%d", x.Month, x.Age, x.Name, x.Sources[0].Row))
	}
	if d := cmp.Diff([]string{"2026-12 80 王秀英 residents:2", "2027-02 90 赵平 residents:4"}, got); d != "" {
		t.Error(d)
	}
	got = nil
	for _, c := range report.Clauses {
		if c.Rule == "HL-01" {
			got = append(got, fmt.Sprint(c.Text, " ", c.Met))
		}
	}
	if d := cmp.Diff([]string{"户籍在册 true", "健在 true", "满80周岁 true", "本月不在发放册 true"}, got); d != "" {
		t.Error(d)
	}
}

// The same lists give the same bytes, on every run.
func TestRunRepeats(t *testing.T) {
	in := func() Input {
		return lists(usual, map[Kind]string{
			Residents: head + "王秀英,99040819400805002X,女,19400805,前村,1,,\n王秀英,990408194108050027,女,19410805,前村,2,,\n李山,990408193701010013,男,19370101,前村,2,,",
			Roll:      roll + "王秀英,9.90408E+17,前村,50,2026-11,6217000000000000018\n李山,990408193701010013,前村,70,2026-11,6217000000000000018",
		})
	}
	first := brief(t, in())
	for range 20 {
		if again := brief(t, in()); !slices.Equal(first, again) {
			t.Fatal(cmp.Diff(first, again))
		}
	}
}

func TestLacking(t *testing.T) {
	report, err := Run(t.Context(), lists(usual, map[Kind]string{Residents: head + "王秀英,99040819400805002X,女,19400805,前村,1,,", Roll: roll}))
	if err != nil {
		t.Fatal(err)
	}
	notes := map[string]string{}
	for _, r := range report.Rules {
		notes[r.Rule.ID] = r.Note
	}
	for rule, want := range map[string]string{"HL-05": "需上级比对", "HL-12": "养老金", "DB-02": "财政供养", "GY-01": "需上级比对", "HL-02": "没有死亡名单"} {
		if !strings.Contains(notes[rule], want) {
			t.Errorf("%s: %q does not say %q", rule, notes[rule], want)
		}
	}
	if len(report.Notes) == 0 || !strings.Contains(report.Notes[0], "没有2026年11月的发放记录") {
		t.Errorf("an empty roll is not noticed: %q", report.Notes)
	}
}

// No list with a column about faith is read.
func TestBelief(t *testing.T) {
	for _, column := range []string{"宗教信仰", "是否信教", "信 教", "教派", "受洗时间", "皈依"} {
		_, err := Run(t.Context(), lists(usual, map[Kind]string{Residents: "姓名,身份证号," + column + "\n王秀英,99040819400805002X,无"}))
		if err == nil || !strings.Contains(err.Error(), "涉及信仰") || !strings.Contains(err.Error(), "户籍") {
			t.Errorf("%s: %v", column, err)
		}
	}
}
