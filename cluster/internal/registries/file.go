// Package registries turns k3s' registries.yaml into what containerd reads.
package registries

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"

	"sigs.k8s.io/yaml"
)

// File is the content of registries.yaml.
type File struct {
	Mirrors map[string]Mirror `json:"mirrors"` // by the host that image names carry; "*" is every other host
	Configs map[string]Config `json:"configs"` // by the host that is contacted
}

// Mirror says where images of a host are looked for before the host itself is asked.
type Mirror struct {
	Endpoints []string          `json:"endpoint"`
	Rewrites  map[string]string `json:"rewrite"` // regular expression on the repository -> replacement
}

// Config is how a host is spoken to.
type Config struct {
	Auth *Auth `json:"auth"`
	TLS  *TLS  `json:"tls"`
}

// Auth is credentials: a name and password, both in base64 as one string, or a token.
type Auth struct {
	Username      string `json:"username"`
	Password      string `json:"password"`
	Auth          string `json:"auth"`
	IdentityToken string `json:"identity_token"`
}

// TLS holds paths of files on the host.
type TLS struct {
	CAFile             string `json:"ca_file"`
	CertFile           string `json:"cert_file"`
	KeyFile            string `json:"key_file"`
	InsecureSkipVerify bool   `json:"insecure_skip_verify"`
}

// Load reads the file at path. One that does not exist says nothing, as for k3s.
func Load(path string) (File, error) {
	data, err := os.ReadFile(path)
	if path == "" || errors.Is(err, fs.ErrNotExist) {
		return File{}, nil
	}
	if err != nil {
		return File{}, fmt.Errorf("reading registries file: %w", err)
	}
	file, err := Parse(data)
	if err != nil {
		return File{}, fmt.Errorf("reading registries file %q: %w", path, err)
	}
	return file, nil
}

// Parse reads the YAML. Keys that are not known here may be known to k3s and are passed over.
func Parse(data []byte) (File, error) {
	var file File
	if err := yaml.Unmarshal(data, &file); err != nil {
		return File{}, err
	}
	for host, mirror := range file.Mirrors {
		for pattern := range mirror.Rewrites {
			if _, err := regexp.Compile(pattern); err != nil {
				return File{}, fmt.Errorf("mirror %q: rewrite %q: %w", host, pattern, err)
			}
		}
		for _, endpoint := range mirror.Endpoints {
			if _, err := parseEndpoint(endpoint); err != nil {
				return File{}, fmt.Errorf("mirror %q: %w", host, err)
			}
		}
	}
	return file, nil
}
