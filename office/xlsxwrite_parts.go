package office

import (
	"fmt"
	"strings"
)

const (
	nsSheet   = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	sheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml."
)

// parts are all parts of a workbook but its sheets, which are written already.
func (x *xlsxWriter) parts(b Book) []packagePart {
	var types, relations, sheets strings.Builder
	for i := range x.sheets {
		name, state := xlsxChoices, ` state="hidden"`
		if i < len(x.names) {
			name, state = x.names[i], ""
		}
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, i+1, sheetType)
		fmt.Fprintf(&relations, `<Relationship Id="rId%d" Type="%sworksheet" Target="worksheets/sheet%d.xml"/>`, i+1, relType, i+1)
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d"%s r:id="rId%d"/>`, escapeXML(name), i+1, state, i+1)
	}
	titles := ""
	if len(x.titles) > 0 {
		titles = `<definedNames>` + strings.Join(x.titles, "") + `</definedNames>`
	}
	const relations0 = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	return []packagePart{
		{"[Content_Types].xml", xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="` + sheetType + `sheet.main+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="` + sheetType + `styles+xml"/>` + types.String() +
			`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>` +
			`<Override PartName="/docProps/app.xml" ContentType="application/vnd.openxmlformats-officedocument.extended-properties+xml"/></Types>`},
		{"_rels/.rels", rootRelations("xl/workbook.xml")},
		{"xl/_rels/workbook.xml.rels", xmlHead + relations0 + relations.String() +
			fmt.Sprintf(`<Relationship Id="rId%d" Type="%sstyles" Target="styles.xml"/></Relationships>`, x.sheets+1, relType)},
		{"xl/workbook.xml", xmlHead + `<workbook ` + nsSheet + ` ` + nsRel + `><bookViews><workbookView/></bookViews><sheets>` + sheets.String() + `</sheets>` + titles + `</workbook>`},
		{"xl/styles.xml", x.styleSheet()},
		{"docProps/core.xml", coreProperties(b.Title, b.Subject, b.Author, b.Created)},
		{"docProps/app.xml", appProperties},
	}
}

// Fills and borders by their numbers in the style sheet; the first two fills are the same in every workbook.
const (
	xlsxFills = `<fills count="4"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` +
		`<fill><patternFill patternType="solid"><fgColor rgb="FFE7ECEF"/></patternFill></fill>` +
		`<fill><patternFill patternType="solid"><fgColor rgb="FFF5F5F2"/></patternFill></fill></fills>`
	xlsxHeadFill, xlsxGroupFill = 2, 3

	xlsxLineColour = `style="thin"><color rgb="FF7F7F7F"/>`
	xlsxBorders    = `<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border>` +
		`<border><left ` + xlsxLineColour + `</left><right ` + xlsxLineColour + `</right><top ` + xlsxLineColour + `</top><bottom ` + xlsxLineColour + `</bottom><diagonal/></border></borders>`
)

var xlsxAlign = map[Align]string{AlignLeft: "left", AlignCenter: "center", AlignRight: "right"}

// styleSheet is the part with the looks of all cells.
//
// The unit of columns' widths is a digit of the workbook's font, the first. Calibri, the usual one, is missing on many of the
// machines that open these books, and each puts something of another width in its place.
func (x *xlsxWriter) styleSheet() string {
	var fonts, looks strings.Builder
	for i, s := range x.looks {
		family, bold, fill, border := "仿宋", "", 0, 1
		switch s.kind {
		case xlsxTitle:
			family, border = "方正小标宋简体", 0
		case xlsxLine:
			border = 0
		case xlsxHead:
			family, s.bold, fill = "黑体", true, xlsxHeadFill
		case xlsxGroup:
			fill = xlsxGroupFill
		}
		if s.bold {
			bold = `<b val="1"/>`
		}
		format, vertical := 49, "center" // text
		if s.long {
			format = 0
		}
		if s.tall {
			vertical = "top"
		}
		// 134 is GB 2312, so that a missing font is replaced by a Chinese one.
		fmt.Fprintf(&fonts, `<font>%s<sz val="%v"/><name val="%s"/><family val="2"/><charset val="134"/></font>`, bold, s.size, family)
		fmt.Fprintf(&looks, `<xf numFmtId="%d" fontId="%d" fillId="%d" borderId="%d" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">`+
			`<alignment horizontal="%s" vertical="%s" wrapText="1"/></xf>`, format, i+1, fill, border, xlsxAlign[s.align], vertical)
	}
	const plain = `<xf numFmtId="0" fontId="0" fillId="0" borderId="0"`
	return xmlHead + `<styleSheet ` + nsSheet + `>` +
		fmt.Sprintf(`<fonts count="%d"><font><sz val="11"/><name val="宋体"/><charset val="134"/></font>%s</fonts>`, len(x.looks)+1, fonts.String()) +
		xlsxFills + xlsxBorders + `<cellStyleXfs count="1">` + plain + `/></cellStyleXfs>` +
		fmt.Sprintf(`<cellXfs count="%d">%s xfId="0"/>%s</cellXfs>`, len(x.looks)+1, plain, looks.String()) +
		`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`
}
