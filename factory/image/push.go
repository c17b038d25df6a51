package image

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// normalise rewrites what an engine pushed under ref so that the same layers and settings always have the same digest:
// buildah and docker write the name of the build container into it. It returns the digest.
func normalise(ctx context.Context, ref string) (string, error) {
	tag, err := name.NewTag(ref)
	if err != nil {
		return "", err
	}
	options := []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)}
	image, err := remote.Image(tag, options...)
	if err != nil {
		return "", fmt.Errorf("reading %s back from the registry: %w", ref, err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		return "", fmt.Errorf("reading %s back from the registry: %w", ref, err)
	}
	config = config.DeepCopy()
	config.Container, config.Config.Hostname = "", ""
	for i := range config.History {
		config.History[i].Comment = ""
	}
	if image, err = mutate.ConfigFile(image, config); err != nil {
		return "", err
	}
	// The layers are there already: this uploads the settings and the manifest.
	if err := remote.Write(tag, image, options...); err != nil {
		return "", fmt.Errorf("writing %s to the registry: %w", ref, err)
	}
	digest, err := image.Digest()
	if err != nil {
		return "", err
	}
	stored, err := Digest(ctx, ref)
	if err == nil && stored != digest.String() {
		err = fmt.Errorf("the registry holds %s under %s, and %s was pushed: somebody else pushes it too", stored, ref, digest)
	}
	return stored, err
}
