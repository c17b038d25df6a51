package explain

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/subchart"
	"github.com/helm-chart-factory/factory/factory/umbrella"
)

// Objects lists the manifests of the service, as KIND/NAME.
func (s *Service) Objects() ([]string, error) {
	objects, err := s.rendering.objects()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, o := range objects {
		out = append(out, o.kind+"/"+o.name)
	}
	slices.Sort(out)
	return out, nil
}

// Leaves answers for every leaf that is asked about. Object is a kind, or KIND/NAME where the service has several of it. Path leads
// to a leaf, or to what holds leaves; empty means all of the object.
func (s *Service) Leaves(object, path string) ([]Answer, error) {
	o, err := s.object(object)
	if err != nil {
		return nil, err
	}
	selectors, err := parseSelectors(path)
	if err != nil {
		return nil, wrong("the path %v", err)
	}
	at, tree, err := find(o.tree, selectors)
	if err != nil {
		return nil, wrong("%s %s: %v", o.kind, o.name, err)
	}
	study, err := s.study(o)
	if err != nil {
		return nil, err
	}
	var answers []Answer
	for _, l := range leaves(tree) {
		answers = append(answers, study.answer(o, append(slices.Clip(at), l.path...), l.value))
	}
	return answers, nil
}

// object finds a manifest by its kind, and by its name where there are several.
func (s *Service) object(asked string) (object, error) {
	objects, err := s.rendering.objects()
	if err != nil {
		return object{}, err
	}
	kind, name, named := strings.Cut(asked, "/")
	var found []object
	var all, same []string
	for _, o := range objects {
		all = append(all, o.kind)
		if strings.EqualFold(o.kind, kind) {
			same = append(same, o.kind+"/"+o.name)
			if !named || o.name == name {
				found = append(found, o)
			}
		}
	}
	slices.Sort(all)
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(same) == 0:
		return object{}, wrong("%s has no %s; it has %s", s.name, kind, strings.Join(slices.Compact(all), ", "))
	case len(found) == 0:
		return object{}, wrong("%s has no %s; it has %s", s.name, asked, strings.Join(same, ", "))
	default:
		return object{}, wrong("%s has several: say one of %s", s.name, strings.Join(same, ", "))
	}
}

// study is what was seen of one manifest while inputs were changed.
type study struct {
	*Service
	*made
	rendering rendering
	base      picture
	values    []valueInput
	byValue   influence
	lines     []templateLine
	byLine    influence
	files     []fileInput
	byFile    influence
	// byHidden is what keys do to the manifest whose default leaves no trace in the values.
	byHidden influence
}

func (s *Service) study(o object) (*study, error) {
	made, err := s.made()
	if err != nil {
		return nil, err
	}
	r := s.rendering.only(o.template)
	base := r.picture(s.random)
	st := &study{Service: s, made: made, rendering: r, base: base, values: r.valueInputs(base, s.random), lines: r.templateLines(s.random)}
	if st.files, err = s.fileInputs(r); err != nil {
		return nil, err
	}
	st.byValue = observe(base, probes(st.values, func(in valueInput) probe { return in.probe }))
	st.byLine = observe(base, probes(st.lines, func(in templateLine) probe { return in.probe }))
	st.byFile = observe(base, probes(st.files, func(in fileInput) probe { return in.probe }))
	values := s.valuesPicture(s.rendering.values)
	st.byHidden = observe(base, probes(made.keys, func(k settledKey) probe {
		return k.probe(func(tree map[string]any) picture {
			other := r
			if other.values = tree; !s.addsTo(values, tree) {
				return nil
			}
			return other.picture(s.random)
		})
	}))
	return st, nil
}

// made is what was seen of the values of the service while what they are made of was changed.
type made struct {
	specs  []specInput
	bySpec influence
	keys   []settledKey
	byKey  influence
}

func (s *Service) makeValues() (*made, error) {
	values := s.valuesPicture(s.rendering.values)
	files, related, err := s.specFiles()
	if err != nil {
		return nil, err
	}
	m := &made{specs: drafts{s, related}.specInputs(files), keys: s.settledKeys()}
	m.bySpec = observe(values, probes(m.specs, specInput.probe))
	m.byKey = observe(values, probes(m.keys, func(k settledKey) probe {
		return k.probe(func(tree map[string]any) picture { return s.valuesPicture(tree) })
	}))
	return m, nil
}

// addsTo tells whether a tree of values has everything that a picture shows, and more.
func (s *Service) addsTo(before picture, tree map[string]any) bool {
	after := s.valuesPicture(tree)
	if after == nil {
		return false
	}
	for name := range before {
		if _, there := after[name]; !there {
			return false
		}
	}
	return len(after) > len(before)
}

func probes[T any](all []T, of func(T) probe) []probe {
	out := make([]probe, len(all))
	for i, one := range all {
		out[i] = of(one)
	}
	return out
}

// answer puts together what was seen of one leaf.
func (st *study) answer(o object, at keyPath, value any) Answer {
	name := leafName(o, at)
	a := Answer{Object: o.kind + " " + o.name, Path: at.String(), Value: value, name: name}
	if st.random[name] {
		a.Value = "made in the cluster"
	}
	a.Template = st.line(name)
	for _, i := range st.byFile.deciding(name) {
		a.Origin = st.files[i].origin()
		return a
	}
	for _, i := range st.byValue.deciding(name) {
		a.Values = append(a.Values, st.value(st.values[i]))
	}
	switch hidden := st.byHidden.deciding(name); {
	case len(a.Values) > 0:
		a.Origin = a.Values[0].Origins[0]
	case len(hidden) > 0:
		a.Origin = st.unsaid(st.keys[hidden[0]])
	case a.Template != nil:
		a.Origin = *a.Template
	}
	a.Because = st.because(name, a)
	return a
}

// line returns the line of a template that a leaf goes away or becomes another with.
func (st *study) line(name string) *Origin {
	effects := st.byLine.effects[name]
	if len(effects) == 0 {
		return nil
	}
	l := st.lines[effects[0].input]
	return &Origin{Kind: FromTemplate, File: st.templates.From(l.template), Line: l.line}
}

// value traces what a template reads to its origins.
func (st *study) value(in valueInput) Value {
	v := Value{Name: in.name, IsKey: in.isKey}
	if at, ok := st.places[in.name]; ok && in.path != nil {
		v.File, v.Line = at.file, at.line
	}
	name := in.name
	if in.isKey {
		name = keyName(in.path)
	}
	deciding := st.bySpec.deciding(name)
	if in.isKey {
		deciding = st.bySpec.enabling(name)
	}
	for _, i := range deciding {
		v.Origins = append(v.Origins, st.written(st.specs[i]))
	}
	if len(v.Origins) > 0 {
		return v
	}
	switch keys := st.byKey.deciding(name); {
	case in.name == ".Chart.Name":
		v.Origins = []Origin{{Kind: FromFolder, File: st.service.Dir}}
	case in.name == ".Chart.Version":
		v.Origins = []Origin{{Kind: FromFactory, File: umbrella.Dir + "/" + umbrella.ChartDir(st.name) + "/Chart.yaml", Meaning: "The version of every generated chart."}}
	case in.name == ".Release.Name":
		v.Origins = []Origin{st.unsaid(settledKey{file: spec.ProjectFile, path: keyPath{{name: "name"}}})}
	case in.name == ".Release.Namespace":
		v.Origins = []Origin{st.unsaid(settledKey{file: spec.ProjectFile, path: keyPath{{name: "namespace"}}})}
	case len(keys) > 0:
		v.Origins = []Origin{st.unsaid(st.keys[keys[0]])}
	default:
		v.Origins = []Origin{{Kind: FromFactory, File: v.File, Line: v.Line, Meaning: st.comment(in.path)}}
	}
	return v
}

// written describes what people wrote.
func (st *study) written(in specInput) Origin {
	o := Origin{Kind: FromSpec, Key: in.path.String(), File: in.at.File, Line: in.at.Line, Column: in.at.Column, Text: in.text}
	base := filepath.Base(in.file)
	switch {
	case base == spec.ProjectFile && in.path[0].name == "environments", base != spec.ProjectFile && base != spec.ServiceFile, in.path[0].name == "environments":
		o.Kind = FromEnvironment
	case base == spec.ProjectFile:
		o.Kind = FromProject
	}
	o.Meaning = st.meaning(base, in.path)
	return o
}

// unsaid describes the default of a key.
func (st *study) unsaid(k settledKey) Origin {
	if k.file == spec.ServiceFile && len(k.path) == 1 && k.path[0].name == "name" {
		return Origin{Kind: FromFolder, File: st.service.Dir}
	}
	o := Origin{Kind: FromDefault, Key: k.path.String(), Meaning: st.meaning(k.file, k.path)}
	if k.file == spec.ProjectFile {
		o.Key += " in " + spec.ProjectFile
	}
	return o
}

// meaning is what the schema says of a key, or of the nearest one around it that is described.
func (st *study) meaning(file string, key keyPath) string {
	keys := st.serviceKeys
	if file == spec.ProjectFile {
		keys = st.projectKeys
	}
	for ; len(key) > 0; key = key[:len(key)-1] {
		if n, ok := keys.Find(key.names()...); ok && n.Description != "" {
			return n.Description
		}
	}
	return ""
}

// because returns what a leaf that nobody wrote would not be there without.
func (st *study) because(name string, a Answer) *Origin {
	if a.Origin.Kind != FromTemplate && a.Origin.Kind != FromFactory {
		return nil
	}
	if len(a.Values) > 0 {
		return st.enabled(name, a.Values[0].Name)
	}
	for _, i := range st.byValue.enabling(name) {
		in := st.values[i]
		if !in.isKey {
			continue
		}
		if o := st.enabled(name, keyName(in.path)); o != nil {
			return o
		}
	}
	return nil
}

// enabled returns what is written in a spec that a leaf would not be as it is without, since a value would not be there. What stands
// deepest says most, and that a key is there more than what another one holds.
func (st *study) enabled(leaf, value string) *Origin {
	enabling := st.bySpec.enabling(value)
	slices.SortStableFunc(enabling, func(i, j int) int {
		a, b := st.specs[i], st.specs[j]
		switch {
		case a.depth != b.depth:
			return b.depth - a.depth
		case a.isKey == b.isKey:
			return 0
		case a.isKey:
			return -1
		default:
			return 1
		}
	})
	for _, i := range enabling {
		for _, ask := range st.specs[i].drafts {
			if d := ask(); d != nil && st.differs(d, leaf) {
				o := st.written(st.specs[i])
				return &o
			}
		}
	}
	return nil
}

// differs tells whether a leaf of the manifest is another one, or none, with a draft.
func (st *study) differs(d *draft, leaf string) bool {
	r := st.rendering
	r.values, r.release.name, r.release.namespace = d.values(), d.there.Name, d.there.Namespace
	if r.values == nil {
		return false
	}
	seen := r.picture(st.random)
	return seen != nil && seen[leaf] != st.base[leaf]
}

// comment is what the values say above a key.
func (st *study) comment(at keyPath) string {
	for _, e := range subchart.Values(st.there, st.service) {
		if e.Key == at[0].name {
			return e.Comment
		}
	}
	return ""
}
