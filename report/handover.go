package report

import (
	"fmt"
	"io"

	"bihuan/ledger"
	"bihuan/office"
	"bihuan/proof"
)

// HandOver writes the sheet of a hand-over (整改责任交接表): who gives, who takes, every duty with how it stood and what was open, and
// places for the hands of both and of whoever watches over it (监交人).
func HandOver(w io.Writer, unit string, h ledger.HandedOver, m proof.Imprint) error {
	t := office.Table{Size: 11, Columns: []office.Column{
		{Title: "序号", Width: 3, Align: office.AlignCenter}, {Title: "事项编号", Width: 4.2, Align: office.AlignCenter}, {Title: "问题", Width: 13}, {Title: "任务", Width: 11},
		{Title: "承办单位", Width: 7, Align: office.AlignCenter}, {Title: "现状", Width: 7}, {Title: "未了事项", Width: 11}}}
	for i, x := range h.Items {
		t.Rows = append(t.Rows, office.Cells(fmt.Sprint(i+1), x.Serial, x.Title, x.Task, x.Unit, x.Stands, x.Open))
	}
	if len(h.Items) == 0 {
		t.Rows = append(t.Rows, office.GroupRow("没有在办的任务"))
	}
	title := unit + "整改责任交接表"
	what := "移交人：" + h.From + "　　接收人：" + h.To
	if h.Post != "" {
		what += "　　岗位：" + h.Post
	}
	return writePaper(w, office.Paper{Title: title, Landscape: true, Subject: "整改责任交接表", Author: unit, Created: h.At, Blocks: []office.Block{
		office.Line{Left: what, Right: "交接时间：" + h.At.Format("2006年1月2日 15:04")}, t,
		office.Line{Left: "交接依据：" + orBlank(h.Basis), Right: fmt.Sprintf("共%d项，存证编号%d", h.N, h.Seq)},
		office.Line{}, office.Line{Left: handSigns}, office.Line{}, office.Line{Left: handDates}}}, m)
}

// Below a hand-over three people sign.
const (
	handSigns = "移交人（签字）：　　　　　　　　　　　接收人（签字）：　　　　　　　　　　　监交人（签字）："
	handDates = "　　　　年　　月　　日　　　　　　　　　　　年　　月　　日　　　　　　　　　　　年　　月　　日"
)
