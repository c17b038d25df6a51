package deploy

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"time"

	helmkube "helm.sh/helm/v3/pkg/kube"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/cli-runtime/pkg/resource"
	"k8s.io/client-go/dynamic"

	"github.com/helm-chart-factory/factory/factory/deploy/rollout"
)

const definitionKind = "CustomResourceDefinition"

var definitionResource = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}

// definitions are the custom resource definitions in the crds/ folders of the charts that are missing in the cluster, or
// older there. Helm itself creates them and never looks at them again.
type definitions struct {
	missing, older []*unstructured.Unstructured
}

func (d *definitions) none() bool { return len(d.missing)+len(d.older) == 0 }

// findDefinitions compares the charts' definitions with those in the cluster. What would be taken is tried out by a
// server-side dry run; nothing is written.
func (d *deployment) findDefinitions(ctx context.Context) (*definitions, error) {
	loaded, err := d.Chart()
	if err != nil {
		return nil, err
	}
	found := &definitions{}
	for _, file := range loaded.CRDObjects() {
		wanted, err := definitionsIn(file.File.Data)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file.Filename, err)
		}
		for _, u := range wanted {
			if err := d.compareDefinition(ctx, found, u); err != nil {
				return nil, &objectError{refOf(u), err}
			}
		}
	}
	return found, nil
}

func definitionsIn(file []byte) ([]*unstructured.Unstructured, error) {
	reader := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(file)))
	var all []*unstructured.Unstructured
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		objects, err := decode(document)
		if err != nil {
			return nil, err
		}
		for _, u := range objects {
			if u.GetKind() == definitionKind {
				all = append(all, u)
			}
		}
	}
}

func (d *deployment) definitionClient() (dynamic.ResourceInterface, error) {
	client, err := d.Cluster.Dynamic()
	if err != nil {
		return nil, err
	}
	return client.Resource(definitionResource), nil
}

func (d *deployment) compareDefinition(ctx context.Context, found *definitions, wanted *unstructured.Unstructured) error {
	client, err := d.definitionClient()
	if err != nil {
		return err
	}
	live, err := client.Get(ctx, wanted.GetName(), metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		found.missing = append(found.missing, wanted)
		return nil
	case apierrors.IsForbidden(err):
		d.Say("%s is left as it is: you may not look at it", refOf(wanted))
		return nil
	case err != nil:
		return err
	}
	if other := live.GetAnnotations()[releaseNameNote]; other != "" && other != d.Name {
		d.Say("%s is left as it is: it belongs to release %s", refOf(wanted), other)
		return nil
	}
	if version := servedOnly(live, wanted); version != "" {
		d.Say("%s is left as it is: the cluster's serves version %s, which the chart's does not know", refOf(wanted), version)
		return nil
	}
	next := merged(live, wanted)
	tried, err := client.Update(ctx, next, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}, FieldManager: fieldManager})
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(tried.Object["spec"], live.Object["spec"]) {
		found.older = append(found.older, next)
	}
	return nil
}

// servedOnly names a version that the first definition serves and the second does not have; objects of it would be lost.
func servedOnly(first, second *unstructured.Unstructured) string {
	known := map[string]bool{}
	for _, version := range versionsOf(second) {
		known[version.name] = true
	}
	for _, version := range versionsOf(first) {
		if version.served && !known[version.name] {
			return version.name
		}
	}
	return ""
}

type definitionVersion struct {
	name   string
	served bool
}

func versionsOf(definition *unstructured.Unstructured) []definitionVersion {
	list, _, _ := unstructured.NestedSlice(definition.Object, "spec", "versions")
	var versions []definitionVersion
	for _, entry := range list {
		if version, ok := entry.(map[string]any); ok {
			name, _ := version["name"].(string)
			served, _ := version["served"].(bool)
			versions = append(versions, definitionVersion{name, served})
		}
	}
	return versions
}

// merged is the live definition with the spec of the chart's. A conversion that somebody else filled in, as an operator does
// with its webhook, stays when the chart's says none.
func merged(live, wanted *unstructured.Unstructured) *unstructured.Unstructured {
	next := live.DeepCopy()
	spec, _, _ := unstructured.NestedMap(wanted.Object, "spec")
	if _, said := spec["conversion"]; !said {
		if kept, there, _ := unstructured.NestedMap(live.Object, "spec", "conversion"); there {
			spec["conversion"] = kept
		}
	}
	next.Object["spec"] = spec
	next.SetLabels(union(live.GetLabels(), wanted.GetLabels()))
	next.SetAnnotations(union(live.GetAnnotations(), wanted.GetAnnotations()))
	return next
}

func union(first, second map[string]string) map[string]string {
	all := map[string]string{}
	maps.Copy(all, first)
	maps.Copy(all, second)
	return all
}

// write brings the definitions into the cluster and waits until the API serves them.
func (d *deployment) writeDefinitions(ctx context.Context, found *definitions) error {
	if found.none() {
		return nil
	}
	client, err := d.definitionClient()
	if err != nil {
		return err
	}
	var written []rollout.Object
	for _, u := range append(found.missing, found.older...) {
		verb, stored := "created", u
		if u.GetResourceVersion() == "" {
			stored, err = client.Create(ctx, u, metav1.CreateOptions{FieldManager: fieldManager})
		} else {
			verb = "upgraded"
			stored, err = client.Update(ctx, u, metav1.UpdateOptions{FieldManager: fieldManager})
		}
		if err != nil {
			return &objectError{refOf(u), err}
		}
		d.Say("%s %s", refOf(u), verb)
		written = append(written, rollout.Object{Kind: stored.GroupVersionKind(), Name: stored.GetName(), UID: stored.GetUID(), Generation: stored.GetGeneration()})
	}
	if err := rollout.Wait(ctx, rollout.Options{Cluster: d.Cluster, Objects: written, Timeout: time.Until(d.deadline), Allowed: d.Timeout, Show: d.Show}); err != nil {
		return err
	}
	d.Cluster.Forget()
	return nil
}

// withoutDefinitions leaves out custom resource definitions, which are never deleted: their objects would go with them,
// whoever made those. What is in except is left in.
func withoutDefinitions(list, except helmkube.ResourceList) helmkube.ResourceList {
	return list.Filter(func(info *resource.Info) bool {
		return info.Mapping.GroupVersionKind.Kind != definitionKind || except.Contains(info)
	})
}
