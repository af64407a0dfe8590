package duty

import "bihuan/org"

// MayDecide tells, with an error that says why not, whether who may look at a report on the occurrence: somebody with the right over
// the unit whose plan it serves, who neither is to do it nor entered it.
func (o Occurrence) MayDecide(who org.Person, home org.Unit) error {
	if err := who.Check(org.Review, home); err != nil {
		return err
	}
	if o.EnteredBy == who.ID || o.Staff == who.ID {
		return org.Invalid{Field: "复核", What: "自己办的、自己填报的，要由别人复核"}
	}
	return nil
}

// MayWaive tells, with an error that says why not, whether who may cancel or excuse the occurrence: nobody does so for themselves.
func (o Occurrence) MayWaive(who org.Person, home org.Unit) error {
	if err := who.Check(org.Excuse, home); err != nil {
		return err
	}
	if o.Staff == who.ID {
		return org.Invalid{Field: "处理", What: "自己的任务要由别人取消或免办"}
	}
	return nil
}

// Waivable tells whether the occurrence, as it stands, can be cancelled or excused.
func (o Occurrence) Waivable() bool {
	return o.Standing == Open || o.Standing == Returned || o.Standing == Missed
}
