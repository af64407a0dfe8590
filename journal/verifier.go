package journal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

// Verifier is the public key of a log or of a witness, which signatures are checked with (C2SP signed-note, tlog-cosignature v1).
type Verifier struct {
	Party   string // name of the log, or of the witness
	Witness bool   // it signs the checkpoints of others, with the time
	Public  ed25519.PublicKey
}

// ParseVerifier reads a verifier key, "name+hash+base64". It refuses any other way of writing the same key, and points that no honest key
// has: not canonical, or of small order, under which one signature fits every text.
func ParseVerifier(text string) (Verifier, error) {
	bad := fmt.Errorf("公钥“%s”不完整或抄错了：应是 名称+八位校验+一串字母数字，请原样复制一整行", clip(text))
	words := strings.SplitN(text, "+", 3) // what is encoded may hold a + of its own
	if len(words) != 3 || !ValidParty(words[0]) {
		return Verifier{}, bad
	}
	data, err := base64.StdEncoding.Strict().DecodeString(words[2])
	if err != nil || len(data) != 1+ed25519.PublicKeySize || data[0] != logKey && data[0] != witnessKey {
		return Verifier{}, bad
	}
	v := Verifier{Party: words[0], Witness: data[0] == witnessKey, Public: data[1:]}
	if v.String() != text {
		return Verifier{}, bad
	}
	if !honestPoint(v.Public) {
		return Verifier{}, fmt.Errorf("公钥“%s”不是正常的公钥", clip(text))
	}
	return v, nil
}

// ParseVerifiers reads verifier keys as a person keeps them: one a line, between empty lines and lines that start with #.
func ParseVerifiers(text string) ([]Verifier, error) {
	var keys []Verifier
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		v, err := ParseVerifier(line)
		if err != nil {
			return nil, err
		}
		keys = append(keys, v)
	}
	return keys, nil
}

// String is the verifier key as [ParseVerifier] reads it.
func (v Verifier) String() string {
	return fmt.Sprintf("%s+%08x+%s", v.Party, v.KeyHash(), base64.StdEncoding.EncodeToString(v.encoded()))
}

// Name is the name that a signature line begins with.
func (v Verifier) Name() string { return v.Party }

// KeyHash is the number that stands for the key in a signature.
func (v Verifier) KeyHash() uint32 {
	sum := sha256.Sum256(append([]byte(v.Party+"\n"), v.encoded()...))
	return binary.BigEndian.Uint32(sum[:])
}

// Verify tells whether a signature, without the number of its key, is the key's over a checkpoint.
func (v Verifier) Verify(msg, signature []byte) bool {
	_, ok := v.Signed(msg, signature)
	return ok
}

// Signed tells whether a signature, without the number of its key, is the key's over a checkpoint, and of that of a witness at what time it
// was made, in Unix seconds.
func (v Verifier) Signed(msg, signature []byte) (at int64, ok bool) {
	if !v.Witness {
		return 0, len(signature) == ed25519.SignatureSize && ed25519.Verify(v.Public, msg, signature)
	}
	if len(signature) != 8+ed25519.SignatureSize {
		return 0, false
	}
	seconds := binary.BigEndian.Uint64(signature)
	if seconds > latest {
		return 0, false
	}
	return int64(seconds), ed25519.Verify(v.Public, cosigned(msg, int64(seconds)), signature[8:])
}

// latest is the largest time that every verifier of packs can tell exactly, in JavaScript too.
const latest = 1<<53 - 1

func (v Verifier) encoded() []byte {
	kind := byte(logKey)
	if v.Witness {
		kind = witnessKey
	}
	return append([]byte{kind}, v.Public...)
}

// IsWitness tells whether a verifier is that of a witness.
func IsWitness(v note.Verifier) bool {
	x, ok := v.(Verifier)
	return ok && x.Witness
}

// ValidParty tells whether a checkpoint may be signed under a name.
func ValidParty(name string) bool {
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

// clip is a text that somebody has given for a key, short enough to be shown.
func clip(s string) string {
	const most = 120 // more than a key takes
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
