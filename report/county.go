package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"bihuan/office"
	"bihuan/proof"
)

// CountyLetter is the letter (函) with which a town puts before the office of the county what it proposes of one programme: the county
// decides, in writing and with reasons (社会救助暂行办法 13). It goes to an office of no higher rank, so that it names no 签发人 in print
// (GB/T 9704 7.2.6: only 上行文 do). It is the one paper about residents that bears an imprint: the record of
// residents, in which it has its number, vouches for it.
type CountyLetter struct {
	Town      string // 栖禾镇
	Draft     bool   // it waits to be signed: it has neither number nor day, and bears no imprint
	Number    string // 栖禾民函〔2026〕3号
	To        string // 临澜区民政局
	Programme string
	Basis     string // documents; empty: none is named
	Said      string // what the town says
	Contact   string // who wrote it
	Day       string // YYYY-MM-DD
	Rows      []CountyRow
	Kinds     []CountyKind
}

// CountyRow is one application of the annex.
type CountyRow struct{ Name, Number, Village, Kind, Amount, Months, Reason, Found string }

// CountyKind counts the applications of a kind and what they come to.
type CountyKind struct {
	Word string // 补发
	N    int
	Yuan string // of arrears and recovery; empty: not about an amount
}

// Sign is who signs: the government of the town.
func (l CountyLetter) Sign() string { return l.Town + "人民政府" }

// Title is what the letter is called.
func (l CountyLetter) Title() string {
	return l.Sign() + "关于报请审批" + l.Programme + "有关事项的函"
}

// Blanks are what stands where a draft has no number and no day yet.
const (
	blankNumber = "〔签发时编号〕"
	blankDay    = "〔签发日期〕"
)

// Head is what stands under the title and who signs: the number and the day, or where they will come.
func (l CountyLetter) Head() (number, day string) {
	if l.Draft {
		return blankNumber, blankDay
	}
	return l.Number, longDate(l.Day)
}

// Text is the letter between whom it is to and who signs, short enough for the seal to stand on the same page.
func (l CountyLetter) Text() []string {
	by := ""
	if l.Basis != "" {
		by = "按照" + l.Basis + "等规定，"
	}
	counts := ""
	for i, k := range l.Kinds {
		if i > 0 {
			counts += "，"
		}
		counts += fmt.Sprintf("%s%d件", k.Word, k.N)
		if k.Yuan != "" {
			counts += fmt.Sprintf("、共%s元", k.Yuan)
		}
	}
	people := map[string]bool{}
	for _, r := range l.Rows {
		people[r.Name+r.Number] = true
	}
	return []string{
		fmt.Sprintf("%s我镇对%s有关事项逐件作了调查，现将%d件（%s）报上，涉及%d人，每个人的情况见附件。", by, l.Programme, len(l.Rows), counts, len(people)),
		"镇里意见：" + l.Said,
		"请逐件审核，作出同意或者不同意的书面决定，写明理由；决定作出以前，一切照旧。收到决定后，由我镇告知本人。",
		"专此函达，请予函复。联系人：" + l.Contact + "。",
	}
}

// CountyColumns are the columns of the annex, the last to be filled in by the county.
var CountyColumns = []string{"序号", "姓名", "公民身份号码", "村", "事项", "金额（元）", "月份", "理由", "调查和公示", "县级审核意见"}

// AnnexTitle is what the annex is called.
func (l CountyLetter) AnnexTitle() string { return l.Town + l.Programme + "报批事项表" }

// CountyLetterDocx writes the letter with its annex in the form of GB/T 9704, marked as a file that leaves the program.
func CountyLetterDocx(w io.Writer, l CountyLetter, at time.Time, m proof.Imprint, mark func(office.Paper) office.Paper) error {
	t := office.Table{Size: 10.5, Columns: []office.Column{{Width: 2.2, Align: office.AlignCenter}, {Width: 4.6, Align: office.AlignCenter}, {Width: 11.6, Align: office.AlignCenter}, {Width: 4.8, Align: office.AlignCenter},
		{Width: 5.6, Align: office.AlignCenter}, {Width: 4.8, Align: office.AlignRight}, {Width: 7.6, Align: office.AlignCenter}, {Width: 13}, {Width: 12}, {Width: 6}}}
	for i := range t.Columns {
		t.Columns[i].Title = CountyColumns[i]
	}
	for i, r := range l.Rows {
		t.Rows = append(t.Rows, office.Cells(strconv.Itoa(i+1), r.Name, r.Number, or(r.Village, "不明"), r.Kind, r.Amount, r.Months, r.Reason, r.Found, ""))
	}
	number, day := l.Head()
	title := l.Sign() + "\n" + strings.TrimPrefix(l.Title(), l.Sign())
	if l.Draft {
		title, m = title+"\n（稿）", proof.Imprint{}
	}
	p := office.Paper{Title: title, Number: number, To: l.To, Sign: l.Sign(), Date: day, Sealed: true, Subject: l.Title(), Author: l.Sign(), Created: at,
		Annexes: []office.Annex{{Title: l.AnnexTitle(), Landscape: true, Blocks: []office.Block{office.Line{Left: "填报单位：" + l.Sign(), Right: day}, t}}}}
	for _, text := range l.Text() {
		p.Blocks = append(p.Blocks, office.Text(text))
	}
	return writePaper(w, mark(p), m)
}
