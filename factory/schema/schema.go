// Package schema holds the JSON Schemas of factory.yaml and service.yaml, for editors and for `factory explain`. They are
// made from the Go types of the package spec and their comments, and a test of that package fails when they are stale.
package schema

import _ "embed"

//go:generate go test ../spec -run ^TestSchemaIsUpToDate$ -update

// Project is the schema of factory.yaml, and Service that of service.yaml: draft 7, which YAML language servers know best.
var (
	//go:embed factory.schema.json
	Project []byte
	//go:embed service.schema.json
	Service []byte
)
