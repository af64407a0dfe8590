package notify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// robot posts a message to the robot of a group.
func (s *Sender) robot(ctx context.Context, c claim) outcome {
	what := c.channel.Word()
	r, err := robotRequest(ctx, c.channel, c.title+"\n"+c.body, s.DB.Now())
	if err != nil {
		return outcome{failed: what + "的地址不对，请重新填写", final: true}
	}
	response, err := s.http.Do(r)
	if err != nil {
		var e *url.Error // says the address, and with it the key
		if errors.As(err, &e) {
			err = e.Err
		}
		return unreachable(what, robotPatience, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return unreachable(what, robotPatience, err)
	}
	return readAnswer(c.channel.Kind, response.StatusCode, body)
}

// robotRequest is a message of plain text as each platform wants it, signed when the channel has a secret.
func robotRequest(ctx context.Context, c Channel, text string, now time.Time) (*http.Request, error) {
	u, err := url.Parse(c.address)
	if err != nil {
		return nil, err
	}
	var message map[string]any
	switch c.Kind {
	case WeCom:
		message = map[string]any{"msgtype": "text", "text": map[string]string{"content": text}}
	case DingTalk:
		message = map[string]any{"msgtype": "text", "text": map[string]string{"content": text}}
		if c.secret != "" {
			stamp := strconv.FormatInt(now.UnixMilli(), 10)
			q := u.Query()
			q.Set("timestamp", stamp)
			q.Set("sign", sign(c.secret, stamp+"\n"+c.secret))
			u.RawQuery = q.Encode()
		}
	case Feishu:
		message = map[string]any{"msg_type": "text", "content": map[string]string{"text": text}}
		if c.secret != "" {
			stamp := strconv.FormatInt(now.Unix(), 10)
			message["timestamp"] = stamp
			message["sign"] = sign(stamp+"\n"+c.secret, "") // the text is the key, and nothing is signed: so Feishu wants it
		}
	default:
		return nil, fmt.Errorf("no robot %s", c.Kind)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // which would make text longer than it is
	if err := e.Encode(message); err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), &b)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	return r, nil
}

// sign is HMAC-SHA256 in base64.
func sign(key, text string) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// Codes of the platforms that say more than "try again".
var (
	tooMuch = map[string][]int{
		WeCom:    {45009, 45033},                  // api freq out of limit
		DingTalk: {410100, 130101, 130104, 90030}, // sent too fast
		Feishu:   {11232, 9499},                   // frequency limited, too many request
	}
	// wrong are codes after which somebody has to put something right, with what that is.
	wrong = map[string]map[int]string{
		WeCom: {
			93000: "机器人地址不对或机器人已被移出群，请重新复制地址",
			93004: "机器人已被停用，请在群里重新启用",
			93008: "本机不在机器人允许的 IP 之内，请在机器人设置里加上",
			40058: "消息格式不被接受，请告诉管理员",
		},
		DingTalk: {
			300005: "机器人地址不对，请重新复制地址", 300001: "机器人地址不对，请重新复制地址", 400101: "机器人地址不对，请重新复制地址",
			310000: "安全设置没有通过：核对加签密钥；用关键词的请把“闭环”加为关键词；用 IP 段的请加上本机",
			400013: "群已解散，请换一个机器人", 400102: "机器人已停用，请在群里重新启用",
		},
		Feishu: {
			19001: "机器人地址不对或机器人已被移出群，请重新复制地址",
			19021: "签名没有通过：核对签名密钥和本机时间",
			19022: "本机不在机器人允许的 IP 之内，请在机器人设置里加上",
			19024: "关键词没有通过：请把“闭环”加为机器人的关键词",
		},
	}
)

// readAnswer says what an answer of a platform means. All three answer 200 to what they refuse and say so in JSON, each in its way.
func readAnswer(kind string, status int, body []byte) outcome {
	what := KindWord(kind)
	var a struct {
		ErrCode       *int   `json:"errcode"`
		ErrMsg        string `json:"errmsg"`
		Code          *int   `json:"code"`
		Msg           string `json:"msg"`
		StatusCode    *int   `json:"StatusCode"`
		StatusMessage string `json:"StatusMessage"`
	}
	bad := json.Unmarshal(body, &a)
	said := oneLine(cmp.Or(a.ErrMsg, a.Msg, a.StatusMessage))
	code := cmp.Or(a.ErrCode, a.Code, a.StatusCode)
	answer := fmt.Sprintf("HTTP %d", status)
	if bad == nil && code != nil {
		answer = fmt.Sprintf("%d %s", *code, said)
	}
	switch {
	case status == http.StatusTooManyRequests:
		return outcome{failed: what + "说发得太多，停十分钟再发", answer: answer, pause: deaf}
	case status >= 500 || status == http.StatusRequestTimeout:
		return outcome{failed: fmt.Sprintf("%s暂时出错（HTTP %d）", what, status), answer: answer, pause: unreached}
	case status >= 300 && status < 400:
		return outcome{failed: what + "的地址转到了别处，没有跟去。请重新复制地址", answer: answer, final: true}
	case bad != nil || code == nil:
		return outcome{failed: fmt.Sprintf("%s的回答看不懂（HTTP %d），地址可能不是机器人的", what, status), answer: answer, final: status >= 400}
	case *code == 0:
		if status >= 400 {
			return outcome{failed: fmt.Sprintf("%s没有收下（HTTP %d）", what, status), answer: answer}
		}
		return outcome{answer: answer}
	case slices.Contains(tooMuch[kind], *code):
		return outcome{failed: what + "说发得太多，停十分钟再发", answer: answer, pause: deaf}
	}
	if advice := wrong[kind][*code]; advice != "" {
		return outcome{failed: what + "没有收下：" + advice, answer: answer, final: true}
	}
	return outcome{failed: fmt.Sprintf("%s没有收下（%d %s）", what, *code, said), answer: answer}
}
