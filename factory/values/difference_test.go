package values_test

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"helm.sh/helm/v3/pkg/chartutil"
	"sigs.k8s.io/yaml"

	"github.com/helm-chart-factory/factory/factory/values"
)

// read returns a tree as Helm reads it from a file.
func read(t *testing.T, m values.Map) map[string]any {
	t.Helper()
	out := map[string]any{}
	if err := yaml.Unmarshal(m.Append(nil), &out); err != nil {
		t.Fatalf("%v\n%s", err, m.Append(nil))
	}
	return out
}

func TestDifference(t *testing.T) {
	from := values.Map{{Key: "same", Value: "x", Comment: "one"}, {Key: "other", Value: int64(1)}, {Key: "gone", Value: true},
		{Key: "map", Value: values.Map{{Key: "a", Value: "1"}, {Key: "b", Value: "2"}}}, {Key: "list", Value: []any{"a", values.Map{{Key: "k", Value: "v"}}}}}
	to := values.Map{{Key: "list", Value: []any{"a", values.Map{{Key: "k", Value: "v"}}}}, {Key: "same", Value: "x", Comment: "two"},
		{Key: "other", Value: "1"}, {Key: "map", Value: values.Map{{Key: "b", Value: "3"}}}, {Key: "new", Value: []any{}}}
	const want = "other: \"1\"\nmap:\n  b: \"3\"\n  a: null\nnew: []\ngone: null\n"
	if got := string(values.Difference(from, to).Append(nil)); got != want {
		t.Errorf("got\n%s", got)
	}
	if d := values.Difference(from, from); d != nil {
		t.Errorf("a tree differs from itself by %v", d)
	}
}

// TestDifferenceLeadsThere holds, for trees of every shape, that what Helm makes of one tree and the difference is the other.
func TestDifferenceLeadsThere(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		from, to := tree(random, 3), tree(random, 3)
		got := chartutil.CoalesceTables(read(t, values.Difference(from, to)), read(t, from))
		if want := read(t, to); !reflect.DeepEqual(got, want) {
			t.Fatalf("from\n%sto\n%sby\n%sis\n%v", from.Append(nil), to.Append(nil), values.Difference(from, to).Append(nil), got)
		}
	}
}

// tree makes a mapping of some of few keys. A key holds a mapping wherever it is, or never: over anything else Helm warns, though
// it does the same.
func tree(random *rand.Rand, depth int) values.Map {
	m := values.Map{}
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		switch kind := random.IntN(4); {
		case kind == 0:
		case key < "c" && depth > 0:
			m = append(m, values.Entry{Key: key, Value: tree(random, depth-1)})
		case key < "c":
			m = append(m, values.Entry{Key: key, Value: values.Map{}})
		case kind == 1:
			m = append(m, values.Entry{Key: key, Value: []any{int64(random.IntN(2)), values.Map{{Key: "x", Value: "y"}}}})
		case kind == 2:
			m = append(m, values.Entry{Key: key, Value: random.IntN(2) == 0})
		default:
			m = append(m, values.Entry{Key: key, Value: "text"})
		}
	}
	return m
}
