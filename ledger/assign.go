package ledger

import (
	"context"
	"database/sql"
	"fmt"

	"bihuan/store"
)

// Ungiven is a finding of a plan with measures that nobody was given yet.
type Ungiven struct {
	Finding  int64
	Measures int // so many of them
}

// UngivenOf lists the findings of a plan that can be worked on and have measures nobody was given, in the order of the plan.
func UngivenOf(ctx context.Context, q store.Querier, plan int64) ([]Ungiven, error) {
	return store.All(ctx, q, func(rows *sql.Rows, u *Ungiven) error { return rows.Scan(&u.Finding, &u.Measures) },
		`select f.id, count(*) from finding f join section s on s.id = f.section join measure m on m.finding = f.id
		where f.plan = $1 and f.dropped = 0 and f.closing = 0
			and not exists (select 1 from duty d where d.measure = m.id and d.state <> 'stopped')
		group by f.id, s.ord, f.ord order by s.ord, f.ord`, plan)
}

// AssignProblem is what is wrong with one assignment of a list.
type AssignProblem struct {
	Row int // index into the list
	Invalid
}

// AssignProblems are everything wrong with the assignments of a list, none of which was given.
type AssignProblems []AssignProblem

func (p AssignProblems) Error() string {
	if len(p) == 1 {
		return p[0].Invalid.Error()
	}
	return fmt.Sprintf("有%d行要改，一行也没有交办。第%d行%s", len(p), p[0].Row+1, p[0].Invalid.Error())
}

// Unwrap gives the problems as [Invalid] values.
func (p AssignProblems) Unwrap() []error {
	errs := make([]error, len(p))
	for i, x := range p {
		errs[i] = x.Invalid
	}
	return errs
}
