package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"helm.sh/helm/v3/pkg/action"
	helmkube "helm.sh/helm/v3/pkg/kube"
	"helm.sh/helm/v3/pkg/release"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
	"github.com/helm-chart-factory/factory/factory/deploy/rollout"
	"github.com/helm-chart-factory/factory/factory/kube"
)

// history is how many revisions of a release are kept.
const history = 10

// Options says what to release, where and how.
type Options struct {
	Cluster   *kube.Cluster
	Name      string
	Namespace string
	Chart     Chart
	// Values are the user values of the release, which win over the chart's.
	Values map[string]any
	// Timeout is how long everything together may take to get ready.
	Timeout time.Duration
	// MadeBy is the value of MadeByLabel on a release and a namespace that are made.
	MadeBy string
	// Adopt takes over objects that exist and belong to no release.
	Adopt bool
	// RollBack brings the last good revision back when the new one fails.
	RollBack bool
	// PodSecurity is the level that a namespace of factory's own enforces: restricted, baseline or privileged. Default: restricted.
	PodSecurity string
	// Show is given the states of the objects while they get ready; it may be nil.
	Show func([]rollout.State)
	// Failed is given what was found when the deploy fails, before anything is rolled back; it may be nil.
	Failed func(*Evidence)
	// HookEnded is given the log of each hook that wrote one; it may be nil.
	HookEnded func(HookLog)
	// Say is told what else happens, in one line; it may be nil.
	Say func(format string, args ...any)
}

// Result is a release in which everything is ready.
type Result struct {
	Name      string `json:"release"`
	Namespace string `json:"namespace"`
	Revision  int    `json:"revision"`
	// Changed is false when the release was already what the chart says and nothing was written.
	Changed bool `json:"changed"`
	// Objects is how many objects the release has.
	Objects int    `json:"objects"`
	Notes   string `json:"-"`
}

// Apply makes the chart a running release and returns when every object in it is ready. When the last release is
// already the same and its objects are there, nothing is written. An interrupt or a failure leaves a release that is
// marked failed, from which the next Apply goes on; a restart of the API server is waited for. Objects that do not get
// ready give a *rollout.NotReadyError, what the cluster refuses a *RefusedError, credentials that end a
// *kube.CredentialsError.
func Apply(ctx context.Context, opts Options) (*Result, error) {
	d := newDeployment(opts)
	d.Cluster = d.Cluster.Outlast(ctx, d.Say)
	d.mask = d.newMask(ctx)
	result, err := d.apply(ctx)
	if err != nil {
		err = d.Cluster.Judge(err)
		d.report(ctx, err)
	}
	return result, err
}

// deployment is one run of Apply.
type deployment struct {
	Options
	deadline time.Time
	// failure is what the waiting ended with; Helm keeps only its text in some places.
	failure error
	// rendered is the release as it would be stored, once it was rendered to be compared with the last one.
	rendered *release.Release
	// volumes is what has to become of the volumes, grown are claims that are to get their size.
	volumes *volumeChanges
	grown   []rollout.Object
	// mask hides secrets in what is found.
	mask     func() *diagnose.Mask
	reported bool
}

func (d *deployment) apply(ctx context.Context) (*Result, error) {
	kinds, err := d.findDefinitions(ctx)
	if err != nil {
		return nil, d.explain(ctx, err)
	}
	if kinds.none() {
		if result, err := d.unchanged(ctx); result != nil || err != nil {
			return result, err
		}
	}
	if err := d.fits(ctx); err != nil {
		return nil, err
	}
	if err := ensureNamespace(ctx, d); err != nil {
		return nil, err
	}
	held, lock, err := acquire(ctx, d.Cluster, d.Namespace, d.Name, d.deadline, d.Say)
	if err != nil {
		return nil, err
	}
	defer lock.release(ctx)
	if lock.hadToWait() {
		// What was seen before is out of date.
		d.rendered = nil
		if kinds, err = d.findDefinitions(held); err != nil {
			return nil, d.explain(held, err)
		}
		if result, err := d.unchanged(held); result != nil || err != nil {
			return result, err
		}
	}
	install, err := d.recover(held, lock)
	if err != nil {
		return nil, err
	}
	if err := d.writeDefinitions(held, kinds); err != nil {
		return nil, d.explain(held, err)
	}
	if err := d.preflight(held); err != nil {
		return nil, err
	}
	result, err := d.write(held, install)
	if err == nil {
		return result, nil
	}
	err = d.Cluster.Judge(err)
	d.report(held, err)
	if d.RollBack && held.Err() == nil && !errors.As(err, new(*kube.CredentialsError)) {
		err = d.undo(held, err)
	}
	return nil, err
}

func newDeployment(opts Options) *deployment {
	if opts.Say == nil {
		opts.Say = func(string, ...any) {}
	}
	return &deployment{Options: opts, deadline: time.Now().Add(opts.Timeout)}
}

// write installs or upgrades, and returns once everything is ready.
func (d *deployment) write(ctx context.Context, install bool) (*Result, error) {
	loaded, err := d.Chart()
	if err != nil {
		return nil, err
	}
	config, err := d.configure(ctx)
	if err != nil {
		return nil, err
	}
	// Helm must not see the interrupt by itself: it would return at once and leave its work running. The client that
	// configure gave it ends that work, and Helm records the failure.
	uninterrupted := context.WithoutCancel(ctx)
	values := copyValues(d.Values)
	var written *release.Release
	if install {
		d.Say("installing %s into namespace %s", d.Name, d.Namespace)
		written, err = d.installAction(config).RunWithContext(uninterrupted, loaded, values)
	} else {
		d.Say("upgrading %s in namespace %s", d.Name, d.Namespace)
		written, err = d.upgradeAction(config).RunWithContext(uninterrupted, d.Name, loaded, values)
	}
	if err != nil {
		return nil, d.explain(ctx, err)
	}
	return d.result(written, true)
}

func (d *deployment) installAction(config *action.Configuration) *action.Install {
	install := action.NewInstall(config)
	install.ReleaseName, install.Namespace = d.Name, d.Namespace
	install.Wait, install.WaitForJobs, install.Timeout = true, true, d.Timeout
	install.Labels = d.labels()
	// A history that is left over from `helm uninstall --keep-history` does not stand in the way.
	install.Replace = true
	install.TakeOwnership, install.SkipCRDs = d.Adopt, true // definitions are there by then
	return install
}

func (d *deployment) upgradeAction(config *action.Configuration) *action.Upgrade {
	upgrade := action.NewUpgrade(config)
	upgrade.Namespace = d.Namespace
	upgrade.Wait, upgrade.WaitForJobs, upgrade.Timeout = true, true, d.Timeout
	upgrade.MaxHistory = history
	// The chart and the digests are the whole truth: values set by hand on the last release do not linger.
	upgrade.ResetValues = true
	upgrade.TakeOwnership = d.Adopt
	return upgrade
}

// labels are given once, at the install: a release stays that of whoever made it.
func (d *deployment) labels() map[string]string {
	if d.MadeBy == "" {
		return nil
	}
	return map[string]string{MadeByLabel: d.MadeBy}
}

// wait is what Helm calls once it has written objects; hooks have to complete.
func (d *deployment) wait(ctx context.Context, resources helmkube.ResourceList, hooks bool) error {
	objects, err := written(resources)
	if err == nil {
		err = d.ready(ctx, objects, hooks)
		if hooks {
			d.keepLogs(ctx, objects)
		}
	}
	d.failure = err
	return err
}

// ready waits until live objects are ready, within what is left of the timeout.
func (d *deployment) ready(ctx context.Context, objects []*unstructured.Unstructured, hooks bool) error {
	wanted := toWaitFor(objects, hooks)
	if !hooks {
		wanted = append(wanted, d.grown...)
	}
	if err := d.checkCertManager(wanted); err != nil {
		return err
	}
	return rollout.Wait(ctx, rollout.Options{Cluster: d.Cluster, Objects: wanted, Timeout: time.Until(d.deadline), Allowed: d.Timeout, Show: d.Show, Mask: d.mask})
}

// checkCertManager spares the waiting for a certificate that nothing will ever make.
func (d *deployment) checkCertManager(wanted []rollout.Object) error {
	i := slices.IndexFunc(wanted, func(object rollout.Object) bool { return object.Kind == certificate })
	if i < 0 {
		return nil
	}
	return d.needsCertManager(wanted[i].Name)
}

// needsCertManager returns an error when the cluster has no cert-manager to make a certificate for an Ingress.
func (d *deployment) needsCertManager(secret string) error {
	mapper, err := d.Cluster.ToRESTMapper()
	if err != nil {
		return err
	}
	if _, err := mapper.RESTMapping(certificate.GroupKind(), certificate.Version); meta.IsNoMatchError(err) {
		return fmt.Errorf("an Ingress asks cert-manager for the certificate %q, and the cluster has no cert-manager\nnext: factory install-cert-manager", secret)
	}
	return nil
}

func (d *deployment) result(rel *release.Release, changed bool) (*Result, error) {
	objects, err := parse(rel.Manifest)
	if err != nil {
		return nil, err
	}
	return &Result{Name: rel.Name, Namespace: rel.Namespace, Revision: rel.Version, Changed: changed,
		Objects: len(objects), Notes: rel.Info.Notes}, nil
}

// explain prefers what ended the waiting, and the interrupt, to Helm's account of it.
func (d *deployment) explain(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if d.failure != nil {
		return d.failure
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return &RefusedError{Err: fmt.Errorf("release %q: %w", d.Name, err)}
}
