package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"bihuan/evidence"
	"bihuan/journal"
	"bihuan/store"
)

// place says where everything is kept.
type place struct {
	Data     string `default:"./data" env:"BIHUAN_DATA" placeholder:"文件夹" help:"数据文件夹，不存在就新建（环境变量 BIHUAN_DATA，默认 ./data）"`
	Key      string `name:"journal-key" env:"BIHUAN_JOURNAL_KEY" placeholder:"文件" help:"签存证日志的密钥文件；不写就用数据文件夹里的 journal.key，放在数据库管理员拿不到的地方更好（BIHUAN_JOURNAL_KEY）"`
	Database string `env:"BIHUAN_DATABASE" placeholder:"数据库" help:"postgres://… 或 SQLite 文件；不写就用数据文件夹里的 bihuan.db（BIHUAN_DATABASE）"`
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
	if err != nil {
		return nil, fmt.Errorf("打不开数据库 %s：%w", p.shown(), err)
	}
	if err := journal.Begin(ctx, db); err != nil {
		db.Close()
		return nil, fmt.Errorf("给已有的日志起账：%w", err)
	}
	return db, nil
}

func (p place) openFiles() (*evidence.Files, error) {
	files, err := evidence.OpenFiles(filepath.Join(p.Data, "files"))
	if err != nil {
		return nil, fmt.Errorf("打不开文件夹 %s：%w", filepath.Join(p.Data, "files"), err)
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
	fmt.Fprintf(s.out, "版本      %s\n数据文件夹  %s\n原件      %s\n数据库     %s\n", version(), data, filepath.Join(data, "files"), c.shown())
	return nil
}
