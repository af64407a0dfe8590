package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bihuan/benefit"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/office"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/publicity"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// township is the town that pages about publicity and requests are about, and what of it the visitor sees.
type township struct {
	Town     org.Unit
	Towns    []org.Unit // to choose from, for whoever sees several
	Villages []org.Unit // that the visitor sees, in the order of the tree
}

// village is the village of that id that the visitor sees, or [store.ErrNotFound].
func (t township) village(id int64) (org.Unit, error) {
	i := slices.IndexFunc(t.Villages, func(u org.Unit) bool { return u.ID == id })
	if i < 0 {
		return org.Unit{}, store.ErrNotFound
	}
	return t.Villages[i], nil
}

// name is what a village is called; of one that is not seen the number of its row would tell nobody anything.
func (t township) name(id int64) string {
	u, err := t.village(id)
	if err != nil {
		return "别的村"
	}
	return u.Name
}

// township finds the town that a visitor asks about: the own one, or the one of that id of those that they see. Counts are for all who
// have to do with residents.
func (s *Server) township(ctx context.Context, v *visit, id int64) (township, error) {
	var t township
	if s.vault == nil {
		return t, errNoResidents
	}
	if !serves(v.Who) {
		return t, org.Denied{Who: v.Who, Action: org.Residents}
	}
	seen, err := org.Seen(ctx, s.db, v.Who)
	if err != nil {
		return t, err
	}
	for _, u := range seen {
		if u.Kind == org.Town {
			t.Towns = append(t.Towns, u)
		}
	}
	switch i := slices.IndexFunc(t.Towns, func(u org.Unit) bool { return u.ID == id }); {
	case i >= 0:
		t.Town = t.Towns[i]
	case len(t.Towns) > 0:
		t.Town = t.Towns[0]
	default:
		if t.Town, err = s.townAbove(ctx, v.Who.Unit); err != nil {
			return t, err
		}
	}
	for _, u := range seen {
		if u.Kind == org.Village && u.Within(t.Town.Path) {
			t.Villages = append(t.Villages, u)
		}
	}
	return t, nil
}

// townAbove is the town that a unit belongs to.
func (s *Server) townAbove(ctx context.Context, u org.Unit) (org.Unit, error) {
	for _, id := range slices.Backward(u.Ancestors()) {
		above, err := org.UnitByID(ctx, s.db, id)
		if err != nil || above.Kind == org.Town {
			return above, err
		}
	}
	return org.Unit{}, org.Invalid{Field: "镇", What: u.Name + "不属于哪个镇，看不到惠民各页"}
}

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

// handbill is a card as it is handed out: one page in large type.
type handbill struct {
	frame
	Card   publicity.Card
	Lines  []string
	Town   string
	From   string
	To     string
	Back   string
	QR     *imprintView
	Public bool // looked at by somebody who is not signed in
	Small  bool // two on a sheet
	Long   bool // too long for the largest type
	Newer  string
}

// bigBill is how many characters a card has at most that is printed in the largest type.
const bigBill = 150

// cardPrint answers GET /card/{id}/print.
func (s *Server) cardPrint(w http.ResponseWriter, r *http.Request, v *visit) error {
	c, t, err := s.ofCard(r, v)
	if err != nil {
		return err
	}
	p := s.handbill(c, t.Town)
	p.frame, p.Back, p.Small = s.benefitFrame(v, "card", c.Benefit+"政策明白卡"), fmt.Sprintf("/card/%d", c.ID), r.URL.Query().Get("size") == "a5"
	p.Body = "upright"
	if p.QR, err = s.cardQR(c); err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "card-print", p)
}

func (s *Server) handbill(c publicity.Card, town org.Unit) handbill {
	long := len([]rune(c.Who+c.Amount+c.Place)) > bigBill || len(c.Clauses()) > 4
	return handbill{Card: c, Lines: c.Clauses(), Town: town.Name, From: shortDate(c.ValidFrom, ""), To: shortDate(c.ValidTo, ""), Long: long}
}

// cardQR is the code on a card, by which a villager sees whether it is still in force; none where nobody has said how the site is reached.
func (s *Server) cardQR(c publicity.Card) (*imprintView, error) {
	link := fmt.Sprintf("%s/card/%d/public", s.address, c.ID)
	if s.address == "" || len(link) > proof.LongestLink {
		return nil, nil
	}
	qr, err := proof.LinkQR(link)
	if err != nil {
		return nil, err
	}
	return &imprintView{Link: link, Path: qr.Path(), Side: qr.Side()}, nil
}

// cardPublic answers GET /card/{id}/public, for anybody who has the card in hand: what it says, and whether it still holds.
func (s *Server) cardPublic(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if s.vault == nil {
		return store.ErrNotFound
	}
	c, err := publicity.CardByID(r.Context(), s.vault, id)
	if err != nil {
		return err
	}
	town, err := org.UnitByID(r.Context(), s.db, c.Unit)
	if err != nil {
		return err
	}
	p := s.handbill(c, town)
	p.frame, p.Public = frame{Title: c.Benefit + "政策明白卡", Bare: true, Body: "card-public"}, true
	if c.Withdrawn != "" {
		editions, err := publicity.Editions(r.Context(), s.vault, c.Series)
		if err != nil {
			return err
		}
		if editions[0].Withdrawn == "" {
			p.Newer = fmt.Sprintf("/card/%d/public", editions[0].ID)
		}
	}
	return s.render(w, http.StatusOK, "card-print", p)
}

// deliverPage ticks the households of a village that have a card.
type deliverPage struct {
	phoneFrame
	township
	Card     publicity.Card
	Village  org.Unit
	Reach    reachView
	Teams    []teamTicks // with the households without the card
	Left     int         // of those
	Had      []tickView  // with it, for what was ticked wrongly
	Again    string      // day since which it is brought once more; empty: it is brought for the first time
	Others   []publicity.Delivery
	Ways     []publicity.WayWord
	Staff    []personOption
	Day      string
	By       int64
	From, To string
	Form     otherForm
	Problems map[string]string
	Phone    bool
	Here     string // address of the page
}

// teamTicks are the households of a 村民小组.
type teamTicks struct {
	Name  string
	Ticks []tickView
	Open  bool
}

// tickView is a household to be ticked.
type tickView struct {
	ID           int64
	Number, Head string // head masked
	Day          string // it has it since; empty: not yet
	On           bool   // was ticked when the form came back
}

// otherForm is what was typed about another way.
type otherForm struct {
	Way          string
	People, Said string
}

// personOption is somebody to be chosen.
type personOption struct {
	ID   int64
	Word string
}

// deliverShow answers GET /card/{id}/deliver.
func (s *Server) deliverShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.deliverRender(w, r, v, http.StatusOK, deliverPage{}, nil)
}

// deliverOf finds the village of a delivery: the one that is asked for, or the only one that the visitor sees.
func (s *Server) deliverOf(r *http.Request, v *visit) (publicity.Card, township, org.Unit, error) {
	c, t, err := s.ofCard(r, v)
	if err != nil {
		return c, t, org.Unit{}, err
	}
	id := formID(r.FormValue("village"))
	if id == 0 && len(t.Villages) == 1 {
		id = t.Villages[0].ID
	}
	u, err := t.village(id)
	if err == nil {
		err = v.Who.Check(org.Deliver, u)
	}
	return c, t, u, err
}

func (s *Server) deliverRender(w http.ResponseWriter, r *http.Request, v *visit, status int, p deliverPage, ticked []int64) error {
	ctx := r.Context()
	c, t, u, err := s.deliverOf(r, v)
	if err != nil {
		return err
	}
	p.township, p.Card, p.Village, p.Ways, p.Phone = t, c, u, publicity.Ways[1:], byList(v.Who)
	p.Here = fmt.Sprintf("/card/%d/deliver?village=%d", c.ID, u.ID)
	p.Day, p.By = cmp.Or(p.Day, v.Today), cmp.Or(p.By, v.Who.ID)
	reach, err := publicity.Coverage(ctx, s.vault, c, []org.Unit{u})
	if err != nil {
		return err
	}
	p.Reach = newReachView(v, c, reach[0])
	since := ""
	if r.FormValue("again") != "" {
		repeats, err := publicity.Repeats(ctx, s.vault, c.Unit)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(repeats, func(x publicity.Repeat) bool { return x.Village == u.ID && x.Series == c.Series }); i >= 0 {
			since = repeats[i].Since
			p.Again = shortDate(since, v.Today)
			p.Here += "&again=1"
		}
	}
	ticks, err := publicity.Ticks(ctx, s.vault, c.ID, u.ID, since)
	if err != nil {
		return err
	}
	for _, x := range ticks {
		tick := tickView{ID: x.ID, Number: x.Number, Head: vault.MaskName(x.Head), Day: shortDate(x.Day, v.Today), On: slices.Contains(ticked, x.ID)}
		if x.Day != "" {
			p.Had = append(p.Had, tick)
			continue
		}
		p.Left++
		name := cmp.Or(x.Team, "全村")
		i := slices.IndexFunc(p.Teams, func(t teamTicks) bool { return t.Name == name })
		if i < 0 {
			i = len(p.Teams)
			p.Teams = append(p.Teams, teamTicks{Name: name})
		}
		p.Teams[i].Ticks = append(p.Teams[i].Ticks, tick)
	}
	for i := range p.Teams {
		p.Teams[i].Open = len(p.Teams) == 1 || p.Left <= 120 || slices.ContainsFunc(p.Teams[i].Ticks, func(t tickView) bool { return t.On })
	}
	if p.Others, err = publicity.Others(ctx, s.vault, c.ID, u.ID); err != nil {
		return err
	}
	for i := range p.Others {
		p.Others[i].Day = shortDate(p.Others[i].Day, v.Today)
	}
	if p.Staff, err = s.staffOptions(ctx, v, u.Path, nil); err != nil {
		return err
	}
	if p.phoneFrame = s.phone(r, v, "登记送达"); !p.Phone {
		p.frame = s.benefitFrame(v, "card", "登记送达")
	}
	return s.render(w, status, "card-deliver", p)
}

// staffOptions lists who works in a subtree, and the visitor before them; without those that are left out.
func (s *Server) staffOptions(ctx context.Context, v *visit, path string, without func(org.Staff) bool) ([]personOption, error) {
	staff, err := org.StaffIn(ctx, s.db, path)
	if err != nil {
		return nil, err
	}
	var list []personOption
	for _, x := range staff {
		if x.ID == v.Who.ID || without != nil && without(x) {
			continue
		}
		list = append(list, personOption{x.ID, x.Title() + "　" + x.Unit.Name})
	}
	if without == nil {
		list = slices.Insert(list, 0, personOption{v.Who.ID, v.Who.Title()})
	}
	return list, nil
}

// personOf reads somebody that a form names, of the subtree of a town; the zero Person for nobody.
func (s *Server) personOf(ctx context.Context, v *visit, town org.Unit, id int64) (org.Person, error) {
	if id == v.Who.ID {
		return v.Who, nil
	}
	p, err := org.PersonByID(ctx, s.db, id, v.Today)
	if errors.Is(err, store.ErrNotFound) || err == nil && !p.Unit.Within(town.Path) {
		return org.Person{}, nil
	}
	return p, err
}

// deliverSave answers POST /card/{id}/deliver: households were ticked, or a run of numbers was given; or ticks are taken back.
func (s *Server) deliverSave(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	c, t, u, err := s.deliverOf(r, v)
	if err != nil {
		return err
	}
	p := deliverPage{Day: form.Get("day"), By: formID(form.Get("by")), From: plainText(form.Get("from")), To: plainText(form.Get("to")), Problems: map[string]string{}}
	if p.Day == "" {
		p.Day = v.Today
	}
	by := v.Who
	if p.By != 0 {
		if by, err = s.personOf(ctx, v, t.Town, p.By); err != nil {
			return err
		}
	}
	var ids []int64
	for _, x := range form["household"] {
		ids = append(ids, formID(x))
	}
	ticked := slices.Clone(ids)
	back := fmt.Sprintf("/card/%d/deliver?village=%d", c.ID, u.ID)
	if r.FormValue("again") != "" {
		back += "&again=1"
	}
	n, verb := 0, "记下了，%d 户。"
	if form.Get("do") == "undo" {
		verb = "撤销了 %d 户。"
		n, err = publicity.UndoHome(ctx, s.vault, v.Who, c.ID, u, p.Day, ids)
		if err == nil && n == 0 {
			err = org.Invalid{Field: "户", What: "勾的户在这一天没有送达登记，请核对日期"}
		}
	} else {
		run, bad := s.householdRun(ctx, u, p.From, p.To)
		if bad != nil {
			err = bad
		} else {
			n, err = publicity.DeliverHome(ctx, s.vault, v.Who, c.ID, u, p.Day, by, append(ids, run...))
		}
	}
	var invalid org.Invalid
	if errors.As(err, &invalid) {
		p.Problems[invalid.Field] = invalid.What
		return s.deliverRender(w, r, v, http.StatusUnprocessableEntity, p, ticked)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, back, fmt.Sprintf(verb, n))
}

// householdRun is the households of a village from one number of its list to another, both included.
func (s *Server) householdRun(ctx context.Context, u org.Unit, from, to string) ([]int64, error) {
	if from == "" && to == "" {
		return nil, nil
	}
	to = cmp.Or(to, from)
	list, err := publicity.Households(ctx, s.vault, u.ID)
	if err != nil {
		return nil, err
	}
	at := func(number string) int {
		return slices.IndexFunc(list, func(h publicity.Household) bool {
			return strings.TrimLeft(h.Number, "0") == strings.TrimLeft(number, "0")
		})
	}
	a, b := at(from), at(to)
	if a < 0 || b < 0 || a > b {
		return nil, org.Invalid{Field: "连着的户", What: fmt.Sprintf("名单里没有从 %s 到 %s 的户，请核对户号", from, to)}
	}
	var ids []int64
	for _, h := range list[a : b+1] {
		ids = append(ids, h.ID)
	}
	return ids, nil
}

// deliverOther answers POST /card/{id}/way: a broadcast, a meeting, a poster.
func (s *Server) deliverOther(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	c, t, u, err := s.deliverOf(r, v)
	if err != nil {
		return err
	}
	p := deliverPage{Day: cmp.Or(form.Get("day"), v.Today), By: formID(form.Get("by")), Problems: map[string]string{},
		Form: otherForm{form.Get("way"), plainText(form.Get("people")), plainText(form.Get("said"))}}
	by := v.Who
	if p.By != 0 {
		if by, err = s.personOf(r.Context(), v, t.Town, p.By); err != nil {
			return err
		}
	}
	people, bad := strconv.Atoi(cmp.Or(p.Form.People, "0"))
	if bad != nil {
		people = -1
	}
	err = publicity.DeliverOther(r.Context(), s.vault, v.Who, c.ID, u, publicity.Way(p.Form.Way), p.Day, by, people, p.Form.Said)
	var invalid org.Invalid
	if errors.As(err, &invalid) {
		p.Problems["其他："+invalid.Field] = invalid.What
		return s.deliverRender(w, r, v, http.StatusUnprocessableEntity, p, nil)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/card/%d/deliver?village=%d", c.ID, u.ID), "记下了。广播、会议、张贴不算送到户。")
}

// householdsPage says how many households each village has.
type householdsPage struct {
	frame
	township
	Rows     []householdRow
	Total    int
	Problems map[string]string
	Village  int64
	Typed    string
	Problem  *importProblem
}

// householdRow is a village with its households.
type householdRow struct {
	Village org.Unit
	N       int
	May     bool
}

// householdsShow answers GET /card/household.
func (s *Server) householdsShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.householdsRender(w, r, v, http.StatusOK, householdsPage{})
}

func (s *Server) householdsRender(w http.ResponseWriter, r *http.Request, v *visit, status int, p householdsPage) error {
	t, err := s.township(r.Context(), v, formID(r.URL.Query().Get("town")))
	if err != nil {
		return err
	}
	if !v.Who.May(org.Deliver) {
		return org.Denied{Who: v.Who, Action: org.Deliver}
	}
	counts, err := publicity.HouseholdCounts(r.Context(), s.vault, t.Town.ID)
	if err != nil {
		return err
	}
	p.township = t
	for _, u := range t.Villages {
		p.Rows = append(p.Rows, householdRow{u, counts[u.ID], v.Who.Check(org.Deliver, u) == nil})
		p.Total += counts[u.ID]
	}
	p.frame = s.benefitFrame(v, "card", "各村户数")
	return s.render(w, status, "households", p)
}

// householdsCount answers POST /card/household: how many households a village has.
func (s *Server) householdsCount(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	t, u, err := s.villageOf(r.Context(), v, formID(form.Get("village")))
	if err != nil {
		return err
	}
	p := householdsPage{Village: u.ID, Typed: plainText(form.Get("count")), Problems: map[string]string{}}
	n, _ := strconv.Atoi(p.Typed)
	err = publicity.SetHouseholds(r.Context(), s.vault, v.Who, u, n)
	var invalid org.Invalid
	if errors.As(err, &invalid) {
		p.Problems[invalid.Field] = invalid.What
		r.URL.RawQuery = url.Values{"town": {strconv.FormatInt(t.Town.ID, 10)}}.Encode()
		return s.householdsRender(w, r, v, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/card/household?town=%d", t.Town.ID), fmt.Sprintf("%s登记了 %d 户，编号 1 到 %d。", u.Name, n, n))
}

// villageOf finds a village by its id, with its town, among those that the visitor sees.
func (s *Server) villageOf(ctx context.Context, v *visit, id int64) (township, org.Unit, error) {
	u, err := org.UnitByID(ctx, s.db, id)
	if err != nil {
		return township{}, u, err
	}
	t, err := s.township(ctx, v, u.Parent)
	if err != nil {
		return t, u, err
	}
	u, err = t.village(id)
	return t, u, err
}

// householdsImport answers POST /card/household/list: a list of households, which is read and not kept.
func (s *Server) householdsImport(w http.ResponseWriter, r *http.Request, v *visit) error {
	up, err := readUpload(r)
	if err != nil && !errors.Is(err, errNoFile) {
		return err
	}
	ctx := r.Context()
	t, village := township{}, org.Unit{}
	if up.Unit != 0 {
		t, village, err = s.villageOf(ctx, v, up.Unit)
	} else {
		t, err = s.township(ctx, v, up.Plan)
	}
	if err != nil {
		return err
	}
	done, err := s.takeHouseholds(ctx, v, t, village, up)
	var invalid org.Invalid
	var unreadable *office.Error
	problem := importProblem{Head: "没有导入"}
	switch {
	case errors.As(err, &invalid):
		problem.What = invalid.What
	case errors.As(err, &unreadable), errors.As(err, new(*screening.BeliefError)):
		problem.What = err.Error()
	case err != nil:
		return err
	default:
		return s.done(w, r, fmt.Sprintf("/card/household?town=%d", t.Town.ID), fmt.Sprintf("名单读好了：%d 个村 %d 户，新增 %d，变更 %d，减少 %d。文件没有保存。",
			done.Villages, done.Households, done.Added, done.Altered, done.Ended))
	}
	r.URL.RawQuery = url.Values{"town": {strconv.FormatInt(t.Town.ID, 10)}}.Encode()
	return s.householdsRender(w, r, v, http.StatusUnprocessableEntity, householdsPage{Problem: &problem, Village: village.ID})
}

func (s *Server) takeHouseholds(ctx context.Context, v *visit, t township, village org.Unit, up ledger.Upload) (publicity.Imported, error) {
	if len(up.Data) == 0 {
		return publicity.Imported{}, org.Invalid{Field: "名单", What: "请先选一份名单（xlsx、xls 或 csv）"}
	}
	done, err := s.takePlace(ctx)
	if err != nil {
		return publicity.Imported{}, err
	}
	defer done()
	list, err := publicity.ReadList(ctx, up.Name, strings.NewReader(string(up.Data)), int64(len(up.Data)))
	if err != nil {
		return publicity.Imported{}, err
	}
	return publicity.ImportHouseholds(ctx, s.vault, v.Who, t.Villages, village, list)
}
