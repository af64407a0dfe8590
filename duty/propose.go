package duty

import (
	"errors"

	"bihuan/calendar"
	"bihuan/plan"
)

// RuleOf is the rule of recurrence that the words of a plan propose.
func RuleOf(p plan.Rule) (calendar.Rule, error) {
	if p.Vague != "" {
		return calendar.Rule{}, errors.New("“" + p.Vague + "”数不出次数，请先定下多久一次")
	}
	return calendar.ParseRule(p.RRule)
}
