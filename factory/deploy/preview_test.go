package deploy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/plan"
)

// charts is an umbrella in which each service renders the manifest that is given for it.
func charts(services map[string]string) deploy.Chart {
	return func() (*chart.Chart, error) {
		files := []*loader.BufferedFile{{Name: "Chart.yaml", Data: []byte("apiVersion: v2\nname: shop\nversion: 0.1.0\n")}}
		for _, name := range slices.Sorted(maps.Keys(services)) {
			files = append(files,
				&loader.BufferedFile{Name: "charts/" + name + "/Chart.yaml", Data: []byte("apiVersion: v2\nname: " + name + "\nversion: 0.1.0\n")},
				&loader.BufferedFile{Name: "charts/" + name + "/templates/all.yaml", Data: []byte(services[name])})
		}
		return loader.LoadFiles(files)
	}
}

// previewOptions are those of a deploy of such an umbrella into a namespace of its own that exists.
func previewOptions(t *testing.T, services map[string]string) deploy.Options {
	t.Helper()
	cluster := clustertest.Cluster(t)
	return deploy.Options{
		Cluster: cluster, Name: "shop", Namespace: clustertest.Namespace(t, cluster), Chart: charts(services),
		Timeout: 30 * time.Second, MadeBy: "test",
	}
}

func preview(t *testing.T, opts deploy.Options) *plan.Plan {
	t.Helper()
	found, err := deploy.Preview(t.Context(), opts)
	if err != nil {
		t.Fatalf("plan: %v", err)
	}
	return found
}

// tell is the plan in short: one line an object, with its fields, in the plan's own words.
func tell(p *plan.Plan) string {
	var lines []string
	for _, o := range p.Objects {
		line := string(o.Action) + " " + o.Ref()
		for _, f := range o.Fields {
			line += fmt.Sprintf(" %s:%v->%v", f.Path, f.Before, f.After)
		}
		for _, path := range o.Restarts {
			line += " RESTARTS " + path.String()
		}
		for _, d := range o.Drift {
			line += fmt.Sprintf(" DRIFT %s %v!=%v by %s stays=%v", d.Path, d.Released, d.Live, d.By, d.Stays)
		}
		if o.Refused != nil {
			line += " REFUSED " + string(o.Refused.Reason) + " " + strings.Join(o.Refused.Fields, ",")
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func wantPlan(t *testing.T, p *plan.Plan, summary string, lines ...string) {
	t.Helper()
	if got, want := tell(p), strings.Join(lines, "\n"); got != want {
		t.Errorf("plan:\n%s\nwant:\n%s", got, want)
	}
	if got := p.Summary(); got != summary {
		t.Errorf("summary %q, want %q", got, summary)
	}
}

// shown is what a person reads.
func shown(p *plan.Plan) string {
	var out bytes.Buffer
	p.Write(&out, func(_ console.Color, text string) string { return text })
	return out.String()
}

const settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {level: %s, mode: fast}\n"

const webService = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: %s}]}\n"

// webDeployment has no replicas, so that nothing has to run for it to be ready.
const webDeployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 0
  selector: {matchLabels: {app: %s}}
  template:
    metadata: {labels: {app: %[1]s}}
    spec:
      containers:
      - name: web
        image: example.invalid/web:%s
        ports: [{containerPort: 8080}]
        resources: {requests: {cpu: 1000m, memory: 128Mi}}
`

func TestPlanOfAFirstDeploy(t *testing.T) {
	opts := options(t)
	p := preview(t, opts)
	wantPlan(t, p, "5 objects are created, no object changes, no workload restarts, none is deleted",
		"create secret/db", "create statefulset/db", "create service/web", "create deployment/web", "create ingress/web")
	if !p.NewNamespace || p.From != 0 || p.To != 1 {
		t.Errorf("got %+v, want revision 1 in a new namespace", p)
	}
	if text := shown(p); !strings.Contains(text, "does not exist yet: factory deploy creates it") {
		t.Errorf("it does not say that the namespace is missing:\n%s", text)
	}
	if _, err := client(t, opts).CoreV1().Namespaces().Get(t.Context(), opts.Namespace, metav1.GetOptions{}); err == nil {
		t.Error("the plan created the namespace")
	}
}

func TestPlanOfAnUnchangedRelease(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	p := preview(t, opts)
	wantPlan(t, p, "nothing changes", "")
	if p.Drifted() || p.To != 0 || p.From != 1 {
		t.Errorf("got %+v, want nothing to write after revision 1", p)
	}
}

func TestPlanTellsEachFieldAndWhatRestarts(t *testing.T) {
	opts := options(t)
	clustertest.RunPods(t, opts.Cluster, opts.Namespace, nil)
	apply(t, opts)
	opts.Values = map[string]any{"web": map[string]any{"replicas": 3, "image": map[string]any{"digest": digest('b')}}}
	p := preview(t, opts)
	image := "spec.template.spec.containers[web].image"
	wantPlan(t, p, "1 object changes, 1 workload restarts, none is deleted",
		"change deployment/web spec.replicas:2->3 "+image+":example.invalid/web@"+digest('a')+"->example.invalid/web@"+digest('b')+" RESTARTS "+image)
	text := shown(p)
	for _, want := range []string{
		"release shop in namespace " + opts.Namespace + ": revision 1, would become revision 2\n",
		"\nRESTARTS\n  web deployment/web: " + image + "\n    scales from 2 to 3\n",
		image + ": example.invalid/web@sha256:aaaaaaaaaaaa -> example.invalid/web@sha256:bbbbbbbbbbbb\n",
	} {
		want = strings.Replace(want, "  web deployment/web", "  deployment/web", 1)
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if result := apply(t, opts); result.Revision != p.To {
		t.Errorf("the deploy wrote revision %d, the plan said %d", result.Revision, p.To)
	}
	wantPlan(t, preview(t, opts), "nothing changes", "")
}

func TestPlanTellsWhatIsDeletedAndWhatStays(t *testing.T) {
	opts := previewOptions(t, map[string]string{
		"web": fmt.Sprintf(settings, "info") + "---\n" + fmt.Sprintf(webService, "8080"),
		"db":  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept, annotations: {helm.sh/resource-policy: keep}}\n",
	})
	apply(t, opts)
	opts.Chart = charts(map[string]string{"web": fmt.Sprintf(webService, "9090")})
	wantPlan(t, preview(t, opts), "1 object changes, no workload restarts, 1 is deleted",
		"keep configmap/kept",
		"change service/web spec.ports[http].targetPort:8080->9090",
		"delete configmap/settings")
	apply(t, opts)
	configs, err := client(t, opts).CoreV1().ConfigMaps(opts.Namespace).List(t.Context(), metav1.ListOptions{FieldSelector: "metadata.name!=kube-root-ca.crt"})
	if err != nil || len(configs.Items) != 1 || configs.Items[0].Name != "kept" {
		t.Errorf("after the deploy there are %v %v, want kept alone", configs.Items, err)
	}
}

func TestPlanTellsDriftAndWho(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(settings, "info")})
	apply(t, opts)
	edit(t, opts, "configmaps", "settings", "somebody", `{"data":{"level":"debug","extra":"mine"}}`)
	p := preview(t, opts)
	wantPlan(t, p, "the deploy writes nothing; 1 object has drifted",
		"none configmap/settings DRIFT data.level info!=debug by somebody stays=true")
	if !p.Drifted() || p.Changes() {
		t.Errorf("drifted %v, changes %v; want drift that stays", p.Drifted(), p.Changes())
	}
	opts.Chart = charts(map[string]string{"web": strings.Replace(fmt.Sprintf(settings, "info"), "fast", "slow", 1)})
	p = preview(t, opts)
	wantPlan(t, p, "1 object changes, no workload restarts, none is deleted",
		"change configmap/settings data.level:debug->info data.mode:fast->slow DRIFT data.level info!=debug by somebody stays=false")
	if text := shown(p); !strings.Contains(text, "data.level is debug, released as info, by somebody, ") || !strings.Contains(text, " ago: overwritten") {
		t.Errorf("the drift is told as\n%s", text)
	}
	apply(t, opts)
	settings, err := client(t, opts).CoreV1().ConfigMaps(opts.Namespace).Get(t.Context(), "settings", metav1.GetOptions{})
	if err != nil || fmt.Sprint(settings.Data) != "map[extra:mine level:info mode:slow]" {
		t.Errorf("after the deploy: %v %v", settings.Data, err)
	}
}

// edit changes an object as another tool does.
func edit(t *testing.T, opts deploy.Options, resource, name, manager, patch string) {
	t.Helper()
	dynamic, err := opts.Cluster.Dynamic()
	if err != nil {
		t.Fatal(err)
	}
	group := schema.GroupVersionResource{Version: "v1", Resource: resource}
	if resource == "deployments" {
		group.Group = "apps"
	}
	_, err = dynamic.Resource(group).Namespace(opts.Namespace).
		Patch(t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: manager})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPlanTellsAScaledWorkload(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(webDeployment, "web", "1")})
	apply(t, opts)
	scale, err := client(t, opts).AppsV1().Deployments(opts.Namespace).GetScale(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	scale.Spec.Replicas = 2
	if _, err := client(t, opts).AppsV1().Deployments(opts.Namespace).UpdateScale(t.Context(), "web", scale, metav1.UpdateOptions{FieldManager: "kubectl"}); err != nil {
		t.Fatal(err)
	}
	wantPlan(t, preview(t, opts), "the deploy writes nothing; 1 object has drifted",
		"none deployment/web DRIFT spec.replicas 0!=2 by kubectl stays=true")
	opts.Chart = charts(map[string]string{"web": fmt.Sprintf(webDeployment, "web", "2")})
	wantPlan(t, preview(t, opts), "1 object changes, 1 workload restarts, none is deleted",
		"change deployment/web spec.replicas:2->0 spec.template.spec.containers[web].image:example.invalid/web:1->example.invalid/web:2"+
			" RESTARTS spec.template.spec.containers[web].image DRIFT spec.replicas 0!=2 by kubectl stays=false")
}

func TestPlanTellsWhatSomebodyDeleted(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(settings, "info")})
	apply(t, opts)
	if err := client(t, opts).CoreV1().ConfigMaps(opts.Namespace).Delete(t.Context(), "settings", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	p := preview(t, opts)
	wantPlan(t, p, "1 object is created, no object changes, no workload restarts, none is deleted",
		"create configmap/settings DRIFT  <nil>!=<nil> by  stays=false")
	if text := shown(p); !strings.Contains(text, "configmap/settings: is gone: overwritten") {
		t.Errorf("it is told as\n%s", text)
	}
}

func TestPlanNeverShowsASecret(t *testing.T) {
	secret := "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData:\n  same: unchanging-value\n  token: %s\n"
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(secret, "old-value")})
	apply(t, opts)
	opts.Chart = charts(map[string]string{"web": fmt.Sprintf(secret, "new-value") + "  more: added-value\n"})
	edit(t, opts, "secrets", "keys", "somebody", `{"stringData":{"same":"drifted-value"}}`)
	p := preview(t, opts)
	if text := shown(p); !strings.Contains(text, "data.token: changed (hidden)\n") || !strings.Contains(text, "data.more: added (hidden)\n") ||
		!strings.Contains(text, "data.same has another value, by somebody") {
		t.Errorf("the change is told as\n%s", text)
	}
	document, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"old-value", "new-value", "added-value", "drifted-value", "b2xkLXZhbHVl", "bmV3LXZhbHVl", "YWRkZWQtdmFsdWU", "ZHJpZnRlZC12YWx1ZQ"} {
		if strings.Contains(string(document)+shown(p), value) {
			t.Errorf("the plan shows %s:\n%s", value, document)
		}
	}
}

func TestPlanWritesNothing(t *testing.T) {
	opts := previewOptions(t, map[string]string{
		"web": fmt.Sprintf(settings, "info") + "---\n" + fmt.Sprintf(webDeployment, "web", "1"), "db": fmt.Sprintf(webService, "8080"),
	})
	apply(t, opts)
	opts.Chart = charts(map[string]string{"web": fmt.Sprintf(settings, "debug") + "---\n" + fmt.Sprintf(webDeployment, "web", "2"),
		"new": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fresh}\n"})
	settled(t, opts)
	before := everything(t, opts)
	wantPlan(t, preview(t, opts), "1 object is created, 2 objects change, 1 workload restarts, 1 is deleted",
		"delete service/web",
		"create configmap/fresh",
		"change configmap/settings data.level:info->debug",
		"change deployment/web spec.template.spec.containers[web].image:example.invalid/web:1->example.invalid/web:2 RESTARTS spec.template.spec.containers[web].image")
	if after := everything(t, opts); after != before {
		t.Errorf("the plan changed the namespace:\nbefore %s\nafter  %s", before, after)
	}
}

// settled waits until controllers are done with the Deployment.
func settled(t *testing.T, opts deploy.Options) {
	t.Helper()
	for t.Context().Err() == nil {
		web, err := client(t, opts).AppsV1().Deployments(opts.Namespace).Get(t.Context(), "web", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(web.Status.Conditions) > 0 && web.Status.ObservedGeneration == web.Generation {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// everything lists each object of the namespace with its version, events and leases included.
func everything(t *testing.T, opts deploy.Options) string {
	t.Helper()
	discovery, err := opts.Cluster.ToDiscoveryClient()
	if err != nil {
		t.Fatal(err)
	}
	lists, err := discovery.ServerPreferredNamespacedResources()
	if err != nil {
		t.Fatal(err)
	}
	dynamic, err := opts.Cluster.Dynamic()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, list := range lists {
		group, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			t.Fatal(err)
		}
		for _, resource := range list.APIResources {
			if !slices.Contains(resource.Verbs, "list") {
				continue
			}
			objects, err := dynamic.Resource(group.WithResource(resource.Name)).Namespace(opts.Namespace).List(context.Background(), metav1.ListOptions{})
			if err != nil {
				continue
			}
			for _, object := range objects.Items {
				found = append(found, resource.Name+"/"+object.GetName()+":"+object.GetResourceVersion())
			}
		}
	}
	slices.Sort(found)
	if len(found) < 5 {
		t.Fatalf("only %v", found)
	}
	return strings.Join(found, " ")
}

func TestPlanTellsWhatPeopleAddedByHand(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(webDeployment, "web", "1")})
	apply(t, opts)
	patch := `{"metadata":{"annotations":{"note":"by hand"}},"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":"now"}},` +
		`"spec":{"containers":[{"name":"web","env":[{"name":"DEBUG","value":"1"}]}]}}}}`
	_, err := client(t, opts).AppsV1().Deployments(opts.Namespace).
		Patch(t.Context(), "web", types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: "kubectl-edit"})
	if err != nil {
		t.Fatal(err)
	}
	wantPlan(t, preview(t, opts), "the deploy writes nothing; 1 object has drifted",
		"none deployment/web DRIFT metadata.annotations.note <nil>!=by hand by kubectl-edit stays=true"+
			" DRIFT spec.template.spec.containers[web].env[DEBUG] <nil>!=map[name:DEBUG value:1] by kubectl-edit stays=true")
}

func TestAnInterruptEndsAPlan(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(settings, "info")})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if p, err := deploy.Preview(ctx, opts); !errors.Is(err, context.Canceled) {
		t.Errorf("got %+v %v, want the interrupt", p, err)
	}
}

func TestPlanTellsWhatAFailedRevisionLeft(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(webDeployment, "web", "1")})
	apply(t, opts)
	opts.Chart = charts(map[string]string{"web": fmt.Sprintf(webDeployment, "other", "1") + "---\n" + fmt.Sprintf(settings, "info")})
	if _, err := deploy.Apply(t.Context(), opts); err == nil {
		t.Fatal("revision 2 was to fail")
	}
	opts.Chart = charts(map[string]string{"web": fmt.Sprintf(webDeployment, "web", "2")})
	p := preview(t, opts)
	image := "spec.template.spec.containers[web].image"
	wantPlan(t, p, "1 object changes, 1 workload restarts, 1 is deleted",
		"change deployment/web "+image+":example.invalid/web:1->example.invalid/web:2 RESTARTS "+image, "delete configmap/settings")
	if effect := p.Objects[1].Effect; effect != "left by a revision that failed" {
		t.Errorf("the effect is %q", effect)
	}
	apply(t, opts)
	if _, err := client(t, opts).CoreV1().ConfigMaps(opts.Namespace).Get(t.Context(), "settings", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("what the failed revision left is still there: %v", err)
	}
}

const gadget = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.%[1]s.example.invalid}
spec:
  group: %[1]s.example.invalid
  scope: Namespaced
  names: {plural: gadgets, singular: gadget, kind: Gadget}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, description: %[2]s}}}]
`

func TestPlanTellsOfDefinitions(t *testing.T) {
	opts := previewOptions(t, nil)
	group := opts.Namespace
	with := func(description string) deploy.Chart {
		source := charts(map[string]string{"web": "apiVersion: " + group + ".example.invalid/v1\nkind: Gadget\nmetadata: {name: one}\n"})
		return func() (*chart.Chart, error) {
			loaded, err := source()
			if err == nil {
				loaded.Dependencies()[0].Files = append(loaded.Dependencies()[0].Files,
					&chart.File{Name: "crds/gadget.yaml", Data: fmt.Appendf(nil, gadget, group, description)})
			}
			return loaded, err
		}
	}
	opts.Chart = with("first")
	name := "customresourcedefinition/gadgets." + group + ".example.invalid"
	wantPlan(t, preview(t, opts), "2 objects are created, no object changes, no workload restarts, none is deleted", "create "+name, "create gadget/one")
	apply(t, opts)
	opts.Cluster.Forget() // which kinds there are; a command of its own would not know yet
	wantPlan(t, preview(t, opts), "nothing changes", "")
	opts.Chart = with("second")
	wantPlan(t, preview(t, opts), "1 object changes, no workload restarts, none is deleted", "change "+name)
}
