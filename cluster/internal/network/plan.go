// Package network plans, makes and removes the link between the host and a node.
package network

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/helm-chart-factory/factory/cluster/internal/instance"
)

// Plan returns the addresses of an instance: those it had, if any, else a block that overlaps none of used.
// An instance cannot move: its Services and certificates hold the addresses.
func Plan(inst instance.Instance, had *instance.Network, used []netip.Prefix) (instance.Network, error) {
	if had != nil {
		block, err := netip.ParsePrefix(had.Block)
		if err != nil {
			return instance.Network{}, fmt.Errorf("reading the cluster's address block: %w", err)
		}
		if taken, ok := overlap(block, used); ok {
			return instance.Network{}, fmt.Errorf(
				"the cluster's address block %s is used by this host's network %s: free that, or start anew with factory-cluster stop --name %s --purge",
				block, taken, inst.Name)
		}
		return *had, nil
	}
	// Starting where the name of the directory points makes two instances that start at once choose differently.
	sum := sha256.Sum256([]byte(inst.Dir))
	offset := int(binary.BigEndian.Uint16(sum[:2]))
	candidates := blocks()
	for i := range candidates {
		block := candidates[(offset+i)%len(candidates)]
		if _, ok := overlap(block, used); !ok {
			return cut(block), nil
		}
	}
	return instance.Network{}, fmt.Errorf("no private address block is free: this host has routes to all of 10.128.0.0/9 and 172.16.0.0/12")
}

// blocks lists the /16 networks to choose from. The lower half of 10/8 is left to k3s, kind, companies and clouds.
func blocks() []netip.Prefix {
	var list []netip.Prefix
	for second := 128; second < 255; second++ {
		list = append(list, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(second), 0, 0}), 16))
	}
	for second := 16; second < 32; second++ {
		list = append(list, netip.PrefixFrom(netip.AddrFrom4([4]byte{172, byte(second), 0, 0}), 16))
	}
	return list
}

func cut(block netip.Prefix) instance.Network {
	at := func(third, fourth byte) netip.Addr {
		b := block.Addr().As4()
		return netip.AddrFrom4([4]byte{b[0], b[1], third, fourth})
	}
	return instance.Network{
		Block:    block.String(),
		Pods:     netip.PrefixFrom(at(0, 0), PodMask).String(),
		Services: netip.PrefixFrom(at(128, 0), 18).String(),
		HostIP:   at(255, 1).String(),
		NodeIP:   at(255, 2).String(),
		LinkBits: 30,
		APIIP:    at(128, 1).String(),
		DNSIP:    at(128, 10).String(),
	}
}

// PodMask is the prefix length of the pods' network, all of which is the one node's.
const PodMask = 17

func overlap(block netip.Prefix, used []netip.Prefix) (netip.Prefix, bool) {
	for _, prefix := range used {
		if prefix.Overlaps(block) {
			return prefix, true
		}
	}
	return netip.Prefix{}, false
}
