package office

import (
	"math"
	"strings"
	"unicode"
)

// titleWords are words of official titles that no line break may part, 《党政机关公文格式》 asking for 词意完整.
var titleWords = strings.Fields(`
关于 中共 委员会 党委会 党工委 街道办事处 人民政府 办公室 领导小组 工作专班 巡察组 巡视组 巡察办 纪委监委 组织部 宣传部 党委 党组 党总支 党支部 县委 区委 市委 省委 镇委 乡委
县级 区级 市级 镇级 村级 乡镇 街道 社区 农村 全面 从严治党 乡村振兴 意识形态 民主生活会 主体责任 第一责任人 主要负责人
巡察 巡视 反馈 意见 问题 整改 落实 整治 专项 集中 常规 提级 延伸 联动 工作 实施 方案 情况 进展 报告 通报 通知 公告 清单 台账 任务 责任 措施 销号 申请 督办 提醒 告诫
组织 会议 纪要 建议 监督 检查 督查 评估 验收 回头看 满意度 测评 汇总 目录 佐证 材料 年度 季度 月份 上半年 下半年 向社会公开 公开 进一步 加强 推进 做好 开展 印发 转发 征求 上报 报送`)

// titleEnds are characters after which the name of a place or body is usually complete, so a line may well end there.
const titleEnds = "省市县区乡镇村局办委组部会厅处站所的于和及与、，：）》”"

// titleLines breaks a title into lines no wider than wide Chinese characters: as few as possible, of balanced length, each
// break between two words. Line breaks in the title are the author's own and are kept as they are.
func titleLines(title string, wide float64) []string {
	var lines []string
	for line := range strings.SplitSeq(title, "\n") {
		lines = append(lines, balance([]rune(strings.TrimSpace(line)), wide)...)
	}
	return lines
}

// balance looks for the cheapest set of breaks: the square of what a line lacks to the mean, and the price of each break.
// One line more is better than a broken word, two lines more are not. What is too long for a title is broken where lines end.
func balance(title []rune, wide float64) []string {
	total := textWidth(string(title))
	count := int(math.Ceil(total / wide))
	if count <= 1 || count > 8 {
		return []string{string(title)}
	}
	price := breakPrices(title)
	lines, cost := bestLines(title, price, count, wide)
	if cost >= brokenWord {
		if longer, c := bestLines(title, price, count+1, wide); c < brokenWord || lines == nil {
			lines = longer
		}
	}
	if lines == nil { // wide is less than the title's widest character
		return []string{string(title)}
	}
	return lines
}

// bestLines parts the title into exactly count lines and says what that costs; no lines if they cannot hold it.
func bestLines(title []rune, price []float64, count int, wide float64) ([]string, float64) {
	mean := textWidth(string(title)) / float64(count)
	type state struct {
		cost float64
		from int
	}
	best := make([][]state, count+1) // best[k][i]: title[:i] in k lines
	for k := range best {
		best[k] = make([]state, len(title)+1)
		for i := range best[k] {
			best[k][i].cost = math.Inf(1)
		}
	}
	best[0][0].cost = 0
	for k := 1; k <= count; k++ {
		for end := k; end <= len(title); end++ {
			for from := end - 1; from >= k-1; from-- {
				width := textWidth(string(title[from:end]))
				if width > wide && from < end-1 {
					break
				}
				short := (width - mean) / mean
				cost := best[k-1][from].cost + 12*short*short + price[end]
				if cost < best[k][end].cost {
					best[k][end] = state{cost, from}
				}
			}
		}
	}
	cost := best[count][len(title)].cost
	if math.IsInf(cost, 1) {
		return nil, cost
	}
	lines := make([]string, count)
	for k, end := count, len(title); k > 0; k-- {
		from := best[k][end].from
		lines[k-1], end = strings.TrimSpace(string(title[from:end])), from
	}
	return lines, cost
}

const brokenWord = 50

// breakPrices says what a break before each character costs: nothing at the seams of a title, 50 inside a word.
func breakPrices(title []rune) []float64 {
	price := make([]float64, len(title)+1)
	known := make([]bool, len(title)+1) // a known word begins or ends here
	for i := 1; i < len(title); i++ {
		price[i] = 3 // perhaps inside a name
		if unicode.IsDigit(title[i-1]) && !unicode.Is(unicode.Han, title[i]) || unicode.IsDigit(title[i]) && !unicode.Is(unicode.Han, title[i-1]) ||
			unicode.IsDigit(title[i-1]) && strings.ContainsRune("年月日号轮期次季", title[i]) || title[i-1] < 0x80 && title[i] < 0x80 {
			price[i] = brokenWord
		}
	}
	for i := 0; i < len(title); {
		n := wordLength(title[i:])
		if n > 0 {
			known[i], known[i+n] = true, true
			for k := i + 1; k < i+n; k++ {
				price[k] = brokenWord
			}
		}
		i += max(n, 1)
	}
	for i := 1; i < len(title); i++ {
		before, after := title[i-1], title[i]
		switch {
		case strings.ContainsRune("、，。；：）》”〕」的", after), strings.ContainsRune("（《“〔「第", before), before == '〇':
			price[i] = brokenWord
		case price[i] == brokenWord:
		case hasPrefix(title[i:], "关于"), before == '的', before == '》', before == '”':
			price[i] = 0
		case known[i] && strings.ContainsRune(titleEnds, before):
			price[i] = 0.5
		case known[i]:
			price[i] = 1
		case strings.ContainsRune(titleEnds, before):
			price[i] = 1.5
		}
		if i >= 2 && hasPrefix(title[i-2:], "关于") || before == '第' {
			price[i] = max(price[i], 10)
		}
	}
	return price
}

// wordLength is the length of the longest known word that the text begins with.
func wordLength(text []rune) int {
	longest := 0
	for _, word := range titleWords {
		if n := len([]rune(word)); n > longest && hasPrefix(text, word) {
			longest = n
		}
	}
	return longest
}

func hasPrefix(text []rune, prefix string) bool {
	for _, r := range prefix {
		if len(text) == 0 || text[0] != r {
			return false
		}
		text = text[1:]
	}
	return true
}
