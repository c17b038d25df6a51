// Package bases makes stand-ins for public base images out of Debian packages and of the toolchains of this machine, for
// places that Docker Hub cannot be reached from. The Dockerfiles stay the same.
package bases

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// suite is the Debian release that the packages come from: the one whose PostgreSQL is 15.
const suite = "bookworm"

// format is part of every stamp: a change of how an image is put together makes the old ones stale.
const format = "2"

// Recipe says what stands in for one image of Docker Hub.
type Recipe struct {
	// Image is the repository, such as nginx. Tags limits it to tags that begin so; empty takes every tag.
	Image string
	Tags  string
	// Packages are added to what every stand-in holds (a shell and Debian's basic tools).
	Packages []string
	// Drop are patterns (path.Match) of the packages' files and folders that are left out.
	Drop []string
	// Users are further lines of /etc/passwd; each gets its group.
	Users []string
	// Links are symbolic links, path to target.
	Links map[string]string
	// Env, Cmd and WorkingDir are the image's own settings.
	Env        []string
	Cmd        []string
	WorkingDir string
	// Toolchain, if not empty, is what is copied from this machine: golang or node.
	Toolchain string
}

const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Recipes lists what there is a stand-in for.
func Recipes() []Recipe {
	postgres := "/usr/lib/postgresql/15/bin/"
	return []Recipe{
		{
			Image:    "nginx",
			Packages: []string{"nginx-light", "media-types"},
			Users:    []string{"nginx:x:101:101:nginx:/var/cache/nginx:/bin/sh"},
			Env:      []string{"PATH=" + searchPath},
			Cmd:      []string{"nginx", "-g", "daemon off;"},
		},
		{
			Image: "postgres", Tags: "15",
			Packages: []string{"postgresql-15"},
			// LLVM, which compiles long queries, is two thirds of the whole; Perl serves Debian's cluster tools only.
			Drop: []string{"usr/lib/*/libLLVM*", "usr/lib/*/libz3*", "usr/lib/*/libperl*", "usr/lib/*/perl*", "usr/lib/postgresql/15/lib/bitcode",
				"usr/lib/postgresql/15/lib/llvmjit*", "usr/share/perl", "usr/bin/perl*", "usr/share/postgresql-common", "usr/bin/pg_*"},
			Users: []string{"postgres:x:70:70:PostgreSQL:/var/lib/postgresql:/bin/sh"},
			Links: links("/usr/local/bin/", postgres, "initdb", "pg_ctl", "pg_dump", "pg_dumpall", "pg_isready", "pg_restore", "postgres", "psql",
				"createdb", "createuser", "dropdb", "pg_basebackup", "pg_controldata", "pg_resetwal"),
			Env:        []string{"PATH=" + searchPath + ":" + strings.TrimSuffix(postgres, "/"), "LANG=C.UTF-8", "PGDATA=/var/lib/postgresql/data"},
			Cmd:        []string{"postgres"},
			WorkingDir: "/",
		},
		{
			Image: "golang", Toolchain: "golang",
			Packages:   builderPackages(),
			Users:      builderUsers(),
			Env:        []string{"PATH=/go/bin:/usr/local/go/bin:" + searchPath, "GOPATH=/go", "GOTOOLCHAIN=local"},
			Cmd:        []string{"bash"},
			WorkingDir: "/go",
		},
		{
			Image: "node", Toolchain: "node",
			Packages: builderPackages(),
			Users:    builderUsers(),
			Env:      []string{"PATH=" + searchPath},
			Cmd:      []string{"node"},
		},
	}
}

// everywhere is the part of Debian's essential packages that scripts use.
func everywhere() []string {
	return []string{"base-files", "base-passwd", "bash", "coreutils", "dash", "findutils", "grep", "gzip", "hostname", "libc-bin",
		"mawk", "sed", "tar", "util-linux"}
}

// builderPackages and builderUsers are the same for both builders, so that they share one layer.
func builderPackages() []string { return []string{"libstdc++6", "procps", "xz-utils"} }

func builderUsers() []string { return []string{"node:x:1000:1000:node:/home/node:/bin/sh"} }

func links(dir, target string, programs ...string) map[string]string {
	out := map[string]string{}
	for _, program := range programs {
		out[dir+program] = target + program
	}
	return out
}

// find returns the recipe for an image of Docker Hub.
func find(ref name.Reference) (recipe Recipe, found bool) {
	if _, pinned := ref.(name.Digest); pinned {
		return Recipe{}, false // nothing made here has those bytes
	}
	image := strings.TrimPrefix(ref.Context().RepositoryStr(), "library/")
	for _, recipe := range Recipes() {
		if recipe.Image == image && strings.HasPrefix(ref.Identifier(), recipe.Tags) {
			return recipe, true
		}
	}
	return Recipe{}, false
}

// stamp changes whenever the image that the recipe gives would.
func (r Recipe) stamp(toolchain string) (string, error) {
	content, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	if r.Toolchain != "" {
		toolchain += certificatesStamp()
	}
	return hash(format, suite, string(content), strings.Join(everywhere(), " "), toolchain), nil
}

// rootStamp is the stamp of the layer of packages alone.
func (r Recipe) rootStamp() string {
	packages := slices.Sorted(slices.Values(append(everywhere(), r.Packages...)))
	return hash(format, suite, fmt.Sprint(packages, r.Drop, r.Users, r.Links))
}

func hash(parts ...string) string {
	sum := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}
