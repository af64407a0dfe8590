// Package vault opens the database of residents: a file or a schema apart from staff and ledger, under a key of its own. Numbers of
// citizens and of accounts stand in it encrypted (AES-256-GCM), beside a keyed index by which an equal one is found without decrypting
// any (HMAC-SHA-256, cut to 16 bytes). On screens they are masked; seeing one whole is recorded with what for. Lists are kept as sealed
// files in it, so that deleting the rows deletes the list.
package vault

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"bihuan/journal"
	"bihuan/store"
)

// ErrKey is the error of a key that is not the one the database was made with: nothing in it could be read, and what it wrote could not
// either.
var ErrKey = errors.New("居民信息库的密钥不对：请用建库时的 residents.key；丢失的请从备份找回")

// ErrSealed is the error of sealed text that the key does not open: it was altered, moved from another column, or never sealed.
var ErrSealed = errors.New("vault: not sealed with this key for this use")

// Vault is the database of residents, open with its key. Its methods may be called by many goroutines.
type Vault struct {
	*store.DB

	aead  cipher.AEAD
	index []byte // key of the keyed index
}

// keyPrefix begins the text of a key file.
const keyPrefix = "bihuan-residents-key:"

// Open opens the database of residents at an address of [store.OpenResidents] with the key in a file, which is made when database and
// key are both new. A key that is not the database's is [ErrKey].
func Open(ctx context.Context, address, keyFile string) (*Vault, error) {
	db, err := store.OpenResidents(ctx, address)
	if err != nil {
		return nil, err
	}
	v, err := unlock(ctx, db, keyFile)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return v, nil
}

func unlock(ctx context.Context, db *store.DB, keyFile string) (*Vault, error) {
	if err := journal.Begin(ctx, db); err != nil {
		return nil, err
	}
	kept, err := store.All(ctx, db, store.Value[string], `select sealed from vault_key where id = 1`)
	if err != nil {
		return nil, err
	}
	key, err := readKey(keyFile)
	if errors.Is(err, fs.ErrNotExist) {
		if len(kept) > 0 {
			return nil, fmt.Errorf("%w（没有文件 %s）", ErrKey, keyFile)
		}
		key, err = makeKey(keyFile)
	}
	if err != nil {
		return nil, err
	}
	v, err := withKey(db, key)
	if err != nil {
		return nil, err
	}
	if len(kept) == 0 {
		err := db.Write(ctx, func(tx *store.Tx) error {
			n, err := tx.Exec(ctx, `insert into vault_key (id, sealed) values (1, $1) on conflict (id) do nothing`, v.Seal("vault_key", known))
			if err != nil || n == 0 {
				return err
			}
			return journal.Append(ctx, tx, journal.Entry{Who: "程序", Verb: "建库", Kind: "vault_key", Row: 1})
		})
		if err != nil {
			return nil, err
		}
		if kept, err = store.All(ctx, db, store.Value[string], `select sealed from vault_key where id = 1`); err != nil {
			return nil, err
		}
	}
	return v, v.fits(kept)
}

// known is what is sealed to tell the right key.
const known = "bihuan residents"

func withKey(db *store.DB, key []byte) (*Vault, error) {
	sealing, err := hkdf.Key(sha256.New, key, nil, "bihuan residents: seal", 32)
	if err != nil {
		return nil, err
	}
	index, err := hkdf.Key(sha256.New, key, nil, "bihuan residents: index", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(sealing)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &Vault{DB: db, aead: aead, index: index}, nil
}

func readKey(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	rest, ok := strings.CutPrefix(strings.TrimSpace(string(text)), keyPrefix)
	key, err := hex.DecodeString(rest)
	if !ok || err != nil || len(key) != 32 {
		return nil, fmt.Errorf("密钥文件 %s 不是居民信息库的密钥，或被改动过；请从备份找回", path)
	}
	return key, nil
}

// makeKey writes a new key, whole and never in the place of another; of two programs that start at once, one makes it and both read it.
func makeKey(path string) ([]byte, error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("write key: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return readKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("write key: %w", err)
	}
	_, err = f.WriteString(keyPrefix + hex.EncodeToString(key) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("write key: %w", err)
	}
	return key, nil
}

// Seal encrypts a text for one use, the table and column it stands in: it opens nowhere else. The empty text stays empty.
func (v *Vault) Seal(use, text string) string {
	if text == "" {
		return ""
	}
	return base64.RawStdEncoding.EncodeToString(v.aead.Seal(nil, nil, []byte(text), []byte(use)))
}

// Unseal decrypts what [Vault.Seal] made for the same use, or fails with [ErrSealed].
func (v *Vault) Unseal(use, sealed string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	content, err := base64.RawStdEncoding.DecodeString(sealed)
	if err == nil {
		content, err = v.aead.Open(nil, nil, content, []byte(use))
	}
	if err != nil {
		return "", fmt.Errorf("%w: %s", ErrSealed, use)
	}
	return string(content), nil
}

// Index is the keyed index of a text for a use: equal texts have equal ones, and without the key nothing follows from it. Texts of equal
// meaning must be written equally before: a number of a citizen in eighteen characters with a capital X. The empty text has an empty
// index. The use of an index names what the text is (number, account) and not where it stands, so that tables can be joined.
func (v *Vault) Index(use, text string) string {
	if text == "" {
		return ""
	}
	mac := hmac.New(sha256.New, v.index)
	mac.Write([]byte(use))
	mac.Write([]byte{0})
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}
