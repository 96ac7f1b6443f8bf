// SPDX-License-Identifier: Apache-2.0
// What may reach the firewall itself. Unicast is delivered to the kernel TAP of the interface it
// came in through: Linux accepts every address of its own on every device, and the interface is
// what link-local addresses and DHCP depend on.
#include "pipeline/flow.h"

#include "pipeline/address.h"

enum { PROTOCOL_OSPF = 89, PROTOCOL_VRRP = 112 };

static const struct {
	uint8_t service, protocol;
	uint8_t family; // 0: both
	uint16_t low, high;
} port_services[] = {
    {FW_SERVICE_SSH, IPPROTO_TCP, 0, 22, 22},
    {FW_SERVICE_HTTP, IPPROTO_TCP, 0, 80, 80},
    {FW_SERVICE_HTTPS, IPPROTO_TCP, 0, 443, 443},
    {FW_SERVICE_DNS, IPPROTO_TCP, 0, 53, 53},
    {FW_SERVICE_DNS, IPPROTO_UDP, 0, 53, 53},
    {FW_SERVICE_DHCP, IPPROTO_UDP, 4, 67, 68},
    {FW_SERVICE_DHCPV6, IPPROTO_UDP, 6, 546, 547},
    {FW_SERVICE_NTP, IPPROTO_UDP, 0, 123, 123},
    {FW_SERVICE_SNMP, IPPROTO_UDP, 0, 161, 161},
    {FW_SERVICE_SYSLOG, IPPROTO_UDP, 0, 514, 514},
    {FW_SERVICE_TRACEROUTE, IPPROTO_UDP, 0, 33434, 33523},
    {FW_SERVICE_BGP, IPPROTO_TCP, 0, 179, 179},
    {FW_SERVICE_BFD, IPPROTO_UDP, 0, 3784, 3785},
    {FW_SERVICE_BFD, IPPROTO_UDP, 0, 4784, 4784},
};

static bool has(uint64_t services, enum fw_service service)
{
	return (services >> service & 1) != 0;
}

static uint16_t destination_port(const struct packet *p)
{
	return rte_be_to_cpu_16(p->family == 4 ? p->key4.destination_port_be
					       : p->key6.destination_port_be);
}

bool host_permits(uint64_t services, const struct packet *p)
{
	if (has(services, FW_SERVICE_ALL))
		return true;
	if (p->icmp_kind == ICMP_KIND_ECHO)
		return has(services, FW_SERVICE_PING);
	if (p->protocol == PROTOCOL_OSPF)
		return has(services, FW_SERVICE_OSPF);
	if (p->protocol == PROTOCOL_VRRP)
		return has(services, FW_SERVICE_VRRP);
	if (p->protocol != IPPROTO_TCP && p->protocol != IPPROTO_UDP)
		return false;
	uint16_t port = destination_port(p);
	for (unsigned i = 0; i < RTE_DIM(port_services); i++)
		if (port_services[i].protocol == p->protocol && port >= port_services[i].low &&
		    port <= port_services[i].high &&
		    (port_services[i].family == 0 || port_services[i].family == p->family) &&
		    has(services, (enum fw_service)port_services[i].service))
			return true;
	return false;
}

static bool is_dhcp(const struct packet *p)
{
	uint16_t port = p->protocol == IPPROTO_UDP ? destination_port(p) : 0;
	return p->family == 4 ? port == 67 || port == 68 : port == 546 || port == 547;
}

bool host_takes_dhcp(const struct core *c, const struct packet *p)
{
	uint64_t services = c->tables->zones[p->zone].host_inbound;
	if (p->protocol != IPPROTO_UDP || destination_port(p) != (p->family == 4 ? 68 : 546))
		return false;
	return has(services, p->family == 4 ? FW_SERVICE_DHCP : FW_SERVICE_DHCPV6);
}

// Groups that a service listens to, decided by the service; others only where everything is
// allowed.
void host_group(struct core *c, struct packet *p)
{
	uint64_t services = c->tables->zones[p->zone].host_inbound;
	bool routing = p->protocol == PROTOCOL_OSPF || p->protocol == PROTOCOL_VRRP;
	if (!routing && !is_dhcp(p) && !has(services, FW_SERVICE_ALL))
		core_end_dropped(c, p, FW_DROP_MULTICAST);
	else if (!host_permits(services, p))
		core_end_dropped(c, p, FW_DROP_HOST_INBOUND);
	else
		core_end_punted(c, p, p->interface);
}

// RFC 4861: only what has not crossed a router counts, which the hop limit proves.
void host_discovery(struct core *c, struct packet *p)
{
	const uint8_t *destination = p->key6.destination;
	bool ours = address6_is_group(destination) ||
		    route_find(c, p->vrf, 6, destination, 0).type == HOP_LOCAL; // link-local is
	if (ours && packet_ttl(p) == 255 && (p->icmp_type & 0xff) == 0)
		core_end_punted(c, p, p->interface);
	else
		core_end_dropped(c, p, ours ? FW_DROP_HOST_INBOUND : FW_DROP_ICMP_NO_SESSION);
}
