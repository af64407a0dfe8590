package evidence

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"testing"

	"pgregory.net/rapid"

	"bihuan/office"
)

// look tells what a file is and changes it as it is changed before it is stored.
func look(content []byte) Stored {
	s := Stored{Format: office.Sniff(content)}
	if s.Media = mediaType(s.Format, bytes.NewReader(content)); hasEXIF(s.Format) {
		s.Taken, s.Location = readEXIF(s.Format, content)
	}
	return s
}

// entry is one entry of a directory of EXIF that the tests write: a tag and its bytes.
type entry struct {
	tag, kind uint16
	count     uint32
	value     []byte // more than four bytes stand outside
}

func ascii(tag uint16, text string) entry {
	return entry{tag, 2, uint32(len(text) + 1), append([]byte(text), 0)}
}

// exif writes a TIFF structure: a first directory with the make of the camera, pointers to an EXIF directory with the time of taking
// and to a GPS directory with a place. order and whether there is a GPS directory vary.
func exif(order binary.AppendByteOrder, gps []entry) []byte {
	b := []byte("II*\x00")
	if order == binary.BigEndian {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	exifDirectory := []entry{ascii(tagTakenOriginal, "2026:04:12 16:08:30")}
	first := []entry{ascii(0x010F, "an invented camera"), {tagExif, 4, 1, nil}}
	if gps != nil {
		first = append(first, entry{tagGPS, 4, 1, nil})
	}
	at := []int{8}
	for _, d := range [][]entry{first, exifDirectory, gps} {
		n := at[len(at)-1] + 2 + 12*len(d) + 4
		for _, e := range d {
			if len(e.value) > 4 {
				n += len(e.value)
			}
		}
		at = append(at, n)
	}
	pointer := func(to int) []byte { return order.AppendUint32(nil, uint32(to)) }
	first[1].value = pointer(at[1])
	if gps != nil {
		first[2].value = pointer(at[2])
	}
	lists := [][]entry{first, exifDirectory}
	if gps != nil {
		lists = append(lists, gps)
	}
	for _, d := range lists {
		b = order.AppendUint16(b, uint16(len(d)))
		var outside []byte
		from := len(b) + 12*len(d) + 4
		for _, e := range d {
			b = order.AppendUint16(b, e.tag)
			b = order.AppendUint16(b, e.kind)
			b = order.AppendUint32(b, e.count)
			if len(e.value) > 4 {
				b = order.AppendUint32(b, uint32(from+len(outside)))
				outside = append(outside, e.value...)
				continue
			}
			b = append(b, e.value...)
			b = append(b, make([]byte, 4-len(e.value))...)
		}
		b = append(b, 0, 0, 0, 0)
		b = append(b, outside...)
	}
	return b
}

// place48 is a GPS directory: north, and a latitude that the tests look for.
func place48(order binary.AppendByteOrder) ([]entry, []byte) {
	var latitude []byte
	for _, n := range []uint32{48, 1, 7, 1, 54321, 1000} {
		latitude = order.AppendUint32(latitude, n)
	}
	return []entry{{1, 2, 2, []byte("N\x00")}, {2, 5, 3, latitude}}, latitude
}

// picture is a JPEG with the given segments APP1 in it.
func picture(t interface{ Fatal(...any) }, segments ...[]byte) []byte {
	img := image.NewGray(image.Rect(0, 0, 40, 30))
	for i := range img.Pix {
		img.Pix[i] = byte(i * 7)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	out := []byte{0xFF, 0xD8}
	for _, s := range segments {
		out = append(out, 0xFF, 0xE1)
		out = binary.BigEndian.AppendUint16(out, uint16(len(s)+2))
		out = append(out, s...)
	}
	return append(out, b.Bytes()[2:]...)
}

func TestThePlaceIsTakenOutOfAPicture(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		gps, latitude := place48(order)
		before := picture(t, append(bytes.Clone(exifMark), exif(order, gps)...))
		after := bytes.Clone(before)
		s := look(after)
		if s.Taken != "2026-04-12 16:08" || s.Location != LocationRemoved || s.Media != "image/jpeg" {
			t.Errorf("%v: %+v", order, s)
		}
		if bytes.Contains(after, latitude) || len(after) != len(before) {
			t.Errorf("%v: the latitude is still there", order)
		}
		if !bytes.Contains(after, []byte("an invented camera")) || !bytes.Contains(after, []byte("2026:04:12 16:08:30")) {
			t.Errorf("%v: more than the place was taken out", order)
		}
		a, err := jpeg.Decode(bytes.NewReader(after))
		if err != nil {
			t.Fatal(err)
		}
		b, _ := jpeg.Decode(bytes.NewReader(before))
		if !bytes.Equal(a.(*image.Gray).Pix, b.(*image.Gray).Pix) {
			t.Error("the picture has changed")
		}
		if again := look(bytes.Clone(after)); again.Location != "" || again.Taken != s.Taken {
			t.Errorf("a second look finds %+v", again)
		}
	}
}

func TestPicturesAndTheirPlaces(t *testing.T) {
	order := binary.LittleEndian
	gps, latitude := place48(order)
	with, without := append(bytes.Clone(exifMark), exif(order, gps)...), append(bytes.Clone(exifMark), exif(order, nil)...)
	broken := bytes.Clone(with)
	at := bytes.Index(broken, order.AppendUint16(nil, tagGPS))
	order.PutUint32(broken[at+8:], 1<<30) // the pointer leads out of the file
	over := bytes.Clone(with)
	order.PutUint32(over[at+8:], 8) // it leads to the first directory itself
	xmp := append(bytes.Clone(xmpMark), []byte(`<x:xmpmeta exif:GPSLatitude="48,7.9N"/>`)...)
	innocent := append(bytes.Clone(xmpMark), []byte(`<x:xmpmeta xmp:Rating="5"/>`)...)
	png := append([]byte("\x89PNG\r\n\x1A\n....eXIf"), exif(order, gps)...)
	for name, c := range map[string]struct {
		content  []byte
		location string
		changed  bool
	}{
		"none":                     {picture(t), "", false},
		"no GPS":                   {picture(t, without), "", false},
		"GPS":                      {picture(t, with), LocationRemoved, true},
		"XMP":                      {picture(t, xmp), LocationRemoved, true},
		"XMP without a place":      {picture(t, innocent), "", false},
		"a second picture behind":  {append(picture(t, without), picture(t, with)...), LocationRemoved, true},
		"pointer out of the file":  {picture(t, broken), LocationKept, false},
		"pointer to the directory": {picture(t, over), LocationKept, false},
		"PNG":                      {png, LocationKept, false},
		"cut off":                  {picture(t, with)[:90], "", false},
	} {
		content := bytes.Clone(c.content)
		s := look(content)
		if s.Location != c.location || !bytes.Equal(content, c.content) != c.changed {
			t.Errorf("%s: location %q, changed %v", name, s.Location, !bytes.Equal(content, c.content))
		}
		if s.Location == LocationRemoved && (bytes.Contains(content, latitude) || bytes.Contains(content, []byte("GPSLatitude"))) {
			t.Errorf("%s: the place is still there", name)
		}
	}
}

// Whatever a file says of its own structure, looking at it neither fails nor touches a byte outside of its segments APP1.
func TestLookingIsSafe(t *testing.T) {
	gps, _ := place48(binary.LittleEndian)
	whole := picture(t, append(bytes.Clone(exifMark), exif(binary.LittleEndian, gps)...))
	segment := 4 + int(binary.BigEndian.Uint16(whole[4:])) // where the picture goes on
	rapid.Check(t, func(t *rapid.T) {
		content := bytes.Clone(whole)
		for range rapid.IntRange(0, 12).Draw(t, "changes") {
			content[rapid.IntRange(12, segment-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		before := bytes.Clone(content)
		look(content)
		if len(content) != len(before) || !bytes.Equal(content[segment:], before[segment:]) || !bytes.Equal(content[:6], before[:6]) {
			t.Fatal("the picture itself has changed")
		}
	})
}

func TestMediaByContent(t *testing.T) {
	for media, content := range map[string]string{
		"application/pdf":           "%PDF-1.7\n",
		"image/png":                 "\x89PNG\r\n\x1A\n",
		"image/heic":                "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
		"text/plain; charset=utf-8": "整改情况说明",
		"text/html; charset=utf-8":  "<html><script>alert(1)</script>",
		"application/octet-stream":  "\x00\x01\x02\x03\x04\x05\x06\x07\x08",
	} {
		s := look([]byte(content))
		if s.Media != media {
			t.Errorf("%q is %s, not %s", content, s.Media, media)
		}
		if Inline(s.Media) != (media == "application/pdf" || media == "image/png") {
			t.Errorf("%s inline: %v", media, Inline(s.Media))
		}
	}
}
