package journal

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Kinds of keys, as the first byte of what a verifier key holds (C2SP signed-note).
const (
	logKey     = 1 // signs checkpoints of its own log
	witnessKey = 4 // signs those of others, with the time
)

// Key is a key that signs checkpoints: that of a log, or that of a witness.
type Key struct {
	note.Signer
	Verifier string // what others check signatures with: name+hash+key (C2SP)
}

// logName begins the name of every log.
const logName = "bihuan-log-"

// OpenLogKey reads the key of a log from a file, or makes one with a name of its own. Who holds the file can sign as this log: it belongs
// where the administrator of the database is not.
func OpenLogKey(path string) (Key, error) { return openKey(path, logKey, logName) }

// OpenWitnessKey reads the key of a witness from a file, or makes one.
func OpenWitnessKey(path string) (Key, error) { return openKey(path, witnessKey, "bihuan-witness-") }

func openKey(path string, kind byte, prefix string) (Key, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path, kind, prefix)
	}
	if err != nil {
		return Key{}, fmt.Errorf("read key: %w", err)
	}
	k, err := parseKey(strings.TrimSpace(string(text)), kind)
	if err != nil {
		return Key{}, fmt.Errorf("密钥文件 %s 不能用：%w。不要改动它；丢失的请从备份恢复", path, err)
	}
	return k, nil
}

// makeKey writes a new key. The file appears whole, and never in the place of another: of two programs that start at once, one makes it.
func makeKey(path string, kind byte, prefix string) (Key, error) {
	seed, name := make([]byte, ed25519.SeedSize), make([]byte, 6)
	_, _ = rand.Read(seed) // never fails
	_, _ = rand.Read(name)
	text := formatKey(prefix+hex.EncodeToString(name), kind, seed)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return Key{}, fmt.Errorf("write key: %w", err)
	}
	part := path + "." + hex.EncodeToString(name)
	defer os.Remove(part)
	if err := writeSynced(part, text+"\n"); err != nil {
		return Key{}, fmt.Errorf("write key: %w", err)
	}
	if err := os.Link(part, path); err != nil && !errors.Is(err, fs.ErrExist) {
		if err := renameNew(part, path); err != nil {
			return Key{}, fmt.Errorf("write key: %w", err)
		}
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return Key{}, fmt.Errorf("write key: %w", err)
	}
	return openKey(path, kind, prefix)
}

// writeSynced writes a new file that a power cut does not take: what is signed with a key outlives the key otherwise.
func writeSynced(path, text string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncFolder has the disk remember which files a folder holds. Windows knows no such thing and needs none.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// renameNew serves file systems without links.
func renameNew(from, to string) error {
	if _, err := os.Stat(to); err == nil {
		return nil
	}
	return os.Rename(from, to)
}

func formatKey(name string, kind byte, seed []byte) string {
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	return fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", name, keyHash(name, kind, public), base64.StdEncoding.EncodeToString(append([]byte{kind}, seed...)))
}

var errKey = errors.New("不是这种密钥")

func parseKey(text string, kind byte) (Key, error) {
	words := strings.SplitN(text, "+", 5)
	if len(words) != 5 || words[0] != "PRIVATE" || words[1] != "KEY" {
		return Key{}, errKey
	}
	name := words[2]
	data, err := base64.StdEncoding.DecodeString(words[4])
	if err != nil || len(data) != 1+ed25519.SeedSize || data[0] != kind {
		return Key{}, errKey
	}
	private := ed25519.NewKeyFromSeed(data[1:])
	public := private.Public().(ed25519.PublicKey)
	hash := keyHash(name, kind, public)
	if fmt.Sprintf("%08x", hash) != words[3] {
		return Key{}, errKey
	}
	k := Key{Verifier: fmt.Sprintf("%s+%08x+%s", name, hash, base64.StdEncoding.EncodeToString(append([]byte{kind}, public...)))}
	k.Signer = signer{name: name, hash: hash, private: private, kind: kind}
	return k, nil
}

// keyHash is the number that stands for a key in a signature.
func keyHash(name string, kind byte, public ed25519.PublicKey) uint32 {
	sum := sha256.Sum256(append(append([]byte(name+"\n"), kind), public...))
	return binary.BigEndian.Uint32(sum[:])
}

// signer signs as a log or as a witness.
type signer struct {
	name    string
	hash    uint32
	private ed25519.PrivateKey
	kind    byte
}

func (s signer) Name() string    { return s.name }
func (s signer) KeyHash() uint32 { return s.hash }

// Sign signs a checkpoint. A witness says at what time it does.
func (s signer) Sign(msg []byte) ([]byte, error) {
	if s.kind == logKey {
		return ed25519.Sign(s.private, msg), nil
	}
	return s.signAt(msg, time.Now().Unix()), nil
}

func (s signer) signAt(msg []byte, at int64) []byte {
	sig := binary.BigEndian.AppendUint64(nil, uint64(at))
	return append(sig, ed25519.Sign(s.private, cosigned(msg, at))...)
}

// cosigned is what a witness signs (C2SP tlog-cosignature v1).
func cosigned(msg []byte, at int64) []byte {
	return append([]byte("cosignature/v1\ntime "+strconv.FormatInt(at, 10)+"\n"), msg...)
}

// verifier checks signatures of a log or a witness.
type verifier struct {
	name   string
	hash   uint32
	public ed25519.PublicKey
	kind   byte
}

func (v verifier) Name() string    { return v.name }
func (v verifier) KeyHash() uint32 { return v.hash }

// Verify tells whether sig is the signature of msg.
func (v verifier) Verify(msg, sig []byte) bool {
	if v.kind == logKey {
		return ed25519.Verify(v.public, msg, sig)
	}
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	at := int64(binary.BigEndian.Uint64(sig))
	return at >= 0 && ed25519.Verify(v.public, cosigned(msg, at), sig[8:])
}

// ParseVerifier reads the verifier key of a log or of a witness.
func ParseVerifier(text string) (note.Verifier, error) {
	bad := fmt.Errorf("公钥“%s”不完整或抄错了：应是 名称+八位校验+一串字母数字", text)
	words := strings.SplitN(text, "+", 3)
	if len(words) != 3 {
		return nil, bad
	}
	data, err := base64.StdEncoding.Strict().DecodeString(words[2])
	if err != nil || len(data) != 1+ed25519.PublicKeySize || data[0] != logKey && data[0] != witnessKey {
		return nil, bad
	}
	v := verifier{name: words[0], public: data[1:], kind: data[0]}
	v.hash = keyHash(v.name, v.kind, v.public)
	if v.name == "" || strings.ContainsAny(v.name, " \t\n") || fmt.Sprintf("%08x", v.hash) != words[1] {
		return nil, bad
	}
	return v, nil
}

// IsWitness tells whether a verifier is that of a witness.
func IsWitness(v note.Verifier) bool {
	x, ok := v.(verifier)
	return ok && x.kind == witnessKey
}

// Fingerprint is a verifier key in a form that people can compare: eight groups of four.
func Fingerprint(vkey string) string {
	sum := sha256.Sum256([]byte(vkey))
	text := strings.ToUpper(hex.EncodeToString(sum[:16]))
	var groups []string
	for i := 0; i < len(text); i += 4 {
		groups = append(groups, text[i:i+4])
	}
	return strings.Join(groups, " ")
}
