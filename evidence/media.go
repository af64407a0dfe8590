package evidence

import (
	"net/http"
	"strings"

	"bihuan/office"
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
func mediaType(format string, content []byte) string {
	if m := medias[format]; m != "" {
		return m
	}
	return http.DetectContentType(content)
}

// Inline tells whether a browser may show content of this media type inside a page's origin: pictures and PDF, which carry no script
// that runs there.
func Inline(media string) bool {
	switch media {
	case "image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "application/pdf":
		return true
	}
	return false
}

// Picture tells whether a browser can show content of this media type as a picture.
func Picture(media string) bool { return strings.HasPrefix(media, "image/") && Inline(media) }

// look tells what content is, and takes the place where a picture was taken out of it.
func look(content []byte) Stored {
	s := Stored{Format: office.Sniff(content)}
	s.Media = mediaType(s.Format, content)
	switch s.Format {
	case "jpeg":
		s.Taken, s.Location = stripJPEG(content)
	case "png", "webp", "heic", "tiff":
		if named(content) {
			s.Location = LocationKept
		}
	}
	return s
}
