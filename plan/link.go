package plan

// link says which manifestations each measure answers.
func link(f *Finding, paired bool) {
	if paired || len(f.Manifestations) == 0 {
		return
	}
}
