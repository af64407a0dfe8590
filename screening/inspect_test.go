package screening

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func listOf(kind Kind, file, text string) List {
	return List{Kind: kind, File: file, Data: bytes.NewReader([]byte(text)), Size: int64(len(text))}
}

func TestInspect(t *testing.T) {
	got, err := Inspect(t.Context(), listOf("", "2026年10月表.csv", "示范镇高龄津贴发放花名册\n序号,姓名,身份证号码,户籍地,,补贴金额,老人身份\n,,,村,组,,\n1,王秀英,99040819400805002X,前村,1组,50,农民\n2,李山,990408193701010013,后村,2组,50,\n合计,,,,,100,\n"), nil, "2026-11-30")
	if err != nil {
		t.Fatal(err)
	}
	s := got.Sheets[0]
	var columns []string
	for _, c := range s.Columns {
		columns = append(columns, fmt.Sprintf("%s %s %s %s", c.Letter, c.Header, c.Field, strings.Join(c.Sample, "|")))
	}
	if d := cmp.Diff([]string{"A 序号  1|2|合计", "B 姓名 姓名 王秀英|李山", "C 身份证号码 身份证号 99040819400805002X|990408193701010013", "D 户籍地/村 村 前村|后村", "E 户籍地/组  1组|2组", "F 补贴金额 金额 50|50|100", "G 老人身份  农民"}, columns); d != "" {
		t.Error(d)
	}
	if got.Kinds[0] != Roll || s.Head != 2 || s.First != 4 || s.Rows != 2 || s.Month != "2026-10" || !s.Found || len(got.Notes) > 0 {
		t.Errorf("%v, %+v, notes %q", got.Kinds, s, got.Notes)
	}
	if s.Override(5) != "补贴金额" || s.Override(3) != "#D" {
		t.Errorf("columns are named %q and %q", s.Override(5), s.Override(3))
	}
}

// What a person confirms by its place is taken, even where two columns have one header.
func TestInspectOverride(t *testing.T) {
	text := "姓名,号,姓名,\n钱多,990408193701010013,李山,50\n"
	got, err := Inspect(t.Context(), listOf(Roll, "a.csv", text), Override{FieldName: "#C", FieldNumber: "号", FieldAmount: "#D"}, "2026-11-30")
	if err != nil {
		t.Fatal(err)
	}
	if m := got.Sheets[0].Mapping; m[FieldName].Index != 2 || m[FieldNumber].Index != 1 || m[FieldAmount].Index != 3 {
		t.Errorf("%v", m)
	}
	in := lists(usual, map[Kind]string{Roll: "钱多,990408193701010013,李山,50\n"})
	in.Override = map[Kind]Override{Roll: {FieldName: "#C", FieldNumber: "#B", FieldAmount: "#D"}}
	report, err := Run(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if m := report.Sheets[0].Mapping; m[FieldName].Index != 2 || report.Sheets[0].Rows != 1 {
		t.Errorf("%v", report.Sheets)
	}
}

func TestInspectRefuses(t *testing.T) {
	for _, text := range []string{"姓名,身份证号,宗教信仰\n王秀英,99040819400805002X,无\n", "编号,是否信教\n甲,否\n"} {
		_, err := Inspect(t.Context(), listOf("", "a.csv", text), nil, "2026-11-30")
		if _, ok := errors.AsType[*BeliefError](err); !ok || !strings.Contains(err.Error(), "涉及信仰") {
			t.Error(err)
		}
	}
	got, err := Inspect(t.Context(), listOf("", "a.csv", "一,二\n三,四\n"), nil, "2026-11-30")
	if err != nil || len(got.Kinds) > 0 || got.Sheets[0].Found || len(got.Notes) != 1 {
		t.Errorf("%v %+v", err, got)
	}
}

// Each kind is told by the headers its giver uses, without help of the file's name.
func TestGuessKinds(t *testing.T) {
	for kind, header := range map[Kind]string{
		Residents: "姓名,公民身份号码,性别,出生日期,户号,与户主关系,户籍地址,户籍状态,变动日期", Roll: "姓名,身份证号,村,一卡通账号,发放金额,发放月份", Deaths: "死者姓名,年龄,证件号码,死亡日期", Dibao: "低保证号,户主姓名,姓名,身份证号,与户主关系,保障金额",
		Pension: "姓名,社会保障号码,待遇状态", Tekun: "姓名,身份证号,供养方式,自理能力", Payroll: "姓名,身份证号,工作单位,人员性质", Warning: "姓名,身份证号,是否预警,预警类型,车辆类型", Review: "户主姓名,身份证号,低保证号,复核日期,下次复核日期",
		Kin: "干部姓名,干部身份证号,近亲属姓名,近亲属身份证号,与干部关系", Cadres: "姓名,身份证号,职务", Disability: "姓名,身份证号,残疾类别,残疾等级", Medical: "姓名,身份证号,医疗总费用,个人自付,结算日期", Monitored: "户主姓名,身份证号,监测对象类型,识别时间,风险消除时间",
		MonitorSteps: "户主姓名,身份证号,入户核查日期,民主评议日期,公示日期,乡镇审核日期,县级审定日期", Posts: "姓名,身份证号,岗位名称,上岗时间", AliveCheck: "姓名,身份证号,认证时间,认证结果", Dormant: "姓名,身份证号,账号,最近交易日期",
	} {
		got, err := Inspect(t.Context(), listOf("", "a.csv", header+"\n"), nil, "2026-11-30")
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Kinds) == 0 || got.Kinds[0] != kind {
			t.Errorf("%s: %v", kind, got.Kinds)
		}
	}
}

// A list that is paid looks like the roll, whatever pays for it, and is read as what it was given for; so is one whose columns a person
// confirmed.
func TestPaymentsOfOtherProgrammes(t *testing.T) {
	text := "姓名,身份证号,行政村,金额,发放月份,银行账号\n王平,990408197008050023,前村,420,202611,62170000000000001\n"
	for _, kind := range []Kind{Dibao, PreviousDibao, Tekun, Pension, Posts} {
		in := Input{Params: usual, Lists: []List{listOf(kind, "表.csv", text)}}
		report, err := Run(t.Context(), in)
		if err != nil || report.Sheets[0].Rows != 1 {
			t.Errorf("%s: %v %v", kind, err, report.Sheets)
		}
	}
	deaths := listOf(Deaths, "表.csv", text)
	if _, err := Run(t.Context(), Input{Params: usual, Lists: []List{deaths}}); err == nil {
		t.Error("a roll given for deaths is taken")
	}
	deaths.Override = map[string]Override{"": {FieldName: "姓名", FieldNumber: "身份证号"}}
	if _, err := Run(t.Context(), Input{Params: usual, Lists: []List{deaths}}); err != nil {
		t.Error(err)
	}
}

// A field that a person said stands in no column is not found in one without a header.
func TestInspectNowhere(t *testing.T) {
	list := listOf(Roll, "a.csv", "姓名,身份证号,,金额\n李山,990408193701010013,2092-05,50\n")
	list.Override = map[string]Override{"": {FieldName: "姓名", FieldNumber: "身份证号", FieldAmount: "金额", FieldMonth: "", FieldAge: "", FieldStandard: ""}}
	got, err := Inspect(t.Context(), list, nil, "2026-11-30")
	if err != nil {
		t.Fatal(err)
	}
	if m := got.Sheets[0].Mapping; len(m) != 3 || m[FieldName].Index != 0 || m[FieldAmount].Index != 3 {
		t.Errorf("%v", m)
	}
}
