package ship

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
)

// made is when everything was made, as far as archives and registries tell. Tar programs warn of the year 1970.
func made() time.Time { return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC) }

// Archive packages a chart by Helm's own code. Where Helm writes the time of packaging, and takes subcharts in any order, the
// archive says one time and orders them by name: equal charts have equal bytes.
func Archive(c *chart.Chart) ([]byte, error) {
	c.SetDependencies(sorted(c.Dependencies())...)
	dir, err := os.MkdirTemp("", "factory-package-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	saved, err := chartutil.Save(c, dir)
	if err != nil {
		return nil, err
	}
	archive, err := os.ReadFile(saved)
	if err != nil {
		return nil, err
	}
	return timeless(archive)
}

func sorted(charts []*chart.Chart) []*chart.Chart {
	return slices.SortedFunc(slices.Values(charts), func(a, b *chart.Chart) int { return cmp.Compare(a.Name(), b.Name()) })
}

// timeless writes an archive anew with one time for all its files. It reads it to its end: Helm does not look whether the last
// bytes reached the disk.
func timeless(archive []byte) ([]byte, error) {
	unzipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, fmt.Errorf("reading the archive back: %w", err)
	}
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	zipped.Extra, zipped.Comment = unzipped.Extra, unzipped.Comment
	writer := tar.NewWriter(zipped)
	for reader := tar.NewReader(unzipped); ; {
		file, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading the archive back: %w", err)
		}
		if err := writer.WriteHeader(&tar.Header{Name: file.Name, Mode: file.Mode, Size: file.Size, ModTime: made()}); err != nil {
			return nil, err
		}
		if _, err := io.Copy(writer, reader); err != nil {
			return nil, fmt.Errorf("reading the archive back: %w", err)
		}
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	if err := zipped.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
