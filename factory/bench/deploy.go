package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const deployRounds = 3

// deployFigures compares the time from `factory deploy` to Ready with that of `helm upgrade --install --wait` of the
// same chart, on the embedded cluster of this host, with the frontend's image that `factory up` pushed. Both pull by
// the same name from a node that has the image, into an empty namespace.
func deployFigures(dir, factory, helm string) (ours, theirs time.Duration, err error) {
	kubeconfig, err := runningCluster(factory)
	if err != nil {
		return 0, 0, err
	}
	project := filepath.Join(dir, "deploy")
	if err := writeFile(filepath.Join(project, "factory.yaml"), "version: 1\nname: bench\nnamespace: bench\n"); err != nil {
		return 0, 0, err
	}
	for _, name := range []string{"one", "two", "three"} {
		const service = "image: localhost:5000/frontend:latest\nport: 80\nreplicas: 2\nhealth: {live: /health, ready: /ready}\nvolumes: {tmp: /tmp}\n"
		if err := writeFile(filepath.Join(project, "services", name, "service.yaml"), service); err != nil {
			return 0, 0, err
		}
	}
	timed := func(args ...string) (time.Duration, error) {
		command := exec.Command(args[0], args[1:]...)
		command.Dir, command.Env = project, append(os.Environ(), "KUBECONFIG="+kubeconfig)
		start := time.Now()
		if out, err := command.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
		}
		return time.Since(start), nil
	}
	if _, err := timed(factory, "sync"); err != nil {
		return 0, 0, err
	}
	var a, b []time.Duration
	for range deployRounds {
		for _, side := range []struct {
			samples *[]time.Duration
			deploy  []string
		}{
			{&a, []string{factory, "deploy", "--cluster", "embedded"}},
			{&b, []string{helm, "upgrade", "--install", "bench", "umbrella-chart", "-n", "bench", "--create-namespace", "--wait"}},
		} {
			took, err := timed(side.deploy...)
			if err != nil {
				return 0, 0, err
			}
			*side.samples = append(*side.samples, took)
			if _, err := timed(factory, "destroy", "--cluster", "embedded", "--volumes", "--yes"); err != nil {
				return 0, 0, err
			}
		}
	}
	slices.Sort(a)
	slices.Sort(b)
	return a[deployRounds/2], b[deployRounds/2], nil
}

// runningCluster returns the kubeconfig of this host's embedded cluster, or an error that says that none runs.
func runningCluster(factory string) (string, error) {
	out, err := exec.Command(factory, "cluster", "status", "-o", "json").Output()
	if err != nil {
		return "", fmt.Errorf("asking for the cluster: %w", err)
	}
	var status struct {
		Running    bool   `json:"running"`
		Node       bool   `json:"node"`
		Kubeconfig string `json:"kubeconfig"`
	}
	if err := json.Unmarshal(out, &status); err != nil {
		return "", err
	}
	if !status.Running || !status.Node {
		return "", fmt.Errorf("no embedded cluster runs: make up starts one")
	}
	return status.Kubeconfig, nil
}
