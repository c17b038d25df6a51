//go:build e2e

// Package judges holds what factory generates against the programs by which others judge charts (helm, kubeconform, kube-score,
// helm-docs) and against a real API server: the shipped stack and every project of examples/.
package judges

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/umbrella"
	"github.com/helm-chart-factory/factory/templates"
)

const top = "../.."

func TestMain(m *testing.M) { os.Exit(clustertest.Run(m)) }

// project is a generated project.
type project struct {
	*spec.Project
	chart string // the umbrella chart's folder
}

// projects calls judge for the shipped stack and for each example, generated in a folder of its own.
func projects(t *testing.T, judge func(t *testing.T, p project)) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(top, "examples", "*", spec.ProjectFile))
	if err != nil || len(found) < 12 {
		t.Fatalf("%d examples, want 12 at least (%v)", len(found), err)
	}
	for _, file := range append(found, filepath.Join(top, spec.ProjectFile)) {
		from := filepath.Dir(file)
		name := filepath.Base(from)
		if from == filepath.Clean(top) {
			name = "the shipped stack"
		}
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, part := range []string{spec.ProjectFile, "services", "templates"} {
				copyTracked(t, from, part, dir)
			}
			judge(t, generated(t, dir))
		})
	}
}

// copyTracked copies what git knows of a part of a project.
func copyTracked(t *testing.T, from, part, to string) {
	t.Helper()
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", part)
	list.Dir = from
	names, err := list.Output()
	if err != nil {
		t.Fatalf("this test runs in a git checkout: %v", err)
	}
	for name := range strings.SplitSeq(strings.Trim(string(names), "\x00"), "\x00") {
		if name == "" {
			continue
		}
		content, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(to, name), content)
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func generated(t *testing.T, dir string) project {
	t.Helper()
	_, err := umbrella.Generate(t.Context(), dir, templates.Files, umbrella.Request{Umbrella: true, Waiting: func() {}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := spec.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return project{Project: p, chart: filepath.Join(dir, umbrella.Dir)}
}

// change gives every service another environment variable, and generates again.
func (p project) change(t *testing.T) project {
	t.Helper()
	for _, s := range p.Services {
		file := filepath.Join(p.Dir, s.Dir, spec.ServiceFile)
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		said := map[string]any{}
		if err := yaml.Unmarshal(content, &said); err != nil {
			t.Fatal(err)
		}
		env, _ := said["env"].(map[string]any)
		if env == nil {
			env = map[string]any{}
		}
		env["JUDGED"] = "again"
		said["env"] = env
		content, err = json.Marshal(said) // JSON is YAML
		if err != nil {
			t.Fatal(err)
		}
		write(t, file, content)
	}
	return generated(t, p.Dir)
}

// values are the values files of the project, by environment; "" is none.
func (p project) values() map[string][]string {
	out := map[string][]string{"": nil}
	for _, e := range p.Environments {
		out[e.Environment] = []string{"--values", filepath.Join(p.chart, "values-"+e.Environment+".yaml")}
	}
	return out
}

// manifests are what helm template prints, in a file.
func (p project) manifests(t *testing.T, arguments ...string) string {
	t.Helper()
	args := append([]string{"template", p.Name, p.chart, "--namespace", p.Namespace, "--kube-version", "1.34.0", "--skip-tests"}, arguments...)
	file := filepath.Join(t.TempDir(), "manifests.yaml")
	write(t, file, []byte(run(t, "helm", args...)))
	return file
}

// run runs one of the judges, and ends the test when it fails.
func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, complaints, err := try(t.Context(), program, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", program, strings.Join(args, " "), err, out, complaints)
	}
	return out
}

func try(ctx context.Context, program string, args ...string) (out, complaints string, err error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", "", fmt.Errorf("%w: .ci/test installs it", err)
	}
	command := exec.CommandContext(ctx, path, args...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	command.Env = append(os.Environ(), "KUBECONFIG="+os.Getenv(clustertest.Kubeconfig))
	err = command.Run()
	return stdout.String(), stderr.String(), err
}
