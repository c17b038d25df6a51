package deploy

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/helm-chart-factory/factory/factory/deploy/plan"
	"github.com/helm-chart-factory/factory/factory/kube"
)

// Drifted is an object that is not as the last revision left it.
type Drifted struct {
	// Object is kind/name, Service the subchart that has it; empty for an object of the umbrella itself.
	Object  string         `json:"object"`
	Service string         `json:"service,omitempty"`
	Fields  []DriftedField `json:"fields"`
}

// DriftedField is one field of it.
type DriftedField struct {
	Path plan.Path `json:"path"`
	// Released is what the revision said, Live what is there now; both are left out of a Secret.
	Released any  `json:"released,omitempty"`
	Live     any  `json:"live,omitempty"`
	Hidden   bool `json:"hidden,omitempty"`
	// By is the field manager that wrote it last; empty when the field was removed and nobody owns it.
	By string    `json:"by,omitempty"`
	At time.Time `json:"at,omitzero"`
}

// Text says it in words, with how long ago it was.
func (f DriftedField) Text(now time.Time) string {
	return plan.Drift{Path: f.Path, Released: f.Released, Live: f.Live, Hidden: f.Hidden, By: f.By, At: f.At}.Text(now)
}

// drifted compares what is there with what the revision said, in the order of its manifest. Only an object that looks
// different is tried out: the API server then tells what of the difference is but another way to write the same.
func drifted(ctx context.Context, cluster *kube.Cluster, stored *Release, items []item, found []*unstructured.Unstructured) ([]Drifted, error) {
	stage, err := newStage(ctx, cluster, stored.Name, stored.Namespace)
	if err != nil {
		return nil, err
	}
	wanted := objectsOf(items)
	if stage.autoscalers, err = findAutoscalers(ctx, cluster, stored.Namespace, wanted, wanted); err != nil {
		return nil, err
	}
	there := map[objectKey]*unstructured.Unstructured{}
	for _, u := range found {
		there[item{object: u}.key("")] = u
	}
	differing := make([][]plan.Drift, len(items))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelTries)
	for i, item := range items {
		// An object of the whole cluster has no namespace.
		live := there[item.key(stored.Namespace)]
		if live == nil {
			live = there[item.key("")]
		}
		if live == nil {
			continue
		}
		group.Go(func() error {
			differing[i] = stage.differing(live, item.object)
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	drifted := []Drifted{}
	for i, fields := range differing {
		if len(fields) == 0 {
			continue
		}
		object := Drifted{Object: refOf(items[i].object), Service: items[i].service}
		for _, d := range fields {
			object.Fields = append(object.Fields, DriftedField{d.Path, d.Released, d.Live, d.Hidden, d.By, d.At})
		}
		drifted = append(drifted, object)
	}
	return drifted, nil
}

// differing lists where a live object is not what the last release said.
func (s *stage) differing(live, original *unstructured.Unstructured) []plan.Drift {
	owned := s.owned(original)
	if len(plan.Overlay(live.Object, owned.Object)) == 0 {
		return plan.Additions(live, owned)
	}
	if again := s.reapply(s.rehearse(), live, original); again != nil {
		return drift(owned, again, nil)
	}
	return nil
}
