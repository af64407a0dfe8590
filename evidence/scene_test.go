package evidence

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"

	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"
)

// Generated photographs: what stands in front of a camera in a township, drawn from random numbers. Those of one family look alike on
// purpose, as pictures of the same work do: the same lane with other houses, the same hall with other people, the same form with other
// words.

const sceneW, sceneH = 480, 360

type painter struct {
	*image.RGBA
	rng *rand.Rand
}

func (p painter) rect(x0, y0, x1, y1 int, c color.RGBA) {
	r := image.Rect(x0, y0, x1, y1).Intersect(p.Bounds())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p.SetRGBA(x, y, c)
		}
	}
}

func (p painter) disc(cx, cy, rx, ry int, c color.RGBA) {
	for y := max(cy-ry, 0); y < min(cy+ry, p.Bounds().Dy()); y++ {
		for x := max(cx-rx, 0); x < min(cx+rx, p.Bounds().Dx()); x++ {
			dx, dy := float64(x-cx)/float64(rx), float64(y-cy)/float64(ry)
			if dx*dx+dy*dy < 1 {
				p.SetRGBA(x, y, c)
			}
		}
	}
}

func (p painter) colour(low, high int) color.RGBA {
	v := func() uint8 { return uint8(low + p.rng.IntN(high-low)) }
	return color.RGBA{v(), v(), v(), 255}
}

func grey(v int) color.RGBA { return color.RGBA{uint8(v), uint8(v), uint8(v), 255} }

// cloud lays smooth noise of several sizes over the picture.
func (p painter) cloud(depth float64) {
	w, h := p.Bounds().Dx(), p.Bounds().Dy()
	layer := make([]float64, w*h)
	for n, weight := 3, 1.6*depth; n <= 24; n, weight = n*2, weight/2 {
		grid := make([]float64, (n+2)*(n+2))
		for i := range grid {
			grid[i] = (p.rng.Float64() - 0.5) * weight
		}
		for y := range h {
			gy := float64(y) / float64(w) * float64(n)
			j := int(gy)
			t := gy - float64(j)
			for x := range w {
				gx := float64(x) / float64(w) * float64(n)
				i := int(gx)
				u, k := gx-float64(i), j*(n+2)+i
				above := grid[k] + (grid[k+1]-grid[k])*u
				below := grid[k+n+2] + (grid[k+n+3]-grid[k+n+2])*u
				layer[y*w+x] += above + (below-above)*t
			}
		}
	}
	for i, d := range layer {
		for k := range 3 {
			p.Pix[4*i+k] = clampByte(float64(p.Pix[4*i+k]) + d)
		}
	}
}

func clampByte(v float64) uint8 { return uint8(max(0, min(255, v))) }

// words writes a line of made-up signs.
func (p painter) words(x, y, n, size int, c color.RGBA) {
	for i := range n {
		for range 5 {
			a, b := p.rng.IntN(size), p.rng.IntN(size)
			if p.rng.IntN(2) == 0 {
				p.rect(x+i*size*5/4, y+a, x+i*size*5/4+size, y+a+max(1, size/9), c)
			} else {
				p.rect(x+i*size*5/4+b, y, x+i*size*5/4+b+max(1, size/9), y+size, c)
			}
		}
	}
}

// photo draws picture i of 200 of a series: ten families of twenty.
func photo(series, i int) image.Image {
	rng := rand.New(rand.NewPCG(uint64(1000*series+i), 99))
	place := rand.New(rand.NewPCG(uint64(1000*series+i/20*20+i%20/4), 5)) // four and four were taken in one place
	p := painter{image.NewRGBA(image.Rect(0, 0, sceneW, sceneH)), rng}
	at := painter{p.RGBA, place}
	w, h := sceneW, sceneH
	switch i / 20 {
	case 0: // a lane
		horizon := h*2/5 + place.IntN(h/8)
		p.rect(0, 0, w, horizon, color.RGBA{160, 195, 230, 255})
		p.rect(0, horizon, w, h, color.RGBA{100, 125, 70, 255})
		for range 5 + rng.IntN(3) {
			x, bw, bh := rng.IntN(w), w/8+rng.IntN(w/7), h/8+rng.IntN(h/7)
			p.rect(x, horizon-bh, x+bw, horizon+10, p.colour(130, 230))
			p.rect(x-5, horizon-bh-10, x+bw+5, horizon-bh, p.colour(60, 150))
			p.rect(x+bw/3, horizon-bh/2, x+bw/2, horizon+10, p.colour(40, 90))
		}
		for y := horizon; y < h; y++ {
			half, mid := (y-horizon)/2+5, w/2+(y-horizon)/6
			p.rect(mid-half, y, mid+half, y+1, grey(160))
		}
		p.cloud(40)
	case 1: // a hall with people
		at.rect(0, 0, w, h, at.colour(170, 220))
		at.rect(0, h/2, w, h, at.colour(90, 130))
		at.rect(w/8, 20, w*7/8, 60, color.RGBA{190, 30, 30, 255})
		p.words(w/6, 30, 10+rng.IntN(5), 20, color.RGBA{250, 240, 90, 255})
		for range 14 + rng.IntN(14) {
			x, y := rng.IntN(w), h/2+rng.IntN(h/2)
			s := 12 + (y-h/2)/6
			p.disc(x, y+2*s, s*3/2, s*3/2, p.colour(20, 200))
			p.disc(x, y, s*2/3, s, color.RGBA{210, 170, 140, 255})
			p.disc(x, y-s/2, s*2/3, s/2, grey(30))
		}
		p.cloud(30)
	case 2: // a page of words
		p.rect(0, 0, w, h, grey(238))
		at.words(w/4, 14, 10, 22, color.RGBA{200, 30, 30, 255})
		p.words(w/4, 50, 8+rng.IntN(5), 15, grey(30))
		for y := 80; y < h-20; y += 18 {
			n := 30
			if rng.IntN(4) == 0 {
				n = 5 + rng.IntN(22)
			}
			p.words(30, y, n, 11, grey(50))
		}
		p.cloud(14)
	case 3: // a form with rows
		p.rect(0, 0, w, h, grey(232))
		at.words(w/3, 12, 8, 18, grey(40))
		for r := range 14 {
			y := 44 + r*22
			p.rect(20, y, w-20, y+1, grey(90))
			p.words(30, y+5, 3, 12, grey(60))
			p.words(120, y+5, 2+rng.IntN(3), 12, grey(60))
			if rng.IntN(3) > 0 {
				p.words(230, y+5, 2+rng.IntN(8), 12, grey(70))
			}
		}
		for _, x := range []int{20, 105, 215, w - 20} {
			p.rect(x, 44, x+1, 44+14*22, grey(90))
		}
		p.cloud(16)
	case 4: // a board with papers
		p.rect(0, 0, w, h, p.colour(100, 180))
		at.rect(20, 20, w-20, h-20, color.RGBA{60, 90, 140, 255})
		for range 8 + rng.IntN(5) {
			x, y := 30+rng.IntN(w-120), 30+rng.IntN(h-120)
			p.rect(x, y, x+60+rng.IntN(40), y+70+rng.IntN(30), grey(225+rng.IntN(20)))
			for l := range 5 {
				p.words(x+6, y+8+l*12, 2+rng.IntN(4), 8, grey(60))
			}
		}
		p.cloud(25)
	case 5: // trees
		p.rect(0, 0, w, h, color.RGBA{120, 150, 100, 255})
		p.rect(0, 0, w, h/3, color.RGBA{180, 205, 225, 255})
		for range 40 {
			p.disc(rng.IntN(w), h/4+rng.IntN(h*3/4), 15+rng.IntN(40), 10+rng.IntN(35), p.colour(30, 140))
		}
		p.cloud(70)
	case 6: // a ditch, a heap
		p.rect(0, 0, w, h, p.colour(100, 160))
		p.cloud(90)
		a := rng.IntN(h)
		for x := range w {
			y := a + (h/2-a)*x/w + int(12*math.Sin(float64(x)/30+float64(i)))
			p.rect(x, y, x+1, y+30+rng.IntN(6), color.RGBA{60, 70, 60, 255})
		}
		for range 12 {
			p.disc(rng.IntN(w), rng.IntN(h), 6+rng.IntN(25), 5+rng.IntN(15), p.colour(40, 220))
		}
	case 7: // a shelf of files
		at.rect(0, 0, w, h, at.colour(140, 200))
		for r := range 4 {
			y := 15 + r*88
			at.rect(10, y+75, w-10, y+82, grey(80))
			for x := 15; x < w-20; {
				bw := 12 + rng.IntN(22)
				p.rect(x, y+rng.IntN(15), x+bw-2, y+75, p.colour(40, 230))
				p.words(x+3, y+30, 1, 8, grey(240))
				x += bw
			}
		}
		p.cloud(25)
	case 8: // a room
		at.rect(0, 0, w, h, at.colour(180, 230))
		at.rect(0, h*3/5, w, h, at.colour(110, 160))
		for range 3 {
			x := at.rng.IntN(w - 90)
			at.rect(x, 50, x+80, 150, color.RGBA{200, 225, 245, 255})
			at.rect(x+38, 50, x+42, 150, grey(120))
		}
		for range 4 + rng.IntN(4) {
			x, y := rng.IntN(w), h/2+rng.IntN(h/3)
			p.rect(x, y, x+60+rng.IntN(80), y+30+rng.IntN(40), p.colour(60, 200))
		}
		p.cloud(30)
	default: // a pipe, a meter, a hand: shapes close by
		p.rect(0, 0, w, h, p.colour(80, 200))
		for range 9 {
			if rng.IntN(2) == 0 {
				p.disc(rng.IntN(w), rng.IntN(h), 20+rng.IntN(110), 20+rng.IntN(90), p.colour(20, 240))
			} else {
				x, y := rng.IntN(w), rng.IntN(h)
				p.rect(x-20, y-20, x+rng.IntN(160), y+rng.IntN(110), p.colour(20, 240))
			}
		}
		p.cloud(35)
	}
	noise(p.RGBA, rng, 5)
	return p.RGBA
}

func noise(m *image.RGBA, rng *rand.Rand, depth float64) {
	for i := 0; i < len(m.Pix); i += 4 {
		d := (rng.Float64() + rng.Float64() - 1) * depth
		for k := range 3 {
			m.Pix[i+k] = clampByte(float64(m.Pix[i+k]) + d)
		}
	}
}

// again gives the picture as a JPEG of that quality gives it back.
func again(m image.Image, quality int) image.Image {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		panic(err)
	}
	out, err := jpeg.Decode(&b)
	if err != nil {
		panic(err)
	}
	return out
}

func scaled(m image.Image, from image.Rectangle, w, h int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.ApproxBiLinear.Scale(out, out.Bounds(), m, from, draw.Src, nil)
	return out
}

func mapped(m image.Image, f func(r, g, b float64) (float64, float64, float64)) *image.RGBA {
	out := scaled(m, m.Bounds(), m.Bounds().Dx(), m.Bounds().Dy())
	for i := 0; i < len(out.Pix); i += 4 {
		r, g, b := f(float64(out.Pix[i]), float64(out.Pix[i+1]), float64(out.Pix[i+2]))
		out.Pix[i], out.Pix[i+1], out.Pix[i+2] = clampByte(r), clampByte(g), clampByte(b)
	}
	return out
}

// alterations are what is done to a photograph that is used again, each with its own chance.
var alterations = []struct {
	name string
	do   func(m image.Image, rng *rand.Rand) image.Image
}{
	{"re-encoded", func(m image.Image, rng *rand.Rand) image.Image { return again(m, 25+rng.IntN(40)) }},
	{"resized", func(m image.Image, rng *rand.Rand) image.Image {
		f := 0.3 + rng.Float64()*1.2
		return again(scaled(m, m.Bounds(), int(sceneW*f), int(sceneH*f)), 80)
	}},
	{"cropped", func(m image.Image, rng *rand.Rand) image.Image { return again(crop(m, rng), 85) }},
	{"stamped", func(m image.Image, rng *rand.Rand) image.Image {
		out := painter{scaled(m, m.Bounds(), sceneW, sceneH), rng}
		y := []int{8, sceneH - 52}[rng.IntN(2)]
		x := []int{8, sceneW - 230}[rng.IntN(2)]
		if rng.IntN(2) == 0 { // a box of a camera program
			out.rect(x, y, x+220, y+46, color.RGBA{20, 60, 120, 255})
		}
		out.words(x+4, y+4, 12, 14, color.RGBA{255, 160, 20, 255})
		out.words(x+4, y+26, 9, 14, color.RGBA{255, 255, 255, 255})
		return again(out.RGBA, 85)
	}},
	{"relit", func(m image.Image, rng *rand.Rand) image.Image {
		gain, lift, gamma := 0.7+rng.Float64()*0.6, -30+rng.Float64()*60, 0.75+rng.Float64()*0.6
		f := func(v float64) float64 { return 255*math.Pow(v/255, gamma)*gain + lift }
		return again(mapped(m, func(r, g, b float64) (float64, float64, float64) { return f(r), f(g), f(b) }), 85)
	}},
	{"blurred", func(m image.Image, rng *rand.Rand) image.Image {
		f := 3 + rng.IntN(3)
		return again(scaled(scaled(m, m.Bounds(), sceneW/f, sceneH/f), image.Rect(0, 0, sceneW/f, sceneH/f), sceneW, sceneH), 85)
	}},
	{"noisy", func(m image.Image, rng *rand.Rand) image.Image {
		out := scaled(m, m.Bounds(), sceneW, sceneH)
		noise(out, rng, 25+rng.Float64()*30)
		return again(out, 80)
	}},
	{"grey", func(m image.Image, rng *rand.Rand) image.Image {
		return again(mapped(m, func(r, g, b float64) (float64, float64, float64) {
			v := 0.3*r + 0.59*g + 0.11*b
			return v, v, v
		}), 80)
	}},
	{"framed", func(m image.Image, rng *rand.Rand) image.Image {
		out := painter{image.NewRGBA(image.Rect(0, 0, sceneW, sceneH)), rng}
		out.rect(0, 0, sceneW, sceneH, grey([]int{255, 0, 128}[rng.IntN(3)]))
		l, t, r, b := rng.IntN(sceneW/14), rng.IntN(sceneH/14), rng.IntN(sceneW/14), rng.IntN(sceneH/10)
		draw.ApproxBiLinear.Scale(out.RGBA, image.Rect(l, t, sceneW-r, sceneH-b), m, m.Bounds(), draw.Src, nil)
		return again(out.RGBA, 85)
	}},
	{"turned", func(m image.Image, rng *rand.Rand) image.Image {
		a := (rng.Float64()*2 - 1) * 3 * math.Pi / 180
		out := image.NewRGBA(image.Rect(0, 0, sceneW, sceneH))
		sin, cos := math.Sincos(a)
		cx, cy := float64(sceneW)/2, float64(sceneH)/2
		draw.ApproxBiLinear.Transform(out, f64.Aff3{cos, -sin, cx - cos*cx + sin*cy, sin, cos, cy - sin*cx - cos*cy}, m, m.Bounds(), draw.Src, nil)
		if rng.IntN(2) == 0 { // and cut to where there are no empty corners
			return again(scaled(out, image.Rect(sceneW/24, sceneH/24, sceneW*23/24, sceneH*23/24), sceneW, sceneH), 85)
		}
		return again(out, 85)
	}},
}

// crop cuts 5 to 25 % of the area off, at one side, at two, or all around.
func crop(m image.Image, rng *rand.Rand) image.Image {
	keep := 0.95 - rng.Float64()*0.20
	kx, ky := 1.0, keep
	switch rng.IntN(3) {
	case 0:
		kx, ky = keep, 1
	case 1:
		kx = keep + rng.Float64()*(1-keep)
		ky = keep / kx
	}
	x, y := (1-kx)*rng.Float64(), (1-ky)*rng.Float64()
	from := image.Rect(int(x*sceneW), int(y*sceneH), int((x+kx)*sceneW), int((y+ky)*sceneH))
	return scaled(m, from, from.Dx(), from.Dy())
}

func mirrored(m image.Image) image.Image {
	b := m.Bounds()
	out := image.NewRGBA(b)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			out.Set(b.Max.X-1-x, y, m.At(x, y))
		}
	}
	return out
}
