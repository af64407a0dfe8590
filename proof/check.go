package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"

	"bihuan/journal"
)

// Trust is what somebody who checks a pack brings along, from elsewhere than the pack.
type Trust struct {
	// Keys are verifier keys. With a server's key among them the checkpoint must be signed by one of those; with a witness's, one of
	// those must have cosigned it. Without any, the keys in the pack are used, and the result says so.
	Keys []journal.Verifier
	// Checkpoint is a signed note of the same log, kept earlier or got from a witness; nil for none. At the same size it must have the same root.
	Checkpoint []byte
}

// Result is what a check of a pack found.
type Result struct {
	Failures []Failure // none: everything that was checked holds; see Trusted for what that is worth

	Origin     string // of the log
	Size       int64  // events under the checkpoint
	Root       string // its root hash, base64
	Signatures []Signature
	Compared   bool // the checkpoint brought along has the size of the pack's, and so proved something

	Title, Made string
	Kind        string
	Row         int64
	Events      []Shown
	Files       []Listed
}

// OK says that nothing is wrong with the pack in itself.
func (r *Result) OK() bool { return len(r.Failures) == 0 }

// Trusted says that nothing is wrong and that the log's signature was checked with a key which did not come out of the pack. Without
// that anybody may have made the whole.
func (r *Result) Trusted() bool {
	return r.OK() && len(r.Signatures) > 0 && r.Signatures[0].Given
}

// Failure is one thing that is wrong. Kinds are the words of docs/record.md, the same for each verifier: layout, crc, checkpoint, events,
// index, keys, file, erased, pack, commitment, content, inclusion, signature, witness, fork.
type Failure struct {
	Kind  string `json:"kind"`
	Place string `json:"place"` // the file, the number of the event, the name of the signer
	What  string `json:"what"`  // in Chinese: what is wrong
}

// Signature is one signature of the checkpoint that holds.
type Signature struct {
	Key   journal.Verifier
	Given bool  // the key was brought along, not taken from the pack
	Time  int64 // when a witness signed, Unix seconds; 0 for the server
}

// Shown is one event as it can be read.
type Shown struct {
	Seq     int64
	Entered time.Time
	Erased  bool // the rest is empty then

	Happened  string
	Staff     string
	Who, Verb string
	Kind, Row string
	Changes   string // JSON
}

// Listed is one file that the index names.
type Listed struct {
	Path, What, SHA256 string
	Size               int64
}

// mostFailures ends a check that finds nothing but faults.
const mostFailures = 500

// CheckPack checks a pack of size bytes. It trusts nothing in it, holds no file of evidence in memory and writes nothing.
func CheckPack(r io.ReaderAt, size int64, trust Trust) *Result {
	c := &checker{r: r, size: size, trust: trust}
	c.run()
	return &c.result
}

// checker checks one pack, what is cheap first.
type checker struct {
	r      io.ReaderAt
	size   int64
	trust  Trust
	quick  bool // stop at the first step that finds a fault: for tests that only ask whether it would be accepted
	result Result

	entries    []File // size, crc, sum and path of each file in the zip
	offsets    []int64
	kept       map[string][]byte // content of the texts
	checkpoint *checkpoint       // nil when it cannot be read, and so below
	events     []Event
	index      *index
	keys       []journal.Verifier
}

// run goes through the steps. Each looks only at what the ones before could read.
func (c *checker) run() {
	if !c.layout() {
		return
	}
	for _, step := range []func(){
		c.readFiles, c.readCheckpoint, c.readIndex, c.checkFiles, c.readKeys, c.readEvents,
		c.checkIndex, c.checkCommitments, c.checkInclusion, c.checkSignatures,
	} {
		if len(c.result.Failures) > 0 && c.quick || len(c.result.Failures) >= mostFailures {
			return
		}
		step()
	}
}

func (c *checker) fail(kind, place, what string) {
	if len(c.result.Failures) < mostFailures {
		c.result.Failures = append(c.result.Failures, Failure{kind, place, what})
	}
}

// layout reads the directory, writes it anew and compares: a zip of a pack has one form only. Without it nothing else can be looked at.
func (c *checker) layout() bool {
	const notPack = "不是存证包，或被重新压缩、截断过：请用出具时的原包"
	refuse := func(place, what string) bool {
		c.fail("layout", place, what)
		return false
	}
	if c.size < endSize || c.size > MostBytes {
		return refuse("", notPack)
	}
	end := make([]byte, endSize)
	if _, err := c.r.ReadAt(end, c.size-endSize); err != nil && err != io.EOF {
		return refuse("", "读不出来："+err.Error())
	}
	count, start := int(binary.LittleEndian.Uint16(end[10:])), int64(binary.LittleEndian.Uint32(end[16:]))
	length := c.size - endSize - start
	if length < 0 || length > mostDirectory || count < len(fixedNames) || count > MostFiles || !bytes.Equal(end, directoryEnd(count, length, start)) {
		return refuse("", notPack)
	}
	directory := make([]byte, length)
	if _, err := c.r.ReadAt(directory, start); err != nil {
		return refuse("", "读不出来："+err.Error())
	}
	offset, seen := int64(0), map[string]bool{}
	for i := range count {
		if len(directory) < 46 {
			return refuse("", notPack)
		}
		n := int(binary.LittleEndian.Uint16(directory[28:]))
		if len(directory) < 46+n {
			return refuse("", notPack)
		}
		f := File{Name: string(directory[46 : 46+n]), crc: binary.LittleEndian.Uint32(directory[16:]), size: int64(binary.LittleEndian.Uint32(directory[24:]))}
		again := header(true, &f, offset)
		if !bytes.Equal(again, directory[:len(again)]) {
			return refuse(printable(f.Name), "压缩包的目录不是规定的格式：包被重新压缩或改动过")
		}
		if i < len(fixedNames) && f.Name != fixedNames[i] || i >= len(fixedNames) && !validPath(f.Name) || seen[lower(f.Name)] {
			return refuse(printable(f.Name), "文件名或次序不合规定")
		}
		seen[lower(f.Name)] = true
		local := make([]byte, 30+n)
		if _, err := c.r.ReadAt(local, offset); err != nil || !bytes.Equal(local, header(false, &f, 0)) {
			return refuse(printable(f.Name), "文件头不是规定的格式：包被重新压缩或改动过")
		}
		c.entries, c.offsets = append(c.entries, f), append(c.offsets, offset+int64(len(local)))
		offset += int64(len(local)) + f.size
		if offset > start {
			return refuse(printable(f.Name), notPack)
		}
		directory = directory[len(again):]
	}
	if len(directory) > 0 || offset != start {
		return refuse("", notPack)
	}
	return true
}

// readFiles reads each file once: the texts are kept, the others only summed up.
func (c *checker) readFiles() {
	c.kept = map[string][]byte{}
	piece := make([]byte, min(64<<10, c.size))
	for i := range c.entries {
		f := &c.entries[i]
		limit := int64(MostBytes)
		switch {
		case f.Name == eventsName || f.Name == indexName:
			limit = mostText
		case i < len(fixedNames):
			limit = mostSmall
		}
		if f.size > limit {
			c.fail("layout", f.Name, "太大")
			continue
		}
		var text []byte
		sum, crc := sha256.New(), uint32(0)
		for at := int64(0); at < f.size; {
			b := piece[:min(int64(len(piece)), f.size-at)]
			if _, err := c.r.ReadAt(b, c.offsets[i]+at); err != nil {
				c.fail("layout", f.Name, "读不出来："+err.Error())
				return
			}
			crc = crc32.Update(crc, crc32.IEEETable, b)
			sum.Write(b)
			if limit < MostBytes {
				text = append(text, b...)
			}
			at += int64(len(b))
		}
		sum.Sum(f.sum[:0])
		if crc != f.crc {
			c.fail("crc", f.Name, "内容与压缩包里的校验数不符：这个文件被改动或损坏")
			if c.quick {
				return
			}
		}
		if limit < MostBytes {
			c.kept[f.Name] = text
		}
	}
}

func (c *checker) readCheckpoint() {
	data, ok := c.kept[checkpointName]
	if !ok {
		return
	}
	point, err := parseCheckpoint(data)
	if err != nil {
		c.fail("checkpoint", checkpointName, err.Error())
		return
	}
	c.checkpoint = &point
	c.result.Origin, c.result.Size, c.result.Root = point.origin, point.size, base64.StdEncoding.EncodeToString(point.root[:])
}

func (c *checker) readIndex() {
	data, ok := c.kept[indexName]
	if !ok {
		return
	}
	var i index
	err := json.Unmarshal(data, &i)
	again, err2 := i.encode()
	// Written anew it must be the same: so all who read it read the same in it.
	if err != nil || err2 != nil || !bytes.Equal(again, data) || i.Format != indexFormat || i.Subject.Row < 0 || i.Events == nil || i.Erased == nil || i.Files == nil {
		c.fail("index", indexName, "目录不是规定的格式")
		return
	}
	for _, f := range i.Files {
		if sum, err := hex.DecodeString(f.SHA256); err != nil || len(sum) != sha256.Size || strings.ToLower(f.SHA256) != f.SHA256 || f.Size < 0 || f.Size > largest {
			c.fail("index", indexName, "目录不是规定的格式")
			return
		}
	}
	for _, n := range slices.Concat(i.Events, i.Erased) {
		if n < 1 || n > largest {
			c.fail("index", indexName, "目录不是规定的格式")
			return
		}
	}
	c.index = &i
	for _, f := range i.Files {
		c.result.Files = append(c.result.Files, Listed{f.Path, f.What, f.SHA256, f.Size})
	}
	c.result.Title, c.result.Made, c.result.Kind, c.result.Row = i.Subject.Title, i.Made, i.Subject.Kind, i.Subject.Row
}

func (c *checker) readKeys() {
	data, ok := c.kept[keysName]
	if !ok {
		return
	}
	lines := strings.Split(string(data), "\n")
	if len(lines) < 2 || len(lines) > mostKeys+1 || lines[len(lines)-1] != "" {
		c.fail("keys", keysName, "公钥不是规定的格式")
		return
	}
	var keys []journal.Verifier
	for _, line := range lines[:len(lines)-1] {
		key, err := journal.ParseVerifier(line)
		if err != nil || slices.ContainsFunc(keys, func(k journal.Verifier) bool { return k.String() == line }) {
			c.fail("keys", keysName, "公钥不是规定的格式")
			return
		}
		keys = append(keys, key)
	}
	c.keys = keys
}

func (c *checker) readEvents() {
	data, ok := c.kept[eventsName]
	if !ok {
		return
	}
	var events []Event
	line := 0
	for len(data) > 0 {
		line++
		text, rest, found := bytes.Cut(data, []byte("\n"))
		e, ok := parseEvent(string(text))
		if !found || !ok || line > MostEvents || line > 1 && e.Seq <= events[line-2].Seq {
			c.fail("events", fmt.Sprintf("%s 第%d行", eventsName, line), "记录不是规定的格式")
			return
		}
		events, data = append(events, e), rest
	}
	if len(events) == 0 {
		c.fail("events", eventsName, "没有记录")
		return
	}
	c.events = events
}

// parseEvent reads a line of events.txt, which there is one way to write.
func parseEvent(line string) (Event, bool) {
	fields := strings.Split(line, " ")
	if len(fields) != 7 {
		return Event{}, false
	}
	var e Event
	var ok1, ok2 bool
	e.Seq, ok1 = decimal(fields[0])
	e.Entered, ok2 = decimal(fields[1])
	commitment, err1 := hex.DecodeString(fields[4])
	rows, err2 := hex.DecodeString(fields[5])
	if !ok1 || !ok2 || e.Seq == 0 || err1 != nil || err2 != nil || copy(e.Commitment[:], commitment) != 32 || copy(e.Rows[:], rows) != 32 {
		return Event{}, false
	}
	if fields[2] != "-" {
		if e.Salt, err1 = base64.StdEncoding.DecodeString(fields[2]); err1 != nil || len(e.Salt) != 16 {
			return Event{}, false
		}
		if e.Content, err1 = base64.StdEncoding.DecodeString(fields[3]); err1 != nil || len(e.Content) == 0 {
			return Event{}, false
		}
	}
	if fields[6] != "-" {
		for hash := range strings.SplitSeq(fields[6], ",") {
			sum, err := base64.StdEncoding.DecodeString(hash)
			if err != nil || len(sum) != tlog.HashSize || len(e.Proof) > 63 {
				return Event{}, false
			}
			e.Proof = append(e.Proof, tlog.Hash(sum))
		}
	}
	return e, eventLine(&e) == line+"\n"
}

// checkFiles compares the index with what is there.
func (c *checker) checkFiles() {
	if c.index == nil {
		return
	}
	there := c.entries[3:]
	for i := range max(len(there), len(c.index.Files)) {
		if i >= len(there) || i >= len(c.index.Files) || there[i].Name != c.index.Files[i].Path {
			c.fail("index", indexName, "目录所列的文件与包里的不一样：多了、少了或换了次序")
			return
		}
		if listed := c.index.Files[i]; there[i].size != listed.Size || hex.EncodeToString(there[i].sum[:]) != listed.SHA256 {
			c.fail("file", listed.Path, "内容与目录所列的指纹不符：这个文件被换过或改过")
		}
	}
}

// checkIndex compares the index with the events and with the checkpoint.
func (c *checker) checkIndex() {
	if c.index == nil {
		return
	}
	if c.checkpoint != nil && c.index.Origin != c.checkpoint.origin {
		c.fail("index", indexName, "目录与检查点不是同一个日志")
	}
	if c.events == nil {
		return
	}
	seqs, erased := []int64{}, []int64{}
	own := &c.events[len(c.events)-1]
	for _, e := range c.events {
		if e.Seq != own.Seq {
			seqs = append(seqs, e.Seq)
		}
		if e.Salt == nil {
			erased = append(erased, e.Seq)
		}
	}
	if !slices.Equal(seqs, c.index.Events) {
		c.fail("index", eventsName, "记录与目录所列的不一样：多了或少了")
	}
	if !slices.Equal(erased, c.index.Erased) {
		c.fail("erased", eventsName, "内容已删除的记录与目录所列的不一样")
	}
	said, err := parseContent(own)
	sum := sha256.Sum256(c.kept[indexName])
	change := fmt.Sprintf(`[{"field":"%s","to":"%x"}]`, IndexField, sum)
	if err != nil || said.Verb != VerbPacked || said.Kind != c.index.Subject.Kind || said.Row != strconv.FormatInt(c.index.Subject.Row, 10) || said.Changes != change {
		c.fail("pack", indexName, "目录没有被最后一条记录“"+VerbPacked+"”所载明：目录被换过或改过")
	}
}

// checkCommitments compares the content of each event with its commitment, and keeps it to be shown.
func (c *checker) checkCommitments() {
	for i := range c.events {
		e := &c.events[i]
		place := strconv.FormatInt(e.Seq, 10)
		if e.Salt == nil {
			c.result.Events = append(c.result.Events, Shown{Seq: e.Seq, Entered: time.UnixMilli(e.Entered), Erased: true})
			continue
		}
		if e.commit() != e.Commitment {
			c.fail("commitment", place, "记录的内容被改过")
			continue
		}
		shown, err := parseContent(e)
		if err != nil {
			c.fail("content", place, "记录的内容不是规定的格式")
			continue
		}
		c.result.Events = append(c.result.Events, shown)
	}
}

func (e *Event) commit() tlog.Hash {
	return sha256.Sum256(append(slices.Clip(e.Salt), e.Content...))
}

// parseContent reads what was recorded.
func parseContent(e *Event) (Shown, error) {
	var fields []*string
	if err := json.Unmarshal(e.Content, &fields); err != nil {
		return Shown{}, err
	}
	if len(fields) != 10 || slices.Contains(fields, nil) || !utf8.Valid(e.Content) ||
		*fields[0] != "bihuan/event/1" || *fields[1] != strconv.FormatInt(e.Seq, 10) || *fields[2] != strconv.FormatInt(e.Entered, 10) {
		return Shown{}, fmt.Errorf("proof: content of event %d", e.Seq)
	}
	return Shown{Seq: e.Seq, Entered: time.UnixMilli(e.Entered), Happened: *fields[3], Staff: *fields[4], Who: *fields[5], Verb: *fields[6],
		Kind: *fields[7], Row: *fields[8], Changes: *fields[9]}, nil
}

func (c *checker) checkInclusion() {
	if c.checkpoint == nil {
		return
	}
	for i := range c.events {
		e := &c.events[i]
		if e.Seq > c.checkpoint.size || tlog.CheckRecord(e.Proof, c.checkpoint.size, c.checkpoint.root, e.Seq-1, e.leaf()) != nil {
			c.fail("inclusion", strconv.FormatInt(e.Seq, 10), "证明不成立：检查点下的日志里没有这条记录")
		}
	}
}

// checkSignatures comes last, for it costs most.
func (c *checker) checkSignatures() {
	if c.checkpoint == nil || c.keys == nil {
		return
	}
	witnessed, wanted := false, false
	for i, s := range c.checkpoint.signatures {
		key, given, ok := c.key(s)
		switch {
		case !ok:
			c.fail("signature", s.name, "签名人的公钥不在包里，也没有另外给出")
			continue
		case key.Witness != (i > 0) || i == 0 && key.Name() != c.checkpoint.origin:
			c.fail("signature", s.name, "签名的次序或名称不合规定")
			continue
		}
		at, ok := key.Signed([]byte(c.checkpoint.body), s.data)
		if !ok {
			c.fail("signature", s.name, "签名不对：检查点被改过，或不是由这个公钥签的")
			continue
		}
		if i == 0 && !given && slices.ContainsFunc(c.trust.Keys, func(k journal.Verifier) bool { return !k.Witness }) {
			c.fail("signature", s.name, "签名不是由您给的公钥作出的")
		}
		witnessed = witnessed || key.Witness && given
		c.result.Signatures = append(c.result.Signatures, Signature{key, given, at})
	}
	for _, k := range c.trust.Keys {
		wanted = wanted || k.Witness
	}
	if wanted && !witnessed {
		c.fail("witness", checkpointName, "检查点没有会签，或不是由您给的会签公钥作出的")
	}
	c.checkOther()
}

// key finds who signed: first among what the checker brought along.
func (c *checker) key(s signature) (key journal.Verifier, given, ok bool) {
	if i := slices.IndexFunc(c.trust.Keys, s.by); i >= 0 {
		return c.trust.Keys[i], true, true
	}
	if i := slices.IndexFunc(c.keys, s.by); i >= 0 {
		return c.keys[i], false, true
	}
	return journal.Verifier{}, false, false
}

// checkOther compares the checkpoint with the one brought along. Two of one size and different roots are two histories.
func (c *checker) checkOther() {
	if c.trust.Checkpoint == nil {
		return
	}
	const place = "另给的检查点"
	other, err := parseCheckpoint(c.trust.Checkpoint)
	if err != nil {
		c.fail("fork", place, "读不懂：请选检查点的原文件")
		return
	}
	if other.origin != c.checkpoint.origin {
		c.fail("fork", place, "是另一个日志的："+other.origin)
		return
	}
	for i, s := range other.signatures {
		key, _, ok := c.key(s)
		if ok {
			_, ok = key.Signed([]byte(other.body), s.data)
		}
		if !ok && i == 0 {
			c.fail("fork", place, "签名不对")
			return
		}
	}
	if other.size == c.checkpoint.size {
		c.result.Compared = true
		if other.root != c.checkpoint.root {
			c.fail("fork", place, "与包里的检查点大小相同、指纹不同：日志有两个版本，其中一个是假的")
		}
	}
}

// lower folds what a system may take for the same name, in the letters that all agree on.
func lower(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// printable is a name out of a pack that may hold anything, fit for a terminal.
func printable(name string) string {
	return clip(notInNames.ReplaceAllString(strings.ToValidUTF8(name, "_"), "_"))
}
