package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"bihuan/lead"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/vault"
)

// forecastPage says who reaches the age of a tier in the coming year.
type forecastPage struct {
	frame
	Towns      []org.Unit
	Unit       int64
	Programmes []programmeChoice
	Programme  int64
	Ages       []string
	Months     []forecastMonth
	Sum        []int
	Villages   []forecastVillage
	People     []forecastPerson
	More       int
	Month      string // of which people are listed; empty: of the next
	Lists      string // that it rests on
	Problem    string
}

// forecastMonth counts who reaches each age in a month.
type forecastMonth struct {
	Month, Word string
	Current     bool
	Cells       []int
	Sum         int
	Address     string
}

// forecastVillage counts who reaches an age in a village.
type forecastVillage struct {
	Name  string
	Cells []int
	Sum   int
}

// forecastPerson is somebody who reaches the age of a tier.
type forecastPerson struct {
	Name, Number, Village string
	Age                   int
	Row                   string // of the register
}

// mostTurning is how many people a page lists.
const mostTurning = 300

func (s *Server) forecastShow(w http.ResponseWriter, r *http.Request, v *visit, residents *vault.Vault) (err error) {
	ctx, q := r.Context(), r.URL.Query()
	p := forecastPage{frame: s.benefitFrame(v, "screening", "到龄预告"), Unit: formID(q.Get("unit")), Programme: formID(q.Get("programme")), Month: q.Get("month")}
	if p.Towns, err = lead.Towns(ctx, s.db, v.Who, org.Residents); err != nil {
		return err
	}
	if len(p.Towns) == 0 {
		return org.Denied{Who: v.Who, Action: org.Residents}
	}
	at := max(slices.IndexFunc(p.Towns, func(u org.Unit) bool { return u.ID == p.Unit }), 0)
	p.Unit = p.Towns[at].ID
	if p.Programmes, err = s.ageProgrammes(ctx, v, residents, p.Towns[at]); err != nil {
		return err
	}
	if p.Programme == 0 && len(p.Programmes) > 0 {
		p.Programme = p.Programmes[0].ID
	}
	if p.Programme == 0 {
		p.Problem = "还没有按年龄享受的项目。先到惠民首页照样例新建，填上年龄和标准。"
		return s.render(w, http.StatusOK, "forecast", p)
	}
	params, err := lead.ProgrammeParams(ctx, residents, p.Programme, v.Today)
	if bad, ok := errors.AsType[org.Invalid](err); ok {
		p.Problem = bad.What
		return s.render(w, http.StatusOK, "forecast", p)
	}
	if err != nil {
		return err
	}
	done, err := s.takePlace(ctx)
	if err != nil {
		return err
	}
	turning, used, err := lead.Forecast(ctx, residents, s.db, v.Who, p.Unit, params)
	done()
	if bad, ok := errors.AsType[org.Invalid](err); ok {
		p.Problem = bad.What
		return s.render(w, http.StatusOK, "forecast", p)
	}
	if err != nil {
		return err
	}
	if len(used) == 0 {
		p.Problem = "还没有可用的户籍名单。到“数据集”导入一份，确认列之后再看。"
		return s.render(w, http.StatusOK, "forecast", p)
	}
	p.fill(turning, used, params, v.Today)
	return s.render(w, http.StatusOK, "forecast", p)
}

// fill makes the tables by month and by village, and lists those of one month.
func (p *forecastPage) fill(turning []screening.Turning, used []lead.Dataset, params screening.Params, today string) {
	var ages []int
	for _, t := range turning {
		if !slices.Contains(ages, t.Age) {
			ages = append(ages, t.Age)
		}
	}
	slices.Sort(ages)
	for _, a := range ages {
		p.Ages = append(p.Ages, fmt.Sprintf("满 %d", a))
	}
	p.Sum = make([]int, len(ages)+1)
	first, _ := time.Parse("2006-01", today[:7])
	if params.AsOf != "" {
		first, _ = time.Parse("2006-01", params.AsOf[:7])
	}
	for i := 1; i <= 12; i++ {
		m := first.AddDate(0, i, 0)
		p.Months = append(p.Months, forecastMonth{Month: m.Format("2006-01"), Word: m.Format("2006年1月"), Cells: make([]int, len(ages)),
			Address: fmt.Sprintf("/screening/forecast?unit=%d&programme=%d&month=%s", p.Unit, p.Programme, m.Format("2006-01"))})
	}
	if !slices.ContainsFunc(p.Months, func(m forecastMonth) bool { return m.Month == p.Month }) {
		p.Month = p.Months[0].Month
	}
	villages := map[string]int{}
	for _, t := range turning {
		k := slices.Index(ages, t.Age)
		for i := range p.Months {
			if m := &p.Months[i]; m.Month == t.Month {
				m.Cells[k]++
				m.Sum++
			}
		}
		p.Sum[k]++
		p.Sum[len(ages)]++
		name := cmp.Or(t.Village, "村不明")
		i, known := villages[name]
		if !known {
			i = len(p.Villages)
			villages[name] = i
			p.Villages = append(p.Villages, forecastVillage{Name: name, Cells: make([]int, len(ages))})
		}
		p.Villages[i].Cells[k]++
		p.Villages[i].Sum++
		if t.Month == p.Month {
			if len(p.People) == mostTurning {
				p.More++
				continue
			}
			row := ""
			if len(t.Sources) > 0 {
				row = fmt.Sprintf("%s第 %d 行", t.Sources[0].Sheet, t.Sources[0].Row)
			}
			p.People = append(p.People, forecastPerson{t.Name, vault.MaskNumber(t.ID), name, t.Age, row})
		}
	}
	for i := range p.Months {
		p.Months[i].Current = p.Months[i].Month == p.Month
	}
	slices.SortFunc(p.Villages, func(a, b forecastVillage) int { return cmp.Or(cmp.Compare(b.Sum, a.Sum), cmp.Compare(a.Name, b.Name)) })
	slices.SortStableFunc(p.People, func(a, b forecastPerson) int { return cmp.Compare(a.Village, b.Village) })
	var words []string
	for _, d := range used {
		words = append(words, fmt.Sprintf("%s（%s）", d.Kind.Word(), shortDate(d.AsOf, today)))
	}
	p.Lists = strings.Join(words, "、")
}
