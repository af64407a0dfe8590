package evidence

import (
	"hash/fnv"
	"math/bits"
	"regexp"
	"slices"
	"strings"

	"bihuan/chinese"
)

// A text print is what is left of a text to compare it by, without the text: the terms that it is searched by, hashed. 64 signs, each of
// which most terms have in common (simhash), tell which texts may be alike; the smallest of the hashes tell how much of their terms two
// texts share. Nobody reads words out of it.

// TextPrint is what a text looks like.
type TextPrint struct {
	signs  uint64
	sketch []uint32 // the smallest hashes of its terms, ascending, at most sketchSize
	length int      // Han characters and words
}

// sketchSize is how many hashes are kept: of longer texts a sample, from which the share is known to a tenth.
const sketchSize = 128

// LeastText is how long a text must be to be compared: below are phrases that everybody writes.
const LeastText = 25

// mostText is how much of a text is compared, in runes.
const mostText = 30_000

// NewTextPrint takes the print of a text.
func NewTextPrint(text string) TextPrint {
	if len(text) > mostText*4 {
		text = text[:mostText*4]
	}
	terms := chinese.Terms(text)
	p := TextPrint{length: len(terms)}
	slices.Sort(terms)
	var votes [64]int
	for _, t := range slices.Compact(terms) {
		h := fnv.New64a()
		h.Write([]byte(t))
		sum := mix(h.Sum64())
		for b := range votes {
			if sum>>b&1 == 1 {
				votes[b]++
			} else {
				votes[b]--
			}
		}
		p.sketch = append(p.sketch, uint32(sum>>32))
	}
	for b, v := range votes {
		if v > 0 {
			p.signs |= 1 << b
		}
	}
	slices.Sort(p.sketch)
	p.sketch = slices.Compact(p.sketch)
	p.sketch = p.sketch[:min(len(p.sketch), sketchSize)]
	return p
}

// mix spreads what differs in a hash over all its bits.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// mostTextSigns is in how many of 64 signs two texts may differ to be compared closely. Of texts that share nothing one pair in 3,000
// differs in so few.
const mostTextSigns = 18

// near tells whether two texts may be alike.
func (p TextPrint) near(signs uint64, length int) bool {
	return bits.OnesCount64(p.signs^signs) <= mostTextSigns && 2*length > p.length && length < 2*p.length
}

// Share is how many of the terms of either text both have, in percent.
func (p TextPrint) Share(o TextPrint) int {
	both, all := 0, 0
	i, j := 0, 0
	for all < sketchSize && (i < len(p.sketch) || j < len(o.sketch)) {
		switch {
		case j == len(o.sketch) || i < len(p.sketch) && p.sketch[i] < o.sketch[j]:
			i++
		case i == len(p.sketch) || o.sketch[j] < p.sketch[i]:
			j++
		default:
			i, j, both = i+1, j+1, both+1
		}
		all++
	}
	if all == 0 {
		return 0
	}
	return 100 * both / all
}

// How much two texts must share to be called alike, in percent. A long one that somebody has gone through with other names and days still
// shares most; a short one is easily written twice; a table is half its own heading.
const (
	alikeLong  = 70
	alikeShort = 80
	alikeTable = 90
	longText   = 120 // from this length on
)

// Alike tells how much of their terms two texts share, in percent, or 0 when that is less than tells anything.
func (p TextPrint) Alike(o TextPrint, table bool) int {
	if p.length < LeastText || o.length < LeastText {
		return 0
	}
	least := alikeShort
	switch {
	case table:
		least = alikeTable
	case min(p.length, o.length) >= longText:
		least = alikeLong
	}
	if share := p.Share(o); share >= least {
		return share
	}
	return 0
}

// paperNumber is the number of an official paper (发文字号): 栖政发〔2026〕7号, with whatever brackets people type.
var paperNumber = regexp.MustCompile(`(\p{Han}{2,12})[〔\[［（(【﹝]\s*((?:19|20)\d\d)\s*[〕\]］）)】﹞]\s*(?:第)?\s*(\d{1,4})\s*号`)

// headParagraphs is how far down the number of a paper stands.
const headParagraphs = 15

// NumberOf is the number of an official paper, written as it should be: the one that its title names, or that stands on a line of its own
// at its head. Numbers that a text only refers to are not its own. Empty when there is none.
func NumberOf(title string, paragraphs []string) string {
	if m := paperNumber.FindStringSubmatch(title); m != nil {
		return m[1] + "〔" + m[2] + "〕" + strings.TrimLeft(m[3], "0") + "号"
	}
	for _, p := range paragraphs[:min(len(paragraphs), headParagraphs)] {
		line := strings.Join(strings.Fields(p), "")
		line, _, _ = strings.Cut(line, "签发人")
		if m := paperNumber.FindStringSubmatch(line); m != nil && m[0] == line {
			return m[1] + "〔" + m[2] + "〕" + strings.TrimLeft(m[3], "0") + "号"
		}
	}
	return ""
}

// TextLength is how long a text is as it is compared: Han characters and words.
func TextLength(text string) int { return len(chinese.Terms(text)) }
