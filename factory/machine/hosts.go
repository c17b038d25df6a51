package machine

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// HostsFile is where a machine keeps the names that it resolves itself (hosts(5)).
const HostsFile = "/etc/hosts"

// hostsMark stands in each line that factory adds, before the stack that added it: each stack of a machine finds and removes
// its own lines and no other.
const hostsMark = "# factory up "

// NameHost makes file resolve host to address for a stack, with one marked line of its own; added is false where the file says
// it already. Stacks that share a host and its address have a line each, so that one can go without the other. A line of
// somebody else that gives the host another address is an error that quotes it: it is theirs.
func NameHost(file, stack, host, address string) (added bool, err error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	var out bytes.Buffer
	for line := range strings.Lines(string(content)) {
		switch owner, itsAddress := read(line, host); {
		case itsAddress == "":
		case itsAddress == address && (owner == "" || owner == stack):
			return false, nil
		case owner == stack:
			continue
		case itsAddress != address:
			return false, fmt.Errorf("%s already says %q\nnext: change that line to %s %s", file, strings.TrimSpace(line), address, host)
		}
		out.WriteString(line)
	}
	if out.Len() > 0 && !bytes.HasSuffix(out.Bytes(), []byte("\n")) {
		out.WriteByte('\n')
	}
	fmt.Fprintf(&out, "%s %s %s%s\n", address, host, hostsMark, stack)
	return true, replaceFile(file, out.Bytes())
}

// ForgetHosts removes the lines that NameHost added for a stack and its hosts, and leaves every other line as it is.
func ForgetHosts(file, stack string, hosts ...string) error {
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var out bytes.Buffer
	for line := range strings.Lines(string(content)) {
		remove := slices.ContainsFunc(hosts, func(host string) bool {
			owner, address := read(line, host)
			return address != "" && owner == stack
		})
		if !remove {
			out.WriteString(line)
		}
	}
	if bytes.Equal(out.Bytes(), content) {
		return nil
	}
	return replaceFile(file, out.Bytes())
}

// read returns the address that a line gives a host, empty where it does not name it, and the stack that added the line, empty
// where it is none of factory's.
func read(line, host string) (owner, address string) {
	text, _, _ := strings.Cut(line, "#")
	fields := strings.Fields(text)
	if len(fields) < 2 || !slices.Contains(fields[1:], host) {
		return "", ""
	}
	_, owner, _ = strings.Cut(strings.TrimSpace(line), hostsMark)
	return owner, fields[0]
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
