package plan

import (
	"fmt"
	"strings"
)

// measure checks one measure; text is its folded text, words are those of the lexicon in it.
func (c *checker) measure(m *Measure, text string, words wordSet) {
	for i, r := range m.Rules {
		if r.Vague != "" && i < len(m.Frequencies) {
			c.add(UncountableFrequency, LevelCheck, inside(m.Source, m.Text, m.Frequencies[i]), fmt.Sprintf("“%s”数不出次数，请写明每月（季）几次。", m.Frequencies[i]))
		}
	}
	if contradictory(text) {
		c.add(Contradiction, LevelCheck, m.Source, "同一句里既写下午（上午）又写晚上，时间自相矛盾，请确定一个。")
	}
	for _, w := range []string{"双暂停", "疫情", "核酸", "防疫"} {
		if strings.Contains(text, w) {
			c.add(ExpiredCondition, LevelCheck, inside(m.Source, m.Text, w), fmt.Sprintf("“%s”的条件可能已经失效，请核对是否仍适用；已失效的按不适用处理，不算完成。", w))
			break
		}
	}
	if m.Tense == Done && (c.plan.Kind == KindPlan || c.plan.Kind == KindLists) {
		c.add(AlreadyDone, LevelInfo, m.Source, "这条措施说的是已经做过的事，请附当时的佐证，并说明今后还要做什么。")
	}
	if vagueMeasure(text) && len(m.Frequencies) == 0 && m.Tense != Done {
		c.add(VagueMeasure, LevelCheck, m.Source, "措施没有对象、数量、成果或时间，做没做到无法判断。请写明做什么、做多少、形成什么。")
	}
	for i, r := range theDomain().rules {
		if r.touches(words) {
			c.add(LawfulForm, LevelCheck, inside(m.Source, m.Text, lawRules[i].word(text)), lawRules[i].rule+"："+lawRules[i].text)
		}
	}
	c.foreign(m, text)
}

// contradictory reports whether one breath names two times of day: 每周五下午利用晚上.
func contradictory(text string) bool {
	for _, day := range []string{"下午", "上午"} {
		i := strings.Index(text, day)
		if i < 0 {
			continue
		}
		rest := text[i+len(day):]
		if j := strings.Index(rest, "晚"); j >= 0 && j <= 24 && !strings.ContainsAny(rest[:j], "、和或及,;至到") {
			return true
		}
	}
	return false
}

// emptyWords fill measures that say nothing.
var emptyWords = []string{"进一步", "高度重视", "提高认识", "提高政治站位", "切实", "不断", "强化意识", "加大力度", "加强领导", "加强管理", "加强学习", "加强监管", "加强宣传", "加强教育", "狠抓落实", "压实责任", "增强意识", "统一思想", "转变作风", "严格落实", "深刻认识", "举一反三"}

// products are words for something that a measure leaves behind or does to an object.
var products = []string{"制度", "方案", "清单", "台账", "名单", "计划", "会", "检查", "培训", "公示", "公开", "修订", "制定", "建立", "整理", "清退", "追缴", "追回", "修复", "维修", "调整", "排查", "核查", "核对", "走访", "清理", "签订", "审计", "问责", "处理", "约谈", "谈话", "报告", "考核", "档案", "登记", "汇演", "活动",
	"机制", "办法", "评比", "值守", "巡", "补", "拆", "建成", "新建", "安装", "配备", "验收", "移交", "完成", "规定", "手册", "测试", "抽", "督", "招", "收", "退", "设", "宣传", "公布", "讨论", "表决", "学习", "组织", "开展"}

// vagueMeasure reports whether a measure has empty words and nothing that could be seen or counted.
func vagueMeasure(text string) bool {
	if runeLen(text) > 40 || hasFigure(text) {
		return false
	}
	return containsAny(text, emptyWords) && !containsAny(text, products) || runeLen(text) < 6 && !containsAny(text, products)
}

// foreign finds the name of another town before the word for its organs: a plan copied from elsewhere.
func (c *checker) foreign(m *Measure, text string) {
	if c.place == "" || hasPlaceholder(c.place) {
		return
	}
	own := []rune(c.place)
	for _, end := range []string{"镇", "乡", "街道"} {
		for rest, at := text, 0; ; {
			i := strings.Index(rest, end)
			if i < 0 {
				break
			}
			at += i + len(end)
			rest = rest[i+len(end):]
			if !hasPrefixAny(rest, []string{"党委", "党工委", "政府", "人民政府", "纪委", "办事处", "人大"}) {
				continue
			}
			r := []rune(text[:at])
			n := runeLen(end)
			if len(r) < n+2 {
				continue
			}
			name := string(r[len(r)-n-2:])
			if strings.HasSuffix(string(own), name) || strings.HasSuffix(name, string(own)) || strings.Contains(string(own), string(r[len(r)-n-1:])) || notAName(r[len(r)-n-2:len(r)-n]) {
				continue
			}
			c.add(ForeignPlace, LevelCheck, inside(m.Source, m.Text, name), fmt.Sprintf("出现外地地名“%s”，与被巡察单位“%s”不符，请核对是否照抄。", name, c.plan.InspectedUnit))
		}
	}
}

func hasPrefixAny(s string, words []string) bool {
	for _, w := range words {
		if strings.HasPrefix(s, w) {
			return true
		}
	}
	return false
}

// notAName reports whether two characters before 镇 are other words: 各乡, 由本, 报请.
func notAName(r []rune) bool {
	for _, x := range r {
		if has("各本我全该两所在向由报经和与及、,的是将请对为以按一二三四五六七八九十乡县区市村对级", x) {
			return true
		}
	}
	return false
}
