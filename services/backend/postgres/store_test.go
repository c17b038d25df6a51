package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pressly/goose/v3/lock"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/helm-chart-factory/factory/services/backend/api"
	"github.com/helm-chart-factory/factory/services/backend/postgres/postgrestest"
)

const patience = 60 * time.Second

// fixture is a store on a database of its own, and its log.
type fixture struct {
	*Store
	log      *safeBuffer
	registry *prometheus.Registry
}

type safeBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func options(server *postgrestest.Server, database string) Options {
	return Options{Host: "127.0.0.1", Port: server.Port, Name: database, User: "postgres", Password: postgrestest.Password,
		SSLMode: "prefer", Retention: time.Hour}
}

func open(t *testing.T, o Options) *fixture {
	t.Helper()
	f := &fixture{log: &safeBuffer{}, registry: prometheus.NewRegistry()}
	store, err := Open(o, slog.New(slog.NewTextHandler(f.log, nil)), f.registry)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	f.Store = store
	return f
}

// inBackground runs something for the length of the test and expects it to end with its context.
func inBackground(t *testing.T, run func(context.Context)) context.CancelFunc {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); run(ctx) }()
	stop := func() {
		cancel()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Error("background work did not end with its context")
		}
	}
	t.Cleanup(stop)
	return stop
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("waited %s for %s", patience, what)
}

// schema describes everything that init.sql or a migration makes.
func schema(t *testing.T, server *postgrestest.Server, database string) []string {
	t.Helper()
	return server.Rows(t, database, `
		SELECT concat_ws(' ', table_name, column_name, data_type, character_maximum_length, is_nullable, column_default)
		FROM information_schema.columns WHERE table_name IN ('pod_metrics', 'recent_pod_metrics')
		UNION ALL SELECT indexdef FROM pg_indexes WHERE tablename = 'pod_metrics'
		UNION ALL SELECT pg_get_viewdef('recent_pod_metrics')
		ORDER BY 1`)
}

func TestMigrations(t *testing.T) {
	server := postgrestest.Start(t)
	initSQL, err := os.ReadFile(filepath.Join("..", "..", "database", "init.sql"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"empty", "initialised", "twice", "changed"} {
		server.Database(t, name)
	}
	server.Exec(t, "initialised", string(initSQL))
	server.Exec(t, "changed", "CREATE TABLE pod_metrics (pod_id text, timestamp timestamp, pod_name text); CREATE VIEW recent_pod_metrics AS SELECT 1 AS one")
	want := schema(t, server, "initialised")

	for _, database := range []string{"empty", "initialised", "changed"} {
		if err := open(t, options(server, database)).migrate(context.Background()); err != nil {
			t.Errorf("%s: %v", database, err)
		}
	}
	for _, database := range []string{"empty", "initialised"} {
		if got := schema(t, server, database); !slices.Equal(got, want) {
			t.Errorf("%s: schema\n got %s\nwant %s", database, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
	}

	var group sync.WaitGroup
	failures := make([]error, 8)
	for i := range failures {
		store := open(t, options(server, "twice"))
		group.Go(func() { failures[i] = store.migrate(context.Background()) })
	}
	group.Wait()
	if err := errors.Join(failures...); err != nil {
		t.Errorf("eight replicas that start at once: %v", err)
	}
	if got := server.Rows(t, "twice", "SELECT version_id::text FROM goose_db_version WHERE version_id > 0"); !slices.Equal(got, []string{"1"}) {
		t.Errorf("migrations applied: %v, want 1 once", got)
	}
}

func TestMigrationsTakeTurns(t *testing.T) {
	server := postgrestest.Start(t)
	server.Database(t, "metrics")
	store := open(t, options(server, "metrics"))
	ctx := context.Background()
	other, err := store.pool.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Release()
	if _, err := other.Exec(ctx, "SELECT pg_advisory_lock($1)", lock.DefaultLockID); err != nil {
		t.Fatal(err)
	}

	done := make(chan error, 1)
	go func() { done <- store.migrate(ctx) }()
	select {
	case err := <-done:
		t.Fatalf("migrated (%v) while another replica held the lock", err)
	case <-time.After(1500 * time.Millisecond):
	}
	if _, err := other.Exec(ctx, "SELECT pg_advisory_unlock($1)", lock.DefaultLockID); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("still waiting after the lock was given back")
	}
}

func TestReasons(t *testing.T) {
	server := postgrestest.Start(t)
	server.Database(t, "strict") // nobody but its owner may make tables there
	server.Exec(t, "strict", "CREATE ROLE weak LOGIN PASSWORD 'weak'")
	right := options(server, "postgres")
	for want, change := range map[string]func(*Options){
		"it refuses the user or the password (DB_USER, DB_PASSWORD)":                    func(o *Options) { o.Password = "wrong" },
		"it has no database of that name (DB_NAME)":                                     func(o *Options) { o.Name = "nowhere" },
		"the connection is refused: it is down, or DB_HOST and DB_PORT point elsewhere": func(o *Options) { o.Port = 1 },
		"its host name cannot be resolved (DB_HOST)":                                    func(o *Options) { o.Host = "nowhere.invalid" },
		"the user lacks the privilege to create or use the table": func(o *Options) {
			o.User, o.Password, o.Name = "weak", "weak", "strict"
		},
	} {
		o := right
		change(&o)
		store := open(t, o)
		inBackground(t, store.Run)
		var known *api.Error
		eventually(t, want, func() bool {
			err := store.Ready(context.Background())
			return errors.As(err, &known) && known.Message == "database: "+want
		})
		if known.Code != api.DatabaseUnavailable || strings.Contains(store.log.String(), postgrestest.Password) {
			t.Errorf("%s: code %s, log %s", want, known.Code, store.log)
		}
	}
}

func TestOptionsThatCannotBeUnderstood(t *testing.T) {
	o := Options{Host: "h", Port: 1, Name: "n", User: "u", Password: "secret", SSLMode: "sometimes"}
	_, err := Open(o, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err == nil || !strings.Contains(err.Error(), "sometimes") || strings.Contains(err.Error(), "secret") {
		t.Errorf("error %v, want one that names the sslmode and not the password", err)
	}
}

func TestDatabaseThatComesAndGoes(t *testing.T) {
	server := postgrestest.Start(t)
	server.Database(t, "metrics")
	server.Stop(t)
	store := open(t, options(server, "metrics"))
	inBackground(t, store.Run)
	ctx := context.Background()
	eventually(t, "a reason", func() bool { return store.Ready(ctx) != nil && strings.Contains(store.log.String(), "not usable yet") })
	if _, err := store.Recent(ctx, 10); err == nil {
		t.Error("history without a database")
	}

	server.Resume(t)
	eventually(t, "the store to find the database", func() bool { return store.Ready(ctx) == nil })
	if rows, err := store.Recent(ctx, 10); err != nil || len(rows) != 0 {
		t.Errorf("history %v, %v", rows, err)
	}

	server.Stop(t)
	var known *api.Error
	if _, err := store.Recent(ctx, 10); !errors.As(err, &known) || known.Code != api.DatabaseUnavailable {
		t.Errorf("history of a stopped database: %v", err)
	}
	server.Resume(t)
	eventually(t, "the history", func() bool { _, err := store.Recent(ctx, 10); return err == nil })

	// Another volume in the old one's place: everything is gone, the version table included.
	server.Exec(t, "metrics", "DROP TABLE pod_metrics CASCADE; DROP TABLE goose_db_version")
	_, _ = store.Recent(ctx, 10)
	eventually(t, "the schema", func() bool { _, err := store.Recent(ctx, 10); return err == nil && store.Ready(ctx) == nil })
}

func TestRecentIsNewestFirst(t *testing.T) {
	server := postgrestest.Start(t)
	server.Database(t, "metrics")
	store := open(t, options(server, "metrics"))
	ctx := context.Background()
	if err := store.migrate(ctx); err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("CET", 3600))
	var batch []api.Observation
	for i := range 5 {
		batch = append(batch, api.Observation{PodName: fmt.Sprint("p", i), PodID: fmt.Sprint(i), Status: "Running", Node: "n",
			Timestamp: start.Add(time.Duration(i) * time.Minute)})
	}
	if n, err := store.record(ctx, batch); n != 5 || err != nil {
		t.Fatalf("recorded %d, %v", n, err)
	}
	server.Exec(t, "metrics", "INSERT INTO pod_metrics (pod_name, pod_id, status, timestamp) VALUES ('by hand', 'x', 'Odd', NULL)")
	got, err := store.Recent(ctx, 3)
	if err != nil || len(got) != 3 || got[0].PodName != "p4" || got[2].PodName != "p2" || !got[0].Timestamp.Equal(batch[4].Timestamp) {
		t.Errorf("recent %+v, %v", got, err)
	}
	if all, err := store.Recent(ctx, 100); err != nil || len(all) != 6 || all[5].PodName != "by hand" {
		t.Errorf("recent %+v, %v", all, err)
	}
}
