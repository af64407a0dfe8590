package office

import (
	"encoding/binary"
	"os"
	"strings"
	"testing"
	"unicode/utf16"
)

// docOf makes a Word 97 document of pieces, which lie in the file in the reverse of their order, as after a fast save. A piece
// that is plain ASCII is narrow. Nothing but the text is formatted. edit may spoil the two streams.
func docOf(t testing.TB, pieces []string, edit func(main, table []byte) ([]byte, []byte)) []byte {
	t.Helper()
	main := make([]byte, 1024)
	put16 := func(at, v int) { binary.LittleEndian.PutUint16(main[at:], uint16(v)) }
	put32 := func(at, v int) { binary.LittleEndian.PutUint32(main[at:], uint32(v)) }
	put16(0, 0xA5EC)
	put16(2, 0xC1)
	put16(0x0A, 0x0200|0x0004)
	offsets := make([]int, len(pieces))
	for i := len(pieces) - 1; i >= 0; i-- {
		offsets[i] = len(main)
		if ascii(pieces[i]) {
			offsets[i] = len(main)*2 | 1<<30
			main = append(main, pieces[i]...)
		} else {
			for _, unit := range utf16.Encode([]rune(pieces[i])) {
				main = binary.LittleEndian.AppendUint16(main, unit)
			}
		}
	}
	positions := []byte{0, 0, 0, 0}
	var places []byte
	at := 0
	for i, p := range pieces {
		at += len(utf16.Encode([]rune(p)))
		positions = binary.LittleEndian.AppendUint32(positions, uint32(at))
		places = append(places, 0, 0)
		places = binary.LittleEndian.AppendUint32(places, uint32(offsets[i]))
		places = append(places, 0, 0)
	}
	plc := append(positions, places...)
	table := append([]byte{1, 2, 0, 9, 9, 2}, binary.LittleEndian.AppendUint32(nil, uint32(len(plc)))...) // formats first, to be passed over
	table = append(table, plc...)
	put32(fibBody, at)
	put32(fibClx, 0)
	put32(fibClx+4, len(table))
	if edit != nil {
		main, table = edit(main, table)
	}
	return compound(t, map[string]string{"WordDocument": string(main), "1Table": string(table)})
}

func ascii(s string) bool {
	for _, r := range s {
		if r >= 0x80 {
			return false
		}
	}
	return true
}

func TestReadDocText(t *testing.T) {
	tests := []struct {
		name   string
		pieces []string
		want   []string
	}{
		{"pieces out of order, wide and narrow, joined inside a word", []string{"一、总体", "要求\r1. ", "abc", "整改\r"}, []string{"|一、总体要求", "|1. abc整改"}},
		{"fields", []string{"甲\x13 PAGE \\* MERGEFORMAT \x142026\x15乙\x13 EQ \\o\\ac(○,3)\x15丙\r"}, []string{"|甲2026乙③丙"}},
		{"an open field ends with its paragraph", []string{"甲\x13 REF x\r乙\r"}, []string{"|甲", "|乙"}},
		{"breaks, marks and hyphens", []string{"甲\x0b乙\t丙\x1e丁\x1f\x01\x05\x02\x08\r\r\x0c末\r"}, []string{"|甲⏎乙⇥丙-丁", "|", "|末"}},
		{"cells, as far as marks alone tell", []string{"序号\x07问题\x07\x07后文\r"}, []string{"T1 R1C1 |序号", "T1 R1C2 |问题", "|后文"}},
		{"text without an end", []string{"整改"}, []string{"|整改"}},
		{"characters beyond 16 bits", []string{"𠮷家\r"}, []string{"|𠮷家"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			wantShown(t, mustRead(t, "方案.docx", docOf(t, test.pieces, nil)), test.want...)
		})
	}
}

func TestReadDocRefuses(t *testing.T) {
	set := func(at int, values ...byte) func(main, table []byte) ([]byte, []byte) {
		return func(main, table []byte) ([]byte, []byte) {
			copy(main[at:], values)
			return main, table
		}
	}
	setTable := func(at int, values ...byte) func(main, table []byte) ([]byte, []byte) {
		return func(main, table []byte) ([]byte, []byte) {
			copy(table[at:], values)
			return main, table
		}
	}
	tests := []struct {
		name string
		edit func(main, table []byte) ([]byte, []byte)
		want string
	}{
		{"encrypted", set(0x0B, 0x03), "已加密"},
		{"no table stream", set(0x0B, 0x00), "缺少 0Table"},
		{"negative length", set(fibBody, 0xFF, 0xFF, 0xFF, 0xFF), "长度不对"},
		{"no piece table", set(fibClx+4, 0, 0, 0, 0), "文字表不完整"},
		{"piece outside the file", setTable(10+8+2, 0xF0, 0xFF, 0xFF, 0x00), "第 1 段文字不在文件内"},
		{"piece of negative length", setTable(10, 9, 0, 0, 0), "第 1 段文字不在文件内"},
		{"pieces that share their bytes", func(main, _ []byte) ([]byte, []byte) {
			const n = 100_000 / slowness
			var positions, places []byte
			for i := range n + 1 {
				positions = binary.LittleEndian.AppendUint32(positions, uint32(i*512))
			}
			for range n {
				places = append(places, 0, 0, 0, 0, 0, 0, 0, 0)
			}
			plc := append(positions, places...)
			table := append([]byte{2}, binary.LittleEndian.AppendUint32(nil, uint32(len(plc)))...)
			table = append(table, plc...)
			binary.LittleEndian.PutUint32(main[fibClx+4:], uint32(len(table)))
			binary.LittleEndian.PutUint32(main[fibBody:], n*512)
			return main, table
		}, "互相重叠"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Read(t.Context(), "", docOf(t, []string{"整改方案\r"}, test.edit))
			if e, ok := err.(*Error); !ok || !strings.Contains(e.What, test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// A real document cut off or spoiled anywhere is refused or read, never worse.
func TestReadDocSpoiled(t *testing.T) {
	whole, err := os.ReadFile("testdata/plan.doc")
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, at int, data []byte) {
		doc, err := Read(t.Context(), "", data)
		if err != nil {
			if _, ok := err.(*Error); !ok {
				t.Fatalf("%s at %d: %T %v", what, at, err, err)
			}
			return
		}
		if problem := unsound(doc); problem != "" {
			t.Fatalf("%s at %d: %s", what, at, problem)
		}
	}
	step := 7 * slowness
	for at := 0; at < len(whole); at += step {
		check("cut", at, whole[:at])
		for _, b := range []byte{0x00, 0xFF, 0x7F} {
			spoiled := append([]byte(nil), whole...)
			spoiled[at] = b
			check("spoiled", at, spoiled)
		}
	}
}
