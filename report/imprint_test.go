package report

import (
	"bytes"
	"fmt"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	qr "github.com/piglig/go-qr"

	"bihuan/duty"
	"bihuan/ledger"
	"bihuan/office"
	"bihuan/plan"
	"bihuan/proof"
)

// imprinted are all papers that carry an imprint, each with the one it is given.
func imprinted(m proof.Imprint) map[string]func(io.Writer) error {
	head := sampleHead
	head.Imprint = m
	slip := sampleSlip()
	slip.Imprint = m
	all := map[string]func(io.Writer) error{
		"码督办单.docx":  func(w io.Writer) error { return Letter(w, sampleLetter(), asOf, m) },
		"码销号单.docx":  func(w io.Writer) error { return ClosingSlip(w, slip) },
		"码交接表.docx":  func(w io.Writer) error { return HandOver(w, "栖禾镇", sampleHandOver(), m) },
		"码月报.docx":   func(w io.Writer) error { return Monthly(w, sampleMonth(), asOf, m) },
		"码月报数据.xlsx": func(w io.Writer) error { return MonthlyXlsx(w, sampleMonth(), asOf, m) },
		"码报县函.docx": func(w io.Writer) error {
			return CountyLetterDocx(w, sampleCountyLetter(4), asOf, m, func(p office.Paper) office.Paper { return p })
		},
		"码基线.xlsx": func(w io.Writer) error {
			return ClaimsXlsx(w, head, []ledger.ClaimGroup{{Finding: sampleFindings()[0]}})
		},
		"码任务.xlsx": func(w io.Writer) error {
			return HeatXlsx(w, head, []string{"2026-04-13"}, []duty.Row{}, nil, "应办 0 次。")
		},
	}
	for _, p := range Papers {
		all["码"+p.Name] = func(w io.Writer) error { return p.Write(w, head, sampleFindings()) }
	}
	return all
}

// TestImprint prints every paper with a code and without: the same number of pages, the code on each sheet of a workbook and on the last
// page of a paper and nowhere else, and a QR code there that reads as the link.
func TestImprint(t *testing.T) {
	files := map[string][]byte{}
	add := func(m proof.Imprint, end string) {
		for name, write := range imprinted(m) {
			var a, b bytes.Buffer
			if err := write(&a); err != nil {
				t.Fatal(name, err)
			}
			if err := write(&b); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
				t.Errorf("%s: the same paper gives other bytes, %v", name, err)
			}
			files[strings.Replace(name, ".", end+".", 1)] = a.Bytes()
		}
	}
	add(sampleImprint, "有")
	add(proof.Imprint{}, "无")
	all := render(t, files)
	code := sampleImprint.Code.String()
	for name := range imprinted(sampleImprint) {
		base, kind, _ := strings.Cut(name, ".")
		with, without := all[base+"有."+kind], all[base+"无."+kind]
		if strings.Contains(strings.Join(without.pages, ""), "存证码") {
			t.Errorf("%s without a code speaks of one", name)
		}
		if len(with.pages) != len(without.pages) {
			t.Errorf("%s: %d pages, %d without a code", name, len(with.pages), len(without.pages))
		}
		sheets, seen := 1, 0
		if name == "码月报数据.xlsx" {
			sheets = 4
		}
		for i, page := range with.pages {
			n := strings.Count(page, "存证码"+code)
			seen += n
			if n > 0 && kind == "docx" && i != len(with.pages)-1 {
				t.Errorf("%s: the code stands on page %d of %d", name, i+1, len(with.pages))
			}
		}
		if seen != sheets {
			t.Errorf("%s: the code stands there %d times, want %d", name, seen, sheets)
		}
		if kind == "docx" {
			scan(t, filepath.Join(renderDir, base+"有.pdf"), len(with.pages), sampleImprint.Link())
		}
	}
}

// scan reads the QR code on the last page of a PDF as a telephone would: from a picture of the lower left corner at 200 dots an inch.
func scan(t *testing.T, pdf string, page int, want string) {
	t.Helper()
	picture := filepath.Join(t.TempDir(), "corner")
	size, err := exec.Command("pdfinfo", "-f", fmt.Sprint(page), "-l", fmt.Sprint(page), pdf).Output()
	if err != nil {
		t.Fatal(err)
	}
	top := 297 - 30 // mm
	if strings.Contains(string(size), "size:  841") || strings.Contains(string(size), "size: 841") {
		top = 210 - 30
	}
	mm := func(n int) string { return fmt.Sprint(n * 200 * 10 / 254) }
	if out, err := exec.Command("pdftoppm", "-r", "200", "-f", fmt.Sprint(page), "-l", fmt.Sprint(page), "-x", mm(20), "-y", mm(top), "-W", mm(45), "-H", mm(30), "-png", "-singlefile", pdf, picture).CombinedOutput(); err != nil {
		t.Fatalf("pdftoppm: %v\n%s", err, out)
	}
	data, err := os.ReadFile(picture + ".png")
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := qr.Decode(img); err != nil || got != want {
		t.Errorf("%s page %d: the QR code reads %q, %v", pdf, page, got, err)
	}
}

// TestImprintIsNoFinding: a paper that comes back is read as if it had no code.
func TestImprintIsNoFinding(t *testing.T) {
	with, without := imprinted(sampleImprint), imprinted(proof.Imprint{})
	for _, p := range Papers {
		read := func(write func(io.Writer) error) plan.Plan {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			doc, err := office.Read(t.Context(), p.Name, b.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			return plan.Read(doc)
		}
		if d := cmp.Diff(read(without["码"+p.Name]), read(with["码"+p.Name])); d != "" {
			t.Errorf("%s: %s", p.Name, d)
		}
	}
}

// TestDraftHasNoCode: what nobody has signed is no letter, and no code says so.
func TestDraftHasNoCode(t *testing.T) {
	l := sampleLetter()
	l.State, l.Number, l.Sent = "draft", "", ledger.Mark{}
	var b bytes.Buffer
	if err := Letter(&b, l, asOf, sampleImprint); err != nil {
		t.Fatal(err)
	}
	if text := docxText(t, b.Bytes()); strings.Contains(text, "存证码") {
		t.Error(text)
	}
}
