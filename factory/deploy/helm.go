// Package deploy makes a chart a running release and takes it away again, by Helm's SDK. What it releases stays
// interchangeable with what the helm command releases.
package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"helm.sh/helm/v3/pkg/action"
	helmkube "helm.sh/helm/v3/pkg/kube"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/resource"

	"github.com/helm-chart-factory/factory/factory/kube"
)

// fieldManager is the name that the helm command writes under; under another, a later helm upgrade would conflict.
const fieldManager = "helm"

// waiter waits until objects that Helm wrote are ready; hooks have to complete.
type waiter func(ctx context.Context, written helmkube.ResourceList, hooks bool) error

// configure prepares Helm's actions for one namespace. wait stands in for Helm's own polling.
func configure(ctx context.Context, cluster *kube.Cluster, namespace string, wait waiter) (*action.Configuration, error) {
	if helmkube.ManagedFieldsManager != fieldManager {
		helmkube.ManagedFieldsManager = fieldManager
	}
	config := new(action.Configuration)
	if err := config.Init(cluster, namespace, "secret", func(string, ...any) {}); err != nil {
		return nil, fmt.Errorf("preparing helm for namespace %q: %w", namespace, err)
	}
	client, ok := config.KubeClient.(*helmkube.Client)
	if !ok {
		return nil, fmt.Errorf("preparing helm: its client is a %T", config.KubeClient)
	}
	client.Namespace = namespace
	config.KubeClient = &helmClient{Client: client, cluster: cluster, ctx: ctx, wait: wait}
	config.Releases.Driver = &signing{config.Releases.Driver}
	config.SetHookOutputFunc(func(_, _, _ string) io.Writer { return io.Discard })
	return config, nil
}

// helmClient is Helm's client with some differences: an interrupt is noticed between and during its steps, so that Helm
// itself records the release as failed before it returns; readiness is watched, not polled every two seconds; the
// replicas of what an autoscaler scales are left alone; and custom resource definitions are never deleted.
// Helm's own handling of a cancelled context leaves the work going on in the background.
type helmClient struct {
	*helmkube.Client
	cluster *kube.Cluster
	ctx     context.Context
	wait    waiter
	// prepare does what has to happen right before objects are replaced, and returns what they replace. It may be nil.
	prepare func(original, target helmkube.ResourceList) (helmkube.ResourceList, error)
}

// Create creates the objects as Helm does, kind by kind, those of a kind at once, and says which was refused.
func (c *helmClient) Create(resources helmkube.ResourceList) (*helmkube.Result, error) {
	created := resources
	for len(resources) > 0 {
		if err := c.ctx.Err(); err != nil {
			return nil, err
		}
		kind := resources[0].Mapping.GroupVersionKind.Kind
		count := slices.IndexFunc(resources, func(info *resource.Info) bool { return info.Mapping.GroupVersionKind.Kind != kind })
		if count < 0 {
			count = len(resources)
		}
		refused := make([]error, count)
		var group sync.WaitGroup
		for i, info := range resources[:count] {
			group.Go(func() {
				if _, err := c.Client.Create(helmkube.ResourceList{info}); err != nil {
					refused[i] = &objectError{strings.ToLower(kind) + "/" + info.Name, single(err)}
				}
			})
		}
		group.Wait()
		if err := errors.Join(refused...); err != nil {
			return nil, err
		}
		resources = resources[count:]
	}
	return &helmkube.Result{Created: created}, nil
}

func (c *helmClient) Update(original, target helmkube.ResourceList, force bool) (*helmkube.Result, error) {
	original, err := c.beforeUpdate(original, target)
	if err != nil {
		return &helmkube.Result{}, err
	}
	return c.Client.Update(original, target, force)
}

// UpdateThreeWayMerge is what Helm calls when it adopts objects.
func (c *helmClient) UpdateThreeWayMerge(original, target helmkube.ResourceList, force bool) (*helmkube.Result, error) {
	original, err := c.beforeUpdate(original, target)
	if err != nil {
		return &helmkube.Result{}, err
	}
	return c.Client.UpdateThreeWayMerge(original, target, force)
}

func (c *helmClient) beforeUpdate(original, target helmkube.ResourceList) (helmkube.ResourceList, error) {
	if err := c.ctx.Err(); err != nil {
		return nil, err
	}
	if err := keepReplicas(c.ctx, c.cluster, c.Namespace, original, target); err != nil {
		return nil, err
	}
	original = withoutDefinitions(original, target)
	if c.prepare == nil {
		return original, nil
	}
	return c.prepare(original, target)
}

// Delete deletes what may be deleted.
func (c *helmClient) Delete(resources helmkube.ResourceList) (*helmkube.Result, []error) {
	return c.DeleteWithPropagationPolicy(resources, metav1.DeletePropagationBackground)
}

// DeleteWithPropagationPolicy deletes what may be deleted.
func (c *helmClient) DeleteWithPropagationPolicy(resources helmkube.ResourceList, policy metav1.DeletionPropagation) (*helmkube.Result, []error) {
	resources = withoutDefinitions(resources, nil)
	if len(resources) == 0 {
		return &helmkube.Result{}, nil
	}
	return c.Client.DeleteWithPropagationPolicy(resources, policy)
}

func (c *helmClient) Wait(resources helmkube.ResourceList, _ time.Duration) error {
	return c.wait(c.ctx, resources, false)
}

func (c *helmClient) WaitWithJobs(resources helmkube.ResourceList, _ time.Duration) error {
	return c.wait(c.ctx, resources, false)
}

// WatchUntilReady waits for hooks: Jobs and Pods that have to complete.
func (c *helmClient) WatchUntilReady(resources helmkube.ResourceList, _ time.Duration) error {
	var runs helmkube.ResourceList
	err := resources.Visit(func(info *resource.Info, err error) error {
		if kind := info.Mapping.GroupVersionKind.Kind; kind == "Job" || kind == "Pod" {
			runs.Append(info)
		}
		return err
	})
	if err != nil {
		return err
	}
	return c.wait(c.ctx, runs, true)
}
