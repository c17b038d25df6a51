package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// notes is a buffer that a group may write to at any time.
type notes struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

func shell(t *testing.T, script string) Spec {
	return Spec{Name: "shell", Path: "/bin/sh", Args: []string{"-c", script}, Log: filepath.Join(t.TempDir(), "log")}
}

func TestEndBeforeSettledFailsTheGroup(t *testing.T) {
	group, ctx := NewGroup(context.Background(), NewSpawner(), &notes{})
	if err := group.Start(shell(t, "echo last words; exit 3")); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	var exit *Exit
	if !errors.As(context.Cause(ctx), &exit) || exit.Error() != "shell ended: exit status 3" {
		t.Fatalf("got %v", context.Cause(ctx))
	}
	if lines := Tail(exit.Log, 5); strings.Join(lines, "") != "last words" {
		t.Errorf("its log holds %q", lines)
	}
}

func TestEndAfterSettledStartsAgain(t *testing.T) {
	group, ctx := NewGroup(context.Background(), NewSpawner(), &notes{})
	count := filepath.Join(t.TempDir(), "count")
	if err := group.Start(shell(t, "echo >> "+count+"; [ $(wc -l < "+count+") -gt 1 ] && sleep 100; sleep 0.2")); err != nil {
		t.Fatal(err)
	}
	group.Settle()
	defer group.StopAll(time.Second)
	for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if data, _ := os.ReadFile(count); len(data) >= 2 {
			break
		}
		if time.Since(begin) > 10*time.Second {
			t.Fatal("it was not started again")
		}
	}
	if ctx.Err() != nil {
		t.Errorf("the group failed: %v", context.Cause(ctx))
	}
}

func TestStopDoesNotWaitForARestart(t *testing.T) {
	group, _ := NewGroup(context.Background(), NewSpawner(), &notes{})
	if err := group.Start(shell(t, "sleep 0.1")); err != nil {
		t.Fatal(err)
	}
	group.Settle()
	time.Sleep(300 * time.Millisecond)
	begin := time.Now()
	group.StopAll(time.Second)
	if took := time.Since(begin); took > 500*time.Millisecond {
		t.Errorf("took %s", took)
	}
}

func TestStopKillsWhatDoesNotListen(t *testing.T) {
	group, _ := NewGroup(context.Background(), NewSpawner(), &notes{})
	spec := shell(t, "trap '' TERM; echo ready; while :; do sleep 0.1; done")
	if err := group.Start(spec); err != nil {
		t.Fatal(err)
	}
	for len(Tail(spec.Log, 1)) == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	begin := time.Now()
	group.Stop(300*time.Millisecond, "shell")
	if took := time.Since(begin); took < 300*time.Millisecond || took > 3*time.Second {
		t.Errorf("took %s", took)
	}
}

// TestChildrenEndWithTheirParent runs itself as a parent that is killed.
func TestChildrenEndWithTheirParent(t *testing.T) {
	const variable = "PROCESS_TEST_PARENT"
	if os.Getenv(variable) != "" {
		command := exec.Command("sleep", "100")
		if err := NewSpawner().Start(command); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("child=%d\n", command.Process.Pid)
		select {}
	}
	parent := exec.Command(os.Args[0], "-test.run", t.Name())
	parent.Env = append(os.Environ(), variable+"=1")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 64)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(string(line[:n]), "child=")))
	if err != nil {
		t.Fatal(err)
	}
	parent.Process.Kill()
	parent.Wait()
	for begin := time.Now(); syscall.Kill(child, 0) == nil; time.Sleep(20 * time.Millisecond) {
		// A zombie that nobody has buried yet has ended, too.
		if data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", child)); bytes.Contains(data, []byte(") Z ")) {
			break
		}
		if time.Since(begin) > 5*time.Second {
			t.Fatal("the child still runs")
		}
	}
}

func TestTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte(strings.Repeat("x\n", 100000)+"a\nb\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := Tail(path, 3); strings.Join(got, " ") != "x a b" {
		t.Errorf("got %q", got)
	}
	if got := Tail(path+".none", 3); got != nil {
		t.Errorf("of no file: %q", got)
	}
}
