package evidence

import (
	"bytes"
	"encoding/binary"
	"strings"
	"time"
)

// What was done about the place where a picture was taken. Nobody is asked for a place and none is kept (L3), although a phone may
// have written it into the file.
const (
	LocationRemoved = "removed" // it was taken out before the picture was stored
	LocationKept    = "kept"    // the file names one and is of a kind that cannot be changed safely
)

// Tags of EXIF, see CIPA DC-008.
const (
	tagGPS           = 0x8825
	tagExif          = 0x8769
	tagDateTime      = 0x0132
	tagTakenOriginal = 0x9003
)

var (
	exifMark = []byte("Exif\x00\x00")
	xmpMark  = []byte("http://ns.adobe.com/xap/1.0/\x00")
	xmpMore  = []byte("http://ns.adobe.com/xmp/extension/\x00")
)

// stripJPEG takes the place where it was taken out of a JPEG, in place and without moving a byte that is anything else: the entries
// of the GPS directory, what they point to, and the pointer to it are blanked; everything else, the time of taking among it, stays.
// A second picture that a phone has put behind the first is looked at too. It returns when the picture was taken and what was done.
func stripJPEG(content []byte) (taken, location string) {
	for at := 0; ; {
		i := bytes.Index(content[at:], []byte{0xFF, 0xE1})
		if i < 0 {
			return taken, location
		}
		at += i
		if at+4 > len(content) {
			return taken, location
		}
		length := int(binary.BigEndian.Uint16(content[at+2:]))
		if length < 2 || at+2+length > len(content) {
			at += 2
			continue
		}
		segment := content[at+4 : at+2+length]
		switch {
		case bytes.HasPrefix(segment, exifMark):
			t, where := stripEXIF(segment[len(exifMark):])
			if taken == "" {
				taken = t
			}
			location = worse(location, where)
		case bytes.HasPrefix(segment, xmpMark):
			location = worse(location, blankXMP(segment[len(xmpMark):]))
		case bytes.HasPrefix(segment, xmpMore):
			location = worse(location, blankXMP(segment[len(xmpMore):]))
		}
		at += 2 // elsewhere these two bytes mean nothing; a segment may hold a small picture with one of its own
	}
}

// worse is what has to be told of a picture after two of its parts.
func worse(a, b string) string {
	if a == LocationKept || b == "" {
		return a
	}
	return b
}

// blankXMP empties a packet of XMP that names a place. Blanks are what such a packet is padded with, so every reader takes them.
func blankXMP(packet []byte) string {
	if !bytes.Contains(packet, []byte("GPSL")) && !bytes.Contains(packet, []byte("GPSDest")) { // GPSLatitude, GPSLongitude
		return ""
	}
	for i := range packet {
		packet[i] = ' '
	}
	return LocationRemoved
}

// tiff is the directory structure that EXIF is written in.
type tiff struct {
	data  []byte
	order binary.ByteOrder
}

// openTIFF reads the head of a TIFF structure and tells where its first directory is.
func openTIFF(data []byte) (t tiff, first int, ok bool) {
	if len(data) < 8 {
		return t, 0, false
	}
	t.data = data
	switch string(data[:4]) {
	case "II*\x00":
		t.order = binary.LittleEndian
	case "MM\x00*":
		t.order = binary.BigEndian
	default:
		return t, 0, false
	}
	return t, int(t.order.Uint32(data[4:])), true
}

// entries is how many entries the directory at the offset has; false when it is not wholly there.
func (t tiff) entries(at int) (int, bool) {
	if at < 8 || at+2 > len(t.data) {
		return 0, false
	}
	n := int(t.order.Uint16(t.data[at:]))
	return n, at+2+12*n <= len(t.data)
}

// find is the offset of the entry with the given tag in the directory at the offset; 0 when there is none.
func (t tiff) find(at int, tag uint16) int {
	n, ok := t.entries(at)
	if !ok {
		return 0
	}
	for e := at + 2; e < at+2+12*n; e += 12 {
		if t.order.Uint16(t.data[e:]) == tag {
			return e
		}
	}
	return 0
}

// sizes are the bytes that one value of each type takes.
var sizes = [...]int{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}

// outside is where the value of an entry stands when it does not fit into it; ok is false when it is not wholly there.
func (t tiff) outside(e int) (from, to int, ok bool) {
	kind, count := int(t.order.Uint16(t.data[e+2:])), int(t.order.Uint32(t.data[e+4:]))
	if kind <= 0 || kind >= len(sizes) || count > len(t.data) {
		return 0, 0, false
	}
	if n := count * sizes[kind]; n > 4 {
		from = int(t.order.Uint32(t.data[e+8:]))
		return from, from + n, from >= 8 && from+n <= len(t.data)
	}
	return 0, 0, true
}

// text is the text of an entry.
func (t tiff) text(e int) string {
	from, to, ok := t.outside(e)
	if !ok || t.order.Uint16(t.data[e+2:]) != 2 {
		return ""
	}
	return strings.TrimRight(string(t.data[from:to]), "\x00 ")
}

// stripEXIF blanks the GPS directory of a TIFF structure and reads when the picture was taken.
func stripEXIF(data []byte) (taken, location string) {
	t, first, ok := openTIFF(data)
	if !ok {
		return "", ""
	}
	taken = t.taken(first)
	pointer := t.find(first, tagGPS)
	if pointer == 0 {
		return taken, ""
	}
	gps := int(t.order.Uint32(t.data[pointer+8:]))
	n, ok := t.entries(gps)
	if !ok || t.overlaps(first, gps, gps+2+12*n) {
		return taken, LocationKept
	}
	if n == 0 {
		return taken, "" // an empty one, such as this program leaves
	}
	for e := gps + 2; e < gps+2+12*n; e += 12 {
		if from, to, ok := t.outside(e); !ok || t.overlaps(first, from, to) {
			return taken, LocationKept
		}
	}
	for e := gps + 2; e < gps+2+12*n; e += 12 {
		from, to, _ := t.outside(e)
		clear(t.data[from:to])
	}
	clear(t.data[gps : gps+2+12*n]) // what is left is a directory of no entries, which its pointer may go on naming
	return taken, LocationRemoved
}

// overlaps tells whether a range reaches into the head or the first directory, which must stay.
func (t tiff) overlaps(first, from, to int) bool {
	n, ok := t.entries(first)
	return !ok || to > from && from < first+2+12*n+4 && to > first
}

// taken is when the picture was taken, or else when it was written.
func (t tiff) taken(first int) string {
	said := ""
	if e := t.find(first, tagExif); e != 0 {
		if e = t.find(int(t.order.Uint32(t.data[e+8:])), tagTakenOriginal); e != 0 {
			said = t.text(e)
		}
	}
	if e := t.find(first, tagDateTime); said == "" && e != 0 {
		said = t.text(e)
	}
	at, err := time.Parse("2006:01:02 15:04:05", said)
	if err != nil || at.Year() < 1990 {
		return ""
	}
	return at.Format("2006-01-02 15:04")
}

// named tells whether a picture of another kind holds a TIFF structure with a GPS directory.
func named(content []byte) bool {
	for _, mark := range []string{"II*\x00", "MM\x00*"} {
		for at := 0; ; {
			i := bytes.Index(content[at:], []byte(mark))
			if i < 0 {
				break
			}
			at += i
			if t, first, ok := openTIFF(content[at:]); ok {
				if e := t.find(first, tagGPS); e != 0 {
					if n, ok := t.entries(int(t.order.Uint32(t.data[e+8:]))); ok && n > 0 {
						return true
					}
				}
			}
			at += 4
		}
	}
	return bytes.Contains(content, []byte("GPSLatitude"))
}
