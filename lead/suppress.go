package lead

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

// Suppression keeps a finding that was checked from being raised again: while the list that was wrong stays as it was, or until a day.
type Suppression struct {
	ID     int64
	Unit   int64
	Key    string // of the hits, see [Hit.Key]
	Rule   string
	Hit    int64
	Kind   screening.Kind // of the list that was wrong; empty: of the case itself
	Hash   string         // of that list then
	Reason string
	Until  string // last day; [always] as long as the list stays
	Told   string // when and how the giver was told
}

// caseMonths is how long what the policy allows or somebody declined is not raised again: then somebody looks once more.
const caseMonths = 12

// always is the last day of a suppression that ends when its list changes.
const always = "9999-12-31"

const suppressionColumns = `select p.id, p.unit, p.hit_key, p.rule, p.hit, p.kind, p.hash, p.reason, p.until, p.told from suppression p`

func scanSuppression(rows *sql.Rows, s *Suppression) error {
	return rows.Scan(&s.ID, &s.Unit, &s.Key, &s.Rule, &s.Hit, &s.Kind, &s.Hash, &s.Reason, &s.Until, &s.Told)
}

// suppress keeps a finding from being raised again where its check says so.
func suppress(ctx context.Context, tx *store.Tx, h Hit, x Verification) error {
	s := Suppression{Reason: x.Outcome.Word(), Until: always}
	switch x.Outcome {
	case WrongSource:
		s.Reason += "（" + x.Blamed + "）"
		var err error
		if s.Kind, s.Hash, err = wrongList(ctx, tx, h, x.Blamed); err != nil {
			return err
		}
		if s.Hash == "" { // the list is not among those of the screening: nothing tells when it changes
			s.Until = monthsLater(dayOf(tx), caseMonths)
		}
	case Allowed, Declined:
		s.Until = monthsLater(dayOf(tx), caseMonths)
	default:
		return nil
	}
	if s.Hash == "" {
		s.Kind = ""
	}
	_, err := tx.Exec(ctx, `insert into suppression (id, unit, hit_key, rule, hit, kind, hash, reason, until, told, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', 1)`,
		tx.ID(), h.Unit, h.Key, h.Rule, h.ID, string(s.Kind), s.Hash, s.Reason, s.Until)
	if err != nil {
		return fmt.Errorf("suppress: %w", err)
	}
	return nil
}

// wrongList finds the list that an office gave and that a hit rests on, among those of its screening: one the hit cites, else the newest.
func wrongList(ctx context.Context, q store.Querier, h Hit, office string) (screening.Kind, string, error) {
	var kinds []screening.Kind
	for _, b := range Blamed {
		if b.Word == office {
			kinds = b.Kinds
		}
	}
	lists, err := listsOf(ctx, q, h.Screening)
	if err != nil {
		return "", "", err
	}
	var best frozenList
	for _, l := range lists {
		cited := slices.ContainsFunc(h.Sources, func(s HitSource) bool { return s.Dataset == l.ID })
		if slices.Contains(kinds, l.Kind) && (best.ID == 0 || cited) {
			best = l
		}
	}
	return best.Kind, best.Hash, nil
}

// frozenList is a list as a screening used it.
type frozenList struct {
	ID   int64          `json:"id"`
	Kind screening.Kind `json:"kind"`
	Name string         `json:"name"`
	Hash string         `json:"hash"`
	AsOf string         `json:"as_of"`
}

func listsOf(ctx context.Context, q store.Querier, run int64) ([]frozenList, error) {
	text, err := store.One(ctx, q, store.Value[string], `select datasets from screening where id = $1`, run)
	if err != nil || text == "" {
		return nil, err
	}
	var lists []frozenList
	if err := json.Unmarshal([]byte(text), &lists); err != nil {
		return nil, fmt.Errorf("lists of screening: %w", err)
	}
	return lists, nil
}

// ReturnSheet is what goes back to the giver of a wrong list (回告单): which rows, and what is right.
type ReturnSheet struct {
	Office string // 派出所
	Kind   screening.Kind
	Items  []ReturnItem
}

// ReturnItem is one row that is wrong.
type ReturnItem struct {
	Suppression int64
	Hit         Hit
	Found       Verification
	Told        string
}

// Row is the row of the giver's list that the hit cites; empty when it cites none.
func (i ReturnItem) Row() string {
	for _, s := range i.Hit.Sources {
		for _, b := range Blamed {
			if b.Word == i.Found.Blamed && slices.Contains(b.Kinds, s.Kind) {
				return s.String()
			}
		}
	}
	return ""
}

// ReturnSheets lists, by office, what the givers of wrong lists of towns within reach are to be told, or were.
func ReturnSheets(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person) ([]ReturnSheet, error) {
	units, err := reach(ctx, house, who, org.Confirm)
	if err != nil {
		return nil, err
	}
	all, err := store.All(ctx, v, scanSuppression, suppressionColumns+` order by p.id desc`)
	if err != nil {
		return nil, err
	}
	var sheets []ReturnSheet
	for _, s := range all {
		if !slices.Contains(units, s.Unit) || !strings.HasPrefix(s.Reason, WrongSource.Word()) {
			continue
		}
		h, err := hitByID(ctx, v, v, s.Hit)
		if err != nil {
			return nil, err
		}
		x, err := current(ctx, v, v, s.Hit)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(sheets, func(r ReturnSheet) bool { return r.Office == x.Blamed })
		if i < 0 {
			sheets = append(sheets, ReturnSheet{Office: x.Blamed, Kind: s.Kind})
			i = len(sheets) - 1
		}
		sheets[i].Items = append(sheets[i].Items, ReturnItem{s.ID, h, x, s.Told})
	}
	return sheets, nil
}

// TellGiver records that the giver of a list was told what is wrong with it, when and how. What was told stays told.
func TellGiver(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, office, how string) error {
	how = strings.TrimSpace(how)
	if how == "" {
		return org.Invalid{Field: "怎样回告的", What: "请写哪天、怎样送去、谁收的，如 5月6日书面送达，户籍室签收"}
	}
	if err := vault.CheckText("怎样回告的", how); err != nil {
		return err
	}
	sheets, err := ReturnSheets(ctx, v, house, who)
	if err != nil {
		return err
	}
	return v.Write(ctx, func(tx *store.Tx) error {
		for _, s := range sheets {
			for _, i := range s.Items {
				if s.Office != office || i.Told != "" {
					continue
				}
				n, err := tx.Exec(ctx, `update suppression set told = $2, version = version + 1 where id = $1 and told = ''`, i.Suppression, how)
				if err != nil {
					return fmt.Errorf("tell giver: %w", err)
				}
				if n == 0 {
					continue
				}
				err = journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "回告", Kind: "suppression", Row: i.Suppression,
					Changes: []journal.Change{{Field: "疑点", To: i.Hit.label()}, {Field: "回告", To: office + "：" + how}}})
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}
