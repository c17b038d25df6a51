package addons

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/helm-chart-factory/factory/cluster/internal/ociarchive"
)

// stampOf names everything that an add-on's archive is made from: its declaration, its sources, the compiler, the
// processor and what the machine adds to every image.
func stampOf(a addon, source, goVersion string) (string, error) {
	sum := sha256.New()
	fmt.Fprintf(sum, "%+v\n%s %s\n%x\n", a, goVersion, runtime.GOARCH, ociarchive.Base())
	root := os.DirFS(filepath.Join(source, a.name))
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n", path, len(content))
		sum.Write(content)
		return nil
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

func stampPath(cache, name string) string { return Archive(cache, name) + ".stamp" }

func isCurrent(cache, name, stamp string) bool {
	if _, err := os.Stat(Archive(cache, name)); err != nil {
		return false
	}
	found, err := os.ReadFile(stampPath(cache, name))
	return err == nil && string(bytes.TrimSpace(found)) == stamp
}

// install puts a finished archive in place. The stamp goes first and comes last: an archive is never taken for what
// it is not.
func install(cache, name, archive, stamp string) error {
	if err := os.Remove(stampPath(cache, name)); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("removing the old stamp: %w", err)
	}
	if err := os.Rename(archive, Archive(cache, name)); err != nil {
		return fmt.Errorf("moving the archive into place: %w", err)
	}
	if err := os.WriteFile(stampPath(cache, name), []byte(stamp+"\n"), 0o644); err != nil {
		return fmt.Errorf("writing the stamp: %w", err)
	}
	return nil
}
