package office

import (
	"context"
	"errors"
	"fmt"
)

// Read reads a file under [DefaultLimits]. See [ReadLimited].
func Read(ctx context.Context, name string, data []byte) (Document, error) {
	return ReadLimited(ctx, name, data, DefaultLimits)
}

// ReadLimited reads a file by what it contains. The name decides only between the kinds of plain text (csv, md, txt); a wrong
// extension is no obstacle and not worth a word. Every error is an [*Error].
//
// .xls, .odt, .ods, .rtf and the like are handed to LibreOffice, .pdf to pdftotext, where those are installed; the context
// bounds the time that takes.
func ReadLimited(ctx context.Context, name string, data []byte, limits Limits) (Document, error) {
	doc, err := read(&budget{ctx: ctx, limits: limits}, name, data)
	if err == nil {
		return doc, nil
	}
	if ours, ok := errors.AsType[*Error](err); ok {
		return Document{}, ours
	}
	return Document{}, damaged(Sniff(data), err)
}

func read(b *budget, name string, data []byte) (Document, error) {
	if int64(len(data)) > b.limits.File {
		return Document{}, &Error{What: fmt.Sprintf("文件有 %s，超过 %s", size(int64(len(data))), size(b.limits.File)), Do: doSplit}
	}
	if err := b.stopped(); err != nil {
		return Document{}, err
	}
	kind := Sniff(data)
	switch kind {
	case "docx", "xlsx", "zip":
		a, err := openArchive(data, b)
		if err != nil {
			return Document{}, err
		}
		switch kind {
		case "docx":
			return readDocx(a)
		case "xlsx":
			return readXlsx(a)
		}
	case "doc":
		doc, err := readDoc(data, b)
		if errors.Is(err, errOldWord) {
			return convert(b, kind, data)
		}
		return doc, err
	case "text":
		return readText(name, data, b)
	}
	if _, ok := conversions[kind]; ok {
		return convert(b, kind, data)
	}
	return Document{}, refusal(kind)
}

// refusals say what the kinds are that nothing here reads, and what to do with them.
var refusals = map[string]Error{
	"empty":     {What: "文件是空的，一个字也没有", Do: "请检查是否选错了文件，或在保存后重新上传"},
	"encrypted": *encrypted("文件"),
	"ppt":       {What: "这是 PowerPoint 演示文稿，不是文档或表格", Do: "请把方案的文字放进 docx 文档，或把台账放进 xlsx 表格后再上传"},
	"pptx":      {What: "这是 PowerPoint 演示文稿，不是文档或表格", Do: "请把方案的文字放进 docx 文档，或把台账放进 xlsx 表格后再上传"},
	"odp":       {What: "这是演示文稿，不是文档或表格", Do: "请把方案的文字放进 docx 文档，或把台账放进 xlsx 表格后再上传"},
	"ofd":       {What: "这是 OFD 版式文件，里面的文字不能直接取出", Do: "请上传定稿前的 Word 文档（docx），或用 OFD 阅读器转换成 docx 后再上传"},
	"html":      {What: "这是网页（HTML），只是扩展名像文档", Do: doResave},
	"mhtml":     {What: "这是单个文件网页（MHTML），只是扩展名像文档", Do: doResave},
	"xml":       {What: "这是 XML 数据文件，不是文档或表格", Do: doResave},
	"zip":       {What: "这是压缩包（zip），里面没有 Word 或 Excel 的内容", Do: "请先解压，再上传其中的文档或表格"},
	"rar":       {What: "这是压缩包（rar）", Do: "请先解压，再上传其中的文档或表格"},
	"7z":        {What: "这是压缩包（7z）", Do: "请先解压，再上传其中的文档或表格"},
	"gzip":      {What: "这是压缩包（gzip）", Do: "请先解压，再上传其中的文档或表格"},
	"png":       imageRefusal, "jpeg": imageRefusal, "gif": imageRefusal, "bmp": imageRefusal,
	"tiff": imageRefusal, "webp": imageRefusal, "heic": imageRefusal,
	"audio":   {What: "这是音频或视频文件，不是文档或表格", Do: "请上传 docx 文档或 xlsx 表格"},
	"program": {What: "这是程序文件，不是文档或表格", Do: "请不要运行它，并核实文件来源；上传 docx 文档或 xlsx 表格即可"},
	"works":   {What: "这是很早的文字处理文件，现在的程序已不通用", Do: doResave},
	"ole":     {What: "文件是旧版 Office 的格式，但里面没有 Word 或 Excel 的内容，或已损坏", Do: doResave},
	"binary":  {What: "文件不是文字，也不是认得的文档", Do: "请上传 docx、xlsx、doc、csv、txt 或 md 文件；" + doResave},
}

var imageRefusal = Error{What: "这是图片，里面的文字读不出来", Do: "请上传 Word 文档或 Excel 表格；只有纸质件的，请先做文字识别（OCR）再另存为 docx"}

func refusal(kind string) *Error {
	e, ok := refusals[kind]
	if !ok {
		e = refusals["binary"]
	}
	return &e
}
