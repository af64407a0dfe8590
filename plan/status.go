package plan

import "strings"

// stateWords are the words for the state of a finding, longer ones first where one begins another.
var stateWords = []string{
	"已完成整改", "已整改完成", "已基本完成整改", "已基本完成", "基本完成整改", "基本完成", "已全部完成", "全部完成", "已整改到位", "整改到位", "未整改到位", "已完成并长期坚持", "已完成,长期坚持", "已完成",
	"完成整改", "整改完成", "已办结", "已报结", "阶段性办结", "取得阶段性成果并持续整改", "取得阶段性成效", "取得阶段性成果", "已取得阶段性成效", "部分整改", "部分完成", "正在整改", "正在推进", "按序时进度推进", "推进中", "整改中",
	"进行中", "未完成", "未整改", "尚未完成", "持续整改", "长期坚持", "有待持续整改", "持续推进", "持续巩固", "已移交", "逾期", "已整改", "已销号", "未销号", "销号", "立行立改", "正在进行", "正在实施", "完成", "未启动", "已逾期", "超期", "已启动", "办结", "未办结", "常态化推进", "常态化", "长期整改", "持续深化",
	"有序推进", "序时推进", "已落实", "持续坚持", "达到序时进度", "合格", "不合格", "是", "否", "√",
}

// state reports whether a short text is a state word, perhaps with a few others around it.
func (k *ink) state(s span) (span, bool) {
	s = k.trim(s, "。;,、:()【】[]")
	for _, w := range []string{"目前", "该问题", "现", "此问题", "问题", "本问题", "整改状态", "状态"} {
		if k.starts(s.a, w) && s.b-s.a > runeLen(w) {
			s = k.trim(span{s.a + runeLen(w), s.b}, ",:")
		}
	}
	if s.empty() || s.b-s.a > 24 {
		return s, false
	}
	text := k.bare(s)
	for _, w := range stateWords {
		if text == w {
			return s, true
		}
	}
	if s.b-s.a > 16 {
		return s, false
	}
	rest := text
	hit := false
	for _, w := range stateWords { // 已完成并持续巩固
		if len(w) < 9 && w != "完成" {
			continue
		}
		if i := strings.Index(rest, w); i >= 0 {
			rest = rest[:i] + rest[i+len(w):]
			hit = true
		}
	}
	return s, hit && runeLen(rest) <= 4
}

// stateIn finds the state in a value: all of it when it is short, else its first clause.
func (k *ink) stateIn(s span) (state, rest span, ok bool) {
	s = k.clean(s)
	if at, ok := k.state(s); ok {
		return at, span{s.b, s.b}, true
	}
	for i := s.a; i < s.b && i < s.a+24; i++ {
		if has("。;,:(", k.c[i]) {
			if at, ok := k.state(span{s.a, i}); ok {
				return at, k.clean(span{i, s.b}), true
			}
			if has("。;(", k.c[i]) {
				break
			}
		}
	}
	return span{}, s, false
}
