package plan

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Field is a value of an item that a correction can set.
type Field string

// The fields.
const (
	FieldTitle         Field = "title"
	FieldInspectedUnit Field = "inspected_unit"
	FieldPeriodStart   Field = "period_start" // date
	FieldPeriodEnd     Field = "period_end"   // date
	FieldFeedbackDate  Field = "feedback_date"
	FieldNumber        Field = "number"
	FieldText          Field = "text"
	FieldGoal          Field = "goal"
	FieldLeader        Field = "leader"
	FieldUnits         Field = "units"   // parted by 、 lead first
	FieldPersons       Field = "persons" // likewise
	FieldDeadlineText  Field = "deadline_text"
	FieldDeadlineDate  Field = "deadline_date"
	FieldStatus        Field = "status"
)

// value is one settable value: how it is called, how it is read as one string, and how it is set.
type value struct {
	word string
	get  func(p *Plan, at Spot) string
	set  func(p *Plan, at Spot, v string) error
}

// longest is how many runes a value may have: a whole page, and far more than any real one.
const longest = 5000

// values lists every value that can be set, by item and field.
var values = map[Item]map[Field]value{
	ItemPlan: {
		FieldTitle:         maybeOf("标题", func(p *Plan, _ Spot) *Maybe { return &p.Title }),
		FieldInspectedUnit: maybeOf("被巡察单位", func(p *Plan, _ Spot) *Maybe { return &p.InspectedUnit }),
		FieldFeedbackDate:  dayOf("反馈日期", func(p *Plan, _ Spot) *Maybe { return &p.FeedbackDate }),
		FieldPeriodStart: {"巡察开始日期", func(p *Plan, _ Spot) string { return string(p.period().Start) },
			func(p *Plan, _ Spot, v string) error { return p.setPeriod(v, string(p.period().End)) }},
		FieldPeriodEnd: {"巡察结束日期", func(p *Plan, _ Spot) string { return string(p.period().End) },
			func(p *Plan, _ Spot, v string) error { return p.setPeriod(string(p.period().Start), v) }},
	},
	ItemSection: {
		FieldNumber: plainOf("方面编号", func(p *Plan, at Spot) *string { return &p.Sections[at.Section].Number }),
		FieldTitle:  plainOf("方面名称", func(p *Plan, at Spot) *string { return &p.Sections[at.Section].Title }),
	},
	ItemFinding: {
		FieldNumber: plainOf("问题编号", func(p *Plan, at Spot) *string { return &p.finding(at).Number }),
		FieldTitle:  neededOf("问题", func(p *Plan, at Spot) *string { return &p.finding(at).Title }),
		FieldGoal:   maybeOf("整改目标", func(p *Plan, at Spot) *Maybe { return &p.finding(at).Goal }),
		FieldLeader: maybeOf("责任领导", func(p *Plan, at Spot) *Maybe { return &p.finding(at).Leader }),
		FieldUnits: {"责任单位", func(p *Plan, at Spot) string { return strings.Join(p.finding(at).Units, "、") },
			func(p *Plan, at Spot, v string) error {
				f := p.finding(at)
				f.Units, f.Sources.Units = reassign(f.Units, f.Sources.Units, listed(v))
				return nil
			}},
		FieldPersons:      {"责任人", func(p *Plan, at Spot) string { return strings.Join(p.finding(at).Persons, "、") }, setPersons},
		FieldDeadlineText: {"完成时限", func(p *Plan, at Spot) string { return string(p.finding(at).DeadlineText) }, setDeadline},
		FieldDeadlineDate: {"完成日期", func(p *Plan, at Spot) string { return string(p.finding(at).DeadlineDate) }, setDeadlineDate},
		FieldStatus: {"整改状态", func(p *Plan, at Spot) string { return string(p.finding(at).Status) },
			func(p *Plan, at Spot, v string) error {
				f := p.finding(at)
				f.Status = Maybe(v)
				f.LongTerm = lasting(f.DeadlineText) || lasting(f.Status)
				return nil
			}},
	},
	ItemManifestation: {
		FieldNumber: plainOf("编号", func(p *Plan, at Spot) *string { return &p.finding(at).Manifestations[at.Index].Number }),
		FieldText:   neededOf("具体表现", func(p *Plan, at Spot) *string { return &p.finding(at).Manifestations[at.Index].Text }),
	},
	ItemMeasure: {
		FieldNumber: plainOf("编号", func(p *Plan, at Spot) *string { return &p.finding(at).Measures[at.Index].Number }),
		FieldText: {"整改措施", func(p *Plan, at Spot) string { return p.finding(at).Measures[at.Index].Text },
			func(p *Plan, at Spot, v string) error {
				if v == "" {
					return emptyText("整改措施")
				}
				m := &p.finding(at).Measures[at.Index]
				m.Text = v
				m.derive()
				return nil
			}},
	},
}

func plainOf(word string, at func(*Plan, Spot) *string) value {
	return value{word, func(p *Plan, s Spot) string { return *at(p, s) }, func(p *Plan, s Spot, v string) error {
		*at(p, s) = v
		return nil
	}}
}

// neededOf is a text that may not be empty.
func neededOf(word string, at func(*Plan, Spot) *string) value {
	v := plainOf(word, at)
	set := v.set
	v.set = func(p *Plan, s Spot, text string) error {
		if text == "" {
			return emptyText(word)
		}
		return set(p, s, text)
	}
	return v
}

func emptyText(word string) error {
	return fmt.Errorf("%s不能空着；不要这一条，请用“删去”", word)
}

func maybeOf(word string, at func(*Plan, Spot) *Maybe) value {
	return value{word, func(p *Plan, s Spot) string { return string(*at(p, s)) }, func(p *Plan, s Spot, v string) error {
		*at(p, s) = Maybe(v)
		return nil
	}}
}

// dayOf is a date.
func dayOf(word string, at func(*Plan, Spot) *Maybe) value {
	v := maybeOf(word, at)
	v.set = func(p *Plan, s Spot, text string) error {
		day, err := p.day(word, text)
		if err == nil {
			*at(p, s) = day
		}
		return err
	}
	return v
}

// Value is the value of a field as one string, the way [DoSet] takes it; lists are parted by 、. ok is false when the item has no
// such field or nothing stands at the spot.
func (p *Plan) Value(at Spot, f Field) (text string, ok bool) {
	v, ok := values[at.Item][f]
	if !ok || p.find(at, false) != nil {
		return "", false
	}
	return v.get(p, at), true
}

// set gives one field a value.
func (p *Plan) set(c Correction) (string, error) {
	v, ok := values[c.At.Item][c.Field]
	if !ok {
		return "", fmt.Errorf("%s没有“%s”这一项", p.Name(c.At), c.Field)
	}
	text, err := clean(c.Value)
	if err != nil {
		return "", fmt.Errorf("%s%s", v.word, err)
	}
	old := v.get(p, c.At)
	if err := v.set(p, c.At, text); err != nil {
		return "", err
	}
	if c.At.Item == ItemFinding {
		p.finding(c.At).Confidence = 1 // somebody has looked
	}
	name := p.Name(c.At)
	switch now := v.get(p, c.At); {
	case old == "":
		return fmt.Sprintf("%s %s填为%s", name, v.word, quote(now)), nil
	case now == "":
		return fmt.Sprintf("%s %s%s改为空", name, v.word, quote(old)), nil
	default:
		return fmt.Sprintf("%s %s%s改为%s", name, v.word, quote(old), quote(now)), nil
	}
}

// accept records that a person found a finding or measure right as it was read.
func (p *Plan) accept(c Correction) (string, error) {
	switch c.At.Item {
	case ItemFinding:
		p.finding(c.At).Confidence = 1
	case ItemMeasure:
		p.finding(c.At).Measures[c.At.Index].Confidence = 1
	default:
		return "", fmt.Errorf("%s没有把握高低之分，不用核对", p.Name(c.At))
	}
	return p.Name(c.At) + " 已核对，读得对", nil
}

// clean takes out of a typed text what no document would hold: control signs, line breaks, white space at the ends.
func clean(s string) (string, error) {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			if r == '\t' {
				return ' '
			}
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	if n := runeLen(s); n > longest {
		return "", fmt.Errorf("有%d个字，最多%d个，请分成几条", n, longest)
	}
	return s, nil
}

// listed parts names at the signs that stand between names.
func listed(s string) []string {
	out := []string{}
	for _, name := range strings.FieldsFunc(s, func(r rune) bool { return has("、，,；;/", r) }) {
		if name = strings.TrimSpace(name); name != "" {
			out = appendOnce(out, name)
		}
	}
	return out
}

// reassign gives names their old sources where they have one.
func reassign(old []string, sources []Source, names []string) ([]string, []Source) {
	out := make([]Source, len(names))
	known := false
	for i, name := range names {
		if j := slices.Index(old, name); j >= 0 && j < len(sources) {
			out[i], known = sources[j], true
		}
	}
	if !known {
		out = nil
	}
	return names, out
}

// setPersons drops posts in brackets and refuses a unit where a person is asked for.
func setPersons(p *Plan, at Spot, v string) error {
	names := []string{}
	for _, name := range listed(v) {
		name, _, _ = strings.Cut(strings.Replace(name, "(", "（", 1), "（")
		name = strings.TrimSpace(name)
		if name == "" {
			continue
		}
		if unitLike(name) && (!nameLike(name) || officeLike(name)) {
			return fmt.Errorf("责任人：“%s”是单位，这里要填一个人；单位请填在“责任单位”里", name)
		}
		names = appendOnce(names, name)
	}
	f := p.finding(at)
	f.Persons, f.Sources.Persons = reassign(f.Persons, f.Sources.Persons, names)
	return nil
}

// officeLike reports whether a name that might be a person's, such as 党建办, ends as offices do and people hardly ever.
func officeLike(name string) bool {
	r := []rune(name)
	return len(r) > 2 && has("办所站局委部室厅处股", r[len(r)-1])
}

// setDeadline sets the deadline as printed. The date follows it, unless the date that stands there is a person's own: not the
// one that the old words give.
func setDeadline(p *Plan, at Spot, v string) error {
	d := p.deadline(v)
	if d.Err != nil {
		return fmt.Errorf("完成时限：%s，请核对原文或改成能到的日子", d.Err)
	}
	f := p.finding(at)
	own := f.DeadlineDate != "" && f.DeadlineDate != p.deadline(string(f.DeadlineText)).Date
	f.DeadlineText = Maybe(v)
	if !own {
		f.DeadlineDate, f.Precision = d.Date, d.Precision
	}
	f.LongTerm = lasting(f.DeadlineText) || lasting(f.Status)
	return nil
}

func setDeadlineDate(p *Plan, at Spot, v string) error {
	day, err := p.day("完成日期", v)
	if err != nil {
		return err
	}
	f := p.finding(at)
	f.DeadlineDate, f.Precision = day, ""
	if day != "" {
		f.Precision = "day"
	}
	return nil
}

// lasting reports whether a deadline or status makes a standing duty.
func lasting(m Maybe) bool { return ParseDeadline(string(m), 0).LongTerm }

// deadline reads a deadline as the document of p means it: a date without a year falls on or after the feedback.
func (p *Plan) deadline(text string) Deadline {
	k := inkOf(text)
	return k.deadline(k.trim(span{0, len(k.c)}, "。;,、"), p.base())
}

// base is the day that dates without a year fall on or after: the feedback, else the end of the inspection, else the first of
// January of the earliest year that any deadline has; else unknown.
func (p *Plan) base() date {
	for _, m := range []Maybe{p.FeedbackDate, p.period().End, p.period().Start} {
		if d, ok := fullDate(string(m)); ok {
			return d
		}
	}
	var base date
	for _, s := range p.Sections {
		for _, f := range s.Findings {
			if d, ok := fullDate(string(f.DeadlineDate)); ok && (base.y == 0 || d.y < base.y) {
				base = date{d.y, 1, 1}
			}
		}
	}
	return base
}

// fullDate reads YYYY-MM-DD.
func fullDate(s string) (date, bool) {
	var d date
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return d, false
	}
	if _, err := fmt.Sscanf(s, "%4d-%2d-%2d", &d.y, &d.m, &d.d); err != nil {
		return date{}, false
	}
	return d, d.y > 0 && d.m >= 1 && d.m <= 12 && d.d >= 1 && d.d <= lastDay(d.y, d.m)
}

// day reads a date that somebody typed: 2026-04-30, 2026.4.30, 2026年4月30日, 4月30日. The empty text is unknown.
func (p *Plan) day(word, text string) (Maybe, error) {
	if text == "" {
		return "", nil
	}
	if _, ok := fullDate(text); ok {
		return Maybe(text), nil
	}
	d := p.deadline(text)
	switch {
	case d.Err != nil:
		return "", fmt.Errorf("%s：%s，请写成 2026-04-30 这样", word, d.Err)
	case d.Date == "" || d.Precision != "day":
		return "", fmt.Errorf("%s：“%s”不是日历上的一天，请写成 2026-04-30 这样", word, text)
	}
	return d.Date, nil
}

func (p *Plan) period() Period {
	if p.Period == nil {
		return Period{}
	}
	return *p.Period
}

func (p *Plan) setPeriod(start, end string) error {
	from, err := p.day("巡察开始日期", start)
	if err != nil {
		return err
	}
	to, err := p.day("巡察结束日期", end)
	if err != nil {
		return err
	}
	if from != "" && to != "" && to < from {
		return fmt.Errorf("巡察时间：结束日期%s早于开始日期%s，请核对", to, from)
	}
	p.Period = nil
	if from != "" || to != "" {
		p.Period = &Period{Start: from, End: to}
	}
	return nil
}
