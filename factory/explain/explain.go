package explain

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/subchart"
	"github.com/helm-chart-factory/factory/factory/umbrella"
)

// Request says what is asked.
type Request struct {
	// Service is the service's name, and Environment that of an environment, or "".
	Service, Environment string
	// Object is a kind, or KIND/NAME where a service has several.
	Object string
	// Path leads to a leaf, or to what holds the leaves that are asked about. Empty means all of the object.
	Path string
}

// Run answers for every leaf that is asked about. Builtin are the built-in templates.
func Run(p *spec.Project, builtin fs.FS, r Request) ([]Answer, error) {
	s, err := newSubject(p, builtin, r.Service, r.Environment)
	if err != nil {
		return nil, err
	}
	o, err := s.object(r.Object)
	if err != nil {
		return nil, err
	}
	selectors, err := parseSelectors(r.Path)
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

// Objects lists the manifests of a service, as KIND/NAME.
func Objects(p *spec.Project, builtin fs.FS, service, environment string) ([]string, error) {
	s, err := newSubject(p, builtin, service, environment)
	if err != nil {
		return nil, err
	}
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

// object finds a manifest by its kind, and by its name where there are several.
func (s *subject) object(asked string) (object, error) {
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

// study is what was seen of an object while inputs were changed.
type study struct {
	*subject
	values  []valueInput
	byValue influence
	lines   []templateLine
	byLine  influence
	files   []fileInput
	byFile  influence
	specs   []specInput
	bySpec  influence
	keys    []settledKey
	byKey   influence
	// byHidden is what keys do to the manifest whose default leaves no trace in the values.
	byHidden influence
}

func (s *subject) study(o object) (*study, error) {
	r := s.rendering.only(o.template)
	st := &study{subject: s, values: r.valueInputs(s.random), lines: r.templateLines(s.random)}
	base := r.picture(s.random)
	st.byValue = observe(base, probes(st.values, func(in valueInput) probe { return in.probe }))
	st.byLine = observe(base, probes(st.lines, func(in templateLine) probe { return in.probe }))
	var err error
	if st.files, err = s.fileInputs(r); err != nil {
		return nil, err
	}
	st.byFile = observe(base, probes(st.files, func(in fileInput) probe { return in.probe }))

	values := s.valuesPicture(s.rendering.values)
	files, related, err := s.specFiles()
	if err != nil {
		return nil, err
	}
	st.specs = drafts{s, related}.specInputs(files)
	st.bySpec = observe(values, probes(st.specs, func(in specInput) probe { return in.probe }))

	st.keys = s.settledKeys()
	st.byKey = observe(values, probes(st.keys, func(k settledKey) probe {
		return k.probe(func(tree map[string]any) picture { return s.valuesPicture(tree) })
	}))
	st.byHidden = observe(base, probes(st.keys, func(k settledKey) probe {
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

// addsTo tells whether a tree of values has everything that a picture shows, and more.
func (s *subject) addsTo(before picture, tree map[string]any) bool {
	after := s.valuesPicture(tree)
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
	if at, ok := st.subject.lines[in.name]; ok && in.path != nil {
		v.File, v.Line = at.File, at.Line
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
		return st.enabled(a.Values[0].Name)
	}
	for _, i := range st.byValue.enabling(name) {
		in := st.values[i]
		if !in.isKey {
			continue
		}
		if o := st.enabled(keyName(in.path)); o != nil {
			return o
		}
	}
	return nil
}

// enabled returns what is written in a spec that a value would not be there without. That a key is there says more than what
// another one holds.
func (st *study) enabled(name string) *Origin {
	enabling := st.bySpec.enabling(name)
	if len(enabling) == 0 {
		return nil
	}
	first := enabling[0]
	if i := slices.IndexFunc(enabling, func(i int) bool { return st.specs[i].isKey }); i >= 0 {
		first = enabling[i]
	}
	o := st.written(st.specs[first])
	return &o
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
