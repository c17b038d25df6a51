package lint

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/helm-chart-factory/factory/factory/spec"
)

// manifests renders the umbrella as a release would be and judges every object.
func (r *Report) manifests(ctx context.Context, p *spec.Project, c *chart.Chart) error {
	rendered, err := render(p, c)
	if err != nil {
		return err
	}
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	restricted, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return fmt.Errorf("preparing the rules of Pod Security: %w", err)
	}
	for _, template := range slices.Sorted(maps.Keys(rendered)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if base := path.Base(template); base == "NOTES.txt" || strings.HasPrefix(base, "_") {
			continue
		}
		service := serviceOf(c, template)
		for _, manifest := range releaseutil.SplitManifests(rendered[template]) {
			object, kind, err := decoder.Decode([]byte(manifest), nil, nil)
			if object != nil {
				r.Objects++
			}
			if err != nil {
				r.add(RuleAPI, service, template, "%v", err)
				continue
			}
			meta, spec := pod(object)
			if spec == nil {
				continue
			}
			level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
			name := fmt.Sprintf("%s %s", kind.Kind, meta.Name)
			for _, check := range restricted.EvaluatePod(level, meta, spec) {
				if !check.Allowed {
					r.add(RulePodSecurity, service, name, "%s: %s", check.ForbiddenReason, check.ForbiddenDetail)
				}
			}
		}
	}
	return nil
}

func render(p *spec.Project, c *chart.Chart) (map[string]string, error) {
	version, err := chartutil.ParseKubeVersion(KubeVersion)
	if err != nil {
		return nil, err
	}
	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.KubeVersion = *version
	values := map[string]any{}
	if err := chartutil.ProcessDependenciesWithMerge(c, values); err != nil {
		return nil, fmt.Errorf("putting the charts together: %w", err)
	}
	options := chartutil.ReleaseOptions{Name: p.Name, Namespace: p.Namespace, Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(c, values, options, capabilities)
	if err != nil {
		return nil, fmt.Errorf("putting the values together: %w", err)
	}
	rendered, err := engine.Render(c, all)
	if err != nil {
		return nil, fmt.Errorf("rendering the umbrella chart: %w", err)
	}
	return rendered, nil
}

// pod returns the pod that an object is or makes, with the object's name, or nil.
func pod(object runtime.Object) (*metav1.ObjectMeta, *corev1.PodSpec) {
	switch o := object.(type) {
	case *corev1.Pod:
		return &o.ObjectMeta, &o.Spec
	case *appsv1.Deployment:
		return named(&o.Spec.Template, o.Name)
	case *appsv1.StatefulSet:
		return named(&o.Spec.Template, o.Name)
	default:
		return nil, nil
	}
}

func named(template *corev1.PodTemplateSpec, name string) (*metav1.ObjectMeta, *corev1.PodSpec) {
	meta := template.ObjectMeta
	meta.Name = name
	return &meta, &template.Spec
}
