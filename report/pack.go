package report

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"bihuan/calendar"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/office"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/store"
)

// Packs makes proof packs (存证包): the papers and the evidence about something together with what proves that they were recorded.
type Packs struct {
	DB       *store.DB
	Files    *evidence.Files
	Calendar calendar.Calendar
	Log      journal.Log
	Cosigner *journal.Cosigner // nil: nobody signs beside the log
	Witness  string            // verifier key of whom the Cosigner asks
	Site     string            // address that people open, for the codes on papers; may be empty
}

// Packed is a pack that is recorded and waits to be written.
type Packed struct {
	*proof.Sealed
	Name string // of the file
	Seq  int64  // of the event that it is recorded by
}

// errNoKey is shown where a pack is asked for and nothing could sign it.
var errNoKey = errors.New("存证日志还没有签名的密钥，不能出具存证包。请管理员查看服务的启动日志")

// witnessPatience is how long a pack waits for the witness; without its signature it is made all the same.
const witnessPatience = 5 * time.Second

// contents are what a pack is made of.
type contents struct {
	topic   proof.Topic
	imprint proof.Imprint // of its papers
	events  []journal.Event
	files   []proof.File
}

// on is the imprint of a paper about a row.
func (c *contents) on(kind string, row int64) proof.Imprint {
	m := c.imprint
	m.Kind, m.Row = kind, row
	return m
}

// begin begins a pack; its papers bear the code of the log as it is now.
func (p Packs) begin(ctx context.Context, topic proof.Topic) (contents, error) {
	tree, err := journal.HeadTree(ctx, p.DB)
	return contents{topic: topic, imprint: proof.Imprint{Code: proof.NewCode(tree.Size, tree.Root()), Site: p.Site}}, err
}

// Finding makes the pack of a finding: its row of the ledger, its closing slips and letters, all its evidence, and the events of it
// and of everything under it.
func (p Packs) Finding(ctx context.Context, who org.Person, id int64) (Packed, error) {
	f, err := ledger.ByID(ctx, p.DB, who, id)
	if err != nil {
		return Packed{}, err
	}
	closings, err := ledger.Closings(ctx, p.DB, id)
	if err != nil {
		return Packed{}, err
	}
	var numbered []ledger.Closing
	for _, c := range closings {
		if c.Number != "" {
			numbered = append(numbered, c)
		}
	}
	return p.ofFinding(ctx, who, f, proof.Topic{Kind: "finding", Row: id, Title: fmt.Sprintf("问题%s　%s", f.Serial(), f.Title)}, numbered, nil)
}

// Closing makes the pack of a closing: its slip, the evidence that its approvals are bound to, and the events of its finding.
func (p Packs) Closing(ctx context.Context, who org.Person, id int64) (Packed, error) {
	c, err := ledger.ClosingByID(ctx, p.DB, id)
	if err != nil {
		return Packed{}, err
	}
	f, err := ledger.ByID(ctx, p.DB, who, c.Finding)
	if err != nil {
		return Packed{}, err
	}
	terms, err := c.Terms()
	if err != nil {
		return Packed{}, err
	}
	bound := []evidence.Item{}
	for _, e := range terms.Content.Evidence {
		item, err := evidence.ByID(ctx, p.DB, e.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return Packed{}, err
		}
		if err == nil {
			bound = append(bound, item)
		}
	}
	title := fmt.Sprintf("销号%s　问题%s　%s", c.Number, f.Serial(), f.Title)
	return p.ofFinding(ctx, who, f, proof.Topic{Kind: "closing", Row: id, Title: title}, []ledger.Closing{c}, bound)
}

// ofFinding makes a pack with a finding, some of its closings, and the evidence given; nil: all that counts.
func (p Packs) ofFinding(ctx context.Context, who org.Person, f ledger.Finding, topic proof.Topic, closings []ledger.Closing, items []evidence.Item) (Packed, error) {
	now := p.DB.Now()
	work, err := ledger.WorkOf(ctx, p.DB, f)
	if err != nil {
		return Packed{}, err
	}
	if items == nil {
		items = work.Evidence
	}
	c, err := p.begin(ctx, topic)
	if err != nil {
		return Packed{}, err
	}
	head := Head{Unit: f.Unit.Name, Feedback: work.Feedback, AsOf: now, Calendar: p.Calendar, Imprint: c.on("plan", f.Plan)}
	if err := c.paper("台账", "台账.xlsx", func(w io.Writer) error { return LedgerXlsx(w, head, []ledger.Finding{f}) }); err != nil {
		return Packed{}, err
	}
	for _, x := range closings {
		name := "整改销号单" + cmp.Or(x.Number, "（未编号）") + ".docx"
		if err := c.paper("整改销号单 "+x.Step.Word(), name, func(w io.Writer) error {
			return ClosingSlip(w, Slip{Closing: x, Work: work, AsOf: now, Imprint: c.on("closing", x.ID)})
		}); err != nil {
			return Packed{}, err
		}
	}
	letters, err := ledger.LettersOf(ctx, p.DB, f.ID)
	if err != nil {
		return Packed{}, err
	}
	for _, l := range letters {
		if err := c.letter(l, now); err != nil {
			return Packed{}, err
		}
	}
	if len(items) > 0 {
		if err := c.paper("佐证材料目录", "佐证材料目录.xlsx", func(w io.Writer) error { return evidenceXlsx(w, f, items, now) }); err != nil {
			return Packed{}, err
		}
	}
	if err := p.evidence(ctx, &c, items); err != nil {
		return Packed{}, err
	}
	if c.events, err = ledger.FindingEvents(ctx, p.DB, f.ID); err != nil {
		return Packed{}, err
	}
	return p.seal(ctx, who, c, now)
}

// Letter makes the pack of a letter that was sent.
func (p Packs) Letter(ctx context.Context, who org.Person, id int64) (Packed, error) {
	l, err := ledger.LetterByID(ctx, p.DB, who, id)
	if err != nil {
		return Packed{}, err
	}
	now := p.DB.Now()
	c, err := p.begin(ctx, proof.Topic{Kind: "letter", Row: id, Title: l.Kind.Word() + " " + l.Number})
	if err != nil {
		return Packed{}, err
	}
	if err := c.letter(l, now); err != nil {
		return Packed{}, err
	}
	if c.events, err = ledger.LetterEvents(ctx, p.DB, id); err != nil {
		return Packed{}, err
	}
	return p.seal(ctx, who, c, now)
}

// Month makes the pack of a monthly report: the report, and all that was entered in the month about the findings it counts. The evidence
// itself is in the packs of those.
func (p Packs) Month(ctx context.Context, who org.Person, unit org.Unit, from, to string) (Packed, error) {
	now := p.DB.Now()
	m, err := ledger.MonthOf(ctx, p.DB, unit, from, to, now.Format(time.DateOnly))
	if err != nil {
		return Packed{}, err
	}
	c, err := p.begin(ctx, proof.Topic{Kind: "unit", Row: unit.ID, Title: monthTitle(m)})
	if err != nil {
		return Packed{}, err
	}
	name := unit.Name + "整改月报" + MonthName(m)
	if err := c.paper("整改月报", name+".docx", func(w io.Writer) error { return Monthly(w, m, now, c.on("unit", unit.ID)) }); err != nil {
		return Packed{}, err
	}
	if err := c.paper("整改月报，表格", name+".xlsx", func(w io.Writer) error { return MonthlyXlsx(w, m, now, c.on("unit", unit.ID)) }); err != nil {
		return Packed{}, err
	}
	if c.events, err = ledger.MonthEvents(ctx, p.DB, unit, from, to); err != nil {
		return Packed{}, err
	}
	return p.seal(ctx, who, c, now)
}

func (c *contents) paper(what, name string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	c.files = append(c.files, proof.File{What: what, Name: name}.Content(b.Bytes()))
	return nil
}

func (c *contents) letter(l ledger.Letter, now time.Time) error {
	return c.paper(l.Kind.Word(), cmp.Or(l.Number, l.Kind.Word())+".docx", func(w io.Writer) error { return Letter(w, l, now, c.on("letter", l.ID)) })
}

// evidence adds the files of evidence; each is checked against its hash as it is read. One that is gone, or is not what was entered, is named in a text instead: a pack holds nothing wrong,
// and tells what it lacks.
func (p Packs) evidence(ctx context.Context, c *contents, items []evidence.Item) error {
	var lacking []string
	for _, e := range items {
		if e.File == "" {
			continue
		}
		f, err := proof.Measure(proof.File{What: fmt.Sprintf("佐证材料 %s，%s %s", longDate(e.Event), e.Unit, e.By), Name: cmp.Or(e.FileName, e.Title), Evidence: true},
			func() (io.ReadCloser, error) { return evidence.Open(ctx, p.DB, p.Files, e.File) })
		why := ""
		switch {
		case err == nil:
			c.files = append(c.files, f)
			continue
		case errors.Is(err, evidence.ErrErased):
			why = "文件已依法删除"
		case errors.Is(err, evidence.ErrMissing):
			why = "文件不在了"
		case errors.Is(err, evidence.ErrChanged):
			why = "文件与登记时的指纹不符"
		default:
			return err
		}
		lacking = append(lacking, fmt.Sprintf("%s（%s）：%s", e.Title, e.File, why))
	}
	if len(lacking) == 0 {
		return nil
	}
	return c.paper("没有收入的材料", "没有收入的材料.txt", func(w io.Writer) error {
		_, err := io.WriteString(w, "下列材料没有收入这个存证包：\r\n"+strings.Join(lacking, "\r\n")+"\r\n")
		return err
	})
}

// seal records the pack, signs the log with that, and proves its events under the signature.
func (p Packs) seal(ctx context.Context, who org.Person, c contents, now time.Time) (Packed, error) {
	if p.Log.Key.Signer == nil {
		return Packed{}, errNoKey
	}
	keys, err := journal.ParseVerifiers(p.Log.Key.Verifier + "\n" + p.Witness)
	if err != nil {
		return Packed{}, err
	}
	var seqs, erased []int64
	for _, e := range c.events {
		seqs = append(seqs, e.Seq)
		if e.Erased != "" {
			erased = append(erased, e.Seq)
		}
	}
	pack, err := proof.New(c.topic, now.Format("2006-01-02 15:04"), p.Log.Key.Name(), keys, seqs, erased, c.files)
	if err != nil {
		return Packed{}, err
	}
	own, err := ledger.RecordPack(ctx, p.DB, who, c.topic.Kind, c.topic.Row, pack.IndexHash())
	if err != nil {
		return Packed{}, err
	}
	point, err := p.checkpoint(ctx)
	if err != nil {
		return Packed{}, err
	}
	events, err := journal.Events(ctx, p.DB, append(seqs, own)) // as they are now: one may have been erased
	if err != nil {
		return Packed{}, err
	}
	proven, err := proof.Prove(ctx, p.DB, point, events)
	if err != nil {
		return Packed{}, err
	}
	sealed, err := pack.Seal([]byte(point.Note), proven)
	if err != nil {
		return Packed{}, err
	}
	return Packed{sealed, "存证包 " + c.topic.Title + " " + now.Format("20060102-1504") + ".zip", own}, nil
}

// checkpoint signs the log as it is, and has the witness sign it too when that answers in time.
func (p Packs) checkpoint(ctx context.Context) (journal.Checkpoint, error) {
	point, err := p.Log.Checkpoint(ctx)
	if err != nil || p.Cosigner == nil || !point.Cosigned.IsZero() {
		return point, err
	}
	waiting, cancel := context.WithTimeout(ctx, witnessPatience)
	defer cancel()
	signed, err := p.Cosigner.Cosign(waiting)
	if err != nil {
		slog.Warn("pack", "witness", err)
		return point, nil
	}
	return signed, nil
}

// evidenceXlsx writes the list of the evidence in a pack, with what is no file.
func evidenceXlsx(w io.Writer, f ledger.Finding, items []evidence.Item, now time.Time) error {
	title := "佐证材料目录"
	t := office.Table{Size: 10.5, Columns: []office.Column{{Title: "序号", Width: 3, Align: office.AlignCenter}, {Title: "名称", Width: 14}, {Title: "种类", Width: 4, Align: office.AlignCenter},
		{Title: "发生日期", Width: 6, Align: office.AlignCenter}, {Title: "登记时间", Width: 8, Align: office.AlignCenter}, {Title: "登记人", Width: 8}, {Title: "说明", Width: 20},
		{Title: "文件", Width: 12}, {Title: "指纹（SHA-256）", Width: 18}}}
	for i, e := range items {
		t.Rows = append(t.Rows, office.Cells(fmt.Sprint(i+1), e.Title, e.Kind.Word(), longDate(e.Event), e.Entered.Format("2006-01-02 15:04"), e.Unit+" "+e.By,
			strings.TrimSpace(e.Said+" "+e.URL), e.FileName, e.File))
	}
	return office.WriteXlsx(w, office.Book{Title: title, Author: f.Unit.Name, Created: now, Sheets: []office.Sheet{{
		Name: title, Title: title, Line: office.Line{Left: fmt.Sprintf("问题%s　%s", f.Serial(), f.Title), Right: now.Format("2006年1月2日")}, Table: t, Footer: title}}})
}
