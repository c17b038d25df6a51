package doctor_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/doctor"
	"github.com/helm-chart-factory/factory/factory/umbrella"
	"github.com/helm-chart-factory/factory/templates"
)

// TestWhatRuns releases a project on the API server and then breaks it, one thing after the other.
func TestWhatRuns(t *testing.T) {
	pods := newPods(t)
	cluster := clustertest.Cluster(t)
	namespace := clustertest.Name(t, cluster)
	project := load(t, map[string]string{
		"factory.yaml":                "version: 1\nname: shop\nnamespace: " + namespace + "\n",
		"services/store/service.yaml": "ports: {db: 5432}\nimage: example.invalid/store:1\n",
		// What a hook ran as is gone afterwards, and what is switched off was never there.
		"services/migrate/service.yaml": "kind: Job\nimage: example.invalid/ends:1\nhook: {on: [pre-install]}\naccess: [{resources: [secrets], verbs: [get]}]\n",
		"services/off/service.yaml":     "enabled: false\nport: 8080\nimage: example.invalid/off:1\nhealth: {ready: /ready}\naccess: [{resources: [secrets], verbs: [get]}]\n",
		"services/web/service.yaml": fmt.Sprintf(`port: %d
image: example.invalid/web:1
needs: [store]
health: {ready: "/ready?without=store"}
ingress: {host: shop.test, tls: {secret: shop-tls}}
access:
- {resources: [pods, deployments.apps/scale], verbs: [get, list]}
- {resources: [nodes], verbs: [list], scope: cluster}
`, pods.port),
	})
	o, client := on(t, project)
	r := &releaseTest{T: t, o: o, client: client, namespace: namespace, pods: pods}
	wantNotHere(t, result(t, o, "api-server", "release"), "nothing is released yet: factory deploy")
	wantNotHere(t, result(t, o, "api-server", "release", "access"), "nothing is released yet")

	clustertest.RunPods(t, cluster, namespace, pods.status)
	if _, err := umbrella.Generate(t.Context(), project.Dir, templates.Files, umbrella.Request{Umbrella: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := deploy.Apply(t.Context(), deploy.Options{
		Cluster: cluster, Name: project.Name, Namespace: namespace, MadeBy: "test", Timeout: time.Minute,
		Chart: deploy.FromDir(filepath.Join(project.Dir, umbrella.Dir)),
	}); err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct {
		name string
		run  func(*releaseTest)
	}{
		{"certificates", certificatesBreak},
		{"everything is right", nothingIsWrong},
		{"an image is missing", podsBreak},
		{"access is taken away", accessBreaks},
		{"pods run as another account", accountBreaks},
		{"a needed service is gone", needsBreak},
		{"a service says that it is not ready", readinessBreaks},
	} {
		t.Run(part.name, func(t *testing.T) {
			inner := *r
			inner.T = t
			part.run(&inner)
		})
	}
}

type releaseTest struct {
	*testing.T
	o         doctor.Options
	client    kubernetes.Interface
	namespace string
	pods      *pods
}

// becomes runs a check of the release until it has an outcome: controllers and caches take their moment.
func (r *releaseTest) becomes(outcome doctor.Outcome, id string) (got doctor.Result) {
	r.Helper()
	for limit := time.Now().Add(20 * time.Second); got.Outcome != outcome; time.Sleep(50 * time.Millisecond) {
		got = result(r.T, r.o, "api-server", "release", id)
		if time.Now().After(limit) {
			r.Fatalf("%s %s: %s %+v, want it %s", id, got.Outcome, got.Detail, got.Problems, outcome)
		}
	}
	return got
}

func (r *releaseTest) patch(deployment, patch string) {
	r.Helper()
	must(r.client.AppsV1().Deployments(r.namespace).Patch(r.Context(), deployment, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{}))
}

func nothingIsWrong(r *releaseTest) {
	wantPassed(r.T, result(r.T, r.o, "api-server", "release"), "revision 1, deployed")
	for id, detail := range map[string]string{
		"pods": "2 of 2 ready", "service-account": "2 pods", "access": "5 rights", "readiness": "web 200",
		"certificates": "1 certificate, valid until ",
	} {
		wantPassed(r.T, r.becomes(doctor.Passed, id), detail)
	}
}

func accessBreaks(r *releaseTest) {
	roles := r.client.RbacV1().Roles(r.namespace)
	role := must(roles.Get(r.Context(), "web", metav1.GetOptions{}))
	if err := roles.Delete(r.Context(), "web", metav1.DeleteOptions{}); err != nil {
		r.Fatal(err)
	}
	wantFailed(r.T, result(r.T, r.o, "api-server", "release", "pods"), "not in the cluster: role/web", "somebody deleted them since", "factory deploy")
	role.ResourceVersion, role.UID = "", ""
	role.Rules[0].Verbs = []string{"get"}
	must(roles.Create(r.Context(), role, metav1.CreateOptions{}))
	user := "system:serviceaccount:" + r.namespace + ":web"
	wantFailed(r.T, r.becomes(doctor.Failed, "access"), user+" may not: list ", "its Role or the binding is missing or was changed",
		"factory deploy   (where that writes nothing: factory rollback 1)", "then look: kubectl ", " auth can-i list ", "-n "+r.namespace+" --as "+user)
}

func accountBreaks(r *releaseTest) {
	r.patch("web", `{"spec":{"template":{"spec":{"serviceAccountName":"default","serviceAccount":"default","automountServiceAccountToken":false}}}}`)
	got := r.becomes(doctor.Failed, "service-account")
	wantFailed(r.T, got, " runs as default, and web is the account of web", "the rights of that account instead", "factory deploy")
	r.patch("web", `{"spec":{"template":{"spec":{"serviceAccountName":"web","serviceAccount":"web"}}}}`)
	eventually(r.T, func() bool {
		got := result(r.T, r.o, "api-server", "release", "service-account")
		return len(got.Problems) == 1 && strings.Contains(got.Problems[0].Saw, "has no token of its account, and web has access")
	})
	r.patch("web", `{"spec":{"template":{"spec":{"automountServiceAccountToken":true}}}}`)
	r.becomes(doctor.Passed, "service-account")
	if err := r.client.CoreV1().ServiceAccounts(r.namespace).Delete(r.Context(), "store", metav1.DeleteOptions{}); err != nil {
		r.Fatal(err)
	}
	wantFailed(r.T, result(r.T, r.o, "api-server", "release", "service-account"), "namespace "+r.namespace+" has no service account store",
		"no pod of store can be made", "factory deploy")
	must(r.client.CoreV1().ServiceAccounts(r.namespace).Create(r.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "store"}}, metav1.CreateOptions{}))
}

func needsBreak(r *releaseTest) {
	needs := []string{"api-server", "release", "needs"}
	wantFailed(r.T, result(r.T, r.o, needs...), "nothing is ready behind port db of Service store (0 pods)", "web cannot reach it",
		"kubectl --kubeconfig "+os.Getenv(clustertest.Kubeconfig)+" -n "+r.namespace+" get pods -l app.kubernetes.io/name=store; factory logs store --tail 20")
	// Kubernetes makes endpoints of pods that are on a node, and there is none.
	isReady := endpointsOf(r.T, r.client, r.namespace, "store", "db", false)
	wantFailed(r.T, result(r.T, r.o, needs...), "nothing is ready behind port db of Service store (1 pod)")
	isReady(true)
	wantPassed(r.T, result(r.T, r.o, needs...), "1 service that others need")
	if err := r.client.CoreV1().Services(r.namespace).Delete(r.Context(), "store", metav1.DeleteOptions{}); err != nil {
		r.Fatal(err)
	}
	wantFailed(r.T, result(r.T, r.o, needs...), "namespace "+r.namespace+" has no Service store", "factory deploy")
}

func readinessBreaks(r *releaseTest) {
	r.pods.away.Store(true)
	wantFailed(r.T, result(r.T, r.o, "api-server", "release", "readiness"),
		`answers GET /ready with 503: {"reason":"store: connection refused, password: ****"}`,
		"its probe asks /ready?without=store and keeps it in its Service, but part of it does not work", "factory logs web store --tail 20")
	r.pods.broken.Store(true)
	wantFailed(r.T, result(r.T, r.o, "api-server", "release", "readiness"), "answers GET /ready?without=store with 503", "nobody reaches it")
	r.pods.away.Store(false)
	r.pods.broken.Store(false)
	wantPassed(r.T, result(r.T, r.o, "api-server", "release", "readiness"), "web 200")
}

func podsBreak(r *releaseTest) {
	r.patch("store", `{"spec":{"template":{"spec":{"containers":[{"name":"store","image":"example.invalid/missing:1"}]}}}}`)
	var got doctor.Result
	eventually(r.T, func() bool {
		got = result(r.T, r.o, "api-server", "release", "pods")
		return got.Outcome == doctor.Failed && strings.Contains(got.Problems[0].Saw, "ImagePullBackOff")
	})
	wantFailed(r.T, got, "deployment/store, container store: ImagePullBackOff", "not found", "the registry has no image example.invalid/missing:1")
	if got.Detail != "1 of 2 not ready" {
		r.Errorf("detail %q", got.Detail)
	}
	r.patch("store", `{"spec":{"template":{"spec":{"containers":[{"name":"store","image":"example.invalid/store:1"}]}}}}`)
	r.becomes(doctor.Passed, "pods")
}

func certificatesBreak(r *releaseTest) {
	checks := []string{"api-server", "release", "certificates"}
	wantFailed(r.T, result(r.T, r.o, checks...), "namespace "+r.namespace+" has no Secret shop-tls with the certificate for shop.test", "create secret tls shop-tls --cert=FILE")
	now := time.Now()
	day := 24 * time.Hour
	for _, broken := range []struct {
		host        string
		from, until time.Duration
		parts       []string
	}{
		{"shop.test", -2 * day, -day, []string{"the certificate in Secret shop-tls expired at ", "clients refuse", "put a new certificate into Secret shop-tls"}},
		{"shop.test", time.Hour, 90 * day, []string{"is valid from ", "the clock that made it is ahead", "timedatectl"}},
		{"shop.test", -80 * day, 3 * day, []string{"expires at ", "should have been renewed by now"}},
		{"other.test", -day, 90 * day, []string{"is not for shop.test but for other.test"}},
	} {
		r.serveCertificate(selfSigned(r.T, broken.host, now.Add(broken.from), now.Add(broken.until)))
		wantFailed(r.T, result(r.T, r.o, checks...), broken.parts...)
	}
	r.serveCertificate([]byte("nonsense"))
	wantFailed(r.T, result(r.T, r.o, checks...), "Secret shop-tls, for shop.test: it holds no certificate under tls.crt")
	r.serveCertificate(selfSigned(r.T, "shop.test", now.Add(-day), now.Add(90*day)))
	wantPassed(r.T, result(r.T, r.o, checks...), "1 certificate, valid until "+now.Add(90*day).Format(time.DateOnly))
}

func (r *releaseTest) serveCertificate(certificate []byte) {
	r.Helper()
	secrets := r.client.CoreV1().Secrets(r.namespace)
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "shop-tls"}, Type: corev1.SecretTypeTLS,
		Data: map[string][]byte{corev1.TLSCertKey: certificate, corev1.TLSPrivateKeyKey: []byte("of no interest here")},
	}
	if _, err := secrets.Update(r.Context(), secret, metav1.UpdateOptions{}); err != nil {
		must(secrets.Create(r.Context(), secret, metav1.CreateOptions{}))
	}
}

func selfSigned(t *testing.T, host string, from, until time.Time) []byte {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}, NotBefore: from, NotAfter: until,
	}
	var out bytes.Buffer
	if err := pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// pods are where the pods of the test answer: away leaves out the store behind web, broken everything.
type pods struct {
	address      string
	port         int
	away, broken atomic.Bool
}

// newPods listens at an address that the API server is willing to lead a request to: not loopback.
func newPods(t *testing.T) *pods {
	t.Helper()
	s := &pods{}
	addresses := must(net.InterfaceAddrs())
	for _, address := range addresses {
		if network, ok := address.(*net.IPNet); ok && network.IP.IsGlobalUnicast() && network.IP.To4() != nil {
			s.address = network.IP.String()
		}
	}
	listener := must(net.Listen("tcp4", net.JoinHostPort(s.address, "0")))
	server := httptest.NewUnstartedServer(http.HandlerFunc(s.answer))
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	s.port = listener.Addr().(*net.TCPAddr).Port
	return s
}

func (s *pods) answer(w http.ResponseWriter, r *http.Request) {
	if s.broken.Load() || s.away.Load() && r.URL.RawQuery == "" {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `{"reason":"store: connection refused, password: hunter22"}`)
		return
	}
	fmt.Fprint(w, `{"status":"ready"}`)
}

// status is what the kubelet of the test reports of a pod.
func (s *pods) status(pod *corev1.Pod) *corev1.PodStatus {
	status := clustertest.Running(pod)
	status.PodIP, status.PodIPs = s.address, []corev1.PodIP{{IP: s.address}}
	switch image := pod.Spec.Containers[0].Image; {
	case strings.Contains(image, "ends"):
		status.Phase = corev1.PodSucceeded
		status.ContainerStatuses[0].State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{}}
	case strings.Contains(image, "missing"):
		status = &corev1.PodStatus{Phase: corev1.PodPending, ContainerStatuses: []corev1.ContainerStatus{{
			Name: pod.Spec.Containers[0].Name, Image: pod.Spec.Containers[0].Image,
			State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff", Message: "example.invalid/missing:1: not found"}},
		}}}
	}
	return status
}
