package ledger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// RoundEdit is what a round of inspection is: papers often leave its name and dates out, or write them as x月x日.
type RoundEdit struct {
	Name     string // 区委第三轮巡察
	Team     string // 区委第二巡察组
	Starts   string // dates, empty while unknown
	Ends     string
	Feedback string // day of the feedback: what proves that something was put right must be younger
}

// EditRound fills in the round that a plan answers. version is that of the plan the editor saw.
func EditRound(ctx context.Context, db *store.DB, who org.Person, planID, version int64, e RoundEdit) error {
	e.Name, e.Team = strings.TrimSpace(e.Name), strings.TrimSpace(e.Team)
	return db.Write(ctx, func(tx *store.Tx) error {
		p, err := PlanByID(ctx, tx, who, planID)
		if err != nil {
			return err
		}
		if err := who.Check(org.Edit, p.Unit); err != nil {
			return err
		}
		if err := e.check(dayOf(tx)); err != nil {
			return err
		}
		var changes []journal.Change
		for _, x := range []struct{ field, from, to string }{{"巡察轮次", p.Round, e.Name}, {"巡察组", p.Team, e.Team},
			{"巡察开始", p.Starts, e.Starts}, {"巡察结束", p.Ends, e.Ends}, {"反馈日期", p.Feedback, e.Feedback}} {
			if x.from != x.to {
				changes = append(changes, journal.Change{Field: x.field, From: x.from, To: x.to})
			}
		}
		if len(changes) == 0 {
			return nil
		}
		n, err := tx.Exec(ctx, `update plan set version = version + 1 where id = $1 and version = $2`, planID, version)
		if err != nil {
			return fmt.Errorf("edit round: %w", err)
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "plan", planID)
		}
		if _, err := tx.Exec(ctx, `update round set name = $2, team = $3, starts = $4, ends = $5, feedback = $6, version = version + 1
			where id = (select round from plan where id = $1)`, planID, e.Name, e.Team, e.Starts, e.Ends, e.Feedback); err != nil {
			return fmt.Errorf("edit round: %w", err)
		}
		if err := journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "修改", Kind: "plan", Row: planID, Changes: changes}); err != nil || p.Feedback == e.Feedback {
			return err
		}
		closings, err := store.All(ctx, tx, store.Value[int64], `select distinct c.finding from closing c join finding f on f.id = c.finding
			where f.plan = $1 and c.state in ('applied', 'reviewed', 'signed', 'accepted') order by c.finding`, planID)
		if err != nil {
			return err
		}
		for _, finding := range closings {
			if err := voidClosing(ctx, tx, who, finding, "修改了反馈日期"); err != nil {
				return err
			}
		}
		return nil
	})
}

func (e RoundEdit) check(today string) error {
	if e.Name == "" {
		return Invalid{Field: "巡察轮次", What: "请写明是哪一轮，如 区委第三轮巡察"}
	}
	for _, x := range []struct{ field, date string }{{"巡察开始", e.Starts}, {"巡察结束", e.Ends}, {"反馈日期", e.Feedback}} {
		if _, err := time.Parse(time.DateOnly, x.date); x.date != "" && err != nil {
			return Invalid{Field: x.field, What: fmt.Sprintf("“%s”不是日期，请写成 2026-04-30 这样", x.date)}
		}
	}
	switch {
	case e.Starts != "" && e.Ends != "" && e.Ends < e.Starts:
		return Invalid{Field: "巡察结束", What: "比开始还早"}
	case e.Feedback != "" && e.Ends != "" && e.Feedback < e.Ends:
		return Invalid{Field: "反馈日期", What: "比巡察结束还早"}
	case e.Feedback > today:
		return Invalid{Field: "反馈日期", What: "还没有到"}
	}
	return nil
}
