package engine

import (
	"context"
	"os"
)

// runsContainers tries whether buildah can start a container here with its usual isolation. Where a right is missing
// (setting resource limits, mounting /proc) or no OCI runtime is installed, a chroot still serves for RUN lines.
func (e Engine) runsContainers(ctx context.Context) bool {
	if os.Getenv("BUILDAH_ISOLATION") != "" {
		return true // a person has chosen
	}
	container, err := e.output(ctx, "from", "scratch")
	if err != nil {
		return false
	}
	// The container must go even when ctx has ended.
	defer e.output(context.WithoutCancel(ctx), "rm", container)
	args := []string{"run", "--network", "host"}
	for _, dir := range []string{"/bin", "/lib", "/lib64", "/usr"} {
		if _, err := os.Stat(dir); err == nil {
			args = append(args, "--volume", dir+":"+dir+":ro")
		}
	}
	_, err = e.output(ctx, append(args, container, "/bin/true")...)
	return err == nil
}
