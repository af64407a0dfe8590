package office

import (
	"context"
	"fmt"
	"slices"
)

// budget counts what reading one file has cost so far against its limits. Every reader draws on the same budget, so that a
// file cannot be cheap in each of its parts and ruinous in their sum.
type budget struct {
	ctx    context.Context
	limits Limits

	inflated   int64
	elements   int
	paragraphs int
	text       int
}

const (
	doSplit   = "请把文件拆成几个再上传，或只留下需要的内容"
	doResave  = "请用 Word、Excel 或 WPS 打开原文件，另存为 docx 或 xlsx 后再上传"
	doSuspect = "正常的文件不会这样，请核实文件来源；如确有需要，请新建一个文件，把内容复制进去后再上传"
)

// stopped reports why work has to end early, nil if it may go on.
func (b *budget) stopped() error {
	if err := b.ctx.Err(); err != nil {
		return &Error{What: "读取已中止", Do: "请稍后再试", Err: err}
	}
	return nil
}

// inflate counts n bytes that came out of an archive.
func (b *budget) inflate(n int) error {
	b.inflated += int64(n)
	if b.inflated > b.limits.Inflated {
		return &Error{
			What: fmt.Sprintf("文件解压后超过 %s，疑似压缩炸弹", size(b.limits.Inflated)),
			Do:   doSuspect,
		}
	}
	return b.stopped()
}

// element counts one XML element.
func (b *budget) element() error {
	b.elements++
	if b.elements > b.limits.Elements {
		return &Error{What: fmt.Sprintf("文件内部的元素超过 %d 个", b.limits.Elements), Do: doSplit}
	}
	return nil
}

// add counts one paragraph or cell and appends it.
func (b *budget) add(out []Paragraph, p Paragraph) ([]Paragraph, error) {
	if err := b.line(len(p.Text)); err != nil {
		return out, err
	}
	b.paragraphs++
	b.text += len(p.Text)
	switch {
	case b.paragraphs > b.limits.Paragraphs:
		return out, &Error{What: fmt.Sprintf("文件的段落和单元格超过 %d 个", b.limits.Paragraphs), Do: doSplit}
	case b.text > b.limits.Text:
		return out, &Error{What: fmt.Sprintf("文件的文字超过 %s", size(int64(b.limits.Text))), Do: doSplit}
	}
	if n := len(out); n == cap(out) { // by doubling, but never past what may still come
		out = slices.Grow(out, min(max(n, 64), b.limits.Paragraphs-n))
	}
	return append(out, p), nil
}

// line checks the length of a paragraph that may still grow.
func (b *budget) line(n int) error {
	if n > b.limits.Line {
		return &Error{
			What: fmt.Sprintf("第 %d 段（格）的文字超过 %s，没有分段", b.paragraphs+1, size(int64(b.limits.Line))),
			Do:   "请检查文件是否正确；如是长文，请分段后再上传",
		}
	}
	return nil
}

// size words a number of bytes for a person.
func size(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d KB", (n+1023)>>10)
}

// damaged is the error of a file whose structure does not hold.
func damaged(where string, err error) *Error {
	return &Error{
		What: "文件已损坏或没有传完（" + where + "）",
		Do:   "请重新上传；如果仍然不行，" + doResave,
		Err:  err,
	}
}
