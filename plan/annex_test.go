package plan

import (
	"slices"
	"testing"

	"bihuan/office"
)

// TestAnnexFillsOnlyGaps: lists after the text say who and when where the text does not, and add only a problem of their own.
func TestAnnexFillsOnlyGaps(t *testing.T) {
	var doc office.Document
	part := office.Part{}
	text := func(lines ...string) {
		for _, l := range lines {
			part.Paragraphs = append(part.Paragraphs, office.Paragraph{Text: l})
		}
	}
	tables := 0
	table := func(rows ...[]string) {
		tables++
		for r, row := range rows {
			for c, cell := range row {
				part.Paragraphs = append(part.Paragraphs, office.Paragraph{Text: cell, Cell: office.Cell{Table: tables, Row: r + 1, Col: c + 1, Rows: 1, Cols: 1}})
			}
		}
	}
	text("栖禾镇党委关于巡察反馈意见的整改方案", "（一）聚焦基层组织建设方面",
		"1．值班值守纪律松弛。", "整改措施：每周抽查一次值班。", "完成时限：2026年4月30日前",
		"2．村级财务公开不及时。", "整改措施：每月10日前公开上月收支。", "责任人：〔待填〕",
		"附件：1．问题清单", "2．责任清单", "栖禾镇党委", "2026年3月2日", "附件1", "问题清单")
	table([]string{"编号", "问题", "具体表现"}, []string{"1", "值班值守纪律松弛", "—"}, []string{"2", "村级财务公开不及时", "两个村三个月没有公开"}, []string{"3", "会议记录不完整", "—"})
	text("附件2", "责任清单")
	table([]string{"编号", "牵头单位", "责任人", "时限"}, []string{"1", "党政综合办公室", "韩春梅", "2026年12月31日前"}, []string{"2", "财政所", "吕志刚", "2026年5月31日前"})
	doc.Parts = []office.Part{part}
	p := Read(doc)
	var got []string
	for _, s := range p.Sections {
		for _, f := range s.Findings {
			line := f.Title
			for _, m := range f.Manifestations {
				line += "|" + m.Text
			}
			for _, list := range [][]string{f.Units, f.Persons} {
				for _, name := range list {
					line += "|" + name
				}
			}
			got = append(got, line+"|"+string(f.DeadlineDate))
		}
	}
	want := []string{"值班值守纪律松弛|党政综合办公室|韩春梅|2026-04-30", "村级财务公开不及时|两个村三个月没有公开|财政所|吕志刚|2026-05-31", "会议记录不完整|"}
	if !slices.Equal(got, want) {
		t.Errorf("read  %q\n want %q", got, want)
	}
}
