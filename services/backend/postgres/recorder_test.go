package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/helm-chart-factory/factory/services/backend/api"
	"github.com/helm-chart-factory/factory/services/backend/postgres/postgrestest"
)

// fakeSource is a cluster whose pods a test sets.
type fakeSource struct {
	mu     sync.Mutex
	pods   []api.Pod
	err    error
	hidden []string // ids of pods that live although this replica does not see them
}

func (f *fakeSource) Pods() ([]api.Pod, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.pods), f.err
}

func (f *fakeSource) Gone(_ context.Context, _, id string) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	living := func(p api.Pod) bool { return p.ID == id }
	return !slices.ContainsFunc(f.pods, living) && !slices.Contains(f.hidden, id), f.err
}

func newRecorder(store *Store) *Recorder {
	return NewRecorder(store, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
}

func value(c prometheus.Counter) float64 {
	var m dto.Metric
	_ = c.Write(&m)
	return m.GetCounter().GetValue()
}

func seen(id, status, node string) api.Observation {
	return api.Observation{PodName: "pod-" + id, PodID: id, Status: status, Node: node, Timestamp: time.Now()}
}

func migrated(t *testing.T, server *postgrestest.Server, database string) *Store {
	t.Helper()
	server.Database(t, database)
	store := open(t, options(server, database)).Store
	if err := store.migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return store
}

func TestRecorder(t *testing.T) {
	server := postgrestest.Start(t)
	for name, test := range map[string]func(*testing.T, *postgrestest.Server){
		"writes changes only":        testChanges,
		"two replicas":               testReplicas,
		"what happened unseen":       testReconcile,
		"retention":                  testPrune,
		"a newer change is not lost": testRewrite,
	} {
		t.Run(name, func(t *testing.T) { test(t, server) })
	}
}

func testChanges(t *testing.T, server *postgrestest.Server) {
	store := migrated(t, server, "changes")
	r := newRecorder(store)
	ctx := context.Background()
	rows := func() string {
		return strings.Join(server.Rows(t, "changes",
			"SELECT concat_ws(' ', pod_name, status, node_name) FROM pod_metrics ORDER BY pod_id"), ", ")
	}
	step := func(what string, written float64, want string, observations ...api.Observation) {
		t.Helper()
		before := value(r.rows)
		for _, o := range observations {
			r.Observe(o)
		}
		if err := r.write(ctx); err != nil {
			t.Fatal(err)
		}
		if got := value(r.rows) - before; got != written {
			t.Errorf("%s: %v rows written, want %v", what, got, written)
		}
		if got := rows(); got != want {
			t.Errorf("%s: rows %q, want %q", what, got, want)
		}
	}
	step("two pods", 2, "pod-a Pending, pod-b Running n1", seen("a", "Pending", ""), seen("b", "Running", "n1"))
	step("the same again", 0, "pod-a Pending, pod-b Running n1", seen("a", "Pending", ""), seen("b", "Running", "n1"))
	step("a node", 1, "pod-a Pending n2, pod-b Running n1", seen("a", "Pending", "n2"))
	step("the last of several", 1, "pod-a Running n2, pod-b Running n1", seen("a", "ContainerCreating", "n2"), seen("a", "Running", "n2"))
	step("gone", 1, "pod-a Terminated n2, pod-b Running n1", seen("a", "Terminated", "n2"))
	long := strings.Repeat("ä", 60)
	step("a long reason", 1, "pod-a Terminated n2, pod-b "+strings.Repeat("ä", 50)+" n1", seen("b", long, "n1"))
	clear(r.written)
	step("a long reason, known to the database alone", 0, "pod-a Terminated n2, pod-b "+strings.Repeat("ä", 50)+" n1", seen("b", long, "n1"))

	before := server.Rows(t, "changes", "SELECT last_value::text FROM pod_metrics_id_seq")
	for range 20 {
		clear(r.written)
		r.Observe(seen("b", long, "n1"))
		if err := r.write(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if after := server.Rows(t, "changes", "SELECT last_value::text FROM pod_metrics_id_seq"); !slices.Equal(before, after) {
		t.Errorf("writing what is stored already used up ids: %v, then %v", before, after)
	}
}

// testReplicas lets two recorders with a pool each observe the same pods at the same time.
func testReplicas(t *testing.T, server *postgrestest.Server) {
	first := migrated(t, server, "replicas")
	second := open(t, options(server, "replicas")).Store
	replicas := []*Recorder{newRecorder(first), newRecorder(second)}
	source := &fakeSource{}
	const pods, changes = 200, 5
	for i := range pods {
		source.pods = append(source.pods, api.Pod{Name: fmt.Sprint("pod-", i), ID: fmt.Sprint(i), Status: fmt.Sprint("Status", changes-1), Node: "n"})
	}
	var group sync.WaitGroup
	for _, r := range replicas {
		group.Go(func() {
			for change := range changes {
				for i := range pods {
					r.Observe(seen(fmt.Sprint(i), fmt.Sprint("Status", change), "n"))
				}
				if err := r.write(context.Background()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	for _, r := range replicas {
		if err := r.reconcile(context.Background(), source); err != nil {
			t.Error(err)
		}
	}
	got := server.Rows(t, "replicas", "SELECT status || ' ' || count(*) || ' ' || count(DISTINCT pod_id) FROM pod_metrics GROUP BY status")
	if want := []string{fmt.Sprintf("Status4 %d %d", pods, pods)}; !slices.Equal(got, want) {
		t.Errorf("rows by status: %v, want %v", got, want)
	}

	// The same change seen by both at once is written by one of them.
	before := value(replicas[0].rows) + value(replicas[1].rows)
	for _, r := range replicas {
		group.Go(func() {
			for i := range pods {
				r.Observe(seen(fmt.Sprint(i), "Running", "n"))
			}
			if err := r.write(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if written := value(replicas[0].rows) + value(replicas[1].rows) - before; written != pods {
		t.Errorf("%v rows written for %d changes seen by two replicas", written, pods)
	}
}

func testReconcile(t *testing.T, server *postgrestest.Server) {
	store := migrated(t, server, "reconcile")
	server.Exec(t, "reconcile", `INSERT INTO pod_metrics (pod_name, pod_id, status, timestamp) VALUES
		('pod-lives', 'lives', 'Pending', now()), ('pod-vanished', 'vanished', 'Running', now()),
		('pod-done', 'done', 'Completed', now()), ('pod-hidden', 'hidden', 'Running', now())`)
	source := &fakeSource{pods: []api.Pod{{Name: "pod-lives", ID: "lives", Status: "Running"}}, hidden: []string{"hidden"}}
	r := newRecorder(store)
	rows := func() string {
		return strings.Join(server.Rows(t, "reconcile", "SELECT pod_id || ' ' || status FROM pod_metrics ORDER BY 1"), ", ")
	}

	source.err = errors.New("kubernetes is away")
	if err := r.reconcile(context.Background(), source); err != nil {
		t.Fatal(err)
	}
	if got, want := rows(), "done Completed, hidden Running, lives Pending, vanished Running"; got != want {
		t.Errorf("without Kubernetes\n got %s\nwant %s", got, want)
	}
	source.err = nil
	r.written["long-gone"] = state{"Terminated", "n"}
	for range 2 {
		if err := errors.Join(r.reconcile(context.Background(), source), r.write(context.Background())); err != nil {
			t.Fatal(err)
		}
		if got, want := rows(), "done Completed, hidden Running, lives Running, vanished Terminated"; got != want {
			t.Errorf("reconciled\n got %s\nwant %s", got, want)
		}
	}
	if _, ok := r.written["long-gone"]; ok {
		t.Error("what was written is remembered for ever")
	}
}

func testPrune(t *testing.T, server *postgrestest.Server) {
	store := migrated(t, server, "prune")
	server.Exec(t, "prune", `INSERT INTO pod_metrics (pod_name, pod_id, status, timestamp) VALUES
		('p', 'old-lives', 'Running', now() - interval '9 days'), ('p', 'old-gone', 'Terminated', now() - interval '2 hours'),
		('p', 'gone-1', 'Terminated', now() - interval '3 minutes'), ('p', 'gone-2', 'Terminated', now() - interval '2 minutes'),
		('p', 'gone-3', 'Terminated', now() - interval '1 minute')`)
	left := func() string {
		return strings.Join(server.Rows(t, "prune", "SELECT pod_id FROM pod_metrics ORDER BY 1"), " ")
	}
	for _, c := range []struct {
		keep int
		want string
	}{{10, "gone-1 gone-2 gone-3 old-lives"}, {3, "gone-2 gone-3 old-lives"}, {0, "old-lives"}} {
		if _, err := store.prune(context.Background(), []string{"old-lives"}, time.Now(), c.keep); err != nil {
			t.Fatal(err)
		}
		if got := left(); got != c.want {
			t.Errorf("at most %d rows: left %s, want %s", c.keep, got, c.want)
		}
	}
}

// testRewrite: a pod is deleted after reconcile has read the pods. Its end must not be overwritten by what was read.
func testRewrite(t *testing.T, server *postgrestest.Server) {
	r := newRecorder(migrated(t, server, "rewrite"))
	r.Observe(seen("a", "Terminated", "n"))
	r.rewrite([]api.Pod{{Name: "pod-a", ID: "a", Status: "Running", Node: "n"}})
	if err := r.write(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := server.Rows(t, "rewrite", "SELECT status FROM pod_metrics"); !slices.Equal(got, []string{"Terminated"}) {
		t.Errorf("status %v, want Terminated", got)
	}
}

func TestRecorderOutlivesTheDatabase(t *testing.T) {
	server := postgrestest.Start(t)
	server.Database(t, "metrics")
	store := open(t, options(server, "metrics")).Store
	inBackground(t, store.Run)
	r := newRecorder(store)
	source := &fakeSource{pods: []api.Pod{{Name: "pod-a", ID: "a", Status: "Running"}}}
	stop := inBackground(t, func(ctx context.Context) { r.Run(ctx, source) })
	status := func(id string) func() bool {
		return func() bool {
			stored, err := store.Recent(context.Background(), 100)
			return err == nil && slices.ContainsFunc(stored, func(o api.Observation) bool { return o.PodID == id && o.Status == "Running" })
		}
	}
	eventually(t, "the schema", func() bool { return store.Ready(context.Background()) == nil })
	eventually(t, "the pod that was there at the start", status("a"))

	server.Stop(t)
	r.Observe(seen("b", "Pending", ""))
	eventually(t, "a failed write", func() bool { return value(r.failure) > 0 })
	r.Observe(seen("b", "Running", "n"))
	server.Resume(t)
	eventually(t, "the pod that came while the database was down", status("b"))

	// An empty database takes the old one's place, as after the loss of a volume.
	server.Exec(t, "postgres", "ALTER DATABASE metrics ALLOW_CONNECTIONS false")
	server.Exec(t, "postgres", "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'metrics'")
	server.Exec(t, "postgres", "ALTER DATABASE metrics RENAME TO old")
	server.Database(t, "metrics")
	r.Observe(seen("b", "Running", "n2"))
	eventually(t, "the schema in the new database", func() bool { return store.Ready(context.Background()) == nil })
	eventually(t, "the pod that has not changed since", status("a"))

	r.Observe(seen("c", "Running", "n"))
	stop() // what is pending is written on the way out
	eventually(t, "the last change", status("c"))
}

func TestPendingChangesAreBounded(t *testing.T) {
	r := newRecorder(nil)
	for i := range mostPending + 500 {
		r.Observe(seen(fmt.Sprint(i), "Running", "n"))
	}
	r.Observe(seen("0", "Terminated", "n"))
	if len(r.pending) != mostPending || r.pending["0"].Status != "Terminated" {
		t.Errorf("%d pending, first %q; want %d, Terminated", len(r.pending), r.pending["0"].Status, mostPending)
	}
}
