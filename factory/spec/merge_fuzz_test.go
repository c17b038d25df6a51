package spec

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// FuzzMerge holds that laying any layer over any other ends soon, leaves both as they are, gives the same each time, and can be
// decoded, whatever a null means.
func FuzzMerge(f *testing.F) {
	for _, seed := range [][2]string{
		{"port: 1\nenv: {A: b, C: d}\n", "env: {A: null, E: f}\n"},
		{"sidecars: {a: {image: x, env: {B: c}}}\n", "sidecars: {a: {image: y}, b: {image: z}}\n"},
		{"ingress: {host: a, paths: {/: http}}\n", "ingress: {hosts: [b], path: /x}\n"},
		{"affinity: {podAffinity: [{name: a, x: 1}, {name: b}]}\n", "affinity: {podAffinity: {a: {x: 2}, b: null}}\n"},
		{"affinity: {l: [{name: a}, {name: b}]}\n", "affinity: {l: [{name: b, y: 1}, {name: c}]}\n"},
		{"image: x\n", "build: {context: ..}\n"}, {"volumes: {a: /x}\n", "volumes: {a: {size: 1Gi}}\n"},
		{"a: &x {b: c}\nd: *x\n", "a: null\nd: {e: ~}\n"}, {"strategy: Recreate\n", "strategy: {maxSurge: 1}\n"}, {"resources: small\n", "resources: {limits: {cpu: null}}\n"},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, lower, upper []byte) {
		start := time.Now()
		below, above := fuzzedLayer(lower), fuzzedLayer(upper)
		if below == nil || above == nil {
			return
		}
		for _, nulls := range []nulls{refuseNulls, removeIfSaid, removeSaid} {
			first, problems := fuzzedMerge(nulls, below, above)
			second, again := fuzzedMerge(nulls, below, above)
			if !reflect.DeepEqual(problems, again) || !reflect.DeepEqual(first, second) {
				t.Fatalf("another outcome: %v %v", problems, again)
			}
			decoded := Problems{}
			fuzzedDecoder(&decoded).decode(first, newService())
		}
		if !reflect.DeepEqual(below, fuzzedLayer(lower)) || !reflect.DeepEqual(above, fuzzedLayer(upper)) {
			t.Fatal("a layer was changed")
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Fatalf("took %v", took)
		}
	})
}

func fuzzedLayer(text []byte) *yaml.Node {
	var problems Problems
	s := parse("service.yaml", bytes.Clone(text), &problems)
	if len(problems) > 0 {
		return nil
	}
	return s.root
}

func fuzzedMerge(n nulls, below, above *yaml.Node) (*yaml.Node, Problems) {
	problems := Problems{}
	m := &merger{decoder: fuzzedDecoder(&problems), nulls: n}
	return m.merge(reflect.TypeFor[Service](), below, above), problems
}

func fuzzedDecoder(problems *Problems) *decoder {
	d := newDecoder(problems)
	d.from = &source{file: "service.yaml"}
	return d
}
