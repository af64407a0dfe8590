package proof

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"bihuan/journal"
)

// testLog is a log in memory with keys of its own: what a server has, made small.
type testLog struct {
	origin          string
	server, witness signer
	random          *rand.Rand
	events          []Event
	hashes          []tlog.Hash
}

type signer struct {
	journal.Verifier
	private ed25519.PrivateKey
}

func newSigner(name string, witness bool, seed byte) signer {
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	return signer{journal.Verifier{Party: name, Witness: witness, Public: private.Public().(ed25519.PublicKey)}, private}
}

func newLog(seed byte) *testLog {
	return &testLog{origin: "qihe.example/镇", server: newSigner("qihe.example/镇", false, seed), witness: newSigner("区纪检监察组", true, seed+100),
		random: rand.New(rand.NewPCG(uint64(seed), 7))}
}

func (l *testLog) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, n := range indexes {
		out[i] = l.hashes[n]
	}
	return out, nil
}

func (l *testLog) add(verb, kind string, row int64, changes string) int64 {
	e := Event{Seq: int64(len(l.events) + 1), Entered: 1_767_000_000_000 + int64(len(l.events))*61_000, Salt: make([]byte, 16)}
	for i := range e.Salt {
		e.Salt[i] = byte(l.random.Uint32())
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode([]string{"bihuan/event/1", strconv.FormatInt(e.Seq, 10), strconv.FormatInt(e.Entered, 10), []string{"2025-12-29", "2025-12-27"}[e.Seq%3/2], "7", "贺晓雨（经办人）", verb, kind, strconv.FormatInt(row, 10), changes})
	e.Content = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	e.Commitment = e.commit()
	e.Rows = sha256.Sum256(append([]byte("rows"), e.Salt...))
	return l.append(e)
}

func (l *testLog) append(e Event) int64 {
	hashes, err := tlog.StoredHashesForRecordHash(int64(len(l.events)), e.leaf(), l)
	if err != nil {
		panic(err)
	}
	l.hashes = append(l.hashes, hashes...)
	l.events = append(l.events, e)
	return e.Seq
}

func (l *testLog) erase(seq int64) { l.events[seq-1].Salt, l.events[seq-1].Content = nil, nil }

func (l *testLog) body() string {
	root, err := tlog.TreeHash(int64(len(l.events)), l)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("%s\n%d\n%s\n", l.origin, len(l.events), base64.StdEncoding.EncodeToString(root[:]))
}

func (s signer) line(body string, time int64) string {
	var signature []byte
	if s.Witness {
		signature = binary.BigEndian.AppendUint64(nil, uint64(time))
		body = fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, body)
	}
	return noteLine(s.Verifier, append(signature, ed25519.Sign(s.private, []byte(body))...))
}

func noteLine(k journal.Verifier, signature []byte) string {
	return dash + k.Name() + " " + base64.StdEncoding.EncodeToString(append(binary.BigEndian.AppendUint32(nil, k.KeyHash()), signature...)) + "\n"
}

// checkpoint signs the log as it stands.
func (l *testLog) checkpoint(cosigned bool) []byte {
	note := l.body() + "\n" + l.server.line(l.body(), 0)
	if cosigned {
		note += l.witness.line(l.body(), 1_767_100_000)
	}
	return []byte(note)
}

func (l *testLog) proven(seqs []int64) []Event {
	var out []Event
	for _, n := range seqs {
		e := l.events[n-1]
		var err error
		if e.Proof, err = tlog.ProveRecord(int64(len(l.events)), n-1, l); err != nil {
			panic(err)
		}
		out = append(out, e)
	}
	return out
}

// pack makes a pack the way a server does.
func (l *testLog) pack(t testing.TB, seqs []int64, files []File, cosigned bool, later int) []byte {
	t.Helper()
	var erased []int64
	for _, n := range seqs {
		if l.events[n-1].Salt == nil {
			erased = append(erased, n)
		}
	}
	keys := []journal.Verifier{l.server.Verifier}
	if cosigned {
		keys = append(keys, l.witness.Verifier)
	}
	subject := Topic{"finding", 7_301_234_567_890_123_456, "问题4 惠农政策<宣传>不到位 & 更新不及时"}
	p, err := New(subject, "2026-11-26 10:20", l.origin, keys, seqs, erased, files)
	if err != nil {
		t.Fatal(err)
	}
	own := l.add(VerbPacked, subject.Kind, subject.Row, fmt.Sprintf(`[{"field":"索引","to":"%s"}]`, p.IndexHash()))
	for range later {
		l.add("反馈", "occurrence", 5, "[]")
	}
	var b bytes.Buffer
	sealed, err := p.Seal(l.checkpoint(cosigned), l.proven(append(append([]int64{}, seqs...), own)))
	if err != nil {
		t.Fatal(err)
	}
	if err := sealed.Write(&b); err != nil {
		t.Fatal(err)
	}
	if sealed.Size() != int64(b.Len()) {
		t.Errorf("%d bytes were announced, and %d written", sealed.Size(), b.Len())
	}
	return b.Bytes()
}

// sample is a pack of some shape: its log with as many events, some of them shown, some erased, a few files.
func sample(t testing.TB, seed byte, events, shown, erased, files int, cosigned bool) (*testLog, []byte) {
	t.Helper()
	l := newLog(seed)
	for i := range events {
		l.add([]string{"登记", "反馈", "复核"}[i%3], "finding", int64(i), fmt.Sprintf(`[{"field":"办理情况","from":"无","to":"第%d次"}]`, i))
	}
	var seqs []int64
	for i := range shown {
		seqs = append(seqs, int64(1+i*events/shown))
	}
	for _, n := range seqs[:erased] {
		l.erase(n)
	}
	var list []File
	for i := range files {
		data := []byte(fmt.Sprintf("材料%d", i) + strings.Repeat("x", i*37))
		list = append(list, File{What: "佐证材料", Name: fmt.Sprintf("照片 %d.jpg", i), Evidence: i%2 == 1}.Content(data))
	}
	return l, l.pack(t, seqs, list, cosigned, int(seed)%3)
}

// unpack gives the files of a zip written by writeZip, to be changed and written again.
func unpack(t testing.TB, pack []byte) []File {
	t.Helper()
	c := &checker{r: bytes.NewReader(pack), size: int64(len(pack))}
	if !c.layout() {
		t.Fatal(c.result.Failures)
	}
	for i, f := range c.entries {
		c.entries[i] = File{Name: f.Name}.Content(bytes.Clone(pack[c.offsets[i] : c.offsets[i]+f.size]))
	}
	return c.entries
}

func repack(entries []File) []byte {
	var b bytes.Buffer
	if err := writeZip(&b, entries); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func bytesOf(f File) []byte {
	r, err := f.open()
	if err != nil {
		panic(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	return data
}
