package evidence

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

// corners is a picture with another colour in each corner: red, green, blue, white, from the upper left on.
func corners(width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{255, 0, 0, 255}
			switch right, low := x >= width/2, y >= height/2; {
			case right && low:
				c = color.RGBA{255, 255, 255, 255}
			case right:
				c = color.RGBA{0, 255, 0, 255}
			case low:
				c = color.RGBA{0, 0, 255, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

// near is the letter of the colour in the middle of each quarter of a picture.
func near(img image.Image) string {
	b := img.Bounds()
	var s []byte
	for _, at := range []image.Point{{1, 1}, {3, 1}, {1, 3}, {3, 3}} {
		r, g, bl, _ := img.At(b.Dx()*at.X/4, b.Dy()*at.Y/4).RGBA()
		letter := byte('?')
		switch r, g, bl := r>>8 > 128, g>>8 > 128, bl>>8 > 128; {
		case r && g && bl:
			letter = 'w'
		case r && !g && !bl:
			letter = 'r'
		case g && !r && !bl:
			letter = 'g'
		case bl && !r && !g:
			letter = 'b'
		}
		s = append(s, letter)
	}
	return string(s)
}

func encoded(t testing.TB, format string, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "jpeg":
		err = jpeg.Encode(&b, img, nil)
	case "png":
		err = png.Encode(&b, img)
	case "gif":
		err = gif.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// oriented is a JPEG with a segment of EXIF that says how the camera was held.
func oriented(content []byte, order binary.AppendByteOrder, n uint16) []byte {
	b := []byte("II*\x00")
	if order == binary.BigEndian {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 1)
	b = order.AppendUint16(b, tagOrientation)
	b = order.AppendUint16(b, 3)
	b = order.AppendUint32(b, 1)
	b = order.AppendUint16(b, n)
	b = append(b, 0, 0, 0, 0, 0, 0)
	segment := append([]byte("Exif\x00\x00"), b...)
	out := append([]byte{0xFF, 0xD8, 0xFF, 0xE1}, binary.BigEndian.AppendUint16(nil, uint16(len(segment)+2))...)
	return append(append(out, segment...), content[2:]...)
}

// webpOf writes a lossless WebP of one colour: the tree of each channel has one symbol, so no pixel takes a bit.
func webpOf(width, height int, c color.RGBA) []byte {
	var bits []byte
	n := 0
	put := func(value, count int) {
		for i := range count {
			if n%8 == 0 {
				bits = append(bits, 0)
			}
			bits[n/8] |= byte(value>>i&1) << (n % 8)
			n++
		}
	}
	put(0x2F, 8)
	put(width-1, 14)
	put(height-1, 14)
	put(0, 1+3+1+1+1) // no alpha, version, no transform, no cache, one group of trees
	for _, symbol := range []uint8{c.G, c.R, c.B, 255, 0} {
		put(1, 1) // a simple tree
		put(0, 1) // of one symbol
		put(1, 1) // of eight bits
		put(int(symbol), 8)
	}
	put(0, 16+8-n%8)
	if len(bits)%2 == 1 {
		bits = append(bits, 0)
	}
	out := append([]byte("RIFF\x00\x00\x00\x00WEBPVP8L"), binary.LittleEndian.AppendUint32(nil, uint32(len(bits)))...)
	out = append(out, bits...)
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

func TestThumbs(t *testing.T) {
	for name, x := range map[string]struct {
		content       []byte
		width, height int // of the large one
		near          string
	}{
		"jpeg":           {encoded(t, "jpeg", corners(4000, 3000)), 1280, 960, "rgbw"},
		"png":            {encoded(t, "png", corners(1000, 2000)), 640, 1280, "rgbw"},
		"gif":            {encoded(t, "gif", corners(300, 200)), 300, 200, "rgbw"},
		"webp":           {webpOf(1600, 400, color.RGBA{255, 0, 0, 255}), 1280, 320, "rrrr"},
		"a strip":        {encoded(t, "png", corners(9000, 4)), 1280, 1, "????"},
		"upright":        {oriented(encoded(t, "jpeg", corners(400, 200)), binary.BigEndian, 1), 400, 200, "rgbw"},
		"mirrored":       {oriented(encoded(t, "jpeg", corners(400, 200)), binary.LittleEndian, 2), 400, 200, "grwb"},
		"upside down":    {oriented(encoded(t, "jpeg", corners(400, 200)), binary.BigEndian, 3), 400, 200, "wbgr"},
		"flipped":        {oriented(encoded(t, "jpeg", corners(400, 200)), binary.BigEndian, 4), 400, 200, "bwrg"},
		"transposed":     {oriented(encoded(t, "jpeg", corners(400, 200)), binary.BigEndian, 5), 200, 400, "rbgw"},
		"held right":     {oriented(encoded(t, "jpeg", corners(400, 200)), binary.LittleEndian, 6), 200, 400, "brwg"},
		"transversed":    {oriented(encoded(t, "jpeg", corners(400, 200)), binary.BigEndian, 7), 200, 400, "wgbr"},
		"held left":      {oriented(encoded(t, "jpeg", corners(400, 200)), binary.BigEndian, 8), 200, 400, "gwrb"},
		"no orientation": {oriented(encoded(t, "jpeg", corners(400, 200)), binary.BigEndian, 77), 400, 200, "rgbw"},
	} {
		made, err := drawThumbs(x.content)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, side := range thumbSizes {
			img, err := jpeg.Decode(bytes.NewReader(made[side]))
			if err != nil {
				t.Fatal(err)
			}
			w, h := img.Bounds().Dx(), img.Bounds().Dy()
			if side == Large && (w != x.width || h != x.height) || max(w, h) > side {
				t.Errorf("%s: %d × %d", name, w, h)
			}
			if got := near(img); x.near != "????" && got != x.near {
				t.Errorf("%s: %s, want %s", name, got, x.near)
			}
		}
	}
	clear := image.NewNRGBA(image.Rect(0, 0, 8, 8)) // wholly transparent
	made, err := drawThumbs(encoded(t, "png", clear))
	if err != nil {
		t.Fatal(err)
	}
	if img, _ := jpeg.Decode(bytes.NewReader(made[Small])); near(img) != "wwww" {
		t.Errorf("transparent: %s", near(img))
	}
}

// pngOf says it has so many pixels of a kind; all of them are the same, or none are there.
func pngOf(width, height uint32, depth, colours, passes byte, rows int) []byte {
	chunk := func(b []byte, kind string, data []byte) []byte {
		b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
		b = append(append(b, kind...), data...)
		return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[len(b)-len(data)-4:]))
	}
	head := binary.BigEndian.AppendUint32(nil, width)
	head = binary.BigEndian.AppendUint32(head, height)
	b := chunk([]byte("\x89PNG\r\n\x1A\n"), "IHDR", append(head, depth, colours, 0, 0, passes))
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	row := make([]byte, 1+int(width)*int(depth)/8*map[byte]int{0: 1, 2: 3, 6: 4}[colours])
	for range rows {
		_, _ = z.Write(row)
	}
	z.Close()
	return chunk(chunk(b, "IDAT", packed.Bytes()), "IEND", nil)
}

// Pictures that are small files and large in memory, or not what they say, cost little and give none.
func TestPicturesThatAreRefused(t *testing.T) {
	jpegHead := func(content []byte, width, height uint16) []byte {
		content = bytes.Clone(content)
		for kind, segment := range segments(content) {
			if kind == 0xC0 {
				binary.BigEndian.PutUint16(segment[1:], height)
				binary.BigEndian.PutUint16(segment[3:], width)
			}
		}
		return content
	}
	photo := encoded(t, "jpeg", corners(64, 64))
	gifHead := append([]byte("GIF89a\xFF\xFF\xFF\xFF\x80\x00\x00"), make([]byte, 6)...)
	gifHead = append(gifHead, ',', 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 2, 0)
	webp := webpOf(2, 2, color.RGBA{})
	lying := []byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0A\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x01\x00\x00")
	lying = append(lying, webp[12:]...) // the canvas is 2 × 2, its pixels are said to be 16384 × 16384
	binary.LittleEndian.PutUint32(lying[4:], uint32(len(lying)-8))
	binary.LittleEndian.PutUint32(lying[12+18+8+1:], 0x0FFFFFFF)
	for name, content := range map[string][]byte{
		"png of 50000 × 50000, a head":  pngOf(50_000, 50_000, 8, 2, 0, 0),
		"png of 50000 × 50000 in bits":  pngOf(50_000, 50_000, 1, 0, 0, 100),
		"png of 8000 × 8000 in 16 bits": pngOf(8000, 8000, 16, 6, 0, 1),
		"png of 5000 × 5000 in passes":  pngOf(5000, 5000, 8, 6, 1, 1),
		"png of no pixels":              pngOf(0, 5, 8, 2, 0, 0),
		"png cut off":                   pngOf(1000, 1000, 8, 2, 0, 10),
		"jpeg of 65535 × 65535":         jpegHead(photo, 65_535, 65_535),
		"jpeg cut off":                  photo[:len(photo)/3],
		"jpeg of three bytes":           []byte("\xFF\xD8\xFF"),
		"gif of 65535 × 65535":          gifHead,
		"gif of a head":                 []byte("GIF89a"),
		"webp larger than it says":      lying,
		"webp of a head":                []byte("RIFF\x04\x00\x00\x00WEBP"),
		"text":                          []byte("这不是照片"),
		"nothing":                       nil,
		"a page that begins as a gif":   []byte("GIF89a/*<script>alert(1)</script>*/=1;"),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		_, err := drawThumbs(content)
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrNoThumb) {
			t.Errorf("%s: %v", name, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 16<<20 || took > 20*time.Second {
			t.Errorf("%s: %d KB in %v", name, n>>10, took)
		}
	}
}

// The largest pictures that are taken stay within the bounds.
func TestLargePicturesStayWithinBounds(t *testing.T) {
	photo := encoded(t, "jpeg", image.NewYCbCr(image.Rect(0, 0, 8160, 6120), image.YCbCrSubsampleRatio420)) // 50 megapixels
	for name, content := range map[string][]byte{"jpeg": photo, "png": pngOf(5000, 5200, 8, 2, 0, 5200)} {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		if _, err := drawThumbs(content); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		t.Logf("%s of %d KB: %d MB in %v", name, len(content)>>10, (after.TotalAlloc-before.TotalAlloc)>>20, time.Since(began))
		if n := after.TotalAlloc - before.TotalAlloc; n > mostDrawn*5/4 { // all that was ever taken, not what was held at once
			t.Errorf("%s: %d MB", name, n>>20)
		}
	}
}

func TestThumbsAreMadeOnce(t *testing.T) {
	dir := t.TempDir()
	f, err := OpenFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := f.PutReader(t.Context(), bytes.NewReader(encoded(t, "jpeg", corners(2000, 1500))), Most)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, side := range thumbSizes {
				if b, err := f.Thumb(t.Context(), s.Hash, side); err != nil || len(b) == 0 {
					t.Error(len(b), err)
				}
			}
		})
	}
	wg.Wait()
	kept := filepath.Join(dir, filepath.FromSlash(thumbAs(s.Hash, Small)))
	if err := os.WriteFile(kept, []byte("what is kept is given out"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := f.Thumb(t.Context(), s.Hash, Small); err != nil || string(b) != "what is kept is given out" {
		t.Errorf("made anew: %v", err)
	}
	damaged, err := f.PutReader(t.Context(), bytes.NewReader([]byte("\xFF\xD8\xFF")), Most)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := f.Thumb(t.Context(), damaged.Hash, Small); !errors.Is(err, ErrNoThumb) {
			t.Errorf("damaged: %v", err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(thumbAs(damaged.Hash, Small)))); err != nil || info.Size() != 0 {
		t.Errorf("it is not remembered that there is none: %v", err)
	}
	if _, err := f.Thumb(t.Context(), Hash(nil), Small); !errors.Is(err, ErrMissing) {
		t.Errorf("of nothing: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(thumbAs(Hash(nil), Small)))); err == nil {
		t.Error("one was kept of nothing")
	}
}
