package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
)

// postPage is a post with everybody who held it, and the ways to hand it on.
type postPage struct {
	frame
	Post       org.Post
	Role       string
	Holdings   []holdingView
	State      light // while it is vacant
	Now        []org.Holding
	Candidates []choice
	Hand       orgFormPage // to the next holder
	Appoint    orgFormPage
	Problem    string
	History    []event
	MayManage  bool
	MayDrop    bool
}

// postForm answers GET /org/post/new.
func (s *Server) postForm(w http.ResponseWriter, r *http.Request, v *visit) error {
	p, err := s.newPostForm(r, v)
	if err != nil {
		return err
	}
	return s.renderOrgForm(w, v, http.StatusOK, p)
}

func (s *Server) newPostForm(r *http.Request, v *visit) (orgFormPage, error) {
	p := orgFormPage{Heading: "设岗位", Action: "/org/post/new", Button: "设岗位"}
	units, err := s.unitChoices(r, v)
	if err != nil {
		return p, err
	}
	u, err := s.unitAsked(r.Context(), v, r.URL.Query().Get("unit"))
	if err != nil {
		return p, err
	}
	p.Back = fmt.Sprintf("/org?unit=%d", u.ID)
	p.Choices = map[string][]choice{"unit": asChoices(units), "role": roleChoices("不另给权限"), "single": {{"1", "一人"}, {"0", "可以几人同时担任"}}}
	p.Fields = fields{
		{Name: "title", Label: "岗位名称", Kind: "text", Hint: "如 宣传委员、街长；设好以后不改名，记录里一直用它"},
		{Name: "unit", Label: "单位", Kind: "select", Value: idText(u.ID), Hint: "权限在这个单位和它的下级单位有效"},
		{Name: "role", Label: "角色", Kind: "select", Hint: "谁任职谁就有这个权限，卸任就没有"},
		{Name: "single", Label: "人数", Kind: "select", Value: "1"},
	}
	return p, nil
}

// postSave answers POST /org/post/new.
func (s *Server) postSave(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p, err := s.newPostForm(r, v)
	if err != nil {
		return err
	}
	p.Fields.typed(form)
	var post org.Post
	saved, err := s.saveOrgForm(w, v, p, nil, func() error {
		unit, err := s.unitAsked(r.Context(), v, p.Fields.value("unit"))
		if err != nil {
			return err
		}
		return s.db.Write(r.Context(), func(tx *store.Tx) (err error) {
			post, err = org.AddPost(r.Context(), tx, v.Who, unit, p.Fields.value("title"), org.Role(p.Fields.value("role")), p.Fields.value("single") != "0")
			return err
		})
	})
	if err != nil || !saved {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/org/post/%d", post.ID), "已设岗位"+post.Title)
}

// postOf reads the post of the address, which the asker may hand over.
func (s *Server) postOf(r *http.Request, v *visit) (org.Post, error) {
	id, err := pathID(r)
	if err != nil {
		return org.Post{}, err
	}
	p, err := org.PostByID(r.Context(), s.db, id)
	if err == nil && v.Who.Check(org.HandOver, p.Unit) != nil {
		err = store.ErrNotFound
	}
	return p, err
}

// postShow answers GET /org/post/{id}.
func (s *Server) postShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	post, err := s.postOf(r, v)
	if err != nil {
		return err
	}
	p, err := s.newPostPage(r, v, post)
	if err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "org-post", p)
}

func (s *Server) newPostPage(r *http.Request, v *visit, post org.Post) (postPage, error) {
	ctx := r.Context()
	p := postPage{frame: s.frame(v, "org", post.Title), Post: post, Role: post.Role.Word(), MayManage: v.Who.Check(org.Manage, post.Unit) == nil}
	history, err := org.History(ctx, s.db, post.ID)
	if err != nil {
		return p, err
	}
	p.Holdings = viewHoldings(history, v.Today, true)
	running := 0
	for _, h := range history {
		if h.On(v.Today) {
			p.Now = append(p.Now, h)
		}
		if h.Ends == "" || h.Ends >= v.Today && !h.Never() {
			running++
		}
	}
	p.State, _ = vacancy(history, v.Today)
	p.MayDrop = p.MayManage && running == 0 && post.Active
	if p.Candidates, err = s.candidates(r, v, post); err != nil {
		return p, err
	}
	who := map[string][]choice{"staff": append([]choice{{"", "请选择"}}, p.Candidates...)}
	address := fmt.Sprintf("/org/post/%d", post.ID)
	p.Hand = orgFormPage{Action: address + "/succeed", Button: "交接", Choices: who, Fields: fields{
		{Name: "staff", Label: "接任人", Kind: "select"},
		{Name: "from", Label: "接任日期", Kind: "date", Value: v.Today, Hint: "前任任到前一天为止；可以写以后的日期，到那天生效"},
		{Name: "basis", Label: "依据", Kind: "text", Hint: "任免文号或会议，选填"},
	}}
	p.Appoint = orgFormPage{Action: address + "/hold", Button: "任职", Choices: who, Fields: fields{
		{Name: "staff", Label: "任职人", Kind: "select"},
		{Name: "from", Label: "任职起", Kind: "date", Value: v.Today, Hint: "可以写过去或以后的日期"},
		{Name: "basis", Label: "依据", Kind: "text", Hint: "任免文号或会议，选填"},
	}}
	p.History, err = s.eventsOf(r, v, "post", post.ID)
	return p, err
}

// candidates are those whom a list offers for a post: the people of its unit and below it, for an office or a village those of the
// unit above it too.
func (s *Server) candidates(r *http.Request, v *visit, post org.Post) ([]choice, error) {
	top := post.Unit
	if top.Parent != 0 && (top.Kind == org.Office || top.Kind == org.Village) {
		above, err := org.UnitByID(r.Context(), s.db, top.Parent)
		if err != nil {
			return nil, err
		}
		if v.Who.Within(above) {
			top = above
		}
	}
	staff, err := org.StaffIn(r.Context(), s.db, top.Path)
	var list []choice
	for _, x := range staff {
		list = append(list, choice{idText(x.ID), x.Title() + "·" + x.Unit.Name})
	}
	return list, err
}

// onPost answers a form on the page of a post. What cannot be done is said beside the fields of that form, which is picked.
func (s *Server) onPost(w http.ResponseWriter, r *http.Request, v *visit, pick func(p *postPage) *orgFormPage, said string, command func(tx *store.Tx, post org.Post, f fields) error) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	post, err := s.postOf(r, v)
	if err != nil {
		return err
	}
	p, err := s.newPostPage(r, v, post)
	if err != nil {
		return err
	}
	f := pick(&p)
	f.Fields.typed(form)
	if f.Fields.id("staff") == 0 {
		f.Fields[0].Problem = "请选择是谁"
		return s.render(w, http.StatusUnprocessableEntity, "org-post", p)
	}
	err = s.db.Write(r.Context(), func(tx *store.Tx) error { return command(tx, post, f.Fields) })
	var bad ledger.Invalid
	if errors.As(err, &bad) {
		if !f.Fields.blame(bad) {
			f.Problem = bad.Error()
		}
		return s.render(w, http.StatusUnprocessableEntity, "org-post", p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/org/post/%d", post.ID), said)
}

// postSucceed answers POST /org/post/{id}/succeed.
func (s *Server) postSucceed(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.onPost(w, r, v, func(p *postPage) *orgFormPage { return &p.Hand }, "已登记交接", func(tx *store.Tx, post org.Post, f fields) error {
		_, err := org.Succeed(r.Context(), tx, v.Who, post.ID, f.id("staff"), f.value("from"), f.value("basis"))
		return err
	})
}

// postHold answers POST /org/post/{id}/hold.
func (s *Server) postHold(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.onPost(w, r, v, func(p *postPage) *orgFormPage { return &p.Appoint }, "已登记任职", func(tx *store.Tx, post org.Post, f fields) error {
		_, err := org.Hold(r.Context(), tx, v.Who, post.ID, f.id("staff"), f.value("from"), f.value("basis"))
		return err
	})
}

// postRelease answers POST /org/post/{id}/release: the last day of a holding.
func (s *Server) postRelease(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.onPostPlain(w, r, v, "已登记卸任", func(tx *store.Tx, post org.Post) error {
		id := fields{{Name: "holding", Value: r.PostForm.Get("holding")}}.id("holding")
		h, err := org.HoldingByID(r.Context(), tx, id)
		if err != nil {
			return err
		}
		if h.Post != post.ID {
			return store.ErrNotFound
		}
		return org.Release(r.Context(), tx, v.Who, id, strings.TrimSpace(r.PostForm.Get("last")), r.PostForm.Get("basis"))
	})
}

// postDrop answers POST /org/post/{id}/drop.
func (s *Server) postDrop(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.onPostPlain(w, r, v, "岗位已撤销，任职记录仍在", func(tx *store.Tx, post org.Post) error {
		version, err := formVersion(r.PostForm)
		if err != nil {
			return err
		}
		return org.DropPost(r.Context(), tx, v.Who, post.ID, version)
	})
}

// onPostPlain answers a form on the page of a post whose faults are said above it all.
func (s *Server) onPostPlain(w http.ResponseWriter, r *http.Request, v *visit, said string, command func(tx *store.Tx, post org.Post) error) error {
	if _, err := readForm(r); err != nil {
		return err
	}
	post, err := s.postOf(r, v)
	if err != nil {
		return err
	}
	err = s.db.Write(r.Context(), func(tx *store.Tx) error { return command(tx, post) })
	if what, ok := invalid(err); ok {
		p, err := s.newPostPage(r, v, post)
		if err != nil {
			return err
		}
		p.Problem = what
		return s.render(w, http.StatusUnprocessableEntity, "org-post", p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, fmt.Sprintf("/org/post/%d", post.ID), said)
}
