package manifests

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/source"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// object is one Kubernetes object of the source.
type object struct {
	node *source.Node
	// group is that of its API, "" for the core; kind and name are as written.
	group, kind, name, namespace string
	// placed says that it went into a service, or was reported as a whole.
	placed bool
	// mentioned says that a spec refers to it by name; keys are those of a ConfigMap that went into specs.
	mentioned bool
	keys      map[string]bool
}

func (o *object) String() string { return o.kind + " " + o.name }

// is tells whether it is of a kind: KIND for one of Kubernetes itself, or KIND.group.
func (o *object) is(kinds ...string) bool {
	return slices.ContainsFunc(kinds, func(kind string) bool {
		name, group, grouped := strings.Cut(kind, ".")
		if name != o.kind {
			return false
		}
		own := o.group == "" || !strings.Contains(o.group, ".") || strings.HasSuffix(o.group, ".k8s.io") && o.group != "gateway.networking.k8s.io"
		return grouped && group == o.group || !grouped && own
	})
}

func (o *object) spec(path ...string) *source.Node {
	return o.node.Get(append([]string{"spec"}, path...)...)
}

func (o *object) meta(path ...string) *source.Node {
	return o.node.Get(append([]string{"metadata"}, path...)...)
}

// labels returns a mapping of texts; what is no text is left out.
func labels(n *source.Node) map[string]string {
	made := map[string]string{}
	if n != nil {
		for _, pair := range n.Pairs {
			if pair.Value.Kind == source.Scalar {
				made[pair.Key.Text] = pair.Value.Text
			}
		}
	}
	return made
}

// read reads every object of the files, those of a List among them. The error is spec.Problems.
func read(folder source.Folder, paths []string) ([]*object, error) {
	var objects []*object
	var problems spec.Problems
	for _, path := range paths {
		documents, err := folder.Parse(path)
		if err != nil {
			problems = append(problems, err.(spec.Problems)...)
			continue
		}
		for _, n := range documents {
			objects = appendObjects(objects, n, &problems, 0)
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return objects, nil
}

func appendObjects(objects []*object, n *source.Node, problems *spec.Problems, depth int) []*object {
	api, kind := n.Get("apiVersion"), n.Get("kind")
	if !api.Is(source.Scalar) || !kind.Is(source.Scalar) || depth > 3 {
		*problems = append(*problems, spec.Problem{Position: n.At, Text: "this is no Kubernetes object: it has no apiVersion and kind; leave the file out"})
		return objects
	}
	if strings.HasSuffix(kind.Text, "List") && n.Get("items").Is(source.Sequence) {
		for _, item := range n.Get("items").Items {
			objects = appendObjects(objects, item, problems, depth+1)
		}
		return objects
	}
	o := &object{node: n, kind: kind.Text}
	if group, _, grouped := strings.Cut(api.Text, "/"); grouped {
		o.group = group
	}
	if name := n.Get("metadata", "name"); name.Is(source.Scalar) {
		o.name = name.Text
	}
	if namespace := n.Get("metadata", "namespace"); namespace.Is(source.Scalar) {
		o.namespace = namespace.Text
	}
	if o.name == "" {
		*problems = append(*problems, spec.Problem{Position: n.At, Text: fmt.Sprintf("the %s has no metadata.name", source.Shorten(o.kind))})
		return objects
	}
	return append(objects, o)
}
