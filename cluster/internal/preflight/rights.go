package preflight

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// capabilities are the rights that the node's programs use, by their number in the kernel.
var capabilities = [...]struct {
	number uint
	name   string
}{
	{0, "CAP_CHOWN"}, {1, "CAP_DAC_OVERRIDE"}, {3, "CAP_FOWNER"}, {5, "CAP_KILL"}, {6, "CAP_SETGID"}, {7, "CAP_SETUID"},
	{8, "CAP_SETPCAP"}, {12, "CAP_NET_ADMIN"}, {13, "CAP_NET_RAW"}, {18, "CAP_SYS_CHROOT"}, {21, "CAP_SYS_ADMIN"},
	{27, "CAP_MKNOD"},
}

func checkRights() []Problem {
	if os.Geteuid() != 0 {
		return []Problem{{"root (this is user " + strconv.Itoa(os.Geteuid()) + ")", "run it as root, for instance with sudo"}}
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return []Problem{{err.Error(), "mount /proc"}}
	}
	missing := missingCapabilities(string(status))
	if len(missing) == 0 {
		return nil
	}
	return []Problem{{
		"root without " + strings.Join(missing, ", "),
		"run it outside of the container, or in one with more rights (docker run --privileged)",
	}}
}

// missingCapabilities reads the effective set from the text of /proc/PID/status.
func missingCapabilities(status string) []string {
	var set uint64
	for _, line := range strings.Split(status, "\n") {
		if value, ok := strings.CutPrefix(line, "CapEff:"); ok {
			fmt.Sscanf(strings.TrimSpace(value), "%x", &set)
		}
	}
	var missing []string
	for _, capability := range capabilities {
		if set&(1<<capability.number) == 0 {
			missing = append(missing, capability.name)
		}
	}
	return missing
}
