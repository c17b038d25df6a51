// Package node turns a process in namespaces of its own into something that kubelet and containerd take for a machine.
package node

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Root is where the instance's state directory is found inside the node.
const Root = "/run/factory"

// VolumesDir holds the volumes that local-path-provisioner makes.
const VolumesDir = "/var/lib/factory-volumes"

// shadowed directories of the host are replaced, inside the node only, by directories of the instance: so every program
// keeps its usual paths and the host's files are never touched.
var shadowed = [...]struct{ dir, source string }{
	{"/var/lib", "lib"},
	{"/var/log", "log"},
}

// PrepareState makes the directories of the state directory that the node mounts.
func PrepareState(state string) error {
	for _, dir := range []string{"lib", "log", "lib/kubelet", "lib/containerd", "lib/cni", "lib/" + filepath.Base(VolumesDir), "etc/cni", "etc/certs.d"} {
		if err := os.MkdirAll(filepath.Join(state, dir), 0o755); err != nil {
			return fmt.Errorf("creating %q: %w", filepath.Join(state, dir), err)
		}
	}
	return nil
}

// Mount builds the node's view of the file system. It must run in a mount namespace of its own.
func Mount(state string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("detaching the node's mounts from the host's: %w", err)
	}
	// Opened before anything hides it.
	dir, err := os.Open(state)
	if err != nil {
		return fmt.Errorf("opening the state directory: %w", err)
	}
	defer dir.Close()
	if err := unix.Mount("run", "/run", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return fmt.Errorf("mounting the node's /run: %w", err)
	}
	if err := os.MkdirAll(Root, 0o700); err != nil {
		return fmt.Errorf("creating %q: %w", Root, err)
	}
	if err := bind(fmt.Sprintf("/proc/self/fd/%d", dir.Fd()), Root); err != nil {
		return err
	}
	for _, s := range shadowed {
		if err := bind(filepath.Join(Root, s.source), s.dir); err != nil {
			return err
		}
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mounting the node's /proc: %w", err)
	}
	// Pods may ask for mounts that propagate, which only shared mounts do; they still end at this namespace.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""); err != nil {
		return fmt.Errorf("sharing the node's mounts: %w", err)
	}
	return nil
}

func bind(source, target string) error {
	if err := unix.Mount(source, target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("mounting %q at %q: %w", source, target, err)
	}
	return nil
}

// Snapshotter names the containerd snapshotter that works on the file system of dir.
func Snapshotter(dir string) (string, error) {
	var info unix.Statfs_t
	if err := unix.Statfs(dir, &info); err != nil {
		return "", fmt.Errorf("looking at the file system of %q: %w", dir, err)
	}
	// An overlay cannot be the upper side of another, as in a container.
	if info.Type == unix.OVERLAYFS_SUPER_MAGIC {
		return "native", nil
	}
	return "overlayfs", nil
}
