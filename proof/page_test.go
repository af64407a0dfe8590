package proof

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bihuan/web/browser"

	"bihuan/journal"
)

// openPage opens the page as people do, from a disk.
func openPage(t *testing.T) *browser.Browser {
	t.Helper()
	file := filepath.Join(t.TempDir(), "verify.html")
	if err := os.WriteFile(file, Page, 0o600); err != nil {
		t.Fatal(err)
	}
	b := browser.Open(t)
	b.Go("file://" + file)
	b.Wait("#drop")
	browser.Eval[int](b, `window.bytesOf = s => Uint8Array.from(atob(s), c => c.charCodeAt(0)), 1`)
	return b
}

// found is what both verifiers say of a pack.
type found struct {
	OK, Trusted, Compared              bool
	Failures                           []string
	Origin, Root, Title, Made, Kind    string
	Size                               int64
	Signatures, Events, Files, Changes []string
}

func goFound(b bend) found {
	r := CheckPack(bytes.NewReader(b.pack), int64(len(b.pack)), b.trust)
	f := found{OK: r.OK(), Trusted: r.Trusted(), Compared: r.Compared, Origin: r.Origin, Root: r.Root, Title: r.Title, Made: r.Made, Kind: r.Kind, Size: r.Size}
	for _, x := range r.Failures {
		f.Failures = append(f.Failures, failure(x))
	}
	for _, s := range r.Signatures {
		f.Signatures = append(f.Signatures, fmt.Sprintln(s.Key, s.Given, s.Time))
	}
	for _, e := range r.Events {
		f.Events = append(f.Events, fmt.Sprintln(e.Seq, e.Entered.UnixMilli(), e.Erased, e.Happened, e.Staff, e.Who, e.Verb, e.Kind, e.Row))
		f.Changes = append(f.Changes, e.Changes)
	}
	for _, l := range r.Files {
		f.Files = append(f.Files, fmt.Sprintln(l.Path, l.What, l.SHA256, l.Size))
	}
	slices.Sort(f.Failures)
	return f
}

// failure names a fault. Where a zip is broken depends on the end one begins to read at, so only that it is counts then.
func failure(f Failure) string {
	if f.Kind == "layout" {
		return f.Kind
	}
	return f.Kind + " " + f.Place + " " + f.What
}

func pageFound(b *browser.Browser, x bend) (f found) {
	var keys strings.Builder
	for _, k := range x.trust.Keys {
		keys.WriteString(k.String() + "\n")
	}
	quote := func(s string) string { q, _ := json.Marshal(s); return string(q) }
	text := browser.Eval[string](b, fmt.Sprintf(`JSON.stringify(bihuanVerify.verify(bytesOf("%s"), {keys: %s, checkpoint: %s}))`,
		base64.StdEncoding.EncodeToString(x.pack), quote(keys.String()), quote(string(x.trust.Checkpoint))))
	var r struct {
		OK, Trusted, Compared           bool
		Failures                        []Failure
		Origin, Root, Title, Made, Kind string
		Size                            int64
		Signatures                      []struct {
			Key   string
			Given bool
			Time  int64
		}
		Events []struct {
			Seq, Entered                                   int64
			Erased                                         bool
			Happened, Staff, Who, Verb, Kind, Row, Changes string
		}
		Files []struct {
			Path, What, SHA256 string
			Size               int64
		}
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		panic(err)
	}
	f = found{OK: r.OK, Trusted: r.Trusted, Compared: r.Compared, Origin: r.Origin, Root: r.Root, Title: r.Title, Made: r.Made, Kind: r.Kind, Size: r.Size}
	for _, x := range r.Failures {
		f.Failures = append(f.Failures, failure(x))
	}
	for _, s := range r.Signatures {
		f.Signatures = append(f.Signatures, fmt.Sprintln(s.Key, s.Given, s.Time))
	}
	for _, e := range r.Events {
		f.Events = append(f.Events, fmt.Sprintln(e.Seq, e.Entered, e.Erased, e.Happened, e.Staff, e.Who, e.Verb, e.Kind, e.Row))
		f.Changes = append(f.Changes, e.Changes)
	}
	for _, l := range r.Files {
		f.Files = append(f.Files, fmt.Sprintln(l.Path, l.What, l.SHA256, l.Size))
	}
	slices.Sort(f.Failures)
	return f
}

// The page and the program read the same in every pack and find the same faults, word for word.
func TestPageAgrees(t *testing.T) {
	b := openPage(t)
	for _, x := range bends(t) {
		want, got := fmt.Sprintf("%+v", goFound(x)), fmt.Sprintf("%+v", pageFound(b, x))
		if got != want {
			t.Errorf("%s:\nthe page    %.1500s\nthe program %.1500s", x.name, got, want)
		}
	}
}

// The sums and signatures that the page computes itself are those of everybody.
func TestPageSums(t *testing.T) {
	b := openPage(t)
	got := browser.Eval[string](b, `(() => {
		const p = bihuanVerify.parts, hex = b => Array.from(b, x => x.toString(16).padStart(2, "0")).join(""), ascii = s => Uint8Array.from(s, c => c.charCodeAt(0));
		const unhex = s => Uint8Array.from(s.match(/../g), h => parseInt(h, 16));
		const rfc = (key, text, sig) => p.ed25519(unhex(key), text ? unhex(text) : new Uint8Array(0), unhex(sig));
		return [hex(p.sha256(ascii("abc"))), hex(p.sha256(ascii("a".repeat(119)), ascii("b".repeat(70)))), hex(p.sha512(ascii("abc"))).slice(0, 32), hex(p.sha512(ascii("x".repeat(111)))).slice(0, 32), p.crc32(ascii("123456789"), 0).toString(16),
			rfc("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "", "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
			rfc("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82", "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
			rfc("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af83", "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")].join(" ");
	})()`)
	// FIPS 180 and RFC 8032, tests 1 and 3; the longer ones by sha256sum and sha512sum.
	want := "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad e0a64b3594b9f74a067f20420a96bb8deb67f0ff79195b13a104b786e2fac6aa ddaf35a193617abacc417349ae204131 9a2a120825c2319867758ec277924f6f cbf43926 true true false"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Not one bit of a pack can change before the page either: neither in the zip as it is, nor in a file whose checksums were put right again.
func TestPageMutations(t *testing.T) {
	b := openPage(t)
	// The same bits as in TestMutations, tried where the page is.
	browser.Eval[int](b, `(window.flip = (pack, keys, part, from, to) => {
		const p = bihuanVerify.parts, options = {keys: p.parseKeys(keys), quick: true}, view = new DataView(pack.buffer), accepted = [];
		for (let bit = from; bit < to; bit++) {
			pack[part.from + (bit >> 3)] ^= 1 << (bit & 7);
			if (part.local) { const crc = p.crc32(pack.subarray(part.from, part.to), 0); view.setUint32(part.local, crc, true); view.setUint32(part.directory, crc, true); }
			if (bihuanVerify.verify(pack, options).ok) accepted.push(bit);
			pack[part.from + (bit >> 3)] ^= 1 << (bit & 7);
		}
		if (part.local) { const crc = p.crc32(pack.subarray(part.from, part.to), 0); view.setUint32(part.local, crc, true); view.setUint32(part.directory, crc, true); }
		if (!bihuanVerify.verify(pack, options).ok) accepted.push("the pack as it is is refused");
		return accepted.join();
	}, 1)`)
	tried, start := 0, time.Now()
	for seed := byte(1); tried < *pageMutations && seed < 200; seed++ {
		l, pack := sample(t, seed, 1+int(seed)*3, 1+int(seed)%4, int(seed)%2, int(seed)%3, seed%2 == 0)
		keys := ""
		if seed%3 > 0 {
			keys = l.server.String()
		}
		browser.Eval[int](b, fmt.Sprintf(`window.pack = bytesOf("%s"), 1`, base64.StdEncoding.EncodeToString(pack)))
		for _, p := range append([]part{{name: "zip", to: len(pack)}}, partsOf(t, pack)...) {
			// A few at a time, for a step of the browser has a limit.
			for from, bits := 0, (p.to-p.from)*8; from < bits; from += 500 {
				to := min(from+500, bits)
				accepted := browser.Eval[string](b, fmt.Sprintf(`flip(pack, %q, {from: %d, to: %d, local: %d, directory: %d}, %d, %d)`, keys, p.from, p.to, p.local, p.directory, from, to))
				if accepted != "" {
					t.Errorf("pack %d, %s: bits %s changed, and accepted", seed, p.name, accepted)
				}
				tried += to - from
			}
		}
	}
	t.Logf("%d mutations refused, %s", tried, time.Since(start).Round(time.Second))
	if tried < *pageMutations {
		t.Errorf("only %d mutations", tried)
	}
}

func photo() []byte {
	img := image.NewRGBA(image.Rect(0, 0, 240, 160))
	for i := range 240 * 160 {
		img.Set(i%240, i/240, color.RGBA{uint8(i % 240), uint8(i / 240), 120, 255})
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// What somebody sees who puts a pack into the page.
func TestPageShows(t *testing.T) {
	l := newLog(3)
	picture := File{What: "佐证材料 3月2日 秦素芬", Name: "东槐村公示栏.jpg", Evidence: true}.Content(photo())
	l.add("登记", "finding", 4, `[{"field":"问题","to":"惠农政策宣传不到位"}]`)
	l.add("交办", "finding", 4, `[{"field":"责任人","from":"无","to":"秦素芬"}]`)
	l.add("佐证", "evidence", 9, fmt.Sprintf(`[{"field":"文件","to":"东槐村公示栏.jpg"},{"field":"SHA-256","to":"%x"}]`, picture.sum))
	l.add("反馈", "occurrence", 8, `[{"field":"办理情况","to":"<b>已更新</b>公示栏 & 入户 14 户"}]`)
	l.add("修改", "staff", 2, `[{"field":"手机","from":"1","to":"2"}]`)
	l.erase(5)
	big := File{What: "佐证材料 会议录像", Name: "录像.mp4", Evidence: true}.Content(bytes.Repeat([]byte("0123456789abcdef"), 600_000))
	pack := l.pack(t, []int64{1, 2, 3, 4, 5}, []File{File{What: "整改问题销号单", Name: "销号单.docx"}.Content([]byte("docx")), picture, big}, true, 1)
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole := write("存证包.zip", pack)

	b := openPage(t)
	b.Screenshot("verify-empty")
	b.Upload("#file", whole)
	b.Wait(".verdict.half")
	b.Type("#keys", l.server.String())
	b.Upload("#file", whole)
	b.Wait(".verdict.good")
	see := func(text string) {
		t.Helper()
		if all := b.Text("#result"); !strings.Contains(all, text) {
			t.Errorf("%q is not on the page:\n%s", text, all)
		}
	}
	for _, s := range []string{"通过", "惠农政策<宣传>不到位", "6 条", "内容已删除", "所记之事在 2025-12-27", "<b>已更新</b>公示栏", "区纪检监察组", "公钥取自包内", "这份文件于2025年12月29日", "9.2 MB"} {
		see(s)
	}
	if n := b.Count("#events tbody tr"); n != 6 {
		t.Errorf("%d events", n)
	}
	b.Click("#files tbody tr:nth-child(4) button")
	b.Wait("#files figure img")
	b.Screenshot("verify-good")
	b.Size(390, 844)
	b.Screenshot("verify-phone")
	b.Size(1366, 768)

	b.Upload("#keyfile", write("keys", []byte("# 两把\r\n"+l.server.String()+"\r\n"+l.witness.String()+"\r\n")))
	b.Wait(".verdict.good")
	until(b, `!document.querySelector(".proved").textContent.includes("取自包内")`)

	broken := bytes.Clone(pack)
	i := bytes.Index(broken, []byte("0123456789abcdef"))
	broken[i+5_000_000] ^= 4
	b.Upload("#file", write("改过.zip", broken))
	b.Wait(".verdict.no")
	see("evidence/2-录像.mp4")
	b.Screenshot("verify-bad")
	b.Upload("#file", write("照片.zip", photo()))
	b.Wait(".verdict.no")
	see("不是存证包")
	b.Type("#keys", "区+12345678+xx")
	b.Upload("#file", whole)
	until(b, `document.querySelector("#keybad").textContent.includes("读不懂")`)
}

// until waits for what the page comes to after a while.
func until(b *browser.Browser, condition string) {
	browser.Eval[bool](b, `new Promise(done => { const look = () => `+condition+` ? done(true) : setTimeout(look, 50); look(); })`)
}

// The page is whole by itself and knows nothing newer than the floor.
func TestPageAlone(t *testing.T) {
	page := string(Page)
	for _, bad := range []string{"http:", "https:", "//cdn", "import ", "fetch(", "XMLHttpRequest", "innerHTML", "eval(", ".at(", "hasOwn(", "structuredClone", "findLast", ":has(", "aspect-ratio", "static {"} {
		if strings.Contains(strings.ReplaceAll(page, `"http://www.w3.org/2000/svg"`, ""), bad) {
			t.Errorf("the page has %q", bad)
		}
	}
}

// Both find the same faults in packs that were damaged at random, with checksums put right again.
func TestPageAgreesOnDamage(t *testing.T) {
	b := openPage(t)
	random := rand.New(rand.NewPCG(3, 4))
	for seed := range byte(5) {
		l, pack := sample(t, 60+seed, 3+int(seed)*20, 2+int(seed), int(seed)%2, 2, seed%2 == 0)
		parts := partsOf(t, pack)
		for range 60 {
			damaged := bytes.Clone(pack)
			for range 1 + random.IntN(2) {
				p := parts[random.IntN(len(parts))]
				data := damaged[p.from:p.to]
				at := random.IntN(len(data))
				switch random.IntN(3) {
				case 0:
					data[at] ^= 1 << random.IntN(8)
				case 1:
					data[at] = data[random.IntN(len(data))]
				default:
					copy(data[at:], data[random.IntN(len(data)):])
				}
				p.mend(damaged, crc32.ChecksumIEEE(data))
			}
			x := bend{"damaged", damaged, Trust{Keys: []journal.Verifier{l.server.Verifier}}, nil}
			want, got := goFound(x), pageFound(b, x)
			if fmt.Sprint(want) != fmt.Sprint(got) {
				t.Fatalf("the page    %.1500v\nthe program %.1500v", fmt.Sprint(got), fmt.Sprint(want))
			}
			if got.OK && !bytes.Equal(damaged, pack) {
				t.Fatal("a damaged pack is accepted")
			}
		}
	}
}
