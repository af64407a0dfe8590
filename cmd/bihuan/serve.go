package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"bihuan/backup"
	"bihuan/calendar"
	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
	"bihuan/vault"
	"bihuan/web"
)

// serveCommand serves the ledger until it is told to stop.
type serveCommand struct {
	place
	keeping
	Addr       string `default:"127.0.0.1:8080" env:"BIHUAN_ADDR" placeholder:"地址:端口" help:"在哪里听：127.0.0.1:8080 只有本机能开，0.0.0.0:8080 局域网都能开（BIHUAN_ADDR）"`
	HTTPS      bool   `name:"https" env:"BIHUAN_HTTPS" help:"用户经 HTTPS（前面的反向代理）访问：登录只走加密连接"`
	Witness    string `env:"BIHUAN_WITNESS" placeholder:"网址" help:"请谁会签：上级或第三方的会签服务，如 http://10.1.2.9:8090/witness（BIHUAN_WITNESS）"`
	WitnessKey string `env:"BIHUAN_WITNESS_KEY" placeholder:"公钥" help:"会签方的公钥（BIHUAN_WITNESS_KEY）"`
	Site       string `env:"BIHUAN_SITE" placeholder:"网址" help:"大家打开的网址，写进提醒消息里，也印进纸上的二维码，如 http://10.1.2.3:8080；不写，消息里用上面的地址，二维码里只有存证码（BIHUAN_SITE）"`
}

// Run serves until ctx ends.
func (c serveCommand) Run(ctx context.Context, s streams) error {
	started := time.Now()
	listener, err := listen(ctx, c.Addr, 1)
	if err != nil {
		return err
	}
	p, err := open(ctx, c.place, listener, options{https: c.HTTPS, site: strings.TrimRight(c.Site, "/"), witness: c.Witness, witnessKey: c.WitnessKey, keeping: c.keeping})
	if err != nil {
		listener.Close()
		return err
	}
	slog.Info("serving", "url", p.URL(), "database", c.shown(), "ready", time.Since(started).Round(time.Millisecond))
	fmt.Fprintf(s.out, "闭环已启动：%s\n", p.URL())
	if _, err := org.Root(ctx, p.db); errors.Is(err, store.ErrNotFound) {
		fmt.Fprint(s.out, "数据库是空的，还没有人能登录。请另开一个窗口，先登记单位和用户：\n",
			"  bihuan unit add 栖禾镇 --kind 镇\n  bihuan user add hexiaoyu --name 贺晓雨 --unit 栖禾镇 --role 经办人\n")
	}
	return errors.Join(p.Run(ctx), p.Close())
}

// program is the server with everything it holds open. A test starts the same one.
type program struct {
	db                *store.DB
	vault             *vault.Vault
	files             *evidence.Files
	listener          net.Listener
	http              *http.Server
	site              string // address that people open, for links in messages
	log               journal.Log
	cosigner          *journal.Cosigner // nil: nobody signs too
	residentsLog      journal.Log       // that of the database of residents
	residentsCosigner *journal.Cosigner // nil: nobody signs that too
	keeper            *backup.Keeper    // nil: nobody makes backups

	data       string // folder
	sealKey    string // file of the key of the database of residents
	witnessKey string
}

// options are how the program serves.
type options struct {
	https      bool   // people come by https
	site       string // address that people open, without a slash at its end; empty when nobody has said it
	witness    string // address of who signs the heads of the log too; empty for nobody
	witnessKey string
	keeping    // of backups
}

// open opens database and files and gets ready to serve on listener.
func open(ctx context.Context, at place, listener net.Listener, with options) (*program, error) {
	db, err := at.openDatabase(ctx)
	if err != nil {
		return nil, err
	}
	files, err := at.openFiles(ctx)
	if err != nil {
		db.Close()
		return nil, err
	}
	residents, err := at.openVault(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close(), files.Close())
	}
	p := &program{db: db, vault: residents, files: files, listener: listener, data: at.Data, sealKey: at.sealKey(), witnessKey: with.witnessKey}
	if err := p.openLog(at, with.witness, with.witnessKey); err != nil {
		return nil, errors.Join(err, p.closeStores())
	}
	if p.keeper, err = with.keeper(p); err != nil {
		return nil, errors.Join(err, p.closeStores())
	}
	countersign, err := at.openWitness(db)
	if err != nil {
		return nil, errors.Join(err, p.closeStores())
	}
	p.site = cmp.Or(with.site, p.URL())
	p.http = &http.Server{
		Handler: web.New(web.Config{DB: db, Residents: residents, Files: files, Record: p.log, Cosigner: p.cosigner, ResidentsRecord: p.residentsLog, ResidentsCosigner: p.residentsCosigner, Witness: countersign, WitnessKey: with.witnessKey,
			Ops: web.Ops{Version: version(), Data: at.Data, Backups: with.Backups, Sealed: p.keeper != nil && len(p.keeper.Recipients) > 0}, Calendar: calendar.Published(), Log: slog.Default(),
			Secure: with.https, Site: with.site}).Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       2 * time.Minute, // a document of 32 MB over a slow line
		WriteTimeout:      3 * time.Minute, // a ledger of thousands of rows to the same
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
	return p, nil
}

// openLog gets the journals ready to be signed, here and by the witness.
func (p *program) openLog(at place, witness, witnessKey string) (err error) {
	if p.log, err = at.house().open(p.db); err != nil {
		return err
	}
	if p.residentsLog, err = at.residents().open(p.vault.DB); err != nil || witness == "" {
		return err
	}
	key, err := journal.ParseVerifier(witnessKey)
	if err != nil {
		return fmt.Errorf("--witness-key：%w", err)
	}
	if !journal.IsWitness(key) {
		return errors.New("--witness-key 应是会签公钥，由会签方运行 bihuan witness key 得到")
	}
	p.cosigner = &journal.Cosigner{Log: p.log, URL: witness, Key: key}
	p.residentsCosigner = &journal.Cosigner{Log: p.residentsLog, URL: witness, Key: key}
	return errors.Join(at.house().addKey(witnessKey), at.residents().addKey(witnessKey))
}

// URL is the address people open.
func (p *program) URL() string { return "http://" + p.listener.Addr().String() }

// shutdownTime is how long requests under way may take when the program is told to stop.
const shutdownTime = 20 * time.Second

// Run serves until ctx ends, then lets requests under way finish. Beside that it does what the turn of each day calls for and
// tells people what they are to be told.
func (p *program) Run(ctx context.Context) error {
	turning, stop := context.WithCancel(ctx)
	var beside sync.WaitGroup
	beside.Go(func() { nights(turning, p.db, p.files, nightEvery) })
	beside.Go(func() { tend(turning, p.vault, p.db, nightEvery) })
	beside.Go(func() { screenings(turning, p.vault, p.db, screenEvery) })
	beside.Go(func() { sign(turning, p.log, p.cosigner, signEvery) })
	beside.Go(func() { sign(turning, p.residentsLog, p.residentsCosigner, signEvery) })
	if p.keeper != nil {
		beside.Go(func() { p.keeper.Run(turning, keepEvery) })
	}
	beside.Go(func() { lookOut(turning, p.db, p.files, lookEvery) })
	beside.Go(func() { tell(turning, p.db, p.site, tellEvery) })
	defer beside.Wait() // the database stays open until it has stopped
	defer stop()
	failed := make(chan error, 1)
	go func() { failed <- p.http.Serve(p.listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	return p.http.Shutdown(ending)
}

// Close closes what is still open: first what answers requests, then what they need.
func (p *program) Close() error {
	return errors.Join(p.http.Close(), p.closeStores())
}

func (p *program) closeStores() error {
	return errors.Join(p.vault.Close(), p.db.Close(), p.files.Close())
}

// listen takes the address, or one of the next ports when it is taken, as often as tries says.
func listen(ctx context.Context, addr string, tries int) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("地址“%s”不对，请写成 127.0.0.1:8080 这样", addr)
	}
	number, err := net.LookupPort("tcp", port)
	if err != nil {
		return nil, fmt.Errorf("端口“%s”不对，请写 1 到 65535 之间的数", port)
	}
	var config net.ListenConfig
	for i := range tries {
		at := net.JoinHostPort(host, fmt.Sprint(number+i))
		listener, err := config.Listen(ctx, "tcp", at)
		if err == nil {
			return listener, nil
		}
		if i == tries-1 {
			return nil, fmt.Errorf("不能在 %s 上启动：%w。端口可能已被占用，请换一个，如 --addr %s", at, err, net.JoinHostPort(host, fmt.Sprint(number+10)))
		}
	}
	return nil, errors.New("listen: no try")
}
