package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/store"
	"bihuan/vault"
)

// witnessedRow is a log that this installation signs for.
type witnessedRow struct {
	Origin, Fingerprint string
	Light               light
}

// operator refuses whoever does not keep the installation.
func (s *Server) operator(r *http.Request, v *visit, a org.Action) error {
	root, err := org.Root(r.Context(), s.db)
	if err != nil {
		return err
	}
	return v.Who.Check(a, root)
}

// witnessAdd answers POST /ops/witness: it begins to sign for the log of another installation.
func (s *Server) witnessAdd(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := s.operator(r, v, org.Operate); err != nil {
		return err
	}
	form, err := readForm(r)
	if err != nil {
		return err
	}
	if err := journal.AddWitnessed(r.Context(), s.db, v.Who.ID, v.Who.Title(), strings.TrimSpace(form.Get("key"))); err != nil {
		return s.renderOps(w, r, v, http.StatusUnprocessableEntity, form.Get("key"), err.Error())
	}
	return s.done(w, r, "/ops#witness", "已登记。对方把会签网址写成本机地址加 /witness，就会送来签。")
}

// erasePage is 依法删除: where something stands, and what erasing it takes.
type erasePage struct {
	frame
	Text, Reason string
	Problem      string
	Searched     bool
	Empty        bool
	Columns      []fact
	Events       int
	Files        []ledger.FileTrace
	Proofs       int  // sealed files about a resident
	Known        bool // a resident has that number
	Namesakes    []namesakeRow
	Mentions     []mentionRow
	More         int  // mentions that are not listed
	WithProofs   bool // as it was ticked

	Hash, FileReason, FileProblem string // of one file
}

// namesakeRow is a row that bears the same name and no number.
type namesakeRow struct {
	vault.Namesake

	Chosen bool
}

// mentionRow is a row about somebody else whose words name the person.
type mentionRow struct {
	vault.Mention

	Where  string // 东槐村　群众诉求 诉求2026-12，2026年3月2日提出
	Chosen bool
}

// tableWords are the tables in which words of people stand, as the screens call them.
var tableWords = map[string]string{"staff": "人员", "finding": "问题", "finding_person": "问题的责任人", "finding_unit": "问题的责任单位", "manifestation": "具体表现",
	"measure": "整改措施", "section": "方面", "evidence": "佐证材料", "occurrence": "任务反馈", "duty": "常态任务", "closing": "销号", "letter": "函件", "plan_version": "方案的版本",
	"import": "导入的文件", "message": "发出的消息", "upload": "没传完的文件", "recommendation": "巡察建议", "claim": "数字基线", "lookback": "回访", "survey": "征求意见",
	"ballot": "群众的话", "setting": "设置", "extension": "延期", "relapse": "反弹", "upkeep": "长期坚持", "holding": "任职", "post": "岗位", "note": "读方案的提示", "round": "巡察轮次",
	"unit": "单位", "place": "地点", "plan": "方案", "file": "原件", "sample": "抽查", "channel": "通知渠道", "event": "时段"}

// eraseShow answers GET /ops/erase.
func (s *Server) eraseShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := s.operator(r, v, org.Erase); err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "erase", erasePage{frame: s.frame(v, "ops", "依法删除")})
}

// eraseFind answers POST /ops/erase/find: it shows where the text stands and erases nothing. It is a POST so that a name stands in no
// address and no log.
func (s *Server) eraseFind(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	return s.renderErase(w, r, v, form, "")
}

func (s *Server) renderErase(w http.ResponseWriter, r *http.Request, v *visit, form url.Values, problem string) error {
	text := form.Get("text")
	p := erasePage{frame: s.frame(v, "ops", "依法删除"), Text: text, Reason: form.Get("reason"), Problem: problem, Searched: true, WithProofs: form.Get("proofs") != ""}
	done, err := s.takeExport(r.Context()) // it reads every document
	if err != nil {
		return err
	}
	found, err := ledger.FindTraces(r.Context(), s.db, s.files, v.Who, text)
	done()
	var bad ledger.Invalid
	if errors.As(err, &bad) {
		p.Problem, p.Searched = bad.Error(), false
		return s.render(w, http.StatusUnprocessableEntity, "erase", p)
	}
	if err != nil {
		return err
	}
	for _, c := range found.Columns {
		word, ok := tableWords[c.Table]
		if !ok {
			word = c.Table
		}
		p.Columns = append(p.Columns, fact{Word: word, Text: fmt.Sprintf("%d 处", c.Rows)})
	}
	p.Events, p.Files, p.Empty = found.Events, found.Files, found.Empty()
	if s.vault != nil {
		person, err := s.vault.FindPerson(r.Context(), s.db, v.Who, text)
		if err != nil {
			return err
		}
		if person.Known() {
			n := 0
			for _, rows := range person.Rows {
				n += rows
			}
			p.Columns = append(p.Columns, fact{Word: "居民信息", Text: fmt.Sprintf("%d 处", n)})
			p.Events, p.Proofs, p.Known, p.Empty = p.Events+person.Events, person.Files, true, false
		}
		for _, n := range person.Namesakes {
			p.Namesakes, p.Empty = append(p.Namesakes, namesakeRow{n, slices.Contains(form["also"], n.Key)}), false
		}
		p.More = person.More
		for _, m := range person.Mentions {
			where := strings.TrimLeft(m.Village+"　"+m.What, "　")
			p.Mentions, p.Empty = append(p.Mentions, mentionRow{m, where, slices.Contains(form["also"], m.Key)}), false
		}
	}
	status := http.StatusOK
	if problem != "" {
		status = http.StatusUnprocessableEntity
	}
	return s.render(w, status, "erase", p)
}

// eraseDo answers POST /ops/erase.
func (s *Server) eraseDo(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	if form.Get("sure") == "" {
		return s.renderErase(w, r, v, form, "请勾选“我已核对”后再删除")
	}
	if err = s.operator(r, v, org.Erase); err != nil {
		return err
	}
	if err = s.sound(r.Context()); err == nil {
		err = s.erase(context.WithoutCancel(r.Context()), v, form)
	}
	var bad ledger.Invalid
	if errors.As(err, &bad) {
		return s.renderErase(w, r, v, form, bad.Error())
	}
	if err != nil {
		return err
	}
	return s.done(w, r, "/ops/erase", "已删除。日志里留有删除记录，原有的证明仍然有效。")
}

// erase erases a text, and when it is the number of a resident who that is, with the namesakes and mentions that were ticked: first there, for that
// database is the truth about them.
func (s *Server) erase(ctx context.Context, v *visit, form url.Values) error {
	text, reason, also := form.Get("text"), form.Get("reason"), form["also"]
	if s.vault != nil {
		person, err := s.vault.FindPerson(ctx, s.db, v.Who, text)
		if err != nil {
			return err
		}
		if person.Known() || len(also) > 0 {
			err := s.vault.ErasePerson(ctx, s.db, v.Who, vault.Erasure{Text: text, Reason: reason, Also: also, Files: form.Get("proofs") != ""})
			if errors.Is(err, store.ErrBusy) {
				err = ledger.Invalid{Field: "清理", What: "居民信息已删除，数据库文件里的残余还没有清掉：有人在长时间读取。过几分钟在服务器上运行一次 bihuan erase 就会清掉"}
			}
			if err != nil {
				return err
			}
			if found, err := ledger.FindTraces(ctx, s.db, s.files, v.Who, text); err != nil || found.Empty() {
				return err
			}
		} else if person.Unsure() > 0 {
			found, err := ledger.FindTraces(ctx, s.db, s.files, v.Who, text)
			if err != nil {
				return err
			}
			if found.Empty() {
				return ledger.Invalid{Field: "要认的", What: "没有勾选哪一个，什么都没有删除"}
			}
		}
	}
	return ledger.EraseText(ctx, s.db, s.files, v.Who, text, reason, form["file"])
}

// opsWitness tells for which logs this installation signs.
func (s *Server) opsWitness(ctx context.Context, v *visit, p *opsPage) error {
	logs, err := journal.WitnessedLogs(ctx, s.db)
	for _, l := range logs {
		row := witnessedRow{Origin: l.Origin, Fingerprint: journal.Fingerprint(l.Verifier), Light: light{Kind: "wait", Word: "还没有送来"}}
		if !l.Seen.IsZero() {
			row.Light = light{Kind: "done", Word: fmt.Sprintf("签到第 %d 条", l.Size), Why: clock(l.Seen, v.Today)}
		}
		p.Witnessed = append(p.Witnessed, row)
	}
	p.WitnessKey, p.LogKey = s.witness.Key.Verifier, s.record.Key.Verifier
	return err
}

// recordAlerts are what is wrong with the records themselves.
func (s *Server) recordAlerts(ctx context.Context) ([]flawView, error) {
	flaw := func(text, do string) flawView {
		return flawView{Kind: "gap", Light: "late", Word: "存证", Text: text, Do: do, Spots: []spotView{{Text: "看运维页", Address: "/ops"}}}
	}
	var list []flawView
	for _, x := range []struct {
		db       *store.DB
		cosigner *journal.Cosigner
		of       string
	}{{s.db, s.cosigner, ""}, {s.residentsDB(), s.residentsCosigner, "居民信息库"}} {
		if x.db == nil {
			continue
		}
		if x.cosigner != nil {
			if state := x.cosigner.State(); state.Alarm {
				list = append(list, flaw(x.of+state.Error, "先不要再改动，保留现场：谁恢复过旧库、谁动过数据库？运行 bihuan verify 查清，再报会签方处理。"))
			}
		}
		day, wrong, err := proof.LastDaily(ctx, x.db)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		if wrong != "" {
			list = append(list, flaw(day+" 核对"+x.of+"："+wrong, "先不要改动有关的内容，保留现场。运行 bihuan verify 看全部，查清是谁、用什么改的。"))
		}
	}
	return list, nil
}

// residentsDB is the database of residents, nil where there is none.
func (s *Server) residentsDB() *store.DB {
	if s.vault == nil {
		return nil
	}
	return s.vault.DB
}

// sound refuses to erase from a record that is not in order, as a form shows it.
func (s *Server) sound(ctx context.Context) error {
	if s.record.Key.Verifier == "" {
		return nil // a server without a key keeps no record that could be checked
	}
	err := proof.Sound(ctx, s.record)
	if err == nil && s.residentsRecord.Key.Verifier != "" {
		err = proof.Sound(ctx, s.residentsRecord)
	}
	var no proof.Unsound
	if errors.As(err, &no) {
		err = ledger.Invalid{Field: "要删除的内容", What: no.Error()}
	}
	return err
}

// eraseFile answers POST /ops/erase/file: a picture or a scan, whose words cannot be searched.
func (s *Server) eraseFile(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	p := erasePage{Hash: form.Get("hash"), FileReason: form.Get("reason")}
	if err = s.operator(r, v, org.Erase); err != nil {
		return err
	}
	if err = s.sound(r.Context()); err == nil {
		err = ledger.EraseFile(r.Context(), s.db, s.files, v.Who, p.Hash, p.FileReason)
	}
	var bad ledger.Invalid
	if errors.As(err, &bad) {
		p.frame, p.FileProblem = s.frame(v, "ops", "依法删除"), bad.Error()
		return s.render(w, http.StatusUnprocessableEntity, "erase", p)
	}
	if err != nil {
		return err
	}
	return s.done(w, r, "/ops/erase", "这份文件已删除。登记还在，点开写明已依法删除。")
}
