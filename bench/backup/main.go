// Command backup measures backing up and restoring: how fast rows and files go into a backup and come out of it.
//
//	go run ./bench/backup                                                   SQLite
//	store/storetest/postgres.sh --durable go run ./bench/backup -postgres   PostgreSQL
package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"log"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"filippo.io/age"

	"bihuan/backup"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/store"
)

func main() {
	log.SetFlags(0)
	rows := flag.Int("rows", 1_000_000, "rows of some 300 bytes")
	files := flag.Int("files", 500, "files of evidence")
	size := flag.Int("size", 2<<20, "bytes of each")
	postgres := flag.Bool("postgres", false, "restore to the server that BIHUAN_TEST_PG names")
	sealed := flag.Bool("sealed", false, "encrypt")
	dir := flag.String("dir", "out/bench/backup", "where everything is kept")
	flag.Parse()
	if err := measure(context.Background(), *dir, *rows, *files, *size, *postgres, *sealed); err != nil {
		log.Fatal(err)
	}
}

func measure(ctx context.Context, dir string, rows, files, size int, postgres, sealed bool) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	database, restored := filepath.Join(dir, "bihuan.db"), filepath.Join(dir, "restored.db")
	if postgres {
		server := os.Getenv("BIHUAN_TEST_PG")
		database, restored = server+"&search_path=bench_backup", server+"&search_path=bench_restored"
	}
	store1, err := evidence.OpenFiles(filepath.Join(dir, "files"))
	if err != nil {
		return err
	}
	store2, err := evidence.OpenFiles(filepath.Join(dir, "restored"))
	if err != nil {
		return err
	}
	if err := seed(ctx, database, store1, rows, files, size); err != nil {
		return err
	}
	src := backup.Source{Files: store1, Now: time.Now, Program: "bench", Dump: func(ctx context.Context, fn func(*store.Dump) error) error {
		return store.DumpAt(ctx, database, fn)
	}}
	to := backup.Target{Database: restored, Files: store2}
	if sealed {
		id, err := age.GenerateX25519Identity()
		if err != nil {
			return err
		}
		src.Recipients, to.Identities = []age.Recipient{id.Recipient()}, []age.Identity{id}
	}
	path := filepath.Join(dir, "b.bhb")
	var made backup.Made
	report("back up", func() (int64, error) {
		made, err = backup.Make(ctx, src, path)
		return made.Content, err
	})
	fmt.Printf("file %d MB of %d MB, %d rows, %d files\n", made.Size>>20, made.Content>>20, made.Rows(), made.Files)
	report("restore", func() (int64, error) {
		got, err := backup.Restore(ctx, path, to)
		return got.Content, err
	})
	return nil
}

// report runs one measurement and says what it took.
func report(what string, fn func() (int64, error)) {
	var before, after syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	started := time.Now()
	n, err := fn()
	took := time.Since(started)
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	if err != nil {
		log.Fatalf("%s: %v", what, err)
	}
	cpu := time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
	fmt.Printf("%s: %.1f s, %.1f s of processor, %.0f MB/s, peak %d MB, %s\n", what, took.Seconds(), cpu.Seconds(), float64(n)/took.Seconds()/(1<<20), after.Maxrss>>10, runtime.Version())
}

// seed makes a database of many rows and files.
func seed(ctx context.Context, database string, files *evidence.Files, rows, n, size int) error {
	db, err := store.Open(ctx, database)
	if err != nil {
		return err
	}
	defer db.Close()
	words := strings.Fields("栖禾镇 东槐村 巡察反馈 整改措施 责任单位 完成时限 高龄津贴 每月核对 一次 已报 佐证 齐全 复核 通过")
	for done := 0; done < rows; {
		err := db.Housekeep(ctx, func(tx *store.Tx) error {
			for range min(rows-done, 10_000) {
				var said strings.Builder
				for said.Len() < 260 {
					said.WriteString(words[mathrand.IntN(len(words))])
				}
				done++
				if _, err := tx.Exec(ctx, `insert into daily (task, day, done, said) values ($1, '2026-11-26', $2, $3)`, fmt.Sprint("t", done), tx.Now.UnixMilli(), said.String()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	content := make([]byte, size)
	for range n {
		_, _ = rand.Read(content)
		hash, err := files.Put(ctx, content)
		if err != nil {
			return err
		}
		err = db.Write(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(ctx, `insert into file (hash, size, format, stored) values ($1, $2, 'jpeg', 0)`, hash, size); err != nil {
				return err
			}
			return journal.Append(ctx, tx, journal.Entry{Verb: "登记", Kind: "file"})
		})
		if err != nil {
			return err
		}
	}
	return nil
}
