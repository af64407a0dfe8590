package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"bihuan/store"
)

// bihuan is the product: the tasks as a ledger of sixty units, one finding each. Answers are HTML pages under a session, with
// permissions. With a database address it runs on that PostgreSQL server, in a schema of its own, else on SQLite.
func bihuan(name, database string) peer {
	address := func(dir string) string {
		if database == "" {
			return filepath.Join(dir, "data", "bihuan.db")
		}
		u, err := url.Parse(database)
		if err != nil {
			return database
		}
		q := u.Query()
		q.Set("search_path", "bench")
		u.RawQuery = q.Encode()
		return u.String()
	}
	return peer{
		name: name,
		lua:  "bihuan.lua",
		ops:  []string{"list", "list-unit", "detail", "search", "counts", "update"},
		fill: func(dir string, tasks []task) error {
			if database != "" {
				if err := newSchema(database, "bench"); err != nil {
					return err
				}
			}
			return fillBihuan(dir, address(dir), tasks)
		},
		command: func(dir, listen string) []string {
			return []string{filepath.Join(dir, "bihuan"), "serve", "--addr", listen, "--data", filepath.Join(dir, "data"), "--database", address(dir)}
		},
		first:   "/login",
		session: bihuanLogin,
		header:  "Cookie",
		proofs: func(tasks []task) []proof {
			var list []proof
			for _, term := range []string{"高龄津贴", "低保", "套取"} {
				list = append(list, proof{"/search?q=" + url.QueryEscape(term), strconv.Itoa(mentions(tasks, term))})
			}
			return list
		},
	}
}

// newSchema makes an empty schema of that name.
func newSchema(database, schema string) error {
	out, err := exec.Command("psql", database, "-qc", "set client_min_messages to error; drop schema if exists "+schema+" cascade; create schema "+schema).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// fillBihuan builds the program and has it load the tasks through its own import, and notes the ids of findings and units.
func fillBihuan(dir, database string, tasks []task) error {
	binary := filepath.Join(dir, "bihuan")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, "./cmd/bihuan")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w: %s", err, out)
	}
	table := filepath.Join(filepath.Dir(dir), fmt.Sprintf("tasks-%d.csv", len(tasks))) // where makeTasks put them
	if out, err := exec.Command(binary, "seed-bench", table, "--data", filepath.Join(dir, "data"), "--database", database).CombinedOutput(); err != nil {
		return fmt.Errorf("seed: %w: %s", err, out)
	}
	ctx := context.Background()
	db, err := store.Open(ctx, database)
	if err != nil {
		return err
	}
	defer db.Close()
	for name, query := range map[string]string{"ids.txt": `select id from finding order by id`, "units.txt": `select distinct unit from finding order by unit`} {
		ids, err := store.All(ctx, db, store.Value[string], query)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Join(ids, "\n")+"\n"), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// bihuanLogin signs in and returns the cookie.
func bihuanLogin(base string) (string, error) {
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.PostForm(base+"/login", url.Values{"login": {"bench"}, "password": {"bench"}})
	if err != nil {
		return "", err
	}
	response.Body.Close()
	for _, c := range response.Cookies() {
		if c.Name == "bihuan" {
			return c.Name + "=" + c.Value, nil
		}
	}
	return "", fmt.Errorf("login: %s", response.Status)
}
