package web

import (
	"context"

	"bihuan/journal"
	"bihuan/proof"
	"bihuan/store"
)

// imprint is what stands at the foot of a paper made now, about a row of a table: the code of the log as it is. Take it after what the
// paper says was read, so that all of that is under the code.
func (s *Server) imprint(ctx context.Context, kind string, row int64) (proof.Imprint, error) {
	return s.imprintFrom(ctx, s.db, kind, row)
}

// residentsImprint is the imprint of a paper that the record of residents vouches for.
func (s *Server) residentsImprint(ctx context.Context, kind string, row int64) (proof.Imprint, error) {
	return s.imprintFrom(ctx, s.vault, kind, row)
}

func (s *Server) imprintFrom(ctx context.Context, record store.Querier, kind string, row int64) (proof.Imprint, error) {
	tree, err := journal.HeadTree(ctx, record)
	if err != nil {
		return proof.Imprint{}, err
	}
	return proof.Imprint{Code: proof.NewCode(tree.Size, tree.Root()), Site: s.address, Kind: kind, Row: row}, nil
}

// imprintView is the imprint of a paper that is printed from its page.
type imprintView struct {
	Lines      []string
	Link, Path string
	Side       int // of the view box
}

// imprintView makes the imprint of a page; see [Server.imprint].
func (s *Server) imprintView(ctx context.Context, kind string, row int64) (*imprintView, error) {
	return s.viewImprint(s.imprint(ctx, kind, row))
}

func (s *Server) viewImprint(m proof.Imprint, err error) (*imprintView, error) {
	if err != nil {
		return nil, err
	}
	qr, err := m.QR()
	if err != nil {
		return nil, err
	}
	return &imprintView{m.Lines(), m.Link(), qr.Path(), qr.Side()}, nil
}
