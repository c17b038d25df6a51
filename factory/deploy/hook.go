package deploy

import (
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/helm-chart-factory/factory/factory/deploy/plan"
)

// hook is an object that Helm creates before or after the others; nil when nothing speaks against it. One that is there from
// the last time is deleted first, where its policy says so.
func (c *comparison) hook(hook item) *plan.Object {
	object := c.object(hook)
	var err error
	switch {
	case c.definitions.bring(hook.object):
	case c.newNamespace != nil:
		err = c.foresee(hook.object)
	default:
		if tried := c.stage.create(hook.object); tried.err != nil && !apierrors.IsAlreadyExists(tried.err) {
			err = tried.err
		}
	}
	switch {
	case err != nil && !untried(err):
		object.Refused = plan.Explain(object, err)
	case err == nil && c.newNamespace == nil:
		c.tryPod(object, hook.object)
	}
	if object.Refused == nil {
		return nil
	}
	return object
}

// untried tells that a webhook kept something from being tried out.
func untried(err error) bool { return strings.Contains(err.Error(), "does not support dry run") }
