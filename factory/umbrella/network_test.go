package umbrella_test

import (
	"encoding/json"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// route is what both kinds of route of gateway.networking.k8s.io/v1 share, as far as a chart says it.
type route struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		ParentRefs []struct{ Name, Namespace, SectionName string }
		Hostnames  []string
		Rules      []struct {
			Matches []struct {
				Path   *struct{ Type, Value string }
				Method *struct{ Service, Method string }
			}
			BackendRefs []struct {
				Name string
				Port int
			}
		}
	}
}

func TestIngress(t *testing.T) {
	objects := released(t, map[string]string{
		"plain": "port: 8080\ningress: {tls: true}\n",
		"shop": `
ports: {http: {container: 8080, service: 80}, api: 8081}
ingress:
  hosts: [shop.example.com, www.example.com]
  paths: {/: http, /api: {port: api, type: Exact}, "/{{ x }}": http}
  tls: {secret: shop-certificate}
`,
		"own": "port: 8080\ningress: {host: own.example.com, tls: {issuer: letsencrypt}}\n",
	})
	plain := decode[networkingv1.Ingress](t, objects, "plain/Ingress/plain")
	if plain.Annotations["cert-manager.io/cluster-issuer"] != "factory-self-ca" || plain.Spec.TLS[0].SecretName != "plain-tls" ||
		plain.Spec.Rules[0].HTTP.Paths[0].Path != "/" || plain.Spec.Rules[0].HTTP.Paths[0].Backend.Service.Port.Name != "http" {
		t.Errorf("plain: %+v", plain)
	}
	shop := decode[networkingv1.Ingress](t, objects, "shop/Ingress/shop")
	if len(shop.Annotations) != 0 || shop.Spec.TLS[0].SecretName != "shop-certificate" || len(shop.Spec.Rules) != 2 {
		t.Errorf("shop: %+v", shop)
	}
	for _, rule := range shop.Spec.Rules {
		paths := rule.HTTP.Paths
		if len(paths) != 3 || paths[1].Path != "/api" || *paths[1].PathType != "Exact" || paths[1].Backend.Service.Port.Name != "api" || paths[2].Path != "/{{ x }}" {
			t.Errorf("%s: %+v", rule.Host, paths)
		}
	}
	if own := decode[networkingv1.Ingress](t, objects, "own/Ingress/own"); own.Annotations["cert-manager.io/cluster-issuer"] != "letsencrypt" || own.Spec.TLS[0].SecretName != "own-tls" {
		t.Errorf("own: %+v", own)
	}
	policy := decode[networkingv1.NetworkPolicy](t, objects, "shop/NetworkPolicy/shop").Spec
	if open := policy.Ingress[1]; len(open.From) != 1 || open.From[0].NamespaceSelector == nil || len(open.Ports) != 2 || open.Ports[0].Port.IntVal != 8080 || open.Ports[1].Port.IntVal != 8081 {
		t.Errorf("the policy lets in %+v", open)
	}
}

func TestRoutes(t *testing.T) {
	files := map[string]string{
		"factory.yaml":                  "version: 1\ngateway: {parents: [{name: public, namespace: gateways}]}\n",
		"services/web/service.yaml":     "port: 8080\ngateway: {paths: {/: http, /x: {type: Exact}}}\n",
		"services/orders/service.yaml":  "ports: {http: 8080, grpc: {container: 9000, service: 90}}\ngateway: {kind: GRPC, parents: [{name: inner, section: https}], host: x.example.com, paths: {/shop.v1.Orders: grpc, /shop.v1.Orders/List: grpc}}\n",
		"services/default/service.yaml": "ports: {rpc: 9000}\ngateway: {kind: GRPC}\n",
	}
	objects := rendered(t, synced(t, project(t, files)), map[string]any{})
	web := decode[route](t, objects, "web/HTTPRoute/web").Spec
	switch {
	case len(web.ParentRefs) != 1 || web.ParentRefs[0].Name != "public" || web.ParentRefs[0].Namespace != "gateways" || web.Hostnames[0] != "web.local",
		web.Rules[0].Matches[0].Path.Type != "PathPrefix" || web.Rules[1].Matches[0].Path.Type != "Exact" || web.Rules[1].Matches[0].Path.Value != "/x",
		web.Rules[0].BackendRefs[0].Name != "web" || web.Rules[0].BackendRefs[0].Port != 80:
		t.Errorf("web: %+v", web)
	}
	orders := decode[route](t, objects, "orders/GRPCRoute/orders").Spec
	switch {
	case orders.ParentRefs[0].Name != "inner" || orders.ParentRefs[0].SectionName != "https" || orders.Hostnames[0] != "x.example.com",
		orders.Rules[0].Matches[0].Method.Service != "shop.v1.Orders" || orders.Rules[0].Matches[0].Method.Method != "",
		orders.Rules[1].Matches[0].Method.Service != "shop.v1.Orders" || orders.Rules[1].Matches[0].Method.Method != "List",
		orders.Rules[1].BackendRefs[0].Port != 90:
		t.Errorf("orders: %+v", orders)
	}
	if spec := decode[route](t, objects, "default/GRPCRoute/default").Spec; len(spec.Rules) != 1 || spec.Rules[0].Matches != nil || spec.Rules[0].BackendRefs[0].Port != 9000 {
		t.Errorf("default: %+v", spec)
	}
	for name, want := range map[string]int32{"web": 8080, "orders": 9000, "default": 9000} {
		policy := decode[networkingv1.NetworkPolicy](t, objects, name+"/NetworkPolicy/"+name+"-peers").Spec
		if open := policy.Ingress[0]; len(policy.Ingress) != 1 || open.From[0].NamespaceSelector == nil || len(open.Ports) != 1 || open.Ports[0].Port.IntVal != want {
			t.Errorf("%s lets in %+v", name, open)
		}
	}
}

// TestNetwork holds the rules of a policy whole: one too many lets in or out whom nobody meant.
func TestNetwork(t *testing.T) {
	objects := released(t, map[string]string{
		"db": "ports: {postgres: 5432, metrics: 9187}\n",
		"api": `
ports: {http: {container: 8080, service: 80}, dns: {container: 53, protocol: UDP}}
needs: [db]
access: [{resources: [pods], verbs: [get]}]
network:
  from:
    - {service: cron, ports: [http]}
    - {namespace: monitoring, pods: {app: crawler}, ports: [9000]}
    - {pods: {app: x}}
    - {cidr: 10.0.0.0/8, except: [10.1.0.0/16], ports: [dns]}
  to:
    - {service: db, ports: [postgres]}
    - {namespace: "*", ports: [8125/UDP]}
    - {cidr: 192.0.2.7/32}
`,
		"cron":   "network: {to: []}\n",
		"broker": "port: 5672\nnetwork: {from: [{service: broker}]}\n",
	})
	policies := map[string]string{
		"api": `{"podSelector":{"matchLabels":{"app.kubernetes.io/name":"api"}},"ingress":[` +
			`{"ports":[{"port":8080}],"from":[{"podSelector":{"matchLabels":{"app.kubernetes.io/name":"cron"}}}]},` +
			`{"ports":[{"port":9000}],"from":[{"podSelector":{"matchLabels":{"app":"crawler"}},"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"monitoring"}}}]},` +
			`{"ports":[{"protocol":"UDP","port":53},{"port":8080}],"from":[{"podSelector":{"matchLabels":{"app":"x"}}}]},` +
			`{"ports":[{"protocol":"UDP","port":53}],"from":[{"ipBlock":{"cidr":"10.0.0.0/8","except":["10.1.0.0/16"]}}]}],` +
			`"egress":[{"ports":[{"protocol":"UDP","port":53},{"port":53}],"to":[{"namespaceSelector":{}},{"ipBlock":{"cidr":"169.254.20.10/32"}}]},` +
			`{"ports":[{"port":443},{"port":6443}]},` +
			`{"ports":[{"port":9187},{"port":5432}],"to":[{"podSelector":{"matchLabels":{"app.kubernetes.io/name":"db"}}}]},` +
			`{"ports":[{"port":5432}],"to":[{"podSelector":{"matchLabels":{"app.kubernetes.io/name":"db"}}}]},` +
			`{"ports":[{"protocol":"UDP","port":8125}],"to":[{"namespaceSelector":{}}]},` +
			`{"to":[{"ipBlock":{"cidr":"192.0.2.7/32"}}]}],"policyTypes":["Ingress","Egress"]}`,
		"cron": `{"podSelector":{"matchLabels":{"app.kubernetes.io/name":"cron"}},"egress":[` +
			`{"ports":[{"protocol":"UDP","port":53},{"port":53}],"to":[{"namespaceSelector":{}},{"ipBlock":{"cidr":"169.254.20.10/32"}}]}],"policyTypes":["Ingress","Egress"]}`,
		"broker": `{"podSelector":{"matchLabels":{"app.kubernetes.io/name":"broker"}},"ingress":[` +
			`{"ports":[{"port":5672}],"from":[{"podSelector":{"matchLabels":{"app.kubernetes.io/name":"broker"}}}]}],"policyTypes":["Ingress"]}`,
	}
	for name, want := range policies {
		got, err := json.Marshal(decode[networkingv1.NetworkPolicy](t, objects, name+"/NetworkPolicy/"+name+"-peers").Spec)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}
