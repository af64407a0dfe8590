package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"bihuan/org"
	"bihuan/store"
	"bihuan/web"
)

// visitor asks the site's handler without a network between.
type visitor struct {
	d       *district
	handler http.Handler
	cookies map[string]*http.Cookie
	n       int
}

func (d *district) visitor() (*visitor, error) {
	v := &visitor{d: d, cookies: map[string]*http.Cookie{}}
	v.handler = web.New(web.Config{DB: d.db, Files: d.files, Calendar: d.cal, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}).Handler()
	for _, login := range []string{"clerk", "district"} {
		r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(url.Values{"login": {login}, "password": {password}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		v.handler.ServeHTTP(w, r)
		for _, c := range w.Result().Cookies() {
			if c.Name == "bihuan" {
				v.cookies[login] = c
			}
		}
		if v.cookies[login] == nil {
			return nil, fmt.Errorf("%s cannot sign in: %d", login, w.Code)
		}
	}
	return v, nil
}

// get asks for a page, when fresh right after somebody has changed something, so that nothing kept of it is good.
func (v *visitor) get(ctx context.Context, login, path string, fresh bool) error {
	if fresh {
		v.n++
		err := v.d.db.Write(ctx, func(tx *store.Tx) error {
			_, err := org.AddStaff(ctx, tx, org.Program, v.d.root, fmt.Sprintf("过客%d", v.n), "", org.Cadre, "", "")
			return err
		})
		if err != nil {
			return err
		}
	}
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.AddCookie(v.cookies[login])
	w := httptest.NewRecorder()
	v.handler.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		return fmt.Errorf("GET %s: %d to %s", path, w.Code, w.Header().Get("Location"))
	}
	return nil
}
