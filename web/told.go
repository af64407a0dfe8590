package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"bihuan/journal"
	"bihuan/notify"
	"bihuan/org"
	"bihuan/store"
)

// toldPage is the log of messages: what was told to whom, and what could not be.
type toldPage struct {
	frame
	Counts   []countLink
	State    string
	Day      string
	Filtered bool
	Channels int // how many there are; without any nobody is told
	Messages []messageRow
	Older    string // address of what comes after the page
}

// messageRow is one message.
type messageRow struct {
	notify.Message
	Light     light
	MadeAt    string
	Retriable bool
}

// Said is what the platform answered, where that says more than the result does.
func (m messageRow) Said() string {
	if m.State == "sent" || strings.Contains(m.Error, m.Answer) {
		return ""
	}
	return m.Answer
}

// toldLength is how many messages a page has.
const toldLength = 50

// told answers GET /told.
func (s *Server) told(w http.ResponseWriter, r *http.Request, v *visit) error {
	ctx, q := r.Context(), r.URL.Query()
	f := notify.MessageFilter{State: q.Get("state"), Day: q.Get("day")}
	f.Before, _ = strconv.ParseInt(q.Get("before"), 10, 64) // what is no number asks for nothing
	if _, err := time.Parse(time.DateOnly, f.Day); err != nil {
		f.Day = ""
	}
	list, err := notify.Messages(ctx, s.db, v.Who, f, toldLength+1)
	if err != nil {
		return err
	}
	counts, err := notify.MessageCounts(ctx, s.db, v.Who, f)
	if err != nil {
		return err
	}
	channels, err := notify.Channels(ctx, s.db, v.Who)
	if err != nil {
		return err
	}
	p := toldPage{frame: s.frame(v, "told", "消息记录"), State: f.State, Day: f.Day, Filtered: f.State != "" || f.Day != "", Channels: len(channels)}
	p.Counts = toldCounts(f, counts)
	if len(list) > toldLength {
		list = list[:toldLength]
		p.Older = toldAddress(f.State, f.Day, list[toldLength-1].ID)
	}
	for _, m := range list {
		p.Messages = append(p.Messages, messageRow{m, messageLight(m, v.Today), clock(m.Made, v.Today), m.Retriable(v.Today)})
	}
	return s.render(w, http.StatusOK, "told", p)
}

func toldAddress(state, day string, before int64) string {
	q := url.Values{}
	if state != "" {
		q.Set("state", state)
	}
	if day != "" {
		q.Set("day", day)
	}
	if before != 0 {
		q.Set("before", strconv.FormatInt(before, 10))
	}
	if len(q) == 0 {
		return "/told"
	}
	return "/told?" + q.Encode()
}

// messageKinds are the shapes of the states of messages.
var messageKinds = map[string]string{"waiting": "wait", "sending": "run", "sent": "done", "failed": "late"}

func toldCounts(f notify.MessageFilter, counts map[string]int) []countLink {
	all := countLink{Address: toldAddress("", f.Day, 0), Word: "全部", Current: f.State == ""}
	list := []countLink{all}
	for _, x := range notify.States {
		list[0].N += counts[x.State]
		list = append(list, countLink{Address: toldAddress(x.State, f.Day, 0), Kind: messageKinds[x.State], Word: x.Word, N: counts[x.State], Current: f.State == x.State})
	}
	return list
}

// messageLight says what became of a message, and why.
func messageLight(m notify.Message, today string) light {
	l := light{Kind: messageKinds[m.State], Word: m.StateWord(), Why: m.Error, Title: m.Answer}
	switch {
	case !m.Sent.IsZero():
		l.Why = clock(m.Sent, today)
	case m.State == "waiting" && m.Tries > 0:
		l.Why = fmt.Sprintf("试了 %d 次，%s再试。%s", m.Tries, clock(m.Next, today), m.Error)
	case m.State == "waiting":
		l.Why = clock(m.Next, today) + "起发"
	}
	return l
}

// toldRetry answers POST /told/message/{id}/retry.
func (s *Server) toldRetry(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := notify.Retry(r.Context(), s.db, v.Cal, v.Who, id); err != nil {
		return err
	}
	return s.done(w, r, "/told", "已排入重发，结果稍后在这里看。")
}

// channelsPage lists the channels, with the form for one more.
type channelsPage struct {
	frame
	Channels []notify.Channel
	Units    []choice
	Kinds    []choice
	Unit     string // what stands in the form
	Kind     string
	Address  string
	Problem  string
	Field    string // of the form, that the problem is with
}

// channelsShow answers GET /told/channel.
func (s *Server) channelsShow(w http.ResponseWriter, r *http.Request, v *visit) error {
	unit := ""
	if over := v.Who.Over(org.Configure); len(over) > 0 {
		unit = strconv.FormatInt(over[0].ID, 10)
	}
	return s.renderChannels(r.Context(), w, v, http.StatusOK, channelsPage{Unit: unit, Kind: notify.WeCom})
}

func (s *Server) renderChannels(ctx context.Context, w http.ResponseWriter, v *visit, status int, p channelsPage) error {
	var err error
	if p.Channels, err = notify.Channels(ctx, s.db, v.Who); err != nil {
		return err
	}
	units, err := org.Seen(ctx, s.db, v.Who)
	if err != nil {
		return err
	}
	for _, u := range units {
		if v.Who.Check(org.Configure, u) != nil {
			continue
		}
		p.Units = append(p.Units, choice{strconv.FormatInt(u.ID, 10), u.Name})
	}
	for _, k := range notify.Kinds {
		p.Kinds = append(p.Kinds, choice{k.Kind, k.Word})
	}
	p.frame = s.frame(v, "told", "通知渠道")
	return s.render(w, status, "channels", p)
}

// channelAdd answers POST /told/channel.
func (s *Server) channelAdd(w http.ResponseWriter, r *http.Request, v *visit) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	unit, err := strconv.ParseInt(form.Get("unit"), 10, 64)
	if err != nil {
		return errBadForm
	}
	_, err = notify.AddChannel(r.Context(), s.db, v.Who, unit, form.Get("kind"), form.Get("address"), form.Get("secret"))
	var bad org.Invalid
	if errors.As(err, &bad) {
		return s.renderChannels(r.Context(), w, v, http.StatusUnprocessableEntity, channelsPage{
			Unit: form.Get("unit"), Kind: form.Get("kind"), Address: form.Get("address"), Field: bad.Field, Problem: bad.What})
	}
	if err != nil {
		return err
	}
	return s.done(w, r, "/told/channel", "已登记。请按“试发”，看群里或邮箱里是否收到。")
}

// channelPage is the form of one channel.
type channelPage struct {
	frame
	Channel notify.Channel
	Address string
	Problem string
	Stale   string // who changed it meanwhile
}

// channelForm answers GET /told/channel/{id}.
func (s *Server) channelForm(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.renderChannel(w, r, v, http.StatusOK, channelPage{})
}

func (s *Server) renderChannel(w http.ResponseWriter, r *http.Request, v *visit, status int, p channelPage) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if p.Channel, err = notify.ChannelByID(r.Context(), s.db, v.Who, id); err != nil {
		return err
	}
	p.frame = s.frame(v, "told", "通知渠道")
	return s.render(w, status, "channel", p)
}

// channelSave answers POST /told/channel/{id}.
func (s *Server) channelSave(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, version, form, err := channelRequest(r)
	if err != nil {
		return err
	}
	err = notify.ChangeChannel(r.Context(), s.db, v.Who, id, version, notify.ChannelEdit{
		Address: form.Get("address"), Secret: form.Get("secret"), NoSecret: form.Get("nosecret") == "1", Active: form.Get("active") == "1"})
	var bad org.Invalid
	var stale journal.Stale
	switch {
	case errors.As(err, &bad):
		return s.renderChannel(w, r, v, http.StatusUnprocessableEntity, channelPage{Address: form.Get("address"), Problem: bad.What})
	case errors.As(err, &stale):
		return s.renderChannel(w, r, v, http.StatusConflict, channelPage{Address: form.Get("address"), Stale: stale.Error()})
	case err != nil:
		return err
	}
	return s.done(w, r, "/told/channel", "已保存。")
}

// channelRemove answers POST /told/channel/{id}/remove.
func (s *Server) channelRemove(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, version, _, err := channelRequest(r)
	if err != nil {
		return err
	}
	if err := notify.RemoveChannel(r.Context(), s.db, v.Who, id, version); err != nil {
		return err
	}
	return s.done(w, r, "/told/channel", "已移除。")
}

// channelTest answers POST /told/channel/{id}/test.
func (s *Server) channelTest(w http.ResponseWriter, r *http.Request, v *visit) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := notify.TryChannel(r.Context(), s.db, v.Who, id); err != nil {
		return err
	}
	return s.done(w, r, "/told", "测试消息已排入发送，半分钟后刷新本页看结果。")
}

func channelRequest(r *http.Request) (id, version int64, form url.Values, err error) {
	if id, err = pathID(r); err != nil {
		return
	}
	if form, err = readForm(r); err != nil {
		return
	}
	version, err = formVersion(form)
	return
}

// mePage is about the reader: how one is told, and the own calendar.
type mePage struct {
	frame
	Channel notify.Channel
	Served  bool   // by Channel
	HasFeed bool   // a calendar is subscribed to
	Address string // of the calendar, shown once, right after it was made
}

// me answers GET /me.
func (s *Server) me(w http.ResponseWriter, r *http.Request, v *visit) error {
	return s.renderMe(r.Context(), w, v, "")
}

func (s *Server) renderMe(ctx context.Context, w http.ResponseWriter, v *visit, address string) error {
	p := mePage{frame: s.frame(v, "me", "我的设置"), Address: address}
	var err error
	if p.Channel, p.Served, err = notify.Route(ctx, s.db, v.Who.ID); err != nil {
		return err
	}
	if p.HasFeed, err = notify.HasFeed(ctx, s.db, v.Who.ID); err != nil {
		return err
	}
	return s.render(w, http.StatusOK, "me", p)
}

// feedNew answers POST /me/feed. It answers with the page itself: the address is shown this once and belongs in no cookie, as a
// message for the next page would be.
func (s *Server) feedNew(w http.ResponseWriter, r *http.Request, v *visit) error {
	secret, err := notify.NewFeed(r.Context(), s.db, v.Who)
	if err != nil {
		return err
	}
	site := url.URL{Scheme: "http", Host: r.Host, Path: "/feed/" + secret}
	if s.sessions.Cookie.Secure || r.TLS != nil {
		site.Scheme = "https"
	}
	return s.renderMe(r.Context(), w, v, site.String())
}

// feedDrop answers POST /me/feed/drop.
func (s *Server) feedDrop(w http.ResponseWriter, r *http.Request, v *visit) error {
	if err := notify.DropFeed(r.Context(), s.db, v.Who); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return s.done(w, r, "/me", "日历订阅已停，原来的地址不再有效。")
}
