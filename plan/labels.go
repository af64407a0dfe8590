package plan

import (
	"strings"
	"sync"
)

// field is what a label word announces.
type field int

const (
	fNone field = iota
	fNumber
	fSection
	fProblem
	fManifest
	fCause
	fGoal
	fMeasure
	fDone
	fNext
	fLeader
	fPerson
	fUnit
	fCoUnit
	fOwner // units and persons mixed
	fDeadline
	fStatus
	fSkip // known, but nothing of the contract: evidence, remarks, contacts
)

// labelWords are the words that announce a field, before a colon in running text or as the head of a table column.
// A word of two characters needs a boundary before it.
var labelWords = []struct {
	field field
	words string
}{
	{fNumber, "No. No NO 序号 编号 问题编号 问题序号 项目编号 号 条目"},
	{fSection, "方面 类别 问题类别 问题归类 问题分类 所属方面 巡察方面 问题类型 类型 归类 分类 项目 大类 巡察内容 涉及方面 反馈方面"},
	{fProblem, "问题 存在问题 存在的问题 反馈问题 问题内容 问题描述 问题概述 整改问题 巡察反馈问题 反馈的问题 反馈意见 巡察反馈意见 问题清单 主要问题 " +
		"存在隐患或问题 存在的问题或隐患 存在问题或隐患 隐患内容 巡察发现问题 发现问题 发现的问题 问题名称 问题标题 具体问题名称 反馈意见指出的问题 反馈问题内容 整改事项 整改内容 问题事项 指出问题 问题摘要 问题题目 整改项目"},
	{fManifest, "具体表现 主要表现 问题表现 表现 表现形式 问题具体表现 具体问题 存在的具体问题 存在具体问题 问题主要表现 突出表现 表现情况 具体情形 问题情形 主要情形 具体情况 问题具体描述 问题详情 具体描述 问题具体情况 反馈指出 巡察指出 巡察反馈指出 反馈意见指出 巡察组指出"},
	{fCause, "原因 原因分析 问题原因 产生原因 主要原因 原因剖析 问题根源 根源"},
	{fGoal, "整改目标 目标 整改标准 目标要求 预期目标 工作目标 整改要求 预期成效 预期效果 目标任务 达到目标 整改目标及标准 完成标准 销号标准 成果形式"},
	{fMeasure, "整改措施 整改举措 措施 举措 采取的整改措施 采取的措施 采取措施 计划整改措施 整改措施及成效 具体措施 整改具体措施 具体整改措施 主要措施 工作措施 整改任务 任务 整改任务及措施 整改工作措施 " +
		"任务清单 措施清单 整改要求及措施 拟采取措施 拟采取的措施 拟采取整改措施 整改办法 解决措施 工作举措 具体举措 主要举措 整改要求(措施) 重点任务 具体任务 工作任务 整改任务措施 整改思路及措施 措施内容 改进措施"},
	{fDone, "整改情况 整改落实情况 整改进展 整改进展情况 进展情况 进展 整改成效 整改完成情况 工作进展 落实情况 目前进展 目前进展情况 取得成效 整改措施落实情况 整改工作情况 已采取措施 已采取的措施 " +
		"整改落实 整改工作进展 工作开展情况 工作落实情况 阶段性成效 当前进展 最新进展 已开展工作 整改开展情况 整改举措及成效 整改措施及进展 具体整改情况 整改具体情况 主要做法 整改过程 整改进度 进度 整改措施和成效 推进情况 整改措施及成果 整改推进情况 落实整改情况"},
	{fNext, "下步打算 下一步打算 下步措施 下一步措施 下一步工作 下步工作 下一步工作打算 下步工作打算 下一步安排 下步计划 下一步计划 后续措施 下一步整改措施 下步整改措施 下步工作安排 下一步工作安排"},
	{fLeader, "责任领导 分管领导 牵头领导 整改责任领导 挂牌领导 包抓领导 主管领导 领衔领导 包案领导 牵头责任领导 分管责任人 责任县领导 牵头负责人 第一责任人 主要领导 牵头人 主责领导 领导责任人 牵头责任人 分管负责人 包保领导"},
	{fPerson, "责任人 整改责任人 责任人员 直接责任人 具体责任人 主要负责人 负责人 经办人 责任干部 主要责任人 承办人 主办人 具体负责人 责任人姓名 落实责任人 配合责任人 整改责任人员 整改负责人 联络人 具体经办人 具体承办人"},
	{fUnit, "责任单位 责任部门 责任科室 整改责任单位 牵头单位 主责单位 牵头部门 责任站所 责任股室 整改单位 责任主体单位 承办单位 主办单位 牵头科室 牵头责任单位 牵头整改部门 牵头整改单位 主要责任单位 主责部门 " +
		"责任办所 责任站办所 责任办公室 牵头股室 牵头办 牵头股室(办) 整改责任部门 落实单位 实施单位 责任村 责任村居 责任党组织 责任支部 承办部门 主体责任单位 具体责任单位 责任机构 责任站室 责任处室 牵头处室 牵头站所 责任办站所 整改牵头单位 主管单位 主管部门 整改主体"},
	{fCoUnit, "配合单位 协办单位 协同单位 参与单位 协助单位 配合部门 责任配合单位 配合科室 协办部门 协同部门 参加单位 配合责任单位 配合站所 配合股室 协作单位 共同责任单位 配合整改单位 整改配合单位 协同配合单位 参与部门"},
	{fOwner, "责任 责任主体 责任单位及责任人 责任单位和责任人 责任单位(人) 责任人及单位 责任人及责任单位 责任部门及责任人 责任分工 责任单位、责任人 责任领导及单位 责任清单 责任领导和责任单位 责任落实 整改责任 责任单位/责任人 责任部门及人员 责任领导、责任单位 责任者 " +
		"责任单位及人员 责任部门和责任人 责任单位与责任人 责任领导及责任单位 责任科室及责任人 责任部门、责任人 责任单位责任人 主责 责任归属 承办 牵头"},
	{fDeadline, "整改时限 完成时限 整改期限 整改时间 完成时间 时限 计划完成时间 完成日期 时间节点 期限 整改完成时限 计划完成日期 整改完成时间 完成期限 时限要求 整改时限要求 时间要求 计划完成时限 完成时间节点 拟完成时间 预计完成时间 整改完成期限 办结时限 时间 时限清单 整改截止时间 截止时间 整改时间节点 计划整改时间 整改到位时间 办结时间 办结期限 完成日 何时完成 截止日期 预计完成时限 完成节点 目标时限 限期 计划时限 办理时限 整改期"},
	{fStatus, "整改结果 完成情况 整改状态 状态 销号情况 销号状态 是否完成 完成状态 整改完成状态 是否销号 办理状态 当前状态 目前状态 完成与否 是否完成整改 复查结果 验收结果 整改类型状态 整改进度状态 办结状态 办理结果 评估结果 是否整改到位 整改完成与否 状态标识 完成程度"},
	{fSkip, "佐证材料 备注 说明 注 监督单位 督导单位 验收单位 督办单位 督导领导 监督领导 督查单位 整改前图片 整改后图片 整改档案清单 附件 联系人 联系电话 联系方式 电话 填表人 审核人 填报单位 填报时间 填表时间 填报人 制表人 资金 检查时间 检查人 检查单位 " +
		"复查时间 复查人 等级 程度 点位 项目 工点 销号时间 佐证 证明材料 支撑材料 验收人 监督人 督导责任人 整改成果 邮编 通讯地址 电子邮箱 邮箱 地址 来源 问题来源 性质 问题性质 频次 计量 是否长期 是否长期坚持 上级意见 审核意见 制表单位 制表日期 单位 日期 整改档案 监督责任人 监督责任 督办领导 验收标准 验收方式 公示情况 涉及单位 " +
		"监督电话 举报电话 邮政信箱 抄送 抄报 主送 通信地址 来信地址 受理电话"},
}

// labelSet finds label words by their last character.
type labelSet struct {
	byLast  map[rune][]labelWord
	byFirst map[rune][]labelWord
	exact   map[string]field
}

type labelWord struct {
	word  []rune
	field field
}

// labels is built from labelWords when first needed.
var labels = sync.OnceValue(func() labelSet {
	s := labelSet{map[rune][]labelWord{}, map[rune][]labelWord{}, map[string]field{}}
	insert := func(list []labelWord, w labelWord) []labelWord {
		at := len(list)
		for i, x := range list {
			if len(x.word) < len(w.word) {
				at = i
				break
			}
		}
		return append(list[:at], append([]labelWord{w}, list[at:]...)...)
	}
	for _, row := range labelWords {
		for _, word := range strings.Fields(row.words) {
			w := labelWord{[]rune(word), row.field}
			if _, double := s.exact[word]; double {
				continue
			}
			s.exact[word] = row.field
			last, first := w.word[len(w.word)-1], w.word[0]
			s.byLast[last] = insert(s.byLast[last], w)
			s.byFirst[first] = insert(s.byFirst[first], w)
		}
	}
	return s
})

// label is a label word in running text.
type label struct {
	field    field
	from, to int // with number, brackets and colon: the value begins at to
	word     span
	mark     int // index of the enumerator that stands before it, else -1
	line     bool
	plain    bool // without a colon
}

// labelBefore finds the longest label word that ends at c[end].
func (k *ink) labelBefore(end, floor int) (labelWord, int) {
	if end <= floor {
		return labelWord{}, -1
	}
	for _, w := range labels().byLast[k.c[end-1]] {
		at := end - len(w.word)
		if at < floor || !equal(k.c[at:end], w.word) {
			continue
		}
		return w, at
	}
	for _, w := range k.learned {
		if at := end - len(w.word); at >= floor && equal(k.c[at:end], w.word) {
			return w, at
		}
	}
	return labelWord{}, -1
}

// labelAfter finds the longest label word that starts at c[at].
func (k *ink) labelAfter(at, ceiling int) (labelWord, int) {
	if at >= ceiling {
		return labelWord{}, -1
	}
	for _, w := range labels().byFirst[k.c[at]] {
		if at+len(w.word) <= ceiling && equal(k.c[at:at+len(w.word)], w.word) {
			return w, at + len(w.word)
		}
	}
	return labelWord{}, -1
}

func equal(a, b []rune) bool {
	for i := range b {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

const (
	terminals = "。;:!?"
	closers   = "”」』)】\"’》]"
	openers   = "“「『(【‘《[〔"
)

// labelsIn finds the labels of one line. numbers are the enumerators of the line, in order.
func (k *ink) labelsIn(l *line, out []label) []label {
	done := l.from
	for i := l.from; i < l.to; i++ {
		switch k.c[i] {
		case ':':
			if lb, ok := k.colonLabel(i, done, l); ok {
				out = append(out, lb)
				done = lb.to
			}
		case '|':
			if w, end := k.labelAfter(i+1, l.to); end > 0 && end < l.to && k.gapAt(end) && len(w.word) >= 2 {
				out = append(out, label{field: w.field, from: i + 1, to: end, word: span{i + 1, end}, mark: -1})
				done = end
			}
		case '为', '在':
			if lb, ok := k.spokenLabel(i, done, l); ok {
				out = append(out, lb)
				done = lb.to
			}
		case '】', ']', '〕':
			if lb, ok := k.boxLabel(i, done, l); ok {
				out = append(out, lb)
				done = lb.to
				i = lb.to - 1
			}
		}
	}
	if k.plainLabel(l, out) {
		if lb, ok := k.lineLabel(l); ok {
			out = append([]label{}, out...)
			at := len(out)
			for at > 0 && out[at-1].from >= lb.from {
				at--
			}
			out = append(out[:at], append([]label{lb}, out[at:]...)...)
		}
	}
	return out
}

// plainLabel reports whether the line may begin with a label that has no colon: none was found at its start.
func (k *ink) plainLabel(l *line, found []label) bool {
	for i := len(found) - 1; i >= 0 && found[i].from >= l.from; i-- {
		if found[i].from-l.from < 8 {
			return false
		}
	}
	return l.to > l.from
}

// colonLabel tries the colon at c[i].
func (k *ink) colonLabel(i, floor int, l *line) (label, bool) {
	e := i
	if k.at0(e-1) == ')' {
		for b := e - 2; b > floor && b > e-12; b-- {
			if k.c[b] == '(' {
				if w, at := k.labelBefore(e, floor); at >= 0 {
					return k.found(w, at, e, i+1, floor, l)
				}
				e = b
				break
			}
		}
	}
	box := has("】]〕", k.at0(e-1))
	if box {
		e--
	}
	w, at := k.labelBefore(e, floor)
	if at < 0 {
		return label{}, false
	}
	return k.found(w, at, e, i+1, floor, l)
}

// spokenLabel tries 「责任科室为医务科，责任人为裘雨」 and 「表现为…」 at the start of a sentence.
func (k *ink) spokenLabel(i, floor int, l *line) (label, bool) {
	w, at := k.labelBefore(i, floor)
	if at < 0 || i+1 >= l.to {
		return label{}, false
	}
	start := at == l.from || at == l.markTo
	if k.c[i] == '在' && (w.field != fManifest || len(w.word) > 4) {
		return label{}, false
	}
	switch w.field {
	case fManifest:
		if !start && !has("。;", k.at0(at-1)) {
			return label{}, false
		}
	case fUnit, fCoUnit, fPerson, fLeader, fDeadline, fStatus:
		if len(w.word) < 3 || !start && !has(terminals+",", k.at0(at-1)) {
			return label{}, false
		}
	default:
		return label{}, false
	}
	return label{field: w.field, from: at, to: i + 1, word: span{at, i}, mark: -1, line: at == l.from}, true
}

// boxLabel tries the closing bracket at c[i], with or without a colon after it.
func (k *ink) boxLabel(i, floor int, l *line) (label, bool) {
	w, at := k.labelBefore(i, floor)
	if at < 0 || !has("【[〔", k.at0(at-1)) {
		return label{}, false
	}
	to := i + 1
	if k.at0(to) == ':' {
		to++
	}
	return label{field: w.field, from: at - 1, to: to, word: span{at, i}, mark: -1, line: at-1 == l.from}, true
}

// found checks what stands before the word and makes the label.
func (k *ink) found(w labelWord, at, end, to, floor int, l *line) (label, bool) {
	from := at
	if has("【[〔", k.at0(at-1)) && at-1 >= floor {
		from--
	}
	prev := k.at0(from - 1)
	boundary := from == l.from || from == floor || prev == '\n' || has(terminals, prev) || has(closers, prev) || has(",、([|", prev) || k.gapAt(from)
	if !boundary && (len(w.word) <= 3 || from-floor < 6 && w.field != fManifest) {
		// 「主要问题:」 the word is the tail of a longer one; 「x党委责任单位:」 after a value is fine for long words.
		if !(l.mark >= 0) && len(w.word) <= 3 {
			return label{}, false
		}
	}
	if !boundary && (w.field == fProblem || w.field == fManifest || w.field == fSkip || w.field == fNumber || w.field == fSection || w.field == fMeasure && has("以下列如", prev)) {
		return label{}, false
	}
	return label{field: w.field, from: from, to: to, word: span{at, end}, mark: -1, line: from == l.from}, true
}

// lineLabel tries a label without a colon at the start of a line: alone on it, or parted from its value by a blank.
func (k *ink) lineLabel(l *line) (label, bool) {
	at := l.from
	w, end := k.labelAfter(at, l.to)
	if end == l.to && k.starts(end-2, "清单") { // the heading of a list
		return label{}, false
	}
	if end > 0 && end < l.to-1 && len(w.word) >= 4 && has(";.·", k.c[end]) && w.field != fSkip { // a colon that scanning broke
		return label{field: w.field, from: at, to: end + 1, word: span{at, end}, mark: -1, line: true}, true
	}
	if end < 0 || end < l.to && !k.gapAt(end) || end == l.to && len(w.word) < 3 {
		return label{}, false
	}
	if end < l.to && (len(w.word) < 4 && w.field != fPerson || w.field == fSkip || w.field == fProblem) {
		return label{}, false
	}
	return label{field: w.field, from: at, to: end, word: span{at, end}, mark: -1, line: true}, true
}
