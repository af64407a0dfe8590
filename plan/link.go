package plan

import (
	"strings"

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

// likeness scores every measure against every manifestation.
func likeness(f *Finding) [][]float64 {
	topics := theDomain().topics
	firsts, rests := make([]string, len(f.Manifestations)), make([]string, len(f.Manifestations))
	var seen map[string]int
	for j, x := range f.Manifestations {
		text := inkOf(x.Text).bareAll()
		firsts[j], rests[j] = text, ""
		if i := strings.IndexAny(text, ",。;:"); i > 0 {
			firsts[j], rests[j] = text[:i], text[i:]
		}
	}
	grams := make([]map[string]bool, len(f.Manifestations))
	seen = map[string]int{}
	for j := range f.Manifestations {
		grams[j] = bigrams(firsts[j] + rests[j])
		for g := range grams[j] {
			seen[g]++
		}
	}
	out := make([][]float64, len(f.Measures))
	for i, m := range f.Measures {
		out[i] = make([]float64, len(f.Manifestations))
		text := inkOf(m.Text).bareAll()
		mine := bigrams(text)
		for j := range f.Manifestations {
			for _, t := range topics {
				if !containsAny(text, t) {
					continue
				}
				if containsAny(firsts[j], t) {
					out[i][j] += 3
				} else if containsAny(rests[j], t) {
					out[i][j]++
				}
			}
			for g := range mine {
				if grams[j][g] && seen[g] == 1 {
					out[i][j] += 0.4
				}
			}
		}
	}
	return out
}

// bareAll gives the whole text folded and without blanks.
func (k *ink) bareAll() string { return k.bare(span{0, len(k.c)}) }

// common are pairs of characters that say nothing about a topic.
const common = "工作组织开展进行落实问题建设制度管理加强不到到位不够没有建立及时情况群众部分存在人员年个的了和党委镇村"

// bigrams gives the pairs of Chinese characters of a text, but for those of common words.
func bigrams(text string) map[string]bool {
	out := map[string]bool{}
	r := []rune(text)
	for i := 0; i+1 < len(r) && i < 600; i++ {
		if chinese.Han(r[i]) && chinese.Han(r[i+1]) && !has(common, r[i]) && !has(common, r[i+1]) {
			out[string(r[i:i+2])] = true
		}
	}
	return out
}
