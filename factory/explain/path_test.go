package explain

import (
	"testing"

	"sigs.k8s.io/yaml"
)

func TestFind(t *testing.T) {
	var tree map[string]any
	err := yaml.Unmarshal([]byte(`
metadata: {labels: {app.kubernetes.io/name: x, a: "1"}}
spec:
  containers: [{name: web, image: i}, {name: side, image: j}]
  numbers: [1, 2]
`), &tree)
	if err != nil {
		t.Fatal(err)
	}
	for asked, want := range map[string]string{
		"":                                          "",
		"spec.containers[0].image":                  "spec.containers[0].image",
		"spec.containers.0.image":                   "spec.containers[0].image",
		"spec.containers[name=side].image":          "spec.containers[1].image",
		"metadata.labels.a":                         "metadata.labels.a",
		"metadata.labels.app.kubernetes.io/name":    `metadata.labels["app.kubernetes.io/name"]`,
		"metadata.labels[app.kubernetes.io/name]":   `metadata.labels["app.kubernetes.io/name"]`,
		`metadata.labels["app.kubernetes.io/name"]`: `metadata.labels["app.kubernetes.io/name"]`,
		`metadata.labels['app.kubernetes.io/name']`: `metadata.labels["app.kubernetes.io/name"]`,
	} {
		selectors, err := parseSelectors(asked)
		if err != nil {
			t.Errorf("%s: %v", asked, err)
			continue
		}
		at, _, err := find(tree, selectors)
		if err != nil || at.String() != want {
			t.Errorf("%s: got %s, %v", asked, at, err)
		}
	}
	for asked, want := range map[string]string{
		"spec.x":                       "spec.x is not there; spec has containers, numbers",
		"x":                            "x is not there; the object has metadata, spec",
		"spec.containers[2]":           "spec.containers[2] is not there; spec.containers is a list of 2",
		"spec.containers[name=z]":      "spec.containers[name=z] is not there; spec.containers is a list of 2",
		"spec.numbers[0].x":            "spec.numbers[0].x is not there; spec.numbers[0] is 1, and has no parts",
		"spec.numbers[name=x]":         "spec.numbers[name=x] is not there; spec.numbers is a list of 2",
		"metadata.labels.app[other]":   "metadata.labels.app is not there; metadata.labels has a, app.kubernetes.io/name",
		"spec.containers[0].image.tag": "spec.containers[0].image.tag is not there; spec.containers[0].image is i, and has no parts",
	} {
		selectors, err := parseSelectors(asked)
		if err != nil {
			t.Errorf("%s: %v", asked, err)
			continue
		}
		if _, _, err = find(tree, selectors); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", asked, err, want)
		}
	}
	for asked, want := range map[string]string{"a[b": `"a[b" has a [ without its ]`, "a..b": `"a..b" has an empty part`} {
		if _, err := parseSelectors(asked); err == nil || err.Error() != want {
			t.Errorf("%s: got %v", asked, err)
		}
	}
}
