package checks

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/helm-chart-factory/factory/factory/lint/rendered"
	"github.com/helm-chart-factory/factory/factory/lint/rule"
)

func envChecks() []Check {
	return []Check{{
		Rule: rule.Rule{
			ID: "duplicate-env-var", Severity: rule.Error,
			What:      "an environment variable that is said twice",
			Reason:    "The last one counts when the object is made, and a server-side apply refuses it.",
			Fix:       "keep one of them",
			Elsewhere: "kube-linter duplicate-env-var, kube-score environment-variable-key-duplication",
		},
		Run: eachContainer(duplicateEnv),
	}, {
		Rule: rule.Rule{
			ID: "env-var-secret", Severity: rule.Error,
			What:      "what looks like a secret in the plain text of an environment variable",
			Reason:    "It is in git, in the chart, in the release and in every description of the pod.",
			Fix:       "say {secret: NAME, key: KEY}, or {service: NAME, key: KEY} for one that factory generates",
			Elsewhere: "kube-linter env-var-secret",
		},
		Run: eachContainer(plainSecret),
	}, {
		Rule: rule.Rule{
			ID: "dangling-config-key", Severity: rule.Error,
			What:   "a key of a ConfigMap or Secret of the release that it does not have",
			Reason: "The container cannot start: CreateContainerConfigError.",
			Fix:    "name one of its keys",
		},
		Run: danglingKey,
	}, {
		Rule: rule.Rule{
			ID: "external-config", Severity: rule.Note,
			What:   "a ConfigMap, Secret or volume claim that the release does not make",
			Reason: "Until it exists in the namespace the pod does not start.",
			Fix:    "make sure that it is there before the release, or let an ExternalSecret or Certificate make it",
		},
		Run: externalConfig,
	}}
}

func duplicateEnv(c rendered.Container, found rule.Found) {
	seen := map[string]bool{}
	for _, v := range c.Env {
		if seen[v.Name] {
			found(c.Pod.Object, c.Key("env", v.Name), "container %s has the variable %s twice", c.Name, v.Name)
		}
		seen[v.Name] = true
	}
}

func plainSecret(c rendered.Container, found rule.Found) {
	for _, v := range c.Env {
		if v.ValueFrom != nil || v.Value == "" {
			continue
		}
		if credentials(v.Value) {
			found(c.Pod.Object, c.Key("env", v.Name), "container %s has an address with a password in it in %s", c.Name, v.Name)
		} else if secretName(v.Name) && secretValue(v.Value) {
			found(c.Pod.Object, c.Key("env", v.Name), "container %s has a value in plain text in %s", c.Name, v.Name)
		}
	}
}

// secretName tells whether a variable's name says that it holds a secret, and not where one is or how it is treated.
func secretName(name string) bool {
	all := words(name)
	if len(all) == 0 || name == "PWD" || name == "OLDPWD" {
		return false
	}
	last := all[len(all)-1]
	switch last {
	case "PASS", "PASSWD", "PWD", "PASSPHRASE", "CREDENTIAL", "CREDENTIALS", "APIKEY":
		return true
	case "KEY":
		kinds := []string{"API", "ACCESS", "PRIVATE", "SECRET", "ENCRYPTION", "SIGNING", "MASTER", "AUTH", "ACCOUNT", "STORAGE"}
		return len(all) > 1 && slices.Contains(kinds, all[len(all)-2])
	}
	return strings.HasSuffix(last, "PASSWORD") || strings.HasSuffix(last, "SECRET") || strings.HasSuffix(last, "TOKEN")
}

// words cuts DB_PASSWORD, db-password and dbPassword into their words, in capitals.
func words(name string) []string {
	var b strings.Builder
	small := false
	for _, r := range name {
		if small && unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		small = unicode.IsLower(r) || unicode.IsDigit(r)
		b.WriteRune(unicode.ToUpper(r))
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool { return r == '_' || r == '-' || r == '.' })
}

// secretValue tells whether a text may be a secret: not a reference to another variable, a number, a switch, or a path.
func secretValue(value string) bool {
	if strings.HasPrefix(value, "$(") && strings.HasSuffix(value, ")") || strings.HasPrefix(value, "/") {
		return false
	}
	if _, err := strconv.ParseFloat(value, 64); err == nil {
		return false
	}
	if _, err := strconv.ParseBool(value); err == nil {
		return false
	}
	return !slices.Contains([]string{"yes", "no", "on", "off", "none"}, strings.ToLower(value))
}

// credentials tells whether a text is an address with a password in it.
func credentials(value string) bool {
	if !strings.Contains(value, "://") || !strings.Contains(value, "@") {
		return false
	}
	u, err := url.Parse(value)
	if err != nil || u.User == nil {
		return false
	}
	password, said := u.User.Password()
	return said && password != "" && !strings.Contains(password, "$(")
}

// configRef is a pod's use of a ConfigMap or Secret.
type configRef struct {
	kind, name, key string // key is empty for all of it
	at              rule.Key
	optional        bool
}

// configRefs are all that a pod uses.
func configRefs(p *rendered.Pod) []configRef {
	var out []configRef
	for c := range p.Containers() {
		for _, v := range c.Env {
			if v.ValueFrom == nil {
				continue
			}
			if r := v.ValueFrom.SecretKeyRef; r != nil {
				out = append(out, configRef{"Secret", r.Name, r.Key, c.Key("env", v.Name), isTrue(r.Optional)})
			}
			if r := v.ValueFrom.ConfigMapKeyRef; r != nil {
				out = append(out, configRef{"ConfigMap", r.Name, r.Key, c.Key("env", v.Name), isTrue(r.Optional)})
			}
		}
		for _, from := range c.EnvFrom {
			if r := from.SecretRef; r != nil {
				out = append(out, configRef{"Secret", r.Name, "", c.Key("envFrom"), isTrue(r.Optional)})
			}
			if r := from.ConfigMapRef; r != nil {
				out = append(out, configRef{"ConfigMap", r.Name, "", c.Key("envFrom"), isTrue(r.Optional)})
			}
		}
	}
	for _, v := range p.Spec.Volumes {
		at := rule.Key{"volumes", v.Name}
		if r := v.Secret; r != nil {
			out = append(out, configRef{"Secret", r.SecretName, "", at, isTrue(r.Optional)})
		}
		if r := v.ConfigMap; r != nil {
			out = append(out, configRef{"ConfigMap", r.Name, "", at, isTrue(r.Optional)})
		}
	}
	return out
}

func danglingKey(j *Judged, found rule.Found) {
	for _, p := range j.Pods() {
		for _, ref := range configRefs(p) {
			o := j.Find(ref.kind, p.Namespace, ref.name)
			if o == nil || ref.key == "" || ref.optional {
				continue
			}
			if !configKeys(o)[ref.key] && !(ref.kind == "Secret" && fetches(j.Release, ref)) {
				found(p.Object, ref.at, "%s %s has no key %s", ref.kind, ref.name, ref.key)
			}
		}
	}
}

// configKeys are the keys of a ConfigMap or Secret.
func configKeys(o *rendered.Object) map[string]bool {
	keys := map[string]bool{}
	for _, field := range []string{"data", "stringData", "binaryData"} {
		if fields, ok := o.At(field).(map[string]any); ok {
			for name := range fields {
				keys[name] = true
			}
		}
	}
	return keys
}

// fetches tells whether the external-secrets operator may add the key to the Secret.
func fetches(r *rendered.Release, ref configRef) bool {
	for _, o := range r.Objects {
		if o.Kind != "ExternalSecret" || cmp.Or(o.Text("spec", "target", "name"), o.Name) != ref.name {
			continue
		}
		if o.At("spec", "dataFrom") != nil {
			return true // what that finds, only the store knows
		}
		for _, data := range o.Maps("spec", "data") {
			if data["secretKey"] == ref.key {
				return true
			}
		}
	}
	return false
}

func externalConfig(j *Judged, found rule.Found) {
	made := madeSecrets(j.Release)
	for _, p := range j.Pods() {
		said := map[string]bool{}
		for _, ref := range configRefs(p) {
			once := ref.kind + " " + ref.name
			if ref.optional || said[once] || j.Find(ref.kind, p.Namespace, ref.name) != nil || ref.kind == "Secret" && made[ref.name] {
				continue
			}
			if ref.kind == "ConfigMap" && ref.name == "kube-root-ca.crt" {
				continue // in every namespace
			}
			said[once] = true
			found(p.Object, ref.at, "the release makes no %s %s", ref.kind, ref.name)
		}
		for _, v := range p.Spec.Volumes {
			if c := v.PersistentVolumeClaim; c != nil && j.Find("PersistentVolumeClaim", p.Namespace, c.ClaimName) == nil {
				found(p.Object, rule.Key{"volumes", v.Name}, "the release makes no PersistentVolumeClaim %s", c.ClaimName)
			}
		}
	}
}

// madeSecrets are those that an object of the release lets somebody else make: cert-manager or the external-secrets operator.
func madeSecrets(r *rendered.Release) map[string]bool {
	made := map[string]bool{}
	for _, o := range r.Objects {
		switch o.Kind {
		case "Certificate":
			made[o.Text("spec", "secretName")] = true
		case "ExternalSecret":
			made[o.Name] = true
			made[o.Text("spec", "target", "name")] = true
		case "Ingress":
			if o.Annotations["cert-manager.io/cluster-issuer"] == "" && o.Annotations["cert-manager.io/issuer"] == "" {
				continue
			}
			for _, tls := range o.Maps("spec", "tls") {
				if name, ok := tls["secretName"].(string); ok {
					made[name] = true
				}
			}
		}
	}
	return made
}
