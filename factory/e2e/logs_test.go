//go:build e2e

package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// output is what a program that runs in the background has written so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
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

// wait waits for a text and returns all there is by then.
func (o *output) wait(t *testing.T, pattern string) string {
	t.Helper()
	deadline, wanted := time.Now().Add(20*time.Second), regexp.MustCompile(pattern)
	for !wanted.MatchString(o.String()) {
		if time.Now().After(deadline) {
			t.Fatalf("no %q in\n%s", pattern, o)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return o.String()
}

// background is a command that goes on until a person ends it.
type background struct {
	*exec.Cmd
	out, said output
}

func (s *stack) background(t *testing.T, args ...string) *background {
	t.Helper()
	b := &background{Cmd: exec.Command(s.factory, args...)}
	b.Dir, b.Env, b.Stdout, b.Stderr = s.dir, s.env, &b.out, &b.said
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Process.Kill() }) // it has ended where all went well
	return b
}

// interrupt ends it as Ctrl-C does, and wants it to go at once.
func (b *background) interrupt(t *testing.T) {
	t.Helper()
	start := time.Now()
	if err := b.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := b.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 130 {
		t.Errorf("it ended with %v, want exit code 130\n%s", err, &b.said)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %s to end", took)
	}
	if strings.Contains(b.said.String(), "error") || strings.Contains(b.said.String(), "interrupted") {
		t.Errorf("it ended with noise:\n%s", &b.said)
	}
}

// talkative deploys the services of testdata/operate and returns their project.
func (s *stack) talkative(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/operate")); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"factory.yaml", "services/ticker/service.yaml", "services/crasher/service.yaml"} {
		edit(t, filepath.Join(dir, file), "REGISTRY", s.registry)
	}
	t.Cleanup(func() {
		if _, said, err := s.try(s.factory, "-C", dir, "destroy", "--volumes", "--yes"); err != nil {
			t.Errorf("factory destroy: %v\n%s", err, said)
		}
	})
	s.run(t, s.factory, "-C", dir, "sync")
	s.run(t, s.factory, "-C", dir, "deploy", "--timeout", "1m")
	return dir
}

// followLogs listens to pods that crash, go and come while the connection to the API server breaks.
func followLogs(t *testing.T, s *stack) {
	dir, server := s.talkative(t), s.proxied(t)
	follow := s.background(t, "-C", dir, "logs", "-f", "--kubeconfig", server.kubeconfig)
	follow.out.wait(t, `tick 5\n`)
	server.cut()
	follow.said.wait(t, `the connection is lost .*: trying again`)
	time.Sleep(time.Second) // the ticker goes on meanwhile
	server.mend()
	follow.said.wait(t, `the logs can be read again`)
	follow.said.wait(t, `crasher/\w+ ended with exit code 3 \(Error\)`)
	follow.said.wait(t, `crasher/\w+ was started again \(restart \d+\)`)
	s.kubectl(t, "delete", "pods", "-n", "operate", "-l", "app.kubernetes.io/name=ticker", "--wait=false")
	follow.said.wait(t, `ticker/\w+ is new`)
	follow.said.wait(t, `ticker/\w+ is gone`)
	old := ticks(t, follow.out.String())
	follow.out.wait(t, `(?s)ticker/\w+ first +\| prepared.*tick \d+.*ticker/\w+ first +\| prepared.*tick 5\n`)
	follow.interrupt(t)
	if now := ticks(t, follow.out.String()); len(old) == 0 || len(now) != 2 {
		t.Errorf("ticks of pods before %v and after %v, want those of two pods", old, now)
	}
	if !strings.Contains(follow.out.String(), "| no newline\n") {
		t.Error("the last words of the crasher, which have no newline, are missing")
	}
	out, said, err := s.try(s.factory, "-C", dir, "logs", "crasher", "--previous")
	if err != nil || !strings.Contains(out, "| no newline\n") || !strings.Contains(said, "its previous run ended with exit code 3 (Error)") {
		t.Errorf("--previous: %v\n%s%s", err, out, said)
	}
}

// ticks wants the ticks of each pod to be all there, each once and in order, and returns how many there are of each.
func ticks(t *testing.T, text string) map[string]int {
	t.Helper()
	last := map[string]int{}
	for _, tick := range regexp.MustCompile(`(?m)^(ticker/\w+) ticker +\| tick (\d+)$`).FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(tick[2])
		if err != nil {
			t.Fatal(err)
		}
		if n != last[tick[1]]+1 {
			t.Errorf("%s says tick %d after tick %d", tick[1], n, last[tick[1]])
		}
		last[tick[1]] = n
	}
	return last
}
