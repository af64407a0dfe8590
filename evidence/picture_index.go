package evidence

import (
	"cmp"
	"math/bits"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// How far the signs of two pictures may differ to be looked at closely, of [steady] each: the slow waves alone, and with the details.
const (
	mostSlow = 10
	mostBoth = 20
)

// mostCandidates is how many pictures, the nearest, are looked at closely.
const mostCandidates = 80

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

// question is a print made ready to be compared with many: its signs, and which of them are steady.
type question struct {
	slow, detail             []uint64
	slowSteady, detailSteady []uint64
}

func newQuestion(p PicturePrint) question {
	q := question{slow: p.slow, detail: p.detail}
	s := newSums(p.grey)
	for _, w := range windows {
		slow, detail := s.look(w)
		q.slowSteady, q.detailSteady = append(q.slowSteady, steadySigns(slow)), append(q.detailSteady, steadySigns(detail))
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

// near lists the pictures whose signs are near, the nearest first, without those of the file itself. A mirrored one is found when it is
// whole.
func (x *pictureIndex) near(q question, hash string) []candidate {
	var mu sync.Mutex
	var list []candidate
	inParts(len(x.hashes), 2000, func(from, to int) {
		part := x.nearIn(q, hash, from, to)
		mu.Lock()
		defer mu.Unlock()
		list = append(list, part...)
	})
	slices.SortFunc(list, func(a, b candidate) int { return cmp.Or(a.apart-b.apart, a.at-b.at) })
	list = list[:min(len(list), mostCandidates)]
	for i := range list {
		list[i].ways = x.ways(q, list[i].at)
	}
	return list
}

// nearIn lists those of a part of the index, in no order and without their ways.
func (x *pictureIndex) nearIn(q question, hash string, from, to int) (list []candidate) {
	n := len(windows)
	whole, steady := q.slow[0], q.slowSteady[0]
	for at := from; at < to; at++ {
		best := mostBoth + 1
		first := x.whole[at]
		for i, s := range x.slow[at*n : at*n+n] {
			if bits.OnesCount64((whole^s)&steady) <= mostSlow {
				best = min(best, x.apart(q, at, way{window: i}))
			}
			if bits.OnesCount64((q.slow[i]^first)&q.slowSteady[i]) <= mostSlow {
				best = min(best, x.apart(q, at, way{window: i, reversed: true}))
			}
		}
		if bits.OnesCount64((whole^first^mirroredSigns)&steady) <= mostSlow {
			best = min(best, x.apart(q, at, way{mirror: true}))
		}
		if best <= mostBoth && x.hashes[at] != hash {
			list = append(list, candidate{at: at, apart: best})
		}
	}
	return list
}

// inParts calls f with the parts of n things, of at least so many each, on all processors at once.
func inParts(n, least int, f func(from, to int)) {
	parts := max(1, min(runtime.GOMAXPROCS(0), n/least))
	var all sync.WaitGroup
	for i := range parts {
		all.Go(func() { f(i*n/parts, (i+1)*n/parts) })
	}
	all.Wait()
}

// apart counts in how many signs two pictures differ when one lies in the other in a way, or more than is looked at.
func (x *pictureIndex) apart(q question, at int, w way) int {
	mine, theirs := 0, at*len(windows)+w.window
	if w.reversed {
		mine, theirs = w.window, at*len(windows)
	}
	slow, detail, steady := q.slow[mine], q.detail[mine], q.detailSteady[mine]
	if w.mirror {
		slow, detail, steady = slow^mirroredSigns, mirrorRows(detail), mirrorRows(steady)
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
	add := func(w way) {
		if w.apart = x.apart(q, at, w); w.apart <= mostBoth {
			list = append(list, w)
		}
	}
	add(way{mirror: true})
	for i := range windows {
		add(way{window: i})
		if i > 0 {
			add(way{window: i, reversed: true})
		}
	}
	slices.SortStableFunc(list, func(a, b way) int { return a.apart - b.apart })
	return list[:min(len(list), mostPoses)]
}

// reliefs are the edges and things of a picture, sharp and soft, and samples of them, each made when it is first asked for.
type reliefs struct {
	sharp, soft *relief
	samples     []float32                           // of the soft one
	dense       func() (middling, finest []float32) // of the sharp one, for a close look
}

func newReliefs(grey []byte) *reliefs {
	r := &reliefs{sharp: newRelief(grey)}
	r.soft = r.sharp.softened()
	r.samples = r.soft.sampled(coarse)
	r.dense = sync.OnceValues(func() ([]float32, []float32) { return r.sharp.sampled(middle), r.sharp.sampled(fine) })
	return r
}

// laid is one picture laid on another in some way.
type laid struct {
	candidate    int
	whole, other *reliefs
	pose         pose
	rank         float64
}

// mostLaid is how many ways of all candidates, the most promising, are fitted.
const mostLaid = 28

// leastSoft is what the coarse fit must reach for the fine one to be worth while.
const leastSoft = 0.45

// likenesses lays a picture over the candidates, whose grey copies are theirs, and tells how alike each is, from 0 to 1; 0 when it is not.
func likenesses(grey []byte, theirs [][]byte, list []candidate) []float64 {
	mine := newReliefs(grey)
	var mu sync.Mutex
	var all []laid
	inParts(len(list), 8, func(from, to int) {
		for i := from; i < to; i++ {
			ways := waysLaid(mine, newReliefs(theirs[i]), i, list[i].ways)
			mu.Lock()
			all = append(all, ways...)
			mu.Unlock()
		}
	})
	slices.SortStableFunc(all, func(a, b laid) int {
		return cmp.Or(cmp.Compare(b.rank, a.rank), a.candidate-b.candidate)
	})
	all = all[:min(len(all), mostLaid)]
	shares := make([]float64, len(all))
	var next atomic.Int64
	inParts(len(all), 2, func(_, _ int) { // some take long, most do not
		for i := next.Add(1) - 1; i < int64(len(all)); i = next.Add(1) - 1 {
			shares[i] = all[i].share()
		}
	})
	alike := make([]float64, len(list))
	for i, l := range all {
		alike[l.candidate] = max(alike[l.candidate], shares[i])
	}
	return alike
}

// waysLaid lays a picture over a candidate in all ways.
func waysLaid(mine, other *reliefs, candidate int, ways []way) (list []laid) {
	for _, w := range ways {
		l := laid{candidate: candidate, whole: mine, other: other, pose: pose{window: windows[w.window], mirror: w.mirror}}
		if w.reversed {
			l.whole, l.other = other, mine
		}
		l.rank = agreement(l.whole.samples, l.other.soft, l.pose, coarse) - float64(w.apart)/steady
		list = append(list, l)
	}
	return list
}

// share fits one picture on the other and tells how alike they are, 0 when they are not.
func (l laid) share() float64 {
	p, soft := fit(l.whole.samples, l.other.soft, l.pose, coarse, 0.025)
	if soft < leastSoft {
		return 0
	}
	middling, finest := l.whole.dense()
	p, _ = fit(middling, l.other.sharp, p, middle, 0.01)
	least := leastAlike
	if p.mirror {
		least = leastMirrored
	}
	share, agree := pieces(finest, l.other.sharp, p)
	if share < least || agree < leastPieces {
		return 0
	}
	return share
}
