package chinese

// digit gives the value of a Chinese digit, or -1.
func digit(r rune) int {
	switch r {
	case '〇', '○', '零', 'O':
		return 0
	case '一', '壹', '元':
		return 1
	case '二', '两', '贰':
		return 2
	case '三', '叁':
		return 3
	case '四', '肆':
		return 4
	case '五', '伍':
		return 5
	case '六', '陆':
		return 6
	case '七', '柒':
		return 7
	case '八', '捌':
		return 8
	case '九', '玖':
		return 9
	}
	return -1
}

// unit gives the value of a Chinese place word up to 万, or 0.
func unit(r rune) int {
	switch r {
	case '十', '拾':
		return 10
	case '百', '佰':
		return 100
	case '千', '仟':
		return 1000
	case '万':
		return 10000
	}
	return 0
}

// Numeral reports whether a rune can stand in a Chinese numeral as used for ordinals and dates.
func Numeral(r rune) bool {
	return r != 'O' && r != '元' && r != '两' && (digit(r) >= 0 || r == '十' || r == '百')
}

// Number reads a whole number written with ASCII or Chinese digits, by place (二十三, 一百零五) or digit by digit (二〇二五).
// It refuses anything else, numbers above 99,999,999 included.
func Number(s []rune) (int, bool) {
	if len(s) == 0 || len(s) > 12 {
		return 0, false
	}
	if Digit(s[0]) {
		return arabic(s)
	}
	for _, r := range s {
		if unit(r) > 0 {
			return byPlace(s)
		}
	}
	n := 0
	for _, r := range s {
		d := digit(r)
		if d < 0 || n > 9_999_999 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, true
}

func arabic(s []rune) (int, bool) {
	n := 0
	for _, r := range s {
		if !Digit(r) || n > 9_999_999 {
			return 0, false
		}
		n = n*10 + int(r-'0')
	}
	return n, true
}

func byPlace(s []rune) (int, bool) {
	total, below, last := 0, 0, -1 // last is a digit that waits for its place word
	for i, r := range s {
		switch d, u := digit(r), unit(r); {
		case d == 0:
		case d > 0:
			if last >= 0 {
				return 0, false
			}
			last = d
		case u == 0:
			return 0, false
		case u == 10000:
			if i == 0 || total > 0 {
				return 0, false
			}
			total, below, last = (below+max(last, 0))*u, 0, -1
		default:
			if last < 0 {
				last = 1
			}
			below, last = below+last*u, -1
		}
		if below > 99_999 {
			return 0, false
		}
	}
	return total + below + max(last, 0), true
}
