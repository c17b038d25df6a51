package network

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/helm-chart-factory/factory/cluster/internal/instance"
)

func TestPlanAvoidsWhatIsUsed(t *testing.T) {
	inst := instance.Instance{Name: "a", Dir: "/state/a"}
	first, err := Plan(inst, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Plan(inst, nil, []netip.Prefix{netip.MustParsePrefix(first.NodeIP + "/30").Masked()})
	if err != nil {
		t.Fatal(err)
	}
	if first.Block == second.Block {
		t.Errorf("block %s is used and was chosen again", first.Block)
	}
	if _, err := Plan(inst, nil, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12")}); err == nil {
		t.Error("a block was found where all are used")
	}
}

func TestPlanKeepsAddresses(t *testing.T) {
	inst := instance.Instance{Name: "a", Dir: "/state/a"}
	had, err := Plan(inst, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Plan(inst, &had, nil); err != nil || again != had {
		t.Errorf("got %v %v, want %v", again, err, had)
	}
	_, err = Plan(inst, &had, []netip.Prefix{netip.MustParsePrefix(had.Pods)})
	if err == nil || !strings.Contains(err.Error(), had.Pods) || !strings.Contains(err.Error(), "--name a --purge") {
		t.Errorf("kept addresses that are used meanwhile: %v", err)
	}
}

func TestPlanParts(t *testing.T) {
	plan, err := Plan(instance.Instance{Name: "a", Dir: "/state/a"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	pods, services := netip.MustParsePrefix(plan.Pods), netip.MustParsePrefix(plan.Services)
	link := netip.MustParsePrefix(plan.HostIP + "/30").Masked()
	if pods.Overlaps(services) || pods.Overlaps(link) || services.Overlaps(link) {
		t.Errorf("parts overlap: %+v", plan)
	}
	for _, ip := range []string{plan.APIIP, plan.DNSIP} {
		if !services.Contains(netip.MustParseAddr(ip)) {
			t.Errorf("%s is outside of %s", ip, services)
		}
	}
	if !link.Contains(netip.MustParseAddr(plan.NodeIP)) {
		t.Errorf("%s is outside of %s", plan.NodeIP, link)
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

func TestForwardJoinsBothWays(t *testing.T) {
	target, front := listen(t), listen(t)
	go func() {
		conn, err := target.Accept()
		if err != nil {
			return
		}
		// It answers only once the question has ended: half-closing must pass through.
		question, _ := io.ReadAll(conn)
		conn.Write([]byte("you said " + string(question)))
		conn.Close()
	}()
	go Forward(front, target.Addr().String())
	conn, err := net.Dial("tcp", front.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.Write([]byte("hello"))
	conn.(*net.TCPConn).CloseWrite()
	if answer, err := io.ReadAll(conn); err != nil || string(answer) != "you said hello" {
		t.Errorf("got %q %v", answer, err)
	}
}

// Whoever asks the proxy must not thereby reach what listens on the host's loopback.
func TestProxyRefusesLoopback(t *testing.T) {
	private := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "private") }))
	defer private.Close()
	front := listen(t)
	go ServeProxy(front)
	proxy := &url.URL{Scheme: "http", Host: front.Addr().String()}
	transport := &http.Transport{Proxy: http.ProxyURL(proxy)}
	response, err := (&http.Client{Transport: transport}).Get(private.URL)
	if err == nil {
		defer response.Body.Close()
		if body, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusBadGateway {
			t.Errorf("a request: %d %s", response.StatusCode, body)
		}
	}
	conn, err := net.Dial("tcp", front.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	target := strings.TrimPrefix(private.URL, "http://")
	io.WriteString(conn, "CONNECT "+target+" HTTP/1.1\r\nHost: "+target+"\r\nConnection: close\r\n\r\n")
	if answer, _ := io.ReadAll(conn); !strings.HasPrefix(string(answer), "HTTP/1.1 502") {
		t.Errorf("a tunnel: %s", answer)
	}
}
