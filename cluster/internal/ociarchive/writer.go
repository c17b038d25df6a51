package ociarchive

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// writer adds entries to the archive and keeps the first error, which close returns.
type writer struct {
	tar     *tar.Writer
	written map[string]bool
	err     error
}

func (w *writer) stream(name string, size int64, content io.Reader) {
	// Images that differ in nothing but their name share every blob.
	if w.err != nil || w.written[name] {
		return
	}
	w.written[name] = true
	header := &tar.Header{Name: name, Mode: 0o644, Size: size, ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
	if err := w.tar.WriteHeader(header); err != nil {
		w.err = fmt.Errorf("writing %q: %w", name, err)
		return
	}
	if _, err := io.Copy(w.tar, content); err != nil {
		w.err = fmt.Errorf("writing %q: %w", name, err)
	}
}

func (w *writer) bytes(name string, content []byte) {
	w.stream(name, int64(len(content)), bytes.NewReader(content))
}

func (w *writer) json(name string, value any) {
	content, err := json.Marshal(value)
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("encoding %q: %w", name, err)
	}
	w.bytes(name, content)
}

// blob adds value as JSON under its digest and describes it.
func (w *writer) blob(mediaType string, value any) descriptor {
	content, err := json.Marshal(value)
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("encoding a %s: %w", mediaType, err)
	}
	sum := sha256.Sum256(content)
	found := descriptor{MediaType: mediaType, Digest: "sha256:" + hex.EncodeToString(sum[:]), Size: int64(len(content))}
	w.bytes(blobPath(found.Digest), content)
	return found
}

func (w *writer) close() error {
	if w.err != nil {
		return w.err
	}
	return w.tar.Close()
}

// counter counts what is written through it.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
