package frontend_test

import (
	"encoding/binary"
	"net"
	"strings"
	"sync"
	"testing"
)

// nameServer answers A queries over UDP from a table that may change, and remembers what it was asked.
type nameServer struct {
	address string

	mu      sync.Mutex
	records map[string]string // name without the last dot -> IPv4 address
	asked   map[string]bool
}

func startNameServer(t *testing.T) *nameServer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	s := &nameServer{address: conn.LocalAddr().String(), records: map[string]string{}, asked: map[string]bool{}}
	go func() {
		query := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(query)
			if err != nil {
				return
			}
			conn.WriteTo(s.reply(query[:n]), from)
		}
	}()
	return s
}

func (s *nameServer) set(name, address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[name] = address
}

func (s *nameServer) wasAsked(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[name]
}

// reply builds a DNS message: the query's header and question (RFC 1035, section 4), and an A record if there is one.
func (s *nameServer) reply(query []byte) []byte {
	const header, typeA = 12, 1
	var labels []string
	at := header
	for query[at] != 0 {
		length := int(query[at])
		labels = append(labels, string(query[at+1:at+1+length]))
		at += 1 + length
	}
	question := query[header : at+5]
	name := strings.Join(labels, ".")

	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[name] = true
	address, known := s.records[name]

	const response, nameError = 0x8180, 3
	flags, answers := uint16(response), uint16(0)
	if !known {
		flags |= nameError
	}
	if binary.BigEndian.Uint16(query[at+1:]) != typeA {
		known = false
	}
	if known {
		answers = 1
	}
	message := append([]byte{}, query[:2]...)
	for _, field := range []uint16{flags, 1, answers, 0, 0} {
		message = binary.BigEndian.AppendUint16(message, field)
	}
	message = append(message, question...)
	if known {
		// A pointer to the question's name, type A, class IN, one second to live, four bytes of address.
		message = append(message, 0xc0, header, 0, typeA, 0, 1, 0, 0, 0, 1, 0, 4)
		message = append(message, net.ParseIP(address).To4()...)
	}
	return message
}
