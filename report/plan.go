package report

import (
	"fmt"
	"io"
	"strings"

	"bihuan/ledger"
	"bihuan/office"
)

// PlanDocx writes the plan (整改方案) as it stands in the ledger, in the form of GB/T 9704, with the three lists bound to it.
func PlanDocx(w io.Writer, h Head, findings []ledger.Finding) error {
	p := office.Paper{
		Title: or(h.PlanTitle, h.Unit+"关于巡察反馈意见的整改方案"), Sign: h.signer(), Date: day(h.AsOf),
		Subject: "整改方案", Author: h.Unit, Created: h.AsOf,
		Blocks: []office.Block{office.Text(h.intro()), office.Heading{Level: 1, Text: "一、反馈问题及整改措施"}},
	}
	aspect, serial := 0, printed(findings)
	for i, f := range findings {
		if (i == 0 || f.Section != findings[i-1].Section) && f.Section.Title != "" {
			aspect++
			p.Blocks = append(p.Blocks, office.Heading{Level: 2, Text: "（" + numeral(aspect) + "）" + f.Section.Title})
		}
		p.Blocks = append(p.Blocks, findingBlocks(f, serial[i])...)
	}
	for _, list := range []struct {
		name  string
		table office.Table
	}{{"问题清单", problemTable(h, findings)}, {"任务清单", taskTable(findings)}, {"责任清单", dutyTable(h, findings)}} {
		p.Annexes = append(p.Annexes, office.Annex{Title: h.listName(list.name), Landscape: true, Blocks: []office.Block{list.table}})
	}
	return writePaper(w, p, h.Imprint)
}

// intro tells of the inspection that the plan answers; what is not known is a blank to be filled in.
func (h Head) intro() string {
	date := func(iso string) string { return orBlank(longDate(iso)) }
	return fmt.Sprintf("%s至%s，%s对%s进行了巡察，并于%s反馈了巡察意见。根据反馈意见，结合工作实际，制定如下整改方案。",
		date(h.Starts), date(h.Ends), or(h.Team, "巡察组"), orBlank(h.inspected()), date(h.Feedback))
}

// item is a manifestation or measure in running text.
type item struct{ number, text string }

// runOn writes items one after the other: those with numbers as sentences, those without parted by semicolons.
func runOn(items []item) string {
	var b strings.Builder
	for i, it := range items {
		text := sentence(it.number, it.text)
		if i+1 < len(items) && items[i+1].number == "" {
			text = strings.TrimSuffix(text, "。") + "；"
		}
		b.WriteString(text)
	}
	return b.String()
}

// findingBlocks are the paragraphs of one finding.
func findingBlocks(f ledger.Finding, serial string) []office.Block {
	var shown, done []item
	for _, m := range f.Manifestations {
		shown = append(shown, item{strings.Trim(m.Number, bullets), m.Text})
	}
	for _, m := range f.Measures {
		done = append(done, item{strings.Trim(m.Number, bullets), m.Text})
	}
	blocks := []office.Block{office.Heading{Level: 3, Text: serial + "．" + sentence("", f.Title)}}
	labelled := func(label, text string) {
		blocks = append(blocks, office.Para{{Text: label + "：", Bold: true}, {Text: text}})
	}
	if len(shown) > 0 {
		labelled("具体表现", runOn(shown))
	}
	if f.Goal != "" {
		labelled("整改目标", sentence("", f.Goal))
	}
	labelled("整改措施", orBlank(runOn(done)))
	for i := range f.Manifestations {
		if len(done) > 0 && len(f.AnsweredBy(i)) == 0 {
			blocks = append(blocks, office.Text(missingMeasure(f, i)))
		}
	}
	if f.Leader != "" {
		labelled("责任领导", f.Leader)
	}
	flat := func(list []ledger.Named) string { return orBlank(strings.ReplaceAll(names(list), "\n", "")) }
	labelled("责任单位", flat(f.Units))
	labelled("责任人", flat(f.Persons))
	labelled("完成时限", orBlank(due(f)))
	return blocks
}

// missingMeasure is the blank for a measure that answers the manifestation with index i.
func missingMeasure(f ledger.Finding, i int) string {
	return fmt.Sprintf("〔待填：回应“%s”的措施〕", f.ManifestationName(i))
}

// printed are the numbers of the findings in the text: those of the plan where all are plain numbers, else counted through.
func printed(findings []ledger.Finding) []string {
	list := make([]string, len(findings))
	plain := true
	for i, f := range findings {
		list[i] = f.Serial()
		plain = plain && strings.Trim(list[i], "0123456789") == ""
	}
	if plain {
		return list
	}
	for i := range list {
		list[i] = fmt.Sprint(i + 1)
	}
	return list
}

// numeral writes a number from 1 to 99 in Chinese; beyond, in digits.
func numeral(n int) string {
	digits := []string{"", "一", "二", "三", "四", "五", "六", "七", "八", "九"}
	switch {
	case n < 1 || n > 99:
		return fmt.Sprint(n)
	case n < 10:
		return digits[n]
	case n < 20:
		return "十" + digits[n-10]
	}
	return digits[n/10] + "十" + digits[n%10]
}
