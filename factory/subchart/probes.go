package subchart

import (
	"github.com/helm-chart-factory/factory/factory/spec"
	"github.com/helm-chart-factory/factory/factory/values"
)

// probeValues are the probes in Kubernetes' words, without what is Kubernetes' own default.
func probeValues(c *spec.Container) values.Map {
	var out values.Map
	for _, p := range []struct {
		kind  string
		probe *spec.Probe
	}{{"livenessProbe", c.Health.Live}, {"readinessProbe", c.Health.Ready}, {"startupProbe", c.Health.Startup}} {
		if p.probe != nil {
			out = append(out, values.Entry{Key: p.kind, Value: probe(c, p.probe)})
		}
	}
	return out
}

func probe(c *spec.Container, p *spec.Probe) values.Map {
	var m values.Map
	switch {
	case p.HTTP != nil:
		m = values.Map{{Key: "httpGet", Value: httpGet(p.HTTP)}}
	case p.TCP != "":
		m = values.Map{{Key: "tcpSocket", Value: values.Map{{Key: "port", Value: p.TCP}}}}
	case p.GRPC != nil:
		// The API takes a number here, no name.
		call := values.Map{{Key: "port", Value: int64(c.Ports[p.GRPC.Port].Container)}}
		if p.GRPC.Service != "" {
			call = append(call, values.Entry{Key: "service", Value: p.GRPC.Service})
		}
		m = values.Map{{Key: "grpc", Value: call}}
	default:
		m = values.Map{{Key: "exec", Value: values.Map{{Key: "command", Value: list(p.Exec)}}}}
	}
	number := func(key string, value, unsaid int64) {
		if value != unsaid {
			m = append(m, values.Entry{Key: key, Value: value})
		}
	}
	number("initialDelaySeconds", p.Delay.Seconds(), 0)
	number("periodSeconds", p.Period.Seconds(), 10)
	number("timeoutSeconds", p.Timeout.Seconds(), 1)
	number("failureThreshold", int64(p.Failures), 3)
	number("successThreshold", int64(p.Successes), 1)
	return m
}

func httpGet(p *spec.HTTPProbe) values.Map {
	get := values.Map{{Key: "path", Value: p.Path}, {Key: "port", Value: p.Port}}
	if p.Scheme != "HTTP" {
		get = append(get, values.Entry{Key: "scheme", Value: p.Scheme})
	}
	var headers []any
	for _, header := range textMap(p.Headers) {
		headers = append(headers, values.Map{{Key: "name", Value: header.Key}, {Key: "value", Value: header.Value}})
	}
	if headers != nil {
		get = append(get, values.Entry{Key: "httpHeaders", Value: headers})
	}
	return get
}
