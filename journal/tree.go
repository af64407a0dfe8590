package journal

import (
	"context"
	"database/sql"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"bihuan/store"
)

// nodeHeight is the height of the subtrees whose roots are kept: with the leaves they are what C2SP tiles of height 8 are made of.
const nodeHeight = 8

// Tree is a Merkle tree that only its right edge is known of: enough to add leaves and to tell the root. The zero Tree is empty.
type Tree struct {
	Size  int64
	roots []tlog.Hash // of the complete subtrees, the largest first
}

// treeAt reads the right edge of the tree of the given size.
func treeAt(size int64, frontier []byte) (Tree, error) {
	if size > 0 && len(frontier) == 0 {
		return Tree{}, errNotBegun
	}
	if len(frontier) != tlog.HashSize*bits.OnesCount64(uint64(size)) {
		return Tree{}, fmt.Errorf("the edge of a tree of %d leaves cannot have %d bytes", size, len(frontier))
	}
	t := Tree{Size: size}
	for ; len(frontier) > 0; frontier = frontier[tlog.HashSize:] {
		t.roots = append(t.roots, tlog.Hash(frontier))
	}
	return t, nil
}

// Grow adds a leaf and calls keep with each root of 2^level leaves to be kept that it completes.
func (t *Tree) Grow(leaf tlog.Hash, keep func(level int, n int64, hash tlog.Hash)) {
	hash := leaf
	for level := 0; ; level++ {
		if level > 0 && level%nodeHeight == 0 {
			keep(level, t.Size>>level, hash)
		}
		if t.Size>>level&1 == 0 {
			break
		}
		last := len(t.roots) - 1
		hash = tlog.NodeHash(t.roots[last], hash)
		t.roots = t.roots[:last]
	}
	t.roots = append(t.roots, hash)
	t.Size++
}

// Root is the root hash; that of the empty tree is the hash of nothing.
func (t Tree) Root() tlog.Hash {
	if len(t.roots) == 0 {
		return emptyRoot
	}
	hash := t.roots[len(t.roots)-1]
	for i := len(t.roots) - 2; i >= 0; i-- {
		hash = tlog.NodeHash(t.roots[i], hash)
	}
	return hash
}

// emptyRoot is SHA-256 of nothing (RFC 6962, 2.1).
var emptyRoot = tlog.Hash{0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
	0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55}

// Bytes is the right edge as the head row keeps it.
func (t Tree) Bytes() []byte {
	var b []byte
	for _, h := range t.roots {
		b = append(b, h[:]...)
	}
	return b
}

// HeadTree is the right edge of the log as the head row keeps it.
func HeadTree(ctx context.Context, q store.Querier) (Tree, error) {
	return store.One(ctx, q, func(rows *sql.Rows, t *Tree) error {
		var size int64
		var frontier []byte
		err := rows.Scan(&size, &frontier)
		if err == nil {
			*t, err = treeAt(size, frontier)
		}
		return err
	}, `select seq, frontier from journal_head where id = 1`)
}

// hashes reads hashes of the tree by their stored index, as package tlog asks for them.
func hashes(ctx context.Context, q store.Querier) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		list := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			level, n := tlog.SplitStoredHashIndex(index)
			var err error
			if list[i], err = hashAt(ctx, q, level, n); err != nil {
				return nil, err
			}
		}
		return list, nil
	})
}

// hashAt is the root of the n-th complete subtree of 2^level leaves, folded from what is kept below it.
func hashAt(ctx context.Context, q store.Querier, level int, n int64) (tlog.Hash, error) {
	up := level % nodeHeight
	row, err := kept(ctx, q, level-up, n<<up, 1<<up)
	if err != nil {
		return tlog.Hash{}, err
	}
	for len(row) > 1 {
		for i := range len(row) / 2 {
			row[i] = tlog.NodeHash(row[2*i], row[2*i+1])
		}
		row = row[:len(row)/2]
	}
	return row[0], nil
}

// kept reads count hashes in a row, from the n-th of a level that is kept.
func kept(ctx context.Context, q store.Querier, level int, n, count int64) ([]tlog.Hash, error) {
	scan := func(rows *sql.Rows, h *tlog.Hash) error {
		var b []byte
		err := rows.Scan(&b)
		if err == nil && len(b) != tlog.HashSize {
			err = errNotBegun
		}
		copy(h[:], b)
		return err
	}
	var list []tlog.Hash
	var err error
	if level == 0 {
		list, err = store.All(ctx, q, scan, `select leaf from journal where seq > $1 and seq <= $2 order by seq`, n, n+count)
	} else {
		list, err = store.All(ctx, q, scan, `select hash from journal_node where level = $1 and n >= $2 and n < $3 order by n`, level, n, n+count)
	}
	if err == nil && int64(len(list)) != count {
		err = fmt.Errorf("journal: %d hashes of level %d from %d on are wanted and %d are there", count, level, n, len(list))
	}
	return list, err
}

// RootAt is the root of the log when it had the given size.
func RootAt(ctx context.Context, q store.Querier, size int64) (tlog.Hash, error) {
	if size == 0 {
		return emptyRoot, nil
	}
	return tlog.TreeHash(size, hashes(ctx, q))
}

// ProveExtends proves that the log of the given size is the one of the older size, and more.
func ProveExtends(ctx context.Context, q store.Querier, size, older int64) (tlog.TreeProof, error) {
	if older == 0 || older == size {
		return nil, nil
	}
	return tlog.ProveTree(size, older, hashes(ctx, q))
}

// TileWidth is how many hashes a full tile holds.
const TileWidth = 1 << nodeHeight

// Tile is the content of a C2SP tile: width hashes of a level of tiles, from the n-th tile on. It is [store.ErrNotFound] when the log is
// not yet as large.
func Tile(ctx context.Context, q store.Querier, level int, n int64, width int) ([]byte, error) {
	size, err := Head(ctx, q)
	if err != nil {
		return nil, err
	}
	if level < 0 || level > 5 || n < 0 || width < 1 || width > TileWidth || n > size || n*TileWidth+int64(width) > size>>(level*nodeHeight) {
		return nil, store.ErrNotFound
	}
	list, err := kept(ctx, q, level*nodeHeight, n*TileWidth, int64(width))
	if err != nil {
		return nil, err
	}
	var b []byte
	for _, h := range list {
		b = append(b, h[:]...)
	}
	return b, nil
}
