package deploy

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/helm-chart-factory/factory/factory/deploy/plan"
)

// lookAtDefinitions finds out which custom resource definitions a deploy would write before everything else, and notes those
// that it would leave as they are. A rollback writes none.
func (p *preview) lookAtDefinitions(ctx context.Context) error {
	p.definitions = &definitions{}
	if p.past.rollback {
		return nil
	}
	look := *p.deployment
	look.Say = p.note
	found, err := look.findDefinitions(ctx)
	if err != nil {
		return p.explain(ctx, err)
	}
	p.definitions = found
	return nil
}

// objects are the definitions as a plan tells them.
func (d *definitions) objects() []plan.Object {
	var found []plan.Object
	add := func(list []*unstructured.Unstructured, action plan.Action, effect string) {
		for _, u := range list {
			found = append(found, plan.Object{Kind: definitionKind, Name: u.GetName(), Action: action, Effect: effect})
		}
	}
	add(d.missing, plan.Create, "")
	add(d.older, plan.Change, "upgraded to the chart's")
	return found
}

// bring tells whether an object is of a kind that the cluster knows only once the definitions are written.
func (d *definitions) bring(u *unstructured.Unstructured) bool {
	kind := u.GroupVersionKind()
	for _, definition := range d.missing {
		group, _, _ := unstructured.NestedString(definition.Object, "spec", "group")
		name, _, _ := unstructured.NestedString(definition.Object, "spec", "names", "kind")
		if group == kind.Group && name == kind.Kind {
			return true
		}
	}
	return false
}
