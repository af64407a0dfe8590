package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bihuan/ledger"
	"bihuan/plan"
	"bihuan/store"
)

// field is one field of a form that several people may have open at the same time. It remembers what it held when the form was
// opened, so that the other's change and one's own can be told apart.
type field struct {
	Name    string
	Label   string
	Hint    string
	Kind    string // text date area
	List    []string
	Value   string // what stands in it now
	Was     string // what it held when the form was opened
	Theirs  string // what somebody else has put there meanwhile, while one's own is something else
	Clash   bool   // Theirs counts, even when it is empty
	Taken   bool   // somebody else's change stands in it, for one had changed nothing here
	Problem string
	Unknown []string // names in it that the organisation does not know
}

// fields are those of one form, in their order.
type fields []field

// value is what stands in the field of that name.
func (fs fields) value(name string) string {
	for _, f := range fs {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// typed takes over what somebody typed, and what the fields held when they began.
func (fs fields) typed(form url.Values) {
	for i := range fs {
		f := &fs[i]
		f.Value = plainText(form.Get(f.Name))
		f.Was = plainText(form.Get("was_" + f.Name))
	}
}

// merge lays what now stands in the ledger beside what was typed. Where only the other changed something the other's stands.
func (fs fields) merge(now fields) {
	for i := range fs {
		f, current := &fs[i], now[i].Value
		if current != f.Was {
			switch f.Value {
			case current:
			case f.Was:
				f.Value, f.Taken = current, true
			default:
				f.Theirs, f.Clash = current, true
			}
		}
		f.Was = current
	}
}

// dueFollows sets the date of a deadline whose words were changed and whose date was left as it was, when the words name one.
func (fs fields) dueFollows(f ledger.Finding, today string) {
	year, _ := strconv.Atoi(max(f.Due, today)[:4])
	for i := range fs {
		words := fs.value("due_text")
		if fs[i].Name != "due" || fs[i].Value != fs[i].Was || words == f.DueText {
			continue
		}
		if d := plan.ParseDeadline(words, year); d.Date != "" && d.Err == nil {
			fs[i].Value = string(d.Date)
		}
	}
}

// blame puts what a command says of a value beside its field, and tells whether there is such a field.
func (fs fields) blame(bad ledger.Invalid) bool {
	for i := range fs {
		if fs[i].Label == bad.Field {
			fs[i].Problem = bad.What
			return true
		}
	}
	return false
}

// plainText is what was typed with its line ends as the program writes them.
func plainText(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

// readForm reads the fields of a form that was sent.
func readForm(r *http.Request) (url.Values, error) {
	if err := r.ParseForm(); err != nil {
		return nil, errBadForm
	}
	return r.PostForm, nil
}

// pathID is the id in the address of a page. What is none is not found.
func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, store.ErrNotFound
	}
	return id, nil
}

// formVersion is the version of the row that a form was opened on.
func formVersion(form url.Values) (int64, error) {
	n, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return 0, errBadForm
	}
	return n, nil
}

// readVersioned reads the fields of a form about a row, and the version of the row that it was opened on.
func readVersioned(r *http.Request) (url.Values, int64, error) {
	form, err := readForm(r)
	if err != nil {
		return nil, 0, err
	}
	version, err := formVersion(form)
	return form, version, err
}

// splitNames parts names as people write them in one field.
func splitNames(s string) []string {
	names := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("、，,；;\n\t", r) })
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}
