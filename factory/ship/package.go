package ship

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/helm-chart-factory/factory/factory/files"
)

// Packaged is a chart in a folder.
type Packaged struct {
	Name       string            `json:"name"`
	Version    string            `json:"version"`
	AppVersion string            `json:"appVersion,omitempty"`
	Path       string            `json:"path"`
	Digest     string            `json:"digest"` // of the archive: sha256:…
	Size       int               `json:"size"`   // in bytes
	Written    bool              `json:"written"`
	Images     map[string]string `json:"images,omitempty"`
}

// Package writes charts into a folder, which it makes: all of them, or none. A file that holds the same is left alone, and one that
// holds something else is an error without force: who has a version may count on it. Each file is there whole or not at all.
func Package(charts []*Chart, dir string, force bool) ([]Packaged, error) {
	packaged := make([]Packaged, len(charts))
	var others []string
	for i, c := range charts {
		p := Packaged{Name: c.Name, Version: c.Version, AppVersion: c.AppVersion, Path: filepath.Join(dir, c.File()),
			Digest: c.Digest(), Size: len(c.Archive), Written: true, Images: c.Images}
		there, err := os.ReadFile(p.Path)
		switch {
		case err == nil && bytes.Equal(there, c.Archive):
			p.Written = false
		case err == nil:
			others = append(others, fmt.Sprintf("%s (%s there, %s here)", p.Path, digest(there), p.Digest))
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("looking for an earlier package: %w", err)
		}
		packaged[i] = p
	}
	if len(others) > 0 && !force {
		return nil, usage("nothing was written, because another chart of that name and version is there:\n  %s\nnext: --version %s, another folder with -d DIR, or --force to replace it",
			strings.Join(others, "\n  "), next(charts[0].Version))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, files.Explain(err, dir)
	}
	if err := write(charts, packaged); err != nil {
		return nil, files.Explain(err, dir)
	}
	return packaged, nil
}

// write puts the files in their places when all of them are on the disk.
func write(charts []*Chart, packaged []Packaged) error {
	drafts := map[string]string{} // by their place
	defer func() {
		for _, draft := range drafts {
			os.Remove(draft) // those that have their place are no more
		}
	}()
	for i, c := range charts {
		place := packaged[i].Path
		if !packaged[i].Written {
			continue
		}
		draft, err := os.CreateTemp(filepath.Dir(place), "."+filepath.Base(place)+"-*")
		if err != nil {
			return err
		}
		drafts[place] = draft.Name()
		_, err = draft.Write(c.Archive)
		if err := errors.Join(err, draft.Chmod(0o644), draft.Sync(), draft.Close()); err != nil {
			return err
		}
	}
	for place, draft := range drafts {
		if err := os.Rename(draft, place); err != nil {
			return err
		}
	}
	return nil
}
