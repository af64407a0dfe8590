package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
)

// noticeView is a recommendation as the pages show it.
type noticeView struct {
	ledger.Recommendation
	Day     string // issued
	Due     string
	State   light
	Light   light  // how long there is until the answer
	Days    string // how long the answer took
	ReplyOn string
	Signed  string
	Nth     string // 第2次; empty for the first of one
	Receive *entryForm
	Answer  *entryForm
	Judge   *entryForm
	Wait    string // who has to act, when the reader may not
	History []event
}

// recommendationLights are the looks of the states.
var recommendationLights = map[ledger.RecommendationState]string{
	ledger.ToReceive: "wait", ledger.ToAnswer: "run", ledger.ToJudge: "part", ledger.ToRedo: "back", ledger.IsAdopted: "done", ledger.TakenUp: "stop",
}

// answerSoon is how many working days before its due day an answer begins to be pressing. A recommendation has five in all, so the
// measure of a finding's deadline would have it pressing from the first day on.
const answerSoon = 2

func (s *Server) viewNotice(r ledger.Recommendation, v *visit) noticeView {
	x := noticeView{Recommendation: r, Day: shortDate(r.Issued, v.Today), Due: shortDate(r.Due, v.Today), ReplyOn: shortDate(r.Replied, v.Today)}
	state := r.State()
	x.State = light{Kind: recommendationLights[state], Word: string(state)}
	if !r.Received.IsZero() {
		x.Signed = clock(r.Received, v.Today)
	}
	if r.Seq > 1 {
		x.Nth = fmt.Sprintf("第%d次", r.Seq)
	}
	if r.Pressing() {
		n := v.Cal.Between(v.Today, r.Due)
		switch {
		case r.Due < v.Today && n == 0:
			x.Light = light{Kind: "late", Word: "已过期限"}
		case r.Due < v.Today:
			x.Light = light{Kind: "late", Word: fmt.Sprintf("超 %d 工作日", -n)}
		case r.Due == v.Today:
			x.Light = light{Kind: "soon", Word: "今天到期"}
		case n <= answerSoon:
			x.Light = light{Kind: "soon", Word: fmt.Sprintf("剩 %d 工作日", n)}
		default:
			x.Light = light{Kind: "run", Word: fmt.Sprintf("剩 %d 工作日", n)}
		}
		if unknown := unknownYears(v.Cal, min(v.Today, r.Due), max(v.Today, r.Due)); n != 0 && unknown != "" {
			x.Light.Why = unknown + "节假日未计"
		}
	} else if n, ok := r.ResponseDays(v.Cal); ok {
		x.Days = fmt.Sprintf("%d 个工作日", n)
		if r.Replied > r.Due && r.Verdict != ledger.Returned {
			x.Days += "，迟于期限"
		}
	}
	return x
}

// recommendationPage is the list of recommendations by subject.
type recommendationPage struct {
	frame
	Threads []threadView
	Pending int // subjects that wait for an answer
	Late    int
	All     int
	Only    bool // the list shows those that wait for an answer
	MayNew  bool
	Word    string // what the reader does with a new one
}

// threadView is one subject with its notices.
type threadView struct {
	Address string
	Notices []noticeView
	Last    noticeView
}

// recommendationList answers GET /recommendation.
func (s *Server) recommendationList(w http.ResponseWriter, r *http.Request, v *visit) error {
	if !v.Who.May(org.Overview) {
		return org.Denied{Who: v.Who, Action: org.Answer}
	}
	threads, err := ledger.Threads(r.Context(), s.db, v.Who)
	if err != nil {
		return err
	}
	p := recommendationPage{Only: r.URL.Query().Get("open") == "1", All: len(threads)}
	for _, t := range threads {
		x := threadView{Address: fmt.Sprintf("/recommendation/%d", t.Last().ID)}
		pending, late := false, false
		for _, n := range t {
			view := s.viewNotice(n, v)
			pending, late = pending || n.Pressing(), late || view.Light.Kind == "late"
			x.Notices = append(x.Notices, view)
		}
		x.Last = x.Notices[len(x.Notices)-1]
		if pending {
			p.Pending++
		}
		if late {
			p.Late++
		}
		if pending || !p.Only {
			p.Threads = append(p.Threads, x)
		}
	}
	if p.MayNew, p.Word, err = s.mayRecommend(r, v); err != nil {
		return err
	}
	p.frame = s.frame(v, "letter", "巡察建议")
	return s.render(w, http.StatusOK, "recommendation", p)
}

// mayRecommend tells whether the reader may begin a recommendation somewhere, and what that is called.
func (s *Server) mayRecommend(r *http.Request, v *visit) (bool, string, error) {
	if v.Who.May(org.Recommend) {
		return true, "提出建议", nil
	}
	for _, u := range v.Who.Over(org.Answer) {
		if ok, err := ledger.MayRecommend(r.Context(), s.db, v.Who, u); ok || err != nil {
			return ok, "登记收到的建议", err
		}
	}
	return false, "", nil
}

// recommendationForm is the page of a new recommendation.
type recommendationForm struct {
	frame
	Heading string
	Form    entryForm
}

// recommendationNew answers GET and POST of /recommendation/new.
func (s *Server) recommendationNew(w http.ResponseWriter, r *http.Request, v *visit) error {
	may, word, err := s.mayRecommend(r, v)
	if err != nil {
		return err
	}
	if !may {
		return org.Denied{Who: v.Who, Action: org.Recommend}
	}
	units, err := org.Seen(r.Context(), s.db, v.Who)
	if err != nil {
		return err
	}
	threads, err := ledger.Threads(r.Context(), s.db, v.Who)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	var chosen []pick
	names := map[int64]string{}
	right := org.Recommend
	if !v.Who.May(right) {
		right = org.Answer // in an installation of a single town they enter what they received
	}
	for _, u := range units { // a unit stands behind those above it
		names[u.ID] = u.Name
		name := u.Name
		if above, ok := names[u.Parent]; ok && u.Parent != v.Who.Unit.ID {
			name = above + "·" + name // every district has two villages of one name
		}
		if u.Kind != org.District && v.Who.Check(right, u) == nil && !(u.Kind == org.Office && u.Parent != v.Who.Unit.ID) {
			chosen = append(chosen, pick{strconv.FormatInt(u.ID, 10), name})
		}
	}
	unit := q.Get("unit")
	if unit == "" && len(chosen) > 0 {
		unit = chosen[0].Value
	}
	earlier := []pick{{"0", "没有，或由程序按标题找"}}
	for _, t := range threads {
		last := t.Last()
		earlier = append(earlier, pick{strconv.FormatInt(last.ID, 10), last.Unit.Name + "·" + last.Subject + "（" + shortDate(last.Issued, v.Today) + "）"})
	}
	p := recommendationForm{Heading: word}
	subject := ""
	if before := q.Get("previous"); before != "" {
		for _, t := range threads {
			if strconv.FormatInt(t.Last().ID, 10) == before {
				unit, subject = strconv.FormatInt(t.Last().Unit.ID, 10), t.Last().Subject
			}
		}
	}
	p.Form = entryForm{Action: "/recommendation/new", Button: word, Back: "/recommendation", Entries: entries{
		{Name: "unit", Label: "答复单位", Kind: "pick", Value: unit, Picks: chosen},
		{Name: "number", Label: "文号", Kind: "text", Hint: "没有就留空"},
		{Name: "subject", Label: "标题", Kind: "text", Value: subject, Hint: "写事项本身，如 高龄津贴应享未享。同一轮里同一事项再提，自动接在上一次后面，由书记答复"},
		{Name: "body", Label: "内容", Kind: "area", Hint: "发现了什么，建议做什么"},
		{Name: "issued", Label: "发出日期", Kind: "date", Value: v.Today},
		{Name: "due", Label: "答复期限", Kind: "date", Hint: "照建议书写的；没有写就留空，按设置里的工作日算"},
		{Name: "previous", Label: "接续哪一次", Kind: "pick", Value: q.Get("previous"), Picks: earlier},
		{Name: "why_again", Label: "再次提出的原因", Kind: "area", Hint: "只有第二次起才填：上次的答复为什么不够"},
	}}
	if r.Method != http.MethodPost {
		p.frame = s.frame(v, "letter", p.Heading)
		return s.render(w, http.StatusOK, "recommendation-new", p)
	}
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p.Form.Entries.fill(form)
	es := p.Form.Entries
	id, err := ledger.Recommend(r.Context(), s.db, v.Cal, v.Who, ledger.Notice{Unit: es.number("unit"), Previous: es.number("previous"), Number: es.value("number"),
		Subject: es.value("subject"), Body: es.value("body"), Issued: es.value("issued"), Due: es.value("due"), WhyAgain: es.value("why_again")})
	if err != nil {
		status, err := p.Form.failed(err, v.Today)
		if err != nil {
			return err
		}
		p.frame = s.frame(v, "letter", p.Heading)
		return s.render(w, status, "recommendation-new", p)
	}
	return s.done(w, r, fmt.Sprintf("/recommendation/%d", id), "已登记这份建议")
}

// recommendationThread is the page of one subject.
type recommendationThread struct {
	frame
	Subject string
	Unit    string
	Round   string
	Notices []noticeView
	Again   string // address of the form for the next notice
}

// recommendationShow answers GET /recommendation/{id}.
func (s *Server) recommendationShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.renderThread(w, r, v, http.StatusOK, nil, nil)
}

// renderThread answers with the page of a subject. failed, when a step was refused, puts what was typed and what is wrong into the
// form of the notice in the address.
func (s *Server) renderThread(w http.ResponseWriter, r *http.Request, v *visit, status int, form url.Values, refused error) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	thread, err := ledger.ThreadOf(r.Context(), s.db, v.Who, id)
	if err != nil {
		return err
	}
	p := recommendationThread{Subject: thread[0].Subject, Unit: thread[0].Unit.Name, Round: thread[0].RoundName}
	if thread[0].Team != "" {
		p.Round += "·" + thread[0].Team
	}
	judges, err := ledger.MayRecommend(r.Context(), s.db, v.Who, thread[0].Unit)
	if err != nil {
		return err
	}
	if judges {
		p.Again = fmt.Sprintf("/recommendation/new?previous=%d", thread.Last().ID)
	}
	for _, n := range thread {
		x := s.viewNotice(n, v)
		s.offer(&x, v, judges)
		if refused != nil && n.ID == id {
			for _, f := range []*entryForm{x.Receive, x.Answer, x.Judge} {
				if f == nil || f.Action != fmt.Sprintf("/recommendation/%d/%s", id, r.PathValue("step")) {
					continue
				}
				f.Entries.fill(form)
				if status, err = f.failed(refused, v.Today); err != nil {
					return err
				}
				refused = nil
			}
		}
		entries, err := journal.Of(r.Context(), s.db, "recommendation", n.ID, 20)
		if err != nil {
			return err
		}
		for _, e := range entries {
			x.History = append(x.History, newEvent(e, v.Today))
		}
		p.Notices = append(p.Notices, x)
	}
	slices.Reverse(p.Notices) // what is to be done stands first
	if refused != nil {       // the step is no longer there to be shown in
		return refused
	}
	p.frame = s.frame(v, "letter", p.Subject)
	return s.render(w, status, "recommendation-thread", p)
}

// offer gives the reader the forms of what is next, or says who is to do it.
func (s *Server) offer(x *noticeView, v *visit, judges bool) {
	answers := v.Who.Check(org.Answer, x.Unit) == nil
	address := fmt.Sprintf("/recommendation/%d/", x.ID)
	switch x.Recommendation.State() {
	case ledger.ToReceive:
		if answers {
			x.Receive = &entryForm{Action: address + "receive", Button: "签收", Version: x.Version}
		} else {
			x.Wait = "等" + x.Unit.Name + "签收"
		}
	case ledger.ToAnswer, ledger.ToRedo:
		switch {
		case x.Level == ledger.SecretaryLevel && (v.Who.Check(org.Sign, x.Unit) != nil || !answers):
			x.Wait = "这是" + x.Nth + "，等" + x.Unit.Name + "党组织书记答复"
		case answers:
			x.Answer = &entryForm{Action: address + "answer", Button: "答复", Version: x.Version, Entries: entries{
				{Name: "text", Label: "答复内容", Kind: "area", Value: x.Reply, Hint: "做了什么、结果怎样、怎样防止再发生"},
				{Name: "number", Label: "答复文号", Kind: "text", Value: x.ReplyNo, Hint: "没有就留空"},
				{Name: "day", Label: "答复日期", Kind: "date", Value: v.Today},
			}}
		default:
			x.Wait = "等" + x.Unit.Name + "答复"
		}
	case ledger.ToJudge:
		if judges {
			x.Judge = &entryForm{Action: address + "verdict", Button: "登记", Version: x.Version, Entries: entries{
				{Name: "verdict", Label: "评判", Kind: "pick", Value: ledger.Adopted, Picks: []pick{{ledger.Adopted, "采纳"}, {ledger.Returned, "退回，重新答复"}}},
				{Name: "text", Label: "意见", Kind: "area", Hint: "退回要写明哪里不够、还要做什么"},
				{Name: "due", Label: "答复期限", Kind: "date", Hint: "退回时用；留空按设置里的工作日算"},
			}}
		} else {
			x.Wait = "等巡察组评判"
		}
	}
}

// recommendationStep answers POST /recommendation/{id}/receive, answer and verdict.
func (s *Server) recommendationStep(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	value := func(name string) string { return plainText(form.Get(name)) }
	said := ""
	switch r.PathValue("step") {
	case "receive":
		said, err = "已签收", ledger.ReceiveRecommendation(r.Context(), s.db, v.Who, id, version)
	case "answer":
		said = "已答复，等巡察组评判"
		err = ledger.AnswerRecommendation(r.Context(), s.db, v.Who, id, version, ledger.Reply{Text: value("text"), Number: value("number"), Day: value("day")})
	case "verdict":
		said = "已采纳"
		if value("verdict") == ledger.Returned {
			said = "已退回，等重新答复"
		}
		err = ledger.JudgeRecommendation(r.Context(), s.db, v.Cal, v.Who, id, version, value("verdict"), value("text"), value("due"))
	default:
		return store.ErrNotFound
	}
	var stale ledger.Stale
	var invalid ledger.Invalid
	if errors.As(err, &stale) || errors.As(err, &invalid) {
		return s.renderThread(w, r, v, http.StatusOK, form, err)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/recommendation/%d", id), said)
}
