package compose

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// convert converts compose.yaml among these files, which lie in the project.
func convert(t *testing.T, files map[string]string, profiles ...string) (*draft.Project, error) {
	t.Helper()
	disk := fstest.MapFS{}
	for name, text := range files {
		disk[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return Convert(Input{Folder: source.Folder{FS: disk, Shown: ".", InProject: true}, Paths: []string{"compose.yaml"}, Profiles: profiles})
}

func mustConvert(t *testing.T, files map[string]string, profiles ...string) *draft.Project {
	t.Helper()
	p, err := convert(t, files, profiles...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// specOf returns the spec of a service without its head.
func specOf(t *testing.T, p *draft.Project, name string) string {
	t.Helper()
	for _, f := range p.Render() {
		if f.Path == "services/"+name+"/service.yaml" {
			var lines []string
			for line := range strings.Lines(string(f.Data)) {
				if !strings.HasPrefix(line, "#") && line != "security: {readOnlyRootFilesystem: false}\n" {
					lines = append(lines, line)
				}
			}
			return strings.Join(lines, "")
		}
	}
	t.Fatalf("there is no service %s", name)
	return ""
}

func finding(p *draft.Project, field string) string {
	for _, f := range p.Report.Findings {
		if f.Field == field {
			return fmt.Sprintf("%s %s: %s", f.Level, f.At, f.Text)
		}
	}
	return ""
}

// TestServices holds what one service says, line by line: keys of Compose, and the spec that comes out.
func TestServices(t *testing.T) {
	for name, c := range map[string]struct{ compose, want string }{
		"command as text":               {`command: run --name "a b" 'c $$d' e\ f`, "args: [run, --name, a b, c $d, e f]\n"},
		"command as list":               {`command: [run, "a b"]`, "args: [run, a b]\n"},
		"entrypoint and command":        {"entrypoint: /x -y\ncommand: [z]", "command: [/x, -y]\nargs: [z]\n"},
		"empty entrypoint":              {"entrypoint: []\ncommand: a b", "command: [a, b]\n"},
		"null command":                  {"command:", ""},
		"a port that is named":          {"ports: ['5432']", "ports: {postgres: 5432}\n"},
		"port 80":                       {"ports: [80]", "port: 80\n"},
		"short ports":                   {"ports: ['3000', '8000-8001:9001-9002', '127.0.0.1:53:53/udp', '[::1]:6000:6001']", "ports:\n  http: 3000\n  tcp-9001: 9001\n  tcp-9002: 9002\n  udp-53: {container: 53, protocol: UDP}\n  tcp-6001: 6001\n"},
		"long port":                     {"ports: [{target: 80, published: 8080, protocol: tcp, app_protocol: http}]", "ports: {http: {container: 80, appProtocol: http}}\n"},
		"a port twice":                  {"ports: ['80:80', '81:80']\nexpose: ['80']", "port: 80\n"},
		"one protocol each":             {"ports: ['53:53/tcp', '53:53/udp']", "ports:\n  dns: 53\n  udp-53: {container: 53, protocol: UDP}\n"},
		"environment as list":           {"environment: [A=1, 'B=x=y', C=]", "env: {A: \"1\", B: x=y, C: \"\"}\n"},
		"environment as keys":           {"environment: {A: 1, B: true, C: 010, D: no, E: ''}", "env: {A: \"1\", B: \"true\", C: \"010\", D: \"no\", E: \"\"}\n"},
		"dollars in a variable":         {"environment: {A: '$$HOME $${X} $$(Y) $$$$'}", "env: {A: '$HOME $${X} $$(Y) $$$'}\n"},
		"a check in the shell":          {"healthcheck: {test: 'pg_isready -U $$USER'}", "health: {ready: {exec: [/bin/sh, -c, pg_isready -U $USER], period: 30s, timeout: 30s}}\n"},
		"a check as list":               {"healthcheck: {test: [CMD, check, -q], interval: 5s, timeout: 2s, retries: 9}", "health: {ready: {exec: [check, -q], period: 5s, timeout: 2s, failures: 9}}\n"},
		"a check by curl":               {"ports: ['8080:3000']\nhealthcheck: {test: [CMD, curl, -f, 'http://localhost:3000/live'], interval: 5s, timeout: 1s}", "ports: {http: 3000}\nhealth: {ready: {http: /live, period: 5s, timeout: 1s}}\n"},
		"a check by wget":               {"ports: [80]\nhealthcheck: {test: 'wget --spider -q localhost || exit 1', interval: 5s, timeout: 1s}", "port: 80\nhealth: {ready: {http: /, period: 5s, timeout: 1s}}\n"},
		"a check of another port":       {"ports: [80]\nhealthcheck: {test: [CMD, curl, 'http://localhost:81/'], interval: 5s, timeout: 1s}", "port: 80\nhealth: {ready: {exec: [curl, 'http://localhost:81/'], period: 5s, timeout: 1s}}\n"},
		"a check with a pipe":           {"ports: [80]\nhealthcheck: {test: 'curl localhost | grep ok', interval: 5s, timeout: 1s}", "port: 80\nhealth: {ready: {exec: [/bin/sh, -c, curl localhost | grep ok], period: 5s, timeout: 1s}}\n"},
		"no check":                      {"healthcheck: {test: [NONE]}", ""},
		"resources":                     {"deploy: {replicas: 3, resources: {limits: {cpus: '0.5', memory: 50M}, reservations: {cpus: 1, memory: 1.5gb}}}", "replicas: 3\nresources:\n  limits: {cpu: 500m, memory: 50Mi}\n  requests: {cpu: 1, memory: 1536Mi}\n"},
		"older resources":               {"cpus: 2\nmem_limit: 1048576\nmem_reservation: 512k\nscale: 2", "replicas: 2\nresources:\n  limits: {cpu: 2, memory: 1Mi}\n  requests: {memory: 512Ki}\n"},
		"user":                          {"user: '1001:1002'\nread_only: true", "security: {runAsUser: 1001, runAsGroup: 1002}\n"},
		"grace period":                  {"stop_grace_period: 1m", "gracePeriod: 1m\n"},
		"volumes":                       {"volumes: ['data:/var/lib/x', '/scratch', {type: tmpfs, target: /run, tmpfs: {size: 67108864}}]", "kind: StatefulSet\nvolumes:\n  data: {path: /var/lib/x, size: 10Gi}\n  scratch: /scratch\n  run: {path: /run, temporary: true, medium: Memory, size: 64Mi}\n"},
		"every node":                    {"deploy: {mode: global}", "kind: DaemonSet\n"},
		"platform":                      {"platform: linux/arm64", "nodeSelector: {kubernetes.io/arch: arm64}\n"},
		"pull policy":                   {"pull_policy: if_not_present", "pullPolicy: IfNotPresent\n"},
		"a route of Traefik":            {"ports: [80]\nlabels: ['traefik.http.routers.x.rule=Host(`a.example.com`) && PathPrefix(`/p`)']", "port: 80\ningress: {host: a.example.com, path: /p}\n"},
		"labels":                        {"labels: {example.com/a: 'b'}", "podAnnotations: {example.com/a: b}\n"},
		"a hook":                        {"pre_stop: [{command: /drain now}]", "lifecycle: {preStop: {exec: [/drain, now]}}\n"},
		"itself":                        {"ports: [3000]\nenvironment: {SELF: 'http://web:3000/x'}", "ports: {http: 3000}\nenv: {SELF: 'http://${web.host}:${web.port}/x'}\n"},
		"root":                          {"user: root\ncap_drop: [NET_RAW]\nread_only: true", "security: {level: baseline, runAsUser: 0, capabilities: {drop: [NET_RAW]}}\n"},
		"root without capabilities":     {"user: '0'\ncap_drop: [all]\ncap_add: [CAP_CHOWN]\nread_only: true", "security: {level: baseline, runAsUser: 0, capabilities: {add: [CHOWN]}}\n"},
		"the node":                      {"network_mode: host\npid: host\nipc: host\nprivileged: true\nread_only: true", "security:\n  level: privileged\n  hostNetwork: true\n  hostPID: true\n  hostIPC: true\n  privileged: true\n"},
		"profiles of the kernel":        {"security_opt: ['seccomp=unconfined', 'apparmor:unconfined']\nread_only: true", "security: {level: privileged, seccomp: Unconfined, appArmor: Unconfined}\n"},
		"what is the default of a spec": {"restart: always\ncap_drop: [ALL]\nsecurity_opt: [no-new-privileges:true]\ninit: false\ntty: false\nprivileged: false\nnetwork_mode: bridge", ""},
	} {
		t.Run(name, func(t *testing.T) {
			text := "services:\n  web:\n    image: x\n    " + strings.ReplaceAll(c.compose, "\n", "\n    ") + "\n"
			p := mustConvert(t, map[string]string{"compose.yaml": text})
			got := strings.Replace(specOf(t, p, "web"), "image: x\n", "", 1)
			if got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
			if strings.HasPrefix(name, "what is the default") && p.Report.Count(draft.Lost)+p.Report.Count(draft.Changed) > 0 {
				t.Errorf("findings: %v", p.Report.Findings)
			}
		})
	}
}

// TestSharedVolumes: what others have, too, or what is seen twice, is told of; what has only the same name is not.
func TestSharedVolumes(t *testing.T) {
	p := mustConvert(t, map[string]string{"compose.yaml": `services:
  a: {image: x, volumes: ['data:/a', 'data:/b', './one/data:/c', './two/data:/d']}
  b: {image: x, volumes: ['data:/a', './two/data:/b', './data:/c']}
volumes: {data: {}}
`})
	var told []string
	for _, f := range p.Report.Findings {
		if f.Level == draft.Changed && strings.HasPrefix(f.Text, "the volume ") {
			told = append(told, f.Field+": "+f.Text)
		}
	}
	if got, want := strings.Join(told, "\n"), `services.a.volumes[1]: the volume data is mounted at another path already, and here each path has a volume of its own
services.b.volumes[0]: the volume data is that of a too, and here each has its own
services.b.volumes[1]: the volume data is that of a too, and here each has its own`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestInterpolation holds Compose's grammar of variables.
func TestInterpolation(t *testing.T) {
	known := variables{"A": "a", "EMPTY": "", "B": "b"}
	for text, want := range map[string]string{
		"$A": "a", "${A}": "a", "$A$B": "ab", "${A}b": "ab", "x$A.y": "xa.y", "$$A": "$A", "$$$A": "$a", "${X:-d}": "d", "${X-d}": "d", "${EMPTY:-d}": "d", "${EMPTY-d}": "",
		"${A:+r}": "r", "${X:+r}": "", "${EMPTY:+r}": "", "${EMPTY+r}": "r", "${X:-${A}}": "a", "${X:-${Y:-z}}": "z", "${X:-a}b}": "ab}", "${X:-}": "", "${A:?no}": "a", "${X}": "", "${X:?no}": "", "${X:-a:b/c}": "a:b/c",
		"${": "error", "$": "error", "$-": "error", "${A": "error", "${-}": "error", "${A!b}": "error", "${A:}": "error", "100$": "error",
	} {
		f := &filling{variables: known}
		got := "error"
		if err := f.text(text, 0); err == nil {
			got = f.all()
		}
		if got != want {
			t.Errorf("%s gives %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"${X}": "[X]", "$X ${Y:-$Z}": "[X Z]", "${X:?no}": "[X]", "${X:-d}": "[]", "${EMPTY}": "[]"} {
		f := &filling{variables: known}
		if err := f.text(text, 0); err != nil || fmt.Sprint(f.missing) != want {
			t.Errorf("%s misses %v, want %s (%v)", text, f.missing, want, err)
		}
	}
}

func TestDotenv(t *testing.T) {
	settings, err := dotenv([]byte("\ufeff# remark\r\nA=1\nexport B = two words # remark\nC='$A #x'\nD=\"line\\none $A\"\nE=\nF: yaml\nG=\"a\nb\"\nH=x#y\nnothing\nI=${A}${H}\nA=2\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, s := range settings {
		got += fmt.Sprintf("%s=%q@%d ", s.name, s.value, s.line)
	}
	want := `A="1"@2 B="two words"@3 C="$A #x"@4 D="line\none 1"@5 E=""@6 F="yaml"@7 G="a\nb"@8 H="x#y"@10 I="1x#y"@12 A="2"@13 `
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, wrong := range []string{"A='x", "A=\"x\n", "two words=1", "=x", "\xff=1"} {
		if _, err := dotenv([]byte(wrong), nil); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}

func TestMerge(t *testing.T) {
	disk := fstest.MapFS{
		"compose.yaml": &fstest.MapFile{Data: []byte(`services:
  web:
    image: a
    command: [one, two]
    environment: [A=1, B=1]
    ports: ["80:80", "81:81"]
    volumes: ["old:/data", "/x"]
    depends_on: [db]
    env_file: one.env
    labels: {keep: "1", gone: "1"}
    healthcheck: {test: [CMD, a], interval: 1s}
  db: {image: b}
`)},
		"over.yaml": &fstest.MapFile{Data: []byte(`services:
  web:
    image: c
    command: [three]
    environment: {B: 2, C: 2}
    ports: ["80:80", "82:82"]
    volumes: ["new:/data"]
    depends_on: {cache: {condition: service_started}}
    env_file: [two.env]
    labels: {gone: !reset null}
    healthcheck: {test: [CMD, b]}
  db: !override {image: d}
  cache: {image: e}
`)},
		"one.env": &fstest.MapFile{Data: []byte("ONE=1\nBOTH=1\n")},
		"two.env": &fstest.MapFile{Data: []byte("TWO=2\nBOTH=2\n")},
	}
	p, err := Convert(Input{Folder: source.Folder{FS: disk, InProject: true}, Paths: []string{"compose.yaml", "over.yaml"}})
	if err != nil {
		t.Fatal(err)
	}
	want := `kind: StatefulSet
image: c
args: [three]
ports: {http: 80, tcp-81: 81, tcp-82: 82}
health: {ready: {exec: [b], period: 1s, timeout: 30s}}
env: {ONE: "1", BOTH: "2", TWO: "2", A: "1", B: "2", C: "2"}
volumes:
  new: {path: /data, size: 10Gi}
  x: /x
podAnnotations: {keep: "1"}
`
	if got := specOf(t, p, "web"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := specOf(t, p, "db"); got != "image: d\n" {
		t.Errorf("db: %s", got)
	}
}

func TestExtendsAndInclude(t *testing.T) {
	files := map[string]string{
		"compose.yaml":      "include:\n  - parts/cache.yaml\n  - {path: [parts/more.yaml], env_file: parts/more.env}\nservices:\n  web:\n    extends: {service: base}\n    environment: {OWN: '1'}\n  base:\n    extends: {file: parts/base.yaml, service: root}\n    image: base\n",
		"parts/base.yaml":   "services:\n  root:\n    env_file: base.env\n    command: [run]\n    environment: [OWN=0, ROOT=1]\n",
		"parts/base.env":    "FILE=1\n",
		"parts/cache.yaml":  "services:\n  cache:\n    image: redis:${TAG}\n    env_file: base.env\n",
		"parts/.env":        "TAG=7\n",
		"parts/more.yaml":   "services:\n  more:\n    image: more:${MORE:-none}\n",
		"parts/more.env":    "MORE=2\n",
		"outside/never.yml": "",
	}
	p := mustConvert(t, files)
	for name, want := range map[string]string{
		"web":   "image: base\nargs: [run]\nenv: {FILE: \"1\", OWN: \"1\", ROOT: \"1\"}\n",
		"base":  "image: base\nargs: [run]\nenv: {FILE: \"1\", OWN: \"0\", ROOT: \"1\"}\n",
		"cache": "image: redis:7\nports: {redis: 6379}\nenv: {FILE: \"1\"}\n",
		"more":  "image: more:2\n",
	} {
		if got := specOf(t, p, name); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

// TestRefused holds what is no Compose file at all, word for word.
func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "compose.yaml: it says nothing: a Compose file has services",
		"a: [":                                "compose.yaml:1:1: this is not YAML: did not find expected node content; check the indentation and the quotes around this line",
		"- a\n":                               "compose.yaml:1:1: a Compose file holds keys with values, not a list",
		"version: '3'\n":                      `compose.yaml:1:1: there are no services: a Compose file has the key "services"`,
		"services: [a]\n":                     "compose.yaml:1:11: services are keys with values (NAME: …), not a list",
		"services: {a: {image: x, image: y}}": `compose.yaml:1:26: "image" is said twice, first in line 1: keep one of them`,
		"services: {a: {image: '${x'}}":       "compose.yaml:1:23: ${ is not closed: write }, or $${ for the text ${",
		"services: {a: {image: 'a$'}}":        "compose.yaml:1:23: a $ stands alone, which Compose refuses: write $$ for a dollar",
		"services: {a: {extends: b}, b: {extends: a}}":       "compose.yaml:1:25: services extend each other in a circle: take one extends out",
		"services: {a: {extends: {service: b}}}":             `compose.yaml:1:35: there is no service "b" to extend`,
		"services: {a: {extends: {file: ../x, service: b}}}": `compose.yaml:1:32: the extended file "../x" lies outside of the project: begin at the folder that holds both`,
		"include: [gone.yaml]\nservices: {a: {image: x}}":    "gone.yaml: cannot be read: file does not exist",
		"include: [compose.yaml]\nservices: {a: {image: x}}": "compose.yaml:1:11: files include each other more than 20 deep: include each file once",
		"services: {a: &a {image: x, b: *a}}":                "compose.yaml:1:32: the alias *a stands inside of its own anchor: write the value out",
	} {
		if _, err := convert(t, map[string]string{"compose.yaml": text}); err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
}

// TestFindings holds where a finding stands and what it says.
func TestFindings(t *testing.T) {
	p := mustConvert(t, map[string]string{"compose.yaml": `services:
  web:
    image: x
    working_dir: /srv
    user: app
    enviroment: {A: b}
    volumes:
      - ../up:/up
  off: {image: x, profiles: [debug]}
`})
	for field, want := range map[string]string{
		"services.web.working_dir": "lost compose.yaml:4:18: a spec does not say the working folder",
		"services.web.user":        "lost compose.yaml:5:11: the user \"app\" is no number, and a cluster does not look names up",
		"services.web.enviroment":  "lost compose.yaml:6:17: Compose has no such key",
		"services.web.volumes[0]":  "lost compose.yaml:8:9: ../up lies outside of the project",
		"services.off":             "lost compose.yaml:9:8: the profile debug is off, so this service is left out",
	} {
		if got := finding(p, field); got != want {
			t.Errorf("%s: got %q, want %q", field, got, want)
		}
	}
	if len(mustConvert(t, map[string]string{"compose.yaml": "services:\n  off: {image: x, profiles: [debug]}\n"}, "debug").Services) != 1 {
		t.Error("the profile that is on is left out")
	}
}
