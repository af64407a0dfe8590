package chinese

import "testing"

// probes record somebody's faith, as people write it.
var probes = []string{
	"该户信教", "本人不信教", "张某某，教徒", "家中三人均为信徒", "宗教信仰：有", "信仰情况：无", "信奉基督", "属天主教家庭", "老两口信佛", "他妈妈信主多年",
	"王家信耶稣", "穆斯林，饮食有忌讳", "去年皈依", "2019年受洗", "受过洗礼", "每天做礼拜", "周日去教堂", "教会成员", "该村信众名单", "在家庭聚会点活动",
	"常念佛吃斋", "佛教徒", "道教信士", "基 督 徒", "信　教", "伊斯兰教家庭", "宗教人士", "参加宗教活动", "拜神，不肯签字", "随儿媳入教",
}

// plain texts hold the same characters and record nobody's faith.
var plainTexts = []string{
	"不知道教师补贴算不算", "村里教会了老人用手机", "今天主动来问", "给村里写信主任收", "通信教育", "街道教育办公室", "每个礼拜三入户", "上礼拜天电话联系", "宗教事务办公室函〔2026〕3号", "宗教专干代为通知",
	"相信徒步去的", "基层督导", "通过电视频道教学", "教民政专干填表", "入户核实，户口簿第3页", "本人自愿放弃（书面）", "住老教堂东侧第二户", "清真饭店北边", "思想上受到的洗礼", "反邪教宣传员", "1.2千瓦", "",
}

func TestBelief(t *testing.T) {
	for _, text := range probes {
		if Belief(text) == "" {
			t.Errorf("%s: passes", text)
		}
	}
	for _, text := range plainTexts {
		if word := Belief(text); word != "" {
			t.Errorf("%s: refused for %s", text, word)
		}
	}
}
