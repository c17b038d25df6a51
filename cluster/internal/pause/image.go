package pause

import (
	"io"

	"github.com/helm-chart-factory/factory/cluster/internal/ociarchive"
)

// Reference is the image's name. The registry does not exist: the image is imported, never pulled.
const Reference = "factory.local/pause:1"

// WriteImage writes the image for a Go architecture name to out, as an OCI archive: the same bytes every time. scratch is a
// directory for passing files.
func WriteImage(out io.Writer, scratch, architecture string) error {
	program, err := Program(architecture)
	if err != nil {
		return err
	}
	return ociarchive.Write(out, scratch, ociarchive.Archive{
		Architecture: architecture,
		Images:       []ociarchive.Image{{Name: Reference, Entrypoint: []string{"/pause"}, User: "65535:65535"}},
		Files:        []ociarchive.File{{Path: "/pause", Mode: 0o755, Content: program}},
	})
}
