package plan

import (
	"slices"
	"sync"

	"bihuan/chinese"
)

// link says which manifestations each measure answers, and how sure that is: by place where both are enumerated and equal in
// number, unless the words speak for another; else by common topics and words.
func link(f *Finding, paired bool) {
	n := len(f.Manifestations)
	if paired || n == 0 {
		return
	}
	if n == 1 {
		for i := range f.Measures {
			f.Measures[i].Answers, f.Measures[i].Confidence = []int{0}, 0.9
		}
		return
	}
	if n*len(f.Measures) > 10_000 { // no plan: comparing all with all would take too long
		return
	}
	scores := likeness(f)
	place := n == len(f.Measures) && !loose(f.Measures)
	for i := range f.Measures {
		m := &f.Measures[i]
		best, at := 0.0, -1
		for j, s := range scores[i] {
			if s > best {
				best, at = s, j
			}
		}
		switch {
		case place && (at == i || at < 0 || best < 3 || scores[i][i] > best/3):
			m.Answers, m.Confidence = []int{i}, 0.7
			if at == i {
				m.Confidence = 0.95
			}
		case place && best < 4:
			m.Answers, m.Confidence = []int{i}, 0.5
		case at < 0 || best < 1:
			m.Answers, m.Confidence = []int{}, 0.2
		default:
			m.Answers = []int{}
			for j, s := range scores[i] {
				if s >= best/2 && s >= 1 {
					m.Answers = append(m.Answers, j)
				}
			}
			m.Confidence = min(0.9, 0.4+best/10)
		}
	}
	settle(f)
}

// settle gives a manifestation that no measure answers to a measure that answers none, when they stand at the same place.
func settle(f *Finding) {
	answered := make([]bool, len(f.Manifestations))
	for _, m := range f.Measures {
		for _, j := range m.Answers {
			answered[j] = true
		}
	}
	for i := range f.Measures {
		m := &f.Measures[i]
		if len(m.Answers) > 0 {
			continue
		}
		for j := range answered {
			if !answered[j] && (i == j || len(f.Measures) == 1) {
				m.Answers, m.Confidence = []int{j}, 0.4
				answered[j] = true
				break
			}
		}
	}
}

// loose reports whether measures are sentences without numbers under one number.
func loose(list []Measure) bool {
	n := 0
	for _, m := range list {
		if m.Number != "" {
			n++
		}
	}
	return len(list) > 1 && n == 1
}

// likeness scores every measure against every manifestation: common topics, those of the first clause most, and common words.
func likeness(f *Finding) [][]float64 {
	d := theDomain()
	n := len(f.Manifestations)
	firsts, rests := make([]wordSet, n), make([]wordSet, n)
	var owners []uint64 // pairs of characters, each with the number of the manifestation that has it
	for j, x := range f.Manifestations {
		text := foldText(x.Text)
		cut := len(text)
		for i, r := range text {
			if i > 0 && has(",。;:", r) {
				cut = i
				break
			}
		}
		firsts[j], rests[j] = d.lexicon.scan(text[:cut]), d.lexicon.scan(text[cut:])
		owners = bigrams(owners, text, uint64(j))
	}
	slices.Sort(owners)
	var pairs []uint64
	out := make([][]float64, len(f.Measures))
	for i, m := range f.Measures {
		out[i] = make([]float64, n)
		text := foldText(m.Text)
		words := d.lexicon.scan(text)
		for _, t := range d.topics {
			if !t.meets(words) {
				continue
			}
			for j := range out[i] {
				if t.meets(firsts[j]) {
					out[i][j] += 3
				} else if t.meets(rests[j]) {
					out[i][j]++
				}
			}
		}
		pairs = bigrams(pairs[:0], text, 0)
		slices.Sort(pairs)
		shared(slices.Compact(pairs), owners, out[i])
	}
	return out
}

// foldText gives a text as the parser compares it: folded, without blanks.
func foldText(text string) []rune {
	out := make([]rune, 0, len(text)/3+1)
	for _, r := range text {
		if r >= 0x4e00 && r <= 0x9fff {
			out = append(out, r)
		} else if !chinese.Blank(r) {
			out = append(out, chinese.Fold(r))
		}
	}
	return out
}

// common are characters of words that say nothing about a topic.
const common = "工作组织开展进行落实问题建设制度管理加强不到位够没有立及时情况群众部分存在人员年个的了和党委镇村"

// runeSet is a set of Chinese characters.
type runeSet [(0xa000 - 0x4e00) / 64]uint64

func (s *runeSet) has(r rune) bool {
	i := r - 0x4e00
	return i >= 0 && i < 0xa000-0x4e00 && s[i/64]&(1<<(i%64)) != 0
}

// commonRunes holds the characters of common.
var commonRunes = sync.OnceValue(func() *runeSet {
	var s runeSet
	for _, r := range common {
		s[(r-0x4e00)/64] |= 1 << ((r - 0x4e00) % 64)
	}
	return &s
})

// gramBits is how far a pair of characters is shifted to leave room for the number of a manifestation.
const gramBits = 16

// bigrams appends the pairs of Chinese characters of a text, but for those of common words, each with a number below it.
func bigrams(out []uint64, r []rune, number uint64) []uint64 {
	telling, dull := false, commonRunes()
	for i := 0; i < len(r) && i < 600; i++ {
		was := telling
		telling = chinese.Han(r[i]) && !dull.has(r[i])
		if was && telling {
			out = append(out, (uint64(r[i-1])<<24|uint64(r[i]))<<gramBits|number)
		}
	}
	return out
}

// shared adds to the score of each manifestation the pairs that it alone has in common with a measure. Both lists are in order.
func shared(pairs, owners []uint64, score []float64) {
	at := 0
	for _, p := range pairs {
		for at < len(owners) && owners[at]>>gramBits < p>>gramBits {
			at++
		}
		end := at
		for end < len(owners) && owners[end]>>gramBits == p>>gramBits {
			end++
		}
		if j := 1<<gramBits - 1; end > at && owners[at]&uint64(j) == owners[end-1]&uint64(j) {
			score[owners[at]&uint64(j)] += 0.4
		}
		at = end
	}
}
