package rollout

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
)

// Phase is how far an object is.
type Phase string

const (
	Waiting Phase = "waiting"
	Ready   Phase = "ready"
	// Failed objects do not get ready any more without a change.
	Failed Phase = "failed"
)

// State is one object at one moment.
type State struct {
	Object Object
	Phase  Phase
	// Have of Wanted replicas are ready. Wanted is -1 where nothing is counted.
	Have, Wanted int64
	// Message is what it waits for: the newest trouble or event.
	Message string
	// Findings are the troubles seen, without logs.
	Findings []diagnose.Finding
}

// Count is ready/wanted, or empty where nothing is counted.
func (s State) Count() string {
	if s.Wanted < 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Have, s.Wanted)
}

func (v *view) states(objects []Object) []State {
	states := make([]State, 0, len(objects))
	for _, object := range objects {
		states = append(states, v.state(object))
	}
	return states
}

func (v *view) state(object Object) State {
	state := State{Object: object, Phase: Waiting, Wanted: -1}
	u := v.get(object)
	if u == nil {
		state.Message = "not there yet"
		return state
	}
	state.Have, state.Wanted = replicas(u)
	state.Phase, state.Message = v.readiness(u, object.Hook != "")
	if state.Phase == Ready {
		return state
	}
	v.explain(&state, u)
	return state
}

// readiness is kstatus' answer, except where "stored" is not enough for factory: a Job has to complete, and what
// cert-manager makes has to be issued.
func (v *view) readiness(u *unstructured.Unstructured, completes bool) (Phase, string) {
	kind := u.GroupVersionKind()
	if kind.Kind == "Deployment" && kind.Group == "apps" {
		if paused, _, _ := unstructured.NestedBool(u.Object, "spec", "paused"); paused {
			return Ready, "paused"
		}
	}
	if phase, _, _ := unstructured.NestedString(u.Object, "status", "phase"); kind.Kind == "Pod" {
		switch {
		case phase == "Failed":
			return Failed, "ended with an error"
		case completes && phase != "Succeeded":
			return Waiting, "running"
		}
	}
	result, err := status.Compute(u)
	if err != nil {
		return Waiting, err.Error()
	}
	switch result.Status {
	case status.FailedStatus:
		return Failed, result.Message
	case status.CurrentStatus:
	default:
		if v.waitsForFirstPod(u) {
			return Ready, "bound with its first pod"
		}
		return Waiting, result.Message
	}
	if from, to := growing(u); to != "" {
		return Waiting, "grows from " + from + " to " + to
	}
	switch {
	case kind.Kind == "Job" && kind.Group == "batch" && condition(u, "Complete") != "True":
		return Waiting, "running"
	case kind.Group == "cert-manager.io" && (condition(u, "Ready") != "True" || outdated(u)):
		return Waiting, "not issued yet"
	}
	return Ready, ""
}

// waitsForFirstPod tells whether u is a claim that no pod uses: with the binding mode WaitForFirstConsumer, which is
// local-path's, it stays pending for good, and rightly so.
func (v *view) waitsForFirstPod(u *unstructured.Unstructured) bool {
	if u.GetKind() != "PersistentVolumeClaim" {
		return false
	}
	events := v.events(u.GetNamespace(), u.GetUID())
	if !slices.ContainsFunc(events, func(e *corev1.Event) bool { return e.Reason == "WaitForFirstConsumer" }) {
		return false
	}
	for _, obj := range v.stores[podsOf(u.GetNamespace())].List() {
		pod := convert[corev1.Pod](obj.(*unstructured.Unstructured))
		if pod == nil || slices.ContainsFunc(pod.Spec.Volumes, func(volume corev1.Volume) bool {
			return volume.PersistentVolumeClaim != nil && volume.PersistentVolumeClaim.ClaimName == u.GetName()
		}) {
			return false
		}
	}
	return true
}

// growing says from what to what a bound claim's volume is being made bigger; to is empty when it is not.
func growing(u *unstructured.Unstructured) (from, to string) {
	claim := convert[corev1.PersistentVolumeClaim](u)
	if u.GetKind() != "PersistentVolumeClaim" || claim == nil {
		return "", ""
	}
	have, want := claim.Status.Capacity[corev1.ResourceStorage], claim.Spec.Resources.Requests[corev1.ResourceStorage]
	if have.IsZero() || have.Cmp(want) >= 0 {
		return "", ""
	}
	return have.String(), want.String()
}

func condition(u *unstructured.Unstructured, kind string) string {
	conditions, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, entry := range conditions {
		if c, ok := entry.(map[string]any); ok && c["type"] == kind {
			value, _ := c["status"].(string)
			return value
		}
	}
	return ""
}

// outdated tells whether a condition speaks of an earlier generation, where conditions say of which they speak.
func outdated(u *unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, entry := range conditions {
		if c, ok := entry.(map[string]any); ok && c["type"] == "Ready" {
			observed, said := c["observedGeneration"].(int64)
			return said && observed < u.GetGeneration()
		}
	}
	return false
}

func replicas(u *unstructured.Unstructured) (have, wanted int64) {
	number := func(fallback int64, path ...string) int64 {
		value, there, _ := unstructured.NestedInt64(u.Object, path...)
		if !there {
			return fallback
		}
		return value
	}
	switch u.GetKind() {
	case "Deployment", "StatefulSet":
		// Those of the revision before do not count.
		return min(number(0, "status", "readyReplicas"), number(0, "status", "updatedReplicas")), number(1, "spec", "replicas")
	case "ReplicaSet":
		return number(0, "status", "readyReplicas"), number(1, "spec", "replicas")
	case "DaemonSet":
		return min(number(0, "status", "numberReady"), number(0, "status", "updatedNumberScheduled")), number(1, "status", "desiredNumberScheduled")
	case "Job":
		return number(0, "status", "succeeded"), number(1, "spec", "completions")
	}
	return 0, -1
}

// explain looks at what belongs to the object: its pods, claims, conditions and events.
func (v *view) explain(state *State, u *unstructured.Unstructured) {
	subject := diagnose.Subject{Namespace: u.GetNamespace(), Object: state.Object.Ref(), Service: service(u)}
	controllers := v.controllers(u)
	events := v.events(u.GetNamespace(), controllers...)
	findings := diagnose.Creation(subject, events)
	for _, pod := range v.pods(u, controllers) {
		about := v.events(pod.Namespace, pod.UID)
		// An unbound volume is the reason for what the scheduler says of its pod.
		if unbound := v.claims(subject, pod); len(unbound) > 0 {
			findings = append(findings, unbound...)
		} else {
			findings = append(findings, diagnose.Pod(subject, pod, about)...)
		}
		events = append(events, about...)
	}
	for _, pod := range v.ending(u) {
		findings = append(findings, diagnose.Ending(subject, pod, time.Now())...)
	}
	if claim := convert[corev1.PersistentVolumeClaim](u); u.GetKind() == "PersistentVolumeClaim" && claim != nil {
		findings = append(findings, diagnose.Claim(subject, claim, events)...)
	}
	if u.GroupVersionKind().Group == "cert-manager.io" {
		for _, request := range v.owned(requestsOf(u.GetNamespace()), u.GetUID()) {
			about := v.events(u.GetNamespace(), request.GetUID())
			findings = append(findings, diagnose.Certificate(subject, request, about)...)
			events = append(events, about...)
		}
		if len(findings) == 0 {
			findings = diagnose.Certificate(subject, u, events)
		}
	}
	state.Findings = v.asking.further(diagnose.Distinct(findings))
	for i := range state.Findings {
		state.Findings[i] = v.masked().Finding(state.Findings[i])
	}
	diagnose.SortEvents(events)
	switch {
	case len(state.Findings) > 0:
		state.Message = state.Findings[0].Reason + ": " + state.Findings[0].Cause
	case len(events) > 0:
		last := events[len(events)-1]
		state.Message = (*diagnose.Mask)(nil).Text(last.Reason + ": " + strings.TrimSpace(last.Message))
	}
}

// controllers are the UIDs whose events tell of u's rollout: its own and, for a Deployment, its newest ReplicaSet's.
func (v *view) controllers(u *unstructured.Unstructured) []types.UID {
	uids := []types.UID{u.GetUID()}
	if u.GetKind() != "Deployment" {
		return uids
	}
	sets := v.owned(replicaSetsOf(u.GetNamespace()), u.GetUID())
	if len(sets) == 0 {
		return uids
	}
	newest := slices.MaxFunc(sets, func(a, b *unstructured.Unstructured) int { return cmp.Compare(revision(a), revision(b)) })
	return append(uids, newest.GetUID())
}

func revision(u *unstructured.Unstructured) int {
	number, err := strconv.Atoi(u.GetAnnotations()["deployment.kubernetes.io/revision"])
	if err != nil {
		return 0
	}
	return number
}

// pods are those of the rollout, the newest first, those being deleted left out. Of the tries of a Job the last one counts.
func (v *view) pods(u *unstructured.Unstructured, controllers []types.UID) []*corev1.Pod {
	var pods []*corev1.Pod
	add := func(found *unstructured.Unstructured) {
		if pod := convert[corev1.Pod](found); pod != nil && pod.DeletionTimestamp == nil {
			pods = append(pods, pod)
		}
	}
	if u.GetKind() == "Pod" {
		add(u)
	}
	for _, uid := range controllers {
		for _, found := range v.owned(podsOf(u.GetNamespace()), uid) {
			add(found)
		}
	}
	slices.SortFunc(pods, func(a, b *corev1.Pod) int {
		return cmp.Or(b.CreationTimestamp.Compare(a.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	return pods
}

// ending are the pods of a StatefulSet that are to go: their successors wait for that.
func (v *view) ending(u *unstructured.Unstructured) []*corev1.Pod {
	if u.GetKind() != "StatefulSet" {
		return nil
	}
	var pods []*corev1.Pod
	for _, found := range v.owned(podsOf(u.GetNamespace()), u.GetUID()) {
		if pod := convert[corev1.Pod](found); pod != nil && pod.DeletionTimestamp != nil {
			pods = append(pods, pod)
		}
	}
	return pods
}

// claims looks at the volume claims of a pod. What it finds is about the claim, whichever pods wait for it.
func (v *view) claims(subject diagnose.Subject, pod *corev1.Pod) []diagnose.Finding {
	var findings []diagnose.Finding
	for _, volume := range pod.Spec.Volumes {
		if volume.PersistentVolumeClaim == nil {
			continue
		}
		found, there, err := v.stores[claimsOf(pod.Namespace)].GetByKey(pod.Namespace + "/" + volume.PersistentVolumeClaim.ClaimName)
		if err != nil || !there {
			continue
		}
		u := found.(*unstructured.Unstructured)
		if claim := convert[corev1.PersistentVolumeClaim](u); claim != nil {
			subject.Object = "persistentvolumeclaim/" + claim.Name
			findings = append(findings, diagnose.Claim(subject, claim, v.events(pod.Namespace, u.GetUID()))...)
		}
	}
	return findings
}

func service(u *unstructured.Unstructured) string {
	return u.GetLabels()["app.kubernetes.io/name"]
}
