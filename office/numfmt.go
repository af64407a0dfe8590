package office

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// numberFormat is a cell format of a workbook, reduced to what changes the words a person sees.
type numberFormat struct {
	kind     formatKind
	decimals int    // shown after the point; -1 as many as the number has
	digits   int    // least number of digits before the point
	percent  int    // how many percent signs
	scale    int    // how many thousands are cut off
	prefix   string // literal text around the number
	suffix   string
	exponent bool

	year, month, day, hour, minute, second bool
	written                                bool // 年, 月 and 日 stand in the format
	elapsed                                bool // [h]: hours beyond a day
}

type formatKind uint8

const (
	formatGeneral formatKind = iota
	formatNumber
	formatDate
	formatText
)

// builtinFormats are the formats that a file names by number alone; those from 27 on as Chinese Excel takes them.
var builtinFormats = map[int]string{
	1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "General", 13: "General",
	14: "yyyy-m-d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
	22: "yyyy-m-d h:mm",
	27: "yyyy年m月", 28: "m月d日", 29: "m月d日", 30: "m-d-yy", 31: "yyyy年m月d日", 32: "h时mm分", 33: "h时mm分ss秒",
	34: "h时mm分", 35: "h时mm分ss秒", 36: "yyyy年m月",
	37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 41: "#,##0", 42: "#,##0", 43: "#,##0.00", 44: "#,##0.00",
	45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
	50: "yyyy年m月", 51: "m月d日", 52: "yyyy年m月", 53: "m月d日", 54: "m月d日", 55: "h时mm分", 56: "h时mm分ss秒", 57: "yyyy年m月",
	58: "m月d日",
}

// parseNumberFormat reads a format code. Of its sections for positive, negative and zero the first is taken: the sign is kept
// instead of what the second would make of it.
func parseNumberFormat(code string) numberFormat {
	lower := strings.ToLower(code)
	if strings.Contains(lower, "general") || strings.Contains(code, "通用格式") {
		return numberFormat{}
	}
	f := numberFormat{kind: formatNumber, decimals: 0}
	var literal strings.Builder
	var marks []byte // the date letters met, in order
	digits, point := false, false
	flush := func() {
		if digits {
			f.suffix += literal.String()
		} else {
			f.prefix += literal.String()
		}
		literal.Reset()
	}
	runes := []rune(code)
scan:
	for i := 0; i < len(runes); i++ {
		switch r := runes[i]; r {
		case ';':
			break scan
		case '"':
			for i++; i < len(runes) && runes[i] != '"'; i++ {
				literal.WriteRune(runes[i])
			}
		case '\\', '!': // Chinese programs write ! where others write \
			if i++; i < len(runes) {
				literal.WriteRune(runes[i])
			}
		case '_', '*':
			i++
		case '[':
			from := i + 1
			for i < len(runes) && runes[i] != ']' {
				i++
			}
			f.bracket(strings.ToLower(string(runes[min(from, i):i])), &literal)
		case '0', '#', '?':
			if literal.Len() > 0 && digits {
				return numberFormat{} // signs among the digits, as in 000-0000-0000: the bare number reads no worse
			}
			flush()
			digits = true
			switch {
			case point:
				f.decimals++
			case r == '0':
				f.digits++
			}
		case '.':
			if digits {
				point = true
			} else {
				literal.WriteRune(r)
			}
		case ',':
			if digits && (i+1 == len(runes) || !strings.ContainsRune("0#?", runes[i+1])) {
				f.scale++
			}
		case '%':
			f.percent++
		case 'y', 'Y', 'm', 'M', 'd', 'D', 'h', 'H', 's', 'S':
			marks = append(marks, byte(r|0x20))
		case 'a', 'A': // am/pm, a/p, 上午/下午 stands as literal; aaaa is the day of the week
			switch rest := strings.ToLower(string(runes[i:min(len(runes), i+5)])); {
			case strings.HasPrefix(rest, "am/pm"):
				i += 4
			case strings.HasPrefix(rest, "a/p"):
				i += 2
			default:
				marks = append(marks, 'd')
			}
		case 'e', 'E':
			if digits {
				f.exponent = true
				i++
				continue
			}
			marks = append(marks, 'y') // the year of an era
		case 'g', 'G', 'b', 'B':
		case '@':
			f.kind = formatText
		default:
			literal.WriteRune(r)
		}
	}
	if f.exponent {
		return numberFormat{kind: formatNumber, decimals: -1}
	}
	if len(marks) > 0 || f.elapsed {
		f.kind = formatDate
		f.written = strings.Contains(code, "月")
		f.dateParts(marks)
		return f
	}
	if !digits { // a format that shows no number at all: better the number than nothing
		return numberFormat{}
	}
	flush()
	if strings.Contains(f.suffix, "/") { // fractions
		return numberFormat{}
	}
	f.prefix, f.suffix = strings.TrimSpace(f.prefix), strings.TrimSpace(f.suffix)
	return f
}

// bracket reads what stands in square brackets: elapsed time, a currency sign, a colour, a condition.
func (f *numberFormat) bracket(inside string, literal *strings.Builder) {
	switch strings.Trim(inside, "hms") {
	case "":
		if inside != "" {
			f.elapsed = true
		}
		return
	}
	if sign, ok := strings.CutPrefix(inside, "$"); ok {
		sign, _, _ = strings.Cut(sign, "-")
		literal.WriteString(sign)
	}
}

// dateParts tells from the letters which parts of date and time a format shows. An m beside an h before it or an s behind it is
// a minute.
func (f *numberFormat) dateParts(marks []byte) {
	for i := 0; i < len(marks); {
		j := i
		for j < len(marks) && marks[j] == marks[i] {
			j++
		}
		switch marks[i] {
		case 'y':
			f.year = true
		case 'd':
			f.day = true
		case 'h':
			f.hour = true
		case 's':
			f.second = true
		case 'm':
			if i > 0 && (marks[i-1] == 'h' || marks[i-1] == 's') || j < len(marks) && marks[j] == 's' {
				f.minute = true
			} else {
				f.month = true
			}
		}
		i = j
	}
}

// show words a number the way the format lets a person see it.
func (f *numberFormat) show(v float64, date1904 bool) string {
	switch f.kind {
	case formatDate:
		if s := f.date(v, date1904); s != "" {
			return s
		}
	case formatNumber:
		return f.number(v)
	}
	return plainNumber(v)
}

// number writes with the format's decimals, but without the separators of thousands, which nobody can calculate with.
func (f *numberFormat) number(v float64) string {
	if f.decimals < 0 {
		return plainNumber(v)
	}
	for range f.percent {
		v *= 100
	}
	for range f.scale {
		v /= 1000
	}
	negative := v < 0
	s := strconv.FormatFloat(roundHalfUp(math.Abs(v), f.decimals), 'f', f.decimals, 64)
	whole, fraction, _ := strings.Cut(s, ".")
	if pad := f.digits - len(whole); pad > 0 {
		whole = strings.Repeat("0", pad) + whole
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if negative && strings.Trim(whole, "0.") != "" {
		whole = "-" + whole
	}
	return f.prefix + whole + strings.Repeat("%", f.percent) + f.suffix
}

// roundHalfUp rounds as spreadsheets do: 0.125 to two places is 0.13, whatever the binary fraction says.
func roundHalfUp(v float64, decimals int) float64 {
	if decimals > 15 || v > 1e15 {
		return v
	}
	unit := math.Pow10(decimals)
	return math.Floor(v*unit*(1+1e-15)+0.5) / unit
}

// plainNumber writes a number with the 15 digits a spreadsheet keeps: 0.30000000000000004 is 0.3, 13800000000 stays whole.
func plainNumber(v float64) string {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return "#NUM!"
	}
	s := strconv.FormatFloat(v, 'g', 15, 64)
	rounded, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	if a := math.Abs(rounded); a != 0 && (a >= 1e21 || a < 1e-9) {
		return strconv.FormatFloat(rounded, 'E', -1, 64)
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// dateLayout is how the format shows a date, for [time.Time.Format]: as people write it where the format does, else ISO with its
// year.
func (f *numberFormat) dateLayout() string {
	switch {
	case f.written && f.day:
		return "2006年1月2日"
	case f.written && f.month:
		return "2006年1月"
	case f.day:
		return "2006-01-02"
	case f.month:
		return "2006-01"
	}
	return "2006"
}

// date words a serial number of days: 2026-04-30, 2026-04 where no day is shown, 2026 where no month is, 2026年4月30日 where the
// format says so; with the time where the format shows one. It returns "" for a number that is no date.
func (f *numberFormat) date(v float64, date1904 bool) string {
	const lastDay = 2958465 // 9999-12-31
	if v < 0 || v > lastDay+1 {
		return ""
	}
	seconds := int64(math.Round(v * 86400))
	if f.elapsed {
		return clock(seconds, f.second)
	}
	if !f.year && !f.month && !f.day {
		return clock(seconds%86400, f.second)
	}
	days := seconds / 86400
	switch {
	case date1904:
		days += 1462
	case days == 0:
		return ""
	case days < 60: // 1900 is a leap year to Excel: its 29 February is day 60
		days++
	}
	t := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(days))
	s := t.Format(f.dateLayout())
	if rest := seconds % 86400; rest != 0 && f.hour {
		s += " " + clock(rest, f.second)
	}
	return s
}

// clock words seconds as hours and minutes.
func clock(seconds int64, show bool) string {
	s := padded(int(seconds/3600), 2) + ":" + padded(int(seconds/60%60), 2)
	if show {
		s += ":" + padded(int(seconds%60), 2)
	}
	return s
}
