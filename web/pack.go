package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"mime"
	"net/http"
	"strconv"
	"time"

	"bihuan/proof"
	"bihuan/report"
)

// packTime is how long a pack may take to be downloaded: hundreds of megabytes over a slow line.
const packTime = time.Hour

// findingPack answers POST /finding/{id}/pack with the proof pack of a finding.
func (s *Server) findingPack(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return s.pack(w, r, func(ctx context.Context, p report.Packs) (report.Packed, error) { return p.Finding(ctx, v.Who, id) })
}

// closingPack answers POST /closing/{id}/pack.
func (s *Server) closingPack(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return s.pack(w, r, func(ctx context.Context, p report.Packs) (report.Packed, error) { return p.Closing(ctx, v.Who, id) })
}

// letterPack answers POST /letter/{id}/pack.
func (s *Server) letterPack(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return s.pack(w, r, func(ctx context.Context, p report.Packs) (report.Packed, error) { return p.Letter(ctx, v.Who, id) })
}

// monthPack answers POST /month/pack.
func (s *Server) monthPack(w http.ResponseWriter, r *http.Request, v *visit) error {
	unit, from, to, err := s.monthAsked(r, v)
	if err != nil {
		return err
	}
	return s.pack(w, r, func(ctx context.Context, p report.Packs) (report.Packed, error) {
		return p.Month(ctx, v.Who, unit, from, to)
	})
}

// pack makes a pack in the place for writing files, and sends it after that is free again: what is large in it is read as it goes out.
func (s *Server) pack(w http.ResponseWriter, r *http.Request, make func(context.Context, report.Packs) (report.Packed, error)) error {
	done, err := s.takeExport(r.Context())
	if err != nil {
		return err
	}
	p, err := make(r.Context(), report.Packs{DB: s.db, Files: s.files, Calendar: s.calendar, Log: s.record, Cosigner: s.cosigner, Witness: s.witnessKey, Site: s.address})
	done()
	if err != nil {
		return err
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(packTime)) // a server without deadlines needs none
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": p.Name}))
	w.Header().Set("Content-Length", strconv.FormatInt(p.Size(), 10))
	if err := p.Write(w); err != nil {
		s.log.Warn("pack", "error", err)
		panic(http.ErrAbortHandler) // the browser sees that the file is broken off
	}
	return nil
}

// verifyPolicy lets the page that verifies packs run its own script and style, and load nothing: what is in a pack may come from anybody.
var verifyPolicy = "default-src 'none'; script-src " + inlineHash("script") + "; style-src " + inlineHash("style") + "; img-src blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// inlineHash is how a policy names the one inline element of the page.
func inlineHash(tag string) string {
	_, rest, _ := bytes.Cut(proof.Page, []byte("<"+tag+">"))
	content, _, _ := bytes.Cut(rest, []byte("</"+tag+">"))
	sum := sha256.Sum256(content)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// verifyPage answers GET /verify.html with the page that verifies packs, for everybody; it works as well when it is kept as a file.
func (s *Server) verifyPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Security-Policy", verifyPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(proof.Page)
}
