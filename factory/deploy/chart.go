package deploy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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
