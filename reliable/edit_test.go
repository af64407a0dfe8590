package reliable_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"bihuan/ledger"
)

// TestManyAtOneFinding has 64 people at one finding at once. Each writes on what stands there, and half of them add a measure. Nothing that was
// acknowledged is lost or there twice, and who comes too late is told what the other changed.
func TestManyAtOneFinding(t *testing.T) {
	each(t, 2, func(t *testing.T, h *house, w hands) {
		ctx, id := t.Context(), w.findings[0]
		var mu sync.Mutex
		saved, late := 0, 0
		// keep saves until it succeeds. save gets the finding as it is read, and writes on that.
		keep := func(save func(f ledger.Finding) error) {
			for {
				f, err := ledger.ByID(ctx, h.db, w.clerk, id)
				if err == nil {
					err = save(f)
				}
				var stale ledger.Stale
				mu.Lock()
				switch {
				case err == nil:
					saved++
				case errors.As(err, &stale):
					late++
					if len(stale.Changes) == 0 || !strings.Contains(stale.By, "贺晓雨") || stale.At.IsZero() {
						t.Errorf("it is not told what the other changed: %+v", stale)
					}
				default:
					t.Error(err)
				}
				mu.Unlock()
				if err == nil || !errors.As(err, &stale) {
					return
				}
			}
		}
		var all sync.WaitGroup
		for i := range 64 {
			all.Go(func() {
				for j := range 2 {
					mark := fmt.Sprintf("〔%d-%d〕", i, j)
					if i%2 == 1 && j == 0 {
						keep(func(f ledger.Finding) error {
							return ledger.AddMeasure(ctx, h.db, w.clerk, id, f.Version, "每周巡查"+mark, []int{0})
						})
						continue
					}
					keep(func(f ledger.Finding) error {
						return ledger.RecordProgress(ctx, h.db, w.clerk, id, f.Version, ledger.ProgressEdit{State: ledger.Doing, Progress: f.Progress + mark})
					})
				}
			})
		}
		all.Wait()
		f, err := ledger.ByID(ctx, h.db, w.clerk, id)
		if err != nil {
			t.Fatal(err)
		}
		var measures strings.Builder
		for _, m := range f.Measures {
			measures.WriteString(m.Text)
		}
		for i := range 64 {
			for j := range 2 {
				mark, at := fmt.Sprintf("〔%d-%d〕", i, j), f.Progress
				if i%2 == 1 && j == 0 {
					at = measures.String()
				}
				if n := strings.Count(at, mark); n != 1 {
					t.Errorf("%s stands there %d times", mark, n)
				}
			}
		}
		if saved != 64*2 || f.Version != int64(saved)+1 {
			t.Errorf("%d saved, version %d", saved, f.Version)
		}
		if late == 0 {
			t.Error("nobody came too late, so that nothing was tested")
		}
		h.sound(t)
		t.Logf("%d saved, %d too late", saved, late)
	})
}
