package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"bihuan/journal"
	"bihuan/office"
	"bihuan/org"
	"bihuan/plan"
	"bihuan/store"
)

// Confirm puts an import in force: a new plan, or a new version of the plan it revises or merges into. The reading is frozen as
// that version; its document is already kept under its hash. It returns the plan.
func Confirm(ctx context.Context, db *store.DB, who org.Person, id, version int64) (int64, error) {
	var planID int64
	err := onImport(ctx, db, who, id, version, func(tx *store.Tx, i Import) error {
		names, err := org.NamesFor(ctx, tx, i.Unit)
		if err != nil {
			return err
		}
		c := confirmation{tx: tx, who: who, names: names, imp: i}
		if i.Kind == NewPlan {
			err = c.newPlan(ctx)
		} else {
			err = c.newVersion(ctx)
		}
		planID = c.plan.ID
		return err
	})
	return planID, err
}

// Preview tells what confirming an import would do to the plan it revises or merges into.
func Preview(ctx context.Context, q store.Querier, i Import) (Difference, error) {
	live, err := inForce(ctx, q, i.Plan)
	if err != nil {
		return Difference{}, err
	}
	return Compare(live, i.Reading, i.Kind == Merge), nil
}

// inForce reads all findings of a plan that are in force, in their order.
func inForce(ctx context.Context, q store.Querier, planID int64) ([]Finding, error) {
	list, err := store.All(ctx, q, scanFinding, `select `+findingColumns+` from finding f join section s on s.id = f.section
		join unit u on u.id = f.unit where f.plan = $1 and f.dropped = 0 order by f.ord`, planID)
	if err != nil {
		return nil, err
	}
	return list, loadParts(ctx, q, list)
}

// confirmation is one confirming under way.
type confirmation struct {
	tx    *store.Tx
	who   org.Person
	names org.Names
	imp   Import
	plan  PlanInfo

	sections []Section // of the plan, once looked up
}

func (c *confirmation) newPlan(ctx context.Context) error {
	r, i := c.imp.Reading, c.imp
	var starts, ends string
	if r.Period != nil {
		starts, ends = string(r.Period.Start), string(r.Period.End)
	}
	// Recommendations are made while the team is still there: the round may stand already and wait for its plan.
	round, err := openRound(ctx, c.tx, i.Unit.ID)
	if errors.Is(err, store.ErrNotFound) {
		round, err = newRound(ctx, c.tx, i.Unit.ID)
	}
	if err != nil {
		return err
	}
	_, err = c.tx.Exec(ctx, `update round set starts = case when $2 = '' then starts else $2 end, ends = $3, feedback = $4 where id = $1`,
		round, starts, ends, string(r.FeedbackDate))
	if err != nil {
		return fmt.Errorf("date round: %w", err)
	}
	title := string(r.Title)
	if title == "" {
		title = i.Name
	}
	c.plan = PlanInfo{ID: c.tx.ID(), Title: title, Current: 1, Unit: i.Unit}
	_, err = c.tx.Exec(ctx, `insert into plan (id, round, unit, title, current, version) values ($1, $2, $3, $4, 1, 1)`, c.plan.ID, round, i.Unit.ID, title)
	if err != nil {
		return fmt.Errorf("insert plan: %w", err)
	}
	findings := FromReading(r)
	if err := c.add(ctx, findings, 0); err != nil {
		return err
	}
	return c.freeze(ctx, fmt.Sprintf("导入%d个问题", len(findings)))
}

func (c *confirmation) newVersion(ctx context.Context) error {
	p, err := PlanByID(ctx, c.tx, c.who, c.imp.Plan)
	if err != nil {
		return err
	}
	c.plan = p
	// The number is taken first: two who confirm at once meet here and get one version each.
	if _, err = c.tx.Exec(ctx, `update plan set current = current + 1, version = version + 1 where id = $1`, p.ID); err == nil {
		c.plan.Current, err = store.One(ctx, c.tx, store.Value[int], `select current from plan where id = $1`, p.ID)
	}
	if err != nil {
		return fmt.Errorf("number the version: %w", err)
	}
	live, err := inForce(ctx, c.tx, p.ID)
	if err != nil {
		return err
	}
	d := Compare(live, c.imp.Reading, c.imp.Kind == Merge)
	for _, x := range d.Changed {
		if err := c.section(ctx, &x.New.Section); err != nil {
			return err
		}
		if err := save(ctx, c.tx, c.who, c.names, verbs[c.imp.Kind], x.Old, x.New); err != nil {
			return err
		}
	}
	for _, f := range d.Dropped {
		gone := f
		gone.Dropped = c.plan.Current
		if err := save(ctx, c.tx, c.who, c.names, "撤出", f, gone); err != nil {
			return err
		}
	}
	last := -1
	for _, f := range live {
		last = max(last, f.Ord)
	}
	if err := c.add(ctx, d.Added, last+1); err != nil {
		return err
	}
	if c.imp.Kind == Revision {
		if err := c.reorder(ctx); err != nil {
			return err
		}
	}
	return c.freeze(ctx, fmt.Sprintf("新增%d个、修改%d个、撤出%d个、不变%d个", len(d.Added), len(d.Changed), len(d.Dropped), d.Same))
}

// openRound is the newest round of a unit that has no plan yet, or [store.ErrNotFound].
func openRound(ctx context.Context, q store.Querier, unit int64) (int64, error) {
	return store.One(ctx, q, store.Value[int64], `select r.id from round r where r.unit = $1 and not exists (select 1 from plan p where p.round = r.id)
		order by r.id desc limit 1`, unit)
}

// newRound adds a round of a unit whose dates are not known yet.
func newRound(ctx context.Context, tx *store.Tx, unit int64) (int64, error) {
	id := tx.ID()
	_, err := tx.Exec(ctx, `insert into round (id, unit, name, team, starts, ends, feedback, version) values ($1, $2, $3, '', '', '', '', 1)`, id, unit, "巡察")
	if err != nil {
		return 0, fmt.Errorf("insert round: %w", err)
	}
	return id, nil
}

// verbs say in the journal how an import changed a finding.
var verbs = map[string]string{Revision: "修订", Merge: "并入"}

// add inserts findings with their sections, numbered on from ord.
func (c *confirmation) add(ctx context.Context, findings []Finding, ord int) error {
	for i := range findings {
		f := &findings[i]
		f.Plan, f.Unit, f.Ord = c.plan.ID, c.plan.Unit, ord+i
		if err := c.section(ctx, &f.Section); err != nil {
			return err
		}
		if err := insert(ctx, c.tx, c.who, c.names, "列入", f); err != nil {
			return err
		}
	}
	return nil
}

// section finds the aspect with the same title in the plan or adds it, and sets the id.
func (c *confirmation) section(ctx context.Context, s *Section) error {
	if c.sections == nil {
		var err error
		if c.sections, err = Sections(ctx, c.tx, c.plan.ID); err != nil {
			return err
		}
	}
	for _, have := range c.sections {
		if plain(have.Title) == plain(s.Title) {
			*s = have
			return nil
		}
	}
	s.ID, s.Ord = c.tx.ID(), len(c.sections)
	_, err := c.tx.Exec(ctx, `insert into section (id, plan, ord, number, title) values ($1, $2, $3, $4, $5)`, s.ID, c.plan.ID, s.Ord, s.Number, s.Title)
	if err != nil {
		return fmt.Errorf("insert section: %w", err)
	}
	c.sections = append(c.sections, *s)
	return nil
}

// reorder puts the findings in force into the order of the new reading. Order is no content of a finding, so no version rises.
func (c *confirmation) reorder(ctx context.Context) error {
	live, err := inForce(ctx, c.tx, c.plan.ID)
	if err != nil {
		return err
	}
	for i, j := range match(live, FromReading(c.imp.Reading)) {
		if j < 0 || live[j].Ord == i {
			continue
		}
		if _, err := c.tx.Exec(ctx, `update finding set ord = $2 where id = $1`, live[j].ID, i); err != nil {
			return fmt.Errorf("reorder: %w", err)
		}
	}
	return nil
}

// freeze keeps the reading as a version of the plan and closes the import.
func (c *confirmation) freeze(ctx context.Context, summary string) error {
	reading, err := json.Marshal(c.imp.Reading)
	if err != nil {
		return err
	}
	_, err = c.tx.Exec(ctx, `insert into plan_version (id, plan, number, kind, file, file_name, reading, summary, confirmed, staff)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, c.tx.ID(), c.plan.ID, c.plan.Current, c.imp.Kind, c.imp.File, c.imp.Name,
		string(reading), summary, c.tx.Now.UnixMilli(), c.who.ID)
	if err != nil {
		return fmt.Errorf("insert plan version: %w", err)
	}
	if err := c.notes(ctx); err != nil {
		return err
	}
	proposed, err := c.claims(ctx)
	if err != nil {
		return err
	}
	_, err = c.tx.Exec(ctx, `update import set state = 'confirmed', plan = $2 where id = $1`, c.imp.ID, c.plan.ID)
	if err != nil {
		return fmt.Errorf("close import: %w", err)
	}
	changes := []journal.Change{{Field: "版本", To: fmt.Sprintf("第%d版", c.plan.Current)}, {Field: "文件", To: c.imp.Name},
		{Field: "SHA-256", To: c.imp.File}, {Field: "内容", To: summary}}
	if proposed > 0 {
		changes = append(changes, journal.Change{Field: "基线数字", To: fmt.Sprintf("读出%d个，待确认", proposed)})
	}
	return journal.Append(ctx, c.tx, journal.Entry{Staff: c.who.ID, Who: c.who.Title(), Verb: "导入", Kind: "plan", Row: c.plan.ID, Changes: changes})
}

// notes keeps what the reader said, beside the findings it said it of. A merge speaks of its own rows only and replaces nothing else.
func (c *confirmation) notes(ctx context.Context) error {
	live, err := inForce(ctx, c.tx, c.plan.ID)
	if err != nil {
		return err
	}
	partner := match(live, FromReading(c.imp.Reading))
	first := make([]int, len(c.imp.Reading.Sections)) // index of a section's first finding among all
	for s, n := 0, 0; s < len(first); s++ {
		first[s] = n
		n += len(c.imp.Reading.Sections[s].Findings)
	}
	if c.imp.Kind != Merge {
		if _, err := c.tx.Exec(ctx, `delete from note where plan = $1`, c.plan.ID); err != nil {
			return fmt.Errorf("replace notes: %w", err)
		}
	}
	for _, n := range c.imp.Reading.Notes {
		var finding any
		if n.Section >= 0 && n.Finding >= 0 && n.Section < len(first) && first[n.Section]+n.Finding < len(partner) {
			if j := partner[first[n.Section]+n.Finding]; j >= 0 {
				finding = live[j].ID
			}
		}
		_, err := c.tx.Exec(ctx, `insert into note (id, plan, finding, code, level, text, place) values ($1, $2, $3, $4, $5, $6, $7)`,
			c.tx.ID(), c.plan.ID, finding, n.Code, string(n.Level), n.Text, Place(c.imp.Document, n.Source))
		if err != nil {
			return fmt.Errorf("insert note: %w", err)
		}
	}
	return nil
}

// Place says where in a document a value stands, as a person looks it up: 第27段, 二月 第12行.
func Place(doc office.Document, s plan.Source) string {
	if s == (plan.Source{}) || s.Part < 0 || s.Part >= len(doc.Parts) || s.Paragraph < 0 || s.Paragraph >= len(doc.Parts[s.Part].Paragraphs) {
		return ""
	}
	part := doc.Parts[s.Part]
	if cell := part.Paragraphs[s.Paragraph].Cell; cell.Table > 0 {
		if len(doc.Parts) > 1 {
			return fmt.Sprintf("%s 第%d行", part.Name, cell.Row)
		}
		return fmt.Sprintf("表%d第%d行", cell.Table, cell.Row)
	}
	return fmt.Sprintf("第%d段", s.Paragraph+1)
}

// VersionInfo is one frozen version of a plan.
type VersionInfo struct {
	Number    int
	Kind      string
	File      string // SHA-256 of the document
	Name      string
	Summary   string
	Confirmed int64 // Unix milliseconds
	By        string
}

// Versions lists the versions of a plan, newest first.
func Versions(ctx context.Context, q store.Querier, planID int64) ([]VersionInfo, error) {
	return store.All(ctx, q, func(rows *sql.Rows, v *VersionInfo) error {
		return rows.Scan(&v.Number, &v.Kind, &v.File, &v.Name, &v.Summary, &v.Confirmed, &v.By)
	}, `select v.number, v.kind, v.file, v.file_name, v.summary, v.confirmed, coalesce(s.name, '系统') from plan_version v
		left join staff s on s.id = v.staff where v.plan = $1 order by v.number desc`, planID)
}
