package compose

import (
	"bufio"
	"bytes"
	"strconv"
	"strings"

	"github.com/helm-chart-factory/factory/factory/importer/source"
)

// recipe is what a Dockerfile tells of the image that it makes.
type recipe struct {
	base  string
	ports []exposedPort
}

type exposedPort struct {
	number   int
	protocol string
}

// recipe reads the service's Dockerfile. What is not there, or not to be read, tells nothing.
func (c *conversion) recipe(s *service) recipe {
	if s.context == "" {
		return recipe{}
	}
	name := "Dockerfile"
	if n := s.node.Get("build", "dockerfile"); n.Is(source.Scalar) {
		name = n.Text
	}
	file, inside := c.folder.Resolve(s.context, name)
	if !inside {
		return recipe{}
	}
	data, err := c.folder.Read(file)
	if err != nil {
		return recipe{}
	}
	return parseRecipe(data)
}

// parseRecipe reads FROM and EXPOSE of the last stage; a stage that builds on another one has its base and its ports.
func parseRecipe(data []byte) recipe {
	stages := map[string]recipe{}
	var last recipe
	name := ""
	scanner := bufio.NewScanner(bytes.NewReader(data))
	for scanner.Scan() {
		words := strings.Fields(scanner.Text())
		if len(words) < 2 {
			continue
		}
		switch strings.ToUpper(words[0]) {
		case "FROM":
			words = words[1:]
			for len(words) > 1 && strings.HasPrefix(words[0], "--") {
				words = words[1:]
			}
			if stage, known := stages[words[0]]; known {
				last = stage
			} else {
				last = recipe{base: words[0]}
			}
			name = ""
			if len(words) == 3 && strings.EqualFold(words[1], "AS") {
				name = words[2]
				stages[name] = last
			}
		case "EXPOSE":
			for _, word := range words[1:] {
				number, protocol, _ := strings.Cut(word, "/")
				if protocol == "" {
					protocol = "TCP"
				}
				if i, err := strconv.Atoi(number); err == nil && i > 0 && i < 65536 && len(last.ports) < mostPorts {
					last.ports = append(last.ports[:len(last.ports):len(last.ports)], exposedPort{i, strings.ToUpper(protocol)})
				}
			}
			if name != "" {
				stages[name] = last
			}
		}
	}
	return last
}
