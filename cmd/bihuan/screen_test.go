package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"bihuan/office"
)

// The workbook that bihuan screen writes bears the mark.
func TestScreenWorkbookIsMarked(t *testing.T) {
	folder := t.TempDir()
	c := screenCommand{Params: filepath.Join(folder, "params.json"), Out: filepath.Join(folder, "hits.jsonl"), XLSX: filepath.Join(folder, "hits.xlsx")}
	for name, content := range map[string]string{
		"params.json":   `{"as_of":"2026-11-30","age_threshold":80,"first_month":"birthday","grace_months_after_death":1,"tiers":[{"from_age":80,"to_age":0,"yuan_per_month":50}]}`,
		"residents.csv": "姓名,身份证号,村,户号,户籍状态\n王秀英,99040819400805002X,东槐村,1,正常\n李山,990408193701010013,东槐村,2,正常\n",
		"roll.csv":      "姓名,身份证号,村,发放金额,发放月份\n李山,990408193701010013,东槐村,50,2026-11\n",
	} {
		must(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
		if kind, ok := strings.CutSuffix(name, ".csv"); ok {
			c.List = append(c.List, kind+"="+filepath.Join(folder, name))
		}
	}
	if out, err := said(t, c.Run); err != nil {
		t.Fatal(err, out)
	}
	f, err := excelize.OpenFile(c.XLSX)
	must(t, err)
	rows, err := f.GetRows(f.GetSheetList()[0])
	must(t, err)
	hf, err := f.GetHeaderFooter(f.GetSheetList()[0])
	must(t, err)
	if text := fmt.Sprint(rows, hf); !strings.Contains(text, "王秀英") || !strings.Contains(text, account()+"　") || strings.Count(text, "用途：仅供核实使用　含居民完整号码，用后销毁，不得转发") != 2 || !strings.Contains(account(), "本机账户") {
		t.Error(text)
	}
	must(t, f.Close())
}

// A workbook of hits says who made it, when and what for: below each table, at head and foot of each page, and in its properties. The hits
// in it are as they were.
func TestHitsAreMarked(t *testing.T) {
	sheet := office.Sheet{Name: "HL-01", Title: "应享未享", Notes: []string{"疑点只是线索"}, Table: office.Table{Columns: []office.Column{{Title: "姓名", Width: 8}}, Rows: []office.Row{office.Cells("张秀英")}}}
	book := office.Book{Sheets: []office.Sheet{sheet, sheet}}
	at := time.Date(2026, 11, 26, 9, 20, 0, 0, time.Local)
	var plain, b bytes.Buffer
	must(t, office.WriteXlsx(&plain, book))
	must(t, office.WriteXlsx(&b, marked(book, "本机账户 hexiaoyu", at)))
	before, err := excelize.OpenReader(&plain)
	must(t, err)
	after, err := excelize.OpenReader(&b)
	must(t, err)
	const line = "本机账户 hexiaoyu　2026-11-26 09:20导出　用途：仅供核实使用　含居民完整号码，用后销毁，不得转发"
	for _, name := range after.GetSheetList() {
		hf, err := after.GetHeaderFooter(name)
		must(t, err)
		if hf.OddHeader != "&C&9 "+line || hf.OddFooter != "&L&9 仅供核实使用&C&9第 &P 页，共 &N 页" {
			t.Errorf("%s: %+v", name, hf)
		}
		was, err := before.GetRows(name)
		must(t, err)
		is, err := after.GetRows(name)
		must(t, err)
		if d := cmp.Diff(was[:3], is[:3]); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if len(is) != len(was)+1 || is[3][0] != line {
			t.Errorf("%s: below the table stands %q", name, is[3:])
		}
	}
}
