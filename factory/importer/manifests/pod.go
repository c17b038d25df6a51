package manifests

import (
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// pod carries the template of the pods.
func (c *conversion) pod(s *service) {
	keys := s.out.Keys
	c.keys(s, s.pod, take{
		"metadata": func(n *source.Node) {
			c.keys(s, n, take{"name": same, "namespace": same, "creationTimestamp": same,
				"labels":      func(n *source.Node) { c.labelsOf(s, n, "podLabels") },
				"annotations": func(n *source.Node) { c.annotations(s, n, "podAnnotations") }})
		},
		"spec": same,
	})
	spec := s.pod.Get("spec")
	c.readVolumes(s, spec.Get("volumes"))
	s.findSplit(spec)
	c.declarePorts(s)
	c.keys(s, spec, take{
		"volumes": same, "containers": same, "securityContext": same, "restartPolicy": func(n *source.Node) { c.restartPolicy(s, n) },
		"initContainers": same, "serviceAccountName": same, "serviceAccount": same, "automountServiceAccountToken": same,
		"nodeSelector":                  c.setRaw(keys, "nodeSelector"),
		"tolerations":                   func(n *source.Node) { c.tolerations(s, n) },
		"affinity":                      same, // carried when all services are known
		"topologySpreadConstraints":     func(n *source.Node) { c.spread(s, n) },
		"terminationGracePeriodSeconds": c.setSeconds(s, keys, "gracePeriod", 30),
		"priorityClassName":             c.setText(s, keys, "priority"),
		"imagePullSecrets":              func(n *source.Node) { c.pullSecrets(s, n) },
		"hostNetwork":                   same, "hostPID": same, "hostIPC": same, // carried with the security context
		"dnsPolicy":             func(n *source.Node) { c.dnsPolicy(s, n, spec.Get("hostNetwork")) },
		"schedulerName":         c.unless(s, "pods are placed by the cluster's own scheduler; next: leave it out", "default-scheduler"),
		"enableServiceLinks":    c.unless(s, "a spec does not say it; next: name the variables in env", "false", "true"),
		"shareProcessNamespace": c.unless(s, "the containers of a pod do not see each other's processes; next: leave it out", "false"),
		"hostAliases":           c.not(s, "a spec adds no lines to /etc/hosts; next: use names that the cluster's DNS knows"),
		"dnsConfig":             c.not(s, "pods ask the cluster's DNS; next: write full names"),
		"runtimeClassName":      c.not(s, "a spec does not choose the runtime class; next: add it to the project's templates/"),
		"hostname":              c.not(s, "a pod is called as Kubernetes calls it; next: leave it out"),
		"subdomain":             c.not(s, "a pod is called as Kubernetes calls it; next: leave it out"),
		"nodeName":              c.not(s, "the scheduler places pods; next: say nodeSelector"),
		"activeDeadlineSeconds": c.not(s, "a Job has a deadline as a whole; next: say job.deadline"),
		"readinessGates":        c.not(s, "a pod is ready when its probes say so; next: leave it out"),
		"overhead":              c.not(s, "the runtime class says it; next: leave it out"),
		"preemptionPolicy":      c.not(s, "the priority class says it; next: leave it out"),
		"os":                    c.not(s, "containers run on Linux here; next: leave it out"),
		"setHostnameAsFQDN":     c.unless(s, "a pod is called as Kubernetes calls it; next: leave it out", "false"),
	})
	c.identity(s, spec)
	// The service's own container comes first: where it mounts a volume is where the spec says the volume.
	c.containers(s, spec.Get("containers"))
	if others := spec.Get("initContainers"); others.Is(source.Sequence) {
		c.initContainers(s, others)
	}
	c.claimLevel(s)
}

// dnsPolicy: pods ask the cluster's DNS. Those on their node's network ask the node's own unless they say otherwise; in a chart they do.
func (c *conversion) dnsPolicy(s *service, n, hostNetwork *source.Node) {
	onNode := hostNetwork.Is(source.Scalar) && hostNetwork.Text == "true"
	switch {
	case n.Is(source.Scalar) && n.Text == "ClusterFirst" && onNode:
		c.changed(s, n, "on the node's network that means the node's own DNS, and in a chart pods ask the cluster's")
	case !n.Is(source.Scalar) || n.Text != "ClusterFirst" && (n.Text != "ClusterFirstWithHostNet" || !onNode):
		c.lost(s, n, "pods ask the cluster's DNS; next: leave it out")
	}
}

func (c *conversion) restartPolicy(s *service, n *source.Node) {
	text, ok := c.text(s, n)
	usual := "Always"
	if s.workload.kind == "Job" || s.workload.kind == "CronJob" {
		usual = "Never"
	}
	if ok && text != usual {
		c.changed(s, n, "a failed pod of a Job is followed by another pod, not by another start of its container")
	}
}

func (c *conversion) pullSecrets(s *service, n *source.Node) {
	var list draft.List
	for _, item := range n.Items {
		if name := item.Get("name"); name.Is(source.Scalar) {
			list = append(list, draft.Text(name.Text))
			c.mention("Secret", name.Text)
		}
	}
	if len(list) > 0 {
		s.out.Keys.Set("pullSecrets", list, n)
	}
}

func (c *conversion) tolerations(s *service, n *source.Node) {
	var list draft.List
	for _, item := range n.Items {
		made := draft.NewMap()
		c.keys(s, item, take{
			"key": c.setText(s, made, "key"), "value": c.setText(s, made, "value"), "effect": c.setText(s, made, "effect"), "operator": c.setText(s, made, "operator"),
			"tolerationSeconds": c.setSeconds(s, made, "for", -1),
		})
		list = append(list, made)
	}
	s.out.Keys.Set("tolerations", list, n)
}

// spread carries constraints over zones, hosts or another label of the nodes.
func (c *conversion) spread(s *service, n *source.Node) {
	short := map[string]string{"topology.kubernetes.io/zone": "zone", "kubernetes.io/hostname": "host"}
	for _, item := range n.Items {
		made, key := draft.NewMap(), ""
		c.keys(s, item, take{
			"topologyKey": func(n *source.Node) {
				if key = n.Text; short[key] != "" {
					key = short[key]
				}
			},
			"maxSkew": c.setNumber(s, made, "skew", 0),
			"whenUnsatisfiable": func(n *source.Node) {
				when := map[string]string{"DoNotSchedule": "hard", "ScheduleAnyway": "soft"}[n.Text]
				made.Set("when", draft.Plain(when), n)
			},
			"labelSelector": func(n *source.Node) {
				if !selectsBy(n, s.labels) {
					c.lost(s, n, "pods are spread among those of their own service; next: say affinity")
				}
			},
			"matchLabelKeys": func(n *source.Node) {
				if keys := c.texts(s, n); s.workload.kind != "Deployment" || !slices.Equal(keys, []string{"pod-template-hash"}) {
					c.lost(s, n, "pods are spread among all of their service, and those of a Deployment among the same version; next: leave it out")
				}
			},
			"minDomains":         c.not(s, "a spec does not say it; next: say affinity"),
			"nodeAffinityPolicy": c.unless(s, "a spec does not say it; next: say affinity", "Honor"),
			"nodeTaintsPolicy":   c.unless(s, "a spec does not say it; next: say affinity", "Ignore"),
		})
		if key != "" {
			s.out.Keys.At("spread", n).Set(key, made, item)
		}
	}
}

// containers carries the first container as the service's own, the others as sidecars.
func (c *conversion) containers(s *service, n *source.Node) {
	if !n.Is(source.Sequence) {
		return
	}
	for i, item := range n.Items {
		if i == 0 {
			c.container(s, item, s.out.Keys, true)
			continue
		}
		name := containerName(item, "sidecar")
		made := draft.NewMap()
		c.container(s, item, made, false)
		s.out.Keys.At("sidecars", n).Set(name, made, item)
	}
}

// initContainers carries what runs before. One that is restarted is a sidecar.
func (c *conversion) initContainers(s *service, n *source.Node) {
	for _, item := range n.Items {
		made, key := draft.NewMap(), "init"
		if policy := item.Get("restartPolicy"); policy.Is(source.Scalar) && policy.Text == "Always" {
			made.Set("native", draft.Bool(true), policy)
			key = "sidecars"
		}
		c.container(s, item, made, false)
		s.out.Keys.At(key, n).Set(containerName(item, "init"), made, item)
	}
}

func containerName(n *source.Node, otherwise string) string {
	if name := n.Get("name"); name.Is(source.Scalar) {
		return draft.Label(name.Text, 52)
	}
	return otherwise
}

// container carries one container into a spec, or into an entry of init or sidecars.
func (c *conversion) container(s *service, n *source.Node, into *draft.Map, main bool) {
	if !main {
		c.sidecarPorts(s, n.Get("ports"), into)
	}
	c.keys(s, n, take{
		"name": same, "restartPolicy": same,
		"image":                    c.setText(s, into, "image"),
		"imagePullPolicy":          func(n *source.Node) { c.pullPolicy(s, n, into) },
		"command":                  func(n *source.Node) { c.command(s, n, into, "command", main) },
		"args":                     func(n *source.Node) { c.command(s, n, into, "args", main) },
		"env":                      func(n *source.Node) { c.environment(s, n, into, main) },
		"envFrom":                  func(n *source.Node) { c.envFrom(s, n, into, main) },
		"ports":                    same, // those of the service's own are declared already
		"livenessProbe":            func(n *source.Node) { c.probe(s, n, into, "live", main) },
		"readinessProbe":           func(n *source.Node) { c.probe(s, n, into, "ready", main) },
		"startupProbe":             func(n *source.Node) { c.probe(s, n, into, "startup", main) },
		"resources":                func(n *source.Node) { c.resources(s, n, into) },
		"lifecycle":                func(n *source.Node) { c.lifecycle(s, n, into, main) },
		"securityContext":          func(n *source.Node) { c.containerSecurity(s, n, into, main) },
		"volumeMounts":             func(n *source.Node) { c.mounts(s, n, into, main) },
		"workingDir":               c.not(s, "a spec does not say the working folder; next: set WORKDIR in the image, or write absolute paths into command"),
		"volumeDevices":            c.not(s, "a spec mounts file systems, no block devices; next: add the object to manifests"),
		"stdin":                    c.unless(s, "a service has no one typing into it; next: leave it out", "false"),
		"stdinOnce":                c.unless(s, "a service has no one typing into it; next: leave it out", "false"),
		"tty":                      c.unless(s, "a service has no terminal; next: leave it out", "false"),
		"resizePolicy":             c.not(s, "a pod is replaced when its resources change; next: leave it out"),
		"terminationMessagePath":   c.unless(s, "a spec does not say it; next: leave it out", "/dev/termination-log"),
		"terminationMessagePolicy": c.unless(s, "a spec does not say it; next: leave it out", "File", "FallbackToLogsOnError"),
	})
	if !main {
		s.sameImage(into)
	}
	if n.Get("securityContext") == nil || empty(n.Get("securityContext")) {
		c.containerSecurity(s, n.Like(source.Mapping), into, main)
	}
}

// sameImage leaves out an image that is the service's own, which is what a container without one runs.
func (s *service) sameImage(into *draft.Map) {
	if own := s.out.Keys.Get("image"); own != nil && into.Get("image") == own && into.Get("pullPolicy") == s.out.Keys.Get("pullPolicy") {
		into.Drop("image")
		into.Drop("pullPolicy")
	}
}

func (c *conversion) pullPolicy(s *service, n *source.Node, into *draft.Map) {
	text, ok := c.text(s, n)
	if !ok {
		return
	}
	image := ""
	if t, isText := into.Get("image").(draft.Text); isText {
		image = string(t)
	}
	_, tag, tagged := strings.Cut(image[strings.LastIndexByte(image, '/')+1:], ":")
	usual := "IfNotPresent"
	if !tagged && !strings.Contains(image, "@") || tag == "latest" {
		usual = "Always"
	}
	if text != usual {
		into.Set("pullPolicy", draft.Plain(text), n)
	}
}

func (c *conversion) resources(s *service, n *source.Node, into *draft.Map) {
	c.keys(s, n, take{
		"requests": c.setRaw(into.At("resources", n), "requests"),
		"limits":   c.setRaw(into.At("resources", n), "limits"),
		"claims":   c.not(s, "a spec claims no devices; next: ask for a device plugin's resource under limits"),
	})
	if resources, ok := into.Get("resources").(*draft.Map); ok && resources.Len() == 0 {
		into.Drop("resources")
	}
}

// lifecycle carries what runs after the start and before the end of a container.
func (c *conversion) lifecycle(s *service, n *source.Node, into *draft.Map, main bool) {
	handler := func(key string) func(*source.Node) {
		return func(n *source.Node) {
			made := draft.NewMap()
			c.keys(s, n, take{
				"exec":    func(n *source.Node) { c.exec(s, n, made) },
				"httpGet": func(n *source.Node) { c.httpGet(s, n, made, main) },
				"sleep": func(n *source.Node) {
					c.keys(s, n, take{"seconds": c.setSeconds(s, made, "sleep", -1)})
				},
				"tcpSocket": c.not(s, "Kubernetes does nothing with it; next: leave it out"),
			})
			if made.Len() > 0 {
				into.At("lifecycle", n).Set(key, made, n)
			}
		}
	}
	c.keys(s, n, take{"postStart": handler("postStart"), "preStop": handler("preStop"), "stopSignal": c.not(s, "the signal is a matter of the image; next: set STOPSIGNAL in the image")})
}
