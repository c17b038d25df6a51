package test

import (
	"strings"
	"testing"
	"time"
)

const counting = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: count}
spec:
  serviceName: count
  selector: {matchLabels: {app: count}}
  template:
    metadata: {labels: {app: count}}
    spec:
      containers:
      - name: count
        image: ` + probeName + `
        args: [count, /data/starts]
        volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`

// testVolumes restarts the cluster twice, once in order and once by force, below a pod that notes its starts.
func testVolumes(t *testing.T, c *cluster, start []string) {
	c.apply(counting)
	c.kubectl("rollout", "status", "statefulset/count", "--timeout=90s")
	wantLog(t, c, "start")

	c.run("stop")
	c.run(start...)
	c.kubectl("rollout", "status", "statefulset/count", "--timeout=60s")
	// Stopped in order, it was told so before.
	wantLog(t, c, "start\nasked to end\nstart")

	s := c.status()
	kill(t, s.PID)
	c.run(start...)
	c.kubectl("rollout", "status", "statefulset/count", "--timeout=60s")
	wantLog(t, c, "start\nasked to end\nstart\nstart")
	c.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
	if now := c.status(); now.NodeIP != s.NodeIP || now.Server != s.Server {
		t.Errorf("the node moved from %s to %s", s.NodeIP, now.NodeIP)
	}
}

func wantLog(t *testing.T, c *cluster, want string) {
	t.Helper()
	eventually(t, 30*time.Second, func() string {
		if got := strings.TrimSpace(c.try("kubectl", "logs", "count-0")); got != want {
			return "the volume holds\n" + got + "\nwant\n" + want
		}
		return ""
	})
}
