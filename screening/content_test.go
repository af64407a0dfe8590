package screening

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bihuan/chinese"
	"bihuan/office"
)

// Where no header says so, name, number and month are told by what stands in the columns, and nothing else is taken for them.
func TestByContent(t *testing.T) {
	for _, x := range []struct {
		name, text string
		kind       Kind
		want       string
	}{
		{"a name under a word of its own", "享受老人|身份证号|村|金额\n王秀英|99040819400805002X|前村|50\n李山|990408193701010013|前村|50", Roll, "姓名=A 身份证号=B 村=C 金额=D"},
		{"columns without a header", "序号| | |金额\n1|王秀英|99040819400805002X|50\n2|李山|990408193701010013|50", Roll, "姓名=B 身份证号=C 金额=D"},
		{"who collects is nobody of the list", "代领人|身份证号|金额\n王秀英|99040819400805002X|50\n李山|990408193701010013|50", Roll, "身份证号=B 金额=C"},
		{"relations and banks come again and again", "关系人|身份证号|开户行|称谓\n配偶|99040819400805002X|农商行|配偶\n配偶|990408193701010013|农商行|配偶\n配偶|990408194001010012|农商行|配偶", Roll, "身份证号=B"},
		{"a month under a word of its own", "姓名|身份证号|金额|时间\n王秀英|99040819400805002X|50|2026年9月\n李山|990408193701010013|50|2026年10月", Roll, "姓名=A 身份证号=B 金额=C 月份=D"},
		{"no month in a birthday", "姓名|身份证号|金额|时间\n王秀英|99040819400805002X|50|1940-08-05\n李山|990408193701010013|50|1937-01-01", Roll, "姓名=A 身份证号=B 金额=C"},
		{"the day of death", "姓名|身份证号|时间\n王秀英|99040819400805002X|2026年9月5日\n李山|990408193701010013|20261001", Deaths, "姓名=A 身份证号=B 死亡日期=C"},
	} {
		rows := grid(x.text)
		layout, _, err := findLayout(rows, nil)
		if err != nil {
			t.Fatal(err)
		}
		layout.byContent(rows, x.kind, nil, usual.thisMonth())
		var got []string
		for _, s := range synonyms {
			if c, ok := layout.Mapping[s.field]; ok {
				got = append(got, string(s.field)+"="+columnLetters(c.Index))
			}
		}
		if d := cmp.Diff(x.want, strings.Join(got, " ")); d != "" {
			t.Errorf("%s: %s", x.name, d)
		}
	}
}

// A list that cannot be screened as it is says what is missing and how to say it; one that can is read and says what was guessed.
func TestDoubtfulLists(t *testing.T) {
	people := head + "王秀英,99040819400805002X,女,1940-08-05,前村,1,正常,\n李山,990408193701010013,男,1937.1.1,前村,2,正常,"
	var months, register strings.Builder
	for i := range 30 {
		id := fmt.Sprintf("9904081940%02d%02d", 1+i%12, 1+i)
		for range 3 {
			fmt.Fprintf(&months, "老人%c,%s,前村,50\n", '一'+rune(i), sealed(id+"001"))
		}
		fmt.Fprintf(&register, "老人%c,%s,女,,前村,%d,正常,\n", '一'+rune(i), sealed(id+"001"), i)
	}
	for _, x := range []struct {
		name  string
		lists map[Kind]string
		err   string
		note  string
	}{
		{"no header", map[Kind]string{Residents: people, Roll: "王秀英,99040819400805002X,前村\n李山,990408193701010013,前村"}, "", "没有可认的表头"},
		{"a register without names", map[Kind]string{Residents: "身份证号,村\n99040819400805002X,前村"}, "找不到姓名列", ""},
		{"a roll without numbers", map[Kind]string{Residents: people, Roll: "姓名,村,金额\n王秀英,前村,50"}, "", "找不到身份证号列"},
		{"several lines a person and no month", map[Kind]string{Residents: head + register.String(), Roll: "姓名,身份证号,村,金额\n" + months.String()}, "看不出各行是哪个月的", ""},
		{"deaths are no roll", map[Kind]string{Residents: people, Roll: "死者姓名,身份证号,死亡日期,死亡原因,火化日期\n李山,990408193701010013,20260901,病故,20260903"}, "看上去是死亡名单", ""},
		{"a roll is no list of deaths", map[Kind]string{Residents: people, Deaths: "姓名,身份证号,一卡通账号,发放标准,发放金额\n李山,990408193701010013,62,50,50"}, "看上去是高龄津贴发放册", ""},
		{"strangers", map[Kind]string{Residents: people, Roll: "姓名,身份证号,村,金额\n" + strings.ReplaceAll(register.String(), ",女,,前村", ",前村,50")}, "", "户籍里没有"},
	} {
		report, err := Run(t.Context(), lists(usual, x.lists))
		if (err != nil) != (x.err != "") || err != nil && !strings.Contains(err.Error(), x.err) {
			t.Errorf("%s: %v", x.name, err)
		}
		if x.note != "" && !strings.Contains(strings.Join(report.Notes, "\n"), x.note) {
			t.Errorf("%s: notes %q", x.name, report.Notes)
		}
	}
}

// sealed adds the check character.
func sealed(seventeen string) string {
	for _, c := range "0123456789X" {
		if n, ok := chinese.ParseID([]byte(seventeen + string(c))); ok && n.Checked() {
			return seventeen + string(c)
		}
	}
	return ""
}

// One workbook may hold every list of a town: of each kind its own sheets are read, whoever it is given for.
func TestOneWorkbook(t *testing.T) {
	table := func(name, title, text string) office.Sheet {
		rows := grid(text)
		s := office.Sheet{Name: name, Title: title}
		for _, c := range rows[0].Cells {
			s.Table.Columns = append(s.Table.Columns, office.Column{Title: c})
		}
		for _, row := range rows[1:] {
			s.Table.Rows = append(s.Table.Rows, office.Cells(row.Cells...))
		}
		return s
	}
	var b bytes.Buffer
	err := office.WriteXlsx(&b, office.Book{Sheets: []office.Sheet{
		table("户籍", "示范镇户籍人口", "户号|姓名|身份证号|出生日期|与户主关系|村|户口状态|变动日期\n1|王秀英|99040819400805002X|19400805|户主|前村|正常|\n2|李山|990408193701010013|19370101|户主|前村|正常|"),
		table("11月", "示范镇高龄津贴发放花名册", "姓名|身份证号|村|金额|账号\n李山|990408193701010013|前村|50|62"),
		table("死亡", "卫生院死亡登记", "姓名|身份证号|死亡日期\n李山|990408193701010013|20260901"),
		table("低保", "农村低保对象", "户号|姓名|身份证号|与户主关系|村|金额\n2|李山|990408193701010013|户主|前村|300"),
		table("外镇11月", "外镇高龄津贴发放花名册", "姓名|身份证号|村|金额|账号\n李山|990408193701010013|外村|50|63"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Params: usual}
	for _, k := range []Kind{Residents, Roll, OtherRoll, Deaths, Dibao} {
		in.Lists = append(in.Lists, List{Kind: k, File: "all.xlsx", Data: bytes.NewReader(b.Bytes()), Size: int64(b.Len())})
	}
	report, err := Run(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	var read, hits []string
	for _, s := range report.Sheets {
		read = append(read, fmt.Sprintf("%s %s %d", s.Kind, s.Sheet, s.Rows))
	}
	for _, h := range report.Hits {
		hits = append(hits, h.Rule+" "+h.ID)
	}
	if d := cmp.Diff([]string{"residents 户籍 2", "roll 11月 1", "other-roll 外镇11月 1", "deaths 死亡 1", "dibao 低保 1"}, read); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"DB-01 990408193701010013", "HL-01 99040819400805002X", "HL-02 990408193701010013", "HL-05 990408193701010013"}, hits); d != "" {
		t.Error(d)
	}
}

// A second list of the elders that lost the ends of the numbers in a spreadsheet makes nobody anew; twins in it stay two.
func TestDamagedRegister(t *testing.T) {
	in := lists(usual, map[Kind]string{
		Residents: head + "王秀英,99040819400805002X,女,19400805,前村,1,,\n李山,990408193701010013,男,19370101,前村,2,,\n李川,99040819370101003X,男,19370101,前村,2,,",
		Roll:      roll + "王秀英,99040819400805002X,前村,50,2026-11,\n李山,990408193701010013,前村,50,2026-11,\n李川,99040819370101003X,前村,50,2026-11,",
	})
	elders := "姓名,身份证号,出生日期,村,户号\n王秀英,990408194008050000,1940-08-05,前村,1\n李山,990408193701010000,1937-01-01,前村,2\n李川,9.90408E+17,1937-01-01,前村,2\n"
	in.Lists = append(in.Lists, List{Kind: Residents, File: "80.csv", Data: strings.NewReader(elders), Size: int64(len(elders))})
	got := brief(t, in)
	if len(got) > 0 {
		t.Error(got)
	}
}

func TestStandingOf(t *testing.T) {
	for text, want := range map[string]standing{
		"": present, "正常": present, "未注销": present, "常住": present, "迁出": movedOut, "户口迁出": movedOut, "迁往市外": movedOut, "外迁": movedOut, "市外迁入": movedIn, "迁入": movedIn,
		"死亡注销": gone, "注销": gone, "死亡未注销": gone,
	} {
		if got := standingOf(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	for text, want := range map[string]bool{"正常发放": false, "停发": true, "恢复发放": false, "停发后恢复": false, "暂停": true, "未停发": false} {
		if got := stopped(text); got != want {
			t.Errorf("%q: stopped %v", text, got)
		}
	}
}
