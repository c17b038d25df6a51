package deploy

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/helm-chart-factory/factory/factory/deploy/diagnose"
)

// RefusedError is what Helm or the cluster said to a chart, with what it probably means.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string {
	cause, next := diagnose.Refusal(e.Err.Error())
	if next == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("%s\ncause: %s\nnext: %s", e.Err, cause, next)
}

func (e *RefusedError) Unwrap() error { return e.Err }

// Finding is the refusal as evidence: about the object that the API server names, else about the release.
func (e *RefusedError) Finding(namespace string) diagnose.Finding {
	finding := diagnose.Finding{Object: "release", Namespace: namespace, Reason: "Refused", Detail: e.Err.Error()}
	var status *apierrors.StatusError
	if errors.As(e.Err, &status) {
		finding.Reason = cmp.Or(string(status.ErrStatus.Reason), finding.Reason)
		if details := status.ErrStatus.Details; details != nil && details.Name != "" {
			finding.Object = strings.ToLower(details.Kind) + "/" + details.Name
		}
	}
	finding.Cause, finding.Next = diagnose.Refusal(e.Err.Error())
	return finding
}
