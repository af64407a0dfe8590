package plan

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"bihuan/office"
)

func fileText(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// longPlan makes a plan of so many findings, about 500 characters each.
func longPlan(findings int) string {
	var b strings.Builder
	b.WriteString("青禾镇党委关于落实县委巡察反馈意见的整改方案\n2024年3月4日至4月30日，县委第二巡察组对青禾镇党委进行了巡察，2024年6月3日反馈意见。\n")
	for i := 0; i < findings; i++ {
		if i%10 == 0 {
			fmt.Fprintf(&b, "（%s）聚焦第%d类职责落实方面\n", []string{"一", "二", "三", "四", "五", "六", "七", "八", "九", "十"}[i/10%10], i/10+1)
		}
		fmt.Fprintf(&b, "%d.第%d项工作责任落实不够到位。一是%d个村的道路、路灯和图书室长期无人管护，群众出行不便，多次向村里反映没有结果，相关台账记录不完整；二是镇级督促检查流于形式，全年只检查%d次，发现的问题没有跟踪整改，个别村干部应付了事。三是村级财务公开不及时，公开栏内容停留在上一年度，群众意见较大。\n", i%10+1, i+1, i%7+2, i%5+1)
		fmt.Fprintf(&b, "整改措施：一是逐村核查道路和路灯损坏情况，列出清单，%d个月内全部修复，图书室每周开放不少于3天；二是镇农业农村办每月第一个周五到村检查，检查结果当日反馈，下月复查；三是村务公开每季度更新一次，由村务监督委员会签字，镇纪委按季抽查，发现造假的严肃处理。\n", i%6+1)
		fmt.Fprintf(&b, "责任领导：陈立新（党委副书记）\n责任单位：镇农业农村办、镇财政所，各村\n责任人：吴海波、江敏\n完成时限：2024年%d月底前，长期坚持\n", i%6+7)
	}
	return b.String()
}

func BenchmarkRead(b *testing.B) {
	for _, n := range []int{10, 60, 100, 1000} {
		doc := textDocument(longPlan(n), "txt")
		b.Run(fmt.Sprintf("findings=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if p := Read(doc); len(p.Sections) == 0 {
					b.Fatal("nothing read")
				}
			}
		})
	}
}

// A paper that repeats one sign or label is read in time that grows with its length: a fifth of the longest paper taken must end
// within a time that only another growth exceeds. A longer one is refused.
func TestHostileSizes(t *testing.T) {
	for _, unit := range []string{"一是", "1.", "（一）", "①", "整改措施：", "问题1：\n", "“", "(", "责任单位：", "每", "关于“", "2025年", "、", "|", "\n一、x\n", "1.a\n", "- ", "。", "一", "第", "1-1 ", "每周至少", "|序号|问题|措施|\n", "问题：a\n措施：b\n", "ǘ┙一\n", "责任人：张三、", "1.1 ", "x月x日"} {
		const size = mostText / 5 / slowness
		text := strings.Repeat(unit, size/len([]rune(unit)))
		start := time.Now()
		Read(textDocument(text, "txt"))
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%q repeated to %d characters: %v", unit, size, d)
		}
	}
	var refused *office.Error
	if err := TooLong(textDocument(strings.Repeat("一", mostText+1), "txt")); !errors.As(err, &refused) {
		t.Errorf("a paper of %d characters: %v", mostText+1, err)
	}
	if err := TooLong(textDocument(longPlan(600), "txt")); err != nil {
		t.Error(err)
	}
}
