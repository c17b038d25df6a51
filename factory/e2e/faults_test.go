//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
	"github.com/helm-chart-factory/factory/factory/deploy/rollout"
	"github.com/helm-chart-factory/factory/factory/kube"
)

// within is how soon after its cause is visible in the cluster a diagnosis has to be shown.
const within = 5 * time.Second

// fault is a service of testdata/faults: what shows in the cluster that something is wrong, and what has to be said of it.
type fault struct {
	service string
	// sign is in a pod's status or in an event as soon as the cause can be seen.
	sign string
	// cause and next have to be in the finding, detail too where there is more to be seen.
	cause, next, detail string
}

// The first kind never runs: the deploy gives up on it early. The second runs and is not ready until the time is over.
var neverRuns = []fault{
	{service: "image-missing", sign: "not found",
		cause: "the registry has no image REGISTRY/nothing:1", next: "factory build image-missing"},
	{service: "registry-unreachable", sign: "connection refused",
		cause: "the node cannot reach the registry localhost:1", next: "factory setup-registry"},
	{service: "http-https", sign: "HTTP response to HTTPS client",
		cause: "speaks HTTP, and the node tried HTTPS", next: "factory configure-k3s-registry"},
	{service: "too-big", sign: "Insufficient cpu",
		cause: "no node has enough free cpu: the pod asks for cpu 200", next: "lower resources.requests", detail: "has free "},
	{service: "class-missing", sign: `"fast" not found`,
		cause: "asks for class fast, and the cluster has none that can make the volume; its classes are local-path (default)", next: "name one of them"},
	{service: "secret-missing", sign: `"gone" not found`,
		cause: `the Secret or ConfigMap "gone" that the container's environment asks for does not exist`, next: "create it"},
}

var neverReady = []fault{
	{service: "crash", sign: `"exitCode":3`,
		cause: "the program ends with exit code 3", next: "read the log above"},
	{service: "unready", sign: "statuscode: 503",
		cause: "its probe fails: Readiness probe failed: HTTP probe failed with statuscode: 503", next: "is the service that it calls ready?",
		detail: `GET /ready on port 8080 answers 503: {"status":"not ready","reason":"database: the connection is refused`},
	{service: "out-of-memory", sign: "OOMKilled",
		cause: "used more memory than its limit allows", next: "raise resources.limits.memory"},
	{service: "rights-missing", sign: "statuscode: 503",
		cause: "the Kubernetes API refuses what it asks for", next: "access:", detail: "access is forbidden"},
	{service: "wrong-port", sign: "connection refused",
		cause: "nothing listens on the port that the probe asks", next: "check that port:"},
	{service: "wrong-name", sign: `"exitCode":2`,
		cause: "the name databse does not resolve: namespace faults-run has no Service databse", next: "correct the name in env:"},
}

// diagnoses deploys what cannot run, and wants each cause said in words, soon.
func diagnoses(t *testing.T, s *stack) {
	project := s.faults(t)
	for name, kind := range map[string]struct {
		wanted, others []fault
		timeout        time.Duration
	}{
		"faults-start": {wanted: neverRuns, others: neverReady, timeout: 90 * time.Second},
		"faults-run":   {wanted: neverReady, others: neverRuns, timeout: 45 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values := map[string]any{}
			for _, other := range kind.others {
				values[other.service] = map[string]any{"enabled": false}
			}
			opts := s.options(t, name, deploy.FromDir(filepath.Join(project, "umbrella-chart")))
			opts.Values, opts.Timeout = values, kind.timeout
			found, seen := s.watched(t, &opts)
			for _, fault := range kind.wanted {
				fault.check(t, s, found, seen)
			}
		})
	}
	t.Run("faults-hook", func(t *testing.T) {
		t.Parallel()
		failedHook(t, s)
	})
}

// faults copies the project of faulty services and generates its charts.
func (s *stack) faults(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/faults")); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "services", "*", "service.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Listener = s.listen(t)
	server.Start()
	t.Cleanup(server.Close)
	for _, file := range append(files, filepath.Join(dir, "factory.yaml")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		filled := strings.NewReplacer("REGISTRY", s.registry, "HTTPSERVER", server.Listener.Addr().String()).Replace(string(text))
		if err := os.WriteFile(file, []byte(filled), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.run(t, s.factory, "-C", dir, "sync")
	return dir
}

// listen listens at the address by which the node reaches this host.
func (s *stack) listen(t *testing.T) net.Listener {
	t.Helper()
	way, err := net.Dial("udp", net.JoinHostPort(s.status(t).NodeIP, "9")) // sends nothing
	if err != nil {
		t.Fatal(err)
	}
	defer way.Close()
	address, _, err := net.SplitHostPort(way.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// options are those of a deploy into a namespace of its own, which is removed afterwards.
func (s *stack) options(t *testing.T, namespace string, chart deploy.Chart) deploy.Options {
	t.Helper()
	cluster, err := kube.Open(kube.Named, s.kubeconfig, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if out, said, err := s.try(s.cluster, "kubectl", "--kubeconfig", s.kubeconfig, "delete", "namespace", namespace, "--ignore-not-found", "--wait=false"); err != nil {
			t.Errorf("removing namespace %s: %v\n%s%s", namespace, err, out, said)
		}
	})
	return deploy.Options{Cluster: cluster, Name: namespace, Namespace: namespace, Chart: chart, MadeBy: "test", Timeout: time.Minute}
}

// seen is what a deploy showed while it ran and what could be seen in the cluster, each with its moment.
type seen struct {
	mu    sync.Mutex
	signs []moment
	shown map[string][]shownFinding
}

type moment struct {
	at   time.Time
	text string
}

type shownFinding struct {
	at time.Time
	diagnose.Finding
}

// watched runs a deploy that fails and returns its evidence, and what was to be seen meanwhile.
func (s *stack) watched(t *testing.T, opts *deploy.Options) (*deploy.Evidence, *seen) {
	t.Helper()
	w := &seen{shown: map[string][]shownFinding{}}
	opts.Show = w.show
	var found *deploy.Evidence
	opts.Failed = func(e *deploy.Evidence) { found = e }
	s.kubectl(t, "create", "namespace", opts.Namespace)
	w.watch(t, opts)
	_, err := deploy.Apply(t.Context(), *opts)
	var notReady *rollout.NotReadyError
	if !errors.As(err, &notReady) || found == nil {
		t.Fatalf("the deploy ended with %v, evidence %v", err, found)
	}
	return found, w
}

// watch notes each state of a pod and each event with the moment at which the API server told of it.
func (w *seen) watch(t *testing.T, opts *deploy.Options) {
	t.Helper()
	client, err := opts.Cluster.Client()
	if err != nil {
		t.Fatal(err)
	}
	pods, err := client.CoreV1().Pods(opts.Namespace).Watch(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	events, err := client.CoreV1().Events(opts.Namespace).Watch(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range []watch.Interface{pods, events} {
		go func() {
			for change := range source.ResultChan() {
				text, err := json.Marshal(change.Object)
				if err != nil {
					continue
				}
				w.mu.Lock()
				w.signs = append(w.signs, moment{time.Now(), strings.ReplaceAll(string(text), `\"`, `"`)})
				w.mu.Unlock()
			}
		}()
		t.Cleanup(source.Stop)
	}
}

func (w *seen) show(states []rollout.State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, state := range states {
		for _, finding := range state.Findings {
			w.shown[state.Object.Name] = append(w.shown[state.Object.Name], shownFinding{time.Now(), finding})
		}
	}
}

// visible is the moment at which a fault could first be seen.
func (w *seen) visible(f fault) (time.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, sign := range w.signs {
		if strings.Contains(sign.text, `"`+f.service+"-") && strings.Contains(sign.text, f.sign) {
			return sign.at, true
		}
	}
	return time.Time{}, false
}

// diagnosed is the moment at which a fault's cause was first shown.
func (w *seen) diagnosed(f fault) (time.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, shown := range w.shown[f.service] {
		if strings.Contains(shown.Cause, f.cause) {
			return shown.at, true
		}
	}
	return time.Time{}, false
}

func (f fault) check(t *testing.T, s *stack, found *deploy.Evidence, w *seen) {
	t.Helper()
	f.cause = strings.ReplaceAll(f.cause, "REGISTRY", s.registry)
	var said []string
	right := false
	for _, finding := range found.Findings {
		if finding.Object != "deployment/"+f.service && !strings.Contains(finding.Object, "/"+f.service+"-") {
			continue
		}
		said = append(said, fmt.Sprintf("%s\n    next %s\n    detail %s", finding.Cause, finding.Next, finding.Detail))
		right = right || strings.Contains(finding.Cause, f.cause) && strings.Contains(finding.Next, f.next) && strings.Contains(finding.Detail, f.detail)
	}
	if !right {
		t.Errorf("%s:\n  said %s\n  want %s\n    next %s\n    detail %s", f.service, strings.Join(said, "\n  and "), f.cause, f.next, f.detail)
		return
	}
	visible, there := w.visible(f)
	shown, told := w.diagnosed(f)
	if !there || !told {
		t.Errorf("%s: visible %t, shown while it went on %t; want both", f.service, there, told)
		return
	}
	took := shown.Sub(visible)
	t.Logf("%-22s diagnosed %s after it was visible", f.service, took.Round(10*time.Millisecond))
	if took > within {
		t.Errorf("%s: diagnosed %s after it was visible, want %s at most", f.service, took, within)
	}
}

// failedHook wants the log of a hook whose pod Helm has removed by the time that anybody could ask for it.
func failedHook(t *testing.T, s *stack) {
	opts := s.options(t, "faults-hook", deploy.FromDir("testdata/hook"))
	opts.Values = map[string]any{"image": s.registry + "/database:latest"}
	var logs []deploy.HookLog
	opts.HookEnded = func(log deploy.HookLog) { logs = append(logs, log) }
	found, _ := s.watched(t, &opts)
	if len(found.Findings) != 1 {
		t.Fatalf("findings %+v, want one", found.Findings)
	}
	f := found.Findings[0]
	if !strings.HasPrefix(found.Error, "the pre-install hook failed: job/migrate, container migrate") ||
		f.Cause != "the program ends with exit code 4 soon after its start" || strings.Join(f.Logs, "|") != "adding column age|column age exists already" {
		t.Errorf("error %q\nfinding %+v", found.Error, f)
	}
	if len(logs) != 1 || logs[0].Hook != "job/migrate" || logs[0].When != "pre-install" || !strings.Contains(logs[0].Text, "column age exists already\n") {
		t.Errorf("kept logs %+v", logs)
	}
	if left := s.kubectl(t, "get", "jobs,pods", "-n", "faults-hook", "-o", "name"); left != "" {
		t.Errorf("Helm should have removed the hook, and %s is left: this test shows nothing", left)
	}
}
