package office

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"unicode/utf16"
)

// compound makes a compound file of version 3 whose streams lie at its top, in order. Streams are padded to 4,096 bytes, so
// that no short ones need a place of their own.
func compound(t testing.TB, streams map[string]string) []byte {
	t.Helper()
	const sector = 512
	names := make([]string, 0, len(streams))
	for name := range streams {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { // shorter names come first
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return bytes.Compare([]byte(a), []byte(b))
	})
	var body []byte
	var fat []uint32
	chain := func(n int) uint32 {
		first := uint32(len(fat))
		for i := range n {
			next := first + uint32(i) + 1
			if i == n-1 {
				next = 0xFFFFFFFE
			}
			fat = append(fat, next)
		}
		return first
	}
	directory := make([]byte, (len(names)+4)/4*sector)
	entry := func(i int, name string, kind byte, right, child, start uint32, size int) {
		e := directory[i*128:]
		for k, unit := range utf16.Encode([]rune(name)) {
			binary.LittleEndian.PutUint16(e[2*k:], unit)
		}
		binary.LittleEndian.PutUint16(e[64:], uint16(2*len(name)+2))
		e[66], e[67] = kind, 1
		binary.LittleEndian.PutUint32(e[68:], 0xFFFFFFFF)
		binary.LittleEndian.PutUint32(e[72:], right)
		binary.LittleEndian.PutUint32(e[76:], child)
		binary.LittleEndian.PutUint32(e[116:], start)
		binary.LittleEndian.PutUint32(e[120:], uint32(size))
	}
	directoryStart := chain(len(directory) / sector)
	entry(0, "Root Entry", 5, 0xFFFFFFFF, 1, 0xFFFFFFFE, 0)
	for i, name := range names {
		data := []byte(streams[name])
		size := max(4096, len(data))
		data = append(data, make([]byte, (size+sector-1)/sector*sector-len(data))...)
		right := uint32(i + 2)
		if i == len(names)-1 {
			right = 0xFFFFFFFF
		}
		entry(i+1, name, 2, right, 0xFFFFFFFF, chain(len(data)/sector), size)
		body = append(body, data...)
	}
	return seal(t, append(directory, body...), fat, directoryStart)
}

// seal puts the allocation table behind the sectors and the header before them.
func seal(t testing.TB, sectors []byte, fat []uint32, directory uint32) []byte {
	t.Helper()
	tables := 0
	for 128*tables < len(fat)+tables {
		tables++
	}
	if tables > 109 {
		t.Fatal("too large for this builder")
	}
	header := make([]byte, 512)
	copy(header, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	binary.LittleEndian.PutUint16(header[24:], 0x3E)
	binary.LittleEndian.PutUint16(header[26:], 3)
	binary.LittleEndian.PutUint16(header[28:], 0xFFFE)
	binary.LittleEndian.PutUint16(header[30:], 9)
	binary.LittleEndian.PutUint16(header[32:], 6)
	binary.LittleEndian.PutUint32(header[44:], uint32(tables))
	binary.LittleEndian.PutUint32(header[48:], directory)
	binary.LittleEndian.PutUint32(header[56:], 4096)
	binary.LittleEndian.PutUint32(header[60:], 0xFFFFFFFE)
	binary.LittleEndian.PutUint32(header[68:], 0xFFFFFFFE)
	for i := range 109 {
		at := uint32(0xFFFFFFFF)
		if i < tables {
			at = uint32(len(fat) + i)
		}
		binary.LittleEndian.PutUint32(header[76+4*i:], at)
	}
	for range tables {
		fat = append(fat, 0xFFFFFFFD)
	}
	for len(fat) < 128*tables {
		fat = append(fat, 0xFFFFFFFF)
	}
	out := append(header, sectors...)
	for _, next := range fat {
		out = binary.LittleEndian.AppendUint32(out, next)
	}
	return out
}

// longDirectory is a compound file of nothing but directory, of so many sectors.
func longDirectory(sectors int) []byte {
	sectors = min(sectors, 108*128)
	fat := make([]uint32, sectors)
	for i := range fat {
		fat[i] = uint32(i) + 1
	}
	fat[sectors-1] = 0xFFFFFFFE
	return seal(t0, make([]byte, 512*sectors), fat, 0)
}
