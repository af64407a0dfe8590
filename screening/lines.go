package screening

import (
	"bufio"
	"encoding/json"
	"io"
)

// WriteLines writes one value a line as JSON. Hits written by it are what a frozen run is known by, to the byte.
func WriteLines[T any](w io.Writer, list []T) error {
	b := bufio.NewWriter(w)
	out := json.NewEncoder(b)
	out.SetEscapeHTML(false)
	for _, v := range list {
		if err := out.Encode(v); err != nil {
			return err
		}
	}
	return b.Flush()
}
