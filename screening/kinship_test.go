package screening

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRelationOf(t *testing.T) {
	for class, words := range map[relation]string{
		headOfHome: "户主 本人 户　主 本人（户主）", spouseOfHead: "配偶 夫 妻 妻子 之妻 户主之妻 户主配偶", childOfHead: "子 女 子女 独生子 独生女 长子 次子 三女 五子 二女儿 小儿子 养子或继子 养子 继女 其他儿子 其他女儿 非婚生女 户主的儿子 长子(独生)",
		childInLawOfHead: "儿媳 女婿 二儿媳 大女婿 儿媳妇", parentOfHead: "父 母 父亲 母亲 继父或养父 继母或养母 其他父母关系", parentInLawOfHead: "公公 婆婆 岳父 岳母", grandchildOfHead: "孙子 孙女 外孙 外孙子 外孙女 长孙 孙子、孙女或外孙子、外孙女 孙子、孙女、外孙子、外孙女",
		grandparentOfHead: "祖父 祖母 外祖父 外祖母 爷爷 姥姥 祖父母或外祖父母", siblingOfHead: "兄 弟 姐 妹 姐姐 妹妹 二弟 大哥 兄弟姐妹 其他兄弟姐妹", relativeOfHead: "其他亲属 侄子 外甥女 孙媳妇或外孙媳妇 曾孙子或外曾孙子 嫂 弟媳 堂兄弟、堂姐妹 伯父 婶母 配偶的祖父母或外祖父母",
		otherOfHead: "其他 非亲属 保姆", relationUnknown: "- 无 媳妇 02 30 ? 子？女 子* �子 老大 户主的 同上 集体户 � 子孙",
	} {
		for word := range strings.FieldsSeq(strings.ReplaceAll(words, "户　主", "户主")) {
			if got := relationOf(relationWords(), []byte(word)); got != class {
				t.Errorf("%q: %d, want %d", word, got, class)
			}
		}
	}
	for _, word := range []string{" 户　主 ", "ＸＸ", strings.Repeat("子", 200), ""} {
		want := relationUnknown
		if strings.Contains(word, "主") {
			want = headOfHome
		}
		if got := relationOf(relationWords(), []byte(word)); got != want {
			t.Errorf("%q: %d, want %d", word, got, want)
		}
	}
	all := map[string]relation{} // no word is of two classes
	for class, words := range relations {
		for word := range strings.FieldsSeq(words) {
			if other, twice := all[word]; twice {
				t.Errorf("%q is %d and %d", word, other, class)
			}
			all[word] = class
		}
	}
	if got := relationWords()["大女婿"]; len(relations) != int(relationCount)-1 || got != childInLawOfHead {
		t.Errorf("%d classes; %d", len(relations), got)
	}
}

// What one is to another and the other to him is one thing.
func TestKinshipIsMutual(t *testing.T) {
	back := map[kin]kin{kinUnknown: kinUnknown, kinSpouse: kinSpouse, kinChild: kinParent, kinParent: kinChild, kinSibling: kinSibling, kinGrandchild: kinGrandparent, kinGrandparent: kinGrandchild, kinChildInLaw: kinParentInLaw, kinParentInLaw: kinChildInLaw,
		kinRelative: kinRelative, kinNone: kinNone}
	for a := range relationCount {
		for b := range relationCount {
			one, other := kinship[a][b], kinship[b][a]
			if want, ok := back[one.sure()]; !ok || other != want|one&unsure {
				t.Errorf("%d and %d: %x and %x", a, b, one, other)
			}
		}
	}
}

// pairCases are two people of a household, what each is to the head, and what the list says of the second, who is a cadre, for the first.
var pairCases = []struct {
	one, other string // what each is to the head
	number     string // of the other; the first is a woman of 1970
	want       string // what GY-01 says, and its state
}{
	{"户主", "夫", "#196801011", "丈夫某支书（支书）户籍同户 hit"},
	{"户主", "长子", "#199501011", "儿子某支书（支书）户籍同户 hit"},
	{"户主", "次女", "#199501012", "女儿某支书（支书）户籍同户 hit"},
	{"户主", "母", "#194501012", "母亲某支书（支书）户籍同户 hit"},
	{"户主", "公公", "#194501011", "配偶的父亲某支书（支书）户籍同户，是否算近亲属按当地规定核实 manual"},
	{"户主", "儿媳", "#199501012", "儿媳某支书（支书）户籍同户，是否算近亲属按当地规定核实 manual"},
	{"户主", "外孙", "#200501011", "孙子或外孙某支书（支书）户籍同户 hit"},
	{"户主", "爷爷", "#193001011", "祖父或外祖父某支书（支书）户籍同户 hit"},
	{"户主", "弟", "#197501011", "兄弟某支书（支书）户籍同户 hit"},
	{"户主", "侄子", "#199501011", "亲属某支书（支书）户籍同户，是否算近亲属按当地规定核实 manual"},
	{"户主", "非亲属", "#199501011", ""},
	{"妻", "户主", "#196801011", "丈夫某支书（支书）户籍同户 hit"},
	{"妻", "长子", "#199501011", "某支书（支书）与本人户籍同户，可能是其儿子，须核实 manual"},
	{"妻", "岳父", "#194501011", "父亲某支书（支书）户籍同户 hit"},
	{"妻", "父亲", "#194501011", "配偶的父亲某支书（支书）户籍同户，是否算近亲属按当地规定核实 manual"},
	{"妻", "孙女", "#200501012", "某支书（支书）与本人户籍同户，可能是其孙女或外孙女，须核实 manual"},
	{"妻", "弟", "#197501011", "亲属某支书（支书）户籍同户，是否算近亲属按当地规定核实 manual"},
	{"长女", "户主", "#194501011", "父亲某支书（支书）户籍同户 hit"},
	{"长女", "妻", "#194501012", "某支书（支书）与本人户籍同户，可能是其母亲，须核实 manual"},
	{"长女", "次子", "#197501011", "兄弟某支书（支书）户籍同户 hit"},
	{"长女", "女婿", "#196801011", "某支书（支书）与本人户籍同户，可能是其丈夫，须核实 manual"},
	{"长女", "祖母", "#193001012", "亲属某支书（支书）户籍同户，是否算近亲属按当地规定核实 manual"},
	{"长女", "外孙", "#199501011", "某支书（支书）与本人户籍同户，可能是其儿子，须核实 manual"},
	{"儿媳", "孙子", "#199501011", "某支书（支书）与本人户籍同户，可能是其儿子，须核实 manual"},
	{"儿媳", "长子", "#196801011", "某支书（支书）与本人户籍同户，可能是其丈夫，须核实 manual"},
	{"孙女", "户主", "#192001011", "祖父或外祖父某支书（支书）户籍同户 hit"},
	{"孙女", "孙子", "#197501011", "某支书（支书）与本人户籍同户，可能是其兄弟，须核实 manual"},
	{"母亲", "户主", "#199501011", "儿子某支书（支书）户籍同户 hit"},
	{"母亲", "弟", "#199501011", "某支书（支书）与本人户籍同户，可能是其儿子，须核实 manual"},
	{"妹妹", "姐姐", "#196501012", "姐妹某支书（支书）户籍同户 hit"},
	{"其他", "户主", "#196801011", ""},

	// What is not known is as before: of one household, which was all there was.
	{"", "户主", "#196801011", "与某支书（支书）户籍同户 hit"},
	{"户主", "老大", "#199501011", "与某支书（支书）户籍同户 hit"},
	{"弟媳", "弟", "#196801011", "与某支书（支书）户籍同户 hit"},
	{"长女", "其他", "#196801011", "与某支书（支书）户籍同户 hit"},
	{"其他", "非亲属", "#196801011", "与某支书（支书）户籍同户 hit"},
	// So is what contradicts itself: two heads, a child who is older, a wife of a woman, two of one year.
	{"户主", "户主", "#196801011", "与某支书（支书）户籍同户 hit"},
	{"户主", "长子", "#196801011", "与某支书（支书）户籍同户 hit"},
	{"户主", "长子", "#197012311", "与某支书（支书）户籍同户 hit"},
	{"户主", "妻", "#196801012", "与某支书（支书）户籍同户 hit"},
	{"母亲", "户主", "#196501011", "与某支书（支书）户籍同户 hit"},
	{"长女", "妻", "#197501012", "与某支书（支书）户籍同户 hit"},
	{"长女", "儿媳", "#196801012", "与某支书（支书）户籍同户 hit"},
	{"户主", "爷爷", "#198001011", "与某支书（支书）户籍同户 hit"},
}

func TestKinship(t *testing.T) {
	for _, x := range pairCases {
		in := lists(Params{AsOf: usual.AsOf}, map[Kind]string{
			Residents: numbered("户号,姓名,身份证号,与户主关系,村\n1,某人,#197001012," + x.one + ",前村\n1,某支书," + x.number + "," + x.other + ",前村"),
			Posts:     numbered("姓名,身份证号,岗位名称\n某人,#197001012,保洁"), Cadres: numbered("姓名,身份证号,职务\n某支书," + x.number + ",支书")})
		in.Rules = []string{"GY-01"}
		report, err := Run(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, h := range report.Hits {
			got += strings.TrimPrefix(h.Why, "在公益岗名单上（保洁），") + " " + string(h.State)
		}
		if got != x.want {
			t.Errorf("%s and %s: %q, want %q", x.one, x.other, got, x.want)
		}
	}
}

// home is a register of one household: each says name, number, what he is to the head, and a state.
func home(column string, people ...string) string {
	text := "户号,姓名,身份证号," + column + ",户籍状态,村\n"
	for _, p := range people {
		text += "1," + p + ",前村\n"
	}
	return text
}

// noRelations takes the column of relations out of a home, or its words of every other row.
func noRelations(text string, half bool) string {
	rows := strings.Split(text, "\n")
	for i, row := range rows {
		cells := strings.Split(row, ",")
		switch {
		case len(cells) < 4:
			continue
		case !half:
			cells = slices.Delete(cells, 3, 4)
		case i > 0 && i%2 == 0:
			cells[3] = ""
		}
		rows[i] = strings.Join(cells, ",")
	}
	return strings.Join(rows, "\n")
}

// kinCase is a household and what a rule says of it.
type kinCase struct {
	name   string
	people []string
	want   []string // with the column
	bare   []string // without it
	half   []string // without it in every other row, beginning with the second
}

// try runs a rule over the households of some cases.
func try(t *testing.T, rule string, others map[Kind]string, cases []kinCase) {
	for _, x := range cases {
		whole := home("与户主关系", x.people...)
		for _, y := range []struct {
			how, text string
			want      []string
		}{{"with the column", whole, x.want}, {"without it", noRelations(whole, false), x.bare}, {"with half of it", noRelations(whole, true), x.half}, {"in another column", strings.Replace(whole, "与户主关系", "称呼", 1), x.want}} {
			texts := map[Kind]string{Residents: numbered(y.text)}
			for k, text := range others {
				texts[k] = numbered(text)
			}
			in := lists(Params{AsOf: usual.AsOf}, texts)
			if in.Rules = []string{rule}; y.how == "in another column" {
				in.Override = map[Kind]Override{Residents: {FieldRelation: "称呼"}}
			}
			report, err := Run(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, h := range report.Hits {
				got = append(got, fmt.Sprintf("%s %s %s", h.Name, h.State, h.Why))
				if rule == "TK-02" {
					got[len(got)-1] = h.Name
				}
			}
			if d := cmp.Diff(y.want, got); d != "" {
				t.Errorf("%s, %s: %s", x.name, y.how, d)
			}
		}
	}
}

func TestSupporters(t *testing.T) {
	guess := func(name, years string) []string {
		return []string{"某老 hit 在特困名册上，户籍同户的" + name + years + "岁，可能有赡养能力"}
	}
	son := []string{"某老 hit 在特困名册上，户籍同户的儿子小张31岁，可能有赡养能力"}
	try(t, "TK-01", map[Kind]string{Tekun: "姓名,身份证号\n某老,#196001011", Disability: "姓名,身份证号,残疾等级\n残子,#198001011,一级"}, []kinCase{
		{"a son", []string{"某老,#196001011,户主,", "小张,#199501011,长子,"}, son, guess("小张", "31"), guess("小张", "31")},
		{"a father in his son's house", []string{"小张,#199501011,户主,", "某老,#196001011,父亲,"}, son, guess("小张", "31"), guess("小张", "31")},
		{"a son-in-law, a nephew, a lodger", []string{"某老,#196001011,户主,", "婿,#199501011,女婿,", "侄,#199601011,侄子,", "客,#199701011,非亲属,"}, nil, guess("婿", "31"), guess("婿", "31")},
		{"who lives with a nephew", []string{"侄,#199501011,户主,", "某老,#196001011,其他,"}, nil, guess("侄", "31"), guess("侄", "31")},
		{"a wife, as old as can be with a gap that says nothing", []string{"某老,#196001011,户主,", "老伴,#196801012,妻,"}, []string{"某老 hit 在特困名册上，户籍同户的妻子老伴58岁，可能有扶养能力"}, nil, nil},
		{"a wife who is old herself; a son who is disabled; one who moved away", []string{"某老,#196001011,户主,", "老伴,#196301012,妻,", "残子,#198001011,长子,", "远子,#198101011,次子,迁出"}, nil, nil, nil},
		{"a brother", []string{"哥,#198001013,户主,", "某老,#196001011,兄,"}, nil, guess("哥", "46"), guess("哥", "46")},
		{"a grandson, who has to only where his father cannot", []string{"某老,#196001011,户主,", "小孙,#200001011,孙子,"}, []string{"某老 manual 在特困名册上，户籍同户的孙子或外孙小孙26岁，子女已故或无力时才有赡养义务，须核实"}, guess("小孙", "26"), guess("小孙", "26")},
		{"a grandson, and a daughter who is certain", []string{"某老,#196001011,户主,", "小孙,#200001011,孙子,", "闺女,#199001012,女,"}, []string{"某老 hit 在特困名册上，户籍同户的女儿闺女36岁，可能有赡养能力"}, guess("小孙", "26"), []string{"某老 hit 在特困名册上，户籍同户的女儿闺女36岁，可能有赡养能力"}},
		{"a son of the wife's husband", []string{"老伴,#196201012,户主,", "某老,#196001011,丈夫,", "小张,#199501011,子,"}, []string{"某老 manual 在特困名册上，户籍同户的小张31岁，可能是儿子、有赡养能力，须核实"}, guess("小张", "31"), guess("小张", "31")},
		{"a parent", []string{"某老,#196001011,户主,", "母,#199501012,母亲,"}, guess("母", "31"), guess("母", "31"), guess("母", "31")}, // who is younger is none
		{"two heads", []string{"某老,#196001011,户主,", "婿,#199501011,户主,", "客,#199601011,儿媳,"}, guess("婿", "31"), guess("婿", "31"), guess("婿", "31")},
		{"one head in two rows", []string{"某老,#196001011,户主,", "婿,#199501011,女婿,", "某老,#196001011,户主,"}, nil, guess("婿", "31"), guess("婿", "31")},
		{"two wives", []string{"某老,#196001011,户主,", "妻一,#198001012,妻,", "妻二,#198001014,妻,"}, guess("妻一", "46"), guess("妻一", "46"), []string{"某老 hit 在特困名册上，户籍同户的妻子妻二46岁，可能有扶养能力"}},
		{"a wife after one who is gone", []string{"某老,#196001011,户主,", "妻一,#198001012,妻,注销", "妻二,#198001014,妻,"}, []string{"某老 hit 在特困名册上，户籍同户的妻子妻二46岁，可能有扶养能力"}, guess("妻二", "46"), []string{"某老 hit 在特困名册上，户籍同户的妻子妻二46岁，可能有扶养能力"}},
		{"nothing that can be read", []string{"某老,#196001011,？,", "婿,#199501011,女婿,"}, guess("婿", "31"), guess("婿", "31"), guess("婿", "31")},
	})
	try(t, "TK-01", map[Kind]string{Tekun: "姓名,身份证号\n某老,#199001011"}, []kinCase{
		{"a parent who can work; a grandparent who can", []string{"母,#197001012,户主,", "某老,#199001011,长子,", "祖,#196701012,母亲,"}, []string{"某老 hit 在特困名册上，户籍同户的母亲母56岁，可能有抚养能力"}, nil, nil},
		{"only the grandparent", []string{"某老,#199001011,户主,", "祖,#196701012,祖母,"}, []string{"某老 manual 在特困名册上，户籍同户的祖母或外祖母祖59岁，父母已故或无力时才有抚养义务，须核实"}, nil, nil},
	})
}

func TestChildless(t *testing.T) {
	him := []string{"某老"}
	try(t, "TK-02", map[Kind]string{Tekun: "姓名,身份证号", Pension: "姓名,身份证号", Payroll: "姓名,身份证号\n领薪,#196101012"}, []kinCase{
		{"a son", []string{"某老,#196001011,户主,", "子,#199501011,子,"}, nil, nil, nil},
		{"the head's father", []string{"子,#199501011,户主,", "某老,#196001011,父,"}, nil, nil, nil},
		{"a daughter-in-law and a grandson", []string{"某老,#196001011,户主,", "媳,#199501012,儿媳,", "孙,#201501011,孙子,"}, him, nil, nil},
		{"a nephew's house", []string{"侄,#199501011,户主,", "某老,#196001011,其他亲属,"}, him, nil, nil},
		{"a son who moved away", []string{"某老,#196001011,户主,", "子,#199501011,子,迁出"}, him, him, him},
		{"a son taken in, younger by ten years", []string{"某老,#196001011,户主,", "子,#197001011,养子,"}, nil, him, him},
		{"a son of the wife's husband", []string{"领薪,#196101012,户主,", "某老,#196001011,夫,", "子,#199501011,子,"}, nil, nil, nil},
		{"two heads", []string{"某老,#196001011,户主,", "客,#199501011,户主,"}, nil, nil, nil},
		{"a son who is older", []string{"某老,#196001011,户主,", "子,#195501011,子,注销"}, him, him, him},
	})
}

func TestCadresAtHome(t *testing.T) {
	same := func(name string) []string {
		return []string{"某户 hit 低保家庭中" + name + "与支书（支书）户籍同户，不在近亲属备案表上"}
	}
	try(t, "DB-07", map[Kind]string{Dibao: "户号,姓名,身份证号,保障金额\nD1,某户,#196001011,900\nD1,户妻,#196201012,", Kin: "干部姓名,近亲属姓名,近亲属身份证号", Cadres: "姓名,身份证号,职务\n支书,#199001011,支书"}, []kinCase{
		{"a son", []string{"某户,#196001011,户主,", "支书,#199001011,长子,"}, []string{"某户 hit 低保家庭中某户的儿子支书（支书）户籍同户，不在近亲属备案表上"}, same("某户"), same("某户")},
		{"a lodger", []string{"某户,#196001011,户主,", "支书,#199001011,非亲属,"}, nil, same("某户"), same("某户")},
		{"a son-in-law", []string{"某户,#196001011,户主,", "支书,#199001011,女婿,"}, []string{"某户 manual 低保家庭中某户的女婿支书（支书）户籍同户，是否算近亲属按当地规定核实，不在近亲属备案表上"}, same("某户"), same("某户")},
		{"his by the other member, who is certain", []string{"户妻,#196201012,户主,", "某户,#196001011,夫,", "支书,#199001011,长子,"}, []string{"某户 hit 低保家庭中户妻的儿子支书（支书）户籍同户，不在近亲属备案表上"}, same("某户"), same("某户")},
		{"himself", []string{"某户,#196001011,户主,", "支书,#199001011,户主,"}, same("某户"), same("某户"), same("某户")},
	})
}

// Why somebody is no hit says what the register says.
func TestWhyNoKin(t *testing.T) {
	in := lists(Params{AsOf: usual.AsOf}, map[Kind]string{Residents: numbered(home("与户主关系", "某老,#197001011,户主,", "婿,#199501011,女婿,", "客,#199701011,非亲属,")), Tekun: numbered("姓名,身份证号\n某老,#197001011"),
		Cadres: numbered("姓名,身份证号,职务\n客,#199701011,会计"), Posts: numbered("姓名,身份证号,岗位名称\n某老,#197001011,保洁")})
	in.Rules, in.Explain = []string{"TK-01", "GY-01"}, numbered("#197001011")
	report, err := Run(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	said := ""
	for _, c := range report.Clauses {
		said += c.Fact + "\n"
	}
	for _, want := range []string{"户籍同户的客没有法定赡养、抚养、扶养义务", "户籍同户的客（会计）按与户主关系不是亲属"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not said: %s", want, said)
		}
	}
}

// The column costs a byte a resident where a rule asks for it, and nothing where none does.
func TestRelationsOnlyWhereAsked(t *testing.T) {
	text := numbered(home("与户主关系", "某老,#196001011,户主,", "婿,#199501011,女婿,"))
	for _, x := range []struct {
		rule, text string
		lists      map[Kind]string
		want       []relation
	}{
		{"TK-01", text, map[Kind]string{Tekun: "姓名,身份证号"}, []relation{headOfHome, childInLawOfHead}},
		{"TK-01", noRelations(text, false), map[Kind]string{Tekun: "姓名,身份证号"}, nil},
		{"TK-01", text, nil, nil},
		{"HL-07", text, map[Kind]string{Roll: roll}, nil},
		{"GY-01", text, map[Kind]string{Posts: "姓名,身份证号,岗位名称"}, nil},
		{"GY-01", text, map[Kind]string{Posts: "姓名,身份证号,岗位名称", Cadres: "姓名,身份证号,职务"}, []relation{headOfHome, childInLawOfHead}},
	} {
		x.lists = map[Kind]string{Residents: x.text, Tekun: x.lists[Tekun], Roll: x.lists[Roll], Posts: x.lists[Posts], Cadres: x.lists[Cadres]}
		for k, text := range x.lists {
			if text == "" {
				delete(x.lists, k)
			}
		}
		in := lists(usual, x.lists)
		r := &run{in: in, runnable: map[string]bool{}}
		for _, rule := range Rules {
			r.runnable[rule.ID] = rule.ID == x.rule && len(r.lacking(rule)) == 0
		}
		if err := r.readRegister(t.Context(), in.Lists[0]); err != nil {
			t.Fatal(err)
		}
		var got []relation
		for _, one := range r.register.blocks[0].relations {
			if one != relationUnknown {
				got = append(got, one)
			}
		}
		if (got == nil) != (x.want == nil) || !slices.Equal(got, x.want) {
			t.Errorf("%s with %d lists: %v, want %v", x.rule, len(in.Lists), got, x.want)
		}
	}
}

// The preview finds the column by any of its usual names, and a person can say that it is another, or none.
func TestRelationColumn(t *testing.T) {
	if !slices.Contains(Residents.Fields(), FieldRelation) {
		t.Error("nobody is asked for the column")
	}
	for header, want := range map[string]bool{"与户主关系": true, "与户主的关系": true, "与户主 关系": true, "家庭关系": true, "关系": true, "户主关系": true, "和户主关系": true, "与户主关系（户口簿）": true, "联系人关系": false, "社会关系": false} {
		got, err := Inspect(t.Context(), listOf(Residents, "a.csv", "姓名,身份证号,户号,"+header+"\n李山,990408193701010013,1,户主\n"), nil, usual.AsOf)
		if err != nil {
			t.Fatal(err)
		}
		c, found := got.Sheets[0].Mapping[FieldRelation]
		if found != want || found && (c.Index != 3 || !c.Sure || got.Sheets[0].Columns[3].Field != FieldRelation) {
			t.Errorf("%s: %v %+v", header, found, c)
		}
	}
	texts := map[Kind]string{Residents: numbered(home("与户主关系", "某老,#196001011,户主,", "侄,#199501011,侄子,")), Tekun: numbered("姓名,身份证号\n某老,#196001011")}
	for said, want := range map[string]int{"": 1, "与户主关系": 0, "#D": 0, "#F": 1} { // 1 is the guess by age
		in := lists(usual, texts)
		in.Rules = []string{"TK-01"}
		in.Lists[0].Override = map[string]Override{"": {FieldName: "姓名", FieldNumber: "身份证号", FieldRelation: said}}
		report, err := Run(t.Context(), in)
		if err != nil || len(report.Hits) != want {
			t.Errorf("%q: %d hits, %v", said, len(report.Hits), err)
		}
	}
}
