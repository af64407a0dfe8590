package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"bihuan/journal"
	"bihuan/proof"
	"bihuan/store"
)

// verifyCommand checks the record of a database, or a proof pack, which needs no database.
type verifyCommand struct {
	place
	Pack       string   `arg:"" optional:"" name:"存证包" help:"只核验这个存证包（zip），在哪台电脑上都行；不写就核对数据库"`
	Key        []string `name:"key" placeholder:"公钥" help:"检查点应由谁签名：存证公钥、会签公钥，或一行写一个的文件，可写多个；不写就用数据文件夹里的密钥，核验存证包时用包里的"`
	Checkpoint []string `placeholder:"文件" help:"另外保存的检查点，可写多个：拿它与数据库核对"`
	Witness    string   `env:"BIHUAN_WITNESS" placeholder:"网址" help:"会签方的网址：问它最后见过的检查点（BIHUAN_WITNESS）"`
	Code       []string `placeholder:"存证码" help:"纸质材料上的存证码，可写多个：看日志是不是出具它时的那一本"`
	NoFiles    bool     `help:"不核对原件"`
	Page       string   `placeholder:"文件" help:"把核验存证包的网页存为文件，用浏览器打开就能核验，不需要联网"`
	JSON       bool     `name:"json" help:"输出 JSON"`
}

// errDiffers makes the exit code 1; the report has told what.
var errDiffers = errors.New("核对不通过")

// Run checks and prints the report.
func (c verifyCommand) Run(ctx context.Context, s streams) error {
	if c.Page != "" {
		return savePage(s, c.Page)
	}
	if c.Pack != "" {
		return verifyPack(s, c.Pack, c.Key, c.Checkpoint, c.JSON)
	}
	house, err := c.verifyHouse(ctx, s)
	if err != nil {
		return err
	}
	residents, err := c.verifyResidents(ctx, s)
	if err != nil {
		return err
	}
	if c.JSON {
		all := jsonReport(house)
		if residents != nil {
			all["residents"], all["ok"] = residents.json(), house.OK() && residents.ok()
		}
		err = json.NewEncoder(s.out).Encode(all)
	} else {
		_, err = io.WriteString(s.out, reportText(house)+residents.text())
	}
	if err == nil && !(house.OK() && residents.ok()) {
		err = errDiffers
	}
	return err
}

// verifyHouse checks the ledger.
func (c verifyCommand) verifyHouse(ctx context.Context, s streams) (proof.Report, error) {
	db, err := store.Open(ctx, c.database()) // as it is: a journal is begun by whoever writes
	if err != nil {
		return proof.Report{}, fmt.Errorf("打不开数据库 %s：%w", c.shown(), err)
	}
	defer db.Close()
	subject := proof.Subject{DB: db, Told: c.told(s)}
	if !c.NoFiles {
		files, err := c.openFiles(ctx)
		if err != nil {
			return proof.Report{}, err
		}
		defer files.Close()
		subject.Files = files
	}
	if subject.Keys, err = c.house().verifiers(c.Key); err != nil {
		return proof.Report{}, err
	}
	others, err := c.residents().known()
	if err != nil {
		return proof.Report{}, err
	}
	notOthers := func(origin string) bool {
		return !slices.ContainsFunc(others, func(key string) bool { return strings.HasPrefix(key, origin+"+") })
	}
	if subject.Checkpoints, err = c.checkpoints(ctx, c.house(), subject.Keys, notOthers); err != nil {
		return proof.Report{}, err
	}
	for _, text := range c.Code {
		code, err := proof.ParseCode(text)
		if err != nil {
			return proof.Report{}, fmt.Errorf("“%s”：%w", text, err)
		}
		subject.Codes = append(subject.Codes, code)
	}
	report, err := proof.Verify(ctx, subject)
	if err != nil {
		err = fmt.Errorf("没能核对完：%w", err)
	}
	return report, err
}

// told shows how far a check has come, once a second.
func (c verifyCommand) told(s streams) func(what string, done, of int64) {
	if c.JSON {
		return nil
	}
	last := time.Now()
	return func(what string, done, of int64) {
		if time.Since(last) < time.Second {
			return
		}
		if last = time.Now(); of > 0 {
			fmt.Fprintf(s.err, "%s %d/%d\n", what, done, of)
		} else {
			fmt.Fprintf(s.err, "%s %d\n", what, done)
		}
	}
}

// verifiers are the keys that checkpoints are checked with: those given, or those of the data folder.
func (f logFiles) verifiers(given []string) ([]note.Verifier, error) {
	if len(given) == 0 {
		known, err := f.known()
		if err != nil {
			return nil, err
		}
		if len(known) == 0 {
			return nil, fmt.Errorf("没有公钥：%s 不存在，请用 --key 写明存证公钥", f.public)
		}
		given = known
	}
	var keys []note.Verifier
	for _, text := range given {
		v, err := journal.ParseVerifier(text)
		if err != nil {
			return nil, err
		}
		keys = append(keys, v)
	}
	return keys, nil
}

// checkpoints are those of a log that are kept outside its database: beside it, in files that were named, by the witness. Of those in files
// that were named, mine tells which are of this log.
func (c verifyCommand) checkpoints(ctx context.Context, files logFiles, keys []note.Verifier, mine func(origin string) bool) ([]string, error) {
	notes, err := journal.KeptNotes(files.checkpoints)
	if err != nil {
		return nil, err
	}
	named, err := readCheckpoints(c.Checkpoint)
	if err != nil {
		return nil, err
	}
	for _, text := range named {
		if origin, _, _ := strings.Cut(text, "\n"); mine(origin) {
			notes = append(notes, text)
		}
	}
	if c.Witness == "" {
		return notes, nil
	}
	for _, k := range keys {
		if journal.IsWitness(k) {
			continue
		}
		text, err := witnessed(ctx, c.Witness, k.Name())
		if err != nil {
			return nil, err
		}
		if text != "" {
			notes = append(notes, text)
		}
	}
	return notes, nil
}

// readCheckpoints reads the notes in files.
func readCheckpoints(files []string) ([]string, error) {
	var notes []string
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("读不了检查点：%w", err)
		}
		notes = append(notes, journal.SplitNotes(string(text))...)
	}
	return notes, nil
}

// witnessed asks a witness for the last checkpoint that it saw of a log; empty when it never saw one.
func witnessed(ctx context.Context, site, origin string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(site, "/")+"/checkpoint?origin="+url.QueryEscape(origin), nil)
	if err != nil {
		return "", fmt.Errorf("会签方的网址不对：%w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", fmt.Errorf("联系不上会签方：%w", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	switch {
	case err != nil:
		return "", fmt.Errorf("会签方没有答完：%w", err)
	case res.StatusCode == http.StatusNotFound:
		return "", nil
	case res.StatusCode != http.StatusOK:
		return "", fmt.Errorf("会签方回答 %s", res.Status)
	}
	return string(text), nil
}

// reportText says what a check found.
func reportText(r proof.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "日志 %d 条", r.Events)
	if r.Erased > 0 {
		fmt.Fprintf(&b, "（其中 %d 条的内容已依法删除）", r.Erased)
	}
	fmt.Fprintf(&b, "，数据 %d 行，原件 %d 个，检查点 %d 个，用时 %.1f 秒\n", r.Rows, r.Files, r.Checkpoints, r.Took.Seconds())
	if r.Signed.Size > 0 {
		fmt.Fprintf(&b, "已签名到第 %d 条", r.Signed.Size)
		if r.Unsigned > 0 {
			fmt.Fprintf(&b, "，其后 %d 条还没有签名", r.Unsigned)
		}
		b.WriteByte('\n')
	} else {
		b.WriteString("没有有效的检查点：日志还没有签过名\n")
	}
	if r.Cosigned.Size > 0 {
		fmt.Fprintf(&b, "会签到第 %d 条（%s）\n", r.Cosigned.Size, r.Cosigned.Cosigned.Format("2006-01-02 15:04"))
	}
	for _, e := range r.Erasures {
		fmt.Fprintf(&b, "依法删除：第 %d 条，%s %s，涉及 %d 条，原因：%s\n", e.Event, e.At.Format("2006-01-02 15:04"), e.Who, e.Events, e.Reason)
	}
	if r.OK() {
		b.WriteString("核对通过：没有发现改动\n")
		return b.String()
	}
	fmt.Fprintf(&b, "发现 %d 处不符：\n", int64(len(r.Differences))+r.More)
	for _, d := range r.Differences {
		fmt.Fprintln(&b, " ", d)
	}
	if r.More > 0 {
		fmt.Fprintf(&b, "  另有 %d 处没有列出\n", r.More)
	}
	return b.String()
}

func jsonReport(r proof.Report) map[string]any {
	type difference struct {
		Kind   string   `json:"kind"`
		Event  int64    `json:"event,omitempty"`
		Table  string   `json:"table,omitempty"`
		Key    string   `json:"key,omitempty"`
		Fields []string `json:"fields,omitempty"`
		File   string   `json:"file,omitempty"`
		Who    string   `json:"who,omitempty"`
		Text   string   `json:"text"`
	}
	list := []difference{}
	for _, d := range r.Differences {
		list = append(list, difference{string(d.Kind), d.Event, d.Table, d.Key, d.Fields, d.File, d.Who, d.String()})
	}
	return map[string]any{"ok": r.OK(), "events": r.Events, "erased": r.Erased, "rows": r.Rows, "files": r.Files, "checkpoints": r.Checkpoints,
		"signed": r.Signed.Size, "unsigned": r.Unsigned, "cosigned": r.Cosigned.Size, "seconds": r.Took.Seconds(), "more": r.More, "differences": list}
}
