package forward

import (
	"errors"
	"net"
	"strconv"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func TestListenTakesTheNextFreePort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	number := taken.Addr().(*net.TCPAddr).Port
	port := &Port{ServicePort: corev1.ServicePort{Port: int32(number)}}
	if err := Listen([]*Port{port}); err != nil {
		t.Fatal(err)
	}
	defer Close([]*Port{port})
	if port.Local <= number || port.Local > number+tries {
		t.Errorf("got port %d beside %d", port.Local, number)
	}
	for _, listener := range port.listeners {
		if !listener.Addr().(*net.TCPAddr).IP.IsLoopback() {
			t.Errorf("it listens on %s", listener.Addr())
		}
	}
}

func TestListenRefusesAPortThatIsInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	number := taken.Addr().(*net.TCPAddr).Port
	free := &Port{ServicePort: corev1.ServicePort{Port: 20000}}
	err = Listen([]*Port{free, {Local: number}})
	want := "port " + strconv.Itoa(number) + " of this machine cannot be used: it is in use: address already in use\n" +
		"next: name another, or none, to have one chosen"
	if !errors.Is(err, syscall.EADDRINUSE) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if len(free.listeners) > 0 {
		t.Error("it goes on listening on the other port")
	}
}

func TestURL(t *testing.T) {
	https, postgres := "https", "postgres"
	for want, port := range map[string]Port{
		"http://localhost/":       {ServicePort: corev1.ServicePort{Name: "http"}, Local: 80},
		"http://localhost:8080/":  {ServicePort: corev1.ServicePort{Name: "http"}, Local: 8080},
		"http://localhost:8081/":  {ServicePort: corev1.ServicePort{Name: "http-admin"}, Local: 8081},
		"https://localhost:8443/": {ServicePort: corev1.ServicePort{Name: "web", AppProtocol: &https}, Local: 8443},
		"https://localhost/":      {ServicePort: corev1.ServicePort{Name: "web", Port: 443}, Local: 443},
		"localhost:5432":          {ServicePort: corev1.ServicePort{Name: "http", AppProtocol: &postgres}, Local: 5432},
		"localhost:9090":          {ServicePort: corev1.ServicePort{Name: "metrics"}, Local: 9090},
	} {
		if got := port.URL(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestPortInAPod(t *testing.T) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "web-1"}, Spec: corev1.PodSpec{
		InitContainers: []corev1.Container{{Name: "proxy", Ports: []corev1.ContainerPort{{Name: "admin", ContainerPort: 9901}}}},
		Containers:     []corev1.Container{{Name: "web", Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}}}},
	}}
	for target, want := range map[intstr.IntOrString]int32{
		{}: 80, intstr.FromInt32(81): 81, intstr.FromString("http"): 8080, intstr.FromString("admin"): 9901,
	} {
		port := Port{ServicePort: corev1.ServicePort{Port: 80, TargetPort: target}}
		if got, err := port.on(pod); err != nil || got != want {
			t.Errorf("%v: got %d %v, want %d", target, got, err, want)
		}
	}
	port := Port{ServicePort: corev1.ServicePort{TargetPort: intstr.FromString("htpp")}}
	if _, err := port.on(pod); err == nil || err.Error() != `pod web-1 has no port named "htpp"` {
		t.Errorf("got %v", err)
	}
}
