package vault

import (
	"strings"

	"bihuan/chinese"
)

// MaskNumber shows of a number of a citizen, or of what stands in its place, where it was first registered and its last two characters:
// enough to tell two people on one sheet apart, too little to be the number.
func MaskNumber(number string) string { return mask(number, 3, 2) }

// MaskAccount shows the last four digits of an account.
func MaskAccount(account string) string { return mask(account, 0, 4) }

// MaskPhone shows the first three and the last two digits of a phone number.
func MaskPhone(phone string) string { return mask(phone, 3, 2) }

// MaskName shows the surname's first character and of more than two characters the last: 张*英, 李*.
func MaskName(name string) string {
	if name == Erased {
		return name
	}
	if len([]rune(name)) < 3 {
		return mask(name, 1, 0)
	}
	return mask(name, 1, 1)
}

// mask stars all but the first and last runes. Of a text that would be shown whole, or nearly, nothing is.
func mask(s string, first, last int) string {
	runes := []rune(s)
	if len(runes) <= first+last {
		first, last = 0, 0
	}
	return string(runes[:first]) + strings.Repeat("*", len(runes)-first-last) + string(runes[len(runes)-last:])
}

// MaskIn masks the numbers in a text out of a list: offices put numbers of citizens where a name, a village or a household number should
// stand. A text without any is given back as it is.
func MaskIn(text string) string {
	if numberIn(text) == "" {
		return text
	}
	var b, run strings.Builder
	for _, r := range text + "\n" {
		if f := chinese.Fold(r); chinese.Digit(f) || run.Len() > 0 && (f == 'x' || f == 'X' || f == '-' || chinese.Blank(f) && r != '\n') {
			run.WriteRune(f)
			continue
		}
		if run.Len() < 11 {
			b.WriteString(run.String())
		} else {
			b.WriteString(MaskNumber(run.String()))
		}
		run.Reset()
		b.WriteRune(r)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Label is a text out of a list by which rows are told apart, such as the number of a household, with the numbers in it masked. Different
// texts stay different.
func (v *Vault) Label(text string) string {
	if masked := MaskIn(text); masked != text {
		return masked + "·" + v.Index("label", text)[:6]
	}
	return text
}
