package web

import (
	"fmt"

	"bihuan/plan"
)

// noteWord is how a kind of note is called, and what the page offers to do about it.
type noteWord struct {
	title string // 责任悬空
	tag   string // on the mark in the document
	do    string // the action's words
	field string // of the edit panel that the action leads to
}

// noteWords names every code of package plan.
var noteWords = map[string]noteWord{
	plan.UnansweredManifestation: {"无措施的表现", "缺措施", "补一条措施", "add_measure"},
	plan.UnansweredDetail:        {"有事没措施", "没说到", "补进措施", "add_measure"},
	plan.VagueMeasure:            {"措施不具体", "不具体", "改措施", "text"},
	plan.VagueOwner:              {"责任悬空", "责任悬空", "现在指定", "persons"},
	plan.MissingOwner:            {"没有责任人", "缺责任", "现在指定", "units"},
	plan.MissingDeadline:         {"没有时限", "缺时限", "填时限", "deadline_text"},
	plan.UnknownValue:            {"空着没填", "待填", "现在填", "text"},
	plan.UncountableFrequency:    {"频次未定", "频次未定", "写明次数", "text"},
	plan.Contradiction:           {"前后矛盾", "矛盾", "改过来", "text"},
	plan.ExpiredCondition:        {"条件已过期", "已过期", "改措施", "text"},
	plan.UnnumberedMeasures:      {"措施没有编号", "没编号", "核对拆分", "text"},
	plan.AlreadyDone:             {"写的是已做的事", "已做", "改措施", "text"},
	plan.BreaksOff:               {"话没写完", "没写完", "补完整", "text"},
	plan.ForeignPlace:            {"外地地名", "外地", "改过来", "text"},
	plan.LawfulForm:              {"合规提示", "合规", "改措施", "text"},
	plan.BadDate:                 {"日期不存在", "日期错", "改日期", "deadline_text"},
	plan.DuplicateNumber:         {"编号重复", "编号重复", "改编号", "number"},
}

func wordOf(code string) noteWord {
	if w, ok := noteWords[code]; ok {
		return w
	}
	return noteWord{"请您看一下", "看", "去改", "text"}
}

// noteLevels are the levels of notes in the order of the page, with light, word and class.
var noteLevels = []struct {
	level plan.Level
	kind  string // of the light
	word  string
	mark  string // class of a mark in the document
}{{plan.LevelGap, "late", "缺口", "m m-gap"}, {plan.LevelCheck, "soon", "待定", "m m-ask"}, {plan.LevelInfo, "info", "提示", "m m-info"}}

// levelAt is the place of a level in noteLevels.
func levelAt(l plan.Level) int {
	for i, x := range noteLevels {
		if x.level == l {
			return i
		}
	}
	return len(noteLevels) - 1
}

// unsure is the confidence below which a page asks somebody to look.
const unsure = 0.85

// percent writes a confidence: 把握 62%.
func percent(c float64) string { return fmt.Sprintf("把握 %.0f%%", 100*c) }

// importKinds are what an upload may be for, as the screens call it.
var importKinds = map[string]string{"plan": "新方案", "revision": "修订现有方案", "merge": "并入村级台账"}
