package kube

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// slim drops what no answer needs from an object before it is kept: the managed fields alone are half of a pod.
func slim(object any) (any, error) {
	switch o := object.(type) {
	case *corev1.Pod:
		slimMeta(&o.ObjectMeta)
		init := make([]corev1.Container, len(o.Spec.InitContainers))
		for i, container := range o.Spec.InitContainers {
			init[i] = corev1.Container{Name: container.Name, RestartPolicy: container.RestartPolicy}
		}
		o.Spec = corev1.PodSpec{NodeName: o.Spec.NodeName, InitContainers: init}
	case *appsv1.Deployment:
		slimMeta(&o.ObjectMeta)
		o.Spec = appsv1.DeploymentSpec{Replicas: o.Spec.Replicas}
		o.Status.Conditions = nil
	}
	return object, nil
}

func slimMeta(m *metav1.ObjectMeta) {
	m.ManagedFields, m.Annotations, m.Labels, m.OwnerReferences = nil, nil, nil, nil
}
