package evidence

import (
	"fmt"
	"image"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"
)

// shot is a photograph and what was made of it.
type shot struct {
	grey    []byte
	altered [][]byte // by alteration
	mirror  []byte
}

// shots takes a series of 200, or every fourth of it where that would take too long.
func shots(series int) []shot {
	step := 1
	if slowness > 1 {
		step = 4
	}
	list := make([]shot, 200/step)
	work := make(chan int)
	var wg sync.WaitGroup
	for range runtime.NumCPU() {
		wg.Go(func() {
			for i := range work {
				m := photo(series, i*step)
				s := shot{grey: greyOf(m), mirror: greyOf(again(mirrored(m), 80))}
				for k, a := range alterations {
					s.altered = append(s.altered, greyOf(a.do(m, rand.New(rand.NewPCG(uint64(1000*series+i*step), uint64(k))))))
				}
				list[i] = s
			}
		})
	}
	for i := range list {
		work <- i
	}
	close(work)
	wg.Wait()
	return list
}

// gallery holds originals to be asked about.
type gallery struct {
	index pictureIndex
	greys [][]byte
}

func newGallery(list []shot) *gallery {
	g := &gallery{}
	for i, s := range list {
		g.index.add(fmt.Sprint(i), newPicturePrint(s.grey))
		g.greys = append(g.greys, s.grey)
	}
	return g
}

// alike lists the originals that a picture is found to be like.
func (g *gallery) alike(grey []byte, self string) []int {
	near := g.index.near(newQuestion(newPicturePrint(grey)), self)
	var theirs [][]byte
	for _, c := range near {
		theirs = append(theirs, g.greys[c.at])
	}
	var list []int
	for i, share := range likenesses(grey, theirs, near) {
		if share > 0 {
			list = append(list, near[i].at)
		}
	}
	return list
}

// Of 200 photographs, each altered in ten ways, 95 of 100 are found again, and of 1,000 pairs of different ones at most one is called
// alike, although they were taken four and four in one place. The thresholds were set on series 0; this is another.
func TestPictures(t *testing.T) {
	list := shots(1)
	g := newGallery(list)
	found, mirrors := make([]int, len(alterations)), 0
	pairs := map[[2]int]bool{}
	for i, s := range list {
		for k, grey := range s.altered {
			for _, at := range g.alike(grey, "") {
				if at == i {
					found[k]++
				}
			}
		}
		for _, at := range g.alike(s.mirror, "") {
			if at == i {
				mirrors++
			}
		}
		for _, at := range g.alike(s.grey, fmt.Sprint(i)) {
			pairs[[2]int{min(i, at), max(i, at)}] = true
		}
	}
	total := 0
	for k, n := range found {
		t.Logf("%-10s %d of %d", alterations[k].name, n, len(list))
		total += n
		if n < len(list)*3/4 {
			t.Errorf("%s: only %d of %d found", alterations[k].name, n, len(list))
		}
	}
	t.Logf("mirrored   %d of %d", mirrors, len(list))
	all, different := len(list)*len(alterations), len(list)*(len(list)-1)/2
	t.Logf("found %d of %d altered; %d of %d pairs of different ones are called alike", total, all, len(pairs), different)
	if 100*total < 95*all {
		t.Errorf("%d of %d altered photographs found, fewer than 95 %%", total, all)
	}
	if 1000*len(pairs) > max(different, 2000) {
		t.Errorf("%d of %d pairs of different photographs are called alike, more than one in a thousand", len(pairs), different)
	}
	if mirrors < 9*len(list)/10 {
		t.Errorf("%d of %d mirrored photographs found", mirrors, len(list))
	}
}

// What shows nothing is like nothing.
func TestBlank(t *testing.T) {
	for _, shade := range []int{0, 128, 255} {
		p := painter{image.NewRGBA(image.Rect(0, 0, 200, 100)), rand.New(rand.NewPCG(1, 1))}
		p.rect(0, 0, 200, 100, grey(shade))
		noise(p.RGBA, p.rng, 3)
		if !blank(greyOf(p.RGBA)) {
			t.Errorf("a picture of shade %d is not blank", shade)
		}
	}
	if blank(greyOf(photo(0, 3))) {
		t.Error("a photograph is blank")
	}
	for _, size := range []image.Point{{1, 1}, {3, 900}, {64, 64}, {255, 20}} { // whatever its shape
		if n := len(greyOf(image.NewGray(image.Rectangle{Max: size}))); n != greySide*greySide {
			t.Errorf("%v: %d points", size, n)
		}
	}
}

// One picture is looked up among 100,000: halves of photographs beside halves of others, each with some signs changed to ten more. The
// fastest of all runs is told beside the mean, for a machine that others use too.
func BenchmarkPictures(b *testing.B) {
	rng := rand.New(rand.NewPCG(4, 4))
	list := shots(2)
	g := newGallery(list)
	for len(g.index.hashes) < 100_000 {
		left, right, at := list[rng.IntN(len(list))].grey, list[rng.IntN(len(list))].grey, rng.IntN(greySide)
		mixed := make([]byte, len(left))
		for i := range mixed {
			mixed[i] = left[i]
			if i%greySide > at {
				mixed[i] = right[i]
			}
		}
		p := newPicturePrint(mixed)
		for range 10 {
			var slow, detail uint64
			for range 16 {
				slow, detail = slow|1<<rng.IntN(64), detail|1<<rng.IntN(64)
			}
			q := PicturePrint{slow: make([]uint64, len(p.slow)), detail: make([]uint64, len(p.slow))}
			for i := range p.slow {
				q.slow[i], q.detail[i] = p.slow[i]^slow, p.detail[i]^detail
			}
			g.index.add(fmt.Sprint(len(g.index.hashes)), q)
			g.greys = append(g.greys, mixed)
		}
	}
	found, n, fastest := 0, 0, time.Hour
	for b.Loop() {
		i := n % len(list)
		started := time.Now()
		for _, at := range g.alike(list[i].altered[n%len(alterations)], "") {
			if at == i {
				found++
			}
		}
		fastest = min(fastest, time.Since(started))
		n++
	}
	b.ReportMetric(float64(fastest)/float64(time.Millisecond), "ms-fastest")
	b.ReportMetric(100*float64(found)/float64(n), "%found")
}
