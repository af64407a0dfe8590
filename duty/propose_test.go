package duty

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bihuan/calendar"
	"bihuan/plan"
)

// What the reader makes of a plan's words, and what is proposed for it.
func TestPropose(t *testing.T) {
	for _, x := range []struct{ text, want string }{
		{"每周五下午集中学习", "FREQ=WEEKLY;BYDAY=FR;X-SHIFT=next"},
		{"每周二、周四值班", "FREQ=WEEKLY;BYDAY=TU,TH;X-SHIFT=next"},
		{"每周六上午打扫", "FREQ=WEEKLY;BYDAY=SA"},
		{"每周召开调度会", "FREQ=WEEKLY"},
		{"每两周召开调度会", "FREQ=WEEKLY;INTERVAL=2"},
		{"每周巡河2次", "FREQ=WEEKLY;X-TIMES=2"},
		{"每周不少于1次", "FREQ=WEEKLY"},
		{"每旬巡河1次", "FREQ=MONTHLY;X-TIMES=3"},
		{"每半月通报", "FREQ=MONTHLY;X-TIMES=2"},
		{"每个月末集中收集", "FREQ=MONTHLY;X-WORKDAY=-1"},
		{"每月最后一个工作日收集", "FREQ=MONTHLY;X-WORKDAY=-1"},
		{"每月第一个工作日报送", "FREQ=MONTHLY;X-WORKDAY=1"},
		{"每季度末通报", "FREQ=MONTHLY;INTERVAL=3;X-WORKDAY=-1"},
		{"每月进行一次排名", "FREQ=MONTHLY"},
		{"每月10日前足额发放", "FREQ=MONTHLY;BYMONTHDAY=10;X-SHIFT=previous"},
		{"固定在每月10日、25日召开", "FREQ=MONTHLY;BYMONTHDAY=10,25;X-SHIFT=next"},
		{"每月第二周检查", "FREQ=MONTHLY;BYMONTHDAY=14;X-SHIFT=previous"},
		{"每月第一个周六清洁", "FREQ=MONTHLY;BYDAY=1SA"},
		{"每月第一个周一例会", "FREQ=MONTHLY;BYDAY=1MO;X-SHIFT=next"},
		{"每月走访不少于40户", "FREQ=MONTHLY"},
		{"每月驻村不少于20天", "FREQ=MONTHLY"},
		{"每月检查不少于2次", "FREQ=MONTHLY;X-TIMES=2"},
		{"每季度通报", "FREQ=MONTHLY;INTERVAL=3"},
		{"财务收支按季公开", "FREQ=MONTHLY;INTERVAL=3"},
		{"每半年开展一次清查", "FREQ=MONTHLY;INTERVAL=6"},
		{"每年不少于2次", "FREQ=YEARLY;X-TIMES=2"},
		{"每年不少于40学时", "FREQ=YEARLY"},
		{"每年12月盘点", "FREQ=YEARLY;BYMONTH=12"},
		{"每年6月前发放", "FREQ=YEARLY;BYMONTH=5"},
		{"每年11月底前完成", "FREQ=YEARLY;BYMONTH=11"},
		{"每年6月、12月核查", "FREQ=YEARLY;BYMONTH=6,12"},
		{"每年清明节前排查", "X-EVENT=清明节;X-BEFORE=7;X-SIDE=before;X-SHIFT=previous"},
		{"每年国庆前后检查", "X-EVENT=国庆节;X-BEFORE=7;X-AFTER=7"},
		{"每年春节期间慰问", "X-EVENT=春节"},
		{"每年汛期前清淤", "X-EVENT=汛期;X-BEFORE=15;X-SIDE=before;X-SHIFT=previous"},
		{"每年七一前走访", "FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=1;X-SHIFT=previous"},
		{"每逢重大节假日值守", "X-EVENT=节假日"},
		{"每逢雨天巡查", "X-EVENT=雨天"},
		{"每逢农历三、八赶集日值守", "X-EVENT=赶集日;X-EACH=1"},
		{"每逢周末开放", "FREQ=WEEKLY;BYDAY=SA,SU"},
		{"每天巡查", "FREQ=DAILY;X-SHIFT=skip"},
		{"每个工作日巡查", "FREQ=DAILY;X-SHIFT=skip"},
		{"每日巡查2次", "FREQ=DAILY;X-SHIFT=skip"},
		{"每3天巡查一次水源", "FREQ=DAILY;INTERVAL=3;X-SHIFT=next"},
		{"每天18时至20时值守", "FREQ=DAILY"},
		{"每晚巡逻", "FREQ=DAILY"},
		{"24小时专人盯守", "FREQ=DAILY;X-ALLDAY=1"},
	} {
		phrases, rules := plan.Frequencies(x.text)
		if len(rules) != 1 {
			t.Errorf("%s: the reader finds %q", x.text, phrases)
			continue
		}
		r, err := Propose(phrases[0], rules[0])
		if err != nil || r.String() != x.want {
			t.Errorf("%s (%s, %+v): %s %v, want %s", x.text, phrases[0], rules[0], r, err, x.want)
		}
	}
}

func TestProposeAsks(t *testing.T) {
	for _, x := range []struct{ text, why string }{
		{"定期开展检查", "“定期”数不出次数"}, {"常态化开展巡查", "常态化"}, {"每2小时巡查一次", "按天登记"}, {"每村每月接受检查不超过2次", "上限"},
	} {
		phrases, rules := plan.Frequencies(x.text)
		if len(rules) != 1 {
			t.Errorf("%s: the reader finds %q", x.text, phrases)
			continue
		}
		if r, err := Propose(phrases[0], rules[0]); err == nil || !strings.Contains(err.Error(), x.why) || !strings.Contains(err.Error(), "请") && !strings.Contains(err.Error(), "选") {
			t.Errorf("%s: %s %v, want %s", x.text, r, err, x.why)
		}
	}
	if r, err := Propose("", plan.Rule{RRule: "FREQ=MONTHLY", Count: 40}); err != nil || r.String() != "FREQ=MONTHLY" {
		t.Errorf("40 of something a month: %s %v", r, err)
	}
	if _, err := Propose("", plan.Rule{}); err == nil {
		t.Error("no words propose nothing")
	}
}

// Every phrase that the reader finds in the specimen plans is proposed as a rule that falls on some day, or refused with a
// sentence; few are refused.
func TestProposeOfSpecimens(t *testing.T) {
	files, err := filepath.Glob("../plan/testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no specimens", err)
	}
	phrases := map[string]bool{}
	var collect func(v any)
	collect = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				collect(x)
			}
		case map[string]any:
			for name, x := range v {
				if list, ok := x.([]any); ok && name == "frequency_phrases" {
					for _, p := range list {
						phrases[p.(string)] = true
					}
				}
				collect(x)
			}
		}
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatal(f, err)
		}
		collect(v)
	}
	c := calendar.Published()
	events := []calendar.Window{{Name: "赶集日", From: "2026-03-03", To: "2026-03-03"}}
	read, proposed := 0, 0
	for phrase := range phrases {
		_, rules := plan.Frequencies(phrase)
		for _, p := range rules {
			if p.Vague != "" {
				continue
			}
			read++
			r, err := Propose(phrase, p)
			if err != nil {
				t.Logf("%s: %v", phrase, err)
				continue
			}
			proposed++
			if len(r.Dates(c, events, "2024-01-01", "2024-01-01", "2031-12-31")) == 0 && (r.Event == "" || calendar.Statutory(r.Event)) {
				t.Errorf("%s: %s falls on no day", phrase, r)
			}
			t.Logf("%s: %s", phrase, r.Words())
		}
	}
	if read < 100 || proposed < read*9/10 {
		t.Errorf("%d of %d phrases were proposed", proposed, read)
	}
}

func TestChoices(t *testing.T) {
	words := map[string]bool{}
	list := Choices()
	if len(list) != 33 {
		t.Errorf("%d choices: one is no rule", len(list))
	}
	for _, c := range list {
		if r, err := calendar.ParseRule(c.Rule); err != nil || r.String() != c.Rule {
			t.Errorf("%s is not written as a rule is: %v", c.Rule, err)
		}
		if words[c.Words] {
			t.Errorf("%s stands twice", c.Words)
		}
		words[c.Words] = true
	}
}
