package proof

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"testing"

	"bihuan/journal"
)

// bend is a pack, what the checker brings along, and what must be found.
type bend struct {
	name  string
	pack  []byte
	trust Trust
	want  []string // kinds of failure, each once, in any order; nil: it holds
}

// bends are packs of every shape, whole ones and ones somebody had a hand in.
func bends(t testing.TB) []bend {
	all := []bend{}
	var l *testLog
	var whole []byte
	add := func(name string, pack []byte, want ...string) {
		all = append(all, bend{name, pack, Trust{Keys: []journal.Verifier{l.server.Verifier}}, want})
	}
	for i, shape := range []struct {
		events, shown, erased, files int
		cosigned                     bool
	}{{1, 1, 0, 0, false}, {1, 1, 1, 1, false}, {2, 2, 0, 1, true}, {7, 3, 1, 3, true}, {8, 8, 0, 2, false}, {64, 5, 2, 6, true}, {1000, 40, 3, 12, true}} {
		l, whole = sample(t, byte(10+i), shape.events, shape.shown, shape.erased, shape.files, shape.cosigned)
		add(fmt.Sprintf("whole %d", i), whole)
		all = append(all, bend{"without a key", whole, Trust{}, nil})
		all = append(all, bend{"with the checkpoint", whole, Trust{Checkpoint: l.checkpoint(false)}, nil})
		if shape.cosigned {
			all = append(all, bend{"with both keys", whole, Trust{Keys: []journal.Verifier{l.witness.Verifier, l.server.Verifier}}, nil})
		} else {
			all = append(all, bend{"the witness is missing", whole, Trust{Keys: []journal.Verifier{l.witness.Verifier, l.server.Verifier}}, []string{"witness"}})
		}
	}
	l, whole = sample(t, 42, 7, 3, 1, 4, true)

	// change writes the pack anew after its files were changed.
	change := func(f func([]File) []File) []byte { return repack(f(unpack(t, whole))) }
	// text changes one of the texts.
	text := func(name string, f func(string) string) []byte {
		return change(func(files []File) []File {
			i := slices.IndexFunc(files, func(f File) bool { return f.Name == name })
			was := string(bytesOf(files[i]))
			now := f(was)
			if now == was {
				t.Fatalf("%s does not change", name)
			}
			files[i] = File{Name: name}.Content([]byte(now))
			return files
		})
	}
	replace := func(name, old, new string) []byte {
		return text(name, func(s string) string { return strings.Replace(s, old, new, 1) })
	}
	lines := func(f func([]string) []string) []byte {
		return text(eventsName, func(s string) string { return strings.Join(f(strings.SplitAfter(s, "\n")), "") })
	}
	field := func(line, n int, f func(string) string) []byte {
		return lines(func(l []string) []string {
			words := strings.Split(strings.TrimSuffix(l[line], "\n"), " ")
			words[n] = f(words[n])
			l[line] = strings.Join(words, " ") + "\n"
			return l
		})
	}
	other := func(string) string { return base64.StdEncoding.EncodeToString(make([]byte, 16)) }
	at := func(offset int, b ...byte) []byte {
		out := bytes.Clone(whole)
		copy(out[offset:], b)
		return out
	}

	// The zip.
	add("empty", nil, "layout")
	add("not a zip", bytes.Repeat([]byte("bihuan"), 100), "layout")
	add("cut", whole[:len(whole)-1], "layout")
	add("cut in the middle", whole[:len(whole)/2], "layout")
	add("a byte after the end", append(bytes.Clone(whole), 0), "layout")
	add("bytes before the start", append([]byte("MZ"), whole...), "layout")
	add("another method in the header", at(8, 8), "layout")
	add("a data descriptor", at(6, 8), "layout")
	add("a date", at(12, 0x22), "layout")
	add("a zip comment", append(bytes.Clone(whole[:len(whole)-2]), 1, 0, 'x'), "layout")
	add("zip64", at(len(whole)-12, 0xff, 0xff), "layout")
	add("sizes of zip64", at(18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), "layout")
	add("two packs in a row", append(bytes.Clone(whole), whole...), "layout")
	add("by another program", func() []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for _, f := range unpack(t, whole) {
			e, err := w.Create(f.Name)
			if err != nil {
				t.Fatal(err)
			}
			e.Write(bytesOf(f))
		}
		w.Close()
		return b.Bytes()
	}(), "layout")
	add("no files", repack(nil), "layout")
	for name, bad := range map[string]string{"up": "evidence/../../x", "up with a backslash": `evidence/..\x`, "absolute": "/etc/passwd", "drive": "C:/x", "alone": "x.txt",
		"deep": "evidence/a/b", "folder": "evidence/", "turned": "evidence/\u202egpj.exe", "not UTF-8": "evidence/\xff", "zero": "evidence/a\x00b", "dot at the end": "evidence/a.",
		"long": "evidence/" + strings.Repeat("长", 100), "dots": "evidence/.."} {
		add("a file named "+name, change(func(f []File) []File { return append(f, File{Name: bad}.Content([]byte("x"))) }), "layout")
	}
	add("a file twice", change(func(f []File) []File { return append(f, f[len(f)-1]) }), "layout")
	add("a file twice in other letters", change(func(f []File) []File {
		return append(f, File{Name: strings.Replace(f[len(f)-1].Name, ".jpg", ".JPG", 1)}.Content(nil))
	}), "layout")
	add("the index before the events", change(func(f []File) []File { f[1], f[2] = f[2], f[1]; return f }), "layout")
	add("a sum in the zip that is not the file's", func() []byte {
		i := bytes.LastIndex(whole, []byte("材料0"))
		return at(i, []byte("材料9")...)
	}(), "crc", "file")
	add("a huge checkpoint", change(func(f []File) []File { f[0] = File{Name: f[0].Name}.Content(make([]byte, mostSmall+1)); return f }), "layout")

	// The files.
	add("a file more", change(func(f []File) []File { return append(f, File{Name: "evidence/9-x.jpg"}.Content([]byte("x"))) }), "index")
	add("a file less", change(func(f []File) []File { return f[:len(f)-1] }), "index")
	add("two files swapped", change(func(f []File) []File {
		f[5], f[6] = File{Name: f[5].Name}.Content(bytesOf(f[6])), File{Name: f[6].Name}.Content(bytesOf(f[5]))
		return f
	}), "file")
	add("two files in another order", change(func(f []File) []File { f[5], f[6] = f[6], f[5]; return f }), "index")
	add("a file renamed", change(func(f []File) []File { f[6].Name += "g"; return f }), "index")
	add("a file emptied", change(func(f []File) []File { f[7] = File{Name: f[7].Name}.Content(nil); return f }), "file")
	add("other words in the readme", replace(readmeName, "不需要", "都需要"), "file")

	// The index.
	fixed := func(f func(string) string) []byte { // with the file sums made right again
		return text(indexName, f)
	}
	add("another title", fixed(func(s string) string { return strings.Replace(s, "不到位", "到位", 1) }), "pack")
	add("another day", fixed(func(s string) string { return strings.Replace(s, "2026-11-26", "2026-11-25", 1) }), "pack")
	add("spaces in the index", fixed(func(s string) string { return strings.Replace(s, ",", ", ", 1) }), "index")
	add("a newline after the index", fixed(func(s string) string { return s + "\n" }), "index")
	add("a field more in the index", fixed(func(s string) string { return strings.Replace(s, "{", `{"x":1,`, 1) }), "index")
	add("a field of the index twice", fixed(func(s string) string { return strings.Replace(s, `"made"`, `"made":"x","made"`, 1) }), "index")
	add("a field of the index in capitals", fixed(func(s string) string { return strings.Replace(s, `"made"`, `"Made"`, 1) }), "index")
	add("no subject", fixed(func(s string) string { return strings.Replace(s, `"subject":{`, `"subject":null,"x":{`, 1) }), "index")
	add("half a character", fixed(func(s string) string { return strings.Replace(s, "不到位", `\ud800`, 1) }), "index")
	add("bytes that are no text", fixed(func(s string) string { return strings.Replace(s, "不到位", "\xff", 1) }), "index")
	add("a mark before the index", fixed(func(s string) string { return "\ufeff" + s }), "index")
	add("a number with a fraction", fixed(func(s string) string { return strings.Replace(s, `"size":`, `"size":1.5,"size":`, 1) }), "index")
	add("the row as a number", fixed(func(s string) string {
		return strings.Replace(s, `"row":"7301234567890123456"`, `"row":7301234567890123456`, 1)
	}), "index")
	add("files null", fixed(func(s string) string { return s[:strings.Index(s, `"files":`)] + `"files":null}` }), "index")
	add("events null", fixed(func(s string) string {
		i, j := strings.Index(s, `"events":`), strings.Index(s, `,"erased"`)
		return s[:i] + `"events":null` + s[j:]
	}), "index")
	add("a name in capitals", fixed(func(s string) string {
		i := strings.Index(s, `"sha256":"`) + 10
		return s[:i] + strings.ToUpper(s[i:i+64]) + s[i+64:]
	}), "index")
	add("index of nothing", text(indexName, func(string) string { return "null" }), "index")
	add("index of an array", text(indexName, func(string) string { return "[]" }), "index")
	add("index without end", text(indexName, func(string) string { return strings.Repeat("[", 200_000) }), "index")
	add("another kind of pack", fixed(func(s string) string { return strings.Replace(s, "pack/1", "pack/2", 1) }), "index")

	// The keys in the pack.
	add("no keys", text(keysName, func(string) string { return "" }), "keys", "file")
	add("keys with CRLF", text(keysName, func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }), "keys", "file")
	add("a key twice", text(keysName, func(s string) string { return s + s[:strings.Index(s, "\n")+1] }), "keys", "file")
	weak := journal.Verifier{Party: l.origin, Public: append([]byte{1}, make([]byte, 31)...)}
	add("a key that fits everything", text(keysName, func(string) string { return weak.String() + "\n" }), "keys", "file")
	large := journal.Verifier{Party: l.origin, Public: append(append([]byte{0xee}, bytes.Repeat([]byte{0xff}, 30)...), 0x7f)}
	add("a key beyond the field", text(keysName, func(string) string { return large.String() + "\n" }), "keys", "file")
	add("without the witness's key", text(keysName, func(s string) string { return s[:strings.Index(s, "\n")+1] }), "signature", "file")

	// The events.
	add("an event less", lines(func(l []string) []string { return append(l[:1], l[2:]...) }), "index")
	add("the last event less", lines(func(l []string) []string { return l[:3] }), "index", "pack")
	add("two events swapped", lines(func(l []string) []string { l[1], l[2] = l[2], l[1]; return l }), "events")
	add("an event twice", lines(func(l []string) []string { return slices.Insert(l, 1, l[1]) }), "events")
	add("an event more", lines(func(lines []string) []string {
		e := l.proven([]int64{4})[0]
		return slices.Insert(lines, 2, eventLine(&e))
	}), "index")
	add("CRLF", lines(func(l []string) []string { l[1] = strings.TrimSuffix(l[1], "\n") + "\r\n"; return l }), "events")
	add("no newline at the end", lines(func(l []string) []string { l[3] = strings.TrimSuffix(l[3], "\n"); return l }), "events")
	add("an empty line", lines(func(l []string) []string { return slices.Insert(l, 1, "\n") }), "events")
	add("no events", text(eventsName, func(string) string { return "" }), "events")
	add("a number with a zero before it", field(1, 0, func(s string) string { return "0" + s }), "events")
	add("a number with a sign", field(1, 0, func(s string) string { return "+" + s }), "events")
	add("another number", field(3, 0, func(s string) string { return "9" }), "pack", "content", "inclusion")
	add("another time", field(1, 1, func(s string) string { return "1767000000001" }), "content", "inclusion")
	add("another salt", field(1, 2, other), "commitment")
	add("a short salt", field(1, 2, func(s string) string { return "AAAA" }), "events")
	add("another content", field(1, 3, other), "commitment")
	add("another content, committed to", lines(func(lines []string) []string {
		e := l.proven([]int64{l.events[2].Seq})[0]
		e.Content = bytes.Replace(e.Content, []byte("无"), []byte("有"), 1)
		e.Commitment = e.commit()
		lines[1] = eventLine(&e)
		return lines
	}), "inclusion")
	add("another commitment", field(1, 4, func(s string) string { return strings.Repeat("0", 64) }), "commitment", "inclusion")
	add("a commitment in capitals", field(1, 4, strings.ToUpper), "events")
	add("a commitment too long", field(1, 4, func(s string) string { return s + "00" }), "events")
	add("other rows", field(1, 5, func(s string) string { return strings.Repeat("1", 64) }), "inclusion")
	add("a proof without its last hash", field(1, 6, func(s string) string { return s[:strings.LastIndex(s, ",")] }), "inclusion")
	add("a proof with a hash more", field(1, 6, func(s string) string { return s + s[strings.LastIndex(s, ","):] }), "inclusion")
	add("no proof", field(1, 6, func(s string) string { return "-" }), "inclusion")
	add("base64 with stray bits", field(1, 2, func(s string) string { return s[:len(s)-3] + string(s[len(s)-3]+1) + "==" }), "events")
	add("base64 without its end", field(1, 2, func(s string) string { return strings.TrimRight(s, "=") }), "events")
	add("base64 of the web", field(1, 6, func(s string) string { return strings.NewReplacer("+", "-", "/", "_").Replace(s) + "-_" }), "events")
	add("an event erased in the pack", lines(func(l []string) []string {
		w := strings.Split(l[1], " ")
		w[2], w[3] = "-", "-"
		l[1] = strings.Join(w, " ")
		return l
	}), "erased")
	add("the own event erased", lines(func(l []string) []string {
		w := strings.Split(l[3], " ")
		w[2], w[3] = "-", "-"
		l[3] = strings.Join(w, " ")
		return l
	}), "erased", "pack")
	add("content given to an erased event", field(0, 2, func(s string) string { return "AAAAAAAAAAAAAAAAAAAAAA== AAAA" }), "events")
	add("half an erased event", field(0, 3, func(s string) string { return "AAAA" }), "events")
	add("an erased leaf changed", field(0, 4, func(s string) string { return strings.Repeat("0", 64) }), "inclusion")
	add("the rows of an erased leaf changed", field(0, 5, func(s string) string { return strings.Repeat("0", 64) }), "inclusion")

	// The checkpoint.
	point := func(f func(string) string) []byte { return text(checkpointName, f) }
	add("CRLF in the checkpoint", point(func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }), "checkpoint")
	add("a line more in the checkpoint", point(func(s string) string { return strings.Replace(s, "\n\n", "\nx\n\n", 1) }), "checkpoint")
	add("nobody signed", point(func(s string) string { return l.body() + "\n" }), "checkpoint")
	add("signed twice", point(func(s string) string { return s + l.server.line(l.body(), 0) }), "checkpoint")
	add("cosignature first", point(func(s string) string {
		return l.body() + "\n" + l.witness.line(l.body(), 1_767_100_000) + l.server.line(l.body(), 0)
	}), "signature")
	add("cosigned alone", point(func(s string) string { return l.body() + "\n" + l.witness.line(l.body(), 1_767_100_000) }), "signature")
	add("another time of the cosignature", point(func(s string) string {
		line := l.witness.line(l.body(), 1_767_100_000)
		data, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(line[strings.LastIndex(line, " ")+1:]))
		data[11]++
		return l.body() + "\n" + l.server.line(l.body(), 0) + noteLine(l.witness.Verifier, data[4:])
	}), "signature")
	add("a size that is not the tree's", point(func(s string) string { return strings.Replace(s, "\n8\n", "\n9\n", 1) }), "inclusion", "signature")
	add("a root with stray bits", point(func(s string) string {
		i := strings.Index(s, "=\n")
		return s[:i-1] + string(s[i-1]+1) + s[i:]
	}), "checkpoint")
	add("a root of 33 bytes", point(func(s string) string {
		f := strings.SplitN(s, "\n", 4)
		f[2] = base64.StdEncoding.EncodeToString(make([]byte, 33))
		return strings.Join(f, "\n")
	}), "checkpoint")
	stolen := newSigner(l.origin, false, 77)
	add("signed with another key", point(func(s string) string { return l.body() + "\n" + stolen.line(l.body(), 0) }), "signature")
	add("signed with another key under the id of the right one", point(func(s string) string {
		return l.body() + "\n" + noteLine(l.server.Verifier, ed25519.Sign(stolen.private, []byte(l.body())))
	}), "signature")
	add("a signature with L added", point(func(s string) string {
		sig := ed25519.Sign(l.server.private, []byte(l.body()))
		return l.body() + "\n" + noteLine(l.server.Verifier, plusOrder(sig))
	}), "signature")
	add("an unknown witness too", point(func(s string) string { return s + newSigner("某人", true, 3).line(l.body(), 1) }), "signature")
	add("a log of another name", point(func(s string) string {
		body := strings.Replace(l.body(), "qihe", "qlhe", 1)
		return body + "\n" + l.server.line(body, 0)
	}), "index", "signature")
	// Somebody who makes a whole pack with keys of his own, under the name of the log.
	fake, made := sample(t, 99, 5, 2, 0, 1, false)
	add("a pack made by somebody else", made, "signature")
	all = append(all, bend{"the same without a key is consistent", made, Trust{}, nil})
	add("the checkpoint of another log", point(func(s string) string { return string(fake.checkpoint(false)) }), "inclusion", "signature")

	// What the checker brings along.
	forked, _ := sample(t, 42, 7, 2, 0, 0, true)
	trust := func(name string, trust Trust, want ...string) { all = append(all, bend{name, whole, trust, want}) }
	trust("another history of the same size", Trust{Checkpoint: forked.checkpoint(true)}, "fork")
	l.add("反馈", "occurrence", 5, "[]")
	trust("a later checkpoint proves nothing", Trust{Checkpoint: l.checkpoint(true)})
	trust("a checkpoint of another log", Trust{Checkpoint: []byte(strings.Replace(string(l.checkpoint(false)), "qihe", "qlhe", 1))}, "fork")
	trust("a checkpoint nobody signed", Trust{Checkpoint: []byte(l.body() + "\n" + stolen.line(l.body(), 0))}, "fork")
	trust("no checkpoint at all", Trust{Checkpoint: []byte("x")}, "fork")
	trust("the key of another", Trust{Keys: []journal.Verifier{stolen.Verifier}}, "signature")
	trust("only the witness", Trust{Keys: []journal.Verifier{l.witness.Verifier}})
	trust("another witness", Trust{Keys: []journal.Verifier{l.server.Verifier, newSigner("某人", true, 3).Verifier}}, "witness")
	trust("another witness and the right one", Trust{Keys: []journal.Verifier{l.server.Verifier, newSigner("某人", true, 3).Verifier, l.witness.Verifier}})
	return all
}

// plusOrder adds the order of the group to S: the same signature to a verifier that does not look.
func plusOrder(signature []byte) []byte {
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	s := bytes.Clone(signature[32:])
	slices.Reverse(s)
	sum := new(big.Int).Add(new(big.Int).SetBytes(s), order).FillBytes(make([]byte, 32))
	slices.Reverse(sum)
	return append(bytes.Clone(signature[:32]), sum...)
}

func TestCheckPack(t *testing.T) {
	for _, b := range bends(t) {
		r := CheckPack(bytes.NewReader(b.pack), int64(len(b.pack)), b.trust)
		if got := kinds(r.Failures); !slices.Equal(got, sorted(b.want)) {
			t.Errorf("%s: found %v, want %v", b.name, r.Failures, b.want)
		}
		quick := &checker{r: bytes.NewReader(b.pack), size: int64(len(b.pack)), trust: b.trust, quick: true}
		if quick.run(); quick.result.OK() != r.OK() {
			t.Errorf("%s: quick %v, else %v", b.name, quick.result.OK(), r.OK())
		}
	}
}

func kinds(failures []Failure) []string {
	var out []string
	for _, f := range failures {
		if !slices.Contains(out, f.Kind) {
			out = append(out, f.Kind)
		}
	}
	return sorted(out)
}

func sorted(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}

// What a pack says can be read again, by us and by any program for zip files.
func TestWrite(t *testing.T) {
	l, pack := sample(t, 5, 20, 4, 1, 3, true)
	if _, again := sample(t, 5, 20, 4, 1, 3, true); !bytes.Equal(pack, again) {
		t.Error("the same pack twice is not the same")
	}
	r := CheckPack(bytes.NewReader(pack), int64(len(pack)), Trust{Keys: []journal.Verifier{l.server.Verifier, l.witness.Verifier}, Checkpoint: l.checkpoint(false)})
	if !r.Trusted() || !r.Compared || r.Origin != l.origin || r.Size != 23 || r.Row != 7_301_234_567_890_123_456 || len(r.Events) != 5 || len(r.Files) != 5 {
		t.Errorf("%+v", r)
	}
	if e := r.Events[1]; !r.Events[0].Erased || e.Seq != 6 || e.Who != "贺晓雨（经办人）" || e.Verb != "复核" || e.Changes != `[{"field":"办理情况","from":"无","to":"第5次"}]` {
		t.Errorf("%+v", r.Events)
	}
	if s := r.Signatures; len(s) != 2 || s[0].Key.Name() != l.origin || !s[0].Given || s[1].Key.Name() != "区纪检监察组" || s[1].Time != 1_767_100_000 {
		t.Errorf("%+v", s)
	}
	z, err := zip.NewReader(bytes.NewReader(pack), int64(len(pack)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		c, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, c); err != nil {
			t.Error(f.Name, err)
		}
	}
	want := "checkpoint.txt events.txt index.json keys.txt 说明.txt documents/1-照片 0.jpg documents/2-照片 2.jpg evidence/1-照片 1.jpg"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// A file that changes while the pack is made ends it.
func TestWriteChanged(t *testing.T) {
	turn := 0
	f, err := Measure(File{Name: "a"}, func() (io.ReadCloser, error) {
		turn++
		return io.NopCloser(strings.NewReader(fmt.Sprint("turn ", turn))), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(Topic{}, "", "o", nil, nil, nil, []File{f})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := p.Seal(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := sealed.Write(io.Discard); err == nil || !strings.Contains(err.Error(), "documents/1-a") {
		t.Errorf("got %v", err)
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"销号单.docx": "销号单.docx", "../../etc/passwd": ".._.._etc_passwd", `a\b:c*?"<>|`: "a_b_c______", "": "文件", "...": "文件", "x. ": "x",
		"\u202egpj.exe": "_gpj.exe", "\xffa": "_a",
	} {
		got := cleanName(in)
		if got != want || !validPath("evidence/12345-"+got) {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	if got := cleanName(strings.Repeat("长", 200) + ".jpg"); len(got) > 160 || !strings.HasSuffix(got, ".jpg") {
		t.Error(got)
	}
}

func TestParseVerifier(t *testing.T) {
	server, witness := newSigner("镇/日志", false, 1), newSigner("区", true, 2)
	keys, err := journal.ParseVerifiers("# 我们的\n\n" + server.String() + "\r\n  " + witness.String())
	if err != nil || len(keys) != 2 || keys[0].String() != server.String() || !keys[1].Witness {
		t.Errorf("%v %v", keys, err)
	}
	for _, bad := range []string{"", "x", "a+b", strings.Replace(server.String(), "镇", "村", 1), server.String() + "=", strings.ToUpper(server.String()), " " + server.String()} {
		if _, err := journal.ParseVerifier(bad); err == nil {
			t.Errorf("%q is taken for a key", bad)
		}
	}
	// A cosignature of a time no number of ours holds.
	sig := binary.BigEndian.AppendUint64(nil, 1<<60)
	sig = append(sig, ed25519.Sign(witness.private, []byte("cosignature/v1\ntime 1152921504606846976\nx"))...)
	if _, ok := witness.Signed([]byte("x"), sig); ok {
		t.Error("a time beyond all numbers is accepted")
	}
}

// A stretch of one of the files of a pack is replaced by anything, in a zip that is right again; or the whole is anything.
func FuzzCheckPack(f *testing.F) {
	l, whole := sample(f, 42, 7, 3, 1, 4, true)
	trust := Trust{Keys: []journal.Verifier{l.server.Verifier}}
	files := unpack(f, whole)
	for i, file := range files {
		f.Add(uint8(i), uint16(0), uint16(0), []byte(nil))
		f.Add(uint8(i), uint16(file.size/2), uint16(1), []byte("-"))
	}
	for _, text := range []string{"8 1767000427000 - - ", "\r\n", "\n\n", `,"made":"x"`, "\u2028", `\ud800`, "=", l.server.line(l.body(), 0), l.witness.line(l.body(), 1), l.server.String()} {
		f.Add(uint8(0), uint16(20), uint16(3), []byte(text))
		f.Add(uint8(1), uint16(100), uint16(0), []byte(text))
		f.Add(uint8(2), uint16(30), uint16(5), []byte(text))
	}
	f.Add(uint8(255), uint16(0), uint16(0), whole)
	f.Fuzz(func(t *testing.T, which uint8, at, cut uint16, text []byte) {
		pack := text
		if int(which) < len(files) {
			changed := slices.Clone(files)
			old := bytesOf(files[which])
			from := min(int(at), len(old))
			to := min(from+int(cut), len(old))
			changed[which] = File{Name: files[which].Name}.Content(slices.Concat(old[:from], text, old[to:]))
			pack = repack(changed)
		}
		r := CheckPack(bytes.NewReader(pack), int64(len(pack)), trust)
		if r.OK() != bytes.Equal(pack, whole) {
			t.Errorf("found %v", r.Failures)
		}
	})
}

// What was erased while a pack was made is not in it under an index that says otherwise.
func TestSealMoved(t *testing.T) {
	l := newLog(1)
	l.add("登记", "finding", 1, "[]")
	l.add("登记", "finding", 1, "[]")
	p, err := New(Topic{Kind: "finding", Row: 1}, "", l.origin, []journal.Verifier{l.server.Verifier}, []int64{1, 2}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	own := l.add(VerbPacked, "finding", 1, "[]")
	if _, err := p.Seal(l.checkpoint(false), l.proven([]int64{1, own})); err == nil {
		t.Error("sealed without an event")
	}
	l.erase(2)
	if _, err := p.Seal(l.checkpoint(false), l.proven([]int64{1, 2, own})); err == nil {
		t.Error("sealed with an event erased meanwhile")
	}
}
