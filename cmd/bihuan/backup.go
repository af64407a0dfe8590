package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"bihuan/backup"
	"bihuan/store"
)

// sealing says for whom backups are encrypted.
type sealing struct {
	Recipient      []string `env:"BIHUAN_BACKUP_RECIPIENT" placeholder:"公钥" help:"把备份加密给这把公钥（age1…，由 bihuan identity 生成），可写多个（BIHUAN_BACKUP_RECIPIENT）"`
	PassphraseFile string   `env:"BIHUAN_BACKUP_PASSPHRASE_FILE" placeholder:"文件" help:"用这个文件里的口令加密或解密备份（BIHUAN_BACKUP_PASSPHRASE_FILE）"`
}

// backupCommand makes a backup, of a running server too.
type backupCommand struct {
	place
	sealing
	File    string `arg:"" name:"文件" help:"写到哪里，如 /mnt/usb/bihuan-0426.bhb；不会盖掉已有的文件"`
	WithKey bool   `help:"把签存证日志的私钥也放进去；只能和加密一起用"`
}

// Run makes the backup. The database is read as it is, whatever its schema; nothing is brought up to date.
func (c backupCommand) Run(ctx context.Context, s streams) error {
	recipients, err := backup.Recipients(c.Recipient, c.PassphraseFile)
	if err != nil {
		return err
	}
	files, err := c.openFiles(ctx)
	if err != nil {
		return err
	}
	defer files.Close()
	src := backup.Source{Files: files, Now: time.Now, Program: version(), Recipients: recipients, Dump: func(ctx context.Context, fn func(*store.Dump) error) error {
		err := store.DumpAt(ctx, c.database(), fn)
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("没有数据库 %s，请用 --data 或 --database 指明", c.shown())
		}
		return err
	}}
	if src.PublicKeys, err = c.house().known(); err != nil {
		return err
	}
	if c.WithKey {
		if src.Secrets, err = c.secrets(); err != nil {
			return err
		}
	}
	if err := c.addResidents(ctx, &src); err != nil {
		return err
	}
	started := time.Now()
	made, err := backup.Make(ctx, src, c.File)
	if ctx.Err() != nil {
		return errors.New("没有备份成：中断了") // and not the quiet end of a server that was told to stop
	}
	if err != nil {
		return fmt.Errorf("没有备份成：%w", err)
	}
	sealed := "没有加密"
	if made.Encrypted {
		sealed = "已加密"
	}
	fmt.Fprintf(s.out, "已备份到 %s：%s，%d 行，%d 个文件，%s，用时 %.1f 秒。\n", c.File, backup.Bytes(made.Size), made.Rows(), made.Files, sealed, time.Since(started).Seconds())
	if n := len(made.Missing); n > 0 {
		fmt.Fprintf(s.out, "注意：有 %d 个文件缺失或损坏，没有备份到：\n  %s\n", n, strings.Join(made.Missing, "\n  "))
	}
	if made.Residents > 0 && !made.Encrypted {
		fmt.Fprintf(s.out, "居民信息库的密钥不在备份里：%s 请另外保存，丢了它，居民信息谁也读不出来。\n", c.sealKey())
	}
	return c.tell(ctx, made)
}

// addResidents has the database of residents backed up too, where there is one.
func (p place) addResidents(ctx context.Context, src *backup.Source) error {
	address, err := p.residentsDatabase()
	if err != nil {
		return err
	}
	there, err := store.Exists(ctx, address)
	if err != nil || !there {
		return err
	}
	if src.ResidentKeys, err = p.residents().known(); err != nil {
		return err
	}
	src.Residents = func(ctx context.Context, fn func(*store.Dump) error) error {
		return store.DumpResidentsAt(ctx, address, fn)
	}
	return src.AddSealKey(p.sealKey())
}

// tell lets the page of operations know, when the database has the schema of this program. An older one is not touched.
func (c backupCommand) tell(ctx context.Context, made backup.Made) error {
	known, err := store.KnownSchema()
	if err != nil || made.Schema != known {
		return err
	}
	db, err := c.openDatabase(ctx)
	if err != nil {
		return err
	}
	return errors.Join(backup.Note(ctx, db, c.File, made), db.Close())
}

// secrets are the keys of the data folder that sign.
func (p place) secrets() (map[string][]byte, error) {
	keys := map[string][]byte{}
	for name, path := range map[string]string{"journal.key": p.logKey(), "witness.key": filepath.Join(p.Data, "witness.key"), "residents.journal.key": p.residents().key} {
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		keys[name] = content
	}
	if keys["journal.key"] == nil {
		return nil, fmt.Errorf("没有私钥文件 %s，请用 --journal-key 指明", p.logKey())
	}
	return keys, nil
}

// restoreCommand restores a backup, or rehearses it.
type restoreCommand struct {
	File           string   `arg:"" name:"备份" help:"备份文件 .bhb"`
	Data           string   `placeholder:"文件夹" help:"恢复到这个新的数据文件夹，不能已有内容"`
	Database       string   `placeholder:"数据库" help:"恢复到 postgres://… 的空库；不写就恢复成数据文件夹里的 bihuan.db"`
	Residents      string   `placeholder:"数据库" help:"居民信息库恢复到哪里：postgres://…；不写就恢复成数据文件夹里的 residents.db，或同名加 _residents 的模式"`
	ResidentsKey   string   `name:"residents-key" placeholder:"文件" help:"居民信息库的密钥文件：用它核对加密的内容打不打得开；加密的备份里有，不用写"`
	Files          string   `placeholder:"地方" help:"原件恢复到哪里：另一个文件夹，或 s3://…；不写就放数据文件夹里的 files"`
	Drill          bool     `help:"只演练：恢复到临时文件夹，核对后删掉"`
	Identity       string   `env:"BIHUAN_BACKUP_IDENTITY" placeholder:"文件" help:"解密用的私钥文件（BIHUAN_BACKUP_IDENTITY）"`
	PassphraseFile string   `env:"BIHUAN_BACKUP_PASSPHRASE_FILE" placeholder:"文件" help:"解密用的口令文件（BIHUAN_BACKUP_PASSPHRASE_FILE）"`
	Key            []string `placeholder:"公钥" help:"检查点应由谁签名，可写多个；不写就用备份里记的公钥"`
	Checkpoint     []string `placeholder:"文件" help:"另外保存的检查点，可写多个：拿它与恢复出来的日志核对"`
}

// Run restores and checks. What differs is named, and the exit code is 1 then; what was restored stays.
func (c restoreCommand) Run(ctx context.Context, s streams) error {
	if c.Data == "" && !c.Drill {
		return errors.New("请用 --data 写明恢复到哪个新文件夹，或用 --drill 只演练")
	}
	if c.Drill && c.Database+c.Data+c.Files+c.Residents != "" {
		return errors.New("演练用的是临时文件夹，不要写 --data、--database、--residents 和 --files")
	}
	ids, err := backup.Identities(c.Identity, c.PassphraseFile)
	if err != nil {
		return err
	}
	notes, err := readCheckpoints(c.Checkpoint)
	if err != nil {
		return err
	}
	at := place{Data: c.Data, Database: c.Database, Files: c.Files, Residents: c.Residents}
	if c.Drill {
		if at.Data, err = os.MkdirTemp("", "bihuan-drill-"); err != nil {
			return err
		}
		defer os.RemoveAll(at.Data)
	}
	made, err := newFolder(at.Data)
	if err != nil {
		return err
	}
	got, err := c.restore(ctx, at, ids, notes)
	if err != nil {
		if made {
			err = errors.Join(err, os.RemoveAll(at.Data))
		} else {
			err = errors.Join(err, empty(at.Data))
		}
		if ctx.Err() != nil {
			return errors.New("没有恢复成，没有留下半份：中断了")
		}
		return fmt.Errorf("没有恢复成，没有留下半份：%w", err)
	}
	what := "已恢复到 " + at.Data
	if c.Drill {
		what = "演练完成，副本已删掉"
	}
	fmt.Fprintf(s.out, "%s：%s的备份，%d 行，%d 个文件，%.1f 秒可用，核对 %.1f 秒。\n", what, got.MadeAt().Format("2006-01-02 15:04"), got.Rows(), got.Files, got.Ready.Seconds(), got.Checked.Seconds())
	if len(got.Differences) > 0 {
		fmt.Fprintf(s.out, "发现 %d 处不符：\n  %s\n", len(got.Differences), strings.Join(got.Differences, "\n  "))
		return errDiffers
	}
	fmt.Fprintln(s.out, "核对通过：没有发现改动")
	if got.Residents > 0 && !got.Opened {
		fmt.Fprintln(s.out, "没有居民信息库的密钥，没有核对加密的内容打不打得开。有的话，请用 --residents-key 指明。")
	}
	if c.Drill {
		return nil
	}
	if _, err := os.Stat(at.logKey()); errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(s.out, "启动以前，请把原来的签名私钥放回 %s；没有它就换了签名，会签方会问起。\n", at.logKey())
	}
	if _, err := os.Stat(at.sealKey()); errors.Is(err, fs.ErrNotExist) && got.Residents > 0 {
		fmt.Fprintf(s.out, "启动以前，请把居民信息库的密钥放回 %s；没有它，居民信息读不出来，程序也不会启动。\n", at.sealKey())
	}
	return nil
}

func (c restoreCommand) restore(ctx context.Context, at place, ids []age.Identity, notes []string) (backup.Restored, error) {
	files, err := at.openFiles(ctx)
	if err != nil {
		return backup.Restored{}, err
	}
	defer files.Close()
	to := backup.Target{Database: at.database(), Files: files, Identities: ids, Record: !c.Drill, PublicKeys: c.Key, Checkpoints: notes, SealKey: cmp.Or(c.ResidentsKey, at.sealKey())}
	if to.Residents, err = at.residentsDatabase(); err != nil {
		return backup.Restored{}, err
	}
	to.Secret = func(name string, content []byte) error { // of a drill they go with the folder
		return os.WriteFile(filepath.Join(at.Data, name), content, 0o600)
	}
	got, err := backup.Restore(ctx, c.File, to)
	switch {
	case errors.Is(err, store.ErrNotEmpty):
		err = fmt.Errorf("数据库 %s 里已有内容，没有动它。请换一个空的", at.shown())
	case errors.Is(err, fs.ErrNotExist):
		err = fmt.Errorf("没有“%s”这个文件，请核对路径", c.File)
	}
	for _, x := range []struct {
		keys []string
		to   logFiles
	}{{got.Keys, at.house()}, {got.ResidentKeys, at.residents()}} {
		if err == nil && len(x.keys) > 0 {
			err = os.WriteFile(x.to.public, []byte(strings.Join(x.keys, "\n")+"\n"), 0o600)
		}
	}
	return got, err
}

// newFolder makes sure of a folder that holds nothing, and tells whether it was made.
func newFolder(folder string) (made bool, err error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return true, os.MkdirAll(folder, 0o700)
	}
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("文件夹 %s 里已有内容，没有动它。请换一个新的", folder)
	}
	return false, err
}

// empty removes what is in a folder that was empty before.
func empty(folder string) error {
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(folder, e.Name())))
	}
	return err
}

// identityCommand makes a key for encrypted backups.
type identityCommand struct {
	File string `arg:"" name:"文件" help:"私钥写到哪里；不会盖掉已有的文件"`
}

// Run writes the private key and shows the public one.
func (c identityCommand) Run(s streams) error {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(c.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("私钥写不了：%w", err)
	}
	_, err = fmt.Fprintf(f, "# public key: %s\n%s\n", id.Recipient(), id)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "公钥  %s\n备份时写 --recipient %s。私钥在 %s，恢复时要用：请存到服务器以外的地方，丢了备份就打不开。\n", id.Recipient(), id.Recipient(), c.File)
	return nil
}

// keeping says where the server keeps backups by itself.
type keeping struct {
	Sealing  sealing `embed:"" prefix:"backup-"`
	Backups  string  `env:"BIHUAN_BACKUPS" placeholder:"文件夹" help:"每天自动备份到这个文件夹，最好在另一块磁盘上；不写就不自动备份（BIHUAN_BACKUPS）"`
	Identity string  `name:"backup-identity" env:"BIHUAN_BACKUP_IDENTITY" placeholder:"文件" help:"备份加密给公钥时，恢复演练解密用的私钥文件（BIHUAN_BACKUP_IDENTITY）"`
}

// keepEvery is how often is looked whether a backup or a drill is due or asked for.
const keepEvery = 20 * time.Second

// keeper makes backups for a program, nil where no folder is given.
func (k keeping) keeper(p *program) (*backup.Keeper, error) {
	if k.Backups == "" {
		return nil, nil
	}
	c := backup.Config{DB: p.db, Residents: p.vault.DB, SealKey: p.sealKey, Files: p.files, Folder: k.Backups, Program: version(), PublicKeys: []string{p.log.Key.Verifier}, ResidentKeys: []string{p.residentsLog.Key.Verifier}}
	if p.cosigner != nil {
		c.PublicKeys, c.ResidentKeys = append(c.PublicKeys, p.witnessKey), append(c.ResidentKeys, p.witnessKey)
	}
	var err error
	if c.Recipients, err = backup.Recipients(k.Sealing.Recipient, k.Sealing.PassphraseFile); err != nil {
		return nil, err
	}
	if c.Identities, err = backup.Identities(k.Identity, k.Sealing.PassphraseFile); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(k.Backups, 0o700); err != nil {
		return nil, fmt.Errorf("备份文件夹 %s 建不了：%w", k.Backups, err)
	}
	inside, err := within(k.Backups, p.data)
	if inside {
		err = fmt.Errorf("备份文件夹 %s 在数据文件夹里面：那块磁盘坏了，备份也没了。请换到外面，最好是另一块磁盘", k.Backups)
	}
	return backup.NewKeeper(c), err
}

// within tells whether a folder lies in another.
func within(folder, other string) (bool, error) {
	a, err := filepath.Abs(folder)
	b, err2 := filepath.Abs(other)
	rel, err3 := filepath.Rel(b, a)
	return err3 == nil && !slices.Contains(strings.Split(filepath.ToSlash(rel), "/"), ".."), errors.Join(err, err2)
}
