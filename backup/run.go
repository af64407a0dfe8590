package backup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"bihuan/evidence"
	"bihuan/ledger"
	"bihuan/org"
	"bihuan/store"
)

// Config is what a [Keeper] needs. DB, Files and Folder are required.
type Config struct {
	DB         *store.DB
	Residents  *store.DB // the database of residents; nil: there is none
	SealKey    string    // file of its key: it goes into encrypted backups, and drills open with it what is sealed
	Files      *evidence.Files
	Folder     string // where backups are kept; drills are held there too
	Program    string // version of the program
	Recipients []age.Recipient
	Identities []age.Identity // what opens the backups again, for drills
	PublicKeys []string       // that checkpoints of the record are checked with
	// ResidentKeys are those of the record of the database of residents.
	ResidentKeys []string
	Log          *slog.Logger // nil: slog.Default
}

// Keeper makes backups when they are due and rehearses restoring them. Several, in several programs, may work on one database.
type Keeper struct{ Config }

// NewKeeper makes a keeper.
func NewKeeper(c Config) *Keeper {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return &Keeper{c}
}

const (
	// leaseTime is how long a backup or a drill belongs to the program that is at it; it goes on saying so while it is.
	leaseTime = 3 * time.Minute
	// tryAgain is how long after a failure it is tried anew, and mostTries how often; then it is left to a person.
	tryAgain  = 30 * time.Minute
	mostTries = 4
)

// Run makes what is due until ctx ends, looking as often as every says.
func (k *Keeper) Run(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := k.Pass(ctx); err != nil && ctx.Err() == nil {
			k.Log.ErrorContext(ctx, "backup", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Pass makes the backup and holds the drill that are due now or were asked for, unless another program is at it.
func (k *Keeper) Pass(ctx context.Context) error {
	rules, err := ledger.LoadRules(ctx, k.DB)
	if err != nil {
		return err
	}
	now := k.DB.Now()
	today := now.Format(time.DateOnly)
	if err := k.giveUp(ctx); err != nil {
		return err
	}
	if now.Hour() >= rules.BackupHour {
		if err := k.due(ctx, "backup", today); err != nil {
			return err
		}
	}
	if err := k.each(ctx, "backup", func(ctx context.Context, id int64) error { return k.backUp(ctx, id, rules) }); err != nil {
		return err
	}
	due, err := k.drillDue(ctx, today, rules.DrillDays)
	if err == nil && due {
		err = k.due(ctx, "drill", today)
	}
	if err != nil {
		return err
	}
	return k.each(ctx, "drill", k.drill)
}

// giveUp ends what was begun long ago and never came to its end: the day's own is done, not that of the day before.
func (k *Keeper) giveUp(ctx context.Context) error {
	now := k.DB.Now()
	for _, table := range []string{"backup", "drill"} {
		n, err := store.One(ctx, k.DB, store.Value[int64], `select count(*) from `+table+` where `+stale, now.Add(-staleAfter).UnixMilli(), now.UnixMilli(), mostTries)
		if err != nil || n == 0 {
			return err
		}
		err = k.DB.Housekeep(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `update `+table+` set state = 'failed', tries = $3, error = case when error = '' then '程序中断，没有做完' else error end where `+stale,
				now.Add(-staleAfter).UnixMilli(), now.UnixMilli(), mostTries)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// staleAfter is how long something may be tried again; stale is what that is over for. $1 is the instant before which it was begun.
const (
	staleAfter = 20 * time.Hour
	stale      = `state in ('asked', 'running', 'failed') and started < $1 and lease <= $2 and tries < $3`
)

// due enters that something is to be done on a day, once.
func (k *Keeper) due(ctx context.Context, table, day string) error {
	n, err := store.One(ctx, k.DB, store.Value[int64], `select count(*) from `+table+` where turn = $1`, day)
	if err != nil || n > 0 {
		return err
	}
	return k.DB.Housekeep(ctx, func(tx *store.Tx) error { return enter(ctx, tx, table, day) })
}

func enter(ctx context.Context, tx *store.Tx, table, turn string) error {
	id := tx.ID()
	if turn == "" {
		turn = fmt.Sprint(id)
	}
	columns, values := `size, encrypted, schema, content, missing, hash, removed`, `0, 0, 0, 0, 0, '', 0`
	if table == "drill" {
		columns, values = `made, ready, checked, report`, `0, 0, 0, ''`
	}
	_, err := tx.Exec(ctx, `insert into `+table+` (id, turn, state, lease, tries, started, ended, name, rows, files, error, `+columns+`)
		values ($1, $2, 'asked', 0, 0, $3, 0, '', 0, 0, '', `+values+`) on conflict (turn) do nothing`, id, turn, tx.Now.UnixMilli())
	return err
}

// Ask asks for a backup now, and AskDrill for a drill. A program that serves the database sees to it within a minute.
func Ask(ctx context.Context, db *store.DB, who org.Person) error { return ask(ctx, db, who, "backup") }

// AskDrill asks for a drill; see [Ask].
func AskDrill(ctx context.Context, db *store.DB, who org.Person) error {
	return ask(ctx, db, who, "drill")
}

func ask(ctx context.Context, db *store.DB, who org.Person, table string) error {
	return db.Housekeep(ctx, func(tx *store.Tx) error {
		root, err := org.Root(ctx, tx)
		if err != nil {
			return err
		}
		if err := who.Check(org.Operate, root); err != nil {
			return err
		}
		n, err := store.One(ctx, tx, store.Value[int64], `select count(*) from `+table+` where state in ('asked', 'running')`)
		if err != nil || n > 0 {
			return err // it is on its way already
		}
		return enter(ctx, tx, table, "")
	})
}

// drillDue tells whether a drill is due: none was held in the last days, there is a backup, and no newer one is on its way.
func (k *Keeper) drillDue(ctx context.Context, today string, days int) (bool, error) {
	ready, err := store.One(ctx, k.DB, store.Value[bool], `select case when exists (select 1 from backup where state = 'done' and removed = 0)
		and not exists (select 1 from backup where state in ('asked', 'running')) then 1 else 0 end`)
	if err != nil || !ready {
		return false, err
	}
	last, err := store.One(ctx, k.DB, store.Value[int64], `select coalesce(max(started), 0) from drill where state <> 'asked'`)
	if err != nil || last == 0 {
		return err == nil, err
	}
	day, err := time.ParseInLocation(time.DateOnly, time.UnixMilli(last).Format(time.DateOnly), time.Local)
	return err == nil && day.AddDate(0, 0, days).Format(time.DateOnly) <= today, err
}

// each takes what waits in a table, one after the other, and does it.
func (k *Keeper) each(ctx context.Context, table string, do func(context.Context, int64) error) error {
	ids, err := store.All(ctx, k.DB, store.Value[int64], `select id from `+table+` where `+takeable+` order by id`, k.DB.Now().UnixMilli(), mostTries)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := k.take(ctx, table, id, do); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// takeable is what nobody is at. $1 is now, $2 how often is tried.
const takeable = `state in ('asked', 'running', 'failed') and lease <= $1 and tries < $2`

// errLost is the error of somebody whose lease was taken over.
var errLost = errors.New("another program has taken over")

// take does one thing under a lease that is renewed while it lasts.
func (k *Keeper) take(ctx context.Context, table string, id int64, do func(context.Context, int64) error) error {
	var lease int64
	var mine bool
	err := k.DB.Housekeep(ctx, func(tx *store.Tx) error {
		lease = tx.Now.Add(leaseTime).UnixMilli()
		n, err := tx.Exec(ctx, `update `+table+` set state = 'running', lease = $3, tries = tries + 1, started = $1, error = '' where id = $4 and `+takeable,
			tx.Now.UnixMilli(), mostTries, lease, id)
		mine = n == 1
		return err
	})
	if err != nil || !mine {
		return err
	}
	working, cancel := context.WithCancelCause(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		tick := time.NewTicker(leaseTime / 3)
		defer tick.Stop()
		for {
			select {
			case <-working.Done():
				return
			case <-tick.C:
			}
			err := k.DB.Housekeep(working, func(tx *store.Tx) error {
				next := tx.Now.Add(leaseTime).UnixMilli()
				n, err := tx.Exec(working, `update `+table+` set lease = $1 where id = $2 and state = 'running' and lease = $3`, next, id, lease)
				if err == nil && n == 0 {
					err = errLost
				}
				if err == nil {
					lease = next
				}
				return err
			})
			if errors.Is(err, errLost) {
				cancel(errLost)
			}
		}
	}()
	err = do(working, id)
	cancel(nil)
	<-renewed
	if err == nil {
		return nil
	}
	if errors.Is(context.Cause(working), errLost) {
		return fmt.Errorf("%s: %w", table, errLost)
	}
	// The program may be ending: the row says so all the same, and it is done after the next start.
	noting, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	noted := k.DB.Housekeep(noting, func(tx *store.Tx) error {
		again, tried := tx.Now.Add(tryAgain), 0
		if ctx.Err() != nil {
			again, tried = tx.Now, 1
		}
		_, err2 := tx.Exec(noting, `update `+table+` set state = 'failed', lease = $1, ended = $2, error = $3, tries = tries - $4 where id = $5`,
			again.UnixMilli(), tx.Now.UnixMilli(), err.Error(), tried, id)
		return err2
	})
	return errors.Join(fmt.Errorf("%s: %w", table, err), noted)
}

// backUp makes one backup and removes those whose time is over.
func (k *Keeper) backUp(ctx context.Context, id int64, rules ledger.Rules) error {
	if err := os.MkdirAll(k.Folder, 0o700); err != nil {
		return fmt.Errorf("备份文件夹建不了：%w", err)
	}
	if err := k.room(ctx); err != nil {
		return err
	}
	started := time.Now()
	name := freeName(k.Folder, k.DB.Now())
	src := Source{Dump: k.DB.Dump, Files: k.Files, Now: k.DB.Now, Program: k.Program, PublicKeys: k.PublicKeys, ResidentKeys: k.ResidentKeys, Recipients: k.Recipients}
	if k.Residents != nil {
		src.Residents = k.Residents.Dump
		if err := src.AddSealKey(k.SealKey); err != nil {
			return err
		}
	}
	made, err := Make(ctx, src, filepath.Join(k.Folder, name))
	if err != nil {
		return err
	}
	if err := note(ctx, k.DB, id, name, made); err != nil {
		return err
	}
	k.Log.InfoContext(ctx, "backup", "file", name, "size", made.Size, "rows", made.Rows(), "files", made.Files, "missing", len(made.Missing), "took", time.Since(started).Round(time.Millisecond))
	if len(made.Missing) > 0 {
		return nil // what is missing may be in an older one: none is removed before somebody has seen to it
	}
	gone, err := prune(k.Folder, Retention{rules.KeepDays, rules.KeepWeeks, rules.KeepMonths}, k.DB.Now())
	if len(gone) > 0 {
		err = errors.Join(err, k.DB.Housekeep(ctx, func(tx *store.Tx) error {
			for _, name := range gone {
				if _, err := tx.Exec(ctx, `update backup set removed = $1 where name = $2`, tx.Now.UnixMilli(), name); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	if err != nil { // the backup itself is made
		k.Log.ErrorContext(ctx, "old backups not removed", "error", err)
	}
	return nil
}

// room refuses to fill up the disk that a running program needs: a backup is about as large as the last.
func (k *Keeper) room(ctx context.Context) error {
	last, err := store.One(ctx, k.DB, store.Value[int64], `select coalesce(max(size), 0) from backup where state = 'done' and id = (select max(id) from backup where state = 'done')`)
	if err != nil {
		return err
	}
	free, _, err := Disk(k.Folder)
	if err == nil && free < last+last/4 {
		return fmt.Errorf("备份文件夹所在的磁盘只剩 %s，上一份备份有 %s，放不下。请清理磁盘或换一个文件夹", Bytes(free), Bytes(last))
	}
	return nil // where free space is unknown, it is tried
}

// note enters what was made.
func note(ctx context.Context, db *store.DB, id int64, name string, made Made) error {
	encrypted := 0
	if made.Encrypted {
		encrypted = 1
	}
	return db.Housekeep(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `update backup set state = 'done', ended = $1, name = $2, size = $3, encrypted = $4, schema = $5, rows = $6, files = $7, content = $8,
			missing = $9, hash = $10 where id = $11`, tx.Now.UnixMilli(), name, made.Size, encrypted, made.Schema, made.Rows(), made.Files, made.Content,
			len(made.Missing), made.Hash, id)
		return err
	})
}

// Note enters a backup that another command has made at path, so that the page of operations knows of it.
func Note(ctx context.Context, db *store.DB, path string, made Made) error {
	var id int64
	err := db.Housekeep(ctx, func(tx *store.Tx) error {
		id = tx.ID()
		_, err := tx.Exec(ctx, `insert into backup (id, turn, state, lease, tries, started, ended, name, rows, files, error, size, encrypted, schema, content, missing, hash, removed)
			values ($1, $2, 'running', $3, 1, $4, 0, '', 0, 0, '', 0, 0, 0, 0, 0, '', 0)`, id, fmt.Sprint(id), tx.Now.Add(leaseTime).UnixMilli(), made.Made)
		return err
	})
	if err != nil {
		return err
	}
	return note(ctx, db, id, filepath.Base(path), made)
}

// drill restores the newest backup into a folder of its own beside the backups, checks it and removes it again. The copy is a SQLite
// file whatever the database is: it needs no server and can get in nobody's way.
func (k *Keeper) drill(ctx context.Context, id int64) error {
	list, err := List(k.Folder)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return errors.New("备份文件夹里没有程序做的备份，没有可演练的")
	}
	newest := list[0]
	if err := k.roomFor(ctx, newest); err != nil {
		return err
	}
	folder, err := os.MkdirTemp(k.Folder, drillMark)
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	files, err := evidence.OpenFiles(filepath.Join(folder, "files"))
	if err != nil {
		return err
	}
	got, err := Restore(ctx, filepath.Join(k.Folder, newest.Name), Target{Database: filepath.Join(folder, "bihuan.db"), Residents: filepath.Join(folder, "residents.db"), SealKey: k.SealKey,
		Files: files, Identities: k.Identities, PublicKeys: k.PublicKeys, ResidentKeys: k.ResidentKeys})
	if err = errors.Join(err, files.Close()); err != nil {
		return fmt.Errorf("%s：%w", newest.Name, err)
	}
	state := "passed"
	if len(got.Differences) > 0 {
		state = "failed"
	}
	err = k.DB.Housekeep(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `update drill set state = $1, ended = $2, name = $3, made = $4, rows = $5, files = $6, ready = $7, checked = $8, report = $9, tries = $10 where id = $11`,
			state, tx.Now.UnixMilli(), newest.Name, got.Made, got.Rows(), got.Files, got.Ready.Milliseconds(), got.Checked.Milliseconds(),
			strings.Join(got.Differences, "\n"), mostTries, id)
		return err
	})
	k.Log.InfoContext(ctx, "drill", "file", newest.Name, "differences", len(got.Differences), "ready", got.Ready.Round(time.Millisecond), "checked", got.Checked.Round(time.Millisecond))
	return err
}

// roomFor refuses a drill that could fill up the disk: rows take about three times their size with their indexes.
func (k *Keeper) roomFor(ctx context.Context, b Stored) error {
	content, err := store.One(ctx, k.DB, func(rows *sql.Rows, n *int64) error { return rows.Scan(n) }, `select coalesce(max(content), 0) from backup where name = $1`, b.Name)
	if err != nil {
		return err
	}
	need := 3 * max(content, b.Size)
	free, _, err := Disk(k.Folder)
	if err == nil && free < need {
		return fmt.Errorf("备份文件夹所在的磁盘只剩 %s，演练要用到 %s。请清理磁盘，或在别的机器上用 bihuan restore --drill 演练", Bytes(free), Bytes(need))
	}
	return nil
}

// Bytes writes a number of bytes for people: 1.5 GB.
func Bytes(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d KB", (n+1023)>>10)
}
