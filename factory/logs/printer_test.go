package logs

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/helm-chart-factory/factory/factory/console"
)

func TestPrinter(t *testing.T) {
	web := Origin{Service: "web", Pod: "web-5d-x2x4b", Container: "web", Alone: true}
	proxy := Origin{Service: "api", Pod: "api-0", Container: "proxy"}
	at := time.Date(2026, 11, 25, 12, 0, 0, 5000, time.UTC)
	for name, test := range map[string]struct {
		form  Form
		color bool
		want  string
	}{
		"plain":            {want: "web/x2x4b   | <up>\napi/0 proxy | down\n"},
		"with times":       {form: Form{Timestamps: true}, want: "web/x2x4b   | 2026-11-25T12:00:00.000005000Z <up>\napi/0 proxy | 2026-11-25T12:00:00.000005000Z down\n"},
		"on a terminal":    {color: true, want: "\033[32mweb/x2x4b   |\033[0m <up>\n\033[93mapi/0 proxy |\033[0m down\n"},
		"for a program":    {form: Form{JSON: true}, want: `{"service":"web","pod":"web-5d-x2x4b","container":"web","time":"2026-11-25T12:00:00.000005Z","text":"<up>"}` + "\n" + `{"service":"api","pod":"api-0","container":"proxy","time":"2026-11-25T12:00:00.000005Z","text":"down"}` + "\n"},
		"each at its time": {form: Form{Live: true}, want: "web/x2x4b   | <up>\napi/0 proxy | down\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, said bytes.Buffer
			p := NewPrinter(&console.Streams{Out: &out, Err: &said, ColorOut: test.color}, test.form)
			p.Begin([]Origin{web, proxy})
			p.Line(Line{Origin: web, Time: at, Text: "<up>"})
			if test.form.Live && out.Len() == 0 {
				t.Error("the first line waits for the second")
			}
			p.Line(Line{Origin: proxy, Time: at, Text: "down"})
			p.Say(web.whole(), "is %s", "gone")
			p.Flush()
			if out.String() != test.want {
				t.Errorf("got\n%q\nwant\n%q", &out, test.want)
			}
			if said.String() != "· web/x2x4b is gone\n" {
				t.Errorf("said %q", &said)
			}
		})
	}
}

func TestPodsHaveDifferentColorsWhileThereAreSome(t *testing.T) {
	p := NewPrinter(&console.Streams{Out: &bytes.Buffer{}}, Form{})
	seen := map[console.Color]bool{}
	for i := range colors {
		color := p.color(fmt.Sprint("web-", i))
		if seen[color] || !strings.HasPrefix(string(color), "\033[") {
			t.Errorf("pod %d: %q is another's", i, color)
		}
		seen[color] = true
	}
	if last, again := p.color("web-last"), p.color("web-last"); last == "" || last != again {
		t.Errorf("one more pod: %q and %q", last, again)
	}
}
