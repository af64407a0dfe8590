package evidence

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const meeting = "会议听取了前一阶段办理情况，与会同志认为台账已经逐项建立，责任落实到人，但个别村进度偏慢，入户核实不够细。会议议定三件事：一是未办结的列出清单每周碰头一次；" +
	"二是包村干部每周至少到村两次，现场看当面问；三是公示内容由驻村干部审核后张贴。月底前由党政办统一抽查，结果在例会上通报。"

func TestTextPrint(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		table      bool
		alike      bool
	}{
		{"the same", meeting, meeting, false, true},
		{"another day, village and office", "4月8日，东槐村。" + meeting, "5月13日，柳荫村。" + strings.ReplaceAll(meeting, "党政办", "农业农村办"), false, true},
		{"other widths and blanks", "共３户，" + meeting, "共 3 户 ， " + meeting, false, true},
		{"a sentence less", meeting, strings.Replace(meeting, "二是包村干部每周至少到村两次，现场看当面问；", "", 1), false, true},
		{"another meeting", meeting, "会议传达了上级关于防汛工作的部署，逐村排查了低洼院落和危旧房屋，确定了转移路线和责任人。会议要求雨天二十四小时值守，物资由仓库统一发放，各村每日零报告；" +
			"对排水沟堵塞的地段，由施工队连夜清理，村民代表现场监督，费用从集体收入列支并张榜公布。", false, false},
		{"short, word for word", "已办结，材料齐全", "已办结，材料齐全", false, false},
		{"a short one with another number", "逐户走访核实高龄老人名单，发现漏报三人，已补录并公示七天无异议", "逐户走访核实高龄老人名单，发现漏报五人，已补录并公示七天无异议", false, true},
		{"short and half the same", "逐户走访核实高龄老人名单，发现漏报三人，已补录并公示七天无异议", "逐户走访核实低保家庭收入，发现超标两户，已停发并书面告知本人", false, false},
		{"the same table with other times", "序号 姓名 单位 签到时间 1 邢国栋 党政办 14:20 2 董雅琴 财政所 14:21 3 白宝祥 民政所 14:23 4 曹立新 农业办 14:24",
			"序号 姓名 单位 签到时间 1 邢国栋 党政办 9:02 2 董雅琴 财政所 9:05 3 白宝祥 民政所 9:08 4 曹立新 农业办 9:11", true, false},
	} {
		a, b := NewTextPrint(c.a), NewTextPrint(c.b)
		share := a.Alike(b, c.table)
		if (share > 0) != c.alike {
			t.Errorf("%s: share %d, alike %d", c.name, a.Share(b), share)
		}
		if c.alike && !a.near(b.signs, b.length) {
			t.Errorf("%s: the signs are too far apart to be compared", c.name)
		}
	}
}

// A text shares everything with itself, as much with another as that with it, and never more than all.
func TestShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("甲乙丙丁戊己庚辛壬癸，。1234")), 0, 400, -1)
		a, b := NewTextPrint(text.Draw(t, "a")), NewTextPrint(text.Draw(t, "b"))
		if s, r := a.Share(b), b.Share(a); s != r || s < 0 || s > 100 {
			t.Fatalf("shares %d and %d", s, r)
		}
		if s := a.Share(a); len(a.sketch) > 0 && s != 100 {
			t.Fatalf("with itself %d", s)
		}
	})
}

func TestNumberOf(t *testing.T) {
	for _, c := range []struct {
		title string
		lines []string
		want  string
	}{
		{"关于做好防汛工作的通知（栖政发〔2026〕7号）", nil, "栖政发〔2026〕7号"},
		{"栖政发[2026]07号 通知", nil, "栖政发〔2026〕7号"},
		{"通知", []string{"栖禾镇人民政府文件", "栖政发〔2026〕7 号", "关于做好防汛工作的通知"}, "栖政发〔2026〕7号"},
		{"通知", []string{"栖政发（2026）12号　　签发人：周叙明"}, "栖政发〔2026〕12号"},
		{"学习记录", []string{"根据栖政发〔2026〕7号文件精神，开展了学习"}, ""}, // refers to another
		{"登记表", []string{"第7号", "2026年4月"}, ""},
	} {
		if got := NumberOf(c.title, c.lines); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.title, c.lines, got, c.want)
		}
	}
}
