package proof

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kinds of key, the first byte of what a verifier key encodes.
const (
	keyServer  = 0x01 // signs checkpoints: Ed25519 over the body of a signed note
	keyWitness = 0x04 // signs cosignatures (C2SP tlog-cosignature v1)
)

// Key is a public key that checkpoints are signed with.
type Key struct {
	Name    string // of the log for a server, of the party for a witness
	Witness bool   // it cosigns the checkpoints of others
	Public  ed25519.PublicKey
}

// ParseKey reads a verifier key, "name+id+base64". It refuses any other way of writing the same key, and points that no honest
// key has: not canonical, or of small order, under which one signature fits every text.
func ParseKey(vkey string) (Key, error) {
	parts := strings.Split(vkey, "+")
	if len(parts) < 3 { // the base64 may hold a + of its own
		return Key{}, fmt.Errorf("公钥“%s”不完整：应为 名称+编号+内容", clip(vkey))
	}
	name, id := parts[0], parts[1]
	data, err := base64.StdEncoding.Strict().DecodeString(strings.Join(parts[2:], "+"))
	if err != nil || len(data) != 1+ed25519.PublicKeySize || data[0] != keyServer && data[0] != keyWitness || !validName(name) {
		return Key{}, fmt.Errorf("公钥“%s”读不懂：请原样复制一整行", clip(vkey))
	}
	key := Key{Name: name, Witness: data[0] == keyWitness, Public: data[1:]}
	if hex.EncodeToString(key.id()) != id || key.String() != vkey {
		return Key{}, fmt.Errorf("公钥“%s”的编号与内容不符：请原样复制一整行", clip(vkey))
	}
	if !honestPoint(key.Public) {
		return Key{}, fmt.Errorf("公钥“%s”不是正常的公钥", clip(vkey))
	}
	return key, nil
}

// ParseKeys reads verifier keys as a person keeps them: one a line, between empty lines and lines that start with #.
func ParseKeys(text string) ([]Key, error) {
	var keys []Key
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, err := ParseKey(line)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// String is the verifier key as [ParseKey] reads it.
func (k Key) String() string {
	return fmt.Sprintf("%s+%x+%s", k.Name, k.id(), base64.StdEncoding.EncodeToString(k.encoded()))
}

func (k Key) encoded() []byte {
	kind := byte(keyServer)
	if k.Witness {
		kind = keyWitness
	}
	return append([]byte{kind}, k.Public...)
}

// id is what a signature line names the key by.
func (k Key) id() []byte {
	sum := sha256.Sum256(append([]byte(k.Name+"\n"), k.encoded()...))
	return sum[:4]
}

// verify says whether the signature of a note line, without its key id, is the key's over the body of a checkpoint. The time is that of
// a cosignature, in Unix seconds.
func (k Key) verify(body string, signature []byte) (time int64, ok bool) {
	if !k.Witness {
		return 0, len(signature) == ed25519.SignatureSize && ed25519.Verify(k.Public, []byte(body), signature)
	}
	if len(signature) != 8+ed25519.SignatureSize {
		return 0, false
	}
	seconds := binary.BigEndian.Uint64(signature)
	if seconds > largest {
		return 0, false
	}
	text := fmt.Sprintf("cosignature/v1\ntime %d\n%s", seconds, body)
	return int64(seconds), ed25519.Verify(k.Public, []byte(text), signature[8:])
}

// validName says whether a note may be signed under the name.
func validName(name string) bool {
	return name != "" && utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool {
		return r < 0x20 || r == '+' || unicode.IsSpace(r)
	})
}

// smallOrder are the y coordinates, little endian, of the eight points whose order divides 8.
var smallOrder = []string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
}

// fieldPrime is 2^255 - 19, big endian.
var fieldPrime = append(append([]byte{0x7f}, bytes.Repeat([]byte{0xff}, 30)...), 0xed)

func honestPoint(point ed25519.PublicKey) bool {
	y := bytes.Clone(point)
	y[31] &= 0x7f // the sign of x
	if slices.Contains(smallOrder, hex.EncodeToString(y)) {
		return false
	}
	slices.Reverse(y)
	return bytes.Compare(y, fieldPrime) < 0
}

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
	if err != nil || !ok || !validName(fields[0]) || len(root) != len(c.root) || base64.StdEncoding.EncodeToString(root) != fields[2] {
		return c, errCheckpoint
	}
	c.origin, c.size, c.root, c.body = fields[0], size, [32]byte(root), body+"\n"
	for line := range strings.SplitSeq(strings.TrimSuffix(lines, "\n"), "\n") {
		name, encoded, _ := strings.Cut(strings.TrimPrefix(line, dash), " ")
		data, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if err != nil || len(data) < 5 || !validName(name) || dash+name+" "+base64.StdEncoding.EncodeToString(data) != line || len(c.signatures) == mostKeys {
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

func (s signature) by(k Key) bool { return s.name == k.Name && bytes.Equal(s.id, k.id()) }

func clip(s string) string {
	if runes := []rune(s); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return s
}
