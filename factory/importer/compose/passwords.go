package compose

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/draft"
	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// initial are variables by which a server is given a password when it first starts: the kind of software, and the key that the value
// gets in the service's own Secret. Such a value can be made anew in the cluster, since the data begins there too.
var initial = map[string]struct{ family, key string }{
	"POSTGRES_PASSWORD":           {"postgres", "password"},
	"POSTGRESQL_PASSWORD":         {"postgres", "password"},
	"MYSQL_ROOT_PASSWORD":         {"mysql", "root-password"},
	"MYSQL_PASSWORD":              {"mysql", "password"},
	"MARIADB_ROOT_PASSWORD":       {"mysql", "root-password"},
	"MARIADB_PASSWORD":            {"mysql", "password"},
	"MONGO_INITDB_ROOT_PASSWORD":  {"mongo", "root-password"},
	"RABBITMQ_DEFAULT_PASS":       {"rabbitmq", "password"},
	"MINIO_ROOT_PASSWORD":         {"minio", "root-password"},
	"REDIS_PASSWORD":              {"redis", "password"},
	"CLICKHOUSE_PASSWORD":         {"clickhouse", "password"},
	"ELASTIC_PASSWORD":            {"elasticsearch", "password"},
	"COUCHDB_PASSWORD":            {"couchdb", "password"},
	"MEILI_MASTER_KEY":            {"meilisearch", "master-key"},
	"GF_SECURITY_ADMIN_PASSWORD":  {"grafana", "admin-password"},
	"KEYCLOAK_ADMIN_PASSWORD":     {"keycloak", "admin-password"},
	"KC_BOOTSTRAP_ADMIN_PASSWORD": {"keycloak", "admin-password"},
}

// generatedLength is how many letters and digits a password gets that is made in the cluster.
const generatedLength = 24

// made is a value that is made anew in the cluster.
type made struct {
	owner      *service
	key, value string
}

// keepSecrets settles where every secret variable gets its value from, so that none is written: the service that makes it, or a
// Kubernetes Secret that somebody creates.
func (c *conversion) keepSecrets() {
	for _, s := range c.services {
		software := c.software(s)
		for _, v := range s.env {
			known, is := initial[v.name]
			if !is || v.parts.text() == "" || software.family != known.family {
				continue
			}
			v.service, v.key = s.name, known.key
			c.generated = append(c.generated, made{s, known.key, v.parts.text()})
			secrets := s.out.Keys.At("secrets", v.from)
			secrets.Set(known.key, draft.NewMap().Set("generate", draft.Number(generatedLength), v.from), v.from)
			c.changed(s, v.from, "the password is not carried over: a new one is made in the cluster, as the key %s of %s; next: for the old one name a Secret of your own in the chart's existingSecret", known.key, s.name)
		}
	}
	for _, s := range c.services {
		for _, v := range slices.Clone(s.env) {
			if !v.hidden() && draft.HoldsSecret(v.name, v.parts.text()) {
				c.keepSecret(s, v)
			}
		}
	}
}

// keepSecret settles one variable.
func (c *conversion) keepSecret(s *service, v *variable) {
	value := v.parts.text()
	if v.parts.hides() && !draft.NamesSecret(v.name) {
		return // its secret pieces are settled when it is put together
	}
	if m := c.madeFor(s, value); m != nil {
		v.service, v.key = m.owner.name, m.key
		c.changed(s, v.from, "the password is that of %s, which makes a new one in the cluster", m.owner.name)
		return
	}
	if password := draft.Password(value); password != "" && c.madeFor(s, password) != nil {
		if parts := hide(value, password); parts != nil {
			v.parts = parts
			return
		}
	}
	c.outside(s, v)
}

// hide cuts an address into pieces with the password as one of its own; nil when it is not found as it is.
func hide(address, password string) word {
	for _, written := range []string{password, url.QueryEscape(password), url.PathEscape(password)} {
		if before, after, found := strings.Cut(address, ":"+written+"@"); found {
			return word{{Text: before + ":"}, {Text: password, Hidden: "PASSWORD"}, {Text: "@" + after}}
		}
	}
	return nil
}

// madeFor returns the value that a service makes and that is this one, among the services that s calls and s itself.
func (c *conversion) madeFor(s *service, value string) *made {
	var best *made
	for i := range c.generated {
		m := &c.generated[i]
		if m.value == value && (m.owner == s || s.calls(m.owner)) && (best == nil || strings.HasPrefix(best.key, "root-")) {
			best = m
		}
	}
	return best
}

// outside lets a variable read the Secret that somebody creates.
func (c *conversion) outside(s *service, v *variable) {
	v.secret = c.kept.Name()
	v.key = c.kept.Key(s.name, v.name, v.parts.text(), v.from)
}

// secretVariable returns the variable of the service that holds a secret value. It is added when there is none.
func (c *conversion) secretVariable(s *service, name, value string, from *source.Node) string {
	for _, v := range s.env {
		if v.hidden() && v.parts.text() == value {
			v.used = true
			return v.name
		}
	}
	v := &variable{from: from, parts: word{{Text: value}}, used: true}
	m := c.madeFor(s, value)
	if m != nil && name == "PASSWORD" {
		name = strings.ToUpper(strings.ReplaceAll(m.owner.name, "-", "_")) + "_PASSWORD"
	}
	v.name = name
	for i := 2; s.variable(v.name) != nil; i++ {
		v.name = fmt.Sprintf("%s_%d", name, i)
	}
	if m != nil {
		v.service, v.key = m.owner.name, m.key
	} else {
		c.outside(s, v)
	}
	s.env = append(s.env, v)
	return v.name
}
