package diagnose

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Creation says why a controller cannot make the pods or claims of a workload. events are those about the workload and
// the ReplicaSet that it rolls out.
func Creation(subject Subject, events []*corev1.Event) []Finding {
	event := newest(events, withReason("FailedCreate", "ReplicaSetCreateError"))
	if event == nil {
		return nil
	}
	if since := newest(events, withReason("SuccessfulCreate")); since != nil && EventTime(since).After(EventTime(event)) {
		return nil
	}
	finding := subject.finding(event.Reason, event.Message)
	finding.Events = describe(events)
	finding.Cause, finding.Next = Refusal(event.Message)
	finding.Patience = 20 * time.Second
	return []Finding{finding}
}

// Refusal explains why the API server would not store an object, from its message.
func Refusal(message string) (cause, next string) {
	low := strings.ToLower(message)
	switch {
	case strings.Contains(low, "violates podsecurity"):
		_, what, _ := strings.Cut(message, "violates PodSecurity ")
		return "the namespace's Pod Security level refuses the pod: " + what,
			"correct the service's security settings, or run it in a namespace with a lower level"
	case strings.Contains(low, "exceeded quota"):
		_, what, _ := strings.Cut(message, "exceeded quota: ")
		return "the namespace's quota is used up: " + what, "kubectl describe resourcequota, then lower the requests or raise the quota"
	case containsAny(low, "failed calling webhook", "failed to call webhook"):
		return "an admission webhook of the cluster does not answer: " + firstQuoted(message),
			"look at the pods behind it (for cert-manager: kubectl -n cert-manager get pods), then run this again"
	case strings.Contains(low, "admission webhook") && strings.Contains(low, "denied"):
		return "an admission webhook of the cluster refuses it: " + firstQuoted(message), "read its message above, and correct the service"
	case strings.Contains(low, "serviceaccount") && strings.Contains(low, "not found"):
		return "the service account that the pod runs as does not exist", "factory sync, then factory deploy"
	case strings.Contains(low, "is forbidden") && strings.Contains(low, "cannot"):
		return "this user's rights do not allow it", "kubectl auth can-i --list, and ask who runs the cluster"
	case strings.Contains(low, "no matches for kind"):
		return "the cluster does not know a kind of object in the chart: " + firstQuoted(message), "install what brings it (for Certificate: factory install-cert-manager)"
	case containsAny(low, "immutable", "forbidden: updates to"):
		return "a field changed that Kubernetes does not let change on an existing object",
			"delete the object named above (a StatefulSet with --cascade=orphan keeps its pods), then run this again"
	case strings.Contains(low, "cannot be imported into the current release"):
		return "an object of that name exists and was not made by this release", "delete or rename it, then run this again"
	}
	return "the cluster refuses it: " + message, ""
}

// Claim says why a volume claim is not bound. events are those about the claim.
func Claim(subject Subject, claim *corev1.PersistentVolumeClaim, events []*corev1.Event) []Finding {
	if claim.Status.Phase == corev1.ClaimBound {
		return nil
	}
	event := newest(events, withReason("ProvisioningFailed", "FailedBinding"))
	if event == nil {
		return nil
	}
	finding := subject.finding(event.Reason, event.Message)
	finding.Events = describe(events)
	finding.Patience = time.Minute
	class := "the default class"
	if claim.Spec.StorageClassName != nil && *claim.Spec.StorageClassName != "" {
		class = "class " + *claim.Spec.StorageClassName
	}
	finding.Cause = "the cluster cannot make the volume of claim " + claim.Name + " (" + class + ")"
	finding.Next = "kubectl -n " + claim.Namespace + " describe pvc " + claim.Name
	if containsAny(event.Message, "not found", "no persistent volumes available") {
		finding.Cause = "claim " + claim.Name + " asks for " + class + ", and the cluster has none that can make the volume"
		finding.Next = "kubectl get storageclass, then name one of them in the service's service.yaml"
		finding.ask.classes = true
	}
	return []Finding{finding}
}
