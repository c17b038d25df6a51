package compose

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"

	"github.com/helm-chart-factory/factory/factory/importer/source"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// deepestInclude bounds include and extends.
const deepestInclude = 20

// model is what all files say together: merged, included, extended, with variables filled in.
type model struct {
	folder source.Folder
	// root holds the top-level keys, services among them.
	root *source.Node
	// folders are where relative paths begin, by the file that says them.
	folders map[string]string
	// variables are those of .env beside the first file.
	variables variables
}

type reader struct {
	*model
	problems spec.Problems
	// files are those that were read for extends.
	files map[string]*source.Node
}

// read reads the files, the later ones over the earlier ones. The error is spec.Problems.
func read(folder source.Folder, paths []string) (*model, error) {
	r := &reader{model: &model{folder: folder, folders: map[string]string{}}, files: map[string]*source.Node{}}
	dir := path.Dir(paths[0])
	r.variables = r.dotenv(path.Join(dir, ".env"), nil)
	for _, file := range paths {
		root := r.file(file, dir, r.variables, 0)
		if root == nil {
			continue
		}
		if r.root == nil {
			r.root = root
		} else {
			merge(r.root, root, nil)
		}
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	r.services()
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	return r.model, nil
}

func (r *reader) fail(n *source.Node, format string, args ...any) {
	r.problems = append(r.problems, spec.Problem{Position: n.At, Text: fmt.Sprintf(format, args...)})
}

// dotenv reads an env file for variables; one that is not there says nothing. What outer says wins.
func (r *reader) dotenv(file string, outer variables) variables {
	known := variables{}
	data, err := r.folder.Read(file)
	if err == nil {
		var settings []setting
		settings, err = dotenv(data, outer)
		for _, s := range settings {
			known[s.name] = s.value
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.problems = append(r.problems, spec.Problem{Position: spec.Position{File: file}, Text: fmt.Sprintf("cannot be read: %v", err)})
	}
	maps.Copy(known, outer)
	return known
}

// file reads one file with what it includes. Its relative paths begin at dir.
func (r *reader) file(file, dir string, known variables, depth int) *source.Node {
	root := r.parse(file, dir, known)
	if root == nil {
		return nil
	}
	if include := root.Get("include"); include.Said() {
		root.Remove("include")
		base := &source.Node{At: root.At, Kind: source.Mapping}
		for _, item := range listOf(include) {
			r.include(base, item, dir, known, depth)
		}
		merge(base, root, nil)
		root = base
	}
	return root
}

// parse reads one file as it is, and fills its variables in.
func (r *reader) parse(file, dir string, known variables) *source.Node {
	documents, err := r.folder.Parse(file)
	var problems spec.Problems
	if errors.As(err, &problems) {
		r.problems = append(r.problems, problems...)
		return nil
	}
	if len(documents) == 0 {
		r.problems = append(r.problems, spec.Problem{Position: spec.Position{File: file}, Text: "it says nothing: a Compose file has services"})
		return nil
	}
	root := documents[0]
	for _, document := range documents[1:] { // Compose merges the documents of a file
		merge(root, document, nil)
	}
	if !root.Is(source.Mapping) {
		r.fail(root, "a Compose file holds keys with values, not %s", root.Kind)
		return nil
	}
	known.fill(root, func(at *source.Node, text string) { r.fail(at, "%s", text) })
	r.folders[file] = dir
	return root
}

// include merges what one entry of include brings into base.
func (r *reader) include(base, item *source.Node, dir string, known variables, depth int) {
	paths, envFiles, folder := item, (*source.Node)(nil), ""
	if item.Is(source.Mapping) {
		paths, envFiles = item.Get("path"), item.Get("env_file")
		if n := item.Get("project_directory"); n.Is(source.Scalar) {
			folder = n.Text
		}
	}
	if depth >= deepestInclude {
		r.fail(item, "files include each other more than %d deep: include each file once", deepestInclude)
		return
	}
	var included *source.Node
	for i, n := range listOf(paths) {
		file, inside := r.folder.Resolve(dir, n.Text)
		if n.Kind != source.Scalar || !inside {
			r.fail(n, "the included file %q lies outside of %s: import it by itself, or begin at the folder that holds both", source.Shorten(n.Text), r.folder.What())
			continue
		}
		if i == 0 {
			if folder == "" {
				folder = path.Dir(file)
			} else if folder, inside = r.folder.Resolve(dir, folder); !inside {
				r.fail(item, "project_directory lies outside of %s: begin at the folder that holds both", r.folder.What())
				return
			}
			known = r.includedVariables(envFiles, dir, folder, known)
		}
		root := r.file(file, folder, known, depth+1)
		switch {
		case root == nil:
		case included == nil:
			included = root
		default:
			merge(included, root, nil)
		}
	}
	if included != nil {
		merge(base, included, nil)
	}
}

func (r *reader) includedVariables(envFiles *source.Node, dir, folder string, known variables) variables {
	if !envFiles.Said() {
		if folder == dir {
			return known
		}
		return r.dotenv(path.Join(folder, ".env"), known)
	}
	for _, n := range listOf(envFiles) {
		if file, inside := r.folder.Resolve(dir, n.Text); inside {
			known = r.dotenv(file, known)
		}
	}
	return known
}

// services looks at the services and brings in what they extend.
func (r *reader) services() {
	services := r.root.Get("services")
	switch {
	case !services.Said():
		r.fail(r.root, `there are no services: a Compose file has the key "services"`)
		return
	case services.Kind != source.Mapping:
		r.fail(services, "services are keys with values (NAME: …), not %s", services.Kind)
		return
	}
	for _, pair := range slices.Clone(services.Pairs) {
		if extended := r.extend(r.root, pair.Value, nil); extended != pair.Value {
			services.Set(pair.Key, extended)
		}
	}
}

// extend returns a service with what it extends underneath. The chain holds the services that are being extended.
func (r *reader) extend(root, service *source.Node, chain []*source.Node) *source.Node {
	extends := service.Get("extends")
	if !extends.Said() {
		return service
	}
	if slices.Contains(chain, service) || len(chain) >= deepestInclude {
		r.fail(extends, "services extend each other in a circle: take one extends out")
		return service
	}
	name, file := extends, (*source.Node)(nil)
	if extends.Is(source.Mapping) {
		name, file = extends.Get("service"), extends.Get("file")
	}
	if !name.Is(source.Scalar) {
		r.fail(extends, "extends names no service: write extends: {service: NAME}")
		return service
	}
	if file.Said() {
		if root = r.extendedFile(file); root == nil {
			return service
		}
	}
	base := root.Get("services", name.Text)
	if !base.Said() {
		r.fail(name, "there is no service %q to extend", source.Shorten(name.Text))
		return service
	}
	made := r.extend(root, base, append(chain, service)).Copy()
	made.At = service.At
	own := service.Copy()
	own.Remove("extends")
	made.Remove("extends")
	merge(made, own, []string{"services", name.Text})
	return made
}

func (r *reader) extendedFile(n *source.Node) *source.Node {
	from := r.folders[n.At.File]
	file, inside := r.folder.Resolve(from, n.Text)
	if n.Kind != source.Scalar || !inside {
		r.fail(n, "the extended file %q lies outside of %s: begin at the folder that holds both", source.Shorten(n.Text), r.folder.What())
		return nil
	}
	if root, read := r.files[file]; read {
		return root
	}
	root := r.parse(file, path.Dir(file), r.variables)
	r.files[file] = root
	return root
}

// listOf returns the items of a list, or the one value as a list of one.
func listOf(n *source.Node) []*source.Node {
	switch {
	case !n.Said():
		return nil
	case n.Kind == source.Sequence:
		return n.Items
	}
	return []*source.Node{n}
}
