package reliable_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/store"
	"bihuan/store/storetest"
)

// full says that the tests are as large as make nightly has them; in the suite they are small.
var full = os.Getenv("BIHUAN_NIGHTLY") != ""

// sized is one of two sizes.
func sized(suite, nightly int) int {
	if full {
		return nightly
	}
	return suite
}

// house is an installation as the program opens it.
type house struct {
	url, folder string
	db          *store.DB
	files       *evidence.Files
	log         journal.Log
}

// open does what the program does when it starts.
func open(ctx context.Context, url, folder string) (*house, error) {
	db, err := store.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	h := &house{url: url, folder: folder, db: db}
	if err = journal.Begin(ctx, db); err == nil {
		if h.files, err = evidence.OpenFiles(filepath.Join(folder, "files")); err == nil {
			var key journal.Key
			key, err = journal.OpenLogKey(filepath.Join(folder, "journal.key"))
			h.log = journal.Log{DB: db, Key: key, File: filepath.Join(folder, "checkpoints.txt")}
		}
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return h, nil
}

// close closes it, unless it is closed.
func (h *house) close() error {
	if h.db == nil {
		return nil
	}
	err := errors.Join(h.files.Close(), h.db.Close())
	h.db = nil
	return err
}

// verify is what bihuan verify finds.
func (h *house) verify(ctx context.Context, more ...string) (proof.Report, error) {
	key, err := journal.ParseVerifier(h.log.Key.Verifier)
	if err != nil {
		return proof.Report{}, err
	}
	beside, err := journal.KeptNotes(h.log.File)
	if err != nil {
		return proof.Report{}, err
	}
	return proof.Verify(ctx, proof.Subject{DB: h.db, Files: h.files, Keys: []note.Verifier{key}, Checkpoints: append(beside, more...)})
}

// sound fails the test unless the record is in order and every piece of evidence has its file.
func (h *house) sound(t testing.TB) proof.Report {
	t.Helper()
	r, err := h.verify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK() {
		t.Fatalf("the record is not in order: %s", said(r))
	}
	loose, err := store.One(context.Background(), h.db, store.Value[int64], `select count(*) from evidence where file <> '' and file not in (select hash from file)`)
	if err != nil || loose != 0 {
		t.Fatalf("%d pieces of evidence without a file: %v", loose, err)
	}
	if path, ok := strings.CutPrefix(h.url, "sqlite://"); ok {
		raw, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		var is string
		if err := raw.QueryRow(`pragma integrity_check`).Scan(&is); err != nil || is != "ok" {
			t.Fatalf("integrity_check: %s %v", is, err)
		}
	}
	return r
}

func said(r proof.Report) string {
	var b strings.Builder
	for _, d := range r.Differences {
		fmt.Fprintln(&b, d)
	}
	return b.String()
}

// hands are the people of a house.
type hands struct {
	town     org.Unit
	clerk    org.Person
	findings []int64
}

// How the clerk signs in.
const login, password = "hexiaoyu", "liu-tang-zhen"

// settle fills a new house: a town, its clerk and a plan in force of as many findings.
func (h *house) settle(ctx context.Context, findings int) (hands, error) {
	var w hands
	err := h.db.Write(ctx, func(tx *store.Tx) error {
		district, err := org.AddUnit(ctx, tx, org.Program, org.Unit{}, org.District, "试区", 0)
		if err != nil {
			return err
		}
		if w.town, err = org.AddUnit(ctx, tx, org.Program, district, org.Town, "柳塘镇", 0); err != nil {
			return err
		}
		if _, err = org.AddUnit(ctx, tx, org.Program, w.town, org.Village, "东村", 0); err != nil {
			return err
		}
		id, err := org.AddStaff(ctx, tx, org.Program, w.town, "贺晓雨", "党政办经办人", org.Clerk, login, password)
		w.clerk = org.Person{ID: id, Name: "贺晓雨", Post: "党政办经办人", Role: org.Clerk, Unit: w.town}
		return err
	})
	if err != nil {
		return w, err
	}
	id, err := ledger.StartImport(ctx, h.db, h.files, w.clerk, ledger.Upload{Unit: w.town.ID, Kind: ledger.NewPlan, Name: "方案.txt", Data: []byte(paper(findings))})
	if err != nil {
		return w, err
	}
	if _, err = ledger.Confirm(ctx, h.db, w.clerk, id, 1); err != nil {
		return w, err
	}
	w.findings, err = store.All(ctx, h.db, store.Value[int64], `select id from finding order by id`)
	return w, err
}

// paper is a plan of as many findings.
func paper(findings int) string {
	var b strings.Builder
	b.WriteString("柳塘镇党委关于区委巡察反馈意见的整改方案\n2026年1月5日至2月10日，区委第二巡察组对柳塘镇党委进行了常规巡察，3月2日反馈了意见，现制定整改方案如下。\n一、服务群众方面\n")
	for i := range findings {
		fmt.Fprintf(&b, "%d.第%d段村道管护不到位。一是雨雪天道路积水结冰。\n整改措施：一是排查第%d段积水点，疏通排水沟，每周巡查一次。\n责任单位：东村\n完成时限：2026年12月底前，长期坚持\n", i+1, i+1, i+1)
	}
	return b.String()
}

// fresh opens a new house in a database of its own.
func fresh(t *testing.T, url string, findings int) (*house, hands) {
	t.Helper()
	h, err := open(t.Context(), url, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.close() }) // the one open then
	w, err := h.settle(t.Context(), findings)
	if err != nil {
		t.Fatal(err)
	}
	if len(w.findings) != findings {
		t.Fatalf("%d findings of %d", len(w.findings), findings)
	}
	return h, w
}

// again closes the house and opens it anew.
func (h *house) again(t testing.TB) {
	t.Helper()
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
	next, err := open(context.Background(), h.url, h.folder)
	if err != nil {
		t.Fatal(err)
	}
	*h = *next
}

// each runs f in a fresh house on either database.
func each(t *testing.T, findings int, f func(t *testing.T, h *house, w hands)) {
	storetest.Each(t, func(t *testing.T, url string) {
		h, w := fresh(t, url, findings)
		f(t, h, w)
	})
}

// progress records that a finding has come to a number, whatever its version.
func (h *house) progress(ctx context.Context, w hands, finding int64, n int) error {
	f, err := ledger.ByID(ctx, h.db, w.clerk, finding)
	if err != nil {
		return err
	}
	return ledger.RecordProgress(ctx, h.db, w.clerk, finding, f.Version, ledger.ProgressEdit{State: ledger.Doing, Progress: "已疏通" + strconv.Itoa(n) + "处"})
}

// reached is the number that a finding has come to.
func (h *house) reached(ctx context.Context, w hands, finding int64) (int, error) {
	f, err := ledger.ByID(ctx, h.db, w.clerk, finding)
	if err != nil || f.Progress == "" {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(f.Progress, "已疏通"), "处"))
}

// attach stores a file and makes it evidence of a finding.
func (h *house) attach(ctx context.Context, w hands, finding int64, content string) (string, error) {
	s, err := h.files.PutReader(ctx, strings.NewReader(content), evidence.Most)
	if err != nil {
		return "", err
	}
	item := evidence.Item{Finding: finding, Title: "巡查记录", Event: h.db.Now().Format("2006-01-02")}
	item.Attach(s, "巡查记录.txt")
	_, err = ledger.AddEvidence(ctx, h.db, w.clerk, finding, item)
	return s.Hash, err
}
