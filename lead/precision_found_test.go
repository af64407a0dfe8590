package lead_test

import (
	"fmt"
	"strings"
	"testing"

	"bihuan/journal"
	"bihuan/lead"
	"bihuan/screening"
	"bihuan/store"
)

// Somebody of two hits, of which one was found to be wrong, counts as found, whichever it was.
func TestAuditCountsWhoWasFoundByOneOfTwo(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		ctx := t.Context()
		register, roll := "姓名,身份证号,性别,出生日期,村,户号,状态\n", "姓名,身份证号,村,发放月份,发放金额\n"
		deaths := "姓名,身份证号,死亡日期\n"
		for i := range 4 {
			birth := fmt.Sprintf("1938%02d15", 1+i)
			number, name := numberOf(birth, i), fmt.Sprintf("禾%c英", '丁'+rune(i))
			register += fmt.Sprintf("%s,%s,男,%s,东槐村,%d,正常\n", name, number, birth, i)
			roll += fmt.Sprintf("%s,%s,东槐村,2026-11,50\n", name, number)
			if i < 2 { // dead, and paid twice
				deaths += fmt.Sprintf("%s,%s,2026-03-01\n", name, number)
				roll += fmt.Sprintf("%s,%s,东槐村,2026-11,50\n", name, number)
			}
		}
		var ids []int64
		for _, x := range []struct {
			name string
			kind screening.Kind
			text string
		}{{"户籍.csv", screening.Residents, register}, {"发放册.csv", screening.Roll, roll}, {"死亡.csv", screening.Deaths, deaths}} {
			ids = append(ids, o.confirm(o.add(o.list(x.name, x.kind, []byte(x.text)))).ID)
		}
		params := screening.Params{AsOf: "2026-11-30", Threshold: 80, FirstMonth: "birthday", Tiers: []screening.Tier{{From: 80, YuanPerMonth: 5000}}}
		s := o.screened(lead.Ask{Params: params, Datasets: ids, Rules: []string{"HL-02", "HL-05"}})
		if s.State != lead.ScreeningDone || s.Sum().Hits != 4 {
			t.Fatalf("%+v", s.Sum())
		}
		if err := o.vault.Write(ctx, func(tx *store.Tx) error {
			for i, rule := range []string{"HL-02", "HL-05"} {
				hit, err := store.One(ctx, tx, store.Value[int64], `select id from hit where screening = $1 and rule = $2 and number_index = $3`, s.ID, rule, o.vault.Index("number", numberOf(fmt.Sprintf("1938%02d15", 1+i), i)))
				if err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `insert into verification (id, hit, staff, who, checked, method, outcome, blamed, said, proof, proof_file, passed_to, entered, confirmed, confirmed_by, opinion, returned, version)
					values ($1, $2, 0, '郝根生', '2026-12-01', '入户', $3, '', '', '户口簿', 0, '', 1, 1, 1, '', 0, 1)`, tx.ID(), hit, string(lead.WrongRoll)); err != nil {
					return err
				}
			}
			return journal.Append(ctx, tx, journal.Entry{Verb: "核实", Kind: "hit"})
		}); err != nil {
			t.Fatal(err)
		}
		id, err := lead.DrawAudit(ctx, o.vault, o.house, o.clerk, s.ID, lead.AuditUndue, "一颗种子", 5)
		if err != nil {
			t.Fatal(err)
		}
		a, people, err := lead.AuditByID(ctx, o.vault, o.house, o.clerk, id)
		if err != nil || a.Found != 2 || a.Population != 2 || len(people) != 2 || strings.Contains(deaths, people[0].Number) {
			t.Errorf("%+v of %d, %v", a, len(people), err)
		}
	})
}
