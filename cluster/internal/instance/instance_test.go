package instance

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for _, name := range []string{"", "-a", "a-", "A", "a/b", "..", "1a", strings.Repeat("a", 41)} {
		if _, err := New(name, "/tmp/x"); err == nil {
			t.Errorf("%q is taken for a name", name)
		}
	}
	for _, name := range []string{"a", "factory", "e2e", "a-1"} {
		if _, err := New(name, "/tmp/x"); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestPlaces(t *testing.T) {
	t.Setenv("FACTORY_HOME", "/home/factory")
	inst, err := New("a", "")
	if err != nil || inst.Kubeconfig() != "/home/factory/cluster/a/kubeconfig.yaml" {
		t.Errorf("got %v %v", inst, err)
	}
	other, err := New("a", "/elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	// Instances of one name in two directories share nothing; the kernel allows 15 bytes for a link.
	if inst.Link() == other.Link() || inst.Group() == other.Group() || len(inst.Link()) > 15 {
		t.Errorf("%s %s, %s %s", inst.Link(), other.Link(), inst.Group(), other.Group())
	}
}

func TestCommand(t *testing.T) {
	t.Setenv(CommandVariable, "")
	if got := (Instance{Name: "a"}).Command("stop --purge"); got != "factory-cluster stop --purge --name a" {
		t.Errorf("got %q", got)
	}
	t.Setenv(CommandVariable, "factory cluster")
	if got := (Instance{Name: "a"}).Command("stop --purge"); got != "factory cluster stop --purge" {
		t.Errorf("got %q", got)
	}
}

func TestLock(t *testing.T) {
	inst := Instance{Name: "a", Dir: filepath.Join(t.TempDir(), "a")}
	if inst.IsRunning() {
		t.Error("runs before it exists")
	}
	if _, err := os.Stat(inst.Dir); err == nil {
		t.Error("asking has made the directory")
	}
	release, err := inst.Acquire(Running)
	if err != nil {
		t.Fatal(err)
	}
	if !inst.IsRunning() {
		t.Error("does not run while the lock is held")
	}
	if _, err := inst.Acquire(Running); !errors.Is(err, ErrLocked) {
		t.Errorf("taken twice: %v", err)
	}
	release()
	if inst.IsRunning() {
		t.Error("runs after the lock was released")
	}
}

func TestRecord(t *testing.T) {
	inst := Instance{Name: "a", Dir: t.TempDir()}
	record, err := inst.Load()
	if err != nil || record.Name != "a" || inst.Exists() {
		t.Errorf("before: %+v %v", record, err)
	}
	record.Network = &Network{NodeIP: "10.1.0.2"}
	record.Ready = true
	if err := inst.Save(record); err != nil {
		t.Fatal(err)
	}
	again, err := inst.Load()
	if err != nil || !again.Ready || again.Network.NodeIP != "10.1.0.2" || !inst.Exists() {
		t.Errorf("after: %+v %v", again, err)
	}
	if entries, _ := os.ReadDir(inst.Dir); len(entries) != 1 {
		t.Errorf("left beside it: %v", entries)
	}
	if err := os.WriteFile(inst.Path(recordFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := inst.Load(); err == nil || !strings.Contains(err.Error(), recordFile) {
		t.Errorf("a damaged record: %v", err)
	}
}
