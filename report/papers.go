package report

import (
	"io"

	"bihuan/ledger"
)

// Paper is one thing that can be printed out of the ledger of a plan.
type Paper struct {
	Name  string // of the file: 问题清单.docx
	Type  string // media type
	Write func(io.Writer, Head, []ledger.Finding) error
}

// The media types of the files.
const (
	DocxType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	XlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// Papers lists what can be printed, in the order of menus.
var Papers = []Paper{
	{"台账.xlsx", XlsxType, LedgerXlsx},
	{"问题清单.docx", DocxType, ProblemList},
	{"任务清单.docx", DocxType, TaskList},
	{"责任清单.docx", DocxType, DutyList},
	{"整改方案.docx", DocxType, PlanDocx},
}
