package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"go.yaml.in/yaml/v3"
)

// longestSpec is the size in bytes from which a file is taken for a mistake.
const longestSpec = 4 << 20

// source is a file as people wrote it, or what several say together. It stays with what was read from it, to tell where a key
// stands.
type source struct {
	file string // relative to the project, with slashes
	root *yaml.Node
	// others are the files of those nodes that came from other files.
	others map[*yaml.Node]string
}

// position returns the place of a node.
func (s *source) position(n *yaml.Node) Position {
	position := Position{File: s.file, Line: n.Line, Column: n.Column}
	if other, ok := s.others[n]; ok {
		position.File = other
	}
	return position
}

// at returns the place of the deepest part of the path that is said.
func (s *source) at(path ...string) Position {
	position := Position{File: s.file, Line: 1, Column: 1}
	n := s.root
	for _, name := range path {
		at, value := below(n, name)
		if value == nil {
			break
		}
		position, n = s.position(at), value
	}
	return position
}

// has tells whether the key is said.
func (s *source) has(path ...string) bool {
	n := s.root
	for _, name := range path {
		_, n = below(n, name)
	}
	return n != nil
}

// below returns what a mapping says under a key, or a list at an index, and the node that stands for it in a message: the key,
// or the item itself. Both are nil when there is none.
func below(n *yaml.Node, name string) (at, value *yaml.Node) {
	if n == nil {
		return nil, nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == name {
				at, value = n.Content[i], n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(n.Content) {
			at, value = n.Content[i], n.Content[i]
		}
	}
	return at, value
}

// parse reads one YAML document. A file that says nothing gives a source without a root.
func parse(file string, data []byte, problems *Problems) *source {
	s := &source{file: file}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return s
	}
	if err != nil {
		problems.add(yamlPosition(file, data, err), "this is not YAML: %s", yamlCause(err))
		return s
	}
	if err := decoder.Decode(&second); err == nil {
		problems.add(Position{File: file, Line: second.Line, Column: second.Column},
			"a second document begins here: one file holds one spec, so put it into a file of its own")
	} else if !errors.Is(err, io.EOF) {
		problems.add(yamlPosition(file, data, err), "this is not YAML: %s", yamlCause(err))
	}
	if len(document.Content) == 1 && document.Content[0].Tag != "!!null" {
		s.root = document.Content[0]
	}
	return s
}

var (
	yamlLine  = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+)|offset (\d+)): `)
	yamlAlias = regexp.MustCompile(`unknown anchor '(.+)' referenced`)
)

// yamlPosition finds the place of a mistake in a file that is not YAML. Of some the decoder tells the line, of others the byte, or the word.
func yamlPosition(file string, data []byte, err error) Position {
	at := 0
	if match := yamlLine.FindStringSubmatch(err.Error()); match != nil && match[1] != "" {
		line, _ := strconv.Atoi(match[1])
		return Position{File: file, Line: line, Column: 1}
	} else if match != nil {
		at, _ = strconv.Atoi(match[2])
	} else if match := yamlAlias.FindStringSubmatch(err.Error()); match != nil {
		at = bytes.Index(data, []byte("*"+match[1]))
	}
	before := data[:max(0, min(at, len(data)))]
	return Position{File: file, Line: 1 + bytes.Count(before, []byte("\n")), Column: len(before) - bytes.LastIndexByte(before, '\n')}
}

func yamlCause(err error) string {
	text := strings.TrimPrefix(yamlLine.ReplaceAllString(err.Error(), ""), "yaml: ")
	return text + "; check the indentation and the quotes around this line"
}

// readInside reads a file of the project. A link may lead to another place of the project, not out of it. The folder that the
// file is in was looked at already.
func readInside(root, name string) ([]byte, error) {
	full := root + "/" + name
	file, err := os.OpenFile(full, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) {
		if _, err := inside(root, name); err != nil {
			return nil, err
		}
		file, err = os.Open(full)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case info.Size() > longestSpec:
		return nil, fmt.Errorf("it is %d bytes long, and a spec is at most %d", info.Size(), longestSpec)
	}
	data := make([]byte, info.Size())
	_, err = io.ReadFull(file, data)
	return data, err
}

// inside returns the path of name, relative to root and with slashes, and an error when the path or a link on it leads
// out of root. What does not exist is judged by the part of its path that does.
func inside(root, name string) (string, error) {
	full := filepath.Join(root, filepath.FromSlash(name))
	clean, err := filepath.Rel(root, full)
	if err != nil || clean == ".." || strings.HasPrefix(clean, ".."+string(filepath.Separator)) {
		return "", fmt.Errorf("the path %s leads out of the project", name)
	}
	for existing := full; existing != root; existing = filepath.Dir(existing) {
		real, err := filepath.EvalSymlinks(existing)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return "", err
		}
		if real != root && !strings.HasPrefix(real, root+string(filepath.Separator)) {
			return "", fmt.Errorf("%s is a link that leads out of the project", name)
		}
		break
	}
	return filepath.ToSlash(clean), nil
}
