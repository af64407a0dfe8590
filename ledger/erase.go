package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/office"
	"bihuan/org"
	"bihuan/store"
)

// Erased stands where something was erased.
const Erased = "［已删除］"

// Traces is where a text stands: what an erasure of it would take.
type Traces struct {
	Columns []Trace
	Events  int         // entries of the journal that hold it
	Files   []FileTrace // files of evidence and documents whose text holds it
}

// Trace is a column of a table that holds the text.
type Trace struct {
	Table, Column string
	Rows          int
}

// FileTrace is a file whose text holds the text.
type FileTrace struct {
	Hash, Name string
}

// Empty tells whether nothing was found.
func (t Traces) Empty() bool { return len(t.Columns) == 0 && t.Events == 0 && len(t.Files) == 0 }

// unrecordedWords are the tables outside the record that hold words of people all the same.
var unrecordedWords = []string{"backup", "ballot", "daily", "drill", "hint", "message", "told", "upload"}

// codes are columns of text that hold no words of people: states, dates, hashes, paths and the like. They are left alone, for replacing a
// part of one breaks it.
var codes = map[string]bool{"path": true, "kind": true, "role": true, "state": true, "part": true, "rule": true, "rules": true, "timing": true, "result": true, "level": true,
	"verdict": true, "colour": true, "format": true, "media": true, "location": true, "taken": true, "event": true, "expires": true, "starts": true, "ends": true, "opens": true,
	"closes": true, "due": true, "due_from": true, "due_to": true, "nominal": true, "happened": true, "feedback": true, "day": true, "made": true, "done": true, "cond_from": true,
	"cond_to": true, "as_of": true, "issued": true, "replied": true, "reply_by": true, "hash": true, "file": true, "password": true, "feed": true, "code": true, "seed": true,
	"frame": true, "op": true, "value": true, "upper": true, "aim": true, "target": true, "tense": true, "frequencies": true, "way": true, "choice": true, "turn": true, "via": true,
	"vkey": true, "secret": true, "address": true, "mark": true, "cause": true, "receipt": true, "stratum": true, "task": true, "lines": true}

// checkErasure refuses a text that is no name, number or sentence of somebody.
func checkErasure(ctx context.Context, q store.Querier, who org.Person, text string) error {
	root, err := org.Root(ctx, q)
	if err != nil {
		return err
	}
	if err := who.Check(org.Erase, root); err != nil {
		return err
	}
	if n := utf8.RuneCountInString(text); n < 2 || n > 200 {
		return Invalid{Field: "要删除的内容", What: "请填姓名、证件号码、电话或一句话，2 至 200 个字"}
	}
	if strings.TrimSpace(text) != text || strings.ContainsFunc(text, func(r rune) bool { return r == '"' || r == '\\' || unicode.IsControl(r) }) {
		return Invalid{Field: "要删除的内容", What: "前后不要有空格，中间不能有引号、反斜杠和换行"}
	}
	if strings.Contains(Erased, text) {
		return Invalid{Field: "要删除的内容", What: "这几个字是删除后的标记，请换别的"}
	}
	if strings.Trim(text, "0123456789-") == "" && len(text) < 7 {
		return Invalid{Field: "要删除的内容", What: "几位数字到处都有，请填完整的号码"}
	}
	if strings.Contains(who.Title(), text) {
		return Invalid{Field: "要删除的内容", What: "这是您自己的姓名或职务，删除记录里要写明是谁删的。请由别的管理员来删"}
	}
	names, err := store.All(ctx, q, store.Value[string], `select name from unit union select name from place`)
	if err == nil && slices.ContainsFunc(names, func(name string) bool { return strings.Contains(name, text) }) {
		err = Invalid{Field: "要删除的内容", What: "“" + text + "”是单位或地点的名称，或在其中，不是个人信息，不能删除"}
	}
	return err
}

// writings are the ways in which a text is written in the database: as it is, and as JSON writes it where it holds < > or &.
func writings(text string) []string {
	quoted, _ := json.Marshal(text) // strings always marshal
	if inner := string(quoted[1 : len(quoted)-1]); inner != text {
		return []string{text, inner}
	}
	return []string{text}
}

// FindTraces looks where a text stands: in every table, in the journal, and in the text of files. It changes nothing.
func FindTraces(ctx context.Context, db *store.DB, files *evidence.Files, who org.Person, text string) (Traces, error) {
	if err := checkErasure(ctx, db, who, text); err != nil {
		return Traces{}, err
	}
	var t Traces
	for _, written := range writings(text) {
		if err := t.find(ctx, db, written); err != nil {
			return t, err
		}
	}
	var err error
	t.Files, err = filesHolding(ctx, db, files, text)
	return t, err
}

// find adds where a text stands just as it is written.
func (t *Traces) find(ctx context.Context, db *store.DB, text string) error {
	err := eachHolding(ctx, db, db, text, func(table string, columns []string) error {
		for _, c := range columns {
			n, err := store.One(ctx, db, store.Value[int], `select count(*) from "`+table+`" where `+db.Holding(c, "$1"), text)
			if err != nil {
				return err
			}
			if n > 0 {
				t.Columns = append(t.Columns, Trace{table, c, n})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	n, err := store.One(ctx, db, store.Value[int], `select count(*) from journal where `+db.Holding("who", "$1")+` or `+db.Holding("data", "$1"), text)
	t.Events += n
	return err
}

// eachHolding calls f for each table that may hold words, with its columns of text.
func eachHolding(ctx context.Context, db *store.DB, q store.Querier, text string, f func(table string, columns []string) error) error {
	tables, err := db.RecordTables(ctx, q)
	if err != nil {
		return err
	}
	for _, table := range append(tables, unrecordedWords...) {
		columns, err := db.TextColumns(ctx, q, table)
		columns = slices.DeleteFunc(columns, func(c string) bool { return codes[c] })
		if err == nil && len(columns) > 0 {
			err = f(table, columns)
		}
		if err != nil {
			return fmt.Errorf("erase in %s: %w", table, err)
		}
	}
	return nil
}

// filesHolding reads the files that have a text and lists those that hold the given one. Pictures and scans have none.
func filesHolding(ctx context.Context, db *store.DB, files *evidence.Files, text string) ([]FileTrace, error) {
	type stored struct{ hash, format, name string }
	all, err := store.All(ctx, db, func(rows *sql.Rows, s *stored) error { return rows.Scan(&s.hash, &s.format, &s.name) },
		`select f.hash, f.format, coalesce((select min(e.file_name) from evidence e where e.file = f.hash), (select min(v.file_name) from plan_version v where v.file = f.hash), '')
		from file f where f.erased = 0 order by f.stored, f.hash`)
	if err != nil {
		return nil, err
	}
	var found []FileTrace
	for _, s := range all {
		if !slices.Contains([]string{"docx", "xlsx", "csv", "txt", "md", "doc", "text"}, s.format) {
			continue
		}
		content, err := files.Get(ctx, s.hash)
		if errors.Is(err, evidence.ErrMissing) || errors.Is(err, evidence.ErrChanged) {
			continue // bihuan verify tells
		}
		if err != nil {
			return nil, err
		}
		doc, err := office.Read(ctx, s.name, content)
		if err != nil {
			continue // its text cannot be read by anybody else here either
		}
		if documentHolds(doc, text) {
			found = append(found, FileTrace{s.hash, s.name})
		}
	}
	return found, nil
}

func documentHolds(doc office.Document, text string) bool {
	for _, part := range doc.Parts {
		for _, p := range part.Paragraphs {
			if strings.Contains(p.Text, text) {
				return true
			}
		}
	}
	return false
}

// EraseText erases a text, as the law gives people a right to (个人信息保护法 47): it is replaced by [Erased] in every table, entries of the
// journal that hold it lose their content, the files named by hashes lose theirs, findings are indexed anew, and nothing of it stays in the
// files of the database. The journal keeps that it was done, by whom and why, and all its proofs. What was printed, sent or backed up before
// is out of reach.
func EraseText(ctx context.Context, db *store.DB, files *evidence.Files, who org.Person, text, reason string, hashes []string) error {
	if err := checkErasure(ctx, db, who, text); err != nil {
		return err
	}
	reason, err := checkReason(reason, text)
	if err != nil {
		return err
	}
	if len(hashes) > 0 { // only what holds the text; anything else is erased by itself, with a reason of its own
		holding, err := filesHolding(ctx, db, files, text)
		if err != nil {
			return err
		}
		for _, hash := range hashes {
			if !slices.ContainsFunc(holding, func(f FileTrace) bool { return f.Hash == hash }) {
				return Invalid{Field: "原件", What: "所选的原件里没有这段内容，请重新查找"}
			}
		}
	}
	err = db.Write(ctx, func(tx *store.Tx) error {
		var rows int64
		for _, written := range writings(text) {
			n, err := eraseRows(ctx, db, tx, written)
			if err != nil {
				return err
			}
			rows += n
		}
		for _, hash := range hashes {
			if err := evidence.MarkErased(ctx, tx, hash); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			if err := evidence.Forget(ctx, tx, hash); err != nil {
				return err
			}
		}
		var erased []journal.Event
		err = journal.Erase(ctx, db, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Kind: "erasure",
			Changes: []journal.Change{{Field: "原因", To: reason}, {Field: "数据", To: fmt.Sprintf("%d行", rows)}, {Field: "原件", To: strings.Join(hashes, " ")}}},
			func(e journal.Event) bool {
				holds := slices.ContainsFunc(writings(text), func(w string) bool { return strings.Contains(e.Who, w) || strings.Contains(e.Changes, w) })
				if holds {
					erased = append(erased, e)
				}
				return holds
			})
		if err != nil {
			return err
		}
		return tellErased(ctx, tx, who, reason, erased)
	})
	if err != nil {
		return refused(err)
	}
	return leaveNothing(ctx, db, files, hashes)
}

// EraseFile erases one file of evidence, for pictures and scans, whose words cannot be searched. What is registered of it stays and says so.
func EraseFile(ctx context.Context, db *store.DB, files *evidence.Files, who org.Person, hash, reason string) error {
	root, err := org.Root(ctx, db)
	if err != nil {
		return err
	}
	if err := who.Check(org.Erase, root); err != nil {
		return err
	}
	if reason, err = checkReason(reason, ""); err != nil {
		return err
	}
	hash = strings.ToLower(strings.TrimSpace(hash))
	err = db.Write(ctx, func(tx *store.Tx) error {
		if err := evidence.MarkErased(ctx, tx, hash); err != nil {
			if errors.Is(err, store.ErrNotFound) {
				return Invalid{Field: "SHA-256", What: "没有这份文件。请从佐证材料页上整行复制"}
			}
			return err
		}
		if err := evidence.Forget(ctx, tx, hash); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: journal.Erasure, Kind: "file",
			Changes: []journal.Change{{Field: "原因", To: reason}, {Field: "原件", To: hash}}})
	})
	if err != nil {
		return err
	}
	return leaveNothing(ctx, db, files, []string{hash})
}

func checkReason(reason, text string) (string, error) {
	reason = strings.TrimSpace(reason)
	if utf8.RuneCountInString(reason) < 2 || text != "" && strings.Contains(reason, text) {
		return reason, Invalid{Field: "原因", What: "请写明依据和原因，如 本人申请，〔2026〕3号；不要写出要删除的内容"}
	}
	return reason, nil
}

// leaveNothing removes the bytes of what was erased. Once the erasure is recorded it goes on to its end, whoever has stopped waiting.
func leaveNothing(ctx context.Context, db *store.DB, files *evidence.Files, hashes []string) error {
	ctx = context.WithoutCancel(ctx)
	var errs []error
	for _, hash := range hashes {
		errs = append(errs, files.Erase(ctx, hash)) // the next night tries again
	}
	err := db.Purge(ctx)
	if errors.Is(err, store.ErrBusy) {
		err = Invalid{Field: "清理", What: "内容已删除，数据库文件里的残余还没有清掉：有人在长时间读取。过几分钟在服务器上再运行一次 bihuan erase 就会清掉"}
	}
	return errors.Join(append(errs, err)...)
}

// refused makes of the journal's refusal one that a form shows.
func refused(err error) error {
	var no journal.NotErased
	if errors.As(err, &no) {
		return Invalid{Field: "要删除的内容", What: no.Why}
	}
	return err
}

// tellErased says in the story of each finding which of its events have lost their content: they no longer say themselves what they were about,
// and a proof pack shows that they were there.
func tellErased(ctx context.Context, tx *store.Tx, who org.Person, reason string, erased []journal.Event) error {
	of := map[int64][]string{} // finding → numbers of events
	for _, e := range erased {
		finding := e.Row
		switch e.Kind {
		case "finding":
		case "duty", "occurrence", "evidence", "letter", "claim":
			var err error
			finding, err = store.One(ctx, tx, store.Value[int64], `select finding from `+e.Kind+` where id = $1`, e.Row)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
		default:
			continue
		}
		of[finding] = append(of[finding], strconv.FormatInt(e.Seq, 10))
	}
	for _, finding := range slices.Sorted(maps.Keys(of)) {
		err := journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: journal.Erasure, Kind: "finding", Row: finding,
			Changes: []journal.Change{{Field: "原因", To: reason}, {Field: "删除的条目", To: strings.Join(of[finding], " ")}}})
		if err != nil {
			return err
		}
	}
	return nil
}

// eraseRows replaces the text wherever it stands and tells in how many rows.
func eraseRows(ctx context.Context, db *store.DB, tx *store.Tx, text string) (rows int64, err error) {
	touched := map[int64]bool{} // findings
	err = eachHolding(ctx, db, tx, text, func(table string, columns []string) error {
		var set, where []string
		for i, c := range columns {
			set = append(set, `"`+c+`" = replace("`+c+`", $1, $2)`)
			where = append(where, db.Holding(columns[i], "$1"))
		}
		holds := "(" + strings.Join(where, " or ") + ")"
		if query := findingsOf[table]; query != "" {
			list, err := store.All(ctx, tx, store.Value[int64], fmt.Sprintf(query, holds), text)
			if err != nil {
				return err
			}
			for _, f := range list {
				touched[f] = true
			}
		}
		if table == "evidence" || table == "occurrence" { // what was computed of the words goes too
			_, err := tx.Exec(ctx, `delete from text_print where source = $2 and key in (select cast(id as text) from `+table+` where `+holds+`)`, text, table)
			if err != nil {
				return err
			}
		}
		versioned, err := db.HasColumn(ctx, tx, table, "version")
		if err != nil {
			return err
		}
		if versioned {
			set = append(set, "version = version + 1")
		}
		n, err := tx.Exec(ctx, `update `+table+` set `+strings.Join(set, ", ")+` where `+holds, text, Erased)
		rows += n
		return err
	})
	if err != nil {
		return rows, err
	}
	ids := make([]int64, 0, len(touched))
	for id := range touched {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		if _, err := tx.Exec(ctx, `update finding set version = version + 1 where id = $1`, id); err != nil {
			return rows, err
		}
		f, err := anyFinding(ctx, tx, id)
		if err == nil {
			err = index(ctx, tx, f)
		}
		if err != nil {
			return rows, fmt.Errorf("index finding %s: %w", strconv.FormatInt(id, 10), err)
		}
	}
	return rows, nil
}

// findingsOf finds, for the tables that pages of findings and the search index are made of, the findings concerned.
var findingsOf = map[string]string{
	"finding":        `select id from finding where %s`,
	"finding_unit":   `select finding from finding_unit where %s`,
	"finding_person": `select finding from finding_person where %s`,
	"manifestation":  `select finding from manifestation where %s`,
	"measure":        `select finding from measure where %s`,
	"section":        `select id from finding where section in (select id from section where %s)`,
}
