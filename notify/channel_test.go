package notify

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"bihuan/journal"
	"bihuan/org"
	"bihuan/store"
)

const robotKey = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"

func TestAddressRules(t *testing.T) {
	for _, c := range []struct {
		kind, address string
		want          string // kept, empty when refused
		says          string // part of the refusal
	}{
		{WeCom, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + robotKey, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + robotKey, ""},
		{WeCom, "  https://wecom.gov.example/send?key=1 ", "https://wecom.gov.example/send?key=1", ""},
		{WeCom, "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1", "", "https://"},
		{WeCom, "http://127.0.0.1/x", "", "https://"},
		{WeCom, "https://oapi.dingtalk.com/robot/send?access_token=1", "", "钉钉"},
		{DingTalk, "https://open.feishu.cn/open-apis/bot/v2/hook/1", "", "飞书"},
		{DingTalk, "https://user:pass@oapi.dingtalk.com/robot/send", "", "https://"},
		{Feishu, "file:///etc/passwd", "", "不是完整的网址"},
		{Feishu, "", "", "没有填"},
		{Feishu, "https://", "", "不是完整的网址"},
		{Mail, "https://mail.linlan.example", "", "smtps://"},
		{Mail, "smtps://notice@linlan.example@mail.linlan.example:465", "smtps://notice%40linlan.example@mail.linlan.example:465", ""},
		{Mail, "smtps://mail.linlan.example?from=notice@linlan.example", "smtps://mail.linlan.example?from=notice@linlan.example", ""},
		{Mail, "smtp://mail.linlan.example", "", "从哪个邮箱"},
	} {
		got, _, err := checkAddress(c.kind, c.address, "")
		var bad org.Invalid
		switch {
		case got != c.want:
			t.Errorf("%s %q: %q, want %q (%v)", c.kind, c.address, got, c.want, err)
		case c.want == "" && (!errors.As(err, &bad) || bad.Field != "地址" || !strings.Contains(bad.What, c.says)):
			t.Errorf("%s %q: %v, want %q", c.kind, c.address, err, c.says)
		}
	}
	address, secret, err := checkAddress(Mail, "smtps://notice@a.example:geheim@mail.a.example", "")
	if err != nil || secret != "geheim" || strings.Contains(address, "geheim") {
		t.Errorf("a password in the address: %q %q %v", address, secret, err)
	}
}

// Nobody sees what gives access, not on a screen and not in the journal.
func TestChannelShowsNoSecret(t *testing.T) {
	each(t, func(t *testing.T, d *district) {
		d.channel(d.town, DingTalk, "https://oapi.dingtalk.com/robot/send?access_token="+robotKey, "SECgeheim")
		d.channel(d.town, Mail, "smtps://notice@linlan.example:geheim@mail.linlan.example", "")
		list, err := Channels(ctx, d.db, d.clerk())
		if err != nil || len(list) != 2 {
			t.Fatalf("%v %v", list, err)
		}
		if list[0].Shown != "https://oapi.dingtalk.com/…5aaa" || !list[0].Secret || list[0].Word() != "钉钉群机器人" || list[0].UnitName != "栖禾镇" {
			t.Errorf("%+v", list[0])
		}
		for _, c := range list {
			entries, err := journal.Of(ctx, d.db, "channel", c.ID, 10)
			if err != nil || len(entries) != 1 {
				t.Fatalf("%v %v", entries, err)
			}
			if said := fmt.Sprint(c.Shown, entries); strings.Contains(said, "geheim") || strings.Contains(said, robotKey[:20]) {
				t.Errorf("a secret is told: %s", said)
			}
		}
	})
}

func TestChannelCommands(t *testing.T) {
	each(t, func(t *testing.T, d *district) {
		clerk, address := d.clerk(), d.platform.URL+"/one?key="+robotKey
		add := func(who org.Person, u org.Unit, kind, address string) (int64, error) {
			return AddChannel(ctx, d.db, who, u.ID, kind, address, "")
		}
		var denied org.Denied
		if _, err := add(d.people["孟昭宁"], d.town, WeCom, address); !errors.As(err, &denied) {
			t.Errorf("a leader adds: %v", err)
		}
		if _, err := add(clerk, d.root, WeCom, address); !errors.As(err, &denied) {
			t.Errorf("the town's clerk adds to the district: %v", err)
		}
		id, err := add(clerk, d.town, WeCom, address)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := add(clerk, d.town, WeCom, address); err != nil || again != id {
			t.Errorf("the same form sent twice: %d %v, want %d", again, err, id)
		}
		var bad org.Invalid
		if _, err := add(clerk, d.town, Feishu, d.platform.URL+"/two"); !errors.As(err, &bad) || !strings.Contains(bad.What, "企业微信") {
			t.Errorf("a second robot: %v", err)
		}
		if _, err := add(clerk, d.town, "pigeon", address); !errors.As(err, &bad) || bad.Field != "种类" {
			t.Errorf("an unknown kind: %v", err)
		}
		if list, err := Channels(ctx, d.db, d.people["陆行舟"]); err != nil || len(list) != 0 {
			t.Errorf("the village sees the town's channel: %v %v", list, err)
		}

		if err := ChangeChannel(ctx, d.db, clerk, id, 1, ChannelEdit{Secret: "neu", Active: true}); err != nil {
			t.Fatal(err)
		}
		var stale journal.Stale
		if err := ChangeChannel(ctx, d.db, clerk, id, 1, ChannelEdit{Active: false}); !errors.As(err, &stale) || stale.By != clerk.Title() {
			t.Errorf("an old version: %v", err)
		}
		if err := ChangeChannel(ctx, d.db, clerk, id, 2, ChannelEdit{Active: false}); err != nil {
			t.Fatal(err)
		}
		c, err := store.One(ctx, d.db, scanChannel, channelQuery)
		if err != nil || c.Active || c.secret != "neu" || c.address != address || c.Version != 3 {
			t.Errorf("%+v %v", c, err)
		}
		if err := RemoveChannel(ctx, d.db, d.people["陆行舟"], id, 3); !errors.As(err, &denied) {
			t.Errorf("the village removes: %v", err)
		}
		for range 2 {
			if err := RemoveChannel(ctx, d.db, clerk, id, 3); err != nil {
				t.Error(err)
			}
		}
		if list, err := Channels(ctx, d.db, clerk); err != nil || len(list) != 0 {
			t.Errorf("removed: %v %v", list, err)
		}
	})
}

func TestRoute(t *testing.T) {
	each(t, func(t *testing.T, d *district) {
		served := func(name, want string) {
			t.Helper()
			c, found, err := Route(ctx, d.db, d.people[name].ID)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if found {
				got = c.UnitName + c.Kind
			}
			if got != want {
				t.Errorf("%s is told by %q, want %q", name, got, want)
			}
		}
		served("郝根生", "")
		d.channel(d.root, Feishu, d.platform.URL+"/root", "")
		served("郝根生", "临澜区feishu")
		robot := d.channel(d.town, WeCom, d.platform.URL+"/town", "")
		served("郝根生", "栖禾镇wecom")
		served("邵文澜", "临澜区feishu")
		d.channel(d.root, Mail, "smtp://notice@linlan.example@127.0.0.1", "")
		served("郝根生", "栖禾镇wecom") // has no address
		d.give("郝根生", "hao@linlan.example")
		served("郝根生", "临澜区mail")
		served("孟昭宁", "栖禾镇wecom")
		if err := ChangeChannel(ctx, d.db, d.clerk(), robot, 1, ChannelEdit{}); err != nil {
			t.Fatal(err)
		}
		served("孟昭宁", "临澜区feishu")
	})
}
