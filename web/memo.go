package web

import (
	"container/list"
	"context"
	"errors"
	"sync"
)

// memo keeps results by everything they depend on, so that nothing in it is ever wrong and nothing has to be thrown out but for
// space: what was not asked for the longest goes first. Keys hold the version of a row, or the head of the journal, for that.
type memo[K comparable, V any] struct {
	cost func(V) int
	max  int // sum of costs

	mu     sync.Mutex
	size   int
	recent *list.List // of *kept, latest first
	at     map[K]*list.Element
	making map[K]*making[V]
}

type kept[K comparable, V any] struct {
	key   K
	value V
	cost  int
}

// making is a result on its way, for others who want it too.
type making[V any] struct {
	done  chan struct{}
	value V
	err   error
}

// newMemo makes a memo that keeps results up to a sum of costs; without cost each counts as one.
func newMemo[K comparable, V any](most int, cost func(V) int) *memo[K, V] {
	if cost == nil {
		cost = func(V) int { return 1 }
	}
	return &memo[K, V]{cost: cost, max: most, recent: list.New(), at: map[K]*list.Element{}, making: map[K]*making[V]{}}
}

// get gives what is kept under a key.
func (m *memo[K, V]) get(key K) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.at[key]
	if !ok {
		var zero V
		return zero, false
	}
	m.recent.MoveToFront(e)
	return e.Value.(*kept[K, V]).value, true
}

// put keeps a value under a key.
func (m *memo[K, V]) put(key K, value V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keep(key, value)
}

func (m *memo[K, V]) keep(key K, value V) {
	cost := m.cost(value)
	if _, have := m.at[key]; have || cost > m.max {
		return
	}
	m.at[key] = m.recent.PushFront(&kept[K, V]{key, value, cost})
	m.size += cost
	for m.size > m.max {
		oldest := m.recent.Remove(m.recent.Back()).(*kept[K, V])
		delete(m.at, oldest.key)
		m.size -= oldest.cost
	}
}

// do gives what is kept under a key or makes it, once for all who ask at the same time.
func (m *memo[K, V]) do(ctx context.Context, key K, do func() (V, error)) (V, error) {
	for {
		m.mu.Lock()
		if e, ok := m.at[key]; ok {
			m.recent.MoveToFront(e)
			m.mu.Unlock()
			return e.Value.(*kept[K, V]).value, nil
		}
		other, busy := m.making[key]
		if !busy {
			break
		}
		m.mu.Unlock()
		select {
		case <-other.done:
			if !errors.Is(other.err, context.Canceled) {
				return other.value, other.err
			}
			// Whoever made it went away; somebody else takes over.
		case <-ctx.Done():
			var zero V
			return zero, ctx.Err()
		}
	}
	mine := &making[V]{done: make(chan struct{}), err: context.Canceled} // as it stays if do panics
	m.making[key] = mine
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		if mine.err == nil {
			m.keep(key, mine.value)
		}
		delete(m.making, key)
		m.mu.Unlock()
		close(mine.done)
	}()
	mine.value, mine.err = do()
	return mine.value, mine.err
}
