package diagnose

import (
	"regexp"
	"strings"
	"time"
)

// imageTrouble explains why an image could not be pulled, from containerd's message.
func imageTrouble(image, service, message string) (cause, next string, patience time.Duration) {
	registry, _, _ := strings.Cut(image, "/")
	// The image's own name may hold any of the words that are looked for.
	low := strings.ToLower(message)
	path := strings.ToLower(strings.TrimPrefix(strings.Split(image, "@")[0], registry+"/"))
	for _, name := range []string{path, path[:max(strings.LastIndex(path, ":"), 0)]} {
		if name != "" {
			low = strings.ReplaceAll(low, name, "")
		}
	}
	switch {
	case containsAny(low, "server gave http response to https client"):
		return "the registry " + registry + " speaks HTTP, and the node tried HTTPS",
			"factory configure-k3s-registry   (writes the mirror into registries.yaml and restarts k3s)", 45 * time.Second
	case containsAny(low, "no such host", "server misbehaving", "temporary failure in name resolution"):
		return "the node cannot resolve the name of the registry " + registry,
			"correct image: or registry:, or the node's DNS (/etc/resolv.conf on the node)", time.Minute
	case containsAny(low, "connection refused", "i/o timeout", "no route to host", "network is unreachable", "deadline exceeded", ": eof", "connection reset",
		"bad gateway", "service unavailable", "gateway timeout"):
		return "the node cannot reach the registry " + registry, reachRegistry(registry), time.Minute
	case containsAny(low, "unauthorized", "denied", "authorization failed", "authentication required"):
		return "the registry " + registry + " wants credentials, or the image is private",
			"name a pull secret, or check the image's name: " + image, 30 * time.Second
	case containsAny(low, "not found", "manifest unknown", "name unknown"):
		return "the registry has no image " + image, "factory build " + service, 20 * time.Second
	case containsAny(low, "no match for platform"):
		return "the image " + image + " is not built for this node's processor", "factory build " + service, 10 * time.Second
	case containsAny(low, "x509", "certificate"):
		return "the node does not trust the certificate of the registry " + registry,
			"add its CA to the node's registries.yaml (configs: … tls: ca_file)", 45 * time.Second
	default:
		return "the node cannot pull " + image, "kubectl describe pod, and look at its events", time.Minute
	}
}

func reachRegistry(registry string) string {
	if strings.HasPrefix(registry, "localhost") || strings.HasPrefix(registry, "127.") {
		return "factory setup-registry   (starts it; on k3s it also tells the node where it is)"
	}
	return "check the node's way to " + registry + ", or name a mirror for it in the node's registries.yaml"
}

var quoted = regexp.MustCompile(`"([^"]+)"`)

func firstQuoted(message string) string {
	if found := quoted.FindStringSubmatch(message); found != nil {
		return found[1]
	}
	return ""
}

func containsAny(text string, parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
