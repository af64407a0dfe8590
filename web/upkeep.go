package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"bihuan/duty"
	"bihuan/ledger"
	"bihuan/org"
)

// upkeepPage is the second clock of a finding: its pulse, the checks it is taken from, and how it ends.
type upkeepPage struct {
	frame
	Finding   ledger.Finding
	Upkeep    ledger.Upkeep
	Running   bool
	Light     light
	Starts    string
	Pulse     ledger.Pulse
	Rule      string
	Checks    []pulseCheck
	Relapses  []relapseLine
	MayChoose bool
	MayEnd    bool
	MayReopen bool
	Reason    string
	Problems  map[string]string
	Problem   string
}

// pulseCheck is a recurring duty that may be part of the pulse.
type pulseCheck struct {
	ID                int64
	Title, Often, Who string
	Part              string
	Chosen            bool
	Marks             []markView
	Say               string
}

// relapseLine is one time that a finding came back.
type relapseLine struct{ Day, Cause, Text string }

// causeWords are what people call the causes of a relapse.
var causeWords = map[string]string{ledger.CauseMissed: "连续没有坚持住", ledger.CauseRate: "坚持率过低", ledger.CauseLookback: "回头看发现",
	ledger.CauseVillagers: "群众反映没有解决", ledger.CauseDecision: "决定重新打开"}

func relapseLines(list []ledger.Relapse, today string) []relapseLine {
	lines := make([]relapseLine, len(list))
	for i, x := range list {
		lines[i] = relapseLine{shortDate(x.Day, today), causeWords[x.Cause], x.Text}
	}
	return lines
}

// relapseRule says what counts as a relapse.
func relapseRule(r ledger.Rules) string {
	return fmt.Sprintf("同一任务连续 %d 次漏办或检查出反弹，或近十二个月漏办两次以上且坚持率低于 %d%%，即为反弹，重开问题", r.Misses, r.Share)
}

// upkeepShow answers GET /finding/{id}/upkeep.
func (s *Server) upkeepShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, err := s.upkeepPage(r, v)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "upkeep", p)
}

func (s *Server) upkeepPage(r *http.Request, v *visit) (upkeepPage, error) {
	p := upkeepPage{Problems: map[string]string{}}
	id, err := pathID(r)
	if err != nil {
		return p, err
	}
	ctx := r.Context()
	if p.Finding, err = ledger.ByID(ctx, s.db, v.Who, id); err != nil {
		return p, err
	}
	f := p.Finding
	if p.Upkeep, err = ledger.UpkeepOf(ctx, s.db, id); err != nil {
		return p, err
	}
	rules, err := ledger.LoadRules(ctx, s.db)
	if err != nil {
		return p, err
	}
	work, err := ledger.WorkOf(ctx, s.db, f)
	if err != nil {
		return p, err
	}
	p.Rule, p.Starts = relapseRule(rules), shortDate(p.Upkeep.Starts, v.Today)
	p.Running = p.Upkeep.State == "running"
	p.Pulse = ledger.TakePulse(rules, p.Upkeep.Beats(work.Occurrences), v.Today)
	p.Light = upkeepLight(p.Upkeep, p.Pulse)
	for _, d := range work.Duties {
		chosen := slices.Contains(p.Upkeep.Duties, d.ID)
		if !d.Recurs() || d.State == duty.Stopped && !chosen {
			continue
		}
		c := pulseCheck{ID: d.ID, Title: d.Title, Often: d.Often(), Who: d.Unit.Name + " " + d.Name, Part: d.Part.Word(), Chosen: chosen}
		var list []duty.Occurrence
		for _, o := range work.Occurrences {
			if o.Duty == d.ID && (p.Upkeep.ID == 0 || o.Due >= p.Upkeep.Starts) {
				list = append(list, o)
			}
		}
		past, next, say := s.strip(list, v.Days, 24, 6)
		c.Marks, c.Say = append(past, next...), say
		p.Checks = append(p.Checks, c)
	}
	relapses, err := ledger.RelapsesOf(ctx, s.db, id)
	if err != nil {
		return p, err
	}
	p.Relapses = relapseLines(relapses, v.Today)
	p.MayChoose = p.Running && v.Who.Check(org.Assign, f.Unit) == nil
	p.MayEnd = p.Running && v.Who.Check(org.End, f.Unit) == nil
	p.MayReopen = f.Closing != 0 && v.Who.Check(org.Reopen, f.Unit) == nil
	p.frame = s.frame(v, "ledger", "长期坚持")
	return p, nil
}

// upkeepLight says how the second clock stands.
func upkeepLight(u ledger.Upkeep, pulse ledger.Pulse) light {
	switch u.State {
	case "":
		return light{Kind: "none", Word: "还没有开始"}
	case "ended":
		return light{Kind: "done", Word: "已转入常态", Why: u.Reason}
	case "relapsed":
		return light{Kind: "back", Word: "已反弹", Why: u.Reason}
	}
	switch {
	case pulse.Run > 0:
		return light{Kind: "late", Word: fmt.Sprintf("连续 %d 次没有坚持住", pulse.Run)}
	case pulse.Streak > 0:
		return light{Kind: "keep", Word: fmt.Sprintf("连续 %d 次按时", pulse.Streak)}
	}
	return light{Kind: "keep", Word: "已开始"}
}

// upkeepChecks answers POST /finding/{id}/upkeep/checks.
func (s *Server) upkeepChecks(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p, err := s.upkeepPage(r, v)
	if err != nil {
		return err
	}
	var picked []int64
	for _, x := range form["duty"] {
		id, err := strconv.ParseInt(x, 10, 64)
		if err != nil {
			return errBadForm
		}
		picked = append(picked, id)
	}
	for i := range p.Checks {
		p.Checks[i].Chosen = slices.Contains(picked, p.Checks[i].ID)
	}
	if err := ledger.ChooseChecks(r.Context(), s.db, v.Who, p.Finding.ID, picked); err != nil {
		return s.upkeepRefused(w, p, err)
	}
	return s.done(w, r, fmt.Sprintf("/finding/%d/upkeep", p.Finding.ID), fmt.Sprintf("已选定 %d 项检查任务", len(picked)))
}

// upkeepEnd answers POST /finding/{id}/upkeep/end.
func (s *Server) upkeepEnd(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p, err := s.upkeepPage(r, v)
	if err != nil {
		return err
	}
	p.Reason = plainText(form.Get("reason"))
	if err := ledger.EndUpkeep(r.Context(), s.db, v.Who, p.Finding.ID, p.Reason); err != nil {
		return s.upkeepRefused(w, p, err)
	}
	return s.done(w, r, fmt.Sprintf("/finding/%d", p.Finding.ID), "已转入常态，状态为完成")
}

func (s *Server) upkeepRefused(w http.ResponseWriter, p upkeepPage, err error) error {
	var bad ledger.Invalid
	if !errors.As(err, &bad) {
		return err
	}
	p.Problem, p.Problems[bad.Field] = bad.Error(), bad.What
	return s.render(w, http.StatusUnprocessableEntity, "upkeep", p)
}

func (s *Server) reopenForm(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.showEdit(w, r, v, reopenEdit)
}

func (s *Server) reopenSave(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.saveEdit(w, r, v, reopenEdit)
}

// reopenEdit opens a closed finding again by decision.
var reopenEdit = editForm{
	action: org.Reopen,
	said:   "已重新打开，计一次反弹",
	build: func(_ *Server, f ledger.Finding, _ url.Values) editPage {
		p := editPage{Heading: "重新打开", Button: "重新打开", Action: fmt.Sprintf("/finding/%d/reopen", f.ID), Fields: fields{
			{Name: "reason", Label: "理由", Kind: "area", Hint: "发现了什么、在哪里、谁发现的"},
		}}
		p.Lead = []string{"重新打开计一次反弹，写进以后每份报表；问题回到正在整改，定新期限，并给牵头责任人一项再整改任务。原来的销号记录保留。"}
		if f.Closing == 0 {
			p.Lead = []string{"这个问题没有销号，不用重新打开。"}
		}
		return p
	},
	command: func(ctx context.Context, s *Server, v *visit, f ledger.Finding, version int64, p *editPage, _ url.Values) error {
		return ledger.ReopenFinding(ctx, s.db, v.Who, f.ID, version, p.Fields.value("reason"))
	},
}
