// Package screentest makes towns for tests of screening: invented residents, a year of payrolls, deaths and other lists, with
// planted errors and traps, and the answers. It knows nothing of how screening works: only the number of a citizen, what a list
// looks like, and what was planted. Area codes are unassigned ones (99xxxx), so that no number can be anybody's.
package screentest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Person is a resident.
type Person struct {
	Name, ID  string
	Birth     time.Time // by the register
	Male      bool
	Village   int
	Group     int
	House     int
	Relation  string
	State     string    // 正常, 迁出, 迁入, 注销
	Changed   time.Time // of the state
	Died      time.Time // zero: lives
	DeathRow  bool      // on the lists of deaths
	Paper     bool      // only in the register on paper
	Away      bool
	Unlisted  bool // not in any register any more
	Account   string
	label     string // what was planted
	suspended bool
}

// Pay is a line of the roll.
type Pay struct {
	Name, ID string
	Village  int
	Account  string
	Yuan     int
	Month    int // months before now
	Person   *Person
	Other    bool // on the roll of another town
}

// Case is something that has to be found.
type Case struct {
	Label string
	Rule  string
	IDs   []string // any of them
	Pays  []*Pay   // a line of each of these must be cited; of those of one rule any one
	All   bool     // all of Pays must be cited
	Death bool     // a row of the lists of deaths must be cited
	Both  []string // numbers of residents whose rows must be cited
	Sum   int      // the amount in yuan, 0 where none is asked
	Loose bool     // a manual line of any rule that cites the row will do
	Lists []string // kinds of small lists of which a row of one of IDs must be cited
}

// Trap is something that must not be found.
type Trap struct {
	Label string
	ID    string
	Rules []string // none of these; empty: none at all
}

// Town is a town and what is wrong in it.
type Town struct {
	Seed      uint64
	Next      bool // paid from the month after the birthday
	Grace     int
	Villages  []string
	People    []*Person
	Extra     []*Person // second numbers of people, in the register
	Pays      []*Pay
	Deaths    []*Person
	Dibao     [][]*Person // by household
	Pensions  []*Person
	Small     Small
	Cases     []Case
	Traps     []Trap
	rand      *rand.Rand
	used      map[string]int
	taken     map[string]bool
	byVillage map[int][]*Person
	accounts  int
}

// Now is the day of the run.
var Now = time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)

var villageNames = []string{"东睢宁", "榆林二", "朱庄", "五里", "东瓜井", "赵圈", "卢各庄", "前孟", "后孟", "大石桥", "小石桥", "南柳", "北柳", "刘堤", "孙渡口", "高台", "马坊", "田营", "郭屯", "杜集", "陈楼", "许湾", "吴窑", "沈坡", "丁岗", "任寨", "韩铺", "邢塘", "潘场", "曹口", "谢洼", "傅沟", "段岭"}
var surnameList = []rune("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜")
var oldWomen = []string{"秀英", "桂兰", "玉珍", "秀兰", "桂英", "凤英", "玉兰", "淑珍", "桂荣", "秀珍", "素珍", "凤兰", "玉英", "淑英", "兰英", "桂芝", "玉芝", "淑兰", "凤芝", "爱莲", "巧云", "翠花", "金凤", "银花", "月娥", "春梅", "冬梅", "彩霞", "瑞英", "荣花", "素芬", "香莲", "喜凤", "改莲", "焕荣", "书琴"}
var oldMen = []string{"福来", "德胜", "国栋", "玉山", "长江", "文斌", "志明", "建国", "永福", "广林", "清河", "金山", "学文", "树林", "春生", "保田", "万仓", "有才", "贵生", "丙炎", "新民", "庆祥", "家兴", "立本", "同顺", "顺昌", "殿臣", "振海", "连生", "庭瑞", "泽民", "洪波"}
var young = []string{"子轩", "雨欣", "浩然", "思远", "佳怡", "俊熙", "诗琪", "梓涵", "明哲", "晓彤", "家豪", "嘉欣", "志强", "丽娟", "海燕", "建军", "晓东", "红梅", "艳丽", "振宇", "鹏飞", "静", "磊", "敏", "伟", "娜", "超", "婷", "勇", "芳"}
var rare = []rune("䶮㛃堃喆珺彧翀昉旻玥璟煊祎芃赟骉犇淼焱垚")

const checks = "10X98765432"

// CheckOf is the check character of seventeen digits.
func CheckOf(id17 string) byte {
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(id17[i]-'0') * w
	}
	return checks[sum%11]
}

// number gives out a number that nobody has.
func (t *Town) number(birth time.Time, male bool) string {
	area := "990408"
	if t.rand.IntN(4) == 0 {
		area = []string{"990421", "990402", "992128", "990529", "993301"}[t.rand.IntN(5)]
	}
	return t.numberIn(area, birth, male)
}

func (t *Town) numberIn(area string, birth time.Time, male bool) string {
	key := area + birth.Format("20060102")
	sex := 0
	if male {
		sex = 1
	}
	n := t.used[key+fmt.Sprint(sex)]
	t.used[key+fmt.Sprint(sex)]++
	id := key + fmt.Sprintf("%03d", 2*n+sex+t.offset(key))
	id += string(CheckOf(id))
	t.taken[id] = true
	return id
}

// offset lets sequences start somewhere, the same for a place and day.
func (t *Town) offset(key string) int {
	h := t.Seed
	for i := range len(key) {
		h = h*131 + uint64(key[i])
	}
	return int(h%40) * 2
}

func (t *Town) pick(list []string) string { return list[t.rand.IntN(len(list))] }

// surname follows the village: one or two names are those of half of it.
func (t *Town) surname(village int) string {
	if t.rand.IntN(100) < 45 {
		return string(surnameList[(village*7+int(t.Seed))%len(surnameList)])
	}
	f := t.rand.Float64()
	return string(surnameList[int(f*f*float64(len(surnameList)))])
}

func (t *Town) given(age int, male bool) string {
	list := oldWomen
	switch {
	case age < 45:
		list = young
	case male:
		list = oldMen
	}
	name := t.pick(list)
	if age >= 45 {
		if t.rand.IntN(5) == 0 {
			return string([]rune(name)[:1])
		}
		if t.rand.IntN(2) == 0 { // more names than the lists have
			return string([]rune(name)[0]) + string([]rune(t.pick(list))[1])
		}
	}
	return name
}

// ageBands are the shares of the ages, in thousandths, and where each band ends.
var ageBands = []struct{ share, from, to int }{{190, 0, 14}, {576, 15, 59}, {60, 60, 64}, {64, 65, 69}, {50, 70, 74}, {31, 75, 79}, {18, 80, 84}, {8, 85, 89}, {3, 90, 97}}

func (t *Town) birth() time.Time {
	n := t.rand.IntN(1000)
	for _, b := range ageBands {
		if n -= b.share; n < 0 {
			days := b.from*365 + t.rand.IntN((b.to-b.from+1)*365)
			return Now.AddDate(0, 0, -days-days/1461*1)
		}
	}
	return Now.AddDate(-80, 0, -t.rand.IntN(9000))
}

// New makes a town of about so many residents.
func New(seed uint64, residents int) *Town {
	t := &Town{Seed: seed, Next: seed%2 == 0, Grace: 1, Villages: villageNames, rand: rand.New(rand.NewPCG(seed, 77)), used: map[string]int{}, taken: map[string]bool{}, byVillage: map[int][]*Person{}}
	for house := 1; len(t.People) < residents; house++ {
		t.household(house)
	}
	t.payYear()
	t.plant()
	t.lists()
	return t
}

// household adds one of one to five people.
func (t *Town) household(house int) {
	village := t.rand.IntN(len(t.Villages))
	size := 1 + t.rand.IntN(5)
	group := 1 + t.rand.IntN(8)
	account := func() string {
		t.accounts++
		return fmt.Sprintf("62179%014d", t.accounts*7919+int(t.Seed)*13)
	}
	var head *Person
	names := map[string]bool{}
	for i := range size {
		p := &Person{Village: village, Group: group, House: house, State: "正常", Male: t.rand.IntN(2) == 0, Account: account()}
		p.Birth = t.birth()
		p.Relation = "户主"
		switch {
		case i == 0:
			head = p
		case i == 1 && t.rand.IntN(10) < 7: // a spouse of like age
			p.Relation, p.Male = "配偶", !head.Male
			p.Birth = head.Birth.AddDate(0, 0, t.rand.IntN(2000)-1000)
			if p.Birth.After(Now) {
				p.Birth = head.Birth
			}
		default:
			p.Relation = "子女"
		}
		age := Age(p.Birth, Now)
		surname := t.surname(village)
		if p.Relation == "子女" && t.rand.IntN(3) > 0 {
			surname = string([]rune(head.Name)[:1])
		}
		p.Name = surname + t.given(age, p.Male)
		if t.rand.IntN(200) == 0 {
			p.Name = surname + string(rare[t.rand.IntN(len(rare))])
		}
		if names[p.Name] { // nobody has the name of somebody at home
			p.Name = surname + t.pick(oldMen)
		}
		names[p.Name] = true
		p.ID = t.number(p.Birth, p.Male)
		p.Away = t.rand.IntN(4) == 0
		if t.rand.IntN(125) == 0 && age < 79 {
			p.State, p.Changed = "迁出", Now.AddDate(0, 0, -t.rand.IntN(900))
		}
		t.People = append(t.People, p)
		t.byVillage[village] = append(t.byVillage[village], p)
	}
}

// Age in whole years; who was born on 29 February has the birthday on the 28th in common years.
func Age(birth, on time.Time) int {
	age := on.Year() - birth.Year()
	m, d := birth.Month(), birth.Day()
	if m == 2 && d == 29 && time.Date(on.Year(), 2, 29, 0, 0, 0, 0, time.UTC).Day() != 29 {
		d = 28
	}
	if on.Month() < m || on.Month() == m && on.Day() < d {
		age--
	}
	return age
}

// monthEnd is the last day of the month so many months ago.
func monthEnd(ago int) time.Time {
	return time.Date(Now.Year(), Now.Month()+1-time.Month(ago), 0, 0, 0, 0, 0, time.UTC)
}

// agoOf is how many months before now a day lies.
func agoOf(d time.Time) int { return (Now.Year()-d.Year())*12 + int(Now.Month()) - int(d.Month()) }

// AgeIn is the age that counts in a month.
func (t *Town) AgeIn(p *Person, ago int) int {
	if t.Next {
		ago++
	}
	return Age(p.Birth, monthEnd(ago))
}

// Due is what an age is paid.
func Due(age int) int {
	switch {
	case age >= 100:
		return 300
	case age >= 90:
		return 100
	case age >= 80:
		return 50
	}
	return 0
}

// payYear pays everybody who is entitled, and lets some die as people do.
func (t *Town) payYear() {
	for _, p := range t.People {
		age := Age(p.Birth, Now)
		if p.State == "正常" && age > 60 && t.rand.IntN(1000) < (age-55) {
			p.Died = Now.AddDate(0, 0, -t.rand.IntN(420))
			p.DeathRow = true
			switch n := t.rand.IntN(10); {
			case n < 6:
				p.State, p.Changed = "注销", p.Died.AddDate(0, 0, t.rand.IntN(10))
				if p.Changed.After(Now) {
					p.Changed = Now
				}
			case n < 8:
				p.Unlisted = true
			}
		}
		if p.State == "迁出" {
			continue
		}
		for ago := 11; ago >= 0; ago-- {
			if t.AgeIn(p, ago) < 80 || !p.Died.IsZero() && ago < agoOf(p.Died)-t.Grace {
				continue
			}
			if p.Unlisted && agoOf(p.Died) > 11 {
				continue
			}
			t.pay(p, ago)
		}
	}
}

func (t *Town) pay(p *Person, ago int) *Pay {
	pay := &Pay{Name: p.Name, ID: p.ID, Village: p.Village, Account: p.Account, Yuan: Due(t.AgeIn(p, ago)), Month: ago, Person: p}
	t.Pays = append(t.Pays, pay)
	return pay
}

// paysOf are the lines of a person here, the oldest first.
func (t *Town) paysOf(p *Person) []*Pay {
	var list []*Pay
	for _, y := range t.Pays {
		if y.Person == p && !y.Other {
			list = append(list, y)
		}
	}
	slices.SortStableFunc(list, func(a, b *Pay) int { return b.Month - a.Month })
	return list
}

func (t *Town) drop(drop func(*Pay) bool) { t.Pays = slices.DeleteFunc(t.Pays, drop) }
