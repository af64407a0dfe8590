package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/store"
	"bihuan/vault"
)

// place says where everything is kept.
type place struct {
	Data     string `default:"./data" env:"BIHUAN_DATA" placeholder:"文件夹" help:"数据文件夹，不存在就新建（环境变量 BIHUAN_DATA，默认 ./data）"`
	Key      string `name:"journal-key" env:"BIHUAN_JOURNAL_KEY" placeholder:"文件" help:"签存证日志的密钥文件；不写就用数据文件夹里的 journal.key，放在数据库管理员拿不到的地方更好（BIHUAN_JOURNAL_KEY）"`
	Files    string `env:"BIHUAN_FILES" placeholder:"地方" help:"原件放在哪里：另一个文件夹，或 s3://桶/前缀?endpoint=https://主机:端口，密钥用环境变量 BIHUAN_S3_KEY 和 BIHUAN_S3_SECRET；不写就放数据文件夹里的 files（BIHUAN_FILES）"`
	Database string `env:"BIHUAN_DATABASE" placeholder:"数据库" help:"postgres://… 或 SQLite 文件；不写就用数据文件夹里的 bihuan.db（BIHUAN_DATABASE）"`

	Residents    string `env:"BIHUAN_RESIDENTS" placeholder:"数据库" help:"居民信息另放的数据库；不写就用数据文件夹里的 residents.db，或 PostgreSQL 上同名加 _residents 的模式（BIHUAN_RESIDENTS）"`
	ResidentsKey string `name:"residents-key" env:"BIHUAN_RESIDENTS_KEY" placeholder:"文件" help:"居民信息库的密钥文件；不写就用数据文件夹里的 residents.key。丢了它，居民信息谁也读不出来，请另存一份（BIHUAN_RESIDENTS_KEY）"`
}

// database is what [store.Open] opens.
func (p place) database() string {
	if p.Database != "" {
		return p.Database
	}
	return filepath.Join(p.Data, "bihuan.db")
}

// shown is the database without its password.
func (p place) shown() string {
	address := p.database()
	scheme, rest, isURL := strings.Cut(address, "://")
	at := strings.LastIndex(rest, "@")
	if !isURL || at < 0 {
		return address
	}
	user, _, _ := strings.Cut(rest[:at], ":")
	return scheme + "://" + user + ":…" + rest[at:]
}

func (p place) openDatabase(ctx context.Context) (*store.DB, error) {
	db, err := store.Open(ctx, p.database())
	switch {
	case errors.Is(err, store.ErrNewer):
		return nil, fmt.Errorf("数据库 %s 是更新版本的程序建的，这个版本（%s）不能写它，没有动它。请用新版程序", p.shown(), version())
	case errors.Is(err, store.ErrRestoring):
		return nil, fmt.Errorf("数据库 %s 上次没有恢复完，只有半份。请删掉它，再恢复一次", p.shown())
	case err != nil:
		return nil, fmt.Errorf("打不开数据库 %s：%w", p.shown(), err)
	}
	if err := journal.Begin(ctx, db); err != nil {
		db.Close()
		return nil, fmt.Errorf("给已有的日志起账：%w", err)
	}
	return db, nil
}

// openVault opens the database of residents.
func (p place) openVault(ctx context.Context) (*vault.Vault, error) {
	address, err := p.residentsDatabase()
	if err != nil {
		return nil, err
	}
	v, err := vault.Open(ctx, address, p.sealKey())
	if err != nil {
		return nil, fmt.Errorf("打不开居民信息库：%w", err)
	}
	return v, nil
}

// filesFolder is where files are kept, or with a bucket the parts of uploads on their way.
func (p place) filesFolder() string {
	if p.Files != "" && !p.inBucket() {
		return p.Files
	}
	return filepath.Join(p.Data, "files")
}

func (p place) inBucket() bool { return strings.HasPrefix(p.Files, "s3://") }

// filesShown says where files are kept. No secret is ever part of the address.
func (p place) filesShown() string {
	if p.inBucket() {
		return p.Files
	}
	return p.filesFolder()
}

func (p place) openFiles(ctx context.Context) (*evidence.Files, error) {
	if !p.inBucket() {
		files, err := evidence.OpenFiles(p.filesFolder())
		if err != nil {
			return nil, fmt.Errorf("打不开文件夹 %s：%w", p.filesFolder(), err)
		}
		return files, nil
	}
	bucket, err := evidence.ParseBucket(p.Files)
	if err != nil {
		return nil, err
	}
	bucket.Key, bucket.Secret = os.Getenv("BIHUAN_S3_KEY"), os.Getenv("BIHUAN_S3_SECRET") // not options: those show in lists of processes
	files, err := evidence.OpenBucket(ctx, p.filesFolder(), bucket)
	if err != nil {
		return nil, fmt.Errorf("文件存储用不了：%w", err)
	}
	return files, nil
}

// configCommand shows the settings in force.
type configCommand struct{ place }

// Run prints the settings, without passwords.
func (c configCommand) Run(s streams) error {
	data, err := filepath.Abs(c.Data)
	if err != nil {
		return err
	}
	files := c.filesShown()
	if !c.inBucket() {
		if files, err = filepath.Abs(files); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.out, "版本      %s\n数据文件夹  %s\n原件      %s\n数据库     %s\n", version(), data, files, c.shown())
	return nil
}
