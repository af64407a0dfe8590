package publicity

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"bihuan/journal"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// Way is how a card was made known (M62).
type Way string

// The ways. Only the first reaches a household: nobody can tell who listened to the others.
const (
	Home      Way = "home"      // 入户
	Broadcast Way = "broadcast" // 广播
	Meeting   Way = "meeting"   // 会议
	Posted    Way = "posted"    // 张贴
)

// WayWord is a way with its word and what is asked of one that reaches nobody by household.
type WayWord struct {
	Way       Way
	Word, Ask string
}

// Ways are all ways.
var Ways = []WayWord{{Home, "入户", ""}, {Broadcast, "广播", "哪个广播、播了几遍"}, {Meeting, "会议", "什么会、哪个组"}, {Posted, "张贴", "贴在哪里"}}

// Word is what people call a way.
func (w Way) Word() string {
	for _, x := range Ways {
		if x.Way == w {
			return x.Word
		}
	}
	return string(w)
}

// Delivery is one time that a card was made known in another way than from door to door.
type Delivery struct {
	ID      int64
	Card    int64
	Village int64
	Day     string
	Way     Way
	People  int // who came
	Said    string
	Staff   int64
	Who     string
	Version int64
}

// deliverable reads a card that can be delivered in a village on a day by somebody, and refuses it otherwise.
func deliverable(ctx context.Context, tx *store.Tx, who org.Person, card int64, village org.Unit, day string, by org.Person) (Card, error) {
	c, err := CardByID(ctx, tx, card)
	if err != nil {
		return c, err
	}
	if err := inTown(c.Unit, village); err != nil {
		return c, err
	}
	if err := who.Check(org.Deliver, village); err != nil {
		return c, err
	}
	if err := checkDay(tx, "日期", day); err != nil {
		return c, err
	}
	switch {
	case by.ID == 0:
		return c, org.Invalid{Field: "谁送的", What: "请选是谁送的"}
	case c.Withdrawn != "" && day >= c.Withdrawn:
		return c, org.Invalid{Field: "政策卡", What: "这一版已经作废，请送新的那一版"}
	case day < c.Issued:
		return c, org.Invalid{Field: "日期", What: fmt.Sprintf("这一版 %s 才制发，请填这天以后的日期", c.Issued)}
	}
	return c, nil
}

// DeliverHome records that households of a village were brought a card on a day by somebody (by), and returns how many were new. Whoever
// has it of that day already is passed over, so that a form sent twice counts once.
func DeliverHome(ctx context.Context, v *vault.Vault, who org.Person, card int64, village org.Unit, day string, by org.Person, households []int64) (int, error) {
	n := 0
	err := v.Write(ctx, func(tx *store.Tx) error {
		c, err := deliverable(ctx, tx, who, card, village, day, by)
		if err != nil {
			return err
		}
		if len(households) == 0 {
			return org.Invalid{Field: "户", What: "请勾选送到的户"}
		}
		there, err := Households(ctx, tx, village.ID)
		if err != nil {
			return err
		}
		known := make(map[int64]bool, len(there))
		for _, h := range there {
			known[h.ID] = true
		}
		for _, h := range households {
			if !known[h] {
				return org.Invalid{Field: "户", What: "有一户不在这个村的名单里，请刷新页面再勾"}
			}
			added, err := tx.Exec(ctx, `insert into delivery (id, card, village, household, day, way, people, said, staff, who, entered_by, entered, version)
				values ($1, $2, $3, $4, $5, $6, 0, '', $7, $8, $9, $10, 1) on conflict (card, household, day) where household > 0 do nothing`,
				tx.ID(), card, village.ID, h, day, Home, by.ID, by.Name, who.ID, tx.Now.UnixMilli())
			if err != nil {
				return fmt.Errorf("insert delivery: %w", err)
			}
			n += int(added)
		}
		if n == 0 {
			return nil
		}
		e := entry(who, "送达", "card", card, journal.Change{Field: "惠民项目", To: c.Benefit}, journal.Change{Field: "村", To: village.Name}, journal.Change{Field: "方式", To: Home.Word()},
			journal.Change{Field: "户数", To: fmt.Sprint(n)}, journal.Change{Field: "谁送的", To: by.Name})
		e.Happened = day
		return journal.Append(ctx, tx, e)
	})
	return n, err
}

// UndoHome takes back that households were brought a card on a day, as when the wrong row was ticked; once somebody was asked about the
// card in the village nothing is taken back. It returns how many were taken back.
func UndoHome(ctx context.Context, v *vault.Vault, who org.Person, card int64, village org.Unit, day string, households []int64) (int, error) {
	n := 0
	err := v.Write(ctx, func(tx *store.Tx) error {
		c, err := CardByID(ctx, tx, card)
		if err != nil {
			return err
		}
		if err := inTown(c.Unit, village); err != nil {
			return err
		}
		if err := who.Check(org.Deliver, village); err != nil {
			return err
		}
		asked, err := store.One(ctx, tx, store.Value[int], `select count(*) from sampled s join wave w on w.id = s.wave
			where w.card = $1 and s.village = $2 and s.answers > '' and s.day >= $3`, card, village.ID, day)
		if err != nil {
			return err
		}
		if asked > 0 {
			return org.Invalid{Field: "户", What: "这天以后已经做过知晓抽查，不能再撤销"}
		}
		for _, h := range households {
			gone, err := tx.Exec(ctx, `delete from delivery where card = $1 and village = $2 and household = $3 and day = $4`, card, village.ID, h, day)
			if err != nil {
				return fmt.Errorf("delete delivery: %w", err)
			}
			n += int(gone)
		}
		if n == 0 {
			return nil
		}
		return journal.Append(ctx, tx, entry(who, "撤销送达", "card", card, journal.Change{Field: "村", To: village.Name}, journal.Change{Field: "日期", To: day}, journal.Change{Field: "户数", To: fmt.Sprint(n)}))
	})
	return n, err
}

// DeliverOther records that a card was broadcast, explained at a meeting or posted. It counts for no household.
func DeliverOther(ctx context.Context, v *vault.Vault, who org.Person, card int64, village org.Unit, way Way, day string, by org.Person, people int, said string) error {
	trim(&said)
	return v.Write(ctx, func(tx *store.Tx) error {
		c, err := deliverable(ctx, tx, who, card, village, day, by)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(Ways, func(x WayWord) bool { return x.Way == way })
		switch {
		case i < 1:
			return org.Invalid{Field: "方式", What: "请选 广播、会议 或 张贴"}
		case people < 0 || people > 100_000 || way != Meeting && people != 0:
			return org.Invalid{Field: "到会人数", What: "会议才填到会人数，请填 0 到 100000"}
		case said == "":
			return org.Invalid{Field: "说明", What: "请写一句：" + Ways[i].Ask}
		}
		if err := limit("说明", said, 100, ""); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `insert into delivery (id, card, village, household, day, way, people, said, staff, who, entered_by, entered, version)
			values ($1, $2, $3, 0, $4, $5, $6, $7, $8, $9, $10, $11, 1) on conflict (card, village, way, day, said) where household = 0 do nothing`,
			tx.ID(), card, village.ID, day, way, people, said, by.ID, by.Name, who.ID, tx.Now.UnixMilli())
		if err != nil {
			return fmt.Errorf("insert delivery: %w", err)
		}
		if n == 0 {
			return nil
		}
		e := entry(who, "宣传", "card", card, journal.Change{Field: "惠民项目", To: c.Benefit}, journal.Change{Field: "村", To: village.Name}, journal.Change{Field: "方式", To: way.Word()},
			journal.Change{Field: "说明", To: said})
		e.Happened = day
		return journal.Append(ctx, tx, e)
	})
}

// Others lists the times that a card was made known in a village in another way than from door to door, newest first.
func Others(ctx context.Context, q store.Querier, card, village int64) ([]Delivery, error) {
	return store.All(ctx, q, func(rows *sql.Rows, d *Delivery) error {
		return rows.Scan(&d.ID, &d.Card, &d.Village, &d.Day, &d.Way, &d.People, &d.Said, &d.Staff, &d.Who, &d.Version)
	}, `select id, card, village, day, way, people, said, staff, who, version from delivery where card = $1 and village = $2 and household = 0 order by day desc, id desc`, card, village)
}

// Tick is a household in the list of those to be brought a card.
type Tick struct {
	Household
	Day string // it was brought to last; empty: not yet
	Who string
}

// Ticks lists the households of a village with the day that each was brought the card last, from a day on: later than the first when it is
// brought once more.
func Ticks(ctx context.Context, q store.Querier, card, village int64, since string) ([]Tick, error) {
	return store.All(ctx, q, func(rows *sql.Rows, t *Tick) error {
		return rows.Scan(&t.ID, &t.Village, &t.Number, &t.Head, &t.Team, &t.Day, &t.Who)
	}, `select h.id, h.village, h.number, h.head, h.team, coalesce(d.day, ''), coalesce(d.who, '') from household h
		left join delivery d on d.card = $1 and d.household = h.id and d.day = (select max(x.day) from delivery x where x.card = $1 and x.household = h.id and x.day >= $3)
		where h.village = $2 and h.gone = '' order by length(h.number), h.number`, card, village, since)
}

// Reach is how far a card has come in a village.
type Reach struct {
	Village    org.Unit
	Households int // there are; 0: nobody has said
	Reached    int // by this edition, from door to door
	OldOnly    int // have an earlier edition and not this one; they count as not reached
	Broadcasts int
	Meetings   int
	People     int // who came to them
	Posted     int
	Last       string // day of the last delivery of any way
}

// Share is how many percent of the households have the card, rounded down: 95 is not said of 94.9.
func (r Reach) Share() int {
	if r.Households == 0 {
		return 0
	}
	return 100 * r.Reached / r.Households
}

// Standing is how a village stands with a card.
type Standing string

// The standings.
const (
	NoList  Standing = "nolist"  // nobody has said how many households there are
	Reached Standing = "reached" // enough households have it
	Running Standing = "running" // there is time
	Behind  Standing = "behind"  // the term is over and too few have it
	Ended   Standing = "ended"   // the card is withdrawn
)

// Until is the last day by which a card has to have reached enough households of each village (M62: 60 days).
func (c Card) Until(rules ledger.Rules) string {
	d, err := time.Parse(time.DateOnly, c.Start())
	if err != nil {
		return ""
	}
	return d.AddDate(0, 0, rules.ReachDays).Format(time.DateOnly)
}

// Standing says how a village stands on a day.
func (r Reach) Standing(c Card, day string, rules ledger.Rules) Standing {
	switch {
	case r.Households == 0:
		return NoList
	case 100*r.Reached >= rules.ReachShare*r.Households:
		return Reached
	case c.Withdrawn != "":
		return Ended
	case day > c.Until(rules):
		return Behind
	}
	return Running
}

// Short is how many households are missing until a village has enough.
func (r Reach) Short(rules ledger.Rules) int {
	return max(0, (rules.ReachShare*r.Households+99)/100-r.Reached)
}

// Coverage says of each village how far a card has come.
func Coverage(ctx context.Context, q store.Querier, c Card, villages []org.Unit) ([]Reach, error) {
	all, err := HouseholdCounts(ctx, q, c.Unit)
	if err != nil {
		return nil, err
	}
	reached, err := countBy(ctx, q, `select d.village, count(distinct d.household) from delivery d join household h on h.id = d.household
		where d.card = $1 and h.gone = '' group by d.village`, c.ID)
	if err != nil {
		return nil, err
	}
	old, err := countBy(ctx, q, `select d.village, count(distinct d.household) from delivery d join card c on c.id = d.card join household h on h.id = d.household
		where c.series = $1 and c.edition < $2 and h.gone = ''
		and not exists (select 1 from delivery x where x.card = $3 and x.household = d.household) group by d.village`, c.Series, c.Edition, c.ID)
	if err != nil {
		return nil, err
	}
	type told struct {
		village   int64
		way       Way
		n, people int
		last      string
	}
	ways, err := store.All(ctx, q, func(rows *sql.Rows, t *told) error { return rows.Scan(&t.village, &t.way, &t.n, &t.people, &t.last) },
		`select village, way, count(*), sum(people), max(day) from delivery where card = $1 group by village, way`, c.ID)
	if err != nil {
		return nil, err
	}
	list := make([]Reach, len(villages))
	for i, u := range villages {
		r := Reach{Village: u, Households: all[u.ID], Reached: reached[u.ID], OldOnly: old[u.ID]}
		for _, t := range ways {
			if t.village != u.ID {
				continue
			}
			r.Last = max(r.Last, t.last)
			switch t.way {
			case Broadcast:
				r.Broadcasts = t.n
			case Meeting:
				r.Meetings, r.People = t.n, t.people
			case Posted:
				r.Posted = t.n
			}
		}
		list[i] = r
	}
	return list, nil
}

// delivered tells whether somebody made any edition of a card known in a village.
func delivered(ctx context.Context, q store.Querier, series, village, staff int64) (bool, error) {
	n, err := store.One(ctx, q, store.Value[int], `select count(*) from delivery d join card c on c.id = d.card where c.series = $1 and d.village = $2 and d.staff = $3`, series, village, staff)
	return n > 0, err
}
