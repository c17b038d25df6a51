package image

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/image/dockerfile"
	"github.com/helm-chart-factory/factory/factory/image/engine"
)

// lent is what this machine lends to the RUN lines of a build: download and compile caches, and how it reaches its
// package registries. All of it is mounted, so none of it is in an image.
type lent struct {
	mounts []engine.Mount
	files  []string // temporary files, removed afterwards
}

func (l *lent) remove() {
	for _, file := range l.files {
		os.Remove(file)
	}
}

// lend looks at what a Dockerfile builds on: golang and node are the builders that download.
func lend(ctx context.Context, bases []dockerfile.Base, cache string) (*lent, error) {
	var l lent
	for _, base := range bases {
		repository, _, _ := strings.Cut(base.Ref, "@")
		repository, _, _ = strings.Cut(path.Base(repository), ":")
		var err error
		switch repository {
		case "golang":
			err = l.forGo(ctx, cache)
		case "node":
			err = l.forNode(ctx, cache)
		}
		if err != nil {
			l.remove()
			return nil, err
		}
	}
	if len(l.mounts) > 0 {
		l.certificates()
	}
	return &l, nil
}

func (l *lent) mount(host, container string, readOnly bool) {
	taken := slices.ContainsFunc(l.mounts, func(m engine.Mount) bool { return m.Container == container })
	if !taken {
		l.mounts = append(l.mounts, engine.Mount{Host: host, Container: container, ReadOnly: readOnly})
	}
}

// folder mounts host, or the fallback where this machine has no such folder, writable.
func (l *lent) folder(host, fallback, container string) error {
	if info, err := os.Stat(host); host == "" || err != nil || !info.IsDir() {
		host = fallback
	}
	if err := os.MkdirAll(host, 0o755); err != nil {
		return err
	}
	l.mount(host, container, false)
	return nil
}

// text mounts a file that only we and the build can read.
func (l *lent) text(content, container string) error {
	file, err := os.CreateTemp("", "factory-build-*") // 0600
	if err != nil {
		return err
	}
	l.files = append(l.files, file.Name())
	if _, err := file.WriteString(content); err != nil {
		file.Close()
		return err
	}
	l.mount(file.Name(), container, true)
	return file.Close()
}

// certificates mounts this machine's roots where Debian, Alpine and Go look for them.
func (l *lent) certificates() {
	const usual = "/etc/ssl/certs/ca-certificates.crt"
	for _, file := range []string{os.Getenv("SSL_CERT_FILE"), usual} {
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			l.mount(file, usual, true)
			return
		}
	}
}

// forGo shares this machine's module and compile caches, so that what was compiled here is not compiled again.
func (l *lent) forGo(ctx context.Context, cache string) error {
	settings := map[string]string{}
	if out, err := exec.CommandContext(ctx, "go", "env", "-json").Output(); err == nil {
		if err := json.Unmarshal(out, &settings); err != nil {
			return fmt.Errorf("reading go env: %w", err)
		}
	}
	if err := l.folder(settings["GOMODCACHE"], filepath.Join(cache, "go-mod"), "/go/pkg/mod"); err != nil {
		return err
	}
	if err := l.folder(settings["GOCACHE"], filepath.Join(cache, "go-build"), "/root/.cache/go-build"); err != nil {
		return err
	}
	var env strings.Builder
	for _, key := range []string{"GOPROXY", "GOSUMDB", "GONOPROXY", "GONOSUMDB", "GOPRIVATE", "GOINSECURE"} {
		if settings[key] != "" {
			fmt.Fprintf(&env, "%s=%s\n", key, settings[key])
		}
	}
	if env.Len() > 0 {
		if err := l.text(env.String(), "/root/.config/go/env"); err != nil {
			return err
		}
	}
	if home, err := os.UserHomeDir(); err == nil {
		if netrc := filepath.Join(home, ".netrc"); isFile(netrc) {
			l.mount(netrc, "/root/.netrc", true)
		}
	}
	return nil
}

// forNode shares this machine's download cache and its registry settings, logins included.
func (l *lent) forNode(ctx context.Context, cache string) error {
	config := func(key string) string {
		out, err := exec.CommandContext(ctx, "npm", "config", "get", key).Output()
		if value := strings.TrimSpace(string(out)); err == nil && value != "null" && value != "undefined" {
			return value
		}
		return ""
	}
	if err := l.folder(config("cache"), filepath.Join(cache, "npm"), "/root/.npm"); err != nil {
		return err
	}
	var settings strings.Builder
	// The user's file comes last: the later line of an npmrc wins.
	for _, file := range []string{config("globalconfig"), config("userconfig")} {
		content, err := os.ReadFile(file)
		if err == nil {
			settings.WriteString(networkSettings(content))
		}
	}
	text := settings.String()
	if roots := config("cafile"); isFile(roots) {
		l.mount(roots, roots, true)
	} else if isFile(os.Getenv("NODE_EXTRA_CA_CERTS")) {
		l.mount(os.Getenv("NODE_EXTRA_CA_CERTS"), "/etc/ssl/certs/ca-certificates.crt", true)
		text += "cafile=/etc/ssl/certs/ca-certificates.crt\n"
	}
	if text == "" {
		return nil
	}
	return l.text(text, "/root/.npmrc")
}

// networkSettings keeps the lines of an npmrc that say how registries are reached.
func networkSettings(npmrc []byte) string {
	var kept strings.Builder
	for lines := bufio.NewScanner(bytes.NewReader(npmrc)); lines.Scan(); {
		key, _, found := strings.Cut(lines.Text(), "=")
		key = strings.TrimSpace(key)
		scoped := strings.HasPrefix(key, "//") || strings.HasSuffix(key, ":registry")
		known := slices.Contains([]string{"registry", "cafile", "ca", "ca[]", "strict-ssl", "proxy", "http-proxy", "https-proxy", "noproxy",
			"fetch-retries", "fetch-timeout", "maxsockets"}, key)
		if found && (scoped || known) {
			kept.WriteString(lines.Text() + "\n")
		}
	}
	return kept.String()
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return name != "" && err == nil && info.Mode().IsRegular()
}
