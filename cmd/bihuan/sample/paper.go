package sample

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"time"

	"bihuan/office"
)

// paper is a plan before it is written down.
type paper struct {
	name     string // of the file, without extension
	town     string
	unit     string // 栖禾镇党委, 东槐村党支部
	from, to time.Time
	feedback time.Time
	signed   time.Time
	findings []finding // in the order of sections
}

// finding is one problem of a paper: what is written, and what will become of it.
type finding struct {
	theme
	leader, leaderPost string
	units, persons     []string
	dueText            string
	due                string // what dueText means, empty when unknown
	long               bool
	fate               fate
}

// style is one official way of writing a plan.
type style struct {
	ext   string
	write func(paper) string
}

// Styles as they are met; no two towns of the sample write alike, and the villages take turns.
var (
	townStyles    = []style{{"docx", narrative}, {"txt", blocks}, {"csv", ledgerTable}}
	villageStyles = []style{{"txt", villageLabels}, {"txt", villageNumbered}, {"txt", villageBrackets}, {"txt", villageNarrative}, {"csv", ledgerTable}}
)

// file is the paper as a file of the style's kind.
func (s style) file(p paper) ([]byte, error) {
	text := s.write(p)
	if s.ext != "docx" {
		return []byte(text), nil
	}
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' })
	word := office.Paper{Title: lines[0], Created: p.signed}
	for _, l := range lines[1:] {
		word.Blocks = append(word.Blocks, office.Text(l))
	}
	var out bytes.Buffer
	err := office.WriteDocx(&out, word)
	return out.Bytes(), err
}

var townSections = []string{"聚焦贯彻落实党的路线方针政策和党中央决策部署方面", "聚焦群众身边不正之风和腐败问题方面", "聚焦基层党组织建设方面", "聚焦巡察整改和成果运用方面"}
var villageSections = []string{"党组织建设方面", "村务和集体“三资”管理方面", "服务群众方面", "村庄治理方面"}

func day(t time.Time) string { return t.Format("2006年1月2日") }

var numerals = []string{"一", "二", "三", "四", "五", "六", "七", "八", "九"}

// items writes texts one after the other with what mark puts in front.
func items(texts []string, mark func(i int) string, between, end string) string {
	var b strings.Builder
	for i, t := range texts {
		if len(texts) > 1 {
			b.WriteString(mark(i))
		}
		b.WriteString(t)
		if i < len(texts)-1 {
			b.WriteString(between)
		}
	}
	return b.String() + end
}

func isMark(i int) string    { return numerals[i] + "是" }
func roundMark(i int) string { return fmt.Sprintf("（%d）", i+1) }
func circled(i int) string   { return string(rune('①' + i)) }
func noMark(int) string      { return "" }

func (f finding) shows() []string {
	var list []string
	for _, p := range f.pairs {
		list = append(list, p.shows)
	}
	return list
}

func (f finding) measures() []string {
	var list []string
	for _, p := range f.pairs {
		if p.measure != "" {
			list = append(list, p.measure)
		}
	}
	return list
}

// bySection calls head before the first finding of each section and each for every finding, n counting within the section.
func (p paper) bySection(head func(order int, section int), each func(n int, f finding)) {
	order, n, last := 0, 0, 0
	for _, f := range p.findings {
		if f.section != last {
			head(order, f.section)
			order, n, last = order+1, 0, f.section
		}
		n++
		each(n, f)
	}
}

// line writes a labelled line, nothing when there is nothing to say.
func line(b *strings.Builder, label, value string) {
	if value != "" {
		fmt.Fprintf(b, "%s：%s\n", label, value)
	}
}

// narrative is the form most towns use: 一、(一)1.一是, measures and owners below each problem.
func narrative(p paper) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s关于区委第二巡察组巡察反馈意见整改工作实施方案\n\n", p.unit)
	fmt.Fprintf(&b, "根据区委巡察工作统一部署，区委第二巡察组于%s至%s对%s进行了常规巡察，%s反馈了巡察意见，指出4个方面%d个问题。镇党委照单全收，专题研究，制定本方案。\n",
		day(p.from), day(p.to), p.unit, day(p.feedback), len(p.findings))
	b.WriteString("一、总体要求\n坚持问题导向，压实主体责任，能改的立即改，一时改不了的明确时限和责任人，做到件件有着落、事事有回音。\n二、反馈问题及整改措施\n")
	p.bySection(
		func(order, section int) { fmt.Fprintf(&b, "（%s）%s\n", numerals[order], townSections[section-1]) },
		func(n int, f finding) {
			fmt.Fprintf(&b, "%d.%s。%s\n", n, f.title, items(f.shows(), isMark, "。", "。"))
			fmt.Fprintf(&b, "整改措施：%s\n", items(f.measures(), isMark, "。", "。"))
			line(&b, "责任领导", f.leader)
			line(&b, "责任单位", strings.Join(f.units, "、"))
			line(&b, "责任人", strings.Join(f.persons, "、"))
			line(&b, "完成时限", f.dueText)
		})
	b.WriteString("三、保障措施\n（一）加强组织领导。成立整改工作领导小组，党委书记任组长，每月听取一次整改汇报。\n")
	b.WriteString("（二）严格督促检查。镇纪委对整改情况跟踪监督，对敷衍整改、虚假整改的严肃追责。\n")
	fmt.Fprintf(&b, "中共%s委员会\n%s\n", p.town, day(p.signed))
	return b.String()
}

// blocks writes each problem as a block of labelled lines under 问题1：.
func blocks(p paper) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s落实区委第三巡察组反馈意见整改任务书\n", p.unit)
	fmt.Fprintf(&b, "%s至%s，区委第三巡察组对%s进行了巡察。%s，巡察组反馈了4个方面%d项问题。经镇党委会议研究，现将整改任务明确如下。\n\n",
		day(p.from), day(p.to), p.unit, day(p.feedback), len(p.findings))
	number := 0
	p.bySection(
		func(order, section int) { fmt.Fprintf(&b, "%s、%s\n", numerals[order], townSections[section-1]) },
		func(_ int, f finding) {
			number++
			fmt.Fprintf(&b, "问题%d：%s\n主要表现：%s\n整改目标：%s。\n", number, f.title, items(f.shows(), roundMark, "；", "。"), f.goal)
			fmt.Fprintf(&b, "整改措施：\n%s\n", items(f.measures(), func(i int) string { return fmt.Sprintf("%d.", i+1) }, "；\n", "。"))
			if f.leader != "" {
				line(&b, "牵头领导", f.leader+"（"+f.leaderPost+"）")
			}
			line(&b, "责任人", strings.Join(f.persons, "、"))
			line(&b, "牵头单位", f.units[0])
			line(&b, "配合单位", strings.Join(f.units[1:], "、"))
			line(&b, "整改时限", f.dueText)
			b.WriteString("\n")
		})
	fmt.Fprintf(&b, "各牵头单位要于每月28日前向镇党政办报送进展。\n中共%s委员会\n%s\n", p.town, day(p.signed))
	return b.String()
}

// ledgerTable is a plan kept as a table, saved as CSV.
func ledgerTable(p paper) string {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	sections, leaders := townSections, true
	if strings.Contains(p.unit, "村") {
		sections, leaders = villageSections, false
	}
	cells := func(list ...string) { _ = w.Write(list) } // writing to a buffer cannot fail
	head := []string{"序号", "反馈问题", "具体表现", "整改措施", "责任单位", "责任人", "完成时限"}
	if leaders {
		head = append(head, "责任领导")
	}
	row := func(first string) []string {
		r := make([]string, len(head))
		r[0] = first
		return r
	}
	cells(row(p.unit + "巡察反馈问题整改台账")...)
	cells(row("填报单位：" + p.unit + "　反馈日期：" + day(p.feedback) + "　填报日期：" + day(p.signed))...)
	cells(head...)
	number := 0
	p.bySection(
		func(order, section int) { cells(row(numerals[order] + "、" + sections[section-1])...) },
		func(_ int, f finding) {
			number++
			r := []string{fmt.Sprint(number), f.title, items(f.shows(), circled, "\n", ""), items(f.measures(), circled, "\n", ""),
				strings.Join(f.units, "、"), strings.Join(f.persons, "、"), f.dueText, f.leader}
			cells(r[:len(head)]...)
		})
	w.Flush()
	return "\uFEFF" + out.String()
}

// villageLabels is a notice pinned to the village board: labelled lines, no numbers.
func villageLabels(p paper) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s巡察反馈问题整改清单（村级）\n\n", p.unit)
	fmt.Fprintf(&b, "区委第二巡察组于%s至%s延伸巡察了%s，%s反馈情况。经支部会议研究，列出整改清单如下，请全体党员和村民监督。\n",
		day(p.from), day(p.to), p.unit, day(p.feedback))
	p.bySection(
		func(_, section int) { fmt.Fprintf(&b, "\n%s\n", villageSections[section-1]) },
		func(_ int, f finding) {
			line(&b, "问题", f.title)
			line(&b, "表现", items(f.shows(), noMark, "；", "。"))
			line(&b, "措施", items(f.measures(), noMark, "；", "。"))
			line(&b, "责任", f.units[0]+"（"+strings.Join(f.persons, "、")+"）")
			line(&b, "时限", f.dueText)
		})
	fmt.Fprintf(&b, "\n以上清单张贴在村务公开栏，由村务监督委员会逐条验收。\n%s\n%s\n", p.unit, day(p.signed))
	return b.String()
}

// villageNumbered numbers problems 1、 and their items ①②.
func villageNumbered(p paper) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s关于巡察反馈问题的整改方案\n", p.unit)
	fmt.Fprintf(&b, "%s至%s，区委第二巡察组对%s开展了延伸巡察，%s反馈了%d个问题。现制定整改方案如下：\n\n",
		day(p.from), day(p.to), p.unit, day(p.feedback), len(p.findings))
	p.bySection(
		func(order, section int) { fmt.Fprintf(&b, "%s、%s\n", numerals[order], villageSections[section-1]) },
		func(n int, f finding) {
			fmt.Fprintf(&b, "%d、%s\n", n, f.title)
			line(&b, "存在问题", items(f.shows(), circled, "；", "。"))
			line(&b, "整改措施", items(f.measures(), circled, "；", "。"))
			line(&b, "责任单位", strings.Join(f.units, "、"))
			line(&b, "责任人", strings.Join(f.persons, "、"))
			line(&b, "整改时间", f.dueText)
		})
	fmt.Fprintf(&b, "%s\n%s\n", p.unit, day(p.signed))
	return b.String()
}

// villageBrackets sets every label in 【】.
func villageBrackets(p paper) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s巡察整改任务分解表\n", p.unit)
	fmt.Fprintf(&b, "【背景】%s至%s，区委第二巡察组对%s进行了延伸巡察，%s反馈意见。现将整改任务分解如下：\n",
		day(p.from), day(p.to), p.unit, day(p.feedback))
	p.bySection(
		func(order, section int) { fmt.Fprintf(&b, "（%s）%s\n", numerals[order], villageSections[section-1]) },
		func(_ int, f finding) {
			fmt.Fprintf(&b, "【问题】%s\n【具体表现】%s\n【整改措施】%s\n【责任单位】%s　【责任人】%s　【整改时限】%s\n", f.title,
				items(f.shows(), circled, "；", "。"), items(f.measures(), circled, "；", "。"),
				strings.Join(f.units, "、"), strings.Join(f.persons, "、"), f.dueText)
		})
	fmt.Fprintf(&b, "%s\n%s\n", p.unit, day(p.signed))
	return b.String()
}

// villageNarrative begins with （一） and numbers problems with the full-width dot.
func villageNarrative(p paper) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s落实巡察反馈意见整改方案\n", p.unit)
	fmt.Fprintf(&b, "%s至%s，区委第二巡察组延伸巡察%s，并于%s进行了反馈。支部对反馈问题照单全收，现制定整改方案如下：\n",
		day(p.from), day(p.to), p.unit, day(p.feedback))
	p.bySection(
		func(order, section int) { fmt.Fprintf(&b, "（%s）%s\n", numerals[order], villageSections[section-1]) },
		func(n int, f finding) {
			fmt.Fprintf(&b, "%d．%s\n", n, f.title)
			line(&b, "问题表现", items(f.shows(), roundMark, "；", "。"))
			line(&b, "整改举措", items(f.measures(), roundMark, "；", "。"))
			line(&b, "责任单位", strings.Join(f.units, "、"))
			line(&b, "责任人", strings.Join(f.persons, "、"))
			line(&b, "整改期限", f.dueText)
		})
	fmt.Fprintf(&b, "%s\n%s\n", p.unit, day(p.signed))
	return b.String()
}
