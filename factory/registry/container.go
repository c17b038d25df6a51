package registry

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// The seed's container.
const (
	containerName  = "local-registry"
	containerImage = "registry:2"
	containerData  = "local-registry" // a named volume, so that the images outlive the container
)

// ErrNoDocker says that no Docker or Podman answers on this machine.
var ErrNoDocker = errors.New("no container engine answers\n" +
	"next: start Docker (systemctl start docker), or leave --runtime docker out: the embedded registry needs no engine")

func setupContainer(ctx context.Context, o Options) (Result, error) {
	docker, err := findDocker(ctx)
	if err != nil {
		return Result{}, err
	}
	result := Result{Address: address(o.Port), Runtime: Docker}
	running, err := output(ctx, docker, "inspect", "--type", "container", "--format", "{{.State.Running}}", containerName)
	switch {
	case err == nil && running == "true":
		if !probe(ctx, o.Port).registry {
			return Result{}, fmt.Errorf("the container %s runs, but no registry answers on %s%s\nnext: %s logs %s; %s port %s",
				containerName, address(o.Port), lastWords(ctx, docker), docker, containerName, docker, containerName)
		}
		return result, nil
	case err == nil:
		_, err = output(ctx, docker, "start", containerName)
	default:
		if found := probe(ctx, o.Port); found.registry {
			return existing(ctx, o.Port, found)
		} else if found.taken {
			return Result{}, takenError(o.Port)
		}
		_, err = output(ctx, docker, "run", "--detach", "--restart", "always", "--name", containerName,
			"--publish", "127.0.0.1:"+strconv.Itoa(o.Port)+":5000", "--volume", containerData+":/var/lib/registry",
			"--env", "REGISTRY_STORAGE_DELETE_ENABLED=true", containerImage)
	}
	if err != nil {
		return Result{}, fmt.Errorf("starting the container %s: %w\nnext: factory setup-registry, which needs no image from outside",
			containerName, err)
	}
	result.Started = true
	if err := waitForRegistry(ctx, o.Port); err != nil {
		return Result{}, fmt.Errorf("%w%s\nnext: %s logs %s", err, lastWords(ctx, docker), docker, containerName)
	}
	return result, nil
}

// lastWords quotes the end of what the container printed.
func lastWords(ctx context.Context, docker string) string {
	out, err := exec.CommandContext(ctx, docker, "logs", "--tail", "10", containerName).CombinedOutput()
	if err != nil || len(out) == 0 {
		return ""
	}
	return "; it says:\n  " + strings.ReplaceAll(strings.TrimSpace(string(out)), "\n", "\n  ")
}

func stopContainer(ctx context.Context, purge bool) (stopped bool, err error) {
	docker, err := findDocker(ctx)
	if err != nil {
		return false, err
	}
	if _, err := output(ctx, docker, "inspect", "--type", "container", containerName); err != nil {
		return false, nil
	}
	if _, err := output(ctx, docker, "rm", "--force", containerName); err != nil {
		return false, err
	}
	if purge {
		_, err = output(ctx, docker, "volume", "rm", containerData)
	}
	return true, err
}

// findDocker returns the first of docker and podman that is there and answers.
func findDocker(ctx context.Context) (string, error) {
	for _, name := range []string{"docker", "podman"} {
		if _, err := exec.LookPath(name); err != nil {
			continue
		}
		short, cancel := context.WithTimeout(ctx, 5*time.Second)
		_, err := output(short, name, "ps", "--quiet") // needs the daemon, where the engine has one
		cancel()
		if err == nil {
			return name, nil
		}
	}
	return "", ErrNoDocker
}

func waitForRegistry(ctx context.Context, port int) error {
	for limit := time.Now().Add(startLimit); time.Now().Before(limit); {
		if probe(ctx, port).registry {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("no registry answered on %s within %s", address(port), startLimit)
}

func output(ctx context.Context, program string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, program, args...).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return "", fmt.Errorf("%s %s: %s", program, args[0], strings.TrimSpace(string(exit.Stderr)))
	}
	return strings.TrimSpace(string(out)), err
}
