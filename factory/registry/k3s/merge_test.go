package k3s_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/helm-chart-factory/factory/factory/registry/k3s"
	registrydata "github.com/helm-chart-factory/factory/registry"
)

var local = []k3s.Mirror{{Name: "localhost:5000", Endpoints: []string{"http://localhost:5000"}}}

const entry = "  \"localhost:5000\":\n    endpoint:\n      - \"http://localhost:5000\"\n"

func TestMergeKeepsEveryOtherByte(t *testing.T) {
	for name, test := range map[string]struct{ content, want string }{
		"empty":         {"", "mirrors:\n" + entry},
		"comments only": {"# ours\n", "# ours\nmirrors:\n" + entry},
		"no mirrors": {"configs:\n  a:\n    auth: {username: u, password: p} # secret\n",
			"configs:\n  a:\n    auth: {username: u, password: p} # secret\nmirrors:\n" + entry},
		"no newline at the end": {"configs: {}", "configs: {}\nmirrors:\n" + entry},
		"null mirrors":          {"mirrors:\nconfigs: {}\n", "mirrors:\n" + entry + "configs: {}\n"},
		"other mirrors": {"# top\nmirrors: # of ours\n\n  # the hub\n  docker.io:\n    endpoint: [https://m]\n",
			"# top\nmirrors: # of ours\n" + entry + "\n  # the hub\n  docker.io:\n    endpoint: [https://m]\n"},
		"their indentation": {"mirrors:\n    docker.io:\n        endpoint:\n        - https://m\n",
			"mirrors:\n    \"localhost:5000\":\n      endpoint:\n        - \"http://localhost:5000\"\n    docker.io:\n        endpoint:\n        - https://m\n"},
		"a conflicting endpoint": {"mirrors:\n  localhost:5000:\n    endpoint:\n      - http://10.0.0.1:5000 # theirs\n    rewrite: {a: b}\n",
			"mirrors:\n  localhost:5000:\n    endpoint:\n      - http://10.0.0.1:5000 # theirs\n      - \"http://localhost:5000\"\n    rewrite: {a: b}\n"},
		"dashes not indented": {"mirrors:\n  localhost:5000:\n    endpoint:\n    - http://a\n",
			"mirrors:\n  localhost:5000:\n    endpoint:\n    - http://a\n    - \"http://localhost:5000\"\n"},
		"no endpoints": {"mirrors:\n  localhost:5000:\n    rewrite: {a: b}\n",
			"mirrors:\n  localhost:5000:\n    endpoint:\n      - \"http://localhost:5000\"\n    rewrite: {a: b}\n"},
		"null mirror":      {"mirrors:\n  localhost:5000:\n", "mirrors:\n  localhost:5000:\n    endpoint:\n      - \"http://localhost:5000\"\n"},
		"null endpoints":   {"mirrors:\n  localhost:5000:\n    endpoint:\n", "mirrors:\n  localhost:5000:\n    endpoint:\n      - \"http://localhost:5000\"\n"},
		"Windows' ends":    {"configs: {}\r\n", "configs: {}\r\nmirrors:\r\n" + strings.ReplaceAll(entry, "\n", "\r\n")},
		"already there":    {"mirrors:\n  \"localhost:5000\": {endpoint: ['http://localhost:5000/']}\n", "mirrors:\n  \"localhost:5000\": {endpoint: ['http://localhost:5000/']}\n"},
		"list in brackets": {"mirrors:\n  localhost:5000: # c\n    endpoint: [http://a]\n", "mirrors:\n  localhost:5000: # c\n    endpoint: ['http://a', \"http://localhost:5000\"]\n"},
		"anchored elsewhere": {"mirrors:\n  a: &a\n    endpoint:\n      - http://a\n  b: *a\n",
			"mirrors:\n" + entry + "  a: &a\n    endpoint:\n      - http://a\n  b: *a\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := k3s.Merge("registries.yaml", []byte(test.content), local)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != test.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, test.want)
			}
			again, err := k3s.Merge("registries.yaml", got, local)
			if err != nil || string(again) != string(got) {
				t.Errorf("a second merge gives (%v):\n%s", err, again)
			}
		})
	}
}

func TestMergeRefuses(t *testing.T) {
	for name, test := range map[string]struct{ content, want string }{
		"no YAML":          {"mirrors:\n  a: [\n", "registries.yaml:"},
		"tabs":             {"mirrors:\n\ta: b\n", "registries.yaml:2:1: this is no YAML: found character that cannot start any token"},
		"a list":           {"- a\n", "registries.yaml:1:1: want mirrors: and configs: here"},
		"text":             {"mirrors: yes please\n", "registries.yaml:1:10: mirrors: wants registry names"},
		"endpoints as map": {"mirrors:\n  localhost:5000:\n    endpoint: {a: b}\n", `registries.yaml:3:15: the mirror "localhost:5000" wants a list of endpoints`},
		"a key twice":      {"mirrors:\n  a: {}\n  a: {}\n", `registries.yaml:3:3: the key "a" is given twice`},
		"two documents":    {"mirrors: {}\n---\nmirrors: {}\n", "registries.yaml:2:1: a second document begins here"},
		"an alias in the way": {"mirrors:\n  a: &a\n    endpoint: [http://a]\n  localhost:5000: *a\n",
			`registries.yaml:4:3: the mirror "localhost:5000" cannot be added without changing what else the file says`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := k3s.Merge("registries.yaml", []byte(test.content), local)
			var place *k3s.Error
			if !errors.As(err, &place) || !strings.HasPrefix(err.Error(), test.want) || !strings.HasSuffix(err.Error(), "nothing was changed") {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

// The file in registry/ shows people what is merged for the registry of a project that names none.
func TestTheShippedFileIsWhatIsMerged(t *testing.T) {
	got, err := k3s.Merge("registries.yaml", registrydata.K3sRegistries, local)
	if err != nil || string(got) != string(registrydata.K3sRegistries) {
		t.Errorf("merging into the shipped file gives (%v):\n%s", err, got)
	}
}

// FuzzMerge: whatever the file says, a merge loses nothing of it, gives YAML that has the mirror, and has nothing left to
// do the second time.
func FuzzMerge(f *testing.F) {
	for _, content := range []string{
		"", "# c\n", "&00", "mirrors:\n", "mirrors: {}\n", "---\nmirrors:\n  a:\n    endpoint: [x]\n...\n",
		"mirrors: &m\n  a: &a {endpoint: [x]}\n  b: *a\nconfigs:\n  a: {auth: {username: u, password: \"p\"}, tls: {ca_file: /c}}\n",
		"mirrors:\n  localhost:5000: {endpoint: [http://x], rewrite: {\"^a\": b}}\n", "<<: {mirrors: {a: {}}}\n", "mirrors:\n  <<: {a: {}}\n",
		"? mirrors\n: ? a\n  : {}\n", "\"mirrors\": |\n  x\n", "mirrors:\r\n  a:\r\n", "mirrors:\n  localhost:5000:\n    endpoint:\n    - |\n      x\n",
	} {
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content string) {
		merged, err := k3s.Merge("registries.yaml", []byte(content), local)
		if err != nil {
			return
		}
		var before, after map[string]any
		if err := yaml.Unmarshal([]byte(content), &before); err != nil {
			t.Fatalf("the merge took what is no YAML: %v", err)
		}
		if err := yaml.Unmarshal(merged, &after); err != nil {
			t.Fatalf("the result is no YAML: %v\n%s", err, merged)
		}
		assertKept(t, "", before, after)
		mirrors, _ := after["mirrors"].(map[string]any)
		host, _ := mirrors["localhost:5000"].(map[string]any)
		if list, _ := host["endpoint"].([]any); len(list) == 0 {
			t.Fatalf("the mirror is missing:\n%s", merged)
		}
		again, err := k3s.Merge("registries.yaml", merged, local)
		if err != nil || string(again) != string(merged) {
			t.Fatalf("the second merge (%v):\n%s\nthe first:\n%s", err, again, merged)
		}
	})
}

// assertKept checks that everything in before is in after; lists may only have grown at their end.
func assertKept(t *testing.T, path string, before, after any) {
	t.Helper()
	switch was := before.(type) {
	case map[string]any:
		is, ok := after.(map[string]any)
		if !ok {
			t.Fatalf("%s was %v and is %v", path, before, after)
		}
		for key, value := range was {
			assertKept(t, path+"/"+key, value, is[key])
		}
	case []any:
		is, ok := after.([]any)
		if !ok || len(is) < len(was) {
			t.Fatalf("%s was %v and is %v", path, before, after)
		}
		for i := range was {
			assertKept(t, path, was[i], is[i])
		}
	case nil: // a null may get a value
	default:
		if !reflect.DeepEqual(before, after) {
			t.Fatalf("%s was %v and is %v", path, before, after)
		}
	}
}
