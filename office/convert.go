package office

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// conversion is how LibreOffice turns a kind of file into one that is read here.
type conversion struct {
	what string // the kind, for a person
	to   string // docx or xlsx; "" where pdftotext does it, because LibreOffice loses the order of a PDF's words
	save string // what to save it as by hand
}

var conversions = map[string]conversion{
	"doc":    {what: "Word 95 或更早的文档", to: "docx", save: "docx"},
	"xls":    {what: "旧版 Excel 或 WPS 表格（xls、et）", to: "xlsx", save: "xlsx"},
	"xlsb":   {what: "Excel 二进制工作簿（xlsb）", to: "xlsx", save: "xlsx"},
	"rtf":    {what: "RTF 文档", to: "docx", save: "docx"},
	"odt":    {what: "OpenDocument 文档（odt）", to: "docx", save: "docx"},
	"ods":    {what: "OpenDocument 表格（ods）", to: "xlsx", save: "xlsx"},
	"wordml": {what: "XML 格式的旧版 Office 文件", to: "docx", save: "docx"},
	"works":  {what: "很早的文字处理文件", to: "docx", save: "docx"},
	"pdf":    {what: "PDF 文件", save: "docx"},
}

// conversionTime bounds one conversion. LibreOffice starts in two to five seconds and then needs little more.
const conversionTime = 60 * time.Second

// timePerMegabyte is added for large files: a register of fifty thousand residents is some ten megabytes of xls.
const timePerMegabyte = 15 * time.Second

// oneConversion lets one conversion run at a time: each takes a few hundred megabytes and a processor. It guards a resource of the
// whole process, which is why it belongs to no value.
var oneConversion = make(chan struct{}, 1)

// convert reads a file through the programs installed for it.
func convert(b *budget, kind string, data []byte) (Document, error) {
	var doc Document
	err := converting(b, kind, data, func(ctx context.Context, c conversion, dir, in string) (err error) {
		if kind == "pdf" {
			doc, err = readPDF(ctx, b, dir, in)
			return err
		}
		out, err := c.office(ctx, dir, in, b.limits.File)
		if err != nil {
			return err
		}
		doc, err = read(b, "", out)
		doc.Format = kind
		return err
	})
	return doc, err
}

// converted turns a workbook of another program into xlsx.
func converted(b *budget, kind string, data []byte) (out []byte, err error) {
	err = converting(b, kind, data, func(ctx context.Context, c conversion, dir, in string) (err error) {
		out, err = c.office(ctx, dir, in, int64(gridLimits.Text))
		return err
	})
	return out, err
}

// converting puts a file into a folder of its own for a program to work on, one at a time.
func converting(b *budget, kind string, data []byte, work func(ctx context.Context, c conversion, dir, in string) error) error {
	c := conversions[kind]
	if kind == "pdf" {
		if err := pdfRefusal(data); err != nil {
			return err
		}
	}
	select {
	case oneConversion <- struct{}{}:
		defer func() { <-oneConversion }()
	case <-b.ctx.Done():
		return &Error{What: "等待转换的文件太多", Do: "请稍后再试，或自己另存为 " + c.save + " 后再上传", Err: b.ctx.Err()}
	}
	dir, end, err := workFolder()
	if err != nil {
		return c.failed(err)
	}
	defer end()
	ctx, cancel := context.WithTimeout(b.ctx, conversionTime+time.Duration(min(len(data)>>20, 15))*timePerMegabyte)
	defer cancel()
	in := filepath.Join(dir, "in."+kind)
	if err := os.WriteFile(in, data, 0o600); err != nil {
		return c.failed(err)
	}
	err = work(ctx, c, dir, in)
	if err != nil && kind != "pdf" && ctx.Err() == nil && locked(kind, data) {
		return encrypted("文件")
	}
	return err
}

// locked reports whether a file that could not be converted asks for a password.
func locked(kind string, data []byte) bool {
	switch kind {
	case "xls":
		return bytes.Contains(data, []byte("\x2F\x00\x36\x00\x01\x00")) || bytes.Contains(data, []byte("\x2F\x00\xC8\x00\x01\x00")) // FILEPASS
	case "odt", "ods":
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return false
		}
		for _, f := range z.File {
			if f.Name == "META-INF/manifest.xml" {
				return bytes.Contains(head(f, 1<<20), []byte("encryption-data"))
			}
		}
	}
	return false
}

// failed is the error of a conversion that did not come about.
func (c conversion) failed(err error) *Error {
	return &Error{What: c.what + "没能转换", Do: "请用原来的程序打开，另存为 " + c.save + " 后再上传", Err: err}
}

// missing is the error of a conversion whose program is not installed.
func (c conversion) missing(tool string, err error) *Error {
	return &Error{
		What: "这是" + c.what + "，服务器上没有安装能读取它的程序（" + tool + "）",
		Do:   "请用原来的程序打开，另存为 " + c.save + " 后再上传",
		Err:  err,
	}
}

// office has LibreOffice convert a file and returns what it wrote, at most so many bytes.
func (c conversion) office(ctx context.Context, dir, in string, most int64) ([]byte, error) {
	tool, err := findOffice()
	if err != nil {
		return nil, c.missing("LibreOffice", err)
	}
	profile := filepath.Join(dir, "profile")
	if err := writeProfile(profile); err != nil {
		return nil, c.failed(err)
	}
	args := []string{
		"-env:UserInstallation=" + (&url.URL{Scheme: "file", Path: profile}).String(),
		"--headless", "--norestore", "--nolockcheck", "--nodefault", "--nologo",
		"--convert-to", c.to, "--outdir", filepath.Join(dir, "out"), in,
	}
	if _, err := runTool(ctx, dir, tool, args...); err != nil {
		return nil, c.stopped(ctx, err)
	}
	out, err := readLimitedFile(filepath.Join(dir, "out", "in."+c.to), most)
	if err != nil {
		return nil, c.failed(err)
	}
	if Sniff(out) != c.to {
		return nil, c.failed(errors.New("wrote something else than " + c.to))
	}
	return out, nil
}

// stopped tells a conversion that ran out of time from one that failed.
func (c conversion) stopped(ctx context.Context, err error) *Error {
	if ctx.Err() != nil {
		return &Error{What: c.what + "转换的时间太长，已经停止", Do: "请用原来的程序打开，另存为 " + c.save + " 后再上传", Err: errors.Join(ctx.Err(), err)}
	}
	return c.failed(err)
}

func findOffice() (string, error) {
	for _, name := range []string{"soffice", "libreoffice"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

// profileSettings keep LibreOffice from doing anything but reading the file: no macros, no links followed, nothing fetched.
const profileSettings = `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableActiveContent" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
</oor:items>
`

// writeProfile makes a user profile for one run, so that a conversion neither sees nor disturbs anybody's own.
func writeProfile(dir string) error {
	user := filepath.Join(dir, "user")
	if err := os.MkdirAll(user, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(user, "registrymodifications.xcu"), []byte(profileSettings), 0o600)
}

// passedOn are the variables a converter gets to see. Everything else, passwords among it, is none of its business.
var passedOn = []string{"PATH", "LANG", "LC_ALL", "LC_CTYPE", "SYSTEMROOT", "TEMP", "TMP"}

// runTool runs a program in a folder of its own until it ends or the context does; then it and all it started are killed. It
// returns what the program printed.
func runTool(ctx context.Context, dir, tool string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir, "TMPDIR=" + dir}
	for _, name := range passedOn {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &capped{b: &out, left: 64 << 20}, &capped{b: &errs, left: 4096}
	cmd.WaitDelay = 2 * time.Second
	ownGroup(cmd)
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", filepath.Base(tool), err, strings.TrimSpace(errs.String()))
	}
	return out.Bytes(), nil
}

// capped keeps the first bytes written to it and lets go of the rest.
type capped struct {
	b    *bytes.Buffer
	left int
}

func (c *capped) Write(p []byte) (int, error) {
	n := min(len(p), c.left)
	c.left -= n
	c.b.Write(p[:n])
	return len(p), nil
}

func readLimitedFile(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > most {
		return nil, fmt.Errorf("%d bytes are too many", info.Size())
	}
	return os.ReadFile(path)
}

var pdfEncrypt = pattern(`/Encrypt\s+\d+\s+\d+\s+R`)

// pdfRefusal looks for what keeps any program from reading a PDF.
func pdfRefusal(data []byte) error {
	tail := data[max(0, len(data)-4096):]
	if pdfEncrypt().Match(tail) {
		return encrypted("PDF 文件")
	}
	return nil
}
