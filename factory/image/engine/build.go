package engine

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Mount is a path of this machine that the build's RUN lines see. It is no part of the image.
type Mount struct {
	Host      string
	Container string
	ReadOnly  bool
}

// Build says what to build. Paths are absolute.
type Build struct {
	Context    string
	Dockerfile string
	Ignore     string // the ignore file that holds, or empty
	Args       map[string]string
	Passed     []string // build arguments that take this process' environment: their values show in no process list
	Ref        string   // the name that the image gets
	Mounts     []Mount
	Pull       bool // ask the registries for newer bases
}

// CanMount reports whether the engine can lend folders of this machine to a build.
func (e Engine) CanMount() bool { return e.Name != Docker }

// Build builds an image under b.Ref, its progress written to log.
// Podman and buildah give the same bytes for the same input: every time in the image is the beginning of 1970.
func (e Engine) Build(ctx context.Context, b Build, log io.Writer) error {
	args := []string{"build", "--tag", b.Ref, "--file", b.Dockerfile, "--network", "host"}
	for _, name := range slices.Sorted(maps.Keys(b.Args)) {
		args = append(args, "--build-arg", name+"="+b.Args[name])
	}
	for _, name := range b.Passed {
		args = append(args, "--build-arg", name)
	}
	if e.Name == Docker {
		if b.Pull {
			args = append(args, "--pull")
		}
		return e.build(ctx, log, append(args, b.Context)...)
	}
	args = append(args, "--timestamp", "0", "--layers", "--force-rm", "--format", "docker", fmt.Sprintf("--pull=%t", b.Pull))
	if b.Ignore != "" {
		args = append(args, "--ignorefile", b.Ignore)
	}
	if e.Name == Buildah && !e.runsContainers(ctx) {
		args = append(args, "--isolation", "chroot")
	}
	for _, mount := range b.Mounts {
		volume := mount.Host + ":" + mount.Container
		if mount.ReadOnly {
			volume += ":ro"
		}
		args = append(args, "--volume", volume)
	}
	return e.build(ctx, log, append(args, b.Context)...)
}

func (e Engine) build(ctx context.Context, log io.Writer, args ...string) error {
	if err := e.run(ctx, log, log, args...); err != nil {
		return fmt.Errorf("%s build: %w", e.Name, err)
	}
	return nil
}

// Push sends the image called ref to the registry in its name. Plain HTTP is for a registry on this machine.
func (e Engine) Push(ctx context.Context, ref string, plainHTTP bool, log io.Writer) error {
	args := []string{"push"}
	if e.Name != Docker && plainHTTP {
		args = append(args, "--tls-verify=false")
	}
	if err := e.run(ctx, log, log, append(args, ref)...); err != nil {
		return fmt.Errorf("%s push: %w", e.Name, err)
	}
	return nil
}
