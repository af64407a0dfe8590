package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"

	"bihuan/journal"
)

// Limits of a pack. Writing one beyond them fails; a verifier refuses it unread.
const (
	MostBytes     = 1<<32 - 2 // of the whole: the largest a plain zip can say
	MostFiles     = 20_000
	MostEvents    = 200_000
	mostText      = 64 << 20 // bytes of events.txt and of index.json, each
	mostSmall     = 64 << 10 // of checkpoint.txt, keys.txt and 说明.txt
	mostPath      = 240      // bytes of a name
	mostKeys      = 16       // in keys.txt, and signatures on a checkpoint
	mostDirectory = 8 << 20  // bytes of the zip's directory
	largest       = 1<<53 - 1
)

// The files that every pack begins with, in this order; documents and evidence follow.
const (
	checkpointName = "checkpoint.txt"
	eventsName     = "events.txt"
	indexName      = "index.json"
	keysName       = "keys.txt"
	readmeName     = "说明.txt"
)

var fixedNames = []string{checkpointName, eventsName, indexName, keysName, readmeName}

// VerbPacked is the verb of the event that a pack is made by. Its only change is [IndexField], the SHA-256 of the pack's index in hex;
// so each file is bound by a leaf of the log.
const (
	VerbPacked = "出具存证包"
	IndexField = "索引"
)

const indexFormat = "bihuan/pack/1"

// Topic is what a pack is about: a row of the ledger, and what people call it.
type Topic struct {
	Kind  string `json:"kind"` // table
	Row   int64  `json:"row,string"`
	Title string `json:"title"`
}

// File is one paper or piece of evidence in a pack.
type File struct {
	What     string // in a few words: 销号单, 佐证材料 3月2日 贺晓雨
	Name     string // as people named it; the pack cleans it
	Evidence bool   // it stands under evidence/, else under documents/

	size int64
	sum  [32]byte
	crc  uint32
	open func() (io.ReadCloser, error)
}

// Measure reads a file once, for a pack must know its size and sums before the first byte is written. It is opened again when
// the pack is.
func Measure(f File, open func() (io.ReadCloser, error)) (File, error) {
	r, err := open()
	if err != nil {
		return f, err
	}
	defer r.Close()
	sum, crc := sha256.New(), crc32.NewIEEE()
	if f.size, err = io.Copy(io.MultiWriter(sum, crc), r); err != nil {
		return f, fmt.Errorf("read %s: %w", f.Name, err)
	}
	f.sum, f.crc, f.open = [32]byte(sum.Sum(nil)), crc.Sum32(), open
	return f, nil
}

// Content makes a file of bytes.
func (f File) Content(data []byte) File {
	f.size, f.sum, f.crc = int64(len(data)), sha256.Sum256(data), crc32.ChecksumIEEE(data)
	f.open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	return f
}

// Event is an event of the journal with its proof.
type Event struct {
	Seq, Entered  int64  // number from 1; Unix ms
	Salt, Content []byte // both nil when erased
	Commitment    tlog.Hash
	Rows          tlog.Hash
	Proof         tlog.RecordProof // under the checkpoint of the pack
}

// leaf is the hash of the event in the log.
func (e *Event) leaf() tlog.Hash {
	return tlog.RecordHash(fmt.Appendf(nil, "bihuan leaf 1\n%d\n%d\n%x\n%x\n", e.Seq, e.Entered, e.Commitment[:], e.Rows[:]))
}

// index is index.json.
type index struct {
	Format  string    `json:"format"`
	Subject Topic     `json:"subject"`
	Made    string    `json:"made"`
	Origin  string    `json:"origin"`
	Events  []int64   `json:"events"`
	Erased  []int64   `json:"erased"`
	Files   []indexed `json:"files"`
}

type indexed struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	What   string `json:"what"`
}

func (i *index) encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(i); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Pack is a pack on its way: its index stands, the event that binds it and the checkpoint over it are still to come. See [Pack.Seal].
type Pack struct {
	index []byte
	files []File // paths in Name
}

// New begins a pack made at an instant as people write it (2026-11-26 10:20), of a log with this origin. seqs are the numbers of
// the events it will show, in order, without the one of the pack itself; erased those of them without content. keys are
// the verifier keys of the server and of whoever may cosign.
func New(subject Topic, made, origin string, keys []journal.Verifier, seqs, erased []int64, files []File) (*Pack, error) {
	if len(seqs) >= MostEvents || len(files)+len(fixedNames) > MostFiles {
		return nil, fmt.Errorf("存证包太大：%d 条记录、%d 份材料，最多 %d 条、%d 份", len(seqs), len(files), MostEvents, MostFiles)
	}
	var lines strings.Builder
	for _, k := range keys {
		lines.WriteString(k.String() + "\n")
	}
	p := &Pack{files: []File{
		File{Name: keysName, What: "公钥，只为方便"}.Content([]byte(lines.String())),
		File{Name: readmeName, What: "这是什么，怎么核验"}.Content([]byte(readme(subject.Title, origin, made))),
	}}
	numbers := map[bool]int{}
	for _, f := range files {
		numbers[f.Evidence]++
		folder := "documents/"
		if f.Evidence {
			folder = "evidence/"
		}
		f.Name = fmt.Sprintf("%s%d-%s", folder, numbers[f.Evidence], cleanName(f.Name))
		p.files = append(p.files, f)
	}
	i := index{Format: indexFormat, Subject: subject, Made: made, Origin: origin, Events: append([]int64{}, seqs...), Erased: append([]int64{}, erased...)}
	// Papers before evidence, each in the order given.
	slices.SortStableFunc(p.files[2:], func(a, b File) int { return strings.Compare(a.Name[:1], b.Name[:1]) })
	for _, f := range p.files {
		i.Files = append(i.Files, indexed{f.Name, f.size, hex.EncodeToString(f.sum[:]), f.What})
	}
	var err error
	p.index, err = i.encode()
	return p, err
}

// IndexHash is what the event of the pack says in its change [IndexField].
func (p *Pack) IndexHash() string {
	sum := sha256.Sum256(p.index)
	return hex.EncodeToString(sum[:])
}

// errMoved is the error of a pack whose events are no longer what its index says: one was erased meanwhile.
var errMoved = errors.New("出具存证包时有记录变了，请再出具一次")

// Seal completes a pack with what can only be known when its event is in the log: events are those announced to [New], in order, and
// after them the one of the pack itself; checkpoint is the signed note that their proofs lead to.
func (p *Pack) Seal(checkpoint []byte, events []Event) (*Sealed, error) {
	var i index
	if err := json.Unmarshal(p.index, &i); err != nil {
		return nil, err
	}
	seqs, erased := []int64{}, []int64{}
	var lines bytes.Buffer
	for n, e := range events {
		lines.WriteString(eventLine(&e))
		if n < len(events)-1 {
			seqs = append(seqs, e.Seq)
		}
		if e.Salt == nil {
			erased = append(erased, e.Seq)
		}
	}
	if !slices.Equal(seqs, i.Events) || !slices.Equal(erased, i.Erased) {
		return nil, errMoved
	}
	s := &Sealed{entries: append([]File{
		File{Name: checkpointName}.Content(checkpoint),
		File{Name: eventsName}.Content(lines.Bytes()),
		File{Name: indexName}.Content(p.index),
	}, p.files...)}
	if s.size = zipSize(s.entries); s.size > MostBytes {
		return nil, fmt.Errorf("存证包太大：共 %d MB，最多 4 GB；请分开出具", s.size>>20)
	}
	return s, nil
}

// Sealed is a pack that is complete and waits to be written.
type Sealed struct {
	entries []File
	size    int64
}

// Size is how many bytes [Sealed.Write] writes.
func (s *Sealed) Size() int64 { return s.size }

// Write writes the zip, opening one file after the other. The same pack gives the same bytes each time.
func (s *Sealed) Write(w io.Writer) error { return writeZip(w, s.entries) }

func eventLine(e *Event) string {
	salt, content, proof := "-", "-", "-"
	if e.Salt != nil {
		salt, content = base64.StdEncoding.EncodeToString(e.Salt), base64.StdEncoding.EncodeToString(e.Content)
	}
	if len(e.Proof) > 0 {
		hashes := make([]string, len(e.Proof))
		for i, h := range e.Proof {
			hashes[i] = base64.StdEncoding.EncodeToString(h[:])
		}
		proof = strings.Join(hashes, ",")
	}
	return fmt.Sprintf("%d %d %s %s %x %x %s\n", e.Seq, e.Entered, salt, content, e.Commitment[:], e.Rows[:], proof)
}

// header is what one file has in the zip before its bytes and again in the directory. Nothing in it is free: stored, names in
// UTF-8, the first date a zip knows.
func header(central bool, f *File, offset int64) []byte {
	b := []byte("PK\x03\x04")
	if central {
		b = []byte("PK\x01\x02\x14\x00")
	}
	b = append(b, 20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0)
	b = binary.LittleEndian.AppendUint32(b, f.crc)
	b = binary.LittleEndian.AppendUint32(b, uint32(f.size))
	b = binary.LittleEndian.AppendUint32(b, uint32(f.size))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(f.Name)))
	b = append(b, 0, 0) // no extra field
	if central {
		b = append(b, make([]byte, 10)...) // no comment, first disk, no attributes
		b = binary.LittleEndian.AppendUint32(b, uint32(offset))
	}
	return append(b, f.Name...)
}

// directoryEnd closes the zip.
func directoryEnd(count int, size, offset int64) []byte {
	b := []byte("PK\x05\x06\x00\x00\x00\x00")
	b = binary.LittleEndian.AppendUint16(b, uint16(count))
	b = binary.LittleEndian.AppendUint16(b, uint16(count))
	b = binary.LittleEndian.AppendUint32(b, uint32(size))
	b = binary.LittleEndian.AppendUint32(b, uint32(offset))
	return append(b, 0, 0)
}

const endSize = 22 // bytes of directoryEnd

// zipSize is how large a zip of the files is.
func zipSize(entries []File) int64 {
	size := int64(endSize)
	for i := range entries {
		size += int64(len(header(false, &entries[i], 0))+len(header(true, &entries[i], 0))) + entries[i].size
	}
	return size
}

func writeZip(w io.Writer, entries []File) error {
	var directory []byte
	offset := int64(0)
	for i := range entries {
		if err := writeEntry(w, &entries[i]); err != nil {
			return err
		}
		directory = append(directory, header(true, &entries[i], offset)...)
		offset += int64(len(header(false, &entries[i], 0))) + entries[i].size
	}
	_, err := w.Write(append(directory, directoryEnd(len(entries), int64(len(directory)), offset)...))
	return err
}

var errChanged = errors.New("文件在出具存证包时变了")

func writeEntry(w io.Writer, f *File) error {
	if _, err := w.Write(header(false, f, 0)); err != nil {
		return err
	}
	r, err := f.open()
	if err != nil {
		return err
	}
	defer r.Close()
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, sum), io.LimitReader(r, f.size+1))
	if err == nil && (n != f.size || [32]byte(sum.Sum(nil)) != f.sum) {
		err = fmt.Errorf("%s：%w", f.Name, errChanged)
	}
	return err
}

// notInNames are runes that a file name in a pack has not: what some system refuses in names, and what is not seen or turns text about.
var notInNames = regexp.MustCompile("[\\x00-\\x1f\\x7f-\\x{9f}/\\\\:*?\"<>|\\x{200b}-\\x{200f}\\x{2028}-\\x{202e}\\x{2060}-\\x{206f}\\x{feff}\\x{fff0}-\\x{ffff}]")

// cleanName makes what somebody named a file fit for every system, and short.
func cleanName(name string) string {
	name = notInNames.ReplaceAllString(strings.ToValidUTF8(name, "_"), "_")
	for len(name) > 160 {
		// The middle goes: the end tells what kind of file it is.
		runes := []rune(name)
		name = string(runes[:len(runes)/2-1]) + string(runes[len(runes)/2+1:])
	}
	name = strings.TrimRight(name, ". ")
	if name == "" {
		return "文件"
	}
	return name
}

// validPath says whether a path is one that a pack may have after its index: a fixed name, or a clean name in one of two folders.
func validPath(path string) bool {
	if path == keysName || path == readmeName {
		return true
	}
	folder, name, _ := strings.Cut(path, "/")
	return (folder == "documents" || folder == "evidence") && name != "" && len(path) <= mostPath && utf8.ValidString(path) &&
		!notInNames.MatchString(name) && strings.TrimRight(name, ". ") == name
}

// decimal reads a number written in the one way, up to 2^53-1, which every language can hold.
func decimal(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0 && n <= largest && strconv.FormatInt(n, 10) == s
}

func readme(title, origin, made string) string {
	return strings.ReplaceAll(`存证包
`+title+`
由“`+origin+`”出具，`+made+`

这个压缩包里有材料、佐证，以及它们在存证日志中的记录和证明。任何一个字节被改动，核验都会指出。

怎么核验（任选一种，都不需要联网）：
一、用浏览器打开“存证核验”网页（verify.html，可向出具单位或上级单位索取，也可在系统网址后加 /verify.html 下载），把这个压缩包整个拖进去。
二、在装有闭环程序的电脑上运行：bihuan verify 压缩包.zip --key 公钥文件

不要解压后再压缩：重新压缩的包不能核验。要看材料，可以解压一份另存。

公钥：keys.txt 里的公钥只为方便。包是谁都能做的，所以真正核验时，请用您自己从出具单位或会签方（如区级单位）得到并保存的公钥。

里面有什么：
checkpoint.txt  检查点：当时整个存证日志的大小和指纹，有签名
events.txt      与此事有关的每一条记录及其证明；内容为“-”的，内容已依法删除，位置仍可核验
index.json      目录：每份材料的大小和指纹
documents       文书
evidence        佐证材料
`, "\n", "\r\n")
}
