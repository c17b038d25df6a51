package checks

import (
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

func accountChecks() []Check {
	return []Check{{
		Rule: rule.Rule{
			ID: "unneeded-token", Severity: rule.Warning,
			What:   "a pod with a token of the Kubernetes API that nothing in the release gives a right to",
			Reason: "The token still proves an identity, to the API and to all who trust it, and who breaks in takes it along.",
			Fix:    "leave account.token out; access gives a token together with what it may do",
		},
		Run: unneededToken,
	}, {
		Rule: rule.Rule{
			ID: "default-service-account", Severity: rule.Warning,
			What:      "a pod that runs as the namespace's default service account",
			Reason:    "A right that one pod is given there is every pod's.",
			Fix:       "give the pod a service account of its own",
			Elsewhere: "kube-linter default-service-account",
		},
		Run: eachPod(defaultAccount),
	}, {
		Rule: rule.Rule{
			ID: "non-existent-service-account", Severity: rule.Warning,
			What:      "a pod that runs as a service account that the release does not hold",
			Reason:    "Until somebody makes it, no pod is created, and the workload says so only in its events.",
			Fix:       "leave account.create at true, or waive this and say who makes the account",
			Elsewhere: "kube-linter non-existent-service-account",
		},
		Run: missingAccount,
	}}
}

// account returns the name of the service account that a pod runs as.
func account(p *rendered.Pod) string {
	switch {
	case p.Spec.ServiceAccountName != "":
		return p.Spec.ServiceAccountName
	case p.Spec.DeprecatedServiceAccount != "":
		return p.Spec.DeprecatedServiceAccount
	}
	return "default"
}

func unneededToken(j *Judged, found rule.Found) {
	bound := boundAccounts(j.Release)
	for _, p := range j.Pods() {
		if !mounted(j.Release, p) || bound[p.Namespace+"/"+account(p)] {
			continue
		}
		found(p.Object, rule.Key{"account", "token"}, "the pod gets a token of account %s, which may do nothing", account(p))
	}
}

// mounted tells whether a pod gets its account's token: the pod's word counts before the account's.
func mounted(r *rendered.Release, p *rendered.Pod) bool {
	if p.Spec.AutomountServiceAccountToken != nil {
		return *p.Spec.AutomountServiceAccountToken
	}
	if o := r.Find("ServiceAccount", p.Namespace, account(p)); o != nil {
		if a, ok := o.Typed.(*corev1.ServiceAccount); ok && a.AutomountServiceAccountToken != nil {
			return *a.AutomountServiceAccountToken
		}
	}
	return true
}

// boundAccounts are those that a role is bound to, as namespace/name.
func boundAccounts(r *rendered.Release) map[string]bool {
	out := map[string]bool{}
	add := func(o *rendered.Object, subjects []rbacv1.Subject) {
		for _, s := range subjects {
			if s.Kind != rbacv1.ServiceAccountKind {
				continue
			}
			namespace := s.Namespace
			if namespace == "" {
				namespace = o.Namespace
			}
			out[namespace+"/"+s.Name] = true
		}
	}
	for o, b := range rendered.All[*rbacv1.RoleBinding](r) {
		add(o, b.Subjects)
	}
	for o, b := range rendered.All[*rbacv1.ClusterRoleBinding](r) {
		add(o, b.Subjects)
	}
	return out
}

func defaultAccount(p *rendered.Pod, found rule.Found) {
	if account(p) == "default" && !p.Hook("test") {
		found(p.Object, rule.Key{"account", "name"}, "the pod runs as the namespace's default account")
	}
}

func missingAccount(j *Judged, found rule.Found) {
	for _, p := range j.Pods() {
		if name := account(p); name != "default" && j.Find("ServiceAccount", p.Namespace, name) == nil {
			found(p.Object, rule.Key{"account", "name"}, "the release holds no ServiceAccount %s", name)
		}
	}
}
