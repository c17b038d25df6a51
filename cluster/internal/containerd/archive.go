package containerd

import (
	"archive/tar"
	"encoding/json"
	"io"
)

// nameAnnotation is where an OCI archive says what an image is called.
const nameAnnotation = "io.containerd.image.name"

// HasAll tells whether have (names to digests) holds every image of the OCI archive. It reads the archive's index only; an
// archive without a usable one counts as new.
func HasAll(have map[string]string, archive io.ReadSeeker) bool {
	reader := tar.NewReader(archive)
	for {
		header, err := reader.Next()
		if err != nil {
			return false
		}
		if header.Name != "index.json" {
			continue
		}
		var index struct {
			Manifests []struct {
				Digest      string            `json:"digest"`
				Annotations map[string]string `json:"annotations"`
			} `json:"manifests"`
		}
		if json.NewDecoder(reader).Decode(&index) != nil || len(index.Manifests) == 0 {
			return false
		}
		for _, manifest := range index.Manifests {
			name := manifest.Annotations[nameAnnotation]
			if name == "" || have[name] != manifest.Digest {
				return false
			}
		}
		return true
	}
}
