package lead

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// DiscardScreening says of a finished screening that it was a mistake (作废): a wrong list, a wrong day. It stays to be seen, with who said
// so and why; its hits count for nothing any more. That goes only while nobody has been given any of them to check, has checked one or has
// made more of it, and while nobody of a sample drawn on it was looked at. What later screenings took for under way because of it is theirs
// from now on, the earliest of them coming first. Discarding again changes nothing. Errors: [org.Invalid], [journal.Stale], [org.Denied].
func DiscardScreening(ctx context.Context, v *vault.Vault, house store.Querier, who org.Person, id, version int64, why string) error {
	s, err := ScreeningByID(ctx, v, house, who, id)
	if err != nil {
		return err
	}
	town, err := org.UnitByID(ctx, house, s.Unit)
	if err != nil {
		return err
	}
	if err := who.Check(org.Screen, town); err != nil {
		return err
	}
	switch s.State {
	case ScreeningDiscarded:
		return nil
	case ScreeningDone:
	default:
		return org.Invalid{Field: "作废", What: "只有已完成的筛查才用作废；没有跑完的没有留下疑点"}
	}
	if why, err = needed("作废的原因", why, "请写明错在哪里，如 户籍用了旧的一份"); err != nil {
		return err
	}
	return v.Write(ctx, func(tx *store.Tx) error {
		if err := lockRuns(ctx, tx, s.Unit); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update screening set state = 'discarded', discarded = $3, discarded_by = $4, discarded_why = $5, version = version + 1 where id = $1 and version = $2 and state = 'done'`,
			id, version, tx.Now.UnixMilli(), who.Title(), why)
		if err == nil && n == 0 {
			return journal.StaleRow(ctx, tx, "screening", id)
		}
		if err != nil {
			return err
		}
		if n, err = tx.Exec(ctx, `update hit set state = 'discarded', version = version + 1 where screening = $1 and state in ('new', 'same', 'suppressed')`, id); err != nil {
			return err
		}
		// Only now does nobody else change them.
		if err := s.MayDiscard(ctx, tx); err != nil {
			return err
		}
		// What was given back between the two, its duty dropped, is neither: the update took it for handed out, the check for new.
		left, err := store.One(ctx, tx, store.Value[int], `select count(*) from hit where screening = $1 and state <> 'discarded'`, id)
		if err != nil {
			return err
		}
		if left > 0 {
			return org.Invalid{Field: "作废", What: fmt.Sprintf("%s有 %d 条疑点刚刚变动，没有作废。请刷新页面再试", s.Title(), left)}
		}
		if err := s.passOn(ctx, v, tx); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "作废", Kind: "screening", Row: id, Changes: []journal.Change{
			{Field: "疑点", To: fmt.Sprintf("%d条不再算数", n)}, {Field: "原因", To: why}}})
	})
}

// lockRuns keeps the finished screenings of a town, and with them who their hits are the same as, from being changed by anybody else.
func lockRuns(ctx context.Context, tx *store.Tx, unit int64) error {
	ids, err := store.All(ctx, tx, store.Value[int64], `select id from screening where unit = $1 and state = 'done' order by id`, unit)
	for _, id := range ids {
		if err := tx.Lock(ctx, "screening", id); err != nil {
			return err
		}
	}
	return err
}

// lockRun keeps a screening from being discarded meanwhile, and refuses one that was; what says what cannot be done then.
func lockRun(ctx context.Context, tx *store.Tx, id int64, what string) error {
	if err := tx.Lock(ctx, "screening", id); err != nil {
		return err
	}
	state, err := store.One(ctx, tx, store.Value[ScreeningState], `select state from screening where id = $1`, id)
	if err == nil && state == ScreeningDiscarded {
		return org.Invalid{Field: "筛查", What: "已经作废，" + what}
	}
	return err
}

// MayDiscard tells, with an [org.Invalid] that says why not, whether nobody has been at work on what a finished screening found.
func (s Screening) MayDiscard(ctx context.Context, q store.Querier) error {
	const hits = `(select id from hit where screening = $1)`
	for _, x := range []struct{ query, what string }{
		{`select count(*) from hit where screening = $1 and (state not in ('new', 'same', 'suppressed', 'discarded') or application <> 0)`, "有 %d 条疑点已经交办、核实或报县，不能作废。错的请逐条核实，写明哪家名单有误"},
		{`select count(*) from verification where hit in ` + hits, "有 %d 条疑点已经有人核实过，不能作废。错的请逐条核实，写明哪家名单有误"},
		{`select count(*) from application where hit in ` + hits, "有 %d 个事项是从它的疑点来的，不能作废"},
		{`select count(*) from handout where screening = $1 and state = 'open'`, "有 %d 个村正在核实，不能作废"},
		{`select count(*) from audit_person p join audit a on a.id = p.audit where a.screening = $1 and p.result <> ''`, "为它抽样看过 %d 人，不能作废"},
	} {
		n, err := store.One(ctx, q, store.Value[int], x.query, s.ID)
		if err != nil {
			return err
		}
		if n > 0 {
			return org.Invalid{Field: "作废", What: s.Title() + fmt.Sprintf(x.what, n)}
		}
	}
	return nil
}

// passOn gives what later screenings took for under way because of a discarded one to the earliest of them: there it is new. One with an
// application goes on where it was, and the others are the same as that.
func (s Screening) passOn(ctx context.Context, v *vault.Vault, tx *store.Tx) error {
	type heir struct {
		id, first, screening, application int64
		rule                              string
	}
	heirs, err := store.All(ctx, tx, func(rows *sql.Rows, h *heir) error {
		return rows.Scan(&h.id, &h.first, &h.screening, &h.application, &h.rule)
	}, `select h.id, h.first_hit, h.screening, h.application, h.rule from hit h where h.state = 'same' and h.first_hit in (select id from hit where screening = $1)
			order by case when h.application <> 0 then 0 else 1 end, h.id`, s.ID)
	if err != nil {
		return err
	}
	next := map[int64]int64{} // by the hit that counts no more: the one that takes its place
	raised := map[int64]map[string]int{}
	for _, h := range heirs {
		set, first := `state = 'new', first_hit = $2`, int64(0)
		switch {
		case h.application != 0: // its screening never counted it as another's
			set = `state = 'confirmed', closed_why = '', first_hit = $2`
			if next[h.first] == 0 {
				next[h.first] = h.id
			}
		case next[h.first] != 0:
			set, first = `first_hit = $2`, next[h.first]
		default:
			next[h.first] = h.id
			if raised[h.screening] == nil {
				raised[h.screening] = map[string]int{}
			}
			raised[h.screening][h.rule]--
		}
		if _, err := tx.Exec(ctx, `update hit set `+set+`, version = version + 1 where id = $1`, h.id, first); err != nil {
			return err
		}
	}
	for _, h := range heirs {
		if rules := raised[h.screening]; rules != nil {
			delete(raised, h.screening)
			n := 0
			for _, less := range rules {
				n -= less
			}
			if err := recount(ctx, v, tx, h.screening, rules, "接办", fmt.Sprintf("%s已作废，%d条疑点由这一次交办", s.Title(), n)); err != nil {
				return err
			}
		}
	}
	return nil
}

// recount adds to what a screening counts as under way, by rule, and says in its journal why.
func recount(ctx context.Context, v *vault.Vault, tx *store.Tx, id int64, rules map[string]int, verb, why string) error {
	x, err := screeningByID(ctx, v, tx, id)
	if err != nil {
		return err
	}
	was := x.Sum().Same
	for rule, n := range rules {
		if i := slices.IndexFunc(x.Counts, func(c RuleCount) bool { return c.Rule == rule }); i >= 0 {
			x.Counts[i].Same += n
		}
	}
	counts, err := json.Marshal(x.Counts)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update screening set counts = $2, version = version + 1 where id = $1`, id, string(counts)); err != nil {
		return err
	}
	return journal.Append(ctx, tx, journal.Entry{Who: org.Program.Title(), Verb: verb, Kind: "screening", Row: id, Changes: []journal.Change{
		{Field: "已在核实", From: fmt.Sprint(was), To: fmt.Sprint(x.Sum().Same)}, {Field: "原因", To: why}}})
}
