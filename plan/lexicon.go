package plan

// lexicon finds which of many words a text has in one pass over it.
type lexicon struct {
	entries [][]entry              // the words that begin with one character
	first   [0xa000 - 0x4e00]int16 // where in entries those of a Chinese character are
	other   map[rune]int16         // likewise, of other signs
	ids     map[string]int
}

type entry struct {
	word []rune
	id   int
}

// wordSet is a set of words of a lexicon.
type wordSet []uint64

func newLexicon() lexicon {
	return lexicon{entries: [][]entry{nil}, other: map[rune]int16{}, ids: map[string]int{}}
}

// add gives the id of a word, new or known.
func (x *lexicon) add(word string) int {
	if id, ok := x.ids[word]; ok {
		return id
	}
	id := len(x.ids)
	x.ids[word] = id
	r := []rune(word)
	at := x.at(r[0])
	if at == 0 {
		at = int16(len(x.entries))
		x.entries = append(x.entries, nil)
		if r[0] >= 0x4e00 && r[0] < 0xa000 {
			x.first[r[0]-0x4e00] = at
		} else {
			x.other[r[0]] = at
		}
	}
	x.entries[at] = append(x.entries[at], entry{r, id})
	return id
}

// at gives the index in entries of the words that begin with a rune, 0 when there are none.
func (x *lexicon) at(r rune) int16 {
	if r >= 0x4e00 && r < 0xa000 {
		return x.first[r-0x4e00]
	}
	return x.other[r]
}

// set adds words and gives the set of them.
func (x *lexicon) set(words []string) wordSet {
	var s wordSet
	for _, w := range words {
		s = s.with(x.add(w))
	}
	return s
}

func (s wordSet) with(id int) wordSet {
	for len(s) <= id/64 {
		s = append(s, 0)
	}
	s[id/64] |= 1 << (id % 64)
	return s
}

// meets reports whether two sets have a word in common.
func (s wordSet) meets(t wordSet) bool {
	for i := range min(len(s), len(t)) {
		if s[i]&t[i] != 0 {
			return true
		}
	}
	return false
}

// union gives the words of both sets.
func (s wordSet) union(t wordSet) wordSet {
	out := make(wordSet, max(len(s), len(t)))
	copy(out, s)
	for i, x := range t {
		out[i] |= x
	}
	return out
}

// scan gives the words of the lexicon that a folded text has.
func (x *lexicon) scan(text []rune) wordSet {
	s := make(wordSet, len(x.ids)/64+1)
	for i, r := range text {
		for _, e := range x.entries[x.at(r)] {
			if i+len(e.word) <= len(text) && equal(text[i:i+len(e.word)], e.word) {
				s[e.id/64] |= 1 << (e.id % 64)
			}
		}
	}
	return s
}
