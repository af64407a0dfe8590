package web_test

import (
	"bihuan/ledger"
	"bihuan/store"
)

// put sets a finding to a state as if it had come to it: what pages count is tested here, not the way there.
func (s *site) put(f ledger.Finding, state ledger.State) {
	s.t.Helper()
	err := s.db.Housekeep(s.t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(s.t.Context(), `update finding set state = $2, version = version + 1 where id = $1`, f.ID, string(state))
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}
