package evidence

import (
	"io"
	"net/http"
	"strings"
)

// medias are the media types of the formats that [office.Sniff] tells by their content.
var medias = map[string]string{
	"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"doc":  "application/msword",
	"xls":  "application/vnd.ms-excel",
	"ppt":  "application/vnd.ms-powerpoint",
	"odt":  "application/vnd.oasis.opendocument.text",
	"ods":  "application/vnd.oasis.opendocument.spreadsheet",
	"odp":  "application/vnd.oasis.opendocument.presentation",
	"ofd":  "application/ofd",
	"rtf":  "application/rtf",
	"pdf":  "application/pdf",
	"zip":  "application/zip",
	"png":  "image/png",
	"jpeg": "image/jpeg",
	"gif":  "image/gif",
	"bmp":  "image/bmp",
	"tiff": "image/tiff",
	"webp": "image/webp",
	"heic": "image/heic",
	"html": "text/html; charset=utf-8",
	"xml":  "text/xml; charset=utf-8",
}

// mediaType is the media type of content, whatever its name says.
func mediaType(format string, content io.ReaderAt) string {
	if m := medias[format]; m != "" {
		return m
	}
	start := make([]byte, 512) // what the detection looks at
	n, _ := content.ReadAt(start, 0)
	return http.DetectContentType(start[:n])
}

// Inline tells whether a browser may show content of this media type itself: pictures and PDF, which carry no script that runs in the
// origin of the page.
func Inline(media string) bool {
	switch media {
	case "image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "application/pdf":
		return true
	}
	return false
}

// Picture tells whether a browser can show content of this media type as a picture.
func Picture(media string) bool { return strings.HasPrefix(media, "image/") && Inline(media) }

// hasEXIF tells whether a camera may have written into files of this format when and where they were taken.
func hasEXIF(format string) bool {
	switch format {
	case "jpeg", "png", "webp", "heic", "tiff":
		return true
	}
	return false
}

// readEXIF reads when a picture was taken, and takes the place where it was taken out of it.
func readEXIF(format string, content []byte) (taken, location string) {
	if format == "jpeg" {
		return stripJPEG(content)
	}
	if named(content) {
		return "", LocationKept
	}
	return "", ""
}
