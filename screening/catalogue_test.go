package screening

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bihuan/screening/screentest"
)

var shortNumber = regexp.MustCompile(`#(\d{8})(\d)`)

// numbered writes out numbers: #194008052 is somebody born on 1940-08-05, the second of the day's.
func numbered(text string) string {
	return shortNumber.ReplaceAllStringFunc(text, func(s string) string {
		n := fmt.Sprintf("990408%s00%s", s[1:9], s[9:])
		return n + string(screentest.CheckOf(n))
	})
}

const (
	dibao = "户号,户主姓名,姓名,身份证号,村,保障金额,状态\n"
	three = dibao + "D1,李山,李山,#196801011,前村,900,正常\nD1,李山,王平,#197008052,前村,,正常\nD1,李山,李小,#200105051,前村,,正常\nD2,赵平,赵平,#196610312,后村,300,停保\n"
	town  = head + "李山,#196801011,男,,前村,1,,\n王平,#197008052,女,,前村,1,,\n李小,#200105051,男,,前村,1,,\n赵平,#196610312,女,,后村,2,,\n李大,#199505051,男,,前村,1,,\n钱多,#195003033,男,,后村,3,,\n"
)

// catalogueCases are the rules that are rows, each with what it finds and what it leaves.
var catalogueCases = []struct {
	name  string
	rule  string
	lists map[Kind]string
	want  []string
	note  string // in the report
}{
	{"a member is on the payroll, one has left, one is of a household that is not paid", "DB-02", map[Kind]string{Dibao: three,
		Payroll: "姓名,公民身份号码,工作单位,人员性质,在职状态\n王平,#197008052,样例小学,事业编,在职\n李小,#200105051,样例厂,职工参保,已离职\n赵平,#196610312,样例所,公务员,在职\n外人,#198001011,样例所,公务员,在职"},
		[]string{"DB-02 #197008052 hit 0 dibao:3 payroll:2"}, ""},
	{"who has a wage is in the household by the register and was not named", "DB-02", map[Kind]string{Dibao: three, Residents: town, Payroll: "姓名,身份证号,单位\n李大,#199505051,样例小学"},
		[]string{"DB-02 #196801011 manual 0 dibao:2 payroll:2 residents:2 residents:6"}, ""},
	{"a wage under another name waits for a person", "DB-02", map[Kind]string{Dibao: three, Residents: town, Payroll: "姓名,身份证号\n孙有财,#197008052"},
		[]string{"DB-02 #197008052 manual 0 dibao:3 payroll:2 residents:3"}, ""},
	{"a number that a spreadsheet damaged is still the member's", "DB-02", map[Kind]string{Dibao: three, Residents: town, Payroll: "姓名,身份证号\n王平,9904081970080500002"[:len("姓名,身份证号\n王平,")] + "990408700805002"},
		[]string{"DB-02 #197008052 hit 0 dibao:3 payroll:2 residents:3"}, ""},
	{"a car; what farming takes is allowed; no warning is none", "DB-03", map[Kind]string{Dibao: three, Warning: "姓名,身份证号,是否预警,预警类型,车辆类型\n李山,#196801011,是,车辆,小型轿车\n王平,#197008052,是,车辆,农用三轮车\n李小,#200105051,否,工商,"},
		[]string{"DB-03 #196801011 hit 0 dibao:2 warning:2"}, "1人的情形属政策允许（车辆：农用三轮车）"},
	{"a column for each kind", "DB-03", map[Kind]string{Dibao: three, Warning: "姓名,身份证号,车辆,工商登记,不动产,公积金\n李山,#196801011,否,无,有,\n王平,#197008052,正三轮摩托车,,0,\n李小,#200105051,,,,"},
		[]string{"DB-03 #196801011 hit 0 dibao:2 warning:2"}, "政策允许"},
	{"both programmes at once, and one who left", "DB-04", map[Kind]string{Dibao: three, Tekun: "姓名,身份证号,供养方式,状态\n李山,#196801011,分散,正常\n王平,#197008052,分散,已退出"},
		[]string{"DB-04 #196801011 hit 0 dibao:2 tekun:2"}, ""},
	{"a member moved away; who died as well is another rule's", "DB-05", map[Kind]string{Dibao: three, Residents: head + "李山,#196801011,男,,前村,1,迁出,2026-05-01\n王平,#197008052,女,,前村,1,迁出,2026-05-01", Deaths: "姓名,身份证号,死亡日期\n王平,#197008052,2026-06-01"},
		[]string{"DB-05 #196801011 hit 0 dibao:2 residents:2"}, ""},
	{"reviews: a quarter is over, the yearly one is not; by the head, by the number of the household, or not at all", "DB-06", map[Kind]string{
		Dibao:  dibao + "D1,李山,李山,#196801011,前村,900,\nD1,李山,王平,#197008052,前村,,\nD2,赵平,赵平,#196610312,后村,300,\nD3,钱多,钱多,#195003033,后村,300,\nD4,孙利,孙利,#196003031,后村,300,",
		Review: "低保证号,户主姓名,身份证号,复核类别,复核日期\nD1,李山,#196801011,C类,2026.8.29\n,赵平,#196610312,A类,2025年11月30日\nD3,,#195003033,C类,2026-08-30"},
		[]string{"DB-06 #196003031 manual 0 dibao:6", "DB-06 #196801011 hit 0 dibao:2 review:2"}, ""},
	{"the class of the latest review counts", "DB-06", map[Kind]string{Dibao: three, Review: "户主姓名,身份证号,复核类别,复核日期\n李山,#196801011,A类,2025-01-10\n李山,#196801011,C类,2026-08-01\n李山,#196801011,A类,2025-08-01"},
		[]string{"DB-06 #196801011 hit 0 dibao:2 review:2 review:3 review:4"}, ""},
	{"a date for the next review is what counts", "DB-06", map[Kind]string{Dibao: three, Review: "户主姓名,身份证号,上次复核日期,下次复核日期\n李山,#196801011,2026-06-01,2026-09-30"},
		[]string{"DB-06 #196801011 hit 0 dibao:2 review:2"}, ""},
	{"who lives with a cadre and was not declared", "DB-07", map[Kind]string{Dibao: three, Residents: town, Cadres: "姓名,身份证号,职务\n李大,#199505051,村会计", Kin: "干部姓名,干部身份证号,近亲属姓名,近亲属身份证号,与干部关系\n钱多,#195003033,赵平,#196610312,外甥"},
		[]string{"DB-07 #196801011 hit 0 dibao:2 cadres:2 residents:2 residents:6"}, ""},
	{"declared for any member of the household", "DB-07", map[Kind]string{Dibao: three, Residents: town, Cadres: "姓名,身份证号,职务\n李大,#199505051,村会计", Kin: "干部姓名,干部身份证号,近亲属姓名,近亲属身份证号,与干部关系\n李大,#199505051,王平,#197008052,母亲"}, nil, ""},
	{"a child was born and one is gone, the household is what it was", "DB-08", map[Kind]string{
		Dibao: three, PreviousDibao: three, Residents: head + "李山,#196801011,男,,前村,1,,\n王平,#197008052,女,,前村,1,注销,2026-07-01\n李小,#200105051,男,,前村,1,,\n李新,#202609011,男,,前村,1,,\n李媳,#199801012,女,,前村,1,迁入,2026-06-01\n李老,#194801012,女,,前村,1,,"},
		[]string{"DB-08 #196801011 hit 0 dibao:2 previous-dibao:2 previous-dibao:3 previous-dibao:4 residents:2 residents:5 residents:6 residents:3"}, ""},
	{"the household was changed", "DB-08", map[Kind]string{
		Dibao: three, PreviousDibao: dibao + "D1,李山,李山,#196801011,前村,900,正常\nD1,李山,王平,#197008052,前村,,正常", Residents: head + "李山,#196801011,男,,前村,1,,\n李小,#200105051,男,,前村,1,迁入,2026-06-01\n王平,#197008052,女,,前村,1,,\n李新,#202609011,男,,前村,1,,"}, nil, ""},
	{"gravely disabled or gravely ill and on no programme: a clue", "DB-09", map[Kind]string{Dibao: three, Residents: town,
		Disability: "姓名,身份证号,残疾类别,残疾等级\n钱多,#195003033,肢体,二级\n李山,#196801011,视力,一级\n李大,#199505051,听力,三级\n外人,#196001011,肢体,一级",
		Medical:    "患者姓名,身份证号,医疗总费用,个人自付\n赵平,#196610312,90000,\"31,000.00\"\n李大,#199505051,20000,9999"},
		[]string{"DB-09 #195003033 manual 0 disability:2 residents:7", "DB-09 #196610312 manual 0 medical:2 residents:5"}, "没有特困名册、监测户名单、死亡名单"},
	{"a grown child in the household; one disabled; none", "TK-01", map[Kind]string{Tekun: "姓名,身份证号\n李老,#194801012\n钱多,#195003033\n孙老,#194001011",
		Residents:  head + "李老,#194801012,女,,前村,1,,\n李大,#199505051,男,,前村,1,,\n钱多,#195003033,男,,后村,3,,\n钱小,#198003031,男,,后村,3,,\n孙老,#194001011,男,,后村,4,,\n孙妻,#194401012,女,,后村,4,,\n孙外,#198001031,男,,后村,5,,",
		Disability: "姓名,身份证号,残疾等级\n钱小,#198003031,一级"},
		[]string{"TK-01 #194801012 hit 0 tekun:2 residents:2 residents:3"}, ""},
	{"old, without income and children: a clue", "TK-02", map[Kind]string{Tekun: "姓名,身份证号\n在册,#195001011", Pension: "姓名,身份证号,状态\n有养,#195101011,正常\n停养,#195201011,停发", Payroll: "姓名,身份证号\n有薪,#195301011",
		Residents: head + "在册,#195001011,男,,前村,1,,\n有养,#195101011,男,,前村,2,,\n停养,#195201011,男,,前村,3,,\n有薪,#195301011,男,,前村,4,,\n有子,#195401011,男,,前村,5,,\n其子,#198001011,男,,前村,5,,\n独居,#196611301,男,,前村,6,,\n未到,#196612011,男,,前村,7,,\n迁走,#195501011,男,,前村,8,迁出,2020-01-01"},
		[]string{"TK-02 #195201011 manual 0 residents:4", "TK-02 #196611301 manual 0 residents:8"}, "没有死亡名单、低保名册"},
	{"the risk is said to be over: all steps, one missing, one too early, one not over", "JC-01", map[Kind]string{
		Monitored:    "户主姓名,户主身份证号,户编号,监测对象类型,风险状态,风险消除日期\n全户,#197001011,J1,边缘易致贫户,已消除,2026-09-20\n缺户,#197101011,J2,突发严重困难户,风险已消除,2026-09-20\n早户,#197201011,J3,脱贫不稳定户,,2026-09-01\n未户,#197301011,J4,边缘易致贫户,未消除,",
		MonitorSteps: "户编号,户主姓名,户主身份证号,入户核查日期,民主评议日期,公示日期,乡镇审核日期,县级审定日期\nJ1,全户,#197001011,2026-09-01,2026-09-03,2026-09-04,2026-09-12,2026-09-18\nJ2,缺户,#197101011,2026-09-01,,2026-09-04,2026-09-06,2026-09-18\nJ3,早户,#197201011,2026-09-01,2026-09-03,2026-09-04,2026-09-12,2026-09-18"},
		[]string{"JC-01 #197101011 hit 0 monitored:3 monitor-steps:3", "JC-01 #197201011 hit 0 monitored:4 monitor-steps:4"}, ""},
	{"a large bill that waits", "JC-02", map[Kind]string{Monitored: "姓名,身份证号,监测类型\n在监,#197001011,边缘易致贫户",
		Medical: "姓名,身份证号,自付金额,推送日期,处理日期\n在监,#197001011,50000,2026-10-01,\n已办,#197101011,50000,2026-10-01,2026-10-09\n未办,#197201011,50000,2026-11-14,\n还早,#197301011,50000,2026-11-15,\n不大,#197401011,800,2026-10-01,"},
		[]string{"JC-02 #197201011 manual 0 medical:4"}, ""},
	{"a large bill in a household whose head is monitored, and in one whose is not", "JC-02", map[Kind]string{Monitored: "户主姓名,户主身份证号,监测对象类型\n李山,#196801011,边缘易致贫户", Residents: town,
		Medical: "姓名,身份证号,自付金额,推送日期,处理日期\n王平,#197008052,50000,2026-10-01,\n赵平,#196610312,50000,2026-10-01,"},
		[]string{"JC-02 #196610312 manual 0 medical:3 residents:5"}, ""},
	{"gravely disabled, in a household whose head is monitored", "DB-09", map[Kind]string{Dibao: dibao + "D9,外人,外人,#196001011,外村,900,正常", Residents: town, Monitored: "户主姓名,户主身份证号,监测对象类型\n李山,#196801011,边缘易致贫户",
		Disability: "姓名,身份证号,残疾等级\n王平,#197008052,一级\n钱多,#195003033,一级"},
		[]string{"DB-09 #195003033 manual 0 disability:3 residents:7"}, "特困名册、死亡名单"},
	{"posts: dead, on the payroll, two, too old, a cadre's; one who left; one on each side of the age", "GY-01", map[Kind]string{
		Posts:  "姓名,身份证号,岗位名称,上岗时间,协议止\n已故,#197001011,保洁,2024-01-01,2026-12-31\n有薪,#197101011,保洁,2024-01-01,2026-12-31\n双岗,#197201011,保洁,2024-01-01,2026-12-31\n双岗,#197201011,护林,2024-01-01,2026-12-31\n超龄,#196011291,保洁,2024-01-01,\n正好,#196012011,保洁,2024-01-01,\n干亲,#197401011,保洁,,\n同户,#197501012,护路,,\n离岗,#197601011,保洁,2020-01-01,2026-10-31\n离岗,#197601011,护林,2026-11-01,",
		Deaths: "姓名,身份证号,死亡日期\n已故,#197001011,2026-03-01", Payroll: "姓名,身份证号,单位\n有薪,#197101011,样例中学", Kin: "村干部姓名,近亲属姓名,近亲属身份证号\n某主任,干亲,#197401011", Cadres: "姓名,身份证号,职务\n某支书,#197301011,支书",
		Residents: head + "同户,#197501012,女,,前村,1,,\n某支书,#197301011,男,,前村,1,,"},
		[]string{"GY-01 #196011291 hit 0 posts:6", "GY-01 #197001011 hit 0 posts:2 deaths:2", "GY-01 #197101011 hit 0 posts:3 payroll:2", "GY-01 #197201011 hit 0 posts:4 posts:5", "GY-01 #197401011 hit 0 posts:8 kin:2", "GY-01 #197501012 hit 0 posts:9 cadres:2 residents:2 residents:3"}, ""},
	{"no proof of life for a year, an account that rests; not paid any more", "HL-11", map[Kind]string{
		Roll:       roll + "久未,#194001011,前村,50,2026-11,\n刚认,#194101011,前村,50,2026-11,\n不动,#194201011,前村,50,2026-11,\n旧册,#194301011,前村,50,2026-10,\n没认,#194401011,前村,50,2026-11,",
		AliveCheck: "姓名,身份证号,认证日期,认证结果\n久未,#194001011,2025-11-29,合格\n刚认,#194101011,2025-11-30,合格\n旧册,#194301011,2020-01-01,合格\n没认,#194401011,,未认证",
		Dormant:    "姓名,身份证号,最近交易日期\n不动,#194201011,2025-06-01\n刚认,#194101011,2026-06-01"},
		[]string{"HL-11 #194001011 hit 0 roll:2 alive-check:2", "HL-11 #194201011 hit 0 roll:4 dormant:2", "HL-11 #194401011 hit 0 roll:6 alive-check:5"}, ""},
}

func TestCatalogue(t *testing.T) {
	tried := map[string]bool{}
	for _, x := range catalogueCases {
		tried[x.rule] = true
		t.Run(x.rule+" "+x.name, func(t *testing.T) {
			texts := map[Kind]string{}
			for k, text := range x.lists {
				texts[k] = numbered(text)
			}
			in := lists(usual, texts)
			in.Rules = []string{x.rule}
			want := []string{}
			for _, w := range x.want {
				want = append(want, numbered(w))
			}
			if d := cmp.Diff(want, brief(t, in)); d != "" {
				t.Error(d)
			}
			in = lists(Params{AsOf: usual.AsOf}, texts) // none of these rules asks for a programme
			in.Rules = []string{x.rule}
			if d := cmp.Diff(want, brief(t, in)); d != "" {
				t.Errorf("without a programme: %s", d)
			}
			report, err := Run(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(report.Rules[0].Note, x.note) {
				t.Errorf("note %q does not say %q", report.Rules[0].Note, x.note)
			}
			for _, h := range report.Hits {
				t.Log(h.Name, h.Why)
				if strings.ContainsAny(h.Why, "{}%") {
					t.Errorf("%q", h.Why)
				}
				// Who is asked about gets the same answer.
				in.Explain = h.ID
				asked, err := Run(t.Context(), in)
				if err != nil {
					t.Fatal(err)
				}
				if len(asked.Clauses) == 0 || slices.ContainsFunc(asked.Clauses, func(c Clause) bool { return !c.Met || c.Rule != x.rule }) {
					t.Errorf("%s is a hit and explained as none: %+v", h.Name, asked.Clauses)
				}
			}
		})
	}
	for _, rule := range Rules {
		if len(rule.over) > 0 && !tried[rule.ID] && rule.ID != "DB-01" {
			t.Errorf("%s is tried by no case", rule.ID)
		}
	}
}

// The catalogue holds together: what it names is there, and what is there is named.
func TestCatalogueIsWhole(t *testing.T) {
	named := map[string]bool{}
	ids := map[string]bool{}
	for _, rule := range Rules {
		if rule.Version < 1 || rule.Name == "" || rule.Level.Word() == "" || rule.Severity.Word() == "" || rule.Verify == "" || len(rule.Clauses) == 0 || len(rule.Needs) == 0 || ids[rule.ID] || len(rule.Clauses) > 8 {
			t.Errorf("%s: %+v", rule.ID, rule)
		}
		ids[rule.ID] = true
		known := append(append(slices.Clone(rule.Needs), rule.Either...), rule.Helps...)
		for i, c := range rule.Clauses {
			if (len(c.Is) == 0) != (len(rule.over) == 0) || c.Text == "" {
				t.Errorf("%s: condition %d", rule.ID, i+1)
			}
			for _, name := range c.Is {
				named[name] = true
				p, ok := predicates[name]
				if !ok {
					t.Errorf("%s: no predicate %q", rule.ID, name)
				}
				for _, k := range p.needs {
					if !slices.Contains(known, k) {
						t.Errorf("%s: %q needs %s, which the rule does not name", rule.ID, name, k)
					}
				}
			}
		}
		for _, k := range rule.over {
			if !slices.Contains(known, k) {
				t.Errorf("%s looks at %s and does not need it", rule.ID, k)
			}
		}
		for i := range 9 {
			if strings.Contains(rule.Why, fmt.Sprintf("{%d}", i)) && (i == 0 || i > len(rule.Clauses)) {
				t.Errorf("%s: %q", rule.ID, rule.Why)
			}
		}
	}
	for name := range maps.Keys(predicates) {
		if !named[name] {
			t.Errorf("no rule names the predicate %q", name)
		}
	}
	for i, k := range kinds {
		if Kinds[i] != k.kind || k.kind.Word() == "" || len(k.kind.Fields()) < 3 {
			t.Errorf("%s", k.kind)
		}
		for _, f := range k.fields {
			if !KnownField(f) {
				t.Errorf("%s: %s", k.kind, f)
			}
		}
	}
}

// Somebody whom no rule found is told why, and which lists were missing.
func TestExplainWhyNot(t *testing.T) {
	in := lists(usual, map[Kind]string{Residents: numbered(town), Dibao: numbered(three), Warning: numbered("姓名,身份证号,是否预警,预警类型,车辆类型\n王平,#197008052,是,车辆,农用三轮车"), Roll: roll})
	in.Explain = numbered("#197008052")
	report, err := Run(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, c := range report.Clauses {
		said[c.Rule] += fmt.Sprint(c.Met, " ", c.Fact, "|")
	}
	for rule, want := range map[string]string{
		"DB-03": "true 在低保名册上，该户在保|false 预警属政策允许：车辆：农用三轮车|", "DB-02": "没有财政供养和社保工资名单，需上级比对|", "DB-05": "户籍没有迁出|", "GY-01": "没有", "HL-01": "false", "HL-06": "false 没有发现|", "TK-01": "没有特困名册，需上级比对",
	} {
		if !strings.Contains(said[rule], want) {
			t.Errorf("%s: %q does not say %q", rule, said[rule], want)
		}
	}
	for _, rule := range Rules {
		if said[rule.ID] == "" {
			t.Errorf("nothing is said of %s", rule.ID)
		}
	}
}
