package report

import (
	"io"
	"time"

	"bihuan/office"
	"bihuan/org"
)

// mostChoices is how many units a list to choose from offers; a longer one helps nobody.
const mostChoices = 200

// OrgTemplate writes an empty workbook of units, places and people, for the unit with the given name to fill in: the columns that
// [org.ReadBook] reads, with lists to choose kinds, roles and units from.
func OrgTemplate(w io.Writer, unit string, at time.Time, units []org.Unit) error {
	var names []string
	for _, u := range units {
		if len(units) <= mostChoices {
			names = append(names, u.Name)
		}
	}
	words := func(kinds []struct{ Kind, Word string }) (list []string) {
		for _, k := range kinds {
			list = append(list, k.Word)
		}
		return list
	}
	var roles []string
	for _, r := range org.Roles {
		roles = append(roles, r.Word)
	}
	sheet := func(name string, columns ...office.Column) office.Sheet {
		return office.Sheet{Name: name, Table: office.Table{Columns: columns}, FrozenColumns: 1, Blank: templateRows, Footer: name}
	}
	guide := office.Table{Columns: []office.Column{{Title: "填写说明：本页不用填，交表时不必删", Width: 42, Align: office.AlignLeft}}, Size: 12}
	for _, text := range []string{
		"三张表可以只填一张。已经登记过的单位、地点、人员再写一遍不会重复，写得不同的照表改。",
		"单位：最上级写本单位，上级单位空着；其余都要写上级。两个单位同名的，带上级写全，如“甲镇/财政所”。",
		"地点：由大到小是 镇、村、街、胡同、点。所属单位是管护它的单位，空着就随上级地点。",
		"人员：姓名、单位、角色必填。登录名写字母和数字，不登录的人空着；密码由程序生成，导入后显示一次。",
		"岗位和任职起都写了，就登记为任职，从那一天起。一人几个岗位的，各写一行。",
		"换人不要改表，请在岗位页面办交接，前任的记录才会留下。",
		"手机和邮箱选填，页面上只显示一部分，查看全号要写用途并留记录。",
		"有一处不对，整份都不导入，会列出第几行哪一列要改。",
	} {
		guide.Rows = append(guide.Rows, office.Cells(text))
	}
	return office.WriteXlsx(w, office.Book{Title: unit + "单位地点人员", Author: unit, Created: at, Sheets: []office.Sheet{
		sheet("单位", office.Column{Title: "上级单位", Width: 14, Choices: names}, office.Column{Title: "单位名称", Width: 16}, office.Column{Title: "类别", Width: 6, Choices: words(org.Kinds)}),
		sheet("地点", office.Column{Title: "上级地点", Width: 14}, office.Column{Title: "地点名称", Width: 16}, office.Column{Title: "类别", Width: 6, Choices: words(org.PlaceKinds)}, office.Column{Title: "所属单位", Width: 14, Choices: names}),
		sheet("人员", office.Column{Title: "姓名", Width: 6}, office.Column{Title: "单位", Width: 12, Choices: names}, office.Column{Title: "岗位", Width: 10}, office.Column{Title: "角色", Width: 6, Choices: roles},
			office.Column{Title: "登录名", Width: 8}, office.Column{Title: "手机", Width: 8}, office.Column{Title: "邮箱", Width: 12}, office.Column{Title: "任职起", Width: 7}),
		{Name: "填写说明", Table: guide, Portrait: true},
	}})
}
