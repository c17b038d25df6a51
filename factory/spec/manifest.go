package spec

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Manifest is a file with objects of Kubernetes that a service brings along as they are.
type Manifest struct {
	// File is relative to the service's folder, with slashes.
	File string
	// Data is the text of the file.
	Data []byte
	// CRDs tells that it defines kinds: Helm makes those before everything else and never removes them.
	CRDs bool

	objects []object
}

// manifestHead is what every object says about itself.
type manifestHead struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Metadata   struct {
		Name      string `yaml:"name"`
		Namespace string `yaml:"namespace"`
	} `yaml:"metadata"`
}

// readManifests reads the files that the spec names.
func (l *loader) readManifests(s *Service) {
	for i, file := range s.ManifestFiles {
		at := s.At("manifests", strconv.Itoa(i))
		clean := path.Clean(file)
		switch {
		case clean != file || path.IsAbs(file) || file == ".." || strings.HasPrefix(file, "../"):
			l.problems.add(at, "%q is not a path below the service's folder: write it as extra/role.yaml", short(file))
			continue
		case path.Ext(file) != ".yaml" && path.Ext(file) != ".yml":
			l.problems.add(at, "%q does not end in .yaml: a manifest is YAML", short(file))
			continue
		case slices.Contains(s.ManifestFiles[:i], file):
			l.problems.add(at, "%s is said twice: keep one of them", file)
			continue
		}
		name := s.Dir + "/" + file
		_, err := inside(l.root, name)
		var data []byte
		if err == nil {
			data, err = readInside(l.root, name)
		}
		var wrongPath *fs.PathError
		if errors.As(err, &wrongPath) {
			err = wrongPath.Err
		}
		if err != nil {
			l.problems.add(at, "the manifest %s cannot be read: %v", name, err)
			continue
		}
		m := Manifest{File: file, Data: bytes.TrimPrefix(data, []byte("\ufeff"))}
		l.readObjects(&m, name)
		s.Manifests = append(s.Manifests, m)
	}
}

// readObjects finds out what a manifest holds, and complains about what Helm would not take.
func (l *loader) readObjects(m *Manifest, file string) {
	decoder := yaml.NewDecoder(bytes.NewReader(m.Data))
	crds, before := 0, len(l.problems)
	for {
		var n yaml.Node
		err := decoder.Decode(&n)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			l.problems.add(yamlPosition(file, m.Data, err), "this is not YAML: %s", yamlCause(err))
			return
		}
		if len(n.Content) == 0 || isNull(n.Content[0]) {
			continue
		}
		at := Position{File: file, Line: n.Content[0].Line, Column: n.Content[0].Column}
		var head manifestHead
		err = n.Decode(&head)
		switch {
		case err != nil || head.APIVersion == "" || head.Kind == "" || head.Metadata.Name == "":
			l.problems.add(at, "this is not an object of Kubernetes: it needs apiVersion, kind and metadata.name, each a text")
			continue
		case strings.HasSuffix(head.Kind, "List"):
			l.problems.add(at, "a %s is no object: write its items one after another, with --- between them", head.Kind)
			continue
		case head.Kind == "CustomResourceDefinition":
			crds++
		}
		group, _, grouped := strings.Cut(head.APIVersion, "/")
		if !grouped {
			group = ""
		}
		m.objects = append(m.objects, object{identity: identity{group, head.Kind, head.Metadata.Namespace, head.Metadata.Name}, manifest: at, content: contentOf(head, n.Content[0])})
	}
	switch {
	case len(m.objects) == 0 && len(l.problems) == before:
		l.problems.add(Position{File: file, Line: 1, Column: 1}, "there is no object in this manifest: write one, or leave the file out")
	case crds > 0 && crds < len(m.objects):
		l.problems.add(m.objects[0].manifest, "this manifest defines kinds and holds other objects: put the CustomResourceDefinitions into a file of their own, which Helm makes first")
	}
	m.CRDs = crds > 0
}
