package publicity_test

import (
	"strings"
	"testing"

	"bihuan/benefit"
	"bihuan/publicity"
)

func TestSuggest(t *testing.T) {
	terms := benefit.Terms{
		{Name: benefit.Threshold, Value: "80", ValidFrom: "2018-01-01", Basis: "栖政〔2018〕1号"},
		{Name: benefit.Population, Value: "户口在本镇", ValidFrom: "2018-01-01", Basis: "栖政〔2018〕1号"},
		{Name: benefit.Amount, From: 80, To: 99, Value: "5000", ValidFrom: "2018-01-01", ValidTo: "2026-06-30", Basis: "栖政〔2018〕1号"},
		{Name: benefit.Amount, From: 80, To: 99, Value: "6000", ValidFrom: "2026-07-01", Basis: "栖政〔2026〕9号"},
		{Name: benefit.Amount, From: 100, Value: "100000", ValidFrom: "2018-01-01", Basis: "栖政〔2018〕1号"},
		{Name: benefit.Cycle, Value: benefit.Quarterly, ValidFrom: "2018-01-01", Basis: "栖政〔2018〕1号"},
		{Name: benefit.Threshold, Value: "70", ValidFrom: "2018-01-01"}, // an example
	}
	p := benefit.Programme{ID: 7, Name: "高龄津贴"}
	before, after := publicity.Suggest(p, terms, "2026-03-01"), publicity.Suggest(p, terms, "2026-08-01")
	if before.Who != "年满80周岁\n户口在本镇" || before.Amount != "80–99岁每月50元，100岁起每月1000元，一季度发一次" || before.ValidFrom != "2018-01-01" || before.Basis != "栖政〔2018〕1号" || before.Programme != 7 {
		t.Errorf("%+v", before)
	}
	if after.Amount != "80–99岁每月60元，100岁起每月1000元，一季度发一次" || after.ValidFrom != "2026-07-01" || after.Basis != "栖政〔2018〕1号、栖政〔2026〕9号" {
		t.Errorf("%+v", after)
	}
	if said := before.Outdated(terms, "2026-06-30"); said != "" {
		t.Errorf("outdated before its day: %s", said)
	}
	if said := before.Outdated(terms, "2026-07-01"); !strings.Contains(said, "2026-07-01 起变了（栖政〔2026〕9号）") {
		t.Errorf("said %q", said)
	}
	if said := after.Outdated(terms, "2026-08-01"); said != "" {
		t.Errorf("outdated: %s", said)
	}
}
