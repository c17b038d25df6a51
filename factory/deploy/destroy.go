package deploy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"helm.sh/helm/v3/pkg/action"
	helmkube "helm.sh/helm/v3/pkg/kube"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage/driver"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/helm-chart-factory/factory/factory/deploy/rollout"
	"github.com/helm-chart-factory/factory/factory/kube"
)

// DestroyOptions says which release to take away and what goes with it.
type DestroyOptions struct {
	Cluster   *kube.Cluster
	Name      string
	Namespace string
	// Volumes also removes what is otherwise kept for the next deploy: volume claims, generated Secrets, and the
	// namespace if factory made it and nothing else is in it.
	Volumes bool
	// Leftovers names Secrets that the release's own programs make; they go with the volumes.
	Leftovers []string
	Timeout   time.Duration
	// Say is told what happens, in one line; it may be nil.
	Say func(format string, args ...any)
}

// Destroyed is what was taken away and what stayed, as kind/name.
type Destroyed struct {
	Removed []string `json:"removed"`
	Kept    []string `json:"kept"`
}

// Nothing tells that there was nothing to remove.
func (d *Destroyed) Nothing() bool { return len(d.Removed) == 0 }

// Destroy uninstalls the release and returns when its objects are gone. Generated Secrets and volumes stay unless
// Volumes is set. A release that is not there is no error.
func Destroy(ctx context.Context, opts DestroyOptions) (*Destroyed, error) {
	if opts.Say == nil {
		opts.Say = func(string, ...any) {}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, opts.Timeout, fmt.Errorf("release %q is not gone after %s", opts.Name, opts.Timeout))
	defer cancel()
	d := &removal{DestroyOptions: opts, done: &Destroyed{}}
	err := d.run(ctx)
	if err != nil && errors.Is(err, context.DeadlineExceeded) {
		err = d.stuck(context.Cause(ctx))
	}
	return d.done, err
}

// removal is one run of Destroy.
type removal struct {
	DestroyOptions
	done       *Destroyed
	waitingFor []string
	// held are those of them that a finalizer keeps.
	held []holder
}

func (d *removal) run(ctx context.Context) error {
	client, err := d.Cluster.Client()
	if err != nil {
		return err
	}
	namespace, err := client.CoreV1().Namespaces().Get(ctx, d.Namespace, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking for namespace %q: %w", d.Namespace, err)
	}
	held, lock, err := acquire(ctx, d.Cluster, d.Namespace, d.Name, time.Now().Add(d.Timeout), d.Say)
	if err != nil {
		return err
	}
	err = d.uninstall(held)
	if err == nil && d.Volumes {
		err = d.removeKept(held, namespace)
	}
	lock.release(ctx)
	if err != nil {
		return err
	}
	if d.Volumes {
		return d.removeNamespace(ctx, namespace)
	}
	return d.listKept(ctx)
}

// uninstall has Helm delete the release's objects, foreground, so that an object is gone only after its pods are.
func (d *removal) uninstall(ctx context.Context) error {
	config, err := configure(ctx, d.Cluster, d.Namespace, d.waitForHooks)
	if err != nil {
		return err
	}
	last, err := config.Releases.Last(d.Name)
	if errors.Is(err, driver.ErrReleaseNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the history of release %q: %w", d.Name, err)
	}
	objects, err := deletable(last)
	if err != nil {
		return err
	}
	if err := d.keepDefinitions(last); err != nil {
		return err
	}
	d.Say("removing %s (%d objects) from namespace %s", d.Name, len(objects), d.Namespace)
	uninstall := action.NewUninstall(config)
	uninstall.DeletionPropagation, uninstall.Timeout = "foreground", d.Timeout
	if _, err := uninstall.Run(d.Name); err != nil {
		return fmt.Errorf("removing release %q: %w", d.Name, err)
	}
	d.removed("release/" + d.Name)
	return d.gone(ctx, objects)
}

// keepDefinitions records that the release's custom resource definitions stay: objects of others may be of their kinds.
func (d *removal) keepDefinitions(last *release.Release) error {
	objects, err := parse(last.Manifest)
	if err != nil {
		return err
	}
	for _, u := range objects {
		if u.GetKind() == definitionKind {
			d.done.Kept = append(d.done.Kept, refOf(u))
		}
	}
	return nil
}

// deletable lists the objects that uninstalling deletes. Custom resource definitions it never does.
func deletable(last *release.Release) ([]*unstructured.Unstructured, error) {
	objects, err := parse(last.Manifest)
	if err != nil {
		return nil, err
	}
	var deleted []*unstructured.Unstructured
	for _, u := range objects {
		if !kept(u) && u.GetKind() != definitionKind {
			deleted = append(deleted, u)
		}
	}
	return deleted, nil
}

func (d *removal) waitForHooks(ctx context.Context, resources helmkube.ResourceList, hooks bool) error {
	objects, err := written(resources)
	if err != nil {
		return err
	}
	return rollout.Wait(ctx, rollout.Options{Cluster: d.Cluster, Objects: toWaitFor(objects, hooks), Timeout: d.Timeout})
}

// gone waits until none of the objects is in the cluster any more.
func (d *removal) gone(ctx context.Context, objects []*unstructured.Unstructured) error {
	for {
		left, _, err := live(ctx, d.Cluster, d.Namespace, objects)
		if err != nil {
			return err
		}
		d.waitingFor = nil
		for _, u := range left {
			d.waitingFor = append(d.waitingFor, refOf(u))
		}
		if len(left) == 0 {
			return nil
		}
		if d.held = d.holders(ctx, left, time.Now()); len(d.held) > 0 {
			d.Say("waiting for %d objects to be gone: %s", len(left), d.held[0])
		} else {
			d.Say("waiting for %d objects to be gone: %s", len(left), d.waitingFor[0])
		}
		objects = left
		if err := pause(ctx, time.Second/4); err != nil {
			return err
		}
	}
}

func (d *removal) removed(ref string) { d.done.Removed = append(d.done.Removed, ref) }

func refOf(u *unstructured.Unstructured) string {
	return strings.ToLower(u.GetKind()) + "/" + u.GetName()
}
