package spec

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"go.yaml.in/yaml/v3"
)

// largestFiles is how many bytes Kubernetes takes in one ConfigMap or Secret.
const largestFiles = 1 << 20

// The names of the volumes that files are on.
const (
	ConfigFiles = "config-files"
	SecretFiles = "secret-files"
)

// File is a file of the service's folder that a container sees. Short form: the path in the folder.
//
//spec:schema {anyOf: [{type: string}, {$ref: long}]}
type File struct {
	// Source is the file's path in the service's folder. Example: nginx.conf.
	Source string `spec:"source,required"`
	// Secret puts the file into a Secret in the place of a ConfigMap; it is still read from the folder, and copied into the chart. Default: false.
	Secret bool `spec:"secret"`
	// Mode is who may do what with the file, in octal digits. Default: "0644". Example: "0440".
	Mode Mode `spec:"mode"`

	// Content is what the file holds.
	Content []byte
}

// Mode are permissions in octal digits, as chmod takes them. Empty when nothing is said.
//
//spec:schema {type: [string, integer], pattern: "^0?[0-7]{3}$", minimum: 0, maximum: 777}
type Mode string

// Number returns the permissions as Kubernetes takes them.
func (m Mode) Number() int64 {
	number, _ := strconv.ParseInt(string(m), 8, 64)
	return number
}

func (m *Mode) decodeNode(d *decoder, n *yaml.Node) {
	text, ok := d.text(n)
	if !ok {
		return
	}
	digits := strings.TrimPrefix(text, "0")
	if len(digits) != 3 || strings.Trim(digits, "01234567") != "" {
		d.problem(n, "%q is not a file's mode: write three octal digits, as in 0440", short(text))
		return
	}
	*m = Mode(digits)
}

func (f *File) decodeNode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		f.Source, _ = d.text(n)
		return
	}
	type long File
	d.decode(n, (*long)(f))
	if f.Source == "" && n.Kind == yaml.MappingNode && findKey(n.Content, "source") == nil {
		d.problem(n, `a file needs "source", its path in the service's folder`)
	}
}

// filePaths are the paths at which a container sees a file.
func filePaths(c *Container) map[string]string {
	paths := map[string]string{}
	for path, f := range c.Files {
		paths[path] = `file "` + short(f.Source) + `"`
	}
	return paths
}

// HasFiles tells whether a container sees a file of the service's folder.
func (s *Service) HasFiles() bool {
	has := func(c Container) bool { return len(c.Files) > 0 }
	return len(s.Files) > 0 || slices.ContainsFunc(s.Init, has) || slices.ContainsFunc(s.Sidecars, has)
}

// readFiles reads what containers see of the service's folder, and refuses what does not fit into a ConfigMap or Secret.
func (l *loader) readFiles(s *Service) {
	if !s.HasFiles() {
		return
	}
	for _, name := range []string{ConfigFiles, SecretFiles} {
		if _, taken := s.Volumes[name]; taken {
			l.problems.add(s.At("volumes", name), "the files of the service are on a volume called %q: give this one another name", name)
		}
	}
	folder := &folder{path: filepath.Join(l.root, filepath.FromSlash(s.Dir))}
	defer folder.close()
	var sizes [2]int
	containers := s.Containers()
	for i := range containers {
		c := &containers[i]
		for _, target := range sortedKeys(c.Files) {
			f, at := c.Files[target], s.at(c, "files", target)
			if target == "/" || path.Clean(target) != target {
				l.problems.add(at, "the path %q does not fit: write the file's whole path, without a slash at its end", short(target))
			} else {
				l.checkMountPath(at, target)
			}
			if f.Source == "" {
				continue
			}
			content, err := folder.read(f.Source)
			if err != nil {
				l.problems.add(at, "the file %q %v", short(f.Source), err)
				continue
			}
			f.Content = content
			c.Files[target] = f
			sizes[kindOf(f)] += len(content)
			if total := sizes[kindOf(f)]; total > largestFiles && total-len(content) <= largestFiles {
				l.problems.add(at, "with this file there are %d bytes, and Kubernetes takes %d in one ConfigMap or Secret: build the large ones into the image, or put them on a volume", total, largestFiles)
			}
		}
	}
}

func kindOf(f File) int {
	if f.Secret {
		return 1
	}
	return 0
}

// folder is a service's folder, opened at the first file. Nothing outside of it can be read through it, whatever links say.
type folder struct {
	path string
	root *os.Root
}

func (f *folder) close() {
	if f.root != nil {
		f.root.Close()
	}
}

// read returns what a file holds. The error goes on from the file's name.
func (f *folder) read(name string) ([]byte, error) {
	if path.IsAbs(name) || !filepath.IsLocal(filepath.FromSlash(name)) {
		return nil, errors.New("is not below the service's folder: move it there, and name it relative to service.yaml")
	}
	if f.root == nil {
		root, err := os.OpenRoot(f.path)
		if err != nil {
			return nil, fmt.Errorf("cannot be read: %w", cause(err))
		}
		f.root = root
	}
	// A pipe would be waited for.
	file, err := f.root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("is not there: it is looked for beside service.yaml")
	case err != nil && strings.Contains(err.Error(), "escapes"):
		return nil, errors.New("is a link that leads out of the service's folder: copy what it leads to into the folder")
	case err != nil:
		return nil, fmt.Errorf("cannot be read: %w", cause(err))
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot be read: %w", cause(err))
	case info.IsDir():
		return nil, errors.New("is a folder: name each of its files")
	case !info.Mode().IsRegular():
		return nil, errors.New("is not a regular file")
	case info.Size() > largestFiles:
		return nil, fmt.Errorf("is %d bytes long, and Kubernetes takes %d in a ConfigMap or Secret: build it into the image, or put it on a volume", info.Size(), largestFiles)
	}
	content, err := io.ReadAll(io.LimitReader(file, largestFiles+1))
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", cause(err))
	}
	return content, nil
}

// cause leaves out of an error the path, which the message has already.
func cause(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}

// FilesName is the name of the ConfigMap and of the Secret that hold files. No service can be called so, since it has a dot.
func (s *Service) FilesName() string { return s.Name + ".files" }
