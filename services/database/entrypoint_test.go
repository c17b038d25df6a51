// Package database_test runs the image's entrypoint with Debian's Postgres as an unprivileged user.
package database_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const password = `it's a "pass\word" $HOME`

func TestNewVolumeGetsTheSchemaAndThePassword(t *testing.T) {
	t.Parallel()
	s := newVolume(t).start("POSTGRES_PASSWORD=" + password)
	session := s.connect(password)

	for query, want := range map[string]string{
		`SELECT string_agg(column_name || ' ' || data_type || coalesce('(' || character_maximum_length || ')', '') || ' ' ||
			is_nullable, ', ' ORDER BY ordinal_position) FROM information_schema.columns WHERE table_name = 'pod_metrics'`: "id integer NO, " +
			"pod_name character varying(255) NO, pod_id character varying(255) NO, status character varying(50) NO, " +
			"node_name character varying(255) YES, timestamp timestamp without time zone YES",
		`SELECT string_agg(column_name, ' ' ORDER BY ordinal_position) FROM information_schema.columns
			WHERE table_name = 'recent_pod_metrics'`: "pod_name pod_id status node_name timestamp",
		`SELECT string_agg(regexp_replace(indexdef, '.* (\(.*\))', '\1'), ' ' ORDER BY indexname) FROM pg_indexes
			WHERE tablename = 'pod_metrics'`: `(id) (pod_id) (pod_name) ("timestamp" DESC)`,
		`SHOW data_checksums`:      "on",
		`SHOW timezone`:            "UTC",
		`SHOW server_encoding`:     "UTF8",
		`SHOW lc_collate`:          "C.UTF-8",
		`SHOW password_encryption`: "scram-sha-256",
		`SHOW listen_addresses`:    "*",
	} {
		if got := ask(t, session, query); got != want {
			t.Errorf("%s\n got %s\nwant %s", query, got, want)
		}
	}

	_, err := s.dial("another")
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "28P01" {
		t.Errorf("a wrong password gave %v, want SQLSTATE 28P01", err)
	}
	if strings.Contains(s.output.String(), `pass\word`) {
		t.Errorf("the password is in the log:\n%s", s.output)
	}
	socket, err := os.Stat(filepath.Join(s.root, "sock"))
	if err != nil || !socket.IsDir() {
		t.Errorf("socket directory: %v", err)
	}
}

func TestPasswordIsSeenByNobodyElse(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"file", "environment"} {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			v := newVolume(t)
			secret := "seen-by-nobody-" + from
			file := v.path("secret")
			v.must(os.WriteFile(file, []byte(secret+"\n"), 0o644))
			v.must(os.Chmod(file, 0o644))
			s := v.start(map[string]string{"file": "POSTGRES_PASSWORD_FILE=" + file, "environment": "POSTGRES_PASSWORD=" + secret}[from])
			for !strings.Contains(s.output.String(), "database: initialised") {
				select {
				case <-s.ended:
					t.Fatalf("the server ended:\n%s", s.output)
				default:
					leaks(t, secret)
				}
			}
			if got := ask(t, s.connect(secret), "SELECT current_database()"); got != "k8s_metrics" {
				t.Errorf("connected to %s", got)
			}
			leaks(t, secret)
		})
	}
}

// leaks looks for a secret in every process' arguments, and in the environment of Postgres' programs. The shell's own
// environment is what it was started with.
func leaks(t *testing.T, secret string) {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, process := range processes {
		arguments, _ := os.ReadFile(process + "/cmdline")
		if strings.Contains(string(arguments), secret) {
			t.Fatalf("the password is in the arguments %q", arguments)
		}
		environment, _ := os.ReadFile(process + "/environ")
		if strings.HasPrefix(string(arguments), programs) && strings.Contains(string(environment), secret) {
			t.Fatalf("the password is in the environment of %q", arguments)
		}
	}
}

func TestSecondStartChangesNothing(t *testing.T) {
	t.Parallel()
	v := newVolume(t)
	first := v.start()
	session := first.connect("postgres")
	run(t, session, `INSERT INTO pod_metrics (pod_name, pod_id, status) VALUES ('a', 'b', 'Running')`)
	// The session stays open: a client must not hold the shutdown up.
	status, took := first.stop()
	if status != 0 || took > 10*time.Second {
		t.Fatalf("stopping took %s and gave status %d, want 0 within 10 s:\n%s", took, status, first.output)
	}

	v.script("this would fail if it ran again;")
	second := v.start("POSTGRES_PASSWORD=ignored-on-a-volume-that-has-one")
	if got := ask(t, second.connect("postgres"), "SELECT pod_name || pod_id || status FROM recent_pod_metrics"); got != "abRunning" {
		t.Errorf("the row came back as %q", got)
	}
	if strings.Contains(second.output.String(), "initialis") {
		t.Errorf("the second start initialised:\n%s", second.output)
	}
}

func TestServerThatWasKilledComesBack(t *testing.T) {
	t.Parallel()
	v := newVolume(t)
	first := v.start()
	run(t, first.connect("postgres"), `INSERT INTO pod_metrics (pod_name, pod_id, status) VALUES ('a', 'b', 'Running')`)
	first.kill()
	if got := ask(t, v.start().connect("postgres"), "SELECT count(*)::text FROM pod_metrics"); got != "1" {
		t.Errorf("%s rows after a kill, want 1", got)
	}
}

func TestInitialisationThatWasCutOffStartsAgain(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*server){
		"killed": (*server).kill,
		"asked to stop": func(s *server) {
			s.must(syscall.Kill(-s.command.Process.Pid, syscall.SIGTERM))
			if status := s.wait(); status == 0 {
				s.t.Error("status 0 after a stop in the middle")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVolume(t)
			v.script("CREATE TABLE half (); SELECT pg_sleep(600);")
			first := v.start()
			v.eventually("the script to run", func() bool { return strings.Contains(first.output.String(), "init.sql") })
			time.Sleep(300 * time.Millisecond)
			end(first)
			if _, err := os.Stat(v.path("data/pgdata")); !errors.Is(err, os.ErrNotExist) {
				t.Fatalf("a half-made database has taken the real one's place (%v)", err)
			}

			schema, err := os.ReadFile("init.sql")
			v.must(err)
			v.script(string(schema))
			second := v.start()
			tables := ask(t, second.connect("postgres"), "SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'public'")
			if tables != "pod_metrics" {
				t.Errorf("tables are %q, want pod_metrics alone", tables)
			}
			if !strings.Contains(second.output.String(), "was cut off: starting it again") {
				t.Errorf("the log does not tell what happened:\n%s", second.output)
			}
			if _, err := os.Stat(v.path("data/pgdata.init")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the half-made database is still there (%v)", err)
			}
		})
	}
}

func TestScriptThatFailsLeavesNoDatabase(t *testing.T) {
	t.Parallel()
	v := newVolume(t)
	v.script("CREATE TABLE half (); SELECT 1/0;")
	first := v.start()
	if status := first.wait(); status == 0 {
		t.Error("status 0 although the script failed")
	}
	if !strings.Contains(first.output.String(), "division by zero") {
		t.Errorf("the log does not hold the cause:\n%s", first.output)
	}
	left, err := os.ReadDir(v.path("tmp"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
	v.script("CREATE TABLE whole (id int);")
	if got := ask(t, v.start().connect("postgres"), "SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'public'"); got != "whole" {
		t.Errorf("tables are %q, want whole alone", got)
	}
}

func TestOnlyOneServerUsesAVolume(t *testing.T) {
	t.Parallel()
	v := newVolume(t)
	session := v.start().connect("postgres")
	second := v.start()
	if status := second.wait(); status != 1 {
		t.Errorf("status %d, want 1", status)
	}
	if !strings.Contains(second.output.String(), "another process uses "+v.path("data/pgdata")) {
		t.Errorf("the log does not tell why:\n%s", second.output)
	}
	if err := session.Ping(context.Background()); err != nil {
		t.Errorf("the first server was harmed: %v", err)
	}
}
