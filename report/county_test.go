package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"bihuan/office"
	"bihuan/vault"
)

// sampleCountyLetter is a letter with long and short rows, more than one page of them.
func sampleCountyLetter(rows int) CountyLetter {
	l := CountyLetter{Town: "栖禾镇", Number: "栖禾民函〔2026〕3号", To: "临澜区民政局", Programme: "高龄津贴", Basis: "临民〔2024〕12号", Said: "以上事项经村里核对、镇里逐件调查，依规定应当公示的已经公示，情况属实，建议照附件办理。",
		Contact: "贺晓雨（党政办经办人）", Day: "2026-04-16", Kinds: []CountyKind{{"新增享受", rows - 2, ""}, {"停发", 1, ""}, {"补发", 1, "1560"}}}
	for i := range rows {
		l.Rows = append(l.Rows, CountyRow{Name: fmt.Sprintf("禾秀%c", []rune("英兰芝梅")[i%4]), Number: "990*************11", Village: "东槐村", Kind: "新增享受", Amount: "每月60", Months: "2026年4月起",
			Reason: "户籍登记1946年3月1日出生，满80周岁，常住本村", Found: "2026-04-03调查：两人入户，户口簿、身份证相符，邻居两人证实；2026-04-04起公示（东槐村公示栏）"})
	}
	l.Rows[1] = CountyRow{Name: "阿卜杜热合曼·买买提吐尔逊", Number: "990*************12", Kind: "停发", Amount: "—", Months: "发到2026年3月", Reason: "2026年3月2日去世，卫生院死亡名单和村委会证明一致"}
	l.Rows[2] = CountyRow{Name: "乔金生", Number: "990*************13", Village: "柳荫村", Kind: "补发", Amount: "1560", Months: "2025年3月至2026年3月", Reason: "第3次筛查发现应享未享，入户核实属实"}
	return l
}

// The letter stands in the form of an official paper with its annex lying behind it, every page marked with who took it.
func TestCountyLetter(t *testing.T) {
	mark := vault.Watermark{Serial: "导2026-0017", Who: "贺晓雨（党政办经办人）", At: time.Date(2026, 4, 16, 9, 20, 0, 0, time.Local), Purpose: "送临澜区民政局审批"}
	files := map[string][]byte{}
	for name, rows := range map[string]int{"报县函.docx": 4, "报县函长.docx": 23, "报县函稿.docx": 4} {
		l := sampleCountyLetter(rows)
		if name == "报县函稿.docx" {
			l.Draft, l.Number, l.Day = true, "", ""
		}
		var a, b bytes.Buffer
		for _, w := range []*bytes.Buffer{&a, &b} {
			if err := CountyLetterDocx(w, l, asOf, sampleImprint, mark.Paper); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: the same letter gives other bytes", name)
		}
		files[name] = a.Bytes()
	}
	all := render(t, files)
	short := all["报县函.docx"]
	short.whole(t, "报县函", []string{"栖禾镇人民政府关于报请审批高龄津贴有关事项的函", "栖禾民函〔2026〕3号", "临澜区民政局：", "按照临民〔2024〕12号等规定，我镇对高龄津贴有关事项逐件作了调查，现将4件（新增享受2件，停发1件，补发1件、共1560元）报上，涉及4人，每个人的情况见附件。",
		"作出同意或者不同意的书面决定，写明理由；决定作出以前，一切照旧", "专此函达，请予函复。", "附件：栖禾镇高龄津贴报批事项表", "栖禾镇人民政府2026年4月16日", "不明", "存证码 " + sampleImprint.Code.String()})
	for name, r := range all {
		r.wants(t, name, 0, 99, "导2026-0017 贺晓雨（党政办经办人） 2026-04-16 09:20导出 用途：送临澜区民政局审批")
		last := len(r.pages) - 1
		if !strings.Contains(r.pages[0], "函") || strings.Contains(r.pages[0], "县级审核意见") {
			t.Errorf("%s: the first page is no letter: %s", name, r.pages[0])
		}
		r.wants(t, name, last, last, "县级审核意见")
	}
	if n := len(short.pages); n > 3 || !strings.Contains(short.pages[0], "栖禾镇人民政府2026年4月16日") {
		t.Errorf("a usual letter takes %d pages, or its seal stands alone: %s", n, short.pages[0])
	}
	draft := all["报县函稿.docx"]
	draft.whole(t, "报县函稿", []string{"关于报请审批高龄津贴有关事项的函（稿）", "〔签发时编号〕", "临澜区民政局：", "栖禾镇人民政府〔签发日期〕"})
	for _, page := range draft.pages {
		if strings.Contains(page, "栖禾民函") || strings.Contains(page, "存证码") || strings.Contains(page, "2026年4月16日") || strings.Contains(page, "签发人") {
			t.Errorf("a draft has a number, a day or a code: %s", page)
		}
	}
	for _, page := range short.pages {
		if strings.Contains(page, "签发人") || strings.Contains(page, "稿") { // it is no 上行文
			t.Errorf("the letter names who signed it, or calls itself a draft: %s", page)
		}
	}
	long := all["报县函长.docx"]
	if n := len(long.pages); n < 3 {
		t.Errorf("23 rows take %d pages", n)
	}
	doc, err := office.Read(t.Context(), "报县函.docx", files["报县函.docx"])
	if err != nil || len(doc.Parts) == 0 {
		t.Fatalf("it cannot be read: %v", err)
	}
}
