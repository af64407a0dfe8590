package lead

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"bihuan/chinese"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// DatasetState is how far a dataset is.
type DatasetState string

// The states of a dataset.
const (
	DatasetPreview DatasetState = "preview" // kept, but nobody has confirmed which column holds what
	DatasetReady   DatasetState = "ready"
	DatasetDeleted DatasetState = "deleted" // the list is gone, what it was remains
)

// Bounds of what is kept and for how long.
const (
	MostDataset   = 256 << 20 // bytes of a file
	keepMonths    = 6         // from the day of the list, unless somebody says otherwise
	mostKeepYears = 2         // from the day of the list
	keepLeast     = 30        // days from today that are proposed at least
	previewDays   = 7         // a list that nobody confirms is deleted after so many days
	mostSaid      = 200       // runes of a text about a dataset
)

// Mapping says, sheet by sheet, under which header or in which column (#C) a field stands; an empty header: in none. Text has one sheet
// without a name.
type Mapping map[string]screening.Override

// Dataset is a list that another office gave (数据集): a sealed file and what must be known of it. Once it is deleted only that remains.
type Dataset struct {
	ID         int64
	Unit       int64 // town
	Kind       screening.Kind
	Name       string // of the file
	Giver      string
	Ground     string // legal ground
	Letter     string // number of the letter, or why there is none
	Purpose    string
	AsOf       string // day the list speaks of
	DeleteBy   string // day on which it is deleted
	Assessment string // number of the impact assessment of sensitive lists (L12)
	File       int64  // sealed file; 0 once deleted
	Hash       string // SHA-256 of the file, hex
	Size       int64
	Rows       int64 // about people; -1 where nobody has counted them
	Mapping    Mapping
	Mapped     string // by whose word; empty in a preview that the program guessed
	State      DatasetState
	Staff      int64
	Entered    time.Time
	Deleted    time.Time // zero until then
	DeletedWhy string
	Version    int64
}

const datasetColumns = `id, unit, kind, name, giver, ground, letter, purpose, as_of, delete_by, assessment, file, hash, size, rows, mapping, mapped, state, staff, entered, deleted, deleted_why, version`

func scanDataset(rows *sql.Rows, d *Dataset) error {
	var mapping string
	var entered, deleted int64
	err := rows.Scan(&d.ID, &d.Unit, &d.Kind, &d.Name, &d.Giver, &d.Ground, &d.Letter, &d.Purpose, &d.AsOf, &d.DeleteBy, &d.Assessment, &d.File, &d.Hash, &d.Size, &d.Rows,
		&mapping, &d.Mapped, &d.State, &d.Staff, &entered, &deleted, &d.DeletedWhy, &d.Version)
	if err != nil {
		return err
	}
	d.Entered = time.UnixMilli(entered)
	if deleted != 0 {
		d.Deleted = time.UnixMilli(deleted)
	}
	return json.Unmarshal([]byte(mapping), &d.Mapping)
}

// Towns lists the towns in which somebody may do something, by the order of the units; of a district that has none, the district. Lists
// are a town's.
func Towns(ctx context.Context, house store.Querier, who org.Person, a org.Action) ([]org.Unit, error) {
	root, err := org.Root(ctx, house)
	if err != nil {
		return nil, err
	}
	units, err := org.Below(ctx, house, root.Path)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(units, func(u org.Unit) bool {
		return u.Kind != org.Town && (u.ID != root.ID || u.Kind == org.District && len(units) > 1) || who.Check(a, u) != nil
	}), nil
}

// unitIDs is the SQL list of units for a condition, 0 for none.
func unitIDs(units []org.Unit) string {
	ids := []string{"0"}
	for _, u := range units {
		ids = append(ids, fmt.Sprint(u.ID))
	}
	return strings.Join(ids, ", ")
}

// Datasets lists the datasets of the towns whose residents somebody may see: those under way first, by kind and the newest first, then
// the latest of the deleted.
func Datasets(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person) ([]Dataset, error) {
	towns, err := Towns(ctx, house, who, org.Residents)
	if err != nil {
		return nil, err
	}
	list, err := store.All(ctx, v, scanDataset, `select `+datasetColumns+` from dataset where unit in (`+unitIDs(towns)+`) and state <> 'deleted'`)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b Dataset) int {
		return cmp.Or(cmp.Compare(slices.Index(screening.Kinds, a.Kind), slices.Index(screening.Kinds, b.Kind)), cmp.Compare(b.AsOf, a.AsOf), cmp.Compare(b.ID, a.ID))
	})
	gone, err := store.All(ctx, v, scanDataset, `select `+datasetColumns+` from dataset where unit in (`+unitIDs(towns)+`) and state = 'deleted' order by deleted desc, id desc limit 50`)
	return append(list, gone...), err
}

// DatasetByID reads a dataset of a town whose residents somebody may see, or fails with [store.ErrNotFound].
func DatasetByID(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, id int64) (Dataset, error) {
	d, err := datasetByID(ctx, v, id)
	if err != nil {
		return d, err
	}
	town, err := org.UnitByID(ctx, house, d.Unit)
	if err != nil {
		return Dataset{}, err
	}
	if who.Check(org.Residents, town) != nil {
		return Dataset{}, store.ErrNotFound
	}
	return d, nil
}

func datasetByID(ctx context.Context, q store.Querier, id int64) (Dataset, error) {
	return store.One(ctx, q, scanDataset, `select `+datasetColumns+` from dataset where id = $1`, id)
}

// sensitive are the kinds of list that tell of health or money and need an impact assessment (L12), with what they tell.
var sensitive = map[screening.Kind]string{screening.Disability: "残疾情况", screening.Medical: "医疗费用", screening.Dormant: "账户交易", screening.Warning: "财产情况"}

// Sensitive says what of a list is so sensitive that it needs an impact assessment; empty: nothing. A column of bank accounts is, in any
// list, if it is read.
func Sensitive(kind screening.Kind, m Mapping) string {
	if word := sensitive[kind]; word != "" {
		return word
	}
	for _, o := range m {
		if o[screening.FieldAccount] != "" {
			return "银行账号"
		}
	}
	return ""
}

// Incoming is a list that somebody hands in.
type Incoming struct {
	Unit       int64          // town
	Kind       screening.Kind // empty: by its headers
	Name       string
	Content    *vault.Spool
	Giver      string
	Ground     string
	Letter     string
	NoLetter   string // why there is no letter (L13)
	Purpose    string
	AsOf       string
	DeleteBy   string // empty: six months after AsOf
	Assessment string
}

// SameFile is the error of handing in a file that is there already.
type SameFile struct{ Dataset Dataset }

func (s SameFile) Error() string {
	return fmt.Sprintf("这份文件已于%s上传过（%s《%s》），内容一字不差，不必再传。", s.Dataset.Entered.Format("2006年1月2日"), s.Dataset.Kind.Word(), s.Dataset.Name)
}

// DeleteBy is the day by which a list of a day is deleted unless somebody says otherwise: six months after it, or a month from today when
// that is over, and never more than two years after it.
func DeleteBy(asOf, today string) string {
	day, err := time.Parse(time.DateOnly, asOf)
	now, err2 := time.Parse(time.DateOnly, today)
	if err != nil || err2 != nil {
		return ""
	}
	by := max(monthsAfter(day, keepMonths), now.AddDate(0, 0, keepLeast).Format(time.DateOnly))
	return min(by, monthsAfter(day, 12*mostKeepYears))
}

// monthsAfter is the same day some months later, or the last of that month.
func monthsAfter(day time.Time, months int) string {
	first := time.Date(day.Year(), day.Month()+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	return first.AddDate(0, 0, min(day.Day(), chinese.MonthDays(first.Year(), int(first.Month())))-1).Format(time.DateOnly)
}

// needed checks a text that must be there, cleans it, and says what it is.
func needed(field, text, why string) (string, error) {
	text = strings.Join(strings.Fields(text), " ")
	switch {
	case text == "":
		return "", org.Invalid{Field: field, What: "没有填。" + why}
	case utf8.RuneCountInString(text) > mostSaid:
		return "", org.Invalid{Field: field, What: fmt.Sprintf("太长，最多 %d 个字", mostSaid)}
	}
	return text, vault.CheckText(field, text)
}

// check cleans what is said of a list and refuses what is missing.
func (in *Incoming) check(today string) (err error) {
	for _, f := range []struct {
		to         *string
		field, why string
	}{
		{&in.Giver, "给出单位", "请写清是谁给的，如 栖禾派出所：名单有误时要回告它"},
		{&in.Ground, "依据", "请写清依据哪部法规或哪份文件取得"},
		{&in.Purpose, "用途", "请写清拿来做什么，如 高龄津贴应享未享筛查"},
	} {
		if *f.to, err = needed(f.field, *f.to, f.why); err != nil {
			return err
		}
	}
	if strings.TrimSpace(in.Letter) == "" && strings.TrimSpace(in.NoLetter) != "" {
		in.Letter = "无函号：" + in.NoLetter
	}
	if in.Letter, err = needed("函号", in.Letter, "请写来函或移交单的文号；确实没有的，写明为什么没有"); err != nil {
		return err
	}
	if in.Assessment = strings.TrimSpace(in.Assessment); in.Assessment != "" {
		if in.Assessment, err = needed("影响评估编号", in.Assessment, ""); err != nil {
			return err
		}
	}
	day, err := time.Parse(time.DateOnly, in.AsOf)
	switch {
	case err != nil:
		return org.Invalid{Field: "数据日期", What: "请写名单是哪一天的，如 2026-11-01"}
	case in.AsOf > today:
		return org.Invalid{Field: "数据日期", What: "在今天之后，请核对"}
	}
	if in.DeleteBy == "" {
		in.DeleteBy = DeleteBy(in.AsOf, today)
	}
	latest := monthsAfter(day, 12*mostKeepYears)
	_, err = time.Parse(time.DateOnly, in.DeleteBy)
	switch {
	case err != nil:
		return org.Invalid{Field: "删除日期", What: "请写成 2027-05-01 这样"}
	case latest <= today:
		return org.Invalid{Field: "数据日期", What: fmt.Sprintf("名单是两年以前的，不能再保存。请向%s要新的", in.Giver)}
	case in.DeleteBy <= today:
		return org.Invalid{Field: "删除日期", What: "要在今天之后"}
	case in.DeleteBy > latest:
		return org.Invalid{Field: "删除日期", What: fmt.Sprintf("最晚 %s：名单最多保存到数据日期之后两年", latest)}
	}
	return nil
}

// AddDataset takes a list in: it is looked at, kept sealed, and waits for somebody to confirm which column holds what, unless that was
// done once for the same headers of the same giver. What cannot be read, or has a column about people's faith, leaves nothing behind.
// Errors: [org.Invalid], [SameFile], [org.Denied].
func AddDataset(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, in Incoming) (int64, error) {
	town, err := org.UnitByID(ctx, house, in.Unit)
	if err != nil {
		return 0, err
	}
	if err := who.Check(org.Screen, town); err != nil {
		return 0, err
	}
	today := v.Now().Format(time.DateOnly)
	if err := in.check(today); err != nil {
		return 0, err
	}
	if in.Content == nil || in.Content.Size == 0 {
		return 0, org.Invalid{Field: "文件", What: "没有选文件，或文件是空的"}
	}
	if in.Kind != "" && !slices.Contains(screening.Kinds, in.Kind) {
		return 0, org.Invalid{Field: "名单种类", What: "请从列出的种类里选"}
	}
	if err := sameFile(ctx, v, in); err != nil {
		return 0, err
	}
	look, err := screening.Inspect(ctx, screening.List{Kind: in.Kind, File: in.Name, Data: in.Content, Size: in.Content.Size}, nil, in.AsOf)
	if err != nil {
		return 0, unreadable(err)
	}
	if !slices.ContainsFunc(look.Sheets, func(s screening.InspectedSheet) bool { return len(s.Columns) > 0 }) {
		return 0, org.Invalid{Field: "文件", What: "里面没有表格。请上传 xlsx、xls、et 或 csv 格式的名单"}
	}
	d := Dataset{Unit: in.Unit, Kind: in.Kind, Name: in.Name, Giver: in.Giver, Ground: in.Ground, Letter: in.Letter, Purpose: in.Purpose, AsOf: in.AsOf, DeleteBy: in.DeleteBy,
		Assessment: in.Assessment, Hash: in.Content.Hash, Size: in.Content.Size, State: DatasetPreview, Mapping: Mapping{}, Rows: peopleIn(look)}
	if err := d.recall(ctx, v, look); err != nil {
		return 0, err
	}
	err = v.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Lock(ctx, "journal_head", 1); err != nil { // of two that hand in one file at once the second finds the first
			return err
		}
		if err := sameFile(ctx, tx, in); err != nil {
			return err
		}
		stored, err := v.KeepFile(ctx, tx, io.NewSectionReader(in.Content, 0, in.Content.Size), MostDataset)
		if err != nil {
			return err
		}
		d.ID, d.File = tx.ID(), stored.ID
		mapping, err := json.Marshal(d.Mapping)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into dataset (id, unit, kind, name, giver, ground, letter, purpose, as_of, delete_by, assessment, file, hash, size, rows, mapping, mapped, state, staff, entered, deleted, deleted_why, purged, version)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, 0, '', 0, 1)`,
			d.ID, d.Unit, string(d.Kind), d.Name, d.Giver, d.Ground, d.Letter, d.Purpose, d.AsOf, d.DeleteBy, d.Assessment, d.File, d.Hash, d.Size, d.Rows, string(mapping), d.Mapped, string(d.State), who.ID, tx.Now.UnixMilli())
		if err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "导入", Kind: "dataset", Row: d.ID, Changes: []journal.Change{
			{Field: "名单种类", To: d.Kind.Word()}, {Field: "给出单位", To: d.Giver}, {Field: "依据", To: d.Ground}, {Field: "函号", To: d.Letter}, {Field: "用途", To: d.Purpose},
			{Field: "数据日期", To: d.AsOf}, {Field: "删除日期", To: d.DeleteBy}, {Field: "影响评估编号", To: d.Assessment}, {Field: "SHA-256", To: d.Hash}, {Field: "列的对应", To: d.Mapped}}})
	})
	return d.ID, err
}
