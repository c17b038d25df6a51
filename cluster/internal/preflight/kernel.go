package preflight

import (
	"fmt"
	"runtime"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const outside = "run on the machine itself, or in a container that may (docker run --privileged)"

var namespaces = [...]struct {
	flag int
	name string
}{
	{unix.CLONE_NEWNS, "mount"},
	{unix.CLONE_NEWUTS, "UTS"},
	{unix.CLONE_NEWIPC, "IPC"},
	{unix.CLONE_NEWPID, "PID"},
	{unix.CLONE_NEWNET, "network"},
}

// checkKernel tries what the node will need on a thread of its own, which takes all of it along when it ends.
func checkKernel() []Problem {
	result := make(chan []Problem)
	go func() {
		runtime.LockOSThread()
		result <- tryKernel()
	}()
	return <-result
}

func tryKernel() []Problem {
	// Threads share these attributes, and namespaces are for those that do not.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return []Problem{{fmt.Sprintf("the right to create namespaces (%v)", err), outside}}
	}
	for _, namespace := range namespaces {
		if err := unix.Unshare(namespace.flag); err != nil {
			return []Problem{{fmt.Sprintf("the right to create a %s namespace (%v)", namespace.name, err), outside}}
		}
	}
	var problems []Problem
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		problems = append(problems, Problem{fmt.Sprintf("the right to mount (%v)", err), outside})
	} else if err := unix.Mount("check", "/run", "tmpfs", 0, ""); err != nil {
		problems = append(problems, Problem{fmt.Sprintf("the right to mount a tmpfs (%v)", err), outside})
	}
	links := []netlink.Link{
		&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "check0", TxQLen: -1}, PeerName: "check1"},
		&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "check2", TxQLen: -1}},
	}
	for _, link := range links {
		if err := netlink.LinkAdd(link); err != nil {
			problems = append(problems, Problem{
				fmt.Sprintf("network links of type %s (%v)", link.Type(), err),
				"load the kernel module: modprobe " + link.Type(),
			})
		}
	}
	return problems
}
