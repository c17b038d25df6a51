package deploy

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// item is one object of a rendered manifest and the service, that is the subchart, whose template it came from.
type item struct {
	service string
	object  *unstructured.Unstructured
}

// objectKey is what makes two manifests' objects the same one to Helm: its version may differ.
type objectKey struct{ group, kind, namespace, name string }

func (i item) key(namespace string) objectKey {
	kind := i.object.GroupVersionKind()
	if own := i.object.GetNamespace(); own != "" {
		namespace = own
	}
	return objectKey{kind.Group, kind.Kind, namespace, i.object.GetName()}
}

// parseItems reads a rendered manifest: documents that each begin with Helm's comment "# Source: <chart>/…".
func parseItems(manifest string) ([]item, error) {
	reader := yaml.NewYAMLReader(bufio.NewReader(strings.NewReader(manifest)))
	var items []item
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return items, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the release's manifest: %w", err)
		}
		objects, err := decode(document)
		if err != nil {
			return nil, fmt.Errorf("reading the release's manifest, %s: %w", sourceOf(document), err)
		}
		for _, object := range objects {
			items = append(items, item{service: serviceOf(sourceOf(document)), object: object})
		}
	}
}

// decode reads one document; a List is the objects in it.
func decode(document []byte) ([]*unstructured.Unstructured, error) {
	content, err := yaml.ToJSON(document)
	if err != nil || string(content) == "null" || string(content) == "{}" {
		return nil, err
	}
	u := &unstructured.Unstructured{}
	if err := u.UnmarshalJSON(content); err != nil {
		return nil, err
	}
	if !u.IsList() {
		return []*unstructured.Unstructured{u}, nil
	}
	list, err := u.ToList()
	if err != nil {
		return nil, err
	}
	var objects []*unstructured.Unstructured
	for i := range list.Items {
		objects = append(objects, &list.Items[i])
	}
	return objects, nil
}

// sourceOf is the template that a document was rendered from: "platform/charts/web/templates/service.yaml".
func sourceOf(document []byte) string {
	for line := range strings.Lines(string(document)) {
		if source, found := strings.CutPrefix(line, "# Source: "); found {
			return strings.TrimSpace(source)
		}
		if !strings.HasPrefix(line, "#") && strings.TrimSpace(line) != "" && strings.TrimSpace(line) != "---" {
			break
		}
	}
	return ""
}

// serviceOf is the subchart in a template's path, or "" for one of the umbrella's own.
func serviceOf(source string) string {
	words := strings.Split(source, "/")
	if len(words) > 2 && words[1] == "charts" {
		return words[2]
	}
	return ""
}

func objectsOf(items []item) []*unstructured.Unstructured {
	objects := make([]*unstructured.Unstructured, len(items))
	for i, item := range items {
		objects[i] = item.object
	}
	return objects
}
