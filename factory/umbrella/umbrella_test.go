package umbrella_test

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
	appsv1 "k8s.io/api/apps/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/umbrella"
	"github.com/helm-chart-factory/factory/templates"
)

// project writes files by their path into a folder of its own.
func project(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for path, text := range files {
		full := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// synced writes the umbrella chart of a project and reads it back as Helm does.
func synced(t testing.TB, dir string) *chart.Chart {
	t.Helper()
	if _, err := umbrella.Generate(context.Background(), dir, templates.Files, umbrella.Request{Umbrella: true, Waiting: func() {}}); err != nil {
		t.Fatal(err)
	}
	c, err := loader.LoadDir(filepath.Join(dir, umbrella.Dir))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// rendered returns what a release of the chart consists of, by "service/Kind/name".
func rendered(t testing.TB, c *chart.Chart, values map[string]any) map[string]string {
	t.Helper()
	if err := chartutil.ProcessDependenciesWithMerge(c, values); err != nil {
		t.Fatal(err)
	}
	all, err := chartutil.ToRenderValues(c, values, chartutil.ReleaseOptions{Name: "release", Namespace: "space"}, chartutil.DefaultCapabilities)
	if err != nil {
		t.Fatal(err)
	}
	out, err := engine.Render(c, all)
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string]string{}
	for template, text := range out {
		if strings.HasSuffix(template, "NOTES.txt") {
			continue
		}
		for _, manifest := range releaseutil.SplitManifests(text) {
			var head struct {
				Kind     string
				Metadata struct{ Name string }
			}
			if err := yaml.Unmarshal([]byte(manifest), &head); err != nil {
				t.Fatalf("%s: %v\n%s", template, err, manifest)
			}
			service := strings.Split(template, "/")[2]
			objects[service+"/"+head.Kind+"/"+head.Metadata.Name] = manifest
		}
	}
	return objects
}

func decode[T any](t testing.TB, objects map[string]string, key string) T {
	t.Helper()
	var into T
	manifest, ok := objects[key]
	if !ok {
		t.Fatalf("there is no %s among %v", key, slices.Sorted(maps.Keys(objects)))
	}
	if err := yaml.UnmarshalStrict([]byte(manifest), &into); err != nil {
		t.Fatalf("%s: %v\n%s", key, err, manifest)
	}
	return into
}

// breakingTexts are those that break templates, YAML and shells.
func breakingTexts() []string {
	return []string{
		"", " ", "no", "yes", "on", "~", "null", "true", "1e3", "010", "0x1F", "1_000", "1:30", "2024-01-01", ".inf", "-", "---", "...",
		"{{ .Values.replicas }}", "{{", "}}", "{{- include \"labels\" . }}", "{{/*", "<no value>", "HELM_ERR_START",
		`"`, `'`, `\`, `\n`, `"'"'`, "`", "a: b", "a #b", "#", "- a", "[a", "{a", "&a", "*a", "!a", "|", ">", "%", "@", "?", ":",
		"line\nline", "line\n", "\n", "\r\n", "\t", "trailing ", " leading", "a\n---\nb", "a\n  ---  \nb",
		"🙂", "é", "日本語", "\u00a0", "\u2028", "\u200b", "\U0001F468\u200d\U0001F469", "<script>&amp;</script>",
		"$(DB_HOST)", "$$(X)", "$HOME", "%s", "%!d(MISSING)", "\x01\x1b[0m", strings.Repeat("long ", 20_000),
	}
}

// TestTextArrives sends texts through everything that says how a container runs, and reads them from the manifest.
func TestTextArrives(t *testing.T) {
	texts := breakingTexts()
	spec := map[string]any{"image": "x", "port": 80}
	env, annotations, headers := map[string]string{}, map[string]string{}, map[string]string{}
	for i, text := range texts {
		env["V"+string(rune('A'+i/26))+string(rune('A'+i%26))] = text
		annotations["example.com/"+string(rune('a'+i/26))+string(rune('a'+i%26))] = text
	}
	headers["X-Text"] = texts[18]
	spec["env"], spec["args"], spec["command"] = env, texts, texts
	spec["ingress"] = map[string]any{"annotations": annotations}
	spec["health"] = map[string]any{"live": map[string]any{"http": map[string]any{"path": "/{{ x }}?a=\"b\"&c='d'", "headers": headers}}}
	text, err := json.Marshal(spec) // JSON is YAML, and says every text without doubt
	if err != nil {
		t.Fatal(err)
	}
	c := synced(t, project(t, map[string]string{"factory.yaml": "version: 1\n", "services/web/service.yaml": string(text)}))
	objects := rendered(t, c, map[string]any{})
	deployment := decode[appsv1.Deployment](t, objects, "web/Deployment/web")
	container := deployment.Spec.Template.Spec.Containers[0]
	got := map[string]string{}
	for _, v := range container.Env {
		got[v.Name] = v.Value
	}
	for name, want := range env {
		if got[name] != want {
			t.Errorf("env %s is %.80q, want %.80q", name, got[name], want)
		}
	}
	if !slices.Equal(container.Args, texts) || !slices.Equal(container.Command, texts) {
		t.Errorf("args are %.200q, command is %.200q", container.Args, container.Command)
	}
	if live := container.LivenessProbe.HTTPGet; live.Path != "/{{ x }}?a=\"b\"&c='d'" || live.HTTPHeaders[0].Value != texts[18] {
		t.Errorf("the probe is %+v", live)
	}
	ingress := decode[networkingv1.Ingress](t, objects, "web/Ingress/web")
	if !maps.Equal(ingress.Annotations, annotations) {
		t.Errorf("annotations are %.300v", ingress.Annotations)
	}
}

// TestNamesThatYAMLReadsOtherwise uses service names that YAML 1.1 takes for booleans, null and numbers.
func TestNamesThatYAMLReadsOtherwise(t *testing.T) {
	files := map[string]string{"factory.yaml": "version: 1\nname: \"on\"\n"}
	names := []string{"no", "y", "n", "null", "true", "off", "e3", "x"}
	for _, name := range names {
		files["services/"+name+"/service.yaml"] = "port: 80\nneeds: [x]\nsecrets: {true: {generate: 8}}\ningress: true\nvolumes: {no: {path: /no, size: 1Gi}, off: /off}\naccess: [{resources: [pods], verbs: [get], scope: cluster}, {resources: [pods], verbs: [get]}]\n"
	}
	files["services/x/service.yaml"] = "port: 80\nneeds: [no]\n"
	c := synced(t, project(t, files))
	if c.Name() != "on" {
		t.Errorf("the umbrella is called %q", c.Name())
	}
	objects := rendered(t, c, map[string]any{})
	for _, name := range names {
		d := decode[appsv1.Deployment](t, objects, name+"/Deployment/"+name)
		if d.Spec.Selector.MatchLabels["app.kubernetes.io/name"] != name || d.Spec.Template.Spec.ServiceAccountName != name {
			t.Errorf("%s: %+v", name, d.Spec)
		}
	}
	policy := decode[networkingv1.NetworkPolicy](t, objects, "x/NetworkPolicy/x")
	if got := policy.Spec.Ingress[0].From[0].PodSelector.MatchExpressions[0].Values; !slices.Equal(got, []string{"e3", "n", "no", "null", "off", "true", "y", "x.test"}) {
		t.Errorf("callers of x: %q", got)
	}
}

// TestConditions switches each service off: nothing of it is left, and nothing else changes.
func TestConditions(t *testing.T) {
	dir := project(t, map[string]string{
		"factory.yaml":            "version: 1\n",
		"services/a/service.yaml": "port: 80\nneeds: [b-c]\nenv: {P: {service: b-c, key: p}}\n", "services/b-c/service.yaml": "port: 81\nkind: StatefulSet\nvolumes: {d: {path: /d, size: 1Gi}}\nsecrets: {p: {generate: 20}}\n",
	})
	synced(t, dir)
	render := func(values map[string]any) map[string]string {
		c, err := loader.LoadDir(filepath.Join(dir, umbrella.Dir))
		if err != nil {
			t.Fatal(err)
		}
		return rendered(t, c, values)
	}
	whole := render(map[string]any{})
	for _, off := range []string{"a", "b-c"} {
		rest := render(map[string]any{off: map[string]any{"enabled": false}})
		for key := range whole {
			_, there := rest[key]
			if mine := strings.HasPrefix(key, off+"/"); mine == there {
				t.Errorf("with %s off, %s there: %v", off, key, there)
			}
		}
		if len(rest) == 0 || len(rest) == len(whole) {
			t.Errorf("with %s off there are %d of %d objects", off, len(rest), len(whole))
		}
	}
}

// TestHelpersDoNotMix makes one umbrella of charts from two versions of the templates.
func TestHelpersDoNotMix(t *testing.T) {
	files := map[string]string{"factory.yaml": "version: 1\n", "services/old/service.yaml": "port: 80\n", "services/new/service.yaml": "port: 80\n"}
	dir := project(t, files)
	synced(t, dir)
	helpers, err := templates.Files.ReadFile("_helpers.tpl")
	if err != nil {
		t.Fatal(err)
	}
	_, pod, _ := strings.Cut(string(helpers), "{{- end -}}")
	own := project(t, map[string]string{"_helpers.tpl": "{{- define \"labels\" }}\n    mine: \"{{ .Chart.Name }}\"\n{{- end -}}" + pod})
	if err := os.Rename(own, filepath.Join(dir, "templates")); err != nil {
		t.Fatal(err)
	}
	request := umbrella.Request{Services: []string{"new"}, Waiting: func() {}}
	if _, err := umbrella.Generate(context.Background(), dir, templates.Files, request); err != nil {
		t.Fatal(err)
	}
	c, err := loader.LoadDir(filepath.Join(dir, umbrella.Dir))
	if err != nil {
		t.Fatal(err)
	}
	objects := rendered(t, c, map[string]any{})
	old, new := decode[appsv1.Deployment](t, objects, "old/Deployment/old"), decode[appsv1.Deployment](t, objects, "new/Deployment/new")
	if old.Labels["app.kubernetes.io/name"] != "old" || old.Labels["mine"] != "" || new.Labels["mine"] != "new" || len(new.Labels) != 1 {
		t.Errorf("old: %v, new: %v", old.Labels, new.Labels)
	}
}

// TestImages: a digest, which deploy passes as a value, wins over the tag and is not pulled again.
func TestImages(t *testing.T) {
	dir := project(t, map[string]string{
		"factory.yaml": "version: 1\n", "services/latest/service.yaml": "", "services/tagged/service.yaml": "image: nginx:1.27\n",
		"services/pinned/service.yaml": "image: nginx@sha256:" + strings.Repeat("a", 64) + "\n",
	})
	digest := "sha256:" + strings.Repeat("b", 64)
	for name, test := range map[string]struct {
		values        map[string]any
		image, policy string
	}{
		"latest": {nil, "localhost:5000/latest:latest", "Always"},
		"tagged": {nil, "nginx:1.27", "IfNotPresent"},
		"pinned": {nil, "nginx@sha256:" + strings.Repeat("a", 64), "IfNotPresent"},
	} {
		for _, pinned := range []bool{false, true} {
			values, image, policy := map[string]any{}, test.image, test.policy
			if pinned {
				values[name] = map[string]any{"image": map[string]any{"digest": digest}}
				image, policy = strings.NewReplacer(":latest", "", ":1.27", "", "@sha256:"+strings.Repeat("a", 64), "").Replace(image)+"@"+digest, "IfNotPresent"
			}
			container := decode[appsv1.Deployment](t, rendered(t, synced(t, dir), values), name+"/Deployment/"+name).Spec.Template.Spec.Containers[0]
			if container.Image != image || string(container.ImagePullPolicy) != policy {
				t.Errorf("%s, pinned %v: %s %s, want %s %s", name, pinned, container.Image, container.ImagePullPolicy, image, policy)
			}
		}
	}
}

// TestEnvOfOtherTypes: what `--set web.env.PORT=8080` makes a number is the text that Kubernetes wants.
func TestEnvOfOtherTypes(t *testing.T) {
	dir := project(t, map[string]string{"factory.yaml": "version: 1\n", "services/web/service.yaml": "env: {A: b}\n"})
	values := map[string]any{"web": map[string]any{"env": map[string]any{"N": 1000000.0, "I": int64(8080), "B": true, "F": 1.5, "A": "x"}}}
	got := map[string]string{}
	for _, v := range decode[appsv1.Deployment](t, rendered(t, synced(t, dir), values), "web/Deployment/web").Spec.Template.Spec.Containers[0].Env {
		got[v.Name] = v.Value
	}
	if want := map[string]string{"N": "1000000", "I": "8080", "B": "true", "F": "1.5", "A": "x"}; !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

// TestSchemaIsStrict: what a template does not read is refused, what Helm adds is not.
func TestSchemaIsStrict(t *testing.T) {
	dir := project(t, map[string]string{"factory.yaml": "version: 1\n", "services/web/service.yaml": "port: 80\nenv: {A: b}\ningress: true\nmetrics: /metrics\n"})
	c := synced(t, dir)
	judge := func(values map[string]any) error {
		_, err := chartutil.ToRenderValues(c, values, chartutil.ReleaseOptions{}, chartutil.DefaultCapabilities)
		return err
	}
	web := func(key string, value any) map[string]any { return map[string]any{"web": map[string]any{key: value}} }
	for _, wrong := range []struct {
		values map[string]any
		want   string
	}{
		{map[string]any{"wev": map[string]any{}}, "platform:\n- at '': invalid propertyName 'wev'"},
		{web("replica", 2), "web:\n- at '': invalid propertyName 'replica'"},
		{web("replicas", "two"), "web:\n- at '/replicas': got string, want integer"},
		{web("enabled", "yes"), "web:\n- at '/enabled': got string, want boolean"},
		{web("image", map[string]any{"tga": "x"}), "web:\n- at '/image': additional properties 'tga' not allowed"},
		{web("image", map[string]any{"tag": 1.2}), "web:\n- at '/image/tag': got number, want string"},
		{web("ports", map[string]any{"http": map[string]any{"contianer": 1}}), "web:\n- at '/ports/http': additional properties 'contianer' not allowed"},
		{web("ingress", map[string]any{"host": "x"}), "web:\n- at '/ingress': additional properties 'host' not allowed"},
	} {
		for range 8 { // Helm goes through the keys in another order each time
			if err := judge(wrong.values); err == nil || !strings.Contains(err.Error(), wrong.want) {
				t.Errorf("%v: got %v\nwant %s", wrong.values, err, wrong.want)
				break
			}
		}
	}
	for name, values := range map[string]map[string]any{
		"global": {"global": map[string]any{"x": 1}}, "enabled": web("enabled", false), "replicas": web("replicas", 5),
		"digest": web("image", map[string]any{"digest": "sha256:x", "pullPolicy": "Never"}), "env": web("env", map[string]any{"B": map[string]any{"fieldRef": map[string]any{}}}),
		"container": web("container", map[string]any{"lifecycle": map[string]any{}}),
	} {
		if err := judge(values); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestInMemory: what Load gives is what sync writes.
func TestInMemory(t *testing.T) {
	dir := project(t, map[string]string{"factory.yaml": "version: 1\n", "services/web/service.yaml": "port: 80\n", "services/db/service.yaml": "port: 5432\nneeds: [web]\n"})
	written := synced(t, dir)
	p, err := spec.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := umbrella.Load(p, templates.Files)
	if err != nil {
		t.Fatal(err)
	}
	raw := func(c *chart.Chart) map[string]string {
		files := map[string]string{}
		for _, part := range append([]*chart.Chart{c}, c.Dependencies()...) {
			for _, f := range part.Raw {
				files[part.Name()+"/"+f.Name] = string(f.Data)
			}
		}
		return files
	}
	if !maps.Equal(raw(written), raw(loaded)) {
		t.Error("they differ")
	}
}

// BenchmarkSync writes the umbrella of a hundred services from nothing, and compares it when nothing has changed.
func BenchmarkSync(b *testing.B) {
	files := map[string]string{"factory.yaml": "version: 1\n"}
	for i := range 100 {
		name := "service-" + string(rune('a'+i/10)) + string(rune('a'+i%10))
		files["services/"+name+"/service.yaml"] = "port: 8080\nhealth: {live: /health, ready: /ready}\ningress: {tls: true}\nenv: {LOG_LEVEL: info}\n"
	}
	dir := project(b, files)
	sync := func() {
		if _, err := umbrella.Generate(context.Background(), dir, templates.Files, umbrella.Request{Umbrella: true, Waiting: func() {}}); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("fresh", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			os.RemoveAll(filepath.Join(dir, umbrella.Dir))
			b.StartTimer()
			sync()
		}
	})
	b.Run("unchanged", func(b *testing.B) {
		for b.Loop() {
			sync()
		}
	})
}
