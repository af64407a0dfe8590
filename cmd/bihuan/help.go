package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// printHelp writes the help of a command in Chinese.
func printHelp(_ kong.HelpOptions, ctx *kong.Context) error {
	node := ctx.Model.Node
	if selected := ctx.Selected(); selected != nil {
		node = selected
	}
	var b strings.Builder
	fmt.Fprintf(&b, "用法：%s\n\n%s\n", usage(node), node.Help)
	var children, arguments, flags [][2]string
	for _, c := range node.Children {
		if !c.Hidden {
			children = append(children, [2]string{c.Name, c.Help})
		}
	}
	for _, p := range node.Positional {
		arguments = append(arguments, [2]string{p.Summary(), p.Help})
	}
	for _, group := range node.AllFlags(true) {
		for _, f := range group {
			if f.Name != "help" {
				flags = append(flags, [2]string{flagText(f), f.Help})
			}
		}
	}
	for _, part := range []struct {
		title string
		rows  [][2]string
	}{{"命令", children}, {"参数", arguments}, {"选项", flags}} {
		listRows(&b, part.title, part.rows)
	}
	if len(children) > 0 {
		fmt.Fprintf(&b, "\n某个命令的用法：%s 命令 --help\n", node.FullPath())
	}
	_, err := fmt.Fprint(ctx.Stdout, b.String())
	return err
}

func usage(node *kong.Node) string {
	text := node.FullPath()
	for _, p := range node.Positional {
		text += " " + p.Summary()
	}
	if len(node.Children) > 0 {
		return text + " 命令"
	}
	return text + " [选项]"
}

func flagText(f *kong.Flag) string {
	text := "--" + f.Name
	if !f.IsBool() {
		text += "=" + f.FormatPlaceHolder()
	}
	return text
}

func listRows(b *strings.Builder, title string, rows [][2]string) {
	if len(rows) == 0 {
		return
	}
	widest := 0
	for _, r := range rows {
		widest = max(widest, columns(r[0]))
	}
	fmt.Fprintf(b, "\n%s：\n", title)
	for _, r := range rows {
		fmt.Fprintf(b, "  %s  %s\n", pad(r[0], widest), r[1])
	}
}

// parseWords are how the command-line library begins its complaints, and how we say it.
var parseWords = []struct{ begins, say string }{
	{"unknown flag ", "没有这个选项："},
	{"missing flags: ", "缺少选项："},
	{"expected one of ", "请在后面写一个命令："},
	{"expected ", "缺少："},
	{"unexpected argument ", "多了或写错了："},
	{"unexpected flag argument ", "多了："},
}

// parseMessage says in Chinese what is wrong with a command line.
func parseMessage(err error) string {
	text := err.Error()
	for _, w := range parseWords {
		if rest, ok := strings.CutPrefix(text, w.begins); ok {
			text = w.say + rest
			break
		}
	}
	return "命令没有看懂。" + text + "\n用法请看：bihuan --help"
}
