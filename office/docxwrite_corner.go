package office

import (
	"bytes"
	"fmt"
)

// The corner in twips: the picture is 18 mm wide and ends 6 mm above the edge of the paper, which every printer reaches. The page
// number of an upright page ends 25 mm above it.
const (
	cornerSide = 1021
	cornerUp   = 340
	cornerGap  = 57 // between picture and words
	cornerWide = 5670
	cornerLine = 260
)

// corner writes the corner as frames before the last paragraph: a frame stands on the page of the paragraph after it, and one more
// paragraph at the end would begin a page where the last is full. The frames are kept with what follows, as the paragraph before may be.
func (d *docxWriter) corner(c Corner) {
	if len(c.Picture) == 0 && len(c.Lines) == 0 {
		return
	}
	last := bytes.Clone(d.body.Bytes()[d.begin:])
	head, seam := d.head-d.begin, d.seam-d.begin
	d.body.Truncate(d.begin)
	left, top := d.page.left, d.page.high-cornerUp-cornerSide
	if len(c.Picture) > 0 {
		fmt.Fprintf(&d.body, `<w:p><w:pPr><w:pStyle w:val="Corner"/>%s<w:spacing w:line="240" w:lineRule="auto"/></w:pPr>%s</w:p>`,
			frame(left, top, cornerSide, cornerSide), docxPicture(c.Name))
		left += cornerSide + cornerGap
	}
	n := len(c.Lines)
	place := frame(left, top+(cornerSide-n*cornerLine)/2, cornerWide, n*cornerLine)
	for _, line := range c.Lines { // paragraphs with the same frame stand in one
		d.paragraph("Corner", place, Run{Text: line})
	}
	d.begin = d.body.Len()
	d.head, d.seam = d.begin+head, d.begin+seam
	d.body.Write(last)
}

// frame places a paragraph on the page.
func frame(left, top, wide, high int) string {
	return fmt.Sprintf(`<w:keepNext/><w:framePr w:w="%d" w:h="%d" w:hRule="exact" w:wrap="around" w:vAnchor="page" w:hAnchor="page" w:x="%d" w:y="%d"/>`, wide, high, left, top)
}

// The part that holds the picture, and its relation.
const (
	cornerPart = "media/image1.png"
	cornerLink = "rIdCorner"
)

// docxPicture is a run with the picture of the corner in line.
func docxPicture(name string) string {
	const side = cornerSide * 635 // a twip has 635 English metric units
	return fmt.Sprintf(`<w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" distT="0" distB="0" distL="0" distR="0">`+
		`<wp:extent cx="%[1]d" cy="%[1]d"/><wp:docPr id="1" name="%[2]s" descr="%[2]s"/>`+
		`<wp:cNvGraphicFramePr><a:graphicFrameLocks xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" noChangeAspect="1"/></wp:cNvGraphicFramePr>`+
		`<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">`+
		`<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:nvPicPr><pic:cNvPr id="1" name="%[2]s"/><pic:cNvPicPr/></pic:nvPicPr>`+
		`<pic:blipFill><a:blip r:embed="%[3]s"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>`+
		`<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="%[1]d" cy="%[1]d"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr>`+
		`</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>`, side, escapeXML(name), cornerLink)
}
