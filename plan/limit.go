package plan

import (
	"fmt"
	"unicode/utf8"

	"bihuan/office"
)

// mostText is how many characters of running text are read: over ten times the longest plan, and little enough that text made to
// be slow is read within two seconds.
const mostText = 500_000

// TooLong refuses, with an [office.Error], a document of more running text than any plan has. Tables do not count.
func TooLong(doc office.Document) error {
	n := 0
	for _, part := range doc.Parts {
		for _, p := range part.Paragraphs {
			if p.Cell.Table == 0 {
				n += utf8.RuneCountInString(p.Text)
			}
		}
	}
	if n <= mostText {
		return nil
	}
	return &office.Error{What: fmt.Sprintf("正文有%d万字，超过%d万字，不像整改方案", n/10_000, mostText/10_000),
		Do: "请只上传整改方案本身；一册里有几个单位的，拆开分别上传"}
}
