package umbrella_test

import (
	"maps"
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// custom is an object of an operator's API with the fields of its spec that a chart may say; anything else fails to decode.
type custom[Spec any] struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              Spec
}

type serviceMonitor struct {
	Selector  metav1.LabelSelector
	Endpoints []struct{ Port, Path, Interval, ScrapeTimeout string }
}

type prometheusRule struct {
	Groups []struct {
		Name  string
		Rules []struct {
			Alert, Expr, For    string
			Labels, Annotations map[string]string
		}
	}
}

type peerAuthentication struct {
	Selector metav1.LabelSelector
	MTLS     struct{ Mode string }
}

type certificate struct {
	SecretName, CommonName, Duration, RenewBefore string
	DNSNames, IPAddresses, Usages                 []string
	IssuerRef                                     struct{ Kind, Name string }
}

type store struct{ Name, Kind string }

type externalSecret struct {
	RefreshInterval string
	SecretStoreRef  store
	Target          struct{ Name, CreationPolicy string }
	Data            []struct {
		SecretKey string
		RemoteRef struct{ Key, Property string }
		SourceRef *struct{ StoreRef store }
	}
}

func TestMonitor(t *testing.T) {
	objects := released(t, map[string]string{
		"web": "port: 8080\nports: {admin: 9000}\nmetrics: {path: /m, port: admin, monitor: {interval: 90s, timeout: 10s, labels: {release: prometheus}}}\nalerts: {Down: {expr: up == 0}}\n",
		"api": "port: 8080\nmetrics: {monitor: true}\n",
		"old": "port: 8080\nmetrics: /metrics\n",
	})
	web := decode[custom[serviceMonitor]](t, objects, "web/ServiceMonitor/web")
	endpoint := web.Spec.Endpoints[0]
	if endpoint.Port != "admin" || endpoint.Path != "/m" || endpoint.Interval != "1m30s" || endpoint.ScrapeTimeout != "10s" || web.Labels["release"] != "prometheus" {
		t.Errorf("web: %+v", web)
	}
	service := decode[corev1.Service](t, objects, "web/Service/web")
	for key, value := range web.Spec.Selector.MatchLabels {
		if service.Labels[key] != value {
			t.Errorf("the monitor selects %s=%s, the Service has %v", key, value, service.Labels)
		}
	}
	if rule := decode[custom[prometheusRule]](t, objects, "web/PrometheusRule/web"); rule.Labels["release"] != "prometheus" {
		t.Errorf("the rule's labels are %v", rule.Labels)
	}
	if api := decode[custom[serviceMonitor]](t, objects, "api/ServiceMonitor/api").Spec.Endpoints[0]; api.Port != "http" || api.Path != "/metrics" || api.Interval != "" {
		t.Errorf("api: %+v", api)
	}
	for name, annotated := range map[string]bool{"web": false, "api": false, "old": true} {
		pod := decode[appsv1.Deployment](t, objects, name+"/Deployment/"+name).Spec.Template
		if (pod.Annotations["prometheus.io/scrape"] != "") != annotated {
			t.Errorf("%s: the pods' annotations are %v", name, pod.Annotations)
		}
	}
}

func TestMTLS(t *testing.T) {
	objects := released(t, map[string]string{"web": "mtls: STRICT\n", "api": ""})
	if web := decode[custom[peerAuthentication]](t, objects, "web/PeerAuthentication/web").Spec; web.MTLS.Mode != "STRICT" || web.Selector.MatchLabels["app.kubernetes.io/name"] != "web" {
		t.Errorf("web: %+v", web)
	}
	if _, ok := objects["api/PeerAuthentication/api"]; ok {
		t.Error("api has a rule of its own")
	}
}

func TestCertificates(t *testing.T) {
	objects := released(t, map[string]string{"broker": `
certificates:
  server: {}
  client: {hosts: [10.0.0.7, broker.example.com], secret: client-tls, duration: 8760h, renewBefore: 720h, issuer: letsencrypt, usages: [client auth]}
`})
	server := decode[custom[certificate]](t, objects, "broker/Certificate/broker-server").Spec
	if server.SecretName != "broker-server" || server.CommonName != "broker" || server.IssuerRef.Name != "factory-self-ca" || server.IssuerRef.Kind != "ClusterIssuer" ||
		!slices.Equal(server.DNSNames, []string{"broker", "broker.platform.svc", "broker.platform.svc.cluster.local"}) {
		t.Errorf("server: %+v", server)
	}
	client := decode[custom[certificate]](t, objects, "broker/Certificate/broker-client").Spec
	if client.SecretName != "client-tls" || client.CommonName != "broker.example.com" || client.IPAddresses[0] != "10.0.0.7" || len(client.DNSNames) != 1 ||
		client.Duration != "8760h" || client.RenewBefore != "720h" || client.IssuerRef.Name != "letsencrypt" || client.Usages[0] != "client auth" {
		t.Errorf("client: %+v", client)
	}
}

func TestExternalSecrets(t *testing.T) {
	objects := released(t, map[string]string{
		"alone": "secrets: {key: {external: {store: vault, key: shop/key}}}\nenv: {KEY: {service: alone, key: key}}\n",
		"mixed": `
secrets:
  password: {generate: 24}
  api: {external: {store: vault, storeKind: ClusterSecretStore, key: shop/api, property: key, refresh: 5m}}
  mail: {external: {store: other, key: shop/mail, refresh: 5m}}
`})
	alone := decode[custom[externalSecret]](t, objects, "alone/ExternalSecret/alone").Spec
	if alone.RefreshInterval != "1h" || alone.SecretStoreRef != (store{"vault", "SecretStore"}) || alone.Target.Name != "alone" || alone.Target.CreationPolicy != "Owner" ||
		alone.Data[0].SecretKey != "key" || alone.Data[0].RemoteRef.Key != "shop/key" || alone.Data[0].SourceRef != nil {
		t.Errorf("alone: %+v", alone)
	}
	if _, ok := objects["alone/Secret/alone"]; ok {
		t.Error("the chart makes the Secret that is fetched")
	}
	from := decode[appsv1.Deployment](t, objects, "alone/Deployment/alone").Spec.Template.Spec.Containers[0].Env[0].ValueFrom.SecretKeyRef
	if from.Name != "alone" || from.Key != "key" {
		t.Errorf("the variable is from %+v", from)
	}
	mixed := decode[custom[externalSecret]](t, objects, "mixed/ExternalSecret/mixed").Spec
	if mixed.RefreshInterval != "5m" || mixed.Target.CreationPolicy != "Merge" || mixed.SecretStoreRef != (store{"vault", "ClusterSecretStore"}) ||
		mixed.Data[0].RemoteRef.Property != "key" || mixed.Data[0].SourceRef != nil || mixed.Data[1].SourceRef.StoreRef != (store{"other", "SecretStore"}) {
		t.Errorf("mixed: %+v", mixed)
	}
	if secret := decode[corev1.Secret](t, objects, "mixed/Secret/mixed"); !slices.Equal(slices.Sorted(maps.Keys(secret.Data)), []string{"password"}) {
		t.Errorf("the chart generates %v", secret.Data)
	}
}
