package journal

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"bihuan/store"
)

// Witness signs the checkpoints of other logs, each only when it continues the last one that it saw (C2SP tlog-witness).
type Witness struct {
	DB  *store.DB
	Key Key
}

// Witnessed is a log that a witness signs for.
type Witnessed struct {
	Origin   string
	Verifier string
	Added    time.Time
	Size     int64     // of the last checkpoint seen; 0 for none
	Root     tlog.Hash // of that
	Note     string
	Seen     time.Time // when that was; zero for never
}

const witnessedQuery = `select w.origin, w.vkey, w.added, coalesce(s.size, 0), coalesce(s.root, ''), coalesce(s.note, ''), coalesce(s.seen, 0)
	from witness w left join witnessed s on s.origin = w.origin`

func scanWitnessed(rows *sql.Rows, w *Witnessed) error {
	var added, seen int64
	var root string
	err := rows.Scan(&w.Origin, &w.Verifier, &added, &w.Size, &root, &w.Note, &seen)
	w.Added, w.Seen = time.UnixMilli(added), time.Time{}
	if seen != 0 {
		w.Seen = time.UnixMilli(seen)
	}
	if err == nil && root != "" {
		w.Root, err = tlog.ParseHash(root)
	}
	return err
}

// WitnessedLogs lists the logs that are signed for, by name.
func WitnessedLogs(ctx context.Context, q store.Querier) ([]Witnessed, error) {
	return store.All(ctx, q, scanWitnessed, witnessedQuery+` order by w.origin`)
}

// AddWitnessed begins to sign for the log with the given verifier key. The key of a log cannot be exchanged for another: that would be
// another log. Adding the same twice adds it once.
func AddWitnessed(ctx context.Context, db *store.DB, staff int64, who, vkey string) error {
	v, err := ParseVerifier(strings.TrimSpace(vkey))
	if err != nil {
		return err
	}
	if IsWitness(v) {
		return errors.New("这是会签方的公钥；请填被会签单位的存证公钥，在对方的“运维”页上")
	}
	return db.Write(ctx, func(tx *store.Tx) error {
		old, err := store.One(ctx, tx, scanWitnessed, witnessedQuery+` where w.origin = $1`, v.Name())
		if err == nil {
			if old.Verifier != strings.TrimSpace(vkey) {
				return fmt.Errorf("%s 已登记过另一把公钥。换了公钥就是另一本日志，请先查清为什么换", v.Name())
			}
			return nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into witness (origin, vkey, added, staff, version) values ($1, $2, $3, $4, 1)`,
			v.Name(), strings.TrimSpace(vkey), tx.Now.UnixMilli(), staff); err != nil {
			return err
		}
		return Append(ctx, tx, Entry{Staff: staff, Who: who, Verb: "登记会签", Kind: "witness",
			Changes: []Change{{Field: "存证公钥", To: strings.TrimSpace(vkey)}}})
	})
}

// Refusal is why a witness does not sign. Status is that of the answer, Text its body.
type Refusal struct {
	Status int
	Text   string
}

func (r Refusal) Error() string {
	return fmt.Sprintf("witness: %d %s", r.Status, strings.TrimSpace(r.Text))
}

// mostRequest is how long a request to a witness may be: a proof has at most 63 lines.
const mostRequest = 16 << 10

// ServeLast answers GET …/checkpoint?origin=NAME with the last checkpoint seen of a log.
func (w Witness) ServeLast(rw http.ResponseWriter, r *http.Request) {
	last, err := store.One(r.Context(), w.DB, scanWitnessed, witnessedQuery+` where w.origin = $1`, r.URL.Query().Get("origin"))
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && last.Note == "":
		http.Error(rw, "no checkpoint of this log was seen", http.StatusNotFound)
	case err != nil:
		http.Error(rw, "the witness failed", http.StatusInternalServerError)
	default:
		rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(rw, last.Note)
	}
}

// ServeSign answers POST …/add-checkpoint.
func (w Witness) ServeSign(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, mostRequest))
	if err != nil {
		http.Error(rw, "the request is too long", http.StatusRequestEntityTooLarge)
		return
	}
	lines, err := w.Sign(r.Context(), string(body))
	var no Refusal
	switch {
	case errors.As(err, &no):
		kind := "text/plain; charset=utf-8"
		if no.Status == http.StatusConflict {
			kind = "text/x.tlog.size"
		}
		rw.Header().Set("Content-Type", kind)
		rw.WriteHeader(no.Status)
		_, _ = io.WriteString(rw, no.Text)
	case err != nil:
		http.Error(rw, "the witness failed", http.StatusInternalServerError)
	default:
		rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(rw, lines)
	}
}

// Sign checks that a checkpoint continues the last one seen of its log and returns the line of its signature; otherwise it fails with a
// [Refusal]. The request is "old SIZE", a line for each hash of the proof, an empty line, the checkpoint.
func (w Witness) Sign(ctx context.Context, request string) (string, error) {
	bad := func(what string) (string, error) { return "", Refusal{http.StatusBadRequest, what + "\n"} }
	head, text, ok := strings.Cut(request, "\n\n")
	lines := strings.Split(head, "\n")
	number, isOld := strings.CutPrefix(lines[0], "old ")
	old, err := strconv.ParseInt(number, 10, 64)
	if !ok || !isOld || err != nil || old < 0 || len(lines) > 64 {
		return bad("the request is not: old SIZE, a proof, an empty line, a checkpoint")
	}
	var proof tlog.TreeProof
	for _, l := range lines[1:] {
		h, err := tlog.ParseHash(l)
		if err != nil {
			return bad("a line of the proof is no hash")
		}
		proof = append(proof, h)
	}
	body, _, _ := strings.Cut(text, "\n\n")
	c, err := parseBody(body + "\n")
	if err != nil {
		return bad("there is no checkpoint")
	}
	if old > c.Size {
		return bad("the old size is larger than the checkpoint")
	}
	known, err := store.One(ctx, w.DB, scanWitnessed, witnessedQuery+` where w.origin = $1`, c.Origin)
	if errors.Is(err, store.ErrNotFound) {
		return "", Refusal{http.StatusNotFound, "this log is not known here\n"}
	}
	if err != nil {
		return "", err
	}
	key, err := ParseVerifier(known.Verifier)
	if err != nil {
		return "", err
	}
	line, ok := signatureOf(text, key)
	if !ok {
		return "", Refusal{http.StatusForbidden, "the checkpoint is not signed by the log\n"}
	}
	signed := ""
	err = w.DB.Housekeep(ctx, func(tx *store.Tx) error {
		// The row is locked before it is read, so that of two checkpoints at once the second sees the first.
		if _, err := tx.Exec(ctx, `insert into witnessed (origin, size, root, note, seen) select origin, 0, '', '', 0 from witness where origin = $1
			on conflict (origin) do update set size = witnessed.size`, c.Origin); err != nil {
			return err
		}
		last, err := store.One(ctx, tx, scanWitnessed, witnessedQuery+` where w.origin = $1`, c.Origin)
		if errors.Is(err, store.ErrNotFound) {
			return Refusal{http.StatusNotFound, "this log is not known here\n"}
		}
		if err != nil {
			return err
		}
		if last.Size != old {
			return Refusal{http.StatusConflict, strconv.FormatInt(last.Size, 10) + "\n"}
		}
		if err := continues(proof, c, last); err != nil {
			return err
		}
		sig, err := w.Key.Sign([]byte(c.Body()))
		if err != nil {
			return err
		}
		blob := append([]byte{byte(w.Key.KeyHash() >> 24), byte(w.Key.KeyHash() >> 16), byte(w.Key.KeyHash() >> 8), byte(w.Key.KeyHash())}, sig...)
		signed = "— " + w.Key.Name() + " " + base64.StdEncoding.EncodeToString(blob) + "\n"
		_, err = tx.Exec(ctx, `update witnessed set size = $2, root = $3, note = $4, seen = $5 where origin = $1`,
			c.Origin, c.Size, c.Root.String(), c.Body()+"\n"+line, tx.Now.UnixMilli()) // of the note only what the log signed
		return err
	})
	if err != nil {
		return "", err
	}
	return signed, nil
}

// signatureOf is the line with which a log signed a checkpoint, if there is a good one.
func signatureOf(text string, key note.Verifier) (line string, ok bool) {
	body, lines, _ := strings.Cut(text, "\n\n")
	for line := range strings.Lines(lines) {
		if _, _, err := ReadCheckpoint(body+"\n\n"+line, key); err == nil {
			return line, true
		}
	}
	return "", false
}

// continues checks that a checkpoint is the log last seen, and more.
func continues(proof tlog.TreeProof, c Checkpoint, last Witnessed) error {
	no := Refusal{http.StatusUnprocessableEntity, "the checkpoint does not continue the last one signed here\n"}
	switch {
	case last.Size == 0:
		if len(proof) > 0 {
			return no
		}
	case last.Size == c.Size:
		if len(proof) > 0 || c.Root != last.Root {
			return no
		}
	default:
		if tlog.CheckTree(proof, c.Size, c.Root, last.Size, last.Root) != nil {
			return no
		}
	}
	return nil
}

// Cosigner asks a witness to sign the checkpoints of a log too, and remembers what came of it. Its methods may be called at once.
type Cosigner struct {
	Log    Log
	URL    string // of the witness; add-checkpoint is appended
	Key    note.Verifier
	Client *http.Client // nil: one with a short limit

	asking sync.Mutex // one at a time, so that none is overtaken by a larger one
	mu     sync.Mutex
	state  CosignState
}

// CosignState is what came of the last try.
type CosignState struct {
	Tried time.Time // zero: not yet
	Error string    // empty: signed
	Alarm bool      // the witness has seen another history of this log than is here
}

// State is what came of the last try.
func (c *Cosigner) State() CosignState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// ErrForked is the error of a log that is not the one which the witness signed before.
var ErrForked = errors.New("会签方见过的日志与这里的不一致：这里的日志被回退或改写过")

// Cosign makes a checkpoint and has the witness sign it.
func (c *Cosigner) Cosign(ctx context.Context) (Checkpoint, error) {
	c.asking.Lock()
	point, err := c.cosign(ctx)
	if head, headErr := Head(ctx, c.Log.DB); errors.Is(err, errAhead) && headErr == nil && head > point.Size {
		point, err = c.cosign(ctx) // another node has had a larger one signed meanwhile
	}
	c.asking.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = CosignState{Tried: c.Log.DB.Now()}
	if err != nil {
		c.state.Error, c.state.Alarm = err.Error(), errors.Is(err, ErrForked)
	}
	return point, err
}

func (c *Cosigner) cosign(ctx context.Context) (Checkpoint, error) {
	point, err := c.Log.Checkpoint(ctx)
	if err != nil {
		return point, err
	}
	if !point.Cosigned.IsZero() {
		return point, nil
	}
	old := int64(0)
	if last, err := LastCosigned(ctx, c.Log.DB); err == nil {
		old = last.Size
	} else if !errors.Is(err, store.ErrNotFound) {
		return point, err
	}
	lines, err := c.ask(ctx, point, old)
	var no Refusal
	if errors.As(err, &no) && no.Status == http.StatusConflict {
		// It knows another size than we remember, for an answer was lost or another node asked; from there it must go on, or never.
		old, err = strconv.ParseInt(strings.TrimSpace(no.Text), 10, 64)
		if err != nil || old < 0 {
			return point, fmt.Errorf("会签方的回答看不懂：%q", no.Text)
		}
		if old > point.Size {
			return point, fmt.Errorf("%w（会签过 %d 条，这里只有 %d 条）", errAhead, old, point.Size)
		}
		lines, err = c.ask(ctx, point, old)
	}
	if errors.As(err, &no) && (no.Status == http.StatusUnprocessableEntity || no.Status == http.StatusConflict) {
		return point, fmt.Errorf("%w（会签过 %d 条）", ErrForked, old)
	}
	if err != nil {
		return point, err
	}
	if point.Note, point.Cosigned, err = c.sign(point.Note, lines); err != nil {
		return point, err
	}
	return point, c.Log.keep(ctx, point)
}

// errAhead says that the witness has signed more than there is here.
var errAhead = fmt.Errorf("%w", ErrForked)

// sign adds to a checkpoint the one line of an answer that the witness signed with; whatever else it answers is nobody's.
func (c *Cosigner) sign(text, answer string) (signed string, at time.Time, err error) {
	own, err := ParseVerifier(c.Log.Key.Verifier)
	if err != nil {
		return text, at, err
	}
	for line := range strings.Lines(answer) {
		signed := addSignature(text, line)
		_, signatures, err := ReadCheckpoint(signed, own, c.Key)
		if err != nil || len(signatures) != 2 {
			continue
		}
		for _, s := range signatures {
			if s.Witness {
				return signed, s.At, nil
			}
		}
	}
	return text, at, errors.New("会签方的回答里没有它的有效签名")
}

// ask sends one request to the witness.
func (c *Cosigner) ask(ctx context.Context, point Checkpoint, old int64) (string, error) {
	proof, err := ProveExtends(ctx, c.Log.DB, point.Size, old)
	if err != nil {
		return "", err
	}
	var body strings.Builder
	fmt.Fprintf(&body, "old %d\n", old)
	for _, h := range proof {
		body.WriteString(h.String() + "\n")
	}
	body.WriteString("\n" + point.Note)
	client := c.Client
	if client == nil {
		client = &http.Client{Timeout: 10 * time.Second}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(c.URL, "/")+"/add-checkpoint", strings.NewReader(body.String()))
	if err != nil {
		return "", fmt.Errorf("会签方的地址不对：%w", err)
	}
	res, err := client.Do(req)
	if err != nil {
		return "", fmt.Errorf("联系不上会签方：%w", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, mostRequest))
	if err != nil {
		return "", fmt.Errorf("会签方没有答完：%w", err)
	}
	if res.StatusCode != http.StatusOK {
		return "", Refusal{res.StatusCode, string(text)}
	}
	return string(text), nil
}
