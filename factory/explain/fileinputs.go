package explain

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"helm.sh/helm/v3/pkg/chart"
)

// fileInput is a value in a raw manifest of the service.
type fileInput struct {
	file string
	path keyPath
	node *yaml.Node
	probe
}

func (in fileInput) origin() Origin {
	return Origin{Kind: FromFile, Key: in.path.String(), File: in.file, Line: in.node.Line, Column: in.node.Column, Text: in.node.Value}
}

// rawManifests is the folder of a chart that holds them.
const rawManifests = "manifests/"

// fileInputs returns every value and key of the raw manifests that a rendering has, with how to write it otherwise.
func (s *Service) fileInputs(r rendering) ([]fileInput, error) {
	var out []fileInput
	if !slices.ContainsFunc(r.templates, func(f *chart.File) bool { return f.Name == "templates/manifests.yaml" }) {
		return nil, nil
	}
	for _, f := range r.files {
		relative, ok := strings.CutPrefix(f.Name, rawManifests)
		if !ok {
			continue
		}
		file := s.service.Dir + "/" + relative
		data, err := os.ReadFile(filepath.Join(s.project.Dir, filepath.FromSlash(file)))
		if err != nil {
			return nil, fmt.Errorf("reading a raw manifest again: %w", err)
		}
		documents, err := documentsOf(data)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		for _, document := range documents {
			scalars(document, nil, func(n *yaml.Node, at keyPath) {
				texts := likeTexts(n.Value)
				if n.Tag == "!!bool" {
					texts = []string{map[string]string{"true": "false", "false": "true"}[n.Value]}
				}
				in := fileInput{file: file, path: at, node: n}
				for _, text := range texts {
					in.changes = append(in.changes, func() picture {
						before := n.Value
						defer func() { n.Value = before }()
						n.Value = text
						return r.withFile(f.Name, joined(documents)).picture(s.random)
					})
				}
				out = append(out, in)
			})
		}
	}
	return out, nil
}

func documentsOf(data []byte) ([]*yaml.Node, error) {
	var out []*yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		n := &yaml.Node{}
		err := decoder.Decode(n)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
}

func joined(documents []*yaml.Node) []byte {
	var b bytes.Buffer
	for _, n := range documents {
		text, err := yaml.Marshal(n)
		if err != nil {
			continue
		}
		fmt.Fprintf(&b, "---\n%s\n", text)
	}
	return b.Bytes()
}

// scalars calls visit for every scalar and key of a document.
func scalars(n *yaml.Node, at keyPath, visit func(*yaml.Node, keyPath)) {
	switch n.Kind {
	case yaml.DocumentNode:
		for _, child := range n.Content {
			scalars(child, at, visit)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			below := at.name(n.Content[i].Value)
			scalars(n.Content[i+1], below, visit)
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			scalars(item, at.item(i), visit)
		}
	case yaml.ScalarNode:
		visit(n, at)
	}
}
