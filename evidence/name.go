package evidence

import (
	"path"
	"strings"
	"unicode"
)

// mostName is how many characters of the name of a file are kept.
const mostName = 120

// FileName is the name of a file as it may be kept and shown: the last element of a path of any system, in valid UTF-8, without
// characters that cannot be seen, those that turn the direction of writing among them (with one, 照片gpj.exe reads 照片exe.jpg), and
// short enough.
func FileName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return -1
		}
		return r
	}, name))
	if r := []rune(name); len(r) > mostName {
		name = string(r[:mostName/2]) + "…" + string(r[len(r)-mostName/2+1:])
	}
	return name
}

// runnable are the endings of names that a desktop runs or opens as a page with script when it is clicked on.
var runnable = map[string]bool{"exe": true, "com": true, "scr": true, "pif": true, "bat": true, "cmd": true, "ps1": true, "psm1": true, "vbs": true,
	"vbe": true, "js": true, "jse": true, "mjs": true, "wsf": true, "wsh": true, "hta": true, "lnk": true, "url": true, "website": true, "msi": true,
	"msp": true, "reg": true, "cpl": true, "dll": true, "inf": true, "scf": true, "chm": true, "jar": true, "jnlp": true, "apk": true, "sh": true,
	"run": true, "desktop": true, "appimage": true, "deb": true, "rpm": true, "py": true, "pl": true, "html": true, "htm": true, "xhtml": true,
	"shtml": true, "mht": true, "mhtml": true, "svg": true, "svgz": true, "xml": true, "xsl": true, "swf": true, "iso": true, "img": true, "vhd": true}

// SavedName is the name under which a file of the given media type may be saved on somebody's desktop: no character means anything to a
// system of files, and it does not end as something that a click runs:
// a picture named 图.jar becomes 图.jar.gif.
func SavedName(name, media string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`<>:"/\|?*`, r) {
			return '_'
		}
		return r
	}, FileName(name))
	name = strings.TrimLeft(strings.TrimRight(name, ". "), ". ") // what Windows drops, and what Linux hides
	if name == "" {
		name = "文件"
	}
	if runnable[strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))] {
		name += "." + ending(media)
	}
	return name
}

// ending is how names of content of a media type end.
func ending(media string) string {
	for format, m := range medias {
		if m == media && format != "html" && format != "xml" {
			return format
		}
	}
	if strings.HasPrefix(media, "text/") {
		return "txt"
	}
	return "bin"
}

// Inert is the media type under which content may be sent to a browser. What is no picture, paper or archive is a row of bytes: a page,
// a drawing with script or a text is never told from one by the browser.
func Inert(media string) string {
	if strings.HasPrefix(media, "text/") {
		return "application/octet-stream"
	}
	for _, m := range medias {
		if m == media {
			return media
		}
	}
	return "application/octet-stream"
}
