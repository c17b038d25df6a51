package plan

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// read is an object written as YAML, with its numbers as the API server's answers have them.
func read(t *testing.T, text string) map[string]any {
	t.Helper()
	var object map[string]any
	if err := yaml.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	return object
}

func tellFields(fields []Field) string {
	var lines []string
	for _, f := range fields {
		before, _ := json.Marshal(f.Before)
		after, _ := json.Marshal(f.After)
		line := fmt.Sprintf("%s %s %s -> %s", f.Path, f.Change, before, after)
		if f.Hidden {
			line = fmt.Sprintf("%s %s hidden", f.Path, f.Change)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestDiff(t *testing.T) {
	for name, test := range map[string]struct{ before, after, want string }{
		"nothing":                  {"a: {b: 1}", "a: {b: 1}", ""},
		"a value":                  {"a: {b: 1}", "a: {b: 2}", "a.b changed 1 -> 2"},
		"a value of another type":  {"a: {b: 1}", "a: {b: [x]}", `a.b changed 1 -> ["x"]`},
		"a field":                  {"a: {}", "a: {b: 2}", "a.b added null -> 2"},
		"null is absent":           {"a: {b: null}", "a: {}", ""},
		"a field gone":             {"a: {b: {c: d}}", "a: {}", `a.b removed {"c":"d"} -> null`},
		"a key with a dot":         {"data: {a.conf: x}", "data: {a.conf: z}", `data[a.conf] changed "x" -> "z"`},
		"scalars are one value":    {"args: [a, b]", "args: [a, c]", `args changed ["a","b"] -> ["a","c"]`},
		"an entry by name":         {"env: [{name: A, value: x}]", "env: [{name: B, value: w}, {name: A, value: z}]", "env[A].value changed \"x\" -> \"z\"\nenv[B] added null -> {\"name\":\"B\",\"value\":\"w\"}"},
		"an entry gone":            {"env: [{name: A}, {name: B}]", "env: [{name: B}]", `env[A] removed {"name":"A"} -> null`},
		"another order":            {"env: [{name: A}, {name: B}]", "env: [{name: B}, {name: A}]", `env changed ["A","B"] -> ["B","A"]`},
		"ports by number":          {"ports: [{containerPort: 80, protocol: TCP}]", "ports: [{containerPort: 80}, {containerPort: 81}]", "ports[80].protocol removed \"TCP\" -> null\nports[81] added null -> {\"containerPort\":81}"},
		"one port, two protocols":  {"ports: [{port: 53}, {port: 53, protocol: UDP, x: 1}]", "ports: [{port: 53}, {port: 53, protocol: UDP, x: 2}]", "ports[53/UDP].x changed 1 -> 2"},
		"mounts of one volume":     {"m: [{name: v, mountPath: /a}, {name: v, mountPath: /b}]", "m: [{name: v, mountPath: /a}, {name: v, mountPath: /b, readOnly: true}]", "m[/b].readOnly added null -> true"},
		"entries with no identity": {"from: [{a: {x: 1}}]", "from: [{a: {x: 2}}]", "from[0].a.x changed 1 -> 2"},
		"more of them":             {"from: [{a: 1}]", "from: [{a: 1}, {b: 2}]", `from changed [{"a":1}] -> [{"a":1},{"b":2}]`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tellFields(Diff(read(t, test.before), read(t, test.after))); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestCompareLeavesOutWhatNobodyDecided(t *testing.T) {
	before := read(t, `{apiVersion: v1, kind: Service, metadata: {name: a, resourceVersion: "1", generation: 1, managedFields: [{manager: x}],
		annotations: {deployment.kubernetes.io/revision: "1", kubectl.kubernetes.io/last-applied-configuration: x}}, status: {a: 1}, spec: {}}`)
	after := read(t, `{apiVersion: v1, kind: Service, metadata: {name: a, resourceVersion: "2", generation: 2, uid: u, annotations: {}}, status: {a: 2},
		spec: {defaulted: true, ports: [{name: http, port: 80, protocol: TCP, targetPort: 80}]}}`)
	rendered := read(t, `{spec: {ports: [{name: http, port: 80}]}}`)
	want := `spec.ports added null -> [{"name":"http","port":80}]`
	if got := tellFields(Compare(before, after, rendered)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCompareHidesSecrets(t *testing.T) {
	const head = "apiVersion: v1\nkind: Secret\n"
	for name, test := range map[string]struct{ before, after, rendered, want string }{
		"a value":       {"data: {k: b2xk}", "data: {k: bmV3}", "data: {k: bmV3}", "data.k changed hidden"},
		"a key":         {"data: {k: b2xk}", "data: {k: b2xk, m: bmV3}", "stringData: {k: old, m: new}", "data.m added hidden"},
		"a key gone":    {"data: {k: b2xk, m: bmV3}", "data: {k: b2xk}", "data: {k: b2xk}", "data.m removed hidden"},
		"the first key": {"type: Opaque", "data: {k: b2xk, m: b2xk}", "stringData: {k: old, m: old}", "data.k added hidden\ndata.m added hidden\ntype removed \"Opaque\" -> null"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tellFields(Compare(read(t, head+test.before), read(t, head+test.after), read(t, head+test.rendered))); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	const image = "spec.template.spec.containers[a].image"
	object := "apiVersion: apps/v1\nkind: %s\nspec: {replicas: %d, %s, template: {spec: {containers: [{name: a, image: %s}]}}}"
	for name, test := range map[string]struct {
		kind, before, after, spec, restarts, effect string
		from, to                                    int
	}{
		"a new image":         {kind: "Deployment", before: "x", after: "y", spec: "a: b", restarts: image},
		"more replicas":       {kind: "Deployment", before: "x", after: "x", spec: "a: b", from: 1, to: 4, effect: "scales from 1 to 4"},
		"all at once":         {kind: "Deployment", before: "x", after: "y", spec: "strategy: {type: Recreate}", restarts: image, effect: "all its pods stop before new ones start (strategy Recreate)"},
		"paused":              {kind: "Deployment", before: "x", after: "y", spec: "paused: true", effect: "its pods change only once it is resumed (paused)"},
		"only when deleted":   {kind: "StatefulSet", before: "x", after: "y", spec: "updateStrategy: {type: OnDelete}", effect: "its pods change only once they are deleted (update strategy OnDelete)"},
		"part of them":        {kind: "StatefulSet", before: "x", after: "y", spec: "updateStrategy: {rollingUpdate: {partition: 2}}", restarts: image, effect: "only its pods from number 2 on are replaced (partition)"},
		"a job of the future": {kind: "CronJob", before: "x", after: "y", spec: "a: b"},
	} {
		t.Run(name, func(t *testing.T) {
			before, after := read(t, fmt.Sprintf(object, test.kind, test.from, test.spec, test.before)), read(t, fmt.Sprintf(object, test.kind, test.to, test.spec, test.after))
			integers(after)
			o := Object{Kind: test.kind, Action: Change, Fields: Compare(before, after, nil)}
			o.Judge(after)
			var restarts []string
			for _, path := range o.Restarts {
				restarts = append(restarts, path.String())
			}
			if got := strings.Join(restarts, " "); got != test.restarts || o.Effect != test.effect {
				t.Errorf("restarts %q, effect %q; want %q and %q", got, o.Effect, test.restarts, test.effect)
			}
		})
	}
}

// integers makes the partition what the API server's decoder makes of it.
func integers(object map[string]any) {
	spec := object["spec"].(map[string]any)
	update, _ := spec["updateStrategy"].(map[string]any)
	if rolling, ok := update["rollingUpdate"].(map[string]any); ok {
		rolling["partition"] = int64(rolling["partition"].(float64))
	}
}
