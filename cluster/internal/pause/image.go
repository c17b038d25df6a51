package pause

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
)

// Reference is the image's name. The registry does not exist: the image is imported, never pulled.
const Reference = "factory.local/pause:1"

type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
	Platform    map[string]string `json:"platform,omitempty"`
}

// WriteImage writes the image for a Go architecture name to out, as an OCI archive. The same bytes every time.
func WriteImage(out io.Writer, architecture string) error {
	program, err := Program(architecture)
	if err != nil {
		return err
	}
	var layer bytes.Buffer
	files := tar.NewWriter(&layer)
	if err := add(files, "pause", program, 0o755); err != nil {
		return err
	}
	if err := files.Close(); err != nil {
		return fmt.Errorf("writing the pause image: %w", err)
	}

	archive := tar.NewWriter(out)
	layerBlob, err := addBlob(archive, "application/vnd.oci.image.layer.v1.tar", layer.Bytes())
	if err != nil {
		return err
	}
	platform := map[string]string{"os": "linux", "architecture": architecture}
	config, err := addJSON(archive, "application/vnd.oci.image.config.v1+json", map[string]any{
		"os": platform["os"], "architecture": architecture,
		"config": map[string]any{"Entrypoint": []string{"/pause"}, "User": "65535:65535"},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{layerBlob.Digest}},
	})
	if err != nil {
		return err
	}
	manifest, err := addJSON(archive, "application/vnd.oci.image.manifest.v1+json", map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
		"config": config, "layers": []descriptor{layerBlob},
	})
	if err != nil {
		return err
	}
	manifest.Platform = platform
	manifest.Annotations = map[string]string{"io.containerd.image.name": Reference}
	index, err := json.Marshal(map[string]any{"schemaVersion": 2, "manifests": []descriptor{manifest}})
	if err != nil {
		return fmt.Errorf("encoding the pause image's index: %w", err)
	}
	if err := add(archive, "index.json", index, 0o644); err != nil {
		return err
	}
	if err := add(archive, "oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644); err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("writing the pause image: %w", err)
	}
	return nil
}

func addJSON(archive *tar.Writer, mediaType string, content any) (descriptor, error) {
	data, err := json.Marshal(content)
	if err != nil {
		return descriptor{}, fmt.Errorf("encoding the pause image: %w", err)
	}
	return addBlob(archive, mediaType, data)
}

func addBlob(archive *tar.Writer, mediaType string, data []byte) (descriptor, error) {
	sum := sha256.Sum256(data)
	digest := hex.EncodeToString(sum[:])
	if err := add(archive, "blobs/sha256/"+digest, data, 0o644); err != nil {
		return descriptor{}, err
	}
	return descriptor{MediaType: mediaType, Digest: "sha256:" + digest, Size: len(data)}, nil
}

func add(archive *tar.Writer, name string, data []byte, mode int64) error {
	header := &tar.Header{Name: name, Mode: mode, Size: int64(len(data)), Typeflag: tar.TypeReg}
	if err := archive.WriteHeader(header); err != nil {
		return fmt.Errorf("writing %q of the pause image: %w", name, err)
	}
	if _, err := archive.Write(data); err != nil {
		return fmt.Errorf("writing %q of the pause image: %w", name, err)
	}
	return nil
}
