package lead

// The halves of commands that are done among the residents, for tests that stop between the two databases.
var (
	HandOutAmongResidents = handOut
	VerifyAmongResidents  = verify
	ConfirmAmongResidents = confirm
)

// PublicName is the name as it hangs in public.
func PublicName(name string) string { return publicName(name) }

// Tells is what a text would tell.
func Tells(text string) string { return tells(text) }

// Stratum is one village of an audit: people to draw from, looked at, missed.
type Stratum struct{ People, Looked, Missed int }

// EstimateOf reckons an estimate from strata.
func EstimateOf(list []Stratum, found int) Estimate {
	strata := make([]stratum, len(list))
	for i, s := range list {
		strata[i] = stratum{s.People, s.Looked, s.Missed}
	}
	return estimate(strata, found)
}
