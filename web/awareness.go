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

	"bihuan/ledger"
	"bihuan/org"
	"bihuan/publicity"
	"bihuan/store"
	"bihuan/vault"
)

// rateView is a share that knows, with its interval, as it is written and drawn.
type rateView struct {
	publicity.Tally
	Share string // 70%
	Span  string // 62%–77%
	Words string // both
	Bar   shareBar
	Light light
}

func newRateView(t publicity.Tally) rateView {
	x := rateView{Tally: t}
	if t.Asked() == 0 {
		return x
	}
	share, low, high := t.Rate()
	x.Share, x.Span = fmt.Sprintf("%.0f%%", share), fmt.Sprintf("%.0f%%–%.0f%%", low, high)
	x.Words = x.Share + "（95% 区间 " + x.Span + "）"
	x.Bar = shareBar{Value: across(share), From: across(low), To: across(high - low)}
	return x
}

// wavesPage lists the waves of a town and where a card is to be brought again.
type wavesPage struct {
	frame
	township
	Waves     []waveRow
	Repeats   []repeatRow
	Mandatory []mandatoryRow
	Reason    string
	May       bool
}

// waveRow is one wave in the list.
type waveRow struct {
	publicity.Wave
	On    string
	Rate  rateView
	State light
}

// repeatRow is a village where a card is to be brought again.
type repeatRow struct {
	publicity.Repeat
	Village string
	Rate    rateView
	Card    int64 // in force; 0: none
	May     bool
}

// mandatoryRow is a village that every wave has to ask.
type mandatoryRow struct {
	ID   int64
	Name string
	On   bool
}

// waveLight says how far a wave is and what it found.
func waveLight(w publicity.Wave, r publicity.Result) light {
	switch {
	case !r.Done:
		return light{Kind: "run", Word: "正在问", Why: fmt.Sprintf("还有 %d 户", r.Total.Open)}
	case r.Total.Asked() == 0:
		return light{Kind: "stop", Word: "一户也没问到"}
	case r.Met:
		return light{Kind: "done", Word: "通过", Why: fmt.Sprintf("不低于 %d%%，区间下限不低于 %d%%", w.Threshold, w.Low)}
	}
	share, low, _ := r.Total.Rate()
	if share < float64(w.Threshold) {
		return light{Kind: "late", Word: "没通过", Why: fmt.Sprintf("知晓率不到 %d%%", w.Threshold)}
	}
	return light{Kind: "soon", Word: "没通过", Why: fmt.Sprintf("区间下限 %.0f%%，不到 %d%%", low, w.Low)}
}

// wavesShow answers GET /awareness.
func (s *Server) wavesShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx := r.Context()
	t, err := s.township(ctx, v, formID(r.URL.Query().Get("town")))
	if err != nil {
		return err
	}
	p := wavesPage{frame: s.benefitFrame(v, "awareness", "知晓抽查"), township: t, May: v.Who.Check(org.Interview, t.Town) == nil}
	waves, err := publicity.Waves(ctx, s.vault, t.Town.ID)
	if err != nil {
		return err
	}
	for _, x := range waves {
		result, err := publicity.ResultOf(ctx, s.vault, x)
		if err != nil {
			return err
		}
		p.Waves = append(p.Waves, waveRow{x, shortDate(x.Day, v.Today), newRateView(result.Total), waveLight(x, result)})
	}
	repeats, err := publicity.Repeats(ctx, s.vault, t.Town.ID)
	if err != nil {
		return err
	}
	cards, err := publicity.Cards(ctx, s.vault, t.Town.ID)
	if err != nil {
		return err
	}
	for _, x := range repeats {
		u, err := t.village(x.Village)
		if errors.Is(err, store.ErrNotFound) {
			continue // not the visitor's
		}
		row := repeatRow{Repeat: x, Village: u.Name, Rate: newRateView(x.Tally), May: v.Who.Check(org.Deliver, u) == nil}
		if i := slices.IndexFunc(cards, func(c publicity.Card) bool { return c.Series == x.Series && c.Withdrawn == "" }); i >= 0 {
			row.Card = cards[i].ID
		}
		p.Repeats = append(p.Repeats, row)
	}
	if p.Mandatory, p.Reason, err = s.mandatoryRows(ctx, t); err != nil {
		return err
	}
	p.Mandatory = slices.DeleteFunc(p.Mandatory, func(m mandatoryRow) bool { return !m.On })
	return s.render(w, http.StatusOK, "waves", p)
}

// mandatoryRows are the villages of a town with a mark at those that every wave has to ask, and why.
func (s *Server) mandatoryRows(ctx context.Context, t township) ([]mandatoryRow, string, error) {
	must, err := publicity.MandatoryVillages(ctx, s.vault, t.Town.ID)
	var rows []mandatoryRow
	reason := ""
	for _, u := range t.Villages {
		i := slices.IndexFunc(must, func(m publicity.Mandatory) bool { return m.Village == u.ID })
		rows = append(rows, mandatoryRow{u.ID, u.Name, i >= 0})
		if i >= 0 {
			reason = must[i].Reason
		}
	}
	return rows, reason, err
}

// mandatoryPage says which villages every wave has to ask.
type mandatoryPage struct {
	frame
	township
	Rows     []mandatoryRow
	Reason   string
	Problems map[string]string
}

// mandatoryEdit answers GET and POST /awareness/village.
func (s *Server) mandatoryEdit(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx := r.Context()
	t, err := s.township(ctx, v, formID(r.FormValue("town")))
	if err != nil {
		return err
	}
	if err := v.Who.Check(org.Interview, t.Town); err != nil {
		return err
	}
	p := mandatoryPage{frame: s.benefitFrame(v, "awareness", "必抽的村"), township: t, Problems: map[string]string{}}
	if p.Rows, p.Reason, err = s.mandatoryRows(ctx, t); err != nil {
		return err
	}
	if r.Method != http.MethodPost {
		return s.render(w, http.StatusOK, "waves-village", p)
	}
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p.Reason = plainText(form.Get("reason"))
	villages, err := t.chosen(form["village"])
	if err != nil {
		return err
	}
	err = publicity.SetMandatory(ctx, s.vault, v.Who, t.Town, villages, p.Reason)
	var invalid org.Invalid
	if errors.As(err, &invalid) {
		p.Problems[invalid.Field] = invalid.What
		for i := range p.Rows {
			p.Rows[i].On = slices.ContainsFunc(villages, func(u org.Unit) bool { return u.ID == p.Rows[i].ID })
		}
		return s.render(w, http.StatusUnprocessableEntity, "waves-village", p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/awareness?town=%d", t.Town.ID), fmt.Sprintf("必抽的村定好了，%d 个。以后每次抽查都要抽到。", len(villages)))
}

// chosen are the villages that a form names.
func (t township) chosen(ids []string) ([]org.Unit, error) {
	var list []org.Unit
	for _, x := range ids {
		u, err := t.village(formID(x))
		if err != nil {
			return nil, err
		}
		list = append(list, u)
	}
	return list, nil
}

// waveForm asks for a new wave.
type waveForm struct {
	frame
	township
	Cards     []publicity.Card // in force
	Card      int64
	Name      string
	Questions [3]string
	Size      string
	Threshold string
	Low       string
	Seed      string
	Rows      []mandatoryRow
	Must      map[int64]bool
	Counts    map[int64]int // of households
	Problems  map[string]string
}

// waveNew answers GET and POST /awareness/new.
func (s *Server) waveNew(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx := r.Context()
	t, err := s.township(ctx, v, formID(r.FormValue("town")))
	if err != nil {
		return err
	}
	if err := v.Who.Check(org.Interview, t.Town); err != nil {
		return err
	}
	p := waveForm{frame: s.benefitFrame(v, "awareness", "新的知晓抽查"), township: t, Card: formID(r.FormValue("card")), Size: strconv.Itoa(v.Rules.AwareOf),
		Threshold: strconv.Itoa(v.Rules.AwareShare), Low: strconv.Itoa(v.Rules.AwareLow), Must: map[int64]bool{}, Problems: map[string]string{}}
	cards, err := publicity.Cards(ctx, s.vault, t.Town.ID)
	if err != nil {
		return err
	}
	p.Cards = slices.DeleteFunc(cards, func(c publicity.Card) bool { return c.Withdrawn != "" })
	if p.Rows, _, err = s.mandatoryRows(ctx, t); err != nil {
		return err
	}
	for _, x := range p.Rows {
		p.Must[x.ID] = x.On
	}
	if p.Counts, err = publicity.HouseholdCounts(ctx, s.vault, t.Town.ID); err != nil {
		return err
	}
	if r.Method != http.MethodPost {
		return s.render(w, http.StatusOK, "wave-form", p)
	}
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p.Name, p.Seed, p.Size, p.Threshold, p.Low = plainText(form.Get("name")), plainText(form.Get("seed")), form.Get("size"), form.Get("threshold"), form.Get("low")
	for i, q := range form["question"] {
		if i < len(p.Questions) {
			p.Questions[i] = plainText(q)
		}
	}
	villages, err := t.chosen(form["village"])
	if err != nil {
		return err
	}
	for _, x := range p.Rows {
		if x.On && !slices.ContainsFunc(villages, func(u org.Unit) bool { return u.ID == x.ID }) {
			u, err := t.village(x.ID) // a box that cannot be unticked is not sent
			if err != nil {
				return err
			}
			villages = append(villages, u)
		}
	}
	wave := publicity.Wave{Card: p.Card, Name: p.Name, Seed: p.Seed, Questions: p.Questions[:]}
	wave.Size, _ = strconv.Atoi(p.Size)
	wave.Threshold, _ = strconv.Atoi(p.Threshold)
	wave.Low, _ = strconv.Atoi(p.Low)
	id, err := publicity.Draw(ctx, s.vault, v.Who, t.Town, wave, villages)
	var invalid org.Invalid
	if errors.As(err, &invalid) {
		p.Problems[invalid.Field] = invalid.What
		for i := range p.Rows {
			p.Rows[i].On = slices.ContainsFunc(villages, func(u org.Unit) bool { return u.ID == p.Rows[i].ID })
		}
		return s.render(w, http.StatusUnprocessableEntity, "wave-form", p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/awareness/%d", id), "抽好了。名单、种子和规则已经存下，谁都不能改，谁都能照着再抽一遍。")
}

// wavePage is one wave: what it found in each village, beside the wave before.
type wavePage struct {
	frame
	township
	Wave      publicity.Wave
	On        string
	Total     rateView
	Light     light
	Rows      []waveVillage
	Questions []questionRow
	Before    string // name of the wave before; empty: none
	BeforeSum rateView
	May       bool
	Names     bool // the visitor may see who goes where
}

// waveVillage is a village of a wave.
type waveVillage struct {
	ID        int64
	Name      string
	Mandatory bool
	Drawn     int
	Of        int
	Rate      rateView
	Before    string // share then
	State     light
	Hash      string
	Command   string
}

// questionRow is what households answered to one question.
type questionRow struct {
	Text string
	Rate rateView
}

// ofWave reads the wave that an address names with its town.
func (s *Server) ofWave(r *http.Request, v *visit) (publicity.Wave, township, error) {
	id, err := pathID(r)
	if err != nil {
		return publicity.Wave{}, township{}, err
	}
	if s.vault == nil {
		return publicity.Wave{}, township{}, errNoResidents
	}
	x, err := publicity.WaveByID(r.Context(), s.vault, id)
	if err != nil {
		return x, township{}, err
	}
	t, err := s.township(r.Context(), v, x.Unit)
	if err == nil && t.Town.ID != x.Unit {
		err = store.ErrNotFound
	}
	return x, t, err
}

// waveShow answers GET /awareness/{id}.
func (s *Server) waveShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx := r.Context()
	x, t, err := s.ofWave(r, v)
	if err != nil {
		return err
	}
	result, err := publicity.ResultOf(ctx, s.vault, x)
	if err != nil {
		return err
	}
	p := wavePage{frame: s.benefitFrame(v, "awareness", x.Name), township: t, Wave: x, On: shortDate(x.Day, v.Today), Total: newRateView(result.Total), Light: waveLight(x, result),
		May: v.Who.Check(org.Interview, t.Town) == nil, Names: v.Who.May(org.Residents) || v.Who.May(org.Interview)}
	earlier := map[int64]publicity.VillageResult{}
	before, err := publicity.Before(ctx, s.vault, x)
	if err == nil {
		old, err := publicity.ResultOf(ctx, s.vault, before)
		if err != nil {
			return err
		}
		p.Before, p.BeforeSum = before.Name, newRateView(old.Total)
		for _, y := range old.Villages {
			earlier[y.Village] = y
		}
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	for i, q := range x.Questions {
		p.Questions = append(p.Questions, questionRow{q, newRateView(result.ByAnswer[i])})
	}
	again := ledger.Sample{Seed: x.Seed, Least: x.Size}
	for _, y := range result.Villages {
		if _, err := t.village(y.Village); err != nil {
			continue // a village sees its own beside the sum of all
		}
		row := waveVillage{ID: y.Village, Name: y.Name, Mandatory: y.Mandatory, Drawn: min(x.Size, len(y.Numbers)), Of: len(y.Numbers), Rate: newRateView(y.Tally), Hash: y.Hash, Command: again.Command(y.Frame())}
		if old, ok := earlier[y.Village]; ok && old.Asked() > 0 {
			row.Before = newRateView(old.Tally).Share
		}
		switch {
		case !y.Done:
			row.State = light{Kind: "run", Word: "正在问", Why: fmt.Sprintf("还有 %d 户", y.Open)}
		case y.Asked() == 0:
			row.State = light{Kind: "stop", Word: "一户也没问到"}
		case y.Met:
			row.State = light{Kind: "done", Word: "达标"}
		default:
			row.State = light{Kind: "late", Word: "未达标", Why: fmt.Sprintf("不到 %d%%，要再送一遍", x.Threshold)}
		}
		p.Rows = append(p.Rows, row)
	}
	return s.render(w, http.StatusOK, "wave", p)
}

// waveFrame answers GET /awareness/{id}/frame.txt: what was drawn from in the villages that the visitor sees, by the
// numbers of households, as the hashes are of it.
func (s *Server) waveFrame(w http.ResponseWriter, r *http.Request, v *visit) error {
	x, t, err := s.ofWave(r, v)
	if err != nil {
		return err
	}
	strata, err := publicity.Strata(r.Context(), s.vault, x.ID)
	if err != nil {
		return err
	}
	var frames []ledger.Stratum
	for _, y := range strata {
		if _, err := t.village(y.Village); err == nil {
			frames = append(frames, y.Frame())
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="frame.txt"`)
	_, err = w.Write([]byte(ledger.FrameText(frames)))
	return err
}

// askPage is the sheet of a village: whom to go to, and what they answered.
type interviewPage struct {
	frame
	township
	Wave     publicity.Wave
	Village  org.Unit
	Rows     []interviewRow
	Open     int
	Staff    []personOption
	By       int64
	Day      string
	Answers  []struct{ Letter, Word string }
	Absents  []string
	Problems map[string]string
	Problem  string
	Here     string
}

// interviewRow is a household of the sheet.
type interviewRow struct {
	publicity.Sampled
	Head     string // masked
	Said     []string
	Picked   []string // letter by question, of what came back
	Away     string
	Problem  string
	Replaces bool // drawn on for one that was not there
}

// absents are the usual reasons why nobody answered.
var absents = []string{"外出", "家中无人", "不愿答", "户已搬走"}

// interviewOf reads the wave and the village that an address names.
func (s *Server) interviewOf(r *http.Request, v *visit) (publicity.Wave, township, org.Unit, error) {
	x, t, err := s.ofWave(r, v)
	if err != nil {
		return x, t, org.Unit{}, err
	}
	u, err := t.village(formID(r.FormValue("village")))
	if err == nil {
		err = v.Who.Check(org.Interview, u)
	}
	return x, t, u, err
}

func (s *Server) interviewRender(w http.ResponseWriter, r *http.Request, v *visit, status int, page string, p interviewPage, form url.Values) error {
	ctx := r.Context()
	x, t, u, err := s.interviewOf(r, v)
	if err != nil {
		return err
	}
	p.township, p.Wave, p.Village, p.Answers, p.Absents = t, x, u, publicity.AnswerWords, absents
	p.Here, p.Day = fmt.Sprintf("/awareness/%d/ask?village=%d", x.ID, u.ID), cmp.Or(p.Day, v.Today)
	rows, err := publicity.SampledIn(ctx, s.vault, x.ID, u.ID)
	if err != nil {
		return err
	}
	for _, y := range rows {
		row := interviewRow{Sampled: y, Head: vault.MaskName(y.Head), Replaces: y.Order > x.Size, Picked: make([]string, len(x.Questions)), Problem: p.Problems["第"+y.Number+"户"]}
		if y.Answers == "" && y.Absent == "" {
			p.Open++
		}
		for i := range y.Answers {
			word := ""
			for _, a := range publicity.AnswerWords {
				if a.Letter == y.Answers[i:i+1] {
					word = a.Word
				}
			}
			row.Said = append(row.Said, word)
		}
		for i := range row.Picked {
			row.Picked[i] = form.Get(fmt.Sprintf("a%d-%d", y.ID, i))
		}
		row.Away = form.Get(fmt.Sprintf("away%d", y.ID))
		p.Rows = append(p.Rows, row)
	}
	if p.Staff, err = s.staffOptions(ctx, v, t.Town.Path, func(y org.Staff) bool { return y.Unit.Within(u.Path) }); err != nil {
		return err
	}
	p.Staff = slices.Insert(p.Staff, 0, personOption{v.Who.ID, v.Who.Title()})
	p.frame = s.benefitFrame(v, "awareness", u.Name+"知晓抽查")
	if page == "wave-sheet" {
		p.Body = "upright"
	}
	return s.render(w, status, page, p)
}

// interviewShow answers GET /awareness/{id}/ask.
func (s *Server) interviewShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.interviewRender(w, r, v, http.StatusOK, "wave-ask", interviewPage{}, url.Values{})
}

// interviewSheet answers GET /awareness/{id}/sheet: the same on paper.
func (s *Server) interviewSheet(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.interviewRender(w, r, v, http.StatusOK, "wave-sheet", interviewPage{}, url.Values{})
}

// interviewSave answers POST /awareness/{id}/ask.
func (s *Server) interviewSave(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	x, t, u, err := s.interviewOf(r, v)
	if err != nil {
		return err
	}
	p := interviewPage{By: formID(form.Get("by")), Day: form.Get("day"), Problems: map[string]string{}}
	by, err := s.personOf(r.Context(), v, t.Town, p.By)
	if err != nil {
		return err
	}
	var answers []publicity.Answer
	for _, id := range form["row"] {
		a := publicity.Answer{ID: formID(id), Version: formID(form.Get("version" + id)), Absent: plainText(form.Get("away" + id))}
		var letters strings.Builder
		for i := range x.Questions {
			letters.WriteString(form.Get(fmt.Sprintf("a%s-%d", id, i)))
		}
		a.Answers = letters.String()
		answers = append(answers, a)
	}
	err = publicity.Interview(r.Context(), s.vault, v.Who, x.ID, u, by, p.Day, answers)
	var invalid org.Invalid
	if errors.As(err, &invalid) {
		p.Problems[invalid.Field] = invalid.What
		p.Problem = invalid.Error()
		return s.interviewRender(w, r, v, http.StatusUnprocessableEntity, "wave-ask", p, form)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/awareness/%d", x.ID), u.Name+"的回答登记好了。")
}
