package umbrella_test

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
)

// released renders the umbrella of specs, by service.
func released(t *testing.T, specs map[string]string) map[string]string {
	t.Helper()
	files := map[string]string{"factory.yaml": "version: 1\n"}
	for name, text := range specs {
		files["services/"+name+"/service.yaml"] = text
	}
	return rendered(t, synced(t, project(t, files)), map[string]any{})
}

func TestAutoscale(t *testing.T) {
	objects := released(t, map[string]string{
		"web": "replicas: 3\nautoscale: {max: 9}\n",
		"queue": `
kind: StatefulSet
autoscale:
  min: 2
  max: 4
  memory: 60
  metrics: [{type: Pods, pods: {metric: {name: depth}, target: {type: AverageValue, averageValue: "30"}}}]
  behavior: {scaleDown: {stabilizationWindowSeconds: 600}}
`})
	web := decode[autoscalingv2.HorizontalPodAutoscaler](t, objects, "web/HorizontalPodAutoscaler/web").Spec
	if *web.MinReplicas != 3 || web.MaxReplicas != 9 || web.ScaleTargetRef.Kind != "Deployment" || web.ScaleTargetRef.Name != "web" {
		t.Errorf("web: %+v", web)
	}
	if len(web.Metrics) != 1 || web.Metrics[0].Resource.Name != "cpu" || *web.Metrics[0].Resource.Target.AverageUtilization != 80 {
		t.Errorf("web aims at %+v", web.Metrics)
	}
	if d := decode[appsv1.Deployment](t, objects, "web/Deployment/web"); d.Spec.Replicas != nil {
		t.Errorf("the Deployment says %d replicas, which a release would set back to", *d.Spec.Replicas)
	}
	queue := decode[autoscalingv2.HorizontalPodAutoscaler](t, objects, "queue/HorizontalPodAutoscaler/queue").Spec
	if queue.ScaleTargetRef.Kind != "StatefulSet" || len(queue.Metrics) != 2 || queue.Metrics[0].Resource.Name != "memory" ||
		queue.Metrics[1].Pods.Target.AverageValue.String() != "30" || *queue.Behavior.ScaleDown.StabilizationWindowSeconds != 600 {
		t.Errorf("queue: %+v", queue)
	}
	if set := decode[appsv1.StatefulSet](t, objects, "queue/StatefulSet/queue"); set.Spec.Replicas != nil {
		t.Errorf("the StatefulSet says %d replicas", *set.Spec.Replicas)
	}
}

func TestBudget(t *testing.T) {
	objects := released(t, map[string]string{
		"web": "replicas: 3\nbudget: {minAvailable: 50%}\n",
		"api": "budget: {maxUnavailable: 1}\n",
	})
	web := decode[policyv1.PodDisruptionBudget](t, objects, "web/PodDisruptionBudget/web").Spec
	if web.MinAvailable.String() != "50%" || web.MaxUnavailable != nil || web.Selector.MatchLabels["app.kubernetes.io/name"] != "web" {
		t.Errorf("web: %+v", web)
	}
	if api := decode[policyv1.PodDisruptionBudget](t, objects, "api/PodDisruptionBudget/api").Spec; api.MaxUnavailable.IntVal != 1 || api.MinAvailable != nil {
		t.Errorf("api: %+v", api)
	}
}

// TestServiceObject: what the spec says of the Service is in it, and the network policy lets in who the Service leads in.
func TestServiceObject(t *testing.T) {
	objects := released(t, map[string]string{
		"web": `
ports: {http: {container: 8080, service: 80, nodePort: 30080}, dns: {container: 53, protocol: UDP}}
service:
  type: NodePort
  sessionAffinity: {timeout: 1h}
  externalTrafficPolicy: Local
  publishNotReady: true
  annotations: {example.com/pool: "{{ .Values }}"}
  labels: {team: edge}
`,
		"lb":   "port: 80\nservice: {type: LoadBalancer, loadBalancerClass: example.com/metal, sessionAffinity: true}\n",
		"peer": "kind: StatefulSet\nport: 8080\nservice: {headless: true}\n",
	})
	web := decode[corev1.Service](t, objects, "web/Service/web")
	switch spec := web.Spec; {
	case spec.Type != corev1.ServiceTypeNodePort || spec.SessionAffinity != corev1.ServiceAffinityClientIP || *spec.SessionAffinityConfig.ClientIP.TimeoutSeconds != 3600,
		spec.ExternalTrafficPolicy != corev1.ServiceExternalTrafficPolicyLocal || !spec.PublishNotReadyAddresses,
		spec.Ports[0].Name != "dns" || spec.Ports[0].NodePort != 0 || spec.Ports[1].NodePort != 30080:
		t.Errorf("web: %+v", spec)
	}
	if web.Annotations["example.com/pool"] != "{{ .Values }}" || web.Labels["team"] != "edge" || web.Labels["app.kubernetes.io/name"] != "web" {
		t.Errorf("web: %+v", web.ObjectMeta)
	}
	if spec := decode[corev1.Service](t, objects, "lb/Service/lb").Spec; spec.Type != corev1.ServiceTypeLoadBalancer || *spec.LoadBalancerClass != "example.com/metal" {
		t.Errorf("lb: %+v", spec)
	}
	if spec := decode[corev1.Service](t, objects, "peer/Service/peer").Spec; spec.ClusterIP != "None" || spec.Ports[0].Port != 8080 {
		t.Errorf("peer: %+v", spec)
	}
	for name, want := range map[string]bool{"web": true, "lb": true, "peer": false} {
		if _, more := objects[name+"/NetworkPolicy/"+name+"-peers"]; more != want {
			t.Errorf("%s has more callers: %v", name, more)
		}
		if !want {
			continue
		}
		policy := decode[networkingv1.NetworkPolicy](t, objects, name+"/NetworkPolicy/"+name+"-peers")
		if rules := policy.Spec.Ingress; len(rules) != 1 || len(rules[0].From) != 0 || len(rules[0].Ports) == 0 {
			t.Errorf("%s lets in %+v", name, rules)
		}
	}
}

// TestVersionLabel: the version is the image's tag, if that is one, made fit for a label, on objects but not where it could not change.
func TestVersionLabel(t *testing.T) {
	objects := released(t, map[string]string{
		"tagged": "kind: StatefulSet\nimage: nginx:1.27-alpine\nvolumes: {data: {path: /data, size: 1Gi}}\n",
		"long":   "image: nginx:_" + strings.Repeat("a", 61) + "-b\n",
		"latest": "image: nginx:latest\n",
		"pinned": "image: nginx@sha256:" + strings.Repeat("a", 64) + "\n",
	})
	const version = "app.kubernetes.io/version"
	set := decode[appsv1.StatefulSet](t, objects, "tagged/StatefulSet/tagged")
	if set.Labels[version] != "1.27-alpine" {
		t.Errorf("tagged: %v", set.Labels)
	}
	for _, labels := range []map[string]string{set.Spec.Selector.MatchLabels, set.Spec.VolumeClaimTemplates[0].Labels} {
		if _, said := labels[version]; said {
			t.Errorf("what cannot change says a version: %v", labels)
		}
	}
	if long := decode[appsv1.Deployment](t, objects, "long/Deployment/long"); long.Labels[version] != strings.Repeat("a", 61) {
		t.Errorf("long: %v", long.Labels)
	}
	for _, name := range []string{"pinned", "latest"} {
		if none := decode[appsv1.Deployment](t, objects, name+"/Deployment/"+name); none.Labels[version] != "" {
			t.Errorf("%s: %v", name, none.Labels)
		}
	}
}
