package umbrella

import (
	"strings"
	"testing"

	"github.com/helm-chart-factory/factory/factory/files"
)

// TestPreview holds how the changes of several versions are told: per service, what and why.
func TestPreview(t *testing.T) {
	u := &Upgrade{From: 1, To: 3, Changes: []GeneratorChange{
		{2, "probes have a name", []string{"templates/deployment.yaml", "values.yaml"}},
		{3, "all files say their license", nil},
		{3, "the README lists more", []string{"README.md"}},
	}}
	change := func(paths ...string) *files.Plan {
		plan := &files.Plan{}
		for _, path := range paths {
			plan.Changes = append(plan.Changes, files.Change{Path: path, State: files.Stale, Before: []byte("a\nb\n"), After: []byte("a\n1\n2\n")})
		}
		return plan
	}
	got := u.Preview(change("Chart.yaml", "charts/api/templates/deployment.yaml", "charts/db/README.md", "charts/web/templates/deployment.yaml"))
	const want = `umbrella
  version 3: all files say their license
    Chart.yaml (line 2: -1 +2)
api, web
  version 2: probes have a name
    templates/deployment.yaml (line 2: -1 +2)
  version 3: all files say their license
    templates/deployment.yaml (line 2: -1 +2)
db
  version 3: all files say their license
    README.md (line 2: -1 +2)
  version 3: the README lists more
    README.md (line 2: -1 +2)
`
	if got != want {
		t.Errorf("got\n%s", got)
	}
	u.Changes = u.Changes[:1]
	got = u.Preview(change("charts/web/values.yaml", "charts/web/values.schema.json"))
	if want := "web\n  version 2: probes have a name\n    values.yaml (line 2: -1 +2)\n  its spec, factory.yaml or templates/ changed since\n    values.schema.json (line 2: -1 +2)\n"; got != want {
		t.Errorf("got\n%s", got)
	}
	var many []string
	for letter := 'a'; letter <= 'z'; letter++ {
		many = append(many, "charts/"+string(letter)+"/values.yaml")
	}
	if got, _, _ := strings.Cut(u.Preview(change(many...)), "\n"); got != "a, b, c, d, e, f, g, h, i, j and 16 more" {
		t.Errorf("many services are told as %s", got)
	}
}

// TestGeneratorChangesAreTold holds that each version up to this one says what it changed.
func TestGeneratorChangesAreTold(t *testing.T) {
	told := map[int]bool{}
	last := 0
	for _, change := range generatorChanges() {
		if change.Version < last || change.Version > Generator || change.Text == "" {
			t.Errorf("version %d, %q, is out of order", change.Version, change.Text)
		}
		last = change.Version
		told[change.Version] = true
	}
	for version := 1; version <= Generator; version++ {
		if !told[version] {
			t.Errorf("version %d does not say what it changed", version)
		}
	}
}
