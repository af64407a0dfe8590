package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite"
)

// pocketbase is the peer of bench/pocketbase: one collection of tasks with the
// index that fits each operation best, a view that counts, one user. Answers
// are JSON.
func pocketbase() peer {
	return peer{
		name: "pocketbase",
		lua:  "pocketbase.lua",
		ops:  operations,
		fill: fillPocketBase,
		command: func(dir, address string) []string {
			return []string{pocketBaseBinary(dir), "serve", "--http", address, "--dir", filepath.Join(dir, "data")}
		},
		first: "/api/health",
		session: func(base string) (string, error) {
			return pocketBaseLogin(base, "users", "u@example.com")
		},
		header: "Authorization",
		proofs: func(tasks []task) []proof {
			var list []proof
			for _, term := range []string{"高龄津贴", "低保", "套取"} {
				filter := fmt.Sprintf("title~'%s' || body~'%s'", term, term)
				list = append(list, proof{
					"/api/collections/tasks/records?perPage=1&filter=" + url.QueryEscape(filter),
					fmt.Sprintf(`"totalItems":%d`, mentions(tasks, term)),
				})
			}
			return list
		},
	}
}

const pocketBasePassword = "1234567890"

func pocketBaseBinary(dir string) string { return filepath.Join(filepath.Dir(dir), "pocketbase") }

// fillPocketBase builds the server from its module, makes its collections
// through its API, and loads the tasks straight into its database.
func fillPocketBase(dir string, tasks []task) error {
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", pocketBaseBinary(dir), ".")
	build.Dir = "bench/pocketbase"
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w: %s", err, out)
	}
	data := filepath.Join(dir, "data")
	admin := exec.Command(pocketBaseBinary(dir), "superuser", "upsert", "a@example.com", pocketBasePassword, "--dir", data)
	if out, err := admin.CombinedOutput(); err != nil {
		return fmt.Errorf("superuser: %w: %s", err, out)
	}
	s := &server{peer: pocketbase(), dir: dir}
	if err := s.start(); err != nil {
		return err
	}
	if err := errors.Join(describePocketBase(s.base), s.stop()); err != nil {
		return err
	}
	return insertPocketBase(dir, filepath.Join(data, "data.db"), tasks)
}

// describePocketBase makes the collections and the user.
func describePocketBase(base string) error {
	token, err := pocketBaseLogin(base, "_superusers", "a@example.com")
	if err != nil {
		return err
	}
	type object = map[string]any
	collection := func(name, kind string, more object) object {
		signedIn := "@request.auth.id != ''"
		o := object{"name": name, "type": kind, "listRule": signedIn, "viewRule": signedIn}
		for k, v := range more {
			o[k] = v
		}
		return o
	}
	for _, step := range []struct {
		path string
		body object
	}{
		{"/api/collections", collection("tasks", "base", object{
			"createRule": "@request.auth.id != ''",
			"updateRule": "@request.auth.id != ''",
			"fields": []object{
				{"name": "title", "type": "text"},
				{"name": "body", "type": "text", "max": 100000},
				{"name": "unit", "type": "number"},
				{"name": "status", "type": "number"},
				{"name": "due", "type": "text"},
				{"name": "created", "type": "autodate", "onCreate": true},
				{"name": "updated", "type": "autodate", "onCreate": true, "onUpdate": true},
			},
			"indexes": []string{
				"CREATE INDEX tasks_status_due ON tasks (status, due)",
				"CREATE INDEX tasks_unit_status ON tasks (unit, status)",
				"CREATE INDEX tasks_unit_status_due ON tasks (unit, status, due)",
			},
		})},
		{"/api/collections", collection("counts", "view", object{
			"viewQuery": "SELECT (ROW_NUMBER() OVER()) AS id, unit, status, count(*) AS n FROM tasks GROUP BY unit, status",
		})},
		{"/api/collections/users/records", object{
			"email": "u@example.com", "password": pocketBasePassword, "passwordConfirm": pocketBasePassword, "verified": true,
		}},
	} {
		if err := postPocketBase(base+step.path, token, step.body, nil); err != nil {
			return err
		}
	}
	return nil
}

// insertPocketBase writes the tasks and their ids, which are the task's number
// in PocketBase's form of 15 characters.
func insertPocketBase(dir, path string, tasks []task) error {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	insert, err := tx.Prepare("INSERT INTO tasks (id, title, body, unit, status, due, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	var ids strings.Builder
	for i, t := range tasks {
		id := fmt.Sprintf("task%011d", i+1)
		fmt.Fprintln(&ids, id)
		created := t.created + ".000Z"
		if _, err := insert.Exec(id, t.title, t.body, t.unit, t.status, t.due, created, created); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	if _, err := db.Exec("ANALYZE"); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "ids.txt"), []byte(ids.String()), 0o666)
}

func pocketBaseLogin(base, collection, identity string) (string, error) {
	var session struct{ Token string }
	err := postPocketBase(base+"/api/collections/"+collection+"/auth-with-password", "",
		map[string]any{"identity": identity, "password": pocketBasePassword}, &session)
	return session.Token, err
}

// postPocketBase posts JSON and decodes the answer into out unless that is nil.
func postPocketBase(url, token string, body map[string]any, out any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequest("POST", url, bytes.NewReader(data))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", url, response.Status, answer.String())
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer.Bytes(), out)
}
