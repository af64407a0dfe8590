package vault

import (
	"strings"

	"bihuan/chinese"
	"bihuan/org"
)

// CheckText refuses a text that somebody typed and that is kept readable, when it records somebody's faith (L10: there is no place for
// that) or holds a number of a citizen, an account or a mobile phone: those have fields of their own, which are sealed. field is what the
// screen calls it.
func CheckText(field, text string) error {
	if word := chinese.Belief(text); word != "" {
		return org.Invalid{Field: field, What: "不能记录任何人的信仰情况（“" + word + "”），请删去这几个字。办理惠民事项不需要它"}
	}
	if kind := numberIn(text); kind != "" {
		return org.Invalid{Field: field, What: "里面有完整的" + kind + "，请删去。号码另有栏目，在那里才加密保存"}
	}
	return nil
}

// CheckTexts is [CheckText] of pairs of a field and its text; the first that is wrong is told.
func CheckTexts(pairs ...string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		if err := CheckText(pairs[i], pairs[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// numberIn names the kind of the first number in a text that should be sealed, or is empty. Digits may be wide, and parted by single blanks
// or hyphens as people write them.
func numberIn(text string) string {
	var groups []string // of digits, parted by no more than one sign
	group, gap := "", 0
	for _, r := range text + "。" {
		r = chinese.Fold(r)
		if chinese.Digit(r) || (r == 'x' || r == 'X') && group != "" {
			group, gap = group+string(r), 0
			continue
		}
		if group != "" {
			groups, group = append(groups, group), ""
		}
		if gap++; gap > 1 || r != '-' && !chinese.Blank(r) {
			if kind := kindOf(groups); kind != "" {
				return kind
			}
			groups = groups[:0]
		}
	}
	return ""
}

// kindOf looks at each group by itself and at those that follow each other.
func kindOf(groups []string) string {
	for i := range groups {
		joined := ""
		for _, g := range groups[i:] {
			joined += g
			if kind := numberKind(joined, len(groups[i])); kind != "" {
				return kind
			}
		}
	}
	return ""
}

// numberKind is what so many digits are, of which the first so many stand together. Numbers of letters, which begin with their year, are
// none.
func numberKind(digits string, first int) string {
	switch n := len(digits); {
	case n == 18 && plausibleDay(digits[6:14]), n == 15 && first == n && plausibleDay("19"+digits[6:12]):
		return "身份证号"
	case n >= 16 && n <= 19 && (first == n || first == 4) && !strings.HasPrefix(digits, "20") && !strings.HasPrefix(digits, "19"):
		return "账号"
	case n == 11 && digits[0] == '1' && digits[1] >= '3' && (first == n || first == 3):
		return "手机号"
	}
	return ""
}

func plausibleDay(yyyymmdd string) bool {
	day := 0
	for _, c := range yyyymmdd {
		day = day*10 + int(c-'0')
	}
	return day >= 1880_00_00 && day < 2100_00_00 && day/100%100 >= 1 && day/100%100 <= 12 && day%100 >= 1 && day%100 <= 31
}
