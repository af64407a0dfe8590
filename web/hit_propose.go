package web

import (
	"context"

	"bihuan/lead"
	"bihuan/org"
)

// proposalForm is the form that makes a proposal to the county of a confirmed hit.
type proposalForm struct{}

// proposal fills in what may be proposed of a confirmed hit.
func (s *Server) proposal(context.Context, *visit, lead.Hit, lead.Verification, org.Unit, *hitPage) error {
	return nil
}
