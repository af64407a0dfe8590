package sample

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"bihuan/evidence"
	"bihuan/store"
)

func TestBuild(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	db, err := store.Open(ctx, filepath.Join(dir, "b.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	files, err := evidence.OpenFiles(filepath.Join(dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	start := time.Now()
	if err := Build(ctx, db, files, time.Now()); err != nil {
		t.Fatal(err)
	}
	t.Log(time.Since(start))
}
