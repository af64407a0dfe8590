package web

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"bihuan/journal"
	"bihuan/store"
)

// The log is readable for everybody as C2SP tlog-tiles, so that a witness can follow it. Hashes under salts tell nothing of what was done.

// logCheckpoint answers GET /log/checkpoint.
func (s *Server) logCheckpoint(w http.ResponseWriter, r *http.Request) {
	c, err := journal.LastCheckpoint(r.Context(), s.db)
	if err != nil {
		s.logFail(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = io.WriteString(w, c.Note)
}

// logKey answers GET /log/key with the public keys.
func (s *Server) logKey(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, s.record.Key.Verifier+"\n"+s.witness.Key.Verifier+"\n")
}

// logTile answers GET /log/tile/LEVEL/N[.p/WIDTH], where N is in groups of three digits.
func (s *Server) logTile(w http.ResponseWriter, r *http.Request) {
	level, n, width, ok := parseTile(r.PathValue("level"), r.PathValue("n"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	tile, err := journal.Tile(r.Context(), s.db, level, n, width)
	if err != nil {
		s.logFail(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(tile)
}

// parseTile reads the address of a tile (C2SP tlog-tiles), by means of the same path of package tlog.
func parseTile(levelText, path string) (level int, n int64, width int, ok bool) {
	t, err := tlog.ParseTilePath("tile/8/" + levelText + "/" + strings.TrimPrefix(path, "/"))
	if err != nil || t.L < 0 || strconv.Itoa(t.L) != levelText {
		return 0, 0, 0, false
	}
	return t.L, t.N, t.W, true
}

func (s *Server) logFail(w http.ResponseWriter, err error) {
	if errors.Is(err, store.ErrNotFound) {
		http.Error(w, "not there", http.StatusNotFound)
		return
	}
	s.log.Error("log", "error", err)
	http.Error(w, "failed", http.StatusInternalServerError)
}
