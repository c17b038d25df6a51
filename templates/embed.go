// Package templates holds the Helm templates that charts are made of, one file for each Kubernetes object. They are plain
// Helm. A chart gets the files that its service uses, without the branches that no values of the chart can reach, and the names of
// named templates get the chart's name in front. A project's own templates/ folder replaces them file by file.
package templates

import "embed"

// Files are the templates by their path in a chart's templates/ folder; umbrella/ holds those of the umbrella chart.
//
//go:embed all:*.yaml all:*.tpl all:*.txt all:tests all:umbrella
var Files embed.FS
