package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
)

// Files are sent in pieces by upload.js, in the manner of tus (tus.io): announced, then sent piece by piece from an offset that both
// sides know, so that a lost connection costs one piece. Answers are JSON; errors say in "what" what a page would.

// mostPiece bounds one piece, in bytes.
const mostPiece = 4 << 20

// attachUpload makes an uploaded file evidence of its finding, for who may report on that.
func attachUpload(ctx context.Context, tx *store.Tx, who org.Person, u evidence.Upload, item evidence.Item) (evidence.Item, error) {
	return ledger.AttachEvidence(ctx, tx, who, u.Finding, item)
}

// uploadJSON is an upload as the script knows it.
type uploadJSON struct {
	ID      string `json:"id"` // too large for a number of JavaScript
	Name    string `json:"name"`
	Size    int64  `json:"size"`
	Offset  int64  `json:"offset"`
	Percent int    `json:"percent"`
	Title   string `json:"title"`
	Said    string `json:"said"`
	Event   string `json:"event"`
	Expires string `json:"expires"`
	Early   string `json:"early"`
}

func newUploadJSON(u evidence.Upload) uploadJSON {
	return uploadJSON{strconv.FormatInt(u.ID, 10), u.Name, u.Size, u.Arrived, u.Percent(), u.Title, u.Said, u.Event, u.Expires, u.Early}
}

// script lets h answer a script: an error is said in JSON.
func (s *Server) script(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request, v *visit) error {
		err := h(w, r, v)
		if err == nil || errors.Is(err, context.Canceled) && r.Context().Err() != nil {
			return nil
		}
		status, _, what := shown(err)
		var offset evidence.Offset
		switch {
		case errors.As(err, &offset):
			status, what = http.StatusConflict, offset.Error()
			w.Header().Set("Upload-Offset", strconv.FormatInt(offset.Have, 10))
		case status >= http.StatusInternalServerError:
			s.log.ErrorContext(r.Context(), "upload failed", "method", r.Method, "path", r.URL.Path, "staff", v.Who.ID, "error", err)
		}
		answerJSON(w, status, map[string]string{"what": what})
		return nil
	}
}

func answerJSON(w http.ResponseWriter, status int, value any) {
	b, _ := json.Marshal(value) // texts and numbers always marshal
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b) // whoever asked may have gone
}

// uploadBegin answers POST /upload.
func (s *Server) uploadBegin(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	i := evidenceItem(form)
	f, feedback, err := ledger.Provable(r.Context(), s.db, v.Who, formID(form.Get("finding")), i)
	if err != nil {
		return err
	}
	if i.Event == "" {
		i.Event = v.Today
	}
	u, err := evidence.Begin(r.Context(), s.db, s.files, v.Who, feedback, evidence.Upload{Finding: f.ID, Measure: i.Measure, Occurrence: i.Occurrence,
		Name: form.Get("name"), Size: formID(form.Get("size")), Mark: brief(form.Get("mark"), 20), Title: i.Title, Said: i.Said, Event: i.Event, Expires: i.Expires, Early: i.Early})
	if err != nil {
		return err
	}
	w.Header().Set("Location", fmt.Sprintf("/upload/%d", u.ID))
	w.Header().Set("Upload-Offset", strconv.FormatInt(u.Arrived, 10))
	answerJSON(w, http.StatusCreated, newUploadJSON(u))
	return nil
}

// uploadList answers GET /upload: what this person has not finished, of one finding and one task of it.
func (s *Server) uploadList(w http.ResponseWriter, r *http.Request, v *visit) error {
	all, err := evidence.Uploads(r.Context(), s.db, s.files, v.Who)
	if err != nil {
		return err
	}
	q, list := r.URL.Query(), []uploadJSON{}
	for _, u := range all {
		if u.Finding == formID(q.Get("finding")) && u.Occurrence == formID(q.Get("occurrence")) {
			list = append(list, newUploadJSON(u))
		}
	}
	answerJSON(w, http.StatusOK, list)
	return nil
}

// uploadHead answers HEAD /upload/{id}: how much has arrived.
func (s *Server) uploadHead(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	u, err := evidence.UploadByID(r.Context(), s.db, s.files, v.Who, id)
	if err != nil {
		return err
	}
	uploadHeader(w, u)
	w.WriteHeader(http.StatusOK)
	return nil
}

// uploadPiece answers PATCH /upload/{id}: the next piece, from Upload-Offset on.
func (s *Server) uploadPiece(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	offset, err := strconv.ParseInt(r.Header.Get("Upload-Offset"), 10, 64)
	if err != nil || offset < 0 {
		return errBadForm
	}
	u, err := evidence.Receive(r.Context(), s.db, s.files, v.Who, id, offset, http.MaxBytesReader(w, r.Body, mostPiece), attachUpload)
	if err != nil {
		return err
	}
	uploadHeader(w, u)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func uploadHeader(w http.ResponseWriter, u evidence.Upload) {
	h := w.Header()
	h.Set("Upload-Offset", strconv.FormatInt(u.Arrived, 10))
	h.Set("Upload-Length", strconv.FormatInt(u.Size, 10))
	if u.Item != 0 {
		h.Set("Upload-Item", strconv.FormatInt(u.Item, 10))
	}
}

// uploadDrop answers POST /upload/{id}/drop.
func (s *Server) uploadDrop(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := evidence.Drop(r.Context(), s.db, s.files, v.Who, id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
