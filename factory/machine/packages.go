// Package machine is the Debian host that factory runs on: its packages and its names.
package machine

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/helm-chart-factory/factory/factory/console"
)

// MissingPackages returns those of the Debian packages that are not installed.
func MissingPackages(ctx context.Context, names ...string) []string {
	var missing []string
	for _, name := range names {
		out, err := exec.CommandContext(ctx, "dpkg-query", "-W", "-f", "${Status}", name).Output()
		if err != nil || !strings.HasSuffix(string(out), " installed") {
			missing = append(missing, name)
		}
	}
	return missing
}

// InstallPackages installs those of the Debian packages that are missing. It needs root and apt-get.
func InstallPackages(ctx context.Context, say console.Reporter, names ...string) error {
	missing := MissingPackages(ctx, names...)
	if len(missing) == 0 {
		return nil
	}
	command := "apt-get install -y --no-install-recommends " + strings.Join(missing, " ")
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("this machine has no apt-get: install %s its own way", strings.Join(missing, ", "))
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("installing packages needs root\nnext: sudo %s", command)
	}
	install := []string{"install", "-y", "-q", "--no-install-recommends"}
	for _, args := range [][]string{{"update", "-q"}, append(install, missing...)} {
		say("apt-get %s", strings.Join(args, " "))
		if err := aptGet(ctx, args); err != nil {
			return err
		}
	}
	return nil
}

func aptGet(ctx context.Context, args []string) error {
	command := exec.CommandContext(ctx, "apt-get", args...)
	command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = 20 * time.Second
	out, err := command.CombinedOutput()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return fmt.Errorf("apt-get %s: %w\n%s", args[0], err, strings.Join(lines[max(0, len(lines)-5):], "\n"))
	}
	return nil
}
