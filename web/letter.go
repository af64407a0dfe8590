package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"bihuan/ledger"
	"bihuan/org"
	"bihuan/report"
)

// lettersPage lists letters: drafts that wait to be sent, what was sent, what came.
type lettersPage struct {
	frame
	Tabs     []tab
	State    string // of the tab: draft sent in
	Rows     []letterRow
	People   int // whom the drafts are for
	MaySend  bool
	Sendable int
	More     bool // there are older ones that are not shown
}

// tab is one of several lists on a page.
type tab struct {
	Word, Address string
	N             int
	Current       bool
}

// letterRow is a letter in a list.
type letterRow struct {
	ledger.Letter
	Colour  light
	Light   light
	When    string
	DueDay  string
	MaySend bool
	Why     string // why it may not be sent
}

// lettersMost is how many letters a list shows.
const lettersMost = 300

var colourLights = map[string]light{
	"green": {Kind: "run", Word: "绿色提醒"}, "yellow": {Kind: "soon", Word: "黄色预警"}, "red": {Kind: "late", Word: "红色预警"},
}

// lettersShow answers GET /letter.
func (s *Server) lettersShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.renderLetters(w, r, v, r.URL.Query().Get("state"))
}

func (s *Server) renderLetters(w http.ResponseWriter, r *http.Request, v *visit, state string) error {
	ctx := r.Context()
	p := lettersPage{MaySend: v.Who.May(org.Send)}
	lists := map[string][]letterRow{}
	for _, of := range []string{"draft", "sent", "received", "replied"} {
		list, err := ledger.Letters(ctx, s.db, v.Who, of, lettersMost)
		if err != nil {
			return err
		}
		p.More = p.More || len(list) == lettersMost
		for _, l := range list {
			row := newLetterRow(l, v)
			switch {
			case of == "draft":
				lists["draft"] = append(lists["draft"], row)
			case l.For(v.Who) || !v.Who.Within(l.Unit):
				lists["in"] = append(lists["in"], row)
			default:
				lists["sent"] = append(lists["sent"], row)
			}
		}
	}
	if state != "draft" && state != "sent" && state != "in" || state == "draft" && !p.MaySend {
		state = "in"
		if p.MaySend && len(lists["draft"]) > 0 {
			state = "draft"
		} else if p.MaySend {
			state = "sent"
		}
	}
	p.State, p.Rows = state, lists[state]
	people := map[string]bool{}
	for _, row := range lists["draft"] {
		people[row.To+row.Name] = true
		if row.MaySend {
			p.Sendable++
		}
	}
	p.People = len(people)
	for _, t := range []struct{ state, word string }{{"draft", "待签发"}, {"sent", "已发"}, {"in", "收到的"}} {
		if t.state == "draft" && !p.MaySend {
			continue
		}
		p.Tabs = append(p.Tabs, tab{t.word, "/letter?state=" + t.state, len(lists[t.state]), t.state == state})
	}
	p.frame = s.frame(v, "letter", "函件")
	return s.render(w, http.StatusOK, "letters", p)
}

func newLetterRow(l ledger.Letter, v *visit) letterRow {
	row := letterRow{Letter: l, Colour: colourLights[l.Colour], Light: letterLight(l, v.Today), DueDay: shortDate(l.Due, v.Today)}
	err := l.MaySend(v.Who)
	if row.MaySend = err == nil; !row.MaySend {
		row.Why = "请由书记或区委巡察办签发"
	}
	switch l.State {
	case "draft":
		row.When = clock(l.Drafted.At, v.Today)
	default:
		row.When = clock(l.Sent.At, v.Today)
	}
	return row
}

// letterLight says how far a letter is.
func letterLight(l ledger.Letter, today string) light {
	switch {
	case l.State == "draft":
		return light{Kind: "wait", Word: "待签发"}
	case l.State == "dropped":
		return light{Kind: "stop", Word: "没有发"}
	case l.State == "replied":
		return light{Kind: "done", Word: "已反馈"}
	case l.ReplyBy != "" && l.ReplyBy < today:
		return light{Kind: "late", Word: "超期未反馈", Why: "应于" + shortDate(l.ReplyBy, today) + "前"}
	case l.State == "received":
		return light{Kind: "run", Word: "已签收，待反馈"}
	}
	return light{Kind: "soon", Word: "待签收"}
}

// letterDraft answers POST /letter: a letter about a finding, drafted by hand.
func (s *Server) letterDraft(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	finding, err := strconv.ParseInt(form.Get("finding"), 10, 64)
	if err != nil {
		return errBadForm
	}
	id, err := ledger.Draft(r.Context(), s.db, v.Cal, v.Who, finding, ledger.LetterKind(form.Get("kind")))
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/letter/%d", id), "已拟好，请看过再签发")
}

// lettersSend answers POST /letter/send: the ticked drafts, each in a transaction of its own, so that one that cannot be sent keeps
// none back.
func (s *Server) lettersSend(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	if len(form["pick"]) == 0 {
		return s.done(w, r, "/letter?state=draft", "没有勾选，一封也没有发")
	}
	sent, problems := 0, []string(nil)
	for _, pick := range form["pick"] {
		var id, version int64
		if _, err := fmt.Sscanf(pick, "%d.%d", &id, &version); err != nil {
			return errBadForm
		}
		err := ledger.SendLetter(r.Context(), s.db, v.Who, id, version)
		var stale ledger.Stale
		var bad ledger.Invalid
		var denied org.Denied
		switch {
		case err == nil:
			sent++
		case errors.As(err, &stale), errors.As(err, &bad), errors.As(err, &denied):
			problems = append(problems, err.Error())
		default:
			return err
		}
	}
	said := fmt.Sprintf("已签发 %d 封", sent)
	if len(problems) > 0 {
		said += fmt.Sprintf("；%d 封没有发出：%s", len(problems), strings.Join(problems, "；"))
	}
	return s.done(w, r, "/letter?state=draft", said)
}

// letterPage is one letter: the paper itself, where it stands, and what may be done with it.
type letterPage struct {
	frame
	Letter    ledger.Letter
	Heading   string
	Paper     letterPaper
	Imprint   *imprintView // of a letter that was sent
	Light     light
	Colour    light
	DueDay    string
	Steps     []letterStep
	MayEdit   bool
	MaySend   bool
	SendWhy   string // why it may not be sent
	MayAnswer bool
	MayOpen   bool // the reader sees its finding
	MayPack   bool // it was sent, and so there is something to prove
	Body      string
	Copies    string
	ReplyBy   string
	Reply     string
	Problem   string
}

// letterPaper is what stands on the sheet.
type letterPaper struct {
	Title, Number, To, Sign, Date, Copies string
	Paragraphs                            []string
}

// letterStep is one step of a letter's way.
type letterStep struct {
	Word, Who, At, Say string
	Done               bool
	Kind               string // of the light
}

// letterShow answers GET /letter/{id}.
func (s *Server) letterShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	l, err := s.letter(r, v)
	if err != nil {
		return err
	}
	return s.renderLetter(w, r, v, http.StatusOK, letterPage{Letter: l, Body: l.Body, Copies: l.Copies, ReplyBy: l.ReplyBy, Reply: l.Replied.Words})
}

func (s *Server) letter(r *http.Request, v *visit) (ledger.Letter, error) {
	id, err := pathID(r)
	if err != nil {
		return ledger.Letter{}, err
	}
	return ledger.LetterByID(r.Context(), s.db, v.Who, id)
}

func (s *Server) renderLetter(w http.ResponseWriter, r *http.Request, v *visit, status int, p letterPage) error {
	ctx := r.Context()
	l := p.Letter
	p.Light, p.Colour, p.DueDay = letterLight(l, v.Today), colourLights[l.Colour], shortDate(l.Due, v.Today)
	p.Heading = cmp.Or(l.Number, l.Kind.Word()+"（稿）")
	p.MayEdit = l.State == "draft" && v.Who.Check(org.Send, l.Unit) == nil
	err := l.MaySend(v.Who)
	if p.MaySend = p.MayEdit && err == nil; p.MayEdit && err != nil {
		p.SendWhy = "告诫书由书记或区委巡察办签发"
	}
	p.MayAnswer = l.State != "draft" && l.State != "dropped" && l.MayAnswer(ctx, s.db, v.Who) == nil
	_, err = ledger.ByID(ctx, s.db, v.Who, l.Finding)
	p.MayOpen = err == nil
	p.MayPack = !l.Sent.At.IsZero()
	p.Paper = newLetterPaper(l)
	if !l.Sent.At.IsZero() {
		if p.Imprint, err = s.imprintView(ctx, "letter", l.ID); err != nil {
			return err
		}
	}
	p.Steps = letterSteps(l, v.Today)
	p.frame = s.frame(v, "letter", p.Heading)
	return s.render(w, status, "letter", p)
}

func newLetterPaper(l ledger.Letter) letterPaper {
	p := letterPaper{Title: l.Kind.Word(), Number: cmp.Or(l.Number, "〔签发时编号〕"), To: l.To, Sign: ledger.Signer(l.Unit), Date: "〔签发日期〕", Copies: l.Copies}
	if !l.Sent.At.IsZero() {
		p.Date = l.Sent.At.Format("2006年1月2日")
	}
	for line := range strings.SplitSeq(l.Body, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			p.Paragraphs = append(p.Paragraphs, line)
		}
	}
	return p
}

func letterSteps(l ledger.Letter, today string) []letterStep {
	step := func(word string, m ledger.Mark, wait string) letterStep {
		if m.At.IsZero() {
			return letterStep{Word: word, Say: wait, Kind: "none"}
		}
		return letterStep{Word: word, Who: m.Name, At: clock(m.At, today), Done: true, Kind: "done"}
	}
	steps := []letterStep{step("拟函", l.Drafted, ""), step("签发", l.Sent, "签发时编号"), step("签收", l.Received, strings.TrimSpace(l.To+" "+l.Name)), step("反馈", l.Replied, "")}
	if l.ReplyBy != "" && !steps[3].Done {
		steps[3].Say = shortDate(l.ReplyBy, today) + "前反馈"
		if l.ReplyBy < today && steps[1].Done {
			steps[3].Kind, steps[3].Say = "late", steps[3].Say+"，已超期"
		}
	}
	if l.State == "dropped" {
		steps[1] = letterStep{Word: "不发", Say: "这份稿没有签发", Kind: "stop"}
		return steps[:2]
	}
	return steps
}

// letterAct answers POST /letter/{id}: a draft is changed, sent or dropped; a letter is received or answered.
func (s *Server) letterAct(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	l, err := s.letter(r, v)
	if err != nil {
		return err
	}
	ctx := r.Context()
	here := fmt.Sprintf("/letter/%d", l.ID)
	p := letterPage{Letter: l, Body: l.Body, Copies: l.Copies, ReplyBy: l.ReplyBy, Reply: plainText(form.Get("reply"))}
	said := ""
	switch form.Get("act") {
	case "save", "send":
		p.Body, p.Copies, p.ReplyBy = plainText(form.Get("body")), plainText(form.Get("copies")), strings.TrimSpace(form.Get("reply_by"))
		said, err = s.saveLetter(ctx, v, l, version, p, form.Get("act") == "send")
	case "drop":
		err, said = ledger.DropLetter(ctx, s.db, v.Who, l.ID, version), "这封不发。同一期限不再自动拟"
		here = "/letter?state=draft"
	case "receive":
		err, said = ledger.ReceiveLetter(ctx, s.db, v.Who, l.ID), "已签收"
	case "reply":
		err, said = ledger.ReplyLetter(ctx, s.db, v.Who, l.ID, version, p.Reply), "已反馈"
	default:
		return errBadForm
	}
	var stale ledger.Stale
	var bad ledger.Invalid
	switch {
	case errors.As(err, &stale):
		p.Problem = stale.By + "在 " + clock(stale.At, v.Today) + " 先动了这封函。您填的都还在，看过后再提交。"
		if p.Letter, err = s.letter(r, v); err != nil {
			return err
		}
		return s.renderLetter(w, r, v, http.StatusConflict, p)
	case errors.As(err, &bad):
		p.Problem = bad.Error()
		p.Letter.Version = version
		return s.renderLetter(w, r, v, http.StatusUnprocessableEntity, p)
	case err != nil:
		return err
	}
	return s.done(w, r, here, said)
}

// saveLetter keeps the words of a draft and, when asked to, sends it as it then stands.
func (s *Server) saveLetter(ctx context.Context, v *visit, l ledger.Letter, version int64, p letterPage, send bool) (string, error) {
	if l.State == "draft" {
		if err := ledger.EditLetter(ctx, s.db, v.Who, l.ID, version, p.Body, p.Copies, p.ReplyBy); err != nil {
			return "", err
		}
	}
	if !send {
		return "已保存", nil
	}
	now, err := ledger.LetterByID(ctx, s.db, v.Who, l.ID)
	if err != nil {
		return "", err
	}
	if now.State == "draft" && (now.Body != p.Body || now.Copies != p.Copies || now.ReplyBy != p.ReplyBy) {
		return "", ledger.Invalid{Field: "函件", What: "刚有人改过，请看过再签发"}
	}
	if err := ledger.SendLetter(ctx, s.db, v.Who, l.ID, now.Version); err != nil {
		return "", err
	}
	return "已签发", nil
}

// letterDocx answers GET /letter/{id}/letter.docx: the letter to be printed and stamped.
func (s *Server) letterDocx(w http.ResponseWriter, r *http.Request, v *visit) error {
	l, err := s.letter(r, v)
	if err != nil {
		return err
	}
	imprint, err := s.imprint(r.Context(), "letter", l.ID)
	if err != nil {
		return err
	}
	name := cmp.Or(l.Number, l.Kind.Word()+"（稿）") + ".docx"
	return download(w, name, report.DocxType, func(w io.Writer) error { return report.Letter(w, l, v.Now, imprint) })
}
