// Package ociarchive writes container images into one tar file: an OCI image layout that is a Docker archive as well,
// so that `ctr images import`, `docker load` and `crane push` all read it. The same input gives the same bytes.
package ociarchive

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"time"
)

// Image is one image of an archive.
type Image struct {
	// Name is the full name: registry, repository and tag.
	Name       string
	Entrypoint []string
	// User is "uid:gid".
	User string
}

// Archive holds images that share one layer.
type Archive struct {
	// Architecture is Go's name of the processor.
	Architecture string
	Images       []Image
	Files        []File
}

// File is one entry of the layer. An entry without Source and Content is a directory.
type File struct {
	Path    string
	Mode    os.FileMode
	Content []byte
	// Source is the path of a file on this machine, instead of Content.
	Source string
}

const (
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	configType   = "application/vnd.oci.image.config.v1+json"
	layerType    = "application/vnd.oci.image.layer.v1.tar"
	indexType    = "application/vnd.oci.image.index.v1+json"
)

type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Platform    *platform         `json:"platform,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type platform struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
}

type imageConfig struct {
	platform
	Config struct {
		User       string   `json:"User"`
		Env        []string `json:"Env"`
		Entrypoint []string `json:"Entrypoint"`
		WorkingDir string   `json:"WorkingDir"`
	} `json:"config"`
	RootFS struct {
		Type    string   `json:"type"`
		DiffIDs []string `json:"diff_ids"`
	} `json:"rootfs"`
}

type manifest struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Config        descriptor   `json:"config"`
	Layers        []descriptor `json:"layers"`
}

type index struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Manifests     []descriptor `json:"manifests"`
}

// dockerImage is an entry of the Docker archive's manifest.json.
type dockerImage struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// Write writes the archive to w. scratch is a directory for the layer while its digest is not known.
func Write(w io.Writer, scratch string, a Archive) error {
	layer, err := os.CreateTemp(scratch, "layer-*.tar")
	if err != nil {
		return fmt.Errorf("making the layer: %w", err)
	}
	defer os.Remove(layer.Name())
	defer layer.Close()
	blob, err := writeLayer(layer, a.Files)
	if err != nil {
		return err
	}
	if _, err := layer.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("reading the layer: %w", err)
	}
	out := &writer{tar: tar.NewWriter(w), written: map[string]bool{}}
	out.bytes("oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`))
	out.stream(blobPath(blob.Digest), blob.Size, layer)
	all := index{SchemaVersion: 2, MediaType: indexType}
	var docker []dockerImage
	for _, image := range a.Images {
		config := out.blob(configType, configOf(image, a.Architecture, blob.Digest))
		found := out.blob(manifestType, manifest{
			SchemaVersion: 2, MediaType: manifestType, Config: config, Layers: []descriptor{blob},
		})
		found.Platform = &platform{Architecture: a.Architecture, OS: "linux"}
		found.Annotations = map[string]string{"io.containerd.image.name": image.Name, "org.opencontainers.image.ref.name": image.Name}
		all.Manifests = append(all.Manifests, found)
		docker = append(docker, dockerImage{
			Config: blobPath(config.Digest), RepoTags: []string{image.Name}, Layers: []string{blobPath(blob.Digest)},
		})
	}
	out.json("index.json", all)
	out.json("manifest.json", docker)
	return out.close()
}

func configOf(image Image, architecture, layer string) imageConfig {
	var c imageConfig
	c.platform = platform{Architecture: architecture, OS: "linux"}
	c.Config.User = image.User
	c.Config.Env = []string{"PATH=/", "SSL_CERT_FILE=" + CertificatesPath}
	c.Config.Entrypoint = image.Entrypoint
	c.Config.WorkingDir = "/"
	c.RootFS.Type = "layers"
	c.RootFS.DiffIDs = []string{layer}
	return c
}

// writeLayer writes files as a tar and describes it; the digest of an uncompressed layer is its diff ID too.
func writeLayer(w io.Writer, files []File) (descriptor, error) {
	sum := sha256.New()
	counted := &counter{w: io.MultiWriter(w, sum)}
	out := tar.NewWriter(counted)
	for _, file := range files {
		if err := writeFile(out, file); err != nil {
			return descriptor{}, fmt.Errorf("adding %q to the layer: %w", file.Path, err)
		}
	}
	if err := out.Close(); err != nil {
		return descriptor{}, fmt.Errorf("ending the layer: %w", err)
	}
	return descriptor{MediaType: layerType, Digest: "sha256:" + hex.EncodeToString(sum.Sum(nil)), Size: counted.n}, nil
}

func writeFile(out *tar.Writer, file File) error {
	header := &tar.Header{Name: file.Path[1:], Mode: int64(file.Mode.Perm()), ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
	if file.Mode&os.ModeSticky != 0 {
		header.Mode |= 0o1000
	}
	var content io.Reader = bytes.NewReader(file.Content)
	switch {
	case file.Source != "":
		source, err := os.Open(file.Source)
		if err != nil {
			return err
		}
		defer source.Close()
		info, err := source.Stat()
		if err != nil {
			return err
		}
		header.Size, content = info.Size(), source
	case file.Content != nil:
		header.Size = int64(len(file.Content))
	default:
		header.Typeflag, header.Name = tar.TypeDir, header.Name+"/"
	}
	if err := out.WriteHeader(header); err != nil {
		return err
	}
	_, err := io.Copy(out, content)
	return err
}

func blobPath(digest string) string { return "blobs/sha256/" + digest[len("sha256:"):] }
