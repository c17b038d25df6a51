package cmd

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/dev"
)

func TestARoundIsOneLine(t *testing.T) {
	const page, spec = "services/web/index.html", "services/web/service.yaml"
	for name, test := range map[string]struct {
		round dev.Round
		text  string
		json  string
	}{
		"first": {
			dev.Round{Done: []string{"synced the charts", "built web", "deployed revision 1"}, Took: 12 * time.Second},
			"✓ synced the charts, built web, deployed revision 1 (12s)\n",
			`{"changed":[],"done":["synced the charts","built web","deployed revision 1"],"seconds":12}`,
		},
		"a save": {
			dev.Round{Changed: []string{page}, Done: []string{"built web", "deployed revision 2"}, Took: 3200 * time.Millisecond},
			"✓ services/web/index.html: built web, deployed revision 2 (3.2s)\n",
			`{"changed":["services/web/index.html"],"done":["built web","deployed revision 2"],"seconds":3.2}`,
		},
		"many files": {
			dev.Round{Changed: []string{"a", "b", "c", "d", "e"}, Done: []string{"built web"}},
			"✓ a, b, c and 2 more: built web (0.0s)\n",
			`{"changed":["a","b","c","d","e"],"done":["built web"],"seconds":0}`,
		},
		"back to what was": {
			dev.Round{Changed: []string{spec}},
			"✓ services/web/service.yaml: nothing to do (0.0s)\n",
			`{"changed":["services/web/service.yaml"],"done":[],"seconds":0}`,
		},
		"failed": {
			dev.Round{Changed: []string{spec, page}, Done: []string{"synced the charts"}, Err: errors.New("image web: step 3")},
			"✗ services/web/service.yaml, services/web/index.html: synced the charts, failed (0.0s)\nerror: image web: step 3\n· waiting for the next save\n",
			`{"changed":["services/web/service.yaml","services/web/index.html"],"done":["synced the charts"],"seconds":0,"error":"image web: step 3"}`,
		},
		"given up": {
			dev.Round{Changed: []string{page}, Err: dev.ErrChangedAgain},
			"· it changed again: given up\n",
			`{"changed":["services/web/index.html"],"done":[],"seconds":0,"error":"changed again"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, output := range []string{"text", "json"} {
				var out, said bytes.Buffer
				d := &development{app: &app{Streams: &console.Streams{Out: &out, Err: &said}, output: output}}
				d.Ended(&test.round)
				want := ""
				if output == "json" {
					want = test.json
				}
				if said.String() != test.text || strings.TrimSpace(out.String()) != want {
					t.Errorf("as %s it says\n%sand\n%swant\n%sand\n%s", output, &said, &out, test.text, want)
				}
			}
		})
	}
}

func TestARoundTellsWhatItIsAbout(t *testing.T) {
	for want, round := range map[string]dev.Round{
		"· a changed: syncing, building api, web\n": {Changed: []string{"a"}, Specs: true, Build: []string{"api", "web"}},
		"· a, b changed: trying again\n":            {Changed: []string{"a", "b"}},
	} {
		var said bytes.Buffer
		d := &development{app: &app{Streams: &console.Streams{Err: &said}}}
		if d.Began(&round); said.String() != "" {
			t.Errorf("before its steps are silent it says %q", &said)
		}
		d.attached.begun = true
		if d.Began(&round); said.String() != want {
			t.Errorf("it says %q, want %q", &said, want)
		}
	}
}

func TestDevWatchesWhatTheChartsOfAllEnvironmentsAreReadFrom(t *testing.T) {
	dir := project(t)
	for path, text := range map[string]string{
		"factory.yaml":                   "version: 1\nname: shop\nenvironments: {prod: {}, test: {}}\n",
		"services/web/service.prod.yaml": "files: {/etc/a.conf: prod.conf}\n",
		"services/web/prod.conf":         "a",
	} {
		if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d := &development{app: &app{dir: dir}, env: environmentFlag{name: "test"}}
	p, sources, err := d.Load()
	if err != nil || p.Environment != "test" || !slices.Contains(sources, "services/web/prod.conf") {
		t.Errorf("environment %q is read from %q: %v", p.Environment, sources, err)
	}
}
