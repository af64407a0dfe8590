package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"bihuan/duty"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// HandedOver is one hand-over of open work (整改责任交接) as the record holds it: what stood open then, whatever became of it since.
type HandedOver struct {
	Seq      int64 // of its entry in the journal, which names it
	At       time.Time
	Who      string // who entered it, with post
	From, To string
	Taker    int64  // staff id of To
	Post     string // empty: everything of somebody who left
	Basis    string
	N        int // duties
	Items    []HandedDuty
}

// HandedDuty is one duty of a hand-over.
type HandedDuty struct {
	Duty    int64
	Finding int64
	Serial  string // number of the finding, as printed
	Title   string // of the finding
	Task    string
	Unit    string
	Stands  string // 现状
	Open    string // 未了事项
}

const handOverQuery = `select j.seq, j.entered, j.who, j.row_id, j.data from journal j join staff s on s.id = j.row_id join unit u on u.id = s.unit
	where j.kind = 'staff' and j.verb = '交接' and `

func scanHandOver(rows *sql.Rows, h *HandedOver) error {
	var at int64
	var data string
	if err := rows.Scan(&h.Seq, &at, &h.Who, &h.Taker, &data); err != nil {
		return err
	}
	h.At = time.UnixMilli(at)
	said, err := changesOf(data)
	if err != nil {
		return err
	}
	h.From, h.To, h.Post, h.Basis = said["移交人"], said["接收人"], said["岗位"], said["依据"]
	if _, err := fmt.Sscanf(said["任务"], "%d项", &h.N); err != nil {
		return fmt.Errorf("journal %d: %w", h.Seq, err)
	}
	return nil
}

// changesOf reads what an entry of the journal says, field by field.
func changesOf(data string) (map[string]string, error) {
	var changes []journal.Change
	if err := json.Unmarshal([]byte(data), &changes); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	said := map[string]string{}
	for _, c := range changes {
		said[c.Field] = c.To
	}
	return said, nil
}

// HandOvers lists the hand-overs to people of the units that who sees, newest first, without their duties.
func HandOvers(ctx context.Context, q store.Querier, who org.Person, limit int) ([]HandedOver, error) {
	seen, args := who.Under("u.path")
	return store.All(ctx, q, scanHandOver, handOverQuery+seen+` order by j.seq desc limit `+fmt.Sprint(limit), args...)
}

// HandOverOf reads one hand-over to somebody of the units that who sees, with its duties, or [store.ErrNotFound]. They are the entries
// that the same transaction wrote before its own: the journal has no gaps and lets nobody between.
func HandOverOf(ctx context.Context, q store.Querier, who org.Person, seq int64) (HandedOver, error) {
	seen, args := who.Under("u.path", seq)
	h, err := store.One(ctx, q, scanHandOver, handOverQuery+`j.seq = $1 and `+seen, args...)
	if err != nil {
		return h, err
	}
	type entry struct {
		duty int64
		data string
	}
	entries, err := store.All(ctx, q, func(rows *sql.Rows, e *entry) error { return rows.Scan(&e.duty, &e.data) },
		`select row_id, data from journal where seq >= $1 and seq < $2 and kind = 'duty' and verb = '交接' order by seq`, seq-int64(h.N), seq)
	if err != nil {
		return h, err
	}
	for _, e := range entries {
		said, err := changesOf(e.data)
		if err != nil {
			return h, err
		}
		item, err := handedDuty(ctx, q, e.duty)
		if err != nil {
			return h, err
		}
		item.Task, item.Stands, item.Open = said["任务"], said["现状"], said["未了事项"]
		h.Items = append(h.Items, item)
	}
	return h, nil
}

func handedDuty(ctx context.Context, q store.Querier, id int64) (HandedDuty, error) {
	d, err := duty.ByID(ctx, q, id)
	if err != nil {
		return HandedDuty{}, err
	}
	f, err := anyFinding(ctx, q, d.Finding)
	return HandedDuty{Duty: id, Finding: f.ID, Serial: f.Serial(), Title: f.Title, Task: d.Title, Unit: d.Unit.Name}, err
}

// ToHandOver lists what somebody would hand over today: the duties of one post or, with post 0, all of them.
func ToHandOver(ctx context.Context, q store.Querier, staff, post int64, today string) ([]HandedDuty, error) {
	duties, err := duty.OfHolder(ctx, q, staff, post)
	if err != nil {
		return nil, err
	}
	var list []HandedDuty
	for _, d := range duties {
		item, err := handedDuty(ctx, q, d.ID)
		if err != nil {
			return nil, err
		}
		left, err := d.Left(ctx, q, today)
		if err != nil {
			return nil, err
		}
		item.Stands, item.Open = left.Stands, left.Open
		list = append(list, item)
	}
	return list, nil
}
