package diagnose

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Certificate says why something of cert-manager's is not ready, from its Ready condition and events.
func Certificate(subject Subject, u *unstructured.Unstructured, events []*corev1.Event) []Finding {
	reason, message := readyCondition(u)
	if reason == "" || reason == "DoesNotExist" {
		return nil
	}
	finding := subject.finding(reason, message)
	finding.Events = describe(events)
	finding.Cause = "cert-manager has not issued it: " + message
	finding.Next = "kubectl -n " + u.GetNamespace() + " describe certificaterequests"
	if issuer, _, _ := unstructured.NestedString(u.Object, "spec", "issuerRef", "name"); issuer != "" && aboutIssuer(message) {
		finding.Cause = "the issuer " + issuer + " does not exist or is not ready"
		finding.Next = "factory install-cert-manager"
		finding.Patience = 45 * time.Second
	}
	return []Finding{finding}
}

func readyCondition(u *unstructured.Unstructured) (reason, message string) {
	conditions, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, entry := range conditions {
		c, ok := entry.(map[string]any)
		if ok && c["type"] == "Ready" && c["status"] != "True" {
			reason, _ = c["reason"].(string)
			message, _ = c["message"].(string)
		}
	}
	return reason, message
}

func aboutIssuer(message string) bool {
	low := strings.ToLower(message)
	return strings.Contains(low, "issuer") && containsAny(low, "not found", "not ready", "does not have a ready")
}
