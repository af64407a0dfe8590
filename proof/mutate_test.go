package proof

import (
	"bytes"
	"flag"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"bihuan/journal"
)

var (
	mutations     = flag.Int("mutations", 1_000_000/fewerMutations, "single-bit mutations that the verifier in Go must refuse")
	pageMutations = flag.Int("pagemutations", 100_000, "single-bit mutations that the page must refuse")
)

// quickly says whether a pack would be accepted.
func quickly(pack []byte, trust Trust) bool {
	c := &checker{r: bytes.NewReader(pack), size: int64(len(pack)), trust: trust, quick: true}
	c.run()
	return c.result.OK()
}

// bitsOf calls try with every pack that differs from the given one in a single bit: of the zip as it is, and of each of its files in a
// zip that is right again; under the race detector, some of them. What it is given is only good during the call.
func bitsOf(t testing.TB, pack []byte, try func(mutant []byte, name string, bit int)) {
	mutant := bytes.Clone(pack)
	for bit := 0; bit < len(mutant)*8; bit += fewerMutations {
		mutant[bit/8] ^= 1 << (bit % 8)
		try(mutant, "zip", bit)
		mutant[bit/8] ^= 1 << (bit % 8)
	}
	for _, part := range partsOf(t, pack) {
		mutant := bytes.Clone(pack)
		data := mutant[part.from:part.to]
		for bit := 0; bit < len(data)*8; bit += fewerMutations {
			data[bit/8] ^= 1 << (bit % 8)
			part.mend(mutant, crc32.ChecksumIEEE(data))
			try(mutant, part.name, bit)
			data[bit/8] ^= 1 << (bit % 8)
		}
	}
}

// part is where a file stands in a zip: its bytes, and the two places of its checksum.
type part struct {
	name             string
	from, to         int
	local, directory int
}

func (p part) mend(pack []byte, crc uint32) {
	for i := range 4 {
		pack[p.local+i], pack[p.directory+i] = byte(crc>>(8*i)), byte(crc>>(8*i))
	}
}

func partsOf(t testing.TB, pack []byte) []part {
	c := &checker{r: bytes.NewReader(pack), size: int64(len(pack))}
	if !c.layout() {
		t.Fatal(c.result.Failures)
	}
	var parts []part
	last := len(c.entries) - 1
	directory := int(c.offsets[last] + c.entries[last].size)
	for i, f := range c.entries {
		from := int(c.offsets[i])
		parts = append(parts, part{f.Name, from, from + int(f.size), from - len(f.Name) - 16, directory + 16})
		directory += 46 + len(f.Name)
	}
	return parts
}

// Not one bit of a pack can change: neither in the zip as it is, nor in a file whose checksums were put right again.
func TestMutations(t *testing.T) {
	var tried atomic.Int64
	var wg sync.WaitGroup
	seeds := make(chan byte)
	for range 2 {
		wg.Go(func() {
			for seed := range seeds {
				l, pack := sample(t, seed, 1+int(seed)*3, 1+int(seed)%4, int(seed)%2, int(seed)%3, seed%2 == 0)
				trust := Trust{}
				if seed%3 > 0 {
					trust.Keys = []journal.Verifier{l.server.Verifier}
				}
				if !quickly(pack, trust) {
					t.Errorf("pack %d is refused as it is", seed)
				}
				bitsOf(t, pack, func(mutant []byte, name string, bit int) {
					if quickly(mutant, trust) {
						t.Errorf("pack %d: bit %d of %s changed, and accepted", seed, bit, name)
					}
					tried.Add(1)
				})
			}
		})
	}
	for seed := byte(1); tried.Load() < int64(*mutations) && seed < 200; seed++ {
		seeds <- seed
	}
	close(seeds)
	wg.Wait()
	t.Logf("%d mutations refused", tried.Load())
	if tried.Load() < int64(*mutations) {
		t.Errorf("only %d mutations", tried.Load())
	}
}

// Not one bit of a proof, a leaf, a root or a line of events.txt can change, in trees of many sizes.
func TestProofMutations(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	tried := 0
	for _, size := range []int{1, 2, 3, 5, 8, 9, 33, 64, 100, 257} {
		l := newLog(byte(size))
		for i := range size {
			l.add("反馈", "occurrence", int64(i), "[]")
		}
		root, err := tlog.TreeHash(int64(size), l)
		if err != nil {
			t.Fatal(err)
		}
		accepted := func(line string) bool {
			e, ok := parseEvent(line)
			return ok && e.Seq <= int64(size) && (e.Salt == nil || e.commit() == e.Commitment) && tlog.CheckRecord(e.Proof, int64(size), root, e.Seq-1, e.leaf()) == nil
		}
		for _, n := range []int64{1, int64(size+1) / 2, int64(size), 1 + random.Int64N(int64(size))} {
			e := l.proven([]int64{n})[0]
			line := strings.TrimSuffix(eventLine(&e), "\n")
			if !accepted(line) {
				t.Fatalf("%d of %d is refused", n, size)
			}
			b := []byte(line)
			for bit := range len(b) * 8 {
				b[bit/8] ^= 1 << (bit % 8)
				if accepted(string(b)) {
					t.Errorf("%d of %d: bit %d changed, and accepted", n, size, bit)
				}
				b[bit/8] ^= 1 << (bit % 8)
				tried++
			}
			// The proof holds for no other place and no other tree.
			for _, other := range []int64{n - 1, n + 1, n + 2} {
				moved := e
				moved.Seq = other
				if other >= 1 && tlog.CheckRecord(e.Proof, int64(size), root, other-1, moved.leaf()) == nil {
					t.Errorf("the proof of %d holds for %d", n, other)
				}
			}
		}
	}
	t.Logf("%d mutations refused", tried)
}

// Not one bit of a signature, or of the key it is checked with, can change.
func TestSignatureMutations(t *testing.T) {
	for _, s := range []signer{newSigner("镇", false, 1), newSigner("区", true, 2)} {
		const body = "镇\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
		point, err := parseCheckpoint([]byte(body + "\n" + s.line(body, 1_767_100_000)))
		if err != nil {
			t.Fatal(err)
		}
		signature := point.signatures[0].data
		if _, ok := s.Signed([]byte(body), signature); !ok {
			t.Fatal("the signature does not hold")
		}
		for bit := range len(signature) * 8 {
			changed := bytes.Clone(signature)
			changed[bit/8] ^= 1 << (bit % 8)
			if _, ok := s.Signed([]byte(body), changed); ok {
				t.Errorf("bit %d of the signature changed, and accepted", bit)
			}
		}
		for bit := range len(s.Public) * 8 {
			key := s.Verifier
			key.Public = slices.Clone(key.Public)
			key.Public[bit/8] ^= 1 << (bit % 8)
			if _, ok := key.Signed([]byte(body), signature); ok {
				t.Errorf("bit %d of the key changed, and accepted", bit)
			}
		}
	}
}
