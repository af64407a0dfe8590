package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"bihuan/journal"
	"bihuan/office"
	"bihuan/store"
)

// Who shares an account and lives in another village is masked wherever a village reads its hits, and on the sheet that the town prints for
// it; the town reads the name.
func TestOthersAreMaskedOnPagesOfAVillage(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		l := s.leads()
		ctx := t.Context()
		const whole, masked = "（禾秀英、柳长青花）", "（禾秀英、柳**花）"
		err := s.vault.Write(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(ctx, `update hit set rule = 'HL-09', why = $2 where id = $1`, l.hits[0], s.vault.Seal("hit.why", "尾号0018的账户本月收了2人的钱"+whole+"，分属2户")); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `insert into hit_other (id, hit, number_index, name, village) values ($1, $2, 'x', $3, $4)`, tx.ID(), l.hits[0], s.vault.Seal("hit_other.name", "柳长青花"), l.west.ID); err != nil {
				return err
			}
			return journal.Append(ctx, tx, journal.Entry{Verb: "试", Kind: "hit", Row: l.hits[0]})
		})
		s.must(err)
		id := l.handed()
		desk := fmt.Sprintf("/hit/%d", l.hits[0])
		clerk, village := s.as(t, "clerk"), s.as(t, "village")
		for _, path := range []string{"/hit", desk, fmt.Sprintf("/verify/%d/%d", id, l.hits[0])} {
			if page := plain(village.page(path)); !strings.Contains(page, masked) || strings.Contains(page, "长青花") {
				t.Errorf("%s for the village: %s", path, page)
			}
		}
		for _, path := range []string{"/hit", desk} {
			if page := plain(clerk.page(path)); !strings.Contains(page, whole) {
				t.Errorf("%s for the town: %s", path, page)
			}
		}
		if page := plain(clerk.page(fmt.Sprintf("/hit/sheet?screening=%d", l.run))); !strings.Contains(page, masked) || strings.Contains(page, "长青花") {
			t.Errorf("the sheet: %s", page)
		}
		a := clerk.post("/hit/sheet.docx", "screening", fmt.Sprint(l.run), "village", fmt.Sprint(l.east.ID), "purpose", "村里入户核实")
		if a.status != http.StatusOK {
			t.Fatal(a.status, plain(a.body))
		}
		doc, err := office.Read(ctx, "核实单.docx", []byte(a.body))
		s.must(err)
		if text := fmt.Sprint(doc.Parts); !strings.Contains(text, masked) || strings.Contains(text, "长青花") {
			t.Errorf("the sheet as a file: %s", text)
		}
	})
}
