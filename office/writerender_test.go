package office

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// renderDir is where the pictures of the rendered papers are left for a person to look at.
const renderDir = "../out/render"

// soffice runs LibreOffice with a profile of its own, so that it neither hands its work to another that runs nor reads
// anyone's settings.
func soffice(t testing.TB, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	args = append([]string{"-env:UserInstallation=file://" + t.TempDir(), "--headless"}, args...)
	if out, err := exec.CommandContext(ctx, "soffice", args...).CombinedOutput(); err != nil {
		t.Fatalf("soffice (make test installs it): %v\n%s", err, out)
	}
}

// writeFiles writes papers and books into a folder and returns their paths in the order of names.
func writeFiles(t testing.TB, dir string, papers map[string]Paper, books map[string]Book) []string {
	t.Helper()
	var paths []string
	add := func(name string, content []byte) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	for name, paper := range papers {
		var file bytes.Buffer
		if err := WriteDocx(&file, paper); err != nil {
			t.Fatal(err)
		}
		add(name, file.Bytes())
	}
	for name, book := range books {
		add(name, xlsxBytes(t, book))
	}
	slices.Sort(paths)
	return paths
}

// pages renders a PDF to pictures beside it and returns the text of each page.
func pages(t testing.TB, pdf string) []string {
	t.Helper()
	base := strings.TrimSuffix(pdf, ".pdf")
	old, _ := filepath.Glob(base + "-*.png")
	for _, picture := range old {
		os.Remove(picture)
	}
	if out, err := exec.Command("pdftoppm", "-r", "60", "-png", pdf, base).CombinedOutput(); err != nil {
		t.Fatalf("pdftoppm: %v\n%s", err, out)
	}
	text, err := exec.Command("pdftotext", "-layout", pdf, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(strings.TrimSuffix(string(text), "\f"), "\f")
	pictures, _ := filepath.Glob(base + "-*.png")
	if len(pictures) != len(all) {
		t.Errorf("%s: %d pictures of %d pages", pdf, len(pictures), len(all))
	}
	for _, picture := range pictures {
		if dark := darkPixels(t, picture); dark < 300 {
			t.Errorf("%s is blank: %d dark pixels", picture, dark)
		}
	}
	return all
}

func darkPixels(t testing.TB, path string) int {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	picture, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	dark := 0
	for y := range picture.Bounds().Dy() {
		for x := range picture.Bounds().Dx() {
			if r, g, b, _ := picture.At(x, y).RGBA(); r+g+b < 3*0x8000 {
				dark++
			}
		}
	}
	return dark
}

func bare(text string) string { return strings.Join(strings.Fields(text), "") }

// TestRender turns papers and books into pictures through LibreOffice and reads what stands on their pages.
func TestRender(t *testing.T) {
	if err := os.MkdirAll(renderDir, 0o755); err != nil {
		t.Fatal(err)
	}
	full := Paper{Blocks: []Block{Text(strings.Repeat("整", 26+28*43))}} // two pages to the last character
	letter := Paper{Title: "关于报送巡察整改责任清单的函", To: "区委巡察工作领导小组办公室", Sign: "中共栖禾镇委员会", Date: "2026年4月6日", Sealed: true,
		Blocks: []Block{Text("现将我镇巡察整改责任清单报上，请审阅。"), Text("联系人：韩春梅，联系电话：00000000。")}, Annexes: []Annex{{Title: "栖禾镇巡察反馈问题整改责任清单", Landscape: true}}}
	list := Paper{Title: "栖禾镇巡察反馈问题整改责任清单", Landscape: true, Blocks: []Block{Line{"填报单位：中共栖禾镇委员会", "2026年4月16日"}, sampleLedger(6)}}
	letter.Annexes[0].Blocks = list.Blocks
	paths := writeFiles(t, renderDir, map[string]Paper{"plan.docx": samplePlan(), "list.docx": list, "letter.docx": letter, "full.docx": full}, map[string]Book{"ledger.xlsx": sampleBook()})
	soffice(t, append([]string{"--convert-to", "pdf", "--outdir", renderDir}, paths...)...)

	t.Run("full", func(t *testing.T) {
		got := pages(t, renderDir+"/full.pdf")
		if len(got) != 2 {
			t.Fatalf("%d pages, want 2 of 22 lines of 28 characters", len(got))
		}
		for i, page := range got {
			lines := slices.DeleteFunc(strings.Split(unspaced(page), "\n"), func(line string) bool { return !strings.Contains(line, "整") })
			if len(lines) != 22 || strings.Count(lines[1], "整") != 28 {
				t.Errorf("page %d has %d lines, the second of %d characters", i+1, len(lines), strings.Count(lines[1], "整"))
			}
		}
	})
	t.Run("plan", func(t *testing.T) {
		got := pages(t, renderDir+"/plan.pdf")
		if len(got) < 11 || len(got) > 14 {
			t.Errorf("%d pages", len(got))
		}
		for i, page := range got {
			if !strings.Contains(bare(page), fmt.Sprintf("—%d—", i+1)) && !turned(page) {
				t.Errorf("page %d has no number", i+1)
			}
		}
		text := bare(strings.Join(got, "\n"))
		for _, want := range []string{"区委巡察工作领导小组办公室：2026年1月5日", "一、反馈问题及整改措施（一）聚焦贯彻落实党的路线方针政策方面", "附件：1．栖禾镇巡察反馈问题整改台账2．", "中共栖禾镇委员会2026年4月16日"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %s in %s", want, text)
			}
		}
		signed := slices.IndexFunc(got, func(page string) bool { return strings.Contains(bare(page), "附件：1．") })
		if !strings.Contains(bare(got[signed]), "中共栖禾镇委员会2026年4月16日") {
			t.Error("the signature stands on a page of its own")
		}
		headers := 0
		for _, page := range got {
			if strings.Contains(bare(page), "具体表现整改措施") {
				headers++
			}
		}
		if headers < 6 {
			t.Errorf("the header of the table stands on %d pages", headers)
		}
	})
	t.Run("letter and list", func(t *testing.T) {
		letter, list := pages(t, renderDir+"/letter.pdf"), pages(t, renderDir+"/list.pdf")
		if text := bare(letter[0]); !strings.Contains(text, "附件：栖禾镇巡察反馈问题整改责任清单中共栖禾镇委员会2026年4月6日—1—") {
			t.Errorf("the letter: %s", text)
		}
		if len(list) != len(letter)-1 {
			t.Errorf("the list has %d pages, and %d with its letter", len(list), len(letter))
		}
		for i, page := range list {
			if !strings.Contains(bare(page), "具体表现整改措施") {
				t.Errorf("page %d has no header", i+1)
			}
		}
	})
	t.Run("ledger", func(t *testing.T) {
		got := pages(t, renderDir+"/ledger.pdf")
		if len(got) != 7 { // six of the ledger as its page breaks part it, one of the template
			t.Errorf("%d pages, want 7", len(got))
		}
		for i, page := range got {
			want := []string{"反馈问题具体表现整改措施", fmt.Sprintf("第%d页，共%d页", i+1, len(got))}
			if i == len(got)-1 {
				want[0] = "编号任务责任单位状态"
			}
			for _, w := range want {
				if !strings.Contains(bare(page), w) {
					t.Errorf("page %d lacks %s", i+1, w)
				}
			}
		}
		if text := bare(got[0]); !strings.Contains(text, "2026年第1期&闭环") || !strings.Contains(text, "填报单位：中共栖禾镇委员会2026年4月16日") {
			t.Error(text)
		}
	})
}

// unspaced takes the blanks out of the lines.
func unspaced(text string) string { return strings.ReplaceAll(text, " ", "") }

// turned says whether a page is a landscape one, whose number is turned and comes out of pdftotext in pieces.
func turned(page string) bool { return strings.Contains(bare(page), "具体表现整改措施") }

// TestNothingIsEvaluated opens a book full of triggers in LibreOffice, saves it as csv and opens that again, as a clerk would.
func TestNothingIsEvaluated(t *testing.T) {
	dir := t.TempDir()
	paths := writeFiles(t, dir, nil, map[string]Book{"injection.xlsx": injectionBook()})
	const text = "Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false"
	soffice(t, append([]string{"--convert-to", "csv:" + text, "--outdir", dir + "/first"}, paths...)...)

	first := csvRows(t, dir+"/first/injection.csv")
	book := injectionBook()
	header, rows := first[2], first[3:3+len(triggers)]
	for i, column := range book.Sheets[0].Table.Columns {
		if want := xlsxText(column.Title); header[i] != want {
			t.Errorf("column %d: %q, want %q", i, header[i], want)
		}
	}
	for i, trigger := range triggers {
		for c, cell := range rows[i] {
			if want := xlsxText(trigger); cell != want {
				t.Errorf("column %d: %q was evaluated or changed to %q, want %q", c, trigger, cell, want)
			}
		}
	}

	// The second file is what would happen without the apostrophe: it shows that this test can fail.
	control := dir + "/first/control.csv"
	if err := os.WriteFile(control, []byte("\"=1+1\",'=1+1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	soffice(t, "--infilter="+text, "--convert-to", "csv:"+text, "--outdir", dir+"/second", dir+"/first/injection.csv", control)
	if got := csvRows(t, dir+"/second/control.csv"); !cmp.Equal(got, [][]string{{"2", "'=1+1"}}) {
		t.Fatalf("the control was read as %q", got)
	}
	if diff := cmp.Diff(first, csvRows(t, dir+"/second/injection.csv")); diff != "" {
		t.Errorf("opened as csv, something was evaluated:\n%s", diff)
	}
}

func csvRows(t testing.TB, path string) [][]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
