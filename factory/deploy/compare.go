package deploy

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/helm-chart-factory/factory/factory/deploy/plan"
)

// parallelTries bounds how many objects are tried out at once.
const parallelTries = 16

// compare tries out every object of the next release, and the deletion of those that only the last one has.
func (p *preview) compare(ctx context.Context) error {
	targets, err := parseItems(p.next.Manifest)
	if err != nil {
		return err
	}
	var originals []item
	if p.past.base != nil {
		if originals, err = parseItems(p.past.base.Manifest); err != nil {
			return err
		}
	}
	stage, err := newStage(ctx, p.Cluster, p.Name, p.Namespace)
	if err != nil {
		return err
	}
	if stage.autoscalers, err = findAutoscalers(ctx, p.Cluster, p.Namespace, objectsOf(originals), objectsOf(targets)); err != nil {
		return err
	}
	c := &comparison{stage: stage, needsCertManager: p.needsCertManager}
	if p.plan.NewNamespace {
		if c.newNamespace, err = newPodSecurity(p.podSecurity()); err != nil {
			return err
		}
	}
	c.volumes, err = p.inspectVolumes(ctx, targets, originals, p.past.rollback)
	if err != nil && !errors.As(err, &c.noVolumes) {
		return err
	}
	old := map[objectKey]*unstructured.Unstructured{}
	for _, original := range originals {
		old[original.key(p.Namespace)] = original.object
	}
	wanted := map[objectKey]bool{}
	found := make([]*plan.Object, len(targets)+len(originals))
	hooks, err := p.hooks()
	if err != nil {
		return err
	}
	found = append(found, make([]*plan.Object, len(hooks))...)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelTries)
	for i, hook := range hooks {
		group.Go(func() error {
			found[len(targets)+len(originals)+i] = c.hook(hook)
			return ctx.Err()
		})
	}
	for i, target := range targets {
		wanted[target.key(p.Namespace)] = true
		group.Go(func() error {
			found[i] = c.next(target, old[target.key(p.Namespace)])
			return ctx.Err()
		})
	}
	for i, original := range originals {
		if !wanted[original.key(p.Namespace)] {
			group.Go(func() error {
				found[len(targets)+i] = c.dropped(original)
				return ctx.Err()
			})
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := stage.failure(); err != nil {
		return err
	}
	for _, object := range found {
		if object != nil {
			p.plan.Objects = append(p.plan.Objects, *object)
		}
	}
	return nil
}

// comparison turns what came of trying out into what a plan says.
type comparison struct {
	stage            *stage
	newNamespace     *podSecurity // of a namespace that is not there yet; else nil
	needsCertManager func(secret string) error
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
	if c.newNamespace != nil && object.Namespace == c.stage.namespace {
		object.Action = plan.Create
		err := c.stage.knows(target.object)
		if err == nil {
			err = c.newNamespace.refuse(target.object)
		}
		if err != nil {
			object.Refused = plan.Explain(object, err)
		}
	} else {
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
	case write.unread:
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

// hook is an object that Helm creates before or after the others; nil when nothing speaks against it. One that is there from
// the last time is deleted first, where its policy says so.
func (c *comparison) hook(hook item) *plan.Object {
	object := c.object(hook)
	var err error
	switch {
	case c.newNamespace != nil:
		if err = c.stage.knows(hook.object); err == nil {
			err = c.newNamespace.refuse(hook.object)
		}
	default:
		if tried := c.stage.create(hook.object); tried.err != nil && !apierrors.IsAlreadyExists(tried.err) {
			err = tried.err
		}
	}
	switch {
	case err != nil && !untried(err):
		object.Refused = plan.Explain(object, err)
	case c.newNamespace == nil:
		c.tryPod(object, hook.object)
	}
	if object.Refused == nil {
		return nil
	}
	return object
}

// untried tells that a webhook kept something from being tried out.
func untried(err error) bool { return strings.Contains(err.Error(), "does not support dry run") }

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

// tryPod tries out a pod of a workload: Pod Security, quotas and limits refuse pods, not what makes them, and a deploy
// would only find out while it waits.
func (c *comparison) tryPod(object *plan.Object, workload *unstructured.Unstructured) {
	pod := podOf(workload)
	if pod == nil {
		return
	}
	tried := c.stage.create(pod)
	if tried.err == nil || !admission(tried.err) {
		return
	}
	object.Refused = plan.Explain(object, tried.err)
}

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
	case kept(tried.live), tried.live.GetKind() == definitionKind:
		object.Action = plan.Keep
	default:
		object.Action, object.Effect = plan.Delete, plan.Loses(tried.live.Object)
	}
	return object
}
