package umbrella_test

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

// TestTextArrivesAroundThePod sends the same texts through every object around the pod that takes free text.
func TestTextArrivesAroundThePod(t *testing.T) {
	texts := breakingTexts()
	annotations, labels := map[string]string{}, map[string]string{}
	alerts, secrets, external := map[string]any{}, map[string]any{}, []any{}
	for i, text := range texts {
		key := strconv.Itoa(i)
		annotations["example.com/a"+key] = text
		labels["l"+key] = text
		secrets["k"+key] = map[string]any{"external": map[string]any{"store": "vault", "key": "x" + text, "property": text}}
		external = append(external, map[string]any{"type": "External", "external": map[string]any{
			"metric": map[string]any{"name": "n" + text}, "target": map[string]any{"type": "Value", "value": "1"}}})
		if text != "" && len(text) < 200 {
			alerts[text] = map[string]any{"expr": "x" + text, "severity": text, "summary": text, "description": text, "annotations": map[string]string{"a": text}}
		}
	}
	alerts["Labels"] = map[string]any{"expr": "xLabels", "severity": "Labels", "summary": "Labels", "description": "Labels", "labels": labels, "annotations": map[string]string{"a": "Labels"}}
	said, err := json.Marshal(map[string]any{ // JSON is YAML, and says every text without doubt
		"port": 80, "service": map[string]any{"annotations": annotations}, "alerts": alerts, "secrets": secrets,
		"autoscale": map[string]any{"max": 2, "metrics": external},
		"metrics":   map[string]any{"path": "/{{ x }}?a=\"b\"#'", "monitor": true},
		"ingress":   map[string]any{"paths": map[string]any{"/{{ x }}": "http", "/a b: #'\"": "http", "/|`<no value>": "http"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := synced(t, project(t, map[string]string{"factory.yaml": "version: 1\n", "services/web/service.yaml": string(said)}))
	objects := rendered(t, c, map[string]any{})
	if got := decode[corev1.Service](t, objects, "web/Service/web").Annotations; !maps.Equal(got, annotations) {
		t.Errorf("the Service's annotations are %.300v", got)
	}
	rules := decode[custom[prometheusRule]](t, objects, "web/PrometheusRule/web").Spec.Groups[0].Rules
	if len(rules) != len(alerts) {
		t.Errorf("there are %d alerts of %d", len(rules), len(alerts))
	}
	for _, rule := range rules {
		text := rule.Alert
		if rule.Expr != "x"+text || rule.Annotations["summary"] != text || rule.Annotations["description"] != text || rule.Annotations["a"] != text {
			t.Errorf("the alert %q is %.300v", text, rule)
		}
		for key, want := range labels {
			if got := rule.Labels[key]; text == "Labels" && got != want {
				t.Errorf("the alert's label %s is %.80q, want %.80q", key, got, want)
			}
		}
		if rule.Labels["severity"] != text {
			t.Errorf("the alert %q has the severity %q", text, rule.Labels["severity"])
		}
	}
	for _, data := range decode[custom[externalSecret]](t, objects, "web/ExternalSecret/web").Spec.Data {
		i, _ := strconv.Atoi(data.SecretKey[1:])
		if data.RemoteRef.Key != "x"+texts[i] || data.RemoteRef.Property != texts[i] {
			t.Errorf("the value %q is fetched from %.80q", texts[i], data.RemoteRef)
		}
	}
	for i, metric := range decode[autoscalingv2.HorizontalPodAutoscaler](t, objects, "web/HorizontalPodAutoscaler/web").Spec.Metrics {
		if metric.External.Metric.Name != "n"+texts[i] {
			t.Errorf("the metric %.80q is %.80q", texts[i], metric.External.Metric.Name)
		}
	}
	if path := decode[custom[serviceMonitor]](t, objects, "web/ServiceMonitor/web").Spec.Endpoints[0].Path; path != "/{{ x }}?a=\"b\"#'" {
		t.Errorf("the monitor's path is %q", path)
	}
	paths := decode[networkingv1.Ingress](t, objects, "web/Ingress/web").Spec.Rules[0].HTTP.Paths
	for i, want := range []string{"/a b: #'\"", "/{{ x }}", "/|`<no value>"} {
		if paths[i].Path != want {
			t.Errorf("the ingress serves %q, want %q", paths[i].Path, want)
		}
	}
}

// TestTextStaysInItsCell: what a spec says ends no comment of values.yaml and no line of the README.
func TestTextStaysInItsCell(t *testing.T) {
	const evil = "a\n\nreplicas: 7\n# -- x | y\n| z |"
	said, err := json.Marshal(map[string]any{"alerts": map[string]any{evil: map[string]any{"expr": evil}}, "env": map[string]string{"A": evil}})
	if err != nil {
		t.Fatal(err)
	}
	dir := project(t, map[string]string{"factory.yaml": "version: 1\n", "services/web/service.yaml": string(said)})
	c := synced(t, dir)
	sub := c.Dependencies()[0]
	if sub.Values["replicas"] != 1.0 {
		t.Errorf("replicas are %v", sub.Values["replicas"])
	}
	for _, f := range sub.Raw {
		if f.Name != "README.md" {
			continue
		}
		if text := string(f.Data); strings.Contains(text, "| z |") || strings.Contains(text, "\nreplicas: 7") {
			t.Errorf("the README is\n%s", text)
		}
	}
}
