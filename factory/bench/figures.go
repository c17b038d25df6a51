package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// syncFigures compares `factory sync` of 1,000 services with `cp -r` of what it wrote: from nothing, then unchanged.
func syncFigures(dir, factory, _ string) ([]row, error) {
	project := filepath.Join(dir, "thousand")
	if err := writeProject(project, 1000, "replicas: 2\nenv: {LOG_LEVEL: info, GREETING: hello}\n"); err != nil {
		return nil, err
	}
	output, copied := filepath.Join(project, "umbrella-chart"), filepath.Join(dir, "copy")
	sync := program{dir: project, args: []string{factory, "sync"}}
	copying := program{dir: project, args: []string{"cp", "-r", output, copied}, before: func() error { return os.RemoveAll(copied) }}

	fresh := sync
	fresh.before = func() error { return os.RemoveAll(output) }
	ours, theirs, err := pair(fresh, copying)
	if err != nil {
		return nil, err
	}
	rows := []row{{"sync 1,000 services from nothing, against cp -r", ours, theirs, "<= 4, < 300 MiB"}}
	ours, theirs, err = pair(sync, copying)
	if err != nil {
		return nil, err
	}
	return append(rows, row{"the same again, nothing changed", ours, theirs, "<= 1.5"}), nil
}

// templateFigures compares `helm template` of an umbrella of 100 generated services with that of 100 charts as `helm create`
// makes them: four objects each against six, and as little beyond them on either side.
func templateFigures(dir, factory, helm string) ([]row, error) {
	project := filepath.Join(dir, "hundred")
	if err := writeProject(project, 100, ""); err != nil {
		return nil, err
	}
	if out, err := exec.Command(factory, "-C", project, "sync").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("factory sync: %w\n%s", err, out)
	}
	created := filepath.Join(dir, "created")
	if err := createUmbrella(created, helm, 100); err != nil {
		return nil, err
	}
	ours, theirs, err := pair(
		program{dir: project, args: []string{helm, "template", "bench", "umbrella-chart"}},
		program{dir: dir, args: []string{helm, "template", "bench", created}})
	return []row{{"helm template of 100 services, against helm create's", ours, theirs, "<= 1"}}, err
}

func helpFigures(dir, factory, helm string) ([]row, error) {
	ours, theirs, err := pair(
		program{dir: dir, args: []string{factory, "--help"}},
		program{dir: dir, args: []string{helm, "--help"}})
	return []row{{"factory --help, against helm --help", ours, theirs, "<= 1"}}, err
}

// writeProject writes a project of count services, each a Deployment, Service, Ingress, ServiceAccount and NetworkPolicy with
// probes, every one needing the one before it. More is what else their specs say.
func writeProject(dir string, count int, more string) error {
	const project = "version: 1\nname: bench\nnamespace: bench\nregistry: localhost:5000\nissuer: {name: factory-self-ca}\n"
	if err := writeFile(filepath.Join(dir, "factory.yaml"), project); err != nil {
		return err
	}
	for i := range count {
		spec := fmt.Sprintf("port: 8080\nhealth: {live: /health, ready: /ready}\ningress: {host: service-%04d.example.com, tls: true}\n%s", i, more)
		if i > 0 {
			spec += fmt.Sprintf("needs: [service-%04d]\n", i-1)
		}
		folder := filepath.Join(dir, "services", fmt.Sprintf("service-%04d", i))
		if err := writeFile(filepath.Join(folder, "service.yaml"), spec); err != nil {
			return err
		}
		if err := writeFile(filepath.Join(folder, "Dockerfile"), "FROM scratch\n"); err != nil {
			return err
		}
	}
	return nil
}

// createUmbrella writes an umbrella of count charts made by `helm create`.
func createUmbrella(dir, helm string, count int) error {
	if err := os.MkdirAll(filepath.Join(dir, "charts"), 0o755); err != nil {
		return err
	}
	var chart strings.Builder
	chart.WriteString("apiVersion: v2\nname: created\nversion: 0.1.0\ndependencies:\n")
	for i := range count {
		name := fmt.Sprintf("service-%04d", i)
		if out, err := exec.Command(helm, "create", filepath.Join(dir, "charts", name)).CombinedOutput(); err != nil {
			return fmt.Errorf("helm create: %w\n%s", err, out)
		}
		fmt.Fprintf(&chart, "  - {name: %s, version: 0.1.0}\n", name)
	}
	return writeFile(filepath.Join(dir, "Chart.yaml"), chart.String())
}

func writeFile(path, content string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o644)
}
