package diagnose

import (
	"regexp"
	"strings"
)

// The API server's own sentences.
var (
	webhookNamed = regexp.MustCompile(`webhook "([^"]+)"`)
	webhookSaid  = regexp.MustCompile(`denied the request: ([^\n]+)`)
	policyNamed  = regexp.MustCompile(`ValidatingAdmissionPolicy '([^']+)'.*denied request: ([^\n]+)`)
	rightMissing = regexp.MustCompile(`cannot (\w+) resource "([^"]+)"(?: in API group "([^"]*)")?`)
	kindUnknown  = regexp.MustCompile(`no matches for kind "([^"]+)"`)
)

// Refusal explains why the API server would not store an object, from its message.
func Refusal(message string) (cause, next string) {
	low := strings.ToLower(message)
	group := func(expression *regexp.Regexp, number int) string {
		if found := expression.FindStringSubmatch(message); found != nil {
			return found[number]
		}
		return ""
	}
	switch {
	case strings.Contains(low, "violates podsecurity"):
		_, what, _ := strings.Cut(message, "violates PodSecurity ")
		return "the namespace's Pod Security level refuses the pod: " + what,
			"correct the service's security settings, or run it in a namespace with a lower level"
	case strings.Contains(low, "exceeded quota"):
		_, what, _ := strings.Cut(message, "exceeded quota: ")
		return "the namespace's quota is used up: " + what, "kubectl describe resourcequota, then lower the requests or raise the quota"
	case containsAny(low, "must specify limits", "must specify requests") || strings.Contains(low, "failed quota"):
		return "the namespace's quota wants requests and limits on every container", "say resources: in the service's service.yaml"
	case containsAny(low, "failed calling webhook", "failed to call webhook"):
		return "an admission webhook of the cluster does not answer: " + group(webhookNamed, 1),
			"look at the pods behind it (for cert-manager: kubectl -n cert-manager get pods), then run this again"
	case strings.Contains(low, "admission webhook") && strings.Contains(low, "denied"):
		return "an admission webhook of the cluster refuses it: " + group(webhookNamed, 1) + ": " + group(webhookSaid, 1),
			"read what it says, and correct the service"
	case policyNamed.MatchString(message):
		return "a policy of the cluster refuses it: " + group(policyNamed, 1) + ": " + group(policyNamed, 2), "read what it says, and correct the service"
	case strings.Contains(low, "serviceaccount") && strings.Contains(low, "not found"):
		return "the service account that the pod runs as does not exist", "factory sync, then factory deploy"
	case strings.Contains(low, "is forbidden") && rightMissing.MatchString(message):
		what := group(rightMissing, 2)
		if api := group(rightMissing, 3); api != "" {
			what += "." + api
		}
		return "this user's rights do not allow it: " + group(rightMissing, 1) + " " + what, "kubectl auth can-i --list, and ask who runs the cluster"
	case kindUnknown.MatchString(message):
		return "the cluster does not know a kind of object in the chart: " + group(kindUnknown, 1),
			"install what brings it (for Certificate: factory install-cert-manager)"
	case containsAny(low, "immutable", "forbidden: updates to"):
		return "a field changed that Kubernetes does not let change on an existing object",
			"delete the object named above (a StatefulSet with --cascade=orphan keeps its pods), then run this again"
	case strings.Contains(low, "cannot be imported into the current release"):
		return "an object of that name exists and was not made by this release", "factory deploy --adopt takes over what belongs to no release; or delete it, or rename it here"
	}
	return "the cluster refuses it: " + message, ""
}
