package org

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"bihuan/chinese"
	"bihuan/journal"
	"bihuan/store"
)

// Private is a number or an address at which a person is reached. However it is printed it is masked, so that no page can show it
// by oversight; [Reveal] gives it to whoever says what for, and leaves a record.
type Private struct{ full string }

// NewPrivate keeps a number or an address.
func NewPrivate(full string) Private { return Private{full} }

// String is the masked form: 138****5678, he***@example.cn.
func (p Private) String() string {
	if local, domain, ok := strings.Cut(p.full, "@"); ok {
		r := []rune(local)
		return string(r[:min(2, len(r)/2)]) + "***@" + domain
	}
	r := []rune(p.full)
	switch n := len(r); {
	case n == 0:
		return ""
	case n >= 11:
		return string(r[:3]) + strings.Repeat("*", n-7) + string(r[n-4:])
	default:
		return strings.Repeat("*", max(n-2, 3)) + string(r[max(n-2, 0):])
	}
}

// GoString implements [fmt.GoStringer]: also what is printed for finding a fault is masked.
func (p Private) GoString() string { return p.String() }

// MarshalText implements [encoding.TextMarshaler] with the masked form.
func (p Private) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Full is the thing itself, for those that deliver something to it. It belongs on no page and into no log.
func (p Private) Full() string { return p.full }

// Empty tells whether there is none.
func (p Private) Empty() bool { return p.full == "" }

// Scan implements [sql.Scanner].
func (p *Private) Scan(src any) error {
	switch s := src.(type) {
	case string:
		p.full = s
	case []byte:
		p.full = string(s)
	default:
		return fmt.Errorf("org: a private field is %T", src)
	}
	return nil
}

// The private fields as the screens call them.
const (
	Phone = "手机"
	Mail  = "邮箱"
)

// Reveal gives the full phone number or mail address of somebody, and records who looked at it and what for. Whoever manages people
// or hands over posts in the unit may do so.
func Reveal(ctx context.Context, tx *store.Tx, who Person, staff int64, field, purpose string) (string, error) {
	s, err := StaffByID(ctx, tx, staff)
	if err != nil {
		return "", err
	}
	if err := who.Check(HandOver, s.Unit); err != nil {
		return "", err
	}
	purpose = strings.TrimSpace(purpose)
	if purpose == "" {
		return "", Invalid{"用途", "请写为什么要看，如“通知4月17日下村检查”；查看和用途会记进日志"}
	}
	var p Private
	switch field {
	case Phone:
		p = s.Phone
	case Mail:
		p = s.Mail
	default:
		return "", Invalid{"查看", "请选手机或邮箱"}
	}
	if p.Empty() {
		return "", Invalid{field, "还没有登记"}
	}
	return p.full, journal.Append(ctx, tx, journal.Entry{Staff: who.ID, Who: who.Title(), Verb: "查看", Kind: "staff", Row: staff,
		Changes: []journal.Change{{Field: field, To: purpose}}})
}

var (
	phoneShape = regexp.MustCompile(`^(1[3-9]\d{9}|0\d{2,3}-?\d{7,8})$`)
	mailShape  = regexp.MustCompile(`^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`)
	loginShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,31}$`)
)

// folded is what was typed without blanks and with narrow letters, as numbers and addresses are kept.
func folded(s string) string {
	return strings.Map(func(r rune) rune {
		if chinese.Blank(r) {
			return -1
		}
		return chinese.Fold(r)
	}, s)
}

func checkPhone(s string) error {
	if s != "" && !phoneShape.MatchString(s) {
		return Invalid{Phone, "请写11位手机号，或带区号的座机号，如 0312-6012345"}
	}
	return nil
}

func checkMail(s string) error {
	if s != "" && !mailShape.MatchString(s) {
		return Invalid{Mail, "请写成 hexiaoyu@example.cn 这样"}
	}
	return nil
}

// CheckLogin refuses what cannot be a login name.
func CheckLogin(s string) error {
	if !loginShape.MatchString(s) {
		return Invalid{"登录名", fmt.Sprintf("“%s”不能做登录名，请用2至32个字母、数字，如 hexiaoyu", s)}
	}
	return nil
}
