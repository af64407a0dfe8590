package reliable_test

// moreRoles are the roles of tests that run on Linux alone.
func moreRoles() map[string]func(*house, hands) error { return nil }
