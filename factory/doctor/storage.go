package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/spec"
)

const defaultStorageClass = "storageclass.kubernetes.io/is-default-class"

// storageClass wants the class of each persistent volume, or a default one where the spec names none.
func (e *examination) storageClass(ctx context.Context) Verdict {
	volumes := persistentVolumes(e.Project)
	if len(volumes) == 0 {
		return notHere("no service has a persistent volume")
	}
	list, err := e.client.StorageV1().StorageClasses().List(ctx, metav1.ListOptions{})
	if err != nil {
		return notAllowed(err)
	}
	var classes []string
	standard := ""
	for _, class := range list.Items {
		classes = append(classes, class.Name)
		if class.Annotations[defaultStorageClass] == "true" {
			standard = class.Name
		}
	}
	there := "the cluster has no storage class"
	if len(classes) > 0 {
		there = "the cluster's are " + strings.Join(classes, ", ")
	}
	var problems []Problem
	for _, volume := range volumes {
		problem := Problem{
			Why: "the claim stays Pending, and so does the pod that waits for it",
			Fix: fmt.Sprintf("%s: class: %s", volume.at, strings.Join(classes, " | ")),
		}
		if len(classes) == 0 {
			problem.Fix = "install a storage class; k3s and the embedded cluster bring local-path"
		}
		switch {
		case volume.class == "" && standard == "":
			problem.Saw = fmt.Sprintf("volume %s of %s names no class, and no class is the default; %s", volume.name, volume.service, there)
		case volume.class != "" && !slices.Contains(classes, volume.class):
			problem.Saw = fmt.Sprintf("volume %s of %s asks for class %s; %s", volume.name, volume.service, volume.class, there)
		default:
			continue
		}
		problems = append(problems, problem)
	}
	if len(problems) > 0 {
		return failed("a volume has no class that can make it", problems...)
	}
	return passed("%s, for %s", strings.Join(classes, ", "), count(len(volumes), "volume"))
}

type persistentVolume struct {
	service, name, class string
	at                   spec.Position
}

func persistentVolumes(p *spec.Project) []persistentVolume {
	var volumes []persistentVolume
	for _, service := range p.Released() {
		for name, volume := range service.Volumes {
			if volume.Persistent() {
				volumes = append(volumes, persistentVolume{service: service.Name, name: name, class: volume.Class, at: service.At("volumes", name)})
			}
		}
	}
	slices.SortFunc(volumes, func(a, b persistentVolume) int {
		return strings.Compare(a.service+"/"+a.name, b.service+"/"+b.name)
	})
	return volumes
}
