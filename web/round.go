package web

import (
	"fmt"
	"net/http"

	"bihuan/ledger"
	"bihuan/org"
)

// roundPage is the form about the round that a plan answers.
type roundPage struct {
	frame
	Plan ledger.PlanInfo
	Form entryForm
}

// roundEdit answers GET and POST of /plan/{id}/round: name, team and days of the inspection, where the paper leaves them out.
func (s *Server) roundEdit(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	p := roundPage{frame: s.frame(v, "ledger", "巡察轮次和反馈日期")}
	if p.Plan, err = ledger.PlanByID(r.Context(), s.db, v.Who, id); err != nil {
		return err
	}
	if err := v.Who.Check(org.Edit, p.Plan.Unit); err != nil {
		return err
	}
	p.Form = entryForm{Action: fmt.Sprintf("/plan/%d/round", id), Button: "保存", Back: fmt.Sprintf("/plan/%d", id), Version: p.Plan.Version, Entries: entries{
		{Name: "name", Label: "巡察轮次", Kind: "text", Value: p.Plan.Round, Hint: "如 区委第三轮巡察"},
		{Name: "team", Label: "巡察组", Kind: "text", Value: p.Plan.Team, Hint: "如 区委第二巡察组"},
		{Name: "starts", Label: "巡察开始", Kind: "date", Value: p.Plan.Starts},
		{Name: "ends", Label: "巡察结束", Kind: "date", Value: p.Plan.Ends},
		{Name: "feedback", Label: "反馈日期", Kind: "date", Value: p.Plan.Feedback, Hint: "佐证要晚于这一天；不填，问题不能销号"},
	}}
	if r.Method != http.MethodPost {
		return s.render(w, http.StatusOK, "round", p)
	}
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	es := p.Form.Entries
	es.fill(form)
	err = ledger.EditRound(r.Context(), s.db, v.Who, id, version, ledger.RoundEdit{Name: es.value("name"), Team: es.value("team"),
		Starts: es.value("starts"), Ends: es.value("ends"), Feedback: es.value("feedback")})
	if err == nil {
		return s.done(w, r, fmt.Sprintf("/plan/%d", id), "已保存巡察轮次和日期")
	}
	status, err := p.Form.failed(err, v.Today)
	if err != nil {
		return err
	}
	return s.render(w, status, "round", p)
}
