package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/helm-chart-factory/factory/factory/image"
	"github.com/helm-chart-factory/factory/factory/registry"
)

// registry asks the project's registry whether it is one.
func (e *examination) registry(ctx context.Context) Verdict {
	address := e.Project.Registry
	err := registry.Answers(ctx, address)
	if err == nil {
		return passed("%s answers", address)
	}
	problem := Problem{Why: "images are pushed there, and nodes pull them from there"}
	problem.Saw, problem.Fix = next(err)
	switch {
	case errors.Is(err, registry.ErrSilent):
		problem.Fix, problem.remedy = "factory setup-registry", e.startRegistry
	case problem.Fix == "":
		problem.Fix = "correct registry: in factory.yaml, or log in and look: curl https://" + address + "/v2/"
	}
	return failed(fmt.Sprintf("the registry %s does not answer", address), problem)
}

func (e *examination) startRegistry(ctx context.Context) (string, error) {
	result, err := registry.Setup(ctx, e.Registry)
	if err != nil {
		return "", err
	}
	return "the registry runs at " + result.Address, nil
}

// images asks the registry for each image that is built.
func (e *examination) images(ctx context.Context) Verdict {
	var problems []Problem
	var missing []string
	built := 0
	for _, service := range e.Project.Released() {
		ref := e.Project.BuiltImage(service)
		if ref == "" {
			continue
		}
		built++
		if _, err := image.Digest(ctx, ref); err != nil {
			missing = append(missing, service.Name)
			problems = append(problems, Problem{
				Saw: err.Error(), Why: "a node that starts a pod of " + service.Name + " pulls it from there",
				Fix: "factory build " + service.Name,
			})
		}
	}
	switch {
	case built == 0:
		return notHere("no service builds its image")
	case len(missing) > 0:
		return failed(fmt.Sprintf("%d of %d missing: %s", len(missing), built, strings.Join(missing, ", ")), problems...)
	}
	return passed("%s there", count(built, "image"))
}

// count writes a number of things: 1 image, 2 images.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	if strings.HasSuffix(thing, "ss") {
		thing += "e"
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
