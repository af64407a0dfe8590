package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"bihuan/journal"
	"bihuan/proof"
)

// savePage writes the page that verifies packs without this program.
func savePage(s streams, file string) error {
	if err := writeWhole(file, func(w io.Writer) error {
		_, err := w.Write(proof.Page)
		return err
	}); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "已存为 %s：用浏览器打开，把存证包拖进去。\n", file)
	return nil
}

// verifyPack checks a proof pack and says what it found. keys are verifier keys or files of them; checkpoints are files, of which
// only the one of the pack's size can tell anything.
func verifyPack(s streams, file string, keys, checkpoints []string, asJSON bool) error {
	var trust proof.Trust
	for _, k := range keys {
		list, err := keysOf(k)
		if err != nil {
			return err
		}
		trust.Keys = append(trust.Keys, list...)
	}
	pack, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("打不开存证包：%w", err)
	}
	defer pack.Close()
	info, err := pack.Stat()
	if err != nil {
		return err
	}
	if info.IsDir() {
		return fmt.Errorf("%s 是文件夹：请给出存证包（zip）本身，不要解压", file)
	}
	if trust.Checkpoint, err = checkpointFor(pack, info.Size(), checkpoints); err != nil {
		return err
	}
	result := proof.CheckPack(pack, info.Size(), trust)
	if asJSON {
		err = json.NewEncoder(s.out).Encode(jsonPack(result))
	} else {
		_, err = io.WriteString(s.out, packText(result))
	}
	if err == nil && !result.OK() {
		err = errDiffers
	}
	return err
}

// keysOf reads a key written on the command line, or a file of them.
func keysOf(given string) ([]journal.Verifier, error) {
	key, err := journal.ParseVerifier(given)
	if err == nil {
		return []journal.Verifier{key}, nil
	}
	text, fileErr := os.ReadFile(given)
	if fileErr != nil {
		return nil, err
	}
	keys, err := journal.ParseVerifiers(string(text))
	if err == nil && len(keys) == 0 {
		err = fmt.Errorf("文件 %s 里没有公钥", given)
	}
	return keys, err
}

// checkpointFor finds among checkpoints kept elsewhere the one to compare with the pack's: that of its size, else the first.
func checkpointFor(pack io.ReaderAt, size int64, files []string) ([]byte, error) {
	var all []string
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("读不了检查点：%w", err)
		}
		all = append(all, journal.SplitNotes(strings.ReplaceAll(string(text), "\r\n", "\n"))...)
	}
	if len(all) == 0 {
		if len(files) > 0 {
			return nil, errors.New("文件里没有检查点")
		}
		return nil, nil
	}
	want := strconv.FormatInt(proof.CheckPack(pack, size, proof.Trust{}).Size, 10)
	for _, note := range all {
		if lines := strings.Split(note, "\n"); len(lines) > 1 && lines[1] == want {
			return []byte(note), nil
		}
	}
	return []byte(all[0]), nil
}

// packText says what a check of a pack found.
func packText(r *proof.Result) string {
	var b strings.Builder
	if r.Title != "" {
		fmt.Fprintf(&b, "存证包：%s（%s 出具）\n", line(r.Title), line(r.Made))
	}
	if r.Origin != "" {
		fmt.Fprintf(&b, "检查点：日志 %s 的前 %d 条，根哈希 %s\n", r.Origin, r.Size, r.Root)
	}
	for _, s := range r.Signatures {
		from := "公钥由您给出"
		if !s.Given {
			from = "公钥取自包内，没有核对"
		}
		if s.Key.Witness {
			fmt.Fprintf(&b, "会签：%s，%s，%s\n", s.Key.Name(), time.Unix(s.Time, 0).Format("2006-01-02 15:04"), from)
		} else {
			fmt.Fprintf(&b, "签名：%s，%s\n", s.Key.Name(), from)
		}
		fmt.Fprintf(&b, "  指纹 %s\n", journal.Fingerprint(s.Key.String()))
	}
	erased := 0
	for _, e := range r.Events {
		if e.Erased {
			erased++
		}
	}
	fmt.Fprintf(&b, "材料 %d 份，记录 %d 条", len(r.Files), len(r.Events))
	if erased > 0 {
		fmt.Fprintf(&b, "（其中 %d 条的内容已依法删除，位置仍可核验）", erased)
	}
	b.WriteByte('\n')
	if r.Compared && r.OK() {
		b.WriteString("与另外保存的检查点一致\n")
	}
	switch {
	case r.Trusted():
		b.WriteString("核验通过：原样，一字未改\n")
	case r.OK():
		b.WriteString("包内前后一致，没有查出改动；但公钥取自包内，还不能说明是谁出具的。请用自己保存的公钥再核一次：--key 公钥\n")
	default:
		fmt.Fprintf(&b, "核验不通过，查出 %d 处不符：\n", len(r.Failures))
		for _, f := range r.Failures {
			place := f.Place
			if _, err := strconv.Atoi(place); err == nil {
				place = "第 " + place + " 条记录"
			}
			if place != "" {
				place = line(place) + "："
			}
			fmt.Fprintf(&b, "  %s%s\n", place, line(f.What))
		}
	}
	return b.String()
}

// line is a text out of a pack, which may hold anything, fit for one line of a terminal.
func line(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x206f {
			return '_'
		}
		return r
	}, text)
}

func jsonPack(r *proof.Result) any {
	type signature struct {
		Key     string `json:"key"`
		Witness bool   `json:"witness"`
		Given   bool   `json:"given"`
		Time    int64  `json:"time,omitempty"` // Unix seconds
	}
	type event struct {
		Seq      int64  `json:"seq"`
		Entered  int64  `json:"entered"` // Unix ms
		Erased   bool   `json:"erased,omitempty"`
		Happened string `json:"happened,omitempty"`
		Who      string `json:"who,omitempty"`
		Verb     string `json:"verb,omitempty"`
		Kind     string `json:"kind,omitempty"`
		Row      string `json:"row,omitempty"`
		Changes  string `json:"changes,omitempty"`
	}
	type file struct {
		Path   string `json:"path"`
		What   string `json:"what"`
		SHA256 string `json:"sha256"`
		Size   int64  `json:"size"`
	}
	signatures, events, files, failures := []signature{}, []event{}, []file{}, []proof.Failure{}
	for _, s := range r.Signatures {
		signatures = append(signatures, signature{s.Key.String(), s.Key.Witness, s.Given, s.Time})
	}
	for _, e := range r.Events {
		events = append(events, event{e.Seq, e.Entered.UnixMilli(), e.Erased, e.Happened, e.Who, e.Verb, e.Kind, e.Row, e.Changes})
	}
	for _, f := range r.Files {
		files = append(files, file{f.Path, f.What, f.SHA256, f.Size})
	}
	failures = append(failures, r.Failures...)
	return map[string]any{"ok": r.OK(), "trusted": r.Trusted(), "failures": failures, "title": r.Title, "made": r.Made, "kind": r.Kind, "row": strconv.FormatInt(r.Row, 10),
		"origin": r.Origin, "size": r.Size, "root": r.Root, "compared": r.Compared, "signatures": signatures, "events": events, "files": files}
}
