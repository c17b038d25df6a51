// Package engine drives the container engine of this machine: docker, podman or buildah, by its command line.
package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The engines, in the order in which they are tried: the one with a daemon that a person started on purpose first, the
// one that needs nothing last.
const (
	Docker  = "docker"
	Podman  = "podman"
	Buildah = "buildah"
)

// Names lists the engines in the order in which Find tries them.
func Names() []string { return []string{Docker, Podman, Buildah} }

// Engine is one engine that answered.
type Engine struct {
	Name string
	env  []string // added to the environment of its commands
}

// ErrNone says that no engine answers here.
var ErrNone = errors.New("no container engine answers on this machine (tried docker, podman, buildah)\n" +
	"next: apt-get install --no-install-recommends buildah runc")

// Find returns the engine called want, or the first of Names that answers when want is empty.
func Find(ctx context.Context, want string) (Engine, error) {
	if want != "" && !slices.Contains(Names(), want) {
		return Engine{}, fmt.Errorf("unknown engine %q: want one of %s", want, strings.Join(Names(), ", "))
	}
	for _, name := range Names() {
		if want != "" && want != name {
			continue
		}
		found, err := open(ctx, name)
		if err == nil {
			return found, nil
		}
		if want != "" {
			return Engine{}, fmt.Errorf("engine %s does not answer: %w", want, err)
		}
	}
	return Engine{}, ErrNone
}

// Available names the engines that answer here, in the order of Names.
func Available(ctx context.Context) []string {
	var names []string
	for _, name := range Names() {
		if _, err := open(ctx, name); err == nil {
			names = append(names, name)
		}
	}
	return names
}

func open(ctx context.Context, name string) (Engine, error) {
	if _, err := exec.LookPath(name); err != nil {
		return Engine{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	e := Engine{Name: name}
	if name != Buildah {
		_, err := e.output(ctx, "ps", "--quiet") // needs the daemon, where there is one
		return e, err
	}
	if _, err := e.output(ctx, "images", "--quiet"); err == nil {
		return e, nil
	}
	// A storage.conf that asks for overlay fails inside some containers; vfs is slow but always works.
	e.env = []string{"STORAGE_DRIVER=vfs"}
	_, err := e.output(ctx, "images", "--quiet")
	return e, err
}

// ImageID returns the id of the image that the engine holds under ref; found is false where it holds none.
func (e Engine) ImageID(ctx context.Context, ref string) (id string, found bool, err error) {
	return e.inspect(ctx, ref, "{{.Id}}", "{{.FromImageID}}")
}

// Label returns the value of a label of the image that the engine holds under ref.
func (e Engine) Label(ctx context.Context, ref, key string) (value string, found bool, err error) {
	return e.inspect(ctx, ref, `{{index .Config.Labels "`+key+`"}}`, `{{index .OCIv1.Config.Labels "`+key+`"}}`)
}

func (e Engine) inspect(ctx context.Context, ref, format, buildahFormat string) (string, bool, error) {
	args := []string{"image", "inspect", "--format", format, ref}
	if e.Name == Buildah {
		args = []string{"inspect", "--type", "image", "--format", buildahFormat, ref}
	}
	out, err := e.output(ctx, args...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return "", false, nil
	}
	return out, err == nil, err
}

// Load puts the one image of a docker archive into the engine, under the name that the archive gives it.
func (e Engine) Load(ctx context.Context, archive string) error {
	args := []string{"load", "--quiet", "--input", archive}
	if e.Name == Buildah {
		args = []string{"pull", "--quiet", "docker-archive:" + archive}
	}
	_, err := e.output(ctx, args...)
	return err
}

// Pull fetches ref from where the engine's own configuration says.
func (e Engine) Pull(ctx context.Context, ref string) error {
	_, err := e.output(ctx, "pull", "--quiet", ref)
	return err
}

// HasMirror reports whether the engine is set to ask another registry first where an image of Docker Hub is named.
func (e Engine) HasMirror(ctx context.Context) bool {
	if e.Name == Docker {
		out, err := e.output(ctx, "info", "--format", "{{len .RegistryConfig.Mirrors}}")
		return err == nil && out != "0"
	}
	files, _ := filepath.Glob("/etc/containers/registries.conf.d/*.conf")
	for _, file := range append(files, "/etc/containers/registries.conf") {
		content, err := os.ReadFile(file)
		if err == nil && mirrorsHub(string(content)) {
			return true
		}
	}
	return false
}

// mirrorsHub looks for a [[registry]] table of docker.io that has mirrors or another location (containers-registries.conf(5)).
func mirrorsHub(content string) bool {
	hub := false
	for line := range strings.Lines(content) {
		line = strings.ReplaceAll(strings.TrimSpace(line), " ", "")
		switch {
		case strings.HasPrefix(line, "[[registry]]"):
			hub = false
		case line == `prefix="docker.io"`, line == `location="docker.io"`:
			hub = true
		case hub && (strings.HasPrefix(line, "[[registry.mirror]]") || strings.HasPrefix(line, "location=")):
			return true
		}
	}
	return false
}

// output runs the engine and returns what it printed. Its complaints are part of the error.
func (e Engine) output(ctx context.Context, args ...string) (string, error) {
	var out, complaints strings.Builder
	err := e.run(ctx, &out, &complaints, args...)
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", e.Name, args[0], err, strings.TrimSpace(complaints.String()))
	}
	return strings.TrimSpace(out.String()), nil
}
