package web

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"

	"bihuan/calendar"
	"bihuan/ledger"
)

// yardstick is what days are counted by: the calendar in force, with the years that were imported, and the settings.
type yardstick struct {
	Cal   calendar.Calendar
	Rules ledger.Rules
	by    string // the same as long as both are: what depends on them is kept under it
}

// yardstick gives what days are counted by as of a head of the journal. Nothing changes it that is not in the journal.
func (s *Server) yardstick(ctx context.Context, head int64) (yardstick, error) {
	return s.yardsticks.do(ctx, head, func() (yardstick, error) {
		y := yardstick{Cal: s.calendar}
		years, err := ledger.Years(ctx, s.db)
		if err != nil {
			return y, err
		}
		if len(years) > 0 {
			var lines strings.Builder
			for _, x := range years {
				lines.WriteString(x.Year + "\n" + x.Lines + "\n")
			}
			y.Cal, err = s.calendars.do(ctx, lines.String(), func() (calendar.Calendar, error) { return ledger.CalendarOf(s.calendar, years) })
			if err != nil {
				return y, err
			}
			sum := fnv.New64a()
			_, _ = sum.Write([]byte(lines.String())) // a hash takes everything
			y.by = fmt.Sprintf("%x", sum.Sum64())
		}
		y.Rules, err = ledger.LoadRules(ctx, s.db)
		y.by = fmt.Sprintf("%d/%s", y.Rules.Yellow, y.by)
		return y, err
	})
}

// waitingFor counts what waits for whoever asks, once as long as nothing changes.
func (s *Server) waitingFor(ctx context.Context, v *visit) ledger.Waiting {
	w, err := s.waiting.do(ctx, personKey{v.Who.ID, v.Head, v.Today}, func() (ledger.Waiting, error) { return ledger.WaitingFor(ctx, s.db, v.Who, v.Today) })
	if err != nil {
		s.log.ErrorContext(ctx, "counting what waits failed", "staff", v.Who.ID, "error", err)
	}
	letters, err := s.countyWaiting(ctx, v)
	if err != nil {
		s.log.ErrorContext(ctx, "counting letters to the county failed", "staff", v.Who.ID, "error", err)
	}
	w.County = len(letters)
	return w
}

// scopeOf is what a person sees, for a filter of tasks; nil for whoever sees everything, which spares the database the question.
func scopeOf(v *visit) []string {
	var paths []string
	for _, u := range v.Who.Units() {
		if u.Parent == 0 {
			return nil
		}
		paths = append(paths, u.Path)
	}
	return paths
}
