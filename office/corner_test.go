package office

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sampleCorner has a picture with a border, so that it is found again on the page.
func sampleCorner(t testing.TB) Corner {
	t.Helper()
	const side = 41
	picture := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			if x > 0 && y > 0 && x < side-1 && y < side-1 && (x+y)%2 == 0 {
				picture.Pix[y*picture.Stride+x] = 0xff
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		t.Fatal(err)
	}
	return Corner{Picture: b.Bytes(), Name: "二维码 <1>", Lines: []string{"存证码 12345-7Q2M-K8ZP-4DTC-R", "扫码或在“核验”页输入，可查这份材料的存证"}}
}

// cornered are papers that end in every way a paper can, each with as much on its last page as goes there.
func cornered() map[string]Paper {
	full := []Block{Text(strings.Repeat("整", 26+28*21))} // a page to the last character
	list := []Block{Line{"填报单位：中共栖禾镇委员会", "2026年4月16日"}, sampleLedger(3)}
	letter := Paper{Title: "督办单", To: "东槐村党支部", Sign: "中共栖禾镇委员会", Date: "2026年4月6日", Sealed: true, Copies: "区委巡察工作领导小组办公室。", Blocks: []Block{Text("请于4月16日前报送。")}}
	lying := Paper{Title: "责任清单", Landscape: true, Blocks: list}
	bound := Paper{Title: "关于报送责任清单的函", Sign: "中共栖禾镇委员会", Date: "2026年4月6日", Blocks: []Block{Text("现报上。")}, Annexes: []Annex{{Title: "责任清单", Landscape: true, Blocks: list}}}
	signed := letter
	signed.Copies = ""
	return map[string]Paper{"corner-full": {Blocks: full}, "corner-letter": letter, "corner-signed": signed, "corner-list": lying, "corner-annex": bound}
}

// TestCornerMovesNothing prints papers with and without a corner: they take the same pages with the same words, and the corner stands on
// the last alone, in the margin.
func TestCornerMovesNothing(t *testing.T) {
	if err := os.MkdirAll(renderDir, 0o755); err != nil {
		t.Fatal(err)
	}
	corner := sampleCorner(t)
	papers := map[string]Paper{}
	for name, paper := range cornered() {
		papers[name+"-none.docx"] = paper
		paper.Corner = corner
		papers[name+".docx"] = paper
	}
	paths := writeFiles(t, renderDir, papers, nil)
	soffice(t, append([]string{"--convert-to", "pdf", "--outdir", renderDir}, paths...)...)
	for name := range cornered() {
		with, without := pages(t, renderDir+"/"+name+".pdf"), pages(t, renderDir+"/"+name+"-none.pdf")
		if len(with) != len(without) {
			t.Errorf("%s: %d pages, %d without the corner", name, len(with), len(without))
			continue
		}
		last := len(with) - 1
		for i := range with {
			text := bare(with[i])
			for _, line := range corner.Lines {
				if had := strings.Contains(text, bare(line)); had != (i == last) {
					t.Errorf("%s: page %d of %d: corner %t:\n%s", name, i+1, len(with), had, with[i])
				}
				text = strings.Replace(text, bare(line), "", 1)
			}
			if text != bare(without[i]) {
				t.Errorf("%s: page %d:\n%s\nwithout the corner:\n%s", name, i+1, text, bare(without[i]))
			}
		}
		out, err := exec.Command("pdfimages", "-list", renderDir+"/"+name+".pdf").Output()
		if err != nil || strings.Count(string(out), "image") != 2 || !strings.Contains(string(out), fmt.Sprintf("\n%4d ", last+1)) { // once in the head of the list
			t.Errorf("%s: pictures: %v\n%s", name, err, out)
		}
	}
}

// TestCornerParts: the picture is a part of the package that the document refers to, and a paper without a corner has none of it.
func TestCornerParts(t *testing.T) {
	corner := sampleCorner(t)
	for name, paper := range cornered() {
		for part, text := range docxText(t, paper) {
			if strings.Contains(text, "image") || strings.HasPrefix(part, "word/media") || strings.Contains(text, "framePr") {
				t.Errorf("%s: %s has a picture or a frame without a corner", name, part)
			}
		}
		paper.Corner = corner
		parts := docxText(t, paper)
		document := parts["word/document.xml"]
		if parts["word/media/image1.png"] != string(corner.Picture) {
			t.Errorf("%s: no picture among the parts", name)
		}
		link := matches(`<a:blip r:embed="(\w+)"/>`, document)
		if len(link) != 1 || !strings.Contains(parts["word/_rels/document.xml.rels"], `Id="`+link[0]+`" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="media/image1.png"`) {
			t.Errorf("%s: the picture is linked as %q", name, link)
		}
		if !strings.Contains(parts["[Content_Types].xml"], `<Default Extension="png" ContentType="image/png"/>`) {
			t.Errorf("%s: no type for the picture", name)
		}
		if !strings.Contains(document, `descr="二维码 &lt;1&gt;"`) {
			t.Errorf("%s: the picture has no words", name)
		}
		frames := matches(`<w:pStyle w:val="\w+"/><w:keepNext/>(<w:framePr [^>]*/>)`, document)
		if len(frames) != 3 || frames[1] != frames[2] || strings.Count(document, "framePr") != 3 {
			t.Errorf("%s: frames %q", name, frames)
		}
		if last := document[strings.LastIndex(document, "<w:p>"):]; strings.Contains(last, "framePr") {
			t.Errorf("%s: no paragraph after the frames: %s", name, last)
		}
	}
}

// TestReadCorner: our own reader takes such a paper, and finds its words before the last paragraph.
func TestReadCorner(t *testing.T) {
	for name, paper := range cornered() {
		read := func() []string {
			var b bytes.Buffer
			if err := WriteDocx(&b, paper); err != nil {
				t.Fatal(err)
			}
			doc, err := Read(t.Context(), name+".docx", b.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			var texts []string
			for _, p := range doc.Parts[0].Paragraphs {
				texts = append(texts, p.Text)
			}
			return texts
		}
		without := read()
		paper.Corner = sampleCorner(t)
		at := len(without) - 1
		want := slices.Insert(slices.Clone(without), at, "", paper.Corner.Lines[0], paper.Corner.Lines[1])
		if d := cmp.Diff(want, read()); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}
