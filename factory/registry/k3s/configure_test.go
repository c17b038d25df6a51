package k3s_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helm-chart-factory/factory/factory/registry/k3s"
)

func now() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func write(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) (string, fs.FileMode) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content), info.Mode().Perm()
}

func TestConfigureKeepsABackupAndTheMode(t *testing.T) {
	file := filepath.Join(t.TempDir(), "registries.yaml")
	const theirs = "configs:\n  a:\n    auth: {username: u, password: p}\n"
	write(t, file, theirs, 0o640)
	result, err := k3s.Configure(t.Context(), k3s.Options{File: file, Mirrors: local, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if content, mode := read(t, file); content != theirs+"mirrors:\n"+entry || mode != 0o640 {
		t.Errorf("mode %v, content:\n%s", mode, content)
	}
	if want := file + ".20260102T030405Z.bak"; result.Backup != want {
		t.Errorf("backup %q, want %q", result.Backup, want)
	}
	if content, mode := read(t, result.Backup); content != theirs || mode != 0o640 {
		t.Errorf("backup of mode %v:\n%s", mode, content)
	}
	again, err := k3s.Configure(t.Context(), k3s.Options{File: file, Mirrors: local, Now: now})
	if err != nil || again.Changed || again.Backup != "" {
		t.Errorf("second run: %+v, %v", again, err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*"))
	if err != nil || len(left) != 2 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

func TestConfigureMakesAFileForItsOwnerOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "etc", "registries.yaml")
	if _, err := k3s.Configure(t.Context(), k3s.Options{File: file, Mirrors: local, Now: now}); err != nil {
		t.Fatal(err)
	}
	if content, mode := read(t, file); content != "mirrors:\n"+entry || mode != 0o600 {
		t.Errorf("mode %v, content:\n%s", mode, content)
	}
}

func TestConfigureFollowsALink(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "real.yaml"), "configs: {}\n", 0o600)
	link := filepath.Join(dir, "registries.yaml")
	if err := os.Symlink("real.yaml", link); err != nil {
		t.Fatal(err)
	}
	if _, err := k3s.Configure(t.Context(), k3s.Options{File: link, Mirrors: local, Now: now}); err != nil {
		t.Fatal(err)
	}
	if target, err := os.Readlink(link); err != nil || target != "real.yaml" {
		t.Errorf("the link leads to %q (%v)", target, err)
	}
	if content, _ := read(t, filepath.Join(dir, "real.yaml")); !strings.Contains(content, "localhost:5000") {
		t.Errorf("content:\n%s", content)
	}
}

func TestDryRunShowsTheDifferenceOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "registries.yaml")
	write(t, file, "mirrors:\n  a: {}\n", 0o600)
	result, err := k3s.Configure(t.Context(), k3s.Options{File: file, Mirrors: local, DryRun: true, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	want := "--- " + file + "\n+++ " + file + " (merged)\n@@ -1,2 +1,5 @@\n mirrors:\n" +
		"+  \"localhost:5000\":\n+    endpoint:\n+      - \"http://localhost:5000\"\n   a: {}\n"
	if result.Diff != want {
		t.Errorf("got:\n%s\nwant:\n%s", result.Diff, want)
	}
	if content, _ := read(t, file); content != "mirrors:\n  a: {}\n" {
		t.Errorf("the file was changed:\n%s", content)
	}
}

func TestAFileThatCannotBeParsedIsLeftAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "registries.yaml")
	write(t, file, "mirrors: [\n", 0o600)
	_, err := k3s.Configure(t.Context(), k3s.Options{File: file, Mirrors: local, Now: now})
	var place *k3s.Error
	if !errors.As(err, &place) || !strings.HasPrefix(err.Error(), file+":") {
		t.Errorf("error %v", err)
	}
	if content, _ := read(t, file); content != "mirrors: [\n" {
		t.Errorf("the file was changed:\n%s", content)
	}
}

func TestWithoutK3sNothingIsDone(t *testing.T) {
	result, err := k3s.Configure(t.Context(), k3s.Options{Mirrors: local, Host: k3s.Host{Root: t.TempDir()}, Now: now})
	if err != nil || result.File != "" || result.Note == "" {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestRestartPicksTheServiceThatRuns(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "etc/systemd/system/k3s.service"), "", 0o644)
	write(t, filepath.Join(root, "etc/systemd/system/k3s-agent.service"), "", 0o644)
	var ran []string
	host := k3s.Host{Root: root, Run: func(_ context.Context, program string, args ...string) (string, error) {
		line := strings.Join(append([]string{program}, args...), " ")
		ran = append(ran, line)
		if line == "systemctl is-active --quiet k3s" {
			return "", errors.New("exit status 3")
		}
		return "", nil
	}}
	restarted, _, err := host.Restart(t.Context())
	if err != nil || restarted != "k3s-agent" {
		t.Fatalf("restarted %q, %v", restarted, err)
	}
	want := []string{"systemctl is-active --quiet k3s", "systemctl is-active --quiet k3s-agent", "systemctl restart k3s-agent"}
	if !slices.Equal(ran, want) {
		t.Errorf("ran %q, want %q", ran, want)
	}
}

func TestRestartUsesOpenRC(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "etc/init.d/k3s"), "", 0o755)
	host := k3s.Host{Root: root, Run: func(_ context.Context, program string, args ...string) (string, error) {
		if program != "rc-service" {
			t.Errorf("ran %s %v", program, args)
		}
		return "", nil
	}}
	if restarted, _, err := host.Restart(t.Context()); err != nil || restarted != "k3s" {
		t.Errorf("restarted %q, %v", restarted, err)
	}
}

func TestAFailedRestartSaysWhatToDo(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "etc/systemd/system/k3s.service"), "", 0o644)
	host := k3s.Host{Root: root, Run: func(_ context.Context, _ string, args ...string) (string, error) {
		if args[0] == "restart" {
			return "Job failed", errors.New("exit status 1")
		}
		return "", nil
	}}
	_, _, err := host.Restart(t.Context())
	if err == nil || !strings.Contains(err.Error(), "restarting k3s: exit status 1: Job failed\nnext: systemctl restart k3s") {
		t.Errorf("error %v", err)
	}
}
