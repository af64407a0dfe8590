package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"bihuan/duty"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// Extension (延期) is an application to move the deadline of a finding: a change of the plan that needs approval.
type Extension struct {
	ID      int64
	Finding int64
	Home    int64
	Seq     int
	From    string
	To      string
	Reason  string
	SoFar   string // what is done already
	Asked   Mark
	State   string // asked granted refused
	Decided Mark
	Granted int // how many were granted before it since the last relapse
	Version int64
}

const extensionColumns = `select x.id, x.finding, x.home, x.seq, x.due_from, x.due_to, x.reason, x.so_far, x.asked, x.asked_by, x.state, x.decided, x.decided_by,
	x.opinion, x.version, coalesce(a.name, ''), coalesce(d.name, ''),
	(select count(*) from extension g where g.finding = x.finding and g.state = 'granted' and g.seq < x.seq
		and not exists (select 1 from relapse r where r.finding = x.finding and r.id > g.id)) from extension x left join staff a on a.id = x.asked_by left join staff d on d.id = x.decided_by`

func scanExtension(rows *sql.Rows, x *Extension) error {
	var asked, decided int64
	err := rows.Scan(&x.ID, &x.Finding, &x.Home, &x.Seq, &x.From, &x.To, &x.Reason, &x.SoFar, &asked, &x.Asked.Staff, &x.State, &decided, &x.Decided.Staff,
		&x.Decided.Words, &x.Version, &x.Asked.Name, &x.Decided.Name, &x.Granted)
	x.Asked.At = time.UnixMilli(asked)
	if decided != 0 {
		x.Decided.At = time.UnixMilli(decided)
	}
	return err
}

// Extensions lists the extensions asked for a finding, newest first.
func Extensions(ctx context.Context, q store.Querier, finding int64) ([]Extension, error) {
	return store.All(ctx, q, scanExtension, extensionColumns+` where x.finding = $1 order by x.seq desc`, finding)
}

// ExtensionByID reads one extension, or [store.ErrNotFound].
func ExtensionByID(ctx context.Context, q store.Querier, id int64) (Extension, error) {
	return store.One(ctx, q, scanExtension, extensionColumns+` where x.id = $1`, id)
}

// WaitingExtensions lists the applications that who may decide, oldest first.
func WaitingExtensions(ctx context.Context, q store.Querier, who org.Person) ([]Extension, error) {
	all, err := store.All(ctx, q, scanExtension, extensionColumns+` where x.state = 'asked' order by x.id`)
	if err != nil {
		return nil, err
	}
	var list []Extension
	for _, x := range all {
		home, err := org.UnitByID(ctx, q, x.Home)
		if err != nil {
			return nil, err
		}
		if x.mayDecide(who, home) == nil {
			list = append(list, x)
		}
	}
	return list, nil
}

// mayDecide tells whether who may decide: a leader in charge on the first extension of a finding, the party secretary on any.
func (x Extension) mayDecide(who org.Person, home org.Unit) error {
	if err := who.Check(org.Extend, home); err != nil {
		return err
	}
	if x.Asked.Staff == who.ID {
		return Invalid{Field: "延期", What: "自己申请的延期要由别人批"}
	}
	if x.Granted > 0 && who.Check(org.Sign, home) != nil {
		return Invalid{Field: "延期", What: fmt.Sprintf("已经延期%d次，再延由书记批", x.Granted)}
	}
	return nil
}

// AskExtension applies for a later deadline of a finding.
func AskExtension(ctx context.Context, db *store.DB, who org.Person, finding int64, to, reason, soFar string) error {
	reason, soFar = strings.TrimSpace(reason), strings.TrimSpace(soFar)
	err := db.Write(ctx, func(tx *store.Tx) error {
		f, err := openFinding(ctx, tx, who, finding)
		if err != nil {
			return err
		}
		if err := f.Allows(who, org.Progress); err != nil {
			return err
		}
		old, err := Extensions(ctx, tx, finding)
		if err != nil {
			return err
		}
		if len(old) > 0 && old[0].State == "asked" {
			if old[0].To == to && old[0].Reason == reason {
				return nil
			}
			return Invalid{Field: "延期", What: old[0].Asked.Name + "已经申请延期，还在等批复"}
		}
		rules, err := LoadRules(ctx, tx)
		if err != nil {
			return err
		}
		if err := checkExtension(rules, f, old, to, dayOf(tx)); err != nil {
			return err
		}
		if reason == "" {
			return Invalid{Field: "延期理由", What: "请写明为什么不能按期办结"}
		}
		if soFar == "" {
			return Invalid{Field: "已做工作", What: "请写明已经做到哪一步"}
		}
		_, err = tx.Exec(ctx, `insert into extension (id, finding, home, seq, due_from, due_to, reason, so_far, asked, asked_by, state, decided, decided_by, opinion, version)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'asked', 0, 0, '', 1)`,
			tx.ID(), finding, f.Unit.ID, len(old)+1, f.Due, to, reason, soFar, tx.Now.UnixMilli(), who.ID)
		if err != nil {
			return fmt.Errorf("insert extension: %w", err)
		}
		return tellFinding(ctx, tx, who, f, "申请延期", journal.Change{Field: "到期日", From: f.Due, To: to}, journal.Change{Field: "理由", To: reason}, journal.Change{Field: "已做工作", To: soFar})
	})
	if store.IsUnique(err) {
		err = Invalid{Field: "延期", What: "刚有别人申请，请刷新页面"}
	}
	return err
}

// checkExtension refuses what goes over the limits: so many times, so many days past the first deadline, and not after it has passed.
func checkExtension(rules Rules, f Finding, old []Extension, to, today string) error {
	day, err := time.Parse(time.DateOnly, to)
	if err != nil {
		return Invalid{Field: "延至", What: fmt.Sprintf("“%s”不是日期，请写成 2026-04-30 这样", to)}
	}
	granted, first := extended(f, old)
	start, err := time.Parse(time.DateOnly, first)
	switch {
	case err != nil:
		return Invalid{Field: "延期", What: "还没有到期日，请先补上，不用申请延期"}
	case f.Due < today:
		return Invalid{Field: "延期", What: "已经超期，不能再申请延期。请登记“未完成”并写明原因和下一步时间"}
	case to <= f.Due:
		return Invalid{Field: "延至", What: "要晚于现在的期限" + f.Due}
	case granted >= rules.Extensions:
		return Invalid{Field: "延期", What: fmt.Sprintf("已延期%d次，到了上限", granted)}
	case int(day.Sub(start).Hours()/24) > rules.ExtendedDays:
		return Invalid{Field: "延至", What: fmt.Sprintf("最多延到%s（比原定期限晚%d天）", start.AddDate(0, 0, rules.ExtendedDays).Format(time.DateOnly), rules.ExtendedDays)}
	}
	return nil
}

// extended counts the extensions, newest first, that led to the present deadline of a finding, and gives the deadline before the first
// of them. Those of an earlier life, before a relapse or an edit set another deadline, are over.
func extended(f Finding, old []Extension) (granted int, first string) {
	first = f.Due
	for _, x := range old {
		if x.State == "granted" && x.To == first {
			granted++
			first = x.From
		}
	}
	return granted, first
}

// DecideExtension grants or refuses an extension. Granted, the deadline of the finding and of its open single tasks moves.
func DecideExtension(ctx context.Context, db *store.DB, who org.Person, id, version int64, grant bool, opinion string) error {
	opinion = strings.TrimSpace(opinion)
	return db.Write(ctx, func(tx *store.Tx) error {
		x, err := ExtensionByID(ctx, tx, id)
		if err != nil {
			return err
		}
		f, err := openFinding(ctx, tx, who, x.Finding)
		if err != nil {
			return err
		}
		if err := x.mayDecide(who, f.Unit); err != nil {
			return err
		}
		state, verb := "refused", "不同意延期"
		if grant {
			state, verb = "granted", "同意延期"
		}
		if x.State == state && x.Decided.Staff == who.ID {
			return nil
		}
		if x.State != "asked" || x.Version != version {
			return Invalid{Field: "延期", What: "这份申请已由" + x.Decided.Name + "批过，请刷新页面"}
		}
		if grant && f.Due != x.From {
			return Invalid{Field: "延期", What: "申请之后到期日已经改过，请不同意这份，让责任人重新申请"}
		}
		if !grant && opinion == "" {
			return Invalid{Field: "批复意见", What: "不同意的请写明为什么"}
		}
		n, err := tx.Exec(ctx, `update extension set state = $3, decided = $4, decided_by = $5, opinion = $6, version = version + 1 where id = $1 and version = $2`,
			id, version, state, tx.Now.UnixMilli(), who.ID, opinion)
		if err != nil {
			return fmt.Errorf("decide extension: %w", err)
		}
		if n == 0 {
			return Invalid{Field: "延期", What: "刚有人批过这份申请，请刷新页面"}
		}
		if err := tellFinding(ctx, tx, who, f, verb, journal.Change{Field: "延至", To: x.To}, journal.Change{Field: "意见", To: opinion}); err != nil || !grant {
			return err
		}
		if err := duty.Postpone(ctx, tx, f.ID, f.Due, x.To); err != nil {
			return err
		}
		next := f.clone()
		next.Due = x.To
		return save(ctx, tx, who, org.Names{}, "延期", f, next)
	})
}
