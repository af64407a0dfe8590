package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// Spool is a file on its way in, before anybody knows whether it may be kept. It lies in a temporary file, encrypted under a key that is
// nowhere but in memory: of a spool that is closed, or of a program that was killed, nothing can be read.
type Spool struct {
	Hash string // SHA-256 of the content, hex
	Size int64

	file  *os.File
	block cipher.Block
}

// NewSpool takes in a file of at most limit bytes, or fails with [ErrLarge]. The caller closes it.
func NewSpool(r io.Reader, limit int64) (*Spool, error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp("", "bihuan-*.sealed")
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	s := &Spool{file: file, block: block}
	sum := sha256.New()
	out := cipher.StreamWriter{S: s.stream(0), W: file}
	s.Size, err = io.Copy(io.MultiWriter(sum, out), io.LimitReader(r, limit+1))
	if err == nil && s.Size > limit {
		err = ErrLarge
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.Hash = hex.EncodeToString(sum.Sum(nil))
	return s, nil
}

// stream is the key stream from a block of the file on. A key serves one file, so that the counter alone makes it unique.
func (s *Spool) stream(block int64) cipher.Stream {
	counter := make([]byte, aes.BlockSize)
	binary.BigEndian.PutUint64(counter[8:], uint64(block))
	return cipher.NewCTR(s.block, counter)
}

// ReadAt reads as io.ReaderAt says.
func (s *Spool) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.file.ReadAt(p, off)
	skip := make([]byte, off%aes.BlockSize)
	stream := s.stream(off / aes.BlockSize)
	stream.XORKeyStream(skip, skip)
	stream.XORKeyStream(p[:n], p[:n])
	return n, err
}

// Close throws the file away.
func (s *Spool) Close() error { return errors.Join(s.file.Close(), os.Remove(s.file.Name())) }
