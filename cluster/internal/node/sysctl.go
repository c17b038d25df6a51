package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// private are the settings of the whole machine that the kubelet writes at start. It gets files of its own instead.
var private = map[string]string{
	"vm/overcommit_memory":      "1",
	"vm/panic_on_oom":           "0",
	"kernel/panic":              "10",
	"kernel/panic_on_oops":      "1",
	"kernel/keys/root_maxkeys":  "1000000",
	"kernel/keys/root_maxbytes": "25000000",
}

// HideSettings puts private files over the settings that belong to the whole machine.
func HideSettings() error {
	for name, value := range private {
		file := filepath.Join("/run/sysctl", strings.ReplaceAll(name, "/", "."))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return fmt.Errorf("creating %q: %w", filepath.Dir(file), err)
		}
		if err := os.WriteFile(file, []byte(value+"\n"), 0o644); err != nil {
			return fmt.Errorf("writing %q: %w", file, err)
		}
		err := unix.Mount(file, filepath.Join("/proc/sys", name), "", unix.MS_BIND, "")
		if err != nil && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("hiding the machine's setting %q: %w", name, err)
		}
	}
	return nil
}

// SetForwarding lets the node route between its pods and the host. These settings are the network namespace's own.
// bridged tells whether packets between two pods of the one bridge pass the packet filter, which Services need.
func SetForwarding() (bridged bool, err error) {
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0); err != nil {
		return false, fmt.Errorf("letting the node forward packets: %w", err)
	}
	err = os.WriteFile("/proc/sys/net/bridge/bridge-nf-call-iptables", []byte("1"), 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("letting bridged packets pass the packet filter: %w", err)
	}
	return true, nil
}
