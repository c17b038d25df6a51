package checks

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

// Each of these speaks where Pod Security, at the level that the service claims, does not: one cause, one finding.
func securityChecks() []Check {
	return []Check{{
		Rule: rule.Rule{
			ID: "pod-security", Severity: rule.Error,
			What:      "a pod beyond the level of Pod Security that its service claims",
			Reason:    "A namespace that enforces the level refuses the pod; one that does not runs it with more rights than were agreed upon.",
			Fix:       "take the right away, or claim the level that it needs: security: {level: baseline}",
			Elsewhere: "the admission plugin PodSecurity",
		},
		Run: podSecurity,
	}, {
		Rule: rule.Rule{
			ID: "no-read-only-root-fs", Severity: rule.Warning,
			What:      "a container that can write over its own image",
			Reason:    "Who breaks in can leave a program behind, and what is written there counts as the node's memory of logs and images.",
			Fix:       "leave security.readOnlyRootFilesystem at true, and give each folder that is written to a volume: volumes: {tmp: /tmp}",
			Elsewhere: "kube-linter no-read-only-root-fs, kube-score container-security-context-readonlyrootfilesystem",
		},
		Run: eachContainer(writableRoot),
	}, {
		Rule: rule.Rule{
			ID: "run-as-non-root", Severity: rule.Warning,
			What:      "a container that may run as root",
			Reason:    "Root in a container is root on the node as soon as anything else fails.",
			Fix:       "say security: {runAsUser: 1000}",
			Elsewhere: "kube-linter run-as-non-root, kube-score container-security-context-user-group-id",
		},
		Run: beyond(api.LevelBaseline, eachContainer(mayBeRoot)),
	}, {
		Rule: rule.Rule{
			ID: "privilege-escalation-container", Severity: rule.Warning,
			What:      "a container whose processes may gain more rights than they start with",
			Reason:    "A setuid program in the image is enough to become root.",
			Fix:       "leave security.allowPrivilegeEscalation at false",
			Elsewhere: "kube-linter privilege-escalation-container",
		},
		Run: beyond(api.LevelBaseline, eachContainer(escalation)),
	}, {
		Rule: rule.Rule{
			ID: "drop-capabilities", Severity: rule.Warning,
			What:      "a container that keeps capabilities that it did not ask for",
			Reason:    "The runtime's default set lets it forge packets, change owners and more.",
			Fix:       "say security: {capabilities: {drop: [ALL], add: [what it needs]}}",
			Elsewhere: "kube-linter drop-net-raw-capability",
		},
		Run: beyond(api.LevelBaseline, eachContainer(capabilities)),
	}, {
		Rule: rule.Rule{
			ID: "no-seccomp-profile", Severity: rule.Warning,
			What:      "a container that no seccomp profile confines",
			Reason:    "Every system call of the kernel is open to it.",
			Fix:       "leave security.seccomp at RuntimeDefault",
			Elsewhere: "kube-score container-seccomp-profile",
		},
		Run: beyond(api.LevelBaseline, eachContainer(seccomp)),
	}, {
		Rule: rule.Rule{
			ID: "privileged-container", Severity: rule.Error,
			What:      "a privileged container",
			Reason:    "It is root on the node, with all of its devices.",
			Fix:       "name the capabilities that it needs instead; waive this where it is the service's very purpose",
			Elsewhere: "kube-linter privileged-container, kube-score container-security-context-privileged",
		},
		Run: beyond(api.LevelPrivileged, eachContainer(privileged)),
	}}
}

// beyond lets a check speak where the service claims that level or a wider one; at a narrower one pod-security speaks.
func beyond(level api.Level, run func(*Judged, rule.Found)) func(*Judged, rule.Found) {
	return func(j *Judged, found rule.Found) {
		run(j, func(o *rendered.Object, key rule.Key, format string, args ...any) {
			if claimed := j.level(o); claimed == api.LevelPrivileged || claimed == level {
				found(o, key, format, args...)
			}
		})
	}
}

func podSecurity(j *Judged, found rule.Found) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		panic("lint: the rules of Pod Security that are linked in do not fit together: " + err.Error())
	}
	for _, p := range j.Pods() {
		level := api.LevelVersion{Level: j.level(p.Object), Version: api.LatestVersion()}
		for _, result := range evaluator.EvaluatePod(level, &p.Meta, p.Spec) {
			if !result.Allowed {
				found(p.Object, rule.Key{"security"}, "level %s forbids: %s (%s)", level.Level, result.ForbiddenReason, result.ForbiddenDetail)
			}
		}
	}
}

func writableRoot(c rendered.Container, found rule.Found) {
	if c.SecurityContext == nil || !isTrue(c.SecurityContext.ReadOnlyRootFilesystem) {
		found(c.Pod.Object, c.Key("security", "readOnlyRootFilesystem"), "container %s has a root file system that it can write to", c.Name)
	}
}

func mayBeRoot(c rendered.Container, found rule.Found) {
	pod, own := c.Pod.Spec.SecurityContext, c.SecurityContext
	if pod == nil {
		pod = &corev1.PodSecurityContext{}
	}
	if own == nil {
		own = &corev1.SecurityContext{}
	}
	user, nonRoot := own.RunAsUser, own.RunAsNonRoot
	if user == nil {
		user = pod.RunAsUser
	}
	if nonRoot == nil {
		nonRoot = pod.RunAsNonRoot
	}
	switch {
	case user != nil && *user == 0:
		found(c.Pod.Object, c.Key("security", "runAsUser"), "container %s runs as root", c.Name)
	case user == nil && !isTrue(nonRoot):
		found(c.Pod.Object, c.Key("security", "runAsUser"), "container %s runs as whatever user its image says, root included", c.Name)
	}
}

func escalation(c rendered.Container, found rule.Found) {
	s := c.SecurityContext
	if s != nil && (isTrue(s.Privileged) || s.AllowPrivilegeEscalation != nil && !*s.AllowPrivilegeEscalation) {
		return // a privileged container has all rights already, which another rule says
	}
	found(c.Pod.Object, c.Key("security", "allowPrivilegeEscalation"), "container %s may gain more rights than it starts with", c.Name)
}

func capabilities(c rendered.Container, found rule.Found) {
	if s := c.SecurityContext; s != nil {
		if isTrue(s.Privileged) {
			return
		}
		if s.Capabilities != nil {
			for _, dropped := range s.Capabilities.Drop {
				if dropped == "ALL" {
					return
				}
			}
		}
	}
	found(c.Pod.Object, c.Key("security", "capabilities"), "container %s does not drop all capabilities", c.Name)
}

func seccomp(c rendered.Container, found rule.Found) {
	profile := func(p *corev1.SeccompProfile) bool { return p != nil && p.Type != corev1.SeccompProfileTypeUnconfined }
	if s := c.SecurityContext; s != nil && (isTrue(s.Privileged) || profile(s.SeccompProfile)) {
		return
	}
	if s := c.SecurityContext; s != nil && s.SeccompProfile != nil || c.Pod.Spec.SecurityContext == nil || !profile(c.Pod.Spec.SecurityContext.SeccompProfile) {
		found(c.Pod.Object, c.Key("security", "seccomp"), "container %s runs without a seccomp profile", c.Name)
	}
}

func privileged(c rendered.Container, found rule.Found) {
	if c.SecurityContext != nil && isTrue(c.SecurityContext.Privileged) {
		found(c.Pod.Object, c.Key("security", "privileged"), "container %s is privileged", c.Name)
	}
}

func isTrue(b *bool) bool { return b != nil && *b }
