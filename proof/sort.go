package proof

import (
	"bufio"
	"bytes"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// stated is what the log or the database says of one row: the hash of its table and key, the number of the event that says so, and the
// beginning of its digest, zero when it is gone. It orders by row and then by event.
type stated [16 + 8 + 24]byte

// inDatabase is the number that stands for the database itself, after all events.
const inDatabase = 1<<63 - 1

func newStated(row [16]byte, seq int64, digest []byte) (s stated) {
	copy(s[:], row[:])
	binary.BigEndian.PutUint64(s[16:], uint64(seq))
	copy(s[24:], digest)
	return s
}

func (s *stated) row() [16]byte  { return [16]byte(s[:16]) }
func (s *stated) seq() int64     { return int64(binary.BigEndian.Uint64(s[16:])) }
func (s *stated) digest() []byte { return s[24:] }

// sorter sorts any number of statements in bounded memory: what does not fit is written to a temporary file in sorted runs.
type sorter struct {
	most int // held in memory
	held []stated
	file *os.File
	ends []int64 // of the runs in the file
}

// sortedInMemory is some 12 MB.
const sortedInMemory = 256 << 10

func (s *sorter) add(x stated) error {
	s.held = append(s.held, x)
	if len(s.held) < s.most {
		return nil
	}
	return s.spill()
}

func (s *sorter) sort() {
	slices.SortFunc(s.held, func(a, b stated) int { return bytes.Compare(a[:24], b[:24]) })
}

func (s *sorter) spill() error {
	if s.file == nil {
		f, err := os.CreateTemp("", "bihuan-verify-*")
		if err != nil {
			return fmt.Errorf("verify: %w", err)
		}
		s.file = f
	}
	s.sort()
	w := bufio.NewWriterSize(s.file, 1<<20)
	for i := range s.held {
		if _, err := w.Write(s.held[i][:]); err != nil {
			return fmt.Errorf("verify: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	end := int64(0)
	if len(s.ends) > 0 {
		end = s.ends[len(s.ends)-1]
	}
	s.ends = append(s.ends, end+int64(len(s.held)*len(stated{})))
	s.held = s.held[:0]
	return nil
}

// eachStated calls f with all statements of some sorters in order. They are empty afterwards.
func eachStated(sorters []*sorter, f func(stated) error) error {
	if !slices.ContainsFunc(sorters, func(s *sorter) bool { return s.file != nil }) {
		all := sorter{}
		for _, s := range sorters {
			all.held, s.held = append(all.held, s.held...), nil
		}
		all.sort()
		for _, x := range all.held {
			if err := f(x); err != nil {
				return err
			}
		}
		return nil
	}
	var m merge
	for _, s := range sorters {
		if err := s.spill(); err != nil {
			return err
		}
		start := int64(0)
		for _, end := range s.ends {
			r := &run{from: bufio.NewReaderSize(io.NewSectionReader(s.file, start, end-start), 64<<10)}
			start = end
			more, err := r.next()
			if err != nil {
				return err
			}
			if more {
				m = append(m, r)
			}
		}
	}
	heap.Init(&m)
	for len(m) > 0 {
		if err := f(m[0].head); err != nil {
			return err
		}
		more, err := m[0].next()
		if err != nil {
			return err
		}
		if more {
			heap.Fix(&m, 0)
		} else {
			heap.Pop(&m)
		}
	}
	return nil
}

func (s *sorter) close() error {
	if s.file == nil {
		return nil
	}
	return errors.Join(s.file.Close(), os.Remove(s.file.Name()))
}

type run struct {
	from *bufio.Reader
	head stated
}

func (r *run) next() (bool, error) {
	_, err := io.ReadFull(r.from, r.head[:])
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("verify: %w", err)
	}
	return true, nil
}

// merge is a heap of runs by their next statement.
type merge []*run

func (m merge) Len() int           { return len(m) }
func (m merge) Less(i, j int) bool { return bytes.Compare(m[i].head[:24], m[j].head[:24]) < 0 }
func (m merge) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *merge) Push(x any)        { *m = append(*m, x.(*run)) }
func (m *merge) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}
