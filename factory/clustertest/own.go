package clustertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/helm-chart-factory/factory/factory/kube"
)

// Own is an API server of one test's own, for a test that breaks it.
type Own struct {
	*kube.Cluster
	supervisor int
}

// NewOwn starts an API server, which ends with the test.
func NewOwn(t testing.TB) *Own {
	t.Helper()
	s, err := start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	out, err := s.run("status", "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	var status struct{ PID int }
	if err := json.Unmarshal([]byte(out), &status); err != nil {
		t.Fatal(err)
	}
	cluster, err := kube.Open(kube.Named, s.kubeconfig(), "")
	if err != nil {
		t.Fatal(err)
	}
	return &Own{Cluster: cluster, supervisor: status.PID}
}

// Kill ends the API server as kill -9 does. Its supervisor starts it again some seconds later.
func (o *Own) Kill() error {
	pid, err := Process(o.supervisor, "kube-apiserver")
	if err != nil {
		return err
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}

// Process returns the process, among the children of a parent, that runs a component of the embedded cluster.
func Process(parent int, component string) (int, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	for _, file := range stats {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // it ended meanwhile
		}
		// "pid (name) state parent …", and a name may hold spaces and parentheses.
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) < 2 || fields[1] != strconv.Itoa(parent) {
			continue
		}
		line, err := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
		if words := strings.Split(string(line), "\x00"); err == nil && len(words) > 1 && words[1] == component {
			return strconv.Atoi(filepath.Base(filepath.Dir(file)))
		}
	}
	return 0, fmt.Errorf("process %d has no child that is %s", parent, component)
}
