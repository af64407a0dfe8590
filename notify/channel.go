// Package notify tells people what waits for them: by the robot of a group chat (WeCom, DingTalk, Feishu), by e-mail, and by a
// calendar that a person subscribes to.
//
// What is to be told comes from above as [Item] values. [Compose] makes the messages of the day of them: one digest for a person
// and working day, and one more for each red thing that turned up after it. A [Sender] delivers them in working hours. Several
// nodes may run a Sender on one database: a message is sent by whoever holds its lease, so it is sent once; only when a node dies
// between the platform's taking a message and our writing it down is it sent a second time after the lease.
package notify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

// The kinds of channel.
const (
	WeCom    = "wecom"
	DingTalk = "dingtalk"
	Feishu   = "feishu"
	Mail     = "mail"
)

// Kinds are the kinds of channel with their words on the screen, in its order.
var Kinds = []struct{ Kind, Word string }{
	{WeCom, "企业微信群机器人"}, {DingTalk, "钉钉群机器人"}, {Feishu, "飞书群机器人"}, {Mail, "电子邮件"},
}

// KindWord is the word of a kind of channel, empty for one that does not exist.
func KindWord(kind string) string {
	for _, k := range Kinds {
		if k.Kind == kind {
			return k.Word
		}
	}
	return ""
}

// Channel is where a unit is told things: the robot of its group chat, or a mail server. It shows no secret.
type Channel struct {
	ID       int64
	Unit     int64
	UnitName string
	Kind     string
	Shown    string // the address without what gives access: https://qyapi.weixin.qq.com/…c9f2
	Secret   bool   // it has a key that signs, or a password
	Active   bool
	Version  int64

	path            string // of the unit
	address, secret string
}

// Word is the kind of c on the screen.
func (c Channel) Word() string { return KindWord(c.Kind) }

const channelQuery = `select c.id, c.unit, u.name, u.path, c.kind, c.address, c.secret, c.active, c.version
	from channel c join unit u on u.id = c.unit`

func scanChannel(rows *sql.Rows, c *Channel) error {
	err := rows.Scan(&c.ID, &c.Unit, &c.UnitName, &c.path, &c.Kind, &c.address, &c.secret, &c.Active, &c.Version)
	c.Shown, c.Secret = mask(c.address), c.secret != ""
	return err
}

// Channels lists the channels of the units where who may configure, and of those below them, in the order of the tree.
func Channels(ctx context.Context, q store.Querier, who org.Person) ([]Channel, error) {
	if !who.May(org.Configure) {
		return nil, org.Denied{Who: who, Action: org.Configure}
	}
	where, args := who.MayUnder(org.Configure, "u.path")
	return store.All(ctx, q, scanChannel, channelQuery+` where `+where+` order by u.path, c.kind`, args...)
}

// mask is an address without what gives access: the key of a robot stands in its path or query.
func mask(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "…"
	}
	if u.Scheme == "smtp" || u.Scheme == "smtps" {
		return u.Redacted()
	}
	rest := u.RequestURI()
	tail := rest
	if len(rest) > 12 {
		tail = rest[len(rest)-4:]
	} else {
		tail = ""
	}
	return u.Scheme + "://" + u.Host + "/…" + tail
}

// hosts are where the robots of each platform are reached from the internet. Governments run them inside their own networks too,
// so another host is no mistake, but the host of another platform is.
var hosts = map[string]string{"qyapi.weixin.qq.com": WeCom, "oapi.dingtalk.com": DingTalk, "open.feishu.cn": Feishu, "open.larksuite.com": Feishu}

// checkAddress puts an address right, or says with [org.Invalid] what is wrong with it. A password in it is moved out into secret.
func checkAddress(kind, address, secret string) (string, string, error) {
	const field = "地址"
	address = strings.TrimSpace(address)
	u, err := url.Parse(address)
	switch {
	case address == "":
		return "", "", org.Invalid{Field: field, What: "没有填。群机器人的地址在群设置里复制；邮件填 smtps://账号@服务器:465"}
	case err != nil || u.Hostname() == "" || len(address) > 1000:
		return "", "", org.Invalid{Field: field, What: "不是完整的网址，请从头到尾重新复制一遍"}
	}
	if kind == Mail {
		return checkMail(u, secret)
	}
	if u.Scheme != "https" || u.User != nil {
		return "", "", org.Invalid{Field: field, What: "群机器人的地址要以 https:// 开头，请从群设置里重新复制"}
	}
	if at := hosts[u.Hostname()]; at != "" && at != kind {
		return "", "", org.Invalid{Field: field, What: "这是" + KindWord(at) + "的地址，请把种类改为" + KindWord(at)}
	}
	return u.String(), secret, nil
}

func checkMail(u *url.URL, secret string) (string, string, error) {
	if u.Scheme != "smtp" && u.Scheme != "smtps" {
		return "", "", org.Invalid{Field: "地址", What: "邮件服务器的地址要以 smtps:// 开头；只在本单位内网、没有加密的用 smtp://"}
	}
	if password, has := u.User.Password(); has {
		u.User = url.User(u.User.Username())
		if secret == "" {
			secret = password
		}
	}
	if _, err := mail.ParseAddress(mailFrom(u)); err != nil {
		return "", "", org.Invalid{Field: "地址", What: "看不出从哪个邮箱发出。账号请写完整的邮箱地址，或在末尾加 ?from=邮箱地址"}
	}
	return u.String(), secret, nil
}

// mailFrom is the address that mail is sent from.
func mailFrom(u *url.URL) string {
	if from := u.Query().Get("from"); from != "" {
		return from
	}
	return u.User.Username()
}

// AddChannel enters a channel of a unit. secret signs the messages of a robot that asks for it, or is the password of the mail
// server. The same channel entered twice is there once; a second robot or a second mail server of a unit is refused.
func AddChannel(ctx context.Context, db *store.DB, who org.Person, unit int64, kind, address, secret string) (int64, error) {
	if KindWord(kind) == "" {
		return 0, org.Invalid{Field: "种类", What: "请选一种：企业微信、钉钉、飞书群机器人，或电子邮件"}
	}
	address, secret, err := checkAddress(kind, address, strings.TrimSpace(secret))
	if err != nil {
		return 0, err
	}
	var id int64
	err = db.Write(ctx, func(tx *store.Tx) error {
		u, err := org.UnitByID(ctx, tx, unit)
		if err != nil {
			return err
		}
		if err := who.Check(org.Configure, u); err != nil {
			return err
		}
		there, err := store.All(ctx, tx, scanChannel, channelQuery+` where c.unit = $1`, unit)
		if err != nil {
			return err
		}
		for _, c := range there {
			if c.Kind == kind && c.address == address && c.secret == secret {
				id = c.ID
				return nil
			}
			if (c.Kind == Mail) == (kind == Mail) {
				return org.Invalid{Field: "单位", What: fmt.Sprintf("%s已有%s（%s）。请改那一条，或先把它移除", u.Name, c.Word(), c.Shown)}
			}
		}
		id = tx.ID()
		_, err = tx.Exec(ctx, `insert into channel (id, unit, kind, address, secret, active, version) values ($1, $2, $3, $4, $5, 1, 1)`, id, unit, kind, address, secret)
		if store.IsUnique(err) {
			return org.Invalid{Field: "单位", What: u.Name + "刚刚由别人登记了渠道，请刷新后再看"}
		}
		if err != nil {
			return err
		}
		changes := []journal.Change{{Field: "通知渠道", To: KindWord(kind)}, {Field: "单位", To: u.Name}, {Field: "地址", To: mask(address)}}
		if secret != "" {
			changes = append(changes, journal.Change{Field: "密钥", To: "已填"})
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "登记", Kind: "channel", Row: id, Changes: changes})
	})
	return id, err
}

// ChannelEdit is what of a channel may be changed.
type ChannelEdit struct {
	Address  string // empty: as it is, for the screen never shows it whole
	Secret   string // empty: as it is
	NoSecret bool   // takes the secret away
	Active   bool
}

// ChangeChannel changes a channel. What waits for it is tried again at once.
func ChangeChannel(ctx context.Context, db *store.DB, who org.Person, id, version int64, e ChannelEdit) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		c, err := ChannelByID(ctx, tx, who, id)
		if err != nil {
			return err
		}
		next := c
		if next.secret = strings.TrimSpace(e.Secret); next.secret == "" && !e.NoSecret {
			next.secret = c.secret
		}
		if e.Address != "" {
			if next.address, next.secret, err = checkAddress(c.Kind, e.Address, next.secret); err != nil {
				return err
			}
		}
		next.Active = e.Active
		var changes []journal.Change
		if next.address != c.address {
			changes = append(changes, journal.Change{Field: "地址", From: c.Shown, To: mask(next.address)})
		}
		if next.secret != c.secret {
			changes = append(changes, journal.Change{Field: "密钥", From: filled(c.secret), To: filled(next.secret)})
		}
		if next.Active != c.Active {
			changes = append(changes, journal.Change{Field: "使用", From: inUse(c.Active), To: inUse(next.Active)})
		}
		if len(changes) == 0 {
			return nil
		}
		n, err := tx.Exec(ctx, `update channel set address = $1, secret = $2, active = $3, version = version + 1 where id = $4 and version = $5`,
			next.address, next.secret, number(next.Active), id, version)
		if err != nil {
			return err
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "channel", id)
		}
		if err := journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "修改", Kind: "channel", Row: id, Changes: changes}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from channel_turn where channel = $1 and next > $2`, id, tx.Now.Add(pace).UnixMilli()); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `update message set next = $1 where channel = $2 and state = 'waiting' and tries > 0 and next > $1`, tx.Now.UnixMilli(), id)
		return err
	})
}

// RemoveChannel removes a channel. What still waits for it has failed. Removed twice it is removed.
func RemoveChannel(ctx context.Context, db *store.DB, who org.Person, id, version int64) error {
	err := db.Write(ctx, func(tx *store.Tx) error {
		c, err := ChannelByID(ctx, tx, who, id)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `delete from channel where id = $1 and version = $2`, id, version)
		if err != nil {
			return err
		}
		if n == 0 {
			return journal.StaleRow(ctx, tx, "channel", id)
		}
		if _, err := tx.Exec(ctx, `delete from channel_turn where channel = $1`, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update message set state = 'failed', error = $1 where channel = $2 and state = 'waiting'`, errRemoved, id); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "移除", Kind: "channel", Row: id,
			Changes: []journal.Change{{Field: "通知渠道", From: c.UnitName + c.Word()}, {Field: "地址", From: c.Shown}}})
	})
	if errors.Is(err, store.ErrNotFound) {
		removed, err2 := journal.Of(ctx, db, "channel", id, 1)
		if err2 == nil && len(removed) == 1 && removed[0].Verb == "移除" && removed[0].Staff == who.ID {
			return nil
		}
	}
	return err
}

const errRemoved = "通知渠道已移除"

// ChannelByID reads a channel, for whoever may configure it.
func ChannelByID(ctx context.Context, q store.Querier, who org.Person, id int64) (Channel, error) {
	c, err := store.One(ctx, q, scanChannel, channelQuery+` where c.id = $1`, id)
	if err != nil {
		return c, err
	}
	return c, who.Check(org.Configure, org.Unit{ID: c.Unit, Name: c.UnitName, Path: c.path})
}

// TryChannel queues a test message: to the group of a robot, or to who's own mail address. It is sent at once, at any hour, and
// tried once, so that the log shows what the platform says to it. One that is still under way is the one.
func TryChannel(ctx context.Context, db *store.DB, who org.Person, id int64) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		c, err := ChannelByID(ctx, tx, who, id)
		if err != nil {
			return err
		}
		var staff int64
		if c.Kind == Mail {
			staff = who.ID
			to, err := store.One(ctx, tx, store.Value[string], `select mail from staff where id = $1`, who.ID)
			if err != nil {
				return err
			}
			if to == "" {
				return org.Invalid{Field: "试发", What: "测试邮件发到您自己的邮箱，而人员信息里还没有登记您的邮箱。请先登记"}
			}
		}
		day := dayOf(tx.Now)
		under, err := store.All(ctx, tx, store.Value[string], `select state from message where channel = $1 and kind = 'test' and staff = $2 and day = $3`, id, staff, day)
		if err != nil {
			return err
		}
		if slices.Contains(under, stateWaiting) || slices.Contains(under, stateSending) {
			return nil
		}
		d := draft{channel: c, staff: staff, kind: kindTest, part: int64(len(under)), title: mark + "测试消息",
			body: fmt.Sprintf("这是%s于%s从“闭环”发出的测试消息。能看到它，说明%s的这个渠道可用。", who.Title(), tx.Now.Format("1月2日15:04"), c.UnitName)}
		message, err := insertMessage(ctx, tx, day, tx.Now, d)
		if err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "试发", Kind: "message", Row: message,
			Changes: []journal.Change{{Field: "通知渠道", To: c.UnitName + c.Word()}}})
	})
}

// Route tells which channel serves a person: the mail server of the nearest unit at or above the own, for who has a mail address;
// else the robot of the nearest; found is false when there is none and only the workbench tells.
func Route(ctx context.Context, q store.Querier, staff int64) (c Channel, found bool, err error) {
	all, err := readRoutes(ctx, q)
	if err != nil {
		return c, false, err
	}
	p, err := store.One(ctx, q, scanReader, readerQuery+` where s.id = $1`, staff)
	if err != nil {
		return c, false, err
	}
	c, found = all.of(p)
	return c, found, nil
}

// routes are the active channels by unit.
type routes struct{ robots, mails map[int64]Channel }

func readRoutes(ctx context.Context, q store.Querier) (routes, error) {
	channels, err := store.All(ctx, q, scanChannel, channelQuery+` where c.active = 1`)
	return newRoutes(channels), err
}

func newRoutes(channels []Channel) routes {
	r := routes{map[int64]Channel{}, map[int64]Channel{}}
	for _, c := range channels {
		if c.Kind == Mail {
			r.mails[c.Unit] = c
		} else {
			r.robots[c.Unit] = c
		}
	}
	return r
}

// of is the channel that serves p.
func (r routes) of(p reader) (Channel, bool) {
	above := org.Unit{Path: p.path}.Ancestors()
	slices.Reverse(above)
	for _, by := range []map[int64]Channel{r.mails, r.robots} {
		for _, unit := range above {
			if c, ok := by[unit]; ok && (c.Kind != Mail || p.mail != "") {
				return c, true
			}
		}
	}
	return Channel{}, false
}

func filled(secret string) string {
	if secret == "" {
		return "未填"
	}
	return "已填"
}

func inUse(active bool) string {
	if active {
		return "使用"
	}
	return "停用"
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
