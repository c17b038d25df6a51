package deploy_test

import (
	"fmt"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-chart-factory/factory/factory/clustertest"
	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/deploy/plan"
)

// refusal is the refusal of the only object that is refused.
func refusal(t *testing.T, p *plan.Plan) *plan.Refusal {
	t.Helper()
	var found *plan.Refusal
	for _, o := range p.Objects {
		if o.Refused == nil {
			continue
		}
		if found != nil {
			t.Fatalf("more than one is refused:\n%s", tell(p))
		}
		found = o.Refused
	}
	if found == nil {
		t.Fatalf("nothing is refused:\n%s", tell(p))
	}
	return found
}

func TestPlanTellsAnImmutableField(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(webDeployment, "web", "1")})
	apply(t, opts)
	opts.Chart = charts(map[string]string{"web": fmt.Sprintf(webDeployment, "other", "1") + "---\n" + fmt.Sprintf(settings, "info")})
	p := preview(t, opts)
	refused := refusal(t, p)
	if refused.Reason != plan.Immutable || refused.Cause != "spec.selector cannot change on an object that exists" ||
		refused.Next != "kubectl -n "+opts.Namespace+" delete deployment web   (its pods stop), then factory deploy" {
		t.Errorf("refused: %+v", refused)
	}
	if want := "1 object is created, 1 object changes, no workload restarts, none is deleted, 1 is refused"; p.Summary() != want {
		t.Errorf("summary %q, want %q", p.Summary(), want)
	}
	if _, err := deploy.Apply(t.Context(), opts); err == nil || !strings.Contains(err.Error(), "field is immutable") {
		t.Errorf("the deploy said %v", err)
	}
	// The deploy failed half way: the plan goes on from what is there now.
	opts.Chart = charts(map[string]string{"web": fmt.Sprintf(webDeployment, "web", "1") + "---\n" + fmt.Sprintf(settings, "debug")})
	p = preview(t, opts)
	wantPlan(t, p, "1 object changes, no workload restarts, none is deleted", "change configmap/settings data.level:info->debug")
	if p.From != 2 || p.To != 3 {
		t.Errorf("from %d to %d, want 2 to 3", p.From, p.To)
	}
}

const database = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 0
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "example.invalid/db:1", volumeMounts: [{name: data, mountPath: /data}]}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: %s}}}
`

func TestPlanNamesTheImmutableFieldOfAStatefulSet(t *testing.T) {
	opts := previewOptions(t, map[string]string{"db": fmt.Sprintf(database, "1Gi")})
	apply(t, opts)
	opts.Chart = charts(map[string]string{"db": strings.Replace(fmt.Sprintf(database, "1Gi"), "serviceName: db", "serviceName: other", 1)})
	refused := refusal(t, preview(t, opts))
	if refused.Reason != plan.Immutable || len(refused.Fields) != 1 || !strings.HasPrefix(refused.Fields[0], "spec.serviceName") ||
		!strings.Contains(refused.Next, "delete statefulset db --cascade=orphan") {
		t.Errorf("refused: %+v", refused)
	}
}

func TestPlanTellsAnUnknownKind(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: web}\n---\n" + fmt.Sprintf(settings, "info")})
	p := preview(t, opts)
	refused := refusal(t, p)
	if refused.Reason != plan.UnknownKind || !strings.Contains(refused.Next, "factory install-cert-manager") {
		t.Errorf("refused: %+v", refused)
	}
	if len(p.Objects) != 2 {
		t.Errorf("objects:\n%s", tell(p))
	}
}

func TestPlanTellsAnInvalidValue(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(webService, "8080") + "---\n" + strings.Replace(fmt.Sprintf(webDeployment, "web", "1"), "containerPort: 8080", "containerPort: 99999", 1)})
	refused := refusal(t, preview(t, opts))
	if refused.Reason != plan.Invalid || !strings.HasPrefix(refused.Cause, "Kubernetes does not take the value: spec.template.spec.containers[0].ports[0].containerPort") {
		t.Errorf("refused: %+v", refused)
	}
}

func TestPlanTellsAHandMadeObject(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(settings, "info")})
	hand := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "settings"}}
	if _, err := client(t, opts).CoreV1().ConfigMaps(opts.Namespace).Create(t.Context(), hand, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if refused := refusal(t, preview(t, opts)); refused.Reason != plan.NotOurs {
		t.Errorf("refused: %+v", refused)
	}
}

// restrict makes the namespace enforce Pod Security "restricted".
func restrict(t *testing.T, opts deploy.Options) {
	t.Helper()
	namespace, err := client(t, opts).CoreV1().Namespaces().Get(t.Context(), opts.Namespace, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	namespace.Labels["pod-security.kubernetes.io/enforce"] = "restricted"
	if _, err := client(t, opts).CoreV1().Namespaces().Update(t.Context(), namespace, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestPlanTellsPodsThatPodSecurityRefuses(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(webDeployment, "web", "1")})
	restrict(t, opts)
	refused := refusal(t, preview(t, opts))
	if refused.Reason != plan.PodSecurity || !strings.Contains(refused.Cause, "allowPrivilegeEscalation != false") {
		t.Errorf("refused: %+v", refused)
	}
}

func TestPlanTellsAQuota(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(webDeployment, "web", "1")})
	quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "small"}, Spec: corev1.ResourceQuotaSpec{
		Hard: corev1.ResourceList{corev1.ResourceRequestsCPU: resource.MustParse("500m")},
	}}
	if _, err := client(t, opts).CoreV1().ResourceQuotas(opts.Namespace).Create(t.Context(), quota, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for t.Context().Err() == nil {
		found, err := client(t, opts).CoreV1().ResourceQuotas(opts.Namespace).Get(t.Context(), "small", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(found.Status.Hard) > 0 {
			break
		}
	}
	if refused := refusal(t, preview(t, opts)); refused.Reason != plan.Quota || !strings.Contains(refused.Cause, "limited: requests.cpu=500m") {
		t.Errorf("refused: %+v", refused)
	}
}

func TestPlanTellsAWebhook(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(settings, "info")})
	address, none := "https://127.0.0.1:1/refuse", admissionv1.SideEffectClassNone
	hooks := client(t, opts).AdmissionregistrationV1().ValidatingWebhookConfigurations()
	configuration := &admissionv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: opts.Namespace},
		Webhooks: []admissionv1.ValidatingWebhook{{
			Name: "refuse.example.invalid", ClientConfig: admissionv1.WebhookClientConfig{URL: &address}, SideEffects: &none,
			AdmissionReviewVersions: []string{"v1"},
			NamespaceSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: opts.Namespace}},
			Rules: []admissionv1.RuleWithOperations{{
				Operations: []admissionv1.OperationType{admissionv1.OperationAll},
				Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"}},
			}},
		}},
	}
	if _, err := hooks.Create(t.Context(), configuration, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hooks.Delete(t.Context(), opts.Namespace, metav1.DeleteOptions{}) })
	// A new webhook takes the API server a moment.
	var refused *plan.Refusal
	for refused == nil && t.Context().Err() == nil {
		refused = preview(t, opts).Objects[0].Refused
	}
	if refused.Reason != plan.Webhook || refused.Cause != "an admission webhook of the cluster does not answer: refuse.example.invalid" {
		t.Errorf("refused: %+v", refused)
	}
}

func TestPlanHidesASecretInARefusal(t *testing.T) {
	// The API server repeats a value that it does not take.
	const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys, labels: {token: \"hidden value!\"}}\nstringData: {token: \"hidden value!\"}\n"
	opts := previewOptions(t, map[string]string{"web": secret})
	refused := refusal(t, preview(t, opts))
	if refused.Reason != plan.Invalid || strings.Contains(refused.Message+refused.Cause, "hidden value") || !strings.Contains(refused.Message, "****") {
		t.Errorf("refused: %+v", refused)
	}
}

func TestPlanTellsPodsThatANewNamespaceWouldRefuse(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(webDeployment, "web", "1") + "---\n" + fmt.Sprintf(settings, "info")})
	opts.Namespace = clustertest.Name(t, opts.Cluster)
	refused := refusal(t, preview(t, opts))
	if refused.Reason != plan.PodSecurity || !strings.Contains(refused.Cause, "restricted") || !strings.Contains(refused.Cause, "allowPrivilegeEscalation != false") {
		t.Errorf("refused: %+v", refused)
	}
}

const migration = `
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {helm.sh/hook: "pre-install,pre-upgrade"}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: migrate, image: example.invalid/migrate}]}}}
`

func TestPlanTellsAHookThatIsRefused(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": migration + "---\n" + fmt.Sprintf(settings, "info")})
	p := preview(t, opts)
	wantPlan(t, p, "1 object is created, no object changes, no workload restarts, none is deleted", "create configmap/settings")
	if len(p.Hooks) != 1 || p.Hooks[0].Name != "migrate" || p.Hooks[0].Service != "web" || strings.Join(p.Hooks[0].Events, " ") != "pre-install" {
		t.Errorf("hooks: %+v", p.Hooks)
	}
	restrict(t, opts)
	if refused := refusal(t, preview(t, opts)); refused.Reason != plan.PodSecurity {
		t.Errorf("refused: %+v", refused)
	}
	opts.Chart = charts(map[string]string{"web": strings.Replace(migration, "Never", "Sometimes", 1)})
	if refused := refusal(t, preview(t, opts)); refused.Reason != plan.Invalid || !strings.Contains(refused.Cause, "restartPolicy") {
		t.Errorf("refused: %+v", refused)
	}
}

func TestPlanOfAnAdoption(t *testing.T) {
	opts := previewOptions(t, map[string]string{"web": fmt.Sprintf(settings, "info")})
	hand := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "settings"}, Data: map[string]string{"level": "debug", "mode": "fast"}}
	if _, err := client(t, opts).CoreV1().ConfigMaps(opts.Namespace).Create(t.Context(), hand, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	opts.Adopt = true
	p := preview(t, opts)
	if len(p.Objects) != 1 || p.Objects[0].Refused != nil || p.Objects[0].Action != plan.Change || p.Objects[0].Effect != "taken over by this release" {
		t.Fatalf("plan:\n%s", tell(p))
	}
	if fields := tell(p); !strings.Contains(fields, "data.level:debug->info") || !strings.Contains(fields, "metadata.labels") {
		t.Errorf("plan:\n%s", fields)
	}
	apply(t, opts)
	if got := level(t, opts); got != "info" {
		t.Errorf("level %s after the adoption, want info", got)
	}
}
