package spec

import (
	"os"
	"path"
	"path/filepath"
)

// defaults fills what a service does not say and brings short forms to their long one.
func (l *loader) defaults(p *Project, s *Service) {
	s.dropForeign()
	if s.Port != 0 {
		if _, said := s.Ports[HTTP]; said {
			l.problems.add(s.At("port"), `"port" is the short form of the port http, which "ports" says too: keep one of them`)
		}
		ports := map[string]PortSpec{HTTP: {Container: s.Port, Service: 80, Protocol: "TCP"}}
		if s.Service.Headless {
			ports[HTTP] = PortSpec{Container: s.Port, Service: s.Port, Protocol: "TCP"}
		}
		for name, port := range s.Ports {
			ports[name] = port
		}
		s.Ports = ports
	}
	if !s.source.has("security", "runAsGroup") {
		s.Security.RunAsGroup = s.Security.RunAsUser
	}
	if !s.source.has("security", "fsGroup") {
		s.Security.FSGroup = s.Security.RunAsGroup
	}
	main := s.MainPort()
	if s.Health.Ready == nil && !s.Ends() && s.Ports[main].Protocol == "TCP" {
		ready := newProbe()
		ready.TCP = main
		s.Health.Ready = &ready
	}
	settlePorts(&s.Health, s.Lifecycle, main)
	settleContainers("init", s.Init)
	settleContainers("sidecars", s.Sidecars)
	settleContainers("tests", s.Tests)
	if s.Metrics != nil && s.Metrics.Port == "" {
		s.Metrics.Port = main
	}
	for i := range s.Access {
		if s.Access[i].Scope == "" {
			s.Access[i].Scope = ScopeNamespace
		}
	}
	l.image(p, s)
	if s.Ingress != nil {
		s.Ingress.defaults(p, s)
	}
	if s.Gateway != nil {
		s.Gateway.defaults(p, s)
	}
	certificateDefaults(p, s)
	l.readManifests(s)
	if s.Autoscale != nil {
		s.Autoscale.defaults(s)
	}
	spreadDefaults(s)
}

// image settles where the image comes from; build paths become relative to the project.
func (l *loader) image(p *Project, s *Service) {
	if s.Image != "" && s.Build != nil {
		l.problems.add(s.At("image"), `"image" is a ready image and "build" makes one: keep one of them, or name the built image with build.image`)
		return
	}
	if s.Image != "" {
		return
	}
	if s.Build == nil {
		s.Build = &Build{}
	}
	if s.Build.Context == "" {
		s.Build.Context = "."
	}
	if s.Build.Dockerfile == "" {
		s.Build.Dockerfile = "Dockerfile"
	}
	if s.Build.Image == "" {
		s.Build.Image = p.Registry + "/" + s.Name + ":latest"
	}
	s.Image = s.Build.Image
	l.buildPaths(s)
}

func (l *loader) buildPaths(s *Service) {
	context := s.Dir // which was looked at when the service was found
	if s.Build.Context != "." {
		var err error
		context, err = inside(l.root, path.Join(s.Dir, s.Build.Context))
		if err != nil || path.IsAbs(s.Build.Context) {
			l.problems.add(s.At("build", "context"), "the build context %q leads out of the project: use a folder of the project, relative to this spec", short(s.Build.Context))
			return
		}
	}
	s.Build.Context = context
	file := path.Join(context, s.Build.Dockerfile)
	if info, err := os.Lstat(filepath.Join(l.root, filepath.FromSlash(file))); err == nil && info.Mode().IsRegular() && path.Dir(file) == s.Dir {
		return
	}
	if _, err := inside(l.root, file); err != nil || path.IsAbs(s.Build.Dockerfile) {
		l.problems.add(s.At("build", "dockerfile"), "the Dockerfile %q leads out of the project: name a file below the build context", short(s.Build.Dockerfile))
	}
}
