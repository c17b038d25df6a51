package diagnose

import (
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

// Claim says why a volume claim is not bound. events are those about the claim.
func Claim(subject Subject, claim *corev1.PersistentVolumeClaim, events []*corev1.Event) []Finding {
	if claim.Status.Phase == corev1.ClaimBound {
		return growing(subject, claim, events)
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

// growing says why the volume of a bound claim does not get bigger.
func growing(subject Subject, claim *corev1.PersistentVolumeClaim, events []*corev1.Event) []Finding {
	have, want := claim.Status.Capacity[corev1.ResourceStorage], claim.Spec.Resources.Requests[corev1.ResourceStorage]
	if have.IsZero() || have.Cmp(want) >= 0 {
		return nil
	}
	for _, condition := range claim.Status.Conditions {
		if condition.Type == corev1.PersistentVolumeClaimFileSystemResizePending && condition.Status == corev1.ConditionTrue {
			finding := subject.finding(string(condition.Type), condition.Message)
			finding.Events = describe(events)
			finding.Cause = "the volume of claim " + claim.Name + " has grown, and its file system grows when its pod starts again"
			finding.Next = "kubectl -n " + claim.Namespace + " delete pod of the service, where the node does not do it by itself within a minute"
			return []Finding{finding}
		}
	}
	event := newest(events, withReason("VolumeResizeFailed", "ExternalExpanding", "FileSystemResizeFailed"))
	if event == nil {
		return nil
	}
	finding := subject.finding(event.Reason, event.Message)
	finding.Events = describe(events)
	finding.Cause = "the driver of the volume of claim " + claim.Name + " has not made it bigger yet"
	if event.Reason != "ExternalExpanding" {
		finding.Cause = "the volume of claim " + claim.Name + " could not be made bigger"
	}
	finding.Next = "kubectl -n " + claim.Namespace + " describe pvc " + claim.Name + ", and look at the pods of its storage driver"
	return []Finding{finding}
}
