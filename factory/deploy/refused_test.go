package deploy_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	registration "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/yaml"

	"github.com/helm-chart-factory/factory/factory/deploy"
	"github.com/helm-chart-factory/factory/factory/kube"
)

// chartOf is a chart with these templates, by file name.
func chartOf(templates map[string]string) deploy.Chart {
	files := fstest.MapFS{"c/Chart.yaml": {Data: []byte("apiVersion: v2\nname: c\nversion: 0.1.0\n")}}
	for name, text := range templates {
		files["c/templates/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return deploy.FromFS(files, "c")
}

// deploymentWith is a Deployment whose pod has these extra lines of spec.
func deploymentWith(pod string) string {
	return `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app.kubernetes.io/name: web}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
      containers:
      - name: web
        image: example.invalid/web:1
        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
` + pod
}

// TestRefusalsAreExplained has the API server itself refuse a release, in each of the ways in which it can.
func TestRefusalsAreExplained(t *testing.T) {
	for name, test := range map[string]struct {
		pod     string
		prepare func(*testing.T, *deploy.Options)
		object  string
		cause   string
		next    string
	}{
		"Pod Security": {
			pod:    "      hostNetwork: true\n",
			object: "deployment/web", cause: `the namespace's Pod Security level refuses the pod: "restricted:latest": host namespaces (hostNetwork=true)`,
			next: "correct the service's security settings"},
		"a quota that is used up": {
			prepare: withQuota,
			object:  "deployment/web", cause: "the namespace's quota is used up: none, requested: pods=1, used: pods=0, limited: pods=0", next: "raise the quota"},
		"a webhook that refuses": {
			prepare: func(t *testing.T, opts *deploy.Options) { webhook(t, opts, refusing(t)) },
			object:  "deployment/web", cause: "an admission webhook of the cluster refuses it: policy.example.com: not on a Friday", next: "read what it says"},
		"a webhook that does not answer": {
			prepare: func(t *testing.T, opts *deploy.Options) {
				webhook(t, opts, registration.WebhookClientConfig{URL: new("https://127.0.0.1:1/")})
			},
			object: "deployment/web", cause: "an admission webhook of the cluster does not answer: policy.example.com", next: "look at the pods behind it"},
		"a policy": {
			prepare: withPolicy,
			object:  "deployment/web", cause: "a policy of the cluster refuses it: no-web: no Deployment web", next: "read what it says"},
		"rights that are missing": {
			prepare: withFewRights,
			object:  "deployment/web", cause: "this user's rights do not allow it: create deployments.apps", next: "kubectl auth can-i --list"},
	} {
		t.Run(name, func(t *testing.T) {
			opts := options(t)
			opts.Chart, opts.Values, opts.Timeout = chartOf(map[string]string{"web.yaml": deploymentWith(test.pod)}), nil, 8*time.Second
			if test.prepare != nil {
				if _, err := client(t, opts).CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: opts.Namespace}}, metav1.CreateOptions{}); err != nil {
					t.Fatal(err)
				}
				test.prepare(t, &opts)
			}
			var found *deploy.Evidence
			opts.Failed = func(e *deploy.Evidence) { found = e }
			_, err := deploy.Apply(t.Context(), opts)
			if err == nil || found == nil || len(found.Findings) != 1 {
				t.Fatalf("it ended with %v\nevidence %+v", err, found)
			}
			f := found.Findings[0]
			if f.Object != test.object || !strings.Contains(f.Cause, test.cause) || !strings.Contains(f.Next, test.next) {
				t.Errorf("got  %s: %s / %s\nwant %s: %s / %s\ndetail %s", f.Object, f.Cause, f.Next, test.object, test.cause, test.next, f.Detail)
			}
		})
	}
}

func withQuota(t *testing.T, opts *deploy.Options) {
	quotas := client(t, *opts).CoreV1().ResourceQuotas(opts.Namespace)
	_, err := quotas.Create(t.Context(), &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Name: "none"},
		Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{corev1.ResourcePods: resource.MustParse("0")}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		quota, err := quotas.Get(t.Context(), "none", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(quota.Status.Used) > 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// refusing is a webhook that says no.
func refusing(t *testing.T) registration.WebhookClientConfig {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review admissionv1.AdmissionReview
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
			t.Error(err)
			return
		}
		review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Result: &metav1.Status{Message: "not on a Friday"}}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(review); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	bundle := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return registration.WebhookClientConfig{URL: &server.URL, CABundle: bundle}
}

// webhook has the API server ask a webhook about each Deployment of the test's namespace.
func webhook(t *testing.T, opts *deploy.Options, at registration.WebhookClientConfig) {
	none := registration.SideEffectClassNone
	configurations := client(t, *opts).AdmissionregistrationV1().ValidatingWebhookConfigurations()
	_, err := configurations.Create(t.Context(), &registration.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: opts.Namespace},
		Webhooks: []registration.ValidatingWebhook{{
			Name: "policy.example.com", ClientConfig: at, SideEffects: &none, AdmissionReviewVersions: []string{"v1"},
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": opts.Namespace}},
			Rules: []registration.RuleWithOperations{{
				Operations: []registration.OperationType{registration.Create, registration.Update},
				Rule:       registration.Rule{APIGroups: []string{"apps"}, APIVersions: []string{"v1"}, Resources: []string{"deployments"}},
			}},
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = configurations.Delete(context.Background(), opts.Namespace, metav1.DeleteOptions{})
	})
	awaitRefusal(t, opts)
}

// awaitRefusal waits until the API server has taken notice of what was to refuse Deployments.
func awaitRefusal(t *testing.T, opts *deploy.Options) {
	opts.Chart = chartOf(map[string]string{"web.yaml": deploymentWith("")})
	loaded, err := opts.Chart()
	if err != nil {
		t.Fatal(err)
	}
	for t.Context().Err() == nil {
		if err := createDryRun(t, *opts, loaded.Templates[0].Data); err != nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func withPolicy(t *testing.T, opts *deploy.Options) {
	c := client(t, *opts).AdmissionregistrationV1()
	_, err := c.ValidatingAdmissionPolicies().Create(t.Context(), &registration.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "no-web"},
		Spec: registration.ValidatingAdmissionPolicySpec{
			MatchConstraints: &registration.MatchResources{ResourceRules: []registration.NamedRuleWithOperations{{
				RuleWithOperations: registration.RuleWithOperations{
					Operations: []registration.OperationType{registration.Create},
					Rule:       registration.Rule{APIGroups: []string{"apps"}, APIVersions: []string{"v1"}, Resources: []string{"deployments"}},
				},
			}}},
			Validations: []registration.Validation{{Expression: "object.metadata.name != 'web'", Message: "no Deployment web"}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.ValidatingAdmissionPolicies().Delete(context.Background(), "no-web", metav1.DeleteOptions{})
	})
	_, err = c.ValidatingAdmissionPolicyBindings().Create(t.Context(), &registration.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: opts.Namespace},
		Spec: registration.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: "no-web", ValidationActions: []registration.ValidationAction{registration.Deny},
			MatchResources: &registration.MatchResources{
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": opts.Namespace}},
			},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.ValidatingAdmissionPolicyBindings().Delete(context.Background(), opts.Namespace, metav1.DeleteOptions{})
	})
	awaitRefusal(t, opts)
}

// withFewRights deploys as somebody who may do everything in the namespace but write Deployments.
func withFewRights(t *testing.T, opts *deploy.Options) {
	c := client(t, *opts)
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "few"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"*"}},
		{APIGroups: []string{"apps"}, Resources: []string{"deployments"}, Verbs: []string{"get", "list", "watch"}},
	}}
	if _, err := c.RbacV1().Roles(opts.Namespace).Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "few"}}
	if _, err := c.CoreV1().ServiceAccounts(opts.Namespace).Create(t.Context(), account, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "few"},
		RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "few"},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: "few", Namespace: opts.Namespace}}}
	if _, err := c.RbacV1().RoleBindings(opts.Namespace).Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	token, err := c.CoreV1().ServiceAccounts(opts.Namespace).CreateToken(t.Context(), "few", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	opts.Cluster = clusterAs(t, opts.Cluster, &api.AuthInfo{Token: token.Status.Token})
}

// clusterAs is the same API server with other credentials.
func clusterAs(t *testing.T, cluster *kube.Cluster, who *api.AuthInfo) *kube.Cluster {
	t.Helper()
	raw, err := cluster.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		t.Fatal(err)
	}
	config := raw.DeepCopy()
	config.AuthInfos = map[string]*api.AuthInfo{config.Contexts[config.CurrentContext].AuthInfo: who}
	path := t.TempDir() + "/kubeconfig"
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	opened, err := kube.Open(kube.Named, path, "")
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// createDryRun asks whether an object would be taken.
func createDryRun(t *testing.T, opts deploy.Options, manifest []byte) error {
	t.Helper()
	var deployment appsv1.Deployment
	if err := yaml.Unmarshal(manifest, &deployment); err != nil {
		t.Fatal(err)
	}
	_, err := client(t, opts).AppsV1().Deployments(opts.Namespace).Create(t.Context(), &deployment, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}
