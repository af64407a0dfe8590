package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed static
var static embed.FS

// assets are the files a page loads. Each is served under an address that holds the hash of its content, and so for ever.
type assets struct {
	files     map[string]assetFile // look-1a2b3c4d5e6f.css → content
	addresses map[string]string    // look.css → /static/look-1a2b3c4d5e6f.css
}

type assetFile struct {
	kind    string // media type
	content []byte
}

func loadAssets() (assets, error) {
	a := assets{files: map[string]assetFile{}, addresses: map[string]string{}}
	entries, err := fs.ReadDir(static, "static")
	if err != nil {
		return a, err
	}
	for _, e := range entries {
		content, err := fs.ReadFile(static, "static/"+e.Name())
		if err != nil {
			return a, err
		}
		sum := sha256.Sum256(content)
		extension := path.Ext(e.Name())
		name := strings.TrimSuffix(e.Name(), extension) + "-" + hex.EncodeToString(sum[:6]) + extension
		a.files[name] = assetFile{mime.TypeByExtension(extension), content}
		a.addresses[e.Name()] = "/static/" + name
	}
	return a, nil
}

// address is where the asset of that name is served.
func (a assets) address(name string) (string, error) {
	address, ok := a.addresses[name]
	if !ok {
		return "", fmt.Errorf("no asset %s", name)
	}
	return address, nil
}

func (s *Server) asset(w http.ResponseWriter, r *http.Request) {
	f, ok := s.assets.files[r.PathValue("name")]
	if !ok {
		http.Error(w, "没有这个文件", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.content))
}
