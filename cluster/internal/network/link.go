package network

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/helm-chart-factory/factory/cluster/internal/instance"
)

// NodeLink is the name of the node's end of the link.
const NodeLink = "eth0"

// Used lists the networks that the host has addresses in or routes to. The default route is none.
func Used() ([]netip.Prefix, error) {
	var used []netip.Prefix
	addresses, err := netlink.AddrList(nil, netlink.FAMILY_V4)
	if err != nil {
		return nil, fmt.Errorf("listing this host's addresses: %w", err)
	}
	for _, address := range addresses {
		used = appendPrefix(used, address.IPNet)
	}
	routes, err := netlink.RouteList(nil, netlink.FAMILY_V4)
	if err != nil {
		return nil, fmt.Errorf("listing this host's routes: %w", err)
	}
	for _, route := range routes {
		used = appendPrefix(used, route.Dst)
	}
	return used, nil
}

func appendPrefix(list []netip.Prefix, network *net.IPNet) []netip.Prefix {
	if network == nil {
		return list
	}
	address, ok := netip.AddrFromSlice(network.IP)
	bits, _ := network.Mask.Size()
	if !ok || bits == 0 {
		return list
	}
	return append(list, netip.PrefixFrom(address.Unmap(), bits).Masked())
}

// Attach makes the link to the network namespace of process pid, and the host's address and routes on it.
func Attach(link string, pid int, plan instance.Network) error {
	namespace, err := netns.GetFromPid(pid)
	if err != nil {
		return fmt.Errorf("opening the node's network namespace: %w", err)
	}
	defer namespace.Close()
	attributes := netlink.NewLinkAttrs()
	attributes.Name = link
	veth := &netlink.Veth{LinkAttrs: attributes, PeerName: NodeLink, PeerNamespace: netlink.NsFd(namespace)}
	if err := netlink.LinkAdd(veth); err != nil {
		return fmt.Errorf("creating veth pair %q: %w", link, err)
	}
	created, err := netlink.LinkByName(link)
	if err != nil {
		return fmt.Errorf("finding link %q: %w", link, err)
	}
	if err := addAddress(created, plan.HostIP, plan.LinkBits); err != nil {
		return err
	}
	for _, destination := range []string{plan.Pods, plan.Services} {
		if err := addRoute(created, destination, plan.NodeIP); err != nil {
			return err
		}
	}
	return nil
}

// Detach removes the link, if it is there; its addresses and routes go with it.
func Detach(link string) error {
	found, err := netlink.LinkByName(link)
	var missing netlink.LinkNotFoundError
	if errors.As(err, &missing) {
		return nil
	}
	if err == nil {
		err = netlink.LinkDel(found)
	}
	if err != nil && !errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("removing link %q: %w", link, err)
	}
	return nil
}

// ConfigureNode brings up the node's side, from inside its namespace. There is no default route, so that a connection to
// anywhere else fails at once; a bridge without ports carries the route that Service addresses need before kube-proxy's
// rules send them on.
func ConfigureNode(plan instance.Network) error {
	loopback, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("finding link lo: %w", err)
	}
	if err := netlink.LinkSetUp(loopback); err != nil {
		return fmt.Errorf("bringing up lo: %w", err)
	}
	uplink, err := netlink.LinkByName(NodeLink)
	if err != nil {
		return fmt.Errorf("finding the node's link: %w", err)
	}
	if err := addAddress(uplink, plan.NodeIP, plan.LinkBits); err != nil {
		return err
	}
	attributes := netlink.NewLinkAttrs()
	attributes.Name = "services"
	bridge := &netlink.Bridge{LinkAttrs: attributes}
	if err := netlink.LinkAdd(bridge); err != nil {
		return fmt.Errorf("creating the bridge for Service addresses: %w", err)
	}
	if err := netlink.LinkSetUp(bridge); err != nil {
		return fmt.Errorf("bringing up the bridge for Service addresses: %w", err)
	}
	return addRoute(bridge, plan.Services, "")
}

func addAddress(link netlink.Link, ip string, bits int) error {
	address, err := netlink.ParseAddr(ip + "/" + strconv.Itoa(bits))
	if err != nil {
		return fmt.Errorf("reading address %q: %w", ip, err)
	}
	if err := netlink.AddrAdd(link, address); err != nil {
		return fmt.Errorf("giving %s the address %s: %w", link.Attrs().Name, ip, err)
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("bringing up %s: %w", link.Attrs().Name, err)
	}
	return nil
}

func addRoute(link netlink.Link, destination, gateway string) error {
	_, network, err := net.ParseCIDR(destination)
	if err != nil {
		return fmt.Errorf("reading network %q: %w", destination, err)
	}
	route := &netlink.Route{LinkIndex: link.Attrs().Index, Dst: network}
	if gateway == "" {
		route.Scope = netlink.SCOPE_LINK
	} else {
		route.Gw = net.ParseIP(gateway)
	}
	if err := netlink.RouteAdd(route); err != nil {
		return fmt.Errorf("adding the route to %s: %w", destination, err)
	}
	return nil
}
