package bases

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// mirrors returns this machine's own apt sources of the suite, or nothing where it has none: mmdebstrap knows Debian's.
func mirrors(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages").Output()
	if err != nil {
		return ""
	}
	sources := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) == 2 && (fields[1] == suite || strings.HasPrefix(fields[1], suite+"-")) {
			sources["deb "+fields[0]+" "+fields[1]+" main"] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(sources)), "\n")
}

// aptSettings writes how this machine's apt reaches the network (proxies, roots) into a file that only we can read, and
// names it; the name is empty where apt has no such settings. done removes the file.
func aptSettings(ctx context.Context) (file string, done func(), err error) {
	nothing := func() {}
	out, err := exec.CommandContext(ctx, "apt-config", "dump", "--format", "%f \"%v\";%n", "Acquire").Output()
	if err != nil {
		return "", nothing, nil // no apt: mmdebstrap will say what it misses
	}
	var kept strings.Builder
	for line := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(line, " ")
		if networkSetting(key) && strings.TrimSpace(value) != `"";` {
			kept.WriteString(line)
		}
	}
	if kept.Len() == 0 {
		return "", nothing, nil
	}
	temporary, err := os.CreateTemp("", "factory-apt-*.conf") // 0600: a proxy's address may hold a password
	if err != nil {
		return "", nothing, err
	}
	done = func() { os.Remove(temporary.Name()) }
	if _, err := temporary.WriteString(kept.String()); err != nil {
		done()
		return "", nothing, err
	}
	return temporary.Name(), done, temporary.Close()
}

func networkSetting(key string) bool {
	for _, prefix := range []string{"Acquire::http::", "Acquire::https::"} {
		rest, found := strings.CutPrefix(strings.ToLower(key), strings.ToLower(prefix))
		if found && (strings.Contains(rest, "proxy") || strings.Contains(rest, "cainfo") || strings.Contains(rest, "verify")) {
			return true
		}
	}
	return false
}
