package screening

// Level is whom a hit has consequences for.
type Level string

// The levels. 低保 is by household: a member who died means another amount, not the end.
const (
	ByPerson    Level = "person"
	ByHousehold Level = "household"
)

// Word is the Chinese name of a level.
func (l Level) Word() string { return map[Level]string{ByPerson: "按人", ByHousehold: "按户"}[l] }

// Severity is how much hangs on a hit.
type Severity string

// The severities.
const (
	Grave    Severity = "grave"    // money goes, or fails to go, to somebody now
	Ordinary Severity = "ordinary" // something has to be put right
	Clue     Severity = "clue"     // worth a visit; its hits wait for a person
)

// Word is the Chinese name of a severity.
func (s Severity) Word() string {
	return map[Severity]string{Grave: "重要", Ordinary: "一般", Clue: "线索"}[s]
}

// Parameter is one of the terms of a programme that rules may reckon with, by its name in a file of parameters.
type Parameter string

// The parameters; see [Params].
const (
	AgeThreshold  Parameter = "age_threshold"
	PaidFrom      Parameter = "first_month"
	GraceMonths   Parameter = "grace_months_after_death"
	AmountsByTier Parameter = "tiers"
)

// Word is the Chinese name of a parameter.
func (p Parameter) Word() string {
	return map[Parameter]string{AgeThreshold: "起始年龄", PaidFrom: "起发月份", GraceMonths: "去世后续发月数", AmountsByTier: "月标准"}[p]
}

// Condition is one condition of a rule. All have to be met.
type Condition struct {
	Text string   // what it says, for a person
	Is   []string // names of predicates, one of which has to hold; none where the rule is code as a whole
}

// Rule is one rule of the catalogue (B1.9): what it needs, says and asks for is data, so that all of it can be shown to whoever asks
// why somebody was found, or was not.
type Rule struct {
	ID       string
	Version  int // counts up when the meaning changes; a frozen run names it
	Name     string
	Level    Level
	Severity Severity
	Needs    []Kind      // lists it cannot do without; without one it is for the level above (需上级比对)
	Either   []Kind      // lists of which it takes one at least
	Helps    []Kind      // lists with which it finds more
	Takes    []Parameter // what it reckons with of a programme; without one it cannot be run, see [Params.Lacks]
	InPart   string      // what to say when one of those is missing; empty says which is missing
	Clauses  []Condition // in the order in which they are looked at
	Why      string      // the explanation, {1} standing for what was found for the first condition; empty where the rule is code
	Verify   string      // how to look into a hit

	over []Kind // the lists whose people are looked at; none where the rule is code
	once bool   // one hit for a household of the dibao list, by the number of its first member
}
