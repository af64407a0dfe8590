package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"

	"bihuan/lead"
	"bihuan/org"
	"bihuan/store"
)

// The pictures and scans that prove checks of hits: whoever looks at one is recorded, and one that shows what it should not is deleted.

// proofView is the picture or scan that proves a check; see the template part check-proof.
type proofView struct {
	File    string // its address; empty when there is none
	Picture bool   // else something to be kept, a scan as PDF
	Show    bool   // it stands on the page, for who decides on it now
	Version int64  // of the check
	Drop    string // address to delete it at; empty when the reader may not
	Gone    string // why it was deleted, by whom and when
	Late    bool   // that was after the check was confirmed
	Back    string // the page it stands on
	Why     string // as it was typed
	Problem string
}

// proofForm is the form by which a picture was to be deleted, and why it was not.
type proofForm struct {
	Check        int64
	Why, Problem string
}

// proofViews are those of the checks of a hit, by check.
func (s *Server) proofViews(ctx context.Context, v *visit, h lead.Hit, list []lead.Verification, back string, kept proofForm) (map[int64]proofView, error) {
	views := map[int64]proofView{}
	town, err := org.UnitByID(ctx, s.db, h.Unit)
	if err != nil {
		return nil, err
	}
	for i, x := range list {
		if x.ProofFile == 0 {
			continue
		}
		p := proofView{File: fmt.Sprintf("/hit/%d/proof?check=%d", h.ID, x.ID), Version: x.Version, Back: back}
		if kept.Check == x.ID {
			p.Why, p.Problem = kept.Why, kept.Problem
		}
		kind, err := s.proofKind(ctx, x.ProofFile)
		if err != nil {
			return nil, err
		}
		p.Picture = kind != ""
		p.Show = p.Picture && h.State == lead.HitChecked && i == len(list)-1 && x.MayConfirm(v.Who, town) == nil
		if x.MayDropProof(ctx, s.db, v.Who, h) == nil {
			p.Drop = fmt.Sprintf("/hit/%d/proof", h.ID)
		}
		views[x.ID] = p
	}
	dropped, err := lead.DroppedProofs(ctx, s.vault, h.ID)
	for _, d := range dropped {
		views[d.Check] = proofView{Gone: fmt.Sprintf("%s（%s，%s）", d.Why, d.Who, clock(d.At, v.Today)), Late: d.Late}
	}
	return views, err
}

// proofKind is the type of a picture that may be looked at in the page, empty for anything else.
func (s *Server) proofKind(ctx context.Context, file int64) (string, error) {
	f, err := s.vault.OpenFile(ctx, file)
	if err != nil {
		return "", err
	}
	head := make([]byte, min(f.Size, 512))
	if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	switch kind := http.DetectContentType(head); kind {
	case "image/jpeg", "image/png", "image/webp":
		return kind, nil
	}
	return "", nil
}

// proofOf is the check of a hit that a request names; without a name the last that a file proves.
func (s *Server) proofOf(ctx context.Context, h lead.Hit, check string) (lead.Verification, error) {
	checks, err := lead.Verifications(ctx, s.vault, h.ID)
	if err != nil {
		return lead.Verification{}, err
	}
	for _, c := range slices.Backward(checks) {
		if c.ID == formID(check) || check == "" && c.ProofFile != 0 {
			return c, nil
		}
	}
	return lead.Verification{}, store.ErrNotFound
}

// hitProof answers GET /hit/{id}/proof: the file that proves the last check of a hit, or the one that is asked for. A picture may be looked
// at; all else is to be kept. That somebody looks is recorded before the first byte goes out.
func (s *Server) hitProof(w http.ResponseWriter, r *http.Request, v *visit) error {
	h, err := s.hitOf(r, v)
	if err != nil {
		return err
	}
	ctx := r.Context()
	x, err := s.proofOf(ctx, h, r.URL.Query().Get("check"))
	if err != nil {
		return err
	}
	if x.ProofFile == 0 {
		return store.ErrNotFound
	}
	kind, err := s.proofKind(ctx, x.ProofFile)
	if err != nil {
		return err
	}
	f, err := lead.LookAtProof(ctx, s.vault, s.db, v.Who, h, x)
	if err != nil {
		return err
	}
	content := make([]byte, f.Size)
	if _, err := f.ReadAt(content, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	how := "inline"
	if kind == "" {
		kind, how = "application/octet-stream", "attachment"
	}
	head := w.Header()
	head.Set("Content-Security-Policy", filePolicy)
	head.Set("Content-Type", kind)
	head.Set("Content-Disposition", disposition(how, "核实凭据"))
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	head.Set("Content-Length", strconv.Itoa(len(content)))
	_, _ = io.Copy(w, bytes.NewReader(content)) // whoever asked may have gone
	return nil
}

// hitProofDrop answers POST /hit/{id}/proof: the picture of a check is deleted, from the desk or the phone.
func (s *Server) hitProofDrop(w http.ResponseWriter, r *http.Request, v *visit) error {
	h, err := s.hitOf(r, v)
	if err != nil {
		return err
	}
	form, version, err := readVersioned(r)
	if err != nil {
		return err
	}
	back := fmt.Sprintf("/hit/%d", h.ID)
	phone := h.Duty != 0 && form.Get("back") == fmt.Sprintf("/verify/%d/%d", h.Duty, h.ID)
	if phone {
		back = form.Get("back")
	}
	check, why := formID(form.Get("check")), plainText(form.Get("why"))
	err = lead.DropProof(r.Context(), s.vault, s.db, v.Who, h.ID, check, version, why)
	var bad org.Invalid
	if errors.As(err, &bad) {
		kept, empty := proofForm{check, why, bad.What}, newVerifyForm(lead.Check{}, v.Who, v.Today)
		if phone {
			return s.renderVerifyHit(w, r, v, http.StatusUnprocessableEntity, h, verifyHit{Form: empty, photo: kept})
		}
		return s.renderHit(w, r, v, http.StatusUnprocessableEntity, h, hitPage{Form: empty, photo: kept})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, back, "照片已删除")
}
