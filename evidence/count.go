package evidence

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"bihuan/store"
)

// Counts counts the current evidence of each of some occurrences; those without any are not in it.
func Counts(ctx context.Context, q store.Querier, occurrences []int64) (map[int64]int, error) {
	counts := map[int64]int{}
	if len(occurrences) == 0 {
		return counts, nil
	}
	marks, args := make([]string, len(occurrences)), make([]any, len(occurrences))
	for i, id := range occurrences {
		marks[i], args[i] = fmt.Sprintf("$%d", i+1), id
	}
	type count struct {
		occurrence int64
		n          int
	}
	list, err := store.All(ctx, q, func(rows *sql.Rows, c *count) error { return rows.Scan(&c.occurrence, &c.n) },
		`select occurrence, count(*) from evidence where replaced = 0 and withdrawn = '' and occurrence in (`+strings.Join(marks, ",")+`) group by occurrence`, args...)
	for _, c := range list {
		counts[c.occurrence] = c.n
	}
	return counts, err
}
