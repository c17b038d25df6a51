// Package importer writes specs from what people have already: Compose files, or Kubernetes manifests. What it writes loads; what
// it cannot carry over it reports, field by field.
package importer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/spec"
)

// Request is one import.
type Request struct {
	// Paths are the files and folders to import.
	Paths []string
	// Into is the folder of the project; it is made when it is not there.
	Into string
	// Profiles are those of a Compose file that are on; "*" is all of them.
	Profiles []string
	// Force gives up specs and files of the project that are in the way. factory.yaml is never given up.
	Force bool
	// DryRun writes nothing.
	DryRun bool
}

// Result is what an import made.
type Result struct {
	// Services are those that were imported, in the order of the source.
	Services []*draft.Service
	// Files are the files that were written, or would be; those that are there already as they are to be are left out.
	Files []draft.File
	// Findings are in the order of the source.
	Findings []draft.Finding
}

// wrong is an error that only another command or another source cures.
type wrong struct{ error }

func (wrong) Usage() bool { return true }

// Run imports. Everything is written or nothing: what goes wrong on the way is taken back. The error is spec.Problems when the
// source cannot be read.
func Run(r Request) (*Result, error) {
	if err := loads(r.Into); err != nil {
		return nil, err
	}
	project, folder, err := convert(r)
	if err != nil {
		return nil, err
	}
	if len(project.Services) == 0 {
		return nil, wrong{fmt.Errorf("there is no service to import in %s", filepath.Join(r.Paths...))}
	}
	if err := settle(project, r.Into); err != nil {
		return nil, err
	}
	result := &Result{Services: project.Services, Findings: slices.Clone(project.Report.Findings)}
	for i := range result.Findings {
		result.Findings[i].At = folder.Place(result.Findings[i].At)
	}
	w, err := planned(r.Into, project.Render(), r.Force)
	if err != nil {
		return nil, err
	}
	result.Files = w.files
	if r.DryRun {
		return result, nil
	}
	return result, w.write()
}

// loads tells whether the project that is written to is in order; one without services yet is.
func loads(into string) error {
	if _, err := os.Stat(filepath.Join(into, spec.ProjectFile)); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	specs, err := filepath.Glob(filepath.Join(into, "services", "*", spec.ServiceFile))
	if err != nil || len(specs) == 0 {
		return nil
	}
	if _, err := spec.Load(into); err != nil {
		return fmt.Errorf("the project that is imported into is not in order: %w", err)
	}
	return nil
}
