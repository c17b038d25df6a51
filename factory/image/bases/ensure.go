package bases

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/helm-chart-factory/factory/factory/console"
	"github.com/helm-chart-factory/factory/factory/image/dockerfile"
	"github.com/helm-chart-factory/factory/factory/image/engine"
)

// Options say which bases are needed and where they are kept.
type Options struct {
	Bases  []dockerfile.Base
	Engine engine.Engine
	Cache  string // the directory of archives, layers and fetched toolchains
	// Hub reports whether Docker Hub answers; nil asks it.
	Hub func(ctx context.Context) bool
}

// Result says where one base comes from.
type Result struct {
	Ref    string `json:"ref"`
	Origin Origin `json:"origin"`
	Made   bool   `json:"made"` // something was fetched or made for it now
}

// Origin is where a base comes from.
type Origin string

// The origins.
const (
	FromRegistry Origin = "registry" // pulled, or to be pulled by the build
	FromEngine   Origin = "engine"   // the engine held it already
	FromStandIn  Origin = "stand-in" // made here
)

// Ensure makes every base usable by the engine: by nothing where Docker Hub answers, else by a stand-in under the same
// name. A base without a recipe is an error that names the Dockerfile's line.
func Ensure(ctx context.Context, o Options, say console.Reporter) ([]Result, error) {
	var results []Result
	var reached *bool
	done := map[string]bool{}
	for _, base := range o.Bases {
		if done[base.Ref] {
			continue
		}
		done[base.Ref] = true
		n := need{base: base}
		var err error
		if n.ref, err = name.ParseReference(base.Ref); err != nil {
			return nil, fmt.Errorf("%s: %w", base.Place(), err)
		}
		if n.ref.Context().RegistryStr() != name.DefaultRegistry {
			results = append(results, Result{Ref: base.Ref, Origin: FromRegistry})
			continue
		}
		if n.stamp, n.held, err = o.Engine.Label(ctx, n.full(), StandInLabel); err != nil {
			return nil, err
		}
		if n.held && !n.standsIn() {
			results = append(results, Result{Ref: base.Ref, Origin: FromEngine})
			continue
		}
		if reached == nil {
			answer := o.hubAnswers(ctx)
			reached = &answer
		}
		result, err := o.provide(ctx, n, *reached, say)
		if err != nil {
			return nil, err
		}
		results = append(results, result)
	}
	return results, nil
}

// need is one base of Docker Hub and what the engine holds under its name.
type need struct {
	base  dockerfile.Base
	ref   name.Reference
	held  bool
	stamp string // of the stand-in that the engine holds
}

func (n need) standsIn() bool { return n.held && n.stamp != "" && n.stamp != "<no value>" }

// full is the name under which every engine knows the image.
func (n need) full() string {
	separator := ":"
	if _, pinned := n.ref.(name.Digest); pinned {
		separator = "@"
	}
	return "docker.io/" + n.ref.Context().RepositoryStr() + separator + n.ref.Identifier()
}

func (o Options) hubAnswers(ctx context.Context) bool {
	if o.Hub != nil {
		return o.Hub(ctx)
	}
	return HubReachable(ctx)
}

func (o Options) provide(ctx context.Context, n need, reached bool, say console.Reporter) (Result, error) {
	result := Result{Ref: n.base.Ref, Origin: FromRegistry}
	if reached && !n.held {
		return result, nil
	}
	if reached || o.Engine.HasMirror(ctx) {
		say("pulling %s", n.base.Ref)
		err := o.Engine.Pull(ctx, n.full())
		if err == nil {
			result.Made = true
			return result, nil
		}
		if reached {
			return Result{}, fmt.Errorf("%s: replacing the stand-in for %s: %w", n.base.Place(), n.base.Ref, err)
		}
	}
	result.Origin = FromStandIn
	made, err := o.standIn(ctx, n, say)
	result.Made = made
	return result, err
}

// standIn gives the engine the stand-in that the recipe makes today; made is false where it holds that one already.
func (o Options) standIn(ctx context.Context, n need, say console.Reporter) (made bool, err error) {
	recipe, found := find(n.ref)
	if !found {
		return false, unknown(n.base)
	}
	var chain toolchain
	if recipe.Toolchain != "" {
		if chain, err = findToolchain(ctx, recipe.Toolchain, n.ref.Identifier(), o.Cache); err != nil {
			return false, fmt.Errorf("%s: %w", n.base.Place(), err)
		}
	}
	stamp, err := recipe.stamp(chain.version)
	if err != nil || stamp == n.stamp {
		return false, err
	}
	tag, err := name.NewTag(n.full())
	if err != nil {
		return false, err
	}
	file := strings.NewReplacer("/", "_", ":", "_").Replace(n.ref.Context().RepositoryStr() + ":" + n.ref.Identifier())
	archive := filepath.Join(o.Cache, file+"-"+stamp+".tar")
	if _, err := os.Stat(archive); err != nil {
		if err := makeArchive(ctx, recipe, tag, chain, stamp, o.Cache, archive, say); err != nil {
			return false, fmt.Errorf("%s: making a stand-in for %s: %w", n.base.Place(), n.base.Ref, err)
		}
		if err := forgetOld(o.Cache, file, archive); err != nil {
			return false, err
		}
	}
	say("loading %s into %s", n.base.Ref, o.Engine.Name)
	return true, o.Engine.Load(ctx, archive)
}

// forgetOld removes earlier archives of the same image, and layers of packages that no recipe asks for any more: each is
// some hundred megabytes.
func forgetOld(cache, file, archive string) error {
	kept := map[string]bool{archive: true}
	for _, recipe := range Recipes() {
		kept[filepath.Join(cache, "root-"+recipe.rootStamp()+".tar")] = true
	}
	for _, pattern := range []string{file + "-*.tar", "root-*.tar"} {
		found, err := filepath.Glob(filepath.Join(cache, pattern))
		if err != nil {
			return err
		}
		for _, old := range found {
			if !kept[old] {
				if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return err
				}
			}
		}
	}
	return nil
}

func unknown(base dockerfile.Base) error {
	var known []string
	for _, recipe := range Recipes() {
		known = append(known, recipe.Image+":"+recipe.Tags+"*")
	}
	return fmt.Errorf("%s: %s cannot be pulled (Docker Hub does not answer), and there is no stand-in for it; there is one for %s\n"+
		"next: load the image yourself (docker load, or buildah pull docker-archive:FILE), name a mirror of docker.io in the engine's "+
		"configuration, or add a recipe to factory/image/bases/recipe.go", base.Place(), base.Ref, strings.Join(known, ", "))
}

// HubReachable asks Docker Hub for its API, for three seconds at most. Any answer counts, a refusal to say more too.
func HubReachable(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, "https://registry-1.docker.io/v2/", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK || response.StatusCode == http.StatusUnauthorized
}
