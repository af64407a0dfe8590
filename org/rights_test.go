package org_test

import (
	"errors"
	"strings"
	"testing"

	"bihuan/org"
)

// rightsPaper is who may do what, as a person reads it: a row for each action, a mark for each role that may.
const rightsPaper = `
          管 经 领 书 巡 责
查看台账     √ √ √ √ √ √
导入方案     √ √ - - - -
修改台账     √ √ - - - -
登记进展     √ √ - - - √
导出         √ √ √ √ √ √
查看总览     √ √ √ √ √ -
管理人员     √ - - - - -
交接岗位     √ √ - - - -
修改设置     √ √ - - - -
运维         √ - - - - -
交办         - √ √ - - -
复核         - √ √ - - -
取消任务     - √ √ - - -
审批延期     - - √ √ - -
申请销号     - √ - - - √
审核销号     - - √ - - -
签批销号     - - - √ - -
核准销号     - - - - √ -
重新打开     - - - √ √ -
结束长期坚持 - - - √ - -
发函         - √ √ √ √ -
提巡察建议   - - - - √ -
答复巡察建议 - √ - √ - -
抽查         - - - - √ -
回访         - - √ - √ -
征求群众意见 - √ - - √ -
核对材料提示 - √ √ - √ -
依法删除     √ - - - - -
查看居民信息 - √ √ - - √
查看完整号码 - √ - - - -
查看调阅记录 √ - √ √ √ -
管理惠民项目 - √ - - - -
提出享受建议 - √ - - - -
签发报县函   - - √ √ - -
登记县级决定 - √ √ - - -
筛查         - √ - - - -
核实疑点     - √ - - - √
复核疑点     - √ √ - - -
公示         - √ - - - -
政策宣传     - √ - - - √
知晓抽查     - √ √ - √ -
登记群众诉求 - √ - - - √
`

var rightsRoles = []org.Role{org.Admin, org.Clerk, org.Leader, org.Secretary, org.Supervisor, org.Cadre}

// Every action is held against every role, at the own unit, below it, beside it, above it, and at the unit of a held post and below.
func TestRights(t *testing.T) {
	want := map[org.Action]map[org.Role]bool{}
	for line := range strings.Lines(rightsPaper) {
		f := strings.Fields(line)
		if len(f) != 7 {
			continue
		}
		row := map[org.Role]bool{}
		for i, role := range rightsRoles {
			row[role] = f[i+1] == "√"
		}
		want[org.Action(f[0])] = row
	}
	if len(want) != len(org.Rights) {
		t.Errorf("the paper knows %d actions, the table %d", len(want), len(org.Rights))
	}
	district := org.Unit{ID: 1, Kind: org.District, Name: "试区", Path: "/1/"}
	town := org.Unit{ID: 2, Parent: 1, Kind: org.Town, Name: "甲镇", Path: "/1/2/"}
	below := org.Unit{ID: 3, Parent: 2, Kind: org.Village, Name: "东村", Path: "/1/2/3/"}
	sibling := org.Unit{ID: 4, Parent: 1, Kind: org.Town, Name: "乙镇", Path: "/1/4/"}
	alike := org.Unit{ID: 22, Parent: 1, Kind: org.Town, Name: "丙镇", Path: "/1/22/"}
	office := org.Unit{ID: 5, Parent: 4, Kind: org.Office, Name: "乙镇党政办", Path: "/1/4/5/"}
	desk := org.Unit{ID: 6, Parent: 5, Kind: org.Office, Name: "档案室", Path: "/1/4/5/6/"}
	check := func(who org.Person, a org.Action, u org.Unit, want bool) {
		t.Helper()
		err := who.Check(a, u)
		var denied org.Denied
		if (err == nil) != want || err != nil && !errors.As(err, &denied) {
			t.Errorf("%s with %v: %s at %s: %v, want %v", who.Role, who.Posts, a, u.Name, err, want)
		}
	}
	for action := range org.Rights {
		row, ok := want[action]
		if !ok {
			t.Errorf("the paper lacks %s", action)
		}
		for _, role := range rightsRoles {
			plain := org.Person{Name: "某人", Role: role, Unit: town}
			if plain.May(action) != row[role] {
				t.Errorf("%s may %s: %v", role, action, plain.May(action))
			}
			for u, inside := range map[org.Unit]bool{town: true, below: true, sibling: false, alike: false, district: false, office: false} {
				check(plain, action, u, inside && row[role])
			}
			for _, held := range append([]org.Role{""}, rightsRoles...) {
				who := plain
				who.Posts = []org.PostHeld{{ID: 7, Title: "挂职", Role: held, Unit: office}}
				for _, u := range []org.Unit{office, desk} {
					check(who, action, u, row[held]) // the own role counts for nothing there
				}
				for u, inside := range map[org.Unit]bool{town: true, below: true, sibling: false, district: false} {
					check(who, action, u, inside && row[role])
				}
				if who.May(action) != (row[role] || row[held]) {
					t.Errorf("%s holding %q may %s: %v", role, held, action, who.May(action))
				}
				if sees := held != ""; who.Within(desk) != sees || who.Within(sibling) || !who.Within(below) {
					t.Errorf("%s holding %q sees %v", role, held, who.Units())
				}
			}
		}
		if !org.Program.May(action) == row[org.Admin] {
			t.Errorf("the program may not %s as an admin may", action)
		}
	}
	above := org.Person{Role: org.Clerk, Unit: below, Posts: []org.PostHeld{{Role: org.Leader, Unit: town}, {Role: org.Cadre, Unit: below}}}
	if u := above.Units(); len(u) != 1 || u[0] != town {
		t.Errorf("a post above the own unit covers it: %v", u)
	}
	if above.Scope() == (org.Person{Role: org.Clerk, Unit: below}).Scope() {
		t.Error("a post changes what is seen, and the scope does not tell")
	}
}
