package importer_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/helm-chart-factory/factory/factory/importer"
	"github.com/helm-chart-factory/factory/factory/spec"
)

func files(texts map[string]string) []txtar.File {
	var list []txtar.File
	for name, text := range texts {
		list = append(list, txtar.File{Name: name, Data: []byte(text)})
	}
	return list
}

const small = "services:\n  web: {image: 'nginx:1', ports: ['80:80']}\n  db: {image: 'postgres:16', environment: {POSTGRES_PASSWORD: sesame-open}}\n"

// TestNothingSecretIsWritten imports passwords in every place where people put them, and looks for them in all that comes out.
func TestNothingSecretIsWritten(t *testing.T) {
	dir := unpack(t, files(map[string]string{
		".env":         "REDIS_PASSWORD=hidden-one\nAPI_TOKEN=hidden-two\n",
		"web.env":      "SESSION_SECRET=hidden-three\nURL=amqp://u:hidden-four@mq:5672/\n",
		"password.txt": "hidden-five\n",
		"conf/id_rsa":  "-----BEGIN OPENSSH PRIVATE KEY-----\nhidden-six\n",
		"compose.yaml": `services:
  web:
    image: x
    env_file: web.env
    environment:
      DB_PASSWORD: hidden-seven
      DATABASE_URL: postgres://app:hidden-eight@db:5432/app
      COPY: "${API_TOKEN}"
      LATER: "x${DB_PASSWORD:-hidden-nine}y"
    command: serve --token ${API_TOKEN} "--x=${REDIS_PASSWORD}"
    healthcheck: {test: "redis-cli -a ${REDIS_PASSWORD} ping"}
    labels: {token: "${API_TOKEN}"}
    working_dir: /${API_TOKEN}
    secrets: [pw]
    configs: [cf]
    volumes: ["./conf:/etc/conf", "./password.txt:/run/${API_TOKEN}"]
    build: {context: ., args: {NPM_TOKEN: hidden-ten, X: "${API_TOKEN}"}}
    pre_stop: [{command: "x ${API_TOKEN}"}]
  other: {image: "x:${API_TOKEN}", hostname: "${API_TOKEN}", user: "${API_TOKEN}", ports: ["${API_TOKEN}"]}
secrets: {pw: {file: ./password.txt}}
configs: {cf: {content: "token=${API_TOKEN}"}}
`}))
	result, err := importer.Run(importer.Request{Paths: []string{dir}, Into: dir, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range result.Files {
		if f.Path == "services/web/password.txt" {
			continue // a file that nothing says is secret
		}
		if strings.Contains(string(f.Data), "hidden-") {
			t.Errorf("%s holds a secret:\n%s", f.Path, f.Data)
		}
	}
	for _, f := range result.Findings {
		if strings.Contains(f.String(), "hidden-") {
			t.Errorf("the report holds a secret: %s", f)
		}
	}
}

// TestNoSecretOfTheClusterIsWritten does the same with manifests.
func TestNoSecretOfTheClusterIsWritten(t *testing.T) {
	dir := unpack(t, files(map[string]string{"k8s/all.yaml": `apiVersion: v1
kind: Secret
metadata: {name: web, annotations: {kubectl.kubernetes.io/last-applied-configuration: "hidden-one"}}
data: {a: hidden-two}
stringData: {b: hidden-three}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: env}
data: {DB_PASSWORD: hidden-four, URL: "https://u:hidden-five@h/"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, annotations: {kubectl.kubernetes.io/last-applied-configuration: "hidden-six"}}
spec:
  template:
    spec:
      initContainers: [{name: i, image: x, env: [{name: API_TOKEN, value: hidden-seven}]}]
      containers:
      - {name: web, image: x, envFrom: [{configMapRef: {name: env}}, {secretRef: {name: web}}], env: [{name: API_KEY, value: hidden-eight}]}
      - {name: side, image: y, envFrom: [{configMapRef: {name: env}}]}
`}))
	result, err := importer.Run(importer.Request{Paths: []string{filepath.Join(dir, "k8s")}, Into: dir, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range result.Files {
		if strings.Contains(string(f.Data), "hidden-") {
			t.Errorf("%s holds a secret:\n%s", f.Path, f.Data)
		}
	}
	for _, f := range result.Findings {
		if strings.Contains(f.String(), "hidden-") {
			t.Errorf("the report holds a secret: %s", f)
		}
	}
}

// TestNotOverwritten holds that files that are there stay, and that nothing at all is written then.
func TestNotOverwritten(t *testing.T) {
	dir := unpack(t, files(map[string]string{"compose.yaml": small, "factory.yaml": "version: 1\nname: mine\n", "services/web/service.yaml": "port: 1234\n", "services/web/Dockerfile": "FROM scratch\n"}))
	before := tree(t, dir)
	request := importer.Request{Paths: []string{dir}, Into: dir}
	_, err := importer.Run(request)
	want := "nothing was written, because these files are there already in " + dir + ":\n  services/web/service.yaml\nnext: move them away, import into another folder with --into DIR, or give them up with --force"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if after := tree(t, dir); !maps.Equal(before, after) {
		t.Errorf("something was written: %v", after)
	}
	request.Force = true
	if _, err := importer.Run(request); err != nil {
		t.Fatal(err)
	}
	after := tree(t, dir)
	if after["factory.yaml"] != before["factory.yaml"] || after["services/web/Dockerfile"] != before["services/web/Dockerfile"] {
		t.Error("force gave up what is not in the way")
	}
	if !strings.Contains(after["services/web/service.yaml"], "nginx:1") || len(after) != len(before)+1 {
		t.Errorf("after force: %v", after)
	}
}

// TestAllOrNothing: where one file cannot be written, none is. TestTakenBack lets it fail later.
func TestAllOrNothing(t *testing.T) {
	dir := unpack(t, files(map[string]string{"compose.yaml": small + "  zz: {image: x}\n", "services/zz": "a file where a folder belongs\n", "services/db/service.yaml": "port: 1\n", "factory.yaml": "version: 1\n"}))
	before := tree(t, dir)
	_, err := importer.Run(importer.Request{Paths: []string{dir}, Into: dir, Force: true})
	if want := filepath.Join(dir, "services/zz/service.yaml") + " cannot be written: "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v", err)
	}
	if after := tree(t, dir); !maps.Equal(before, after) {
		t.Errorf("something stayed: %v\n%v", after, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "services", "web")); err == nil {
		t.Error("a folder stayed")
	}
}

// TestConflictWithTheProject imports what cannot live beside a service that is there.
func TestConflictWithTheProject(t *testing.T) {
	dir := unpack(t, files(map[string]string{
		"compose.yaml":                 "services:\n  web: {image: x, ports: [80], labels: ['traefik.http.routers.a.rule=Host(`a.local`)']}\n",
		"factory.yaml":                 "version: 1\n",
		"services/aaa/service.yaml":    "port: 80\ningress: {host: a.local}\n",
		"services/broken/service.yaml": "port: 80\n",
	}))
	if _, err := importer.Run(importer.Request{Paths: []string{dir}, Into: dir}); err != nil {
		t.Fatal(err)
	}
	if p, err := spec.Load(dir); err != nil || p.Service("web").Ingress != nil {
		t.Errorf("the host is claimed twice: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "services/broken/service.yaml"), []byte("prot: 80\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := importer.Run(importer.Request{Paths: []string{dir}, Into: dir, Force: true})
	var usage interface{ Usage() bool }
	if err == nil || !strings.HasPrefix(err.Error(), "the project that is imported into is not in order: services/broken/service.yaml:1:1: unknown key") || !errors.As(err, &usage) {
		t.Errorf("got %v", err)
	}
}

// TestOutsideOfTheFolder holds that neither links nor paths lead an import out of where it reads and writes.
func TestOutsideOfTheFolder(t *testing.T) {
	outside := unpack(t, files(map[string]string{"secret.txt": "outside\n"}))
	dir := unpack(t, files(map[string]string{
		"compose.yaml": "services:\n  web: {image: x, env_file: link/secret.txt, volumes: ['./link/secret.txt:/a', '../x:/b', './link:/c']}\n",
	}))
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	result, err := importer.Run(importer.Request{Paths: []string{dir}, Into: dir, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range result.Files {
		if strings.Contains(string(f.Data), "outside\n") {
			t.Errorf("%s holds what lies outside", f.Path)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "services")); err != nil {
		t.Fatal(err)
	}
	if _, err := importer.Run(importer.Request{Paths: []string{dir}, Into: dir}); err == nil {
		t.Error("a link was followed")
	}
	if len(tree(t, outside)) != 1 {
		t.Error("something was written outside")
	}
	if _, err := os.Stat(filepath.Join(dir, "factory.yaml")); err == nil {
		t.Error("something was written")
	}
}

// TestIntoANewFolder makes the project, and takes it back when it would not be one.
func TestIntoANewFolder(t *testing.T) {
	dir := unpack(t, files(map[string]string{"compose.yaml": small}))
	into := filepath.Join(dir, "new", "shop")
	if _, err := importer.Run(importer.Request{Paths: []string{filepath.Join(dir, "compose.yaml")}, Into: into}); err != nil {
		t.Fatal(err)
	}
	if p, err := spec.Load(into); err != nil || len(p.Services) != 2 {
		t.Errorf("%v %v", p, err)
	}
}
