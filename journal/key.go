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
	s := signer{name: name, private: ed25519.NewKeyFromSeed(seed), witness: kind == witnessKey}
	return fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", name, s.verifier().KeyHash(), base64.StdEncoding.EncodeToString(append([]byte{kind}, seed...)))
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
	s := signer{name: name, private: ed25519.NewKeyFromSeed(data[1:]), witness: kind == witnessKey}
	v := s.verifier()
	if s.hash = v.KeyHash(); fmt.Sprintf("%08x", s.hash) != words[3] {
		return Key{}, errKey
	}
	return Key{Signer: s, Verifier: v.String()}, nil
}

// signer signs as a log or as a witness.
type signer struct {
	name    string
	hash    uint32
	private ed25519.PrivateKey
	witness bool
}

func (s signer) Name() string    { return s.name }
func (s signer) KeyHash() uint32 { return s.hash }

func (s signer) verifier() Verifier {
	return Verifier{Party: s.name, Witness: s.witness, Public: s.private.Public().(ed25519.PublicKey)}
}

// Sign signs a checkpoint. A witness says at what time it does.
func (s signer) Sign(msg []byte) ([]byte, error) {
	if !s.witness {
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
