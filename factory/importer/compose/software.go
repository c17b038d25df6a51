package compose

import (
	"path"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// server is a kind of software and where it listens.
type server struct {
	family string
	port   int
}

// servers are images that people run without saying a port, by the last part of their name.
var servers = map[string]server{
	"postgres": {"postgres", 5432}, "postgresql": {"postgres", 5432}, "postgis": {"postgres", 5432}, "timescaledb": {"postgres", 5432},
	"pgvector": {"postgres", 5432}, "mysql": {"mysql", 3306}, "mysql-server": {"mysql", 3306}, "mariadb": {"mysql", 3306}, "percona": {"mysql", 3306},
	"percona-server": {"mysql", 3306}, "redis": {"redis", 6379}, "redis-stack": {"redis", 6379}, "redis-stack-server": {"redis", 6379},
	"valkey": {"redis", 6379}, "mongo": {"mongo", 27017}, "mongodb": {"mongo", 27017}, "rabbitmq": {"rabbitmq", 5672}, "memcached": {"memcached", 11211},
	"nats": {"nats", 4222}, "kafka": {"kafka", 9092}, "zookeeper": {"zookeeper", 2181}, "elasticsearch": {"elasticsearch", 9200},
	"opensearch": {"opensearch", 9200}, "clickhouse-server": {"clickhouse", 8123}, "minio": {"minio", 9000}, "grafana": {"grafana", 3000},
	"prometheus": {"prometheus", 9090}, "influxdb": {"influxdb", 8086}, "mailhog": {"mailhog", 1025}, "mailpit": {"mailpit", 1025},
	"nginx": {"nginx", 80}, "httpd": {"httpd", 80}, "traefik": {"traefik", 80}, "caddy": {"caddy", 80}, "couchdb": {"couchdb", 5984},
	"meilisearch": {"meilisearch", 7700}, "keycloak": {"keycloak", 8080},
}

// software returns what is known of the program that a service runs: its image, or what its Dockerfile builds on.
func (c *conversion) software(s *service) server {
	image := s.recipe.base
	if n := s.node.Get("image"); n.Is(source.Scalar) && !s.node.Get("build").Said() {
		image = n.Text
	}
	image, _, _ = strings.Cut(image, "@")
	name, _, _ := strings.Cut(path.Base(image), ":")
	return servers[strings.ToLower(name)]
}
