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
func deployFigures(b bench) error {
	project, err := newDeployProject(b)
	if err != nil {
		return err
	}
	deploys := [2][]string{
		{b.factory, "deploy", "--cluster", "embedded"},
		{b.helm, "upgrade", "--install", "bench", "umbrella-chart", "-n", "bench", "--create-namespace", "--wait"},
	}
	if _, err := project.fresh(deploys[0]); err != nil { // brings the image to the node
		return err
	}
	var samples [2][]time.Duration
	var ratios []float64
	for i := range deployPairs {
		for j := range deploys {
			side := (i + j) % 2
			took, err := project.fresh(deploys[side])
			if err != nil {
				return err
			}
			samples[side] = append(samples[side], took)
		}
		ratios = append(ratios, samples[0][i].Seconds()/samples[1][i].Seconds())
	}
	slices.Sort(ratios)
	slices.Sort(samples[0])
	slices.Sort(samples[1])
	const middle, last = deployPairs / 2, deployPairs - 1
	fmt.Fprintf(b.out, "from deploy to Ready, against helm --wait\t%.2fs\t%.2fs\t%.2f (%d pairs, %.2f to %.2f)\t<= 1.1\n",
		samples[0][middle].Seconds(), samples[1][middle].Seconds(), ratios[middle], deployPairs, ratios[0], ratios[last])
	return nil
}

// deployProject is a project of three services, two pods each.
type deployProject struct {
	factory, dir, kubeconfig string
}

func newDeployProject(b bench) (*deployProject, error) {
	kubeconfig, err := runningCluster(b.factory)
	if err != nil {
		return nil, &missingError{err}
	}
	image, err := pinned("localhost:5000", "frontend")
	if err != nil {
		return nil, &missingError{err}
	}
	p := &deployProject{factory: b.factory, dir: filepath.Join(b.dir, "deploy"), kubeconfig: kubeconfig}
	if err := writeFile(filepath.Join(p.dir, "factory.yaml"), "version: 1\nname: bench\nnamespace: bench\n"); err != nil {
		return nil, err
	}
	for _, name := range []string{"one", "two", "three"} {
		service := "image: " + image + "\nport: 80\nreplicas: 2\nhealth: {live: /health, ready: /ready}\nvolumes: {tmp: /tmp}\n"
		if err := writeFile(filepath.Join(p.dir, "services", name, "service.yaml"), service); err != nil {
			return nil, err
		}
	}
	_, err = p.timed(p.factory, "sync")
	return p, err
}

// fresh deploys into a namespace that is not there, and destroys it again, unmeasured.
func (p *deployProject) fresh(deploy []string) (time.Duration, error) {
	took, err := p.timed(deploy...)
	if err != nil {
		return 0, err
	}
	_, err = p.timed(p.factory, "destroy", "--cluster", "embedded", "--volumes", "--yes")
	return took, err
}

func (p *deployProject) timed(args ...string) (time.Duration, error) {
	command := exec.Command(args[0], args[1:]...)
	command.Dir, command.Env = p.dir, append(os.Environ(), "KUBECONFIG="+p.kubeconfig)
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
