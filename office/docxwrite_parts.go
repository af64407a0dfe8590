package office

import (
	"fmt"
	"strings"
)

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

const (
	nsWord = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`
	nsRel  = `xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	nsBox  = `xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" ` +
		`xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" ` +
		`xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" ` +
		`xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"`
	relType  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	partType = "application/vnd.openxmlformats-officedocument.wordprocessingml."
)

// docxLinked are the parts that the document refers to, as rId1, rId2 …; rId5 to rId8 are the footers that [docxPage] names.
var docxLinked = []struct{ name, kind, text string }{
	{"styles.xml", "styles", docxStyles()},
	{"settings.xml", "settings", docxSettings},
	{"fontTable.xml", "fontTable", docxFonts()},
	{"webSettings.xml", "webSettings", xmlHead + `<w:webSettings ` + nsWord + `/>`},
	{"footer1.xml", "footer", footer(pageNumber("right"))},
	{"footer2.xml", "footer", footer(pageNumber("left"))},
	{"footer3.xml", "footer", footer(turnedBox(pageNumber("right")))},
	{"footer4.xml", "footer", footer(turnedBox(pageNumber("left")))},
}

// docxParts are all parts of a docx around its body.
func docxParts(p Paper, body []byte) []packagePart {
	var types, relations strings.Builder
	parts := []packagePart{{"word/document.xml", xmlHead + `<w:document ` + nsWord + ` ` + nsRel + `><w:body>` + string(body) + `</w:body></w:document>`}}
	for i, part := range docxLinked {
		parts = append(parts, packagePart{"word/" + part.name, part.text})
		fmt.Fprintf(&types, `<Override PartName="/word/%s" ContentType="%s%s+xml"/>`, part.name, partType, part.kind)
		fmt.Fprintf(&relations, `<Relationship Id="rId%d" Type="%s%s" Target="%s"/>`, i+1, relType, part.kind, part.name)
	}
	pictures := ""
	if len(p.Corner.Picture) > 0 {
		parts = append(parts, packagePart{"word/" + cornerPart, string(p.Corner.Picture)})
		pictures = `<Default Extension="png" ContentType="image/png"/>`
		fmt.Fprintf(&relations, `<Relationship Id="%s" Type="%simage" Target="%s"/>`, cornerLink, relType, cornerPart)
	}
	headers := ""
	if p.Header != "" {
		parts = append(parts, packagePart{"word/header1.xml", header(p.Header)})
		headers = `<Override PartName="/word/header1.xml" ContentType="` + partType + `header+xml"/>`
		fmt.Fprintf(&relations, `<Relationship Id="%s" Type="%sheader" Target="header1.xml"/>`, headerLink, relType)
	}
	const relations0 = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	return append(parts,
		packagePart{"[Content_Types].xml", xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/>` + pictures +
			`<Override PartName="/word/document.xml" ContentType="` + partType + `document.main+xml"/>` + types.String() + headers +
			`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>` +
			`<Override PartName="/docProps/app.xml" ContentType="application/vnd.openxmlformats-officedocument.extended-properties+xml"/></Types>`},
		packagePart{"_rels/.rels", rootRelations("word/document.xml")},
		packagePart{"word/_rels/document.xml.rels", xmlHead + relations0 + relations.String() + `</Relationships>`},
		packagePart{"docProps/core.xml", coreProperties(strings.ReplaceAll(p.Title, "\n", ""), p.Subject, p.Author, p.Created)},
		packagePart{"docProps/app.xml", appProperties},
	)
}

// docxFonts names for each Chinese font the one that every Windows has, and its kind for programs that have neither.
func docxFonts() string {
	var fonts strings.Builder
	for _, font := range []struct{ name, other, family, pitch string }{
		{"仿宋_GB2312", "FangSong", "modern", "fixed"},
		{"楷体_GB2312", "KaiTi", "modern", "fixed"},
		{"黑体", "SimHei", "modern", "fixed"},
		{"宋体", "SimSun", "auto", "variable"},
		{"方正小标宋简体", "SimSun", "script", "fixed"},
	} {
		fmt.Fprintf(&fonts, `<w:font w:name="%s"><w:altName w:val="%s"/><w:charset w:val="86"/><w:family w:val="%s"/><w:pitch w:val="%s"/></w:font>`,
			font.name, font.other, font.family, font.pitch)
	}
	return xmlHead + `<w:fonts ` + nsWord + `>` + fonts.String() +
		`<w:font w:name="Times New Roman"><w:charset w:val="00"/><w:family w:val="roman"/><w:pitch w:val="variable"/></w:font></w:fonts>`
}

const docxSettings = xmlHead + `<w:settings ` + nsWord + `><w:zoom w:percent="100"/><w:bordersDoNotSurroundHeader/><w:bordersDoNotSurroundFooter/>` +
	`<w:defaultTabStop w:val="420"/><w:evenAndOddHeaders/><w:characterSpacingControl w:val="compressPunctuation"/>` +
	`<w:compat><w:balanceSingleByteDoubleByteWidth/><w:doNotExpandShiftReturn/><w:useFELayout/>` +
	`<w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>` +
	`<w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/></w:settings>`

// docxStyles are the styles of GB/T 9704: sizes in half points (3号 is 32, 2号 44, 4号 28, 小四 24). Lines have the fixed
// height of the grid, 28.95 points, whatever font a machine puts in the place of a missing one.
//
// Word squeezes 28 characters into a line by the grid of the section, reckoned from the size of the Normal style. LibreOffice
// gives every character that is wider than the grid two places; so its paragraphs leave the grid (in Word that concerns the
// lines only, whose height is fixed anyway) and the characters stand 0.3 points closer, which makes 28 there and leaves 28 in Word.
func docxStyles() string {
	const bodyIndent = `<w:ind w:firstLineChars="200" w:firstLine="632"/>`
	const off = `<w:snapToGrid w:val="0"/>`
	const small = off + `<w:spacing w:val="0"/><w:sz w:val="24"/><w:szCs w:val="24"/>`
	styles := []struct{ id, name, paragraph, font, run string }{
		{"To", "主送机关", "", "", ""},
		{"Blank", "空行", "", "", ""},
		{"Title", "Title", `<w:keepNext/><w:jc w:val="center"/>`, "方正小标宋简体", off + `<w:spacing w:val="0"/><w:sz w:val="44"/><w:szCs w:val="44"/>`},
		{"Heading1", "heading 1", `<w:keepNext/>` + bodyIndent + `<w:outlineLvl w:val="0"/>`, "黑体", ""},
		{"Heading2", "heading 2", `<w:keepNext/>` + bodyIndent + `<w:outlineLvl w:val="1"/>`, "楷体_GB2312", ""},
		{"Heading3", "heading 3", `<w:keepNext/>` + bodyIndent + `<w:outlineLvl w:val="2"/>`, "", ""},
		{"Heading4", "heading 4", `<w:keepNext/>` + bodyIndent + `<w:outlineLvl w:val="3"/>`, "", ""},
		{"Body", "Body Text", bodyIndent, "", ""},
		{"AnnexList", "附件说明", "<w:keepNext/>", "", ""},
		{"Sign", "落款", `<w:jc w:val="right"/>`, "", ""},
		{"AnnexLabel", "附件", `<w:keepNext/>`, "黑体", ""},
		{"Line", "表头行", `<w:keepNext/><w:spacing w:line="400" w:lineRule="exact"/><w:jc w:val="left"/>`, "", small},
		{"Cell", "表格文字", `<w:jc w:val="left"/>`, "", small},
		{"CellHead", "表格标题", `<w:jc w:val="center"/>`, "黑体", small},
		{"Tiny", "表后行", `<w:spacing w:line="20" w:lineRule="exact"/>`, "", `<w:sz w:val="2"/><w:szCs w:val="2"/>`},
		{"Corner", "页角", `<w:spacing w:line="260" w:lineRule="exact"/><w:jc w:val="left"/>`, "宋体", off + `<w:spacing w:val="0"/><w:sz w:val="18"/><w:szCs w:val="18"/>`},
		{"Footer", "footer", `<w:spacing w:line="320" w:lineRule="exact"/>`, "宋体", off + `<w:spacing w:val="0"/><w:sz w:val="28"/><w:szCs w:val="28"/>`},
	}
	var b strings.Builder
	b.WriteString(xmlHead + `<w:styles ` + nsWord + `><w:docDefaults><w:rPrDefault><w:rPr>` +
		`<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="仿宋_GB2312" w:cs="Times New Roman"/>` +
		`<w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>` +
		`<w:pPrDefault/></w:docDefaults>` +
		`<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/>` +
		`<w:pPr><w:widowControl w:val="0"/><w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/>` + off + `<w:spacing w:line="579" w:lineRule="exact"/><w:jc w:val="both"/></w:pPr>` +
		`<w:rPr><w:spacing w:val="-6"/><w:sz w:val="32"/><w:szCs w:val="32"/></w:rPr></w:style>` +

		`<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:uiPriority w:val="99"/><w:semiHidden/>` +
		`<w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="108" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>`)
	for _, s := range styles {
		font := ""
		if s.font != "" {
			font = fmt.Sprintf(`<w:rFonts w:eastAsia="%s"/>`, s.font)
		}
		fmt.Fprintf(&b, `<w:style w:type="paragraph" w:styleId="%s"><w:name w:val="%s"/><w:basedOn w:val="Normal"/><w:qFormat/><w:pPr>%s</w:pPr><w:rPr>%s%s</w:rPr></w:style>`,
			s.id, s.name, s.paragraph, font, s.run)
	}
	b.WriteString(`<w:style w:type="table" w:styleId="Grid"><w:name w:val="Table Grid"/><w:basedOn w:val="TableNormal"/><w:tblPr><w:tblBorders>`)
	for _, side := range []string{"top", "left", "bottom", "right", "insideH", "insideV"} {
		fmt.Fprintf(&b, `<w:%s w:val="single" w:sz="4" w:space="0" w:color="000000"/>`, side)
	}
	fmt.Fprintf(&b, `</w:tblBorders><w:tblCellMar><w:top w:w="28" w:type="dxa"/><w:left w:w="%[1]d" w:type="dxa"/><w:bottom w:w="28" w:type="dxa"/><w:right w:w="%[1]d" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style></w:styles>`, docxCellMargin)
	return b.String()
}

// pageNumber is the paragraph — 1 — in 4号宋体, one character from the outer edge: right on odd pages, left on even ones.
func pageNumber(side string) string {
	run := func(content string) string {
		return `<w:r><w:rPr><w:rFonts w:ascii="宋体" w:hAnsi="宋体" w:eastAsia="宋体" w:hint="eastAsia"/></w:rPr>` + content + `</w:r>`
	}
	return fmt.Sprintf(`<w:p><w:pPr><w:pStyle w:val="Footer"/><w:ind w:%[1]sChars="100" w:%[1]s="280"/><w:jc w:val="%[1]s"/></w:pPr>`, side) +
		run(`<w:t xml:space="preserve">— </w:t>`) + run(`<w:fldChar w:fldCharType="begin"/>`) + run(`<w:instrText xml:space="preserve"> PAGE </w:instrText>`) +
		run(`<w:fldChar w:fldCharType="separate"/>`) + run(`<w:t>1</w:t>`) + run(`<w:fldChar w:fldCharType="end"/>`) +
		run(`<w:t xml:space="preserve"> —</w:t>`) + `</w:p>`
}

// headerLink is the relation of the header.
const headerLink = "rIdHeader"

// header is a line of small print in the middle of a page's head.
func header(text string) string {
	return xmlHead + `<w:hdr ` + nsWord + ` ` + nsRel + `><w:p><w:pPr><w:jc w:val="center"/><w:spacing w:line="240" w:lineRule="auto"/></w:pPr>` +
		`<w:r><w:rPr><w:rFonts w:ascii="宋体" w:hAnsi="宋体" w:eastAsia="宋体" w:hint="eastAsia"/><w:sz w:val="18"/><w:szCs w:val="18"/></w:rPr><w:t xml:space="preserve">` +
		escapeXML(cleanText(text)) + `</w:t></w:r></w:p></w:hdr>`
}

func footer(content string) string {
	return xmlHead + `<w:ftr ` + nsWord + ` ` + nsRel + ` ` + nsBox + `>` + content + `</w:ftr>`
}

// turnedBox puts a page number where it stands on the portrait pages when a landscape page is bound with them, its head to
// the left: in a box along the left edge, 7 mm from the type area, its text turned clockwise. Measures are in EMU, 36000 to
// the mm. Text flows around the box, which lies outside of all text: without that LibreOffice puts it into the corner of a paper
// of one or two pages.
func turnedBox(content string) string {
	const mm = 36000
	return `<w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing>` +
		fmt.Sprintf(`<wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0" relativeHeight="1" behindDoc="0" locked="0" layoutInCell="1" allowOverlap="1">`+
			`<wp:simplePos x="0" y="0"/><wp:positionH relativeFrom="page"><wp:posOffset>%d</wp:posOffset></wp:positionH>`+
			`<wp:positionV relativeFrom="page"><wp:posOffset>%d</wp:posOffset></wp:positionV><wp:extent cx="%d" cy="%d"/>`, 25*mm, 28*mm, 6*mm, 156*mm) +
		`<wp:effectExtent l="0" t="0" r="0" b="0"/><wp:wrapSquare wrapText="bothSides"/><wp:docPr id="1" name="页码"/><wp:cNvGraphicFramePr/>` +
		`<a:graphic><a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp><wps:cNvSpPr txBox="1"/>` +
		fmt.Sprintf(`<wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="%d" cy="%d"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:noFill/><a:ln><a:noFill/></a:ln></wps:spPr>`, 6*mm, 156*mm) +
		`<wps:txbx><w:txbxContent>` + content + `</w:txbxContent></wps:txbx><wps:bodyPr vert="vert" wrap="square" lIns="0" tIns="0" rIns="0" bIns="0" anchor="ctr"><a:noAutofit/></wps:bodyPr>` +
		`</wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice></mc:AlternateContent></w:r></w:p>`
}
