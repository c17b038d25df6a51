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

	reference "github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

const deployPairs = 5

// deployFigures compares the time from `factory deploy` to Ready with that of `helm upgrade --install --wait` of the
// same chart, on the embedded cluster of this host, with the frontend's image that `factory up` pushed. Each pair is one
// of ours and one of theirs, in turn first; each goes into an empty namespace, the image is on the node by then, and its
// digest is in the chart, so that neither asks the registry for a tag. Ratios are those of the pairs, from low to high.
func deployFigures(dir, factory, helm string) (ours, theirs time.Duration, ratios []float64, err error) {
	b, err := newDeployBench(dir, factory)
	if err != nil {
		return 0, 0, nil, err
	}
	deploys := [2][]string{
		{factory, "deploy", "--cluster", "embedded"},
		{helm, "upgrade", "--install", "bench", "umbrella-chart", "-n", "bench", "--create-namespace", "--wait"},
	}
	if _, err := b.fresh(deploys[0]); err != nil { // brings the image to the node
		return 0, 0, nil, err
	}
	var samples [2][]time.Duration
	for i := range deployPairs {
		for j := range deploys {
			side := (i + j) % 2
			took, err := b.fresh(deploys[side])
			if err != nil {
				return 0, 0, nil, err
			}
			samples[side] = append(samples[side], took)
		}
		ratios = append(ratios, samples[0][i].Seconds()/samples[1][i].Seconds())
	}
	slices.Sort(ratios)
	slices.Sort(samples[0])
	slices.Sort(samples[1])
	return samples[0][deployPairs/2], samples[1][deployPairs/2], ratios, nil
}

// deployBench is a project of three services, two pods each.
type deployBench struct {
	factory, project, kubeconfig string
}

func newDeployBench(dir, factory string) (*deployBench, error) {
	kubeconfig, err := runningCluster(factory)
	if err != nil {
		return nil, err
	}
	image, err := pinned("localhost:5000", "frontend")
	if err != nil {
		return nil, err
	}
	b := &deployBench{factory: factory, project: filepath.Join(dir, "deploy"), kubeconfig: kubeconfig}
	if err := writeFile(filepath.Join(b.project, "factory.yaml"), "version: 1\nname: bench\nnamespace: bench\n"); err != nil {
		return nil, err
	}
	for _, name := range []string{"one", "two", "three"} {
		service := "image: " + image + "\nport: 80\nreplicas: 2\nhealth: {live: /health, ready: /ready}\nvolumes: {tmp: /tmp}\n"
		if err := writeFile(filepath.Join(b.project, "services", name, "service.yaml"), service); err != nil {
			return nil, err
		}
	}
	_, err = b.timed(factory, "sync")
	return b, err
}

// fresh deploys into a namespace that is not there, and destroys it again, unmeasured.
func (b *deployBench) fresh(deploy []string) (time.Duration, error) {
	took, err := b.timed(deploy...)
	if err != nil {
		return 0, err
	}
	_, err = b.timed(b.factory, "destroy", "--cluster", "embedded", "--volumes", "--yes")
	return took, err
}

func (b *deployBench) timed(args ...string) (time.Duration, error) {
	command := exec.Command(args[0], args[1:]...)
	command.Dir, command.Env = b.project, append(os.Environ(), "KUBECONFIG="+b.kubeconfig)
	start := time.Now()
	if out, err := command.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return time.Since(start), nil
}

// pinned is the image that a registry has under a name, by its digest.
func pinned(registry, name string) (string, error) {
	ref, err := reference.ParseReference(registry + "/" + name + ":latest")
	if err != nil {
		return "", err
	}
	found, err := remote.Head(ref)
	if err != nil {
		return "", fmt.Errorf("%s has no image %s: make up pushes one (%w)", registry, name, err)
	}
	return registry + "/" + name + "@" + found.Digest.String(), nil
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
