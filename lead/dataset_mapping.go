package lead

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"bihuan/journal"
	"bihuan/office"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// unreadable turns what a reader of lists says into what a person is told: what is wrong, in which sheet, and what to do. What is a fault
// of the program or of the database stays as it is.
func unreadable(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, vault.ErrSealed) || errors.Is(err, store.ErrNotFound) {
		return err
	}
	if belief, ok := errors.AsType[*screening.BeliefError](err); ok {
		return org.Invalid{Field: "文件", What: belief.Error() + "。文件没有留下，也没有登记"}
	}
	if ours, ok := errors.AsType[*office.Error](err); ok && ours.Err != nil && errors.Is(ours.Err, vault.ErrSealed) {
		return err
	}
	return org.Invalid{Field: "文件", What: strings.TrimSuffix(err.Error(), "。")}
}

// peopleIn counts the rows about people of all sheets, -1 where a sheet was too large to be counted.
func peopleIn(look screening.Inspection) int64 {
	n := 0
	for _, s := range look.Sheets {
		if s.Found && s.Rows < 0 {
			return -1
		}
		n += max(s.Rows, 0)
	}
	return int64(n)
}

// HeadersOf is a hash of the headers of a sheet: what was confirmed once for them is good for the next file that has the same.
func HeadersOf(s screening.InspectedSheet) string {
	sum := sha256.New()
	for _, c := range s.Columns {
		fmt.Fprintf(sum, "%d\x00%s\x00", c.Index, c.Header)
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// Whole says of every field of a kind where it stands, as it was read: what a person confirms leaves nothing to be guessed later.
func Whole(kind screening.Kind, s screening.InspectedSheet) screening.Override {
	o := screening.Override{}
	for _, f := range kind.Fields() {
		o[f] = ""
		if c, ok := s.Mapping[f]; ok {
			o[f] = s.Override(c.Index)
		}
	}
	return o
}

// remembered is a mapping that somebody confirmed.
type remembered struct {
	kind    screening.Kind
	mapping screening.Override
	who     string
	entered time.Time
}

func scanRemembered(rows *sql.Rows, m *remembered) error {
	var mapping string
	var entered int64
	if err := rows.Scan(&m.kind, &mapping, &m.who, &entered); err != nil {
		return err
	}
	m.entered = time.UnixMilli(entered)
	return json.Unmarshal([]byte(mapping), &m.mapping)
}

// recall fills in what is known of a new dataset: of which kind lists with these headers of this giver are, and which column holds what,
// if somebody confirmed that before. When everything was, and no assessment is missing, the dataset is ready.
func (d *Dataset) recall(ctx context.Context, q store.Querier, look screening.Inspection) error {
	all, found := true, false
	for _, s := range look.Sheets {
		if !s.Found {
			continue
		}
		kinds := ` and kind = $4`
		args := []any{d.Unit, d.Giver, HeadersOf(s), string(d.Kind)}
		if d.Kind == "" {
			kinds, args = "", args[:3]
		}
		list, err := store.All(ctx, q, scanRemembered, `select kind, mapping, who, entered from column_mapping where unit = $1 and giver = $2 and headers = $3`+kinds+` order by entered desc, id desc`, args...)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			all = false
			continue
		}
		found = true
		d.Kind = list[0].kind
		d.Mapping[s.Name] = list[0].mapping
		d.Mapped = list[0].who + list[0].entered.Format("2006年1月2日") + "确认过的"
	}
	if d.Kind == "" {
		d.Kind = screening.Residents // somebody says better on the next page
		if len(look.Kinds) > 0 {
			d.Kind = look.Kinds[0]
		}
	}
	if found && all && (Sensitive(d.Kind, d.Mapping) == "" || d.Assessment != "") {
		d.State = DatasetReady
	}
	return nil
}

func sameFile(ctx context.Context, q store.Querier, in Incoming) error {
	list, err := store.All(ctx, q, scanDataset, `select `+datasetColumns+` from dataset where unit = $1 and hash = $2 and state <> 'deleted'`, in.Unit, in.Content.Hash)
	if err == nil && len(list) > 0 {
		return SameFile{list[0]}
	}
	return err
}

// Look looks into a dataset as a list of a kind, with the columns that are confirmed or, for another kind than the dataset's, guessed.
func Look(ctx context.Context, v *vault.Vault, d Dataset, kind screening.Kind) (screening.Inspection, error) {
	list, err := openList(ctx, v, d, d.Name)
	if err != nil {
		return screening.Inspection{}, err
	}
	if list.Kind != kind {
		list.Kind, list.Override = kind, nil
	}
	look, err := screening.Inspect(ctx, list, nil, d.AsOf)
	if err != nil {
		return look, unreadable(err)
	}
	return look, nil
}

// openList opens a dataset for the engine, to be cited under a name.
func openList(ctx context.Context, v *vault.Vault, d Dataset, cited string) (screening.List, error) {
	f, err := v.OpenFile(ctx, d.File)
	if err != nil {
		return screening.List{}, err
	}
	return screening.List{Kind: d.Kind, File: cited, Data: f, Size: f.Size, Override: d.Mapping}, nil
}

// Confirmation is what a person says about a dataset: what it is, and which column holds what.
type Confirmation struct {
	Kind       screening.Kind
	Assessment string
	Mapping    Mapping
}

// ConfirmDataset makes a dataset ready with the columns that a person confirmed, and remembers them for the next list of the same giver
// with the same headers. Confirming the same again changes nothing. Errors: [org.Invalid], [journal.Stale], [org.Denied].
func ConfirmDataset(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, id, version int64, c Confirmation) error {
	d, err := DatasetByID(ctx, v, house, who, id)
	if err != nil {
		return err
	}
	town, err := org.UnitByID(ctx, house, d.Unit)
	if err != nil {
		return err
	}
	if err := who.Check(org.Screen, town); err != nil {
		return err
	}
	if d.State == DatasetDeleted {
		return org.Invalid{Field: "数据集", What: "已经删除，不能再改"}
	}
	if len(c.Kind.Fields()) == 0 {
		return org.Invalid{Field: "名单种类", What: "请从列出的种类里选"}
	}
	if c.Assessment = strings.TrimSpace(c.Assessment); c.Assessment != "" {
		if c.Assessment, err = needed("影响评估编号", c.Assessment, ""); err != nil {
			return err
		}
	}
	guess, err := Look(ctx, v, Dataset{Name: d.Name, AsOf: d.AsOf, File: d.File}, c.Kind)
	if err != nil {
		return err
	}
	confirmed := d
	confirmed.Kind, confirmed.Assessment, confirmed.Mapping = c.Kind, c.Assessment, c.Mapping
	if err := confirmed.checkMapping(guess); err != nil {
		return err
	}
	look, err := Look(ctx, v, confirmed, c.Kind)
	if err != nil {
		return err
	}
	confirmed.Rows = peopleIn(look)
	if word := Sensitive(c.Kind, c.Mapping); word != "" && c.Assessment == "" {
		return org.Invalid{Field: "影响评估编号", What: fmt.Sprintf("没有填。名单里有%s，属于敏感个人信息，用之前要做个人信息保护影响评估（个人信息保护法第五十五条）；不用这一列的，把它改为“不读”", word)}
	}
	if d.State == DatasetReady && d.same(confirmed) {
		return nil
	}
	mapping, err := json.Marshal(c.Mapping)
	if err != nil {
		return err
	}
	return v.Write(ctx, func(tx *store.Tx) error {
		mapped := who.Title() + tx.Now.Format("2006年1月2日") + "确认"
		n, err := tx.Exec(ctx, `update dataset set kind = $3, assessment = $4, mapping = $5, mapped = $6, rows = $7, state = 'ready', version = version + 1 where id = $1 and version = $2`,
			id, version, string(c.Kind), c.Assessment, string(mapping), mapped, confirmed.Rows)
		if err == nil && n == 0 {
			return journal.StaleRow(ctx, tx, "dataset", id)
		}
		if err != nil {
			return err
		}
		for _, s := range guess.Sheets {
			o, ok := c.Mapping[s.Name]
			if !ok || !s.Found {
				continue
			}
			one, err := json.Marshal(o)
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `insert into column_mapping (id, unit, kind, giver, headers, mapping, staff, who, entered, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)
				on conflict (unit, kind, giver, headers) do update set mapping = excluded.mapping, staff = excluded.staff, who = excluded.who, entered = excluded.entered, version = column_mapping.version + 1`,
				tx.ID(), d.Unit, string(c.Kind), d.Giver, HeadersOf(s), string(one), who.ID, who.Title(), tx.Now.UnixMilli())
			if err != nil {
				return err
			}
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "确认", Kind: "dataset", Row: id, Changes: changed(
			journal.Change{Field: "名单种类", From: d.Kind.Word(), To: c.Kind.Word()}, journal.Change{Field: "影响评估编号", From: d.Assessment, To: c.Assessment}, journal.Change{Field: "列的对应", From: d.Mapping.words(d.Kind), To: c.Mapping.words(c.Kind)})})
	})
}

// changed leaves out what did not change.
func changed(list ...journal.Change) []journal.Change {
	var out []journal.Change
	for _, c := range list {
		if c.From != c.To {
			out = append(out, c)
		}
	}
	return out
}

// same tells whether a person confirms what stands already.
func (d Dataset) same(c Dataset) bool {
	return d.Kind == c.Kind && d.Assessment == c.Assessment && maps.EqualFunc(d.Mapping, c.Mapping, maps.Equal[screening.Override])
}

// words writes a mapping for a person: 姓名＝姓名，身份证号＝C列.
func (m Mapping) words(kind screening.Kind) string {
	var parts []string
	said := map[string]bool{}
	for _, sheet := range slices.Sorted(maps.Keys(m)) {
		var fields []string
		for _, f := range kind.Fields() {
			h := m[sheet][f]
			if letters, ok := strings.CutPrefix(h, "#"); ok {
				h = letters + "列"
			}
			if h != "" {
				fields = append(fields, string(f)+"＝"+h)
			}
		}
		if text := strings.Join(fields, "，"); !said[text] {
			said[text] = true
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "；")
}

// checkMapping refuses what cannot be meant: a sheet without names and numbers, one column for two fields.
func (d Dataset) checkMapping(look screening.Inspection) error {
	any := false
	for _, s := range look.Sheets {
		o, ok := d.Mapping[s.Name]
		if !ok {
			continue
		}
		where := ""
		if s.Name != "" {
			where = "工作表“" + s.Name + "”："
		}
		taken := map[string]screening.Field{}
		for _, f := range d.Kind.Fields() {
			h := o[f]
			if h == "" {
				continue
			}
			if other, twice := taken[h]; twice {
				return org.Invalid{Field: "列的对应", What: fmt.Sprintf("%s“%s”这一列不能既是%s又是%s", where, strings.TrimPrefix(h, "#"), other, f)}
			}
			taken[h] = f
		}
		if o[screening.FieldName] == "" && o[screening.FieldNumber] == "" && o[screening.FieldHeadName] == "" {
			return org.Invalid{Field: "列的对应", What: where + "姓名和身份证号至少要指明一列，不然认不出是谁"}
		}
		any = true
	}
	if !any {
		return org.Invalid{Field: "列的对应", What: "没有一个工作表有表头，不能用来筛查。请在表格里加上一行表头（姓名、身份证号 …）再上传"}
	}
	return nil
}
