package diagnose_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
)

// cluster is an API server that has one Service, web, one container log and a pod that answers 503.
func cluster(t *testing.T, log string) kubernetes.Interface {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/services/web"):
			_, _ = w.Write([]byte(`{"kind":"Service","apiVersion":"v1","metadata":{"name":"web"}}`))
		case strings.HasSuffix(r.URL.Path, "/pods/web-1/log"):
			w.Header().Set("Content-Type", "text/plain")
			_, _ = w.Write([]byte(log))
		case strings.HasSuffix(r.URL.Path, "/pods/http:web-1:8080/proxy/ready") && r.URL.Query().Get("full") == "yes":
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte("no database yet"))
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}`))
		}
	}))
	t.Cleanup(server.Close)
	client, err := kubernetes.NewForConfig(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// The lines are those of Go, libpq, nginx, Node and client-go, as seen.
func TestTheLogTellsTheCause(t *testing.T) {
	for log, want := range map[string]struct{ cause, next string }{
		`dial tcp: lookup databse on 10.43.0.10:53: no such host`:                                                       {"the name databse does not resolve: namespace shop has no Service databse", "env:"},
		`psql: error: could not translate host name "databse" to address: Name or service not known`:                    {"the name databse does not resolve: namespace shop", "env:"},
		`Error: getaddrinfo ENOTFOUND web`:                                                                              {"although Service web is there: the cluster's DNS does not answer", "kube-dns"},
		`lookup web.other.svc.cluster.local on 10.43.0.10:53: no such host`:                                             {"although Service web is there", "kube-dns"},
		`lookup api.example.com on 10.43.0.10:53: server misbehaving`:                                                   {"the name api.example.com does not resolve", "the cluster's DNS"},
		`pods is forbidden: User "system:serviceaccount:shop:web" cannot list resource "pods" in API group "" in the n`: {"its service account web may not list pods", "{resources: [pods], verbs: [list]}"},
		`User "system:serviceaccount:shop:web" cannot get resource "deployments" in API group "apps"`:                   {"may not get deployments.apps", "access:"},
		`dial tcp 10.43.1.2:5432: connect: connection refused`:                                                          {"what it calls at 10.43.1.2:5432 refuses the connection", "ready?"},
		`connection to server at "db" (10.43.1.2), port 5432 failed: Connection refused`:                                {"the database at db does not answer", "ready?"},
		`FATAL: password authentication failed for user "postgres"`:                                                     {"the database refuses its password", "Secret"},
		`open /srv/cache: read-only file system`:                                                                        {"file system, which is read-only", "volumes: {tmp: /tmp}"},
		`write /data/x: no space left on device`:                                                                        {"disk or volume that it writes to is full", "size:"},
		`listen tcp :8080: bind: address already in use`:                                                                {"the port that it wants is taken", "port of its own"},
		`listen tcp :80: bind: permission denied`:                                                                       {"it may not listen on its port", "above 1023"},
		`tls: failed to verify certificate: x509: certificate signed by unknown authority`:                              {"does not trust the certificate", "CA's certificate"},
		`open /etc/key: permission denied`:                                                                              {"may not read or write a file", "own the file"},
	} {
		finding := diagnose.Pod(web, pod(crashing(1, "Error", "")), nil)[0]
		got := finding.With(diagnose.Ask(t.Context(), cluster(t, "starting\n"+log+"\ngood bye\n"), finding))
		if !strings.Contains(got.Cause, "the program ends with exit code 1 soon after its start; it says why itself: ") ||
			!strings.Contains(got.Cause, want.cause) || !strings.Contains(got.Next, want.next) {
			t.Errorf("%s\n got %s / %s\nwant %s / %s", log, got.Cause, got.Next, want.cause, want.next)
		}
		if got.Key() != finding.Key() {
			t.Errorf("%s: an answer makes it another trouble: %q and %q", log, got.Key(), finding.Key())
		}
	}
}

func TestALogThatSaysNothingKeepsTheCause(t *testing.T) {
	finding := diagnose.Pod(web, pod(crashing(1, "Error", "")), nil)[0]
	got := finding.With(diagnose.Ask(t.Context(), cluster(t, "it did not work\n"), finding))
	if got.Cause != finding.Cause || got.Next != finding.Next || strings.Join(got.Logs, "|") != "it did not work" {
		t.Errorf("got %+v", got)
	}
}

func TestWhatTheStateKnowsTheLogDoesNotContradict(t *testing.T) {
	finding := diagnose.Pod(web, pod(crashing(137, "OOMKilled", "")), nil)[0]
	got := finding.With(diagnose.Ask(t.Context(), cluster(t, "open /x: permission denied\n"), finding))
	if got.Cause != "the container used more memory than its limit allows and was killed" {
		t.Errorf("got %q", got.Cause)
	}
}

func TestTheProbesAnswerIsShown(t *testing.T) {
	p := pod(running())
	p.Spec.Containers[0].Ports = []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}}
	p.Spec.Containers[0].ReadinessProbe = &corev1.Probe{}
	p.Spec.Containers[0].ReadinessProbe.HTTPGet = &corev1.HTTPGetAction{Path: "/ready?full=yes", Scheme: "HTTP"}
	p.Spec.Containers[0].ReadinessProbe.HTTPGet.Port.Type, p.Spec.Containers[0].ReadinessProbe.HTTPGet.Port.StrVal = 1, "http"
	finding := diagnose.Pod(web, p, []*corev1.Event{event("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")})[0]
	got := finding.With(diagnose.Ask(t.Context(), cluster(t, ""), finding))
	if !strings.HasSuffix(got.Detail, "\nGET /ready?full=yes on port 8080 answers 503: no database yet") {
		t.Errorf("detail %q", got.Detail)
	}
}
