package report

import (
	"fmt"
	"io"
	"strings"

	"bihuan/ledger"
	"bihuan/office"
)

// ClaimsXlsx writes the table of baselines (基线对照表, M07): each number that a finding quotes, what it was, what it is, where that
// is known from, and whether its target is met. What is unknown is said to be so.
func ClaimsXlsx(w io.Writer, h Head, groups []ledger.ClaimGroup) error {
	title := h.Unit + "巡察整改数字基线对照表"
	sheet := office.Sheet{Name: "基线对照表", Title: title, Line: h.line(), Table: claimsTable(groups), FrozenColumns: 2,
		Notes: withImprint(h.Imprint, claimsTotal(groups), signatures), Footer: title}
	return office.WriteXlsx(w, office.Book{Sheets: []office.Sheet{sheet}, Title: title, Author: h.Unit, Created: h.AsOf})
}

func claimsTable(groups []ledger.ClaimGroup) office.Table {
	t := office.Table{Size: ledgerSize, Columns: []office.Column{
		{Title: "序号", Width: 4, Align: office.AlignCenter}, {Title: "反馈问题", Width: 14}, {Title: "数的是什么", Width: 18}, {Title: "基线", Width: 8, Align: office.AlignCenter},
		{Title: "现在", Width: 8, Align: office.AlignCenter}, {Title: "截至", Width: 7, Align: office.AlignCenter}, {Title: "来源", Width: 14},
		{Title: "目标", Width: 8, Align: office.AlignCenter}, {Title: "结果", Width: 5, Align: office.AlignCenter}, {Title: "方案原文", Width: 20}}}
	findings := make([]ledger.Finding, len(groups))
	for i, g := range groups {
		findings[i] = g.Finding
	}
	number := numbers(findings)
	for i, g := range groups {
		var rows [][]string
		for _, c := range g.Claims {
			subject := c.Subject
			if c.Nested != 0 {
				subject = "其中：" + strings.TrimPrefix(subject, "其中")
			}
			if names := placeNames(c); names != "" {
				subject += "（" + names + "）"
			}
			is, when, source := "未知", "", ""
			if now, ok := c.Now(); ok {
				when, source = now.AsOf, now.Source
				if now.Value != "" {
					is = now.Value + c.Measure
				}
			}
			result := string(c.Standing())
			if c.State == ledger.ClaimProposed {
				result = "待确认"
			}
			rows = append(rows, []string{subject, c.Baseline(), is, orDash(when), orDash(source), or(c.Goal(), "未定"), result, orDash(c.Quote)})
		}
		t.Rows = append(t.Rows, merged([]string{number[i], g.Finding.Title}, rows, nil)...)
	}
	return t
}

// placeNames names the places of a claim, and how many nobody has named.
func placeNames(c ledger.Claim) string {
	var names []string
	for _, p := range c.Places {
		if p != "" {
			names = append(names, p)
		}
	}
	text := strings.Join(names, "、")
	if open := len(c.Places) - len(names); open > 0 {
		text += fmt.Sprintf("，另%d个未点名", open)
	}
	return text
}

// claimsTotal counts the claims by how they stand. What nobody has confirmed is counted apart.
func claimsTotal(groups []ledger.ClaimGroup) string {
	n, open := map[ledger.Standing]int{}, 0
	all := 0
	for _, g := range groups {
		for _, c := range g.Claims {
			if c.State == ledger.ClaimProposed {
				open++
				continue
			}
			all++
			n[c.Standing()]++
		}
	}
	text := fmt.Sprintf("合计：%d个已确认的数字，达成%d个，未达成%d个，未知%d个", all, n[ledger.Reached], n[ledger.NotReached], n[ledger.NotKnown])
	if open > 0 {
		text += fmt.Sprintf("；另有%d个待确认", open)
	}
	return text + "。"
}
