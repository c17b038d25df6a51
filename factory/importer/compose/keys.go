package compose

import (
	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// taken are the keys of a service that have a place in a spec.
var taken = map[string]func(*conversion, *service, *source.Node){
	"image":             (*conversion).image,
	"build":             (*conversion).build,
	"pull_policy":       (*conversion).pullPolicy,
	"command":           (*conversion).takeCommand,
	"entrypoint":        (*conversion).takeEntrypoint,
	"environment":       (*conversion).environment,
	"env_file":          (*conversion).envFiles,
	"ports":             (*conversion).takePorts,
	"expose":            (*conversion).expose,
	"depends_on":        (*conversion).dependsOn,
	"links":             (*conversion).links,
	"volumes":           (*conversion).takeVolumes,
	"tmpfs":             (*conversion).tmpfs,
	"shm_size":          (*conversion).sharedMemory,
	"configs":           (*conversion).takeConfigs,
	"secrets":           (*conversion).takeSecrets,
	"healthcheck":       (*conversion).healthcheck,
	"deploy":            (*conversion).deploy,
	"scale":             (*conversion).scale,
	"cpus":              (*conversion).cpus,
	"mem_limit":         (*conversion).memoryLimit,
	"mem_reservation":   (*conversion).memoryReservation,
	"restart":           (*conversion).restart,
	"stop_grace_period": (*conversion).gracePeriod,
	"user":              (*conversion).user,
	"group_add":         (*conversion).groups,
	"read_only":         (*conversion).readOnly,
	"cap_add":           (*conversion).capabilities,
	"cap_drop":          (*conversion).dropped,
	"privileged":        (*conversion).privileged,
	"pid":               (*conversion).processes,
	"ipc":               (*conversion).semaphores,
	"security_opt":      (*conversion).securityOptions,
	"labels":            (*conversion).takeLabels,
	"annotations":       (*conversion).annotations,
	"networks":          (*conversion).networks,
	"network_mode":      (*conversion).networkMode,
	"hostname":          (*conversion).hostname,
	"container_name":    (*conversion).hostname,
	"platform":          (*conversion).platform,
	"post_start":        (*conversion).postStart,
	"pre_stop":          (*conversion).preStop,
	"profiles":          func(*conversion, *service, *source.Node) {}, // judged before
}

// notTaken are the keys of a service that a spec has no place for: the reason, and what to do instead.
var notTaken = map[string]string{
	"working_dir":         "a spec does not say the working folder; next: set WORKDIR in the image, or write absolute paths into command",
	"init":                "Kubernetes gives a container no init process; next: begin the image's entrypoint with tini where it leaves zombies",
	"domainname":          "a pod has no domain name of its own; next: use the service's name, or an ingress host",
	"dns":                 "pods ask the cluster's DNS; next: add forwarders to the cluster's CoreDNS",
	"dns_search":          "pods search the cluster's domains; next: write full names",
	"dns_opt":             "pods use the cluster's resolver options; next: write full names",
	"extra_hosts":         "a spec adds no lines to /etc/hosts; next: use names that the cluster's DNS knows",
	"external_links":      "containers outside of the file are not known here; next: write their address into env",
	"volumes_from":        "pods do not share another pod's volumes; next: declare the volume in both specs",
	"stop_signal":         "the signal is a matter of the image; next: set STOPSIGNAL in the image",
	"stdin_open":          "a service has no one typing into it; next: use kubectl debug where a shell is wanted",
	"tty":                 "a service has no terminal; next: set what the program prints by its own options",
	"devices":             "pods get devices from a device plugin; next: ask for its resource under resources.limits",
	"gpus":                "pods get GPUs from a device plugin; next: say resources: {limits: {nvidia.com/gpu: 1}}",
	"device_cgroup_rules": "pods get devices from a device plugin; next: ask for its resource under resources.limits",
	"uts":                 "a pod has a host name of its own; next: leave it out",
	"cgroup":              "the node sets the cgroup; next: leave it out",
	"cgroup_parent":       "the node sets the cgroup; next: leave it out",
	"userns_mode":         "a spec does not choose the user namespace; next: leave it out",
	"isolation":           "containers run on Linux here; next: leave it out",
	"runtime":             "a spec does not choose the runtime class; next: leave it out, or add it to the project's templates/",
	"sysctls":             "a spec sets no kernel parameters; next: set them on the node",
	"ulimits":             "Kubernetes sets no ulimits; next: set them in the container runtime, or in the image's entrypoint",
	"logging":             "the node collects what a container prints; next: set up a log collector in the cluster",
	"storage_opt":         "the node sets the storage of containers; next: say resources: {limits: {ephemeral-storage: 1Gi}}",
	"mac_address":         "a pod's address comes from the cluster's network; next: leave it out",
	"blkio_config":        "Kubernetes does not limit block devices; next: leave it out",
	"cpu_count":           "a share of processors is said as resources.limits.cpu; next: write it there",
	"cpu_percent":         "a share of processors is said as resources.limits.cpu; next: write it there",
	"cpu_period":          "a share of processors is said as resources.limits.cpu; next: divide cpu_quota by it and write that there",
	"cpu_quota":           "a share of processors is said as resources.limits.cpu; next: divide it by cpu_period and write that there",
	"cpu_rt_period":       "Kubernetes schedules nothing in real time; next: leave it out",
	"cpu_rt_runtime":      "Kubernetes schedules nothing in real time; next: leave it out",
	"cpu_shares":          "a share of processors is said as resources.requests.cpu; next: write it there",
	"cpuset":              "Kubernetes pins processors by the node's policy; next: leave it out",
	"mem_swappiness":      "the node decides about swap; next: leave it out",
	"memswap_limit":       "the node decides about swap; next: leave it out",
	"oom_kill_disable":    "the node kills what passes its memory limit; next: raise resources.limits.memory",
	"oom_score_adj":       "the node sets it from requests and limits; next: leave it out",
	"pids_limit":          "the node limits processes; next: set podPidsLimit in the kubelet",
	"credential_spec":     "containers run on Linux here; next: leave it out",
	"label_file":          "labels come from the spec; next: write them under podAnnotations",
	"develop":             "it is for work on one machine; next: leave it out",
	"attach":              "it is for work on one machine; next: leave it out",
	"provider":            "the service is run by a plugin of Compose; next: write the address of the real service into env",
	"models":              "a spec knows no models; next: run the model's server as a service of its own",
	"use_api_socket":      "there is no container engine to talk to in a pod; next: use the Kubernetes API and access",
	"extends":             "it was not found; next: write the keys out",
}

// harmless tells whether a value of a key that has no place says what holds without it.
func harmless(key string, n *source.Node) bool {
	switch key {
	case "oom_kill_disable", "init", "stdin_open", "tty", "use_api_socket":
		return n.Kind == source.Null || n.Text == "false"
	}
	return n.Kind == source.Null || n.Kind == source.Sequence && len(n.Items) == 0 || n.Kind == source.Mapping && len(n.Pairs) == 0
}

// top goes through the keys beside services.
func (c *conversion) top() {
	for _, pair := range c.root.Pairs {
		n := pair.Value
		switch pair.Key.Text {
		case "name":
			if name, ok := c.text(nil, n); ok && name != "" {
				c.project.Name, c.project.From = draft.Label(name, 52), n
			}
		case "services", "version", "volumes", "configs", "secrets":
		case "networks":
			c.topNetworks(n)
		case "models":
			c.lost(nil, n, "a spec knows no models; next: run the model's server as a service of its own")
		default:
			if len(pair.Key.Text) < 2 || pair.Key.Text[:2] != "x-" {
				c.lost(nil, n, "Compose has no such key; next: correct the key, or leave it out")
			}
		}
	}
}

func (c *conversion) topNetworks(n *source.Node) {
	if !n.Is(source.Mapping) {
		return
	}
	for _, pair := range n.Pairs {
		for _, option := range pair.Value.Pairs {
			c.lost(nil, option.Value, "the cluster has one network, parted by what each spec needs; next: leave it out")
		}
	}
}
