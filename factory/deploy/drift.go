package deploy

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/helm-chart-factory/factory/factory/deploy/plan"
)

// drift lists where an object is not what the last release said.
func drift(original *unstructured.Unstructured, again *attempt, changes []plan.Field) []plan.Drift {
	fields := plan.Overlay(again.live.Object, original.Object)
	if again.err == nil {
		fields = plan.Compare(again.live.Object, again.after.Object, original.Object)
	}
	overwritten := map[string]bool{}
	for _, change := range changes {
		overwritten[change.Path.String()] = true
	}
	var found []plan.Drift
	for _, f := range fields {
		writer := plan.WriterOf(again.live.GetManagedFields(), f.Path)
		found = append(found, plan.Drift{
			Path: f.Path, Released: f.After, Live: f.Before, Hidden: f.Hidden, By: writer.Manager, At: writer.At,
			Stays: !overwritten[f.Path.String()],
		})
	}
	for _, addition := range plan.Additions(again.live, original) {
		addition.Stays = !overwritten[addition.Path.String()]
		found = append(found, addition)
	}
	return found
}
