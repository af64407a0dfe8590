package plan

import "strings"

// doneWords tell of something that has happened.
var doneWords = []string{"截至", "目前", "组织召开了", "召开了", "开展了", "制定了", "完成了", "进行了", "学习了", "建立了", "出台了", "印发了", "已于", "现已", "均已", "已经"}

// reportsDone reports whether a sentence tells what was done rather than what will be.
func reportsDone(s string) bool {
	if !strings.Contains(s, "了") && !strings.Contains(s, "已") && !strings.Contains(s, "截至") && !strings.Contains(s, "目前") {
		return false // none of the words can be there
	}
	for _, w := range doneWords {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}
