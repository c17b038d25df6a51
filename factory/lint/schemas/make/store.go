package main

import (
	"bytes"
	"encoding/json"

	"github.com/helm-chart-factory/factory/factory/lint/schemas"
)

// store collects schemas, each different one once, and numbers them.
type store struct {
	out     *output
	numbers map[string]int
	// meta is the number of the schema of an object's metadata in the newest version of Kubernetes.
	meta int
}

func newStore() *store {
	return &store{
		out:     &output{Sources: map[string]string{}, Kinds: map[string]map[string]int{}},
		numbers: map[string]int{},
	}
}

// add returns the number of a schema.
func (s *store) add(schema schemas.Schema) (int, error) {
	data, err := json.Marshal(schema)
	if err != nil {
		return 0, err
	}
	number, known := s.numbers[string(data)]
	if !known {
		number = len(s.out.Schemas)
		s.numbers[string(data)] = number
		s.out.Schemas = append(s.out.Schemas, data)
	}
	return number, nil
}

// kind makes a schema that of a kind of object, under a version of Kubernetes or the name of another project.
func (s *store) kind(source, apiVersion, kind string, number int) {
	if s.out.Kinds[source] == nil {
		s.out.Kinds[source] = map[string]int{}
	}
	s.out.Kinds[source][apiVersion+" "+kind] = number
}

// output is the file that is written, in the form that the package schemas reads.
type output struct {
	Sources map[string]string
	Kinds   map[string]map[string]int
	Schemas []json.RawMessage
}

// encode writes a schema a line, so that a change of versions can be read.
func (o *output) encode() []byte {
	var b bytes.Buffer
	line := func(start string, value any, end string) {
		data, err := json.Marshal(value)
		if err != nil {
			panic(err) // maps of texts and numbers
		}
		b.WriteString(start)
		b.Write(data)
		b.WriteString(end)
	}
	line("{\"sources\":", o.Sources, ",\n")
	line("\"kinds\":", o.Kinds, ",\n\"schemas\":[\n")
	for i, schema := range o.Schemas {
		b.Write(schema)
		if i < len(o.Schemas)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("]}\n")
	return b.Bytes()
}
