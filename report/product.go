package report

import (
	"regexp"
	"slices"
	"strings"
)

// made finds what a measure says will be made: 制定年度学习计划, 修订村规民约, 印发《…》.
var made = regexp.MustCompile(`(?:建立健全|修订完善|制定|修订|建立|印发|出台|编制|签订|形成|编印|起草)了?` +
	`(《[^》]{2,30}》|[^，。；、：“”《》（）]{0,10}?(?:计划|方案|台账|清单|制度|办法|细则|公约|题库|档案|协议|报告|名册|预案|合同|规定|村规民约|明白卡|手册))`)

// product is what a measure will leave to be shown (成果形式), in its own words, at most three. What it does not name nobody
// guesses.
func product(text string) string {
	var list []string
	for _, m := range made.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(list, m[1]) && len(list) < 3 {
			list = append(list, m[1])
		}
	}
	return strings.Join(list, "\n")
}
