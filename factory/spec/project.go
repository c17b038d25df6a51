// Package spec reads what people write, factory.yaml and the service.yaml of every service, into a Project: strict,
// defaulted and validated. All problems come at once, each with its place, its cause and what to do next.
package spec

import (
	"slices"
	"strings"
)

// ProjectFile and ServiceFile are the names of the two kinds of file that people write.
const (
	ProjectFile = "factory.yaml"
	ServiceFile = "service.yaml"
	servicesDir = "services"
)

// Project is factory.yaml with everything defaulted, and its services.
type Project struct {
	// Version is the version of the format. There is no default, so that no file is read by the wrong rules. Example: 1.
	Version int `spec:"version,required"`
	// Name names the project, its umbrella chart and its release. Default: platform.
	Name string `spec:"name"`
	// Namespace is the Kubernetes namespace of the release. Default: the name. Example: shop.
	Namespace string `spec:"namespace"`
	// Registry is where images that are built go, as host[:port][/path]. Default: localhost:5000.
	Registry string `spec:"registry"`
	// Domain ends the host of an ingress that says none: <service>.<domain>. Default: local.
	Domain string `spec:"domain"`
	// Issuer is the cert-manager ClusterIssuer of every certificate.
	Issuer Issuer `spec:"issuer"`
	// Ingress holds what all ingresses share.
	Ingress IngressDefaults `spec:"ingress"`
	// Gateway holds what all routes of the Gateway API share.
	Gateway GatewayDefaults `spec:"gateway"`
	// Test is the helm test of every chart.
	Test Test `spec:"test"`
	// Defaults lie underneath every service: any of its keys. Example: {gracePeriod: 60s}.
	Defaults Defaults `spec:"defaults"`
	// Lint is what factory lint goes by in every service.
	Lint ProjectLint `spec:"lint"`
	// Overrides are the environments: what differs in each, by its name. Example: {prod: {domain: example.com}}.
	//
	//spec:schema {type: object, additionalProperties: {$ref: Project, nulls: true, without: [version, name, environments], with: {services: {description: "services are what differs in some services, by their name.", type: object, additionalProperties: {$ref: Service, nulls: true, without: [name, kind, environments]}}}}}
	Overrides Overrides `spec:"environments"`

	// Environment is the name of the environment that this is the project of, "" for the project by itself.
	Environment string
	// Environments are the project as it is in each environment, sorted by name. They have the same services.
	Environments []*Project
	// Dir is the absolute path of the project, links resolved.
	Dir string
	// Services are sorted by name.
	Services []*Service

	source *source
}

// Issuer is a cert-manager ClusterIssuer.
type Issuer struct {
	// Name of the ClusterIssuer. Default: factory-self-ca.
	Name string `spec:"name"`
	// Type is selfSigned (each certificate is its own root) or ca (one private root for all). Default: selfSigned.
	Type string `spec:"type,enum=selfSigned|ca"`
}

// IngressDefaults is what all ingresses share.
type IngressDefaults struct {
	// Class is the ingress class. Default: none, so that the cluster's default class serves. Example: nginx.
	Class string `spec:"class"`
}

// Test is how helm test reaches a service.
type Test struct {
	// Image holds wget and nc. Default: busybox:1.37.
	Image string `spec:"image"`
}

// At returns where a key of factory.yaml was written: the deepest part of the path that the file has.
func (p *Project) At(path ...string) Position { return p.source.at(path...) }

// Service returns the service with that name, or nil.
func (p *Project) Service(name string) *Service {
	i, found := slices.BinarySearchFunc(p.Services, name, func(s *Service, name string) int {
		return strings.Compare(s.Name, name)
	})
	if !found {
		return nil
	}
	return p.Services[i]
}

// newProject returns what holds when factory.yaml says nothing.
func newProject(dir string) *Project {
	return &Project{
		Name:     "platform",
		Registry: "localhost:5000",
		Domain:   "local",
		Issuer:   Issuer{Name: "factory-self-ca", Type: "selfSigned"},
		Test:     Test{Image: "busybox:1.37"},
		Dir:      dir,
	}
}
