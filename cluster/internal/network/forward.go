package network

import (
	"io"
	"net"
	"time"
)

// Forward accepts connections until listener is closed and joins each with a connection to the TCP address target.
func Forward(listener net.Listener, target string) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer client.Close()
			server, err := net.DialTimeout("tcp", target, 10*time.Second)
			if err != nil {
				return
			}
			defer server.Close()
			Join(client, server)
		}()
	}
}

// Join copies both ways between a and b until both directions have ended.
func Join(a, b net.Conn) {
	done := make(chan struct{}, 2)
	send := func(to, from net.Conn) {
		io.Copy(to, from)
		// The other direction may still have much to say.
		if half, ok := to.(interface{ CloseWrite() error }); ok {
			half.CloseWrite()
		}
		done <- struct{}{}
	}
	go send(a, b)
	go send(b, a)
	<-done
	<-done
}
