package office

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// archive is an Office file's zip container. Nothing of it is inflated before a reader asks for a part by name, and
// everything inflated counts against the budget.
type archive struct {
	parts map[string]*zip.File // by lower-case name with forward slashes: part names do not tell case apart
	b     *budget
}

var centralHeader = []byte("PK\x01\x02")

// openArchive lists the parts and refuses containers built to deceive or to exhaust.
func openArchive(data []byte, b *budget) (*archive, error) {
	// The directory is counted before it is parsed: parsing a million entries is what such a file wants.
	if n := bytes.Count(data, centralHeader); n > b.limits.Entries {
		return nil, &Error{What: fmt.Sprintf("文件是压缩包，内含 %d 个以上的条目，超过 %d 个", n, b.limits.Entries), Do: doSuspect}
	}
	return archiveOf(bytes.NewReader(data), int64(len(data)), b)
}

// archiveOf is openArchive for a file whose entries have been counted.
func archiveOf(src io.ReaderAt, length int64, b *budget) (*archive, error) {
	z, err := zip.NewReader(src, length)
	if err != nil {
		return nil, damaged("压缩包没有完整的目录", err)
	}
	a := &archive{parts: make(map[string]*zip.File, len(z.File)), b: b}
	var declared uint64
	for _, f := range z.File {
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		if unsafePath(name) {
			return nil, &Error{What: "压缩包里有指向包外的路径 " + quote(f.Name), Do: doSuspect}
		}
		if _, twice := a.parts[name]; twice {
			return nil, &Error{What: "压缩包里有两个同名的部件 " + quote(f.Name), Do: doSuspect}
		}
		a.parts[name] = f
		declared += min(f.UncompressedSize64, 1<<40)
	}
	// Pictures may be many, so what is declared may exceed what is read; not by that much.
	if limit := 4 * b.limits.Inflated; declared > uint64(limit) {
		return nil, &Error{What: fmt.Sprintf("文件解压后将超过 %s，疑似压缩炸弹", size(limit)), Do: doSuspect}
	}
	return a, overlaps(z.File)
}

// unsafePath reports whether a part name points outside its archive.
func unsafePath(name string) bool {
	if strings.HasPrefix(name, "/") || len(name) > 1 && name[1] == ':' || strings.ContainsRune(name, 0) {
		return true
	}
	return slices.Contains(strings.Split(name, "/"), "..")
}

// overlaps refuses entries that share compressed bytes: that is how a small file claims to hold a large one many times.
func overlaps(files []*zip.File) error {
	type extent struct{ from, to int64 }
	extents := make([]extent, 0, len(files))
	for _, f := range files {
		from, err := f.DataOffset()
		if err != nil {
			return damaged("压缩包的目录与内容不符", err)
		}
		to := from + int64(min(f.CompressedSize64, 1<<40))
		extents = append(extents, extent{from - 30, to}) // an entry's own header is at least 30 bytes
	}
	slices.SortFunc(extents, func(a, b extent) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(extents); i++ {
		if extents[i].from < extents[i-1].to {
			return &Error{What: "压缩包里的条目互相重叠，疑似压缩炸弹", Do: doSuspect}
		}
	}
	return nil
}

// has reports whether the archive holds a part.
func (a *archive) has(name string) bool {
	_, ok := a.parts[strings.ToLower(name)]
	return ok
}

// xml opens a part for reading. The caller closes what it gets.
func (a *archive) xml(name string) (*xmlReader, io.Closer, error) {
	f, ok := a.parts[strings.ToLower(name)]
	if !ok {
		return nil, nil, damaged("缺少 "+name, nil)
	}
	if f.Flags&1 != 0 {
		return nil, nil, encrypted("压缩包")
	}
	r, err := f.Open()
	if err != nil {
		return nil, nil, damaged(name+" 打不开", err)
	}
	return newXML(&inflating{r: r, b: a.b, part: name}, name, a.b), r, nil
}

// inflating counts what an entry yields.
type inflating struct {
	r    io.Reader
	b    *budget
	part string
}

func (i *inflating) Read(p []byte) (int, error) {
	n, err := i.r.Read(p)
	if over := i.b.inflate(n); over != nil {
		return 0, over
	}
	if errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrChecksum) || err == io.ErrUnexpectedEOF {
		return n, damaged(i.part+" 的长度或校验与压缩包目录不符", err)
	}
	return n, err
}

// encrypted is the error of a file that needs a password.
func encrypted(what string) *Error {
	return &Error{What: what + "已加密，需要密码才能打开", Do: "请用 Word、Excel 或 WPS 打开并去掉密码，保存后再上传"}
}

// relation is one relationship of a part to another.
type relation struct {
	kind   string // the last segment of its type: styles, numbering, worksheet
	target string // name of the part in the archive
}

// relations reads the relationships of a part ("" for those of the package), by id. External ones are left out: nothing
// outside the file is ever fetched.
func (a *archive) relations(part string) (map[string]relation, error) {
	dir, base := path.Split(part)
	name := dir + "_rels/" + base + ".rels"
	if !a.has(name) {
		return nil, nil
	}
	x, closer, err := a.xml(name)
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	found := map[string]relation{}
	if x.child() {
		for x.child() {
			if x.space == spaceRels && string(x.local) == "Relationship" && string(x.attr("TargetMode")) != "External" {
				target := string(x.attr("Target"))
				if !strings.HasPrefix(target, "/") {
					target = path.Join(dir, target)
				}
				kind := string(x.attr("Type"))
				found[string(x.attr("Id"))] = relation{
					kind:   kind[strings.LastIndexByte(kind, '/')+1:],
					target: strings.TrimPrefix(path.Clean(target), "/"),
				}
			}
			x.skip()
		}
	}
	return found, x.err
}

// mainPart finds the part the package is about, by its relationships or else by its customary name.
func (a *archive) mainPart(customary string) (string, error) {
	related, err := a.relations("")
	if err != nil {
		return "", err
	}
	for _, r := range related {
		if r.kind == "officeDocument" && a.has(r.target) {
			return r.target, nil
		}
	}
	return customary, nil
}

// quote shortens a name out of a file for a message.
func quote(s string) string {
	const most = 40
	runes := []rune(strings.ToValidUTF8(strings.Map(printable, s), ""))
	if len(runes) > most {
		runes = append(runes[:most:most], '…')
	}
	return "“" + string(runes) + "”"
}
