package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
)

// orgFormPage is a form about a person, a unit, a post or a place.
type orgFormPage struct {
	frame
	Heading, Sub string
	Action       string // address the form is sent to
	Back         string
	Button       string
	Fields       fields
	Choices      map[string][]choice // of the fields of kind select, by name
	Version      int64
	Stale        *staleNote
	Problem      string
}

func idText(id int64) string { return strconv.FormatInt(id, 10) }

// id is the id that a field holds, 0 when it is none.
func (fs fields) id(name string) int64 {
	n, _ := strconv.ParseInt(fs.value(name), 10, 64)
	return n
}

func roleChoices(none string) []choice {
	var list []choice
	if none != "" {
		list = append(list, choice{"", none})
	}
	for _, x := range org.Roles {
		list = append(list, choice{string(x.Role), x.Word})
	}
	return list
}

func kindChoices(kinds []struct{ Kind, Word string }) []choice {
	var list []choice
	for _, k := range kinds {
		list = append(list, choice{k.Kind, k.Word})
	}
	return list
}

func asChoices(units []unitChoice) []choice {
	var list []choice
	for _, u := range units {
		list = append(list, choice{idText(u.ID), u.Name})
	}
	return list
}

func (s *Server) renderOrgForm(w http.ResponseWriter, v *visit, status int, p orgFormPage) error {
	p.frame = s.frame(v, "org", p.Heading)
	return s.render(w, status, "org-form", p)
}

// saveOrgForm runs the command of a form. What cannot be saved comes back in the form; now makes the form as it would be opened now,
// to lay beside what was typed when somebody else was first.
func (s *Server) saveOrgForm(w http.ResponseWriter, v *visit, p orgFormPage, now func() (orgFormPage, error), command func() error) (saved bool, err error) {
	err = command()
	var stale ledger.Stale
	var bad ledger.Invalid
	switch {
	case errors.As(err, &stale) && now != nil:
		fresh, err := now()
		if err != nil {
			return false, err
		}
		p.Version, p.Stale = fresh.Version, &staleNote{By: stale.By, At: clock(stale.At, v.Today)}
		p.Fields.merge(fresh.Fields)
		return false, s.renderOrgForm(w, v, http.StatusConflict, p)
	case errors.As(err, &bad):
		if !p.Fields.blame(bad) {
			p.Problem = bad.Error()
		}
		return false, s.renderOrgForm(w, v, http.StatusUnprocessableEntity, p)
	}
	return err == nil, err
}

// unitAsked is the unit that an address names, which the asker must manage; the own unit when it names none.
func (s *Server) unitAsked(ctx context.Context, v *visit, id string) (org.Unit, error) {
	u := unitFor(v.Who, org.Manage)
	if n, err := strconv.ParseInt(id, 10, 64); err == nil {
		if u, err = org.UnitByID(ctx, s.db, n); err != nil {
			return u, err
		}
	}
	if !v.Who.Within(u) {
		return u, store.ErrNotFound
	}
	return u, v.Who.Check(org.Manage, u)
}

// personForm answers GET of the form of a person, a new one or one there is.
func (s *Server) personForm(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, _, err := s.newPersonForm(r, v)
	if err != nil {
		return err
	}
	return s.renderOrgForm(w, v, http.StatusOK, p)
}

func (s *Server) newPersonForm(r *http.Request, v *visit) (orgFormPage, org.Staff, error) {
	var x org.Staff
	p := orgFormPage{Heading: "登记人员", Action: "/org/person/new", Button: "登记"}
	units, err := s.unitChoices(r, v)
	if err != nil {
		return p, x, err
	}
	p.Choices = map[string][]choice{"unit": asChoices(units), "role": roleChoices("")}
	hint := "选填"
	if r.PathValue("id") == "" {
		if x.Unit, err = s.unitAsked(r.Context(), v, r.URL.Query().Get("unit")); err != nil {
			return p, x, err
		}
		x.Role = org.Cadre
		p.Back = fmt.Sprintf("/org?unit=%d", x.Unit.ID)
	} else {
		if x, err = s.staffOf(r, v); err != nil {
			return p, x, err
		}
		if err := v.Who.Check(org.Manage, x.Unit); err != nil {
			return p, x, err
		}
		p.Heading, p.Sub, p.Button, p.Version = "改资料", x.Title(), "保存", x.Version
		p.Back = fmt.Sprintf("/org/person/%d", x.ID)
		p.Action = p.Back + "/edit"
		hint = "现登记 %s；不改就空着，要删掉请填“无”"
	}
	private := func(value org.Private) string {
		if value.Empty() {
			return "选填"
		}
		return fmt.Sprintf(hint, value)
	}
	p.Fields = fields{
		{Name: "name", Label: "姓名", Kind: "text", Value: x.Name},
		{Name: "unit", Label: "单位", Kind: "select", Value: idText(x.Unit.ID)},
		{Name: "post", Label: "岗位", Kind: "text", Value: x.Post, Hint: "写进记录里的身份，如 党政办经办人；任职起止另在岗位里登记"},
		{Name: "role", Label: "角色", Kind: "select", Value: string(x.Role), Hint: "在本单位和下级单位能做什么"},
		{Name: "phone", Label: org.Phone, Kind: "text", Hint: private(x.Phone)},
		{Name: "mail", Label: org.Mail, Kind: "text", Hint: private(x.Mail)},
	}
	if x.ID == 0 {
		p.Fields = append(p.Fields, field{Name: "login", Label: "登录名", Kind: "text", Hint: "字母和数字，如 hexiaoyu；不登录的人空着。密码由程序生成，登记后显示一次"})
	}
	return p, x, nil
}

// private is what a form says of a private field: nil leaves it.
func (fs fields) private(name string) *string {
	switch text := fs.value(name); text {
	case "":
		return nil
	case "无":
		empty := ""
		return &empty
	default:
		return &text
	}
}

// personSave answers POST of the form of a person.
func (s *Server) personSave(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p, x, err := s.newPersonForm(r, v)
	if err != nil {
		return err
	}
	p.Fields.typed(form)
	edit := org.StaffEdit{Unit: p.Fields.id("unit"), Name: p.Fields.value("name"), Post: p.Fields.value("post"), Role: org.Role(p.Fields.value("role")),
		Phone: p.Fields.private("phone"), Mail: p.Fields.private("mail")}
	if x.ID != 0 {
		if p.Version, err = formVersion(form); err != nil {
			return err
		}
		saved, err := s.saveOrgForm(w, v, p, func() (orgFormPage, error) { fresh, _, err := s.newPersonForm(r, v); return fresh, err }, func() error {
			return s.db.Write(r.Context(), func(tx *store.Tx) error { return org.EditStaff(r.Context(), tx, v.Who, x.ID, p.Version, edit) })
		})
		if err != nil || !saved {
			return err
		}
		return s.done(w, r, p.Back, "已保存"+edit.Name+"的资料")
	}
	return s.personCreate(w, r, v, p, edit)
}

// personCreate enters somebody new, and shows the password of who is to log in.
func (s *Server) personCreate(w http.ResponseWriter, r *http.Request, v *visit, p orgFormPage, edit org.StaffEdit) error {
	login, password, hash := p.Fields.value("login"), "", ""
	if login != "" {
		var err error
		password = org.NewPassword()
		if hash, err = org.HashGenerated(password); err != nil {
			return err
		}
	}
	unit, err := s.unitAsked(r.Context(), v, p.Fields.value("unit"))
	if err != nil {
		return err
	}
	var id, before int64
	saved, err := s.saveOrgForm(w, v, p, nil, func() error {
		return s.db.Write(r.Context(), func(tx *store.Tx) (err error) {
			before = tx.ID()
			if login != "" {
				if err := org.CheckLogin(login); err != nil {
					return err
				}
			}
			id, err = org.Employ(r.Context(), tx, v.Who, edit, login, hash)
			return err
		})
	})
	if err != nil || !saved {
		return err
	}
	address := fmt.Sprintf("/org/person/%d", id)
	if id < before { // sent twice, or somebody there is
		return s.done(w, r, address, edit.Name+"已经登记过")
	}
	if login == "" {
		return s.done(w, r, address, "已登记"+edit.Name)
	}
	return s.renderPasswords(w, r, v, passwordsPage{Heading: "已登记" + edit.Name, Back: address, List: []org.Credential{{Unit: unit.Name, Name: edit.Name, Post: edit.Post, Login: login, Password: password}}})
}

// unitForm answers GET of the form of a unit, a new one or one there is.
func (s *Server) unitForm(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, _, _, err := s.newUnitForm(r, v)
	if err != nil {
		return err
	}
	return s.renderOrgForm(w, v, http.StatusOK, p)
}

func (s *Server) newUnitForm(r *http.Request, v *visit) (p orgFormPage, u, above org.Unit, err error) {
	p = orgFormPage{Heading: "登记单位", Action: "/org/unit/new", Button: "登记"}
	units, err := s.unitChoices(r, v)
	if err != nil {
		return p, u, above, err
	}
	p.Choices = map[string][]choice{"above": asChoices(units), "kind": kindChoices(org.Kinds)}
	if r.PathValue("id") == "" {
		if above, err = s.unitAsked(r.Context(), v, r.URL.Query().Get("under")); err != nil {
			return p, u, above, err
		}
		u.Kind, p.Back = org.Village, fmt.Sprintf("/org?unit=%d", above.ID)
	} else {
		if u, err = s.unitAsked(r.Context(), v, r.PathValue("id")); err != nil {
			return p, u, above, err
		}
		p.Heading, p.Sub, p.Button, p.Version = "改单位", u.Name, "保存", u.Version
		p.Back, p.Action = fmt.Sprintf("/org?unit=%d", u.ID), fmt.Sprintf("/org/unit/%d/edit", u.ID)
		above.ID = u.Parent
	}
	p.Fields = fields{
		{Name: "name", Label: "单位名称", Kind: "text", Value: u.Name},
		{Name: "kind", Label: "类别", Kind: "select", Value: u.Kind},
	}
	if u.ID != 0 {
		p.Fields[0].Hint = "改名后，方案里写的旧名称仍认得是这个单位"
	}
	if u.ID == 0 || u.Parent != 0 && u.ID != v.Who.Unit.ID {
		p.Fields = append(p.Fields, field{Name: "above", Label: "上级单位", Kind: "select", Value: idText(above.ID)})
	}
	if u.ID != 0 && len(p.Fields) > 2 {
		p.Fields[2].Hint = "移动后，下级单位和人员跟着走；谁能看到它的问题按新的上级算"
	}
	return p, u, above, nil
}

// unitSave answers POST of the form of a unit.
func (s *Server) unitSave(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p, u, _, err := s.newUnitForm(r, v)
	if err != nil {
		return err
	}
	p.Fields.typed(form)
	name, kind, to := p.Fields.value("name"), p.Fields.value("kind"), p.Fields.id("above")
	ctx := r.Context()
	if u.ID == 0 {
		saved, err := s.saveOrgForm(w, v, p, nil, func() error {
			above, err := s.unitAsked(ctx, v, idText(to))
			if err != nil {
				return err
			}
			return s.db.Write(ctx, func(tx *store.Tx) error {
				below, err := org.Below(ctx, tx, above.Path)
				if err == nil {
					u, err = org.AddUnit(ctx, tx, v.Who, above, kind, name, int64(len(below)))
				}
				return err
			})
		})
		if err != nil || !saved {
			return err
		}
		return s.done(w, r, fmt.Sprintf("/org?unit=%d", to), "已登记"+name)
	}
	if p.Version, err = formVersion(form); err != nil {
		return err
	}
	saved, err := s.saveOrgForm(w, v, p, func() (orgFormPage, error) { fresh, _, _, err := s.newUnitForm(r, v); return fresh, err }, func() error {
		if err := ledger.EditUnit(ctx, s.db, v.Who, u.ID, p.Version, name, kind); err != nil || to == 0 || to == u.Parent {
			return err
		}
		now, err := org.UnitByID(ctx, s.db, u.ID)
		if err != nil {
			return err
		}
		return ledger.MoveUnit(ctx, s.db, v.Who, u.ID, now.Version, to)
	})
	if err != nil || !saved {
		return err
	}
	return s.done(w, r, p.Back, "已保存"+name)
}

// placesPage is the tree of places.
type placesPage struct {
	frame
	Places    []placeRow
	Form      orgFormPage
	MayManage bool
}

// placeRow is a place in the tree.
type placeRow struct {
	org.Place
	Depth, Word string
}

// placesShow answers GET /org/places.
func (s *Server) placesShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, err := s.newPlaces(r, v)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "org-places", p)
}

func (s *Server) newPlaces(r *http.Request, v *visit) (placesPage, error) {
	p := placesPage{frame: s.frame(v, "org", "地点"), MayManage: v.Who.May(org.Manage)}
	if !v.Who.May(org.HandOver) {
		return p, org.Denied{Who: v.Who, Action: org.HandOver}
	}
	parents := []choice{{"", "（不在别的地点之内）"}}
	for _, u := range v.Who.Units() {
		list, err := org.Places(r.Context(), s.db, u.Path)
		if err != nil {
			return p, err
		}
		for _, x := range list {
			depth := strings.Repeat("　", x.Depth())
			p.Places = append(p.Places, placeRow{x, depth, org.PlaceWord(x.Kind)})
			parents = append(parents, choice{idText(x.ID), depth + x.Name})
		}
	}
	units, err := s.unitChoices(r, v)
	if err != nil {
		return p, err
	}
	p.Form = orgFormPage{Action: "/org/places", Button: "登记", Choices: map[string][]choice{"in": parents, "unit": asChoices(units), "kind": kindChoices(org.PlaceKinds)}, Fields: fields{
		{Name: "name", Label: "地点名称", Kind: "text"},
		{Name: "kind", Label: "类别", Kind: "select", Value: "street"},
		{Name: "in", Label: "上级地点", Kind: "select", Value: r.URL.Query().Get("in")},
		{Name: "unit", Label: "所属单位", Kind: "select", Value: idText(unitFor(v.Who, org.Manage).ID), Hint: "由谁管护"},
	}}
	return p, nil
}

// placeSave answers POST /org/places.
func (s *Server) placeSave(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p, err := s.newPlaces(r, v)
	if err != nil {
		return err
	}
	p.Form.Fields.typed(form)
	ctx := r.Context()
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		unit, err := s.unitAsked(ctx, v, p.Form.Fields.value("unit"))
		if err != nil {
			return err
		}
		var in org.Place
		if id := p.Form.Fields.id("in"); id != 0 {
			if in, err = org.PlaceByID(ctx, tx, id); err != nil {
				return err
			}
		}
		_, err = org.AddPlace(ctx, tx, v.Who, in, unit, p.Form.Fields.value("kind"), p.Form.Fields.value("name"), int64(len(p.Places)))
		return err
	})
	var bad ledger.Invalid
	if errors.As(err, &bad) {
		if !p.Form.Fields.blame(bad) {
			p.Form.Problem = bad.Error()
		}
		return s.render(w, http.StatusUnprocessableEntity, "org-places", p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, "/org/places", "已登记"+p.Form.Fields.value("name"))
}
