package evidence

import (
	"cmp"
	"math/bits"
	"slices"
)

// How far the signs of two pictures may differ to be looked at closely, of [steady] each: the slow waves alone, and with the details.
const (
	mostSlow = 10
	mostBoth = 20
)

// mostCandidates is how many pictures, the nearest, are looked at closely.
const mostCandidates = 150

// mostPoses is in how many ways each is tried.
const mostPoses = 3

// How well two pictures must fit to be called alike: the correlation, and the share of their pieces that agree. Measured on generated
// photographs, see TestPictures.
const (
	leastAlike    = 0.785
	leastMirrored = 0.87 // seldom done, and forms and halls are half their own mirror
	leastPieces   = 0.4
)

// pictureIndex holds the signs of many pictures, some 600 bytes each, to be run through from beginning to end.
type pictureIndex struct {
	hashes       []string // SHA-256 of each file
	known        map[string]bool
	whole        []uint64 // slow signs of the whole of each picture
	slow, detail []uint64 // signs of all windows of the first picture, then of the next
}

// add takes a picture into the index, once.
func (x *pictureIndex) add(hash string, p PicturePrint) {
	if x.known[hash] {
		return
	}
	if x.known == nil {
		x.known = map[string]bool{}
	}
	x.known[hash] = true
	x.hashes = append(x.hashes, hash)
	x.whole = append(x.whole, p.slow[0])
	x.slow, x.detail = append(x.slow, p.slow...), append(x.detail, p.detail...)
}

// question is a print made ready to be compared with many: signs, as they are and mirrored, and which of them are steady.
type question struct {
	slow, detail, detailMirrored []uint64
	slowSteady, detailSteady     []uint64
	detailMirroredSteady         []uint64
}

func newQuestion(p PicturePrint) question {
	q := question{slow: p.slow, detail: p.detail}
	s := newSums(p.grey)
	for i, w := range windows {
		slow, detail := s.look(w)
		steady := steadySigns(detail)
		q.slowSteady, q.detailSteady = append(q.slowSteady, steadySigns(slow)), append(q.detailSteady, steady)
		q.detailMirrored = append(q.detailMirrored, mirrorRows(p.detail[i]))
		q.detailMirroredSteady = append(q.detailMirroredSteady, mirrorRows(steady))
	}
	return q
}

// mirrorRows turns each row of eight signs round.
func mirrorRows(s uint64) uint64 { return bits.ReverseBytes64(bits.Reverse64(s)) }

// candidate is a picture that may be alike, with the nearest ways in which one may lie in the other.
type candidate struct {
	at, apart int
	ways      []way
}

// way is how one of two pictures may lie in the other.
type way struct {
	apart    int
	window   int
	reversed bool // the known picture lies in the one that is asked for
	mirror   bool
}

// near lists the pictures whose signs are near, the nearest first, without those of the file itself.
func (x *pictureIndex) near(q question, hash string) []candidate {
	n := len(windows)
	var list []candidate
	whole, steady := q.slow[0], q.slowSteady[0]
	for at := range x.hashes {
		best := mostBoth + 1
		first := x.whole[at]
		for i, s := range x.slow[at*n : at*n+n] {
			d := whole ^ s
			if bits.OnesCount64(d&steady) <= mostSlow || bits.OnesCount64((d^mirroredSigns)&steady) <= mostSlow {
				best = min(best, x.apart(q, at, way{window: i}), x.apart(q, at, way{window: i, mirror: true}))
			}
			d = q.slow[i] ^ first
			if bits.OnesCount64(d&q.slowSteady[i]) <= mostSlow || bits.OnesCount64((d^mirroredSigns)&q.slowSteady[i]) <= mostSlow {
				best = min(best, x.apart(q, at, way{window: i, reversed: true}), x.apart(q, at, way{window: i, reversed: true, mirror: true}))
			}
		}
		if best <= mostBoth && x.hashes[at] != hash {
			list = append(list, candidate{at: at, apart: best})
		}
	}
	slices.SortFunc(list, func(a, b candidate) int { return cmp.Or(a.apart-b.apart, a.at-b.at) })
	list = list[:min(len(list), mostCandidates)]
	for i := range list {
		list[i].ways = x.ways(q, list[i].at)
	}
	return list
}

// apart counts in how many signs two pictures differ when one lies in the other in a way, or more than is looked at.
func (x *pictureIndex) apart(q question, at int, w way) int {
	mine, theirs := 0, at*len(windows)+w.window
	if w.reversed {
		mine, theirs = w.window, at*len(windows)
	}
	slow, detail, steady := q.slow[mine], q.detail[mine], q.detailSteady[mine]
	if w.mirror {
		slow, detail, steady = slow^mirroredSigns, q.detailMirrored[mine], q.detailMirroredSteady[mine]
	}
	d := bits.OnesCount64((slow ^ x.slow[theirs]) & q.slowSteady[mine])
	if d > mostSlow {
		return mostBoth + 1
	}
	return d + bits.OnesCount64((detail^x.detail[theirs])&steady)
}

// ways lists the nearest ways in which one of two pictures may lie in the other.
func (x *pictureIndex) ways(q question, at int) []way {
	var list []way
	for i := range windows {
		for _, mirror := range []bool{false, true} {
			for _, reversed := range []bool{false, true} {
				w := way{window: i, mirror: mirror, reversed: reversed}
				if w.apart = x.apart(q, at, w); w.apart <= mostBoth && !(reversed && i == 0) {
					list = append(list, w)
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b way) int { return a.apart - b.apart })
	return list[:min(len(list), mostPoses)]
}

// reliefs are the edges and things of a picture, sharp and soft, and samples of them.
type reliefs struct {
	sharp, soft          *relief
	coarse, middle, fine []float32
}

func newReliefs(grey []byte) reliefs {
	r := reliefs{sharp: newRelief(grey)}
	r.soft = r.sharp.softened()
	r.coarse, r.middle, r.fine = r.soft.sampled(coarse), r.sharp.sampled(middle), r.sharp.sampled(fine)
	return r
}

// laid is one picture laid on another in some way.
type laid struct {
	candidate    int
	whole, other reliefs
	pose         pose
	rank         float64
}

// mostLaid is how many ways of all candidates, the most promising, are fitted.
const mostLaid = 36

// leastSoft is what the coarse fit must reach for the fine one to be worth while.
const leastSoft = 0.45

// likenesses lays a picture over the candidates and tells how alike each is, from 0 to 1; 0 when it is not. theirs are the reliefs of the
// candidates.
func likenesses(mine reliefs, theirs []reliefs, list []candidate) []float64 {
	var all []laid
	for i, c := range list {
		for _, w := range c.ways {
			l := laid{candidate: i, whole: mine, other: theirs[i], pose: pose{window: windows[w.window], mirror: w.mirror}}
			if w.reversed {
				l.whole, l.other = theirs[i], mine
			}
			l.rank = agreement(l.whole.coarse, l.other.soft, l.pose, coarse) - float64(w.apart)/steady
			all = append(all, l)
		}
	}
	slices.SortStableFunc(all, func(a, b laid) int { return cmp.Compare(b.rank, a.rank) })
	alike := make([]float64, len(list))
	for _, l := range all[:min(len(all), mostLaid)] {
		p, soft := fit(l.whole.coarse, l.other.soft, l.pose, coarse, 0.025)
		if soft < leastSoft {
			continue
		}
		p, _ = fit(l.whole.middle, l.other.sharp, p, middle, 0.01)
		least := leastAlike
		if p.mirror {
			least = leastMirrored
		}
		if share, agree := pieces(l.whole.fine, l.other.sharp, p); share >= least && agree >= leastPieces {
			alike[l.candidate] = max(alike[l.candidate], share)
		}
	}
	return alike
}
