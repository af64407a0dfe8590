package chinese

import (
	"slices"
	"testing"
)

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

func TestNamesInTexts(t *testing.T) {
	for _, c := range []struct {
		text, name string
		want       []string
	}{
		{"我邻居李秀兰八十了，李秀兰没领", "李秀兰", []string{"李秀兰", "李秀兰"}},
		{"我邻居李 秀　兰八十了", "李秀兰", []string{"李 秀　兰"}},
		{"李秀蘭也没领", "李秀兰", []string{"李秀蘭"}},
		{"李秀兰也没领", "李秀蘭", []string{"李秀兰"}},
		{"李秀荷", "李秀兰", nil},
		{"李秀，兰", "李秀兰", nil},
		{"阿卜杜拉买买提、阿卜杜拉·买买提", "阿卜杜拉•买买提", []string{"阿卜杜拉买买提", "阿卜杜拉·买买提"}},
		{"问李秀兰", "李秀兰（已故）", []string{"李秀兰"}},
		{"李李李李", "李李", []string{"李李", "李李"}},
		{"李*兰", "李*兰", nil},
		{"李", "李", nil},
		{"\xff李秀兰\xff", "李秀兰", []string{"李秀兰"}},
		{"", "李秀兰", nil},
	} {
		var got []string
		for _, span := range NameIn(c.text, c.name) {
			got = append(got, c.text[span[0]:span[1]])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q in %q: %q, want %q", c.name, c.text, got, c.want)
		}
	}
	n := ReadID("99040819461001002X").Number
	for text, want := range map[string]string{"号码99040819461001002x。": "99040819461001002x", "９９０４０８ 19461001-002Ｘ": "９９０４０８ 19461001-002Ｘ", "990408194610010038": ""} {
		got := ""
		for _, span := range NumberIn(text, n) {
			got += text[span[0]:span[1]]
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
