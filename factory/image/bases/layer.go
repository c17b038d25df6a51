package bases

import (
	"archive/tar"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// layer writes one image layer as a tar stream that depends on nothing but what is put into it: every time is the
// beginning of 1970 and no user has a name.
type layer struct {
	out  *tar.Writer
	seen map[string]bool
}

func newLayer(out io.Writer) *layer { return &layer{out: tar.NewWriter(out), seen: map[string]bool{}} }

// add writes an entry and the directories above it. A path that was written before is left as it is.
func (l *layer) add(header *tar.Header, content io.Reader) error {
	if l.seen[header.Name] {
		return nil
	}
	if err := l.parents(header.Name); err != nil {
		return err
	}
	l.seen[header.Name] = true
	header.ModTime = time.Unix(0, 0)
	header.AccessTime, header.ChangeTime = time.Time{}, time.Time{}
	header.Uname, header.Gname = "", ""
	header.PAXRecords = nil
	header.Format = tar.FormatUnknown
	if header.Typeflag == tar.TypeDir {
		header.Name += "/"
	}
	if err := l.out.WriteHeader(header); err != nil {
		return err
	}
	if header.Typeflag != tar.TypeReg {
		return nil
	}
	_, err := io.Copy(l.out, content)
	return err
}

func (l *layer) parents(name string) error {
	dir := path.Dir(name)
	if dir == "." || dir == "/" || l.seen[dir] {
		return nil
	}
	return l.dir(dir, 0o755)
}

func (l *layer) dir(name string, mode int64) error {
	return l.add(&tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: mode}, nil)
}

func (l *layer) link(name, target string) error {
	return l.add(&tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}, nil)
}

func (l *layer) text(name, content string) error {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(content))}
	return l.add(header, strings.NewReader(content))
}

// file copies one regular file of this machine; it stays executable or not.
func (l *layer) file(name, source string) error {
	file, err := os.Open(source)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	mode := int64(0o644)
	if info.Mode()&0o111 != 0 {
		mode = 0o755
	}
	return l.add(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: info.Size()}, file)
}

// folder copies a folder of this machine, in the order of names. skip sees each path relative to source.
func (l *layer) folder(name, source string, skip func(relative string, entry fs.DirEntry) bool) error {
	return fs.WalkDir(os.DirFS(source), ".", func(relative string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if relative != "." && skip(relative, entry) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		to, from := path.Join(name, relative), path.Join(source, relative)
		switch {
		case entry.IsDir():
			return l.dir(to, 0o755)
		case entry.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(from)
			if err != nil {
				return err
			}
			return l.link(to, target)
		case entry.Type().IsRegular():
			return l.file(to, from)
		default:
			return nil
		}
	})
}

func (l *layer) close() error { return l.out.Close() }
