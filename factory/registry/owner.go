package registry

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// owner is the process that listens on a port. PID is 0 where only its user could be found out.
type owner struct {
	PID     int
	Command string
	User    string
}

func (o owner) String() string {
	if o.PID == 0 {
		return fmt.Sprintf("a process of user %s", o.User)
	}
	return fmt.Sprintf("pid %d: %s", o.PID, o.Command)
}

// portOwner looks for the listener on port in /proc. Processes of other users show only to root.
func portOwner(port int) (owner, bool) {
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		inode, uid, found := listener(table, port)
		if !found {
			continue
		}
		if pid, found := holder(inode); found {
			return owner{PID: pid, Command: commandLine(pid)}, true
		}
		name := uid
		if account, err := user.LookupId(uid); err == nil {
			name = account.Username
		}
		return owner{User: name}, true
	}
	return owner{}, false
}

// listener finds the socket that listens on port in a table of proc_net(5).
func listener(table string, port int) (inode, uid string, found bool) {
	file, err := os.Open(table)
	if err != nil {
		return "", "", false
	}
	defer file.Close()
	const listening = "0A"
	suffix := fmt.Sprintf(":%04X", port)
	for lines := bufio.NewScanner(file); lines.Scan(); {
		// sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode
		fields := strings.Fields(lines.Text())
		if len(fields) > 9 && fields[3] == listening && strings.HasSuffix(fields[1], suffix) {
			return fields[9], fields[7], true
		}
	}
	return "", "", false
}

func holder(inode string) (pid int, found bool) {
	want := "socket:[" + inode + "]"
	descriptors, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, descriptor := range descriptors {
		if target, err := os.Readlink(descriptor); err == nil && target == want {
			pid, err := strconv.Atoi(strings.Split(descriptor, "/")[2])
			return pid, err == nil
		}
	}
	return 0, false
}

func commandLine(pid int) string {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || len(line) == 0 {
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		if err != nil {
			return "unknown command"
		}
		return strings.TrimSpace(string(name))
	}
	const limit = 120
	text := string(bytes.ReplaceAll(bytes.TrimRight(line, "\x00"), []byte{0}, []byte{' '}))
	if len(text) > limit {
		text = text[:limit] + "…"
	}
	return text
}
