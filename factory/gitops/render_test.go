package gitops_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
	"sigs.k8s.io/yaml"

	"github.com/helm-chart-factory/factory/factory/gitops"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/umbrella"
	"github.com/helm-chart-factory/factory/templates"
)

// shop is a project with a secret that is generated and a migration that is a hook.
func shop() map[string]string {
	return map[string]string{
		"factory.yaml":                   "version: 1\nname: shop\nenvironments: {prod: {namespace: shop-prod}}\n",
		"services/web/service.yaml":      "port: 8080\nneeds: [database]\nenvironments: {prod: {replicas: 3}}\n",
		"services/database/service.yaml": "image: postgres:15\nport: 5432\nsecrets: {password: {generate: 24}, admin: {generate: 8}}\n",
		"services/migrate/service.yaml":  "kind: Job\nimage: shop/migrate:1\nhook: {on: [pre-upgrade]}\n",
	}
}

func project(t *testing.T, files map[string]string) *spec.Project {
	t.Helper()
	dir := t.TempDir()
	for path, text := range files {
		put(t, filepath.Join(dir, path), text)
	}
	return load(t, dir, "")
}

func load(t *testing.T, dir, environment string) *spec.Project {
	t.Helper()
	p, err := spec.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if p, err = p.Env(environment); err != nil {
		t.Fatal(err)
	}
	return p
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, r gitops.Request) *gitops.Result {
	t.Helper()
	result, err := gitops.Write(t.Context(), r, templates.Files)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// tree returns the files below a folder by their path.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, dir+"/")] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestManifestsAreWhatHelmRenders holds the files of every example, in every environment, against what Helm's engine gives for the
// same chart: every object but tests, once, with the same fields.
func TestManifestsAreWhatHelmRenders(t *testing.T) {
	examples, err := filepath.Glob("../../examples/*/factory.yaml")
	if err != nil || len(examples) < 12 {
		t.Fatal("no examples", err)
	}
	objects := 0
	for _, file := range examples {
		base, err := spec.Load(filepath.Dir(file))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range append([]*spec.Project{base}, base.Environments...) {
			var existing []string
			values := map[string]any{}
			for _, s := range p.Services {
				if s.Generates() {
					existing = append(existing, s.Name)
					values[s.Name] = map[string]any{"existingSecret": s.Name}
				}
			}
			dir := filepath.Join(t.TempDir(), "rendered")
			write(t, gitops.Request{Project: p, Dir: dir, Existing: existing})
			got := map[string]bool{}
			for path, text := range tree(t, dir) {
				got[canonical(t, text)] = true
				if strings.Contains(text, "\n---\n") {
					t.Errorf("%s holds several objects", path)
				}
			}
			want := helm(t, p, values)
			for text := range want {
				if !got[text] {
					t.Errorf("%s %s: no file holds\n%s", file, p.Environment, text)
				}
			}
			if len(got) != len(want) {
				t.Errorf("%s %s: %d files, want %d", file, p.Environment, len(got), len(want))
			}
			objects += len(want)
		}
	}
	if objects < 100 {
		t.Errorf("only %d objects", objects)
	}
}

// helm renders a project by Helm's engine and leaves out tests.
func helm(t *testing.T, p *spec.Project, values map[string]any) map[string]bool {
	t.Helper()
	c, err := umbrella.Load(p, templates.Files)
	if err != nil {
		t.Fatal(err)
	}
	if err := chartutil.ProcessDependenciesWithMerge(c, values); err != nil {
		t.Fatal(err)
	}
	all, err := chartutil.ToRenderValues(c, values, chartutil.ReleaseOptions{Name: p.Name, Namespace: p.Namespace, IsInstall: true, Revision: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := engine.Render(c, all)
	if err != nil {
		t.Fatal(err)
	}
	for _, definition := range c.CRDObjects() {
		texts[definition.Filename] = string(definition.File.Data)
	}
	out := map[string]bool{}
	for path, text := range texts {
		if strings.HasSuffix(path, "NOTES.txt") {
			continue
		}
		for _, manifest := range releaseutil.SplitManifests(text) {
			if one := canonical(t, manifest); one != "null\n" && !strings.Contains(one, "helm.sh/hook: test") {
				out[one] = true
			}
		}
	}
	return out
}

func canonical(t *testing.T, text string) string {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	data, err := yaml.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestASecondRunWritesNothing(t *testing.T) {
	p := project(t, shop())
	r := gitops.Request{Project: p, Dir: filepath.Join(t.TempDir(), "a", "rendered"), Existing: []string{"database"}}
	first := write(t, r)
	if len(first.Plan.Changes) < 8 || first.Plan.Unchanged != 0 {
		t.Errorf("got %+v", first.Plan)
	}
	const note = "Job migrate is a hook of Helm's (pre-upgrade): Argo CD runs it as one, Flux and kubectl apply make it with the rest"
	if len(first.Notes) != 1 || first.Notes[0] != note {
		t.Errorf("the notes are %q", first.Notes)
	}
	before := tree(t, r.Dir)
	if second := write(t, r); !second.Plan.Clean() || second.Plan.Unchanged != len(before) {
		t.Errorf("the second run did %+v", second.Plan)
	}
	for path := range before {
		if strings.Contains(path, "secret") || strings.Contains(path, "test") {
			t.Errorf("%s is there", path)
		}
	}
}

// TestTheFolderFollowsTheSpecs changes, takes away and leaves alone.
func TestTheFolderFollowsTheSpecs(t *testing.T) {
	p := project(t, shop())
	r := gitops.Request{Project: p, Dir: filepath.Join(t.TempDir(), "rendered"), Existing: []string{"database"}}
	write(t, r)
	// What people keep beside the manifests stays and is no drift: on top, in a service's folder, in folders of their own.
	theirs := []string{"kustomization.yaml", "web/README.md", "prod/patch.yaml", "prod/web/deployment-web.yaml"}
	for _, path := range theirs {
		put(t, filepath.Join(r.Dir, path), "theirs\n")
	}
	r.Check = true
	if plan := write(t, r).Plan; !plan.Clean() {
		t.Errorf("drift: %+v", plan.Changes)
	}
	if err := os.RemoveAll(filepath.Join(p.Dir, "services/migrate")); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(p.Dir, "services/web/service.yaml"), "port: 8080\nkind: DaemonSet\n")
	r.Project = load(t, p.Dir, "")
	states := map[string]string{}
	for _, change := range write(t, r).Plan.Changes {
		states[change.Path] = string(change.State)
	}
	for path, state := range map[string]string{
		"web/daemonset-web.yaml": "missing", "web/deployment-web.yaml": "gone", "migrate/job-migrate.yaml": "gone", "web/kustomization.yaml": "",
	} {
		if states[path] != state {
			t.Errorf("%s is %q, want %q", path, states[path], state)
		}
	}
	r.Check = false
	write(t, r)
	after := tree(t, r.Dir)
	for _, path := range append(theirs, "web/daemonset-web.yaml") {
		if after[path] == "" {
			t.Errorf("%s is gone", path)
		}
	}
	if _, err := os.Stat(filepath.Join(r.Dir, "migrate")); !os.IsNotExist(err) || after["web/deployment-web.yaml"] != "" {
		t.Errorf("what is no longer rendered is there: %v", slices.Sorted(maps.Keys(after)))
	}

	// A hand edit is not overwritten.
	put(t, filepath.Join(r.Dir, "web/daemonset-web.yaml"), after["web/daemonset-web.yaml"]+"# by hand\n")
	_, err := gitops.Write(t.Context(), r, templates.Files)
	if drift, ok := err.(interface{ Drift() bool }); !ok || !drift.Drift() || !strings.Contains(err.Error(), "web/daemonset-web.yaml") {
		t.Errorf("got %v", err)
	}
	r.Force = true
	write(t, r)
	if text := tree(t, r.Dir)["web/daemonset-web.yaml"]; text != after["web/daemonset-web.yaml"] {
		t.Errorf("with force it is\n%s", text)
	}
	for _, path := range theirs {
		if tree(t, r.Dir)[path] != "theirs\n" {
			t.Errorf("with force %s is gone", path)
		}
	}
}

// TestTwoEnvironmentsInOneFolder renders one environment below the other.
func TestTwoEnvironmentsInOneFolder(t *testing.T) {
	p := project(t, shop())
	base := gitops.Request{Project: p, Dir: filepath.Join(t.TempDir(), "rendered"), Existing: []string{"database"}}
	prod := base
	prod.Project, prod.Dir = load(t, p.Dir, "prod"), filepath.Join(base.Dir, "prod")
	write(t, base)
	write(t, prod)
	base.Check, prod.Check = true, true
	if a, b := write(t, base).Plan, write(t, prod).Plan; !a.Clean() || !b.Clean() {
		t.Errorf("one is the other's: %+v, %+v", a.Changes, b.Changes)
	}
	if text := tree(t, prod.Dir)["web/deployment-web.yaml"]; !strings.Contains(text, "replicas: 3") {
		t.Errorf("prod has\n%s", text)
	}
}

func TestPinnedManifests(t *testing.T) {
	p := project(t, shop())
	r := gitops.Request{Project: p, Dir: filepath.Join(t.TempDir(), "rendered"), Existing: []string{"database"}}
	digest := "sha256:" + strings.Repeat("a", 64)
	r.Pin = func(context.Context, string) (string, error) { return digest, nil }
	write(t, r)
	if text := tree(t, r.Dir)["web/deployment-web.yaml"]; !strings.Contains(text, "image: localhost:5000/web@"+digest+"\n") {
		t.Errorf("the image is not pinned:\n%s", text)
	}
}

func TestWhatIsRefused(t *testing.T) {
	nameless := "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: {{ .Chart.Name }}-}\n"
	random := "{{- $x := randAlphaNum 8 }}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Chart.Name }}-x}\ndata: {x: {{ $x }}}\n"
	for name, c := range map[string]struct {
		files    map[string]string
		existing []string
		dir      string
		want     string
	}{
		"a generated secret": {nil, nil, "rendered", "services/database/service.yaml:3:1: service database generates admin, password: a secret that is generated would be another one in every rendering, and would be in git\n" +
			"next: have Secret shop/database (admin, password) made in the cluster, by a sealed or an external secret or by kubectl create secret, and say --existing-secret database"},
		"a secret of a service that has none":  {nil, []string{"database", "web"}, "rendered", "service web generates no secret: leave it out of --existing-secret"},
		"a secret of a service that is absent": {nil, []string{"databse"}, "rendered", `there is no service "databse": did you mean "database"?`},
		"the project itself":                   {nil, []string{"database"}, ".", "DIR holds the project: render into a folder of its own"},
		"what is around the project":           {nil, []string{"database"}, "..", "PARENT holds the project: render into a folder of its own"},
		"the umbrella chart":                   {nil, []string{"database"}, "umbrella-chart/charts", "DIR/umbrella-chart/charts is a part of the umbrella chart: render into a folder of its own"},
		"another project":                      {map[string]string{"other/factory.yaml": "version: 1\n"}, []string{"database"}, "other", "DIR/other is a project: render into a folder of its own"},
		"an object without a name": {map[string]string{"templates/service.yaml": nameless}, []string{"database"}, "rendered",
			"umbrella-chart/charts/database/templates/service.yaml gives a ConfigMap without a name, which would be another one each time it is applied\nnext: give it metadata.name"},
		"a template that is random": {map[string]string{"templates/service.yaml": random}, []string{"database"}, "rendered",
			"umbrella-chart/charts/database/templates/service.yaml gives another ConfigMap database-x each time: a template of the project's own takes the time or something random\nnext: take that out of templates/"},
	} {
		t.Run(name, func(t *testing.T) {
			files := shop()
			maps.Copy(files, c.files)
			p := project(t, files)
			before := tree(t, p.Dir)
			_, err := gitops.Write(t.Context(), gitops.Request{Project: p, Dir: filepath.Join(p.Dir, c.dir), Existing: c.existing}, templates.Files)
			want := strings.NewReplacer("DIR", p.Dir, "PARENT", filepath.Dir(p.Dir)).Replace(c.want)
			if err == nil || err.Error() != want {
				t.Errorf("got the error\n%v\nwant\n%s", err, want)
			} else if wrong, ok := err.(interface{ Usage() bool }); !ok || !wrong.Usage() {
				t.Error("that is not the caller's to cure")
			}
			if !maps.Equal(tree(t, p.Dir), before) {
				t.Error("something was written")
			}
		})
	}
}
