package network

import (
	"fmt"
	"net"
	"runtime"

	"github.com/vishvananda/netns"
)

// ListenIn opens a TCP listener on address inside the network namespace of process pid. A socket stays in the namespace
// it was made in, so the caller serves it from its own.
func ListenIn(pid int, address string) (net.Listener, error) {
	type result struct {
		listener net.Listener
		err      error
	}
	done := make(chan result)
	go func() {
		// The thread is left in the node's namespace and, never unlocked, ends with this goroutine.
		runtime.LockOSThread()
		listener, err := func() (net.Listener, error) {
			namespace, err := netns.GetFromPid(pid)
			if err != nil {
				return nil, err
			}
			defer namespace.Close()
			if err := netns.Set(namespace); err != nil {
				return nil, err
			}
			return net.Listen("tcp", address)
		}()
		done <- result{listener, err}
	}()
	r := <-done
	if r.err != nil {
		return nil, fmt.Errorf("listening on %s inside the node: %w", address, r.err)
	}
	return r.listener, nil
}
