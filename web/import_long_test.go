package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bihuan/store/storetest"
)

// longPaper is a plan of n findings in ten aspects, each finding in four paragraphs.
func longPaper(n int) string {
	var b strings.Builder
	b.WriteString("柳塘镇党委关于区委巡察反馈意见的整改方案\n2026年3月2日，区委第二巡察组反馈了意见，现制定整改方案如下。\n")
	for i := range n {
		if i%(n/10) == 0 {
			fmt.Fprintf(&b, "%s、第%d个方面\n", []string{"一", "二", "三", "四", "五", "六", "七", "八", "九", "十"}[i/(n/10)], i/(n/10)+1)
		}
		fmt.Fprintf(&b, "%d.第%d项工作不到位，台账更新不及时。一是%d号点位雨雪天道路积水结冰，群众出行不便。二是会议以传达代替研讨，流于形式。三是高龄津贴存在应享未享。\n", i%(n/10)+1, i+1, i+1)
		fmt.Fprintf(&b, "整改措施：一是排查%d号点位道路积水，疏通排水沟，每周巡查一次。二是每季度围绕一个专题开展研讨，形成纪要。三是每月比对年满80周岁人员名单，落实高龄津贴。\n", i+1)
		b.WriteString("责任单位：党政办　责任人：韩春梅\n完成时限：2026年5月底前，长期坚持\n")
	}
	return b.String()
}

// A plan of 300 findings in 1,200 paragraphs stays usable: each page is small.
func TestLongPlanIsUsable(t *testing.T) {
	s := newImportSite(t, storetest.SQLite(t))
	u := s.login(t, "clerk")
	begin := time.Now()
	a := u.newPlan(longPaper(300))
	u.wants(a, 200, "读出 300 个问题", "第 1–100 个问题，共 300 个")
	t.Logf("upload, reading and first page: %v", time.Since(begin).Round(time.Millisecond))
	for _, path := range []string{a.path, a.path + "?page=3", a.path + "?at=m9.29.2", a.path + "?panel=m9.29.2", a.path + "?confirm"} {
		begin := time.Now()
		page := u.get(path)
		took := time.Since(begin)
		t.Logf("%s: %d KB in %v", strings.TrimPrefix(path, a.path), len(page.text)/1024, took.Round(time.Millisecond))
		if page.status != 200 || len(page.text) > 1<<20 {
			t.Errorf("%s: status %d, %d bytes", path, page.status, len(page.text))
		}
	}
	u.wants(u.get(a.path+"?at=m9.29.2"), 200, `id="panel"`, "第 201–300 个问题", `id="x-m9.29.2"`)
}
