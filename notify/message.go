package notify

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"bihuan/calendar"
	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// Message is a message and what became of it.
type Message struct {
	ID       int64
	Channel  int64  // may have been removed since
	Via      string // kind of the channel
	Unit     int64  // whose channel it goes through
	UnitName string
	Staff    int64  // who is told; 0: the group of the unit
	Name     string // of the person
	Day      string
	Kind     string // digest red test
	Title    string
	Body     string
	State    string // waiting sending sent failed
	Tries    int
	Next     time.Time // when a waiting one is tried
	Error    string    // why the last try failed
	Answer   string    // what the platform said to it
	Made     time.Time
	Sent     time.Time // zero until then
}

// To is who is told.
func (m Message) To() string {
	if m.Staff == 0 {
		return m.UnitName + "群"
	}
	return m.Name
}

// Word is the kind of channel it goes through.
func (m Message) Word() string { return KindWord(m.Via) }

// Kinds of message and their words.
var kindWords = map[string]string{kindDigest: "每日摘要", kindRed: "红色提醒", kindTest: "测试"}

// KindWord is the kind of m on the screen.
func (m Message) KindWord() string { return kindWords[m.Kind] }

// State is a state of messages with its word.
type State struct{ State, Word string }

// States are the states of messages.
var States = []State{{stateFailed, "没有发出"}, {stateWaiting, "等待发送"}, {stateSending, "正在发送"}, {stateSent, "已发出"}}

// StateWord is the state of m on the screen.
func (m Message) StateWord() string {
	for _, s := range States {
		if s.State == m.State {
			return s.Word
		}
	}
	return m.State
}

// Retriable tells whether [Retry] would send m again on day.
func (m Message) Retriable(day string) bool {
	return m.State == stateFailed && m.Day == day && m.Kind != kindTest
}

// MessageFilter narrows a list of messages.
type MessageFilter struct {
	State  string
	Day    string
	Unit   int64 // whose channels: of this unit and those below it; 0: all
	Before int64 // ids below this one: how lists go on
}

const messageQuery = `select m.id, m.channel, m.via, m.unit, u.name, m.staff, coalesce(s.name, ''), m.day, m.kind, m.title, m.body, m.state,
	m.tries, m.next, m.error, m.answer, m.made, m.sent
	from message m join unit u on u.id = m.unit left join staff s on s.id = m.staff`

func scanMessage(rows *sql.Rows, m *Message) error {
	var next, made, sent int64
	err := rows.Scan(&m.ID, &m.Channel, &m.Via, &m.Unit, &m.UnitName, &m.Staff, &m.Name, &m.Day, &m.Kind, &m.Title, &m.Body, &m.State,
		&m.Tries, &next, &m.Error, &m.Answer, &made, &sent)
	m.Next, m.Made = time.UnixMilli(next), time.UnixMilli(made)
	if sent != 0 {
		m.Sent = time.UnixMilli(sent)
	}
	return err
}

// Messages lists what was told, or could not be, through the channels of the units where who may configure and of those below them, newest first, at most
// limit.
func Messages(ctx context.Context, q store.Querier, who org.Person, f MessageFilter, limit int) ([]Message, error) {
	where, args, err := f.where(who)
	if err != nil {
		return nil, err
	}
	if f.Before != 0 {
		args = append(args, f.Before)
		where += fmt.Sprintf(" and m.id < $%d", len(args))
	}
	args = append(args, limit)
	return store.All(ctx, q, scanMessage, messageQuery+where+fmt.Sprintf(" order by m.id desc limit $%d", len(args)), args...)
}

// MessageCounts counts messages by state, under a filter whose own state does not matter.
func MessageCounts(ctx context.Context, q store.Querier, who org.Person, f MessageFilter) (map[string]int, error) {
	f.State = ""
	where, args, err := f.where(who)
	if err != nil {
		return nil, err
	}
	type count struct {
		state string
		n     int
	}
	rows, err := store.All(ctx, q, func(rows *sql.Rows, c *count) error { return rows.Scan(&c.state, &c.n) },
		`select m.state, count(*) from message m join unit u on u.id = m.unit`+where+` group by m.state`, args...)
	counts := map[string]int{}
	for _, r := range rows {
		counts[r.state] = r.n
	}
	return counts, err
}

func (f MessageFilter) where(who org.Person) (string, []any, error) {
	if !who.May(org.Configure) {
		return "", nil, org.Denied{Who: who, Action: org.Configure}
	}
	where, args := who.MayUnder(org.Configure, "u.path")
	conditions := []string{where}
	add := func(condition string, value any) {
		args = append(args, value)
		conditions = append(conditions, strings.ReplaceAll(condition, "?", fmt.Sprintf("$%d", len(args))))
	}
	if f.State != "" {
		add("m.state = ?", f.State)
	}
	if f.Day != "" {
		add("m.day = ?", f.Day)
	}
	if f.Unit != 0 {
		add("u.path like (select path from unit where id = ?) || '%'", f.Unit)
	}
	return " where " + strings.Join(conditions, " and "), args, nil
}

// Retry has a failed message of today sent again; one that is under way already, or was sent meanwhile, stays as it is. What was
// for another day is not sent: what of it still stands is in today's.
func Retry(ctx context.Context, db *store.DB, cal calendar.Calendar, who org.Person, id int64) error {
	const field = "重发"
	return db.Write(ctx, func(tx *store.Tx) error {
		m, err := store.One(ctx, tx, scanMessage, messageQuery+` where m.id = $1`, id)
		if err != nil {
			return err
		}
		u, err := org.UnitByID(ctx, tx, m.Unit)
		if err != nil {
			return err
		}
		if err := who.Check(org.Configure, u); err != nil {
			return err
		}
		if m.State != stateFailed {
			return nil
		}
		from, to, works := hours(cal, tx.Now)
		switch {
		case m.Kind == kindTest:
			return org.Invalid{Field: field, What: "测试消息不重发，请到通知渠道再试发一条"}
		case m.Day != dayOf(tx.Now):
			return org.Invalid{Field: field, What: fmt.Sprintf("这是%s的消息，过了当天不再补发；还没办完的事会写进当天的消息", dayWords(m.Day))}
		case !works || !tx.Now.Before(to):
			return org.Invalid{Field: field, What: "现在是下班时间，不打扰人。消息只在工作日 8:30 到 17:30 之间发出"}
		}
		there, err := store.All(ctx, tx, scanChannel, channelQuery+` where c.id = $1 and c.active = 1`, m.Channel)
		if err != nil {
			return err
		}
		if len(there) == 0 {
			return org.Invalid{Field: field, What: "原来的通知渠道已移除或停用，请先在通知渠道里登记或启用"}
		}
		next := tx.Now
		if next.Before(from) {
			next = from
		}
		n, err := tx.Exec(ctx, `update message set state = 'waiting', tries = 0, next = $1 where id = $2 and state = 'failed'`, next.UnixMilli(), id)
		if err != nil || n == 0 {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "重发", Kind: "message", Row: id,
			Changes: []journal.Change{{Field: "消息", To: m.Title}, {Field: "收件", To: m.To()}, {Field: "上次失败", To: m.Error}}})
	})
}
