package compose

import (
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// FuzzConvert holds that no Compose file, .env or Dockerfile makes the conversion panic, take long, or give another draft the next
// time, and that what it makes lies in the services' folders.
func FuzzConvert(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte("services:\n  web:\n    image: x\n    "+strings.ReplaceAll(seed, "\n", "\n    ")+"\n  db: {image: 'postgres:16', environment: {POSTGRES_PASSWORD: a}}\n"), []byte("A=1\nDB_PASSWORD='x y'\n"), []byte("FROM a AS b\nEXPOSE 80/udp\n"))
	}
	f.Fuzz(func(t *testing.T, text, env, other []byte) {
		start := time.Now()
		first := fuzzed(text, env, other)
		if took := time.Since(start); took > 10*time.Second {
			t.Fatalf("took %v", took)
		}
		second := fuzzed(text, env, other)
		if !reflect.DeepEqual(first, second) {
			t.Fatalf("another draft: %v %v", first, second)
		}
		for _, file := range first.files {
			if !fs.ValidPath(file.Path) || file.Path != "factory.yaml" && !strings.HasPrefix(file.Path, "services/") {
				t.Fatalf("a file outside: %q", file.Path)
			}
			if strings.HasSuffix(file.Path, "/service.yaml") || file.Path == "factory.yaml" {
				if documents, err := source.Parse(file.Path, file.Data); err != nil || len(documents) > 1 {
					t.Fatalf("%v\n%s", err, file.Data)
				}
			}
		}
	})
}

type outcome struct {
	files    []draft.File
	findings []draft.Finding
	problem  string
}

func fuzzed(text, env, other []byte) outcome {
	disk := fstest.MapFS{"compose.yaml": {Data: text}, ".env": {Data: env}, "web.env": {Data: other}, "Dockerfile": {Data: other}, "web/Dockerfile": {Data: other}, "conf/a": {Data: other}}
	p, err := Convert(Input{Folder: source.Folder{FS: disk, Shown: ".", InProject: true}, Paths: []string{"compose.yaml"}})
	if err != nil {
		return outcome{problem: err.Error()}
	}
	return outcome{files: p.Render(), findings: p.Report.Findings}
}

// seeds are parts of a service that lead into every corner of the conversion.
var seeds = []string{
	"command: run \"a b\" 'c' $$x\nentrypoint: [a, b]",
	"environment: [A=1, 'B=${A:-x}', C, 'URL=http://db:5432/${DB_PASSWORD}']\nenv_file: [web.env, {path: no.env, required: false}]",
	"ports: ['80:80', '1000-1002:2000-2002/udp', {target: 80, protocol: tcp, app_protocol: http}]\nexpose: [81]",
	"volumes: ['data:/d', './conf:/c:ro', '/x', {type: tmpfs, target: /t, tmpfs: {size: 1m}}]\ntmpfs: /run:size=1m\nshm_size: 1g",
	"build: {context: web, args: [A=1, B], dockerfile: Dockerfile, target: x}",
	"healthcheck: {test: 'curl -f http://localhost:80/x || exit 1', interval: 1m30s, timeout: 500ms, retries: 3, start_period: 1s}",
	"deploy: {replicas: 2, mode: global, resources: {limits: {cpus: '0.5', memory: 1.5G}}, placement: {constraints: [node.labels.a == b]}}",
	"depends_on: {db: {condition: service_healthy}, web: {condition: service_completed_successfully}}\nlinks: ['db:x']",
	"user: '1:2'\ngroup_add: [3]\ncap_add: [X]\nread_only: true\nsecurity_opt: [a]",
	"labels: ['traefik.http.routers.x.rule=Host(`a.b`) && PathPrefix(`/c`)', 'a/b=c']\nannotations: {a: b}",
	"networks: {a: {aliases: [b]}}\nhostname: h\ncontainer_name: c\nnetwork_mode: 'service:db'",
	"post_start: [{command: a b}]\npre_stop: [{command: [c], user: root}]",
	"configs: [{source: a, target: /b, mode: 0440}]\nsecrets: [b]",
	"<<: &x {image: y, labels: &l {a: b}}\nlabels: *l",
	"extends: {service: db}\nprofiles: []\nscale: 3\nrestart: 'no'",
}
