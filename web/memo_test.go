package web

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestMemoForgetsWhatWasNotAskedForTheLongest(t *testing.T) {
	m := newMemo[int](10, func(s string) int { return len(s) })
	for i := range 5 {
		m.put(i, "ab")
	}
	m.get(0)
	m.put(5, "abc") // 13: two have to go
	for i, want := range []bool{true, false, false, true, true, true} {
		if _, ok := m.get(i); ok != want {
			t.Errorf("%d kept: %v, want %v", i, ok, want)
		}
	}
	m.put(6, "too large for all of it")
	if _, ok := m.get(6); ok || m.size != 9 || m.recent.Len() != len(m.at) {
		t.Errorf("size %d, %d in order, %d by key", m.size, m.recent.Len(), len(m.at))
	}
}

func TestMemoMakesOnceForAll(t *testing.T) {
	m := newMemo[string, int](10, nil)
	var made atomic.Int64
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			n, err := m.do(t.Context(), "k", func() (int, error) {
				made.Add(1)
				time.Sleep(10 * time.Millisecond)
				return 7, nil
			})
			if n != 7 || err != nil {
				t.Errorf("%d %v", n, err)
			}
		})
	}
	wg.Wait()
	if made.Load() != 1 {
		t.Errorf("made %d times", made.Load())
	}
}

func TestMemoKeepsNoErrors(t *testing.T) {
	m := newMemo[string, int](10, nil)
	broken := errors.New("broken")
	if _, err := m.do(t.Context(), "k", func() (int, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if n, err := m.do(t.Context(), "k", func() (int, error) { return 3, nil }); n != 3 || err != nil {
		t.Errorf("%d %v", n, err)
	}
}

// TestMemoOutlivesWhoMakes: when who makes a result goes away, another who waits for it makes it.
func TestMemoOutlivesWhoMakes(t *testing.T) {
	m := newMemo[string, int](10, nil)
	started, leave := make(chan struct{}), make(chan struct{})
	go func() {
		_, _ = m.do(t.Context(), "k", func() (int, error) {
			close(started)
			<-leave
			return 0, fmt.Errorf("query: %w", context.Canceled)
		})
	}()
	<-started
	got := make(chan int)
	go func() {
		n, err := m.do(t.Context(), "k", func() (int, error) { return 5, nil })
		if err != nil {
			t.Error(err)
		}
		got <- n
	}()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.do(gone, "k", func() (int, error) { return 9, nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("who has gone waits: %v", err)
	}
	close(leave)
	if n := <-got; n != 5 {
		t.Errorf("got %d", n)
	}
}
