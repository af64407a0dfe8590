package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"bihuan/benefit"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/publicity"
	"bihuan/store"
	"bihuan/vault"
)

// requestsPage lists what villagers ask for.
type requestsPage struct {
	phoneFrame
	township
	Open      []requestRow
	Closed    []requestRow
	Sum       figuresRow
	ByBenefit []figuresRow
	ByVillage []figuresRow
	Names     bool // the visitor may see who asked; others see counts
	May       bool // register
	Phone     bool
	Village   int64
	Requester string // and
	Said      string // as typed into the two fields
	Problems  map[string]string
	Days      int // of the clock
}

// requestRow is one request in a list.
type requestRow struct {
	publicity.Request
	Place string
	On    string
	State light
}

// figuresRow counts requests of one benefit or village.
type figuresRow struct {
	Name string
	publicity.Figures
	Median string
}

func newFiguresRow(v *visit, name string, list []publicity.Request) figuresRow {
	f := figuresRow{Name: name, Figures: publicity.Count(list, v.Cal, v.Rules, v.Today), Median: "—"}
	if f.Days >= 0 {
		f.Median = fmt.Sprintf("%d 个工作日", f.Days)
	}
	return f
}

// requestLight says how a request stands.
func requestLight(v *visit, r publicity.Request) light {
	due := r.Due(v.Cal, v.Rules)
	n := v.Cal.Between(v.Today, due)
	switch {
	case r.Told != "":
		return light{Kind: "done", Word: publicity.WordOf(publicity.Outcomes, r.Outcome), Why: shortDate(r.Told, v.Today) + publicity.WordOf(publicity.ToldHows, r.ToldHow) + "告知"}
	case r.Answered != "" && r.Late(v.Cal, v.Rules, v.Today):
		return light{Kind: "part", Word: "迟答，等结果", Why: fmt.Sprintf("答复晚了 %d 个工作日", v.Cal.Between(due, r.Answered))}
	case r.Answered != "":
		return light{Kind: "part", Word: "已答复，等结果", Why: publicity.WordOf(publicity.Verdicts, r.Verdict)}
	case r.Late(v.Cal, v.Rules, v.Today):
		return light{Kind: "late", Word: "该答没答", Why: fmt.Sprintf("超 %d 个工作日", max(-n, 1))}
	case n <= 1:
		return light{Kind: "soon", Word: "待答复", Why: shortDate(due, v.Today) + "到期"}
	}
	return light{Kind: "wait", Word: "待答复", Why: fmt.Sprintf("剩 %d 个工作日", n)}
}

// mostClosed is how many closed requests a list shows.
const mostClosed = 100

// requestsShow answers GET /request.
func (s *Server) requestsShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.requestsRender(w, r, v, http.StatusOK, requestsPage{})
}

func (s *Server) requestsRender(w http.ResponseWriter, r *http.Request, v *visit, status int, p requestsPage) error {
	ctx := r.Context()
	t, err := s.township(ctx, v, formID(r.URL.Query().Get("town")))
	if err != nil {
		return err
	}
	list, err := publicity.Requests(ctx, s.vault, t.Town.ID, t.Villages)
	if err != nil {
		return err
	}
	p.township, p.Names, p.May, p.Phone, p.Days = t, v.Who.May(org.Residents), v.Who.May(org.Hear), byList(v.Who), v.Rules.FirstAnswer
	byBenefit, byVillage := map[string][]publicity.Request{}, map[int64][]publicity.Request{}
	var benefits []string
	for _, x := range list {
		name := cmp.Or(x.Benefit, "还没问清是哪项")
		if _, ok := byBenefit[name]; !ok {
			benefits = append(benefits, name)
		}
		byBenefit[name] = append(byBenefit[name], x)
		byVillage[x.Village] = append(byVillage[x.Village], x)
		row := requestRow{x, t.name(x.Village), shortDate(x.Received, v.Today), requestLight(v, x)}
		switch {
		case !p.Names:
		case x.Told == "":
			p.Open = append(p.Open, row)
		case len(p.Closed) < mostClosed:
			p.Closed = append(p.Closed, row)
		}
	}
	slices.SortStableFunc(p.Open, func(a, b requestRow) int { return cmp.Compare(boolInt(a.Answered != ""), boolInt(b.Answered != "")) })
	p.Sum = newFiguresRow(v, "合计", list)
	for _, name := range benefits {
		p.ByBenefit = append(p.ByBenefit, newFiguresRow(v, name, byBenefit[name]))
	}
	for _, u := range t.Villages {
		if x := byVillage[u.ID]; len(x) > 0 {
			p.ByVillage = append(p.ByVillage, newFiguresRow(v, u.Name, x))
		}
	}
	if p.phoneFrame = s.phone(r, v, "群众诉求"); !p.Phone {
		p.frame = s.benefitFrame(v, "request", "群众诉求")
	}
	return s.render(w, status, "requests", p)
}

// requestQuick answers POST /request: two fields, written down at the door.
func (s *Server) requestQuick(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p := requestsPage{Requester: plainText(form.Get("name")), Said: plainText(form.Get("said")), Village: formID(form.Get("village")), Problems: map[string]string{}}
	u, err := s.requestVillage(r.Context(), v, p.Village)
	if err != nil {
		return err
	}
	id, err := publicity.Hear(r.Context(), s.vault, v.Who, u, publicity.Request{Name: p.Requester, Said: p.Said})
	var invalid org.Invalid
	if errors.As(err, &invalid) {
		p.Problems[invalid.Field] = invalid.What
		return s.requestsRender(w, r, v, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	x, err := publicity.RequestByID(r.Context(), s.vault, s.vault, id)
	if err != nil {
		return err
	}
	return s.done(w, r, "/request", fmt.Sprintf("记下了，%s。%s前要答复。", x.Number(), shortDate(x.Due(v.Cal, v.Rules), v.Today)))
}

// requestVillage is the village that a form names, or the only one that the visitor sees.
func (s *Server) requestVillage(ctx context.Context, v *visit, id int64) (org.Unit, error) {
	if id != 0 {
		_, u, err := s.villageOf(ctx, v, id)
		return u, err
	}
	t, err := s.township(ctx, v, 0)
	if err != nil {
		return org.Unit{}, err
	}
	if len(t.Villages) == 1 {
		return t.Villages[0], nil
	}
	return org.Unit{}, org.Invalid{Field: "村", What: "请选是哪个村"}
}

// requestForm takes a request with everything that is known of it.
type requestForm struct {
	frame
	township
	Request  publicity.Request
	Channels []publicity.Word
	Benefits []string
	Today    string
	Problems map[string]string
}

// requestNew answers GET and POST /request/new.
func (s *Server) requestNew(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx := r.Context()
	t, err := s.township(ctx, v, formID(r.FormValue("town")))
	if err != nil {
		return err
	}
	if !v.Who.May(org.Hear) {
		return org.Denied{Who: v.Who, Action: org.Hear}
	}
	p := requestForm{frame: s.benefitFrame(v, "request", "登记诉求"), township: t, Channels: publicity.Channels, Today: v.Today, Request: publicity.Request{Received: v.Today, Channel: "visit"}, Problems: map[string]string{}}
	if p.Benefits, err = s.benefits(ctx, t.Town.ID); err != nil {
		return err
	}
	if r.Method != http.MethodPost {
		return s.render(w, http.StatusOK, "request-form", p)
	}
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p.Request = publicity.Request{Village: formID(form.Get("village")), Received: form.Get("received"), Channel: form.Get("channel"), Name: plainText(form.Get("name")),
		Phone: plainText(form.Get("phone")), Benefit: plainText(form.Get("benefit")), Said: plainText(form.Get("said"))}
	u, err := s.requestVillage(ctx, v, p.Request.Village)
	id := int64(0)
	if err == nil {
		id, err = publicity.Hear(ctx, s.vault, v.Who, u, p.Request)
	}
	var invalid org.Invalid
	if errors.As(err, &invalid) {
		p.Problems[invalid.Field] = invalid.What
		return s.render(w, http.StatusUnprocessableEntity, "request-form", p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/request/%d", id), "登记好了。")
}

// benefits are the names of what a town has cards for.
func (s *Server) benefits(ctx context.Context, town int64) ([]string, error) {
	cards, err := publicity.Cards(ctx, s.vault, town)
	var names []string
	for _, c := range cards {
		if c.Withdrawn == "" {
			names = append(names, c.Benefit)
		}
	}
	return names, err
}

// requestPage is one request.
type requestPage struct {
	phoneFrame
	Request   publicity.Request
	Village   org.Unit
	Phone     string // masked
	Channel   string
	On        string
	Due       string
	State     light
	May       bool
	OnPhone   bool
	Reply     publicity.Reply
	Verdict   string // word of the first check
	Verdicts  []publicity.Word
	Outcomes  []publicity.Word
	ToldHows  []publicity.Word
	Outcome   string
	Told      string
	ToldHow   string
	Number    string
	Benefits  []string
	Clauses   []string
	Today     string
	Story     []event
	Answering bool // the form of an answer is open

	Programmes []benefit.Programme // to apply for; none when nothing is to be applied for here
	Programme  int64
	Number18   string // of the citizen, as typed
	Reason     string
	Linked     *linkedView // the application that came of it
	Problems   map[string]string
	Stale      *staleView
}

// linkedView is the application that came of a request.
type linkedView struct {
	ID    int64
	Words string
}

// requestOf reads the request that an address names, of a village that the visitor sees and whose residents they may see.
func (s *Server) requestOf(r *http.Request, v *visit) (publicity.Request, org.Unit, error) {
	id, err := pathID(r)
	if err != nil {
		return publicity.Request{}, org.Unit{}, err
	}
	if _, err := s.township(r.Context(), v, 0); err != nil {
		return publicity.Request{}, org.Unit{}, err
	}
	x, err := publicity.RequestByID(r.Context(), s.vault, s.vault, id)
	if err != nil {
		return x, org.Unit{}, err
	}
	u, err := org.UnitByID(r.Context(), s.db, x.Village)
	if err != nil {
		return x, u, err
	}
	if !v.Who.Within(u) {
		return x, u, store.ErrNotFound
	}
	return x, u, v.Who.Check(org.Residents, u)
}

// requestShow answers GET /request/{id}.
func (s *Server) requestShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.requestRender(w, r, v, http.StatusOK, requestPage{})
}

func (s *Server) requestRender(w http.ResponseWriter, r *http.Request, v *visit, status int, p requestPage) error {
	ctx := r.Context()
	x, u, err := s.requestOf(r, v)
	if err != nil {
		return err
	}
	p.Request, p.Village, p.Phone, p.Channel = x, u, vault.MaskPhone(x.Phone), publicity.WordOf(publicity.Channels, x.Channel)
	p.On, p.Due, p.State, p.May = shortDate(x.Received, v.Today), shortDate(x.Due(v.Cal, v.Rules), v.Today), requestLight(v, x), v.Who.Check(org.Hear, u) == nil
	p.Verdicts, p.Outcomes, p.ToldHows, p.Today, p.OnPhone = publicity.Verdicts, publicity.Outcomes, publicity.ToldHows, v.Today, byList(v.Who)
	p.Verdict = publicity.WordOf(publicity.Verdicts, x.Verdict)
	p.Answering = x.Answered == "" || p.Reply != (publicity.Reply{})
	if p.Outcome == "" {
		p.Outcome, p.ToldHow = outcomeOf(x), "face"
	}
	if p.Reply == (publicity.Reply{}) {
		p.Reply = publicity.Reply{Benefit: x.Benefit, Verdict: x.Verdict, Condition: x.Condition, Advice: x.Advice, ApplicationNo: x.ApplicationNo}
	}
	p.Reply.Day, p.Told, p.Number = cmp.Or(p.Reply.Day, v.Today), cmp.Or(p.Told, v.Today), cmp.Or(p.Number, x.ApplicationNo)
	cards, err := publicity.Cards(ctx, s.vault, x.Unit)
	if err != nil {
		return err
	}
	for _, c := range cards {
		if c.Withdrawn != "" {
			continue
		}
		p.Benefits = append(p.Benefits, c.Benefit)
		if c.Benefit == p.Reply.Benefit {
			p.Clauses = c.Clauses()
		}
	}
	if len(p.Clauses) == 0 {
		if p.Clauses, err = s.clausesOf(ctx, v, x.Unit, p.Reply.Benefit); err != nil {
			return err
		}
	}
	if err := s.requestApplication(ctx, v, &p); err != nil {
		return err
	}
	entries, err := journal.Of(ctx, s.vault, "request", x.ID, 50)
	if err != nil {
		return err
	}
	for _, e := range entries {
		p.Story = append(p.Story, newEvent(e, v.Today))
	}
	if p.phoneFrame = s.phone(r, v, x.Number()); !p.OnPhone {
		p.frame = s.benefitFrame(v, "request", x.Number())
	}
	return s.render(w, status, "request", p)
}

// requestApplication puts into the page of a request the application that came of it, or what one can be made for.
func (s *Server) requestApplication(ctx context.Context, v *visit, p *requestPage) error {
	x := p.Request
	if x.Application != 0 {
		a, err := benefit.ApplicationByID(ctx, s.vault, v.Who, x.Application)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		p.Linked = &linkedView{a.ID, a.Step.Word()}
		switch a.Decision {
		case benefit.Approved:
			p.Linked.Words = "县里批准，" + a.Decided
		case benefit.Refused:
			p.Linked.Words = "县里没有批准，" + a.Decided
		}
		return nil
	}
	if x.Told != "" || x.Answered == "" || x.Verdict == publicity.Fails || v.Who.Check(org.Propose, p.Village) != nil {
		return nil
	}
	town, err := org.UnitByID(ctx, s.db, x.Unit)
	if err != nil {
		return err
	}
	if p.Programmes, err = s.programmesOf(ctx, v, town); err != nil {
		return err
	}
	if i := slices.IndexFunc(p.Programmes, func(y benefit.Programme) bool { return y.Name == x.Benefit }); p.Programme == 0 && i >= 0 {
		p.Programme = p.Programmes[i].ID
	}
	return nil
}

// requestApply answers POST /request/{id}/apply: an application is made of a request. The application comes first; what a crash leaves
// without its link gets it when the form is sent again, for the same application is proposed once.
func (s *Server) requestApply(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	x, u, err := s.requestOf(r, v)
	if err != nil {
		return err
	}
	p := requestPage{Problems: map[string]string{}, Programme: formID(form.Get("programme")), Number18: plainText(form.Get("citizen")), Reason: plainText(form.Get("reason"))}
	if p.Programme == 0 {
		err = org.Invalid{Field: "申请哪一项", What: "请选一项"}
	} else if err = publicity.MayApply(x); err == nil {
		var application int64
		application, err = benefit.Propose(r.Context(), s.vault, v.Who, benefit.Application{Programme: p.Programme, Kind: benefit.New, Source: benefit.Applied, Received: x.Received, Reason: p.Reason,
			Subject: benefit.Subject{Number: p.Number18, Name: x.Name, Village: u, Place: u.Name, Phone: x.Phone}})
		if err == nil {
			err = publicity.LinkApplication(r.Context(), s.vault, v.Who, u, x.ID, version, application)
		}
	}
	var invalid org.Invalid
	if errors.As(err, &invalid) && !slices.Contains([]string{"申请", "申请哪一项", "公民身份号码", "理由"}, invalid.Field) {
		err = org.Invalid{Field: "申请", What: invalid.Error()} // its field is not on this form
	}
	return s.requestDone(w, r, v, p, err, "申请提出了，在“事项”里接着办。批不批由县里决定。")
}

// outcomeOf is what a request seems to come to, to begin its last form with.
func outcomeOf(r publicity.Request) string {
	switch {
	case r.Verdict == publicity.Fails:
		return "refused"
	case r.ApplicationNo != "" || r.Application != 0:
		return "applied"
	}
	return ""
}

// clausesOf are the conditions that the parameters of a programme of that name give, where no card does.
func (s *Server) clausesOf(ctx context.Context, v *visit, town int64, name string) ([]string, error) {
	u, err := org.UnitByID(ctx, s.db, town)
	if err != nil {
		return nil, err
	}
	list, err := s.programmesOf(ctx, v, u)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(p benefit.Programme) bool { return p.Name == name })
	if i < 0 {
		return nil, nil
	}
	terms, err := benefit.TermsOf(ctx, s.vault, list[i].ID)
	return publicity.Suggest(list[i], terms, v.Today).Clauses(), err
}

// requestAnswer answers POST /request/{id}/answer.
func (s *Server) requestAnswer(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	x, u, err := s.requestOf(r, v)
	if err != nil {
		return err
	}
	p := requestPage{Problems: map[string]string{}, Reply: publicity.Reply{Day: cmp.Or(form.Get("day"), v.Today), Benefit: plainText(form.Get("benefit")), Verdict: form.Get("verdict"),
		Condition: plainText(form.Get("condition")), Advice: plainText(form.Get("advice")), Application: x.Application, ApplicationNo: plainText(form.Get("number"))}}
	err = publicity.AnswerRequest(r.Context(), s.vault, v.Who, u, x.ID, version, p.Reply)
	return s.requestDone(w, r, v, p, err, "答复记下了。有了结果、告诉了本人，再来办结。")
}

// requestClose answers POST /request/{id}/close.
func (s *Server) requestClose(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	x, u, err := s.requestOf(r, v)
	if err != nil {
		return err
	}
	p := requestPage{Problems: map[string]string{}, Outcome: form.Get("outcome"), Told: cmp.Or(form.Get("told"), v.Today), ToldHow: form.Get("how"), Number: plainText(form.Get("number"))}
	err = publicity.CloseRequest(r.Context(), s.vault, v.Who, u, x.ID, version, p.Outcome, p.Told, p.ToldHow, p.Number)
	return s.requestDone(w, r, v, p, err, "办结了：已经告诉本人。")
}

// requestDone leads on after a step of a request, or back to its form with what is wrong.
func (s *Server) requestDone(w http.ResponseWriter, r *http.Request, v *visit, p requestPage, err error, message string) error {
	var invalid org.Invalid
	var stale journal.Stale
	switch {
	case errors.As(err, &invalid):
		p.Problems[invalid.Field] = invalid.What
		return s.requestRender(w, r, v, http.StatusUnprocessableEntity, p)
	case errors.As(err, &stale):
		p.Stale = &staleView{stale.By, clock(stale.At, v.Today)}
		return s.requestRender(w, r, v, http.StatusConflict, p)
	case err != nil:
		return err
	}
	return s.done(w, r, "/request/"+url.PathEscape(r.PathValue("id")), message)
}
