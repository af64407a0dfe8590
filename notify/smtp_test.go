package notify

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"mime"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
)

// postOffice is a small mail server that speaks SMTP (RFC 5321), with or without TLS from the start.
type postOffice struct {
	address string

	mu     sync.Mutex
	refuse map[string]string // command → what is said instead of yes
	letter []letter
	login  string // what was said to AUTH
}

// letter is a mail that arrived.
type letter struct {
	from, to string
	header   mail.Header
	subject  string
	body     string
}

func newPostOffice(t testing.TB, secure *tls.Config) *postOffice {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if secure != nil {
		l = tls.NewListener(l, secure)
	}
	p := &postOffice{address: l.Addr().String(), refuse: map[string]string{}}
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wait.Go(func() {
				defer c.Close()
				p.serve(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		wait.Wait()
	})
	return p
}

func (p *postOffice) serve(c net.Conn) {
	r := bufio.NewReader(c)
	var x letter
	say := func(s string) { fmt.Fprintf(c, "%s\r\n", s) }
	say("220 mail.linlan.example ready")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		command, rest, _ := strings.Cut(line, " ")
		p.mu.Lock()
		no := p.refuse[strings.ToUpper(command)]
		p.mu.Unlock()
		if no != "" {
			say(no)
			continue
		}
		switch strings.ToUpper(command) {
		case "EHLO":
			say("250-mail.linlan.example")
			say("250 AUTH PLAIN")
		case "AUTH":
			p.mu.Lock()
			p.login = rest
			p.mu.Unlock()
			say("235 welcome")
		case "MAIL":
			x = letter{from: rest}
			say("250 ok")
		case "RCPT":
			x.to = rest
			say("250 ok")
		case "DATA":
			say("354 go on")
			var b strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				b.WriteString(strings.TrimPrefix(line, "."))
			}
			p.keep(x, b.String())
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (p *postOffice) keep(x letter, raw string) {
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err == nil {
		x.header = m.Header
		x.subject, _ = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		body, _ := io.ReadAll(decoder(m))
		x.body = strings.ReplaceAll(string(body), "\r\n", "\n")
	}
	p.mu.Lock()
	p.letter = append(p.letter, x)
	p.mu.Unlock()
}

func (p *postOffice) letters() []letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]letter(nil), p.letter...)
}

// says makes the office answer a command so; an empty answer is yes again.
func (p *postOffice) says(command, answer string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse[command] = answer
}
