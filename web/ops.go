package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"bihuan/backup"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/store"
)

// Ops is what the page of operations tells of the installation beside what is in the database.
type Ops struct {
	Version string
	Data    string // folder of the data
	Backups string // folder that backups are kept in; empty: the program makes none by itself
	Sealed  bool   // backups are encrypted, and hold the key of the database of residents
}

// folders are those whose disks must not be full.
func (o Ops) folders() []string {
	var list []string
	for _, f := range []string{o.Data, o.Backups} {
		if f != "" {
			list = append(list, f)
		}
	}
	return list
}

// opsPage is 运维: what an administrator looks at to know that nothing will be lost.
type opsPage struct {
	frame
	Alerts    []flawView
	Automatic bool
	Busy      bool // a backup or a drill is on its way
	Backups   []backupRow
	Keeps     string // how many are kept, and since when
	Rules     string // when backups are made and how long they are kept
	Drill     *drillView
	Machine   []fact
	Record    []fact
	Unwell    string // what is wrong with the record's signatures; empty: nothing

	Residents       []fact // of the record of the database of residents; none where there is no such database
	ResidentsUnwell string
	ResidentsKey    string // verifier key of its log

	Witnessed          []witnessedRow
	WitnessKey, LogKey string // verifier keys
	Typed, Problem     string // of a key that was refused
}

// fact is something with its name.
type fact struct{ Word, Text, Why string }

// backupRow is a backup in the list.
type backupRow struct {
	Light  light
	At     string
	Age    string
	Size   string
	Sealed bool
	What   string
	Name   string
}

// drillView is the last drill.
type drillView struct {
	Light       light
	At          string
	Facts       []fact
	Differences []string
}

// How many backups the page lists.
const backupRows = 12

// opsShow answers GET /ops.
func (s *Server) opsShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.renderOps(w, r, v, http.StatusOK, "", "")
}

// renderOps answers with the page; typed is a key that was refused, and why.
func (s *Server) renderOps(w http.ResponseWriter, r *http.Request, v *visit, status int, typed, problem string) (err error) {
	ctx := r.Context()
	if err := s.operator(r, v, org.Operate); err != nil {
		return err
	}
	p := opsPage{frame: s.frame(v, "ops", "运维"), Automatic: s.ops.Backups != "", Typed: typed, Problem: problem}
	if p.Alerts, err = s.opsAlerts(ctx, v); err != nil {
		return err
	}
	for _, fill := range []func(context.Context, *visit, *opsPage) error{s.opsBackups, s.opsDrill, s.opsMachine, s.opsRecord, s.opsWitness} {
		if err := fill(ctx, v, &p); err != nil {
			return err
		}
	}
	return s.render(w, status, "ops", p)
}

// opsAlerts are what whoever keeps the installation should see to, as flaws; nothing for anybody else.
func (s *Server) opsAlerts(ctx context.Context, v *visit) ([]flawView, error) {
	root, err := org.Root(ctx, s.db)
	if err != nil || v.Who.Check(org.Operate, root) != nil {
		return nil, err
	}
	list, err := s.recordAlerts(ctx)
	if err != nil {
		return nil, err
	}
	alerts, err := backup.Alerts(ctx, s.db, v.Now, s.ops.Backups != "", s.ops.folders()...)
	for _, a := range alerts {
		list = append(list, flawView{Kind: "gap", Light: "late", Word: "运维", Text: a.Text, Do: a.Do, Spots: []spotView{{Text: "看运维页", Address: "/ops"}}})
	}
	return list, err
}

func (s *Server) opsBackups(ctx context.Context, v *visit, p *opsPage) error {
	list, err := backup.Entries(ctx, s.db, backupRows)
	if err != nil {
		return err
	}
	for _, e := range list {
		p.Busy = p.Busy || e.State == "asked" || e.State == "running"
		row := backupRow{At: clock(e.Started, v.Today), Sealed: e.Encrypted, Name: e.Name}
		switch e.State {
		case "done":
			row.Light = light{Kind: "done", Word: "已备份"}
			row.Age, row.Size = age(v.Now.Sub(e.Ended)), backup.Bytes(e.Size)
			row.What = fmt.Sprintf("%d 行，%d 个文件", e.Rows, e.Files)
			if e.Missing > 0 {
				row.Light = light{Kind: "late", Word: "有缺失", Why: fmt.Sprintf("%d 个文件缺失或损坏", e.Missing)}
			}
			if !e.Removed.IsZero() {
				row.Light = light{Kind: "none", Word: "已到期删除", Why: clock(e.Removed, v.Today)}
			}
		case "failed":
			row.Light = light{Kind: "late", Word: "失败", Why: e.Error}
		case "running":
			row.Light = light{Kind: "run", Word: "正在备份"}
		default:
			row.Light = light{Kind: "wait", Word: "就要开始"}
		}
		p.Backups = append(p.Backups, row)
	}
	n, oldest, err := backup.Kept(ctx, s.db)
	if err != nil {
		return err
	}
	if n > 0 {
		p.Keeps = fmt.Sprintf("现在留着 %d 份，最早的是%s的。此后依法删除的内容，还可能在这些旧备份里，到期随备份一起删掉。", n, shortDate(oldest.Format(time.DateOnly), v.Today))
	}
	rules, err := ledger.LoadRules(ctx, s.db)
	if err == nil && p.Automatic {
		p.Rules = fmt.Sprintf("每天 %d 点后备份到 %s，留最近 %d 天、%d 周、%d 个月的；每 %d 天演练一次", rules.BackupHour, s.ops.Backups, rules.KeepDays, rules.KeepWeeks, rules.KeepMonths, rules.DrillDays)
	}
	return err
}

func (s *Server) opsDrill(ctx context.Context, v *visit, p *opsPage) error {
	list, err := backup.Drills(ctx, s.db, 1)
	if err != nil || len(list) == 0 {
		return err
	}
	d := list[0]
	x := &drillView{At: clock(d.Started, v.Today), Differences: d.Differences}
	if d.Name != "" {
		x.Facts = []fact{{"备份", d.Name, clock(d.Made, v.Today) + "的数据"}, {"内容", fmt.Sprintf("%d 行，%d 个文件", d.Rows, d.Files), "行数、文件逐个对过"},
			{"恢复用时", seconds(d.Ready), "从开始恢复到能用"}, {"核对用时", seconds(d.Checked), "日志、数据、原件、检查点"}}
	}
	switch d.State {
	case "passed":
		x.Light = light{Kind: "done", Word: "通过"}
	case "failed":
		x.Light = light{Kind: "late", Word: "没有通过", Why: d.Error}
	case "running":
		p.Busy, x.Light = true, light{Kind: "run", Word: "正在演练"}
	default:
		p.Busy, x.Light = true, light{Kind: "wait", Word: "就要开始"}
	}
	p.Drill = x
	return nil
}

func (s *Server) opsMachine(ctx context.Context, _ *visit, p *opsPage) error {
	size, err := s.db.Size(ctx)
	if err != nil {
		return err
	}
	schema, err := s.db.Schema(ctx)
	if err != nil {
		return err
	}
	kind := "SQLite"
	if s.db.Postgres() {
		kind = "PostgreSQL"
	}
	p.Machine = []fact{{Word: "程序", Text: s.ops.Version}, {Word: "数据库", Text: kind + "，" + backup.Bytes(size)}, {Word: "数据结构", Text: fmt.Sprint(schema)}}
	for i, folder := range s.ops.folders() {
		word := []string{"数据磁盘", "备份磁盘"}[i]
		shown, err := filepath.Abs(folder)
		if err != nil {
			shown = folder
		}
		free, total, err := backup.Disk(folder)
		if err != nil || total == 0 {
			p.Machine = append(p.Machine, fact{word, "不知道", shown})
			continue
		}
		p.Machine = append(p.Machine, fact{word, fmt.Sprintf("还有 %s（%d%%）", backup.Bytes(free), free*100/total), shown})
	}
	return nil
}

// opsRecord says how far the records are signed: that of the ledger, and that of the database of residents.
func (s *Server) opsRecord(ctx context.Context, v *visit, p *opsPage) (err error) {
	if p.Record, p.Unwell, err = recordFacts(ctx, s.db, s.record, s.cosigner, v.Today); err != nil || s.vault == nil {
		return err
	}
	if p.Residents, p.ResidentsUnwell, err = recordFacts(ctx, s.vault.DB, s.residentsRecord, s.residentsCosigner, v.Today); err != nil {
		return err
	}
	p.ResidentsKey = s.residentsRecord.Key.Verifier
	size, err := s.vault.Size(ctx)
	if err != nil {
		return err
	}
	held := fact{Word: "密钥", Text: "不在备份里", Why: "请确认 residents.key 已另存一份，丢了谁也读不出来"}
	if s.ops.Sealed {
		held = fact{Word: "密钥", Text: "在加密的备份里", Why: "解密备份的口令或私钥要另外存好"}
	}
	p.Residents = append(p.Residents, fact{Word: "大小", Text: backup.Bytes(size)}, held)
	return nil
}

// recordFacts says how far a log is signed, and what is wrong with the signatures of its witness.
func recordFacts(ctx context.Context, db *store.DB, log journal.Log, cosigner *journal.Cosigner, today string) (list []fact, unwell string, err error) {
	head, err := journal.Head(ctx, db)
	if err != nil {
		return nil, "", err
	}
	list = []fact{{Word: "日志", Text: fmt.Sprintf("%d 条", head)}}
	for _, x := range []struct {
		word, none string
		last       func(context.Context, store.Querier) (journal.Checkpoint, error)
		at         func(journal.Checkpoint) time.Time
	}{
		{"已签名", "还没有", journal.LastCheckpoint, func(c journal.Checkpoint) time.Time { return c.Made }},
		{"已会签", "没有：没有第二方会签，整库被换掉看不出来", journal.LastCosigned, func(c journal.Checkpoint) time.Time { return c.Cosigned }},
	} {
		c, err := x.last(ctx, db)
		switch {
		case errors.Is(err, store.ErrNotFound):
			list = append(list, fact{Word: x.word, Text: x.none})
		case err != nil:
			return nil, "", err
		default:
			list = append(list, fact{x.word, fmt.Sprintf("到第 %d 条", c.Size), clock(x.at(c), today)})
		}
	}
	day, wrong, err := proof.LastDaily(ctx, db)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return nil, "", err
	case wrong != "":
		list = append(list, fact{"每日核对", "有不符", shortDate(day, today) + "：" + wrong})
	default:
		list = append(list, fact{"每日核对", "没有发现改动", shortDate(day, today)})
	}
	if log.Key.Verifier != "" {
		list = append(list, fact{Word: "公钥指纹", Text: journal.Fingerprint(log.Key.Verifier)})
	}
	if cosigner != nil {
		unwell = cosigner.State().Error
	}
	return list, unwell, nil
}

// age says how long ago something was.
func age(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d 分钟前", max(int(d.Minutes()), 0))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d 小时前", int(d.Hours()))
	}
	return fmt.Sprintf("%d 天前", int(d.Hours()/24))
}

func seconds(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1f 秒", d.Seconds())
	}
	return fmt.Sprintf("%d 分 %d 秒", int(d.Minutes()), int(d.Seconds())%60)
}

// opsBackup answers POST /ops/backup.
func (s *Server) opsBackup(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := backup.Ask(r.Context(), s.db, v.Who); err != nil {
		return err
	}
	return s.done(w, r, "/ops", "已排上，一分钟内开始。刷新本页看结果。")
}

// opsDrillAsk answers POST /ops/drill.
func (s *Server) opsDrillAsk(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := backup.AskDrill(r.Context(), s.db, v.Who); err != nil {
		return err
	}
	return s.done(w, r, "/ops", "已排上，一分钟内开始演练。刷新本页看报告。")
}
