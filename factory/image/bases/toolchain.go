package bases

import (
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// toolchain is what is copied from this machine into a stand-in.
type toolchain struct {
	version string
	env     []string
	write   func(out *layer) error
}

// findToolchain finds the toolchain that an image tag asks for, below cache where it had to be fetched.
func findToolchain(ctx context.Context, kind, tag, cache string) (toolchain, error) {
	wanted := regexp.MustCompile(`^[0-9.]*`).FindString(tag)
	if kind == "golang" {
		return findGo(ctx, strings.TrimSuffix(wanted, "."))
	}
	return findNode(ctx, strings.TrimSuffix(wanted, "."), cache)
}

// isVersion reports whether version is wanted or a later part of it: 1.26.8 is 1.26.
func isVersion(version, wanted string) bool {
	return wanted == "" || version == wanted || strings.HasPrefix(version, wanted+".")
}

func findGo(ctx context.Context, wanted string) (toolchain, error) {
	root, version, err := goRoot(ctx, "local")
	if err == nil && !isVersion(version, wanted) {
		// Go fetches other releases of itself through its module proxy.
		exact := wanted
		if strings.Count(exact, ".") == 1 {
			exact += ".0"
		}
		root, version, err = goRoot(ctx, "go"+exact)
	}
	if err != nil {
		return toolchain{}, fmt.Errorf("finding Go %s for the base image golang: %w\nnext: install Go %s (https://go.dev/dl)", wanted, err, wanted)
	}
	return toolchain{
		version: "go" + version,
		env:     []string{"GOLANG_VERSION=" + version},
		write: func(out *layer) error {
			if err := writeCertificates(out); err != nil {
				return err
			}
			for _, dir := range []string{"go/src", "go/bin"} {
				if err := out.dir(dir, 0o1777); err != nil {
					return err
				}
			}
			return out.folder("usr/local/go", root, isNotForBuilding)
		},
	}, nil
}

func goRoot(ctx context.Context, toolchain string) (root, version string, err error) {
	command := exec.CommandContext(ctx, "go", "env", "GOROOT", "GOVERSION")
	command.Env = append(os.Environ(), "GOTOOLCHAIN="+toolchain)
	out, err := command.Output()
	if err != nil {
		return "", "", complaint(err)
	}
	fields := strings.Fields(string(out))
	if len(fields) < 2 {
		return "", "", fmt.Errorf("go env says %q", out)
	}
	return fields[0], strings.TrimPrefix(fields[1], "go"), nil
}

// isNotForBuilding leaves out a third of a Go tree: tests, documentation, what the tests read.
func isNotForBuilding(relative string, entry fs.DirEntry) bool {
	if !entry.IsDir() {
		return strings.HasSuffix(relative, "_test.go")
	}
	return entry.Name() == "testdata" || slices.Contains([]string{"test", "doc", "api", "misc", ".git", "pkg/obj"}, relative)
}

func findNode(ctx context.Context, wanted, cache string) (toolchain, error) {
	node, npm, version, err := installedNode(ctx)
	if err != nil || !isVersion(version, wanted) || !standsAlone(node) {
		node, npm, version, err = fetchNode(ctx, wanted, cache)
	}
	if err != nil {
		return toolchain{}, fmt.Errorf("finding Node %s for the base image node: %w\nnext: install Node %s, or npm, which fetches it: apt-get install npm",
			wanted, err, wanted)
	}
	return toolchain{
		version: "node" + version,
		// Node brings roots of its own and adds those of this file only when told.
		env: []string{"NODE_VERSION=" + version, "NODE_EXTRA_CA_CERTS=" + certificatesInside},
		write: func(out *layer) error {
			if err := writeCertificates(out); err != nil {
				return err
			}
			if err := out.file("usr/local/bin/node", node); err != nil {
				return err
			}
			for _, program := range []string{"npm", "npx"} {
				if err := out.link("usr/local/bin/"+program, "../lib/node_modules/npm/bin/"+program+"-cli.js"); err != nil {
					return err
				}
			}
			if err := out.dir("home/node", 0o1777); err != nil {
				return err
			}
			return out.folder("usr/local/lib/node_modules/npm", npm, func(relative string, entry fs.DirEntry) bool {
				return entry.IsDir() && (relative == "man" || relative == "docs")
			})
		},
	}, nil
}

// installedNode finds the files behind this machine's node and npm, whatever links lead to them.
func installedNode(ctx context.Context) (node, npm, version string, err error) {
	out, err := exec.CommandContext(ctx, "node", "-p", "process.execPath + ' ' + process.versions.node").Output()
	if err != nil {
		return "", "", "", complaint(err)
	}
	node, version, _ = strings.Cut(strings.TrimSpace(string(out)), " ")
	command, err := exec.LookPath("npm")
	if err != nil {
		return "", "", "", err
	}
	script, err := filepath.EvalSymlinks(command)
	if err != nil {
		return "", "", "", err
	}
	npm = filepath.Dir(filepath.Dir(script))
	if _, err := os.Stat(filepath.Join(npm, "bin", "npm-cli.js")); err != nil {
		return "", "", "", fmt.Errorf("npm at %s is not laid out as the npm package is: %w", command, err)
	}
	return node, npm, version, nil
}

// standsAlone tells a node that needs the C and C++ libraries only from one that a distribution cut into many libraries,
// which would have to be copied along.
func standsAlone(node string) bool {
	program, err := elf.Open(node)
	if err != nil {
		return false
	}
	defer program.Close()
	libraries, err := program.ImportedLibraries()
	if err != nil {
		return false
	}
	for _, library := range libraries {
		base, _, _ := strings.Cut(library, ".so")
		if !slices.Contains([]string{"libc", "libm", "libdl", "librt", "libpthread", "libstdc++", "libgcc_s", "libatomic"}, base) &&
			!strings.HasPrefix(base, "ld-linux") {
			return false
		}
	}
	return true
}

// fetchNode gets node and npm from the npm registry, which carries both as packages.
func fetchNode(ctx context.Context, wanted, cache string) (node, npm, version string, err error) {
	arch := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	dir := filepath.Join(cache, "node-"+wanted)
	install := exec.CommandContext(ctx, "npm", "install", "--prefix", dir, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund",
		"node-linux-"+arch+"@"+wanted, "npm@10")
	install.Env = append(os.Environ(), "NPM_CONFIG_GLOBAL=false")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", "", "", err
	}
	if _, err := install.Output(); err != nil {
		return "", "", "", complaint(err)
	}
	modules := filepath.Join(dir, "node_modules")
	var described struct {
		Version string `json:"version"`
	}
	content, err := os.ReadFile(filepath.Join(modules, "node-linux-"+arch, "package.json"))
	if err != nil {
		return "", "", "", err
	}
	if err := json.Unmarshal(content, &described); err != nil {
		return "", "", "", err
	}
	return filepath.Join(modules, "node-linux-"+arch, "bin", "node"), filepath.Join(modules, "npm"), described.Version, nil
}

// certificatesInside is where Debian, Alpine and Go look for roots.
const certificatesInside = "/etc/ssl/certs/ca-certificates.crt"

// writeCertificates copies this machine's roots: a builder downloads through the same network as this machine.
func writeCertificates(out *layer) error {
	if bundle := certificates(); bundle != "" {
		return out.file(strings.TrimPrefix(certificatesInside, "/"), bundle)
	}
	return nil
}

func certificates() string {
	for _, file := range []string{os.Getenv("SSL_CERT_FILE"), certificatesInside} {
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			return file
		}
	}
	return ""
}

// certificatesStamp changes with the content of the roots.
func certificatesStamp() string {
	file, err := os.Open(certificates())
	if err != nil {
		return ""
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// complaint adds what a program wrote about its failure.
func complaint(err error) error {
	if exit, ok := err.(*exec.ExitError); ok && len(exit.Stderr) > 0 {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
	}
	return err
}
