package instance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const recordFile = "cluster.json"

// Options are what `start` was asked for; they are kept so that the supervisor reads them from the state directory.
type Options struct {
	Node         bool   `json:"node"`
	Registries   string `json:"registries,omitempty"`   // path of registries.yaml; need not exist
	Images       string `json:"images,omitempty"`       // directory of image archives; need not exist
	RegistryPort int    `json:"registryPort,omitempty"` // forwarded from the node's loopback to the host's; 0: none
	IngressPorts bool   `json:"ingressPorts,omitempty"` // forward the host's 127.0.0.1:80 and :443 to the node
}

// Network is the address plan of an instance with a node.
type Network struct {
	Block    string `json:"block"`    // the /16 that the rest is cut from
	Pods     string `json:"pods"`     // CIDR
	Services string `json:"services"` // CIDR
	HostIP   string `json:"hostIP"`   // the host's end of the link
	NodeIP   string `json:"nodeIP"`   // the node's end of the link
	LinkBits int    `json:"linkBits"` // prefix length of the link's subnet
	APIIP    string `json:"apiIP"`    // ClusterIP of the Service "kubernetes"
	DNSIP    string `json:"dnsIP"`    // ClusterIP of the cluster's DNS
}

// Record is what is known about an instance, kept as cluster.json in its directory.
type Record struct {
	Name    string   `json:"name"`
	Options Options  `json:"options"`
	PID     int      `json:"pid,omitempty"`     // the supervisor
	NodePID int      `json:"nodePID,omitempty"` // the node's first process, as the host sees it
	Ready   bool     `json:"ready"`
	APIPort int      `json:"apiPort,omitempty"`
	Server  string   `json:"server,omitempty"`
	Network *Network `json:"network,omitempty"`
	Ingress string   `json:"ingress,omitempty"` // the address at which the host reaches the ingress
	LeftOut []string `json:"leftOut,omitempty"` // add-ons that were left out for want of an image
	// Controllers are those of cgroup v2 that were handed out before; null: not known, or no cgroup v2.
	Controllers []string `json:"controllers"`
}

// Load reads the record. A missing one is the zero Record with the instance's name.
func (i Instance) Load() (Record, error) {
	record := Record{Name: i.Name}
	data, err := os.ReadFile(i.Path(recordFile))
	if errors.Is(err, fs.ErrNotExist) {
		return record, nil
	}
	if err != nil {
		return record, fmt.Errorf("reading the cluster's record: %w", err)
	}
	if err := json.Unmarshal(data, &record); err != nil {
		return record, fmt.Errorf("reading the cluster's record %q: %w", i.Path(recordFile), err)
	}
	return record, nil
}

// Save writes the record atomically.
func (i Instance) Save(record Record) error {
	data, err := json.MarshalIndent(record, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the cluster's record: %w", err)
	}
	return WriteFile(i.Path(recordFile), append(data, '\n'), 0o600)
}

// WriteFile writes data to path so that a reader sees the old or the new content, never a part.
func WriteFile(path string, data []byte, mode fs.FileMode) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	defer os.Remove(file.Name())
	_, err = file.Write(data)
	err = errors.Join(err, file.Chmod(mode), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	return nil
}
