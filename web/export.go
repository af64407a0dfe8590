package web

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"

	"bihuan/ledger"
	"bihuan/report"
	"bihuan/store"
)

// ledgerXlsx answers GET /ledger.xlsx: all findings of a filter as the official ledger, in the order of their plans.
func (s *Server) ledgerXlsx(w http.ResponseWriter, r *http.Request, v *visit) error {
	q := r.URL.Query()
	plans, err := s.plans(r.Context(), v)
	if err != nil {
		return err
	}
	f, err := askedFilter(q, v.Who, plans)
	if err != nil {
		return err
	}
	f.Sort = "" // aspects head their findings
	head := report.Head{Unit: v.Who.Unit.Name}
	for _, p := range plans {
		if p.ID == f.Plan {
			head = planHead(p.PlanInfo)
		}
	}
	return s.export(w, r, v, head, f, report.Paper{Name: "巡察整改台账.xlsx", Type: report.XlsxType, Write: report.LedgerXlsx})
}

// paper answers GET /plan/{id}/{paper}: one of [report.Papers] of a plan.
func (s *Server) paper(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	info, err := ledger.PlanByID(r.Context(), s.db, v.Who, id)
	if err != nil {
		return err
	}
	for _, p := range report.Papers {
		if p.Name == r.PathValue("paper") {
			return s.export(w, r, v, planHead(info), ledger.Filter{Plan: id}, p)
		}
	}
	return store.ErrNotFound
}

// planHead is what a plan tells about its round.
func planHead(p ledger.PlanInfo) report.Head {
	return report.Head{Unit: p.Unit.Name, PlanTitle: p.Title, Team: p.Team, Starts: p.Starts, Ends: p.Ends, Feedback: p.Feedback}
}

// export answers with a paper over all findings of a filter that may be seen, as of now.
func (s *Server) export(w http.ResponseWriter, r *http.Request, v *visit, head report.Head, f ledger.Filter, p report.Paper) error {
	done, err := s.takeExport(r.Context())
	if err != nil {
		return err
	}
	defer done()
	head.AsOf, head.Calendar, head.Days = v.Now, v.Cal, v.Days
	findings, err := s.allFindings(r.Context(), v, f)
	if err != nil {
		return err
	}
	if head.Imprint, err = s.imprint(r.Context(), "plan", f.Plan); err != nil {
		return err
	}
	return download(w, head.Unit+p.Name, p.Type, func(w io.Writer) error { return p.Write(w, head, findings) })
}

// takeExport waits for the place to write a file and for one of those for heavy requests; the function it returns gives both back.
// Who has waited too long is sent away with [errBusy].
func (s *Server) takeExport(ctx context.Context) (func(), error) {
	waiting, cancel := context.WithTimeout(ctx, heavyPatience)
	defer cancel()
	select {
	case s.exports <- struct{}{}:
	case <-waiting.Done():
		return nil, errBusy
	}
	done, err := s.takePlace(ctx)
	if err != nil {
		<-s.exports
		return nil, err
	}
	return func() { done(); <-s.exports }, nil
}

// allFindings reads every finding of a filter.
func (s *Server) allFindings(ctx context.Context, v *visit, f ledger.Filter) ([]ledger.Finding, error) {
	keys, err := ledger.ListAll(ctx, s.db, v.Who, f, v.Days)
	if err != nil {
		return nil, err
	}
	list := make([]ledger.Finding, 0, len(keys))
	for part := range slices.Chunk(keys, 1000) { // a query takes only so many parameters
		ids := make([]int64, len(part))
		for i, k := range part {
			ids[i] = k.ID
		}
		findings, err := ledger.ByIDs(ctx, s.db, ids)
		if err != nil {
			return nil, err
		}
		list = append(list, findings...)
	}
	return list, nil
}

// download answers with a file to be kept, written whole before its first byte is sent.
func download(w http.ResponseWriter, name, kind string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	_, _ = w.Write(b.Bytes()) // whoever asked may have gone
	return nil
}
