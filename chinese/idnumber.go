package chinese

import (
	"encoding/binary"
	"strconv"
	"strings"
	"unicode"
)

// IDNumber is a citizen's number of GB 11643 as it stands in a list, right or wrong: the first seventeen digits times eleven plus
// the check character, X being ten. Two texts of eighteen characters are the same just when these are. Zero is no number.
type IDNumber uint64

var weights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

// The weights of digits at even and odd places of a group of eight, laid out so that one multiplication sums four products.
const (
	firstEven, firstOdd   = 7<<48 | 10<<32 | 8<<16 | 2, 9<<48 | 5<<32 | 4<<16 | 1
	secondEven, secondOdd = 6<<48 | 7<<32 | 10<<16 | 8, 3<<48 | 9<<32 | 5<<16 | 4
	everyOther            = 0x00ff00ff00ff00ff
	digitOverflow         = 0x7676767676767676 // what takes a byte above nine to its highest bit
	highBits              = 0x8080808080808080
	zeros                 = 0x3030303030303030
)

// ParseID reads exactly eighteen characters, seventeen digits and a digit or a capital X, without looking at the check
// character or the date. It allocates nothing: registers have millions of these. See [ReadID] for what people write.
func ParseID(b []byte) (IDNumber, bool) {
	if len(b) != 18 {
		return 0, false
	}
	a, c := binary.LittleEndian.Uint64(b)^zeros, binary.LittleEndian.Uint64(b[8:])^zeros
	if !eightDigits(a) || !eightDigits(c) || b[16]-'0' > 9 {
		return 0, false
	}
	check := uint64(b[17] - '0')
	if check > 9 {
		if b[17] != 'X' {
			return 0, false
		}
		check = 10
	}
	n := (eightValue(a)*100_000_000+eightValue(c))*10 + uint64(b[16]-'0')
	return IDNumber(n*11 + check), n > 0
}

// eightDigits tells whether each of eight bytes, '0' taken off, is below ten.
func eightDigits(v uint64) bool {
	return (v+0x7676767676767676)&0x8080808080808080|v&0x8080808080808080 == 0
}

// eightValue is the value of eight digits, the first in the lowest byte.
func eightValue(v uint64) uint64 {
	v = v*10 + v>>8
	return ((v&0x000000ff000000ff)*0x000f424000000064 + (v>>16&0x000000ff000000ff)*0x0000271000000001) >> 32
}

// ParseCheckedID is [ParseID] that tells besides whether the check character is right.
func ParseCheckedID(b []byte) (n IDNumber, right, ok bool) {
	if len(b) != 18 {
		return 0, false, false
	}
	a, c := binary.LittleEndian.Uint64(b)^zeros, binary.LittleEndian.Uint64(b[8:])^zeros
	last, check := uint64(b[16]-'0'), uint64(b[17]-'0')
	if check > 9 {
		if b[17] != 'X' {
			return 0, false, false
		}
		check = 10
	}
	if !eightDigits(a) || !eightDigits(c) || last > 9 {
		return 0, false, false
	}
	n = IDNumber(((eightValue(a)*100_000_000+eightValue(c))*10+last)*11 + check)
	sum := (a&everyOther)*firstEven>>48 + (a>>8&everyOther)*firstOdd>>48 + (c&everyOther)*secondEven>>48 + (c>>8&everyOther)*secondOdd>>48
	return n, (sum+2*last+check)%11 == 1, n >= 11
}

// numberOf makes the IDNumber of seventeen digits with the right check character.
func numberOf(seventeen uint64) IDNumber {
	return IDNumber(seventeen*11) + IDNumber((12-weightedSum(seventeen)%11)%11)
}

func weightedSum(seventeen uint64) int {
	sum := 0
	for i := 16; i >= 0; i-- {
		sum += int(seventeen%10) * weights[i]
		seventeen /= 10
	}
	return sum
}

// Seventeen returns the digits before the check character as a number.
func (n IDNumber) Seventeen() uint64 { return uint64(n) / 11 }

// Checked tells whether the check character is right.
func (n IDNumber) Checked() bool { return n == numberOf(n.Seventeen()) }

// Birth is the date in the number as yyyymmdd, whether there is such a day or not.
func (n IDNumber) Birth() int { return int(n.Seventeen() / 1000 % 100_000_000) }

// Male tells the sex by the parity of the sequence.
func (n IDNumber) Male() bool { return n.Seventeen()%2 == 1 }

// Valid tells whether check character and date are right. The area code has no say: old people keep codes that were abolished
// long ago.
func (n IDNumber) Valid() bool { return n != 0 && n.Checked() && IsDay(n.Birth()) }

// String writes all eighteen characters; zero is the empty string.
func (n IDNumber) String() string {
	if n == 0 {
		return ""
	}
	b := make([]byte, 0, 18)
	digits := strconv.FormatUint(n.Seventeen(), 10)
	for range 17 - len(digits) {
		b = append(b, '0')
	}
	b = append(b, digits...)
	if n%11 == 10 {
		return string(append(b, 'X'))
	}
	return string(append(b, byte('0'+n%11)))
}

// IsDay tells whether yyyymmdd is a day of the years 1850 to 2199.
func IsDay(yyyymmdd int) bool {
	y, m, d := yyyymmdd/10000, yyyymmdd/100%100, yyyymmdd%100
	if y < 1850 || y > 2199 || m < 1 || m > 12 || d < 1 {
		return false
	}
	return d <= MonthDays(y, m)
}

// MonthDays is the number of days of a month, 1 to 12.
func MonthDays(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// Flaw says what is wrong with a number as it is written. What is only a way of writing is no flaw.
type Flaw uint8

// The flaws, the least first.
const (
	Sound     Flaw = iota // valid, whatever its writing: full-width digits, blanks, an apostrophe, a small x, fifteen digits
	BadCheck              // eighteen characters, the date exists, the check character is wrong
	BadDate               // eighteen characters, no such date
	Truncated             // passed through a spreadsheet as a number: only the first fifteen digits are left
	Rounded               // 1.30408E+17: only the area is left
	Misshapen             // not a number of fifteen or eighteen characters
	Absent                // nothing there
)

// Written is a number as a list has it.
type Written struct {
	Number IDNumber // zero when it is misshapen or absent; the digits as they stand otherwise
	Flaw   Flaw
	Digits string // the characters that count, for numbers that are misshapen or rounded
}

// ReadID reads what people and spreadsheets make of a number.
func ReadID(text string) Written {
	if n, ok := ParseID([]byte(text)); ok {
		return judge(n)
	}
	if n, ok := ParseID([]byte(labelled(text))); ok {
		return judge(n)
	}
	digits := numberSigns(text)
	if digits == "" {
		return Written{Flaw: Absent}
	}
	if i := strings.IndexByte(digits, 'E'); i > 0 {
		return scientific(digits, i)
	}
	digits, _, _ = strings.Cut(digits, ".") // 130408194610010012.0
	switch len(digits) {
	case 18:
		if n, ok := ParseID([]byte(digits)); ok {
			return judge(n)
		}
	case 15:
		if old, err := strconv.ParseUint(digits, 10, 64); err == nil {
			if n := numberOf(old/1_000_000_000*100_000_000_000 + 19*1_000_000_000 + old%1_000_000_000); IsDay(n.Birth()) {
				return Written{Number: n}
			}
		}
	case 36: // two in a cell: the first
		if n, ok := ParseID([]byte(digits[:18])); ok {
			w := judge(n)
			w.Flaw, w.Digits = max(w.Flaw, Misshapen), digits
			return w
		}
	}
	return Written{Flaw: Misshapen, Digits: digits}
}

// labelled is the number in a cell that says besides what it is: ID:…, 身份证：…, …（本人）. Nothing else in it may be a number.
func labelled(text string) string {
	if len(text) < 20 {
		return ""
	}
	found, run, words := "", make([]byte, 0, 18), false
	for _, r := range text + " " {
		switch r = Fold(r); {
		case Digit(r) || (r == 'X' || r == 'x') && len(run) == 17:
			run = append(run, byte(unicode.ToUpper(r)))
			continue
		case Han(r) || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z':
			words = true
		}
		if len(run) == 18 && found == "" {
			found = string(run)
		} else if len(run) > 0 {
			return ""
		}
		run = run[:0]
	}
	if !words {
		return ""
	}
	return found
}

// judge finds the flaw of a number of eighteen characters. Three zeros at the end are what a spreadsheet leaves of the sequence
// and the check character; a number that ends so and is right nevertheless is kept.
func judge(n IDNumber) Written {
	switch {
	case n.Seventeen()%100 == 0 && n%11 == 0 && !n.Valid():
		return Written{Number: n, Flaw: Truncated}
	case !IsDay(n.Birth()):
		return Written{Number: n, Flaw: BadDate}
	case !n.Checked():
		return Written{Number: n, Flaw: BadCheck}
	}
	return Written{Number: n}
}

// scientific reads 1.30408E+17: the exponent tells how many digits there were.
func scientific(text string, e int) Written {
	mantissa := strings.ReplaceAll(text[:e], ".", "")
	exponent, err := strconv.Atoi(strings.TrimPrefix(text[e+1:], "+"))
	if err != nil || exponent != 17 || len(mantissa) < 1 || len(mantissa) > 18 {
		return Written{Flaw: Misshapen, Digits: text}
	}
	if len(mantissa) >= 15 {
		n, ok := ParseID([]byte(mantissa[:15] + "000"))
		if ok {
			return Written{Number: n, Flaw: Truncated}
		}
	}
	return Written{Flaw: Rounded, Digits: mantissa}
}

// numberSigns takes the characters of a number out of what stands around them, and makes them the ones meant: full-width digits,
// ×, * and Х for X, the letters O and l for nought and one.
func numberSigns(text string) string {
	b := make([]byte, 0, 18)
	for _, r := range text {
		switch r = Fold(r); {
		case r >= '0' && r <= '9' || r == 'X' || r == 'E' || r == '.':
			b = append(b, byte(r))
		case r == '+' && len(b) > 0 && b[len(b)-1] == 'E':
			b = append(b, '+')
		case r == 'x', r == '×', r == '*', r == '✕', r == 'Х', r == 'х':
			b = append(b, 'X')
		case r == 'e':
			b = append(b, 'E')
		case r == 'O' || r == 'o' || r == '〇' || r == '○':
			b = append(b, '0')
		case r == 'l' || r == 'I' || r == '|':
			b = append(b, '1')
		case Han(r):
			return "" // words, not a number
		}
	}
	return strings.Trim(string(b), ".")
}

// Likeness of two numbers, as weights of a match: 1 is the same number.
const (
	LikeSame      = 1.0
	LikeCheck     = 0.97 // the same first seventeen digits
	LikeOneOff    = 0.9  // one character wrong, or two neighbours exchanged
	LikeOneMore   = 0.85 // one character missing, or one too many
	LikeTruncated = 0.85 // the same first fifteen digits, as many as a spreadsheet keeps
	LikeNothing   = 0.75 // no number to compare: name, village and age have to do
)

// Neighbours calls each with every number that a slip of the pen could have turned into the one written, and how alike they are:
// another check character, one digit wrong, two neighbours exchanged, one missing, one too many. What is called with is valid; a
// number may come more than once.
func (w Written) Neighbours(each func(IDNumber, float64)) {
	try := func(seventeen uint64, like float64) {
		if n := numberOf(seventeen); IsDay(n.Birth()) {
			each(n, like)
		}
	}
	switch {
	case w.Flaw == Misshapen && w.Number == 0:
		w.lengthened(try)
	case w.Number != 0:
		near(w.Number, try)
	}
}

// near tries one digit and one exchange on the first seventeen digits.
func near(n IDNumber, try func(uint64, float64)) {
	base := n.Seventeen()
	try(base, LikeCheck)
	place := uint64(1)
	for range 17 {
		digit := base / place % 10
		for d := range uint64(10) {
			if d != digit {
				try(base-digit*place+d*place, LikeOneOff)
			}
		}
		if left := base / place / 10 % 10; place < 1e16 && left != digit {
			try(base-left*place*10-digit*place+digit*place*10+left*place, LikeOneOff)
		}
		place *= 10
	}
	if last := uint64(n % 11); last < 10 && last != base%10 { // the last two characters exchanged
		try(base-base%10+last, LikeOneOff)
	}
}

// lengthened tries to add what is missing in seventeen characters, to take one of nineteen away, and to read one that is no digit.
func (w Written) lengthened(try func(uint64, float64)) {
	s := w.Digits
	value := func(s string) (uint64, bool) {
		n, err := strconv.ParseUint(s, 10, 64)
		return n, err == nil
	}
	switch len(s) {
	case 17:
		for i := range 18 {
			for d := range 10 {
				if n, ok := value((s[:i] + strconv.Itoa(d) + s[i:])[:17]); ok {
					try(n, LikeOneMore)
				}
			}
		}
	case 19:
		for i := range 19 {
			if n, ok := value((s[:i] + s[i+1:])[:17]); ok {
				try(n, LikeOneMore)
			}
		}
	case 18:
		for i := range 17 {
			if s[i] < '0' || s[i] > '9' {
				for d := range 10 {
					if n, ok := value(s[:i] + strconv.Itoa(d) + s[i+1:17]); ok {
						try(n, LikeOneOff)
					}
				}
			}
		}
	}
}
