package kube_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/helm-chart-factory/factory/factory/kube"
)

// server answers like an API server that is asked for its version, and returns a kubeconfig for it.
func server(t *testing.T, contextName string) (kubeconfig, address string) {
	t.Helper()
	answering := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"major":"1","minor":"34"}`))
	}))
	t.Cleanup(answering.Close)
	return write(t, contextName, answering.URL), answering.URL
}

func write(t *testing.T, contextName, address string) string {
	t.Helper()
	config := api.NewConfig()
	config.Clusters["c"] = &api.Cluster{Server: address}
	config.AuthInfos["u"] = &api.AuthInfo{Token: "t"}
	config.Contexts[contextName] = &api.Context{Cluster: "c", AuthInfo: "u"}
	config.CurrentContext = contextName
	path := filepath.Join(t.TempDir(), "kubeconfig.yaml")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestChoose(t *testing.T) {
	embedded, embeddedAddress := server(t, "embedded")
	k3s, k3sAddress := server(t, "k3s")
	other, otherAddress := server(t, "prod")
	stopped := write(t, "stopped", "http://127.0.0.1:1")
	absent := filepath.Join(t.TempDir(), "absent")
	t.Setenv("KUBECONFIG", other)
	yes := func(string) (bool, error) { return true, nil }
	no := func(string) (bool, error) { return false, nil }
	for name, test := range map[string]struct {
		choice kube.Choice
		want   string
		kind   kube.Kind
		err    string
	}{
		"the embedded cluster comes first": {
			choice: kube.Choice{EmbeddedKubeconfig: embedded, K3sKubeconfig: k3s}, want: embeddedAddress, kind: kube.Embedded},
		"k3s serves where the embedded cluster is stopped": {
			choice: kube.Choice{EmbeddedKubeconfig: stopped, K3sKubeconfig: k3s}, want: k3sAddress, kind: kube.K3s},
		"k3s serves where there is no embedded cluster": {
			choice: kube.Choice{Cluster: "auto", EmbeddedKubeconfig: absent, K3sKubeconfig: k3s}, want: k3sAddress, kind: kube.K3s},
		"one can be named": {
			choice: kube.Choice{Cluster: "k3s", EmbeddedKubeconfig: embedded, K3sKubeconfig: k3s}, want: k3sAddress, kind: kube.K3s},
		"none runs here": {
			choice: kube.Choice{EmbeddedKubeconfig: stopped, K3sKubeconfig: absent}, err: "no cluster runs on this host"},
		"none runs here, and the next step is said": {
			choice: kube.Choice{EmbeddedKubeconfig: absent, K3sKubeconfig: absent}, err: "next: factory cluster start"},
		"the named one is stopped": {
			choice: kube.Choice{Cluster: "embedded", EmbeddedKubeconfig: stopped, K3sKubeconfig: k3s}, err: "next: factory cluster start"},
		"another's cluster after a yes": {
			choice: kube.Choice{Cluster: "current", Confirm: yes, EmbeddedKubeconfig: embedded}, want: otherAddress, kind: kube.Current},
		"another's cluster not after a no": {
			choice: kube.Choice{Cluster: "current", Confirm: no}, err: "not confirmed, nothing was changed"},
		"another's cluster not when nobody can be asked": {
			choice: kube.Choice{Cluster: "current"}, err: `context "prod"`},
		"another's cluster never by default": {
			choice: kube.Choice{Confirm: yes, EmbeddedKubeconfig: absent, K3sKubeconfig: absent}, err: "no cluster runs on this host"},
		"a kubeconfig wins": {
			choice: kube.Choice{Kubeconfig: other, EmbeddedKubeconfig: embedded}, want: otherAddress, kind: kube.Named},
		"a context of the default kubeconfig": {
			choice: kube.Choice{Context: "prod", EmbeddedKubeconfig: embedded}, want: otherAddress, kind: kube.Named},
		"an unknown context": {
			choice: kube.Choice{Context: "nope"}, err: `context "nope"`},
		"an unknown word": {
			choice: kube.Choice{Cluster: "mine"}, err: `unknown cluster "mine": want auto, embedded, k3s or current`},
	} {
		t.Run(name, func(t *testing.T) {
			cluster, err := kube.Choose(t.Context(), test.choice)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("got %v, want %q in it", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if cluster.Server != test.want || cluster.Kind != test.kind {
				t.Errorf("got %s %s, want %s %s", cluster.Kind, cluster.Server, test.kind, test.want)
			}
		})
	}
}

func TestAStoppedClusterIsNotAsked(t *testing.T) {
	kubeconfig, _ := server(t, "embedded") // somebody else answers at the address
	record := filepath.Join(filepath.Dir(kubeconfig), "cluster.json")
	for text, stopped := range map[string]bool{
		`{"name": "factory"}`: true, `{"pid": 4194305}`: true, // more than Linux has
		fmt.Sprintf(`{"pid": %d}`, os.Getpid()): false, `{`: false,
	} {
		if err := os.WriteFile(record, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := kube.Choose(t.Context(), kube.Choice{Cluster: "embedded", EmbeddedKubeconfig: kubeconfig})
		if (err != nil) != stopped || stopped && err.Error() != "embedded: it is stopped\nnext: factory cluster start" {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestChooseAsksWithTheClustersName(t *testing.T) {
	other, address := server(t, "prod")
	t.Setenv("KUBECONFIG", other)
	var asked string
	_, err := kube.Choose(t.Context(), kube.Choice{Cluster: "current", Confirm: func(question string) (bool, error) {
		asked = question
		return true, nil
	}})
	if err != nil || !strings.Contains(asked, `"prod"`) || !strings.Contains(asked, address) {
		t.Errorf("asked %q (%v), want the context and the address in it", asked, err)
	}
}

func TestChooseWithoutAnyKubeconfig(t *testing.T) {
	t.Setenv("KUBECONFIG", "")
	t.Setenv("HOME", t.TempDir())
	_, err := kube.Choose(t.Context(), kube.Choice{Cluster: "current", Confirm: func(string) (bool, error) { return true, nil }})
	if err == nil || !strings.Contains(err.Error(), "set KUBECONFIG") {
		t.Errorf("got %v", err)
	}
}

func TestChooseReportsAKubeconfigThatCannotBeRead(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := kube.Choose(t.Context(), kube.Choice{Cluster: "embedded", EmbeddedKubeconfig: broken})
	if err == nil || !strings.Contains(err.Error(), broken) {
		t.Errorf("got %v, want the file's name in it", err)
	}
}

func TestChooseIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	embedded, _ := server(t, "embedded")
	_, err := kube.Choose(ctx, kube.Choice{EmbeddedKubeconfig: embedded, K3sKubeconfig: embedded})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
