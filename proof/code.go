package proof

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"bihuan/journal"
	"bihuan/store"
)

// Code is the checkpoint code (存证码) on a printed paper: how many events the log held when the paper was made, and the beginning of
// the root over them. Nothing is kept of it: the root at any size can be worked out from the log, so a paper in a drawer is a witness
// that nobody can reach. History that was rewritten after the paper has another root and no longer gives the code.
//
// The zero Code is no code.
type Code struct {
	size int64
	sum  string // the first codeSymbols of the root in base 32
}

// codeSymbols are 65 bits: enough that nobody makes a second history with the same code for a paper that is already out, and short
// enough to be typed from it.
const codeSymbols = 13

// crockford is the alphabet without the letters that are taken for digits.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

var codeBase = base32.NewEncoding(crockford).WithPadding(base32.NoPadding)

// The errors of codes. They are shown to people.
var (
	ErrNoCode    = errors.New("这不是存证码。存证码形如 12345-7Q2M-K8ZP-4DTC-R，在材料末页的页脚，请照着再输一遍")
	ErrWrongCode = errors.New("存证码不符：现在的记录算不出这个码")
)

// NewCode makes the code of the log at a size. An empty log has none.
func NewCode(size int64, root tlog.Hash) Code {
	if size < 1 {
		return Code{}
	}
	return Code{size, codeBase.EncodeToString(root[:])[:codeSymbols]}
}

// ParseCode reads a code as people type it: in small letters or wide ones, with blanks, other dashes or none, O for 0, I or L for 1.
// Its error is [ErrNoCode].
func ParseCode(text string) (Code, error) {
	if len(text) > 200 {
		return Code{}, ErrNoCode
	}
	var b strings.Builder
	for _, r := range text {
		if r >= '！' && r <= '～' { // wide forms, as an input method gives them
			r -= '！' - '!'
		}
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		switch {
		case r == 'O':
			b.WriteByte('0')
		case r == 'I', r == 'L':
			b.WriteByte('1')
		case r < 0x80 && strings.ContainsRune(crockford, r):
			b.WriteRune(r)
		case strings.ContainsRune(" \u00a0\u3000\t\r\n-_.—–‐‑‒―−", r):
		default:
			return Code{}, ErrNoCode
		}
	}
	all := b.String()
	if len(all) <= codeSymbols {
		return Code{}, ErrNoCode
	}
	digits, sum := all[:len(all)-codeSymbols], all[len(all)-codeSymbols:]
	size, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || size < 1 {
		return Code{}, ErrNoCode
	}
	return Code{size, sum}, nil
}

// Size is how many events the log held when the code was made; 0 for no code.
func (c Code) Size() int64 { return c.size }

// String writes the code in groups, as it stands on paper: 12345-7Q2M-K8ZP-4DTC-R. No code is the empty text.
func (c Code) String() string {
	if c == (Code{}) {
		return ""
	}
	return strconv.FormatInt(c.size, 10) + "-" + c.sum[:4] + "-" + c.sum[4:8] + "-" + c.sum[8:12] + "-" + c.sum[12:]
}

// Is tells whether the log with this root at the size of the code gives the code.
func (c Code) Is(root tlog.Hash) bool {
	return c != (Code{}) && subtle.ConstantTimeCompare([]byte(c.sum), []byte(codeBase.EncodeToString(root[:])[:codeSymbols])) == 1
}

// Check tells whether a log that now holds size events gives the code; rootAt is its root at a smaller size. [ErrWrongCode] says that
// it does not, be it because the log is shorter than it was, because its past is another, or because the code is of another log.
// Which of these is not told: that would help nobody but who guesses.
func (c Code) Check(size int64, rootAt func(size int64) (tlog.Hash, error)) error {
	if c.size < 1 || c.size > size {
		return ErrWrongCode
	}
	root, err := rootAt(c.size)
	if err != nil {
		return err
	}
	if !c.Is(root) {
		return ErrWrongCode
	}
	return nil
}

// CheckCode tells whether the log of a database gives a code; see [Code.Check].
func CheckCode(ctx context.Context, q store.Querier, c Code) error {
	size, err := journal.Head(ctx, q)
	if err != nil {
		return err
	}
	return c.Check(size, func(n int64) (tlog.Hash, error) { return journal.RootAt(ctx, q, n) })
}
