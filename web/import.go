package web

import (
	"net/http"

	"bihuan/store"
)

// The handlers below are placeholders until the import pages are written in this file.

func (s *Server) importNew(http.ResponseWriter, *http.Request, *visit) error {
	return store.ErrNotFound
}
func (s *Server) importCreate(http.ResponseWriter, *http.Request, *visit) error {
	return store.ErrNotFound
}
func (s *Server) importShow(http.ResponseWriter, *http.Request, *visit) error {
	return store.ErrNotFound
}
func (s *Server) importCorrect(http.ResponseWriter, *http.Request, *visit) error {
	return store.ErrNotFound
}
func (s *Server) importConfirm(http.ResponseWriter, *http.Request, *visit) error {
	return store.ErrNotFound
}
func (s *Server) importDrop(http.ResponseWriter, *http.Request, *visit) error {
	return store.ErrNotFound
}
func (s *Server) file(http.ResponseWriter, *http.Request, *visit) error { return store.ErrNotFound }
