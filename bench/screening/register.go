package main

// The register of the benchmark: invented residents whose area codes are unassigned ones (99xxxx), and the exact answers to the five
// questions of [screening.Count].

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

const (
	refDate  = 20260630 // screening day
	ageLimit = 80
)

var weights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

const checkChars = "10X98765432"

type person struct {
	day    int32  // days since 1915-01-01
	region uint16 // index of the area code
	seq    uint16 // 0..999, parity is the sex
	s, g1  uint16
	g2     uint16 // 0xffff = one-character given name
	vill   uint16
	bad    bool // check character planted wrong
	status uint8
	dead   bool // in the death register
}

var day0 = time.Date(1915, 1, 1, 0, 0, 0, 0, time.UTC)
var dayText []string // yyyymmdd of each day number

var surnames = []rune("王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤")
var given = []rune("伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰玉珍凤琴建国志华文斌红梅春花永福德生贵成林海波东升金宝玲燕辉鹏飞龙翔宇浩然子轩雨欣梓涵思远佳怡俊熙诗琪雪松柏青山水清云天祥瑞光明亮宏达启发昌盛兴旺家和安康宁泰丰收长寿延年松鹤梦瑶若冰心洁晓彤月莲荷香菊竹石岩峰岭川江河湖源泉润泽沛霖雷震霆")
var regions []string
var villages []string
var ethnics = []string{"汉族", "汉族", "汉族", "汉族", "汉族", "汉族", "汉族", "汉族", "回族", "苗族", "土家族", "壮族"}
var relations = []string{"户主", "配偶", "长子", "长女", "次子", "母亲", "父亲", "孙子", "孙女", "儿媳"}
var statusText = []string{"正常", "迁出", "死亡"}

func id17(p *person) string {
	return regions[p.region] + dayText[p.day] + fmt3(int(p.seq))
}
func fmt3(v int) string {
	return string([]byte{byte('0' + v/100), byte('0' + v/10%10), byte('0' + v%10)})
}
func check(s string) byte {
	t := 0
	for i := 0; i < 17; i++ {
		t += int(s[i]-'0') * weights[i]
	}
	return checkChars[t%11]
}
func idOf(p *person) string {
	s := id17(p)
	c := check(s)
	if p.bad {
		// shift to another check character, deterministically
		for i := 0; i < 11; i++ {
			if checkChars[i] == c {
				c = checkChars[(i+3)%11]
				break
			}
		}
	}
	return s + string(c)
}
func nameOf(p *person) string {
	if p.g2 == 0xffff {
		return string([]rune{surnames[p.s], given[p.g1]})
	}
	return string([]rune{surnames[p.s], given[p.g1], given[p.g2]})
}

// zipf-like index: smaller ones much more likely
func skew(r *rand.Rand, n int) uint16 {
	f := r.Float64()
	return uint16(f * f * float64(n))
}

type truth struct {
	N, AllowanceRows, DibaoRows, DeathRows int
	Q1_AgedNotOnRoll                       int
	Q2_DeadOnRollRows                      int
	Q3_DuplicateIDsAcrossRolls             int
	Q4_BadChecksumRows                     int
	Q5_NearMissRows                        int
	RollRowsNotInRegister                  int
	Seed                                   uint64
	RefDate                                int
}

// makeRegister writes residents.csv, allowance.csv, dibao.csv, deaths.csv and truth.json for n residents.
func makeRegister(dir string, n int, seed uint64) (truth, error) {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return truth{}, err
	}
	regions, villages, dayText = nil, nil, nil
	for i := 0; i < 24; i++ {
		regions = append(regions, fmt.Sprintf("99%02d%02d", 1+i/8, 21+i%8))
	}
	for i := 0; i < 400; i++ {
		villages = append(villages, fmt.Sprintf("%s%s%s村", string(surnames[i%90]), string([]rune("家岭坪湾塘沟坝溪")[i%8]), string([]rune("东西南北中上下新")[i/8%8])))
	}
	ref := time.Date(refDate/10000, time.Month(refDate/100%100), refDate%100, 0, 0, 0, 0, time.UTC)
	last := int(ref.Sub(day0).Hours()/24) + 1
	dayText = make([]string, last)
	for i := range dayText {
		dayText[i] = day0.AddDate(0, 0, i).Format("20060102")
	}
	cut := int32(ref.AddDate(-ageLimit, 0, 0).Sub(day0).Hours() / 24) // born on or before
	used := make([][2]uint16, len(regions)*last)

	ps := make([]person, n)
	for i := range ps {
		p := &ps[i]
		for {
			f := r.Float64()
			var age float64
			switch {
			case f < 0.032:
				age = 80 + 20*r.Float64()*r.Float64()
			case f < 0.20:
				age = 60 + 20*r.Float64()
			default:
				age = 60 * r.Float64()
			}
			p.day = int32(last) - 1 - int32(age*365.25)
			if p.day < 0 {
				p.day = 0
			}
			p.region = uint16(r.IntN(len(regions)))
			sex := r.IntN(2)
			u := &used[int(p.region)*last+int(p.day)][sex]
			if *u >= 490 {
				continue
			}
			p.seq = 2**u + uint16(sex)
			*u++
			break
		}
		p.s, p.g1 = skew(r, len(surnames)), skew(r, len(given))
		p.g2 = 0xffff
		if r.IntN(5) > 0 {
			p.g2 = skew(r, len(given))
		}
		p.vill = uint16(r.IntN(len(villages)))
		switch f := r.Float64(); {
		case f < 0.02:
			p.status = 1
		case f < 0.04:
			p.status, p.dead = 2, true
		case f < 0.041:
			p.dead = true // register not yet updated
		}
		if p.day > cut && !p.dead && r.IntN(2000) == 0 {
			p.bad = true
		}
	}
	inRegister := func(s string) bool { // s is an 18-character number with a right check character
		for ri, reg := range regions {
			if s[:6] != reg {
				continue
			}
			d, err := time.Parse("20060102", s[6:14])
			if err != nil {
				return false
			}
			di := int(d.Sub(day0).Hours() / 24)
			if di < 0 || di >= last {
				return false
			}
			q := int(s[14]-'0')*100 + int(s[15]-'0')*10 + int(s[16]-'0')
			return q/2 < int(used[ri*last+di][q%2])
		}
		return false
	}
	typo := func(s string) (string, bool) { // returns the wrong number and whether its check character is wrong
		for {
			b := []byte(s)
			switch r.IntN(3) {
			case 0: // one digit, check character left as it was
				i := r.IntN(17)
				b[i] = '0' + (b[i]-'0'+byte(1+r.IntN(9)))%10
				return string(b), true
			case 1: // neighbouring digits swapped
				i := r.IntN(16)
				if b[i] == b[i+1] {
					continue
				}
				b[i], b[i+1] = b[i+1], b[i]
				return string(b), true
			default: // one digit, with the check character made right again
				i := r.IntN(17)
				b[i] = '0' + (b[i]-'0'+byte(1+r.IntN(9)))%10
				b[17] = check(string(b[:17]))
				if inRegister(string(b)) {
					continue
				}
				return string(b), false
			}
		}
	}

	t := truth{N: n, Seed: seed, RefDate: refDate}
	create := func(name, header string) (*bufio.Writer, func()) {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			log.Fatal(err)
		}
		w := bufio.NewWriterSize(f, 1<<20)
		w.WriteString(header + "\n")
		return w, func() {
			if err := w.Flush(); err != nil {
				log.Fatal(err)
			}
			f.Close()
		}
	}

	// residents
	w, done := create("residents.csv", "姓名,身份证号,性别,民族,户籍地址,行政村,联系电话,户号,与户主关系,状态")
	for i := range ps {
		p := &ps[i]
		w.WriteString(nameOf(p))
		w.WriteByte(',')
		w.WriteString(idOf(p))
		if p.seq%2 == 1 {
			w.WriteString(",男,")
		} else {
			w.WriteString(",女,")
		}
		w.WriteString(ethnics[r.IntN(len(ethnics))])
		fmt.Fprintf(w, ",闭环县示范镇%s%d组%d号,%s,199%08d,%08d,%s,%s\n", villages[p.vill], 1+r.IntN(12), 1+r.IntN(99), villages[p.vill], r.IntN(100000000), i/3, relations[r.IntN(len(relations))], statusText[p.status])
		if p.bad {
			t.Q4_BadChecksumRows++
		}
	}
	done()

	// deaths
	w, done = create("deaths.csv", "姓名,身份证号,死亡日期,登记单位")
	for i := range ps {
		if ps[i].dead {
			fmt.Fprintf(w, "%s,%s,2025%02d%02d,示范镇派出所\n", nameOf(&ps[i]), idOf(&ps[i]), 1+r.IntN(12), 1+r.IntN(28))
			t.DeathRows++
		}
	}
	done()

	seen := map[string]int{} // roll number -> times, over both rolls
	rollRow := func(w *bufio.Writer, name, id string, vill uint16, money int) {
		fmt.Fprintf(w, "%s,%s,%s,%d.00,202606,6217%015d\n", name, id, villages[vill], money, r.Int64N(1e15))
		seen[id]++
	}
	strange := func(k int) (string, string) { // a person the register does not know; the name is outside the register's pool
		for {
			p := person{day: int32(r.IntN(int(cut))), region: uint16(r.IntN(len(regions))), seq: uint16(980 + r.IntN(20))}
			s := idOf(&p)
			if seen[s] == 0 {
				return "欧阳" + string([]rune("甲乙丙丁戊己庚辛壬癸")[k%10]), s
			}
		}
	}
	// old-age allowance
	w, done = create("allowance.csv", "姓名,身份证号,行政村,金额,发放月份,银行账号")
	for i := range ps {
		p := &ps[i]
		if p.day > cut {
			continue
		}
		id, f := idOf(p), r.Float64()
		switch {
		case p.dead:
			if f < 0.08 {
				rollRow(w, nameOf(p), id, p.vill, 100)
				t.AllowanceRows++
				t.Q2_DeadOnRollRows++
			}
		case p.status != 0:
			if f < 0.5 {
				rollRow(w, nameOf(p), id, p.vill, 100)
				t.AllowanceRows++
			}
		case f < 0.02:
			t.Q1_AgedNotOnRoll++
		case f < 0.023:
			id2, bad := typo(id)
			rollRow(w, nameOf(p), id2, p.vill, 100)
			t.AllowanceRows++
			t.Q1_AgedNotOnRoll++
			t.Q5_NearMissRows++
			t.RollRowsNotInRegister++
			if bad {
				t.Q4_BadChecksumRows++
			}
		default:
			rollRow(w, nameOf(p), id, p.vill, 100)
			t.AllowanceRows++
			if f > 0.999 {
				rollRow(w, nameOf(p), id, p.vill, 100)
				t.AllowanceRows++
			}
		}
	}
	for k := 0; k < n/20000+1; k++ {
		nm, s := strange(k)
		rollRow(w, nm, s, 0, 100)
		t.AllowanceRows++
		t.RollRowsNotInRegister++
	}
	done()
	// minimum-living roll
	w, done = create("dibao.csv", "姓名,身份证号,行政村,金额,发放月份,银行账号")
	for i := range ps {
		p := &ps[i]
		if r.Float64() > 0.03 || p.status == 1 || p.bad {
			continue
		}
		id, f := idOf(p), r.Float64()
		switch {
		case p.dead:
			if f < 0.15 {
				rollRow(w, nameOf(p), id, p.vill, 420)
				t.DibaoRows++
				t.Q2_DeadOnRollRows++
			}
		case f < 0.002:
			id2, bad := typo(id)
			rollRow(w, nameOf(p), id2, p.vill, 420)
			t.DibaoRows++
			t.Q5_NearMissRows++
			t.RollRowsNotInRegister++
			if bad {
				t.Q4_BadChecksumRows++
			}
		default:
			rollRow(w, nameOf(p), id, p.vill, 420)
			t.DibaoRows++
		}
	}
	done()
	for _, k := range seen {
		if k > 1 {
			t.Q3_DuplicateIDsAcrossRolls++
		}
	}
	b, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return t, err
	}
	if err := os.WriteFile(filepath.Join(dir, "truth.json"), append(b, '\n'), 0o644); err != nil {
		return t, err
	}
	return t, nil
}
