package proof

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"bihuan/journal"
	"bihuan/store"
)

// OfLog is a database checked with the key of its own log and the checkpoints beside it, without files.
func OfLog(log journal.Log) (Subject, error) {
	key, err := journal.ParseVerifier(log.Key.Verifier)
	if err != nil {
		return Subject{}, err
	}
	s := Subject{DB: log.DB, Keys: []note.Verifier{key}}
	if log.File != "" {
		s.Checkpoints, err = journal.KeptNotes(log.File)
	}
	return s, err
}

// dailyTask is the name of the check in the list of what runs once a day.
const dailyTask = "verify"

// Daily checks the record once a day and remembers what was found: a row altered by hand is found before the next proper change of it
// makes the alteration part of the record. It does nothing when today's check is done.
func Daily(ctx context.Context, log journal.Log) error {
	today := log.DB.Now().Format(time.DateOnly)
	if day, _, err := LastDaily(ctx, log.DB); err == nil && day == today || err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	s, err := OfLog(log)
	if err != nil {
		return err
	}
	r, err := Verify(ctx, s)
	if err != nil {
		return err
	}
	return log.DB.Housekeep(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `insert into daily (task, day, done, said) values ($1, $2, $3, $4) on conflict (task, day) do nothing`,
			dailyTask, today, tx.Now.UnixMilli(), r.summary())
		return err
	})
}

// LastDaily is the day of the last daily check, and what was wrong then, empty for nothing; [store.ErrNotFound] before the first.
func LastDaily(ctx context.Context, q store.Querier) (day, wrong string, err error) {
	last, err := store.One(ctx, q, func(rows *sql.Rows, x *[2]string) error { return rows.Scan(&x[0], &x[1]) },
		`select day, said from daily where task = $1 order by day desc limit 1`, dailyTask)
	return last[0], last[1], err
}

// Sound refuses, with the first difference, a record that is not in order. Whoever is about to erase asks it: what was altered would be
// hidden.
func Sound(ctx context.Context, log journal.Log) error {
	s, err := OfLog(log)
	if err != nil {
		return err
	}
	r, err := Verify(ctx, s)
	if err == nil && !r.OK() {
		err = Unsound{r.Differences[0]}
	}
	return err
}

// Unsound is the error of a record that is not in order.
type Unsound struct{ Difference Difference }

func (u Unsound) Error() string {
	return "存证日志核对不通过，请先运行 bihuan verify 查清：" + u.Difference.String()
}

// summary is what is wrong in a few words, without names of people.
func (r Report) summary() string {
	if r.OK() {
		return ""
	}
	var words []string
	for _, d := range r.Differences[:min(len(r.Differences), 3)] {
		d.Who, d.At = "", time.Time{}
		words = append(words, d.String())
	}
	return fmt.Sprintf("%d 处不符：%s", int64(len(r.Differences))+r.More, strings.Join(words, "；"))
}
