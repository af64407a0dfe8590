package office

import "testing"

func TestReadDocxText(t *testing.T) {
	tests := []struct {
		name, body, styles string
		want               []string
	}{
		{
			name: "runs, breaks, tabs, entities, blank paragraphs",
			body: `<w:p><w:r><w:t xml:space="preserve">关于 </w:t></w:r><w:r><w:t>A&amp;B&#x4E00;</w:t><w:tab/><w:t>右</w:t><w:br/><w:t>下</w:t><w:noBreakHyphen/><w:t>尾</w:t></w:r></w:p><w:p/>` +
				`<w:p><w:r><w:br w:type="page"/><w:t>新页</w:t><w:softHyphen/></w:r></w:p>`,
			want: []string{"|关于 A&B一⇥右⏎下-尾", "|", "|新页"},
		},
		{
			name: "blanks count only where they are to be preserved",
			body: "<w:p><w:r><w:t>  整改\n  </w:t></w:r><w:r><w:t xml:space=\"preserve\"> 措施 </w:t></w:r></w:p>",
			want: []string{"|整改 措施 "},
		},
		{
			name: "CDATA, comments, instructions",
			body: `<!-- x --><w:p><w:r><?pi ?><w:t>甲<![CDATA[<乙>&amp;]]><!-- no -->丙</w:t></w:r></w:p>`,
			want: []string{"|甲<乙>&amp;丙"},
		},
		{
			name: "tracked changes are applied",
			body: `<w:p><w:r><w:t>留</w:t></w:r><w:del><w:r><w:delText>删</w:delText></w:r></w:del><w:ins><w:r><w:t>增</w:t></w:r></w:ins></w:p>` +
				`<w:p><w:moveFrom><w:r><w:t>移走</w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t>移来</w:t></w:r></w:moveTo></w:p>` +
				`<w:ins><w:p><w:r><w:t>整段增</w:t></w:r></w:p></w:ins>`,
			want: []string{"|留增", "|移来", "|整段增"},
		},
		{
			name: "deleted paragraph marks join",
			body: `<w:p><w:pPr><w:jc w:val="center"/><w:rPr><w:del w:id="1"/></w:rPr></w:pPr><w:r><w:t>前</w:t></w:r></w:p>` +
				`<w:p><w:pPr><w:rPr><w:moveFrom w:id="2"/></w:rPr></w:pPr><w:r><w:t>中</w:t></w:r></w:p>` +
				para("后") + `<w:p><w:pPr><w:rPr><w:del w:id="3"/></w:rPr></w:pPr><w:r><w:t>末</w:t></w:r></w:p>`,
			want: []string{"|前中后", "|末"},
		},
		{
			name: "what a paragraph was before a change is not what it is",
			body: `<w:p><w:pPr><w:pPrChange><w:pPr><w:jc w:val="center"/><w:outlineLvl w:val="0"/></w:pPr></w:pPrChange></w:pPr>` +
				`<w:r><w:rPr><w:rPrChange><w:rPr><w:b/><w:vanish/></w:rPr></w:rPrChange></w:rPr><w:t>正文</w:t></w:r></w:p>`,
			want: []string{"|正文"},
		},
		{
			name: "fields show their result, hyperlinks their text",
			body: `<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>DATE \@ "yyyy" </w:instrText></w:r>` +
				`<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>内</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>` +
				`<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>2026</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t>年</w:t></w:r></w:p>` +
				`<w:p><w:fldSimple w:instr="AUTHOR"><w:r><w:t>某</w:t></w:r></w:fldSimple><w:hyperlink r:id="x"><w:r><w:t>链接</w:t></w:r></w:hyperlink></w:p>`,
			want: []string{"|2026年", "|某链接"},
		},
		{
			name: "an unfinished field does not swallow the rest",
			body: `<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>REF x</w:instrText></w:r></w:p>` + para("后文"),
			want: []string{"|", "|后文"},
		},
		{
			name: "circled characters are fields without a result",
			body: `<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> eq \o\ac(○,</w:instrText></w:r><w:r><w:instrText>12)</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t>修路</w:t></w:r></w:p>`,
			want: []string{"|⑫修路"},
		},
		{
			name: "symbols",
			body: `<w:p><w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:t>是</w:t><w:sym w:font="Wingdings 2" w:char="F0A3"/><w:t>否</w:t><w:sym w:font="宋体" w:char="25CF"/></w:r></w:p>`,
			want: []string{"|☑是□否●"},
		},
		{
			name: "hidden text, by run, by style, and a hidden paragraph",
			styles: `<w:style w:type="character" w:styleId="x"><w:rPr><w:vanish/></w:rPr></w:style>` +
				`<w:style w:type="paragraph" w:styleId="h"><w:rPr><w:vanish/></w:rPr></w:style>`,
			body: `<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>藏</w:t></w:r><w:r><w:rPr><w:rStyle w:val="x"/></w:rPr><w:t>藏</w:t><w:tab/></w:r><w:r><w:t>见</w:t></w:r></w:p>` +
				`<w:p><w:pPr><w:pStyle w:val="h"/><w:rPr><w:vanish/></w:rPr></w:pPr><w:r><w:t>藏</w:t></w:r></w:p>` +
				`<w:p><w:pPr><w:pStyle w:val="h"/></w:pPr><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>又见</w:t></w:r></w:p>`,
			want: []string{"|见", "|又见"},
		},
		{
			name: "a run-in heading stands on the line of its text",
			body: `<w:p><w:pPr><w:outlineLvl w:val="1"/><w:rPr><w:vanish/><w:specVanish/></w:rPr></w:pPr><w:r><w:t>一是</w:t></w:r></w:p>` + para("抓学习。"),
			want: []string{"H2 |一是抓学习。"},
		},
		{
			name: "text boxes once: choice, else fallback",
			body: `<w:p><w:r><w:t>锚</w:t></w:r><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:wsp><wps:txbx><w:txbxContent>` + para("框") +
				`</w:txbxContent></wps:txbx></wps:wsp></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent>` + para("框") + `</w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r><w:r><w:t>后</w:t></w:r></w:p>` +
				`<w:p><w:r><mc:AlternateContent><mc:Choice Requires="q"><w:drawing/></mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox><w:txbxContent>` + para("旧框") + `</w:txbxContent></v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>` +
				`<w:p><w:r><w:pict><v:shape><v:textbox><w:txbxContent>` + para("更旧") + `</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>`,
			want: []string{"|锚后", "|框", "|", "|旧框", "|", "|更旧"},
		},
		{
			name: "content controls; the table of contents is left out",
			body: `<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr><w:sdtContent>` + para("目录") + `</w:sdtContent></w:sdt>` +
				`<w:sdt><w:sdtPr/><w:sdtContent>` + para("控件") + `</w:sdtContent></w:sdt><w:p><w:sdt><w:sdtContent><w:r><w:t>行内</w:t></w:r></w:sdtContent></w:sdt></w:p>` +
				`<w:p><w:pPr><w:pStyle w:val="t1"/></w:pPr><w:r><w:t>一、总体要求	1</w:t></w:r></w:p>`,
			styles: `<w:style w:type="paragraph" w:styleId="t1"><w:name w:val="toc 1"/></w:style>`,
			want:   []string{"! 文件的目录没有读入", "|控件", "|行内"},
		},
		{
			name: "formulas, ruby, smart tags",
			body: `<w:p><m:oMath><m:r><m:t>3×5</m:t></m:r></m:oMath><w:smartTag><w:r><w:ruby><w:rt><w:r><w:t>zhèn</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>镇</w:t></w:r></w:rubyBase></w:ruby></w:r></w:smartTag></w:p>`,
			want: []string{"|3×5镇"},
		},
		{
			name: "notes and comments leave no trace; pasted files are named",
			body: `<w:p><w:commentRangeStart w:id="0"/><w:r><w:t>正</w:t></w:r><w:commentRangeEnd w:id="0"/><w:r><w:commentReference w:id="0"/><w:footnoteReference w:id="1"/></w:r></w:p><w:altChunk r:id="c"/>`,
			want: []string{"! 文中插入的另一个文件没有读入，请把它的内容直接粘贴进来", "|正"},
		},
		{
			name: "looks come from the paragraph, its style, and the style below",
			styles: `<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style>` +
				`<w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/><w:basedOn w:val="a"/><w:pPr><w:jc w:val="center"/></w:pPr><w:rPr><w:b/></w:rPr></w:style>` +
				`<w:style w:type="paragraph" w:styleId="x"><w:name w:val="本镇标题"/><w:basedOn w:val="1"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>` +
				`<w:style w:type="character" w:styleId="s"><w:rPr><w:b/></w:rPr></w:style>`,
			body: `<w:p><w:pPr><w:pStyle w:val="1"/></w:pPr><w:r><w:t>一级</w:t></w:r></w:p>` +
				`<w:p><w:pPr><w:pStyle w:val="x"/><w:jc w:val="both"/></w:pPr><w:r><w:rPr><w:b w:val="0"/></w:rPr><w:t>三级</w:t></w:r></w:p>` +
				`<w:p><w:pPr><w:pStyle w:val="1"/><w:outlineLvl w:val="9"/></w:pPr><w:r><w:rPr><w:rStyle w:val="s"/></w:rPr><w:t>粗上加粗</w:t></w:r></w:p>` +
				`<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>粗</w:t></w:r><w:r><w:t xml:space="preserve"> </w:t></w:r><w:r><w:rPr><w:rStyle w:val="s"/></w:rPr><w:t>粗</w:t></w:r></w:p>` +
				`<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>粗</w:t></w:r><w:r><w:t>细</w:t></w:r></w:p>`,
			want: []string{"H1 ^ * |一级", "H3 |三级", "^ |粗上加粗", "* |粗 粗", "|粗细"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			wantShown(t, mustRead(t, "x.docx", zipOf(t, docxOf(test.body, test.styles, ""))), test.want...)
		})
	}
}
