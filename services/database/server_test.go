package database_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	patience = 60 * time.Second
	programs = "/usr/lib/postgresql/15/bin"
)

// volume is a directory as Kubernetes mounts it: world-writable and not the server's own.
type volume struct {
	t    *testing.T
	root string // data/, sock/, init/, tmp/
	port int
	uid  int
}

// newVolume returns an empty volume whose init directory holds the image's own init.sql.
func newVolume(t *testing.T) *volume {
	t.Helper()
	if _, err := os.Stat(filepath.Join(programs, "initdb")); err != nil {
		t.Fatalf("this test runs a real Postgres 15: apt-get install -y postgresql-15 (%v)", err)
	}
	// Not t.TempDir: a socket's path has at most 107 bytes, and another user must be able to enter.
	root, err := os.MkdirTemp("/tmp", "database-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) })
	v := &volume{t: t, root: root, port: freePort(t), uid: os.Getuid()}
	if v.uid == 0 {
		v.uid = 65534
	}
	v.must(os.Chmod(root, 0o755))
	for _, dir := range []string{"data", "sock", "init", "tmp"} {
		v.must(os.Mkdir(filepath.Join(root, dir), 0o755))
		v.must(os.Chmod(filepath.Join(root, dir), 0o777))
	}
	schema, err := os.ReadFile("init.sql")
	v.must(err)
	v.script(string(schema))
	entrypoint, err := os.ReadFile("entrypoint.sh")
	v.must(err)
	// A process that another test forks meanwhile would inherit the open file, and one that is open for writing cannot
	// be run (https://go.dev/issue/22315).
	syscall.ForkLock.RLock()
	err = os.WriteFile(filepath.Join(root, "entrypoint.sh"), entrypoint, 0o755)
	syscall.ForkLock.RUnlock()
	v.must(err)
	v.must(os.Chmod(filepath.Join(root, "entrypoint.sh"), 0o755))
	return v
}

func (v *volume) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

func (v *volume) path(name string) string { return filepath.Join(v.root, name) }

// script replaces what runs on a new volume.
func (v *volume) script(sql string) {
	v.t.Helper()
	v.must(os.WriteFile(v.path("init/init.sql"), []byte(sql), 0o644))
	v.must(os.Chmod(v.path("init/init.sql"), 0o644))
}

// server is a running entrypoint.
type server struct {
	*volume
	command *exec.Cmd
	output  *output
	ended   chan struct{}
	err     error
}

// output is what a server has written so far.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start runs the entrypoint on v with env added to the environment.
func (v *volume) start(env ...string) *server {
	v.t.Helper()
	return v.startAs(v.uid, env...)
}

func (v *volume) startAs(uid int, env ...string) *server {
	v.t.Helper()
	s := &server{volume: v, output: &output{}, ended: make(chan struct{})}
	// Shared memory in files of the volume: a server that a test kills would leave its own in /dev/shm.
	s.command = exec.Command(v.path("entrypoint.sh"), "-c", fmt.Sprintf("port=%d", v.port), "-c", "dynamic_shared_memory_type=mmap")
	s.command.Dir = v.root
	s.command.Env = append([]string{
		"PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR=" + v.path("tmp"), "PGDATA=" + v.path("data/pgdata"),
		"POSTGRES_SOCKET_DIR=" + v.path("sock"), "POSTGRES_INIT_DIR=" + v.path("init"), "POSTGRES_LOCK_SECONDS=2",
	}, env...)
	s.command.Stdout, s.command.Stderr = io.Writer(s.output), io.Writer(s.output)
	s.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if uid != os.Getuid() {
		s.command.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}
	}
	v.must(s.command.Start())
	go func() {
		s.err = s.command.Wait()
		close(s.ended)
	}()
	v.t.Cleanup(s.end)
	return s
}

func (s *server) end() {
	_ = syscall.Kill(-s.command.Process.Pid, syscall.SIGKILL)
	<-s.ended
}

// kill ends everything at once, as a power cut does.
func (s *server) kill() {
	s.t.Helper()
	s.end()
	// Postgres' children have sessions of their own; they end when they find their parent gone.
	s.eventually("the orphans to end", func() bool {
		return exec.Command("pgrep", "-f", s.path("data/")).Run() != nil
	})
}

// stop asks the way that the image's STOPSIGNAL does, and returns the exit status and how long it took.
func (s *server) stop() (int, time.Duration) {
	s.t.Helper()
	start := time.Now()
	s.must(s.command.Process.Signal(syscall.SIGINT))
	return s.wait(), time.Since(start)
}

// wait returns the exit status.
func (s *server) wait() int {
	s.t.Helper()
	select {
	case <-s.ended:
		return s.command.ProcessState.ExitCode()
	case <-time.After(patience):
		s.t.Fatalf("the server has not ended after %s:\n%s", patience, s.output)
		return -1
	}
}

// connect waits until the server answers and returns a session.
func (s *server) connect(password string) *pgx.Conn {
	s.t.Helper()
	var session *pgx.Conn
	s.eventually("the server to answer", func() bool {
		select {
		case <-s.ended:
			s.t.Fatalf("the server ended (%v):\n%s", s.err, s.output)
		default:
		}
		var err error
		session, err = s.dial(password)
		return err == nil
	})
	s.t.Cleanup(func() { _ = session.Close(context.Background()) })
	return session
}

// dial tries once, over TCP as other pods do.
func (s *server) dial(password string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(fmt.Sprintf("host=127.0.0.1 port=%d user=postgres dbname=k8s_metrics sslmode=disable", s.port))
	s.must(err)
	config.Password = password
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return pgx.ConnectConfig(ctx, config)
}

func (v *volume) eventually(what string, holds func() bool) {
	v.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if holds() {
			return
		}
	}
	v.t.Fatalf("waited %s for %s", patience, what)
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// ask returns the one value that a query gives, as text.
func ask(t *testing.T, session *pgx.Conn, query string) string {
	t.Helper()
	var value string
	if err := session.QueryRow(context.Background(), query).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

func run(t *testing.T, session *pgx.Conn, statement string) {
	t.Helper()
	if _, err := session.Exec(context.Background(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
