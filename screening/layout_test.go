package screening

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bihuan/chinese"
	"bihuan/office"
)

// grid makes rows of a text: | parts cells.
func grid(text string) []office.GridRow {
	var rows []office.GridRow
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			row := office.GridRow{Number: i + 1}
			for _, c := range strings.Split(line, "|") {
				row.Cells = append(row.Cells, strings.ReplaceAll(strings.TrimSpace(c), `\n`, "\n"))
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func TestFindLayout(t *testing.T) {
	for _, x := range []struct {
		name, text string
		override   Override
		first      int
		want       string // of the mapping, without the headers
	}{
		{"plain", "姓名|身份证号|村\n王秀英|99040819400805002X|前村", nil, 2, "姓名=A 身份证号=B 村=C"},
		{"titles above", "示范镇高龄津贴发放花名册\n填报单位：民政所 | | 2026年11月5日\n\n序号|对象姓名|公民身份号码|补贴金额（元）\n1|王秀英|99040819400805002X|50", nil, 5, "姓名=B 身份证号=C 金额=D"},
		{"a title above the first column is no group of columns", "示范镇2026年11月份高龄津贴花名册\n姓名|身份证号|村|组|金额\n王秀英|99040819400805002X|前村|1|50", nil, 3, "姓名=A 身份证号=B 村=C 金额=E"},
		{"headers broken and blank", "名 字|身份证\\n号　码|村（居）|一卡通\\n账号", nil, 2, "姓名=A 身份证号=B 村=C 账号=D"},
		{"two rows, merged", "序号|姓名|身份证号码|户籍地| |发放情况| |备注\n | | |村|组|标准|金额| \n1|王秀英|99040819400805002X|前村|1|50|50|", nil, 3, "姓名=B 身份证号=C 村=D 标准=F 金额=G 备注=H"},
		{"all headers in the second row", "基本信息| | |发放信息| \n姓名|身份证号|村名|月标准|实发\n王秀英|99040819400805002X|前村|50|50", nil, 3, "姓名=A 身份证号=B 村=C 标准=D 金额=E"},
		{"whose name it is stands above", "户主信息| |成员信息| |代领人| \n姓名|身份证号|姓名|身份证号|姓名|身份证号\n李山|990408193701010013|王秀英|99040819400805002X|赵平|1", nil, 3, "姓名=C 户主姓名=A 身份证号=D 户主身份证号=B"},
		{"heads only", "村|户主姓名|户主身份证号|金额\n前村|李山|990408193701010013|600", nil, 2, "姓名=B 身份证号=C 村=A 金额=D"},
		{"somebody else's name", "姓名|代领人姓名|身份证号|代领人身份证号|开户人|账号", nil, 2, "姓名=A 身份证号=C 账号=F"},
		{"given by hand", "老人|号|钱\n王秀英|99040819400805002X|50", Override{FieldName: "老人", FieldNumber: "号", FieldAmount: "钱"}, 2, "姓名=A 身份证号=B 金额=C"},
		{"taken away by hand", "姓名|身份证号|金额|实发", Override{FieldAmount: "实发"}, 2, "姓名=A 身份证号=B 金额=D"},
	} {
		layout, found, err := findLayout(grid(x.text), x.override)
		if err != nil || !found {
			t.Errorf("%s: found %v, %v", x.name, found, err)
			continue
		}
		var got []string
		for _, s := range synonyms {
			if c, ok := layout.Mapping[s.field]; ok {
				got = append(got, string(s.field)+"="+columnLetters(c.Index))
			}
		}
		if d := cmp.Diff(x.want, strings.Join(got, " ")); d != "" || layout.First != x.first {
			t.Errorf("%s: first %d, want %d; %s", x.name, layout.First, x.first, d)
		}
	}
	if _, found, err := findLayout(grid("说明\n请按要求填报\n王秀英|99040819400805002X"), nil); found || err != nil {
		t.Errorf("a sheet without a header: %v %v", found, err)
	}
	if _, _, err := findLayout(grid("姓名|身份证号"), Override{FieldAmount: "没有"}); err == nil || !strings.Contains(err.Error(), "没有") {
		t.Errorf("a header that is not there: %v", err)
	}
}

func TestFieldOf(t *testing.T) {
	for header, want := range map[string]Field{
		"姓名": FieldName, "对象姓名": FieldName, "证件号码": FieldNumber, "身份证": FieldNumber, "公民身份号码": FieldNumber, "本人公民身份证号码(18位)": FieldNumber, "出生年月": FieldBirth, "户籍所在地": FieldAddress,
		"村(居)": FieldVillage, "家庭编号": FieldHousehold, "银行卡号": FieldAccount, "社保卡银行卡号": FieldAccount, "补贴标准": FieldStandard, "实发": FieldAmount, "11月补贴金额": FieldAmount, "享受月份": FieldMonth,
		"享受起始": "", "开始享受时间": "", "批准时间": "", "停发年月": FieldStop, "注销原因": FieldReason, "注销日期": FieldStruck, "死亡时间": FieldDeath, "火化日期": FieldCremation, "开户行": "", "联系电话": "", "代领人姓名": "", "监护人身份证号": "",
		"与户主关系": FieldRelation, "户籍状态": FieldState, "变动日期": FieldStateDate, "序号": "", "民族": "", "示范镇2026年11月高龄津贴发放花名册姓名身份证": "",
	} {
		if got, _ := fieldOf(header); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}

func TestIsPerson(t *testing.T) {
	for _, x := range []struct {
		name, id string
		want     bool
	}{
		{"某某镇高龄津贴发放表", "", false}, {"花名册", "", false}, {"王秀英", "99040819400805002X", true}, {"王秀英", "", true}, {"", "99040819400805002X", true}, {"", "", false}, {"合 计", "", false}, {"小计", "", false}, {"共1432人", "", false},
		{"制表人：样例甲", "", false}, {"姓名", "身份证号", false}, {"2", "3", false}, {"甲", "乙", false}, {"", "9.90408E+17", true}, {"阿依古丽·买买提", "", true}, {"审核：", "", false}, {"单位（盖章）", "", false},
	} {
		if got := isPerson(x.name, chinese.ReadID(x.id)); got != x.want {
			t.Errorf("%q %q: %v", x.name, x.id, got)
		}
	}
}
