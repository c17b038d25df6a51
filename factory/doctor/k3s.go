package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/helm-chart-factory/factory/factory/registry"
	"github.com/helm-chart-factory/factory/factory/registry/k3s"
)

// hasK3s tells whether a k3s of this machine has to know the registry; otherwise the verdict says why not.
func (e *examination) hasK3s() (Verdict, bool) {
	switch {
	case !e.K3s.Host.Installed():
		return notHere("there is no k3s on this machine"), false
	case !registry.IsLocal(e.Project.Registry):
		return notHere("the registry %s is not on this machine: k3s reaches it by its name", e.Project.Registry), false
	}
	return Verdict{}, true
}

// k3sRegistries is `factory configure-k3s-registry --dry-run`.
func (e *examination) k3sRegistries(ctx context.Context) Verdict {
	if verdict, ok := e.hasK3s(); !ok {
		return verdict
	}
	options := e.K3s
	options.DryRun = true
	result, err := k3s.Configure(ctx, options)
	const why = "k3s' containerd takes a registry that this file does not name for one that speaks HTTPS"
	switch {
	case err != nil:
		problem := Problem{Why: why}
		problem.Saw, problem.Fix = next(err)
		if problem.Fix == "" {
			problem.Fix = "correct the file, then: factory configure-k3s-registry"
		}
		return failed("registries.yaml cannot be read", problem)
	case result.Changed:
		return failed(fmt.Sprintf("%s does not name %s", result.File, e.Project.Registry), Problem{
			Saw: "what is missing:\n" + strings.TrimRight(result.Diff, "\n"), Why: why,
			Fix: "factory configure-k3s-registry", remedy: e.configureK3s,
		})
	}
	return passed("%s names %s", result.File, e.Project.Registry)
}

func (e *examination) configureK3s(ctx context.Context) (string, error) {
	result, err := k3s.Configure(ctx, e.K3s)
	if err != nil {
		return "", err
	}
	did := "merged into " + result.File
	if result.Restarted != "" {
		did += ", restarted " + result.Restarted
	}
	return did, nil
}

// k3sRestarted compares when the file was written with when k3s was started, which is when it reads it.
func (e *examination) k3sRestarted(ctx context.Context) Verdict {
	if verdict, ok := e.hasK3s(); !ok {
		return verdict
	}
	file := e.K3s.File
	if file == "" {
		file = k3s.DefaultFile
	}
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return notHere("there is no %s", file)
	}
	var running []k3s.Started
	if err == nil {
		running, err = e.K3s.Host.Started(ctx)
	}
	if err != nil {
		return notChecked("%v", err)
	}
	if len(running) == 0 {
		return notHere("no k3s service runs: k3s reads the file when it starts")
	}
	for _, service := range running {
		if info.ModTime().After(service.At) {
			return failed(fmt.Sprintf("%s is older than the file", service.Service), Problem{
				Saw: fmt.Sprintf("%s runs since %s, and %s was written at %s", service.Service, service.At.Local().Format(time.DateTime),
					file, info.ModTime().Local().Format(time.DateTime)),
				Why:    "k3s reads the file when it starts: what was written since does not hold yet",
				Fix:    "sudo systemctl restart " + service.Service,
				remedy: e.restartK3s,
			})
		}
	}
	return passed("%s runs since %s", running[0].Service, running[0].At.Local().Format(time.DateTime))
}

func (e *examination) restartK3s(ctx context.Context) (string, error) {
	restarted, note, err := e.K3s.Host.Restart(ctx)
	if restarted != "" {
		note = "restarted " + restarted
	}
	return note, err
}
