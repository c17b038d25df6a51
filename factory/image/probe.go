package image

import (
	"archive/tar"
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// ProbeProgram is what a container of the probe image runs: it ends at once, and well.
const ProbeProgram = "/probe"

// PushProbe puts an image of some hundred bytes into a registry, for a node to pull. It has the same bytes each time, so that
// pushing it again changes nothing. architecture is that of the nodes that pull it, in Go's words; for others than amd64 and
// arm64 the image can be pulled and its container not be started.
func PushProbe(ctx context.Context, ref, architecture string) error {
	tag, err := name.NewTag(ref)
	if err != nil {
		return err
	}
	layer, err := probeLayer(architecture)
	if err != nil {
		return err
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", architecture
	if image, err = mutate.ConfigFile(image, config); err != nil {
		return err
	}
	if err := remote.Write(tag, image, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
		return fmt.Errorf("pushing %s: %w", ref, err)
	}
	return nil
}

func probeLayer(architecture string) (v1.Layer, error) {
	program := program(architecture)
	var content bytes.Buffer
	archive := tar.NewWriter(&content)
	if err := archive.WriteHeader(&tar.Header{Name: ProbeProgram[1:], Mode: 0o555, Size: int64(len(program))}); err != nil {
		return nil, err
	}
	if _, err := archive.Write(program); err != nil {
		return nil, err
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content.Bytes())), nil
	})
}

// program is an executable for Linux whose only instructions are exit(0), in the format of elf(5).
func program(architecture string) []byte {
	var machine elf.Machine
	var code []byte
	switch architecture {
	case "amd64":
		machine = elf.EM_X86_64
		code = []byte{0x31, 0xff, 0xb8, 60, 0, 0, 0, 0x0f, 0x05} // xor edi,edi; mov eax,60; syscall
	case "arm64":
		machine = elf.EM_AARCH64
		code = []byte{0, 0, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 1, 0, 0, 0xd4} // mov x0,#0; mov x8,#93; svc #0
	default:
		return nil
	}
	const at, headers = 0x400000, 64 + 56 // where it is loaded; the sizes of the file's header and the one segment's
	size := uint64(headers + len(code))
	file := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT),
		Entry: at + headers, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1, Shentsize: 64,
	}
	segment := elf.Prog64{
		Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Vaddr: at, Paddr: at, Filesz: size, Memsz: size, Align: 0x10000,
	}
	out, err := binary.Append(nil, binary.LittleEndian, file)
	if err == nil {
		out, err = binary.Append(out, binary.LittleEndian, segment)
	}
	if err != nil {
		return nil
	}
	return append(out, code...)
}
