package office

import (
	"context"
	"os/exec"
	"strings"
	"unicode/utf8"
)

// readPDF reads the text layer of a PDF. A PDF knows lines, not paragraphs: lines are joined again where the layout shows that
// one sentence goes on.
func readPDF(ctx context.Context, b *budget, dir, in string) (Document, error) {
	c := conversions["pdf"]
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		return Document{}, c.missing("pdftotext", err)
	}
	out, err := runTool(ctx, dir, tool, "-layout", "-enc", "UTF-8", "-q", in, "-")
	if err != nil {
		return Document{}, c.stopped(ctx, err)
	}
	text := strings.ToValidUTF8(string(out), "\uFFFD")
	if strings.TrimSpace(strings.Map(printable, text)) == "" {
		return Document{}, &Error{What: "这个 PDF 里没有文字，多半是扫描件", Do: "请上传 Word 文档；只有纸质件的，请先做文字识别（OCR）再另存为 docx"}
	}
	doc := Document{Format: "pdf", Warnings: []string{"PDF 不分段落，段落和表格是按版面推断的，请逐项核对；有 Word 原件的请上传原件"}}
	part := Part{Name: bodyName}
	for _, p := range joinLines(text) {
		if part.Paragraphs, err = b.add(part.Paragraphs, Paragraph{Text: p}); err != nil {
			return Document{}, err
		}
	}
	doc.Parts = []Part{part}
	return doc, nil
}

// layoutLine is one line of a page: how far it is indented and where it ends, in columns of half a Chinese character.
type layoutLine struct {
	text         string
	indent, ends int
}

// opening are the beginnings that no line has by chance: numbers of items and labels.
var opening = pattern(`^(?:[一二三四五六七八九十]{1,3}[、，]|[（(][一二三四五六七八九十\d]{1,3}[）)]|\d{1,3}(?:[、．]|\.\D)|[①-⑳]|第[一二三四五六七八九十\d]{1,3}[章条部]|\p{Han}{2,6}[：:])`)

// joinLines makes paragraphs out of laid-out pages. A line begins a new one when it is indented deeper than the page's margin,
// when the line before it stops short of the right edge, when either is a table's row (wide gaps), or when it
// opens like an item.
func joinLines(text string) []string {
	var out []string
	open := false // the last paragraph may go on
	for page := range strings.SplitSeq(text, "\f") {
		all, left, right := measure(page)
		for _, l := range all {
			switch {
			case l.text == "":
				continue
			case open && l.indent <= left+1 && !gaps(l.text) && !opening().MatchString(l.text):
				out[len(out)-1] += l.text
			default:
				out = append(out, l.text)
			}
			open = l.ends >= right-4 && !gaps(l.text)
		}
	}
	return out
}

// measure reads the lines of a page and its margins. Blank lines and page numbers are left out.
func measure(page string) (all []layoutLine, left, right int) {
	left = 1 << 20
	for line := range lines(page) {
		body := strings.TrimLeft(line, " \u3000")
		if body == "" || isPageNumber(body) {
			continue
		}
		l := layoutLine{text: body, indent: columns(line[:len(line)-len(body)])}
		l.ends = l.indent + columns(body)
		all = append(all, l)
		left, right = min(left, l.indent), max(right, l.ends)
	}
	return all, left, right
}

// columns measures text in halves of a Chinese character.
func columns(s string) int {
	n := utf8.RuneCountInString(s)
	for _, r := range s {
		if r >= 0x2E80 {
			n++
		}
	}
	return n
}

// gaps reports whether a line looks like a row of a table: words parted by wide blanks.
func gaps(line string) bool { return strings.Contains(line, "   ") }

// isPageNumber reports whether a line is only a page's number: 3, - 3 -, — 3 —, 第3页.
func isPageNumber(line string) bool {
	digits := 0
	for _, r := range line {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune(" -—–－·第页共/", r):
			return false
		}
	}
	return digits > 0 && digits <= 6
}
