package registries

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-chart-factory/factory/cluster/internal/containerd"
)

// written converts text and returns the files below containerd's directory, by path.
func written(t *testing.T, text string) (map[string]string, Plan) {
	t.Helper()
	file, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := Convert(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := plan.Write(dir, "/node"); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	err = filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[name] = strings.TrimPrefix(string(data), "# Made by factory-cluster from registries.yaml; changes here are lost.\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, plan
}

func TestHosts(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, []byte("the authority"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, text string
		want       map[string]string
	}{
		{"nothing", ``, map[string]string{}},
		{
			"the seed's registry",
			`mirrors: {"localhost:5000": {endpoint: ["http://localhost:5000"]}}`,
			map[string]string{"localhost:5000/hosts.toml": `
[host."http://localhost:5000/v2"]
  capabilities = ["pull", "resolve"]
`},
		},
		{
			"schemes, paths, order, and one endpoint twice",
			`mirrors: {docker.io: {endpoint: [mirror.test, "localhost:5000", "https://proxy.test/hub", "https://mirror.test/v2/", docker.io]}}`,
			map[string]string{"docker.io/hosts.toml": `
[host."https://mirror.test/v2"]
  capabilities = ["pull", "resolve"]

[host."http://localhost:5000/v2"]
  capabilities = ["pull", "resolve"]

[host."https://proxy.test/hub"]
  capabilities = ["pull", "resolve"]
  override_path = true

[host."https://registry-1.docker.io/v2"]
  capabilities = ["pull", "resolve"]
`},
		},
		{
			"every host",
			`{mirrors: {"*": {endpoint: ["https://all.test"]}}, configs: {"*": {tls: {insecure_skip_verify: true}}}}`,
			map[string]string{"_default/hosts.toml": `skip_verify = true

[host."https://all.test/v2"]
  capabilities = ["pull", "resolve"]
  skip_verify = true
`},
		},
		{
			"TLS of a host without a mirror, and of an endpoint",
			`{mirrors: {a.test: {endpoint: ["https://b.test"]}}, configs: {b.test: {tls: {ca_file: ` + ca + `, cert_file: ` + ca + `, key_file: ` + ca + `}}}}`,
			map[string]string{
				"a.test/hosts.toml": `
[host."https://b.test/v2"]
  capabilities = ["pull", "resolve"]
  ca = "/node/a.test/1-ca.pem"
  client = [["/node/a.test/2-ca.pem", "/node/a.test/3-ca.pem"]]
`,
				"a.test/1-ca.pem": "the authority", "a.test/2-ca.pem": "the authority", "a.test/3-ca.pem": "the authority",
				"b.test/hosts.toml": `ca = "/node/b.test/1-ca.pem"
client = [["/node/b.test/2-ca.pem", "/node/b.test/3-ca.pem"]]
`,
				"b.test/1-ca.pem": "the authority", "b.test/2-ca.pem": "the authority", "b.test/3-ca.pem": "the authority",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, _ := written(t, test.text)
			for name, want := range test.want {
				if got[name] != want {
					t.Errorf("%s:\n%s\nwant:\n%s", name, got[name], want)
				}
				delete(got, name)
			}
			for name := range got {
				t.Errorf("unexpected file %s", name)
			}
		})
	}
}

func TestCredentials(t *testing.T) {
	_, plan := written(t, `{configs: {
  docker.io: {auth: {username: u, password: p}},
  token.test: {auth: {identity_token: t}},
  basic.test: {auth: {auth: dTpw}}}}`)
	want := map[string]containerd.Auth{
		"docker.io":            {Username: "u", Password: "p"},
		"registry-1.docker.io": {Username: "u", Password: "p"},
		"token.test":           {IdentityToken: "t"},
		"basic.test":           {Auth: "dTpw"},
	}
	if len(plan.Auths) != len(want) {
		t.Errorf("got %v", plan.Auths)
	}
	for host, auth := range want {
		if plan.Auths[host] != auth {
			t.Errorf("%s: got %v, want %v", host, plan.Auths[host], auth)
		}
	}
}

func TestRewritesAreServedByTheSupervisor(t *testing.T) {
	files, plan := written(t, `
mirrors:
  b.test: {endpoint: ["https://m.test/prefix"], rewrite: {"^a$": b}}
  a.test: {endpoint: ["https://m.test"], rewrite: {"^(.*)$": "x/$1"}}
configs: {m.test: {auth: {username: u, password: p}}}
`)
	if len(plan.Routes) != 2 || plan.Routes[0].Target.String() != "https://m.test/v2" || plan.Routes[1].Target.String() != "https://m.test/prefix" {
		t.Fatalf("routes %+v", plan.Routes)
	}
	for host, address := range map[string]string{"a.test": "127.0.0.1:6500", "b.test": "127.0.0.1:6501"} {
		if got := files[host+"/hosts.toml"]; !strings.Contains(got, `[host."http://`+address+`/v2"]`) {
			t.Errorf("%s:\n%s", host, got)
		}
		if plan.Auths[address].Username != "u" {
			t.Errorf("%s has no credentials: %v", address, plan.Auths)
		}
	}
}

func TestWriteRemovesWhatIsNoLongerSaid(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "old.test"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := (Plan{}).Write(dir, "/node"); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("left: %v", entries)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		`mirrors: [`: "yaml",
		`mirrors: {a.test: {endpoint: ["ftp://b.test"]}}`:       `mirror "a.test": endpoint "ftp://b.test": the scheme must be http or https`,
		`mirrors: {a.test: {endpoint: [""]}}`:                   `mirror "a.test": endpoint "" has no host`,
		`mirrors: {a.test: {endpoint: [b], rewrite: {"(": x}}}`: `mirror "a.test": rewrite "("`,
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", text, err, want)
		}
	}
	plan := Plan{Hosts: map[string]Host{"../up": {}}}
	if err := plan.Write(t.TempDir(), "/node"); err == nil {
		t.Error("a host that is a path was written")
	}
	plan = Plan{Hosts: map[string]Host{"a.test": {TLS: &TLS{CAFile: "/does/not/exist"}}}}
	if err := plan.Write(t.TempDir(), "/node"); err == nil || !strings.Contains(err.Error(), "/does/not/exist") {
		t.Errorf("a missing CA file: %v", err)
	}
}

func TestLoadWithoutAFile(t *testing.T) {
	for _, path := range []string{"", filepath.Join(t.TempDir(), "none.yaml")} {
		file, err := Load(path)
		if err != nil || len(file.Mirrors)+len(file.Configs) != 0 {
			t.Errorf("%q: %v %v", path, file, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`mirrors: {docker.io: {endpoint: ["https://m.test/a"], rewrite: {"^a(.*)": "b$1"}}}`)
	f.Add(`configs: {"a:5000": {auth: {auth: x}, tls: {insecure_skip_verify: true}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse([]byte(text))
		if err != nil {
			return
		}
		// What parses converts: nothing is found out too late.
		if _, err := Convert(file); err != nil {
			t.Errorf("%q parses but does not convert: %v", text, err)
		}
	})
}
