package manifests

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

func convert(t *testing.T, text string) *draft.Project {
	t.Helper()
	p, err := Convert(Input{Folder: source.Folder{FS: fstest.MapFS{"all.yaml": {Data: []byte(text)}}}, Paths: []string{"all.yaml"}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// specOf returns the spec of a service without its head and without what every one says.
func specOf(t *testing.T, p *draft.Project, name string) string {
	t.Helper()
	for _, f := range p.Render() {
		if f.Path != "services/"+name+"/service.yaml" {
			continue
		}
		var lines []string
		for line := range strings.Lines(string(f.Data)) {
			if !strings.HasPrefix(line, "#") && line != "image: x\n" && line != "security: {readOnlyRootFilesystem: false}\n" {
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "")
	}
	t.Fatalf("there is no service %s", name)
	return ""
}

// deployment returns a Deployment called web with these lines in its pod and in its container.
func deployment(pod, container string) string {
	indent := func(text string, by int) string {
		return strings.ReplaceAll("\n"+text, "\n", "\n"+strings.Repeat(" ", by))
	}
	return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    metadata: {labels: {app.kubernetes.io/name: web}}\n    spec:" +
		indent(pod, 6) + "\n      containers:\n      - name: web\n        image: x" + indent(container, 8) + "\n"
}

const webService = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app.kubernetes.io/name: web}, "

// TestPods holds what one field of a pod becomes.
func TestPods(t *testing.T) {
	for name, c := range map[string]struct{ pod, container, more, want string }{
		"command":             {container: "command: [a, '$(B)']\nargs: ['${c}', $$d]", want: "command: [a, $(B)]\nargs: ['$${c}', $$d]\n"},
		"a variable":          {container: "env: [{name: A, value: '1'}, {name: B, value: '${x} $(A)'}, {name: C}]", want: "env: {A: \"1\", B: '$${x} $(A)', C: \"\"}\n"},
		"a secret":            {container: "env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k, optional: true}}}]", want: "env: {A: {secret: s, key: k, optional: true}}\n"},
		"a field":             {container: "env: [{name: A, valueFrom: {fieldRef: {fieldPath: status.podIP}}}, {name: B, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}]", want: "env: {A: {field: status.podIP}, B: {resource: limits.cpu}}\n"},
		"a config map":        {container: "env: [{name: A, valueFrom: {configMapKeyRef: {name: c, key: k}}}]", more: "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {k: '$(X) $$'}\n", want: "env: {A: $$(X) $$$}\n"},
		"another config map":  {container: "env: [{name: A, valueFrom: {configMapKeyRef: {name: d, key: k}}}]", want: "env: {A: {configMap: d, key: k}}\n"},
		"all of a config map": {container: "env: [{name: A, value: own}]\nenvFrom: [{configMapRef: {name: c}, prefix: P_}, {secretRef: {name: s}}]", more: "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {A: '1', B: two}\n", want: "env: {P_A: \"1\", P_B: two, A: own}\nenvFrom: [{secret: s}]\n"},
		"a port":              {container: "ports: [{containerPort: 8080}]", more: webService + "ports: [{port: 80, targetPort: 8080}]}\n", want: "port: 8080\n"},
		"ports":               {container: "ports: [{containerPort: 8080, name: web}, {containerPort: 53, protocol: UDP}]", more: webService + "ports: [{port: 80, targetPort: web, name: a}, {port: 53, protocol: UDP, name: dns}]}\n", want: "ports:\n  web: {container: 8080, service: 80}\n  dns: {container: 53, protocol: UDP}\n"},
		"a port of a Service": {more: webService + "ports: [{port: 80, targetPort: 3000, nodePort: 30080}], type: NodePort}\n", want: "ports: {http: {container: 3000, service: 80, nodePort: 30080}}\nservice: {type: NodePort}\n"},
		"probes":              {container: "ports: [{containerPort: 8080, name: http}]\nreadinessProbe: {httpGet: {path: /r, port: http}}\nlivenessProbe: {httpGet: {path: /l, port: 8080}, periodSeconds: 5, timeoutSeconds: 1}\nstartupProbe: {exec: {command: [a]}, failureThreshold: 60, initialDelaySeconds: 3600}", want: "ports: {http: 8080}\nhealth:\n  ready: /r\n  live: {http: /l, period: 5s}\n  startup: {exec: [a], failures: 60, delay: 1h}\n"},
		"a probe by TCP":      {container: "livenessProbe: {tcpSocket: {port: 9000}}", want: "ports: {port-9000: 9000}\nhealth: {live: {tcp: port-9000}}\n"},
		"resources":           {container: "resources: {requests: {cpu: 0.5, memory: 1Gi}, limits: {nvidia.com/gpu: 1}}", want: "resources:\n  requests: {cpu: \"0.5\", memory: 1Gi}\n  limits: {nvidia.com/gpu: 1}\n"},
		"volumes":             {container: "volumeMounts: [{name: a, mountPath: /a}, {name: b, mountPath: /b/, readOnly: true}, {name: c, mountPath: /c}]", pod: "volumes: [{name: a, emptyDir: {}}, {name: b, emptyDir: {medium: Memory, sizeLimit: 1Gi}}, {name: c, persistentVolumeClaim: {claimName: old}}]", want: "volumes:\n  a: /a\n  b: {path: /b, temporary: true, medium: Memory, size: 1Gi, readOnly: true}\n  c: {path: /c, claim: old}\n"},
		"files":               {container: "volumeMounts: [{name: c, mountPath: /etc/x}, {name: c, mountPath: /y.ini, subPath: b.ini}]", pod: "volumes: [{name: c, configMap: {name: c, defaultMode: 288}}]", more: "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a.ini: '1', b.ini: '2'}\n", want: "files:\n  /etc/x/a.ini: {source: a.ini, mode: \"0440\"}\n  /etc/x/b.ini: {source: b.ini, mode: \"0440\"}\n  /y.ini: {source: b.ini, mode: \"0440\"}\n"},
		"a mounted secret":    {container: "volumeMounts: [{name: s, mountPath: /s}]", pod: "volumes: [{name: s, secret: {secretName: tls}}]", want: "volumes: {s: {path: /s, secret: tls}}\n"},
		"security":            {pod: "securityContext: {runAsUser: 1, fsGroup: 2, runAsNonRoot: true}", container: "securityContext: {runAsUser: 3, readOnlyRootFilesystem: true, capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}", want: "security: {runAsUser: 3, fsGroup: 2, capabilities: {add: [NET_BIND_SERVICE]}}\n"},
		"placement":           {pod: "nodeSelector: {a: b}\ntolerations: [{key: k, operator: Exists, effect: NoExecute, tolerationSeconds: 60}]\ntopologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule}]\npriorityClassName: p\nterminationGracePeriodSeconds: 45\nimagePullSecrets: [{name: r}]", want: "pullSecrets: [r]\ngracePeriod: 45s\npriority: p\nnodeSelector: {a: b}\ntolerations: [{key: k, operator: Exists, effect: NoExecute, for: 1m}]\nspread: {host: {skew: 1, when: hard}}\n"},
		"a sidecar":           {pod: "initContainers: [{name: prep, image: y, command: ['${a}']}, {name: mesh, image: z, restartPolicy: Always}]\nvolumes: [{name: v, emptyDir: {}}]", container: "volumeMounts: [{name: v, mountPath: /v}]\n", want: "volumes: {v: /v}\ninit: {prep: {image: \"y\", command: ['$${a}'], security: {readOnlyRootFilesystem: false}}}\nsidecars: {mesh: {native: true, image: z, security: {readOnlyRootFilesystem: false}}}\n"},
		"lifecycle":           {container: "lifecycle: {preStop: {sleep: {seconds: 5}}, postStart: {exec: {command: [a]}}}", want: "lifecycle: {preStop: {sleep: 5s}, postStart: {exec: [a]}}\n"},
		"pull policy":         {container: "imagePullPolicy: Always", want: ""},
		"root":                {pod: "securityContext: {runAsUser: 0, runAsNonRoot: false}", container: "securityContext: {allowPrivilegeEscalation: true}", want: "security:\n  level: baseline\n  runAsUser: 0\n  capabilities: {drop: []}\n  allowPrivilegeEscalation: true\n  readOnlyRootFilesystem: false\n"},
		"the node":            {pod: "hostNetwork: true\nhostPID: true\nhostIPC: true\ndnsPolicy: ClusterFirstWithHostNet", container: "securityContext: {readOnlyRootFilesystem: true}", want: "security: {level: privileged, hostNetwork: true, hostPID: true, hostIPC: true}\n"},
		"capabilities":        {container: "securityContext: {readOnlyRootFilesystem: true, capabilities: {drop: [CAP_NET_RAW], add: [chown]}}", want: "security:\n  level: baseline\n  capabilities: {drop: [NET_RAW], add: [CHOWN]}\n"},
		"all capabilities":    {container: "securityContext: {readOnlyRootFilesystem: true, privileged: true, allowPrivilegeEscalation: true, capabilities: {drop: [ALL]}}", want: "security: {level: privileged, privileged: true}\n"},
		"profiles":            {pod: "securityContext: {seccompProfile: {type: Localhost, localhostProfile: a.json}, appArmorProfile: {type: RuntimeDefault}}", container: "securityContext: {readOnlyRootFilesystem: true, seccompProfile: {type: Unconfined}}", want: "security: {level: privileged, seccomp: Unconfined, appArmor: RuntimeDefault}\n"},
		"a node's folder":     {pod: "volumes: [{name: h, hostPath: {path: /x, type: Socket}}]", container: "volumeMounts: [{name: h, mountPath: /h, readOnly: true}]", want: "volumes: {h: {path: /h, hostPath: /x, hostPathType: Socket, readOnly: true}}\nsecurity: {level: privileged, readOnlyRootFilesystem: false}\n"},
		"another user":        {pod: "securityContext: {runAsUser: 7}\ninitContainers: [{name: chown, image: x, securityContext: {runAsUser: 0, readOnlyRootFilesystem: true, capabilities: {drop: [ALL], add: [CHOWN]}}}, {name: prep, image: x, securityContext: {readOnlyRootFilesystem: true}}]", container: "securityContext: {runAsUser: 8, readOnlyRootFilesystem: true}", want: "init:\n  chown: {security: {runAsUser: 0, capabilities: {add: [CHOWN]}}}\n  prep: {security: {runAsUser: 7}}\nsecurity: {level: baseline, runAsUser: 8}\n"},
		"the same image":      {pod: "initContainers: [{name: a, image: x, imagePullPolicy: Never}, {name: b, image: x}]", container: "imagePullPolicy: Always", want: "init:\n  a: {image: x, pullPolicy: Never, security: {readOnlyRootFilesystem: false}}\n  b: {security: {readOnlyRootFilesystem: false}}\n"},
		"files of a sidecar":  {pod: "initContainers: [{name: p, image: \"y\", restartPolicy: Always, volumeMounts: [{name: c, mountPath: /etc/p.bin, subPath: p}], securityContext: {readOnlyRootFilesystem: true}}]\nvolumes: [{name: c, configMap: {name: c, items: [{key: k, path: p, mode: 256}]}}]", more: "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\nbinaryData: {k: AAEC}\n", want: "sidecars: {p: {native: true, image: \"y\", files: {/etc/p.bin: {source: p.bin, mode: \"0400\"}}}}\n"},
		"an account":          {pod: "serviceAccountName: robot\nautomountServiceAccountToken: true", want: "account: {create: false, name: robot, token: true}\n"},
		"its own account":     {pod: "serviceAccountName: robot", more: "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot, annotations: {a/role: b}}\n", want: "account: {name: robot, annotations: {a/role: b}}\n"},
		"a shared account":    {pod: "serviceAccountName: robot", more: "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot}\n---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: robot}\nspec: {template: {spec: {serviceAccountName: robot, containers: [{name: a, image: x}]}}}\n", want: "account: robot\n"},
		"folders of a volume": {pod: "volumes: [{name: e, emptyDir: {}}]\ninitContainers: [{name: i, image: \"y\", volumeMounts: [{name: e, mountPath: /a, subPath: tmp-dir}], securityContext: {readOnlyRootFilesystem: true}}]", container: "volumeMounts: [{name: e, mountPath: /tmp, subPath: tmp-dir}, {name: e, mountPath: /etc/x, subPath: conf}]", want: "volumes: {tmp-dir: /tmp, conf: /etc/x}\ninit: {i: {image: \"y\", mounts: {tmp-dir: /a}}}\n"},
		"twice the same":      {pod: "volumes: [{name: s, secret: {secretName: tls}}]", container: "volumeMounts: [{name: s, mountPath: /a, subPath: a}, {name: s, mountPath: /b, subPath: b}]", want: "volumes:\n  s: {path: /a, secret: tls, subPath: a}\n  s-2: {path: /b, secret: tls, subPath: b}\n"},
		"keys of a secret":    {pod: "volumes: [{name: s, secret: {secretName: tls, items: [{key: tls.crt, path: cert.pem}, {key: tls.key, path: key.pem}]}}]", container: "volumeMounts: [{name: s, mountPath: /tls}]", want: "volumes:\n  s: {path: /tls/cert.pem, secret: tls, subPath: tls.crt}\n  s-2: {path: /tls/key.pem, secret: tls, subPath: tls.key}\n"},
		"a folder of files":   {pod: "volumes: [{name: c, configMap: {name: c, items: [{key: a, path: conf/a.ini}, {key: b, path: b.ini}]}}]", container: "volumeMounts: [{name: c, mountPath: /etc/x, subPath: conf}]", more: "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: '1', b: '2'}\n", want: "files: {/etc/x/a.ini: a.ini}\n"},
		"a folder of keys":    {pod: "volumes: [{name: s, secret: {secretName: tls, items: [{key: a, path: conf/a}, {key: b, path: conf/x/b}, {key: c, path: config}]}}]", container: "volumeMounts: [{name: s, mountPath: /tls, subPath: conf}]", want: "volumes:\n  s: {path: /tls/a, secret: tls, subPath: a}\n  s-2: {path: /tls/x/b, secret: tls, subPath: b}\n"},
		"all keys of one":     {pod: "volumes: [{name: s, secret: {secretName: pw, items: [{key: password, path: password}]}}]", container: "volumeMounts: [{name: s, mountPath: /pw}]", more: "---\napiVersion: v1\nkind: Secret\nmetadata: {name: pw}\ndata: {password: eA==}\n", want: "volumes: {s: {path: /pw, secret: pw}}\n"},
		"affinity":            {pod: "affinity: {nodeAffinity: null, podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app.kubernetes.io/name: web, app.kubernetes.io/instance: x}}}]}}", want: "affinity:\n  podAntiAffinity:\n    requiredDuringSchedulingIgnoredDuringExecution:\n      - topologyKey: kubernetes.io/hostname\n        labelSelector: {matchLabels: {app.kubernetes.io/name: web, app.kubernetes.io/instance: x}}\n"},
		"an open way out":     {more: "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web}\nspec: {podSelector: {matchLabels: {app.kubernetes.io/name: web}}, policyTypes: [Egress], egress: [{}]}\n", want: ""},
		"called in a shell":   {pod: "initContainers: [{name: wait, image: \"y\", command: [sh, -c, \"until nc -z db 5432; do sleep 1; done\"], securityContext: {readOnlyRootFilesystem: true}}]", more: "---\n" + strings.ReplaceAll(deployment("", "ports: [{containerPort: 5432}]")+webService+"ports: [{port: 5432}]}\n", "web", "db"), want: "needs: [db]\ninit: {wait: {image: \"y\", command: [sh, -c, until nc -z db 5432; do sleep 1; done]}}\n"},
		"itself":              {container: "env: [{name: SELF_URL, value: 'http://web.default.svc:80/x'}]\nports: [{containerPort: 8080}]", more: strings.Replace(webService, "name: web", "name: web, namespace: default", 1) + "ports: [{port: 80, targetPort: 8080}]}\n", want: "port: 8080\nenv: {SELF_URL: 'http://${web.host}:${web.port}/x'}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := specOf(t, convert(t, deployment(c.pod, c.container)+c.more), "web"); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

// TestLost holds fields that a spec does not say: each is reported with its place, and nothing else is.
func TestLost(t *testing.T) {
	scraped := deployment("", "ports: [{containerPort: 80, name: http}]") + strings.Replace(webService, "name: web", "name: web, labels: {app: web}", 1) + "ports: [{port: 80, name: http}]}\n" +
		"---\napiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: m}\nspec:\n  selector: {matchLabels: {app: web}}\n  endpoints: [{port: http}]\n"
	for text, want := range map[string]string{
		deployment("", "workingDir: /x"):                                                                "spec.template.spec.containers[0].workingDir",
		deployment("", "newField: {a: b}"):                                                              "spec.template.spec.containers[0].newField",
		deployment("securityContext: {runAsUser: 0, runAsNonRoot: true}", ""):                           "spec.template.spec.securityContext.runAsNonRoot",
		deployment("dnsPolicy: Default", ""):                                                            "spec.template.spec.dnsPolicy",
		deployment("", "securityContext: {runAsNonRoot: false}"):                                        "spec.template.spec.containers[0].securityContext.runAsNonRoot",
		deployment("", "ports: [{containerPort: 1, hostPort: 2}]"):                                      "spec.template.spec.containers[0].ports[0].hostPort",
		deployment("volumes: [{name: h, nfs: {path: /x}}]", "volumeMounts: [{name: h, mountPath: /h}]"): "spec.template.spec.volumes[0].nfs",
		deployment("volumes: [{name: s, secret: {secretName: t, items: [{key: a, path: a}]}}]", "volumeMounts: [{name: s, mountPath: /h, subPath: b}]"):                                                                            "spec.template.spec.containers[0].volumeMounts[0]",
		scraped + "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r, annotations: {a: b}}\nspec: {parentRefs: [{name: g}], hostnames: [a.b], rules: [{backendRefs: [{name: web, port: 80}]}]}\n": "metadata.annotations.a",
		scraped + "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, labels: {team: b}}\nspec: {rules: [{host: a.b, http: {paths: [{path: /, backend: {service: {name: web, port: {number: 80}}}}]}}]}\n":  "metadata.labels.team",
		scraped + "  jobLabel: x\n":                                                                                            "spec.jobLabel",
		scraped + "  namespaceSelector: {any: true}\n":                                                                         "spec.namespaceSelector",
		strings.Replace(scraped, "name: m", "name: m, annotations: {a: b}", 1):                                                 "metadata.annotations.a",
		deployment("", "") + "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: b}\n":                          "",
		deployment("", "") + "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: s}\n": "",
		"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: web}\nspec: {schedule: '* * * * *', jobTemplate: {spec: {completionMode: Indexed, template: {spec: {containers: [{name: x, image: x}]}}}}}\n": "spec.jobTemplate.spec.completionMode",
	} {
		p := convert(t, text)
		var lost []string
		for _, f := range p.Report.Findings {
			if f.Level == draft.Lost {
				lost = append(lost, f.Field)
				if f.At.Line == 0 || f.Text == "" {
					t.Errorf("%+v", f)
				}
			}
		}
		if len(lost) != 1 || lost[0] != want {
			t.Errorf("lost %q, want %q in\n%s", lost, want, text)
		}
	}
}

// TestPolicies holds how network policies become needs and peers.
func TestPolicies(t *testing.T) {
	base := deployment("", "ports: [{containerPort: 80}]") + webService + "ports: [{port: 80}]}\n---\n" + strings.ReplaceAll(deployment("", "ports: [{containerPort: 1}]"), "web", "api")
	policy := "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec:\n  podSelector: {matchLabels: {app.kubernetes.io/name: web}}\n  "
	for rules, want := range map[string]string{
		"ingress: [{from: [{podSelector: {matchLabels: {app.kubernetes.io/name: api}}}]}]":                       "needs: [web]",
		"ingress: [{from: [{podSelector: {matchLabels: {app: other}}}], ports: [{port: 80}]}]":                   "network: {from: [{pods: {app: other}, ports: [80]}]}",
		"ingress: [{from: [{namespaceSelector: {}}]}]":                                                           "network: {from: [{namespace: '*'}]}",
		"ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 53, protocol: UDP}]}]":                 "network: {from: [{cidr: 10.0.0.0/8, ports: [53/UDP]}]}",
		"policyTypes: [Egress]\n  egress: [{to: [{podSelector: {matchLabels: {app.kubernetes.io/name: api}}}]}]": "needs: [api]",
		"policyTypes: [Egress]": "network: {to: []}",
	} {
		p := convert(t, base+"---\n"+policy[4:]+rules+"\n")
		if got := specOf(t, p, "web") + specOf(t, p, "api"); !strings.Contains(got, want+"\n") {
			t.Errorf("%s gives\n%swant %s", rules, got, want)
		}
	}
}
