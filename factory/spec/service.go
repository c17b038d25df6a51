package spec

import "slices"

// HTTP is the name of the port that `port: N` declares, and the one that probes, ingresses and ${service.port} mean when
// a service has several.
const HTTP = "http"

// Service is one service.yaml with everything defaulted. Sibling references are resolved: texts hold what Kubernetes gets.
type Service struct {
	// Name is the folder's name.
	Name string `spec:"name"`
	// Enabled is whether the release has the service; environments may say otherwise than the spec. Default: true.
	Enabled bool `spec:"enabled"`
	// Kind is the workload: Deployment, StatefulSet, DaemonSet, CronJob or Job. Default: Deployment.
	Kind string `spec:"kind,enum=Deployment|StatefulSet|DaemonSet|CronJob|Job"`
	// Replicas is how many pods run, of a Deployment or a StatefulSet. Default: 1.
	Replicas int `spec:"replicas"`
	// Strategy is how pods give way to newer ones. Default: Kubernetes' own for the kind. Example: {maxSurge: 1, maxUnavailable: 0}.
	Strategy *Strategy `spec:"strategy"`
	// RevisionHistory is how many old versions the cluster keeps for a rollback. Default: 10.
	RevisionHistory *int `spec:"revisionHistory"`
	// Priority is the PriorityClass of the pods. Default: the cluster's. Example: system-node-critical.
	Priority string `spec:"priority"`
	// Schedule is when a CronJob runs, as cron writes it. Example: "30 4 * * 1-5".
	Schedule Schedule `spec:"schedule"`
	// Cron is how a CronJob starts its Jobs. Example: {timeZone: Europe/Berlin, startWithin: 5m}.
	Cron *CronOptions `spec:"cron"`
	// Job is how the pods of a Job or a CronJob run. Example: {retries: 2, deadline: 10m}.
	Job *JobOptions `spec:"job"`
	// Hook makes a Job a step of the release. Default: it runs beside everything else, once for each change of it. Example: {on: [post-install, pre-upgrade]}.
	Hook *Hook `spec:"hook"`
	// Image is a ready image, as [host/]path[:tag][@digest]. Default: the image that build makes. Example: nginx:1.27.
	Image string `spec:"image,or"`
	// Build says how the image is built. Default: the Dockerfile beside the spec, when there is no image.
	Build *Build `spec:"build,or"`
	// PullPolicy is Always, IfNotPresent or Never. Default: Always for the tag latest, else IfNotPresent.
	PullPolicy string `spec:"pullPolicy,enum=Always|IfNotPresent|Never"`
	// PullSecrets name the Secrets, made elsewhere, that registries ask for. Default: none. Example: [registry-login].
	PullSecrets []string `spec:"pullSecrets"`
	// Command replaces the image's entrypoint. Example: [/app/server, --verbose].
	Command []string `spec:"command"`
	// Args replace the arguments of the image's entrypoint. Example: [--port, "8080"].
	Args []string `spec:"args"`
	// Port is the short form for one HTTP port: the container's; the Service listens on 80. Example: 8080.
	Port Port `spec:"port"`
	// Ports are all ports by name; the short form port is the one called http. Example: {grpc: 9090}.
	Ports map[string]PortSpec `spec:"ports"`
	// Health holds the probes.
	Health Health `spec:"health"`
	// Needs names the services that this one calls: their address can be used and their NetworkPolicy lets it in. Example: [database].
	Needs []string `spec:"needs"`
	// Env are the environment variables, in the order of the file. Example: {DB_HOST: "${database.host}"}.
	Env Env `spec:"env"`
	// EnvFrom are ConfigMaps and Secrets each of whose keys becomes a variable. Default: none. Example: [{configMap: settings}].
	EnvFrom []EnvSource `spec:"envFrom"`
	// Lifecycle is what happens after the container starts and before it ends. Example: {preStop: {exec: [nginx, -s, quit]}}.
	Lifecycle *Lifecycle `spec:"lifecycle"`
	// Init are containers that run before the service's own, one after the other, in the order of the file. Example: {migrate: {args: [migrate]}}.
	Init InitContainers `spec:"init"`
	// Sidecars are containers that run beside the service's own. Example: {proxy: {image: envoyproxy/envoy:v1.31.0}}.
	Sidecars Sidecars `spec:"sidecars"`
	// Secrets are the values of a Secret with the service's name: generated once, in the cluster, or fetched from a store outside. Example: {password: {generate: 24}}.
	Secrets map[string]Secret `spec:"secrets"`
	// Access is what the service may do with the Kubernetes API. Default: nothing, and no token. Example: [{resources: [pods], verbs: [get, list, watch]}].
	Access []Access `spec:"access"`
	// Service is the Kubernetes Service beyond its ports. Example: {type: LoadBalancer}.
	Service ServiceObject `spec:"service"`
	// Ingress makes ports reachable from outside, by a host and paths. Example: {host: shop.example.com, tls: true}.
	Ingress *Ingress `spec:"ingress"`
	// Gateway makes ports reachable from outside by a route of the Gateway API. Example: {host: shop.example.com}.
	Gateway *Gateway `spec:"gateway"`
	// Network says who may call this service beside those that need it, and whom it may call. Example: {from: [{namespace: monitoring}]}.
	Network Network `spec:"network"`
	// Files are files of the service's folder that the container sees, by the path at which it does. Example: {/etc/app.conf: app.conf}.
	Files map[string]File `spec:"files"`
	// Volumes are the places for files, by name. Example: {cache: /var/cache}.
	Volumes map[string]Volume `spec:"volumes"`
	// Retention is what becomes of a StatefulSet's claims. Default: they stay. Example: {whenScaled: Delete}.
	Retention *Retention `spec:"retention"`
	// Resources are requests and limits. Example: small.
	Resources Resources `spec:"resources"`
	// Security is the identity of the containers and what they may do on their node.
	Security Security `spec:"security"`
	// NodeSelector are labels that a node must have to run the pods. Default: none. Example: {example.com/disk: ssd}.
	NodeSelector map[string]string `spec:"nodeSelector"`
	// Tolerations let pods run on nodes that keep others away. Default: none. Example: [{key: dedicated, value: batch}].
	Tolerations []Toleration `spec:"tolerations"`
	// Affinity is which nodes and which other pods the pods are drawn to, as core/v1 writes it. Default: none. Example: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: kubernetes.io/hostname}}]}}.
	Affinity Raw `spec:"affinity"`
	// Spread is how evenly the pods are spread over zone, host, or what another label of the nodes tells apart; {} leaves it to Kubernetes. Default: {host: soft, zone: soft} of several replicas or autoscale. Example: {zone: hard}.
	Spread map[string]Spread `spec:"spread"`
	// Account is the service account that the pods run as. Default: one of the service's own, without a token unless access asks. Example: shared-account.
	Account *Account `spec:"account"`
	// GracePeriod is the time between asking a pod to stop and killing it. Default: 30s.
	GracePeriod Duration `spec:"gracePeriod"`
	// Labels are put on every object, beside those that every chart has. Example: {team: shop}.
	Labels map[string]string `spec:"labels"`
	// Annotations are put on every object. Example: {example.com/owner: shop}.
	Annotations map[string]string `spec:"annotations"`
	// PodLabels are put on the pods. Example: {app.kubernetes.io/component: api}.
	PodLabels map[string]string `spec:"podLabels"`
	// PodAnnotations are put on the pods. Example: {example.com/scan: "yes"}.
	PodAnnotations map[string]string `spec:"podAnnotations"`
	// Metrics asks Prometheus to scrape the pods. Default: not. Example: {path: /metrics, monitor: true}.
	Metrics *Metrics `spec:"metrics"`
	// Alerts are rules of Prometheus by the name of the alert, in a PrometheusRule. Example: {Down: {expr: "up == 0", for: 5m}}.
	Alerts map[string]Alert `spec:"alerts"`
	// MTLS is whether callers must speak mutual TLS in an Istio mesh: STRICT, PERMISSIVE (they may) or DISABLE. Default: the mesh's own.
	MTLS string `spec:"mtls,enum=STRICT|PERMISSIVE|DISABLE"`
	// Certificates are certificates that cert-manager puts into Secrets, by name. Example: {server: {}}.
	Certificates map[string]Certificate `spec:"certificates"`
	// ManifestFiles are files below the service's folder with more objects, which arrive as they are. Example: [extra/config.yaml].
	ManifestFiles []string `spec:"manifests"`
	// Tests are more pods of helm test, by name; one that ends with exit code 0 passes. Default: one that asks for the ready path, or connects. Example: {smoke: {args: [selftest]}}.
	Tests Tests `spec:"tests"`
	// Lint is what factory lint leaves aside in this service.
	Lint Lint `spec:"lint"`
	// Autoscale runs as many pods as there is work for. Default: always replicas. Example: {max: 10}.
	Autoscale *Autoscale `spec:"autoscale"`
	// Budget is how many pods may be missing while nodes are drained. Default: no limit. Example: {maxUnavailable: 1}.
	Budget *Budget `spec:"budget"`

	// Overrides are what differs in an environment, by its name. Another place for them is service.ENVIRONMENT.yaml. Example: {prod: {replicas: 3}}.
	Overrides Overrides `spec:"environments"`

	// Manifests are what the manifest files hold.
	Manifests []Manifest
	// ConfigHash is a hash of what the pods read of the ConfigMaps and Secrets in raw manifests, or "" when that is nothing.
	ConfigHash string
	// Dir is the service's folder, relative to the project, with slashes.
	Dir string
	// NeededBy names the services that need this one, sorted.
	NeededBy []string

	source *source
}

// Build says how an image is built. Paths are relative to the spec's folder.
type Build struct {
	// Context is the folder that the Dockerfile sees, in the project. Default: the spec's folder. Example: ../...
	Context string `spec:"context"`
	// Dockerfile is relative to the context. Default: Dockerfile.
	Dockerfile string `spec:"dockerfile"`
	// Args are build arguments. Example: {VERSION: "1.2"}.
	Args map[string]string `spec:"args"`
	// Image is the name of the image that is built. Default: <registry>/<service>:latest. Example: registry.example.com/team/app:1.0.
	Image string `spec:"image"`
}

// Access is one rule of RBAC, in RBAC's words.
type Access struct {
	// Resources are plurals with their group and subresource: pods, pods/log, deployments.apps, deployments.apps/scale. Example: [pods, deployments.apps].
	Resources []string `spec:"resources,required"`
	// Verbs are get, list, watch, create, update, patch, delete, deletecollection, or a resource's own. Example: [get, list, watch].
	Verbs []string `spec:"verbs,required"`
	// Scope is namespace or cluster. Default: namespace.
	Scope string `spec:"scope,enum=namespace|cluster"`
}

// At returns where a key of the service was written, in whichever file said it last: service.yaml, the defaults of factory.yaml,
// or an environment's override. What is not said there comes from factory's own defaults; it is at the nearest key around it,
// in the end at the service's file.
func (s *Service) At(path ...string) Position { return s.source.at(path...) }

// Says tells whether any file says the key; otherwise it comes from factory's own defaults, or from another key.
func (s *Service) Says(path ...string) bool { return s.source.has(path...) }

// newService returns what holds when nobody says anything. It shares nothing with another service.
func newService() *Service {
	return &Service{
		Enabled:     true,
		Kind:        Deployment,
		Replicas:    1,
		Resources:   newResources(),
		Security:    Security{RunAsUser: 1000, ReadOnlyRootFilesystem: true, Level: Restricted},
		GracePeriod: Duration(30e9),
	}
}

// MainPort returns the name of the port that is meant when none is said: http, or the only one. It is empty otherwise.
func (s *Service) MainPort() string { return mainPort(s.Ports) }

// Released returns the services that the release has: all but those that are switched off.
func (p *Project) Released() []*Service {
	if !slices.ContainsFunc(p.Services, func(s *Service) bool { return !s.Enabled }) {
		return p.Services
	}
	var on []*Service
	for _, s := range p.Services {
		if s.Enabled {
			on = append(on, s)
		}
	}
	return on
}

// hasSecret tells whether the service owns a Secret with that key.
func (s *Service) hasSecret(key string) bool {
	_, ok := s.Secrets[key]
	return ok
}

// BuiltImage returns the reference that a build of the service makes and a chart uses, or "" when the image is a ready one.
func (p *Project) BuiltImage(s *Service) string {
	if s.Build == nil {
		return ""
	}
	return s.Image
}
