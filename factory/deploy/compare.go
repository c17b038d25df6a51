package deploy

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/helm-chart-factory/factory/factory/deploy/plan"
)

// parallelTries bounds how many objects are tried out at once.
const parallelTries = 16

// compare tries out every object of the next release, the deletion of those that only earlier ones have, and the hooks.
func (p *preview) compare(ctx context.Context) error {
	targets, err := parseItems(p.next.Manifest)
	if err != nil {
		return err
	}
	originals, err := p.past.items()
	if err != nil {
		return err
	}
	hooks, err := p.hooks()
	if err != nil {
		return err
	}
	c, err := p.newComparison(ctx, originals, targets)
	if err != nil {
		return err
	}
	old, known := map[objectKey]*unstructured.Unstructured{}, map[objectKey]bool{}
	for _, original := range originals {
		old[original.key(p.Namespace)] = original.object
	}
	var tries []func() *plan.Object
	for _, target := range targets {
		key := target.key(p.Namespace)
		known[key] = true
		tries = append(tries, func() *plan.Object { return c.next(target, old[key]) })
	}
	for _, original := range originals {
		if key := original.key(p.Namespace); !known[key] {
			known[key] = true
			tries = append(tries, func() *plan.Object { return c.dropped(original) })
		}
	}
	for _, left := range p.past.leftovers() {
		key := left.key(p.Namespace)
		c.stage.failed[key] = append(c.stage.failed[key], left.object)
		if !known[key] {
			known[key] = true
			tries = append(tries, func() *plan.Object { return c.leftOver(left) })
		}
	}
	for _, hook := range hooks {
		tries = append(tries, func() *plan.Object { return c.hook(hook) })
	}
	p.plan.Objects = append(p.plan.Objects, c.definitions.objects()...)
	return p.try(ctx, c, tries)
}

// try runs what is to be tried out, several at once, and adds to the plan what there is to tell, in order.
func (p *preview) try(ctx context.Context, c *comparison, tries []func() *plan.Object) error {
	found := make([]*plan.Object, len(tries))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelTries)
	for i, try := range tries {
		group.Go(func() error {
			found[i] = try()
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := c.stage.failure(); err != nil {
		return err
	}
	for _, object := range found {
		if object != nil {
			p.plan.Objects = append(p.plan.Objects, *object)
		}
	}
	return nil
}

func (p *preview) newComparison(ctx context.Context, originals, targets []item) (*comparison, error) {
	stage, err := newStage(ctx, p.Cluster, p.Name, p.Namespace)
	if err != nil {
		return nil, err
	}
	stage.adopt, stage.failed = p.Adopt, map[objectKey][]*unstructured.Unstructured{}
	if stage.autoscalers, err = findAutoscalers(ctx, p.Cluster, p.Namespace, objectsOf(originals), objectsOf(targets)); err != nil {
		return nil, err
	}
	c := &comparison{stage: stage, definitions: p.definitions, needsCertManager: p.needsCertManager}
	if p.plan.NewNamespace {
		if c.newNamespace, err = newPodSecurity(p.podSecurity()); err != nil {
			return nil, err
		}
	}
	c.volumes, err = p.inspectVolumes(ctx, targets, originals, p.past.rollback)
	if err != nil && !errors.As(err, &c.noVolumes) {
		return nil, err
	}
	return c, nil
}

// comparison turns what came of trying out into what a plan says.
type comparison struct {
	stage            *stage
	newNamespace     *podSecurity // of a namespace that is not there yet; else nil
	needsCertManager func(secret string) error
	// definitions are those of the charts that come first; what is of their kinds cannot be tried out before.
	definitions *definitions
	// volumes is what becomes of them besides; noVolumes says what cannot.
	volumes   *volumeChanges
	noVolumes *VolumeError
}

func (c *comparison) object(i item) *plan.Object {
	object := &plan.Object{Service: i.service, Kind: i.object.GetKind(), Name: i.object.GetName(), Action: plan.None}
	if c.stage.namespaced(i.object) {
		object.Namespace = i.key(c.stage.namespace).namespace
	}
	return object
}

// next is an object of the next release; nil when there is nothing to tell of it.
func (c *comparison) next(target item, original *unstructured.Unstructured) *plan.Object {
	object := c.object(target)
	switch {
	case c.definitions.bring(target.object):
		object.Action = plan.Create
	case c.newNamespace != nil && object.Namespace == c.stage.namespace:
		object.Action = plan.Create
		if err := c.foresee(target.object); err != nil {
			object.Refused = plan.Explain(object, err)
		}
	default:
		c.try(object, target, original)
		c.tellVolumes(object)
	}
	for _, secret := range certificatesOf(target.object) {
		if err := c.needsCertManager(secret); err != nil {
			cause, next, _ := strings.Cut(err.Error(), "\nnext: ")
			object.Refused = &plan.Refusal{Reason: plan.UnknownKind, Message: cause, Cause: cause, Next: next}
		}
	}
	if object.Action == plan.None && len(object.Drift) == 0 && object.Refused == nil {
		return nil
	}
	return object
}

// try tries the object out and tells what came of it.
func (c *comparison) try(object *plan.Object, target item, original *unstructured.Unstructured) {
	recreated := c.volumes.fit(&target, c.stage.namespace)
	write, again := c.stage.update(original, target.object)
	said := c.stage.owned(target.object).Object
	object.Warnings = write.warnings
	switch {
	case write.unread && original != nil:
	case write.live == nil:
		object.Action = plan.Create
		if original != nil {
			object.Drift = []plan.Drift{{}}
		}
	case write.err != nil:
		object.Fields = plan.Overlay(write.live.Object, said)
	default:
		object.Fields = plan.Compare(write.live.Object, write.after.Object, said)
	}
	if write.live != nil && (len(object.Fields) > 0 || write.err != nil) {
		object.Action = plan.Change
	}
	if recreated && write.live != nil {
		write.after = c.stage.owned(target.object)
		c.replace(object, said)
	} else {
		c.judge(object, write)
	}
	if original == nil && write.live != nil && object.Refused == nil && c.stage.ours(write.live) != nil {
		object.Effect = plan.Join("taken over by this release", object.Effect)
	}
	if object.Refused == nil && (object.Action == plan.Create || len(object.Restarts) > 0) {
		c.tryPod(object, write.after)
	}
	if again != nil {
		object.Drift = drift(c.stage.owned(original), again, object.Fields)
	}
}

func (c *comparison) judge(object *plan.Object, write attempt) {
	switch {
	case write.err != nil && untried(write.err):
		object.Warnings = append(object.Warnings, "could not be tried out: "+write.err.Error())
	case write.err != nil:
		object.Refused = plan.Explain(object, write.err)
	default:
		object.Judge(write.after.Object)
	}
}

// replace is what a deploy does to a StatefulSet whose claim templates change.
func (c *comparison) replace(object *plan.Object, said map[string]any) {
	object.Action = plan.Change
	object.Judge(said)
	object.Action, object.Effect = plan.Replace, "created again around its running pods, which stay; their volumes grow"
	if len(object.Restarts) > 0 {
		object.Effect = "created again around its running pods, which are then replaced one by one; their volumes grow"
	}
}

// tellVolumes says what cannot become of an object's volumes.
func (c *comparison) tellVolumes(object *plan.Object) {
	if c.noVolumes == nil {
		return
	}
	for _, problem := range c.noVolumes.Problems {
		if problem.Object == object.Ref() {
			object.Refused = &plan.Refusal{Reason: plan.Immutable, Message: problem.Cause, Cause: problem.Cause, Next: problem.Next}
		}
	}
}

// dropped is an object that only the last release has; nil when it is gone already.
func (c *comparison) dropped(original item) *plan.Object {
	object := c.object(original)
	tried := c.stage.remove(original.object)
	switch {
	case tried.err != nil:
		object.Action = plan.Delete
		object.Refused = plan.Explain(object, tried.err)
	case tried.live == nil:
		return nil
	case tried.live.GetKind() == definitionKind:
		object.Action, object.Effect = plan.Keep, "stays: definitions are never deleted, since all objects of the kind would go with them"
	case kept(tried.live):
		object.Action, object.Effect = plan.Keep, "stays (helm.sh/resource-policy: keep)"
	default:
		object.Action, object.Effect = plan.Delete, plan.Loses(tried.live.Object)
	}
	return object
}

// leftOver is an object that only a failed revision had; nil when it is gone, or another's by now.
func (c *comparison) leftOver(left item) *plan.Object {
	tried := c.stage.remove(left.object)
	if tried.live == nil || c.stage.ours(tried.live) != nil {
		return nil
	}
	object := c.dropped(left)
	if object != nil && object.Action == plan.Delete {
		object.Effect = plan.Join("left by a revision that failed", object.Effect)
	}
	return object
}
