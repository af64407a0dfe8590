// Package publicity knows how people learn what they are entitled to: policy cards and the households that they reached (M62), drawn samples
// that ask whether they know (M63), and villagers who ask for a benefit and have to be answered (M64). All of it names households or
// villagers and therefore stands in the database of residents. It grants nothing: an answer is advice, and what becomes of a request
// is decided elsewhere.
package publicity

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
)

// townOf is the id of the town that a village belongs to, which rows are kept under: its parent.
func townOf(village org.Unit) int64 { return village.Parent }

// inTown refuses a unit that is no village of the town.
func inTown(town int64, village org.Unit) error {
	if village.Kind != org.Village || !slices.Contains(village.Ancestors(), town) {
		return org.Invalid{Field: "村", What: fmt.Sprintf("%s不是这个镇的村，请在名单里选", village.Name)}
	}
	return nil
}

// checkDay refuses what is no day, or one after the day of the transaction.
func checkDay(tx *store.Tx, field, day string) error {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return org.Invalid{Field: field, What: fmt.Sprintf("“%s”不是日期，请写成 2026-04-30 这样", day)}
	}
	if day > today(tx) {
		return org.Invalid{Field: field, What: "是以后的日期，请填已经过去的一天"}
	}
	return nil
}

func today(tx *store.Tx) string { return tx.Now.Format(time.DateOnly) }

// entry begins an entry of the journal by somebody.
func entry(who org.Person, verb, kind string, row int64, changes ...journal.Change) journal.Entry {
	return journal.Entry{Staff: who.ID, Who: who.Title(), Verb: verb, Kind: kind, Row: row, Changes: changes}
}

// altered are the changes that change something.
func altered(changes ...journal.Change) []journal.Change {
	return slices.DeleteFunc(changes, func(c journal.Change) bool { return c.From == c.To })
}

// limit refuses an empty text, one that is longer than a paper has room for, and one that holds what is kept of nobody or only sealed.
func limit(field, text string, most int, what string) error {
	if err := length(field, text, most, what); err != nil {
		return err
	}
	return vault.CheckText(field, text)
}

// length is [limit] of a text that may hold a telephone number: that of an office.
func length(field, text string, most int, what string) error {
	switch n := len([]rune(text)); {
	case n == 0:
		return org.Invalid{Field: field, What: what}
	case n > most:
		return org.Invalid{Field: field, What: fmt.Sprintf("写了 %d 个字，最多 %d 个字，请写短些", n, most)}
	}
	return nil
}

func trim(texts ...*string) {
	for _, t := range texts {
		*t = strings.TrimSpace(*t)
	}
}
