package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/helm-chart-factory/factory/services/backend/postgres/postgrestest"
)

const (
	patience = 60 * time.Second
	asMain   = "BACKEND_TEST_AS_MAIN"
)

// TestMain lets the test binary be the backend, so that the process under test has the race detector, too.
func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is a running backend.
type process struct {
	t       *testing.T
	url     string
	command *exec.Cmd
	log     *safeBuffer
	ended   chan struct{}
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

func backend(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, args...)
	command.Env = append([]string{asMain + "=1", "HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}, env...)
	return command
}

func start(t *testing.T, env ...string) *process {
	t.Helper()
	port := freePort(t)
	p := &process{t: t, url: fmt.Sprintf("http://127.0.0.1:%d", port), log: &safeBuffer{}, ended: make(chan struct{})}
	p.command = backend(t, append(env, fmt.Sprintf("PORT=%d", port)))
	p.command.Stdout, p.command.Stderr = io.Writer(p.log), io.Writer(p.log)
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.command.Wait(); close(p.ended) }()
	t.Cleanup(func() {
		_ = p.command.Process.Kill()
		<-p.ended
		p.checkLog()
	})
	p.eventually("the server to listen", func() bool { status, _ := p.get("/health"); return status == http.StatusOK })
	return p
}

// get returns status 0 when nothing answers.
func (p *process) get(path string) (int, string) {
	response, err := http.Get(p.url + path)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(body)
}

func (p *process) want(path string, status int, part string) {
	p.t.Helper()
	if got, body := p.get(path); got != status || !strings.Contains(body, part) {
		p.t.Errorf("%s answered %d %s, want %d with %q", path, got, body, status, part)
	}
}

func (p *process) eventually(what string, holds func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if holds() {
			return
		}
	}
	p.t.Fatalf("waited %s for %s; the log:\n%s", patience, what, p.log)
}

func (p *process) becomes(path string, status int) {
	p.t.Helper()
	p.eventually(fmt.Sprintf("%s to answer %d", path, status), func() bool { got, _ := p.get(path); return got == status })
}

// stop asks the process to end and returns its exit status and how long it took.
func (p *process) stop() (int, time.Duration) {
	p.t.Helper()
	begin := time.Now()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("still running %s after SIGTERM; the log:\n%s", patience, p.log)
	}
	return p.command.ProcessState.ExitCode(), time.Since(begin)
}

// checkLog: every line is JSON, client-go's included, none holds the password, and the race detector kept silent.
func (p *process) checkLog() {
	text := p.log.String()
	if strings.Contains(text, "DATA RACE") || strings.Contains(text, postgrestest.Password) {
		p.t.Errorf("a race or the password in the log:\n%s", text)
	}
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		var fields struct{ Time, Level, Msg string }
		if err := json.Unmarshal(lines.Bytes(), &fields); err != nil || fields.Time == "" || fields.Level == "" || fields.Msg == "" {
			p.t.Errorf("not a line of structured log: %s", lines.Text())
		}
	}
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
