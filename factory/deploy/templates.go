package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// statefulSet judges the claim templates of a StatefulSet and the claims that were made from them. Those outlive it, so
// they count also where it is new.
func (i *inspection) statefulSet(ctx context.Context, key objectKey, wanted, before *unstructured.Unstructured) error {
	templates, err := claimTemplates(wanted)
	if err != nil {
		return err
	}
	found, _, err := live(ctx, i.Cluster, i.Namespace, []*unstructured.Unstructured{wanted})
	if err != nil {
		return err
	}
	var had, old map[string]map[string]any
	if len(found) > 0 {
		if had, err = claimTemplates(found[0]); err != nil {
			return err
		}
		if len(had) != len(templates) {
			i.changes.recreate[key] = true
		}
	}
	if before != nil {
		if old, err = claimTemplates(before); err != nil {
			return err
		}
	}
	for name, template := range templates {
		if err := i.template(ctx, key, refOf(wanted), name, template, had, old); err != nil {
			return err
		}
	}
	return nil
}

// template judges one of a StatefulSet's claim templates: had are those of the live one, nil when there is none, old those
// of the last release.
func (i *inspection) template(ctx context.Context, key objectKey, object, name string, template map[string]any, had, old map[string]map[string]any) error {
	want, said := sizeOf(template)
	if !said {
		return nil
	}
	same := false
	if before := old[name]; before != nil {
		was, _ := sizeOf(before)
		same = was.Cmp(want) == 0
	}
	problems := len(i.problems)
	for _, claim := range i.madeFrom(key, name) {
		live := i.claims[claim]
		grow, _, err := i.judge(ctx, object, live, want, same)
		if err != nil {
			return err
		}
		if grow {
			i.changes.grow = append(i.changes.grow, growth{namespace: live.Namespace, claim: live.Name, from: requested(live), to: want})
		}
	}
	if had == nil || len(i.problems) > problems {
		return nil
	}
	now, there := had[name]
	if !there {
		i.changes.recreate[key] = true
		return nil
	}
	i.fixed(object, name, template, now)
	have, _ := sizeOf(now)
	switch {
	case want.Cmp(have) == 0:
	case want.Cmp(have) < 0 && (same || i.rollback):
		i.keep(key, name, have)
	default:
		i.changes.recreate[key] = true
	}
	return nil
}

// fixed refuses another class or other access modes: the volumes that exist keep theirs.
func (i *inspection) fixed(object, name string, template, now map[string]any) {
	for _, field := range []struct {
		key  string
		path []string
	}{{"class", []string{"spec", "storageClassName"}}, {"access", []string{"spec", "accessModes"}}} {
		want, said, _ := unstructured.NestedFieldNoCopy(template, field.path...)
		have, _, _ := unstructured.NestedFieldNoCopy(now, field.path...)
		if said && fmt.Sprint(want) != fmt.Sprint(have) {
			i.problem(object, fmt.Sprintf("its volume %s has %s %v and the chart says %v: a volume that exists cannot become another", name, field.key, have, want),
				"keep it as it is. To move the data: save it, factory destroy --volumes, factory deploy")
		}
	}
}

// madeFrom lists the claims that were made from a template, as namespace/name: <template>-<set>-<ordinal>.
func (i *inspection) madeFrom(key objectKey, template string) []string {
	prefix := key.namespace + "/" + template + "-" + key.name + "-"
	var names []string
	for name := range i.claims {
		if ordinal, found := strings.CutPrefix(name, prefix); found && strings.Trim(ordinal, "0123456789") == "" && ordinal != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// claimTemplates are a StatefulSet's, by name.
func claimTemplates(set *unstructured.Unstructured) (map[string]map[string]any, error) {
	list, _, err := unstructured.NestedSlice(set.Object, "spec", "volumeClaimTemplates")
	if err != nil {
		return nil, fmt.Errorf("reading the claim templates of %s: %w", refOf(set), err)
	}
	templates := map[string]map[string]any{}
	for _, entry := range list {
		if template, ok := entry.(map[string]any); ok {
			name, _, _ := unstructured.NestedString(template, "metadata", "name")
			templates[name] = template
		}
	}
	return templates, nil
}

// keepSizes makes an object say the sizes that stay.
func (c *volumeChanges) keepSizes(key objectKey, u *unstructured.Unstructured) error {
	sizes := c.keep[key]
	if len(sizes) == 0 {
		return nil
	}
	if size, whole := sizes[""]; whole {
		return setSize(u.Object, size)
	}
	list, _, err := unstructured.NestedSlice(u.Object, "spec", "volumeClaimTemplates")
	if err != nil {
		return err
	}
	for _, entry := range list {
		template, ok := entry.(map[string]any)
		if !ok {
			continue
		}
		name, _, _ := unstructured.NestedString(template, "metadata", "name")
		if size, stays := sizes[name]; stays {
			if err := setSize(template, size); err != nil {
				return err
			}
		}
	}
	return unstructured.SetNestedSlice(u.Object, list, "spec", "volumeClaimTemplates")
}

// fit gives an object the sizes that stay, in a copy, and tells whether it has to be created again.
func (c *volumeChanges) fit(target *item, namespace string) (recreated bool) {
	if c == nil {
		return false
	}
	key := target.key(namespace)
	fitted := target.object.DeepCopy()
	if err := c.keepSizes(key, fitted); err == nil {
		target.object = fitted
	}
	return c.recreate[key]
}
