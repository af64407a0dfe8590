package report

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"bihuan/ledger"
)

// renderDir is where the pictures of the papers are left for a person to look at.
const renderDir = "../out/render/report"

// rendered is a paper as LibreOffice prints it.
type rendered struct {
	pages []string // the text of each page without blanks, cell by cell
}

// render prints files to PDF and to pictures, all in one run of LibreOffice with a profile of its own.
func render(t *testing.T, files map[string][]byte) map[string]rendered {
	t.Helper()
	if err := os.MkdirAll(renderDir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name := range files {
		old, _ := filepath.Glob(filepath.Join(renderDir, strings.TrimSuffix(name, filepath.Ext(name))) + "*")
		for _, path := range old {
			os.Remove(path)
		}
	}
	args := []string{"-env:UserInstallation=file://" + t.TempDir(), "--headless", "--convert-to", "pdf", "--outdir", renderDir}
	for name, file := range files {
		path := filepath.Join(renderDir, name)
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "soffice", args...).CombinedOutput(); err != nil {
		t.Fatalf("soffice (make test installs it): %v\n%s", err, out)
	}
	all := map[string]rendered{}
	for name := range files {
		base := filepath.Join(renderDir, strings.TrimSuffix(name, filepath.Ext(name)))
		if out, err := exec.Command("pdftoppm", "-r", "75", "-png", base+".pdf", base).CombinedOutput(); err != nil {
			t.Fatalf("pdftoppm: %v\n%s", err, out)
		}
		text, err := exec.Command("pdftotext", "-raw", base+".pdf", "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		inside(t, name, base+".pdf")
		var r rendered
		for page := range strings.SplitSeq(strings.TrimSuffix(string(text), "\f"), "\f") {
			r.pages = append(r.pages, bare(page))
		}
		if pictures, _ := filepath.Glob(base + "-*.png"); len(pictures) != len(r.pages) {
			t.Errorf("%s: %d pictures of %d pages", name, len(pictures), len(r.pages))
		}
		all[name] = r
	}
	return all
}

var (
	boxPage = regexp.MustCompile(`<page width="([\d.]+)" height="([\d.]+)">`)
	boxWord = regexp.MustCompile(`<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">([^<]*)`)
)

// inside checks that no word stands closer than 5 mm to the edge of its page, or beyond it.
func inside(t *testing.T, name, pdf string) {
	t.Helper()
	boxes, err := exec.Command("pdftotext", "-bbox", pdf, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	const edge = 5 * 72 / 25.4
	var wide, high float64
	words := 0
	for line := range strings.Lines(string(boxes)) {
		if m := boxPage.FindStringSubmatch(line); m != nil {
			wide, high = number(m[1]), number(m[2])
		}
		m := boxWord.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		words++
		if number(m[1]) < edge || number(m[2]) < edge || number(m[3]) > wide-edge || number(m[4]) > high-edge {
			t.Errorf("%s: %q stands at the edge of its page", name, m[5])
		}
	}
	if words == 0 {
		t.Errorf("%s: no words", name)
	}
}

func number(s string) float64 {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return -1
	}
	return n
}

// bare is a text without blanks and line ends.
func bare(text string) string { return strings.Join(strings.Fields(text), "") }

// wants checks that every page from first to last has the words, as the header of a table that goes on has to.
func (r rendered) wants(t *testing.T, name string, first, last int, words string) {
	t.Helper()
	for i := first; i <= last && i < len(r.pages); i++ {
		if !strings.Contains(r.pages[i], bare(words)) {
			t.Errorf("%s: page %d lacks %s:\n%s", name, i+1, words, r.pages[i])
		}
	}
}

// whole checks that nothing is cut: every text stands somewhere, on one page or over several.
func (r rendered) whole(t *testing.T, name string, texts []string) {
	t.Helper()
	all := strings.Join(r.pages, "")
	for _, text := range texts {
		if !strings.Contains(all, bare(text)) {
			t.Errorf("%s: cut: %s", name, text)
		}
	}
}

// textsOf are the sentences of findings.
func textsOf(findings []ledger.Finding) []string {
	var list []string
	for _, f := range findings {
		list = append(list, f.Title, f.DueText)
		for i := range f.Manifestations {
			list = append(list, manifestation(f, i))
		}
		for _, m := range f.Measures {
			list = append(list, m.Number+m.Text)
		}
	}
	return list
}

// TestRender prints every paper through LibreOffice and reads what stands on its pages.
func TestRender(t *testing.T) {
	findings := many(21)
	files := map[string][]byte{}
	for _, p := range Papers {
		files[p.Name] = written(t, p.Write, findings)
	}
	files["整改方案.docx"] = written(t, PlanDocx, findings[:8])
	files["空表.xlsx"] = written(t, func(w io.Writer, h Head, _ []ledger.Finding) error {
		return Template(w, h, []string{"东槐村党支部", "东槐村村委会"})
	}, nil)
	all := render(t, files)

	sheet := all["台账.xlsx"]
	if n := len(sheet.pages); n < 3 || n > 8 {
		t.Errorf("the ledger takes %d pages", n)
	}
	sheet.wants(t, "台账", 0, 99, "反馈问题具体表现整改措施")
	for i := range sheet.pages {
		sheet.wants(t, "台账", i, i, fmt.Sprintf("第%d页，共%d页", i+1, len(sheet.pages)))
	}
	sheet.whole(t, "台账", append(textsOf(findings), "填报单位：栖禾镇党委 反馈日期：2026年2月3日", "集中学习11次，专题研讨1次，抽问合格率由58%升至92%。", "未完成：两个村的旧账尚未移交"))

	for _, list := range []struct{ name, header string }{
		{"问题清单.docx", "编号方面问题具体表现来源性质"}, {"任务清单.docx", "措施频次成果形式时间节点"}, {"责任清单.docx", "编号责任领导牵头单位配合单位责任人联系人时限"},
	} {
		if n := len(all[list.name].pages); n < 2 {
			t.Errorf("%s takes %d page: the header is not repeated", list.name, n)
		}
		all[list.name].wants(t, list.name, 0, 99, list.header)
	}
	var shown, done []string
	for _, f := range findings {
		for i := range f.Manifestations {
			shown = append(shown, manifestation(f, i))
		}
		for _, m := range f.Measures {
			done = append(done, m.Number+m.Text)
		}
	}
	all["问题清单.docx"].whole(t, "问题清单", shown)
	all["任务清单.docx"].whole(t, "任务清单", done)

	paper := all["整改方案.docx"]
	text := strings.Join(paper.pages, "")
	for _, want := range []string{"栖禾镇党委关于巡察反馈意见的整改方案2026年1月5日至2026年1月30日，区委第二巡察组", "栖禾镇党委2026年4月16日", "附件1栖禾镇党委巡察反馈意见整改问题清单", "附件3栖禾镇党委巡察反馈意见整改责任清单"} {
		if !strings.Contains(text, want) {
			t.Errorf("整改方案: no %s", want)
		}
	}
	var guidance []string
	for _, row := range guide().Rows {
		guidance = append(guidance, row.Cells[0].Text)
	}
	form := all["空表.xlsx"]
	form.whole(t, "空表", guidance)
	form.wants(t, "空表", 0, 1, official)
	if len(form.pages) != 3 {
		t.Errorf("空表 takes %d pages, want two of the table and one of guidance", len(form.pages))
	}
}
