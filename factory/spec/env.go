package spec

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Env are environment variables in the order of the file, which is the order in which Kubernetes expands $(NAME).
//
//spec:schema {type: object, propertyNames: {pattern: "^[-._a-zA-Z][-._a-zA-Z0-9]*$"}, additionalProperties: {anyOf: [{type: [string, number, boolean]}, {$ref: envReference}]}}
type Env []EnvVar

// EnvVar is one variable: a text, or exactly one reference.
type EnvVar struct {
	Name  string
	Value string
	// Secret is a key of a Kubernetes Secret; Service, if set, is the service of the project that owns it.
	Secret *SecretKey
	// ConfigMap is a key of a Kubernetes ConfigMap.
	ConfigMap *ConfigMapKey
	// Field is a field of the pod, such as metadata.namespace.
	Field string
	// Resource is a request or limit of the container, such as limits.memory, counted in Divisor.
	Resource string
	Divisor  Quantity

	position Position
}

// SecretKey is one key of a Kubernetes Secret.
type SecretKey struct {
	// Name of the Secret.
	Name string
	// Key in the Secret.
	Key string
	// Service is the service that declares the key, or empty when the Secret is made elsewhere.
	Service string
	// Optional lets the container start without the key.
	Optional bool
}

// ConfigMapKey is one key of a Kubernetes ConfigMap.
type ConfigMapKey struct {
	// Name of the ConfigMap, and Key in it.
	Name, Key string
	// Optional lets the container start without the key.
	Optional bool
}

// EnvSource is a ConfigMap or a Secret each of whose keys becomes a variable.
type EnvSource struct {
	// ConfigMap is the name of a ConfigMap that is made elsewhere. Example: settings.
	ConfigMap string `spec:"configMap,or"`
	// Secret is the name of a Secret that is made elsewhere. Example: mail-account.
	Secret string `spec:"secret,or"`
	// Prefix is put before each key. Default: none. Example: MAIL_.
	Prefix string `spec:"prefix"`
	// Optional lets the container start when there is no such object. Default: false.
	Optional bool `spec:"optional"`
}

// envReference is the long form of a variable: {service, key}, {secret, key}, {configMap, key}, {field} or {resource}.
type envReference struct {
	// Service is the service of the project that declares the secret value. Example: database.
	Service string `spec:"service,or"`
	// Secret is the name of a Kubernetes Secret that is made elsewhere. Example: mail-account.
	Secret string `spec:"secret,or"`
	// ConfigMap is the name of a Kubernetes ConfigMap that is made elsewhere. Example: settings.
	ConfigMap string `spec:"configMap,or"`
	// Key is the key in the Secret or ConfigMap. Example: password.
	Key string `spec:"key"`
	// Optional lets the container start when the secret or configMap has no such key. Default: false.
	Optional bool `spec:"optional"`
	// Field is a field of the pod. Example: metadata.namespace.
	Field string `spec:"field,or"`
	// Resource is a request or limit of the container. Example: limits.memory.
	Resource string `spec:"resource,or,enum=limits.cpu|limits.memory|limits.ephemeral-storage|requests.cpu|requests.memory|requests.ephemeral-storage"`
	// Divisor is what the resource is counted in, rounded up. Default: 1. Example: 1Mi.
	Divisor Quantity `spec:"divisor"`
}

// entry is what layers of variables merge by.
func (Env) entry() reflect.Type { return reflect.TypeFor[envReference]() }

func (e *Env) decodeNode(d *decoder, n *yaml.Node) {
	if !d.kind(n, yaml.MappingNode) {
		return
	}
	d.pairs(n, func(key, value *yaml.Node) {
		v := EnvVar{Name: key.Value, position: d.at(value)}
		if !envName.MatchString(key.Value) {
			d.problem(key, "%q cannot be the name of a variable: use letters, digits, _, - and ., not beginning with a digit", short(key.Value))
		}
		if !d.plain(value) {
			return
		}
		if value.Kind == yaml.ScalarNode {
			v.Value, _ = d.text(value)
		} else {
			v.decodeReference(d, value)
		}
		*e = append(*e, v)
	})
}

func (v *EnvVar) decodeReference(d *decoder, n *yaml.Node) {
	var ref envReference
	before := len(*d.problems)
	d.decode(n, &ref)
	if len(*d.problems) > before {
		return
	}
	switch ref {
	case envReference{Service: ref.Service, Key: ref.Key}:
		v.Secret = &SecretKey{Name: ref.Service, Service: ref.Service, Key: ref.Key}
	case envReference{Secret: ref.Secret, Key: ref.Key, Optional: ref.Optional}:
		v.Secret = &SecretKey{Name: ref.Secret, Key: ref.Key, Optional: ref.Optional}
	case envReference{ConfigMap: ref.ConfigMap, Key: ref.Key, Optional: ref.Optional}:
		v.ConfigMap = &ConfigMapKey{Name: ref.ConfigMap, Key: ref.Key, Optional: ref.Optional}
	case envReference{Field: ref.Field}:
		v.Field = ref.Field
	case envReference{Resource: ref.Resource, Divisor: ref.Divisor}:
		v.Resource, v.Divisor = ref.Resource, ref.Divisor
	}
	if v.Field == "" && v.Resource == "" && (v.Secret == nil || v.Secret.Name == "" || v.Secret.Key == "") &&
		(v.ConfigMap == nil || v.ConfigMap.Name == "" || v.ConfigMap.Key == "") {
		d.problem(n, "a variable is a text, {service: NAME, key: KEY}, {secret: NAME, key: KEY}, {configMap: NAME, key: KEY}, {field: PATH} or {resource: limits.memory}")
		v.Secret, v.ConfigMap = nil, nil
	}
}

// divisors are what Kubernetes counts a resource in.
func divisors(resource string) []string {
	if strings.HasSuffix(resource, ".cpu") {
		return []string{"1", "1m"}
	}
	return []string{"1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"}
}

func (l *loader) checkEnv(s *Service, c *Container) {
	for _, v := range c.Env {
		switch {
		case v.Field != "" && !fieldPath.MatchString(v.Field):
			l.problems.add(v.position, "%q is not a field that a container can read: use metadata.name, metadata.namespace, metadata.uid, metadata.labels['KEY'], metadata.annotations['KEY'], spec.nodeName, spec.serviceAccountName, status.hostIP or status.podIP", short(v.Field))
		case v.Secret != nil && !isSecretKey(v.Secret.Key):
			l.problems.add(v.position, "%q cannot be a key of a Secret: use letters, digits, -, _ and .", short(v.Secret.Key))
		case v.Secret != nil && v.Secret.Service == "" && !isSubdomain(v.Secret.Name):
			l.problems.add(v.position, "%q cannot be the name of a Secret: use small letters, digits, - and .", short(v.Secret.Name))
		case v.ConfigMap != nil && !isSecretKey(v.ConfigMap.Key):
			l.problems.add(v.position, "%q cannot be a key of a ConfigMap: use letters, digits, -, _ and .", short(v.ConfigMap.Key))
		case v.ConfigMap != nil && !isSubdomain(v.ConfigMap.Name):
			l.problems.add(v.position, "%q cannot be the name of a ConfigMap: use small letters, digits, - and .", short(v.ConfigMap.Name))
		case v.Divisor != "" && !slices.Contains(divisors(v.Resource), string(v.Divisor)):
			l.problems.add(v.position, "%q is not a divisor of %s: %s", v.Divisor, v.Resource, didYouMean(string(v.Divisor), divisors(v.Resource)))
		}
	}
	for i, from := range c.EnvFrom {
		at := func(key string) Position { return s.at(c, "envFrom", strconv.Itoa(i), key) }
		name := cmp.Or(from.ConfigMap, from.Secret)
		switch {
		case (from.ConfigMap == "") == (from.Secret == ""):
			l.problems.add(at(""), "variables come from one of configMap and secret: say exactly one")
		case !isSubdomain(name):
			l.problems.add(at("configMap"), "%q cannot be the name of a ConfigMap or Secret: use small letters, digits, - and .", short(name))
		}
		if from.Prefix != "" && !envName.MatchString(from.Prefix) {
			l.problems.add(at("prefix"), "%q cannot begin the name of a variable: use letters, digits, _, - and ., not beginning with a digit", short(from.Prefix))
		}
	}
}
