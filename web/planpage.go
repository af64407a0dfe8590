package web

import (
	"fmt"
	"net/http"
	"time"

	"bihuan/ledger"
	"bihuan/org"
	"bihuan/report"
)

// planPage is a plan in force with the documents it came in.
type planPage struct {
	frame
	Plan     planChoice
	Period   string
	Versions []versionView
	Counts   []countLink
	Papers   []report.Paper
	Notes    []noteView // on the plan as a whole
	Rate     string     // 完成率, empty where nothing can be completed
	RateSay  string
	Ungiven  int  // findings with measures nobody was given
	MayGive  bool // the reader may give them
	MayEdit  bool // the reader may fill in the round
}

// versionView is one frozen version.
type versionView struct {
	ledger.VersionInfo
	Word string // what sort of import it was
	At   string
}

// importWords are what people call the kinds of import.
var importWords = map[string]string{ledger.NewPlan: "首次导入", ledger.Revision: "修订", ledger.Merge: "并入台账"}

// planShow answers GET /plan/{id}.
func (s *Server) planShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	info, err := ledger.PlanByID(r.Context(), s.db, v.Who, id)
	if err != nil {
		return err
	}
	p := planPage{Plan: planChoice{PlanInfo: info, FeedbackDay: shortDate(info.Feedback, v.Today)}, Papers: report.Papers}
	if info.Starts != "" || info.Ends != "" {
		p.Period = shortDate(info.Starts, v.Today) + " 至 " + shortDate(info.Ends, v.Today)
	}
	versions, err := ledger.Versions(r.Context(), s.db, id)
	if err != nil {
		return err
	}
	for _, x := range versions {
		p.Versions = append(p.Versions, versionView{VersionInfo: x, Word: importWords[x.Kind], At: clock(time.UnixMilli(x.Confirmed), v.Today)})
	}
	notes, err := ledger.PlanNotes(r.Context(), s.db, id)
	if err != nil {
		return err
	}
	p.Notes = noteViews(notes)
	f := ledger.Filter{Plan: id}
	counts, err := s.count(r.Context(), v, f)
	if err != nil {
		return err
	}
	p.Counts = countLinks(f, counts)
	if r := ledger.RateOf(counts.State); r.Of > 0 {
		p.Rate, p.RateSay = fmt.Sprintf("%d/%d", r.Done, r.Of), r.Say()
	}
	if p.MayGive = v.Who.Check(org.Assign, info.Unit) == nil; p.MayGive {
		waiting, err := ledger.UngivenOf(r.Context(), s.db, id)
		if err != nil {
			return err
		}
		p.Ungiven = len(waiting)
	}
	p.MayEdit = v.Who.Check(org.Edit, info.Unit) == nil
	p.frame = s.frame(v, "ledger", info.Title)
	return s.render(w, http.StatusOK, "plan", p)
}

// Short is the beginning of the document's hash, enough to tell two apart by eye.
func (v versionView) Short() string { return v.File[:min(16, len(v.File))] + "…" }
