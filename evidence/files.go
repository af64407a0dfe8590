// Package evidence keeps the files that prove something was said or done, each under the SHA-256 of its content.
package evidence

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// Files is a folder of files named by the hash of their content: ab/cd/abcd….
type Files struct{ root *os.Root }

// OpenFiles opens the folder, making it when missing. Nothing is ever read or written outside of it.
func OpenFiles(folder string) (*Files, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("open files: %w", err)
	}
	return &Files{root}, nil
}

// Close closes the folder.
func (f *Files) Close() error { return f.root.Close() }

// Hash names content.
func Hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Put stores content and returns its hash. It is on disk when Put returns, and storing the same content again changes nothing.
func (f *Files) Put(content []byte) (string, error) {
	hash := Hash(content)
	name := place(hash)
	if _, err := f.root.Stat(name); err == nil {
		return hash, nil
	}
	if err := f.root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return "", fmt.Errorf("store file: %w", err)
	}
	if err := f.write(name, content); err != nil {
		return "", fmt.Errorf("store file: %w", err)
	}
	return hash, nil
}

// write makes the file appear whole or not at all.
func (f *Files) write(name string, content []byte) error {
	part := name + "." + rand.Text() + ".part" // of this writer alone
	w, err := f.root.Create(part)
	if err != nil {
		return err
	}
	_, err = w.Write(content)
	if err == nil {
		err = w.Sync()
	}
	if closing := w.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = f.root.Rename(part, name)
	}
	if err != nil {
		_ = f.root.Remove(part)
	}
	return err
}

// Get reads the file with the given hash and refuses it when its content is no longer what the hash names.
func (f *Files) Get(hash string) ([]byte, error) {
	content, err := f.root.ReadFile(place(hash))
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	if Hash(content) != hash {
		return nil, fmt.Errorf("read file: the content stored under %s is not what was stored", hash)
	}
	return content, nil
}

func place(hash string) string {
	if len(hash) != 64 {
		return "invalid"
	}
	return filepath.Join(hash[:2], hash[2:4], hash)
}
