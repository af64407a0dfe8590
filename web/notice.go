package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"bihuan/benefit"
	"bihuan/lead"
	"bihuan/org"
	"bihuan/store"
)

// postingsPage lists publicity lists (公示).
type postingsPage struct {
	frame
	List []postingView
	May  bool
}

// postingView is a notice as pages show it.
type postingView struct {
	lead.Notice
	Place       string
	PostedWords string
	UntilWords  string
	First, Last string // of the days it hangs, in full, for the paper
	Light       light
	Lines       []postingLine
}

type postingLine struct {
	N                           int
	Name, Place, Amount, Period string
}

func newPostingView(n lead.Notice, place, today string) postingView {
	x := postingView{Notice: n, Place: place, PostedWords: shortDate(n.Posted, today), UntilWords: shortDate(n.Until, today), First: shortDate(n.Posted, ""), Last: shortDate(n.Until, "")}
	switch {
	case !n.Down.IsZero():
		x.Light = light{Kind: "stop", Word: "已撤下", Why: n.DownWhy + "，名单已删除"}
	case n.Until < today:
		x.Light = light{Kind: "stop", Word: "已到期", Why: "外面已看不到，今夜删除名单"}
	default:
		x.Light = light{Kind: "run", Word: "正在公示", Why: x.UntilWords + "后自动撤下"}
	}
	for i, l := range n.Lines {
		v := postingLine{N: i + 1, Name: l.Name, Place: l.Place, Period: l.Period, Amount: "—"}
		if l.Amount > 0 {
			v.Amount = benefit.Yuan(l.Amount)
		}
		x.Lines = append(x.Lines, v)
	}
	return x
}

// noticeList answers GET /notice. Whatever is past its day comes down first.
func (s *Server) noticeList(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx := r.Context()
	if _, err := lead.TakeDown(ctx, s.vault); err != nil {
		s.log.ErrorContext(ctx, "take down", "error", err) // nobody outside sees what is past its day; the nightly turn tries again
	}
	list, err := lead.Notices(ctx, s.vault, s.db, v.Who)
	if err != nil {
		return err
	}
	names, err := s.villageWords(ctx, v)
	if err != nil {
		return err
	}
	p := postingsPage{May: v.Who.May(org.Publish)}
	for _, n := range list {
		p.List = append(p.List, newPostingView(n, firstText(names[n.Village], names[n.Unit]), v.Today))
	}
	p.frame = s.benefitFrame(v, "notice", "公示")
	return s.render(w, http.StatusOK, "notices", p)
}

// noticeForm posts a notice.
type noticeForm struct {
	frame
	Programmes []choice
	Towns      []choice
	Villages   []villageChoice
	Kinds      []choice
	Draft      lead.NoticeDraft
	Programme  string
	Town       string
	Village    string
	Least      string // first day on which it may come down
	LeastDay   string // the same as people write it
	Field      string
	Problem    string
}

type villageChoice struct{ Value, Word string }

// noticeNew answers GET /notice/new.
func (s *Server) noticeNew(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.renderNoticeForm(w, r, v, http.StatusOK, noticeForm{Draft: lead.NoticeDraft{What: "proposed", Batch: lead.NewBatch()}, Programme: r.URL.Query().Get("programme"), Village: r.URL.Query().Get("village")})
}

func (s *Server) renderNoticeForm(w http.ResponseWriter, r *http.Request, v *visit, status int, p noticeForm) error {
	if err := may(v.Who, org.Publish); err != nil {
		return err
	}
	ctx := r.Context()
	list, err := benefit.Programmes(ctx, s.vault, v.Who)
	if err != nil {
		return err
	}
	for _, x := range list {
		p.Programmes = append(p.Programmes, choice{strconv.FormatInt(x.ID, 10), x.Name})
	}
	units, err := org.Seen(ctx, s.db, v.Who)
	if err != nil {
		return err
	}
	for _, u := range units {
		if v.Who.Check(org.Publish, u) != nil {
			continue
		}
		switch u.Kind {
		case org.Town:
			p.Towns = append(p.Towns, choice{strconv.FormatInt(u.ID, 10), u.Name})
		case org.Village:
			p.Villages = append(p.Villages, villageChoice{strconv.FormatInt(u.ID, 10), u.Name})
		}
	}
	for _, k := range lead.NoticeKinds {
		p.Kinds = append(p.Kinds, choice{k.What, k.Word})
	}
	if p.Programme == "" && len(p.Programmes) > 0 {
		p.Programme = p.Programmes[0].Value
	}
	if p.Least, err = lead.LeastUntil(ctx, s.vault, formID(p.Programme)); err != nil {
		return err
	}
	p.LeastDay = shortDate(p.Least, v.Today)
	if p.Draft.Until == "" {
		p.Draft.Until = p.Least
		if d, err := time.Parse(time.DateOnly, p.Least); err == nil {
			p.Draft.Until = d.AddDate(0, 0, 2).Format(time.DateOnly) // the day of posting does not count whole
		}
	}
	p.frame = s.benefitFrame(v, "notice", "新公示")
	return s.render(w, status, "notice-new", p)
}

// noticePost answers POST /notice/new.
func (s *Server) noticePost(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p := noticeForm{Programme: form.Get("programme"), Town: form.Get("town"), Village: form.Get("village"),
		Draft: lead.NoticeDraft{What: form.Get("what"), Title: plainText(form.Get("title")), Basis: plainText(form.Get("basis")), Until: form.Get("until"), Batch: form.Get("batch")}}
	p.Draft.Programme, p.Draft.Village = formID(p.Programme), formID(p.Village)
	town := formID(p.Town)
	if p.Draft.Village != 0 { // the village says which town
		u, err := org.UnitByID(r.Context(), s.db, p.Draft.Village)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		town = u.Parent
	}
	id, err := lead.PostNotice(r.Context(), s.vault, s.db, v.Who, town, p.Draft)
	var bad org.Invalid
	if errors.As(err, &bad) {
		p.Field, p.Problem = bad.Field, bad.What
		return s.renderNoticeForm(w, r, v, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/notice/%d", id), "已公示，到期自动撤下")
}

// postingPage is one notice, to be printed and put up as well.
type postingPage struct {
	frame
	Notice  postingView
	Unit    string
	Address string
	May     bool
	Why     string
	Field   string
	Problem string
}

// noticeShow answers GET /notice/{id}.
func (s *Server) noticeShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.renderNotice(w, r, v, http.StatusOK, postingPage{})
}

func (s *Server) renderNotice(w http.ResponseWriter, r *http.Request, v *visit, status int, p postingPage) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	if _, err := lead.TakeDown(ctx, s.vault); err != nil {
		s.log.ErrorContext(ctx, "take down", "error", err) // nobody outside sees what is past its day; the nightly turn tries again
	}
	n, err := lead.NoticeByID(ctx, s.vault, s.db, v.Who, id)
	if err != nil {
		return err
	}
	names, err := s.villageWords(ctx, v)
	if err != nil {
		return err
	}
	town, err := org.UnitByID(ctx, s.db, n.Unit)
	if err != nil {
		return err
	}
	p.Notice, p.Unit, p.Address = newPostingView(n, firstText(names[n.Village], town.Name), v.Today), town.Name, s.site(r)+"/notice/p/"+n.Token
	p.May = n.Down.IsZero() && v.Who.Check(org.Publish, town) == nil
	p.frame = s.benefitFrame(v, "notice", n.Title)
	return s.render(w, status, "notice", p)
}

// noticeDown answers POST /notice/{id}/down.
func (s *Server) noticeDown(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	why := plainText(form.Get("why"))
	err = lead.RemoveNotice(r.Context(), s.vault, s.db, v.Who, id, version, why)
	var bad org.Invalid
	if errors.As(err, &bad) {
		return s.renderNotice(w, r, v, http.StatusUnprocessableEntity, postingPage{Why: why, Field: bad.Field, Problem: bad.What})
	}
	if errors.Is(err, store.ErrBusy) { // the lines are gone; what the files of the database hold of them goes at night
		err = nil
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/notice/%d", id), "已撤下，名单已删除")
}

// publicNoticePage is what anybody sees who has the address.
type publicNoticePage struct {
	frame
	Notice postingView
	Unit   string
	Gone   bool // it is down, or there never was one
}

// noticePublic answers GET /notice/p/{token} to anybody, as long as the notice hangs.
func (s *Server) noticePublic(w http.ResponseWriter, r *http.Request) error {
	if s.vault == nil {
		return store.ErrNotFound
	}
	w.Header().Set("X-Robots-Tag", "noindex, noarchive") // a copy in a search engine does not come down
	ctx := r.Context()
	n, err := lead.PublicNotice(ctx, s.vault, r.PathValue("token"))
	if errors.Is(err, store.ErrNotFound) {
		return s.render(w, http.StatusNotFound, "notice-public", publicNoticePage{frame: frame{Title: "公示", Bare: true}, Gone: true})
	}
	if err != nil {
		return err
	}
	town, err := org.UnitByID(ctx, s.db, n.Unit)
	if err != nil {
		return err
	}
	p := publicNoticePage{Notice: newPostingView(n, "", s.db.Now().Format(time.DateOnly)), Unit: town.Name}
	p.frame = frame{Title: n.Title, Bare: true}
	return s.render(w, http.StatusOK, "notice-public", p)
}
