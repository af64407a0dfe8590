package evidence_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"bihuan/evidence"
)

// The one who may use the store of the tests.
const (
	s3Key    = "bihuan-test"
	s3Secret = "an invented secret"
)

// s3Store is a store that speaks S3 and, as real ones do, looks at signatures and at the sums of what it gets.
type s3Store struct {
	*httptest.Server
	backend gofakes3.Backend
	now     atomic.Int64 // of its clock, Unix ms; 0: the real one
	down    atomic.Bool  // connections break off
	slow    atomic.Bool  // it does not answer
	cut     atomic.Int64 // a body breaks off after so many bytes; 0: none does
	free    chan struct{}
}

func (s *s3Store) Now() time.Time {
	if ms := s.now.Load(); ms != 0 {
		return time.UnixMilli(ms).UTC()
	}
	return time.Now().UTC()
}

func (s *s3Store) Since(t time.Time) time.Duration { return s.Now().Sub(t) }

func newS3(t testing.TB, buckets ...string) *s3Store {
	t.Helper()
	s := &s3Store{free: make(chan struct{})}
	s.backend = s3mem.New(s3mem.WithTimeSource(s))
	store := gofakes3.New(s.backend, gofakes3.WithTimeSkewLimit(0)).Server()
	for _, name := range buckets {
		if err := s.backend.CreateBucket(name); err != nil {
			t.Fatal(err)
		}
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.slow.Load() {
			<-s.free
		}
		if s.down.Load() {
			panic(http.ErrAbortHandler)
		}
		if n := s.cut.Load(); n > 0 && r.Method == http.MethodPut {
			_, _ = io.CopyN(io.Discard, r.Body, n)
			panic(http.ErrAbortHandler)
		}
		if code := refused(r); code != "" {
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>no</Message></Error>`, code)
			return
		}
		store.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { close(s.free); s.Close() })
	return s
}

// refused is the code of the error a store answers to a request that is not signed right (AWS Signature Version 4), or whose body is
// not what was signed.
func refused(r *http.Request) string {
	field := func(name string) string {
		_, rest, _ := strings.Cut(r.Header.Get("Authorization"), name+"=")
		value, _, _ := strings.Cut(rest, ",")
		return value
	}
	scope := strings.SplitN(field("Credential"), "/", 2)
	if len(scope) != 2 || scope[0] != s3Key {
		return "InvalidAccessKeyId"
	}
	var headers strings.Builder
	for _, name := range strings.Split(field("SignedHeaders"), ";") {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		if name == "content-length" {
			value = fmt.Sprint(r.ContentLength)
		}
		fmt.Fprintf(&headers, "%s:%s\n", name, strings.TrimSpace(value))
	}
	sum := r.Header.Get("X-Amz-Content-Sha256")
	request := strings.Join([]string{r.Method, r.URL.EscapedPath(), strings.ReplaceAll(r.URL.Query().Encode(), "+", "%20"), headers.String(),
		field("SignedHeaders"), sum}, "\n")
	hashed := sha256.Sum256([]byte(request))
	toSign := strings.Join([]string{"AWS4-HMAC-SHA256", r.Header.Get("X-Amz-Date"), scope[1], hex.EncodeToString(hashed[:])}, "\n")
	key := []byte("AWS4" + s3Secret)
	for _, part := range append(strings.Split(scope[1], "/"), toSign) {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(part))
		key = h.Sum(nil)
	}
	if hex.EncodeToString(key) != field("Signature") {
		return "SignatureDoesNotMatch"
	}
	if r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") == "" {
		body, err := io.ReadAll(r.Body)
		if got := sha256.Sum256(body); err != nil || hex.EncodeToString(got[:]) != sum {
			return "XAmzContentSHA256Mismatch"
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return ""
}

// at is how a program is told of the store.
func (s *s3Store) at(t testing.TB, more string) evidence.Bucket {
	t.Helper()
	b, err := evidence.ParseBucket("s3://files/linlan/one?endpoint=" + url.QueryEscape(s.URL) + more)
	if err != nil {
		t.Fatal(err)
	}
	b.Key, b.Secret = s3Key, s3Secret
	return b
}

// open opens files in the store.
func (s *s3Store) open(t testing.TB, folder, more string) *evidence.Files {
	t.Helper()
	f, err := evidence.OpenBucket(context.Background(), folder, s.at(t, more))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// names are all the names of objects in the bucket.
func (s *s3Store) names(t testing.TB) []string {
	t.Helper()
	list, err := s.backend.ListBucket("files", &gofakes3.Prefix{}, gofakes3.ListBucketPage{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, x := range list.Contents {
		names = append(names, x.Key)
	}
	return names
}

func (s *s3Store) write(t testing.TB, name string, content []byte) {
	t.Helper()
	if _, err := s.backend.PutObject("files", name, map[string]string{}, bytes.NewReader(content), int64(len(content)), nil); err != nil {
		t.Fatal(err)
	}
}

func TestFilesInABucket(t *testing.T) {
	s := newS3(t, "files")
	folder := t.TempDir()
	f := s.open(t, folder, "")
	content := append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("签到表"), 400_000)...)
	for range 2 { // the same once more changes nothing
		stored, err := f.PutReader(t.Context(), bytes.NewReader(content), evidence.Most)
		if err != nil || stored.Hash != evidence.Hash(content) || stored.Media != "application/pdf" {
			t.Fatalf("%+v %v", stored, err)
		}
	}
	hash := evidence.Hash(content)
	name := "linlan/one/" + hash[:2] + "/" + hash[2:4] + "/" + hash
	if names := s.names(t); len(names) != 1 || names[0] != name {
		t.Errorf("stored: %v", names)
	}
	if got, err := f.Get(t.Context(), hash); err != nil || !bytes.Equal(got, content) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	open, err := f.Open(t.Context(), hash)
	if err != nil || open.Size() != int64(len(content)) {
		t.Fatal(err)
	}
	if _, err := open.Seek(-9, io.SeekEnd); err != nil {
		t.Error(err)
	}
	if end, err := io.ReadAll(open); err != nil || string(end) != "签到表" {
		t.Errorf("the end is %q, %v", end, err)
	}
	open.Close()
	if left, _ := os.ReadDir(filepath.Join(folder, "parts")); len(left) != 0 {
		t.Errorf("left on this machine: %v", left)
	}
	seen := 0
	if err := f.Each(t.Context(), func(h string, size int64) error {
		if seen++; h != hash || size != int64(len(content)) {
			t.Errorf("listed %s %d", h, size)
		}
		return nil
	}); err != nil || seen != 1 {
		t.Errorf("listed %d, %v", seen, err)
	}
	if err := f.Check(t.Context(), hash); err != nil {
		t.Error(err)
	}
	content[20] ^= 1
	s.write(t, name, content)
	if _, err := f.Get(t.Context(), hash); !errors.Is(err, evidence.ErrChanged) {
		t.Errorf("changed, read: %v", err)
	}
	if _, err := f.Open(t.Context(), hash); !errors.Is(err, evidence.ErrChanged) {
		t.Errorf("changed, opened: %v", err)
	}
	if err := f.Check(t.Context(), hash); !errors.Is(err, evidence.ErrChanged) {
		t.Errorf("changed, checked: %v", err)
	}
	if _, err := f.Open(t.Context(), evidence.Hash(nil)); !errors.Is(err, evidence.ErrMissing) {
		t.Errorf("missing: %v", err)
	}
}

func TestBucketsThatCannotBeUsed(t *testing.T) {
	s := newS3(t, "files")
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	slow := newS3(t, "files")
	slow.slow.Store(true)
	for name, x := range map[string]struct {
		at   evidence.Bucket
		want string
	}{
		"no such bucket": {func() evidence.Bucket { b := s.at(t, ""); b.Name = "nobody-made-it"; return b }(), "没有名为“nobody-made-it”的桶"},
		"wrong key":      {func() evidence.Bucket { b := s.at(t, ""); b.Key = "else"; return b }(), "不认这对密钥"},
		"wrong secret":   {func() evidence.Bucket { b := s.at(t, ""); b.Secret = "else"; return b }(), "不认这对密钥"},
		"no secret":      {func() evidence.Bucket { b := s.at(t, ""); b.Secret = ""; return b }(), "BIHUAN_S3_SECRET"},
		"nobody there":   {func() evidence.Bucket { b := s.at(t, "&timeout=2s"); b.Endpoint = closed.URL; return b }(), "连不上文件存储"},
		"no answer":      {slow.at(t, "&timeout=300ms"), "没有答完"},
	} {
		began := time.Now()
		_, err := evidence.OpenBucket(t.Context(), t.TempDir(), x.at)
		var trouble evidence.Unavailable
		if !errors.As(err, &trouble) || !strings.Contains(trouble.What, x.want) || strings.Contains(fmt.Sprint(err), s3Secret) {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

// A store that fails in the middle keeps nothing of a file, and takes it when it is sent once more.
func TestBucketFailsInBetween(t *testing.T) {
	s := newS3(t, "files")
	f := s.open(t, t.TempDir(), "&timeout=2s")
	content := bytes.Repeat([]byte("一页"), 300_000)
	put := func() error {
		_, err := f.PutReader(t.Context(), bytes.NewReader(content), evidence.Most)
		return err
	}
	s.cut.Store(100_000)
	if err := put(); !errors.As(err, new(evidence.Unavailable)) {
		t.Errorf("cut off: %v", err)
	}
	s.cut.Store(0)
	s.down.Store(true)
	if err := put(); !errors.As(err, new(evidence.Unavailable)) {
		t.Errorf("down: %v", err)
	}
	s.down.Store(false)
	if names := s.names(t); len(names) != 0 {
		t.Errorf("half stored: %v", names)
	}
	if err := put(); err != nil {
		t.Fatal(err)
	}
	s.down.Store(true)
	if _, err := f.Open(t.Context(), evidence.Hash(content)); !errors.As(err, new(evidence.Unavailable)) {
		t.Errorf("down, opened: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := f.Get(ctx, evidence.Hash(content)); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}

func TestAddressesOfBuckets(t *testing.T) {
	for address, want := range map[string]string{
		"s3://files?endpoint=https://s3.example.org":                        "",
		"s3://files/a/b/?endpoint=http://10.1.2.3:9000&style=host&region=x": "",
		"s3://files":                            "endpoint",
		"s3://?endpoint=https://s3.example.org": "不是文件存储的地址",
		"https://files":                         "不是文件存储的地址",
		"s3://key:secret@files?endpoint=https://s3.example.org":    "不能写密钥",
		"s3://files?endpoint=ftp://s3.example.org":                 "endpoint",
		"s3://files?endpoint=https://a:b@s3.example.org":           "endpoint",
		"s3://files?endpoint=https://s3.example.org&secret=x":      "不认识的 secret",
		"s3://files?endpoint=https://s3.example.org&timeout=soon":  "timeout=soon",
		"s3://files?endpoint=https://s3.example.org&style=virtual": "style=virtual",
	} {
		_, err := evidence.ParseBucket(address)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", address, err)
		}
	}
	b, err := evidence.ParseBucket("s3://files/a/b/?endpoint=http://10.1.2.3:9000&style=host&region=x&timeout=5s")
	if want := (evidence.Bucket{Endpoint: "http://10.1.2.3:9000", Name: "files", Prefix: "a/b", Region: "x", Host: true, Timeout: 5 * time.Second}); err != nil || b != want {
		t.Errorf("%+v %v", b, err)
	}
}

// versions has a bucket keep old versions.
func (s *s3Store) versions(bucket string) error {
	return s.backend.(gofakes3.VersionedBackend).SetVersioningConfiguration(bucket, gofakes3.VersioningConfiguration{Status: gofakes3.VersioningEnabled})
}

// countVersions counts the versions of content in the bucket.
func (s *s3Store) countVersions(t testing.TB) int {
	t.Helper()
	list, err := s.backend.(gofakes3.VersionedBackend).ListBucketVersions("files", &gofakes3.Prefix{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, x := range list.Versions {
		if _, ok := x.(*gofakes3.Version); ok {
			n++
		}
	}
	return n
}
