package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"bihuan/cmd/bihuan/sample"
)

// demoCommand makes the sample district, or takes the one made before, and serves it.
type demoCommand struct {
	Data  string `default:"./data/demo" placeholder:"文件夹" help:"样例放在哪里（默认 ./data/demo）"`
	Addr  string `default:"127.0.0.1:8080" placeholder:"地址:端口" help:"在哪里听；端口被占用就用后面的"`
	Fresh bool   `help:"丢掉原来的样例，按今天的日期重建"`
}

// sampleMark is the file that tells a sample from somebody's work, which is never removed.
const sampleMark = "这是演示样例.txt"

// Run serves the sample until ctx ends.
func (c demoCommand) Run(ctx context.Context, s streams) error {
	listener, err := listen(ctx, c.Addr, 10)
	if err != nil {
		return err
	}
	said, err := c.prepare(ctx)
	if err != nil {
		listener.Close()
		return err
	}
	p, err := open(ctx, place{Data: c.Data}, listener, options{})
	if err != nil {
		listener.Close()
		return err
	}
	fmt.Fprint(s.out, said, welcome(p.URL()))
	return errors.Join(p.Run(ctx), p.Close())
}

// prepare makes the sample unless it is there, and says which.
func (c demoCommand) prepare(ctx context.Context) (said string, err error) {
	_, markErr := os.Stat(filepath.Join(c.Data, sampleMark))
	entries, _ := os.ReadDir(c.Data)
	switch {
	case markErr == nil && !c.Fresh:
		made, err := os.ReadFile(filepath.Join(c.Data, sampleMark))
		return fmt.Sprintf("用原来的样例（%s）。要按今天的日期重建，请加 --fresh。\n", strings.TrimSpace(string(made))), err
	case markErr != nil && len(entries) > 0:
		return "", fmt.Errorf("文件夹 %s 里已有别的内容，不是样例，没有动它。请用 --data 换一个文件夹", c.Data)
	}
	started := time.Now()
	if err := buildSample(ctx, c.Data, started); err != nil {
		return "", err
	}
	return fmt.Sprintf("样例区建好了，用时 %.1f 秒。单位、人员和内容均为虚构。\n", time.Since(started).Seconds()), nil
}

// buildSample makes the sample beside its place and moves it there when it is whole.
func buildSample(ctx context.Context, folder string, now time.Time) error {
	building := folder + ".new"
	if err := os.RemoveAll(building); err != nil {
		return err
	}
	at := place{Data: building}
	db, err := at.openDatabase(ctx)
	if err != nil {
		return err
	}
	residents, err := at.openVault(ctx)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	files, err := at.openFiles(ctx)
	if err == nil {
		err = errors.Join(sample.Build(ctx, db, residents, files, now), files.Close())
	}
	if err = errors.Join(err, residents.Close(), db.Close()); err != nil {
		return fmt.Errorf("样例没有建成：%w", err)
	}
	if err := os.WriteFile(filepath.Join(building, sampleMark), []byte(now.Format("2006年1月2日15:04")+"建\n"), 0o600); err != nil {
		return err
	}
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	return os.Rename(building, folder)
}

// welcome tells where to go and who to be.
func welcome(url string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n  打开  %s\n  密码  %s（所有人相同）\n\n", url, sample.Password)
	for _, l := range sample.Logins {
		fmt.Fprintf(&b, "  %s  %s  %s\n", pad(l.Login, 14), pad(l.Name, 10), l.What)
	}
	b.WriteString("\n按 Ctrl+C 停止。\n")
	return b.String()
}
