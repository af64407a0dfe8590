package chinese

import "testing"

func TestCompareNames(t *testing.T) {
	for _, x := range []struct {
		a, b string
		want NameLikeness
	}{
		{"王 秀 英", "王秀英", NameSame},
		{"阿依古丽·买买提", "阿依古丽•买买提", NameSame},
		{"阿依古丽．买买提", "阿依古丽·买买提", NameSame},
		{"李峯", "李峰", NameVariant},
		{"陳桂蘭", "陈桂兰", NameVariant},
		{"王喆", "王哲", NameVariant},
		{"张\ue000", "张䶮", NameWildcard},
		{"张?兰", "张䶮兰", NameWildcard},
		{"张⿱龙天兰", "张䶮兰", NameWildcard},
		{"WEI桂兰", "魏桂兰", NameWildcard},
		{"张YAN", "张䶮", NameWildcard},
		{"李桂兰", "LI桂兰", NameWildcard},
		{"李桂兰", "WANG桂兰", NameOther},
		{"张兰", "张䶮兰", NameWildcard},
		{"张", "张䶮", NameWildcard},
		{"李贵兰", "李桂兰", NameHomophone},
		{"张兰桂", "张桂兰", NameShuffled},
		{"张桂芳", "张桂兰", NameOneOff},
		{"张桂", "张桂兰", NameOneOff},
		{"王芳", "王军", NameOther},
		{"王桂兰", "张桂兰", NameOther},
		{"王秀英", "张玉兰", NameOther},
		{"", "张玉兰", NameOther},
		{"???", "张玉兰", NameOther},
		{"𠮷祥", "吉祥", NameVariant},
	} {
		if got := CompareNames(x.a, x.b); got != x.want {
			t.Errorf("%s, %s: %d, want %d", x.a, x.b, got, x.want)
		}
		if got := CompareNames(x.b, x.a); got != x.want {
			t.Errorf("%s, %s: %d, want %d", x.b, x.a, got, x.want)
		}
	}
}
