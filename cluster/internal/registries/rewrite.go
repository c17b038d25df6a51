package registries

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httputil"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Handler serves the route: a registry whose repositories have other names at its target. Challenges and redirects pass
// through, so that containerd logs in and follows by itself.
func (r Route) Handler() (http.Handler, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	config, err := r.TLS.clientConfig()
	if err != nil {
		return nil, err
	}
	transport.TLSClientConfig = config
	rename, err := renamer(r.Rewrites)
	if err != nil {
		return nil, err
	}
	return &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(request *httputil.ProxyRequest) {
			path := strings.TrimPrefix(request.In.URL.Path, "/v2")
			request.Out.URL.Scheme = r.Target.Scheme
			request.Out.URL.Host = r.Target.Host
			request.Out.URL.Path = strings.TrimSuffix(r.Target.Path, "/") + rename(path)
			request.Out.URL.RawPath = ""
			request.Out.Host = ""
		},
	}, nil
}

// renamer returns a function from the path of a registry request, after the API's prefix, to the rewritten one. The first
// expression that matches, in alphabetical order, decides: YAML's mappings have no order.
func renamer(rewrites map[string]string) (func(path string) string, error) {
	patterns := make([]string, 0, len(rewrites))
	for pattern := range rewrites {
		patterns = append(patterns, pattern)
	}
	slices.Sort(patterns)
	expressions := make([]*regexp.Regexp, 0, len(patterns))
	for _, pattern := range patterns {
		expression, err := regexp.Compile(pattern)
		if err != nil {
			return nil, fmt.Errorf("rewrite %q: %w", pattern, err)
		}
		expressions = append(expressions, expression)
	}
	return func(path string) string {
		repository, rest := splitRepository(strings.TrimPrefix(path, "/"))
		if repository == "" {
			return path
		}
		for i, expression := range expressions {
			if expression.MatchString(repository) {
				return "/" + expression.ReplaceAllString(repository, rewrites[patterns[i]]) + rest
			}
		}
		return path
	}, nil
}

// splitRepository splits "REPOSITORY/manifests/…" and its like.
func splitRepository(path string) (repository, rest string) {
	cut := -1
	for _, kind := range []string{"/manifests/", "/blobs/", "/tags/", "/referrers/"} {
		cut = max(cut, strings.LastIndex(path, kind))
	}
	if cut < 0 {
		return "", path
	}
	return path[:cut], path[cut:]
}

func (t *TLS) clientConfig() (*tls.Config, error) {
	if t == nil {
		return nil, nil
	}
	config := &tls.Config{InsecureSkipVerify: t.InsecureSkipVerify}
	if t.CAFile != "" {
		data, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("reading TLS file: %w", err)
		}
		if config.RootCAs, err = x509.SystemCertPool(); err != nil {
			config.RootCAs = x509.NewCertPool()
		}
		if !config.RootCAs.AppendCertsFromPEM(data) {
			return nil, fmt.Errorf("TLS file %q holds no certificate", t.CAFile)
		}
	}
	if t.CertFile != "" {
		key := t.KeyFile
		if key == "" {
			key = t.CertFile
		}
		pair, err := tls.LoadX509KeyPair(t.CertFile, key)
		if err != nil {
			return nil, fmt.Errorf("reading TLS files: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}
