package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"bihuan/ledger"
	"bihuan/office"
	"bihuan/org"
	"bihuan/publicity"
	"bihuan/screening"
)

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
