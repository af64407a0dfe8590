package web

import (
	"fmt"
	"net/http"

	"bihuan/org"
	"bihuan/proof"
	"bihuan/publicity"
	"bihuan/store"
)

// handbill is a card as it is handed out: one page in large type.
type handbill struct {
	frame
	Card   publicity.Card
	Lines  []string
	Town   string
	From   string
	To     string
	Back   string
	QR     *imprintView
	Public bool // looked at by somebody who is not signed in
	Small  bool // two on a sheet
	Long   bool // too long for the largest type
	Newer  string
}

// bigBill is how many characters a card has at most that is printed in the largest type.
const bigBill = 150

// cardPrint answers GET /card/{id}/print.
func (s *Server) cardPrint(w http.ResponseWriter, r *http.Request, v *visit) error {
	c, t, err := s.ofCard(r, v)
	if err != nil {
		return err
	}
	p := s.handbill(c, t.Town)
	p.frame, p.Back, p.Small = s.benefitFrame(v, "card", c.Benefit+"政策明白卡"), fmt.Sprintf("/card/%d", c.ID), r.URL.Query().Get("size") == "a5"
	p.Body = "upright"
	if p.QR, err = s.cardQR(c); err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "card-print", p)
}

func (s *Server) handbill(c publicity.Card, town org.Unit) handbill {
	long := len([]rune(c.Who+c.Amount+c.Place)) > bigBill || len(c.Clauses()) > 4
	return handbill{Card: c, Lines: c.Clauses(), Town: town.Name, From: shortDate(c.ValidFrom, ""), To: shortDate(c.ValidTo, ""), Long: long}
}

// cardQR is the code on a card, by which a villager sees whether it is still in force; none where nobody has said how the site is reached.
func (s *Server) cardQR(c publicity.Card) (*imprintView, error) {
	link := fmt.Sprintf("%s/card/%d/public", s.address, c.ID)
	if s.address == "" || len(link) > proof.LongestLink {
		return nil, nil
	}
	qr, err := proof.LinkQR(link)
	if err != nil {
		return nil, err
	}
	return &imprintView{Link: link, Path: qr.Path(), Side: qr.Side()}, nil
}

// cardPublic answers GET /card/{id}/public, for anybody who has the card in hand: what it says, and whether it still holds.
func (s *Server) cardPublic(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if s.vault == nil {
		return store.ErrNotFound
	}
	c, err := publicity.CardByID(r.Context(), s.vault, id)
	if err != nil {
		return err
	}
	town, err := org.UnitByID(r.Context(), s.db, c.Unit)
	if err != nil {
		return err
	}
	p := s.handbill(c, town)
	p.frame, p.Public = frame{Title: c.Benefit + "政策明白卡", Bare: true, Body: "card-public"}, true
	if c.Withdrawn != "" {
		editions, err := publicity.Editions(r.Context(), s.vault, c.Series)
		if err != nil {
			return err
		}
		if editions[0].Withdrawn == "" {
			p.Newer = fmt.Sprintf("/card/%d/public", editions[0].ID)
		}
	}
	return s.render(w, http.StatusOK, "card-print", p)
}
