package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"bihuan/benefit"
	"bihuan/lead"
	"bihuan/org"
	"bihuan/vault"
)

// screeningsPage lists the screenings, the newest first.
type screeningsPage struct {
	frame
	Rows     []screeningRow
	MayStart bool
	Busy     bool // one waits or runs
}

// screeningRow is a screening in a list.
type screeningRow struct {
	lead.Screening
	Light     light
	Town      string // empty where there is only one
	On        string // day of the screening
	At        string
	Programme string
	Sum       lead.RuleCount
	Lists     string // that it used
}

// listWords names the lists of a screening, each kind once.
func listWords(used []lead.UsedDataset) string {
	const most = 5
	var words []string
	for _, d := range used {
		if !slices.Contains(words, d.Kind.Word()) {
			words = append(words, d.Kind.Word())
		}
	}
	text := strings.Join(words[:min(len(words), most)], "、")
	if len(words) > most {
		text += fmt.Sprintf(" 等 %d 份", len(used))
	}
	return text
}

// busySeconds is how often a page is read again while something runs.
const busySeconds = "2"

func screeningLight(s lead.Screening) light {
	l := light{Word: s.State.Word(), Why: cmp.Or(s.Problem, s.DiscardedWhy)}
	l.Kind = map[lead.ScreeningState]string{lead.ScreeningWaiting: "wait", lead.ScreeningRunning: "run", lead.ScreeningDone: "done", lead.ScreeningStopped: "stop", lead.ScreeningFailed: "late", lead.ScreeningDiscarded: "stop"}[s.State]
	return l
}

// programmeNames are the names of the programmes somebody sees, by id.
func (s *Server) programmeNames(ctx context.Context, v *visit, residents *vault.Vault) (map[int64]string, error) {
	list, err := benefit.Programmes(ctx, residents, v.Who)
	names := map[int64]string{}
	for _, p := range list {
		names[p.ID] = p.Name
	}
	return names, err
}

// ageProgrammes are the running programmes that pay by age and serve a town.
func (s *Server) ageProgrammes(ctx context.Context, v *visit, residents *vault.Vault, town org.Unit) ([]programmeChoice, error) {
	list, err := benefit.Programmes(ctx, residents, v.Who)
	if err != nil {
		return nil, err
	}
	var choices []programmeChoice
	for _, x := range list {
		if x.State != benefit.Running || !town.Within(x.Path) {
			continue
		}
		terms, err := benefit.TermsOf(ctx, residents, x.ID)
		if err != nil {
			return nil, err
		}
		if terms.ByAge() {
			choices = append(choices, programmeChoice{x.ID, x.Name})
		}
	}
	return choices, nil
}

func (s *Server) screeningsShow(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) error {
	ctx := r.Context()
	list, err := lead.Screenings(ctx, residents, s.db, v.Who)
	if err != nil {
		return err
	}
	towns, err := lead.Towns(ctx, s.db, v.Who, org.Residents)
	if err != nil {
		return err
	}
	names, err := s.programmeNames(ctx, v, residents)
	if err != nil {
		return err
	}
	p := screeningsPage{frame: s.benefitFrame(v, "screening", "筛查"), MayStart: v.Who.May(org.Screen)}
	for _, x := range list {
		row := screeningRow{Screening: x, Light: screeningLight(x), On: shortDate(x.AsOf, v.Today), At: clock(x.Started, v.Today), Programme: names[x.Programme], Sum: x.Sum(), Lists: listWords(x.Datasets)}
		if i := slices.IndexFunc(towns, func(u org.Unit) bool { return u.ID == x.Unit }); i >= 0 && len(towns) > 1 {
			row.Town = towns[i].Name
		}
		p.Busy = p.Busy || x.State == lead.ScreeningWaiting || x.State == lead.ScreeningRunning
		p.Rows = append(p.Rows, row)
	}
	if p.Busy {
		w.Header().Set("Refresh", busySeconds)
	}
	return s.render(w, http.StatusOK, "screenings", p)
}
