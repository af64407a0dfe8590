package web

import (
	"errors"
	"net"
	"net/http"
	"strings"

	"bihuan/org"
)

// loginPage asks who somebody is.
type loginPage struct {
	frame
	Login   string
	Next    string // address to go to
	Problem string
}

func (s *Server) renderLogin(w http.ResponseWriter, r *http.Request, status int, p loginPage) {
	p.Title = "登录"
	if err := s.render(w, status, "login", p); err != nil {
		s.fail(w, r, &visit{}, err)
	}
}

func (s *Server) loginForm(w http.ResponseWriter, r *http.Request) {
	next := local(r.URL.Query().Get("next"))
	if _, err := s.visit(r); err == nil {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	p := loginPage{Next: next}
	if r.URL.Query().Has("next") {
		p.Problem = "请先登录，登录后会回到刚才的页面。"
	}
	s.renderLogin(w, r, http.StatusOK, p)
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	if err := r.ParseForm(); err != nil {
		s.fail(w, r, &visit{}, errBadForm)
		return
	}
	p := loginPage{Login: strings.TrimSpace(r.PostForm.Get("login")), Next: local(r.PostForm.Get("next"))}
	address, _, _ := net.SplitHostPort(r.RemoteAddr)
	now := s.db.Now()
	if !s.logins.allow("address "+address, officeTries, now) || !s.logins.allow("login "+p.Login, 1, now) {
		p.Problem = "试的次数太多了，请一分钟后再试。"
		w.Header().Set("Retry-After", "60")
		s.renderLogin(w, r, http.StatusTooManyRequests, p)
		return
	}
	who, err := org.Login(r.Context(), s.db, p.Login, r.PostForm.Get("password"))
	if errors.Is(err, org.ErrLogin) {
		p.Problem = org.ErrLogin.Error()
		s.renderLogin(w, r, http.StatusUnauthorized, p)
		return
	}
	if err == nil {
		err = s.sessions.RenewToken(r.Context()) // a token known before signing in is worth nothing after
	}
	if err != nil {
		s.fail(w, r, &visit{}, err)
		return
	}
	s.sessions.Put(r.Context(), keyStaff, who.ID)
	http.Redirect(w, r, p.Next, http.StatusSeeOther)
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request, _ *visit) error {
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
	return nil
}

// local is the address when it leads to a page of this site, else the first page.
func local(address string) string {
	if !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") || strings.ContainsAny(address, "\\\r\n\t") {
		return "/"
	}
	return address
}
