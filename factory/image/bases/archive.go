package bases

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/helm-chart-factory/factory/factory/console"
)

// StandInLabel marks an image as a stand-in. Its value is the stamp of what it was made from.
const StandInLabel = "dev.factory.stand-in"

// makeArchive puts the image together as a docker archive at path, from a layer of packages (kept in dir, shared by
// recipes with the same packages) and one of the toolchain.
func makeArchive(ctx context.Context, r Recipe, ref name.Tag, chain toolchain, stamp, dir, path string, say console.Reporter) error {
	root := filepath.Join(dir, "root-"+r.rootStamp()+".tar")
	if _, err := os.Stat(root); err != nil {
		say("unpacking Debian packages")
		if err := writeFile(root, func(file *os.File) error { return writeRoot(ctx, r, file, say) }); err != nil {
			return err
		}
	}
	files := []string{root}
	if chain.write != nil {
		say("copying %s", chain.version)
		top := path + ".toolchain"
		defer os.Remove(top)
		err := writeFile(top, func(file *os.File) error {
			out := newLayer(file)
			if err := chain.write(out); err != nil {
				return err
			}
			return out.close()
		})
		if err != nil {
			return fmt.Errorf("copying %s: %w", chain.version, err)
		}
		files = append(files, top)
	}
	image, err := assemble(r, chain, stamp, files)
	if err != nil {
		return err
	}
	next := path + ".new"
	if err := tarball.WriteToFile(next, ref, image); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return os.Rename(next, path)
}

// assemble makes the image out of layers that are tar files.
func assemble(r Recipe, chain toolchain, stamp string, files []string) (v1.Image, error) {
	image := empty.Image
	for _, file := range files {
		layer, err := newPlainLayer(file)
		if err != nil {
			return nil, err
		}
		image, err = mutate.Append(image, mutate.Addendum{
			Layer:   layer,
			History: v1.History{CreatedBy: "factory bases: a stand-in for " + r.Image},
		})
		if err != nil {
			return nil, err
		}
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", runtime.GOARCH
	config.Created = v1.Time{Time: time.Unix(0, 0).UTC()}
	config.Config = v1.Config{
		Env:        append(append([]string{}, r.Env...), chain.env...),
		Cmd:        r.Cmd,
		WorkingDir: r.WorkingDir,
		Labels:     map[string]string{StandInLabel: stamp},
	}
	return mutate.ConfigFile(image, config)
}

// writeFile gives path the content that write makes, once it is whole.
func writeFile(path string, write func(*os.File) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.part")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	if err := write(file); err != nil {
		file.Close()
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
