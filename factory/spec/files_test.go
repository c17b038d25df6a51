package spec_test

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/helm-chart-factory/factory/factory/spec"
)

// TestFilesThatAreTooLarge: what Kubernetes would refuse is refused here, with the numbers.
func TestFilesThatAreTooLarge(t *testing.T) {
	const most = 1 << 20
	for name, test := range map[string]struct {
		sizes []int
		text  string
		want  string
	}{
		"just right": {[]int{most}, "files: {/a: a0}\n", ""},
		"one":        {[]int{most + 1}, "files: {/a: a0}\n", `services/web/service.yaml:1:9: the file "a0" is 1048577 bytes long, and Kubernetes takes 1048576 in a ConfigMap or Secret: build it into the image, or put it on a volume`},
		"together": {[]int{most / 2, most/2 + 1, 5}, "files: {/a: a0, /b: a1, /c: a2}\n",
			"services/web/service.yaml:1:17: with this file there are 1048577 bytes, and Kubernetes takes 1048576 in one ConfigMap or Secret: build the large ones into the image, or put them on a volume"},
		"apart": {[]int{most, most}, "files: {/a: a0, /b: {source: a1, secret: true}}\n", ""},
		"in several containers": {[]int{most/2 + 1}, "files: {/a: a0}\nsidecars: {one: {files: {/b: a0}}}\n",
			"services/web/service.yaml:2:26: with this file there are 1048578 bytes, and Kubernetes takes 1048576 in one ConfigMap or Secret: build the large ones into the image, or put them on a volume"},
	} {
		t.Run(name, func(t *testing.T) {
			files := services(map[string]string{"web": test.text})
			for i, size := range test.sizes {
				files = append(files, txtar.File{Name: "services/web/a" + string(rune('0'+i)), Data: []byte(strings.Repeat("x", size))})
			}
			_, err := spec.Load(project(t, files))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
