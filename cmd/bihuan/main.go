// Command bihuan is the whole product: it serves the ledger, reads plans on the command line and makes the sample district.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"reflect"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // an office PC may have no zone files

	"github.com/alecthomas/kong"
)

// commands are everything the program can do.
type commands struct {
	Serve     serveCommand    `cmd:"" help:"启动服务"`
	Demo      demoCommand     `cmd:"" help:"建一个虚构的样例区并启动，用来试用"`
	Verify    verifyCommand   `cmd:"" help:"核对：日志、数据、原件有没有被改动"`
	Key       keyCommand      `cmd:"" help:"显示存证公钥"`
	Erase     eraseCommand    `cmd:"" help:"依法删除一个人的信息：数据、日志、原件里都不留"`
	Witness   witnessCommand  `cmd:"" help:"给别的单位的存证日志会签"`
	Read      readCommand     `cmd:"" help:"读一份整改方案或台账，列出读到的内容"`
	Screen    screenCommand   `cmd:"" help:"比对名册，列出疑点"`
	Unit      unitCommand     `cmd:"" help:"登记和查看单位"`
	User      userCommand     `cmd:"" help:"登记用户、重设密码"`
	Backup    backupCommand   `cmd:"" help:"备份数据库和原件，服务开着也能备份"`
	Restore   restoreCommand  `cmd:"" help:"把备份恢复到新的文件夹或空数据库，并核对"`
	Identity  identityCommand `cmd:"" help:"为加密的备份生成一把密钥"`
	Config    configCommand   `cmd:"" help:"显示数据放在哪里、用哪个数据库"`
	Version   versionCommand  `cmd:"" help:"显示版本"`
	SeedBench benchCommand    `cmd:"" hidden:"" help:"把测速用的任务表装成台账"`
}

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	settle()
	os.Exit(run(ctx, streams{os.Stdin, os.Stdout, os.Stderr}, os.Args[1:]))
}

// run carries out one command line and returns the exit code: 0 done, 1 failed, 2 not understood.
func run(ctx context.Context, s streams, args []string) int {
	slog.SetDefault(slog.New(slog.NewTextHandler(s.err, nil)))
	parser, err := kong.New(grammar(args), kong.Name("bihuan"), kong.Description("闭环：把一份整改方案变成一本活台账。"),
		kong.Writers(s.out, s.err), kong.Help(printHelp), kong.Bind(s), kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		fmt.Fprintln(s.err, err)
		return 1
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(s.err, parseMessage(err))
		return 2
	}
	if err := parsed.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(s.err, err)
		return 1
	}
	return 0
}

// grammar is what the command line is read into: the one command it names, for making the flags of all of them known would cost
// every start 3 ms; all where it names none.
func grammar(args []string) any {
	all := reflect.TypeFor[commands]()
	if len(args) > 0 {
		for i := range all.NumField() {
			if f := all.Field(i); strings.ToLower(f.Name) == args[0] {
				return reflect.New(reflect.StructOf([]reflect.StructField{f})).Interface()
			}
		}
	}
	return new(commands)
}

// memoryLimit keeps the program small beside whatever else an old PC runs; GOMEMLIMIT overrides it.
const memoryLimit = 200 << 20

// settle sets what holds for the whole process: dates are those of China, memory is bounded.
func settle() {
	if zone, err := time.LoadLocation("Asia/Shanghai"); err == nil {
		time.Local = zone
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

// versionCommand prints what was built.
type versionCommand struct{}

// Run prints one line.
func (versionCommand) Run(s streams) error {
	fmt.Fprintln(s.out, "bihuan", version())
	return nil
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	text := info.Main.Version
	for _, kv := range info.Settings {
		if kv.Key == "vcs.revision" && len(kv.Value) >= 12 {
			text += " " + kv.Value[:12]
		}
	}
	return text + " " + info.GoVersion
}
