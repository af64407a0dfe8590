package sample

import (
	"math/rand/v2"
	"strings"

	"bihuan/org"
)

// The sample district. Names of people and places are invented.
const districtName = "临澜区"

// person is somebody of the sample. Those without login are named in ledgers only.
type person struct {
	name, post string
	role       org.Role
	login      string
}

// town is a town with all its people.
type town struct {
	name     string
	leaders  []person          // in the order of leaderPosts
	heads    map[string]person // office key → who heads it
	second   person            // the second clerk
	villages []village
}

// village is a village with its five officers.
type village struct {
	name     string
	officers map[string]person // key of villageOffices → who answers
}

// leaderPosts are the posts of a town's leaders, the secretary first.
var leaderPosts = []string{"党委书记", "党委副书记、镇长", "党委副书记", "党委委员、纪委书记", "党委委员、宣传委员", "党委委员、政法委员",
	"党委委员、常务副镇长", "副镇长", "党委委员、副镇长"}

// department is an office of every town: the key themes use, its name, how papers shorten it and the leader in charge.
type department struct {
	key, name, short string
	leader           int // index into leaderPosts
}

var offices = []department{
	{"党政", "党政综合办公室", "党政办", 1},
	{"党建", "党建办公室", "党建办", 2},
	{"纪委", "镇纪委", "镇纪委", 3},
	{"宣传", "宣传文化站", "宣传文化站", 4},
	{"平安", "平安法治办公室", "平安法治办", 5},
	{"应急", "应急管理办公室", "应急管理办", 5},
	{"执法", "综合行政执法队", "综合执法队", 5},
	{"财政", "财政所", "财政所", 6},
	{"建设", "村镇建设办公室", "村镇建设办", 6},
	{"经济", "经济发展办公室", "经济发展办", 6},
	{"民政", "民政和社会保障所", "民政所", 7},
	{"便民", "便民服务中心", "便民服务中心", 7},
	{"卫健", "卫生健康办公室", "卫生健康办", 7},
	{"农业", "农业农村办公室", "农业农村办", 8},
	{"环保", "生态环境办公室", "生态环境办", 8},
}

func officeOf(key string) department {
	for _, o := range offices {
		if o.key == key {
			return o
		}
	}
	return department{key: key, name: key, short: key}
}

// villageOffices are the bodies of a village: the key themes use, the body's name behind the village's, and the post of who answers.
var villageOffices = []struct{ key, body, post string }{
	{"支部", "党支部", "党支部书记、村委会主任"},
	{"村委", "村民委员会", "村委会副主任"},
	{"监委", "村务监督委员会", "村务监督委员会主任"},
	{"文书", "村民委员会", "村文书"},
	{"妇联", "妇女联合会", "村妇联主席"},
	{"合作社", "股份经济合作社", "合作社理事"},
}

// The towns. The first has its people written out, for its clerk is the one most visitors will be.
var townSeeds = []struct {
	name, second, leaders, heads, villages string
}{
	{"栖禾镇", "陶静怡",
		"周叙明 梁知远 孟昭宁 高敬之 宋怀瑾 罗绍文 郭立群 杜向荣 沈青岩",
		"贺晓雨 韩春梅 邢自强 庞桂兰 贾文涛 卢大勇 冉志刚 冯建业 石立峰 夏明轩 秦素芬 蒋玉莲 苗雅静 吕志刚 阮成林",
		"东槐 柳荫 南窑 上苇 下苇 大泽口 小泽口 枣沟 石桥头 白杨渡 杏花坞 黎家坡 青禾店 芦花荡 牛栏洼 " +
			"梨树洼 桑园口 古槐铺 瓦窑坡 麦香庄 秋水湾 竹溪口 铁匠营 三义堂 长流堡 沙河埠 望田岗 乌桕林 稻花台 榆林渡"},
	{"双堰镇", "闵书航",
		"江怀远 祁文博 苏静宜 樊立新 蒲晓岚 邱正平 管世安 纪春燕 卞长河",
		"柏思源 汪玉洁 童守义 甄美华 尚国栋 武铁军 葛长青 俞敏 齐建平 冷晨阳 翁秀珍 凌爱华 席文静 关永田 水清源",
		"堰头 堰尾 分水 闸口 鱼梁"},
	{"望岚镇", "宁采薇",
		"严守中 段景行 施若兰 滕以信 容晓芸 解承志 龚万里 米秋菊 荀大田",
		"晏子涵 万雪梅 桂长生 傅丽娟 耿志坚 雷平安 马振东 金巧云 龙海涛 史一鸣 邓桂香 乔雨晴 顾清和 岳丰年 江碧波",
		"岚下 岚西 茶亭 松台"},
}

// Login is one way into the sample.
type Login struct{ Login, Name, What string }

// Password opens every login of the sample. It is no secret: the sample holds nothing that is.
const Password = "bihuan-demo"

// Logins are the ways into the sample, the one to begin with first.
var Logins = []Login{
	{"hexiaoyu", "贺晓雨", "栖禾镇党政办经办人：导入方案、改台账、登记进展"},
	{"mengzhaoning", "孟昭宁", "栖禾镇分管领导：看全镇，可筛出自己分管的；审核销号申请"},
	{"zhouxuming", "周叙明", "栖禾镇党委书记：看全镇，签批销号"},
	{"hanchunmei", "韩春梅", "党建办公室责任人：自己的任务，例如周五学习"},
	{"donghuai", "郝守祥", "东槐村党支部书记：只看本村，办任务、登记进展"},
	{"liuyin", "谷满仓", "柳荫村党支部书记：手机上办任务"},
	{"shaowenlan", "邵文澜", "区委巡察办：看全区三个镇"},
	{"shuangyan", "柏思源", "双堰镇党政办经办人：看不到栖禾镇"},
	{"admin", "区管理员", "各镇都能看、都能改"},
}

// loginOf is the login of somebody who has one.
func loginOf(name string) string {
	for _, l := range Logins {
		if l.Name == name {
			return l.Login
		}
	}
	return ""
}

// towns makes the towns with all their people. No name occurs twice.
func towns(rng *rand.Rand) []town {
	taken := map[string]bool{"郝守祥": true, "谷满仓": true, "阎思齐": true, "柯小满": true}
	for _, s := range townSeeds {
		for _, n := range strings.Fields(s.second + " " + s.leaders + " " + s.heads) {
			taken[n] = true
		}
	}
	var list []town
	for _, s := range townSeeds {
		t := town{name: s.name, heads: map[string]person{}, second: person{s.second, "党政办经办人", org.Clerk, ""}}
		for i, n := range strings.Fields(s.leaders) {
			role := org.Leader
			if i == 0 {
				role = org.Secretary
			}
			t.leaders = append(t.leaders, person{n, leaderPosts[i], role, loginOf(n)})
		}
		for i, n := range strings.Fields(s.heads) {
			p := person{n, offices[i].short + "负责人", org.Cadre, loginOf(n)}
			if i == 0 {
				p.role, p.post = org.Clerk, "党政办经办人"
			}
			t.heads[offices[i].key] = p
		}
		for _, n := range strings.Fields(s.villages) {
			t.villages = append(t.villages, newVillage(rng, n+"村", taken))
		}
		list = append(list, t)
	}
	for i, name := range []string{"郝守祥", "谷满仓"} {
		officers := list[0].villages[i].officers
		officers["支部"] = person{name: name, post: officers["支部"].post, role: org.Cadre, login: loginOf(name)}
	}
	return list
}

func newVillage(rng *rand.Rand, name string, taken map[string]bool) village {
	v := village{name: name, officers: map[string]person{}}
	for _, o := range villageOffices {
		v.officers[o.key] = person{name: newName(rng, o.key == "妇联", taken), post: o.post, role: org.Cadre}
	}
	return v
}

const (
	surnames    = "王李张刘陈杨赵黄吴徐孙胡朱林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
	firstMen    = "建国立德永长志广守传保兴明庆春福金振玉宝文"
	secondMen   = "军民山林河田根生强胜利成亮义财顺祥堂才兵"
	firstWomen  = "秀桂玉春凤美爱淑翠月"
	secondWomen = "兰英芝梅莲花珍琴荣霞"
)

// newName makes a name nobody has yet.
func newName(rng *rand.Rand, woman bool, taken map[string]bool) string {
	pick := func(s string) string {
		r := []rune(s)
		return string(r[rng.IntN(len(r))])
	}
	for {
		name := pick(surnames) + pick(firstMen) + pick(secondMen)
		if woman {
			name = pick(surnames) + pick(firstWomen) + pick(secondWomen)
		}
		if !taken[name] {
			taken[name] = true
			return name
		}
	}
}
