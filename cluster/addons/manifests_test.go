package addons

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	podsecurity "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

func options() Options {
	return Options{DNSIP: "10.140.64.10", Domain: "cluster.test", StoragePath: "/var/lib/volumes", NodeIP: "10.140.128.2"}
}

func TestManifestsNameOnlyImagesThatAreBuilt(t *testing.T) {
	built := map[string]bool{}
	for _, a := range catalogue() {
		for _, i := range a.images {
			built[i.Name] = true
		}
	}
	deployments := ofType[appsv1.Deployment](t, options())
	if len(deployments) != 4 {
		t.Fatalf("got %d deployments, want coredns, local-path-provisioner, traefik and metrics-server", len(deployments))
	}
	for _, d := range deployments {
		for _, c := range d.Spec.Template.Spec.Containers {
			if !built[c.Image] {
				t.Errorf("%s runs %s, which nothing builds", d.Name, c.Image)
			}
		}
	}
}

func TestPodsAreRestricted(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks())
	if err != nil {
		t.Fatal(err)
	}
	restricted := podsecurity.LevelVersion{Level: podsecurity.LevelRestricted, Version: podsecurity.LatestVersion()}
	for _, d := range ofType[appsv1.Deployment](t, options()) {
		for _, result := range evaluator.EvaluatePod(restricted, &d.Spec.Template.ObjectMeta, &d.Spec.Template.Spec) {
			if !result.Allowed {
				t.Errorf("%s: %s: %s", d.Name, result.ForbiddenReason, result.ForbiddenDetail)
			}
		}
		for _, c := range d.Spec.Template.Spec.Containers {
			if c.SecurityContext.ReadOnlyRootFilesystem == nil || !*c.SecurityContext.ReadOnlyRootFilesystem {
				t.Errorf("%s: container %s can write to its image", d.Name, c.Name)
			}
		}
	}
}

func TestOptionsReachTheObjects(t *testing.T) {
	o := options()
	for _, s := range ofType[corev1.Service](t, o) {
		if s.Name == "kube-dns" && s.Spec.ClusterIP != o.DNSIP {
			t.Errorf("kube-dns has address %q, want %q", s.Spec.ClusterIP, o.DNSIP)
		}
	}
	for _, d := range ofType[appsv1.Deployment](t, o) {
		want := "--providers.kubernetesingress.ingressendpoint.ip=" + o.NodeIP
		if d.Name == "traefik" && !slices.Contains(d.Spec.Template.Spec.Containers[0].Args, want) {
			t.Errorf("traefik's arguments lack %s", want)
		}
	}
	for _, c := range ofType[corev1.ConfigMap](t, o) {
		switch c.Name {
		case "coredns":
			if !strings.Contains(c.Data["Corefile"], "kubernetes cluster.test in-addr.arpa") {
				t.Errorf("the Corefile does not serve the domain:\n%s", c.Data["Corefile"])
			}
		case "local-path-config":
			checkVolumes(t, o, c.Data)
		}
	}
}

func checkVolumes(t *testing.T, o Options, data map[string]string) {
	t.Helper()
	var config struct {
		NodePathMap []struct {
			Node  string
			Paths []string
		}
		SetupCommand, TeardownCommand string
	}
	if err := json.Unmarshal([]byte(data["config.json"]), &config); err != nil {
		t.Fatalf("config.json: %v", err)
	}
	if len(config.NodePathMap) != 1 || !slices.Equal(config.NodePathMap[0].Paths, []string{o.StoragePath}) {
		t.Errorf("volumes go to %+v, want %s", config.NodePathMap, o.StoragePath)
	}
	if config.SetupCommand != "/local-path-volume" || config.TeardownCommand != config.SetupCommand {
		t.Errorf("helper commands are %q and %q", config.SetupCommand, config.TeardownCommand)
	}
	helper, err := runtime.Decode(strictDecoder(t), []byte(data["helperPod.yaml"]))
	if err != nil {
		t.Fatalf("helperPod.yaml: %v", err)
	}
	if image := helper.(*corev1.Pod).Spec.Containers[0].Image; image != catalogue()[1].images[0].Name {
		t.Errorf("the helper pod runs %s, which nothing builds", image)
	}
}

func TestOnlyAvailableAddonsAreReturned(t *testing.T) {
	o := options()
	o.Available = map[string]bool{CoreDNS: true, CertManager: true}
	deployments := ofType[appsv1.Deployment](t, o)
	if len(deployments) != 1 || deployments[0].Name != "coredns" {
		t.Errorf("got %d deployments, want coredns alone", len(deployments))
	}
	o.Available = map[string]bool{}
	text, err := Manifests(o)
	if err != nil || len(text) != 0 {
		t.Errorf("with no images: %q, %v; want nothing", text, err)
	}
}

func TestWrongOptionsAreRefused(t *testing.T) {
	for name, change := range map[string]func(*Options){
		`DNS address ""`:             func(o *Options) { o.DNSIP = "" },
		`node address "10.0.0"`:      func(o *Options) { o.NodeIP = "10.0.0" },
		`domain "Cluster Local"`:     func(o *Options) { o.Domain = "Cluster Local" },
		`storage path "volumes"`:     func(o *Options) { o.StoragePath = "volumes" },
		`storage path "/a/../etc"`:   func(o *Options) { o.StoragePath = "/a/../etc" },
		`storage path "/a\"],\"x\""`: func(o *Options) { o.StoragePath = `/a"],"x"` },
	} {
		o := options()
		change(&o)
		if _, err := Manifests(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got error %v", name, err)
		}
	}
}

func strictDecoder(t *testing.T) runtime.Decoder {
	t.Helper()
	known := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{scheme.AddToScheme, apiregistration.AddToScheme} {
		if err := add(known); err != nil {
			t.Fatal(err)
		}
	}
	return serializer.NewCodecFactory(known, serializer.EnableStrict).UniversalDeserializer()
}

// ofType decodes every manifest strictly and returns the objects of type T.
func ofType[T any](t *testing.T, o Options) []*T {
	t.Helper()
	text, err := Manifests(o)
	if err != nil {
		t.Fatal(err)
	}
	decoder := strictDecoder(t)
	var found []*T
	for documents := yaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(text))); ; {
		document := make([]byte, 1<<16)
		n, err := documents.Read(document)
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		object, err := runtime.Decode(decoder, document[:n])
		if err != nil {
			t.Fatalf("%v in:\n%s", err, document[:n])
		}
		if wanted, ok := any(object).(*T); ok {
			found = append(found, wanted)
		}
	}
}
