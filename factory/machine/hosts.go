package machine

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// HostsFile is where a machine keeps the names that it resolves itself (hosts(5)).
const HostsFile = "/etc/hosts"

// hostsMark ends each line that factory adds, so that it finds and removes its own and no other.
const hostsMark = "# factory up"

// ResolvesTo reports whether file gives host the address, by whoever wrote it.
func ResolvesTo(file, host, address string) (bool, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	for line := range strings.Lines(string(content)) {
		names, _, _ := strings.Cut(line, "#")
		fields := strings.Fields(names)
		if len(fields) == 0 {
			continue
		}
		for _, name := range fields[1:] {
			if name == host {
				return fields[0] == address, nil
			}
		}
	}
	return false, nil
}

// NameHost makes file resolve host to address with one marked line, in place of an earlier line of factory's for that
// host. A line that somebody else wrote for the host is an error that quotes it: it is theirs.
func NameHost(file, host, address string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	for line := range strings.Lines(string(content)) {
		named := names(line, host)
		if named && ours(line) {
			continue
		}
		if named {
			return fmt.Errorf("%s already says %q\nnext: change that line to %s %s", file, strings.TrimSpace(line), address, host)
		}
		out.WriteString(line)
	}
	if out.Len() > 0 && !bytes.HasSuffix(out.Bytes(), []byte("\n")) {
		out.WriteByte('\n')
	}
	fmt.Fprintf(&out, "%s %s %s\n", address, host, hostsMark)
	return replaceFile(file, out.Bytes())
}

// ForgetHosts removes the lines that NameHost added for hosts, and leaves every other line as it is.
func ForgetHosts(file string, hosts ...string) error {
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var out bytes.Buffer
	for line := range strings.Lines(string(content)) {
		remove := false
		for _, host := range hosts {
			remove = remove || ours(line) && names(line, host)
		}
		if !remove {
			out.WriteString(line)
		}
	}
	if bytes.Equal(out.Bytes(), content) {
		return nil
	}
	return replaceFile(file, out.Bytes())
}

func ours(line string) bool { return strings.HasSuffix(strings.TrimSpace(line), hostsMark) }

func names(line, host string) bool {
	text, _, _ := strings.Cut(line, "#")
	fields := strings.Fields(text)
	for i := 1; i < len(fields); i++ {
		if fields[i] == host {
			return true
		}
	}
	return false
}

// replaceFile swaps the content in one rename where it can. /etc/hosts of a container is a mount of its own, which
// cannot be renamed over: it is written in place.
func replaceFile(file string, content []byte) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	next := filepath.Join(filepath.Dir(file), "."+filepath.Base(file)+".factory")
	if err := os.WriteFile(next, content, info.Mode().Perm()); err != nil {
		return err
	}
	if err := os.Rename(next, file); err == nil {
		return nil
	}
	defer os.Remove(next)
	return os.WriteFile(file, content, info.Mode().Perm())
}
