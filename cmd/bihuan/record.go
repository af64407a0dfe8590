package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/proof"
	"bihuan/store"
	"bihuan/web"
)

// logFiles are the files beside a database that belong to its log.
type logFiles struct {
	key         string // signs heads of the log
	public      string // public keys that they are checked with
	checkpoints string
}

// house are the files of the ledger's log, and residents those of the log of the database of residents, which is a log of its own.
func (p place) house() logFiles {
	return logFiles{p.logKey(), filepath.Join(p.Data, "journal.pub"), filepath.Join(p.Data, "checkpoints.txt")}
}

func (p place) residents() logFiles {
	return logFiles{filepath.Join(filepath.Dir(p.logKey()), "residents.journal.key"), filepath.Join(p.Data, "residents.journal.pub"), filepath.Join(p.Data, "residents.checkpoints.txt")}
}

func (p place) logKey() string {
	if p.Key != "" {
		return p.Key
	}
	return filepath.Join(p.Data, "journal.key")
}

// open opens the journal of a database with the key that signs it, and writes the public key beside it.
func (f logFiles) open(db *store.DB) (journal.Log, error) {
	key, err := journal.OpenLogKey(f.key)
	if err != nil {
		return journal.Log{}, err
	}
	log := journal.Log{DB: db, Key: key, File: f.checkpoints}
	text, err := os.ReadFile(f.public)
	if errors.Is(err, fs.ErrNotExist) {
		return log, f.writeKeys(key.Verifier + "\n")
	}
	if err == nil && !strings.Contains(string(text), key.Verifier) {
		err = fmt.Errorf("%s 里的公钥与密钥 %s 不是一对：密钥被换过。换回原来的密钥；确要换新的，请先移走 %s", f.public, f.key, f.public)
	}
	return log, err
}

// addKey keeps a public key that checkpoints are checked with.
func (f logFiles) addKey(vkey string) error {
	text, err := os.ReadFile(f.public)
	if err != nil || strings.Contains(string(text), vkey) {
		return err
	}
	return f.writeKeys(string(text) + vkey + "\n")
}

// writeKeys writes the file of public keys: one that a crash left half-written would look like that of another key.
func (f logFiles) writeKeys(text string) error {
	return writeWhole(f.public, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// known are the public keys that checkpoints are checked with; none before the first start.
func (f logFiles) known() ([]string, error) {
	text, err := os.ReadFile(f.public)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return strings.Fields(string(text)), err
}

// signEvery is how often the head of the log is signed while things change. What is newer than that could be rewritten unseen by whoever
// holds the database open.
const signEvery = time.Minute

// sign signs the head of a log again and again until ctx ends, and once more then. With a witness, that signs too. Once a day the whole
// record is checked. The same trouble is logged once.
func sign(ctx context.Context, log journal.Log, witness *journal.Cosigner, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	last := ""
	for {
		err := signOnce(ctx, log, witness)
		if said := fmt.Sprint(err); err != nil && ctx.Err() == nil && said != last {
			slog.Error("checkpoint", "log", log.Key.Name(), "error", err)
		}
		last = fmt.Sprint(err)
		if err := proof.Daily(ctx, log); err != nil && ctx.Err() == nil {
			slog.Error("verify", "log", log.Key.Name(), "error", err)
		}
		select {
		case <-ctx.Done():
			if _, err := log.Checkpoint(context.WithoutCancel(ctx)); err != nil {
				slog.Error("checkpoint", "log", log.Key.Name(), "error", err)
			}
			return
		case <-tick.C:
		}
	}
}

func signOnce(ctx context.Context, log journal.Log, witness *journal.Cosigner) (err error) {
	if witness == nil {
		_, err = log.Checkpoint(ctx)
	} else {
		_, err = witness.Cosign(ctx)
	}
	return err
}

// keyCommand shows the public keys.
type keyCommand struct{ place }

// Run prints the public keys and their fingerprints.
func (c keyCommand) Run(s streams) error {
	for _, x := range []struct {
		files logFiles
		word  string
	}{{c.house(), "存证公钥  "}, {c.residents(), "居民信息库的存证公钥  "}} {
		log, err := x.files.open(nil)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%s%s\n指纹    %s\n", x.word, log.Key.Verifier, journal.Fingerprint(log.Key.Verifier))
	}
	return nil
}

// witnessCommand signs for the logs of others.
type witnessCommand struct {
	Serve witnessServeCommand `cmd:"" help:"启动会签服务：给别的单位的日志会签"`
	Add   witnessAddCommand   `cmd:"" help:"登记一个要会签的单位的存证公钥"`
	List  witnessListCommand  `cmd:"" help:"列出会签的日志"`
	Key   witnessKeyCommand   `cmd:"" help:"显示会签公钥"`
}

func (p place) openWitness(db *store.DB) (journal.Witness, error) {
	key, err := journal.OpenWitnessKey(filepath.Join(p.Data, "witness.key"))
	return journal.Witness{DB: db, Key: key}, err
}

// witnessServeCommand serves nothing but signatures: for an office that watches without running a ledger.
type witnessServeCommand struct {
	place
	Addr string `default:"127.0.0.1:8090" placeholder:"地址:端口" help:"在哪里听"`
}

// Run serves until ctx ends.
func (c witnessServeCommand) Run(ctx context.Context, s streams) error {
	return c.withDatabase(ctx, func(db *store.DB) error {
		w, err := c.openWitness(db)
		if err != nil {
			return err
		}
		listener, err := listen(ctx, c.Addr, 1)
		if err != nil {
			return err
		}
		mux := http.NewServeMux()
		mux.Handle("POST /witness/add-checkpoint", web.LimitWitness(w.ServeSign, time.Now))
		mux.HandleFunc("GET /witness/checkpoint", w.ServeLast)
		server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute}
		fmt.Fprintf(s.out, "会签服务已启动：http://%s/witness\n会签公钥：%s\n", listener.Addr(), w.Key.Verifier)
		failed := make(chan error, 1)
		go func() { failed <- server.Serve(listener) }()
		select {
		case err := <-failed:
			return err
		case <-ctx.Done():
			return server.Close()
		}
	})
}

// witnessAddCommand begins to sign for a log.
type witnessAddCommand struct {
	place
	Verifier string `arg:"" name:"存证公钥" help:"对方运行 bihuan key 显示的"`
}

// Run enters the key.
func (c witnessAddCommand) Run(ctx context.Context, s streams) error {
	return c.withDatabase(ctx, func(db *store.DB) error {
		if err := journal.AddWitnessed(ctx, db, 0, org.Program.Title(), c.Verifier); err != nil {
			return err
		}
		fmt.Fprintln(s.out, "已登记。")
		return nil
	})
}

// witnessListCommand lists what is signed for.
type witnessListCommand struct{ place }

// Run prints a line for each log.
func (c witnessListCommand) Run(ctx context.Context, s streams) error {
	return c.withDatabase(ctx, func(db *store.DB) error {
		logs, err := journal.WitnessedLogs(ctx, db)
		for _, l := range logs {
			seen := "还没有会签过"
			if !l.Seen.IsZero() {
				seen = fmt.Sprintf("会签到第%d条，%s", l.Size, l.Seen.Format("2006-01-02 15:04"))
			}
			fmt.Fprintf(s.out, "%s  %s\n", l.Origin, seen)
		}
		return err
	})
}

// witnessKeyCommand shows the key that others check our signatures with.
type witnessKeyCommand struct{ place }

// Run prints the public key and its fingerprint.
func (c witnessKeyCommand) Run(s streams) error {
	w, err := c.openWitness(nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "会签公钥  %s\n指纹    %s\n", w.Key.Verifier, journal.Fingerprint(w.Key.Verifier))
	return nil
}
