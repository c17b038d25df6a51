package addons

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/helm-chart-factory/factory/cluster/internal/ociarchive"
)

// BuildOptions says what Build builds and where.
type BuildOptions struct {
	// Source is the directory that holds one Go module per add-on: cluster/addons of a checkout.
	Source string
	// Cache is the factory's cache directory; the archives go to its images/.
	Cache string
	// Names are the add-ons to build; none means all. They are built in the order in which a cluster needs them.
	Names []string
	// Out takes a line at each step and, while one is compiled, every few seconds.
	Out io.Writer
}

// Names returns every add-on's name in the order in which a cluster needs them.
func Names() []string {
	var names []string
	for _, a := range catalogue() {
		names = append(names, a.name)
	}
	return names
}

// Archive returns the path of an add-on's image archive below the cache directory.
func Archive(cache, name string) string { return filepath.Join(cache, "images", name+".tar") }

// Build makes the image archive of each add-on that is missing or was made from something else, one after the other.
// An archive appears whole or not at all.
func Build(ctx context.Context, o BuildOptions) error {
	chosen, err := choose(o)
	if err != nil {
		return err
	}
	return buildAll(ctx, o, chosen)
}

func buildAll(ctx context.Context, o BuildOptions, chosen []addon) error {
	compiler, err := newCompiler(ctx, o.Out)
	if err != nil {
		return err
	}
	for _, a := range chosen {
		begin := time.Now()
		stamp, err := stampOf(a, o.Source, compiler.version)
		if err != nil {
			return fmt.Errorf("reading the source of %s: %w", a.name, err)
		}
		if isCurrent(o.Cache, a.name, stamp) {
			fmt.Fprintf(o.Out, "%s %s: up to date\n", a.name, a.version)
			continue
		}
		if err := build(ctx, o, compiler, a, stamp); err != nil {
			return fmt.Errorf("building %s %s: %w", a.name, a.version, err)
		}
		fmt.Fprintf(o.Out, "%s %s: built in %s\n", a.name, a.version, elapsed(begin))
	}
	return nil
}

// Stale returns the names, of those that o chooses, whose archive is missing or was made from something else.
func Stale(ctx context.Context, o BuildOptions) ([]string, error) {
	chosen, err := choose(o)
	if err != nil {
		return nil, err
	}
	compiler, err := newCompiler(ctx, io.Discard)
	if err != nil {
		return nil, err
	}
	var stale []string
	for _, a := range chosen {
		stamp, err := stampOf(a, o.Source, compiler.version)
		if err != nil {
			return nil, fmt.Errorf("reading the source of %s: %w", a.name, err)
		}
		if !isCurrent(o.Cache, a.name, stamp) {
			stale = append(stale, a.name)
		}
	}
	return stale, nil
}

// choose returns the add-ons that o names, in the catalogue's order, once their sources are known to be there.
func choose(o BuildOptions) ([]addon, error) {
	for _, name := range o.Names {
		if !slices.Contains(Names(), name) {
			return nil, fmt.Errorf("no add-on %q; there are %s", name, strings.Join(Names(), ", "))
		}
	}
	chosen := slices.DeleteFunc(catalogue(), func(a addon) bool {
		return len(o.Names) > 0 && !slices.Contains(o.Names, a.name)
	})
	for _, a := range chosen {
		if _, err := os.Stat(filepath.Join(o.Source, a.name, "go.mod")); err != nil {
			return nil, fmt.Errorf("no source of %s in %q: name the directory cluster/addons of a checkout: %w", a.name, o.Source, err)
		}
	}
	return chosen, nil
}

func build(ctx context.Context, o BuildOptions, compiler *compiler, a addon, stamp string) error {
	images := filepath.Join(o.Cache, "images")
	if err := os.MkdirAll(images, 0o755); err != nil {
		return fmt.Errorf("making the images' directory: %w", err)
	}
	// Beside the archive, so that moving it there is a rename.
	work, err := os.MkdirTemp(images, "."+a.name+"-")
	if err != nil {
		return fmt.Errorf("making a work directory: %w", err)
	}
	defer os.RemoveAll(work)

	module := filepath.Join(o.Source, a.name)
	modfile, err := copyModules(ctx, compiler, module, filepath.Join(o.Cache, "addons", a.name), a.copies)
	if err != nil {
		return err
	}
	files := ociarchive.Base()
	for _, b := range a.binaries {
		program := filepath.Join(work, filepath.Base(b.path))
		job := compilation{label: a.name + " " + a.version, module: module, modfile: modfile, pkg: b.pkg, ldflags: b.ldflags, output: program}
		if err := compiler.compile(ctx, job); err != nil {
			return err
		}
		files = append(files, ociarchive.File{Path: b.path, Mode: 0o755, Source: program})
	}
	whole := filepath.Join(work, "archive.tar")
	content := ociarchive.Archive{Architecture: runtime.GOARCH, Images: a.images, Files: files}
	if err := writeArchive(whole, work, content); err != nil {
		return fmt.Errorf("writing the image archive: %w", err)
	}
	return install(o.Cache, a.name, whole, stamp)
}

func writeArchive(path, scratch string, content ociarchive.Archive) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := ociarchive.Write(out, scratch, content); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

func elapsed(since time.Time) time.Duration {
	took := time.Since(since)
	if took < time.Second {
		return took.Round(time.Millisecond)
	}
	return took.Round(time.Second)
}
