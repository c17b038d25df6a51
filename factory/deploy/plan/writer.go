package plan

import (
	"encoding/json"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Writer is who wrote a field: the field manager that owns it.
type Writer struct {
	Manager string
	At      time.Time
}

// WriterOf names who wrote a field last, by the object's managed fields; the zero Writer when nobody owns it.
// The form of FieldsV1 is that of https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management.
func WriterOf(managed []metav1.ManagedFieldsEntry, path Path) Writer {
	var last Writer
	for _, entry := range managed {
		if entry.FieldsV1 == nil {
			continue
		}
		var tree map[string]any
		if err := json.Unmarshal(entry.FieldsV1.GetRawBytes(), &tree); err != nil || !owns(tree, path) {
			continue
		}
		writer := Writer{Manager: entry.Manager}
		if entry.Time != nil {
			writer.At = entry.Time.Time
		}
		if last.Manager == "" || !writer.At.Before(last.At) {
			last = writer
		}
	}
	return last
}

// owns tells whether a tree of owned fields has the path, or a field above it that is owned as a whole.
func owns(tree map[string]any, path Path) bool {
	for _, step := range path {
		next := child(tree, step)
		if next == nil {
			return false
		}
		if len(next) == 0 {
			return true
		}
		tree = next
	}
	return true
}

func child(tree map[string]any, step Step) map[string]any {
	if step.Key == nil && step.Index < 0 {
		next, _ := tree["f:"+step.Name].(map[string]any)
		return next
	}
	if step.Index >= 0 {
		next, _ := tree[fmt.Sprintf("i:%d", step.Index)].(map[string]any)
		return next
	}
	for name, inner := range tree {
		var key map[string]any
		if len(name) < 2 || name[:2] != "k:" || json.Unmarshal([]byte(name[2:]), &key) != nil {
			continue
		}
		if sameKey(key, step.Key) {
			next, _ := inner.(map[string]any)
			return next
		}
	}
	return nil
}

// sameKey tells whether the server's key of an entry and ours name the same one. Numbers are written in one form each.
func sameKey(theirs, ours map[string]any) bool {
	shared := 0
	for name, value := range theirs {
		mine, ok := ours[name]
		if !ok {
			continue
		}
		if fmt.Sprint(mine) != fmt.Sprint(value) {
			return false
		}
		shared++
	}
	return shared > 0
}
