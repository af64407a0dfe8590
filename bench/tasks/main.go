// Command tasks writes the seed of the application benchmark: n invented
// rectification tasks as CSV (n,title,body,unit,status,due,created) with Chinese
// text in which known terms occur a known number of times.
//
//	tasks -n 100000 > tasks.csv
//
// unit is 1..60, status 1..5 (shares 10 40 15 25 10 %), due a date, created a
// time. The same n gives the same bytes.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"
)

// terms are put into the given share of bodies.
var terms = []struct {
	word  string
	share float64
}{{"高龄津贴", 0.05}, {"低保", 0.12}, {"死亡", 0.03}, {"台账", 0.30}, {"医疗救助", 0.02}, {"套取", 0.004}, {"危房改造", 0.01}, {"临时救助", 0.008}}

var parts = strings.Split("严格落实主体责任,建立长效机制,完善管理制度,加强部门协作,强化监督检查,定期开展数据比对,逐户逐人入户核查,健全信息共享渠道,按月报送进展情况,及时追回违规资金,举一反三全面排查,组织业务培训,明确责任分工,规范审批流程,公开公示发放名单,开展回头看专项检查,压实镇村两级责任,补齐制度短板,畅通群众投诉渠道,严肃追责问责,制定整改方案,细化任务清单,倒排工期销号管理,纳入年度考核,形成闭环管理", ",")
var heads = strings.Split("民政领域,养老服务,社会救助,乡村振兴,医保基金,教育资助,农村道路,饮水安全,住房保障,就业补助,残疾人补贴,耕地保护", ",")

func main() {
	n := flag.Int("n", 100000, "tasks")
	flag.Parse()
	w := bufio.NewWriter(os.Stdout)
	write(w, *n)
	if err := w.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// write writes n tasks; an error of w shows when it is flushed.
func write(w *bufio.Writer, n int) {
	r := rand.New(rand.NewPCG(7, 7))
	fmt.Fprintln(w, "n,title,body,unit,status,due,created")
	base := time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)
	for i := 1; i <= n; i++ {
		var b strings.Builder
		for range 4 + r.IntN(9) {
			b.WriteString(parts[r.IntN(len(parts))])
			b.WriteString("；")
			for _, t := range terms {
				if r.Float64() < t.share/8 {
					b.WriteString("核查")
					b.WriteString(t.word)
					b.WriteString("发放情况；")
				}
			}
		}
		title := fmt.Sprintf("%s问题整改第%d项：%s", heads[r.IntN(len(heads))], i, parts[r.IntN(len(parts))])
		f, s := r.Float64(), 1
		switch {
		case f < .10:
		case f < .50:
			s = 2
		case f < .65:
			s = 3
		case f < .90:
			s = 4
		default:
			s = 5
		}
		fmt.Fprintf(w, "%d,%s,%s,%d,%d,%s,%s\n", i, title, b.String(), 1+r.IntN(60), s,
			base.AddDate(0, 0, r.IntN(730)).Format("2006-01-02"),
			base.Add(-time.Duration(r.IntN(365*24*3600))*time.Second).Format("2006-01-02 15:04:05"))
	}
}
