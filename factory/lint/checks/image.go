package checks

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

func imageChecks() []Check {
	return []Check{{
		Rule: rule.Rule{
			ID: "latest-tag", Severity: rule.Error,
			What:      "a ready image with the tag latest, or without a tag and a digest",
			Reason:    "What runs then depends on when a node pulled it, and no rollback brings the old image back. An image that factory builds is passed over, since deploy pins it by digest.",
			Fix:       "name a version or a digest: image: nginx:1.29.1",
			Elsewhere: "kube-linter latest-tag, kube-score container-image-tag",
		},
		Run: latestTag,
	}, {
		Rule: rule.Rule{
			ID: "image-pull-policy", Severity: rule.Warning,
			What:      "a pull policy that does not go with the image: a moving tag that is not pulled again, or an image that is never pulled",
			Reason:    "With IfNotPresent a node keeps the image that it has under a moving tag; with Never a new node has none.",
			Fix:       "leave pullPolicy out: it is Always for latest, else IfNotPresent",
			Elsewhere: "kube-score container-image-pull-policy",
		},
		Run: eachContainer(pullPolicy),
	}}
}

func latestTag(j *Judged, found rule.Found) {
	for _, p := range j.Pods() {
		s := j.service(p.Object)
		for c := range p.Containers() {
			if s != nil && s.Build != nil && c.Image == s.Image {
				continue
			}
			if moving(c.Image) {
				found(p.Object, c.Key("image"), "container %s runs %s, whose tag moves", c.Name, c.Image)
			}
		}
	}
}

func pullPolicy(c rendered.Container, found rule.Found) {
	switch {
	case c.ImagePullPolicy == corev1.PullNever:
		found(c.Pod.Object, c.Key("pullPolicy"), "container %s never pulls %s, so that a node without it cannot start the pod", c.Name, c.Image)
	case c.ImagePullPolicy == corev1.PullIfNotPresent && moving(c.Image):
		found(c.Pod.Object, c.Key("pullPolicy"), "container %s pulls %s only where it is missing, though its tag moves", c.Name, c.Image)
	}
}

// moving tells whether an image is latest, said or not.
func moving(image string) bool {
	if strings.Contains(image, "@") {
		return false
	}
	_, tag, tagged := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	return !tagged || tag == "latest"
}
