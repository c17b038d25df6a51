// Package pause makes the image of the process that holds a pod's namespaces: a few machine instructions, because nothing
// else is at hand on a machine without a compiler or a public registry.
package pause

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// amd64 blocks all signals and waits for them one by one: it reaps children on SIGCHLD and exits with status 0 on SIGTERM
// and SIGINT. A blocked signal is queued even for the first process of a PID namespace, which ignores unhandled ones.
var amd64 = [...]byte{
	0x48, 0x83, 0xec, 0x10, //                         sub  rsp, 16
	0x48, 0xc7, 0x04, 0x24, 0xff, 0xff, 0xff, 0xff, // mov  qword [rsp], -1       every signal
	0xb8, 14, 0, 0, 0, //                              mov  eax, rt_sigprocmask
	0x31, 0xff, //                                     xor  edi, edi              SIG_BLOCK
	0x48, 0x89, 0xe6, //                               mov  rsi, rsp
	0x31, 0xd2, //                                     xor  edx, edx
	0x41, 0xba, 8, 0, 0, 0, //                         mov  r10d, 8
	0x0f, 0x05, //                                     syscall
	// wait:
	0xb8, 128, 0, 0, 0, //                             mov  eax, rt_sigtimedwait
	0x48, 0x89, 0xe7, //                               mov  rdi, rsp
	0x31, 0xf6, //                                     xor  esi, esi
	0x31, 0xd2, //                                     xor  edx, edx              no time limit
	0x41, 0xba, 8, 0, 0, 0, //                         mov  r10d, 8
	0x0f, 0x05, //                                     syscall
	0x83, 0xf8, 17, //                                 cmp  eax, SIGCHLD
	0x74, 12, //                                       je   reap
	0x83, 0xf8, 15, //                                 cmp  eax, SIGTERM
	0x74, 35, //                                       je   done
	0x83, 0xf8, 2, //                                  cmp  eax, SIGINT
	0x74, 30, //                                       je   done
	0xeb, 0xdb, //                                     jmp  wait
	// reap:
	0xb8, 61, 0, 0, 0, //                              mov  eax, wait4
	0xbf, 0xff, 0xff, 0xff, 0xff, //                   mov  edi, -1               any child
	0x31, 0xf6, //                                     xor  esi, esi
	0xba, 1, 0, 0, 0, //                               mov  edx, WNOHANG
	0x45, 0x31, 0xd2, //                               xor  r10d, r10d
	0x0f, 0x05, //                                     syscall
	0x85, 0xc0, //                                     test eax, eax
	0x7f, 0xe6, //                                     jg   reap                  there may be more
	0xeb, 0xbf, //                                     jmp  wait
	// done:
	0xb8, 60, 0, 0, 0, //                              mov  eax, exit
	0x31, 0xff, //                                     xor  edi, edi
	0x0f, 0x05, //                                     syscall
}

// arm64 does the same.
var arm64 = [...]uint32{
	0xd10043ff, //      sub  sp, sp, #16
	0x92800009, //      mov  x9, #-1
	0xf90003e9, //      str  x9, [sp]
	0xd28010e8, //      mov  x8, rt_sigprocmask
	0xd2800000, //      mov  x0, SIG_BLOCK
	0x910003e1, //      mov  x1, sp
	0xd2800002, //      mov  x2, #0
	0xd2800103, //      mov  x3, #8
	0xd4000001, //      svc  #0
	0xd2801128, // wait: mov x8, rt_sigtimedwait
	0x910003e0, //      mov  x0, sp
	0xd2800001, //      mov  x1, #0
	0xd2800002, //      mov  x2, #0
	0xd2800103, //      mov  x3, #8
	0xd4000001, //      svc  #0
	0x7100441f, //      cmp  w0, SIGCHLD
	0x540000c0, //      b.eq reap
	0x71003c1f, //      cmp  w0, SIGTERM
	0x540001a0, //      b.eq done
	0x7100081f, //      cmp  w0, SIGINT
	0x54000160, //      b.eq done
	0x17fffff4, //      b    wait
	0xd2802088, // reap: mov x8, wait4
	0x92800000, //      mov  x0, #-1
	0xd2800001, //      mov  x1, #0
	0xd2800022, //      mov  x2, WNOHANG
	0xd2800003, //      mov  x3, #0
	0xd4000001, //      svc  #0
	0x7100001f, //      cmp  w0, #0
	0x54ffff2c, //      b.gt reap
	0x17ffffeb, //      b    wait
	0xd2800ba8, // done: mov x8, exit
	0xd2800000, //      mov  x0, #0
	0xd4000001, //      svc  #0
}

// Program returns the executable for a Go architecture name.
func Program(architecture string) ([]byte, error) {
	switch architecture {
	case "amd64":
		return executable(62, amd64[:]), nil
	case "arm64":
		var code bytes.Buffer
		binary.Write(&code, binary.LittleEndian, arm64)
		return executable(183, code.Bytes()), nil
	default:
		return nil, fmt.Errorf("no pause program for the processor architecture %q: only amd64 and arm64 are known", architecture)
	}
}

// executable wraps code into the smallest ELF file: one header, one loaded segment.
func executable(machine uint16, code []byte) []byte {
	const base, headers = 0x400000, 64 + 56
	size := uint64(headers + len(code))
	var file bytes.Buffer
	for _, field := range []any{
		[16]byte{0x7f, 'E', 'L', 'F', 2, 1, 1}, // 64 bits, little endian
		uint16(2), machine, uint32(1),          // an executable
		uint64(base + headers),           // begins after the headers
		uint64(64), uint64(0), uint32(0), // program headers follow, no sections
		uint16(64), uint16(56), uint16(1), // sizes; one program header
		uint16(64), uint16(0), uint16(0), // no section headers
		uint32(1), uint32(5), // loaded, readable and executable
		uint64(0), uint64(base), uint64(base), // all of the file
		size, size, uint64(0x10000), // aligned for pages of up to 64 KiB
	} {
		binary.Write(&file, binary.LittleEndian, field)
	}
	file.Write(code)
	return file.Bytes()
}
