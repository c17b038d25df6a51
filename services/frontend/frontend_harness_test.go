package frontend_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const containerUser = 1000

const page = "<!doctype html><title>the page</title>"

// frontend is a running nginx, laid out and started as in the image.
type frontend struct {
	app  string // holds entrypoint.sh, nginx.conf and html/
	port string
	cmd  *exec.Cmd
	log  *lockedBuffer
	done chan struct{} // closed when the process has ended
}

// lockedBuffer collects what a process writes while the test reads it.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// layOut copies what the Dockerfile copies, with a small page in place of the built one.
func layOut(t *testing.T) (app, tmp string) {
	t.Helper()
	// Not t.TempDir: its parent is closed to the container's user.
	root, err := os.MkdirTemp("", "frontend")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	app, tmp = filepath.Join(root, "app"), filepath.Join(root, "tmp")
	for _, dir := range []string{filepath.Join(app, "html", "assets"), tmp} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"entrypoint.sh", "healthcheck.sh", "nginx.conf"} {
		content, err := os.ReadFile(filepath.Join("nginx", file))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(app, file), string(content))
	}
	write(t, filepath.Join(app, "html", "index.html"), page)
	write(t, filepath.Join(app, "html", "assets", "index-abc123.js"), strings.Repeat("console.log('dashboard');\n", 200))
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		if err := os.Chown(tmp, containerUser, containerUser); err != nil {
			t.Fatal(err)
		}
	}
	return app, tmp
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}

// entrypoint is the command of the image, run as the image's user where the test may choose it.
// A later variable overrides an earlier one.
func entrypoint(app, tmp string, env ...string) *exec.Cmd {
	cmd := exec.Command("/bin/sh", filepath.Join(app, "entrypoint.sh"))
	cmd.Dir = "/"
	cmd.Env = append([]string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR=" + tmp}, env...)
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: containerUser, Gid: containerUser}}
	}
	return cmd
}

// start runs nginx by the entrypoint and waits until it answers. The test fails if nginx does not end well.
func start(t *testing.T, env ...string) *frontend {
	t.Helper()
	if _, err := os.Stat("/usr/sbin/nginx"); err != nil {
		t.Fatal("nginx is not installed; run: apt-get install -y nginx-light")
	}
	app, tmp := layOut(t)
	f := &frontend{app: app, port: freePort(t), log: &lockedBuffer{}, done: make(chan struct{})}
	f.cmd = entrypoint(app, tmp, append([]string{"PORT=" + f.port}, env...)...)

	// A container's runtime gives the pipe to the container's user; nginx opens it again by its name.
	read, wr, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		if err := wr.Chown(containerUser, containerUser); err != nil {
			t.Fatal(err)
		}
	}
	f.cmd.Stdout, f.cmd.Stderr = wr, wr
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	wr.Close()
	go io.Copy(f.log, read)
	go func() {
		defer close(f.done)
		f.cmd.Wait()
	}()
	t.Cleanup(func() {
		f.stop(t)
		read.Close()
	})

	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if response, err := http.Get(f.url("/health")); err == nil {
			response.Body.Close()
			return f
		}
		select {
		case <-f.done:
			t.Fatalf("the entrypoint ended at once:\n%s", f.log)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("nginx did not answer within 10 s:\n%s", f.log)
		}
	}
}

// stop ends nginx as a kubelet would, by the image's stop signal.
func (f *frontend) stop(t *testing.T) {
	t.Helper()
	f.cmd.Process.Signal(syscall.SIGQUIT)
	select {
	case <-f.done:
	case <-time.After(15 * time.Second):
		f.cmd.Process.Kill()
		t.Errorf("nginx ignored SIGQUIT for 15 s:\n%s", f.log)
		return
	}
	if code := f.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("nginx ended with %d:\n%s", code, f.log)
	}
}

func (f *frontend) url(path string) string { return "http://127.0.0.1:" + f.port + path }

// answer is a response whose body has been read.
type answer struct {
	status int
	header http.Header
	body   string
}

func (f *frontend) get(t *testing.T, path string, header ...string) answer {
	t.Helper()
	return f.send(t, http.MethodGet, path, header...)
}

func (f *frontend) send(t *testing.T, method, path string, header ...string) answer {
	t.Helper()
	got, err := f.try(method, path, header...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", method, path, err, f.log)
	}
	return got
}

// try makes a request with the path exactly as it is given; header holds names and values in turn.
func (f *frontend) try(method, path string, header ...string) (answer, error) {
	request, err := http.NewRequest(method, f.url("/"), nil)
	if err != nil {
		return answer{}, err
	}
	request.URL.Opaque = path
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       20 * time.Second,
	}
	response, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(body)}, err
}

// freePort picks from below the range that the kernel gives to outgoing connections, which would else take it first.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		port := fmt.Sprint(20000 + rand.IntN(12000))
		if listener, err := net.Listen("tcp", ":"+port); err == nil {
			listener.Close()
			return port
		}
	}
	t.Fatal("100 ports from 20000 to 32000 are all in use")
	return ""
}
