package dockerfile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/helm-chart-factory/factory/factory/image/dockerfile"
)

func TestParseFindsBases(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		args    map[string]string
		want    []string // REF@LINE
	}{
		"one":                {"FROM nginx:1.27-alpine\n", nil, []string{"nginx:1.27-alpine@1"}},
		"stages":             {"FROM node:20 AS build\nRUN x\nFROM nginx:1\nCOPY --from=build /a /b\n", nil, []string{"node:20@1", "nginx:1@3"}},
		"a stage as base":    {"FROM golang:1.26 AS Base\nFROM base AS next\nFROM scratch\n", nil, []string{"golang:1.26@1"}},
		"copied from image":  {"FROM scratch\nCOPY --chown=1:1 --from=busybox:1 /bin/sh /sh\nCOPY --from=0 /a /b\n", nil, []string{"busybox:1@2"}},
		"mounted from image": {"FROM scratch\nRUN --mount=type=bind,from=alpine:3,target=/x ls\n", nil, []string{"alpine:3@2"}},
		"platform":           {"FROM --platform=$BUILDPLATFORM golang:1.26\n", nil, []string{"golang:1.26@1"}},
		"default argument":   {"ARG GO=1.26\nARG IMAGE=golang:${GO}\nFROM ${IMAGE}-alpine\n", nil, []string{"golang:1.26-alpine@3"}},
		"given argument":     {"ARG GO=1.26\nFROM golang:$GO\n", map[string]string{"GO": "1.27"}, []string{"golang:1.27@2"}},
		"fallback":           {"ARG TAG\nFROM nginx:${TAG:-1}${TAG:+x}\n", nil, []string{"nginx:1@2"}},
		"stage argument":     {"ARG T=1\nFROM a:$T\nARG T=2\nFROM b:$T\n", nil, []string{"a:1@2", "b:1@4"}},
		"continued":          {"# FROM not\nFROM \\\n  # note\n  nginx:1 \\\n  AS web\n", nil, []string{"nginx:1@2"}},
		"escape directive":   {"# escape=`\nFROM nginx:1 `\n AS web\nRUN dir \\\n", nil, []string{"nginx:1@2"}},
		"here-document":      {"FROM a:1\nRUN <<EOF\nFROM b:1\nEOF\nFROM c:1\n", nil, []string{"a:1@1", "c:1@5"}},
		"shell shift":        {"FROM a:1\nRUN echo $((1<<3))\nFROM c:1\n", nil, []string{"a:1@1", "c:1@3"}},
		"named once":         {"FROM a:1\nFROM a:1\n", nil, []string{"a:1@1"}},
	} {
		t.Run(name, func(t *testing.T) {
			file, err := dockerfile.Parse("Dockerfile", []byte(test.content), test.args)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, base := range file.Bases {
				got = append(got, fmt.Sprintf("%s@%d", base.Ref, base.Line))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for content, want := range map[string]string{
		"RUN x\n":            "Dockerfile has no FROM line",
		"FROM\n":             "Dockerfile:1: FROM names no image",
		"ARG B\n\nFROM $B\n": "Dockerfile:3: FROM $B is empty",
	} {
		_, err := dockerfile.Parse("Dockerfile", []byte(content), nil)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", content, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("ARG A=1\nFROM a:${A:-2} AS x\nCOPY --from=b /a /b\nRUN <<E\nE\n")
	f.Fuzz(func(t *testing.T, content string) {
		file, err := dockerfile.Parse("Dockerfile", []byte(content), nil)
		for _, base := range file.Bases {
			if err != nil || base.Ref == "" || base.Line < 1 {
				t.Errorf("base %+v with error %v", base, err)
			}
		}
	})
}
