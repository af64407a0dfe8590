package plan

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// written is a claim as the tables of these tests write it: what is counted, how much of it, the number of the claim it is a part
// of, the places.
func written(c Claim) string {
	value := c.Value
	if value == "" {
		value = "?"
	}
	if c.Upper != "" {
		value += "~" + c.Upper
	}
	op := map[Op]string{Equal: "", AtLeast: "≥", AtMost: "≤", Over: ">", Under: "<", About: "≈"}[c.Op]
	s := fmt.Sprintf("%s=%s%s%s", c.Subject, op, value, c.Measure)
	if c.Nested >= 0 {
		s += fmt.Sprintf(" of %d", c.Nested)
	}
	if c.Places != nil {
		s += fmt.Sprintf(" %q", c.Places)
	}
	return s
}

func writtenAll(list []Claim) []string {
	var all []string
	for _, c := range list {
		all = append(all, written(c))
	}
	return all
}

// The facts of the seed paper that M07 lists, and no others. What is x there is unknown here.
func TestSeedClaims(t *testing.T) {
	p := Read(readFile(t, "testdata/seed.txt"))
	want := [][]string{
		nil,
		{
			"年收入超过x万元的村集体=?个",
			"超x万元的村集体=?个 of 0",
			`部分街道网线未进行合理布局=?村 ["卢x" "东睢宁"]`,
			`仍存在道路排水问题=?村 ["榆林二"]`,
		},
		{"x村有村民反映周边婚嫁彩礼单笔=15~20万元"},
		{
			`群众普遍对惠民政策一知半解=7村 ["赵x" "" "" "" "" "" ""]`,
			"群众反映希望享受低保、五保、高龄补贴政策=?名",
			"老人在本轮巡察期间享受到了高龄补贴=?名",
		},
	}
	for i, f := range p.Sections[0].Findings {
		if diff := cmp.Diff(want[i], writtenAll(Claims(f))); diff != "" {
			t.Errorf("finding %d (-want +got):\n%s", i+1, diff)
		}
	}
}

func TestClaims(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		// Counts, nested ones, limits that say what is counted.
		{"年收入超过10万元的村集体仅14个，其中超50万元的村集体仅4个", []string{"年收入超过10万元的村集体=14个", "超50万元的村集体=4个 of 0"}},
		{"年收入超过10万元的仅14个，其中超50万元仅4个，其中超100万元仅1个", []string{"年收入超过10万元=14个", "超50万元=4个 of 0", "超100万元=1个 of 1"}},
		{"36个网格中有7个网格员由物业保安兼任", []string{"网格=36个", "网格员由物业保安兼任=7个 of 0"}},
		{"全镇19个村中，年收入5万元以下的有8个", []string{"村=19个", "年收入5万元以下=8个 of 0"}},
		{"流动党员42名，建立联系的只有19名", []string{"流动党员=42名", "建立联系=19名 of 0"}},
		{"辖区74个小区仅有21个成立业委会", []string{"小区=74个", "成立业委会=21个 of 0"}},
		{"街道自行聘用编外人员23名，未履行报批手续，其中4人与班子成员有亲属关系", []string{"街道自行聘用编外人员=23名", "与班子成员有亲属关系=4人 of 0"}},
		{"6个村往来款长期挂账162.5万元，其中2015年以前形成的91.34万元", []string{"村往来款长期挂账=6个", "村往来款长期挂账=162.5万元", "形成=91.34万元 of 1"}},
		{"公务接待费较上年增长37%，其中无公函接待6次", []string{"公务接待费较上年增长=37%", "无公函接待=6次"}}, // times are no part of percents
		{"注册的860人中参与过活动的不足60人", []string{"注册=860人", "参与过活动=<60人 of 0"}},
		{"12个50万元以下小额工程中，有5个直接指定施工队", []string{"50万元以下小额工程=12个", "直接指定施工队=5个 of 0"}},
		{"随机走访7个村，有4个村便民服务点无人值守", []string{"村=7个", "村便民服务点无人值守=4个 of 0"}},
		{"走访7个村，群众普遍对政策一知半解", nil}, // a sample that nothing is counted in
		{"十一名班子成员中有九名的表述基本一致", []string{"班子成员=11名", "表述基本一致=9名 of 0"}},
		{"10万元以上的村仅有2个，空壳村仍有3个", []string{"10万元以上的村=2个", "空壳村=3个"}}, // three are no part of two
		{"9份机动地承包合同到期未重签", []string{"机动地承包合同到期未重签=9份"}},
		{"3个村白条入账，单笔最高4800元", []string{"村白条入账=3个", "单笔最高=4800元"}},
		{"应改造的基层社只完成4 个", []string{"应改造的基层社=4个"}},
		// Rates, ranges, rough numbers.
		{"两年内整治率不足三成", []string{"两年内整治率=<30%"}},
		{"混投率超过五成", []string{"混投率=>50%"}},
		{"烤房闲置率近四成", []string{"烤房闲置率=≈40%"}},
		{"门面租金低于市场价一半以上", []string{"门面租金低于市场价=≥50%"}},
		{"复查率仅为５８.１％", []string{"复查率=58.1%"}},
		{"合格率为百分之六十五", []string{"合格率=65%"}},
		{"55岁以上的村党组织书记占三分之二", []string{"55岁以上的村党组织书记=≈66.67%"}},
		{"营林投入占比由31%下降到12%", []string{"营林投入占比由31%下降=12%"}},
		{"彩礼单笔在十五至二十万元", []string{"彩礼单笔=15~20万元"}},
		{"周边彩礼普遍要十五至二十万，群众反映强烈", []string{"周边彩礼普遍要=15~20万元"}},
		{"每户欠缴3-5万元", nil}, // per household: a norm or an average, nothing to compare
		{"图书受潮发霉300余册", []string{"图书受潮发霉=>300册"}},
		{"欠缴医保的约20户", []string{"欠缴医保=≈20户"}},
		{"村干部平均年龄56岁", []string{"村干部平均年龄=56岁"}},
		{"平均办结用时11天", []string{"平均办结用时=11天"}},
		{"拖欠工程款1,260元", []string{"拖欠工程款=1260元"}},
		{"拖欠两万三千元", []string{"拖欠=23000元"}},
		{"1.2万亩集体山林中有0.36万亩无合同", []string{"集体山林=1.2万亩", "无合同=0.36万亩 of 0"}},
		// Places.
		{"走访中赵x等7村群众普遍一知半解", []string{`群众普遍一知半解=7村 ["赵x" "" "" "" "" "" ""]`}},
		{"白杨、三官两村撂荒耕地286亩", []string{`撂荒耕地=2村 ["白杨" "三官"]`, "撂荒耕地=286亩"}},
		{"石坳、长冲、大垸3个村负债合计208.6万元", []string{`村负债=3个 ["石坳" "长冲" "大垸"]`, "村负债=208.6万元"}},
		{"翠园、机床厂两个小区改造后没有移交", []string{`小区改造后没有移交=2个 ["翠园" "机床厂"]`}},
		{"发现柳荫、东槐等5个村未公开", []string{`村未公开=5个 ["柳荫" "东槐" "" "" ""]`}},
		// Unknown stays unknown.
		{"年收入超过x万元的村集体仅x个", []string{"年收入超过x万元的村集体=?个"}},
		{"流转的xxx亩土地中有xx亩未签订书面合同", []string{"土地=?亩", "未签订书面合同=?亩 of 0"}},
		{"对辖区Ｘ家企业一年内未开展检查", []string{"企业一年内未开展检查=?家"}},
		{"有若干户未入户核实", []string{"未入户核实=?户"}},
		{"查出数十处隐患", []string{"隐患=?处"}},
		{"多名群众反映希望享受低保政策", []string{"群众反映希望享受低保政策=?名"}},
		{"全年仅开展一次活动", nil},
		{"全年谈心谈话仅1次", []string{"全年谈心谈话=1次"}},
		{"只组织过一次活动", []string{"活动=1次"}},
		// What is no claim.
		{"2024年3月5日至20xx年x月x日未召开会议", nil},
		{"未落实镇发〔2024〕3号文件和《关于3个清单的通知》", nil},
		{"一是对“两个确立”“两个维护”认识不深，三会一课、四议两公开流于形式", nil},
		{"对两个确立、一老一小、八项规定、六长一网掌握不全面", nil},
		{"第三季度、第2次会议、前五名、排名后5名", nil},
		{"冷库建成后闲置14个月，连续4年没有审计，停运96天", nil},
		{"全年监督记录为零，无一例行政处罚案件", nil},
		{"80岁以上老人、35岁以下干部和50人以上聚餐没有台账", nil},
		{"X村群众反映修路占地问题x年未解决", nil},
		{"公示期不足5个工作日，低于规定的12次", nil},
		{"每月学习不少于2次、每季度1次的要求没有落实", nil},
		{"县道X203线、12345热线、3号院、7号小班", nil},
		{"2021.2.20至2021.11.3坐收坐支", nil},
		{"一名残疾人的补贴断发，一个项目没有公示", nil},
		{"群众多次投诉，干多干少一个样，许多户反映强烈", nil},
		{"采购未执行两人以上询价，超1.5万元的没有比价", nil},
		{"湖岸线200米范围内不得新建", nil},
	} {
		if diff := cmp.Diff(c.want, writtenAll(claimsIn(c.text))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.text, diff)
		}
	}
}

// In all sample papers: the clause a claim quotes stands in the finding, the words counted too, and a part is no more than its
// whole. No value is 0, for 0 is never what a paper leaves open.
func TestClaimsOfTheSamplePapers(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d papers, %v", len(files), err)
	}
	n, nested := 0, 0
	for _, name := range files {
		for _, s := range Read(readFile(t, name)).Sections {
			for _, f := range s.Findings {
				text := f.Title
				for _, m := range f.Manifestations {
					text += "\n" + m.Text
				}
				list := Claims(f)
				n += len(list)
				for i, c := range list {
					if c.Quote == "" || !strings.Contains(text, c.Quote) || c.Subject == "" || !strings.Contains(text, c.Subject) || c.Measure == "" || c.Value == "0" {
						t.Errorf("%s: %+v of %q", name, c, text)
					}
					if c.Nested >= i {
						t.Errorf("%s: claim %d is part of %d", name, i, c.Nested)
					}
					if c.Nested >= 0 {
						nested++
						whole, ok := Amount(list[c.Nested].Value, list[c.Nested].Measure)
						part, ok2 := Amount(c.Value, c.Measure)
						if ok && ok2 && part.Cmp(whole) > 0 {
							t.Errorf("%s: %s is more than %s", name, written(c), written(list[c.Nested]))
						}
					}
				}
			}
		}
	}
	if n < 350 || nested < 60 {
		t.Errorf("%d claims, %d nested: the papers hold more", n, nested)
	}
}

// Whatever a text holds, reading it ends, and what is quoted stands in it.
func TestClaimsOfAnyText(t *testing.T) {
	words := []string{"其中", "仅", "x", "×", "**", "7", "1,200", "3.5.7", "十五", "至", "二十万元", "个", "村", "等", "、", "赵x", "“", "”", "〔2024〕", "中有", "，", "。", "不足", "以上", "的",
		"三成", "三分之", "两", "百", "万", "特别是", "率", "多名", "若干", "一半", "过半", "\n", " ", "人", "%", "2024年"}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 40).Draw(t, "words"), "")
		list := claimsIn(text)
		for i, c := range list {
			if c.Nested >= i || c.Measure == "" || len(c.Places) > 200 {
				t.Fatalf("%q: %+v", text, c)
			}
			if flat := strings.ReplaceAll(text, "\n", ""); !strings.Contains(flat, c.Quote) {
				t.Fatalf("%q does not hold the quote %q", text, c.Quote)
			}
		}
	})
}

func TestAClaimIsTakenOnce(t *testing.T) {
	f := Finding{Title: "3个村未公开", Manifestations: []Manifestation{{Text: "45户中有7户收入错误"}, {Text: "3个村未公开"}, {Text: "12人中有5人答错"}}}
	var got []string
	for _, c := range Claims(f) {
		got = append(got, fmt.Sprintf("%s%s/%d", c.Value, c.Measure, c.Nested))
	}
	if want := "3个/-1 45户/-1 7户/1 12人/-1 5人/3"; strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, " "), want)
	}
}

func FuzzClaims(f *testing.F) {
	seed, err := os.ReadFile("testdata/seed.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(seed))
	f.Add("赵x等7村，其中超x万元仅x个，十五至二十万元")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4000 {
			return
		}
		for i, c := range claimsIn(text) {
			if c.Nested >= i || c.Measure == "" {
				t.Errorf("%q: %+v", text, c)
			}
		}
	})
}
