// Package gitops writes what a project releases as plain manifests, one file per object, for a repository that a controller such as
// Argo CD or Flux applies.
package gitops

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/files"
	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/ship"
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/stamp"
	"github.com/helm-chart-factory/factory/factory/umbrella"
)

// Request says what to render, and where to.
type Request struct {
	// Project is the project as it is in the environment that is rendered. Pinning changes it.
	Project *spec.Project
	// Dir is the folder of the manifests.
	Dir string
	// Existing are the services whose Secret is made elsewhere, under the name that the generated one would have.
	Existing []string
	// Pin tells what an image's tag stands for, and the manifests then name that. Nil leaves the tags.
	Pin deploy.Resolve
	// Check only compares.
	Check bool
	// Force gives up what people changed by hand.
	Force bool
	// Waiting is called when another run has to end first.
	Waiting func()
}

// Result is what the folder had otherwise, and what a person should know about what is in it.
type Result struct {
	Plan  *files.Plan
	Notes []string
}

// Write brings the folder to what the release consists of, or compares the two: hooks are among it, and tests are not. The same
// specs give the same bytes, so nothing may be made while rendering: a service that generates a secret has to be among those whose
// Secret is made elsewhere. Files of people stay, and are no difference.
func Write(ctx context.Context, r Request, builtin fs.FS) (*Result, error) {
	if err := r.place(); err != nil {
		return nil, err
	}
	if err := r.secrets(); err != nil {
		return nil, err
	}
	if r.Pin != nil {
		if _, err := ship.Pin(ctx, r.Project, nil, builtin, r.Pin); err != nil {
			return nil, err
		}
	}
	objects, err := r.objects(builtin)
	if err != nil {
		return nil, err
	}
	units, err := r.units(objects)
	if err != nil {
		return nil, err
	}
	plan, err := r.bring(ctx, units)
	if err != nil {
		return nil, err
	}
	plan.Changes = slices.DeleteFunc(plan.Changes, func(c files.Change) bool {
		return c.State == files.Extra && stamp.Check(c.Before) == stamp.Foreign
	})
	return &Result{Plan: plan, Notes: notes(objects)}, nil
}

// bring brings the folders of the services to the given state, or compares them. Everything else in the folder is somebody else's.
func (r Request) bring(ctx context.Context, units []files.Unit) (*files.Plan, error) {
	source := func(yield func(files.Unit, error) bool) {
		for _, u := range units {
			if !yield(u, nil) {
				return
			}
		}
	}
	if r.Check {
		wanted, err := scope(r.Dir, units)
		if err != nil {
			return nil, err
		}
		return files.Compare(r.Dir, source, wanted)
	}
	if err := os.MkdirAll(filepath.Dir(r.Dir), 0o755); err != nil {
		return nil, files.Explain(err, r.Dir)
	}
	session, err := files.Begin(ctx, r.Dir, r.Waiting)
	if err != nil {
		return nil, err
	}
	defer session.End()
	session.Shared = true
	wanted, err := scope(r.Dir, units)
	if err != nil {
		return nil, err
	}
	return session.Write(ctx, source, session.Scope(wanted), r.Force)
}

// place refuses a folder that holds a project: its generated files would be taken for manifests of another time.
func (r Request) place() error {
	inside, err := filepath.Rel(r.Dir, r.Project.Dir)
	if err == nil && inside != ".." && !strings.HasPrefix(inside, "../") {
		return wrongUse{fmt.Errorf("%s holds the project: render into a folder of its own", r.Dir)}
	}
	if _, err := os.Lstat(filepath.Join(r.Dir, spec.ProjectFile)); err == nil {
		return wrongUse{fmt.Errorf("%s is a project: render into a folder of its own", r.Dir)}
	}
	if generated := filepath.Join(r.Project.Dir, umbrella.Dir); r.Dir == generated || strings.HasPrefix(r.Dir, generated+"/") {
		return wrongUse{fmt.Errorf("%s is a part of the umbrella chart: render into a folder of its own", r.Dir)}
	}
	return nil
}

// objects renders the release twice: what differs was made while rendering.
func (r Request) objects(builtin fs.FS) ([]*rendered.Object, error) {
	first, err := r.render(builtin)
	if err != nil {
		return nil, err
	}
	second, err := r.render(builtin)
	if err != nil {
		return nil, err
	}
	var objects []*rendered.Object
	for i, o := range first.Objects {
		switch {
		case o.Fields == nil || o.Kind == "" || o.APIVersion == "":
			return nil, fmt.Errorf("%s/%s gives what is no object: %w", umbrella.Dir, o.Template, o.Wrong)
		case o.Hook("test") || o.Hook("test-success"):
			continue
		case o.Name == "":
			return nil, wrongUse{fmt.Errorf("%s/%s gives a %s without a name, which would be another one each time it is applied\nnext: give it metadata.name", umbrella.Dir, o.Template, o.Kind)}
		case i >= len(second.Objects) || !same(o, second.Objects[i]):
			return nil, wrongUse{fmt.Errorf("%s/%s gives another %s each time: a template of the project's own takes the time or something random\nnext: take that out of templates/", umbrella.Dir, o.Template, o)}
		}
		objects = append(objects, o)
	}
	return objects, nil
}

func (r Request) render(builtin fs.FS) (*rendered.Release, error) {
	c, err := umbrella.Load(r.Project, builtin)
	if err != nil {
		return nil, err
	}
	values := map[string]any{}
	for _, service := range r.Existing {
		values[service] = map[string]any{"existingSecret": service}
	}
	return rendered.Render(c, rendered.Options{
		Name: r.Project.Name, Namespace: r.Project.Namespace, Values: values,
		KubeVersion: chartutil.DefaultCapabilities.KubeVersion.Version,
	})
}

func same(a, b *rendered.Object) bool {
	first, err := text(a)
	second, other := text(b)
	return errors.Join(err, other) == nil && string(first) == string(second)
}

// notes tell of hooks, which are Helm's.
func notes(objects []*rendered.Object) []string {
	var told []string
	for _, o := range objects {
		if o.IsHook() && o.Kind == "Job" {
			told = append(told, fmt.Sprintf("%s is a hook of Helm's (%s): Argo CD runs it as one, Flux and kubectl apply make it with the rest",
				o, o.Annotations["helm.sh/hook"]))
		}
	}
	return told
}
