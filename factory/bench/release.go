package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/helm-chart-factory/factory/factory/paths"
)

// releaseFigures measures plan, deploy and upgrade of big umbrellas, wall clock, on an API server of its own without a
// node: services of no replicas, five objects each, so that no pod has to run. It prints them as they come.
func releaseFigures(b bench) error {
	if _, err := os.Stat(filepath.Join(paths.Cache(), "bin", "factory-cluster")); err != nil {
		return &missingError{fmt.Errorf("factory-cluster is not built: make cluster does it (%w)", err)}
	}
	// The home of this host's own cluster stays untouched.
	environment := append(os.Environ(), "FACTORY_HOME="+filepath.Join(b.dir, "home"), "FACTORY_INSTANCE=bench", "KUBECONFIG=")
	r := &releases{w: b.out, factory: b.factory, environment: environment}
	if _, err := r.run(b.dir, "cluster", "start", "--no-node"); err != nil {
		return err
	}
	defer func() { _, _ = r.run(b.dir, "cluster", "stop") }()
	for _, count := range []int{100, 300} {
		if err := r.measure(filepath.Join(b.dir, fmt.Sprintf("release-%d", count)), count); err != nil {
			return err
		}
	}
	return nil
}

type releases struct {
	w           io.Writer
	factory     string
	environment []string
}

func (r *releases) measure(project string, count int) error {
	if err := r.write(project, count, "1"); err != nil {
		return err
	}
	steps := []struct {
		what string
		tag  string
		args []string
	}{
		{"deploy", "1", []string{"deploy"}},
		{"deploy again, nothing changed", "1", []string{"deploy"}},
		{"plan, nothing changed", "1", []string{"plan"}},
		{"plan, every service changed", "2", []string{"plan"}},
		{"upgrade of every service", "2", []string{"deploy"}},
	}
	for _, step := range steps {
		if err := r.write(project, count, step.tag); err != nil {
			return err
		}
		start := time.Now()
		if _, err := r.run(project, append(step.args, "--cluster", "embedded")...); err != nil {
			return err
		}
		fmt.Fprintf(r.w, "%d services: %s\t%.1fs\n", count, step.what, time.Since(start).Seconds())
	}
	out, err := r.run(project, "plan", "--cluster", "embedded", "-o", "json")
	if err != nil {
		return err
	}
	var plan struct{ Size struct{ Bytes, Limit int } }
	if err := json.Unmarshal([]byte(out), &plan); err != nil {
		return err
	}
	_, err = fmt.Fprintf(r.w, "%d services: the stored release\t%d KiB of %d\n", count, plan.Size.Bytes/1024, plan.Size.Limit/1024)
	return err
}

// write writes a project whose images have the tag, and its charts.
func (r *releases) write(project string, count int, tag string) error {
	name := fmt.Sprintf("bench-%d", count)
	if err := writeFile(filepath.Join(project, "factory.yaml"), "version: 1\nname: "+name+"\nnamespace: "+name+"\n"); err != nil {
		return err
	}
	for i := range count {
		service := fmt.Sprintf("port: 8080\nreplicas: 0\nimage: example.invalid/service:%s\nhealth: {live: /health, ready: /ready}\n"+
			"ingress: {host: service-%04d.example.com}\nenv: {LOG_LEVEL: info, NUMBER: \"%d\"}\n", tag, i, i)
		if i > 0 {
			service += fmt.Sprintf("needs: [service-%04d]\n", i-1)
		}
		if err := writeFile(filepath.Join(project, "services", fmt.Sprintf("service-%04d", i), "service.yaml"), service); err != nil {
			return err
		}
	}
	_, err := r.run(project, "sync")
	return err
}

func (r *releases) run(dir string, args ...string) (string, error) {
	command := exec.Command(r.factory, args...)
	command.Dir, command.Env = dir, r.environment
	var said strings.Builder
	command.Stderr = &said
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("factory %s: %w\n%s", strings.Join(args, " "), err, said.String())
	}
	return string(out), nil
}
