package certs

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// importImages puts cert-manager's images into the containerd of this host's k3s, from archives that were built here.
// Without archives it does nothing: k3s may have the images already, and says so if not.
func importImages(ctx context.Context, dir string, say func(string, ...any)) error {
	archives, err := filepath.Glob(filepath.Join(dir, "cert-manager*.tar"))
	if err != nil {
		return err
	}
	for _, archive := range archives {
		say("importing %s into k3s", filepath.Base(archive))
		said, err := exec.CommandContext(ctx, "k3s", "ctr", "images", "import", archive).CombinedOutput()
		if err != nil {
			return fmt.Errorf("importing %s into k3s: %w\n%s", archive, err, said)
		}
	}
	return nil
}
