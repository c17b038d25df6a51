package explain

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/spec"
)

// settledKey is a key of a service, or of the project, with what it comes to, said or not.
type settledKey struct {
	file string // spec.ServiceFile or spec.ProjectFile
	path keyPath
	// values are those of the service when the key comes to something else.
	values []func() map[string]any
}

// probe makes a question of the key: what is seen, given the values.
func (k settledKey) probe(see func(values map[string]any) picture) probe {
	p := probe{depth: len(k.path)}
	for _, values := range k.values {
		p.changes = append(p.changes, func() picture { return see(values()) })
	}
	return p
}

// settledKeys returns every scalar that a key of the specs holds once everything is defaulted. A change is made in what was loaded
// itself, and taken back.
func (s *Service) settledKeys() []settledKey {
	return append(s.settledIn(spec.ServiceFile, s.service), s.settledIn(spec.ProjectFile, s.there)...)
}

func (s *Service) settledIn(file string, holder any) []settledKey {
	var out []settledKey
	visit(reflect.ValueOf(holder).Elem(), nil, func() {}, func(at keyPath, v reflect.Value, commit func()) {
		key := settledKey{file: file, path: at}
		for _, other := range otherScalars(v) {
			key.values = append(key.values, func() map[string]any {
				before := reflect.New(v.Type()).Elem()
				before.Set(v)
				defer func() {
					v.Set(before)
					commit()
				}()
				v.Set(other)
				commit()
				return s.values()
			})
		}
		out = append(out, key)
	})
	return out
}

// visit calls leaf for every scalar that a spec's key holds. Commit makes a change of it count.
func visit(v reflect.Value, at keyPath, commit func(), leaf func(keyPath, reflect.Value, func())) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			visit(v.Elem(), at, commit, leaf)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if key, _, _ := strings.Cut(field.Tag.Get("spec"), ","); key != "" && field.IsExported() {
				visit(v.Field(i), at.name(key), commit, leaf)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			visit(v.Index(i), at.item(i), commit, leaf)
		}
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		for _, key := range keys {
			entry := reflect.New(v.Type().Elem()).Elem()
			entry.Set(v.MapIndex(key))
			visit(entry, at.name(fmt.Sprint(key)), func() {
				v.SetMapIndex(key, entry)
				commit()
			}, leaf)
		}
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64:
		leaf(at, v, commit)
	}
}

// otherScalars returns values of the same type that are not the same.
func otherScalars(v reflect.Value) []reflect.Value {
	other := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.Bool:
		other.SetBool(!v.Bool())
	case reflect.String:
		var out []reflect.Value
		for _, text := range likeTexts(v.String()) {
			one := reflect.New(v.Type()).Elem()
			one.SetString(text)
			out = append(out, one)
		}
		return out
	default:
		// A length of time counts in whole seconds.
		other.SetInt(v.Int() + 1)
		longer := reflect.New(v.Type()).Elem()
		longer.SetInt(v.Int() + 1_000_000_000)
		return []reflect.Value{other, longer}
	}
	return []reflect.Value{other}
}
