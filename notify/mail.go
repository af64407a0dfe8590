package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"net/url"
	"strconv"

	gomail "github.com/wneessen/go-mail"
)

// mail sends a message as a mail of plain text.
func (s *Sender) mail(ctx context.Context, c claim) outcome {
	if c.to == "" {
		return outcome{failed: "收件人没有登记邮箱", final: true}
	}
	u, err := url.Parse(c.channel.address)
	if err != nil {
		return outcome{failed: "邮件服务器的地址不对，请重新填写", final: true}
	}
	m := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingB64), gomail.WithNoDefaultUserAgent())
	if err := m.FromFormat("闭环", mailFrom(u)); err != nil {
		return outcome{failed: "发件邮箱不对：" + mailFrom(u), final: true}
	}
	if err := m.To(c.to); err != nil {
		return outcome{failed: "收件邮箱不对：" + c.to, final: true}
	}
	m.Subject(c.title)
	m.SetDateWithValue(s.DB.Now())
	// The same message keeps its id, so that one sent again after a lost lease is known as the same.
	m.SetMessageIDWithValue(fmt.Sprintf("bihuan-%d@%s", c.id, u.Hostname()))
	m.SetGenHeader("Auto-Submitted", "auto-generated") // no automatic answers, please (RFC 3834)
	m.SetBodyString(gomail.TypeTextPlain, c.body)

	line := &mailLine{secure: u.Scheme == "smtps", tls: s.tls.Clone()}
	line.tls.ServerName = u.Hostname()
	defer line.close()
	client, err := mailClient(u, c.channel.secret, line)
	if err != nil {
		return outcome{failed: "邮件服务器的地址不对：" + oneLine(err.Error()), final: true}
	}
	ctx, cancel := context.WithTimeout(ctx, mailPatience)
	defer cancel()
	err = client.DialAndSendWithContext(ctx, m)
	if m.IsDelivered() {
		err = nil // taken is taken, even when the parting went wrong
	}
	return mailOutcome(err)
}

// mailLine is the connection to a mail server. It is ours and not the client's, which leaves it open when it cannot sign in.
type mailLine struct {
	secure bool // TLS from the start
	tls    *tls.Config
	conn   net.Conn
}

func (l *mailLine) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var err error
	if l.secure {
		l.conn, err = (&tls.Dialer{Config: l.tls}).DialContext(ctx, network, address)
	} else {
		l.conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
	}
	return l.conn, err
}

func (l *mailLine) close() {
	if l.conn != nil {
		_ = l.conn.Close() // closed already after a good parting
	}
}

func mailClient(u *url.URL, password string, line *mailLine) (*gomail.Client, error) {
	port := 25
	if line.secure {
		port = 465
	}
	if u.Port() != "" {
		n, err := strconv.Atoi(u.Port())
		if err != nil {
			return nil, err
		}
		port = n
	}
	// On an open line TLS is begun if the server offers it; on one that is secure from the start it offers it no more.
	options := []gomail.Option{gomail.WithPort(port), gomail.WithTimeout(mailPatience), gomail.WithoutNoop(),
		gomail.WithTLSConfig(line.tls), gomail.WithTLSPolicy(gomail.TLSOpportunistic), gomail.WithDialContextFunc(line.dial)}
	if password != "" {
		// Of the ways the server offers the best is taken; a password goes through no open line.
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	return gomail.NewClient(u.Hostname(), options...)
}

// mailOutcome says what an answer of a mail server means: 4xx is for later, 5xx for good (RFC 5321, 4.2.1).
func mailOutcome(err error) outcome {
	if err == nil {
		return outcome{answer: "250"}
	}
	code := 0
	var refused *gomail.SendError
	var answered *textproto.Error
	switch {
	case errors.As(err, &answered):
		code = answered.Code
	case errors.As(err, &refused):
		code = refused.ErrorCode()
	}
	answer := oneLine(err.Error())
	switch {
	case errors.Is(err, gomail.ErrNoSupportedAuthDiscovered):
		return outcome{failed: "邮件服务器没有安全的登录方式，密码没有发出。请把地址改为 smtps:// 开头，端口多为 465", answer: answer, final: true}
	case code == 535 || code == 534 || code == 530:
		return outcome{failed: fmt.Sprintf("邮件服务器没有让登录（%d），请核对账号和密码", code), answer: answer, final: true}
	case code >= 500:
		return outcome{failed: fmt.Sprintf("邮件服务器拒收（%d），请核对收件邮箱", code), answer: answer, final: true}
	case code >= 400:
		return outcome{failed: fmt.Sprintf("邮件服务器请稍后再试（%d）", code), answer: answer}
	}
	o := unreachable("邮件服务器", mailPatience, err)
	o.answer = answer
	return o
}
