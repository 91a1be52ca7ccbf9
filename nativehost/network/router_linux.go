package network

import (
	"encoding/binary"
	"math"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// defaultRouter returns the gateway of the best default route of a family: of those
// through one interface, or of all if index is 0. Both tables are open to everybody
// (rtnetlink(7)).
func defaultRouter(four bool, index int) (router, bool) {
	family := unix.AF_INET6
	if four {
		family = unix.AF_INET
	}
	gateway, index, ok := defaultGateway(family, index)
	if !ok {
		return router{}, false
	}
	hardware, ok := neighbour(family, index, gateway)
	return router{gateway, hardware}, ok
}

// defaultGateway reads the main table of routes.
func defaultGateway(family, index int) (gateway netip.Addr, through int, ok bool) {
	best := uint64(math.MaxUint64)
	for _, message := range dump(syscall.RTM_GETROUTE, family) {
		if message.Header.Type != syscall.RTM_NEWROUTE || len(message.Data) < syscall.SizeofRtMsg {
			continue
		}
		dstBits, table, kind := message.Data[1], message.Data[4], message.Data[7]
		if dstBits != 0 || table != syscall.RT_TABLE_MAIN || kind != syscall.RTN_UNICAST {
			continue
		}
		var via netip.Addr
		var oif, metric uint32
		for _, attr := range attributes(message.Data[syscall.SizeofRtMsg:]) {
			switch attr.kind {
			case syscall.RTA_GATEWAY:
				via, _ = netip.AddrFromSlice(attr.value)
			case syscall.RTA_OIF:
				oif = number(attr.value)
			case syscall.RTA_PRIORITY:
				metric = number(attr.value)
			}
		}
		if via.IsValid() && oif != 0 && (index == 0 || oif == uint32(index)) && uint64(metric) < best {
			gateway, through, ok, best = via, int(oif), true, uint64(metric)
		}
	}
	return gateway, through, ok
}

// neighbour reads the hardware address that the system knows for addr on a link.
func neighbour(family, index int, addr netip.Addr) (net.HardwareAddr, bool) {
	//rule:silent-router-identifies-nothing
	const unresolved = unix.NUD_INCOMPLETE | unix.NUD_FAILED | unix.NUD_NOARP
	for _, message := range dump(syscall.RTM_GETNEIGH, family) {
		if message.Header.Type != syscall.RTM_NEWNEIGH || len(message.Data) < unix.SizeofNdMsg {
			continue
		}
		at := int(int32(binary.NativeEndian.Uint32(message.Data[4:8])))
		state := binary.NativeEndian.Uint16(message.Data[8:10])
		if at != index || state == unix.NUD_NONE || state&unresolved != 0 {
			continue
		}
		var dst netip.Addr
		var hardware net.HardwareAddr
		for _, attr := range attributes(message.Data[unix.SizeofNdMsg:]) {
			switch attr.kind {
			case unix.NDA_DST:
				dst, _ = netip.AddrFromSlice(attr.value)
			case unix.NDA_LLADDR:
				hardware = attr.value
			}
		}
		if dst == addr && len(hardware) > 0 {
			return hardware, true
		}
	}
	return nil, false
}

// dump asks the kernel for a whole table. What it does not tell is not there.
func dump(request, family int) []syscall.NetlinkMessage {
	table, err := syscall.NetlinkRIB(request, family)
	if err != nil {
		return nil
	}
	messages, err := syscall.ParseNetlinkMessage(table)
	if err != nil {
		return nil
	}
	return messages
}

// attribute is a routing attribute (rtnetlink(7)).
type attribute struct {
	kind  uint16
	value []byte
}

func attributes(data []byte) []attribute {
	var all []attribute
	for len(data) >= syscall.SizeofRtAttr {
		length := int(binary.NativeEndian.Uint16(data[0:2]))
		if length < syscall.SizeofRtAttr || length > len(data) {
			return all
		}
		all = append(all, attribute{binary.NativeEndian.Uint16(data[2:4]), data[syscall.SizeofRtAttr:length]})
		data = data[min(len(data), (length+syscall.RTA_ALIGNTO-1)&^(syscall.RTA_ALIGNTO-1)):]
	}
	return all
}

func number(value []byte) uint32 {
	if len(value) != 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(value)
}
