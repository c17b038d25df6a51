package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/image/bases"
	"github.com/helm-chart-factory/factory/factory/image/dockerfile"
	"github.com/helm-chart-factory/factory/factory/image/engine"
)

// Options say what to build and with what.
type Options struct {
	Services []Service
	Engine   string // docker, podman or buildah; empty takes the first that answers
	Cache    string // logs, records, and the build caches where this machine has none of its own
	Bases    string // the cache of stand-in base images
	Force    bool   // build what is unchanged too
	Pull     bool   // ask registries for newer base images
	Hub      func(ctx context.Context) bool
}

// Build makes the registry hold an up-to-date image of each service, one after the other, since a build uses every core
// by itself. A service whose input is what its last build was made of, and whose image the registry still holds, is left
// alone.
func Build(ctx context.Context, o Options, streams *console.Streams) ([]Built, error) {
	jobs := make([]*job, 0, len(o.Services))
	var needed []dockerfile.Base
	for _, service := range o.Services {
		j, err := o.newJob(service)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	run := &run{Options: o}
	steps := []console.Step{}
	for _, j := range jobs {
		if err := j.look(ctx, run); err != nil {
			return nil, err
		}
		if !j.fresh {
			needed = append(needed, j.bases...)
		}
	}
	if len(needed) > 0 {
		steps = append(steps, run.basesStep(needed))
	}
	for _, j := range jobs {
		steps = append(steps, j.step(run))
	}
	if err := console.RunSteps(ctx, streams, steps); err != nil {
		return nil, err
	}
	built := make([]Built, 0, len(jobs))
	for _, j := range jobs {
		built = append(built, j.built)
	}
	return built, nil
}

// Bases makes the base images of the services usable by the engine, and says where each comes from.
func Bases(ctx context.Context, o Options, streams *console.Streams) ([]bases.Result, error) {
	var needed []dockerfile.Base
	for _, service := range o.Services {
		j, err := o.newJob(service)
		if err != nil {
			return nil, err
		}
		needed = append(needed, j.bases...)
	}
	run := &run{Options: o}
	err := console.RunSteps(ctx, streams, []console.Step{run.basesStep(needed)})
	return run.found, err
}

// run is one run of Build: the options and what its jobs share.
type run struct {
	Options
	engine *engine.Engine
	found  []bases.Result
}

func (r *run) findEngine(ctx context.Context) (engine.Engine, error) {
	if r.engine == nil {
		found, err := engine.Find(ctx, r.Options.Engine)
		if err != nil {
			return engine.Engine{}, err
		}
		r.engine = &found
	}
	return *r.engine, nil
}

func (r *run) basesStep(needed []dockerfile.Base) console.Step {
	return console.Step{Name: "base images", Do: func(ctx context.Context, say console.Reporter) error {
		e, err := r.findEngine(ctx)
		if err != nil {
			return err
		}
		r.found, err = bases.Ensure(ctx, bases.Options{Bases: needed, Engine: e, Cache: r.Bases, Hub: r.Hub}, say)
		if err != nil {
			return err
		}
		counts := map[bases.Origin]int{}
		for _, result := range r.found {
			counts[result.Origin]++
		}
		if counts[bases.FromStandIn] == 0 {
			say("no stand-ins needed (%s)", e.Name)
		} else {
			say("%d stand-ins for images of Docker Hub, which does not answer (%s)", counts[bases.FromStandIn], e.Name)
		}
		return nil
	}}
}

// job is the build of one service.
type job struct {
	service Service
	bases   []dockerfile.Base
	args    map[string]bool
	inputs  string
	fresh   bool
	digest  string // of the image that the registry holds, when fresh
	built   Built
}

func (o Options) newJob(s Service) (*job, error) {
	file, err := dockerfile.Read(s.Dockerfile, s.Args)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noDockerfile{s}
	}
	if err != nil {
		return nil, err
	}
	return &job{service: s, bases: file.Bases, args: file.Args}, nil
}

type noDockerfile struct{ Service }

func (e noDockerfile) Error() string {
	return fmt.Sprintf("service %s has no Dockerfile: %s does not exist\nnext: write one, for example\n\n"+
		"  FROM nginx:1.27-alpine\n  COPY . /usr/share/nginx/html\n\n"+
		"or name a ready image in its service.yaml (image: HOST/NAME:TAG)", e.Name, e.Dockerfile)
}

// Usage says that the project is to be changed.
func (noDockerfile) Usage() bool { return true }

// look compares the input with that of the last build, and the registry with what that build pushed.
func (j *job) look(ctx context.Context, r *run) error {
	var err error
	if j.inputs, err = inputs(j.service); err != nil {
		return err
	}
	last, found := readRecord(r.Cache, j.service.Ref)
	if r.Force || r.Pull || !found || last.Inputs != j.inputs {
		return nil
	}
	digest, err := Digest(ctx, j.service.Ref)
	if err != nil || digest != last.Digest {
		return ctx.Err() // the registry lost it, or somebody pushed another: build
	}
	if e, err := r.findEngine(ctx); err == nil {
		now, err := baseIDs(ctx, e, j.bases)
		if err != nil {
			return err
		}
		for ref, id := range now {
			if id != last.Bases[ref] {
				return nil
			}
		}
	}
	j.fresh, j.digest = true, digest
	return nil
}

// baseIDs tells which bases the engine holds, as id by reference.
func baseIDs(ctx context.Context, e engine.Engine, needed []dockerfile.Base) (map[string]string, error) {
	ids := map[string]string{}
	for _, base := range needed {
		id, found, err := e.ImageID(ctx, base.Ref)
		if err != nil {
			return nil, err
		}
		if found {
			ids[base.Ref] = id
		}
	}
	return ids, nil
}

func (j *job) step(r *run) console.Step {
	start := time.Now()
	finish := func(digest string, built bool) {
		j.built = Built{Service: j.service.Name, Image: j.service.Ref, Digest: digest, Built: built, Seconds: time.Since(start).Seconds()}
	}
	return console.Step{
		Name: "image " + j.service.Name,
		Done: func(_ context.Context, say console.Reporter) (bool, error) {
			start = time.Now()
			if j.fresh {
				say("unchanged")
				finish(j.digest, false)
			}
			return j.fresh, nil
		},
		Do: func(ctx context.Context, say console.Reporter) error {
			digest, err := j.make(ctx, r, say)
			if err != nil {
				return err
			}
			say("%s", digest)
			finish(digest, true)
			return nil
		},
	}
}

// make builds and pushes the image, and returns the digest that the registry gave it.
func (j *job) make(ctx context.Context, r *run, say console.Reporter) (string, error) {
	e, err := r.findEngine(ctx)
	if err != nil {
		return "", err
	}
	request := engine.Build{Context: j.service.Context, Dockerfile: j.service.Dockerfile, Ignore: ignoreFile(j.service),
		Args: j.service.Args, Passed: j.passed(e), Ref: j.service.Ref, Pull: r.Pull}
	if e.CanMount() {
		lent, err := lend(ctx, j.bases, r.Cache)
		if err != nil {
			return "", err
		}
		defer lent.remove()
		request.Mounts = lent.mounts
	}
	log, err := openLog(r.Cache, j.service.Name, say)
	if err != nil {
		return "", err
	}
	defer log.close()
	if err := e.Build(ctx, request, log); err != nil {
		return "", log.explain(ctx, err)
	}
	if err := log.whole(); err != nil {
		return "", err
	}
	say("pushing")
	if err := e.Push(ctx, j.service.Ref, isLocal(j.service.Ref), log); err != nil {
		return "", log.explain(ctx, err)
	}
	digest, err := normalise(ctx, j.service.Ref)
	if err != nil {
		return "", err
	}
	ids, err := baseIDs(ctx, e, j.bases)
	if err != nil {
		return "", err
	}
	return digest, record{Inputs: j.inputs, Bases: ids, Digest: digest}.write(r.Cache, j.service.Ref)
}

// passed names the settings of this machine's network that an engine which cannot mount anything is told by build
// arguments: the proxies, which every Dockerfile may use, and those others that this one asks for by an ARG line.
func (j *job) passed(e engine.Engine) []string {
	if e.CanMount() {
		return nil
	}
	var names []string
	for _, name := range []string{"http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"} {
		if os.Getenv(name) != "" {
			names = append(names, name)
		}
	}
	for _, name := range []string{"GOPROXY", "GONOSUMDB", "GOPRIVATE", "NPM_CONFIG_REGISTRY"} {
		if os.Getenv(name) != "" && j.args[name] {
			names = append(names, name)
		}
	}
	return names
}
