package office

import "strings"

// symbols replaces the private characters of Word's symbol fonts in a list label. The font is not known here, but labels draw
// on few characters, and these mean the same kind of mark in Symbol and in Wingdings.
func symbols(s string) string {
	return clean(strings.Map(func(r rune) rune {
		if r >= 0xF000 && r <= 0xF0FF {
			if known := symbol("", r); known != 0 {
				return known
			}
			return '•'
		}
		return r
	}, s))
}

// symbol maps a character of a symbol font to Unicode; 0 if it means nothing that text could keep. In a font not listed a
// character outside the private area stands for itself.
func symbol(font string, r rune) rune {
	code := r
	if r >= 0xF000 && r <= 0xF0FF {
		code = r - 0xF000
	}
	table, listed := symbolFonts[strings.ToLower(font)]
	if !listed {
		table = symbolFonts["wingdings"]
		if code == r {
			return r
		}
	}
	return table[code]
}

// symbolFonts list the marks that carry meaning in office documents: ticks, boxes, bullets, circled numbers.
var symbolFonts = map[string]map[rune]rune{
	"wingdings": {
		0x6C: '●', 0x6D: '❍', 0x6E: '■', 0x6F: '□', 0x70: '□', 0x71: '□', 0x72: '□', 0x74: '◆', 0x75: '◆', 0x76: '❖', 0x77: '◆',
		0x80: '⓪', 0x81: '①', 0x82: '②', 0x83: '③', 0x84: '④', 0x85: '⑤', 0x86: '⑥', 0x87: '⑦', 0x88: '⑧', 0x89: '⑨', 0x8A: '⑩',
		0x8C: '❶', 0x8D: '❷', 0x8E: '❸', 0x8F: '❹', 0x90: '❺', 0x91: '❻', 0x92: '❼', 0x93: '❽', 0x94: '❾', 0x95: '❿',
		0x9F: '•', 0xA1: '○', 0xA7: '▪', 0xA8: '□', 0xAB: '★', 0xB5: '☆', 0xB7: '•', 0xD8: '➢', 0xDC: '➲', 0xE0: '→', 0xE8: '➔',
		0xFB: '✗', 0xFC: '✓', 0xFD: '☒', 0xFE: '☑',
	},
	"wingdings 2": {
		0x4F: '✗', 0x50: '✓', 0x51: '☒', 0x52: '☑', 0x53: '☒', 0x54: '☒', 0x97: '●', 0x98: '●', 0xA2: '■', 0xA3: '□',
		0x6A: '①', 0x6B: '②', 0x6C: '③', 0x6D: '④', 0x6E: '⑤', 0x6F: '⑥', 0x70: '⑦', 0x71: '⑧', 0x72: '⑨', 0x73: '⑩',
	},
	"symbol": {
		0xA3: '≤', 0xB0: '°', 0xB1: '±', 0xB3: '≥', 0xB4: '×', 0xB7: '•', 0xB8: '÷', 0xB9: '≠', 0xBB: '≈', 0xA5: '∞', 0xAE: '→',
		0xD7: '⋅', 0x2D: '−',
	},
}

// enclosed is what an EQ field that sets a sign around a character shows: EQ \o\ac(○,3) is ③. Chinese Word writes one for
// every 带圈字符. It returns "" for any other instruction.
func enclosed(instruction string) string {
	fields := strings.Fields(instruction)
	if len(fields) < 2 || !strings.EqualFold(fields[0], "EQ") || !strings.HasPrefix(strings.ToLower(fields[1]), `\o`) {
		return ""
	}
	_, inside, ok := strings.Cut(strings.Join(fields[1:], ""), "(")
	if !ok {
		return ""
	}
	around, inner, ok := strings.Cut(inside, ",")
	inner = strings.TrimSpace(strings.TrimSuffix(inner, ")"))
	if !ok || inner == "" || !strings.ContainsAny(around, "○□△◇〇") {
		return ""
	}
	if n := integer([]byte(inner), 0); n > 0 && n <= 50 && strings.ContainsAny(around, "○〇") {
		return circled(n)
	}
	return "（" + inner + "）"
}
