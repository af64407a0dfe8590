package screentest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// homophones sound alike and look different.
var homophones = map[rune]rune{'英': '瑛', '兰': '岚', '珍': '真', '荣': '蓉', '芝': '枝', '来': '莱', '胜': '盛', '栋': '冻', '山': '杉', '江': '将', '斌': '宾', '明': '鸣', '国': '帼', '福': '富', '林': '琳', '河': '荷', '文': '闻', '生': '声', '田': '甜', '才': '财', '民': '岷', '祥': '翔', '兴': '星', '本': '苯', '顺': '舜', '昌': '猖', '臣': '辰', '海': '醢', '瑞': '锐', '波': '玻', '花': '华', '凤': '奉', '云': '芸', '梅': '枚', '娥': '鹅', '霞': '侠', '芬': '纷', '莲': '连', '琴': '勤', '炎': '言', '仓': '苍', '春': '椿'}

// variants are two ways of writing one character.
var variants = map[rune]rune{'峰': '峯', '国': '國', '兰': '蘭', '凤': '鳳', '荣': '榮', '华': '華', '宝': '寶', '庆': '慶', '学': '學', '树': '樹', '云': '雲', '连': '連', '万': '萬', '泽': '澤', '广': '廣', '爱': '愛', '来': '來', '栋': '棟', '东': '東', '升': '昇', '贵': '貴', '书': '書', '长': '長', '银': '銀', '兴': '興', '顺': '順', '丽': '麗', '焕': '煥', '莲': '蓮'}

var latin = map[rune]string{'王': "WANG", '李': "LI", '张': "ZHANG", '刘': "LIU", '陈': "CHEN", '杨': "YANG", '赵': "ZHAO", '英': "YING", '兰': "LAN", '珍': "ZHEN", '荣': "RONG", '福': "FU", '国': "GUO", '文': "WEN", '山': "SHAN", '林': "LIN", '凤': "FENG", '明': "MING", '生': "SHENG", '民': "MIN", '玉': "YU", '桂': "GUI", '秀': "XIU", '淑': "SHU", '春': "CHUN", '德': "DE", '建': "JIAN", '永': "YONG", '金': "JIN", '学': "XUE", '树': "SHU", '保': "BAO", '有': "YOU", '贵': "GUI", '新': "XIN", '庆': "QING", '家': "JIA", '素': "SU", '爱': "AI", '巧': "QIAO", '翠': "CUI", '月': "YUE", '冬': "DONG", '瑞': "RUI"}

// plant puts all errors and traps of recipe D2 into the town, each into somebody of its own.
func (t *Town) plant() {
	elders := t.free(func(p *Person) bool { return true })
	t.rand.Shuffle(len(elders), func(i, j int) { elders[i], elders[j] = elders[j], elders[i] })
	next := func(ok func(*Person) bool) *Person {
		for _, p := range elders {
			if p.label == "" && (ok == nil || ok(p)) {
				return p
			}
		}
		panic("screentest: no elder left for an error")
	}
	long := func(p *Person) bool { return len(t.paysOf(p)) == 12 }
	three := func(p *Person) bool { return long(p) && len([]rune(p.Name)) == 3 }

	for i := range 60 {
		p := next(nil)
		p.label = "missing"
		if i < 8 {
			p.Away = true
		} else if i < 11 {
			p.Paper = true
		}
		t.drop(func(y *Pay) bool { return y.Person == p })
		t.Cases = append(t.Cases, Case{Label: p.label, Rule: "HL-01", IDs: []string{p.ID}, Both: []string{p.ID}})
	}
	for range 18 {
		p := next(long)
		p.label = "dead"
		ago := t.Grace + 1 + t.rand.IntN(14-t.Grace)
		p.Died = t.dayIn(ago)
		p.DeathRow = true
		switch t.rand.IntN(3) {
		case 0:
			p.State, p.Changed = "注销", p.Died.AddDate(0, 0, 3)
		case 1:
			p.DeathRow = t.rand.IntN(2) == 0
			if !p.DeathRow {
				p.State, p.Changed = "注销", p.Died
			}
		}
		c := Case{Label: p.label, Rule: "HL-02", IDs: []string{p.ID}, Death: p.DeathRow}
		for _, y := range t.paysOf(p) {
			if y.Month < ago-t.Grace {
				c.Pays, c.Sum = append(c.Pays, y), c.Sum+y.Yuan
			}
		}
		t.Cases = append(t.Cases, c)
	}
	for i := range 7 {
		p := next(long)
		p.label, p.DeathRow = "dead in time", true
		if i < 4 {
			p.Died = t.dayIn(i % (t.Grace + 1))
		} else {
			ago := 3 + t.rand.IntN(6)
			p.Died = t.dayIn(ago)
			t.drop(func(y *Pay) bool { return y.Person == p && y.Month < ago-t.Grace })
		}
		t.Traps = append(t.Traps, Trap{p.label, p.ID, nil})
	}
	younger := t.younger()
	for range 5 {
		p := younger(1947, 1960)
		p.label = "under age"
		c := Case{Label: p.label, Rule: "HL-03", IDs: []string{p.ID}, Both: []string{p.ID}}
		for ago := 1 + t.rand.IntN(10); ago >= 0; ago-- {
			y := t.pay(p, ago)
			y.Yuan = 50
			c.Pays, c.Sum = append(c.Pays, y), c.Sum+50
		}
		t.Cases = append(t.Cases, c)
	}
	for range 6 { // turned 80 this month
		p := younger(1947, 1960)
		p.label = "80 this month"
		p.Birth = time.Date(Now.Year()-80, Now.Month(), 1+t.rand.IntN(29), 0, 0, 0, 0, time.UTC)
		t.renumber(p)
		if !t.Next {
			t.pay(p, 0).Yuan = 50
		}
		t.Traps = append(t.Traps, Trap{p.label, p.ID, nil})
	}
	for range 6 {
		p := next(long)
		p.label, p.State = "moved out", "迁出"
		ago := 1 + t.rand.IntN(9)
		p.Changed = t.dayIn(ago)
		c := Case{Label: p.label, Rule: "HL-04", IDs: []string{p.ID}, Both: []string{p.ID}}
		for _, y := range t.paysOf(p) {
			if y.Month < ago {
				c.Pays = append(c.Pays, y)
			}
		}
		t.Cases = append(t.Cases, c)
	}
	for range 3 {
		p := next(nil)
		p.label, p.State, p.Changed = "moved in this month", "迁入", t.dayIn(0)
		t.drop(func(y *Pay) bool { return y.Person == p })
		t.Traps = append(t.Traps, Trap{p.label, p.ID, nil})
	}
	second := func(label string, change func(*Pay)) {
		p := next(long)
		p.label = label
		last := t.paysOf(p)[11]
		y := *last
		change(&y)
		t.Pays = append(t.Pays, &y)
		t.Cases = append(t.Cases, Case{Label: label, Rule: "HL-05", IDs: []string{p.ID}, Pays: []*Pay{last, &y}, All: true})
	}
	for range 4 {
		second("15 and 18", func(y *Pay) { y.ID = short(y.ID) })
	}
	for range 3 {
		second("two villages", func(y *Pay) { y.Village = (y.Village + 1 + t.rand.IntN(30)) % len(t.Villages) })
	}
	for range 2 {
		second("two towns", func(y *Pay) { y.Other = true })
	}
	// change spoils a person's lines from some month on.
	change := func(p *Person, label string, spoil func(*Pay)) []*Pay {
		p.label = label
		from := t.rand.IntN(12)
		if t.rand.IntN(2) == 0 {
			from = 11
		}
		var now []*Pay
		for _, y := range t.paysOf(p) {
			if y.Month <= from {
				spoil(y)
				if y.Month == 0 {
					now = append(now, y)
				}
			}
		}
		return now
	}
	wrong := func(label string, ok func(*Person) bool, spoil func(p *Person) func(*Pay)) *Person {
		p := next(ok)
		pays := change(p, label, spoil(p))
		t.Cases = append(t.Cases, Case{Label: label, Rule: "HL-07", IDs: []string{p.ID}, Pays: pays, Both: []string{p.ID}})
		t.Traps = append(t.Traps, Trap{label, p.ID, []string{"HL-01", "HL-03", "HL-06"}})
		return p
	}
	setID := func(id string) func(*Pay) { return func(y *Pay) { y.ID = id } }
	for range 12 {
		wrong("one digit", long, func(p *Person) func(*Pay) { return setID(t.typo(p.ID)) })
	}
	for range 6 {
		wrong("swap", long, func(p *Person) func(*Pay) { return setID(t.exchanged(p.ID)) })
	}
	for range 5 {
		wrong("check", long, func(p *Person) func(*Pay) {
			for {
				if c := checks[t.rand.IntN(11)]; c != p.ID[17] {
					return setID(p.ID[:17] + string(c))
				}
			}
		})
	}
	for i := range 8 {
		wrong("damaged", long, func(p *Person) func(*Pay) {
			if i%2 == 0 {
				return setID(p.ID[:15] + "000")
			}
			return setID(p.ID[:1] + "." + p.ID[1:6] + "E+17")
		})
	}
	same := func(label string, spoil func(*Person) func(*Pay)) {
		p := next(long)
		change(p, label, spoil(p))
		t.Traps = append(t.Traps, Trap{label, p.ID, nil})
	}
	for range 15 {
		same("15 digits", func(p *Person) func(*Pay) { return setID(short(p.ID)) })
	}
	for i := range 10 {
		same("writing", func(p *Person) func(*Pay) {
			switch i % 5 {
			case 0:
				return setID(p.ID[:6] + " " + p.ID[6:14] + " " + p.ID[14:])
			case 1:
				return setID(strings.ToLower(p.ID))
			case 2:
				return setID(wide(p.ID))
			case 3:
				return setID("'" + p.ID)
			}
			return func(y *Pay) { y.ID, y.Name = " "+y.ID+"　", spaced(y.Name) }
		})
	}
	setName := func(name string) func(*Pay) { return func(y *Pay) { y.Name = name } }
	for i := range 20 {
		switch i % 6 {
		case 0:
			wrong("homophone", func(p *Person) bool { return three(p) && replaced(p.Name, homophones) != "" }, func(p *Person) func(*Pay) { return setName(replaced(p.Name, homophones)) })
		case 1:
			wrong("variant", func(p *Person) bool { return three(p) && replaced(p.Name, variants) != "" }, func(p *Person) func(*Pay) { return setName(replaced(p.Name, variants)) })
		case 2:
			wrong("last character", long, func(p *Person) func(*Pay) {
				r := []rune(p.Name)
				old := r[len(r)-1]
				for r[len(r)-1] == old {
					r[len(r)-1] = []rune(t.pick(oldMen))[1]
				}
				return setName(string(r))
			})
		case 3:
			wrong("private use", three, func(p *Person) func(*Pay) {
				t.rename(p, string([]rune(p.Name)[:2])+string(rare[t.rand.IntN(len(rare))]))
				return setName(string([]rune(p.Name)[:2]) + string(rune(0xe000+t.rand.IntN(6000))))
			})
		case 4:
			wrong("left out", three, func(p *Person) func(*Pay) {
				t.rename(p, string([]rune(p.Name)[:2])+string(rare[t.rand.IntN(2)]))
				return setName(string([]rune(p.Name)[:2]))
			})
		case 5:
			wrong("pinyin", func(p *Person) bool { return three(p) && latin[[]rune(p.Name)[1]] != "" }, func(p *Person) func(*Pay) {
				r := []rune(p.Name)
				return setName(string(r[:1]) + latin[r[1]] + string(r[2:]))
			})
		}
	}
	for range 4 {
		p := wrong("both", func(p *Person) bool { return three(p) && replaced(p.Name, homophones) != "" }, func(p *Person) func(*Pay) {
			id := t.typo(p.ID)
			return func(y *Pay) { y.ID, y.Name = id, replaced(p.Name, homophones) }
		})
		t.Cases[len(t.Cases)-1].Loose = true
		_ = p
	}
	for range 3 {
		a := next(func(p *Person) bool {
			return long(p) && t.spouse(p) != nil && long(t.spouse(p)) && t.spouse(p).label == ""
		})
		b := t.spouse(a)
		a.label, b.label = "exchanged", "exchanged"
		var pays []*Pay
		for ago := range 12 {
			for _, pair := range [][2]*Person{{a, b}, {b, a}} {
				for _, y := range t.paysOf(pair[0]) {
					if y.Month == ago {
						y.ID = pair[1].ID
						if ago == 0 {
							pays = append(pays, y)
						}
					}
				}
			}
		}
		t.Cases = append(t.Cases, Case{Label: "exchanged", Rule: "HL-08", IDs: []string{a.ID, b.ID}, Pays: pays, All: true, Both: []string{a.ID, b.ID}})
	}
	for i := range 9 {
		p := next(long)
		p.label = "wrong amount"
		c := Case{Label: p.label, Rule: "HL-06", IDs: []string{p.ID}, Both: []string{p.ID}}
		for _, y := range t.paysOf(p)[12-1-t.rand.IntN(4):] {
			due := y.Yuan
			if i < 7 {
				y.Yuan = due - 10*(1+t.rand.IntN(2))
			} else {
				y.Yuan = due + 50
			}
			c.Pays, c.Sum = append(c.Pays, y), c.Sum+y.Yuan-due
		}
		t.Cases = append(t.Cases, c)
	}
	for i := range 5 {
		var group []*Person
		c := Case{Label: "account", Rule: "HL-09", All: true}
		for len(group) < 2+i%2 {
			p := next(func(p *Person) bool {
				return long(p) && !slices.ContainsFunc(group, func(q *Person) bool { return q.House == p.House })
			})
			p.label = "account"
			group = append(group, p)
			c.IDs, c.Both = append(c.IDs, p.ID), append(c.Both, p.ID)
			for _, y := range t.paysOf(p) {
				y.Account = group[0].Account
				if y.Month == 0 {
					c.Pays = append(c.Pays, y)
				}
			}
		}
		t.Cases = append(t.Cases, c)
	}
	for range 12 {
		a := next(func(p *Person) bool {
			return long(p) && t.spouse(p) != nil && long(t.spouse(p)) && t.spouse(p).label == ""
		})
		b := t.spouse(a)
		a.label, b.label = "family account", "family account"
		for _, y := range t.paysOf(b) {
			y.Account = a.Account
		}
		t.Traps = append(t.Traps, Trap{"family account", a.ID, nil}, Trap{"family account", b.ID, nil})
	}
	for range 2 {
		p := next(long)
		p.label = "two numbers"
		twin := *p
		twin.ID = t.numberIn("992128", p.Birth, p.Male)
		t.Extra = append(t.Extra, &twin)
		t.Cases = append(t.Cases, Case{Label: p.label, Rule: "HL-10", IDs: []string{p.ID, twin.ID}, Both: []string{p.ID, twin.ID}})
		t.Traps = append(t.Traps, Trap{p.label, twin.ID, []string{"HL-01"}})
	}
	for range 4 {
		p := next(long)
		p.label, p.suspended = "stopped", true
		last := 1 + t.rand.IntN(8)
		t.drop(func(y *Pay) bool { return y.Person == p && y.Month < last })
		c := Case{Label: p.label, Rule: "HL-12", IDs: []string{p.ID}, Pays: t.paysOf(p), Both: []string{p.ID}}
		t.Cases = append(t.Cases, c)
		t.Traps = append(t.Traps, Trap{p.label, p.ID, []string{"HL-01"}})
	}
	t.lookalikes(next, long)
	t.birthdays(next, long)
	t.dibaoHouses()
	t.plantSmall()
}

// free are people on the roll this month who live here and have nothing planted.
func (t *Town) free(ok func(*Person) bool) []*Person {
	var list []*Person
	for _, y := range t.Pays {
		if p := y.Person; y.Month == 0 && p.State == "正常" && p.Died.IsZero() && p.label == "" && ok(p) {
			list = append(list, p)
		}
	}
	return list
}

// younger hands out people born in some years.
func (t *Town) younger() func(from, to int) *Person {
	i := 0
	return func(from, to int) *Person {
		for ; i < len(t.People); i++ {
			if p := t.People[i]; p.label == "" && p.State == "正常" && p.Died.IsZero() && p.Birth.Year() >= from && p.Birth.Year() <= to {
				i++
				return p
			}
		}
		panic("screentest: nobody young enough left")
	}
}

// dayIn is a day of the month so many months ago, not after now.
func (t *Town) dayIn(ago int) time.Time {
	end := monthEnd(ago)
	return time.Date(end.Year(), end.Month(), 1+t.rand.IntN(end.Day()), 0, 0, 0, 0, time.UTC)
}

func (t *Town) renumber(p *Person) { p.ID = t.number(p.Birth, p.Male) }

// rename gives somebody another name everywhere.
func (t *Town) rename(p *Person, name string) {
	for _, y := range t.Pays {
		if y.Person == p {
			y.Name = name
		}
	}
	p.Name = name
}

// spouse is the other of a couple.
func (t *Town) spouse(p *Person) *Person {
	for _, q := range t.byVillage[p.Village] {
		if q.House == p.House && q != p && (q.Relation == "配偶" && p.Relation == "户主" || p.Relation == "配偶" && q.Relation == "户主") && q.State == "正常" && q.Died.IsZero() && q.Name != p.Name {
			return q
		}
	}
	return nil
}

func short(id string) string { return id[:6] + id[8:17] }

func wide(s string) string {
	return strings.Map(func(r rune) rune { return r + 0xfee0 }, s)
}

func spaced(name string) string { return strings.Join(strings.Split(name, ""), " ") }

// typo changes one of the first seventeen digits to a number that nobody has.
func (t *Town) typo(id string) string {
	for {
		b := []byte(id)
		i := t.rand.IntN(17)
		b[i] = '0' + (b[i]-'0'+byte(1+t.rand.IntN(9)))%10
		if b[0] != '0' && !t.taken[string(b)] {
			return string(b)
		}
	}
}

// exchanged changes two neighbours that differ.
func (t *Town) exchanged(id string) string {
	for {
		b := []byte(id)
		i := t.rand.IntN(16)
		if b[i] != b[i+1] {
			b[i], b[i+1] = b[i+1], b[i]
			if !t.taken[string(b)] {
				return string(b)
			}
		}
	}
}

// replaced exchanges the first character behind the surname that the table has.
func replaced(name string, table map[rune]rune) string {
	r := []rune(name)
	for i := len(r) - 1; i > 0; i-- {
		if to, ok := table[r[i]]; ok {
			r[i] = to
			return string(r)
		}
	}
	return ""
}

// lookalikes are twins, namesakes and mothers with their daughters-in-law: each is on the roll, or need not be.
func (t *Town) lookalikes(next func(func(*Person) bool) *Person, long func(*Person) bool) {
	for range 5 {
		a := next(long)
		a.label = "twin"
		b := &Person{Birth: a.Birth, Male: a.Male, Village: a.Village, Group: a.Group, House: a.House, Relation: "兄弟姐妹", State: "正常"}
		r := []rune(a.Name)
		b.Name = string(r[:len(r)-1]) + t.similar(r[len(r)-1])
		b.ID = t.numberIn(a.ID[:6], a.Birth, a.Male)
		b.Account = a.Account[:14] + fmt.Sprintf("%05d", 90000+len(t.People)%9999)
		b.label = "twin"
		t.People = append(t.People, b)
		for _, y := range t.paysOf(a) {
			t.pay(b, y.Month)
		}
		t.Traps = append(t.Traps, Trap{"twin", a.ID, nil}, Trap{"twin", b.ID, nil})
	}
	for range 15 { // thirty namesakes
		a := next(long)
		a.label = "namesake"
		b := next(func(p *Person) bool { return long(p) && p.Male == a.Male })
		b.label = "namesake"
		b.Village = a.Village
		b.Birth = a.Birth.AddDate(0, 0, t.rand.IntN(700)-350)
		if Age(b.Birth, monthEnd(13)) < 80 {
			b.Birth = a.Birth
		}
		old := t.paysOf(b)
		t.drop(func(y *Pay) bool { return y.Person == b })
		t.renumber(b)
		b.Name = a.Name
		for _, y := range old {
			t.pay(b, y.Month)
		}
		t.Traps = append(t.Traps, Trap{"namesake", a.ID, nil}, Trap{"namesake", b.ID, nil})
	}
	for range 6 {
		a := next(func(p *Person) bool { return long(p) && !p.Male })
		a.label = "mother"
		b := &Person{Name: a.Name, Birth: a.Birth.AddDate(22, 3, 5), Village: a.Village, Group: a.Group, House: a.House, Relation: "儿媳", State: "正常", label: "daughter-in-law"}
		b.ID = t.number(b.Birth, false)
		t.People = append(t.People, b)
		t.Traps = append(t.Traps, Trap{"mother", a.ID, nil}, Trap{"daughter-in-law", b.ID, nil})
	}
}

func (t *Town) similar(r rune) string {
	for {
		if s := []rune(t.pick(oldMen))[1]; s != r {
			return string(s)
		}
	}
}

// birthdays are those that are easily got wrong.
func (t *Town) birthdays(next func(func(*Person) bool) *Person, long func(*Person) bool) {
	again := func(label string, birth time.Time) *Person {
		p := next(long)
		p.label = label
		t.drop(func(y *Pay) bool { return y.Person == p })
		p.Birth = birth
		t.renumber(p)
		for ago := 11; ago >= 0; ago-- {
			if t.AgeIn(p, ago) >= 80 {
				t.pay(p, ago)
			}
		}
		return p
	}
	for i := range 3 {
		p := again("29 February", time.Date(1936+4*i, 2, 29, 0, 0, 0, 0, time.UTC))
		t.Traps = append(t.Traps, Trap{p.label, p.ID, nil})
	}
	for i := range 9 {
		p := again("before 1927", time.Date(1918+i, time.Month(1+t.rand.IntN(12)), 1+t.rand.IntN(28), 0, 0, 0, 0, time.UTC))
		t.Traps = append(t.Traps, Trap{p.label, p.ID, nil})
	}
	for range 4 {
		p := next(func(p *Person) bool { return long(p) && Age(p.Birth, Now) > 82 && Age(p.Birth, Now) < 88 })
		p.label = "two dates"
		id := p.ID
		p.Birth = p.Birth.AddDate(0, 0, 20+t.rand.IntN(300))
		t.Cases = append(t.Cases, Case{Label: p.label, Rule: "HL-07", IDs: []string{id}, Both: []string{id}})
		t.Traps = append(t.Traps, Trap{p.label, id, []string{"HL-01", "HL-03", "HL-06"}})
	}
}

// dibaoHouses gives households the minimum living allowance; forty members are dead and still counted.
func (t *Town) dibaoHouses() {
	houses := map[int][]*Person{}
	var order []int
	for _, p := range t.People {
		if houses[p.House] == nil {
			order = append(order, p.House)
		}
		houses[p.House] = append(houses[p.House], p)
	}
	t.rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	dead := 0
	for _, h := range order {
		members := houses[h]
		if len(t.Dibao) >= 600 && dead == 40 {
			break
		}
		if slices.ContainsFunc(members, func(p *Person) bool { return p.State != "正常" || !p.Died.IsZero() || p.label != "" }) {
			continue
		}
		if dead < 40 && len(members) > 1 {
			for _, p := range members {
				if age := Age(p.Birth, Now); age > 30 && age < 78 {
					p.label, p.DeathRow = "dibao", true
					p.Died = t.dayIn(3 + t.rand.IntN(10))
					dead++
					t.Cases = append(t.Cases, Case{Label: p.label, Rule: "DB-01", IDs: []string{p.ID}, Death: true, Lists: []string{"dibao"}})
					break
				}
			}
		} else if len(t.Dibao) >= 600 {
			continue
		}
		t.Dibao = append(t.Dibao, members)
	}
}

// lists settles who is on the lists of deaths and pensions.
func (t *Town) lists() {
	for _, p := range t.People {
		if p.DeathRow {
			t.Deaths = append(t.Deaths, p)
		}
		if age := Age(p.Birth, Now); age >= 60 && (p.suspended || t.rand.IntN(10) > 0) {
			t.Pensions = append(t.Pensions, p)
		}
	}
	slices.SortStableFunc(t.Pays, func(a, b *Pay) int {
		if a.Month != b.Month {
			return b.Month - a.Month
		}
		return a.Village - b.Village
	})
}
