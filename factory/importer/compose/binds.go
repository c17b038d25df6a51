package compose

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// What of a folder is carried over as files: they travel in a ConfigMap, which holds 1 MiB.
const (
	mostFiles = 20
	mostBytes = 768 << 10
)

// bind carries files of the host into the service's folder. Code, data, keys and what belongs to the host stay behind.
func (c *conversion) bind(s *service, m mount) {
	if reason := hostPath(m.source); reason != "" {
		c.lost(s, m.from, "%s", reason)
		return
	}
	place, inside := c.resolve(s, m.from, m.source)
	if !inside {
		c.lost(s, m.from, "%s lies outside of %s; next: put it into the project and mount it with files", source.Shorten(m.source), c.folder.What())
		return
	}
	info, err := fs.Stat(c.folder.FS, place)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.bindEmpty(s, m, place)
	case err != nil:
		c.lost(s, m.from, "%s cannot be read", source.Shorten(m.source))
	case !info.IsDir():
		c.bindFile(s, m.from, place, m.target, "")
	case s.context != "" && (place == s.context || place == "." || strings.HasPrefix(s.context, place+"/")) || c.codeIn(place):
		c.lost(s, m.from, "%s is code, which belongs into the image; next: COPY it in the Dockerfile", source.Shorten(m.source))
	default:
		c.bindFolder(s, m, place)
	}
}

// codeIn tells whether a folder is one that an image is built from.
func (c *conversion) codeIn(place string) bool {
	info, err := fs.Stat(c.folder.FS, path.Join(place, "Dockerfile"))
	return err == nil && !info.IsDir()
}

// hostPath says why an absolute path of the host cannot be mounted, or "".
func hostPath(name string) string {
	switch {
	case strings.HasSuffix(name, "docker.sock"):
		return "there is no container engine to talk to in a pod; next: use the Kubernetes API and access"
	case name == "/etc/localtime" || name == "/etc/timezone":
		return "the node's time zone is not the pod's; next: set TZ in env"
	case path.IsAbs(name):
		return "Pod Security restricted keeps the node's folders out; next: put the files into the project and mount them with files, keep the data in a volume, or say hostPath with security: {level: privileged} where the folder of each node is meant"
	case strings.HasPrefix(name, "~"):
		return "what lies in somebody's home is not in the project; next: put it into the project and mount it with files"
	}
	return ""
}

// bindEmpty makes a volume of a folder that is not there yet: the container fills it.
func (c *conversion) bindEmpty(s *service, m mount, place string) {
	if path.Ext(m.target) != "" || m.readOnly {
		c.lost(s, m.from, "%s is not there; next: put it there and import again", source.Shorten(m.source))
		return
	}
	c.changed(s, m.from, "%s is not there, so the container fills it: it becomes a volume", source.Shorten(m.source))
	c.named(s, mount{source: strings.Trim(path.Base(m.source), "."), folder: "./" + place, target: m.target, from: m.from})
}

// bindFolder carries the files of a folder, when they are few, small and text.
func (c *conversion) bindFolder(s *service, m mount, place string) {
	var names []string
	size := int64(0)
	err := fs.WalkDir(c.folder.FS, place, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if size += info.Size(); len(names) >= mostFiles || size > mostBytes || !info.Mode().IsRegular() {
			return errTooMuch
		}
		names = append(names, name)
		return nil
	})
	switch {
	case err != nil:
		c.lost(s, m.from, "%s holds more than %d small text files, so it is code or data; next: COPY it in the Dockerfile, or keep it in a volume", source.Shorten(m.source), mostFiles)
	case len(names) == 0:
		c.bindEmpty(s, m, place)
	default:
		slices.Sort(names)
		for _, name := range names {
			c.bindFile(s, m.from, name, path.Join(m.target, strings.TrimPrefix(name, place+"/")), "")
		}
	}
}

var errTooMuch = errors.New("too much")

// bindFile carries one file. It lies in the service's folder from then on.
func (c *conversion) bindFile(s *service, from *source.Node, place, target, mode string) {
	data, err := c.folder.Read(place)
	if err == nil {
		err = fitsFile(place, data)
	}
	if err != nil {
		c.lost(s, from, "%s: %v", place, err)
		return
	}
	c.relateFile(s, from, place, string(data))
	if own, is := strings.CutPrefix(place, s.out.Dir()+"/"); is && c.folder.InProject {
		c.mountFile(s, from, target, own, mode)
		return
	}
	name := s.out.AddFile(path.Base(place), data)
	c.check(s, from, "%s is copied to %s: from now on it is changed there", place, path.Join(s.out.Dir(), name))
	c.mountFile(s, from, target, name, mode)
}

// fitsFile says why a file cannot be carried over.
func fitsFile(name string, data []byte) error {
	base := strings.ToLower(path.Base(name))
	key := slices.Contains([]string{".pem", ".key", ".p12", ".pfx", ".jks"}, path.Ext(base)) && !strings.Contains(string(data), "-----BEGIN CERTIFICATE") ||
		strings.Contains(string(data), "PRIVATE KEY-----")
	switch {
	case key || strings.HasPrefix(base, ".env") || strings.Contains(base, "htpasswd") || strings.HasPrefix(base, "id_"):
		return fmt.Errorf("it holds a secret, which is not copied; next: kubectl create secret generic NAME --from-file=%s, and mount it with volumes: {NAME: {secret: NAME, path: …}}", path.Base(name))
	case len(data) > mostBytes:
		return fmt.Errorf("it is larger than a ConfigMap may be; next: COPY it in the Dockerfile, or keep it in a volume")
	case !utf8.Valid(data):
		return fmt.Errorf("it is not text; next: COPY it in the Dockerfile, or keep it in a volume")
	}
	return nil
}

func (c *conversion) mountFile(s *service, from *source.Node, target, name, mode string) {
	files := s.out.Keys.At("files", from)
	if mode == "" {
		files.Set(target, draft.Text(name), from)
		return
	}
	files.Set(target, draft.NewMap().Set("source", draft.Text(name), from).Set("mode", draft.Text(mode), from), from)
}

// relateFile finds the services that a file names. The file is not rewritten.
func (c *conversion) relateFile(s *service, from *source.Node, place, text string) {
	for _, a := range c.addresses(text, false) {
		if said := text[a.Start:a.End]; said != a.target.name {
			c.changed(s, from, "%s says %s, which is called %s in the cluster; next: replace it in the copy", place, said, a.target.name)
		}
	}
	c.relateText(s, text, from, false)
}
