package spec

import (
	"reflect"

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
	// Field is a field of the pod, such as metadata.namespace.
	Field string

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
}

// envReference is the long form of a variable: {service, key}, {secret, key} or {field}.
type envReference struct {
	// Service is the service of the project that declares the secret value. Example: database.
	Service string `spec:"service,or"`
	// Secret is the name of a Kubernetes Secret that is made elsewhere. Example: mail-account.
	Secret string `spec:"secret,or"`
	// Key is the key in the Secret. Example: password.
	Key string `spec:"key"`
	// Field is a field of the pod. Example: metadata.namespace.
	Field string `spec:"field,or"`
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
	case envReference{Secret: ref.Secret, Key: ref.Key}:
		v.Secret = &SecretKey{Name: ref.Secret, Key: ref.Key}
	case envReference{Field: ref.Field}:
		v.Field = ref.Field
	}
	if v.Field == "" && (v.Secret == nil || v.Secret.Name == "" || v.Secret.Key == "") {
		d.problem(n, "a variable is a text, {service: NAME, key: KEY}, {secret: NAME, key: KEY} or {field: PATH}")
		v.Secret = nil
	}
}
