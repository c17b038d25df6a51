// Package api waits for what a Kubernetes API server promises.
package api

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Connect returns a client configuration and client for the kubeconfig at path. Nothing is dialled yet.
func Connect(path string) (*rest.Config, *kubernetes.Clientset, error) {
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, nil, fmt.Errorf("reading kubeconfig %q: %w", path, err)
	}
	config.QPS, config.Burst = 100, 200
	config.Timeout = 10 * time.Second
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, nil, fmt.Errorf("making a client from kubeconfig %q: %w", path, err)
	}
	return config, client, nil
}

// Poll calls check until it returns nil or ctx ends; then it says what was last missing and why ctx ended.
func Poll(ctx context.Context, every time.Duration, check func(context.Context) error) error {
	for {
		missing := check(ctx)
		if missing == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (last seen: %w)", context.Cause(ctx), missing)
		case <-time.After(every):
		}
	}
}

// WaitReady waits until the API server says that it is ready.
func WaitReady(ctx context.Context, client kubernetes.Interface) error {
	return Poll(ctx, 100*time.Millisecond, func(ctx context.Context) error {
		return IsReady(ctx, client)
	})
}

// IsReady asks the API server whether it is ready.
func IsReady(ctx context.Context, client kubernetes.Interface) error {
	_, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
	if err != nil {
		return fmt.Errorf("asking the API server whether it is ready: %w", err)
	}
	return nil
}

// WaitServiceAccount waits for the service account "default" in namespace "default": the sign that the controllers work,
// and without it no pod can be created.
func WaitServiceAccount(ctx context.Context, client kubernetes.Interface) error {
	return Poll(ctx, 100*time.Millisecond, func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}

// WaitNode waits until the node has said, since the given time, that it is ready: after a restart the API server still
// tells what the node said before.
func WaitNode(ctx context.Context, client kubernetes.Interface, name string, since time.Time) error {
	return Poll(ctx, 200*time.Millisecond, func(ctx context.Context) error {
		node, err := client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, condition := range node.Status.Conditions {
			if condition.Type != corev1.NodeReady {
				continue
			}
			// The API's times have no fractions.
			if condition.LastHeartbeatTime.Time.Before(since.Truncate(time.Second)) {
				return fmt.Errorf("node %q has not reported yet", name)
			}
			if condition.Status != corev1.ConditionTrue {
				return fmt.Errorf("node %q is not ready: %s", name, condition.Message)
			}
			return nil
		}
		return fmt.Errorf("node %q has not reported yet", name)
	})
}
