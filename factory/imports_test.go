package main_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/helm-chart-factory/factory/"

// imports returns, for each package of the module, what it imports directly, tests left out.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		all[words[0]] = words[1:]
	}
	if len(all) < 10 {
		t.Fatalf("only %d packages", len(all))
	}
	return all
}

// reachable returns everything that a package depends on, itself included, with packages of the module expanded.
func reachable(all map[string][]string, from string) []string {
	seen := []string{from}
	for i := 0; i < len(seen); i++ {
		for _, next := range all[seen[i]] {
			if !slices.Contains(seen, next) {
				seen = append(seen, next)
			}
		}
	}
	return seen
}

func under(path, folder string) bool {
	return path == module+folder || strings.HasPrefix(path, module+folder+"/")
}

// TestImportsRunOneWay keeps DESIGN.md's direction: main -> cmd -> the rest -> spec.
func TestImportsRunOneWay(t *testing.T) {
	all := imports(t)
	for from, direct := range all {
		for _, to := range direct {
			switch {
			case under(from, "factory") && under(to, "services"), under(from, "services") && under(to, "factory"):
				t.Errorf("%s imports %s: the CLI and the services do not know each other", from, to)
			case to == module+"factory":
				t.Errorf("%s imports main", from)
			case under(to, "factory/cmd") && from != module+"factory":
				t.Errorf("%s imports %s: only main does", from, to)
			case to == "helm.sh/helm/v3/pkg/action" && !under(from, "factory/deploy"):
				t.Errorf("%s imports Helm's action package: it stays inside deploy", from)
			case under(from, "templates") && strings.HasPrefix(to, module):
				t.Errorf("%s imports %s: templates are data", from, to)
			case under(from, "factory/console") && strings.HasPrefix(to, module):
				t.Errorf("%s imports %s: console is for all and knows nobody", from, to)
			}
		}
	}
	for _, leaf := range []string{"factory/spec", "factory/values", "factory/stamp", "factory/files"} {
		for _, to := range reachable(all, module+leaf) {
			if strings.HasPrefix(to, "helm.sh/") {
				t.Errorf("%s imports %s: it knows no Helm", leaf, to)
			}
			if strings.HasPrefix(to, module) && (leaf == "factory/spec" || leaf == "factory/values" || leaf == "factory/stamp") && to != module+leaf {
				t.Errorf("%s imports %s: it stands at the end", leaf, to)
			}
		}
	}
	for _, to := range reachable(all, module+"factory/subchart") {
		if under(to, "factory/umbrella") || under(to, "factory/files") || under(to, "factory/deploy") {
			t.Errorf("subchart imports %s: it is a pure function", to)
		}
	}
}
