package backup

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"
)

// ErrLocked is the error of an encrypted backup and no key that opens it.
var ErrLocked = errors.New("这份备份加了密，给的口令或私钥打不开它")

// ageMark is how every file begins that age has encrypted.
const ageMark = "age-encryption.org/v1\n"

// IsEncrypted tells whether a backup that begins so is encrypted; 22 bytes suffice.
func IsEncrypted(beginning []byte) bool { return bytes.HasPrefix(beginning, []byte(ageMark)) }

// Recipients reads for whom a backup is encrypted: public keys (age1…), and a file with a passphrase, each of which opens it. Both empty
// give none: the backup is not encrypted. age takes a passphrase alone or keys alone.
func Recipients(keys []string, passphraseFile string) ([]age.Recipient, error) {
	if passphraseFile != "" {
		if len(keys) > 0 {
			return nil, errors.New("口令和公钥只能用一样，请去掉其中一个")
		}
		passphrase, err := readPassphrase(passphraseFile)
		if err != nil {
			return nil, err
		}
		r, err := age.NewScryptRecipient(passphrase)
		if err != nil {
			return nil, err
		}
		return []age.Recipient{r}, nil
	}
	var list []age.Recipient
	for _, key := range keys {
		r, err := age.ParseX25519Recipient(strings.TrimSpace(key))
		if err != nil {
			return nil, fmt.Errorf("公钥“%s”不对：应以 age1 开头，由 bihuan identity 生成", key)
		}
		list = append(list, r)
	}
	return list, nil
}

// Identities reads what opens encrypted backups: a file with private keys (AGE-SECRET-KEY-…), one with a passphrase, or both.
func Identities(identityFile, passphraseFile string) ([]age.Identity, error) {
	var list []age.Identity
	if identityFile != "" {
		content, err := os.ReadFile(identityFile)
		if err != nil {
			return nil, fmt.Errorf("读不了私钥文件“%s”：%w", identityFile, err)
		}
		ids, err := age.ParseIdentities(bytes.NewReader(content))
		if err != nil {
			return nil, fmt.Errorf("“%s”不是私钥文件：里面应有一行 AGE-SECRET-KEY-…，由 bihuan identity 生成", identityFile)
		}
		list = append(list, ids...)
	}
	if passphraseFile != "" {
		passphrase, err := readPassphrase(passphraseFile)
		if err != nil {
			return nil, err
		}
		id, err := age.NewScryptIdentity(passphrase)
		if err != nil {
			return nil, err
		}
		list = append(list, id)
	}
	return list, nil
}

// leastPassphrase is how many characters a passphrase must have: whoever has the file can try as long as they like.
const leastPassphrase = 12

func readPassphrase(file string) (string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("读不了口令文件“%s”：%w", file, err)
	}
	passphrase := strings.TrimSpace(string(content))
	if len([]rune(passphrase)) < leastPassphrase {
		return "", fmt.Errorf("口令文件“%s”里的口令太短：至少 %d 个字", file, leastPassphrase)
	}
	return passphrase, nil
}

// unlock gives the archive in a backup, decrypted when it is encrypted.
func unlock(in io.Reader, identities []age.Identity) (archive io.Reader, encrypted bool, err error) {
	buffered := bufio.NewReaderSize(in, 1<<20)
	beginning, _ := buffered.Peek(len(ageMark)) // a shorter file is no archive either
	if !IsEncrypted(beginning) {
		return buffered, false, nil
	}
	if len(identities) == 0 {
		return nil, true, fmt.Errorf("%w：请用 --passphrase-file 或 --identity 指明", ErrLocked)
	}
	archive, err = age.Decrypt(buffered, identities...)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return nil, true, ErrLocked
	}
	if err != nil {
		return nil, true, damaged(err)
	}
	return archive, true, nil
}
