package plan

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Judge says what the fields of a change do to running pods. after is the object as it would be.
func (o *Object) Judge(after map[string]any) {
	if o.Refused != nil || o.Action != Change || !rolls(after) {
		return
	}
	for _, f := range o.Fields {
		if f.Path.under("spec", "template") {
			o.Restarts = append(o.Restarts, f.Path)
		}
	}
	if len(o.Restarts) > 0 {
		o.Effect = manner(after)
		if o.Effect == onDelete || o.Effect == paused {
			o.Restarts = nil
		}
	}
	if i := slices.IndexFunc(o.Fields, func(f Field) bool { return f.Path.String() == "spec.replicas" }); i >= 0 {
		o.Effect = Join(o.Effect, fmt.Sprintf("scales from %v to %v", o.Fields[i].Before, o.Fields[i].After))
	}
}

const (
	onDelete = "its pods change only once they are deleted (update strategy OnDelete)"
	paused   = "its pods change only once it is resumed (paused)"
	atOnce   = "all its pods stop before new ones start (strategy Recreate)"
)

// rolls tells the kinds whose controllers replace their pods when the template changes.
func rolls(object map[string]any) bool {
	if object["apiVersion"] != "apps/v1" {
		return false
	}
	switch object["kind"] {
	case "Deployment", "StatefulSet", "DaemonSet":
		return true
	}
	return false
}

// manner says how pods are replaced when it is not one after the other.
func manner(object map[string]any) string {
	strategy, _, _ := unstructured.NestedString(object, "spec", "strategy", "type")
	update, _, _ := unstructured.NestedString(object, "spec", "updateStrategy", "type")
	held, _, _ := unstructured.NestedBool(object, "spec", "paused")
	partition, _, _ := unstructured.NestedInt64(object, "spec", "updateStrategy", "rollingUpdate", "partition")
	switch {
	case held:
		return paused
	case update == "OnDelete":
		return onDelete
	case strategy == "Recreate":
		return atOnce
	case partition > 0:
		return fmt.Sprintf("only its pods from number %d on are replaced (partition)", partition)
	}
	return ""
}

// Join puts two effects into one; either may be empty.
func Join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// Loses says what is lost with an object that is deleted, or "".
func Loses(object map[string]any) string {
	switch object["kind"] {
	case "PersistentVolumeClaim":
		return "its volume and the data in it go with it, where the storage class says so"
	case "Namespace":
		return "everything in it goes with it"
	case "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod":
		return "its pods stop"
	case "Secret":
		return "its values are lost"
	}
	return ""
}
