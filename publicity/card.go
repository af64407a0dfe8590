package publicity

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// Card is one edition of a policy card (政策明白卡): what a benefit is, in words that a villager understands.
type Card struct {
	ID        int64
	Unit      int64  // town
	Programme int64  // of package benefit; 0 for none
	Series    int64  // id of the first edition
	Edition   int64  // from 1
	Benefit   string // 高龄津贴
	Who       string // who gets it; clauses parted by line ends or ；
	Amount    string // how much
	Place     string // where to ask for it, and with what
	Phone     string // of the office
	ValidFrom string
	ValidTo   string // last day; empty: until changed
	Basis     string // the document
	Issued    string // day of this edition
	Withdrawn string // day; empty while in force
	Why       string // it was withdrawn
	Version   int64
}

// Start is the day from which on the card could reach people: it holds and it exists (M62 counts from it).
func (c Card) Start() string { return max(c.ValidFrom, c.Issued) }

// promises tells whether two cards promise the same to the same people from the same day on.
func (c Card) promises(o Card) bool {
	return c.Benefit == o.Benefit && c.Who == o.Who && c.Amount == o.Amount && c.ValidFrom == o.ValidFrom
}

// says tells whether two cards read the same.
func (c Card) says(o Card) bool {
	return c.promises(o) && c.Programme == o.Programme && c.Place == o.Place && c.Phone == o.Phone && c.ValidTo == o.ValidTo && c.Basis == o.Basis
}

const cardColumns = `select id, unit, programme, series, edition, benefit, who, amount, place, phone, valid_from, valid_to, basis, issued, withdrawn, why, version from card`

func scanCard(rows *sql.Rows, c *Card) error {
	return rows.Scan(&c.ID, &c.Unit, &c.Programme, &c.Series, &c.Edition, &c.Benefit, &c.Who, &c.Amount, &c.Place, &c.Phone, &c.ValidFrom, &c.ValidTo,
		&c.Basis, &c.Issued, &c.Withdrawn, &c.Why, &c.Version)
}

// Cards lists the cards of a town, those in force first, each with its newest edition first.
func Cards(ctx context.Context, q store.Querier, town int64) ([]Card, error) {
	return store.All(ctx, q, scanCard, cardColumns+` where unit = $1 order by case when withdrawn = '' then 0 else 1 end, benefit, series, edition desc`, town)
}

// CardByID reads one card, or [store.ErrNotFound]. Cards are public; whose they are is for the caller to look at.
func CardByID(ctx context.Context, q store.Querier, id int64) (Card, error) {
	return store.One(ctx, q, scanCard, cardColumns+` where id = $1`, id)
}

// Editions lists the editions of a card, newest first.
func Editions(ctx context.Context, q store.Querier, series int64) ([]Card, error) {
	return store.All(ctx, q, scanCard, cardColumns+` where series = $1 order by edition desc`, series)
}

// mostClauses is how many conditions a card names at most: more do not go on one page in large type.
const mostClauses = 6

// check refuses a card that a villager could do nothing with.
func (c *Card) check() error {
	trim(&c.Benefit, &c.Who, &c.Amount, &c.Place, &c.Phone, &c.Basis, &c.ValidFrom, &c.ValidTo)
	for _, f := range []struct {
		field, text string
		most        int
		what        string
	}{
		{"惠民项目", c.Benefit, 20, "请写明是哪一项，如 高龄津贴"},
		{"谁能享受", c.Who, 160, "请写明谁能享受，一条写一行，如 年满80周岁"},
		{"能享受多少", c.Amount, 100, "请写明多少钱、多久发一次，如 80—99岁每月50元，按季发到一卡通"},
		{"在哪里办", c.Place, 100, "请写明到哪里办、带什么，如 到村委会，带身份证和户口簿"},
		{"咨询电话", c.Phone, 40, "请写办公电话，群众看不懂的可以打电话问"},
		{"依据文件", c.Basis, 80, "请写明文件名或文号"},
	} {
		check := limit
		if f.field == "咨询电话" { // of an office
			check = length
		}
		if err := check(f.field, f.text, f.most, f.what); err != nil {
			return err
		}
	}
	if len(c.Clauses()) > mostClauses || strings.Count(c.Amount, "\n")+strings.Count(c.Place, "\n") > 4 {
		return org.Invalid{Field: "谁能享受", What: fmt.Sprintf("分得太碎，一页印不下。谁能享受最多 %d 条，其余的少分行", mostClauses)}
	}
	if _, err := time.Parse(time.DateOnly, c.ValidFrom); err != nil {
		return org.Invalid{Field: "从哪天起", What: "请填这项标准从哪一天起执行"}
	}
	if c.ValidTo == "" {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, c.ValidTo); err != nil || c.ValidTo < c.ValidFrom {
		return org.Invalid{Field: "到哪天止", What: "请填起日以后的日期，没有定的留空"}
	}
	return nil
}

// Issue makes a new card of a town. One that reads the same and is in force is that card.
func Issue(ctx context.Context, v *vault.Vault, who org.Person, town org.Unit, c Card) (int64, error) {
	if town.Kind != org.Town {
		return 0, org.Invalid{Field: "镇", What: "政策明白卡由镇制发，请选一个镇"}
	}
	var id int64
	err := v.Write(ctx, func(tx *store.Tx) error {
		if err := who.Check(org.Deliver, town); err != nil {
			return err
		}
		if err := c.check(); err != nil {
			return err
		}
		now, err := store.All(ctx, tx, scanCard, cardColumns+` where unit = $1 and withdrawn = '' and benefit = $2`, town.ID, c.Benefit)
		if err != nil {
			return err
		}
		for _, o := range now {
			if o.says(c) {
				id = o.ID
				return nil
			}
		}
		if len(now) > 0 {
			return org.Invalid{Field: "惠民项目", What: fmt.Sprintf("“%s”已有一张有效的政策卡。标准变了请在那张卡上改，旧卡会自动作废", c.Benefit)}
		}
		c.Unit, c.Edition = town.ID, 1
		id, err = insertCard(ctx, tx, who, c)
		return err
	})
	return id, err
}

func insertCard(ctx context.Context, tx *store.Tx, who org.Person, c Card) (int64, error) {
	id := tx.ID()
	if c.Series == 0 {
		c.Series = id
	}
	_, err := tx.Exec(ctx, `insert into card (id, unit, programme, series, edition, benefit, who, amount, place, phone, valid_from, valid_to, basis, issued, withdrawn, why, staff, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', '', $15, 1)`, id, c.Unit, c.Programme, c.Series, c.Edition, c.Benefit, c.Who, c.Amount,
		c.Place, c.Phone, c.ValidFrom, c.ValidTo, c.Basis, today(tx), who.ID)
	if err != nil {
		return 0, fmt.Errorf("insert card: %w", err)
	}
	return id, journal.Append(ctx, tx, entry(who, "制发", "card", id, journal.Change{Field: "惠民项目", To: c.Benefit}, journal.Change{Field: "版次", To: fmt.Sprint(c.Edition)},
		journal.Change{Field: "谁能享受", To: c.Who}, journal.Change{Field: "能享受多少", To: c.Amount}, journal.Change{Field: "从哪天起", To: c.ValidFrom}, journal.Change{Field: "依据文件", To: c.Basis}))
}

// Revise changes a card in force and returns the id of the edition that holds then. Another benefit, circle, amount or first day is
// another edition: the one before is withdrawn, and whom it reached counts as not reached (M62). A place, a telephone, a last day or a
// document is put right on the card itself.
func Revise(ctx context.Context, v *vault.Vault, who org.Person, town org.Unit, id, version int64, c Card) (int64, error) {
	holds := id
	err := v.Write(ctx, func(tx *store.Tx) error {
		old, err := ofTown(ctx, tx, town, id)
		if err != nil {
			return err
		}
		if err := who.Check(org.Deliver, town); err != nil {
			return err
		}
		if err := c.check(); err != nil {
			return err
		}
		if old.says(c) {
			return nil
		}
		if old.Withdrawn != "" {
			editions, err := Editions(ctx, tx, old.Series)
			if err != nil {
				return err
			}
			if newest := editions[0]; newest.Withdrawn == "" && newest.says(c) {
				holds = newest.ID // sent twice
				return nil
			}
			return org.Invalid{Field: "政策卡", What: "这一版已经作废，请在有效的那一版上改"}
		}
		if old.promises(c) {
			return correct(ctx, tx, who, old, version, c)
		}
		n, err := tx.Exec(ctx, `update card set withdrawn = $3, why = $4, version = version + 1 where id = $1 and version = $2`, id, version, today(tx), "标准有变，已换新卡")
		if err != nil {
			return fmt.Errorf("withdraw card: %w", err)
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "card", id)
		}
		if err := journal.Append(ctx, tx, entry(who, "作废", "card", id, journal.Change{Field: "原因", To: "标准有变，已换新卡"})); err != nil {
			return err
		}
		c.Unit, c.Series, c.Edition = old.Unit, old.Series, old.Edition+1
		holds, err = insertCard(ctx, tx, who, c)
		return err
	})
	return holds, err
}

// correct puts right what is no promise of a card.
func correct(ctx context.Context, tx *store.Tx, who org.Person, old Card, version int64, c Card) error {
	n, err := tx.Exec(ctx, `update card set programme = $3, place = $4, phone = $5, valid_to = $6, basis = $7, version = version + 1 where id = $1 and version = $2`,
		old.ID, version, c.Programme, c.Place, c.Phone, c.ValidTo, c.Basis)
	if err != nil {
		return fmt.Errorf("correct card: %w", err)
	}
	if n == 0 {
		return journal.StaleRow(ctx, tx, "card", old.ID)
	}
	changes := altered(journal.Change{Field: "在哪里办", From: old.Place, To: c.Place}, journal.Change{Field: "到哪天止", From: old.ValidTo, To: c.ValidTo},
		journal.Change{Field: "依据文件", From: old.Basis, To: c.Basis})
	if old.Phone != c.Phone {
		changes = append(changes, journal.Change{Field: "咨询电话", To: "已改"}) // no telephone number stands in the journal
	}
	return journal.Append(ctx, tx, entry(who, "修改", "card", old.ID, changes...))
}

// Withdraw takes a card out of use, as when a benefit has ended.
func Withdraw(ctx context.Context, v *vault.Vault, who org.Person, town org.Unit, id, version int64, why string) error {
	trim(&why)
	return v.Write(ctx, func(tx *store.Tx) error {
		old, err := ofTown(ctx, tx, town, id)
		if err != nil {
			return err
		}
		if err := who.Check(org.Deliver, town); err != nil {
			return err
		}
		if err := limit("作废原因", why, 100, "请写明为什么作废，如 项目已取消（文号）"); err != nil {
			return err
		}
		if old.Withdrawn != "" {
			return nil
		}
		n, err := tx.Exec(ctx, `update card set withdrawn = $3, why = $4, version = version + 1 where id = $1 and version = $2`, id, version, today(tx), why)
		if err != nil {
			return fmt.Errorf("withdraw card: %w", err)
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "card", id)
		}
		return journal.Append(ctx, tx, entry(who, "作废", "card", id, journal.Change{Field: "原因", To: why}))
	})
}

// ofTown reads a card of a town, or [store.ErrNotFound].
func ofTown(ctx context.Context, q store.Querier, town org.Unit, id int64) (Card, error) {
	return store.One(ctx, q, scanCard, cardColumns+` where id = $1 and unit = $2`, id, town.ID)
}
