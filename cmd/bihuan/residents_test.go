package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/vault"
)

// number is that of somebody on no list.
const number = "990408194610010018"

// somebody enters a town and a resident in a folder of data, and signs both logs.
func somebody(t *testing.T, at place) {
	t.Helper()
	ctx := t.Context()
	db, err := at.openDatabase(ctx)
	must(t, err)
	v, err := at.openVault(ctx)
	must(t, err)
	must(t, db.Write(ctx, func(tx *store.Tx) error {
		_, err := org.AddUnit(ctx, tx, org.Program, org.Unit{}, org.Town, "栖禾镇", 0)
		return err
	}))
	must(t, v.Write(ctx, func(tx *store.Tx) error {
		id := tx.ID()
		if _, err := tx.Exec(ctx, `insert into person (id, unit, village, path, came_on, place, household, number, number_index, name, birth, sex, phone, dead_on, moved_on, version)
			values ($1, 1, 0, '/', '', '东槐村', '12', $2, $3, '张秀英', '1946-10-01', '女', $4, '', '', 1)`, id, v.Seal("person.number", number), v.Index("number", number),
			v.Seal("person.phone", "13800001234")); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Verb: "登记", Kind: "person", Row: id})
	}))
	for _, x := range []struct {
		files logFiles
		db    *store.DB
	}{{at.house(), db}, {at.residents(), v.DB}} {
		log, err := x.files.open(x.db)
		must(t, err)
		_, err = log.Checkpoint(ctx)
		must(t, err)
	}
	must(t, errors.Join(v.Close(), db.Close()))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// said runs a command and returns what it printed.
func said(t *testing.T, run func(context.Context, streams) error) (string, error) {
	t.Helper()
	var out, errs bytes.Buffer
	err := run(t.Context(), streams{in: strings.NewReader(""), out: &out, err: &errs})
	return out.String(), err
}

// bihuan verify checks the database of residents by its own log, opens what is sealed, and says what it could not.
func TestVerifyResidents(t *testing.T) {
	at := place{Data: t.TempDir()}
	somebody(t, at)
	info, err := os.Stat(at.sealKey())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v %v", info, err)
	}
	check := func(what string, err error, wants ...string) {
		t.Helper()
		out, got := said(t, verifyCommand{place: at}.Run)
		if !errors.Is(got, err) {
			t.Errorf("%s: %v, not %v\n%s", what, got, err, out)
		}
		_, residents, _ := strings.Cut(out, "居民信息库")
		for _, want := range wants {
			if !strings.Contains(residents, want) {
				t.Errorf("%s: it says no %q: %s", what, want, residents)
			}
		}
	}
	check("as it is", nil, "日志 2 条", "已签名到第 2 条", "核对通过：没有发现改动")
	key, err := os.ReadFile(at.sealKey())
	must(t, err)
	must(t, os.Remove(at.sealKey()))
	check("without the key", nil, "核对通过", "这里没有密钥")
	if _, err := os.Stat(at.sealKey()); !errors.Is(err, fs.ErrNotExist) {
		t.Error("verify made a key")
	}
	must(t, os.WriteFile(at.sealKey(), []byte("bihuan-residents-key:"+strings.Repeat("ab", 32)+"\n"), 0o600))
	check("with another key", errDiffers, "不是这个库的")
	if _, err := at.openVault(t.Context()); err == nil || !strings.Contains(err.Error(), "密钥不对") {
		t.Errorf("it is served with another key: %v", err)
	}
	must(t, os.WriteFile(at.sealKey(), key, 0o600))
	raw := func(query string) {
		t.Helper()
		db, err := sql.Open("sqlite", filepath.Join(at.Data, "residents.db"))
		must(t, err)
		_, err = db.Exec(query)
		must(t, errors.Join(err, db.Close()))
	}
	raw(`update person set phone = number`)
	check("moved", errDiffers, "数据行被改动：person", "的 phone", "打不开")
	raw(`delete from journal where seq = 2`)
	check("cut", errDiffers, "日志被截短或退回旧库")
	must(t, os.Remove(filepath.Join(at.Data, "residents.db")))
	check("gone", errDiffers, "居民信息库没有了")
}

// A backup and a restore take both; a person is erased by the number from both.
func TestResidentsOnTheCommandLine(t *testing.T) {
	at := place{Data: filepath.Join(t.TempDir(), "data")}
	somebody(t, at)
	file := filepath.Join(t.TempDir(), "b.bhb")
	out, err := said(t, backupCommand{place: at, File: file}.Run)
	if err != nil || !strings.Contains(out, "居民信息库的密钥不在备份里") {
		t.Errorf("%v\n%s", err, out)
	}
	to := filepath.Join(t.TempDir(), "new")
	out, err = said(t, restoreCommand{File: file, Data: to, ResidentsKey: at.sealKey()}.Run)
	if err != nil || !strings.Contains(out, "核对通过") || strings.Contains(out, "没有居民信息库的密钥") || !strings.Contains(out, "请把居民信息库的密钥放回 "+filepath.Join(to, "residents.key")) {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := (place{Data: to}).openVault(t.Context()); err == nil {
		t.Error("it opens without its key")
	}
	out, err = said(t, restoreCommand{File: file, Drill: true}.Run)
	if err != nil || !strings.Contains(out, "没有核对加密的内容打不打得开") {
		t.Errorf("%v\n%s", err, out)
	}
	v, err := at.openVault(t.Context())
	must(t, err)
	must(t, v.Write(t.Context(), func(tx *store.Tx) error {
		for id, name := range map[int]string{1: "张秀英", 2: "张秀英", 3: "李梅"} {
			if _, err := tx.Exec(t.Context(), `insert into household (id, unit, village, number, head, team, gone, version) values ($1, 1, 0, $2, $3, '', '', 1)`, id, fmt.Sprint(id), name); err != nil {
				return err
			}
		}
		return journal.Append(t.Context(), tx, journal.Entry{Verb: "登记户数", Kind: "household"})
	}))
	must(t, v.Close())
	out, _ = said(t, eraseCommand{place: at, Text: number, Reason: "本人申请，〔2026〕3号"}.Run) // shown, and not confirmed: nobody answers
	if !strings.Contains(out, "household:1：户主，户号1") || !strings.Contains(out, "household:2") || strings.Contains(out, "household:3") || !strings.Contains(out, "--also") || !strings.Contains(out, "没有删除") {
		t.Error(out)
	}
	if out, err = said(t, eraseCommand{place: at, Text: number, Reason: "本人申请，〔2026〕3号", Also: []string{"household:3"}, Yes: true}.Run); err == nil {
		t.Errorf("somebody of another name: %s", out)
	}
	out, err = said(t, eraseCommand{place: at, Text: number, Reason: "本人申请，〔2026〕3号", Also: []string{"household:1"}, Yes: true}.Run)
	if err != nil || !strings.Contains(out, "居民信息 person：1 行") || !strings.Contains(out, "已删除") {
		t.Errorf("%v\n%s", err, out)
	}
	out, err = said(t, eraseCommand{place: at, Text: "张秀英", Reason: "本人申请，〔2026〕3号", Yes: true}.Run)
	if err != nil || !strings.Contains(out, "household:2") || !strings.Contains(out, "没有删除。") {
		t.Errorf("by the name, with nothing named: %v\n%s", err, out)
	}
	out, err = said(t, eraseCommand{place: at, Text: "张秀英", Reason: "本人申请，〔2026〕3号", Also: []string{"household:2"}, Yes: true}.Run)
	if err != nil || !strings.Contains(out, "已删除。") {
		t.Errorf("by the name: %v\n%s", err, out)
	}
	for _, name := range []string{"residents.db", "residents.db-wal"} {
		content, err := os.ReadFile(filepath.Join(at.Data, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte("张秀英")) {
			t.Errorf("%s still holds the name", name)
		}
	}
	out, err = said(t, verifyCommand{place: at}.Run)
	if err != nil || !strings.Contains(out, "依法删除：") {
		t.Errorf("%v\n%s", err, out)
	}
	out, err = said(t, eraseCommand{place: at, Text: number, Reason: "本人申请，〔2026〕3号", Yes: true}.Run)
	if err != nil || !strings.Contains(out, "没有找到") {
		t.Errorf("again: %v\n%s", err, out)
	}
}

// A program that has a witness has the log of the database of residents signed by it too, from its start on. When that database is taken
// back to an older copy, and signed on with its own stolen key, the witness refuses it, and bihuan verify that asks the witness names it.
func TestResidentsLogIsCosigned(t *testing.T) {
	ctx := t.Context()
	district, err := store.Open(ctx, storetest.SQLite(t))
	must(t, err)
	defer district.Close()
	key, err := journal.OpenWitnessKey(filepath.Join(t.TempDir(), "witness.key"))
	must(t, err)
	witness := journal.Witness{DB: district, Key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /witness/add-checkpoint", witness.ServeSign)
	mux.HandleFunc("GET /witness/checkpoint", witness.ServeLast)
	site := httptest.NewServer(mux)
	defer site.Close()

	at := place{Data: t.TempDir()}
	somebody(t, at)
	for _, files := range []logFiles{at.house(), at.residents()} {
		log, err := files.open(nil)
		must(t, err)
		must(t, journal.AddWitnessed(ctx, district, 0, "区巡察办", log.Key.Verifier))
	}
	file := filepath.Join(at.Data, "residents.db")
	old, err := os.ReadFile(file) // nobody has it open
	must(t, err)
	notes, err := os.ReadFile(at.residents().checkpoints)
	must(t, err)

	runs := func(do func(p *program)) {
		t.Helper()
		listener, err := listen(ctx, "127.0.0.1:0", 1)
		must(t, err)
		p, err := open(ctx, at, listener, options{witness: site.URL + "/witness", witnessKey: key.Verifier})
		must(t, err)
		running, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- p.Run(running) }()
		do(p)
		stop()
		must(t, errors.Join(<-ended, p.Close()))
	}
	enter := func(v *vault.Vault, verb string) {
		t.Helper()
		must(t, v.Write(ctx, func(tx *store.Tx) error { return journal.Append(ctx, tx, journal.Entry{Verb: verb, Kind: "person"}) }))
	}
	until := func(what string, is func() bool) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s did not come about", what)
			}
		}
	}
	runs(func(p *program) {
		until("the first cosignature", func() bool { s := p.residentsCosigner.State(); return !s.Tried.IsZero() && s.Error == "" })
		enter(p.vault, "发放")
		_, err := p.residentsCosigner.Cosign(ctx)
		must(t, err)
	})
	verify := verifyCommand{place: at, Witness: site.URL + "/witness"}
	if out, err := said(t, verify.Run); err != nil || strings.Count(out, "会签到第") != 2 {
		t.Fatalf("%v\n%s", err, out)
	}

	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(file + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	must(t, errors.Join(os.WriteFile(file, old, 0o600), os.WriteFile(at.residents().checkpoints, notes, 0o600)))
	runs(func(p *program) {
		until("the alarm", func() bool { return p.residentsCosigner.State().Alarm })
		enter(p.vault, "另一笔发放")
		if _, err := p.residentsLog.Checkpoint(ctx); err != nil { // with the key that lies there
			t.Error(err)
		}
		if _, err := p.residentsCosigner.Cosign(ctx); err == nil {
			t.Error("the witness signs another history")
		}
		if s := p.cosigner.State(); s.Alarm {
			t.Errorf("the house's log is in order: %+v", s)
		}
	})
	out, err := said(t, verify.Run)
	house, residents, _ := strings.Cut(out, "居民信息库")
	if !errors.Is(err, errDiffers) || !strings.Contains(house, "核对通过") || !strings.Contains(residents, "历史被改写") && !strings.Contains(residents, "日志被截短或退回旧库") {
		t.Errorf("%v\n%s", err, out)
	}
}

// After half a year of the sample neither database, nor what stands beside them, holds a number of anybody: all of them begin with an area
// that there is not.
func TestSampleHoldsNoNumber(t *testing.T) {
	citizen := regexp.MustCompile(`99\d{4}(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])\d{3}[\dX]`)
	if !citizen.MatchString("号码" + number) {
		t.Fatal("the scan would find nothing")
	}
	folder := demoFolder(t)
	looked := 0
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		looked++
		if found := citizen.Find(content); found != nil {
			t.Errorf("%s holds %s", d.Name(), found)
		}
		return nil
	})
	if err != nil || looked < 3 {
		t.Errorf("looked at %d files, %v", looked, err)
	}
}
