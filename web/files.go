package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"bihuan/evidence"
)

// sentFile is a file of a form. It is stored already; if nothing comes of the form it is swept away.
type sentFile struct {
	evidence.Stored
	Name string
}

// mostTyped bounds one field of a form with files, in bytes.
const mostTyped = 4 * evidence.MostSaid

// readFiles reads a form that may carry files, in the fields of one name. Each is stored as it arrives. The error is
// [evidence.Refused] when a file is not taken; the values are nil when the form did not arrive whole.
func (s *Server) readFiles(r *http.Request, field string) (url.Values, []sentFile, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		form, err := readForm(r)
		return form, nil, err
	}
	form, err := r.MultipartReader()
	if err != nil {
		return nil, nil, errBadForm
	}
	values := url.Values{}
	var files []sentFile
	var refused error
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			return values, files, refused
		}
		if err != nil {
			if refused != nil {
				return nil, nil, refused // the file is what made the form too long
			}
			return nil, nil, formError(err)
		}
		if part.FormName() != field {
			value, err := io.ReadAll(io.LimitReader(part, mostTyped))
			if err != nil {
				return nil, nil, formError(err)
			}
			values.Add(part.FormName(), strings.ToValidUTF8(string(value), ""))
			continue
		}
		if part.FileName() == "" {
			continue
		}
		stored, err := s.files.PutReader(r.Context(), part, evidence.Most)
		switch {
		case evidence.Refused(err):
			refused = err
		case err != nil:
			return nil, nil, formError(err)
		default:
			files = append(files, sentFile{stored, part.FileName()})
		}
	}
}

// formError is the error of a form that broke off, unless it was too large or the fault is on this side.
func formError(err error) error {
	if errors.As(err, new(*http.MaxBytesError)) || errors.Is(err, evidence.ErrFull) || errors.As(err, new(evidence.Unavailable)) ||
		errors.As(err, new(*fs.PathError)) || errors.As(err, new(*os.LinkError)) || errors.Is(err, context.Canceled) {
		return err
	}
	return errors.Join(errBadForm, err)
}

// What a file that people have sent may do in a browser: be looked at, and nothing else. The viewer of PDF needs its own style, and
// refuses to work in a sandbox.
const (
	filePolicy = "default-src 'none'; sandbox; frame-ancestors 'none'"
	pdfPolicy  = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
)

// sendFile gives out a file that people have sent: pictures and PDF to be looked at unless they are to be kept, all else to be kept.
// It answers requests for a part of it. What cannot be read right is an error before anything is sent.
func (s *Server) sendFile(w http.ResponseWriter, r *http.Request, hash, name, media string, keep bool) error {
	content, err := evidence.Open(r.Context(), s.db, s.files, hash)
	if err != nil {
		return err
	}
	defer content.Close()
	h, how := w.Header(), "attachment"
	h.Set("Content-Security-Policy", filePolicy)
	if evidence.Inline(media) && !keep {
		how = "inline"
		if media == "application/pdf" {
			h.Set("Content-Security-Policy", pdfPolicy)
		}
	}
	h.Set("Content-Type", evidence.Inert(media))
	h.Set("Content-Disposition", disposition(how, evidence.SavedName(name, media)))
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("ETag", `"`+hash+`"`)
	http.ServeContent(w, r, "", time.Time{}, content)
	return nil
}

// disposition says how a file is to be taken and under which name, as RFC 6266 has it: the name in full, and for programs that cannot
// read that, its letters of ASCII.
func disposition(how, name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' || r == '%' {
			return '_'
		}
		return r
	}, name)
	if plain == name {
		return fmt.Sprintf(`%s; filename="%s"`, how, plain)
	}
	return fmt.Sprintf(`%s; filename="%s"; filename*=UTF-8''%s`, how, plain, strings.ReplaceAll(url.QueryEscape(name), "+", "%20"))
}

// evidenceFile answers GET /evidence/{id}/file.
func (s *Server) evidenceFile(w http.ResponseWriter, r *http.Request, v *visit) error {
	i, err := s.fileOf(r, v)
	if err != nil {
		return err
	}
	return s.sendFile(w, r, i.File, i.FileName, i.Media, r.URL.Query().Has("keep"))
}

// evidenceThumb answers GET /evidence/{id}/thumb, a small picture for lists, and evidenceView GET /evidence/{id}/view, one to look at.
func (s *Server) evidenceThumb(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.sendThumb(w, r, v, evidence.Small)
}

func (s *Server) evidenceView(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.sendThumb(w, r, v, evidence.Large)
}

// sendThumb gives out a small picture, or a drawing where none can be made. The file of a piece of evidence never changes, so a browser
// may keep the picture for a week, for this person alone.
func (s *Server) sendThumb(w http.ResponseWriter, r *http.Request, v *visit, side int) error {
	i, err := s.fileOf(r, v)
	if err != nil {
		return err
	}
	h := w.Header()
	b, err := evidence.Thumb(r.Context(), s.db, s.files, i.File, side)
	switch {
	case errors.Is(err, evidence.ErrNoThumb):
		h.Set("Content-Type", "image/svg+xml")
		b = []byte(noThumb)
	case err != nil:
		return err
	default:
		h.Set("Content-Type", "image/jpeg")
	}
	h.Set("Content-Security-Policy", filePolicy)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "private, max-age=604800, immutable")
	h.Set("Vary", "Cookie")
	h.Set("ETag", fmt.Sprintf(`"%s-%d"`, i.File, side))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
	return nil
}

// noThumb is drawn where no small picture can be made.
const noThumb = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 54"><rect width="72" height="54" fill="#e9e3d4"/><path d="M0 54l20-26 14 16 10-10 28 20z" fill="#c4b99f"/><circle cx="56" cy="13" r="6" fill="#d8cfb9"/></svg>`
