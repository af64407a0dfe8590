package chinese

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// faith is a word that tells of somebody's faith, and what it is part of without doing so: 知道教师 is no 道教.
type faith struct {
	word          string
	before, after string // characters beside which it is another word
}

// faiths are the words of L10, the longer before the shorter they hold. What a venue or an office is called is none of them: its fire safety
// and its letters may be written about.
var faiths = []faith{
	{word: "宗教信仰"}, {word: "信仰"},
	{word: "信教", after: "育师学授材练导官训会委室"}, {word: "教徒", after: "步手"}, {word: "信徒", after: "步手"}, {word: "信众"}, {word: "教众"}, {word: "教友"}, {word: "教籍"}, {word: "教派"}, {word: "教别"},
	{word: "教民", after: "政警歌族兵"}, {word: "奉教"}, {word: "入教", after: "育师室学"}, {word: "信奉"}, {word: "皈依"}, {word: "受洗", after: "衣手"}, {word: "洗礼", before: "的"},
	{word: "信佛"}, {word: "信耶稣"}, {word: "信上帝"}, {word: "信神", after: "奇"}, {word: "信真主"}, {word: "信主", after: "任席管要角动持办导体题力流营旨" + "张义"}, {word: "信道教"},
	{word: "佛教"}, {word: "道教", before: "知街频渠管跑隧报赛人", after: "育师学授材练导官训会委室"}, {word: "基督"}, {word: "天主教"}, {word: "天主堂"}, {word: "东正教"}, {word: "伊斯兰"}, {word: "穆斯林"}, {word: "回教", after: "育师室学"},
	{word: "耶稣"}, {word: "真主"}, {word: "喇嘛"}, {word: "阿訇"}, {word: "牧师"}, {word: "神父"}, {word: "修女"}, {word: "居士"}, {word: "和尚"}, {word: "尼姑"}, {word: "道士"}, {word: "僧人"},
	{word: "礼拜", before: "一二两三四五六七八九十几个每上下这本周", after: "一二三四五六日天几"}, {word: "祷告"}, {word: "做祷"}, {word: "念佛"}, {word: "拜佛"}, {word: "拜神"}, {word: "吃斋"}, {word: "诵经"}, {word: "封斋"}, {word: "朝觐"},
	{word: "传教", before: "言", after: "育师学授材"}, {word: "布道"}, {word: "传道", after: "授"}, {word: "聚会点"}, {word: "家庭聚会"}, {word: "去教堂"}, {word: "上教堂"}, {word: "进教堂"}, {word: "到教堂"}, {word: "教会", after: "了他她它老村群大家使用如怎我你您孩学居"},
	{word: "宗教", after: "专干事务局办场所工作委科股领"}, {word: "邪教", before: "反"}, {word: "法轮"}, {word: "全能神"},
}

// faithsBy are the words by their first character, made when they are first wanted.
var faithsBy = sync.OnceValue(func() map[rune][]faith {
	by := map[rune][]faith{}
	for _, f := range faiths {
		first, _ := utf8.DecodeRuneInString(f.word)
		by[first] = append(by[first], f)
	}
	return by
})

// Belief is the first word of a text that records somebody's faith, or empty. Blanks between characters hide nothing.
func Belief(text string) string {
	runes := make([]rune, 0, len(text))
	for _, r := range text {
		if !Blank(r) {
			runes = append(runes, Fold(r))
		}
	}
	by := faithsBy()
	for at, first := range runes {
		for _, f := range by[first] {
			end := at + utf8.RuneCountInString(f.word)
			if end > len(runes) || string(runes[at:end]) != f.word {
				continue
			}
			if at > 0 && strings.ContainsRune(f.before, runes[at-1]) || end < len(runes) && strings.ContainsRune(f.after, runes[end]) {
				continue
			}
			return f.word
		}
	}
	return ""
}
