package evidence

import (
	"cmp"
	"image"
	"image/color"
	"math"
	"slices"
)

// A picture print is a small grey copy of a picture, and for each of some windows of it 64 signs of its slow waves (the discrete cosine
// transform) and 64 of its details. Signs outlast what happens to a photograph that is used again: another size, another quality, another
// light, blur, noise, a stamp. A picture that was cut is one window of the other; so the signs of the whole of each are compared with
// those of all windows of the other. What that brings up is then looked at closely: both copies are laid over each other, moved, stretched
// and turned until they fit best, and compared piece by piece.

// greySide is the side of the grey copy, whatever the shape of the picture: what was cut off one side only is then a window, too.
const greySide = 64

// PicturePrint is what a picture looks like.
type PicturePrint struct {
	slow, detail []uint64 // signs of each of [windows]; the first is the whole
	grey         []byte   // grey, greySide × greySide
}

// window is a part of a picture, in shares of its width and height.
type window struct{ x0, y0, x1, y1 float64 }

// windows are the parts that signs are taken of: all that may be left when up to about a quarter is cut off, in steps so small that the
// signs stand a window between two of them.
var windows = makeWindows()

func makeWindows() []window {
	cuts := []float64{0, 0.08, 0.16, 0.25}
	const least = 0.72 // of the area
	var list []window
	for i, cx := range cuts {
		for j, cy := range cuts {
			if (1-cx)*(1-cy) < least {
				continue
			}
			for a := range i + 1 {
				for b := range j + 1 {
					x, y := cx*share(a, i), cy*share(b, j)
					list = append(list, window{x, y, x + 1 - cx, y + 1 - cy})
				}
			}
		}
	}
	return list
}

// share is how much of a cut lies before the window, in place i of n+1.
func share(i, n int) float64 {
	if n == 0 {
		return 0
	}
	return float64(i) / float64(n)
}

// waves is how many waves are taken along each axis, and cells how many parts of a window they are computed from.
const (
	waves = 8
	cells = 16
)

// cosines are the waves.
var cosines = func() (t [waves + 1][cells]float64) {
	for k := range t {
		for i := range t[k] {
			t[k][i] = math.Cos(math.Pi * float64(k) * (float64(i) + 0.5) / cells)
		}
	}
	return t
}()

// sums are the sums of a grey over all rectangles that begin in its corner.
type sums [greySide + 1][greySide + 1]float64

func newSums(grey []byte) *sums {
	s := new(sums)
	for y := range greySide {
		row := 0.0
		for x := range greySide {
			row += float64(grey[y*greySide+x])
			s[y+1][x+1] = s[y][x+1] + row
		}
	}
	return s
}

// at is the sum up to a point between pixels.
func (s *sums) at(x, y float64) float64 {
	i, j := min(int(x), greySide-1), min(int(y), greySide-1)
	u, v := x-float64(i), y-float64(j)
	return (s[j][i]*(1-u)+s[j][i+1]*u)*(1-v) + (s[j+1][i]*(1-u)+s[j+1][i+1]*u)*v
}

// look are the waves of a window, 64 of them without the flat one, and its details: by how much each of 8 × 8 parts is lighter than those
// around it.
func (s *sums) look(w window) (slow, detail [64]float64) {
	x0, y0 := w.x0*greySide, w.y0*greySide
	dx, dy := (w.x1-w.x0)*greySide/cells, (w.y1-w.y0)*greySide/cells
	var grid [cells + 1][cells + 1]float64
	for j := range cells + 1 {
		for i := range cells + 1 {
			grid[j][i] = s.at(min(x0+float64(i)*dx, greySide), min(y0+float64(j)*dy, greySide))
		}
	}
	var rows [cells][waves + 1]float64
	for j := range cells {
		var cell [cells]float64
		for i := range cells {
			cell[i] = grid[j+1][i+1] - grid[j+1][i] - grid[j][i+1] + grid[j][i]
		}
		for k := range waves + 1 {
			sum := 0.0
			for i := range cells {
				sum += cell[i] * cosines[k][i]
			}
			rows[j][k] = sum
		}
	}
	for l := range waves {
		for k := range waves {
			across, down := k, l
			if k == 0 && l == 0 {
				across = waves // in place of the flat one, and even too
			}
			sum := 0.0
			for j := range cells {
				sum += rows[j][across] * cosines[down][j]
			}
			slow[l*waves+k] = sum
		}
	}
	for j := range 8 {
		for i := range 8 {
			part := func(x0, y0, x1, y1 int) float64 {
				return (grid[2*y1][2*x1] - grid[2*y0][2*x1] - grid[2*y1][2*x0] + grid[2*y0][2*x0]) / float64((x1-x0)*(y1-y0))
			}
			detail[j*8+i] = part(i, j, i+1, j+1) - part(max(i-1, 0), max(j-1, 0), min(i+2, 8), min(j+2, 8))
		}
	}
	return slow, detail
}

// signsOf are the signs of 64 values.
func signsOf(values [64]float64) uint64 {
	var s uint64
	for i, v := range values {
		if v > 0 {
			s |= 1 << i
		}
	}
	return s
}

// mirroredSigns marks the waves whose sign changes when a picture is mirrored: the odd ones across.
const mirroredSigns uint64 = 0xAAAAAAAAAAAAAAAA

// steady is how many of 64 values, the largest, are compared: small ones change their sign at a breath.
const steady = 40

// steadySigns marks the largest values.
func steadySigns(values [64]float64) uint64 {
	var order [64]int
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order[:], func(a, b int) int {
		return cmp.Or(cmp.Compare(math.Abs(values[b]), math.Abs(values[a])), a-b)
	})
	var m uint64
	for _, i := range order[:steady] {
		m |= 1 << i
	}
	return m
}

// newPicturePrint takes the print of a grey copy.
func newPicturePrint(grey []byte) PicturePrint {
	p := PicturePrint{grey: grey, slow: make([]uint64, len(windows)), detail: make([]uint64, len(windows))}
	s := newSums(grey)
	for i, w := range windows {
		slow, detail := s.look(w)
		p.slow[i], p.detail[i] = signsOf(slow), signsOf(detail)
	}
	return p
}

// leastRelief is how much a picture must have to be compared: the mean over its points, in steps of 256.
const leastRelief = 1.5

// blank tells that there is nothing on a picture that could be compared.
func blank(grey []byte) bool {
	total := float32(0)
	for _, v := range newRelief(grey) {
		total += max(v, -v)
	}
	return total < leastRelief*greySide*greySide
}

// gridSide is the side of the grid on which a frame around a picture is looked for.
const gridSide = 256

// greyOf makes the grey copy of a picture, without a frame of one shade around it.
func greyOf(m image.Image) []byte {
	b := m.Bounds()
	x0, y0, x1, y1 := unframed(means(m, b, gridSide))
	w, h := b.Dx(), b.Dy()
	return means(m, image.Rect(b.Min.X+x0*w/gridSide, b.Min.Y+y0*h/gridSide, b.Min.X+x1*w/gridSide, b.Min.Y+y1*h/gridSide), greySide)
}

// means cuts a part of a picture into side × side fields and takes the mean of each.
func means(m image.Image, from image.Rectangle, side int) []byte {
	light := lightOf(m)
	list := make([]byte, side*side)
	w, h := from.Dx(), from.Dy()
	if w < side || h < side { // larger than life
		for y := range side {
			for x := range side {
				list[y*side+x] = light(from.Min.X+x*w/side, from.Min.Y+y*h/side)
			}
		}
		return list
	}
	total, count := make([]uint32, len(list)), make([]uint32, len(list))
	for y := range h {
		row := y * side / h * side
		for x := range w {
			at := row + x*side/w
			total[at] += uint32(light(from.Min.X+x, from.Min.Y+y))
			count[at]++
		}
	}
	for i := range list {
		list[i] = byte(total[i] / count[i])
	}
	return list
}

// unframed is the part of a grid within a frame of one shade, of which at most a thirteenth is taken off each side. A margin of paper is
// no frame: where a frame ends, most of a line is of another shade at once.
func unframed(grid []byte) (x0, y0, x1, y1 int) {
	side := func(from, next, step int) int {
		shade := int(grid[from])
		for n := range gridSide / 13 {
			sum, squares, apart := 0, 0, 0
			for i := range gridSide {
				v := int(grid[from+n*next+i*step])
				sum, squares = sum+v, squares+v*v
				if max(v-shade, shade-v) > 16 {
					apart++
				}
			}
			mean := sum / gridSide
			if squares/gridSide-mean*mean < 40 && max(mean-shade, shade-mean) < 10 {
				continue
			}
			if apart > gridSide*3/5 {
				return n
			}
			if n > 0 && apart > gridSide/5 { // the line in which it ends
				continue
			}
			return 0
		}
		return 0
	}
	const last = gridSide - 1
	return side(0, 1, gridSide), side(0, gridSide, 1), gridSide - side(last*gridSide+last, -1, -gridSide), gridSide - side(last*gridSide+last, -gridSide, -1)
}

// lightOf tells how light a point of a picture is.
func lightOf(m image.Image) func(x, y int) uint8 {
	switch m := m.(type) {
	case *image.YCbCr:
		return func(x, y int) uint8 { return m.Y[m.YOffset(x, y)] }
	case *image.Gray:
		return func(x, y int) uint8 { return m.GrayAt(x, y).Y }
	case *image.RGBA:
		return func(x, y int) uint8 {
			p := m.Pix[m.PixOffset(x, y):]
			return uint8((19595*int(p[0]) + 38470*int(p[1]) + 7471*int(p[2])) >> 16)
		}
	case *image.NRGBA:
		return func(x, y int) uint8 {
			p := m.Pix[m.PixOffset(x, y):]
			return uint8((19595*int(p[0]) + 38470*int(p[1]) + 7471*int(p[2])) >> 16)
		}
	}
	return func(x, y int) uint8 { return color.GrayModel.Convert(m.At(x, y)).(color.Gray).Y }
}

// relief is a grey copy without its slow changes of light: what is left are edges and things.
type relief [greySide * greySide]float32

// around is how far the light is taken from that is removed, in points.
const around = 6

func newRelief(grey []byte) *relief {
	s := newSums(grey)
	r := new(relief)
	for y := range greySide {
		for x := range greySide {
			x0, y0, x1, y1 := max(x-around, 0), max(y-around, 0), min(x+around+1, greySide), min(y+around+1, greySide)
			mean := (s[y1][x1] - s[y0][x1] - s[y1][x0] + s[y0][x0]) / float64((x1-x0)*(y1-y0))
			r[y*greySide+x] = float32(float64(grey[y*greySide+x]) - mean)
		}
	}
	return r
}

// softened is the relief with each point the mean of its neighbours, which are found from further away.
func (r *relief) softened() *relief {
	out := new(relief)
	for y := 1; y < greySide-1; y++ {
		for x := 1; x < greySide-1; x++ {
			var sum float32
			for j := -1; j <= 1; j++ {
				i := (y+j)*greySide + x
				sum += r[i-1] + r[i] + r[i+1]
			}
			out[y*greySide+x] = sum / 9
		}
	}
	return out
}

// sampled are the values of a relief at the middles of n × n parts.
func (r *relief) sampled(n int) []float32 {
	list := make([]float32, 0, n*n)
	step := float64(greySide) / float64(n)
	for j := range n {
		for i := range n {
			v, _ := r.at((float64(i)+0.5)*step-0.5, (float64(j)+0.5)*step-0.5)
			list = append(list, v)
		}
	}
	return list
}

// at is the value at a point between others; false outside.
func (r *relief) at(x, y float64) (float32, bool) {
	if !(x >= 0 && y >= 0 && x < greySide-1 && y < greySide-1) {
		return 0, false
	}
	i, j := int(x), int(y)
	u, v := float32(x-float64(i)), float32(y-float64(j))
	k := j*greySide + i
	above, below := r[k]+(r[k+1]-r[k])*u, r[k+greySide]+(r[k+greySide+1]-r[k+greySide])*u
	return above + (below-above)*v, true
}

// pose is how a whole picture lies in another: the window it fills, turned, perhaps mirrored.
type pose struct {
	window
	turn   float64 // radians
	mirror bool
}

// lattice is where the samples of a whole come to lie in the other picture, in points of its grey copy.
type lattice struct {
	x0, y0           float64 // the first
	right, rightDown float64 // from one to the next, in x and in y
	left, down       float64 // from one row to the next
}

// lie places n × n samples.
func (p pose) lie(n int) lattice {
	sin, cos := math.Sincos(p.turn)
	w, h := (p.x1-p.x0)*greySide/float64(n), (p.y1-p.y0)*greySide/float64(n)
	if p.mirror {
		w = -w
	}
	half := float64(n-1) / 2
	return lattice{
		x0:    (p.x0+p.x1)/2*greySide - 0.5 - half*w*cos + half*h*sin,
		y0:    (p.y0+p.y1)/2*greySide - 0.5 - half*w*sin - half*h*cos,
		right: w * cos, rightDown: w * sin, left: h * sin, down: h * cos,
	}
}

// moments are the sums that a correlation is made of.
type moments struct {
	a, b, aa, bb, ab float32
	n                int
}

func (m *moments) add(a, b float32) {
	m.a, m.b, m.aa, m.bb, m.ab, m.n = m.a+a, m.b+b, m.aa+a*a, m.bb+b*b, m.ab+a*b, m.n+1
}

// spread are the variances of both sides.
func (m moments) spread() (a, b float32) {
	n := float32(m.n)
	return m.aa/n - m.a/n*m.a/n, m.bb/n - m.b/n*m.b/n
}

// correlation is 0 where one side is flat.
func (m moments) correlation() float64 {
	if m.n == 0 {
		return 0
	}
	a, b := m.spread()
	if a < 1 || b < 1 {
		return 0
	}
	n := float32(m.n)
	return float64(m.ab/n-m.a/n*m.b/n) / math.Sqrt(float64(a)*float64(b))
}

// agreement is how well a whole, sampled n × n, fits another in a pose: the correlation, if two thirds of it lie in the other.
func agreement(whole []float32, other *relief, p pose, n int) float64 {
	var m moments
	l := p.lie(n)
	for j := range n {
		x, y := l.x0-float64(j)*l.left, l.y0+float64(j)*l.down
		for _, a := range whole[j*n : j*n+n] {
			if b, ok := other.at(x, y); ok {
				m.add(a, b)
			}
			x, y = x+l.right, y+l.rightDown
		}
	}
	if m.n < n*n*2/3 {
		return 0
	}
	return m.correlation()
}

// fit moves, stretches and turns a whole from a pose to where it fits best, in steps.
func fit(whole []float32, other *relief, p pose, n int, step float64) (pose, float64) {
	const rounds = 6
	best := agreement(whole, other, p, n)
	for range rounds {
		better := false
		for k := range 7 {
			for _, d := range []float64{step, -step} {
				q := p
				switch k {
				case 0:
					q.x0, q.x1 = q.x0+d, q.x1+d
				case 1:
					q.y0, q.y1 = q.y0+d, q.y1+d
				case 2:
					q.x0 += d
				case 3:
					q.x1 += d
				case 4:
					q.y0 += d
				case 5:
					q.y1 += d
				case 6:
					q.turn += d
				}
				if w, h := q.x1-q.x0, q.y1-q.y0; w < 0.6 || h < 0.6 || w > 1.3 || h > 1.3 {
					continue
				}
				if a := agreement(whole, other, q, n); a > best {
					p, best, better = q, a, true
				}
			}
		}
		if !better {
			break
		}
	}
	return p, best
}

// tiles is into how many pieces, along each side, a whole is cut to be compared piece by piece.
const tiles = 6

// spoilt is how many pieces, those that differ most, are left out: a stamp or a frame may lie over them.
const spoilt = 5

// pieces compares a whole, sampled in [fine] × [fine] points, with where it lies in another: the correlation of all but what is spoilt,
// and the share of its pieces, of those that have anything to compare, that agree by themselves. Of two pictures taken in one place only
// what stood still agrees.
func pieces(whole []float32, other *relief, p pose) (all, share float64) {
	var of [tiles * tiles]moments
	var total moments
	l := p.lie(fine)
	for j := range fine {
		x, y := l.x0-float64(j)*l.left, l.y0+float64(j)*l.down
		for i, a := range whole[j*fine : j*fine+fine] {
			if b, ok := other.at(x, y); ok {
				of[j*tiles/fine*tiles+i*tiles/fine].add(a, b)
				total.add(a, b)
			}
			x, y = x+l.right, y+l.rightDown
		}
	}
	if total.n < fine*fine/2 || total.aa == 0 || total.bb == 0 {
		return 0, 0
	}
	apart := func(m moments) float64 {
		return float64(m.aa/total.aa+m.bb/total.bb) - 2*float64(m.ab)/math.Sqrt(float64(total.aa)*float64(total.bb))
	}
	slices.SortFunc(of[:], func(a, b moments) int { return cmp.Compare(apart(b), apart(a)) })
	for _, m := range of[:spoilt] {
		total.a, total.b, total.aa, total.bb, total.ab, total.n = total.a-m.a, total.b-m.b, total.aa-m.aa, total.bb-m.bb, total.ab-m.ab, total.n-m.n
	}
	counted, agree := 0, 0
	for _, m := range of {
		if m.n < fine*fine/tiles/tiles/2 {
			continue
		}
		if a, b := m.spread(); a < 4 && b < 4 {
			continue // nothing there, in either
		}
		counted++
		if m.correlation() > leastPiece {
			agree++
		}
	}
	if counted < tiles {
		return 0, 0
	}
	return total.correlation(), float64(agree) / float64(counted)
}

// leastPiece is the correlation from which on a piece agrees.
const leastPiece = 0.6

// How densely wholes are sampled: for a first look, to fit them, and to compare them piece by piece.
const (
	coarse = 16
	middle = 24
	fine   = 48
)
