package containerd

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestConfig(t *testing.T) {
	text := string(Config{
		PluginDir: "/cni", NetworkDir: "/net", CertsDir: "/certs", Snapshotter: "native",
		Auths: map[string]Auth{"b.test": {IdentityToken: "t"}, "a.test": {Username: "u", Password: "p\"\\\n"}},
	}.Render())
	for _, want := range []string{
		"restrict_oom_score_adj = true", `sandbox_image = "factory.local/pause:1"`, `snapshotter = "native"`, `config_path = "/certs"`,
		"registry.configs.\"a.test\".auth]\n      username = \"u\"\n      password = \"p\\\"\\\\\\u000A\"\n",
		"registry.configs.\"b.test\".auth]\n      identitytoken = \"t\"\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Index(text, "a.test") > strings.Index(text, "b.test") {
		t.Error("the order of hosts is not stable: containerd would be started again for nothing")
	}
}

func TestNetworkConfig(t *testing.T) {
	data, err := NetworkConfig("10.1.0.0/17")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Plugins []struct {
			Type        string
			HairpinMode bool
			IPAM        struct{ Ranges [][]struct{ Subnet string } }
		}
	}
	if err := json.Unmarshal(data, &config); err != nil {
		t.Fatal(err)
	}
	bridge := config.Plugins[0]
	if bridge.Type != "bridge" || !bridge.HairpinMode || bridge.IPAM.Ranges[0][0].Subnet != "10.1.0.0/17" {
		t.Errorf("got %s", data)
	}
}

func archive(t *testing.T, index string) *bytes.Reader {
	t.Helper()
	var out bytes.Buffer
	files := tar.NewWriter(&out)
	for name, text := range map[string]string{"blobs/sha256/0": "a layer", "index.json": index} {
		if err := files.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := files.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(out.Bytes())
}

func TestHasAll(t *testing.T) {
	have := map[string]string{"a:1": "sha256:a", "b:1": "sha256:b"}
	entry := func(name, digest string) string {
		return `{"digest":"` + digest + `","annotations":{"io.containerd.image.name":"` + name + `"}}`
	}
	for index, want := range map[string]bool{
		`{"manifests":[` + entry("a:1", "sha256:a") + `]}`:                                  true,
		`{"manifests":[` + entry("a:1", "sha256:a") + `,` + entry("b:1", "sha256:b") + `]}`: true,
		`{"manifests":[` + entry("a:1", "sha256:new") + `]}`:                                false,
		`{"manifests":[` + entry("a:1", "sha256:a") + `,` + entry("c:1", "sha256:c") + `]}`: false,
		`{"manifests":[{"digest":"sha256:a"}]}`:                                             false,
		`{"manifests":[]}`:                                                                  false,
		`no index`:                                                                          false,
	} {
		if got := HasAll(have, archive(t, index)); got != want {
			t.Errorf("%s: got %v", index, got)
		}
	}
	if HasAll(have, strings.NewReader("not a tar")) {
		t.Error("a file that is no archive counts as known")
	}
}
