package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"bihuan/org"
	"bihuan/store"
)

// unitCommand enters and shows units.
type unitCommand struct {
	Add  unitAddCommand  `cmd:"" help:"登记一个单位"`
	List unitListCommand `cmd:"" help:"列出所有单位"`
}

// unitAddCommand enters one unit.
type unitAddCommand struct {
	place
	Name  string `arg:"" name:"名称" help:"如 栖禾镇"`
	Kind  string `required:"" enum:"区,镇,部门,村" placeholder:"区|镇|部门|村" help:"是哪一类"`
	Under string `placeholder:"上级单位" help:"属于哪个单位；第一个单位不用写"`
}

// Run enters the unit.
func (c unitAddCommand) Run(ctx context.Context, s streams) error {
	return c.withDatabase(ctx, func(db *store.DB) error {
		units, err := allUnits(ctx, db)
		if err != nil {
			return err
		}
		var parent org.Unit
		if len(units) > 0 {
			if parent, err = unitNamed(units, c.Under); err != nil {
				return err
			}
		}
		for _, u := range units {
			if u.Name == c.Name && u.Parent == parent.ID {
				return fmt.Errorf("“%s”已经登记过了", c.Name)
			}
		}
		err = db.Write(ctx, func(tx *store.Tx) error {
			_, err := org.AddUnit(ctx, tx, org.Program, parent, kindNamed(c.Kind), c.Name, int64(len(units)+1))
			return err
		})
		if err == nil {
			fmt.Fprintf(s.out, "已登记%s“%s”。\n", c.Kind, c.Name)
		}
		return err
	})
}

// unitListCommand lists the units.
type unitListCommand struct{ place }

// Run prints the tree.
func (c unitListCommand) Run(ctx context.Context, s streams) error {
	return c.withDatabase(ctx, func(db *store.DB) error {
		units, err := allUnits(ctx, db)
		if len(units) == 0 && err == nil {
			fmt.Fprintln(s.out, "还没有单位。第一个这样登记：bihuan unit add 栖禾镇 --kind 镇")
		}
		for _, u := range units {
			fmt.Fprintf(s.out, "%s%s\n", strings.Repeat("  ", len(u.Ancestors())-1), u.Name)
		}
		return err
	})
}

// kindNamed is the kind of unit with a word that the command line has let through.
func kindNamed(word string) string {
	for _, k := range org.Kinds {
		if k.Word == word {
			return k.Kind
		}
	}
	return word
}

// roleNamed is the role with a word that the command line has let through.
func roleNamed(word string) org.Role {
	for _, r := range org.Roles {
		if r.Word == word {
			return r.Role
		}
	}
	return org.Role(word)
}

func (p place) withDatabase(ctx context.Context, do func(*store.DB) error) error {
	db, err := p.openDatabase(ctx)
	if err != nil {
		return err
	}
	return errors.Join(do(db), db.Close())
}

func allUnits(ctx context.Context, db *store.DB) ([]org.Unit, error) { return org.Below(ctx, db, "/") }

// unitNamed finds a unit by its name, or by the names from above where one name is borne twice: 栖禾镇/财政所.
func unitNamed(units []org.Unit, name string) (org.Unit, error) {
	names := map[int64]string{}
	var found []org.Unit
	for _, u := range units { // parents come before their children
		names[u.ID] = names[u.Parent] + "/" + u.Name
		if name != "" && strings.HasSuffix(names[u.ID], "/"+name) {
			found = append(found, u)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		if name == "" {
			return org.Unit{}, errors.New("请写明是哪个单位；有哪些单位请看 bihuan unit list")
		}
		return org.Unit{}, fmt.Errorf("没有“%s”这个单位；有哪些单位请看 bihuan unit list", name)
	}
	return org.Unit{}, fmt.Errorf("有 %d 个单位叫“%s”，请带上级写全，如 %s", len(found), name, strings.TrimPrefix(names[found[0].ID], "/"))
}

// userCommand enters users.
type userCommand struct {
	Add      userAddCommand      `cmd:"" help:"登记一个用户"`
	Password userPasswordCommand `cmd:"" help:"重设一个用户的密码"`
}

// userAddCommand enters one user.
type userAddCommand struct {
	place
	Login    string `arg:"" name:"登录名" help:"字母和数字，如 hexiaoyu"`
	Name     string `required:"" placeholder:"姓名" help:"如 贺晓雨"`
	Unit     string `required:"" placeholder:"单位" help:"在哪个单位，如 栖禾镇"`
	Role     string `required:"" enum:"管理员,经办人,分管领导,书记,巡察办,责任人" placeholder:"角色" help:"管理员|经办人|分管领导|书记|巡察办|责任人"`
	Post     string `placeholder:"岗位" help:"如 党政办经办人，写进记录里"`
	Generate bool   `help:"由程序生成密码，只显示一次；不写就在终端上问"`
}

// Run enters the user.
func (c userAddCommand) Run(ctx context.Context, s streams) error {
	return c.withDatabase(ctx, func(db *store.DB) error {
		units, err := allUnits(ctx, db)
		if err != nil {
			return err
		}
		unit, err := unitNamed(units, c.Unit)
		if err != nil {
			return err
		}
		password, show, err := choosePassword(ctx, s, c.Generate)
		if err != nil {
			return err
		}
		err = db.Write(ctx, func(tx *store.Tx) error {
			_, err := org.AddStaff(ctx, tx, org.Program, unit, c.Name, c.Post, roleNamed(c.Role), c.Login, password)
			return err
		})
		if err == nil {
			fmt.Fprintf(s.out, "已登记%s的%s，登录名 %s。\n%s", unit.Name, c.Name, c.Login, show)
		}
		return err
	})
}

// userPasswordCommand gives a user a new password.
type userPasswordCommand struct {
	place
	Login    string `arg:"" name:"登录名"`
	Generate bool   `help:"由程序生成密码，只显示一次；不写就在终端上问"`
}

// Run sets the password.
func (c userPasswordCommand) Run(ctx context.Context, s streams) error {
	return c.withDatabase(ctx, func(db *store.DB) error {
		password, show, err := choosePassword(ctx, s, c.Generate)
		if err != nil {
			return err
		}
		err = db.Write(ctx, func(tx *store.Tx) error { return org.SetPassword(ctx, tx, org.Program, c.Login, password) })
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("没有登录名“%s”", c.Login)
		}
		if err == nil {
			fmt.Fprintf(s.out, "%s 的密码已重设。\n%s", c.Login, show)
		}
		return err
	})
}

// shortest is the least number of characters of a password.
const shortest = 8

// choosePassword generates a password, asks for one twice on a terminal, or reads one from a pipe. show is what to print when it is
// set: a generated one, this once.
func choosePassword(ctx context.Context, s streams, generate bool) (password, show string, err error) {
	if generate {
		password := rand.Text()[:16]
		return password, fmt.Sprintf("密码（只显示这一次）：%s\n", password), nil
	}
	terminal := false
	if f, ok := s.in.(*os.File); ok {
		var undo func()
		if undo, terminal = hideTyping(f); terminal {
			defer undo()
		}
	}
	in := bufio.NewReader(s.in)
	ask := func(prompt string) string {
		if terminal {
			fmt.Fprint(s.err, prompt)
			defer fmt.Fprintln(s.err)
		}
		line, bad := readLine(ctx, in)
		err = errors.Join(err, bad)
		return line
	}
	password = ask("密码（至少 8 个字符）：")
	switch {
	case err != nil:
	case utf8.RuneCountInString(password) < shortest:
		err = fmt.Errorf("密码太短，至少要 %d 个字符", shortest)
	case terminal && ask("再输一遍：") != password && err == nil:
		err = errors.New("两次输入不一样，没有保存，请重来")
	}
	return password, "", err
}

// readLine reads a line, or gives up when ctx ends: whoever presses Ctrl+C at a question wants out.
func readLine(ctx context.Context, in *bufio.Reader) (string, error) {
	type answer struct {
		line string
		err  error
	}
	read := make(chan answer, 1)
	go func() {
		line, err := in.ReadString('\n')
		read <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case a := <-read:
		if a.err != nil && (a.line == "" || !errors.Is(a.err, io.EOF)) {
			return "", errors.New("没有读到密码；也可以加 --generate 由程序生成")
		}
		return strings.TrimRight(a.line, "\r\n"), nil
	}
}
