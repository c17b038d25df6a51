package plan

import (
	"bytes"
	"errors"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/helm-chart-factory/factory/factory/console"
)

func plain(_ console.Color, text string) string { return text }

func at(path ...string) Path {
	var p Path
	for _, name := range path {
		p = append(p, field(name))
	}
	return p
}

func TestWritePutsTheRisksFirst(t *testing.T) {
	p := &Plan{Release: "shop", Namespace: "prod", From: 3, To: 4, Notes: []string{"be careful"}, Objects: []Object{
		{Service: "web", Kind: "Deployment", Name: "web", Action: Change, Restarts: []Path{at("spec", "template", "x")}, Effect: "scales from 1 to 2",
			Fields: []Field{{Path: at("spec", "template", "x"), Change: Changed, Before: "a\nb\nc\n", After: "a\nB\nc\n"}, {Path: at("spec", "replicas"), Change: Changed, Before: 1, After: 2}},
			Drift:  []Drift{{Path: at("spec", "replicas"), Released: 3, Live: 1, By: "kubectl", At: time.Now().Add(-90 * time.Second)}}},
		{Service: "db", Kind: "ConfigMap", Name: "old", Action: Delete},
		{Service: "db", Kind: "StatefulSet", Name: "db", Namespace: "prod", Action: Change, Refused: &Refusal{Cause: "it cannot", Message: "said so", Next: "do this"}},
		{Kind: "Secret", Name: "keys", Action: Create, Warnings: []string{"old\nversion"}},
	}, Hooks: []Hook{{Service: "db", Kind: "Job", Name: "migrate", Events: []string{"pre-upgrade"}}}}
	p.Sort()
	p.Count()
	var out bytes.Buffer
	p.Write(&out, plain)
	want := `release shop in namespace prod: revision 3, would become revision 4

REFUSED: the deploy would fail
  statefulset/db: it cannot
    said  said so
    next  do this

DELETED
  db configmap/old

RESTARTS
  deployment/web: spec.template.x
    scales from 1 to 2

DRIFT: changed by others since the last release
  deployment/web: spec.replicas is 1, released as 3, by kubectl, 1m ago: overwritten

umbrella
  + secret/keys
      warning: old version

db
  - configmap/old
  ~ statefulset/db

web
  ~ deployment/web   scales from 1 to 2
      spec.template.x:
        @@ -1,3 +1,3 @@
         a
        -b
        +B
         c
      spec.replicas: 1 -> 2

hooks
  job/migrate of db: pre-upgrade

note: be careful

1 object is created, 2 objects change, 1 workload restarts, 1 is deleted, 1 is refused
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSummary(t *testing.T) {
	for _, test := range []struct {
		to   int
		c    Counts
		want string
	}{
		{4, Counts{Changed: 3, Restarted: 1}, "3 objects change, 1 workload restarts, none is deleted"},
		{4, Counts{Created: 2, Deleted: 3, Replaced: 1}, "2 objects are created, no object changes, 1 is replaced, no workload restarts, 3 are deleted"},
		{0, Counts{}, "nothing changes"},
		{0, Counts{Drifted: 2}, "the deploy writes nothing; 2 objects have drifted"},
	} {
		if got := (&Plan{To: test.to, Counts: test.c}).Summary(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestExplain(t *testing.T) {
	claim := schema.GroupKind{Kind: "PersistentVolumeClaim"}
	immutable := apierrors.NewInvalid(claim, "data", nil)
	immutable.ErrStatus.Message = "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"
	immutable.ErrStatus.Details.Causes = []metav1.StatusCause{{Field: "spec.resources.requests.storage"}}
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "keys", errors.New(`User "eve" cannot patch resource "secrets"`))
	for _, test := range []struct {
		object Object
		err    error
		reason Reason
		cause  string
		next   string
	}{
		{Object{Kind: "PersistentVolumeClaim", Name: "data"}, immutable, Immutable, "spec.resources.requests.storage cannot change on an object that exists", "give the volume its old values again: a claim can only grow"},
		{Object{Kind: "Secret", Name: "keys"}, forbidden, Forbidden, "this user's rights do not allow it: patch secrets", "kubectl auth can-i --list, and ask who runs the cluster"},
		{Object{Kind: "RoleBinding", Name: "r", Namespace: "n"}, errors.New("roleRef: Invalid value: cannot change roleRef"), Immutable, "a field cannot change on an object that exists", "kubectl -n n delete rolebinding r, then factory deploy"},
		{Object{Kind: "Pod", Name: "p"}, errors.New(`pods "p" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true`), PodSecurity,
			`the namespace's Pod Security level refuses the pod: "restricted:latest": runAsNonRoot != true`, "correct the service's security settings, or run it in a namespace with a lower level"},
		{Object{Kind: "Service", Name: "s"}, errors.New("the server is on fire"), Other, "the cluster refuses it: the server is on fire", ""},
	} {
		if got := Explain(&test.object, test.err); got.Reason != test.reason || got.Cause != test.cause || got.Next != test.next {
			t.Errorf("%v: got %+v", test.err, got)
		}
	}
}

func TestWriterOf(t *testing.T) {
	entry := func(manager, fields string, seconds int64) metav1.ManagedFieldsEntry {
		stamp := metav1.Unix(seconds, 0)
		return metav1.ManagedFieldsEntry{Manager: manager, Time: &stamp, FieldsV1: metav1.NewFieldsV1(fields)}
	}
	managed := []metav1.ManagedFieldsEntry{
		entry("helm", `{"f:spec":{"f:replicas":{},"f:selector":{},"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{".":{},"f:image":{},"f:ports":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{"f:name":{}}}}}}}}}`, 1),
		entry("kubectl", `{"f:spec":{"f:replicas":{}}}`, 2),
	}
	containers := at("spec", "template", "spec", "containers").with(Step{Name: "web", Key: map[string]any{"name": "web"}, Index: -1})
	for _, test := range []struct {
		path Path
		want string
	}{
		{at("spec", "replicas"), "kubectl"},
		{at("spec", "selector", "matchLabels", "app"), "helm"},
		{containers.with(field("image")), "helm"},
		{containers.with(field("args")), ""},
		{containers.with(field("ports")).with(Step{Name: "80", Key: map[string]any{"containerPort": int64(80), "protocol": "TCP"}, Index: -1}).with(field("name")), "helm"},
		{at("metadata", "labels"), ""},
	} {
		if got := WriterOf(managed, test.path); got.Manager != test.want {
			t.Errorf("%s: written by %q, want %q", test.path, got.Manager, test.want)
		}
	}
}
