package subchart

import (
	"fmt"

	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// testValues are what helm test does: it gets the ready path, else it connects to the main port. They are empty for a service
// without a TCP port.
func testValues(p *spec.Project, s *spec.Service) values.Map {
	if !testable(s) {
		return nil
	}
	main := s.MainPort()
	port := s.Ports[main]
	m := values.Map{{Key: "image", Value: p.Test.Image}}
	if ready := s.Health.Ready; ready != nil && ready.HTTP != nil && ready.HTTP.Port == main && ready.HTTP.Scheme == "HTTP" {
		url := fmt.Sprintf("http://%s:%d%s", s.Name, port.Service, ready.HTTP.Path)
		return append(m, values.Entry{Key: "url", Value: url})
	}
	return append(m, values.Entry{Key: "host", Value: s.Name}, values.Entry{Key: "port", Value: int64(port.Service)})
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
