package office

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
)

// The bounds every hostile file has to keep, on a busy machine under the race detector too: reading ends within hostileTime, and the heap grows by hostileHeap at most, which
// leaves room for the largest file itself below 200 MB.
const (
	hostileTime = 20 * time.Second
	hostileHeap = 160 << 20
)

// rawEntry is an entry of an archive with whatever its headers claim.
type rawEntry struct {
	name  string
	data  []byte // as it lies in the archive
	size  uint32 // as claimed
	crc   uint32
	store bool
	flags uint16
}

// deflated packs what write writes.
func deflated(name string, write func(io.Writer)) rawEntry {
	var b bytes.Buffer
	sum := crc32.NewIEEE()
	z, _ := flate.NewWriter(&b, flate.BestSpeed) // the level is valid
	var n counter
	write(io.MultiWriter(z, sum, &n))
	z.Close()
	return rawEntry{name: name, data: b.Bytes(), size: uint32(n), crc: sum.Sum32()}
}

type counter uint32

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func textEntry(name, text string) rawEntry {
	return deflated(name, func(w io.Writer) { io.WriteString(w, text) })
}

// rawZip writes an archive byte by byte. Entries of share all point at the first one's data.
func rawZip(share bool, entries ...rawEntry) []byte {
	var b, central bytes.Buffer
	put := func(w io.Writer, values ...any) {
		for _, v := range values {
			binary.Write(w, binary.LittleEndian, v)
		}
	}
	for i, e := range entries {
		method := uint16(8)
		if e.store {
			method = 0
		}
		offset := uint32(b.Len())
		if share {
			offset = 0
		}
		if !share || i == 0 {
			put(&b, uint32(0x04034B50), uint16(20), e.flags, method, uint32(0), e.crc, uint32(len(e.data)), e.size, uint16(len(e.name)), uint16(0))
			b.WriteString(e.name)
			b.Write(e.data)
		}
		put(&central, uint32(0x02014B50), uint32(20<<16|20), e.flags, method, uint32(0), e.crc, uint32(len(e.data)), e.size, uint16(len(e.name)), uint16(0), uint16(0), uint32(0), uint32(0), offset)
		central.WriteString(e.name)
	}
	at := uint32(b.Len())
	b.Write(central.Bytes())
	put(&b, uint32(0x06054B50), uint32(0), uint16(len(entries)), uint16(len(entries)), uint32(central.Len()), at, uint16(0))
	return b.Bytes()
}

// repeated writes head, then piece n times, then tail.
func repeated(head, piece string, n int, tail string) func(io.Writer) {
	return func(w io.Writer) {
		io.WriteString(w, head)
		block := strings.Repeat(piece, max(1, 64<<10/len(piece)))
		for each := len(block) / len(piece); n >= each; n -= each {
			io.WriteString(w, block)
		}
		io.WriteString(w, strings.Repeat(piece, n)+tail)
	}
}

const (
	docHead   = `<w:document` + wordSpaces + `><w:body>`
	docTail   = `</w:body></w:document>`
	sheetHead = `<worksheet` + sheetSpace + `><sheetData>`
	sheetTail = `</sheetData></worksheet>`
)

// docxEntry is an archive of nothing but a main document.
func docxEntry(write func(io.Writer)) []byte {
	return rawZip(false, deflated("word/document.xml", write))
}

// xlsxEntry is a workbook of one sheet.
func xlsxEntry(write func(io.Writer)) []byte {
	parts := xlsxOf("", "", "<sheetData/>")
	var entries []rawEntry
	for name, text := range parts {
		if name != "xl/worksheets/sheet1.xml" {
			entries = append(entries, textEntry(name, text))
		}
	}
	return rawZip(false, append(entries, deflated("xl/worksheets/sheet1.xml", write))...)
}

func bomb(text string) rawEntry { return textEntry("word/document.xml", text) }

// hostileFiles are made when they are asked for: some are large.
var hostileFiles = []struct {
	name string // also that of the file
	make func(testing.TB) []byte
	want string // in the message
}{
	{"empty", func(testing.TB) []byte { return nil }, "文件是空的"},
	{"too large", func(testing.TB) []byte { return make([]byte, 33<<20) }, "超过 32 MB"},

	{"bomb in the document, 1000 to 1", func(testing.TB) []byte {
		return docxEntry(repeated(docHead, "<w:p><w:r><w:t>一</w:t></w:r></w:p>", 10_000_000/slowness, docTail))
	}, "超过 400000 个"},
	{"bomb of blanks", func(testing.TB) []byte { return docxEntry(repeated(docHead, " ", 200<<20/slowness, docTail)) }, "解压后超过 128 MB"},
	{"bomb of text in one paragraph", func(testing.TB) []byte {
		return docxEntry(repeated(docHead+"<w:p><w:r><w:t>", "整改", 9_000_000/slowness, "</w:t></w:r></w:p>"+docTail))
	}, "的文字超过 1 MB"},
	{"bomb of paragraphs that are empty cells", func(testing.TB) []byte {
		return docxEntry(repeated(docHead+"<w:tbl><w:tr>", "<w:tc><w:p/></w:tc>", 10_000_000/slowness, "</w:tr></w:tbl>"+docTail))
	}, "超过"},
	{"bomb in an attribute", func(testing.TB) []byte {
		return docxEntry(repeated(docHead+`<w:p a="`, "a", 200<<20/slowness, `"/>`+docTail))
	}, "超过 1 MB 的标签"},
	{"bomb in a comment", func(testing.TB) []byte {
		return docxEntry(repeated(docHead+`<!--`, "-a", 200<<20/slowness, `-->`+docTail))
	}, "解压后超过 128 MB"},
	{"bomb in a CDATA section", func(testing.TB) []byte {
		return docxEntry(repeated(docHead+`<w:p><w:r><w:t><![CDATA[`, "]a", 100<<20/slowness, `]]></w:t></w:r></w:p>`+docTail))
	}, "的文字超过 1 MB"},
	{"bomb beside the document", func(testing.TB) []byte {
		e := bomb(docHead + para("一") + docTail)
		big := deflated("word/media/a.bmp", repeated("", "\x00", 1<<20/slowness, ""))
		big.size = 4_000_000_000
		return rawZip(false, e, big)
	}, "疑似压缩炸弹"},
	{"bomb in the styles", func(testing.TB) []byte {
		parts := docxOf(para("一"), "", "")
		var entries []rawEntry
		for name, text := range parts {
			if name != "word/styles.xml" {
				entries = append(entries, textEntry(name, text))
			}
		}
		return rawZip(false, append(entries, deflated("word/styles.xml", repeated(`<w:styles`+wordSpaces+`>`, `<w:style w:styleId="a"><w:basedOn w:val="a"/></w:style>`, 4_000_000/slowness, `</w:styles>`)))...)
	}, "样式超过 50000 个"},
	{"overlapping entries", func(testing.TB) []byte {
		e := bomb(docHead + para("一") + docTail)
		entries := []rawEntry{e}
		for i := range 1000 {
			f := e
			f.name = fmt.Sprintf("word/%07d.xml", i)
			entries = append(entries, f)
		}
		return rawZip(true, entries...)
	}, "重叠"},
	{"10,000 entries", func(testing.TB) []byte {
		entries := []rawEntry{bomb(docHead + para("一") + docTail)}
		for i := range 10_000 {
			entries = append(entries, rawEntry{name: fmt.Sprintf("a/%d", i), store: true})
		}
		return rawZip(false, entries...)
	}, "内含 10001 个以上的条目"},
	{"400,000 entries in the directory alone", func(testing.TB) []byte {
		entries := []rawEntry{bomb(docHead + para("一") + docTail)}
		for range 400_000 {
			entries = append(entries, rawEntry{name: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", store: true})
		}
		return rawZip(true, entries...)
	}, "内含 400001 个以上的条目"},
	{"entry longer than it says", func(testing.TB) []byte {
		e := bomb(docHead + strings.Repeat(para("一"), 1000) + docTail)
		e.size = 100
		return rawZip(false, e)
	}, "长度或校验与压缩包目录不符"},
	{"entry shorter than it says", func(testing.TB) []byte {
		e := bomb(docHead + para("一") + docTail)
		e.size = 1 << 20
		return rawZip(false, e)
	}, "长度或校验与压缩包目录不符"},
	{"entry that is not what its checksum says", func(testing.TB) []byte {
		e := bomb(docHead + para("一") + docTail)
		e.crc++
		return rawZip(false, e)
	}, "长度或校验与压缩包目录不符"},
	{"entry whose data is no deflate stream", func(testing.TB) []byte {
		e := bomb(docHead)
		e.data = bytes.Repeat([]byte{0xFF}, 1000)
		return rawZip(false, e)
	}, "已损坏"},
	{"encrypted entry", func(testing.TB) []byte {
		e := bomb(docHead + docTail)
		e.flags = 1
		return rawZip(false, e)
	}, "已加密"},
	{"duplicate entries", func(testing.TB) []byte {
		return rawZip(false, bomb(docHead+para("好")+docTail), bomb(docHead+para("坏")+docTail))
	}, "两个同名的部件"},
	{"path out of the archive", func(testing.TB) []byte {
		return rawZip(false, bomb(docHead+docTail), textEntry(`..\..\etc\passwd`, "x"))
	}, "指向包外的路径"},
	{"absolute path", func(testing.TB) []byte {
		return rawZip(false, bomb(docHead+docTail), textEntry("/etc/passwd", "x"))
	}, "指向包外的路径"},

	{"external entity", func(testing.TB) []byte {
		return rawZip(false, bomb(`<?xml version="1.0"?><!DOCTYPE w:document [<!ENTITY x SYSTEM "file:///etc/passwd">]>`+docHead+para("&x;")+docTail))
	}, "DOCTYPE"},
	{"entity bomb", func(testing.TB) []byte {
		dtd := `<!DOCTYPE a [<!ENTITY a0 "整改">`
		for i := range 20 {
			dtd += fmt.Sprintf(`<!ENTITY a%d "%s">`, i+1, strings.Repeat(fmt.Sprintf("&a%d;", i), 10))
		}
		return rawZip(false, bomb(dtd+`]>`+docHead+para("&a20;")+docTail))
	}, "DOCTYPE"},
	{"document type in UTF-16", func(testing.TB) []byte {
		return rawZip(false, bomb(utf16Bytes(`<!DOCTYPE a SYSTEM "http://203.0.113.9/a.dtd">`+docHead+docTail, true, true)))
	}, "DOCTYPE"},
	{"entity that nobody declared", func(testing.TB) []byte { return rawZip(false, bomb(docHead+para("&nbsp;")+docTail)) }, "自定义实体 &nbsp;"},
	{"document type in the relationships", func(testing.TB) []byte {
		parts := docxOf(para("一"), "", "")
		parts["_rels/.rels"] = `<!DOCTYPE a>` + parts["_rels/.rels"]
		return zipOf(t0, parts)
	}, "DOCTYPE"},
	{"nested 100,000 deep", func(testing.TB) []byte {
		return docxEntry(func(w io.Writer) {
			repeated(docHead, "<w:tbl><w:tr><w:tc>", 100_000, "")(w)
			repeated("", "</w:tc></w:tr></w:tbl>", 100_000, docTail)(w)
		})
	}, "嵌套超过 256 层"},
	{"fields nested 100,000 deep", func(testing.TB) []byte {
		return docxEntry(repeated(docHead+"<w:p><w:r>", `<w:fldChar w:fldCharType="begin"/>`, 100_000, "</w:r></w:p>"+docTail))
	}, "域嵌套过深"},
	{"a circle of styles and of lists", func(testing.TB) []byte {
		return zipOf(t0, docxOf(listed(1, 0, "一")+`<w:p><w:pPr><w:pStyle w:val="a"/></w:pPr></w:p><w:tbl><w:tr><w:tc><w:tcPr>`+gridSpan("1000000000")+`</w:tcPr></w:tc></w:tr></w:tbl>`,
			`<w:style w:styleId="a"><w:basedOn w:val="b"/></w:style><w:style w:styleId="b"><w:basedOn w:val="a"/></w:style>`+
				`<w:style w:type="numbering" w:styleId="L"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>`,
			`<w:abstractNum w:abstractNumId="0"><w:numStyleLink w:val="L"/></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>`))
	}, "第 1 个表格第 1 行声明了 1000000001 列，超过 4096 列"},
	{"rows of the greatest width, each merged with the next", func(testing.TB) []byte {
		return docxEntry(repeated(docHead+"<w:tbl>", "<w:tr>"+strings.Repeat("<w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc>", 4000)+"</w:tr>", 400/slowness, "</w:tbl>"+docTail))
	}, "超过"},
	{"tags that do not match", func(testing.TB) []byte { return rawZip(false, bomb(docHead+"<w:p></w:r>"+docTail)) }, "标签不配对"},
	{"nothing in the document", func(testing.TB) []byte { return rawZip(false, bomb("")) }, "没有写完"},
	{"no document", func(testing.TB) []byte {
		return zipOf(t0, map[string]string{"[Content_Types].xml": "wordprocessingml.document.main+xml"})
	}, "缺少 word/document.xml"},
	{"a document that is something else", func(testing.TB) []byte { return rawZip(false, bomb(`<html/>`)) }, "没有正文"},
	{"10,000 namespaces on every element", func(testing.TB) []byte {
		return docxEntry(func(w io.Writer) {
			io.WriteString(w, docHead)
			for range 20 {
				var tag strings.Builder
				for i := range 10_000 {
					fmt.Fprintf(&tag, ` xmlns:a%d="u%d"`, i, i)
				}
				io.WriteString(w, `<w:p`+tag.String()+`>`)
			}
		})
	}, "命名空间过多"},

	{"row four billion", func(testing.TB) []byte {
		return zipOf(t0, xlsxOf("", "", `<sheetData><row r="4000000000"><c r="A4000000000"><v>1</v></c></row></sheetData>`))
	}, "第 1 个工作表“表1”：声明了第 4000000000 行，超过 1048576 行"},
	{"column beyond the last", func(testing.TB) []byte {
		return zipOf(t0, xlsxOf("", "", data(row(`r="7"`, inline("XFE7", "x")))))
	}, "第 1 个工作表“表1”第 7 行附近：有位置不对的单元格 “XFE7”"},
	{"ten million merged ranges", func(testing.TB) []byte {
		return xlsxEntry(repeated(sheetHead+row("", inline("A1", "一"))+`</sheetData><mergeCells>`, `<mergeCell ref="A1:B2"/>`, 10_000_000/slowness, "</mergeCells></worksheet>"))
	}, "合并单元格超过 400000 处"},
	{"merged ranges as wide as the sheet", func(testing.TB) []byte {
		return xlsxEntry(func(w io.Writer) {
			io.WriteString(w, sheetHead+row(`r="1"`, inline("XFD1", "一"))+row(`r="100000"`, inline("A100000", "一"))+`</sheetData><mergeCells>`)
			for i := range 99_999 {
				fmt.Fprintf(w, `<mergeCell ref="A%d:XFD%d"/>`, i+1, i+1)
			}
			io.WriteString(w, "</mergeCells></worksheet>")
		})
	}, "合并单元格"},
	{"a million rows of the same number", func(testing.TB) []byte {
		return xlsxEntry(repeated(sheetHead, "<row><c><v>1</v></c></row>", 1_000_000/slowness, sheetTail))
	}, "段落和单元格超过 400000 个"},
	{"rows beyond the last that hold nothing", func(testing.TB) []byte {
		return xlsxEntry(repeated(sheetHead, "<row/>", 1_100_000, sheetTail))
	}, "超过"},
	{"cells that hold nothing", func(testing.TB) []byte {
		return xlsxEntry(repeated(sheetHead, "<row>"+strings.Repeat("<c/>", 16_000)+"</row>", 1000/slowness, sheetTail))
	}, "元素超过"},
	{"shared strings without end", func(testing.TB) []byte {
		parts := xlsxOf("", "", data())
		var entries []rawEntry
		for name, text := range parts {
			if name != "xl/sharedStrings.xml" {
				entries = append(entries, textEntry(name, text))
			}
		}
		return rawZip(false, append(entries, deflated("xl/sharedStrings.xml", repeated("<sst"+sheetSpace+">", "<si><t>"+strings.Repeat("整", 3000)+"</t></si>", 10_000/slowness, "</sst>")))...)
	}, "文件的文字超过 32 MB"},
	{"a long string used everywhere", func(testing.TB) []byte {
		return zipOf(t0, xlsxOf("<si><t>"+strings.Repeat("整", 300_000)+"</t></si>", "", data(row(`r="1"`, strings.Repeat(`<c t="s"><v>0</v></c>`, 10_000)))))
	}, "文件的文字超过 32 MB"},
	{"a string that is not in the table", func(testing.TB) []byte {
		return zipOf(t0, xlsxOf("", "", data(row(`r="2"`, cell(`r="C2" t="s"`, "<v>7</v>")))))
	}, "单元格 C2 的文字不在字符串表中"},
	{"a sheet that is not there", func(t testing.TB) []byte {
		parts := xlsxOf("", "", data())
		delete(parts, "xl/worksheets/sheet1.xml")
		return zipOf(t, parts)
	}, "缺少第 1 个工作表“表1”"},
	{"formats without end", func(testing.TB) []byte {
		return zipOf(t0, xlsxOf("", `<numFmts><numFmt numFmtId="200" formatCode="`+strings.Repeat("0", 900_000)+`"/></numFmts><cellXfs>`+strings.Repeat(`<xf numFmtId="200"/>`, 1000)+`</cellXfs>`,
			data(row("", cell(`t="s"`, "<v>9</v>")))))
	}, "不在字符串表中"},

	{"a line of 31 MB", func(testing.TB) []byte { return bytes.Repeat([]byte("a"), 31<<20/slowness) }, "的文字超过 1 MB"},
	{"a line of 30 MB in GB18030", func(t testing.TB) []byte { return []byte(strings.Repeat(gb18030(t, "整改"), 15<<19/slowness)) }, "超过"},
	{"a line of 20 MB in UTF-16", func(testing.TB) []byte {
		return []byte(strings.Repeat(utf16Bytes("整改", true, false), 5<<20/slowness))
	}, "超过"},
	{"a field of 31 MB.csv", func(testing.TB) []byte {
		return []byte(`a,"` + strings.Repeat("甲\n", 8<<20/slowness)[:31<<20/slowness-4] + `"`)
	}, "的文字超过 1 MB"},
	{"a list of commas.csv", func(testing.TB) []byte { return bytes.Repeat([]byte("a,b\n"), 7<<20/slowness) }, "超过 400000 个"},
	{"quotes without end.csv", func(testing.TB) []byte { return bytes.Repeat([]byte("\",\"\"\n"), 6<<20/slowness) }, "超过"},
	{"bytes of chance", func(testing.TB) []byte {
		b := make([]byte, 1<<20)
		rand.NewChaCha8([32]byte{}).Read(b)
		return b
	}, "也不是认得的文档"},
	{"Markdown of stars", func(testing.TB) []byte { return []byte("# a\n" + strings.Repeat("**a", 8<<20/slowness)) }, "的文字超过 1 MB"},
	{"Markdown tables of pipes", func(testing.TB) []byte {
		return []byte("# a\n" + strings.Repeat("|a\n|a|a|a|a|a|a|a|a|\n", 1<<20/slowness))
	}, "超过 400000 个"},

	{"a page", func(testing.TB) []byte {
		return []byte("\n<!DOCTYPE html><html><body><table><tr><td>序号</td></tr></table>")
	}, "网页（HTML）"},
	{"a page in one file", func(testing.TB) []byte { return []byte("MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n") }, "MHTML"},
	{"XML data", func(testing.TB) []byte {
		return []byte(`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`)
	}, "XML 数据文件"},
	{"a picture", func(testing.TB) []byte { return []byte("\xFF\xD8\xFF\xE0\x00\x10JFIF") }, "这是图片"},
	{"an archive", func(testing.TB) []byte { return zipOf(t0, map[string]string{"a.txt": "甲"}) }, "压缩包（zip）"},
	{"another archive", func(testing.TB) []byte { return []byte("Rar!\x1A\x07\x01\x00") }, "压缩包（rar）"},
	{"slides", func(testing.TB) []byte { return zipOf(t0, map[string]string{"ppt/presentation.xml": "<p/>"}) }, "PowerPoint"},
	{"a fixed-layout document", func(testing.TB) []byte { return zipOf(t0, map[string]string{"OFD.xml": "<ofd/>"}) }, "OFD"},
	{"a program", func(testing.TB) []byte { return []byte("MZ\x90\x00\x03\x00\x00\x00") }, "程序文件"},
	{"a protected PDF", func(testing.TB) []byte {
		return []byte("%PDF-1.7\n1 0 obj\ntrailer <</Encrypt 12 0 R /Root 1 0 R>>\n%%EOF")
	}, "PDF 文件已加密"},

	{"a compound file cut off", func(testing.TB) []byte { return compound(t0, map[string]string{"WordDocument": "x"})[:512] }, "旧版 Office"},
	{"a compound file of nothing", func(testing.TB) []byte { return compound(t0, map[string]string{"Something": "x"}) }, "旧版 Office"},
	{"encrypted OOXML", func(testing.TB) []byte {
		return compound(t0, map[string]string{"EncryptedPackage": strings.Repeat("x", 5000), "EncryptionInfo": "y"})
	}, "已加密"},
	{"slides of old", func(testing.TB) []byte { return compound(t0, map[string]string{"PowerPoint Document": "x"}) }, "PowerPoint"},
	{"a directory as long as the file", func(testing.TB) []byte { return longDirectory(60_000) }, "旧版 Office"},
}

// hostileLimits are the limits the files are read under, and how a message words them.
func hostileLimits() (Limits, *strings.Replacer) {
	l := DefaultLimits
	l.Inflated /= slowness
	l.Elements /= slowness
	l.Paragraphs /= slowness
	l.Text /= slowness
	mb := func(n int) string { return fmt.Sprintf("超过 %d MB", n>>20) }
	return l, strings.NewReplacer(
		mb(int(DefaultLimits.Inflated)), mb(int(l.Inflated)), "文字"+mb(DefaultLimits.Text), "文字"+mb(l.Text),
		fmt.Sprintf("%d 个", DefaultLimits.Elements), fmt.Sprintf("%d 个", l.Elements), fmt.Sprintf("%d 个", DefaultLimits.Paragraphs), fmt.Sprintf("%d 个", l.Paragraphs),
		fmt.Sprintf("%d 处", DefaultLimits.Paragraphs), fmt.Sprintf("%d 处", l.Paragraphs))
}

// t0 stands in where a builder needs a testing.TB but cannot fail.
var t0 = &testing.T{}

func TestHostile(t *testing.T) {
	limits, wording := hostileLimits()
	for _, test := range hostileFiles {
		t.Run(test.name, func(t *testing.T) {
			data := test.make(t)
			want := wording.Replace(test.want)
			_, took, grew, err := readMeasured(test.name, data, limits)
			for range 2 { // another program may have had the processor
				if took > hostileTime || grew > hostileHeap {
					_, took, grew, err = readMeasured(test.name, data, limits)
				}
			}
			if err == nil {
				t.Fatal("read without an error")
			}
			e, ok := err.(*Error)
			if !ok {
				t.Fatalf("%T instead of *Error: %v", err, err)
			}
			if !strings.Contains(e.Error(), want) {
				t.Errorf("message %q does not name the trouble: %q", e.Error(), want)
			}
			if e.Do == "" {
				t.Error("does not say what to do")
			}
			if took > hostileTime {
				t.Errorf("took %v", took)
			}
			if grew > hostileHeap {
				t.Errorf("heap grew by %d MB", grew>>20)
			}
			t.Logf("%d KB, %v, %d MB, %s", len(data)>>10, took.Round(time.Millisecond), grew>>20, e)
		})
	}
}

// readMeasured reads a file and tells how long that took and by how much the heap grew at most.
func readMeasured(name string, data []byte, limits Limits) (doc Document, took time.Duration, grew int64, err error) {
	runtime.GC()
	before := heapObjects()
	peak, done, stopped := before, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(500 * time.Microsecond)
		defer tick.Stop()
		for {
			peak = max(peak, heapObjects())
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	start := time.Now()
	doc, err = ReadLimited(context.Background(), name, data, limits)
	took = time.Since(start)
	close(done)
	<-stopped
	return doc, took, peak - before, err
}

// heapObjects is what lies on the heap, garbage not yet swept included.
func heapObjects() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// Every prefix of a file is refused or read, never worse; and the whole file is read.
func TestTruncated(t *testing.T) {
	numbering := lists(level(0, "chineseCounting", "%1、", ""))
	files := map[string][]byte{
		"docx": zipOf(t, docxOf(listed(1, 0, "总体要求")+tbl(tr(tc("", "格"))), "", numbering)),
		"xlsx": zipOf(t, xlsxOf("<si><t>甲</t></si>", "", data(row(`r="1"`, cell(`r="A1" t="s"`, "<v>0</v>"))))),
	}
	for name, file := range files {
		mustRead(t, name, file)
		for n := 4; n < len(file); n++ { // fewer bytes are a word of text
			if doc, err := Read(context.Background(), name, file[:n]); err == nil {
				t.Fatalf("%s cut to %d of %d bytes is read as %s", name, n, len(file), doc.Format)
			} else if _, ok := err.(*Error); !ok {
				t.Fatalf("%s cut to %d bytes: %T", name, n, err)
			}
		}
	}
}

// A part cut off in the middle, inside an archive that is whole.
func TestTruncatedPart(t *testing.T) {
	docx := docxOf(listed(1, 0, "总体&amp;要求")+`<!-- 注 --><w:p><w:r><w:t><![CDATA[甲]]></w:t></w:r></w:p>`, "<w:style/>", lists(level(0, "chineseCounting", "%1、", "")))
	xlsx := xlsxOf("<si><t>甲</t></si>", "<cellXfs><xf/></cellXfs>", data(row(`r="1"`, cell(`r="A1" t="s"`, "<v>0</v>")))+`<mergeCells><mergeCell ref="A1:B2"/></mergeCells>`)
	for _, parts := range []map[string]string{docx, xlsx} {
		for name, whole := range parts {
			step := max(1, len(whole)/300)
			for n := 0; n < len(whole); n += step {
				cut := map[string]string{}
				for other, text := range parts {
					cut[other] = text
				}
				cut[name] = whole[:n]
				_, err := Read(context.Background(), "", zipOf(t, cut))
				e, ok := err.(*Error)
				if !ok {
					t.Fatalf("%s cut to %d of %d bytes: %v", name, n, len(whole), err)
				}
				if !strings.Contains(e.What, name) {
					t.Fatalf("%s cut to %d bytes: %q does not name it", name, n, e.What)
				}
			}
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, data := range [][]byte{[]byte("整改"), zipOf(t, docxOf(para("一"), "", ""))} {
		if _, err := Read(ctx, "", data); err == nil || !strings.Contains(err.Error(), "读取已中止") {
			t.Errorf("a cancelled read says %v", err)
		}
	}
}

func TestLimits(t *testing.T) {
	docx := zipOf(t, docxOf(strings.Repeat(para("整改"), 10), "", ""))
	ample := DefaultLimits
	tests := []struct {
		name string
		set  func(*Limits)
		want string
	}{
		{"file", func(l *Limits) { l.File = 100 }, "超过 1 KB"},
		{"inflated", func(l *Limits) { l.Inflated = 1000 }, "解压"},
		{"entries", func(l *Limits) { l.Entries = 3 }, "条目"},
		{"depth", func(l *Limits) { l.Depth = 4 }, "嵌套超过 4 层"},
		{"elements", func(l *Limits) { l.Elements = 20 }, "元素超过 20 个"},
		{"paragraphs", func(l *Limits) { l.Paragraphs = 9 }, "单元格超过 9 个"},
		{"text", func(l *Limits) { l.Text = 59 }, "文字超过"},
		{"line", func(l *Limits) { l.Line = 5 }, "没有分段"},
	}
	for _, test := range tests {
		limits := ample
		test.set(&limits)
		if _, err := ReadLimited(t.Context(), "", docx, limits); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	if _, err := ReadLimited(t.Context(), "", docx, ample); err != nil {
		t.Error(err)
	}
}
