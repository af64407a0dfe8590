package vault

import "strings"

// MaskNumber shows of a number of a citizen, or of what stands in its place, where it was first registered and its last two characters:
// enough to tell two people on one sheet apart, too little to be the number.
func MaskNumber(number string) string { return mask(number, 3, 2) }

// MaskAccount shows the last four digits of an account.
func MaskAccount(account string) string { return mask(account, 0, 4) }

// MaskPhone shows the first three and the last two digits of a phone number.
func MaskPhone(phone string) string { return mask(phone, 3, 2) }

// MaskName shows the surname's first character and of more than two characters the last: 张*英, 李*.
func MaskName(name string) string {
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
