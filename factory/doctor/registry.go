package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

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
	var missing, refs []string
	built := 0
	for _, service := range e.Project.Released() {
		ref := e.Project.BuiltImage(service)
		if ref == "" {
			continue
		}
		built++
		_, err := image.Digest(ctx, ref)
		var answer *transport.Error
		switch {
		case err == nil:
		case errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound:
			missing, refs = append(missing, service.Name), append(refs, ref)
		default:
			problems = append(problems, Problem{
				Saw: err.Error(), Why: "a node that starts a pod of " + service.Name + " pulls it from there", Fix: "docker login " + e.Project.Registry,
			})
		}
	}
	if len(missing) > 0 {
		problems = append(problems, Problem{
			Saw: "not in the registry: " + strings.Join(refs, ", "), Why: "a node that starts a pod of theirs pulls them from there",
			Fix: "factory build " + strings.Join(missing, " "),
		})
	}
	switch {
	case built == 0:
		return notHere("no service builds its image")
	case len(missing) > 0:
		return failed(fmt.Sprintf("%d of %d missing: %s", len(missing), built, strings.Join(missing, ", ")), problems...)
	case len(problems) > 0:
		return failed("the registry does not tell", problems...)
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
