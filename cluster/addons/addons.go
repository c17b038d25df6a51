// Package addons makes what a one-node cluster needs beside Kubernetes itself: DNS, volumes, an ingress controller,
// metrics and the images of cert-manager.
//
// No image can be pulled on a machine without a registry in reach. So Build compiles each add-on from Go modules and
// writes its images as an archive, tagged with the official names, and Manifests returns the objects that run them.
// This package imports nothing outside the standard library: it is linked into the cluster's binary, whose
// dependencies it must not move.
package addons

import "github.com/helm-chart-factory/factory/cluster/internal/ociarchive"

// The names of the add-ons: of their directories, of their archives and in Options.Available.
const (
	CoreDNS       = "coredns"
	LocalPath     = "local-path-provisioner"
	CertManager   = "cert-manager"
	Traefik       = "traefik"
	MetricsServer = "metrics-server"
)

// nobody is the numeric user of every image, so that runAsNonRoot can be checked.
const nobody = "65532:65532"

// addon is one Go module below the source directory and the images made from it.
type addon struct {
	name     string
	version  string
	binaries []binary
	copies   []moduleCopy
	images   []ociarchive.Image
}

// binary is one program of an add-on: the package (relative to the add-on's module, or an import path) and the file
// in the image.
type binary struct {
	pkg     string
	path    string
	ldflags string
}

// catalogue lists the add-ons in the order in which a starting cluster needs them.
func catalogue() []addon {
	return []addon{
		{
			name: CoreDNS, version: "v1.14.7",
			binaries: []binary{{pkg: ".", path: "/coredns"}},
			images:   []ociarchive.Image{image("registry.k8s.io/coredns/coredns:v1.14.7", "/coredns")},
		},
		{
			name: LocalPath, version: "v0.0.30",
			binaries: []binary{
				{pkg: "github.com/rancher/local-path-provisioner", path: "/local-path-provisioner", ldflags: "-X main.VERSION=v0.0.30"},
				{pkg: ".", path: "/local-path-volume"},
			},
			images: []ociarchive.Image{image("docker.io/rancher/local-path-provisioner:v0.0.30", "/local-path-provisioner")},
		},
		{
			name: CertManager, version: "v1.21.2",
			binaries: []binary{{
				pkg: ".", path: "/cert-manager",
				ldflags: "-X github.com/cert-manager/cert-manager/pkg/util.AppVersion=v1.21.2",
			}},
			images: []ociarchive.Image{
				image("quay.io/jetstack/cert-manager-controller:v1.21.2", "/cert-manager", "controller"),
				image("quay.io/jetstack/cert-manager-cainjector:v1.21.2", "/cert-manager", "cainjector"),
				image("quay.io/jetstack/cert-manager-webhook:v1.21.2", "/cert-manager", "webhook"),
				image("quay.io/jetstack/cert-manager-acmesolver:v1.21.2", "/cert-manager", "acmesolver"),
				image("quay.io/jetstack/cert-manager-startupapicheck:v1.21.2", "/cert-manager", "startupapicheck"),
			},
		},
		{
			name: Traefik, version: "v3.5.0",
			binaries: []binary{{
				pkg: "github.com/traefik/traefik/v3/cmd/traefik", path: "/traefik",
				ldflags: "-X github.com/traefik/traefik/v3/pkg/version.Version=3.5.0",
			}},
			copies: []moduleCopy{
				{
					module: "github.com/traefik/traefik/v3", keep: []string{"cmd", "internal", "pkg", "webui"},
					drop: []string{"pkg/provider/ecs"}, overlay: "overlay/traefik",
				},
				{module: "github.com/go-acme/lego/v4", drop: []string{"cmd", "e2e", "providers/dns"}, overlay: "overlay/lego"},
			},
			images: []ociarchive.Image{image("docker.io/library/traefik:v3.5.0", "/traefik")},
		},
		{
			name: MetricsServer, version: "v0.9.0",
			binaries: []binary{{
				pkg: ".", path: "/metrics-server",
				ldflags: "-X k8s.io/component-base/version.gitVersion=v0.9.0",
			}},
			images: []ociarchive.Image{image("registry.k8s.io/metrics-server/metrics-server:v0.9.0", "/metrics-server")},
		},
	}
}

func image(name string, entrypoint ...string) ociarchive.Image {
	return ociarchive.Image{Name: name, Entrypoint: entrypoint, User: nobody}
}
