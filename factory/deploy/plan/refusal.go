package plan

import (
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
)

// Reason is the kind of a refusal.
type Reason string

const (
	Immutable   Reason = "immutable"    // a field that cannot change once the object exists
	Invalid     Reason = "invalid"      // Kubernetes does not take such a value
	PodSecurity Reason = "pod-security" // the namespace's Pod Security level
	Quota       Reason = "quota"
	Webhook     Reason = "webhook"      // an admission webhook said no, or did not answer
	Forbidden   Reason = "forbidden"    // the person's rights
	UnknownKind Reason = "unknown-kind" // the cluster has no such kind of object
	NotOurs     Reason = "not-ours"     // an object of that name exists and is of no release, or of another
	Other       Reason = "other"
)

// Refusal is a change that the cluster would not take.
type Refusal struct {
	Reason Reason `json:"reason"`
	// Message is the API server's.
	Message string `json:"message"`
	// Cause says in words why, Next what to do.
	Cause string `json:"cause"`
	Next  string `json:"next,omitempty"`
	// Fields are those that the API server objects to, as it names them.
	Fields []string `json:"fields,omitempty"`
}

// Explain reads a refusal of the API server, or of Helm, for an object.
func Explain(object *Object, err error) *Refusal {
	r := &Refusal{Message: oneLine(err.Error()), Fields: fieldsOf(err)}
	r.Cause, r.Next = diagnose.Refusal(r.Message)
	r.Reason = reasonOf(err, r.Message)
	switch r.Reason {
	case Immutable:
		r.explainImmutable(object)
	case Invalid:
		r.Cause, r.Next = "Kubernetes does not take the value: "+detail(r.Message), "correct the service, factory sync, then factory plan"
	}
	return r
}

func reasonOf(err error, message string) Reason {
	low := strings.ToLower(message)
	has := func(words ...string) bool {
		for _, word := range words {
			if strings.Contains(low, word) {
				return true
			}
		}
		return false
	}
	switch {
	case has("violates podsecurity"):
		return PodSecurity
	case has("exceeded quota", "failed quota"):
		return Quota
	case has("admission webhook", "failed calling webhook", "failed to call webhook"):
		return Webhook
	case has("no matches for kind"):
		return UnknownKind
	case has("cannot be imported into the current release"):
		return NotOurs
	case has("immutable", "forbidden: updates to", "may not change once set", "cannot change roleref", "can not be less than"):
		return Immutable
	case apierrors.IsForbidden(err):
		return Forbidden
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err):
		return Invalid
	}
	return Other
}

func fieldsOf(err error) []string {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return nil
	}
	var fields []string
	for _, cause := range status.Status().Details.Causes {
		if cause.Field != "" {
			fields = append(fields, cause.Field)
		}
	}
	return fields
}

// movable are the fields of a StatefulSet that may change; the API server does not say which of the others did.
var movable = [][]string{
	{"metadata"}, {"spec", "replicas"}, {"spec", "ordinals"}, {"spec", "template"}, {"spec", "updateStrategy"},
	{"spec", "revisionHistoryLimit"}, {"spec", "persistentVolumeClaimRetentionPolicy"}, {"spec", "minReadySeconds"},
}

func (r *Refusal) explainImmutable(object *Object) {
	if object.Kind == "StatefulSet" {
		r.Fields = nil
		for _, f := range object.Fields {
			if !anyUnder(f.Path, movable) {
				r.Fields = append(r.Fields, f.Path.String())
			}
		}
	}
	what := "a field"
	if len(r.Fields) > 0 {
		what = strings.Join(r.Fields, ", ")
	}
	r.Cause = what + " cannot change on an object that exists"
	remove := fmt.Sprintf("kubectl -n %s delete %s %s", object.Namespace, strings.ToLower(object.Kind), object.Name)
	switch object.Kind {
	case "StatefulSet":
		r.Next = remove + " --cascade=orphan   (its pods and volumes stay), then factory deploy"
	case "Deployment", "DaemonSet":
		r.Next = remove + "   (its pods stop), then factory deploy"
	case "Service":
		r.Next = remove + "   (its address changes), then factory deploy"
	case "PersistentVolumeClaim":
		r.Next = "give the volume its old values again: a claim can only grow"
	default:
		r.Next = remove + ", then factory deploy"
	}
}

func anyUnder(path Path, prefixes [][]string) bool {
	for _, prefix := range prefixes {
		if path.under(prefix...) {
			return true
		}
	}
	return false
}

// detail is what follows the object's name in the API server's message.
func detail(message string) string {
	if _, after, found := strings.Cut(message, " is invalid: "); found {
		return after
	}
	return message
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
