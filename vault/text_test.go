package vault_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"bihuan/vault"
)

// No text that is kept readable holds a number in full, however it is written.
func TestCheckText(t *testing.T) {
	for text, kind := range map[string]string{
		"990408194610010018": "身份证号", "号码990408194610010018，女": "身份证号", "９９０４０８１９４６１００１００１８": "身份证号", "99040819461001001x": "身份证号", "990408 19461001 0018": "身份证号",
		"990408461001001": "身份证号", "6217000010001234567": "账号", "6217 0000 1000 1234 567": "账号", "卡号6217-0000-1000-1234": "账号", "13800001234": "手机号", "138 0000 1234": "手机号", "138-0000-1234": "手机号",
		"张秀英13800001234、李梅13900001234": "手机号", "13800001234 13900001234": "手机号", "王某 990408194610010018 13800001234": "身份证号",
		"临民函〔2026〕12号": "", "第3表第812行": "", "2024-01-01 2024-12-31": "", "1990-01-01 2024-12-31 50": "", "编号202611260001": "", "2026112600010001": "", "1941-10-01至2023-12": "", "金额 10800.00 元": "", "0312-6012345": "",
		"12345热线转办 20261126 第 7 号": "", "26×25=650": "", "138******34": "", "990*************18": "", "": "",
	} {
		err := vault.CheckText("理由", text)
		if kind == "" && err != nil || kind != "" && (err == nil || !strings.Contains(err.Error(), kind)) {
			t.Errorf("%q: %v, not %s", text, err, kind)
		}
	}
	if err := vault.CheckTexts("理由", "好", "用途", "老人信佛"); err == nil || !strings.HasPrefix(err.Error(), "用途：") {
		t.Errorf("the second: %v", err)
	}
}

// unzip is the parts of a package.
func unzip(t *testing.T, content []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts[f.Name] = string(text)
	}
	return parts
}

func between(s, from, to string) string {
	_, rest, _ := strings.Cut(s, from)
	inside, _, _ := strings.Cut(rest, to)
	return inside
}
