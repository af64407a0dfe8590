package proof

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"

	qr "github.com/piglig/go-qr"
)

// QR is a QR code: a square of dark and light modules.
type QR struct{ code *qr.QrCode }

// quiet is how many light modules the standard wants around a code.
const quiet = 4

// QR draws the link of an imprint. A seventh of it may be lost to stamps, folds and copying.
func (m Imprint) QR() (QR, error) { return LinkQR(m.Link()) }

// LinkQR draws a link of at most [LongestLink] bytes.
func LinkQR(link string) (QR, error) {
	// The long number of a row and the capitals of a code take less room in modes of their own than as bytes. Codes up to version 9
	// count alike, and the longest link always fits into one.
	parts, err := qr.MakeSegmentsOptimally(link, qr.Medium, 9, 9)
	if err != nil {
		return QR{}, fmt.Errorf("proof: QR: %w", err)
	}
	code, err := qr.EncodeStandardSegments(parts, qr.Medium)
	if err != nil {
		return QR{}, fmt.Errorf("proof: QR: %w", err)
	}
	return QR{code}, nil
}

// Side is how many modules a side has, the light edge included.
func (q QR) Side() int { return q.code.Size() + 2*quiet }

// Path is the code as data of an SVG path in a view box of [QR.Side] by as much.
func (q QR) Path() string {
	var b strings.Builder
	n := q.code.Size()
	for y := range n {
		for x := 0; x < n; x++ {
			from := x
			for x < n && q.code.Module(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	return b.String()
}

// PNG is the code as a picture of one bit a pixel, 8 pixels a module.
func (q QR) PNG() ([]byte, error) {
	const scale = 8
	picture := image.NewPaletted(image.Rect(0, 0, q.Side()*scale, q.Side()*scale), color.Palette{color.White, color.Black})
	for y := range picture.Rect.Dy() {
		for x := range picture.Rect.Dx() {
			if q.code.Module(x/scale-quiet, y/scale-quiet) {
				picture.Pix[y*picture.Stride+x] = 1
			}
		}
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, picture); err != nil {
		return nil, fmt.Errorf("proof: QR: %w", err)
	}
	return b.Bytes(), nil
}
