package addons

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// moduleCopy is a dependency that is compiled from a copy with some files replaced. Go's own -overlay refuses files
// of the module cache.
type moduleCopy struct {
	module string
	// keep are the directories to copy, besides the files at the top; none means all but drop.
	keep []string
	// drop are directories to leave out.
	drop []string
	// overlay is a directory of the add-on whose files go over the copy.
	overlay string
}

// copyModules makes the copies below dir and returns a go.mod, for -modfile, that uses them: the add-on's own and a
// replace directive for each. Without copies it returns "".
func copyModules(ctx context.Context, c *compiler, module, dir string, copies []moduleCopy) (string, error) {
	if len(copies) == 0 {
		return "", nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", fmt.Errorf("removing old copies: %w", err)
	}
	gomod, err := os.ReadFile(filepath.Join(module, "go.mod"))
	if err != nil {
		return "", fmt.Errorf("reading the module: %w", err)
	}
	var text strings.Builder
	text.Write(gomod)
	for _, m := range copies {
		origin, err := c.moduleDir(ctx, module, m.module)
		if err != nil {
			return "", err
		}
		target := filepath.Join(dir, filepath.FromSlash(m.module))
		if err := m.copyTo(target, origin, filepath.Join(module, m.overlay)); err != nil {
			return "", fmt.Errorf("copying module %s: %w", m.module, err)
		}
		fmt.Fprintf(&text, "\nreplace %s => %s\n", m.module, target)
	}
	gosum, err := os.ReadFile(filepath.Join(module, "go.sum"))
	if err != nil {
		return "", fmt.Errorf("reading the module's sums: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.sum"), gosum, 0o644); err != nil {
		return "", fmt.Errorf("writing the module's sums: %w", err)
	}
	modfile := filepath.Join(dir, "go.mod")
	return modfile, os.WriteFile(modfile, []byte(text.String()), 0o644)
}

// moduleDir downloads the dependency, at the version that the module in dir asks for, and returns where it lies.
func (c *compiler) moduleDir(ctx context.Context, dir, module string) (string, error) {
	version, err := c.output(ctx, dir, "list", "-mod=readonly", "-m", "-f", "{{.Version}}", module)
	if err != nil {
		return "", err
	}
	printed, err := c.output(ctx, dir, "mod", "download", "-json", module+"@"+strings.TrimSpace(version))
	if err != nil {
		return "", err
	}
	var found struct{ Dir string }
	if err := json.Unmarshal([]byte(printed), &found); err != nil {
		return "", fmt.Errorf("reading what go says about %s: %w", module, err)
	}
	return found.Dir, nil
}

func (m moduleCopy) copyTo(target, origin, overlay string) error {
	if err := copyTree(target, origin, m.wants); err != nil {
		return err
	}
	return copyTree(target, overlay, func(string) bool { return true })
}

// wants says whether a slash-separated path of the module belongs in the copy.
func (m moduleCopy) wants(path string) bool {
	if strings.HasSuffix(path, "_test.go") {
		return false
	}
	below := func(dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }
	if len(m.keep) > 0 && strings.Contains(path, "/") && !slices.ContainsFunc(m.keep, below) {
		return false
	}
	return !slices.ContainsFunc(m.drop, below)
}

// copyTree copies the wanted files of origin over target, writable: the module cache's are not.
func copyTree(target, origin string, wants func(string) bool) error {
	root := os.DirFS(origin)
	return fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !wants(path) {
			return err
		}
		content, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		to := filepath.Join(target, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, content, 0o644)
	})
}
