package diagnose_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
)

func TestMask(t *testing.T) {
	key := "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\n-----END PRIVATE KEY-----\n"
	mask := diagnose.NewMask([]string{"hunter22", "hunter22-and-more", "abc", key, ""})
	for text, want := range map[string]string{
		"password is hunter22!":                                         "password is ****!",
		"hunter22-and-more":                                             "****",
		"abc stays: it protects nothing":                                "abc stays: it protects nothing",
		"a line MIIEvQIBADANBgkqhkiG9w0BAQEF of a key":                  "a line **** of a key",
		"-----BEGIN PRIVATE KEY-----":                                   "-----BEGIN PRIVATE KEY-----",
		"env: " + base64.StdEncoding.EncodeToString([]byte("hunter22")): "env: ****",
		"postgres://joe:other@db:5432/x":                                "postgres://joe:****@db:5432/x",
		"Authorization: Bearer abcdefgh12":                              "Authorization: Bearer ****",
		`PASSWORD="other1" api_key: other2`:                             `PASSWORD="****" api_key: ****`,
		`secret "gone" not found`:                                       `secret "gone" not found`,
	} {
		if got := mask.Text(text); got != want {
			t.Errorf("%q\n got %q\nwant %q", text, got, want)
		}
	}
}

func TestMaskHidesInAllOfAFinding(t *testing.T) {
	const secret = "s3cret-value"
	f := diagnose.Finding{Detail: secret, Cause: secret, Next: secret, Events: []string{secret}, Logs: []string{secret}, Previous: []string{secret}}
	var shown strings.Builder
	diagnose.NewMask([]string{secret}).Finding(f).Write(&shown, 20)
	if strings.Contains(shown.String(), secret) {
		t.Errorf("it is still there:\n%s", shown.String())
	}
}

func TestNoMaskStillHidesWhatLooksLikeAPassword(t *testing.T) {
	var none *diagnose.Mask
	if got := none.Text("password=hunter22"); got != "password=****" {
		t.Errorf("got %q", got)
	}
}
