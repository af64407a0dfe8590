package office

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"
)

// decodeText turns the bytes of a text file into UTF-8 and names the encoding it took them for: UTF-8, UTF-16LE, UTF-16BE or
// GB18030, each with or without a byte order mark. What cannot be decoded becomes U+FFFD.
func decodeText(data []byte) (text, encoding string) {
	data = unpadded(data)
	switch {
	case bytes.HasPrefix(data, []byte("\xEF\xBB\xBF")):
		return strings.ToValidUTF8(string(data[3:]), "\uFFFD"), "UTF-8"
	case bytes.HasPrefix(data, []byte("\xFF\xFE")):
		return decodeUTF16(data[2:], little), "UTF-16LE"
	case bytes.HasPrefix(data, []byte("\xFE\xFF")):
		return decodeUTF16(data[2:], big), "UTF-16BE"
	case bytes.HasPrefix(data, []byte("\x84\x31\x95\x33")): // the byte order mark in GB18030
		return decodeGB(data[4:]), "GB18030"
	}
	encoding = guessEncoding(telling(data))
	switch encoding {
	case "UTF-16LE":
		return decodeUTF16(data, little), encoding
	case "UTF-16BE":
		return decodeUTF16(data, big), encoding
	case "GB18030":
		return decodeGB(data), encoding
	}
	return strings.ToValidUTF8(string(data), "\uFFFD"), encoding
}

// unpadded cuts off the NUL bytes that a crash leaves at the end of a file, but not half of a two-byte unit.
func unpadded(data []byte) []byte {
	n := len(bytes.TrimRight(data, "\x00"))
	if len(data)-n < 4 {
		return data
	}
	return data[:n+n%2]
}

// telling returns the stretch of a file that tells its encoding: from the first byte that is not plain ASCII on.
func telling(data []byte) []byte {
	from := bytes.IndexFunc(data, func(r rune) bool { return r >= 0x80 || r == 0 })
	if from < 0 {
		return nil
	}
	from &^= 1 // two-byte units stay whole
	return data[from:min(len(data), from+sampleSize)]
}

// sampleSize is plenty to tell an encoding by.
const sampleSize = 64 << 10

// guessEncoding decides for the encoding under which the sample reads best. UTF-8 is tried first: bytes that are valid UTF-8
// and not plain ASCII are hardly ever anything else. A full sample may break off inside a character.
func guessEncoding(sample []byte) string {
	whole := sample
	if len(sample) == sampleSize {
		whole = trimPartial(sample)
	}
	if utf8.Valid(whole) && bytes.IndexByte(whole, 0) < 0 {
		return "UTF-8"
	}
	even := sample[:len(sample)&^1]
	best, bestScore := "UTF-8", max(familiar(string(sample)), leastFamiliar)
	for _, c := range []struct{ encoding, text string }{
		{"GB18030", decodeGB(sample)},
		{"UTF-16LE", decodeUTF16(even, little)},
		{"UTF-16BE", decodeUTF16(even, big)},
	} {
		if score := familiar(c.text); score > bestScore {
			best, bestScore = c.encoding, score
		}
	}
	return best
}

// leastFamiliar is below any text in Chinese and above bytes of chance, which fit every encoding of two bytes.
const leastFamiliar = 0.2

// trimPartial cuts off a last UTF-8 character that is not complete.
func trimPartial(b []byte) []byte {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if utf8.RuneStart(b[len(b)-n]) {
			return b[:len(b)-n]
		}
	}
	return b
}

// familiar scores how much of a text, out of 1, is made of characters that Chinese offices use. Rare ideographs hardly count
// and what is no character counts against it: a wrong decoding is full of those.
func familiar(text string) float64 {
	if text == "" {
		return 0
	}
	score, all := 0, 0
	var ideographs strings.Builder
	for _, r := range text {
		all++
		switch {
		case r >= 0x4E00 && r < 0x9FA6:
			ideographs.WriteRune(r)
		case r >= ' ' && r < 0x7F, r == '\n', r == '\r', r == '\t',
			r >= 0x3000 && r < 0x3020, r >= 0xFF00 && r < 0xFF60, r >= 0x2010 && r < 0x2030, r >= 0x2460 && r < 0x2500:
			score += 4
		case r == utf8.RuneError, r < ' ', r >= 0xE000 && r < 0xF900:
			score -= 16
		}
	}
	return float64(score+common(ideographs.String())) / float64(4*all)
}

// common scores ideographs by their row in the national standard, which put the 3,755 in daily use first: 4 for those, 1 for
// the others.
func common(ideographs string) int {
	coded, err := simplifiedchinese.GBK.NewEncoder().String(ideographs)
	if err != nil { // all of them have a code
		return 0
	}
	score := 0
	for i := 0; i+1 < len(coded); i += 2 {
		if coded[i] >= 0xB0 && coded[i] <= 0xD7 && coded[i+1] >= 0xA1 {
			score += 4
		} else {
			score++
		}
	}
	return score
}

func decodeGB(data []byte) string {
	var b strings.Builder
	b.Grow(len(data) + len(data)/2)
	// Neither side can fail: the decoder replaces what it cannot read.
	_, _ = io.Copy(&b, transform.NewReader(bytes.NewReader(data), simplifiedchinese.GB18030.NewDecoder()))
	return b.String()
}

func little(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }
func big(b []byte) uint16    { return uint16(b[1]) | uint16(b[0])<<8 }

// decodeUTF16 decodes without copying through a slice of units: such a file may be large.
func decodeUTF16(data []byte, unit func([]byte) uint16) string {
	var b strings.Builder
	b.Grow(len(data) + len(data)/2)
	for i := 0; i+1 < len(data); i += 2 {
		r := rune(unit(data[i:]))
		if utf16.IsSurrogate(r) {
			pair := utf8.RuneError
			if i+3 < len(data) {
				pair = utf16.DecodeRune(r, rune(unit(data[i+2:])))
			}
			if pair != utf8.RuneError {
				i += 2
			}
			r = pair
		}
		b.WriteRune(r)
	}
	return b.String()
}

// readText reads text of any of the three kinds.
func readText(name string, data []byte, b *budget) (Document, error) {
	text, _ := decodeText(data)
	if len(text) > b.limits.Text {
		return Document{}, &Error{What: fmt.Sprintf("文件的文字超过 %s", size(int64(b.limits.Text))), Do: doSplit}
	}
	if notText(text) {
		return Document{}, &Error{What: "文件不是文字，也不是认得的文档", Do: doResave}
	}
	var doc Document
	if n := strings.Count(text, "\uFFFD"); n > 0 {
		doc.Warnings = append(doc.Warnings, garbled(n))
	}
	var part Part
	var err error
	switch doc.Format = textKind(name, text); doc.Format {
	case "csv":
		part, err = readDelimited(text, b)
	case "md":
		part, err = readMarkdown(text, b)
	default:
		part, err = readLines(text, b)
	}
	if err != nil {
		return Document{}, err
	}
	doc.Parts = []Part{part}
	return doc, nil
}

// readLines makes each line a paragraph.
func readLines(text string, b *budget) (Part, error) {
	part := Part{Name: bodyName}
	for line := range lines(text) {
		var err error
		if part.Paragraphs, err = b.add(part.Paragraphs, Paragraph{Text: line}); err != nil {
			return part, err
		}
	}
	return part, nil
}

// lines yields the lines of a text, cleaned and without blanks behind them. A last line end begins no line.
func lines(text string) iter.Seq[string] {
	end := "\n"
	if !strings.Contains(text, end) {
		end = "\r" // as written by very old programs
	}
	return func(yield func(string) bool) {
		for line := range strings.SplitSeq(strings.TrimSuffix(text, end), end) {
			for line := range strings.SplitSeq(clean(strings.TrimRight(line, "\r")), "\n") {
				if !yield(strings.TrimRight(line, " \t")) {
					return
				}
			}
		}
	}
}

// garbled warns of n characters that could not be decoded.
func garbled(n int) string {
	return fmt.Sprintf("有 %d 处文字无法识别，已显示为 �；如果很多，请在原程序中另存为 UTF-8 编码后再上传", n)
}
