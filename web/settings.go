package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"bihuan/ledger"
	"bihuan/org"
)

// settingsPage lists the numbers that no national text fixes.
type settingsPage struct {
	frame
	Rows    []settingRow
	MayEdit bool
	Root    string // the unit whose settings they are
}

// settingRow is a setting with what was typed for it.
type settingRow struct {
	ledger.Setting
	Typed, TypedSource string
	Problem            string
}

// settingsShow answers GET /settings.
func (s *Server) settingsShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.renderSettings(w, r, v, http.StatusOK, "", nil)
}

// renderSettings answers with all settings; name is the one that was refused, with why.
func (s *Server) renderSettings(w http.ResponseWriter, r *http.Request, v *visit, status int, name string, refused error) error {
	if !v.Who.May(org.Overview) {
		return org.Denied{Who: v.Who, Action: org.Overview}
	}
	list, err := ledger.Settings(r.Context(), s.db)
	if err != nil {
		return err
	}
	root, err := org.Root(r.Context(), s.db)
	if err != nil {
		return err
	}
	p := settingsPage{frame: s.frame(v, "settings", "设置"), MayEdit: v.Who.Check(org.Configure, root) == nil, Root: root.Name}
	for _, x := range list {
		row := settingRow{Setting: x, Typed: strconv.Itoa(x.Value), TypedSource: x.Source}
		if x.Name == name {
			row.Typed, row.TypedSource = r.PostForm.Get("value"), r.PostForm.Get("source")
			row.Problem = refused.Error()
		}
		p.Rows = append(p.Rows, row)
	}
	return s.render(w, status, "settings", p)
}

// settingSave answers POST /settings/{name}.
func (s *Server) settingSave(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	name := r.PathValue("name")
	version, err := formVersion(form)
	if err != nil {
		return err
	}
	value, err := strconv.Atoi(strings.TrimSpace(form.Get("value")))
	if err != nil {
		return s.renderSettings(w, r, v, http.StatusUnprocessableEntity, name, fmt.Errorf("“%s”不是整数，请只写数字", form.Get("value")))
	}
	err = ledger.Set(r.Context(), s.db, v.Who, name, version, value, form.Get("source"))
	var bad ledger.Invalid
	if errors.As(err, &bad) {
		return s.renderSettings(w, r, v, http.StatusUnprocessableEntity, name, bad)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, "/settings#"+name, "已保存，从现在起按新的数算。")
}
