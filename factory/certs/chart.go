package certs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/helm-chart-factory/factory/factory/deploy"
)

const (
	chartRepository = "quay.io/jetstack/charts/cert-manager"
	chartLayer      = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
	chartModule     = "github.com/cert-manager/cert-manager"
	// pullTimeout is short: where the registry is out of reach, the module holds the same chart.
	pullTimeout = 5 * time.Second
)

// source is cert-manager's chart and whether it came from its registry, which tells that images can be pulled too.
type source struct {
	load   deploy.Chart
	online bool
}

// fetchChart gets the official chart from its registry, or from cert-manager's Go module where that cannot be reached.
func fetchChart(ctx context.Context, version string, say func(string, ...any)) (*source, error) {
	say("fetching the chart of cert-manager %s", version)
	pulled, pullErr := pullChart(ctx, chartRepository, version)
	if pullErr == nil {
		return &source{load: pulled, online: true}, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	say("quay.io cannot be reached: taking the chart from cert-manager's Go module")
	dir, err := moduleDir(ctx, version)
	if err != nil {
		return nil, fmt.Errorf("getting the chart of cert-manager %s:\n  from %s: %w\n  from the Go module: %w", version, chartRepository, pullErr, err)
	}
	return &source{load: deploy.WithVersion(deploy.FromDir(filepath.Join(dir, "deploy", "charts", "cert-manager")), version)}, nil
}

// pullChart reads a chart from an OCI registry, where it is the one layer of its media type.
func pullChart(ctx context.Context, repository, version string) (deploy.Chart, error) {
	ref, err := name.ParseReference(repository + ":" + version)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, pullTimeout)
	defer cancel()
	image, err := remote.Image(ref, remote.WithContext(ctx), remote.WithRetryBackoff(remote.Backoff{Steps: 1}))
	if err != nil {
		return nil, err
	}
	layers, err := image.Layers()
	if err != nil {
		return nil, err
	}
	for _, layer := range layers {
		if kind, err := layer.MediaType(); err != nil || kind != chartLayer {
			continue
		}
		content, err := layer.Compressed()
		if err != nil {
			return nil, err
		}
		defer content.Close()
		archive, err := io.ReadAll(content)
		if err != nil {
			return nil, err
		}
		return deploy.FromArchive(archive), nil
	}
	return nil, fmt.Errorf("%s holds no chart", ref)
}

// moduleDir has the Go command fetch the module, which it may have already, and returns where it is.
func moduleDir(ctx context.Context, version string) (string, error) {
	command := exec.CommandContext(ctx, "go", "mod", "download", "-json", chartModule+"@"+version)
	// Outside any module, so that none is changed.
	command.Dir = os.TempDir()
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	var out, said bytes.Buffer
	command.Stdout, command.Stderr = &out, &said
	err := command.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return "", errors.New("there is no go command here")
	}
	var module struct{ Dir, Error string }
	if decodeErr := json.Unmarshal(out.Bytes(), &module); decodeErr == nil && module.Error != "" {
		return "", errors.New(module.Error)
	}
	if err != nil {
		return "", fmt.Errorf("go mod download: %w: %s", err, bytes.TrimSpace(said.Bytes()))
	}
	return module.Dir, nil
}
