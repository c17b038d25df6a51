package deploy

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
)

// Chart loads a chart. It is called once for each rendering, since Helm changes the chart that it renders.
type Chart func() (*chart.Chart, error)

// MissingChartError says that there is no umbrella chart to deploy.
type MissingChartError struct{ Dir string }

func (e *MissingChartError) Error() string {
	return fmt.Sprintf("there is no chart in %s\nnext: factory sync", e.Dir)
}

// Usage marks the error as one that the caller cures.
func (e *MissingChartError) Usage() bool { return true }

// FromDir loads the chart in a directory, its subcharts included.
func FromDir(dir string) Chart {
	return func() (*chart.Chart, error) {
		if _, err := os.Stat(filepath.Join(dir, "Chart.yaml")); errors.Is(err, fs.ErrNotExist) {
			return nil, &MissingChartError{Dir: dir}
		}
		loaded, err := loader.LoadDir(dir)
		if err != nil {
			return nil, fmt.Errorf("loading the chart in %s: %w", dir, err)
		}
		return loaded, nil
	}
}

// FromFS loads the chart below root in a file system, such as one that is embedded.
func FromFS(files fs.FS, root string) Chart {
	return func() (*chart.Chart, error) {
		var buffered []*loader.BufferedFile
		err := fs.WalkDir(files, root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			data, err := fs.ReadFile(files, path)
			buffered = append(buffered, &loader.BufferedFile{Name: strings.TrimPrefix(path, root+"/"), Data: data})
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reading chart %q: %w", root, err)
		}
		return loader.LoadFiles(buffered)
	}
}

// FromArchive loads a packaged chart (.tgz).
func FromArchive(archive []byte) Chart {
	return func() (*chart.Chart, error) { return loader.LoadArchive(bytes.NewReader(archive)) }
}

// WithVersion is a chart that says another version, and the same version of its application.
func WithVersion(source Chart, version string) Chart {
	return func() (*chart.Chart, error) {
		loaded, err := source()
		if err != nil {
			return nil, err
		}
		loaded.Metadata.Version, loaded.Metadata.AppVersion = version, version
		return loaded, nil
	}
}
