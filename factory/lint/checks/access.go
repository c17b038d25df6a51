package checks

import (
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

func accessChecks() []Check {
	return []Check{{
		Rule: rule.Rule{
			ID: "wildcard-in-rules", Severity: rule.Error,
			What:      "a role with a wildcard for verbs or resources",
			Reason:    "It grants what nobody thought of, and what later versions of the API add.",
			Fix:       "name the resources and the verbs in access",
			Elsewhere: "kube-linter wildcard-in-rules",
		},
		Run: eachRule(wildcard),
	}, {
		Rule: rule.Rule{
			ID: "access-to-secrets", Severity: rule.Warning,
			What:      "a role that may read or write Secrets",
			Reason:    "Every password and certificate of the namespace is then this service's, and Helm's releases with them.",
			Fix:       "hand the one Secret in by env or a volume; waive this where the service manages Secrets",
			Elsewhere: "kube-linter access-to-secrets",
		},
		Run: eachRule(secrets),
	}, {
		Rule: rule.Rule{
			ID: "access-to-create-pods", Severity: rule.Warning,
			What:      "a role that may run programs of its choice: create pods or workloads, or enter pods",
			Reason:    "A pod can mount any Secret of its namespace and run as any of its accounts.",
			Fix:       "grant it to operators only; waive this where the service is one",
			Elsewhere: "kube-linter access-to-create-pods",
		},
		Run: eachRule(createPods),
	}, {
		Rule: rule.Rule{
			ID: "rbac-escalation", Severity: rule.Error,
			What:   "a role that can widen rights: escalate or bind roles, impersonate, mint tokens, or reach the kubelet",
			Reason: "Whoever holds it holds every right that the cluster has.",
			Fix:    "leave the verb or the resource out; waive this where it is the service's very purpose",
		},
		Run: eachRule(escalates),
	}, {
		Rule: rule.Rule{
			ID: "cluster-admin-role-binding", Severity: rule.Error,
			What:      "a binding to cluster-admin, admin or edit",
			Reason:    "The service can do in the cluster, or in the namespace, what its administrators can.",
			Fix:       "say in access what the service does",
			Elsewhere: "kube-linter cluster-admin-role-binding",
		},
		Run: adminBinding,
	}, {
		Rule: rule.Rule{
			ID: "dangling-role-binding", Severity: rule.Error,
			What:   "a binding to a role, or of an account, that the release does not hold",
			Reason: "It grants nothing, or grants it to whoever makes that account later.",
			Fix:    "name a role and an account of the release",
		},
		Run: danglingBinding,
	}}
}

// eachRule makes a check of one that looks at the rules of roles one by one and says what is wrong, or nothing.
func eachRule(look func(r rbacv1.PolicyRule) string) func(*Judged, rule.Found) {
	return func(j *Judged, found rule.Found) {
		judge := func(o *rendered.Object, rules []rbacv1.PolicyRule) {
			for _, r := range rules {
				if cause := look(r); cause != "" {
					found(o, rule.Key{"access"}, "it may %s", cause)
				}
			}
		}
		for o, role := range rendered.All[*rbacv1.Role](j.Release) {
			judge(o, role.Rules)
		}
		for o, role := range rendered.All[*rbacv1.ClusterRole](j.Release) {
			judge(o, role.Rules)
		}
	}
}

// granted writes a rule as access writes it: the verbs, and the resources with their groups.
func granted(r rbacv1.PolicyRule) string {
	things := slices.Clone(r.NonResourceURLs)
	for _, group := range r.APIGroups {
		for _, resource := range r.Resources {
			if group != "" {
				resource += "." + group
			}
			things = append(things, resource)
		}
	}
	return strings.Join(r.Verbs, ", ") + " " + strings.Join(things, ", ")
}

func wildcard(r rbacv1.PolicyRule) string {
	if slices.Contains(r.Verbs, "*") || slices.Contains(r.Resources, "*") || slices.Contains(r.APIGroups, "*") && len(r.Resources) > 0 {
		return granted(r)
	}
	return ""
}

// grants tells whether a rule names one of the resources of a group together with one of the verbs. Wildcards are left to
// the rule about wildcards.
func grants(r rbacv1.PolicyRule, group string, resources, verbs []string) bool {
	if !slices.Contains(r.APIGroups, group) {
		return false
	}
	return anyOf(r.Resources, resources) && (verbs == nil || slices.Contains(r.Verbs, "*") || anyOf(r.Verbs, verbs))
}

func anyOf(have, wanted []string) bool {
	return slices.ContainsFunc(have, func(s string) bool { return slices.Contains(wanted, s) })
}

func secrets(r rbacv1.PolicyRule) string {
	if grants(r, "", []string{"secrets"}, nil) && len(r.ResourceNames) == 0 {
		return granted(r)
	}
	return ""
}

func createPods(r rbacv1.PolicyRule) string {
	change := []string{"create", "update", "patch"}
	switch {
	case grants(r, "", []string{"pods", "replicationcontrollers", "podtemplates"}, []string{"create"}),
		grants(r, "", []string{"pods/exec", "pods/attach", "pods/portforward", "pods/ephemeralcontainers"}, nil),
		grants(r, "apps", []string{"deployments", "statefulsets", "daemonsets", "replicasets"}, change),
		grants(r, "batch", []string{"jobs", "cronjobs"}, change):
		return granted(r)
	}
	return ""
}

func escalates(r rbacv1.PolicyRule) string {
	switch {
	case anyOf(r.Verbs, []string{"escalate", "bind", "impersonate"}),
		grants(r, "", []string{"serviceaccounts/token"}, []string{"create"}),
		grants(r, "", []string{"nodes/proxy"}, nil),
		grants(r, "rbac.authorization.k8s.io", []string{"roles", "clusterroles", "rolebindings", "clusterrolebindings"}, []string{"create", "update", "patch"}):
		return granted(r)
	}
	return ""
}

// eachBinding calls look with every binding.
func eachBinding(r *rendered.Release, look func(o *rendered.Object, role rbacv1.RoleRef, subjects []rbacv1.Subject)) {
	for o, b := range rendered.All[*rbacv1.RoleBinding](r) {
		look(o, b.RoleRef, b.Subjects)
	}
	for o, b := range rendered.All[*rbacv1.ClusterRoleBinding](r) {
		look(o, b.RoleRef, b.Subjects)
	}
}

func adminBinding(j *Judged, found rule.Found) {
	eachBinding(j.Release, func(o *rendered.Object, role rbacv1.RoleRef, _ []rbacv1.Subject) {
		if role.Kind == "ClusterRole" && slices.Contains([]string{"cluster-admin", "admin", "edit"}, role.Name) {
			found(o, rule.Key{"access"}, "it binds ClusterRole %s", role.Name)
		}
	})
}

func danglingBinding(j *Judged, found rule.Found) {
	runs := map[string]bool{} // of these, non-existent-service-account tells
	for _, p := range j.Pods() {
		runs[p.Namespace+"/"+account(p)] = true
	}
	eachBinding(j.Release, func(o *rendered.Object, role rbacv1.RoleRef, subjects []rbacv1.Subject) {
		// A ClusterRole may well be the cluster's own.
		if role.Kind == "Role" && j.Find("Role", o.Namespace, role.Name) == nil {
			found(o, rule.Key{"access"}, "the release holds no Role %s", role.Name)
		}
		for _, s := range subjects {
			if s.Kind != rbacv1.ServiceAccountKind || s.Name == "default" {
				continue
			}
			if s.Namespace == "" || s.Namespace == j.Namespace {
				if j.Find("ServiceAccount", j.Namespace, s.Name) == nil && !runs[j.Namespace+"/"+s.Name] {
					found(o, rule.Key{"access"}, "the release holds no ServiceAccount %s", s.Name)
				}
			}
		}
	})
}
