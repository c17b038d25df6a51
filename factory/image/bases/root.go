package bases

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"path"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/console"
)

// ErrNoPackages says that Debian packages cannot be unpacked on this machine.
var ErrNoPackages = errors.New("stand-in base images are made of Debian packages with mmdebstrap, which is not installed\n" +
	"next: apt-get install --no-install-recommends mmdebstrap debian-archive-keyring")

// writeRoot writes the layer of packages of a recipe: unpacked, not configured, without documentation and translations.
func writeRoot(ctx context.Context, r Recipe, out io.Writer, say console.Reporter) error {
	if _, err := exec.LookPath("mmdebstrap"); err != nil {
		return ErrNoPackages
	}
	packages := append(everywhere(), r.Packages...)
	args := []string{"--quiet", "--variant=extract", "--format=tar", "--include=" + strings.Join(packages, ","), suite, "-"}
	sources := mirrors(ctx)
	if sources != "" {
		args = append(args, "-") // they come on standard input
	}
	settings, done, err := aptSettings(ctx)
	if err != nil {
		return err
	}
	defer done()
	if settings != "" {
		args = slices.Insert(args, 0, "--aptopt="+settings)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	unpack := exec.CommandContext(ctx, "mmdebstrap", args...)
	unpack.Stdin = strings.NewReader(sources)
	var complaints strings.Builder
	unpack.Stderr = io.MultiWriter(&complaints, console.LineWriter(say))
	stream, err := unpack.StdoutPipe()
	if err != nil {
		return err
	}
	if err := unpack.Start(); err != nil {
		return err
	}
	writeErr := filter(tar.NewReader(stream), r, newLayer(out))
	if writeErr != nil {
		cancel()
	}
	_, _ = io.Copy(io.Discard, stream) // the padding behind the last entry, or mmdebstrap gets a broken pipe
	if err := unpack.Wait(); err != nil && writeErr == nil {
		return fmt.Errorf("unpacking Debian packages (%s): %w\n%s", strings.Join(r.Packages, " "), err, strings.TrimSpace(complaints.String()))
	}
	return writeErr
}

// filter rewrites what mmdebstrap unpacked: /bin, /lib and /sbin become links into /usr, as on an installed Debian.
func filter(in *tar.Reader, r Recipe, out *layer) error {
	for _, dir := range []string{"bin", "lib", "lib64", "sbin"} {
		if err := out.link(dir, "usr/"+dir); err != nil {
			return err
		}
	}
	kept := map[string]string{} // the contents that are needed twice
	for {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("reading the unpacked packages: %w", err)
		}
		old := path.Clean(strings.TrimPrefix(header.Name, "./"))
		name := merged(old)
		if old == "." || dropped(name, r.Drop) || !wanted(header.Typeflag) {
			continue
		}
		header.Name = name
		switch header.Typeflag {
		case tar.TypeLink:
			header.Linkname = merged(path.Clean(strings.TrimPrefix(header.Linkname, "./")))
		case tar.TypeSymlink:
			if name != old && strings.HasPrefix(header.Linkname, "..") {
				header.Linkname = path.Join("/", path.Dir(old), header.Linkname)
			}
			if merged(strings.TrimPrefix(path.Join("/", path.Dir(old), header.Linkname), "/")) == name {
				continue // /usr/bin/x -> /bin/x, which is now one file
			}
		case tar.TypeReg:
			if strings.HasPrefix(name, "usr/share/base-passwd/") {
				content, err := io.ReadAll(in)
				if err != nil {
					return err
				}
				kept[path.Base(name)] = string(content)
				continue
			}
		}
		if err := out.add(header, in); err != nil {
			return err
		}
	}
	if err := configure(kept, r, out); err != nil {
		return err
	}
	return out.close()
}

// configure writes the few files that the packages' own scripts would have made.
func configure(kept map[string]string, r Recipe, out *layer) error {
	passwd, group := kept["passwd.master"], kept["group.master"]
	for _, user := range r.Users {
		fields := strings.Split(user, ":")
		passwd += user + "\n"
		group += fields[0] + ":x:" + fields[3] + ":\n"
	}
	passwd = strings.ReplaceAll(passwd, ":*:", ":x:")
	group = strings.ReplaceAll(group, ":*:", ":x:")
	files := map[string]string{
		"etc/passwd":        passwd,
		"etc/group":         group,
		"etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := out.text(name, files[name]); err != nil {
			return err
		}
	}
	if err := out.link("usr/bin/awk", "mawk"); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(r.Links)) {
		if err := out.link(strings.TrimPrefix(name, "/"), r.Links[name]); err != nil {
			return err
		}
	}
	if err := out.dir("tmp", 0o1777); err != nil {
		return err
	}
	return out.dir("root", 0o700)
}

// merged is where a path of a package lies when /bin and its like are links into /usr.
func merged(name string) string {
	first, _, _ := strings.Cut(name, "/")
	switch first {
	case "bin", "lib", "lib64", "sbin":
		return "usr/" + name
	}
	return name
}

func wanted(kind byte) bool {
	return kind == tar.TypeReg || kind == tar.TypeDir || kind == tar.TypeSymlink || kind == tar.TypeLink
}

func dropped(name string, drop []string) bool {
	if strings.HasPrefix(name, "usr/share/doc/") {
		return !strings.HasSuffix(name, "/copyright")
	}
	always := []string{"usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/i18n", "usr/share/lintian", "usr/share/bug",
		"usr/share/bash-completion", "usr/share/perl5", "usr/lib/systemd", "var/cache/apt", "var/lib/apt", "var/lib/dpkg", "etc/apt",
		"etc/init.d", "etc/cron*", "usr/lib/tmpfiles.d"}
	parts := strings.Split(name, "/")
	for _, pattern := range slices.Concat(always, drop) {
		depth := strings.Count(pattern, "/") + 1
		if depth > len(parts) {
			continue
		}
		if matches, err := path.Match(pattern, strings.Join(parts[:depth], "/")); err == nil && matches {
			return true
		}
	}
	return false
}
