package vault_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"bihuan/chinese"
	"bihuan/screening"
	"bihuan/vault"
)

// english are the words for faith in names of columns, fields and types.
var english = regexp.MustCompile(`(?i)belief|believ|faith|relig|worship|church|mosque|baptis|baptiz|christian|buddh|muslim|islam|tao(ism|ist)|catholic|protestant|parish|pastor|monk|\bnun\b|\bpray`)

// refusing are the files that name such words in order to refuse them.
var refusing = map[string]bool{
	"chinese/belief.go": true, "screening/field.go": true, "screening/layout.go": true, "screening/screening.go": true, "screening/load.go": true, "screening/inspect.go": true, "vault/text.go": true, "plan/law.go": true,
}

// allowed are words that stand for something else, or that tell people what is refused.
var allowed = map[string]string{"plan/frequency.go": "礼拜", "web/templates/dataset-new.html": "<b>不收信仰</b>　表头里有信仰、宗教一类的列"}

// There is no place for anybody's faith: no table and column of either database, no field of a form, no header that a list may have, no kind
// of list, no word on a screen or on paper (L10).
func TestNoPlaceForFaith(t *testing.T) {
	looked := map[string]int{}
	check := func(where, text string, names bool) {
		if word := chinese.Belief(text); word != "" {
			t.Errorf("%s: %s in %q", where, word, text)
		}
		if word := english.FindString(text); names && word != "" {
			t.Errorf("%s: %s in %q", where, word, text)
		}
	}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel("..", path)
		name = filepath.ToSlash(name)
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && name != "." || d.Name() == "testdata" || d.Name() == "out" {
				return fs.SkipDir
			}
			return nil
		}
		ext := filepath.Ext(name)
		if ext != ".sql" && ext != ".html" && ext != ".go" || strings.HasSuffix(name, "_test.go") || refusing[name] || strings.HasPrefix(name, "screening/screentest/") || strings.HasPrefix(name, "bench/") {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		looked[ext]++
		if word := allowed[name]; word != "" {
			if !strings.Contains(string(content), word) {
				t.Errorf("%s no longer says %q", name, word)
			}
			content = []byte(strings.ReplaceAll(string(content), word, ""))
		}
		if ext != ".go" {
			for i, line := range strings.Split(string(content), "\n") {
				check(fmt.Sprintf("%s:%d", name, i+1), line, true)
			}
			return nil
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, content, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if n.Kind == token.STRING {
					text, _ := strconv.Unquote(n.Value) // it was parsed
					check(files.Position(n.Pos()).String(), text, false)
				}
			case *ast.Field:
				for _, id := range n.Names {
					check(files.Position(id.Pos()).String(), id.Name, true)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if looked[".sql"] < 10 || looked[".html"] < 80 || looked[".go"] < 200 {
		t.Errorf("looked at %v", looked)
	}
	for _, kind := range screening.Kinds {
		check("kinds of lists", string(kind), true)
	}
	check("fields of lists", screening.FieldList(), true)
}

// probes are thirty texts that somebody might write into a field: somebody's faith, numbers, lists of both. None is taken.
var probes = []string{
	"张秀英信教", "该户信仰基督教", "教徒名单：张秀英、李梅、王建国", "信众三人：张秀英 13800001234、李梅、赵强", "本人为居士，常住庙里", "不信教", "每周去教堂做礼拜", "2019年受洗，圣名略", "家庭聚会点负责人王建国，电话13900005678", "清真寺礼拜人员登记：马某、丁某",
	"990408194610010018", "身份证号：990408194610010018", "９９０４０８１９４６１００１００１８", "99040819461001001x", "990408 19461001 0018", "张秀英 990408194610010018 李梅 990408195202020026", "旧号990408461001001", "证件 990408-19461001-0018", "13800001234", "电话 138 0000 1234",
	"138-0000-1234（儿子）", "联系人：张强，１３８００００１２３４", "张强13800001234，李梅13900005678，王刚13700009999", "卡号6217000010001234567", "一卡通 6217 0000 1000 1234 567", "账户6217-0000-1000-1234", "信佛，990408194610010018", "穆斯林家庭，饮食照顾", "信 主 多 年，电话13800001234", "入教后不再来往",
}

func TestProbesAreRefused(t *testing.T) {
	if len(probes) != 30 {
		t.Errorf("%d probes", len(probes))
	}
	for _, text := range probes {
		if err := vault.CheckText("情况", text); err == nil {
			t.Errorf("%q is taken", text)
		}
		if err := vault.CheckText("情况", "入户核实："+text+"。"); err == nil {
			t.Errorf("%q is taken in a sentence", text)
		}
	}
}

// A list with a column about faith is not read, wherever the column stands and however its header is written.
func TestListsOfFaithAreRefused(t *testing.T) {
	params, err := screening.ReadParams(strings.NewReader(`{"as_of":"2026-11-26","age_threshold":80,"first_month":"birthday","grace_months_after_death":0,"tiers":[{"from_age":80,"to_age":0,"yuan_per_month":50}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range []string{"是否信教", "宗教信仰", "信 教", "信仰", "教派", "是否教徒", "受洗时间", "皈依", "所属教会", "宗教类别"} {
		for _, columns := range []string{header + ",姓名,身份证号,出生日期,村", "姓名,身份证号,出生日期,村," + header, "姓名,身份证号," + header + ",出生日期,村"} {
			row := make([]string, 5)
			for i, c := range strings.Split(columns, ",") {
				row[i] = map[string]string{"姓名": "张秀英", "身份证号": "990408194610010018", "出生日期": "19461001", "村": "东槐村", header: "是"}[c]
			}
			text := "栖禾镇户籍人口\n" + columns + "\n" + strings.Join(row, ",") + "\n"
			_, err := screening.Run(t.Context(), screening.Input{Params: params, Lists: []screening.List{{Kind: screening.Residents, File: "户籍.csv", Data: strings.NewReader(text), Size: int64(len(text))}}})
			if err == nil || !strings.Contains(err.Error(), "信仰") {
				t.Errorf("%s: %v", columns, err)
			}
		}
	}
}
