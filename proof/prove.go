package proof

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"bihuan/journal"
	"bihuan/store"
)

// Prove proves events under a checkpoint of the same log that is not older than any of them. What it reads of the tree is checked
// against the root on the way, so that it proves nothing that is not so.
func Prove(ctx context.Context, q store.Querier, point journal.Checkpoint, events []journal.Event) ([]Event, error) {
	tiles := &tileCache{ctx: ctx, q: q, kept: map[tlog.Tile][]byte{}}
	hashes := tlog.TileHashReader(tlog.Tree{N: point.Size, Hash: point.Root}, tiles)
	list := make([]Event, len(events))
	for i, e := range events {
		x := &list[i]
		var err error
		*x = Event{Seq: e.Seq, Entered: e.Entered, Commitment: e.Commitment(), Rows: e.Rows()}
		if e.Erased == "" {
			x.Salt, x.Content = e.Salt, e.Content()
		}
		if x.Proof, err = tlog.ProveRecord(point.Size, x.Seq-1, hashes); err != nil {
			return nil, fmt.Errorf("prove event %d: %w", x.Seq, err)
		}
		if err := tlog.CheckRecord(x.Proof, point.Size, point.Root, x.Seq-1, x.leaf()); err != nil {
			return nil, fmt.Errorf("event %d is not what the log says: %w", x.Seq, err)
		}
	}
	return list, nil
}

// tileCache reads tiles of the log once each.
type tileCache struct {
	ctx  context.Context
	q    store.Querier
	kept map[tlog.Tile][]byte
}

// Height is that of C2SP tiles.
func (c *tileCache) Height() int { return 8 }

// ReadTiles reads tiles, each from the database once.
func (c *tileCache) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	list := make([][]byte, len(tiles))
	for i, t := range tiles {
		data, ok := c.kept[t]
		if !ok {
			var err error
			if data, err = journal.Tile(c.ctx, c.q, t.L, t.N, t.W); err != nil {
				return nil, err
			}
			c.kept[t] = data
		}
		list[i] = data
	}
	return list, nil
}

// SaveTiles is told of tiles that were found right; they are kept already.
func (c *tileCache) SaveTiles([]tlog.Tile, [][]byte) {}
