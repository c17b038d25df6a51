package doctor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/doctor"
	"github.com/helm-chart-factory/factory/factory/kube"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// on is a project on the tests' API server.
func on(t *testing.T, project *spec.Project) (doctor.Options, kubernetes.Interface) {
	t.Helper()
	cluster := clustertest.Cluster(t)
	client, err := cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	return doctor.Options{
		Project: project, Hosts: filepath.Join(t.TempDir(), "hosts"),
		Connect: func(context.Context) (*kube.Cluster, error) { return cluster, nil },
	}, client
}

// shop is a project of one service, which says what else it is given. Its registry is nowhere.
func shop(t *testing.T, service string) *spec.Project {
	t.Helper()
	return load(t, map[string]string{"factory.yaml": "version: 1\nname: shop\nregistry: localhost:1\n", "services/web/service.yaml": "port: 8080\nimage: example.invalid/web:1\n" + service})
}

// must is for what a test prepares: where that fails there is nothing to test.
func must[T any](made T, err error) T {
	if err != nil {
		panic(err)
	}
	return made
}

func TestAPIServerGone(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	write(t, kubeconfig, "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: c, cluster: {server: '"+server.URL+
		"'}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nusers: [{name: u, user: {token: t}}]\n")
	o := doctor.Options{Project: shop(t, ""), Connect: func(ctx context.Context) (*kube.Cluster, error) {
		return kube.Choose(ctx, kube.Choice{Kubeconfig: kubeconfig})
	}}
	got := result(t, o, "api-server")
	wantFailed(t, got, server.URL+" does not answer", "connection refused", "asked through it", "factory cluster start")
	results := doctor.Examine(t.Context(), o).Checks
	for _, id := range []string{"clock", "nodes", "pull", "cluster-dns", "issuer", "release", "readiness"} {
		i := slices.IndexFunc(results, func(r doctor.Result) bool { return r.ID == id })
		if results[i].Outcome != doctor.NotChecked {
			t.Errorf("%s %s: %s", id, results[i].Outcome, results[i].Detail)
		}
	}
}

// TestClock stands a server between that answers an hour too late.
func TestClock(t *testing.T) {
	o, _ := on(t, shop(t, ""))
	wantPassed(t, result(t, o, "api-server", "clock"), "s apart")

	late := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"major":"1","minor":"34","gitVersion":"v1.34.2"}`)
	}))
	defer late.Close()
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	write(t, kubeconfig, "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: c, cluster: {server: '"+late.URL+
		"'}}]\ncontexts: [{name: c, context: {cluster: c}}]\n")
	o.Connect = func(context.Context) (*kube.Cluster, error) { return kube.Open(kube.Named, kubeconfig, "") }
	address, err := url.Parse(late.URL)
	if err != nil {
		t.Fatal(err)
	}
	wantFailed(t, result(t, o, "api-server", "clock"), address.Host+" is 1h0m", "not valid yet", "sudo timedatectl set-ntp true")
}

// addNode makes a node with these conditions, which is gone after the test.
func addNode(t *testing.T, client kubernetes.Interface, conditions ...corev1.NodeCondition) *corev1.Node {
	t.Helper()
	node := must(client.CoreV1().Nodes().Create(t.Context(), &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "node-"},
	}, metav1.CreateOptions{}))
	t.Cleanup(func() { _ = client.CoreV1().Nodes().Delete(context.Background(), node.Name, metav1.DeleteOptions{}) })
	status, err := json.Marshal(map[string]any{"status": map[string]any{"conditions": conditions}})
	if err != nil {
		t.Fatal(err)
	}
	return must(client.CoreV1().Nodes().Patch(t.Context(), node.Name, types.MergePatchType, status, metav1.PatchOptions{}, "status"))
}

var ready = corev1.NodeCondition{Type: corev1.NodeReady, Status: corev1.ConditionTrue}

func TestNodes(t *testing.T) {
	o, client := on(t, shop(t, ""))
	wantFailed(t, result(t, o, "api-server", "node"), "has no node", "pods have nowhere to run", "add a node")
	lonely := addNode(t, client, corev1.NodeCondition{Type: corev1.NodeReady, Status: corev1.ConditionFalse, Message: "no network plugin"})
	wantFailed(t, result(t, o, "api-server", "node"), "node "+lonely.Name+" is not Ready: no network plugin")
	if err := client.CoreV1().Nodes().Delete(t.Context(), lonely.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	healthy := addNode(t, client, ready)
	wantPassed(t, result(t, o, "api-server", "node"), healthy.Name)
	wantPassed(t, result(t, o, "api-server", "nodes"), "1 node Ready")
	wantPassed(t, result(t, o, "api-server", "nodes", "node-disk"), "no node reports DiskPressure")
	full := addNode(t, client, ready, corev1.NodeCondition{Type: corev1.NodeDiskPressure, Status: corev1.ConditionTrue, Message: "kubelet has disk pressure"})
	wantFailed(t, result(t, o, "api-server", "nodes", "node-disk"), "node "+full.Name+" has DiskPressure: kubelet has disk pressure", "evicts", "crictl rmi --prune")
	lost := addNode(t, client, corev1.NodeCondition{Type: corev1.NodeReady, Status: corev1.ConditionUnknown, Message: "Kubelet stopped posting node status."})
	wantPassed(t, result(t, o, "api-server", "node"), "")
	got := result(t, o, "api-server", "nodes")
	wantFailed(t, got, "node "+lost.Name+" is not Ready: Kubelet stopped posting node status.", " describe node "+lost.Name)
	if got.Detail != "1 of 3 nodes not Ready" || len(got.Problems) != 1 {
		t.Errorf("%s: %+v", got.Detail, got.Problems)
	}
}

func TestClusterDNS(t *testing.T) {
	o, client := on(t, shop(t, ""))
	services := client.CoreV1().Services("kube-system")
	dns := []string{"api-server", "cluster-dns"}
	wantFailed(t, result(t, o, dns...), "no Service with the label k8s-app=kube-dns", "a service reaches another by its name", " -n kube-system get pods")
	service := must(services.Create(t.Context(), &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "kube-dns", Labels: map[string]string{"k8s-app": "kube-dns"}},
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "dns", Port: 53}}},
	}, metav1.CreateOptions{}))
	t.Cleanup(func() { _ = services.Delete(context.Background(), service.Name, metav1.DeleteOptions{}) })
	wantFailed(t, result(t, o, dns...), "0 endpoints behind Service kube-system/kube-dns, none of them ready")
	endpoints := endpointsOf(t, client, "kube-system", "kube-dns", "dns", false)
	wantFailed(t, result(t, o, dns...), "1 endpoint behind Service kube-system/kube-dns, none of them ready")
	endpoints(true)
	wantPassed(t, result(t, o, dns...), "1 endpoint behind Service kube-dns")
}

// endpointsOf puts one endpoint behind a Service without a selector, and returns what sets whether it is ready.
func endpointsOf(t *testing.T, client kubernetes.Interface, namespace, service, port string, isReady bool) func(bool) {
	t.Helper()
	number := int32(53)
	slices := client.DiscoveryV1().EndpointSlices(namespace)
	slice := must(slices.Create(t.Context(), &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{GenerateName: service + "-", Labels: map[string]string{discoveryv1.LabelServiceName: service}},
		AddressType: discoveryv1.AddressTypeIPv4, Ports: []discoveryv1.EndpointPort{{Name: &port, Port: &number}},
		Endpoints: []discoveryv1.Endpoint{{Addresses: []string{"10.1.2.3"}, Conditions: discoveryv1.EndpointConditions{Ready: &isReady}}},
	}, metav1.CreateOptions{}))
	t.Cleanup(func() { _ = slices.Delete(context.Background(), slice.Name, metav1.DeleteOptions{}) })
	return func(isReady bool) {
		t.Helper()
		slice.Endpoints[0].Conditions.Ready = &isReady
		slice = must(slices.Update(t.Context(), slice, metav1.UpdateOptions{}))
	}
}

func TestStorageClass(t *testing.T) {
	o, client := on(t, shop(t, "volumes: {data: {path: /data, size: 1Gi, class: fast}}\n"))
	storage := []string{"api-server", "storage-class"}
	wantFailed(t, result(t, o, storage...), "volume data of web asks for class fast; the cluster has no storage class", "stays Pending",
		"install a storage class; k3s and")
	class := func(name string, annotations map[string]string) {
		classes := client.StorageV1().StorageClasses()
		made := must(classes.Create(t.Context(), &storagev1.StorageClass{
			ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: annotations}, Provisioner: "example.com/test",
		}, metav1.CreateOptions{}))
		t.Cleanup(func() { _ = classes.Delete(context.Background(), made.Name, metav1.DeleteOptions{}) })
	}
	class("slow", nil)
	wantFailed(t, result(t, o, storage...), "asks for class fast; the cluster's are slow", "services/web/service.yaml:3", "class: slow")
	unnamed, _ := on(t, shop(t, "volumes: {data: {path: /data, size: 1Gi}}\n"))
	wantFailed(t, result(t, unnamed, storage...), "volume data of web names no class, and no class is the default; the cluster's are slow")
	class("fast", map[string]string{"storageclass.kubernetes.io/is-default-class": "true"})
	wantPassed(t, result(t, o, storage...), "fast, slow, for 1 volume")
	wantPassed(t, result(t, unnamed, storage...), "fast, slow, for 1 volume")
	none, _ := on(t, shop(t, ""))
	wantNotHere(t, result(t, none, storage...), "no service has a persistent volume")
}

func TestIngressClass(t *testing.T) {
	o, client := on(t, shop(t, "ingress: {host: shop.test, class: nginx}\n"))
	ingress := []string{"api-server", "ingress-class"}
	wantFailed(t, result(t, o, ingress...), "the ingress of web needs a controller, and the cluster has no ingress class", "answers 404", "install an ingress controller")
	class := func(name string, annotations map[string]string) {
		classes := client.NetworkingV1().IngressClasses()
		made := must(classes.Create(t.Context(), &networkingv1.IngressClass{
			ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: annotations}, Spec: networkingv1.IngressClassSpec{Controller: "example.com/test"},
		}, metav1.CreateOptions{}))
		t.Cleanup(func() { _ = classes.Delete(context.Background(), made.Name, metav1.DeleteOptions{}) })
	}
	class("traefik", nil)
	wantFailed(t, result(t, o, ingress...), "the ingress of web names class nginx; the cluster has traefik", "services/web/service.yaml:3", "class: traefik, or leave class out")
	unnamed, _ := on(t, shop(t, "ingress: {host: shop.test}\n"))
	wantPassed(t, result(t, unnamed, ingress...), "traefik (no default, and a controller may take it anyway)")
	class("nginx", map[string]string{"ingressclass.kubernetes.io/is-default-class": "true"})
	wantPassed(t, result(t, o, ingress...), "nginx, traefik")
	wantPassed(t, result(t, unnamed, ingress...), "nginx, traefik (the default)")
	none, _ := on(t, shop(t, ""))
	wantNotHere(t, result(t, none, ingress...), "no service has an ingress")
}

func TestHosts(t *testing.T) {
	o, _ := on(t, shop(t, "ingress: {hosts: [shop.invalid, localhost]}\n"))
	got := result(t, o, "api-server", "hosts")
	wantFailed(t, got, "shop.invalid does not resolve on this machine", "a browser", "a DNS record for shop.invalid")
	if len(got.Problems) != 1 || got.Problems[0].Safe {
		t.Errorf("problems %+v: localhost resolves, and nothing is known of where this cluster's ingress answers", got.Problems)
	}

	// On a cluster of this machine it is known where the ingress answers, and a line of the hosts file is made.
	cluster := clustertest.Cluster(t)
	cluster.Kind = kube.Embedded
	o.Connect = func(context.Context) (*kube.Cluster, error) { return cluster, nil }
	o.IngressAddress = func(context.Context, *kube.Cluster) (string, error) { return "10.9.8.7", nil }
	write(t, o.Hosts, "127.0.0.1 localhost\n")
	got = result(t, o, "api-server", "hosts")
	wantFailed(t, got, "shop.invalid does not resolve", `echo "10.9.8.7 shop.invalid" | sudo tee -a `+o.Hosts, "localhost is ", "and the ingress answers on 10.9.8.7")
	if len(got.Problems) != 2 || !got.Problems[0].Safe {
		t.Errorf("problems %+v", got.Problems)
	}
}
