package office

import (
	"strconv"
	"strings"
)

// listNumber words n as a list label of an OOXML number format (ST_NumberFormat). Formats of other scripts than those met in
// Chinese documents come out as plain decimals, which is what the formats themselves do beyond their range.
func listNumber(format string, n int) string {
	if word, ok := listFormats[format]; ok && n > 0 {
		if s := word(n); s != "" {
			return s
		}
	}
	switch format {
	case "none", "bullet":
		return ""
	}
	return strconv.Itoa(n)
}

// listFormats give "" for a number beyond their range.
var listFormats = map[string]func(int) string{
	"chineseCounting":              positional,
	"taiwaneseCounting":            positional,
	"chineseCountingThousand":      func(n int) string { return counted(n, plainDigits, true) },
	"taiwaneseCountingThousand":    func(n int) string { return counted(n, plainDigits, true) },
	"japaneseCounting":             func(n int) string { return counted(n, plainDigits, false) },
	"chineseLegalSimplified":       func(n int) string { return counted(n, simplifiedLegal, true) },
	"ideographLegalTraditional":    func(n int) string { return counted(n, traditionalLegal, true) },
	"ideographDigital":             func(n int) string { return replaceDigits(n, "〇一二三四五六七八九") },
	"japaneseDigitalTenThousand":   func(n int) string { return replaceDigits(n, "〇一二三四五六七八九") },
	"taiwaneseDigital":             func(n int) string { return replaceDigits(n, "○一二三四五六七八九") },
	"ideographTraditional":         func(n int) string { return pick(n, "甲乙丙丁戊己庚辛壬癸") },
	"ideographZodiac":              func(n int) string { return pick(n, "子丑寅卯辰巳午未申酉戌亥") },
	"ideographEnclosedCircle":      func(n int) string { return pick(n, "㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉") },
	"decimalEnclosedCircle":        circled,
	"decimalEnclosedCircleChinese": circled,
	"decimalEnclosedFullstop":      func(n int) string { return pick(n, "⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛") },
	"decimalEnclosedParen":         func(n int) string { return pick(n, "⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇") },
	"decimalFullWidth":             func(n int) string { return replaceDigits(n, "０１２３４５６７８９") },
	"decimalFullWidth2":            func(n int) string { return replaceDigits(n, "０１２３４５６７８９") },
	"decimalZero":                  func(n int) string { return padded(n, 2) },
	"numberInDash":                 func(n int) string { return "- " + strconv.Itoa(n) + " -" },
	"upperRoman":                   roman,
	"lowerRoman":                   func(n int) string { return strings.ToLower(roman(n)) },
	"upperLetter":                  func(n int) string { return letters(n, 'A') },
	"lowerLetter":                  func(n int) string { return letters(n, 'a') },
	"ordinal":                      ordinal,
}

// numerals are the digits and units of a Chinese way of counting.
type numerals struct {
	digits [10]string
	units  [4]string // ones, tens, hundreds, thousands
}

var (
	plainDigits = numerals{
		[10]string{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"}, [4]string{"", "十", "百", "千"}}
	simplifiedLegal = numerals{
		[10]string{"零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"}, [4]string{"", "拾", "佰", "仟"}}
	traditionalLegal = numerals{
		[10]string{"零", "壹", "貳", "參", "肆", "伍", "陸", "柒", "捌", "玖"}, [4]string{"", "拾", "佰", "仟"}}
)

// counted words n below 100,000,000 with units: 一百零五. Japanese counting leaves the zero and the leading one out: 百五.
func counted(n int, words numerals, zeros bool) string {
	if n >= 100_000_000 {
		return ""
	}
	if n >= 10_000 {
		s := counted(n/10_000, words, zeros) + "万"
		switch rest := n % 10_000; {
		case rest == 0:
			return s
		case rest < 1000 && zeros:
			return s + words.digits[0] + thousands(rest, words, zeros, true)
		default:
			return s + thousands(rest, words, zeros, true)
		}
	}
	return thousands(n, words, zeros, false)
}

// thousands words n below 10,000; inner tells that something stands before it, so that ten is 一十.
func thousands(n int, words numerals, zeros, inner bool) string {
	var b strings.Builder
	pending := false // a zero to be said before the next digit
	for place, unit := 3, 1000; place >= 0; place, unit = place-1, unit/10 {
		digit := n / unit % 10
		if digit == 0 {
			pending = b.Len() > 0
			continue
		}
		if pending && zeros {
			b.WriteString(words.digits[0])
		}
		pending = false
		leadingTen := place == 1 && digit == 1 && b.Len() == 0 && !inner && words.units[1] == "十"
		if !leadingTen && (zeros || digit > 1 || place == 0) {
			b.WriteString(words.digits[digit])
		}
		b.WriteString(words.units[place])
	}
	return b.String()
}

// positional is counting as Chinese Word does it by default: with 十 up to 99, digit by digit above.
func positional(n int) string {
	if n < 100 {
		return counted(n, plainDigits, true)
	}
	return replaceDigits(n, "○一二三四五六七八九")
}

func replaceDigits(n int, digits string) string {
	set := []rune(digits)
	return strings.Map(func(r rune) rune { return set[r-'0'] }, strconv.Itoa(n))
}

// pick takes the n-th character of a closed series.
func pick(n int, series string) string {
	set := []rune(series)
	if n > len(set) {
		return ""
	}
	return string(set[n-1])
}

func circled(n int) string {
	return pick(n, "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㉑㉒㉓㉔㉕㉖㉗㉘㉙㉚㉛㉜㉝㉞㉟㊱㊲㊳㊴㊵㊶㊷㊸㊹㊺㊻㊼㊽㊾㊿")
}

func padded(n, width int) string {
	s := strconv.Itoa(n)
	return strings.Repeat("0", max(0, width-len(s))) + s
}

func roman(n int) string {
	if n >= 4000 {
		return ""
	}
	steps := []struct {
		value int
		sign  string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}}
	var b strings.Builder
	for _, s := range steps {
		for ; n >= s.value; n -= s.value {
			b.WriteString(s.sign)
		}
	}
	return b.String()
}

// letters repeats the letter after z: y, z, aa, bb.
func letters(n int, first byte) string {
	if n > 780 { // Word's own end
		return ""
	}
	return strings.Repeat(string(rune(first)+rune((n-1)%26)), (n-1)/26+1)
}

func ordinal(n int) string {
	suffix := "th"
	if n/10%10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}
