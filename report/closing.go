package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/office"
	"bihuan/org"
	"bihuan/proof"
)

// Slip is what a closing slip (整改销号单) is made of: the application with its hands, and the work as it was applied for.
type Slip struct {
	Closing ledger.Closing
	Work    ledger.Work
	AsOf    time.Time
	Imprint proof.Imprint
}

// ClosingSlip writes the closing slip (整改销号单) of a finding: the thirteen fields of the application, who applied, reviewed, signed
// and accepted and when, room for their hands and seals, and the hash of what they approved (documents, section 3).
func ClosingSlip(w io.Writer, s Slip) error {
	f, c := s.Work.Finding, s.Closing
	t := office.Table{Header: []office.Row{}, Size: 10.5, Columns: []office.Column{{Width: 5.5, Align: office.AlignCenter}, {Width: 9}, {Width: 5.5, Align: office.AlignCenter}, {Width: 9}}}
	label := func(text string) office.TableCell {
		return office.TableCell{Text: text, Align: office.AlignCenter, Bold: true}
	}
	pair := func(a, x, b, y string) {
		t.Rows = append(t.Rows, office.Row{Cells: []office.TableCell{label(a), {Text: x, Align: office.AlignLeft}, label(b), {Text: y, Align: office.AlignLeft}}})
	}
	wide := func(a, x string) {
		t.Rows = append(t.Rows, office.Row{Cells: []office.TableCell{label(a), {Text: x, Cols: 3, Align: office.AlignLeft}}})
	}
	before, after := s.pictures()
	pair("序号", f.Serial(), "单位", or(flatNames(f.Units), f.Unit.Name))
	pair("地点", orDash(s.places()), "类别", orDash(f.Section.Title))
	wide("问题", f.Title)
	wide("采取的\n整改措施", measuresText(f))
	pair("整改期限", orDash(s.days()), "责任人", orDash(flatNames(f.Persons)))
	wide("整改情况", c.Statement)
	pair("完成时间", orDash(longDate(s.finished())), "复查人", orDash(s.hand(c.Reviewed)))
	pair("整改前图片", orDash(before), "整改后图片", orDash(after))
	wide("佐证材料", orDash(s.proof()))
	for _, x := range []struct {
		who  string
		mark ledger.Mark
	}{{"申请人\n（责任人）", c.Applied}, {"审核\n（分管领导）", c.Reviewed}, {"签批\n（书记）", c.Signed}, {"核准\n（区委巡察办）", c.Accepted}} {
		words := x.mark.Words
		if x.who == "申请人\n（责任人）" {
			words = "申请销号"
		}
		wide(x.who, approval(words, x.mark))
	}
	title := "整改销号单"
	state := c.Step.Word() + basisText(c)
	if c.Ended.Words != "" {
		state += "：" + c.Ended.Words
	}
	wide("状态", state)
	wide("内容指纹\nSHA-256", c.Hash)
	blocks := []office.Block{office.Line{Left: "填报单位：" + ledger.Signer(f.Unit), Right: "编号：" + or(c.Number, blank)}, t}
	return writePaper(w, office.Paper{Title: title, Blocks: blocks, Subject: title, Author: f.Unit.Name, Created: s.AsOf}, s.Imprint)
}

func basisText(c ledger.Closing) string {
	if c.Basis == "" {
		return ""
	}
	return "　　核准依据：" + c.Basis
}

// approval is a cell under which somebody signs and a seal is pressed.
func approval(words string, m ledger.Mark) string {
	if m.At.IsZero() {
		return "\n\n签字（盖章）：　　　　　　　　　　　年　　月　　日"
	}
	return or(words, "同意") + "\n\n签字（盖章）：　　　　　　　" + m.Name + "　" + day(m.At)
}

func flatNames(list []ledger.Named) string { return strings.ReplaceAll(names(list), "\n", "") }

func measuresText(f ledger.Finding) string {
	var lines []string
	for _, m := range f.Measures {
		lines = append(lines, sentence(m.Number, m.Text))
	}
	return orBlank(strings.Join(lines, "\n"))
}

// places are the units at work on the finding that are no offices of their own plan.
func (s Slip) places() string {
	var list []string
	seen := map[string]bool{}
	for _, d := range s.Work.Duties {
		if d.Unit.Kind == org.Village && !seen[d.Unit.Name] {
			seen[d.Unit.Name] = true
			list = append(list, d.Unit.Name)
		}
	}
	return strings.Join(list, "、")
}

// days is the term: how many days from the feedback to the deadline.
func (s Slip) days() string {
	f := s.Work.Finding
	from, err := time.Parse(time.DateOnly, s.Work.Feedback)
	to, err2 := time.Parse(time.DateOnly, f.Due)
	if err != nil || err2 != nil {
		return due(f)
	}
	return fmt.Sprintf("%d天（%s）", int(to.Sub(from).Hours()/24), due(f))
}

// finished is the last day on which something was done for the finding before it was applied for.
func (s Slip) finished() string {
	last := ""
	for _, o := range s.Work.Occurrences {
		if !o.Entered.IsZero() && !o.Entered.After(s.Closing.Applied.At) {
			last = max(last, o.Happened)
		}
	}
	return last
}

func (s Slip) hand(m ledger.Mark) string {
	if m.At.IsZero() {
		return ""
	}
	return m.Name
}

// pictures names the pictures of before and after: what shows a day before the feedback, and what shows one since.
func (s Slip) pictures() (before, after string) {
	var a, b []string
	for _, e := range s.Work.Evidence {
		switch {
		case !evidence.Picture(e.Media):
		case s.Work.Feedback != "" && e.Event < s.Work.Feedback:
			a = append(a, e.Title)
		default:
			b = append(b, e.Title)
		}
	}
	return strings.Join(a, "、"), strings.Join(b, "、")
}

// proof lists the evidence, the first dozen by name.
func (s Slip) proof() string {
	const most = 12
	var lines []string
	for i, e := range s.Work.Evidence {
		if i == most {
			lines = append(lines, fmt.Sprintf("等共%d份", len(s.Work.Evidence)))
			break
		}
		lines = append(lines, fmt.Sprintf("%d．%s（%s，%s）", i+1, e.Title, e.Kind.Word(), longDate(e.Event)))
	}
	return strings.Join(lines, "\n")
}
