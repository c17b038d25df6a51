package subchart

import (
	"fmt"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// testTarget is what helm test asks for: the URL of the ready path, else the port of the service that it connects to. It is nil for
// a service without a TCP port.
func testTarget(s *spec.Service) any {
	if !testable(s) {
		return nil
	}
	main := s.MainPort()
	port := s.Ports[main].Service
	if ready := s.Health.Ready; ready != nil && ready.HTTP != nil && ready.HTTP.Port == main && ready.HTTP.Scheme == "HTTP" {
		return fmt.Sprintf("http://%s:%d%s", s.Name, port, ready.HTTP.Path)
	}
	return int64(port)
}

// moreTestValues are the containers of the tests that the spec names, by the name of the test.
func moreTestValues(s *spec.Service) values.Map {
	var m values.Map
	for i := range s.Tests {
		m = append(m, values.Entry{Key: s.Tests[i].Name, Value: program(&s.Tests[i])})
	}
	return m
}

// callerValues name the services that the network policy lets in. Their tests do what they do.
func callerValues(p *spec.Project, s *spec.Service) []any {
	callers := list(s.NeededBy)
	for _, name := range s.NeededBy {
		if caller := p.Service(name); len(caller.Tests) > 0 {
			callers = append(callers, caller.TestLabel())
		}
	}
	return callers
}
