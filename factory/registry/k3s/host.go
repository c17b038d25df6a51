package k3s

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Host is how k3s runs on a machine. The zero value looks at this machine; tests name another Root and Run.
type Host struct {
	Root string // where the machine's files begin; empty means /
	// Run runs a program and returns what it printed; nil runs it on this machine.
	Run func(ctx context.Context, program string, args ...string) (string, error)
}

// services are the names under which k3s' installer sets it up, with the files of systemd and OpenRC.
func services() []string { return []string{"k3s", "k3s-agent"} }

// Installed reports whether there is a k3s, running or not.
func (h Host) Installed() bool {
	paths := []string{"/usr/local/bin/k3s", "/usr/bin/k3s", "/opt/bin/k3s"}
	for _, service := range services() {
		paths = append(paths, unit(service), script(service))
	}
	for _, path := range paths {
		if h.has(path) {
			return true
		}
	}
	return false
}

func unit(service string) string   { return "/etc/systemd/system/" + service + ".service" }
func script(service string) string { return "/etc/init.d/" + service }

func (h Host) has(path string) bool {
	_, err := os.Stat(h.path(path))
	return err == nil
}

// Restart restarts the k3s services that run. note says what is left to do where none was found running.
func (h Host) Restart(ctx context.Context) (restarted, note string, err error) {
	var names []string
	for _, service := range services() {
		var ask, again []string
		switch {
		case h.has(unit(service)):
			ask, again = []string{"systemctl", "is-active", "--quiet", service}, []string{"systemctl", "restart", service}
		case h.has(script(service)):
			ask, again = []string{"rc-service", service, "status"}, []string{"rc-service", service, "restart"}
		default:
			continue
		}
		if _, err := h.run(ctx, ask); err != nil {
			continue // not running: it reads the file when it starts
		}
		if out, err := h.run(ctx, again); err != nil {
			return "", "", fmt.Errorf("restarting %s: %w: %s\nnext: %s; journalctl -u %s -n 50", service, err, out, strings.Join(again, " "), service)
		}
		names = append(names, service)
	}
	if len(names) == 0 {
		return "", "no k3s service runs: k3s reads the file when it starts", nil
	}
	return strings.Join(names, " "), "", nil
}

func (h Host) run(ctx context.Context, command []string) (string, error) {
	if h.Run != nil {
		return h.Run(ctx, command[0], command[1:]...)
	}
	out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}
