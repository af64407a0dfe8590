package evidence

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"path"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"bihuan/office"
)

// Longer sides of the small pictures that are made of a picture, in pixels.
const (
	Small = 192  // in lists, on a screen of two pixels to the point too
	Large = 1280 // to look at
)

// thumbSizes are all there are, the largest first: each is made of the one before.
var thumbSizes = [...]int{Large, Small}

// ErrNoThumb is the error of a picture that no small one can be made of: damaged, of a kind that is not read, or so large that it
// would take too much memory.
var ErrNoThumb = errors.New("evidence: no small picture can be made of this")

// Thumbable tells whether small pictures are made of content of this media type.
func Thumbable(media string) bool {
	switch media {
	case "image/jpeg", "image/png", "image/gif", "image/webp":
		return true
	}
	return false
}

// Thumb is the small picture, a JPEG, of the picture with the given hash; side is [Small] or [Large]. It is made once, of content that
// was found right, turned as the camera was held and without anything a camera wrote into it. It fails with [ErrNoThumb], and
// otherwise as [Files.Get] does.
func (f *Files) Thumb(ctx context.Context, hash string, side int) ([]byte, error) {
	if !isHash(hash) {
		return nil, ErrMissing
	}
	if b, err := f.readThumb(ctx, hash, side); !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	select {
	case f.drawing <- struct{}{}:
		defer func() { <-f.drawing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if b, err := f.readThumb(ctx, hash, side); !errors.Is(err, fs.ErrNotExist) {
		return b, err // made while this one waited
	}
	content, err := f.Get(ctx, hash)
	if err != nil {
		return nil, err
	}
	made, err := drawThumbs(content)
	if err != nil {
		made = map[int][]byte{Small: nil, Large: nil} // empty files tell not to try again
	}
	for _, size := range thumbSizes {
		b := made[size]
		if err := f.place.put(ctx, thumbAs(hash, size), bytes.NewReader(b), int64(len(b)), Hash(b)); err != nil && !errors.Is(err, ErrFull) {
			return nil, fmt.Errorf("keep small picture: %w", err)
		}
	}
	// Whoever erases the picture removes it first and these afterwards; if that happened since it was read, these go here.
	r, err := f.reader(ctx, hash)
	if err != nil {
		return nil, errors.Join(err, f.dropThumbs(ctx, hash))
	}
	_ = r.Close()
	return thumbOf(made[side])
}

func (f *Files) readThumb(ctx context.Context, hash string, side int) ([]byte, error) {
	r, err := f.place.open(ctx, thumbAs(hash, side))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read small picture: %w", err)
	}
	return thumbOf(b)
}

func thumbOf(b []byte) ([]byte, error) {
	if len(b) == 0 {
		return nil, ErrNoThumb
	}
	return b, nil
}

func (f *Files) dropThumbs(ctx context.Context, hash string) error {
	var all error
	for _, size := range thumbSizes {
		all = errors.Join(all, f.place.remove(ctx, thumbAs(hash, size)))
	}
	return all
}

const thumbFolder = "thumbs"

// thumbAs is the name of a small picture in its place.
func thumbAs(hash string, side int) string {
	return path.Join(thumbFolder, hash[:2], hash[2:4], fmt.Sprintf("%s-%d", hash, side))
}

// What making small pictures of one picture may take: its pixels as they are unpacked and halved for the first time, in bytes. A
// photograph of 50 megapixels fits.
const (
	mostDrawn  = 128 << 20
	mostPixels = 50_500_000
)

// drawThumbs makes the small pictures of a picture.
func drawThumbs(content []byte) (made map[int][]byte, err error) {
	defer func() {
		if p := recover(); p != nil { // a decoder that a damaged picture has led astray
			err = fmt.Errorf("%w: %v", ErrNoThumb, p)
		}
	}()
	format := office.Sniff(content)
	width, height, bytesEach, err := measure(format, content)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoThumb, err)
	}
	if n := int64(width) * int64(height); n <= 0 || n > mostPixels || float64(n)*(bytesEach+1) > mostDrawn {
		return nil, fmt.Errorf("%w: %d × %d pixels", ErrNoThumb, width, height)
	}
	var img image.Image
	turned := 1
	switch r := bytes.NewReader(content); format {
	case "jpeg":
		turned = orientation(content)
		img, err = jpeg.Decode(r)
	case "png":
		img, err = png.Decode(r)
	case "gif":
		img, err = gif.Decode(r) // the first picture
	case "webp":
		img, err = webp.Decode(r)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoThumb, err)
	}
	made = map[int][]byte{}
	for i, side := range thumbSizes {
		small := shrink(img, side)
		if i == 0 {
			small = turn(small, turned)
		}
		img = small
		var b bytes.Buffer
		if err := jpeg.Encode(&b, small, &jpeg.Options{Quality: 80}); err != nil {
			return nil, err
		}
		made[side] = b.Bytes()
	}
	return made, nil
}

// measure reads how large a picture says it is, and how many bytes unpacking takes for each pixel at most. It reads heads alone.
func measure(format string, content []byte) (width, height int, bytesEach float64, err error) {
	switch format {
	case "jpeg":
		return measureJPEG(content)
	case "png":
		c, err := png.DecodeConfig(bytes.NewReader(content))
		if err != nil {
			return 0, 0, 0, err
		}
		bytesEach = 4
		switch c.ColorModel {
		case color.RGBA64Model, color.NRGBA64Model, color.Gray16Model:
			bytesEach = 8
		}
		if content[28] != 0 { // in seven passes, each unpacked by itself
			bytesEach *= 2
		}
		return c.Width, c.Height, bytesEach, nil
	case "gif":
		c, err := gif.DecodeConfig(bytes.NewReader(content))
		return c.Width, c.Height, 1, err
	case "webp":
		return measureWebP(content)
	}
	return 0, 0, 0, errors.New(format)
}

// measureJPEG reads the head of the frame. In progressive order all coefficients are in memory at once, four bytes each.
func measureJPEG(content []byte) (width, height int, bytesEach float64, err error) {
	for kind, segment := range segments(content) {
		if kind < 0xC0 || kind > 0xCF || kind == 0xC4 || kind == 0xC8 || kind == 0xCC {
			continue
		}
		if len(segment) < 6 || len(segment) < 6+3*int(segment[5]) {
			break
		}
		height, width = int(binary.BigEndian.Uint16(segment[1:])), int(binary.BigEndian.Uint16(segment[3:]))
		components := int(segment[5])
		all, across, down := 0, 1, 1
		for i := range components {
			h, v := int(segment[7+3*i]>>4), int(segment[7+3*i]&15)
			all, across, down = all+h*v, max(across, h), max(down, v)
		}
		bytesEach = float64(all) / float64(across*down)
		if kind == 0xC2 {
			bytesEach *= 5
		}
		if components == 4 || components == 3 && all == 3*across*down { // unpacked once more into other colours
			bytesEach += 4
		}
		return width, height, bytesEach, nil
	}
	return 0, 0, 0, errors.New("jpeg: no frame")
}

// segments gives the marked segments of a JPEG up to the first scan: the kind of each and what it holds.
func segments(content []byte) func(func(byte, []byte) bool) {
	return func(yield func(byte, []byte) bool) {
		for at := 2; at+4 <= len(content) && content[at] == 0xFF; {
			kind := content[at+1]
			if kind == 0xFF { // filling
				at++
				continue
			}
			length := int(binary.BigEndian.Uint16(content[at+2:]))
			if length < 2 || at+2+length > len(content) || kind == 0xDA || !yield(kind, content[at+4:at+2+length]) {
				return
			}
			at += 2 + length
		}
	}
}

// measureWebP looks at each chunk that has pixels: what the head says of the canvas need not be true of them.
func measureWebP(content []byte) (width, height int, bytesEach float64, err error) {
	c, err := webp.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return 0, 0, 0, err
	}
	width, height = c.Width, c.Height
	for at := 12; at+8 <= len(content); {
		length := int(binary.LittleEndian.Uint32(content[at+4:]))
		chunk := content[at+8:]
		switch kind := string(content[at : at+4]); {
		case kind == "VP8 " && len(chunk) >= 10:
			width = max(width, int(binary.LittleEndian.Uint16(chunk[6:])&0x3FFF))
			height = max(height, int(binary.LittleEndian.Uint16(chunk[8:])&0x3FFF))
		case kind == "VP8L" && len(chunk) >= 5:
			bits := binary.LittleEndian.Uint32(chunk[1:])
			width, height = max(width, int(bits&0x3FFF)+1), max(height, int(bits>>14&0x3FFF)+1)
		}
		at += 8 + length + length%2
		if length < 0 || at < 0 {
			break
		}
	}
	return width, height, 9, nil
}

// shrink makes a picture whose longer side is at most side, on white where it is transparent. It halves until little is left to do:
// going down at once would take single pixels out of many.
func shrink(src image.Image, side int) *image.RGBA {
	width, height := src.Bounds().Dx(), src.Bounds().Dy()
	endWidth, endHeight := width, height
	if longer := max(width, height); longer > side {
		endWidth, endHeight = max(width*side/longer, 1), max(height*side/longer, 1)
	}
	for {
		width, height = max((width+1)/2, endWidth), max((height+1)/2, endHeight)
		dst := image.NewRGBA(image.Rect(0, 0, width, height))
		op := draw.Src
		if opaque, ok := src.(interface{ Opaque() bool }); !ok || !opaque.Opaque() {
			draw.Draw(dst, dst.Bounds(), image.White, image.Point{}, draw.Src)
			op = draw.Over
		}
		draw.ApproxBiLinear.Scale(dst, dst.Bounds(), src, src.Bounds(), op, nil)
		if width == endWidth && height == endHeight {
			return dst
		}
		src = dst
	}
}

// tagOrientation says how the camera was held, 1 to 8.
const tagOrientation = 0x0112

// orientation is how a JPEG has to be turned to be seen upright; 1 when it stands already.
func orientation(content []byte) int {
	for kind, segment := range segments(content) {
		if kind != 0xE1 || !bytes.HasPrefix(segment, exifMark) {
			continue
		}
		t, first, ok := openTIFF(segment[len(exifMark):])
		if !ok {
			continue
		}
		if e := t.find(first, tagOrientation); e != 0 {
			if n := int(t.order.Uint16(t.data[e+8:])); n >= 1 && n <= 8 {
				return n
			}
		}
	}
	return 1
}

// turn turns and mirrors a picture from an orientation of EXIF to the upright one.
func turn(src *image.RGBA, from int) *image.RGBA {
	if from == 1 {
		return src
	}
	width, height := src.Bounds().Dx(), src.Bounds().Dy()
	dst := image.NewRGBA(image.Rect(0, 0, width, height))
	if from >= 5 { // lies on its side
		dst = image.NewRGBA(image.Rect(0, 0, height, width))
	}
	for y := range height {
		for x := range width {
			toX, toY := x, y
			switch from {
			case 2:
				toX = width - 1 - x
			case 3:
				toX, toY = width-1-x, height-1-y
			case 4:
				toY = height - 1 - y
			case 5:
				toX, toY = y, x
			case 6:
				toX, toY = height-1-y, x
			case 7:
				toX, toY = height-1-y, width-1-x
			case 8:
				toX, toY = y, width-1-x
			}
			dst.SetRGBA(toX, toY, src.RGBAAt(x, y))
		}
	}
	return dst
}
