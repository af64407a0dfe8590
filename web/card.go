package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"bihuan/benefit"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/publicity"
	"bihuan/store"
)

// ofCard reads the card that an address names with its town; of a town that the visitor does not see it is [store.ErrNotFound].
func (s *Server) ofCard(r *http.Request, v *visit) (publicity.Card, township, error) {
	id, err := pathID(r)
	if err != nil {
		return publicity.Card{}, township{}, err
	}
	if s.vault == nil {
		return publicity.Card{}, township{}, errNoResidents
	}
	c, err := publicity.CardByID(r.Context(), s.vault, id)
	if err != nil {
		return c, township{}, err
	}
	t, err := s.township(r.Context(), v, c.Unit)
	if err == nil && t.Town.ID != c.Unit {
		err = store.ErrNotFound
	}
	return c, t, err
}

// reachView is how far a card has come in a village, or in all of them.
type reachView struct {
	publicity.Reach
	Light light
	Bar   shareBar
	Last  string // as people write it
}

// shareBar is a share drawn as an SVG: places are percent of its width.
type shareBar struct{ Value, Mark, From, To string }

// across writes a place on a bar.
func across(f float64) string { return strconv.FormatFloat(min(max(f, 0), 100), 'f', 1, 64) + "%" }

// reachLights are the lights of the standings.
var reachLights = map[publicity.Standing]light{
	publicity.NoList:  {Kind: "stop", Word: "没有户数", Why: "先登记这个村有多少户"},
	publicity.Reached: {Kind: "done", Word: "达标"},
	publicity.Running: {Kind: "run", Word: "正在送"},
	publicity.Behind:  {Kind: "late", Word: "未达标"},
	publicity.Ended:   {Kind: "stop", Word: "已作废"},
}

func newReachView(v *visit, c publicity.Card, x publicity.Reach) reachView {
	view := reachView{Reach: x, Last: shortDate(x.Last, v.Today)}
	standing := x.Standing(c, v.Today, v.Rules)
	view.Light = reachLights[standing]
	switch standing {
	case publicity.Reached:
		view.Light.Why = fmt.Sprintf("不低于 %d%%", v.Rules.ReachShare)
	case publicity.Running:
		view.Light.Why = fmt.Sprintf("还差 %d 户，%s止", x.Short(v.Rules), shortDate(c.Until(v.Rules), v.Today))
	case publicity.Behind:
		view.Light.Why = fmt.Sprintf("满 %d 天，还差 %d 户到 %d%%", v.Rules.ReachDays, x.Short(v.Rules), v.Rules.ReachShare)
	}
	if x.Households > 0 {
		view.Bar = shareBar{Value: across(100 * float64(x.Reached) / float64(x.Households)), Mark: across(float64(v.Rules.ReachShare))}
	}
	return view
}

// cardView is a card with how far it has come in what the visitor sees.
type cardView struct {
	publicity.Card
	From   string // first day, as people write it
	Until  string // last day by which it should have reached enough
	Lines  []string
	Sum    reachView
	Behind int // villages
	NoList int // villages
	Rows   []reachView
}

// newCardView works out how far a card has come in the given villages.
func (s *Server) newCardView(ctx context.Context, v *visit, c publicity.Card, villages []org.Unit) (cardView, error) {
	x := cardView{Card: c, From: shortDate(c.ValidFrom, v.Today), Until: shortDate(c.Until(v.Rules), v.Today), Lines: c.Clauses()}
	list, err := publicity.Coverage(ctx, s.vault, c, villages)
	if err != nil {
		return x, err
	}
	var sum publicity.Reach
	for _, r := range list {
		switch r.Standing(c, v.Today, v.Rules) {
		case publicity.Behind:
			x.Behind++
		case publicity.NoList:
			x.NoList++
		}
		sum.Households += r.Households
		sum.Reached += r.Reached
		sum.OldOnly += r.OldOnly
		sum.Broadcasts += r.Broadcasts
		sum.Meetings += r.Meetings
		sum.People += r.People
		sum.Posted += r.Posted
		x.Rows = append(x.Rows, newReachView(v, c, r))
	}
	x.Sum = newReachView(v, c, sum)
	if x.Behind > 0 {
		x.Sum.Light = light{Kind: "late", Word: fmt.Sprintf("%d 个村未达标", x.Behind), Why: fmt.Sprintf("满 %d 天不到 %d%%", v.Rules.ReachDays, v.Rules.ReachShare)}
	}
	return x, nil
}

// cardsPage lists the policy cards of a town.
type cardsPage struct {
	phoneFrame
	township
	Cards  []cardView
	Old    []publicity.Card
	MayNew bool
	Phone  bool
}

// cardsShow answers GET /card.
func (s *Server) cardsShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	t, err := s.township(r.Context(), v, formID(r.URL.Query().Get("town")))
	if err != nil {
		return err
	}
	p := cardsPage{township: t, MayNew: v.Who.Check(org.Deliver, t.Town) == nil, Phone: byList(v.Who)}
	list, err := publicity.Cards(r.Context(), s.vault, t.Town.ID)
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.Withdrawn != "" {
			p.Old = append(p.Old, c)
			continue
		}
		x, err := s.newCardView(r.Context(), v, c, t.Villages)
		if err != nil {
			return err
		}
		p.Cards = append(p.Cards, x)
	}
	if p.phoneFrame = s.phone(r, v, "政策宣传"); !p.Phone {
		p.frame = s.benefitFrame(v, "card", "政策宣传")
	}
	return s.render(w, http.StatusOK, "cards", p)
}

// cardPage is one card: what it says and how far it has come in each village.
type cardPage struct {
	frame
	township
	Card     cardView
	Editions []publicity.Card
	MayEdit  bool
	Deliver  map[int64]bool // villages where the visitor may enter deliveries
	Outdated string         // that the programme pays by another standard
	Problem  string
	Why      string
}

// cardShow answers GET /card/{id}.
func (s *Server) cardShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.cardRender(w, r, v, http.StatusOK, cardPage{})
}

func (s *Server) cardRender(w http.ResponseWriter, r *http.Request, v *visit, status int, p cardPage) error {
	c, t, err := s.ofCard(r, v)
	if err != nil {
		return err
	}
	p.township, p.MayEdit, p.Deliver = t, v.Who.Check(org.Deliver, t.Town) == nil, map[int64]bool{}
	if p.Card, err = s.newCardView(r.Context(), v, c, t.Villages); err != nil {
		return err
	}
	for _, u := range t.Villages {
		p.Deliver[u.ID] = c.Withdrawn == "" && v.Who.Check(org.Deliver, u) == nil
	}
	if c.Programme != 0 && c.Withdrawn == "" {
		terms, err := benefit.TermsOf(r.Context(), s.vault, c.Programme)
		if err != nil {
			return err
		}
		p.Outdated = c.Outdated(terms, v.Today)
	}
	if p.Editions, err = publicity.Editions(r.Context(), s.vault, c.Series); err != nil {
		return err
	}
	p.frame = s.benefitFrame(v, "card", c.Benefit+"政策卡")
	return s.render(w, status, "card", p)
}

// cardWithdraw answers POST /card/{id}/withdraw.
func (s *Server) cardWithdraw(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	c, t, err := s.ofCard(r, v)
	if err != nil {
		return err
	}
	why := plainText(form.Get("why"))
	err = publicity.Withdraw(r.Context(), s.vault, v.Who, t.Town, c.ID, version, why)
	var invalid org.Invalid
	if errors.As(err, &invalid) {
		return s.cardRender(w, r, v, http.StatusUnprocessableEntity, cardPage{Problem: invalid.What, Why: why})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/card/%d", c.ID), "这张政策卡已作废，不再送户。")
}

// cardFormPage asks for what a card says.
type cardFormPage struct {
	frame
	township
	Card     publicity.Card // with what was typed
	Old      publicity.Card // as it stands, when a card is changed
	Version  int64
	Heading  string
	Back     string
	Problems map[string]string
	Stale    *staleView
	From     []benefit.Programme // whose parameters a new card may begin with
}

// staleView is somebody else's change, told above a form.
type staleView struct{ By, At string }

func readCard(form url.Values) publicity.Card {
	return publicity.Card{Programme: formID(form.Get("programme")), Benefit: plainText(form.Get("benefit")), Who: plainText(form.Get("who")), Amount: plainText(form.Get("amount")),
		Place: plainText(form.Get("place")), Phone: plainText(form.Get("phone")), ValidFrom: form.Get("valid_from"), ValidTo: form.Get("valid_to"), Basis: plainText(form.Get("basis"))}
}

// cardNew answers GET and POST /card/new.
func (s *Server) cardNew(w http.ResponseWriter, r *http.Request, v *visit) error {
	t, err := s.township(r.Context(), v, formID(r.FormValue("town")))
	if err != nil {
		return err
	}
	if err := v.Who.Check(org.Deliver, t.Town); err != nil {
		return err
	}
	p := cardFormPage{frame: s.benefitFrame(v, "card", "新的政策卡"), township: t, Heading: "新的政策卡", Back: "/card", Card: publicity.Card{ValidFrom: v.Today}, Problems: map[string]string{}}
	if p.From, err = s.programmesOf(r.Context(), v, t.Town); err != nil {
		return err
	}
	if r.Method != http.MethodPost {
		id := formID(r.FormValue("programme"))
		if i := slices.IndexFunc(p.From, func(x benefit.Programme) bool { return x.ID == id }); i >= 0 {
			terms, err := benefit.TermsOf(r.Context(), s.vault, id)
			if err != nil {
				return err
			}
			p.Card = publicity.Suggest(p.From[i], terms, v.Today)
		}
		return s.render(w, http.StatusOK, "card-form", p)
	}
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p.Card = readCard(form)
	id, err := publicity.Issue(r.Context(), s.vault, v.Who, t.Town, p.Card)
	var invalid org.Invalid
	if errors.As(err, &invalid) {
		p.Problems[invalid.Field] = invalid.What
		return s.render(w, http.StatusUnprocessableEntity, "card-form", p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/card/%d", id), "政策卡制好了。打印出来，各村按户送，送到一户勾一户。")
}

// programmesOf lists the programmes that run in a town, its own and those of the district.
func (s *Server) programmesOf(ctx context.Context, v *visit, town org.Unit) ([]benefit.Programme, error) {
	list, err := benefit.Programmes(ctx, s.vault, v.Who)
	return slices.DeleteFunc(list, func(p benefit.Programme) bool {
		return p.State == benefit.Ended || !slices.Contains(town.Ancestors(), p.Unit)
	}), err
}

// cardEdit answers GET and POST /card/{id}/edit.
func (s *Server) cardEdit(w http.ResponseWriter, r *http.Request, v *visit) error {
	c, t, err := s.ofCard(r, v)
	if err != nil {
		return err
	}
	if err := v.Who.Check(org.Deliver, t.Town); err != nil {
		return err
	}
	p := cardFormPage{frame: s.benefitFrame(v, "card", "修改政策卡"), township: t, Heading: "修改政策卡", Back: fmt.Sprintf("/card/%d", c.ID), Card: c, Old: c, Version: c.Version, Problems: map[string]string{}}
	if r.Method != http.MethodPost {
		return s.render(w, http.StatusOK, "card-form", p)
	}
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	p.Card = readCard(form)
	p.Card.Programme = c.Programme
	id, err := publicity.Revise(r.Context(), s.vault, v.Who, t.Town, c.ID, version, p.Card)
	var invalid org.Invalid
	var stale journal.Stale
	switch {
	case errors.As(err, &invalid):
		p.Problems[invalid.Field] = invalid.What
		return s.render(w, http.StatusUnprocessableEntity, "card-form", p)
	case errors.As(err, &stale):
		p.Stale = &staleView{stale.By, clock(stale.At, v.Today)}
		return s.render(w, http.StatusConflict, "card-form", p)
	case err != nil:
		return err
	case id != c.ID:
		return s.done(w, r, fmt.Sprintf("/card/%d", id), "标准变了，已出新的一版，旧的作废。只收到旧卡的户都要重新送。")
	}
	return s.done(w, r, fmt.Sprintf("/card/%d", id), "改好了，已送到的户不用重送。")
}
