package office

import (
	"strings"
	"testing"
)

func TestListNumber(t *testing.T) {
	tests := []struct {
		format string
		want   string // of 1 2 9 10 11 19 20 21 99 100 101 110 1000 1010
	}{
		{"decimal", "1 2 9 10 11 19 20 21 99 100 101 110 1000 1010"},
		{"decimalZero", "01 02 09 10 11 19 20 21 99 100 101 110 1000 1010"},
		{"chineseCounting", "一 二 九 十 十一 十九 二十 二十一 九十九 一○○ 一○一 一一○ 一○○○ 一○一○"},
		{"chineseCountingThousand", "一 二 九 十 十一 十九 二十 二十一 九十九 一百 一百零一 一百一十 一千 一千零一十"},
		{"japaneseCounting", "一 二 九 十 十一 十九 二十 二十一 九十九 百 百一 百十 千 千十"},
		{"chineseLegalSimplified", "壹 贰 玖 壹拾 壹拾壹 壹拾玖 贰拾 贰拾壹 玖拾玖 壹佰 壹佰零壹 壹佰壹拾 壹仟 壹仟零壹拾"},
		{"ideographDigital", "一 二 九 一〇 一一 一九 二〇 二一 九九 一〇〇 一〇一 一一〇 一〇〇〇 一〇一〇"},
		{"ideographTraditional", "甲 乙 壬 癸 11 19 20 21 99 100 101 110 1000 1010"},
		{"ideographZodiac", "子 丑 申 酉 戌 19 20 21 99 100 101 110 1000 1010"},
		{"decimalEnclosedCircle", "① ② ⑨ ⑩ ⑪ ⑲ ⑳ ㉑ 99 100 101 110 1000 1010"},
		{"decimalEnclosedParen", "⑴ ⑵ ⑼ ⑽ ⑾ ⒆ ⒇ 21 99 100 101 110 1000 1010"},
		{"decimalFullWidth", "１ ２ ９ １０ １１ １９ ２０ ２１ ９９ １００ １０１ １１０ １０００ １０１０"},
		{"upperRoman", "I II IX X XI XIX XX XXI XCIX C CI CX M MX"},
		{"lowerLetter", "a b i j k s t u uuuu vvvv wwww fffff 1000 1010"},
		{"ordinal", "1st 2nd 9th 10th 11th 19th 20th 21st 99th 100th 101st 110th 1000th 1010th"},
		{"hebrew1", "1 2 9 10 11 19 20 21 99 100 101 110 1000 1010"},
	}
	for _, test := range tests {
		var got []string
		for _, n := range []int{1, 2, 9, 10, 11, 19, 20, 21, 99, 100, 101, 110, 1000, 1010} {
			got = append(got, listNumber(test.format, n))
		}
		if s := strings.Join(got, " "); s != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.format, s, test.want)
		}
	}
	for n, want := range map[int]string{10_000: "一万", 10_010: "一万零一十", 25_300: "二万五千三百", 110_005: "十一万零五", 0: "0"} {
		if got := listNumber("chineseCountingThousand", n); got != want {
			t.Errorf("chineseCountingThousand %d: got %s, want %s", n, got, want)
		}
	}
}

func TestReadDocxNumbering(t *testing.T) {
	plan := level(0, "chineseCounting", "%1、", "") + level(1, "chineseCountingThousand", "（%2）", "") +
		level(2, "decimal", "%3.", "") + level(3, "decimalEnclosedCircle", "%4", `<w:suff w:val="nothing"/>`) +
		level(4, "decimal", "%1.%3.%5", `<w:isLgl/><w:suff w:val="space"/>`)
	tests := []struct {
		name                    string
		numbering, styles, body string
		want                    []string
	}{
		{
			name:      "the levels of a plan count and restart",
			numbering: lists(plan),
			body: listed(1, 0, "总体要求") + listed(1, 0, "问题及措施") + listed(1, 1, "党建方面") + listed(1, 2, "学习不深入") + listed(1, 3, "一月一学") +
				listed(1, 3, "以考促学") + listed(1, 2, "会议多") + listed(1, 4, "法定") + para("正文") + listed(1, 1, "作风方面") + listed(1, 2, "下乡少") + listed(1, 0, "保障"),
			want: []string{"|‹一、›总体要求", "|‹二、›问题及措施", "|‹（一）›党建方面", "|‹1. ›学习不深入", "|‹①›一月一学", "|‹②›以考促学", "|‹2. ›会议多",
				"|‹2.2.1 ›法定", "|正文", "|‹（二）›作风方面", "|‹1. ›下乡少", "|‹三、›保障"},
		},
		{
			name: "lists of one kind count on together; an override begins anew, each time",
			numbering: lists(plan) + `<w:num w:numId="7"><w:abstractNumId w:val="0"/></w:num>` +
				`<w:num w:numId="8"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride><w:lvlOverride w:ilvl="1"><w:startOverride w:val="3"/></w:lvlOverride></w:num>` +
				`<w:num w:numId="9"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="upperLetter"/><w:lvlText w:val="%1)"/></w:lvl></w:lvlOverride></w:num>`,
			body: listed(1, 0, "甲") + listed(7, 0, "乙") + listed(8, 0, "丙") + listed(8, 1, "丁") + listed(8, 0, "戊") + listed(8, 1, "己") + listed(1, 0, "庚") + listed(9, 0, "辛"),
			want: []string{"|‹一、›甲", "|‹二、›乙", "|‹五、›丙", "|‹（三）›丁", "|‹六、›戊", "|‹（三）›己", "|‹七、›庚", "|‹H) ›辛"},
		},
		{
			name: "restart only after the level named, or never; a level passed over has begun",
			numbering: lists(level(0, "decimal", "%1", "") + level(1, "decimal", "%1.%2", "") + level(2, "lowerLetter", "%3)", `<w:lvlRestart w:val="1"/>`) +
				level(3, "upperRoman", "%4", `<w:lvlRestart w:val="0"/>`)),
			body: listed(1, 1, "a") + listed(1, 2, "b") + listed(1, 3, "c") + listed(1, 1, "d") + listed(1, 2, "e") + listed(1, 0, "f") + listed(1, 2, "g") + listed(1, 3, "h"),
			want: []string{"|‹1.1 ›a", "|‹a) ›b", "|‹I ›c", "|‹1.2 ›d", "|‹b) ›e", "|‹2 ›f", "|‹a) ›g", "|‹II ›h"},
		},
		{
			name: "numbers that come with a style, and a paragraph that leaves its list",
			numbering: lists(level(0, "chineseCounting", "第%1章", `<w:pStyle w:val="1"/><w:suff w:val="space"/>`) +
				level(1, "chineseCounting", "（%2）", `<w:pStyle w:val="2"/>`)),
			styles: `<w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>` +
				`<w:style w:type="paragraph" w:styleId="2"><w:name w:val="heading 2"/><w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr></w:pPr></w:style>` +
				`<w:style w:type="paragraph" w:styleId="3"><w:name w:val="own"/><w:basedOn w:val="2"/></w:style>`,
			body: `<w:p><w:pPr><w:pStyle w:val="1"/></w:pPr><w:r><w:t>章</w:t></w:r></w:p><w:p><w:pPr><w:pStyle w:val="2"/></w:pPr><w:r><w:t>节</w:t></w:r></w:p>` +
				`<w:p><w:pPr><w:pStyle w:val="2"/><w:numPr><w:numId w:val="0"/></w:numPr></w:pPr><w:r><w:t>无号</w:t></w:r></w:p>` +
				`<w:p><w:pPr><w:pStyle w:val="3"/></w:pPr><w:r><w:t>又节</w:t></w:r></w:p><w:p><w:pPr><w:pStyle w:val="2"/><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>再节</w:t></w:r></w:p>`,
			want: []string{"H1 |‹第一章›章", "H2 |‹（一）›节", "H2 |无号", "H2 |‹（二）›又节", "H2 |‹（三）›再节"},
		},
		{
			name: "a list defined by a numbering style",
			numbering: `<w:abstractNum w:abstractNumId="4"><w:styleLink w:val="L"/>` + level(0, "decimal", "%1、", "") + `</w:abstractNum>` +
				`<w:abstractNum w:abstractNumId="5"><w:numStyleLink w:val="L"/></w:abstractNum>` +
				`<w:num w:numId="1"><w:abstractNumId w:val="4"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="5"/></w:num>`,
			styles: `<w:style w:type="numbering" w:styleId="L"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>`,
			body:   listed(2, 0, "甲") + listed(2, 0, "乙"),
			want:   []string{"|‹1、›甲", "|‹2、›乙"},
		},
		{
			name: "bullets, custom formats, hidden numbers, formats the program does not know",
			numbering: lists(level(0, "bullet", "\uf06c", ""), level(0, "none", "附：", ""),
				`<w:lvl w:ilvl="0"><w:start w:val="3"/><mc:AlternateContent><mc:Choice Requires="w14"><w:numFmt w:val="custom" w:format="001, 002, 003, ..."/></mc:Choice><mc:Fallback><w:numFmt w:val="decimal"/></mc:Fallback></mc:AlternateContent><w:lvlText w:val="问题%1："/></w:lvl>`,
				level(0, "decimal", "%1.", `<w:rPr><w:vanish/></w:rPr>`), level(0, "thaiNumbers", "%1%", "")),
			body: listed(1, 0, "点") + listed(2, 0, "无") + listed(3, 0, "三位") + listed(4, 0, "藏") + listed(5, 0, "泰") + listed(77, 0, "没有的列表"),
			want: []string{"|‹● ›点", "|‹附：›无", "|‹问题003：›三位", "|藏", "|‹1% ›泰", "|没有的列表"},
		},
		{
			name:      "deleted and hidden paragraphs do not count, empty ones show their number",
			numbering: lists(plan),
			body: listed(1, 0, "甲") + `<w:p><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr><w:rPr><w:del/></w:rPr></w:pPr><w:del><w:r><w:delText>删</w:delText></w:r></w:del></w:p>` +
				listed(1, 0, "乙") + `<w:p><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr><w:rPr><w:vanish/></w:rPr></w:pPr><w:r><w:rPr><w:vanish/></w:rPr><w:t>藏</w:t></w:r></w:p>` +
				`<w:p><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:p>` +
				`<w:p><w:pPr><w:pPrChange><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:pPrChange></w:pPr><w:r><w:t>原来有号</w:t></w:r></w:p>`,
			want: []string{"|‹一、›甲", "|‹二、›乙", "|‹三、›", "|原来有号"},
		},
		{
			name:      "a number column in a table, and a text box that counts after its anchor",
			numbering: lists(level(0, "decimal", "%1", "")),
			body: listed(1, 0, `</w:t></w:r><w:r><w:pict><v:textbox><w:txbxContent>`+listed(1, 0, "框")+`</w:txbxContent></v:textbox></w:pict></w:r><w:r><w:t>锚`) +
				`<w:tbl><w:tr><w:tc>` + listed(1, 0, "") + `</w:tc><w:tc>` + para("措施") + `</w:tc></w:tr></w:tbl>`,
			want: []string{"|‹1 ›锚", "|‹2 ›框", "T1 R1C1 |‹3›", "T1 R1C2 |措施"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			wantShown(t, mustRead(t, "x.docx", zipOf(t, docxOf(test.body, test.styles, test.numbering))), test.want...)
		})
	}
}
