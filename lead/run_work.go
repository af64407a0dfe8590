package lead

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/screening"
	"bihuan/store"
	"bihuan/vault"
)

const (
	beatEvery = time.Second
	// silence is after how long a screening that nothing is heard of counts as crashed.
	silence = time.Minute
)

// errStopped ends a screening that somebody stopped.
var errStopped = errors.New("lead: stopped")

// Interrupted marks as failed what another program began and did not end. whole says that no other program is at work on this database,
// as when the program starts on a file; else only those count of which nothing has been heard for a minute.
func Interrupted(ctx context.Context, v *vault.Vault, whole bool) error {
	since := v.Now().Add(-silence).UnixMilli()
	if whole {
		since = v.Now().Add(silence).UnixMilli()
	}
	list, err := store.All(ctx, v, store.Value[int64], `select s.id from screening s left join screening_pulse p on p.id = s.id where s.state = 'running' and coalesce(p.beat, 0) < $1 order by s.id`, since)
	for _, id := range list {
		if err := endRun(ctx, v, id, ScreeningFailed, "程序中途停了，没有跑完，也没有留下疑点。请重新筛查"); err != nil {
			return err
		}
	}
	return err
}

// RunWaiting does the screenings that wait, one after the other, until none does or ctx ends. Several nodes may call it.
func RunWaiting(ctx context.Context, v *vault.Vault, house store.Querier) error {
	if err := Interrupted(ctx, v, false); err != nil {
		return err
	}
	for {
		waiting, err := store.All(ctx, v, store.Value[int64], `select id from screening where state = 'waiting' order by id limit 1`)
		if err != nil || len(waiting) == 0 {
			return err
		}
		mine, err := begin(ctx, v, waiting[0])
		if err != nil {
			return err
		}
		if !mine {
			continue
		}
		if err := perform(ctx, v, house, waiting[0]); err != nil {
			return err
		}
	}
}

// begin takes a waiting screening; mine is false when somebody else did, or it was stopped.
func begin(ctx context.Context, v *vault.Vault, id int64) (mine bool, err error) {
	err = v.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(ctx, `update screening set state = 'running', started = $2, version = version + 1 where id = $1 and state = 'waiting'`, id, tx.Now.UnixMilli())
		if mine = n == 1; err != nil || !mine {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into screening_pulse (id, stage, percent, beat, stop) values ($1, '开始', 0, $2, 0)`, id, tx.Now.UnixMilli()); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Who: org.Program.Title(), Verb: "开始", Kind: "screening", Row: id})
	})
	return mine, err
}

// end closes a screening that came to nothing.
func endRun(ctx context.Context, v *vault.Vault, id int64, state ScreeningState, problem string) error {
	return v.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(ctx, `update screening set state = $2, problem = $3, ended = $4, version = version + 1 where id = $1 and state = 'running'`, id, string(state), problem, tx.Now.UnixMilli())
		if err != nil || n == 0 {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from screening_pulse where id = $1`, id); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Who: org.Program.Title(), Verb: "结束", Kind: "screening", Row: id, Changes: []journal.Change{{Field: "结果", To: state.Word()}, {Field: "原因", To: problem}}})
	})
}

// perform runs a screening that was begun, to whatever end. Its error is for the log: what people are told stands in the screening.
func perform(ctx context.Context, v *vault.Vault, house store.Querier, id int64) error {
	s, err := screeningByID(ctx, v, v, id)
	if err != nil {
		return err
	}
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	progress, done := beat(running, cancel, v, id)
	in, err := s.input(running, v)
	var report screening.Report
	if err == nil {
		in.Places, in.Progress = true, progress
		report, err = screening.Run(running, in)
	}
	done()
	if err == nil {
		if err = s.finish(ctx, v, house, report); err == nil || ctx.Err() != nil {
			return err
		}
		return errors.Join(err, endRun(ctx, v, id, ScreeningFailed, "程序出错，没有留下疑点。请把时间告诉管理员"))
	}
	switch bad, told := errors.AsType[org.Invalid](unreadable(err)); {
	case errors.Is(context.Cause(running), errStopped):
		return endRun(ctx, v, id, ScreeningStopped, "")
	case ctx.Err() != nil:
		return endRun(context.WithoutCancel(ctx), v, id, ScreeningFailed, "程序停止时中断，没有留下疑点。请重新筛查")
	case told:
		return endRun(ctx, v, id, ScreeningFailed, bad.What)
	}
	return errors.Join(err, endRun(ctx, v, id, ScreeningFailed, "名单读不出来：存放它的数据库有问题。请把时间告诉管理员"))
}

// beat keeps the pulse of a screening until done is called: it writes down what progress was told last, and cancels the run when somebody
// asked it to stop.
func beat(ctx context.Context, cancel context.CancelCauseFunc, v *vault.Vault, id int64) (progress func(string, float64), done func()) {
	var mu sync.Mutex
	stage, percent := "读取名单", 0
	progress = func(s string, share float64) {
		mu.Lock()
		defer mu.Unlock()
		stage, percent = s, int(share*100)
	}
	stop := make(chan struct{})
	var beside sync.WaitGroup
	beside.Go(func() {
		tick := time.NewTicker(beatEvery)
		defer tick.Stop()
		for {
			mu.Lock()
			s, p := stage, percent
			mu.Unlock()
			// A pulse that cannot be written is no reason to end the run.
			_ = v.Housekeep(ctx, func(tx *store.Tx) error {
				_, err := tx.Exec(ctx, `update screening_pulse set stage = $2, percent = $3, beat = $4 where id = $1`, id, s, p, tx.Now.UnixMilli())
				return err
			})
			if now, err := PulseOf(ctx, v, id); err == nil && now.Stop {
				cancel(errStopped)
			}
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	})
	return progress, func() { close(stop); beside.Wait() }
}

// input opens what a screening rests on, or says which list is gone.
func (s Screening) input(ctx context.Context, v *vault.Vault) (screening.Input, error) {
	in := screening.Input{Params: s.Params}
	for _, r := range s.Rules {
		in.Rules = append(in.Rules, r.ID)
	}
	for _, u := range s.Datasets {
		d, err := datasetByID(ctx, v, u.ID)
		if err != nil {
			return in, err
		}
		if d.State == DatasetDeleted || d.Hash != u.Hash {
			return in, org.Invalid{Field: "数据集", What: fmt.Sprintf("%s《%s》已经删除", u.Kind.Word(), u.Name)}
		}
		d.Kind, d.Mapping = u.Kind, u.Mapping
		list, err := openList(ctx, v, d, u.Cited)
		if err != nil {
			return in, err
		}
		in.Lists = append(in.Lists, list)
	}
	return in, nil
}

// resultOf is the SHA-256 of hits as `bihuan screen --out` writes them.
func resultOf(hits []screening.Hit) (string, error) {
	sum := sha256.New()
	err := screening.WriteLines(sum, hits)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// finish keeps what a screening found, all of it or nothing.
func (s Screening) finish(ctx context.Context, v *vault.Vault, house store.Querier, report screening.Report) error {
	result, err := resultOf(report.Hits)
	if err != nil {
		return err
	}
	places, err := placesOf(ctx, house, s.Unit)
	if err != nil {
		return err
	}
	said := RunReport{Notes: report.Notes}
	for _, x := range report.Sheets {
		said.Sheets = append(said.Sheets, ReadSheet{Kind: x.Kind, File: x.File, Sheet: x.Sheet, Rows: x.Rows, Mapping: x.Mapping.String(), Note: x.Note})
	}
	sealed, err := json.Marshal(said)
	if err != nil {
		return err
	}
	return v.Write(ctx, func(tx *store.Tx) error {
		// Whose hits those of this one are the same as must not be discarded meanwhile.
		if err := lockRuns(ctx, tx, s.Unit); err != nil {
			return err
		}
		counts := make([]RuleCount, 0, len(report.Rules))
		for _, r := range report.Rules {
			counts = append(counts, RuleCount{Rule: r.Rule.ID, Version: r.Rule.Version, Name: r.Rule.Name, State: r.State, Hits: r.Hits, Manual: r.Manual, Note: r.Note})
		}
		if err := s.keepHits(ctx, v, tx, report.Hits, places, counts); err != nil {
			return err
		}
		text, err := json.Marshal(counts)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update screening set state = 'done', counts = $2, report = $3, result = $4, ended = $5, version = version + 1 where id = $1 and state = 'running'`,
			s.ID, string(text), v.Seal("screening.report", string(sealed)), result, tx.Now.UnixMilli())
		if err != nil {
			return err
		}
		if n == 0 {
			return errors.New("lead: the screening was ended by another node")
		}
		if _, err := tx.Exec(ctx, `delete from screening_pulse where id = $1`, s.ID); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Who: org.Program.Title(), Verb: "结束", Kind: "screening", Row: s.ID, Changes: []journal.Change{
			{Field: "疑点", To: fmt.Sprint(len(report.Hits))}, {Field: "SHA-256", To: result}}})
	})
}
