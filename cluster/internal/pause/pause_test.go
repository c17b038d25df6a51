package pause

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func write(t *testing.T) string {
	t.Helper()
	program, err := Program(runtime.GOARCH)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "pause")
	if err := os.WriteFile(path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestProgramExitsOnSignals(t *testing.T) {
	path := write(t)
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		command := exec.Command(path)
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
		// Neither may end it.
		command.Process.Signal(syscall.SIGHUP)
		command.Process.Signal(syscall.SIGCHLD)
		time.Sleep(50 * time.Millisecond)
		if err := command.Process.Signal(signal); err != nil {
			t.Fatalf("ended before %v: %v", signal, err)
		}
		if err := command.Wait(); err != nil {
			t.Errorf("after %v: %v", signal, err)
		}
	}
}

func TestProgramReapsChildren(t *testing.T) {
	path := write(t)
	// The shell becomes the pause program, and its background jobs that program's children.
	command := exec.Command("sh", "-c", "sleep 0.2 & sleep 0.2 & exec "+path)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer command.Wait()
	defer command.Process.Kill()
	deadline := time.Now().Add(5 * time.Second)
	for {
		out, _ := exec.Command("ps", "-o", "stat=", "--ppid", strconv.Itoa(command.Process.Pid)).Output()
		if len(bytes.TrimSpace(out)) == 0 && time.Until(deadline) < 4*time.Second {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("children are left: %s", out)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestUnknownArchitecture(t *testing.T) {
	err := WriteImage(&bytes.Buffer{}, t.TempDir(), "vax")
	if err == nil || !strings.Contains(err.Error(), `"vax"`) {
		t.Errorf("got %v, want an error that names the architecture", err)
	}
}
