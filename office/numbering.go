package office

import (
	"strconv"
	"strings"
)

const listLevels = 9

// listLevel is how one level of a list looks and counts.
type listLevel struct {
	format  string // ST_NumberFormat
	pad     int    // least number of digits of a custom format such as "001"; 0 for the others
	text    string // the label with %1 … %9 for the numbers of the levels
	start   int
	restart int // the level, from 1, whose use restarts this one; 0 never; -1 any level above
	legal   bool
	suffix  string // tab, space, nothing
	style   string // id of the paragraph style this level belongs to
	hidden  bool
	defined bool
}

// abstractList is a w:abstractNum. Lists that share one count on together.
type abstractList struct {
	levels    [listLevels]listLevel
	linked    string // id of the numbering style that really defines the levels
	styleLink string // id of the numbering style this one defines

	count [listLevels]int
	used  [listLevels]bool
}

// list is a w:num: an abstract list with changes.
type list struct {
	abstract  int
	levels    [listLevels]*listLevel // nil: as in the abstract list
	startOver [listLevels]int        // number to start with when the level is first used here; -1 for none
	used      [listLevels]bool
}

// numbering holds the lists of a document and how far each has counted.
type numbering struct {
	abstracts map[int]*abstractList
	lists     map[int]*list
}

// readNumbering reads numbering.xml.
func readNumbering(x *xmlReader) numbering {
	n := numbering{abstracts: map[int]*abstractList{}, lists: map[int]*list{}}
	if !x.child() {
		return n
	}
	for x.child() {
		switch {
		case x.space == spaceWord && string(x.local) == "abstractNum":
			id := integer(x.attr("abstractNumId"), -1)
			n.abstracts[id] = readAbstractList(x)
		case x.space == spaceWord && string(x.local) == "num":
			id := integer(x.attr("numId"), -1)
			n.lists[id] = readList(x)
		default:
			x.skip()
		}
	}
	return n
}

func readAbstractList(x *xmlReader) *abstractList {
	a := &abstractList{}
	for x.child() {
		switch string(x.local) {
		case "lvl":
			if i := integer(x.attr("ilvl"), -1); i >= 0 && i < listLevels {
				a.levels[i] = readListLevel(x)
				continue
			}
			x.skip()
		case "numStyleLink":
			a.linked = string(x.attr("val"))
			x.skip()
		case "styleLink":
			a.styleLink = string(x.attr("val"))
			x.skip()
		default:
			x.skip()
		}
	}
	return a
}

func readListLevel(x *xmlReader) listLevel {
	l := listLevel{format: "decimal", start: 0, restart: -1, suffix: "tab", defined: true}
	readLevelParts(x, &l)
	return l
}

func readLevelParts(x *xmlReader, l *listLevel) {
	for x.child() {
		val := string(x.attr("val"))
		switch string(x.local) {
		case "start":
			l.start = clamp(integer(x.attr("val"), 0), 0, maxCount)
		case "numFmt":
			l.format, l.pad = val, 0
			if val == "custom" { // "001, 002, 003, …"
				first, _, _ := strings.Cut(string(x.attr("format")), ",")
				l.format, l.pad = "decimal", min(len(strings.TrimSpace(first)), 10)
			}
		case "lvlText":
			l.text = val
		case "lvlRestart":
			l.restart = integer(x.attr("val"), -1)
		case "isLgl":
			l.legal = isOn(x)
		case "suff":
			l.suffix = val
		case "pStyle":
			l.style = val
		case "rPr":
			for x.child() {
				if string(x.local) == "vanish" {
					l.hidden = isOn(x)
				}
				x.skip()
			}
			continue
		case "AlternateContent", "Choice": // a custom number format, with what older programs show as the fallback
			readLevelParts(x, l)
			continue
		}
		x.skip()
	}
}

func readList(x *xmlReader) *list {
	l := &list{abstract: -1}
	for i := range l.startOver {
		l.startOver[i] = -1
	}
	for x.child() {
		switch string(x.local) {
		case "abstractNumId":
			l.abstract = integer(x.attr("val"), -1)
			x.skip()
		case "lvlOverride":
			i := integer(x.attr("ilvl"), -1)
			for x.child() {
				switch {
				case i < 0 || i >= listLevels:
					x.skip()
				case string(x.local) == "startOverride":
					l.startOver[i] = clamp(integer(x.attr("val"), 0), 0, maxCount)
					x.skip()
				case string(x.local) == "lvl":
					level := readListLevel(x)
					l.levels[i] = &level
				default:
					x.skip()
				}
			}
		default:
			x.skip()
		}
	}
	return l
}

// maxCount keeps a hostile start value from overflowing the counting.
const maxCount = 1 << 30

// resolve finds a list and the abstract list it counts by, following a link to a numbering style.
func (n *numbering) resolve(id int, styles *styleSheet) (*list, *abstractList) {
	for range 8 { // links form no long chains; a circle of them ends here
		l := n.lists[id]
		if l == nil {
			return nil, nil
		}
		a := n.abstracts[l.abstract]
		if a == nil || a.linked == "" {
			return l, a
		}
		id = styles.resolve(a.linked).list
		if id <= 0 {
			return l, a
		}
	}
	return nil, nil
}

// level returns how level i of a list looks.
func (l *list) level(a *abstractList, i int) *listLevel {
	if l.levels[i] != nil {
		return l.levels[i]
	}
	return &a.levels[i]
}

// start is the number a level begins with, here and whenever it begins anew.
func (l *list) start(a *abstractList, i int) int {
	if l.startOver[i] >= 0 {
		return l.startOver[i]
	}
	return l.level(a, i).start
}

// styleLevel finds the level that belongs to a paragraph style.
func (n *numbering) styleLevel(id int, style string, styles *styleSheet) (int, bool) {
	l, a := n.resolve(id, styles)
	if a == nil || style == "" {
		return 0, false
	}
	for i := range listLevels {
		if l.level(a, i).style == style {
			return i, true
		}
	}
	return 0, false
}

// advance counts one paragraph of a list and returns its label, with the blank that parts it from the text.
func (n *numbering) advance(id, level int, styles *styleSheet) string {
	l, a := n.resolve(id, styles)
	if a == nil {
		return ""
	}
	level = clamp(level, 0, listLevels-1)
	own := l.level(a, level)
	if !own.defined {
		return ""
	}
	if restarts := l.startOver[level] >= 0 && !l.used[level]; a.used[level] && !restarts {
		a.count[level]++
	} else {
		a.count[level] = l.start(a, level)
	}
	l.used[level], a.used[level] = true, true
	for i := range level { // a level passed over counts as begun
		if !a.used[i] {
			a.count[i], a.used[i] = l.start(a, i), true
		}
	}
	for i := level + 1; i < listLevels; i++ {
		if r := l.level(a, i).restart; r < 0 || level < r {
			a.used[i] = false
		}
	}
	if own.hidden {
		return ""
	}
	return own.label(l, a)
}

// label fills the numbers into the level's text.
func (own *listLevel) label(l *list, a *abstractList) string {
	if own.format == "bullet" {
		return spaced(symbols(own.text), own.suffix)
	}
	var b strings.Builder
	text := own.text
	for {
		i := strings.IndexByte(text, '%')
		if i < 0 || i+1 == len(text) {
			break
		}
		b.WriteString(text[:i])
		digit := text[i+1]
		if digit < '1' || digit > '9' {
			b.WriteByte('%')
			text = text[i+1:]
			continue
		}
		text = text[i+2:]
		k := int(digit - '1')
		if !a.used[k] {
			continue // a deeper level than this one: nothing to show
		}
		of := l.level(a, k)
		switch {
		case own.legal:
			b.WriteString(strconv.Itoa(a.count[k]))
		case of.pad > 0:
			b.WriteString(padded(a.count[k], of.pad))
		default:
			b.WriteString(listNumber(of.format, a.count[k]))
		}
	}
	b.WriteString(text)
	return spaced(clean(b.String()), own.suffix)
}

// spaced parts a label from its text as a reader sees it. A wide character brings its own distance; after a narrow one the
// text would run into the number: 1.5亩.
func spaced(label, suffix string) string {
	if label == "" || suffix == "nothing" {
		return label
	}
	runes := []rune(label)
	if last := runes[len(runes)-1]; last >= 0x2E80 || last == ' ' {
		return label
	}
	return label + " "
}

func clamp(n, low, high int) int { return max(low, min(n, high)) }

// integer reads a whole number out of an attribute; otherwise stands for what is none or does not fit.
func integer(b []byte, otherwise int) int {
	if len(b) == 0 || len(b) > 18 {
		return otherwise
	}
	n, err := strconv.Atoi(string(b))
	if err != nil {
		return otherwise
	}
	return n
}

// isOn reads a switch such as <w:b/> or <w:b w:val="0"/>.
func isOn(x *xmlReader) bool {
	switch string(x.attr("val")) {
	case "0", "false", "off", "none":
		return false
	}
	return true
}
