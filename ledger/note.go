package ledger

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"bihuan/plan"
	"bihuan/store"
)

// Note is what the reader said about a finding or, without one, about the whole plan.
type Note struct {
	Finding int64
	Code    string
	Level   plan.Level
	Text    string
	Place   string
}

// OpenNotes lists what was said about a finding and still holds, now that people have worked on it.
func OpenNotes(ctx context.Context, q store.Querier, f Finding) ([]Note, error) {
	notes, err := store.All(ctx, q, scanNote, noteQuery+` where finding = $1 order by id`, f.ID)
	return slices.DeleteFunc(notes, func(n Note) bool { return n.settled(f) }), err
}

// PlanNotes lists what was said about a plan as a whole, and not about any one finding.
func PlanNotes(ctx context.Context, q store.Querier, planID int64) ([]Note, error) {
	return store.All(ctx, q, scanNote, noteQuery+` where plan = $1 and finding is null order by id`, planID)
}

const noteQuery = `select coalesce(finding, 0), code, level, text, place from note`

func scanNote(rows *sql.Rows, n *Note) error {
	return rows.Scan(&n.Finding, &n.Code, &n.Level, &n.Text, &n.Place)
}

// settled tells whether what the note asks for has been done to the finding since.
func (n Note) settled(f Finding) bool {
	switch n.Code {
	case plan.UnansweredManifestation:
		return f.Gaps == 0 || n.quotesAnswered(f)
	case plan.UnansweredDetail:
		detail := n.quoted()
		return detail != "" && slices.ContainsFunc(f.Measures, func(m Measure) bool { return m.Added && strings.Contains(m.Text, detail) })
	case plan.VagueOwner, plan.MissingOwner:
		return f.Leader != "" || len(f.Persons) > 0
	case plan.MissingDeadline:
		return f.Due != ""
	case plan.UnknownValue:
		return strings.HasPrefix(n.Text, "时限") && f.Due != ""
	}
	return false
}

// quoted is the first thing between “ and ” in the note.
func (n Note) quoted() string {
	_, rest, _ := strings.Cut(n.Text, "“")
	quoted, _, _ := strings.Cut(rest, "”")
	return strings.TrimRight(quoted, "…")
}

// quotesAnswered tells whether the manifestation that the note quotes has an answer now.
func (n Note) quotesAnswered(f Finding) bool {
	_, quoted, _ := strings.Cut(n.Text, "“")
	for i, m := range f.Manifestations {
		begin := []rune(m.Text)
		if strings.HasPrefix(quoted, string(begin[:min(len(begin), 12)])) && len(f.AnsweredBy(i)) > 0 {
			return true
		}
	}
	return false
}
