package office

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestTitleLines(t *testing.T) {
	for _, test := range []struct{ want string }{
		{"栖禾镇巡察整改问题清单"},
		{"中共云溪县柳河镇委员会关于落实县委\n第三巡察组反馈意见的整改方案"},
		{"关于落实区委第三轮巡察第二巡察组\n反馈意见的整改工作实施方案"},
		{"中共栖禾镇委员会\n关于巡察整改进展情况的通报"},
		{"中共栖禾镇委员会关于2026年区委第三轮\n巡察反馈问题集中整改进展情况的报告"},
		{"栖禾镇党委书记组织落实\n巡察整改工作情况的报告"},
		{"栖禾镇关于印发《栖禾镇农村人居环境\n整治“六长一网”工作责任清单》的通知"},
	} {
		title := strings.ReplaceAll(test.want, "\n", "")
		if diff := cmp.Diff(test.want, strings.Join(titleLines(title, 19), "\n")); diff != "" {
			t.Error(diff)
		}
	}
	if got := titleLines("栖禾镇\n整改方案", 19); len(got) != 2 {
		t.Errorf("the author's break is not kept: %q", got)
	}
	if got := titleLines("责任单位", 3); !cmp.Equal(got, []string{"责任", "单位"}) {
		t.Errorf("a title in a narrow column breaks as %q", got)
	}
}

// No title loses a character, grows wider than the line, or takes long, whatever it holds.
func TestTitleLinesKeepAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		title := rapid.StringOfN(rapid.SampledFrom([]rune("中共栖禾镇委员会关于落实反馈意见整改方案的第三轮2026年（）“”《》、 x")), 0, 120, -1).Draw(t, "title")
		wide := rapid.Float64Range(1, 30).Draw(t, "wide")
		lines := titleLines(title, wide)
		bare := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if bare(strings.Join(lines, "")) != bare(title) {
			t.Fatalf("%q became %q", title, lines)
		}
		if len(lines) > 1 {
			for _, line := range lines {
				if textWidth(line) > wide+1e-9 && len([]rune(line)) > 1 {
					t.Fatalf("line %q is wider than %v", line, wide)
				}
			}
		}
	})
}
