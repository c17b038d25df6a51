package rendered

import (
	"errors"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

// Object is one manifest.
type Object struct {
	// Service is the service whose chart made it; empty for the umbrella's own.
	Service string
	// Template is the file that it comes from, relative to the umbrella.
	Template string

	APIVersion, Kind, Namespace, Name string

	Labels, Annotations map[string]string

	// Fields are all of it, with the values that JSON has. They are nil when the text is no object at all.
	Fields map[string]any
	// Typed is the object in the API's type. It is nil for kinds that the linked API does not have, and for what does not fit.
	Typed runtime.Object
	// Wrong is why the text is no object, or what strict decoding into the API's type complains about. It may be nil.
	Wrong error
}

// String names the object as people do.
func (o *Object) String() string {
	if o.Kind == "" {
		return o.Template
	}
	return o.Kind + " " + o.Name
}

// Hook tells whether Helm runs the object at the given event: pre-install, post-upgrade, test and so on.
func (o *Object) Hook(event string) bool {
	for _, word := range strings.Split(o.Annotations["helm.sh/hook"], ",") {
		if strings.TrimSpace(word) == event {
			return true
		}
	}
	return false
}

// IsHook tells whether the object is not part of the release itself: Helm makes it, and perhaps removes it, at some event.
func (o *Object) IsHook() bool { return o.Annotations["helm.sh/hook"] != "" }

// At returns the value of a field, by the path from the top, or nil.
func (o *Object) At(path ...string) any {
	var value any = o.Fields
	for _, name := range path {
		fields, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = fields[name]
	}
	return value
}

// Text returns the text of a field, by the path from the top, or "".
func (o *Object) Text(path ...string) string {
	text, _ := o.At(path...).(string)
	return text
}

// Maps returns the objects in a list, by the path from the top.
func (o *Object) Maps(path ...string) []map[string]any {
	list, _ := o.At(path...).([]any)
	var out []map[string]any
	for _, item := range list {
		if fields, ok := item.(map[string]any); ok {
			out = append(out, fields)
		}
	}
	return out
}

// Is tells whether the object is of that kind in one of the group's versions. The core group is "".
func (o *Object) Is(group, kind string) bool {
	g, _, found := strings.Cut(o.APIVersion, "/")
	if !found {
		g = ""
	}
	return o.Kind == kind && g == group
}

// decoder turns texts into objects.
type decoder struct{ strict runtime.Decoder }

func newDecoder() decoder {
	return decoder{strict: serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()}
}

// objects returns what a text holds: nothing, an object, or those of a list.
func (d decoder) objects(text string) []*Object {
	wrong := func(err error) []*Object { return []*Object{{Wrong: err}} }
	data, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		return wrong(fmt.Errorf("this is not YAML: %w", err))
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return wrong(fmt.Errorf("this is not YAML: %w", err))
	}
	if value == nil {
		return nil
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return wrong(errors.New("this is no object of Kubernetes, which has an apiVersion, a kind and metadata"))
	}
	items, ok := fields["items"].([]any)
	if !ok || fields["kind"] != "List" || fields["apiVersion"] != "v1" {
		return []*Object{d.object(fields, data)}
	}
	var out []*Object
	for _, item := range items {
		fields, ok := item.(map[string]any)
		data, err := json.Marshal(item)
		if !ok || err != nil {
			out = append(out, wrong(errors.New("an item of the list is no object of Kubernetes"))...)
			continue
		}
		out = append(out, d.object(fields, data))
	}
	return out
}

// object makes an object of its fields, which data holds as JSON.
func (d decoder) object(fields map[string]any, data []byte) *Object {
	o := &Object{Fields: fields}
	o.APIVersion, o.Kind = o.Text("apiVersion"), o.Text("kind")
	o.Name, o.Namespace = o.Text("metadata", "name"), o.Text("metadata", "namespace")
	o.Labels, o.Annotations = texts(o.At("metadata", "labels")), texts(o.At("metadata", "annotations"))
	if o.APIVersion == "" || o.Kind == "" {
		o.Wrong = errors.New("apiVersion or kind is missing")
		return o
	}
	if typed, _, err := d.strict.Decode(data, nil, nil); !runtime.IsNotRegisteredError(err) {
		o.Typed, o.Wrong = typed, err
	}
	return o
}

func texts(value any) map[string]string {
	fields, _ := value.(map[string]any)
	out := make(map[string]string, len(fields))
	for name, value := range fields {
		if text, ok := value.(string); ok {
			out[name] = text
		}
	}
	return out
}

// clusterWide tells whether objects of a kind stand outside namespaces. Kinds that it does not know are taken to be in one.
func clusterWide(kind string) bool {
	switch kind {
	case "Namespace", "Node", "PersistentVolume", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "PriorityClass",
		"StorageClass", "IngressClass", "GatewayClass", "ClusterIssuer", "ClusterSecretStore", "ClusterExternalSecret",
		"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy",
		"ValidatingAdmissionPolicyBinding", "RuntimeClass", "CSIDriver", "APIService":
		return true
	}
	return false
}

// Selects tells whether a selector chooses what has these labels. A nil selector chooses nothing, an empty one everything.
func Selects(s *metav1.LabelSelector, labels map[string]string) bool {
	selector, err := metav1.LabelSelectorAsSelector(s)
	return err == nil && selector.Matches(labelSet(labels))
}
