package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/office"
	"bihuan/org"
	"bihuan/plan"
	"bihuan/store"
)

// The kinds of import.
const (
	NewPlan  = "plan"     // a plan for a unit
	Revision = "revision" // a new version of a plan in force: what it leaves out is dropped
	Merge    = "merge"    // rows of a ledger that change or join a plan in force: what they leave out stays
)

// Upload is a document that came in, and what it is for.
type Upload struct {
	Kind string
	Unit int64 // whose plan it is, for NewPlan
	Plan int64 // the plan in force, for Revision and Merge
	Name string
	Data []byte
}

// Import is an upload on its way into the ledger: read, shown and corrected, but not yet in force.
type Import struct {
	ID       int64
	Unit     org.Unit
	Kind     string
	Plan     int64 // 0 for a new plan
	File     string
	Name     string
	Document office.Document
	Reading  plan.Plan
	State    string // open confirmed dropped
	Staff    int64
	Created  time.Time
	Version  int64
}

// Duplicate is the error of uploading a document that is there already.
type Duplicate struct {
	Import int64 // the earlier one
	At     time.Time
	State  string
}

func (d Duplicate) Error() string {
	if d.State == "confirmed" {
		return fmt.Sprintf("这份文件已于%s导入过，内容一字不差，不必再导。", d.At.Format("2006年1月2日"))
	}
	return fmt.Sprintf("这份文件已于%s上传，还在核对中，请接着核对。", d.At.Format("1月2日15:04"))
}

// StartImport reads an uploaded document and keeps it, verbatim under its hash, for somebody to look at what was read. Nothing is
// in force before [Confirm]. Errors fit to be shown: [office.Error], [Invalid], [Duplicate], [org.Denied].
func StartImport(ctx context.Context, db *store.DB, files *evidence.Files, who org.Person, up Upload) (int64, error) {
	unit, err := up.unit(ctx, db, who)
	if err != nil {
		return 0, err
	}
	if err := who.Check(org.Import, unit); err != nil {
		return 0, err
	}
	if up.Kind == NewPlan {
		up.Plan = 0
	}
	hash := evidence.Hash(up.Data)
	if err := duplicate(ctx, db, unit.ID, hash); err != nil {
		return 0, err
	}
	doc, err := office.Read(ctx, up.Name, up.Data)
	if err != nil {
		return 0, err
	}
	if err := plan.TooLong(doc); err != nil {
		return 0, err
	}
	reading := plan.Read(doc)
	reading.Notes = append(misplaced(reading, unit), reading.Notes...)
	if countFindings(reading) == 0 {
		return 0, &office.Error{What: "这份文件里没有读出反馈问题", Do: "请确认上传的是整改方案或台账：方案应写有“整改措施”“责任单位”，台账应有“问题”“整改措施”等表头"}
	}
	if up.Kind == Merge {
		names, err := org.NamesFor(ctx, db, unit)
		if err != nil {
			return 0, err
		}
		if bad := rowErrors(doc, reading, names); len(bad) > 0 {
			return 0, bad
		}
	}
	if _, err := files.Put(ctx, up.Data); err != nil { // first the file, then the row: a crash between leaves only an orphan
		return 0, err
	}
	document, err := json.Marshal(doc)
	if err != nil {
		return 0, err
	}
	text, err := json.Marshal(reading)
	if err != nil {
		return 0, err
	}
	var id int64
	err = db.Write(ctx, func(tx *store.Tx) error {
		if err := duplicate(ctx, tx, unit.ID, hash); err != nil {
			return err
		}
		id = tx.ID()
		if err := evidence.Keep(ctx, tx, hash, int64(len(up.Data)), doc.Format); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into import (id, unit, plan, kind, file, file_name, document, reading, state, staff, created, version)
			values ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10, 1)`,
			id, unit.ID, orNull(up.Plan), up.Kind, hash, up.Name, string(document), string(text), who.ID, tx.Now.UnixMilli())
		if err != nil {
			return fmt.Errorf("insert import: %w", err)
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "上传", Kind: "import", Row: id,
			Changes: []journal.Change{{Field: "文件", To: up.Name}, {Field: "SHA-256", To: hash}}})
	})
	if store.IsUnique(err) { // the same document from two hands at once
		err = duplicate(ctx, db, unit.ID, hash)
	}
	return id, err
}

// unit is whose plan is uploaded: the chosen unit for a new plan, else that of the plan in force.
func (up Upload) unit(ctx context.Context, q store.Querier, who org.Person) (org.Unit, error) {
	if up.Kind == NewPlan {
		return org.UnitByID(ctx, q, up.Unit)
	}
	p, err := PlanByID(ctx, q, who, up.Plan)
	return p.Unit, err
}

// misplaced warns when a paper speaks of another unit than the one it is imported for.
func misplaced(p plan.Plan, u org.Unit) []plan.Note {
	named := string(p.InspectedUnit)
	if named == "" || strings.ContainsAny(named, "xXｘＸ×*＊") || strings.Contains(plain(named), plain(u.Name)) || strings.Contains(plain(u.Name), plain(named)) {
		return nil
	}
	return []plan.Note{{Code: plan.ForeignPlace, Level: plan.LevelCheck, Section: -1, Finding: -1,
		Text: fmt.Sprintf("文件写的被巡察单位是“%s”，现在导入的是“%s”。请确认没有选错单位或方案。", named, u.Name)}}
}

func countFindings(p plan.Plan) int {
	n := 0
	for _, s := range p.Sections {
		n += len(s.Findings)
	}
	return n
}

func duplicate(ctx context.Context, q store.Querier, unit int64, hash string) error {
	found, err := store.All(ctx, q, func(rows *sql.Rows, d *Duplicate) error {
		var at int64
		err := rows.Scan(&d.Import, &at, &d.State)
		d.At = time.UnixMilli(at)
		return err
	}, `select id, created, state from import where unit = $1 and file = $2 and state <> 'dropped'`, unit, hash)
	if err == nil && len(found) > 0 {
		return found[0]
	}
	return err
}

const importColumns = `i.id, coalesce(i.plan, 0), i.kind, i.file, i.file_name, i.document, i.reading, i.state, i.staff, i.created, i.version,
	u.id, coalesce(u.parent, 0), u.kind, u.name, u.path, u.ord, u.version`

func scanImport(rows *sql.Rows, i *Import) error {
	var document, reading string
	var created int64
	u := &i.Unit
	err := rows.Scan(&i.ID, &i.Plan, &i.Kind, &i.File, &i.Name, &document, &reading, &i.State, &i.Staff, &created, &i.Version,
		&u.ID, &u.Parent, &u.Kind, &u.Name, &u.Path, &u.Ord, &u.Version)
	if err != nil {
		return err
	}
	i.Created = time.UnixMilli(created)
	if err := json.Unmarshal([]byte(document), &i.Document); err != nil {
		return err
	}
	return json.Unmarshal([]byte(reading), &i.Reading)
}

// ImportByID reads an import that who sees, or [store.ErrNotFound].
func ImportByID(ctx context.Context, q store.Querier, who org.Person, id int64) (Import, error) {
	where, args := who.Under("u.path", id)
	return store.One(ctx, q, scanImport, `select `+importColumns+` from import i join unit u on u.id = i.unit where i.id = $1 and `+where, args...)
}

// ImportHead is an import in a list.
type ImportHead struct {
	ID      int64
	Unit    string
	Kind    string
	Name    string
	Created time.Time
}

// OpenImports lists the imports that wait to be looked at, newest first.
func OpenImports(ctx context.Context, q store.Querier, who org.Person) ([]ImportHead, error) {
	where, args := who.Under("u.path")
	return store.All(ctx, q, func(rows *sql.Rows, h *ImportHead) error {
		var at int64
		err := rows.Scan(&h.ID, &h.Unit, &h.Kind, &h.Name, &at)
		h.Created = time.UnixMilli(at)
		return err
	}, `select i.id, u.name, i.kind, i.file_name, i.created from import i join unit u on u.id = i.unit
		where i.state = 'open' and `+where+` order by i.id desc`, args...)
}

// CorrectImport applies corrections to what was read, all or none. version is the one the corrector saw.
func CorrectImport(ctx context.Context, db *store.DB, who org.Person, id, version int64, corrections ...plan.Correction) error {
	return onImport(ctx, db, who, id, version, func(tx *store.Tx, i Import) error {
		var changes []journal.Change
		for _, c := range corrections {
			said, err := i.Reading.Correct(c)
			if err != nil {
				return Invalid{Field: "更正", What: err.Error()}
			}
			changes = append(changes, journal.Change{Field: said})
		}
		i.Reading.Notes = append(misplaced(i.Reading, i.Unit), plan.Check(i.Reading)...)
		text, err := json.Marshal(i.Reading)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update import set reading = $2 where id = $1`, id, string(text)); err != nil {
			return fmt.Errorf("correct import: %w", err)
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "更正", Kind: "import", Row: id, Changes: changes})
	})
}

// DropImport gives up an import. The document stays under its hash and may be uploaded again.
func DropImport(ctx context.Context, db *store.DB, who org.Person, id, version int64) error {
	return onImport(ctx, db, who, id, version, func(tx *store.Tx, i Import) error {
		if _, err := tx.Exec(ctx, `update import set state = 'dropped' where id = $1`, id); err != nil {
			return fmt.Errorf("drop import: %w", err)
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "放弃导入", Kind: "import", Row: id})
	})
}

// onImport checks right, state and version of an import before fn.
func onImport(ctx context.Context, db *store.DB, who org.Person, id, version int64, fn func(*store.Tx, Import) error) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		i, err := ImportByID(ctx, tx, who, id)
		if err != nil {
			return err
		}
		if err := who.Check(org.Import, i.Unit); err != nil {
			return err
		}
		switch {
		case i.State == "confirmed":
			return Invalid{Field: "导入", What: "这份文件已经确认导入，不能再改；要改台账请到台账页"}
		case i.State == "dropped":
			return Invalid{Field: "导入", What: "这次导入已放弃，请重新上传"}
		}
		// The version rises before anything else is done: it is what two who come at once meet at.
		n, err := tx.Exec(ctx, `update import set version = version + 1 where id = $1 and version = $2 and state = 'open'`, id, version)
		if err != nil {
			return fmt.Errorf("take import: %w", err)
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "import", id)
		}
		return fn(tx, i)
	})
}

// RowErrors are everything wrong with the rows of a ledger that is to be merged; nothing of it is taken.
type RowErrors = org.RowErrors

// RowError is one wrong cell.
type RowError = org.RowError

// rowErrors checks a ledger to be merged the way a clerk would: dates that do not exist, one number twice, people and units that
// nobody knows.
func rowErrors(doc office.Document, p plan.Plan, names org.Names) RowErrors {
	var bad RowErrors
	add := func(src plan.Source, column, what string) {
		e := RowError{Column: column, What: what}
		if src.Part < len(doc.Parts) && src.Paragraph < len(doc.Parts[src.Part].Paragraphs) {
			e.Sheet, e.Row = doc.Parts[src.Part].Name, doc.Parts[src.Part].Paragraphs[src.Paragraph].Cell.Row
		}
		bad = append(bad, e)
	}
	for _, n := range p.Notes {
		switch n.Code {
		case plan.BadDate:
			add(n.Source, "完成时限", n.Text)
		case plan.DuplicateNumber:
			add(n.Source, "序号", n.Text)
		}
	}
	for _, s := range p.Sections {
		for _, f := range s.Findings {
			for i, name := range f.Persons {
				if names.Staff(name) == 0 {
					add(at(f.Sources.Persons, i, f.Source), "责任人", fmt.Sprintf("人员库里没有“%s”或有重名，请先登记此人，或改成全名", name))
				}
			}
		}
	}
	return bad
}

// at is the i-th source, or the nearest there is.
func at(list []plan.Source, i int, otherwise plan.Source) plan.Source {
	if i < len(list) {
		return list[i]
	}
	return otherwise
}
