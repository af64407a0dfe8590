// Package plan reads a rectification plan (整改方案), ledger (台账) or public report (通报) out of a document and says what is
// wrong with it. It is pure: a document goes in, a [Plan] comes out, no clock, no database.
//
// The JSON form of [Plan] is a public contract: `bihuan read --json` prints it.
package plan

import (
	"encoding/json"
)

// Maybe is a text that may be unknown. The empty Maybe is null in JSON; unknown is never guessed.
type Maybe string

// MarshalJSON writes null for an unknown text.
func (m Maybe) MarshalJSON() ([]byte, error) {
	if m == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(m))
}

// UnmarshalJSON reads null as unknown.
func (m *Maybe) UnmarshalJSON(b []byte) error {
	*m = ""
	if string(b) == "null" {
		return nil
	}
	return json.Unmarshal(b, (*string)(m))
}

// Kind is what sort of paper a document is.
type Kind string

// The kinds of paper.
const (
	KindPlan     Kind = "plan"     // 整改方案
	KindBulletin Kind = "bulletin" // 整改情况通报, published
	KindReport   Kind = "report"   // 整改情况报告, sent upward
	KindLedger   Kind = "ledger"   // 台账, a table
	KindLists    Kind = "lists"    // 问题清单、任务清单、责任清单
	KindOther    Kind = "other"
)

// Plan is everything read out of one document.
type Plan struct {
	Title         Maybe     `json:"title"`
	Kind          Kind      `json:"kind"`
	InspectedUnit Maybe     `json:"inspected_unit"`
	Period        *Period   `json:"inspection_period"`
	FeedbackDate  Maybe     `json:"feedback_date"` // ISO
	Sections      []Section `json:"sections"`
	Notes         []Note    `json:"notes"`
}

// Period is the time of an inspection, both days included; either may be unknown.
type Period struct {
	Start Maybe `json:"start"` // ISO
	End   Maybe `json:"end"`   // ISO
}

// Section is an aspect (方面) with its findings; a paper without aspects has one section with neither number nor title.
type Section struct {
	Number   string    `json:"number"` // as printed: 一、 （一）; empty when the paper prints none
	Title    string    `json:"title"`
	Findings []Finding `json:"findings"`
	Source   Source    `json:"source"`
}

// Finding is one problem (问题) of the feedback with the measures that answer it.
type Finding struct {
	Number         string          `json:"number"` // as printed: 1. 问题1 1-1; empty when the paper prints none
	Title          string          `json:"title"`
	Manifestations []Manifestation `json:"manifestations"`
	Measures       []Measure       `json:"measures"`
	Goal           Maybe           `json:"goal"`          // 整改目标
	Leader         Maybe           `json:"leader"`        // 责任领导, where the paper names one apart from 责任人
	Units          []string        `json:"units"`         // lead unit first
	Persons        []string        `json:"persons"`       // names only, lead first
	DeadlineText   Maybe           `json:"deadline_text"` // as printed
	DeadlineDate   Maybe           `json:"deadline_date"` // ISO, last day of the period stated
	Precision      Maybe           `json:"precision"`     // day, month, quarter, year
	LongTerm       bool            `json:"long_term"`
	Status         Maybe           `json:"status"`     // as printed: 已完成, 持续推进…
	Progress       Maybe           `json:"progress"`   // 进展, 整改情况, where a table has such a column
	Confidence     float64         `json:"confidence"` // 0..1: how sure the reader is of this finding as a whole
	Source         Source          `json:"source"`     // of number and title
	Sources        Sources         `json:"sources"`
}

// Sources say where the single values of a finding stand; a zero Source means the value was not read.
type Sources struct {
	Units    []Source `json:"units,omitempty"`
	Persons  []Source `json:"persons,omitempty"`
	Deadline Source   `json:"deadline,omitzero"`
	Status   Source   `json:"status,omitzero"`
	Goal     Source   `json:"goal,omitzero"`
}

// Manifestation is one concrete form (具体表现) a finding takes.
type Manifestation struct {
	Number string `json:"number"` // as printed: 一是 （1） ①; empty when the paper prints none
	Text   string `json:"text"`
	Source Source `json:"source"`
}

// Tense says whether a measure is promised or reported as done.
type Tense string

// The tenses.
const (
	Todo Tense = "todo"
	Done Tense = "done"
)

// Measure is one rectification measure (整改措施).
type Measure struct {
	Number      string   `json:"number"`
	Text        string   `json:"text"`
	Frequencies []string `json:"frequency_phrases"` // the shortest words that state a recurrence
	Rules       []Rule   `json:"rules"`             // what the phrases mean, one for one
	Answers     []int    `json:"answers"`           // indexes into the finding's Manifestations
	Tense       Tense    `json:"tense"`
	Confidence  float64  `json:"confidence"` // 0..1: how sure the reader is of Answers
	Source      Source   `json:"source"`
}

// Rule is the meaning of a frequency phrase. Exactly one of RRule, Vague and Event is set.
type Rule struct {
	RRule string `json:"rrule,omitempty"` // RFC 5545 recurrence: FREQ=WEEKLY;BYDAY=FR
	Count int    `json:"count,omitempty"` // at least so many times in each period, where the words say so
	Vague string `json:"vague,omitempty"` // 定期, 常态化: a person must make it countable
	Event string `json:"event,omitempty"` // bound to an event: 敏感节日, 汛期
	Note  string `json:"note,omitempty"`  // what the rule cannot say: last working day, at most, round the clock
}

// Source is where in a document a value stands. Offsets count runes in the paragraph's text.
type Source struct {
	Part      int `json:"part"`
	Paragraph int `json:"paragraph"`
	From      int `json:"from"`
	To        int `json:"to"`             // first rune after the value; a value over several paragraphs ends with its first
	Last      int `json:"last,omitempty"` // last paragraph of a value that covers several, else 0
}

// Level grades a note.
type Level string

// The levels of a note.
const (
	LevelInfo  Level = "info"  // 提示
	LevelCheck Level = "check" // 待定, a person must look
	LevelGap   Level = "gap"   // 缺口, something is missing
)

// Note is what a reviewer of the plan would say about one place of it.
type Note struct {
	Code    string `json:"code"`
	Level   Level  `json:"level"`
	Text    string `json:"text"` // Chinese: what is wrong and what to do
	Source  Source `json:"source"`
	Section int    `json:"section"` // index, -1 when the note is about the whole paper
	Finding int    `json:"finding"` // index in the section, -1 likewise
}

// The codes of notes.
const (
	UnansweredManifestation = "unanswered_manifestation" // no measure answers it
	UnansweredDetail        = "unanswered_detail"        // a thing it names is touched by no measure
	VagueMeasure            = "vague_measure"            // no object, number, product or date
	VagueOwner              = "vague_owner"              // the whole committee, no person (责任悬空)
	MissingOwner            = "missing_owner"
	MissingDeadline         = "missing_deadline"
	UnknownValue            = "unknown_value" // x月x日, 20xx年, 7村 of which one is named
	UncountableFrequency    = "uncountable_frequency"
	Contradiction           = "contradiction"
	ExpiredCondition        = "expired_condition"
	UnnumberedMeasures      = "unnumbered_measures"
	AlreadyDone             = "already_done"
	BreaksOff               = "breaks_off"
	ForeignPlace            = "foreign_place"
	LawfulForm              = "lawful_form"      // a rule of law touches the measure; the text offers the lawful way
	BadDate                 = "bad_date"         // 2月30日
	DuplicateNumber         = "duplicate_number" // two findings of one section with one number
)
