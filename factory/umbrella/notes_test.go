package umbrella_test

import (
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
)

// TestNotes: the notes tell how to reach a service in every way in which it can be reached.
func TestNotes(t *testing.T) {
	files := map[string]string{"factory.yaml": "version: 1\ngateway: {parents: [public]}\n"}
	for name, text := range map[string]string{
		"plain":    "port: 8080\n",
		"none":     "replicas: 1\n",
		"ingress":  "port: 8080\ningress: {hosts: [a.example.com, b.example.com], paths: {/shop: http}, tls: true}\n",
		"open":     "port: 80\ningress: {host: open.example.com}\n",
		"gateway":  "port: 8080\ngateway: true\n",
		"grpc":     "ports: {grpc: 9000}\ngateway: {kind: GRPC, host: rpc.example.com}\n",
		"balancer": "ports: {dns: {container: 5353, service: 53, protocol: UDP}, http: 8080}\nservice: {type: LoadBalancer}\n",
		"nodes":    "port: 8080\nservice: {type: NodePort}\n",
		"headless": "kind: StatefulSet\nports: {broker: 5672}\nservice: {headless: true}\n",
		"night":    "kind: CronJob\nimage: nginx:1.27\nschedule: \"*/5 0 * * *\"\n",
	} {
		files["services/"+name+"/service.yaml"] = text
	}
	c := synced(t, project(t, files))
	all, err := chartutil.ToRenderValues(c, map[string]any{}, chartutil.ReleaseOptions{Name: "shop", Namespace: "prod"}, chartutil.DefaultCapabilities)
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := engine.Render(c, all)
	if err != nil {
		t.Fatal(err)
	}
	logs := func(name string) string {
		return "  its logs         kubectl logs -n prod -l app.kubernetes.io/name=" + name + " --tail=50\n"
	}
	if got, want := rendered["platform/templates/NOTES.txt"], `platform is released in the namespace prod.
  gateway from outside: gateway.local, through the Gateway public
  grpc from outside: rpc.example.com, through the Gateway public
  ingress from outside: https://a.example.com, b.example.com
  open from outside: http://open.example.com

  kubectl get pods -n prod -l app.kubernetes.io/instance=shop
  helm test shop -n prod
`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for name, want := range map[string]string{
		"plain": "  in the cluster   plain.prod:80 (http)\n  from here        kubectl port-forward -n prod service/plain :80\n" + logs("plain"),
		"none":  logs("none"),
		"ingress": "  from outside     https://a.example.com, b.example.com /shop\n" +
			"  in the cluster   ingress.prod:80 (http)\n  from here        kubectl port-forward -n prod service/ingress :80\n" + logs("ingress"),
		"open": "  from outside     http://open.example.com\n" +
			"  in the cluster   open.prod:80 (http)\n  from here        kubectl port-forward -n prod service/open :80\n" + logs("open"),
		"gateway": "  from outside     gateway.local at /, through the Gateway public\n" +
			"  in the cluster   gateway.prod:80 (http)\n  from here        kubectl port-forward -n prod service/gateway :80\n" + logs("gateway"),
		"grpc": "  from outside     rpc.example.com at /, through the Gateway public\n" +
			"  in the cluster   grpc.prod:9000 (grpc)\n  from here        kubectl port-forward -n prod service/grpc :9000\n" + logs("grpc"),
		"balancer": "  from outside     the address that this prints, once the cluster has given it:\n" +
			"                   kubectl get service -n prod balancer -o jsonpath='{.status.loadBalancer.ingress[0]}'\n" +
			"  from the nodes   the ports that this prints, at the address of any node:\n" +
			"                   kubectl get service -n prod balancer -o jsonpath='{.spec.ports[*].nodePort}'\n" +
			"  in the cluster   balancer.prod:53 (dns)\n  in the cluster   balancer.prod:8080 (http)\n" +
			"  from here        kubectl port-forward -n prod service/balancer :8080\n" + logs("balancer"),
		"nodes": "  from the nodes   the ports that this prints, at the address of any node:\n" +
			"                   kubectl get service -n prod nodes -o jsonpath='{.spec.ports[*].nodePort}'\n" +
			"  in the cluster   nodes.prod:80 (http)\n  from here        kubectl port-forward -n prod service/nodes :80\n" + logs("nodes"),
		"headless": "  in the cluster   headless.prod:5672 (broker)\n  from here        kubectl port-forward -n prod service/headless :5672\n" + logs("headless"),
		"night":    "  runs at          */5 0 * * *\n  run it now       kubectl create job -n prod night-now --from=cronjob/night\n" + logs("night"),
	} {
		if got := strings.TrimLeft(rendered["platform/charts/"+name+"/templates/NOTES.txt"], "\n"); got != name+"\n"+want {
			t.Errorf("got\n%s\nwant\n%s\n%s", got, name, want)
		}
	}
}
