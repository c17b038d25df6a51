package deploy

import (
	"context"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// NotOursError says that objects which the release is to have exist already and are not its own.
type NotOursError struct{ Objects []Foreign }

// Foreign is an object that is not the release's.
type Foreign struct {
	// Object is kind/name.
	Object string
	// Release and Namespace name the release that it belongs to; both are empty when it was made otherwise.
	Release, Namespace string
	// By is the program that made it, as the API server recorded it, At when. By may be empty.
	By string
	At time.Time
}

func (f Foreign) String() string {
	switch {
	case f.Release != "":
		return fmt.Sprintf("%s belongs to release %s in namespace %s", f.Object, f.Release, f.Namespace)
	case f.By != "":
		return fmt.Sprintf("%s was made by %s at %s", f.Object, f.By, f.At.Local().Format(time.DateTime))
	}
	return f.Object + " was made by hand"
}

func (e *NotOursError) Error() string {
	var text strings.Builder
	text.WriteString("what the release is to have exists already and is not its own:")
	made, released := false, false
	for _, object := range e.Objects {
		text.WriteString("\n  " + object.String())
		made, released = made || object.Release == "", released || object.Release != ""
	}
	if made {
		text.WriteString("\nnext: factory deploy --adopt takes over what belongs to no release; or delete it, or rename it here")
	}
	if released {
		text.WriteString("\nnext: take it out of the other release first, or rename it here: no flag takes it away from there")
	}
	return text.String()
}

// foreign returns the objects of the next release that exist and are not this release's.
func (d *deployment) foreign(ctx context.Context, next, base []item) ([]Foreign, error) {
	had := map[objectKey]bool{}
	for _, i := range base {
		had[i.key(d.Namespace)] = true
	}
	var fresh []*unstructured.Unstructured
	for _, i := range next {
		if !had[i.key(d.Namespace)] {
			fresh = append(fresh, i.object)
		}
	}
	found, _, err := live(ctx, d.Cluster, d.Namespace, fresh)
	if err != nil {
		return nil, err
	}
	var foreign []Foreign
	for _, u := range found {
		if d.ours(u) {
			continue
		}
		notes := u.GetAnnotations()
		one := Foreign{Object: refOf(u), Release: notes[releaseNameNote], Namespace: notes[releaseNamespaceTag]}
		if one.Release == d.Name && one.Namespace == d.Namespace {
			one.Release, one.Namespace = "", "" // ours once; somebody took the label away
		}
		one.By, one.At = maker(u)
		foreign = append(foreign, one)
	}
	return foreign, nil
}

// maker is the program whose fields of an object are the oldest.
func maker(u *unstructured.Unstructured) (name string, at time.Time) {
	for _, entry := range u.GetManagedFields() {
		if entry.Subresource == "" && entry.Time != nil && (name == "" || entry.Time.Time.Before(at)) {
			name, at = entry.Manager, entry.Time.Time
		}
	}
	return name, at
}

// checkOwners refuses to write over what is not the release's: what another release has in any case, the rest unless it is
// to be adopted.
func (d *deployment) checkOwners(ctx context.Context, next, base []item) error {
	foreign, err := d.foreign(ctx, next, base)
	if err != nil {
		return err
	}
	refused := &NotOursError{}
	for _, object := range foreign {
		if !d.Adopt || object.Release != "" {
			refused.Objects = append(refused.Objects, object)
		} else {
			d.Say("adopting: %s", object)
		}
	}
	if len(refused.Objects) > 0 {
		return refused
	}
	return nil
}

// ours tells whether an object carries the marks by which Helm knows what is a release's own.
func (d *deployment) ours(u *unstructured.Unstructured) bool {
	notes := u.GetAnnotations()
	return u.GetLabels()[managedByLabel] == "Helm" && notes[releaseNameNote] == d.Name && notes[releaseNamespaceTag] == d.Namespace
}
