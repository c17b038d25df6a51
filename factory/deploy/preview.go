package deploy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"helm.sh/helm/v3/pkg/release"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/deploy/plan"
)

// Preview says what Apply would do now: the chart is rendered as Apply renders it, and Helm's own code sends what it
// would write, object by object, as server-side dry runs. It writes nothing, and goes on where Apply would fail, so that
// everything that is refused is told at once.
func Preview(ctx context.Context, opts Options) (*plan.Plan, error) {
	d := newDeployment(opts)
	past, err := d.past(ctx)
	if err != nil {
		return nil, err
	}
	next, err := d.render(ctx, past)
	if err != nil {
		return nil, err
	}
	p := newPreview(d, past, next)
	return p.plan, p.run(ctx)
}

// preview is one run of Preview, or of a rollback's.
type preview struct {
	*deployment
	past *past
	// next is the release that would be stored.
	next *release.Release
	plan *plan.Plan
	// definitions are those in the charts that a deploy would write first.
	definitions *definitions
}

func newPreview(d *deployment, past *past, next *release.Release) *preview {
	return &preview{deployment: d, past: past, next: next, plan: &plan.Plan{
		Release: d.Name, Namespace: d.Namespace, To: past.next(), Objects: []plan.Object{}, Hooks: []plan.Hook{}, Notes: []string{},
	}}
}

func (p *preview) run(ctx context.Context) error {
	if err := p.measure(); err != nil {
		return err
	}
	if err := p.lookAround(ctx); err != nil {
		return err
	}
	if p.past.last != nil {
		p.plan.From = p.past.last.Version
	}
	if err := p.lookAtDefinitions(ctx); err != nil {
		return err
	}
	if err := p.compare(ctx); err != nil {
		return err
	}
	p.listHooks()
	p.hideSecrets(ctx)
	p.settle()
	p.plan.Sort()
	p.plan.Count()
	return nil
}

// settle takes back what the plan says would be written when nothing is, and says what else is worth knowing.
func (p *preview) settle() {
	changes := slices.ContainsFunc(p.plan.Objects, func(o plan.Object) bool { return o.Action != plan.None })
	switch {
	case p.past.deployed() && p.idle(changes):
		p.plan.To = 0
		for i := range p.plan.Objects {
			stay(&p.plan.Objects[i])
		}
		p.plan.Objects = slices.DeleteFunc(p.plan.Objects, func(o plan.Object) bool { return len(o.Drift) == 0 && o.Refused == nil })
		if len(p.plan.Objects) > 0 && !p.past.rollback {
			p.note("the chart is what it was at the last release, so factory deploy writes nothing and what drifted stays\n"+
				"next: factory rollback %d brings it back", p.past.last.Version)
		}
	case !changes:
		p.note("no object changes, only the record of the release: the chart's values, version or hooks")
	}
}

// idle tells whether a deploy finds nothing to do: the same rendered again, and each object there. A rollback finds so when
// no object would change.
func (p *preview) idle(changes bool) bool {
	if p.past.rollback {
		return !changes
	}
	gone := slices.ContainsFunc(p.plan.Objects, func(o plan.Object) bool { return o.Action == plan.Create })
	return same(p.past.last, p.next) && !gone && p.definitions.none()
}

func stay(o *plan.Object) {
	o.Action, o.Fields, o.Restarts, o.Effect, o.Warnings = plan.None, nil, nil, "", nil
	for i := range o.Drift {
		o.Drift[i].Stays = true
	}
}

// lookAround says whether the namespace is there, and who is at work in it.
func (p *preview) lookAround(ctx context.Context) error {
	client, err := p.Cluster.Client()
	if err != nil {
		return err
	}
	namespace, err := client.CoreV1().Namespaces().Get(ctx, p.Namespace, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		p.plan.NewNamespace = true
		p.note("namespace %s does not exist yet: factory deploy creates it. What goes into it cannot be tried out before", p.Namespace)
		return nil
	case apierrors.IsForbidden(err):
		// Who may work in one namespace only may not look at the namespace itself.
	case err != nil:
		return fmt.Errorf("looking for namespace %q: %w", p.Namespace, err)
	case namespace.Status.Phase == corev1.NamespaceTerminating:
		p.note("namespace %s is being removed: factory deploy waits for that", p.Namespace)
	}
	if status := p.past.pending; status != "" {
		p.note("revision %d is %s since %s: if nothing is at work on it any more, factory deploy goes on from there",
			p.past.last.Version, status, p.past.last.Info.LastDeployed.Local().Format(time.DateTime))
	}
	lease, err := client.CoordinationV1().Leases(p.Namespace).Get(ctx, lockName(p.Name), metav1.GetOptions{})
	if err == nil && holds(lease) {
		p.note("%s is at work on this release since %s", holderOf(lease), acquired(lease))
	}
	return nil
}

func holds(lease *coordinationv1.Lease) bool { return holderOf(lease) != "" && !dead(lease) }

func (p *preview) note(format string, args ...any) {
	p.plan.Notes = append(p.plan.Notes, fmt.Sprintf(format, args...))
}

// measure finds out whether the release can be stored.
func (p *preview) measure() error {
	size, err := storedSize(p.next)
	if err != nil {
		return err
	}
	p.plan.Size = plan.Size{Bytes: size, Limit: corev1.MaxSecretSize}
	return tooBig(p.Name, size)
}

// hookMoments are the events of Helm at which a hook runs, by whether the release is there already.
func (p *preview) hookMoments() []release.HookEvent {
	switch {
	case p.past.rollback:
		return []release.HookEvent{release.HookPreRollback, release.HookPostRollback}
	case p.past.install:
		return []release.HookEvent{release.HookPreInstall, release.HookPostInstall}
	}
	return []release.HookEvent{release.HookPreUpgrade, release.HookPostUpgrade}
}

// hooks are the objects that run before and after, each once.
func (p *preview) hooks() ([]item, error) {
	var found []item
	moments := p.hookMoments()
	for _, hook := range p.next.Hooks {
		runs := func(moment release.HookEvent) bool { return slices.Contains(hook.Events, moment) }
		if !slices.ContainsFunc(moments, runs) {
			continue
		}
		objects, err := parse(hook.Manifest)
		if err != nil {
			return nil, err
		}
		for _, object := range objects {
			found = append(found, item{service: serviceOf(hook.Path), object: object})
		}
	}
	return found, nil
}

func (p *preview) listHooks() {
	for _, moment := range p.hookMoments() {
		for _, hook := range p.next.Hooks {
			if !slices.Contains(hook.Events, moment) {
				continue
			}
			p.plan.Hooks = append(p.plan.Hooks, plan.Hook{
				Service: serviceOf(hook.Path), Kind: hook.Kind, Name: hook.Name, Events: []string{moment.String()}, Weight: hook.Weight,
			})
		}
	}
}
