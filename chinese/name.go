package chinese

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/unicode/norm"
)

// Name writes a name the one way in which two ways of writing it are the same: without blanks, with one kind of middle dot, in
// half-width capitals. No character is replaced by another: what the register says is never corrected.
func Name(text string) string {
	if plainName(text) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch r {
		case '·', '•', '．', '‧', '・', '･', '∙', '⋅', '●', '᛫', '。', '.', '﹒', '▪', '⸱':
			r = '·'
		}
		if r >= 0xff01 && r <= 0xff5e {
			r -= 0xfee0
		}
		if !Blank(r) && r >= ' ' {
			b.WriteRune(unicode.ToUpper(r))
		}
	}
	return strings.Trim(b.String(), "'·")
}

// plainName tells that nothing needs to be rewritten, which holds for nearly all of a register.
func plainName(text string) bool {
	for _, r := range text {
		if r < 0x4e00 || r > 0x9fff {
			return false
		}
	}
	return true
}

// NameLikeness says how two names differ, the closest first.
type NameLikeness uint8

// The layers in which names are compared.
const (
	NameSame      NameLikeness = iota // the same but for blanks and the kind of dot
	NameVariant                       // variant or traditional characters
	NameWildcard                      // a character that the other system could not write: private use, ?, ■, *, pinyin, left out
	NameHomophone                     // the same sound
	NameShuffled                      // the same characters in another order
	NameOneOff                        // one character wrong, the surname right
	NameOther                         // another name
)

// Weight is how much of a match a likeness is worth: 1 for the same name, 0 for another.
func (l NameLikeness) Weight() float64 { return [...]float64{1, 0.97, 0.92, 0.9, 0.8, 0.8, 0}[l] }

// CompareNames finds the first layer in which two names agree.
func CompareNames(a, b string) NameLikeness {
	a, b = Name(a), Name(b)
	if a == b {
		return NameSame
	}
	if a == "" || b == "" {
		return NameOther
	}
	x, y := signs(a), signs(b)
	switch {
	case alike(x, y, sameVariant):
		return NameVariant
	case alike(x, y, func(p, q sign) bool { return sameVariant(p, q) || wild(p, q) }), oneLeftOut(x, y):
		return NameWildcard
	case alike(x, y, func(p, q sign) bool { return sameVariant(p, q) || wild(p, q) || sameSound(p, q) }):
		return NameHomophone
	case shuffled(x, y):
		return NameShuffled
	case oneOff(x, y):
		return NameOneOff
	}
	return NameOther
}

// NameIn finds where a text names somebody, as pairs of offsets in bytes: with blanks or dots between the characters and in variants of them
// too. A name with a character that nobody can read, or of only one, is found nowhere.
func NameIn(text, name string) [][2]int {
	var sought []rune
	for _, s := range signs(Name(name)) {
		if s.wild && s.latin == "" {
			return nil
		}
		for _, r := range s.latin {
			sought = append(sought, unicode.ToUpper(r))
		}
		if s.latin == "" && !joins(s.r) {
			sought = append(sought, standard(s.r))
		}
	}
	if len(sought) < 2 {
		return nil
	}
	return spans(text, sought)
}

// NumberIn finds where a text holds a number of a citizen, as [NameIn] does: in wide digits, or parted by blanks or hyphens too.
func NumberIn(text string, n IDNumber) [][2]int { return spans(text, []rune(n.String())) }

// joins tells whether a sign may stand between the parts of a name or number and says nothing.
func joins(r rune) bool {
	return Blank(r) || strings.ContainsRune("·•．‧・･∙⋅●-－—", r)
}

// spans finds the signs in a text, the first first and none over another.
func spans(text string, sought []rune) [][2]int {
	var folded []rune
	var at [][2]int // where each stands
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !joins(r) {
			folded, at = append(folded, standard(unicode.ToUpper(Fold(r)))), append(at, [2]int{i, i + size})
		}
		i += size
	}
	var found [][2]int
	for i := 0; i+len(sought) <= len(folded); i++ {
		if slices.Equal(folded[i:i+len(sought)], sought) {
			found = append(found, [2]int{at[i][0], at[i+len(sought)-1][1]})
			i += len(sought) - 1
		}
	}
	return found
}

// sign is one character of a name, or what stands for one.
type sign struct {
	r     rune
	latin string // pinyin that a bank wrote for a character
	wild  bool   // a character nobody can read
}

// signs cuts a name into what stands for one character each.
func signs(name string) []sign {
	var list []sign
	runes := []rune(name)
	for i := 0; i < len(runes); i++ {
		switch r := runes[i]; {
		case r >= 'A' && r <= 'Z':
			j := i
			for j < len(runes) && runes[j] >= 'A' && runes[j] <= 'Z' {
				j++
			}
			list = append(list, sign{latin: strings.ToLower(string(runes[i:j])), wild: true})
			i = j - 1
		case r >= 0x2ff0 && r <= 0x2fff: // ⿰亻韦: a character drawn by its parts
			for parts := descriptionParts(r); parts > 0 && i+1 < len(runes); parts-- {
				i++
				if runes[i] >= 0x2ff0 && runes[i] <= 0x2fff {
					parts += descriptionParts(runes[i])
				}
			}
			list = append(list, sign{r: '?', wild: true})
		case r >= 0xe000 && r <= 0xf8ff, r >= 0xf0000, r == unicode.ReplacementChar, strings.ContainsRune("?？*＊■□▇█_＿〓◆△▲×", r):
			list = append(list, sign{r: r, wild: true})
		case r == '(' || r == '[' || r == '（' || r == '【': // a remark behind the name
			if len(list) > 1 {
				return list
			}
			list = append(list, sign{r: r})
		default:
			list = append(list, sign{r: r})
		}
	}
	return list
}

// descriptionParts is how many parts an ideographic description character joins.
func descriptionParts(r rune) int {
	if r == 0x2ff2 || r == 0x2ff3 {
		return 3
	}
	return 2
}

func alike(x, y []sign, same func(p, q sign) bool) bool {
	if len(x) != len(y) {
		return false
	}
	real := 0 // a name of question marks is like any other
	for i := range x {
		if !same(x[i], y[i]) {
			return false
		}
		if !x[i].wild && !y[i].wild {
			real++
		}
	}
	return real > 0
}

func sameVariant(p, q sign) bool {
	return p.latin == q.latin && (p.r == q.r || standard(p.r) == standard(q.r) && !p.wild && !q.wild)
}

// wild tells whether one of two signs stands for a character its writer did not have. Pinyin must sound like it.
func wild(p, q sign) bool {
	switch {
	case p.latin != "" && q.latin != "":
		return p.latin == q.latin
	case p.latin != "" && !q.wild:
		return soundsLike(q.r, p.latin)
	case q.latin != "" && !p.wild:
		return soundsLike(p.r, q.latin)
	}
	return p.wild || q.wild
}

// soundsLike takes pinyin or its first letter; of a character the dictionary does not have, any.
func soundsLike(r rune, latin string) bool {
	sounds := readings(r)
	return len(sounds) == 0 || slices.ContainsFunc(sounds, func(s string) bool { return s == latin || s[:1] == latin })
}

func sameSound(p, q sign) bool {
	if p.wild || q.wild {
		return false
	}
	sounds := readings(p.r)
	return slices.ContainsFunc(readings(q.r), func(s string) bool { return slices.Contains(sounds, s) })
}

// oneLeftOut tells whether the shorter name is the longer one without a character that is rare enough to be left out: at least
// the surname must be there. Of characters that every system has, none is left out for being rare.
func oneLeftOut(x, y []sign) bool {
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(x)+1 != len(y) || len(x) < 1 || !sameVariant(x[0], y[0]) {
		return false
	}
	for gap := 1; gap < len(y); gap++ {
		if !everyday(y[gap].r) && slices.EqualFunc(x[1:gap], y[1:gap], sameVariant) && slices.EqualFunc(x[gap:], y[gap+1:], sameVariant) {
			return true
		}
	}
	return false
}

func shuffled(x, y []sign) bool {
	if len(x) != len(y) || len(x) < 2 {
		return false
	}
	a, b := sortedRunes(x), sortedRunes(y)
	return slices.Equal(a, b)
}

func sortedRunes(x []sign) []rune {
	list := make([]rune, len(x))
	for i, s := range x {
		list[i] = standard(s.r)
	}
	slices.Sort(list)
	return list
}

// oneOff allows one character to be wrong, missing or too many behind the surname. A given name of one character must be kept in
// part, so that 王芳 and 王军 are two people: there the wrong one has to look or sound alike, which is asked before.
func oneOff(x, y []sign) bool {
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(x) < 2 || len(y) < 3 || !sameVariant(x[0], y[0]) {
		return false
	}
	if len(x) == len(y) {
		wrong := 0
		for i := range x {
			if !sameVariant(x[i], y[i]) {
				wrong++
			}
		}
		return wrong == 1
	}
	if len(x)+1 != len(y) {
		return false
	}
	for gap := 1; gap < len(y); gap++ {
		if slices.EqualFunc(x[1:gap], y[1:gap], sameVariant) && slices.EqualFunc(x[gap:], y[gap+1:], sameVariant) {
			return true
		}
	}
	return false
}

//go:embed variants.txt
var variantLines string

// standards maps each variant to the character its group is known by.
var standards = sync.OnceValue(func() map[rune]rune {
	m := map[rune]rune{}
	for line := range strings.SplitSeq(variantLines, "\n") {
		group := []rune(line)
		if len(group) < 2 || group[0] == '#' {
			continue
		}
		head := group[0]
		for _, r := range group { // a character already known ties its group to this one
			if known, ok := m[r]; ok {
				head = known
			}
		}
		for _, r := range group {
			if old, ok := m[r]; ok && old != head {
				for k, v := range m {
					if v == old {
						m[k] = head
					}
				}
			}
			m[r] = head
		}
	}
	return m
})

// standard is the character a variant stands for. Compatibility ideographs count as what they are compatible with.
func standard(r rune) rune {
	if r >= 0x2e80 && r <= 0x2fdf || r >= 0xf900 && r <= 0xfaff || r >= 0x2f800 && r <= 0x2fa1f {
		if one := []rune(norm.NFKC.String(string(r))); len(one) == 1 {
			r = one[0]
		}
	}
	if s, ok := standards()[r]; ok {
		return s
	}
	return r
}

// readings are the pinyin of a character without tones, each once.
func readings(r rune) []string {
	var list []string
	for _, s := range pinyin.SinglePinyin(r, pinyin.Args{Style: pinyin.Normal, Heteronym: true}) {
		if s != "" && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// everyday tells whether a character is among the 6,763 that every system can write.
func everyday(r rune) bool {
	if r < 0x4e00 || r > 0x9fa5 {
		return false
	}
	b, err := simplifiedchinese.GBK.NewEncoder().String(string(r))
	return err == nil && len(b) == 2 && b[0] >= 0xb0 && b[0] <= 0xf7 && b[1] >= 0xa1
}
