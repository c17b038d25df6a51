package deploy

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
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

// Findings are the refusals as evidence: one for each object that was refused where that is known, else one about the
// release.
func (e *RefusedError) Findings(namespace string) []diagnose.Finding {
	refusals := objectErrors(e.Err)
	if len(refusals) == 0 {
		refusals = []*objectError{{objectIn(e.Err.Error()), e.Err}}
	}
	var findings []diagnose.Finding
	for _, refusal := range refusals {
		finding := diagnose.Finding{Object: refusal.object, Namespace: namespace, Reason: "Refused", Detail: refusal.err.Error()}
		var status *apierrors.StatusError
		if errors.As(refusal.err, &status) {
			finding.Reason = cmp.Or(string(status.ErrStatus.Reason), finding.Reason)
		}
		finding.Cause, finding.Next = diagnose.Refusal(finding.Detail)
		findings = append(findings, finding)
	}
	return findings
}

// unpatched is how Helm names an object that could not be changed.
var unpatched = regexp.MustCompile(`cannot patch "([^"]+)" with kind ([A-Za-z]+):`)

// objectIn is the object that a text of Helm's is about: the release where it names none.
func objectIn(text string) string {
	if found := unpatched.FindStringSubmatch(text); found != nil {
		return strings.ToLower(found[2]) + "/" + found[1]
	}
	return "release"
}

// objectError says which object an error of the API server is about; its own text often does not.
type objectError struct {
	object string
	err    error
}

func (e *objectError) Error() string { return e.object + ": " + e.err.Error() }
func (e *objectError) Unwrap() error { return e.err }

// objectErrors lists those within an error, in order.
func objectErrors(err error) []*objectError {
	switch e := err.(type) {
	case *objectError:
		return []*objectError{e}
	case interface{ Unwrap() []error }:
		var all []*objectError
		for _, one := range e.Unwrap() {
			all = append(all, objectErrors(one)...)
		}
		return all
	}
	if inner := errors.Unwrap(err); inner != nil {
		return objectErrors(inner)
	}
	return nil
}

// single takes the list away from around a single error, as Helm's client makes it.
func single(err error) error {
	var list interface{ WrappedErrors() []error }
	if errors.As(err, &list) && len(list.WrappedErrors()) == 1 {
		return list.WrappedErrors()[0]
	}
	return err
}
