package proof

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"bihuan/journal"
)

// checkpoint is a signed note over the size and root of a log.
type checkpoint struct {
	origin     string
	size       int64
	root       [32]byte
	body       string
	signatures []signature
}

// signature is one line below a checkpoint.
type signature struct {
	name string
	id   []byte
	data []byte
}

const dash = "— " // starts a signature line

var errCheckpoint = errors.New("检查点不是规定的格式")

// parseCheckpoint reads a note. There is one way to write each: what it accepts, it would write with the same bytes.
func parseCheckpoint(note []byte) (checkpoint, error) {
	var c checkpoint
	if !utf8.Valid(note) {
		return c, errCheckpoint
	}
	body, lines, found := strings.Cut(string(note), "\n\n")
	fields := strings.Split(body, "\n")
	if !found || len(fields) != 3 || !strings.HasSuffix(lines, "\n") {
		return c, errCheckpoint
	}
	root, err := base64.StdEncoding.Strict().DecodeString(fields[2])
	size, ok := decimal(fields[1])
	if err != nil || !ok || !journal.ValidParty(fields[0]) || len(root) != len(c.root) || base64.StdEncoding.EncodeToString(root) != fields[2] {
		return c, errCheckpoint
	}
	c.origin, c.size, c.root, c.body = fields[0], size, [32]byte(root), body+"\n"
	for line := range strings.SplitSeq(strings.TrimSuffix(lines, "\n"), "\n") {
		name, encoded, _ := strings.Cut(strings.TrimPrefix(line, dash), " ")
		data, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if err != nil || len(data) < 5 || !journal.ValidParty(name) || dash+name+" "+base64.StdEncoding.EncodeToString(data) != line || len(c.signatures) == mostKeys {
			return c, errCheckpoint
		}
		s := signature{name: name, id: data[:4], data: data[4:]}
		if slices.ContainsFunc(c.signatures, s.sameKey) {
			return c, errCheckpoint
		}
		c.signatures = append(c.signatures, s)
	}
	return c, nil
}

func (s signature) sameKey(t signature) bool { return s.name == t.name && bytes.Equal(s.id, t.id) }

func (s signature) by(k journal.Verifier) bool {
	return s.name == k.Name() && binary.BigEndian.Uint32(s.id) == k.KeyHash()
}

func clip(s string) string {
	if runes := []rune(s); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return s
}
