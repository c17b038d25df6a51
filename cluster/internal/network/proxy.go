package network

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"syscall"
	"time"
)

// ServeProxy answers HTTP proxy requests on listener until it is closed: the node's image pulls, which thereby use the
// host's network, resolver and own proxy settings. The host's loopback stays out of reach.
func ServeProxy(listener net.Listener) {
	dialer := &net.Dialer{Timeout: 15 * time.Second, Control: refuseLoopback}
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		ResponseHeaderTimeout: time.Minute,
		IdleConnTimeout:       time.Minute,
	}
	plain := &httputil.ReverseProxy{
		// A proxy's request names its server in full: there is nothing to rewrite.
		Rewrite:   func(*httputil.ProxyRequest) {},
		Transport: transport,
	}
	server := &http.Server{
		ReadHeaderTimeout: 15 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodConnect:
				tunnel(w, r, dialer)
			case r.URL.IsAbs():
				plain.ServeHTTP(w, r)
			default:
				http.Error(w, "this is a proxy", http.StatusBadRequest)
			}
		}),
	}
	server.Serve(listener)
}

func refuseLoopback(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsLoopback() || ip.IsUnspecified() {
		return fmt.Errorf("%s is the host's own", address)
	}
	return nil
}

func tunnel(w http.ResponseWriter, r *http.Request, dialer *net.Dialer) {
	server, err := dialTunnel(r.Context(), r.Host, dialer)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer server.Close()
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer client.Close()
	client.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n"))
	Join(&bufferedConn{client, buffered.Reader}, server)
}

// dialTunnel connects to address, through the host's proxy where it has one for that.
func dialTunnel(ctx context.Context, address string, dialer *net.Dialer) (net.Conn, error) {
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: "https", Host: address}})
	if err != nil {
		return nil, fmt.Errorf("reading this host's proxy settings: %w", err)
	}
	if proxy == nil {
		return dialer.DialContext(ctx, "tcp", address)
	}
	// The host's own proxy may well listen on its loopback.
	conn, err := (&net.Dialer{Timeout: 15 * time.Second}).DialContext(ctx, "tcp", proxy.Host)
	if err != nil {
		return nil, fmt.Errorf("connecting to this host's proxy: %w", err)
	}
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if user := proxy.User; user != nil {
		password, _ := user.Password()
		basic := &http.Request{Header: http.Header{}}
		basic.SetBasicAuth(user.Username(), password)
		request.Header.Set("Proxy-Authorization", basic.Header.Get("Authorization"))
	}
	err = request.Write(conn)
	reader := bufio.NewReader(conn)
	if err == nil {
		var response *http.Response
		response, err = http.ReadResponse(reader, request)
		if err == nil && response.StatusCode != http.StatusOK {
			err = errors.New("it answered " + response.Status)
		}
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("asking this host's proxy for %s: %w", address, err)
	}
	return &bufferedConn{conn, reader}, nil
}

// bufferedConn reads what a bufio.Reader has taken from the connection already before the rest.
type bufferedConn struct {
	net.Conn
	reader *bufio.Reader
}

func (c *bufferedConn) Read(p []byte) (int, error) { return c.reader.Read(p) }

func (c *bufferedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
