// Package baseline finds the output of factory that a project's present one is compared with: what git has, or a folder.
package baseline

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"

	"github.com/helm-chart-factory/factory/factory/umbrella"
)

// Baseline is an umbrella chart as it was.
type Baseline struct {
	// Name says where it is from, for people: a commit or a folder.
	Name string
	// Files are those of the umbrella chart, as Helm's loader takes them.
	Files []*loader.BufferedFile

	read func(path string) ([]byte, error)
}

// File returns a file of the project as it was, by its path with slashes, if there is one.
func (b *Baseline) File(path string) ([]byte, bool) {
	if b.read == nil {
		return nil, false
	}
	data, err := b.read(path)
	return data, err == nil
}

// wrong is an --against that leads nowhere.
type wrong struct{ text string }

func (e wrong) Error() string { return e.text }

// Usage says that the command is wrong.
func (e wrong) Usage() bool { return true }

// Find returns what to compare the project in dir with: the folder or the git revision that against names, else the last
// commit. Without against, nothing to compare with is no error: the result is nil, and why tells the reason.
func Find(ctx context.Context, dir, against string) (b *Baseline, why string, err error) {
	if against != "" {
		if info, err := os.Stat(against); err == nil && info.IsDir() {
			b, err := folder(against)
			return b, "", err
		}
		b, err := revision(ctx, dir, against)
		if errors.Is(err, errNone) {
			return nil, "", wrong{fmt.Sprintf("%s: neither a folder nor a git revision that holds %s: %v", against, umbrella.Dir, err)}
		}
		return b, "", err
	}
	b, err = revision(ctx, dir, "HEAD")
	if errors.Is(err, errNone) {
		return nil, err.Error(), nil
	}
	return b, "", err
}

// folder reads a project's folder, or the umbrella chart's own.
func folder(dir string) (*Baseline, error) {
	b := &Baseline{Name: dir}
	chart := filepath.Join(dir, umbrella.Dir)
	if _, err := os.Stat(filepath.Join(chart, "Chart.yaml")); err == nil {
		b.read = func(path string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, filepath.FromSlash(path))) }
	} else {
		chart = dir
	}
	if _, err := os.Stat(filepath.Join(chart, "Chart.yaml")); err != nil {
		return nil, wrong{fmt.Sprintf("%s holds neither an umbrella chart nor a project with one: name a folder with Chart.yaml or %s/Chart.yaml", dir, umbrella.Dir)}
	}
	err := filepath.WalkDir(chart, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(chart, path)
		b.Files = append(b.Files, &loader.BufferedFile{Name: filepath.ToSlash(name), Data: data})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading what to compare with: %w", err)
	}
	return b, nil
}

// errNone is part of errors that say that there is nothing to compare with.
var errNone = errors.New("nothing to compare with")

// revision reads the umbrella chart of a commit.
func revision(ctx context.Context, dir, name string) (*Baseline, error) {
	if _, err := exec.LookPath("git"); err != nil {
		return nil, fmt.Errorf("%w: there is no git", errNone)
	}
	prefix, err := git(ctx, dir, "rev-parse", "--show-prefix")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNone, err)
	}
	top, err := git(ctx, dir, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNone, err)
	}
	commit, err := git(ctx, dir, "rev-parse", "--short", "--verify", "--end-of-options", name+"^{commit}")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNone, err)
	}
	root, inside := strings.TrimSpace(string(top)), strings.TrimSpace(string(prefix))
	at := strings.TrimSpace(string(commit))
	archive, err := git(ctx, root, "archive", "--format=tar", at+":"+inside+umbrella.Dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNone, err)
	}
	b := &Baseline{Name: name + " (" + at + ")"}
	b.read = func(path string) ([]byte, error) { return git(ctx, root, "show", at+":"+inside+path) }
	b.Files, err = untar(archive)
	return b, err
}

func untar(archive []byte) ([]*loader.BufferedFile, error) {
	var files []*loader.BufferedFile
	for reader := tar.NewReader(bytes.NewReader(archive)); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading what git has: %w", err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		data, err := io.ReadAll(reader)
		if err != nil {
			return nil, fmt.Errorf("reading what git has: %w", err)
		}
		files = append(files, &loader.BufferedFile{Name: header.Name, Data: data})
	}
}

// git runs git in a folder and returns what it prints. The error is what git says is wrong.
func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "git", args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	var said bytes.Buffer
	command.Stderr = &said
	out, err := command.Output()
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if text := strings.TrimSpace(said.String()); text != "" {
			return nil, errors.New(text)
		}
		return nil, err
	}
	return out, nil
}
