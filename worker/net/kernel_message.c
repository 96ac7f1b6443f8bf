// SPDX-License-Identifier: Apache-2.0
#include "net/kernel_message.h"

#include <string.h>
#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include "net/nl.h"

#ifndef IFA_PROTO
#define IFA_PROTO 11
#endif

static size_t kernel_address_size(uint8_t family)
{
	return family == 4 ? 4 : 16;
}

static uint8_t kernel_family(int af)
{
	return af == AF_INET ? 4 : af == AF_INET6 ? 6 : 0;
}

// Copies an address of the family; false: absent or of another size.
static bool kernel_take(const struct rtattr *a, uint8_t family, uint8_t out[16])
{
	if (a == NULL || RTA_PAYLOAD(a) != kernel_address_size(family))
		return false;
	memset(out, 0, 16);
	memcpy(out, RTA_DATA(a), kernel_address_size(family));
	return true;
}

// Gateway of the route's own family, or of another one (RTA_VIA).
static bool kernel_gateway(const struct rtattr *const *a, uint8_t family, struct kernel_hop *hop)
{
	if (a[RTA_GATEWAY] != NULL) {
		hop->gateway_family = family;
		return kernel_take(a[RTA_GATEWAY], family, hop->gateway);
	}
	if (a[RTA_VIA] == NULL)
		return true;
	const struct rtvia *via = RTA_DATA(a[RTA_VIA]);
	if (RTA_PAYLOAD(a[RTA_VIA]) < sizeof(*via))
		return false;
	hop->gateway_family = kernel_family(via->rtvia_family);
	size_t size = kernel_address_size(hop->gateway_family);
	if (hop->gateway_family == 0 || RTA_PAYLOAD(a[RTA_VIA]) < sizeof(*via) + size)
		return false;
	memcpy(hop->gateway, via->rtvia_addr, size);
	return true;
}

// The kernel counts weights from zero.
static uint8_t kernel_weight(unsigned hops)
{
	return hops < UINT8_MAX ? (uint8_t)(hops + 1) : UINT8_MAX;
}

static bool kernel_multipath(const struct rtattr *list, struct kernel_route *out)
{
	const char *at = RTA_DATA(list);
	size_t left = RTA_PAYLOAD(list);
	while (left >= sizeof(struct rtnexthop) && out->count < FW_MAX_NEXT_HOPS_PER_ROUTE) {
		const struct rtnexthop *n = (const void *)at;
		if (n->rtnh_len < sizeof(*n) || n->rtnh_len > left)
			return false;
		const struct rtattr *a[RTA_VIA + 1];
		nl_attributes((const struct rtattr *)(const void *)(at + sizeof(*n)),
			      n->rtnh_len - sizeof(*n), a, RTA_VIA);
		struct kernel_hop hop = {.ifindex = n->rtnh_ifindex,
					 .weight = kernel_weight(n->rtnh_hops),
					 .dead = n->rtnh_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN)};
		if (!kernel_gateway(a, out->family, &hop))
			return false;
		out->hops[out->count++] = hop;
		size_t step = RTNH_ALIGN(n->rtnh_len);
		if (step >= left)
			break;
		at += step;
		left -= step;
	}
	return true;
}

bool kernel_parse_route(const struct nlmsghdr *h, struct kernel_route *out)
{
	const struct rtmsg *m = NLMSG_DATA(h);
	if ((h->nlmsg_type != RTM_NEWROUTE && h->nlmsg_type != RTM_DELROUTE) ||
	    h->nlmsg_len < NLMSG_LENGTH(sizeof(*m)))
		return false;
	*out = (struct kernel_route){.family = kernel_family(m->rtm_family),
				     .type = m->rtm_type,
				     .protocol = m->rtm_protocol,
				     .length = m->rtm_dst_len,
				     .table = m->rtm_table,
				     .cloned = m->rtm_flags & RTM_F_CLONED};
	if (out->family == 0 || out->length > kernel_address_size(out->family) * 8 ||
	    m->rtm_src_len != 0)
		return false;
	const struct rtattr *a[RTA_NH_ID + 1];
	nl_attributes(RTM_RTA(m), h->nlmsg_len - NLMSG_LENGTH(sizeof(*m)), a, RTA_NH_ID);
	nl_u32(a[RTA_TABLE], &out->table);
	nl_u32(a[RTA_NH_ID], &out->nexthop);
	nl_u32(a[RTA_PRIORITY], &out->metric);
	if (a[RTA_METRICS] != NULL) {
		const struct rtattr *metrics[RTAX_RTT + 1];
		nl_attributes(RTA_DATA(a[RTA_METRICS]), RTA_PAYLOAD(a[RTA_METRICS]), metrics, RTAX_RTT);
		nl_u32(metrics[RTAX_RTT], &out->rtt);
	}
	if (a[RTA_DST] != NULL && !kernel_take(a[RTA_DST], out->family, out->prefix))
		return false;
	if (a[RTA_MULTIPATH] != NULL)
		return kernel_multipath(a[RTA_MULTIPATH], out);
	uint32_t ifindex = 0;
	if (nl_u32(a[RTA_OIF], &ifindex)) {
		out->hops[0] = (struct kernel_hop){
			.ifindex = (int)ifindex,
			.dead = m->rtm_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN)};
		out->count = 1;
		return kernel_gateway(a, out->family, &out->hops[0]);
	}
	return true;
}

static bool kernel_members(const struct rtattr *a, struct kernel_nexthop *out)
{
	const struct nexthop_grp *g = RTA_DATA(a);
	size_t count = RTA_PAYLOAD(a) / sizeof(*g);
	for (size_t i = 0; i < count && out->member_count < KERNEL_MAX_MEMBERS; i++) {
		out->members[out->member_count] = g[i].id;
		out->weights[out->member_count++] = kernel_weight(g[i].weight);
	}
	return count > 0;
}

bool kernel_parse_nexthop(const struct nlmsghdr *h, struct kernel_nexthop *out)
{
	const struct nhmsg *m = NLMSG_DATA(h);
	if ((h->nlmsg_type != RTM_NEWNEXTHOP && h->nlmsg_type != RTM_DELNEXTHOP) ||
	    h->nlmsg_len < NLMSG_LENGTH(sizeof(*m)))
		return false;
	*out = (struct kernel_nexthop){0};
	const struct rtattr *a[NHA_GATEWAY + 1];
	const char *first = (const char *)m + NLMSG_ALIGN(sizeof(*m));
	nl_attributes((const struct rtattr *)(const void *)first,
		      h->nlmsg_len - NLMSG_LENGTH(sizeof(*m)), a, NHA_GATEWAY);
	if (!nl_u32(a[NHA_ID], &out->id) || out->id == 0)
		return false;
	if (a[NHA_GROUP] != NULL)
		return kernel_members(a[NHA_GROUP], out);
	uint32_t ifindex = 0;
	out->blackhole = a[NHA_BLACKHOLE] != NULL;
	nl_u32(a[NHA_OIF], &ifindex);
	out->hop.ifindex = (int)ifindex;
	out->hop.weight = 1;
	out->hop.dead = m->nh_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN);
	if (a[NHA_GATEWAY] == NULL)
		return true;
	out->hop.gateway_family = kernel_family(m->nh_family);
	return out->hop.gateway_family != 0 &&
	       kernel_take(a[NHA_GATEWAY], out->hop.gateway_family, out->hop.gateway);
}

bool kernel_parse_neighbor(const struct nlmsghdr *h, struct kernel_neighbor *out)
{
	const struct ndmsg *m = NLMSG_DATA(h);
	if ((h->nlmsg_type != RTM_NEWNEIGH && h->nlmsg_type != RTM_DELNEIGH) ||
	    h->nlmsg_len < NLMSG_LENGTH(sizeof(*m)))
		return false;
	*out = (struct kernel_neighbor){.family = kernel_family(m->ndm_family),
					.ifindex = m->ndm_ifindex,
					.state = m->ndm_state,
					.flags = m->ndm_flags};
	const struct rtattr *a[NDA_PROTOCOL + 1];
	const char *first = (const char *)m + NLMSG_ALIGN(sizeof(*m));
	nl_attributes((const struct rtattr *)(const void *)first,
		      h->nlmsg_len - NLMSG_LENGTH(sizeof(*m)), a, NDA_PROTOCOL);
	if (out->family == 0 || !kernel_take(a[NDA_DST], out->family, out->address))
		return false;
	if (a[NDA_LLADDR] != NULL && RTA_PAYLOAD(a[NDA_LLADDR]) == sizeof(out->mac)) {
		memcpy(out->mac, RTA_DATA(a[NDA_LLADDR]), sizeof(out->mac));
		out->has_mac = true;
	}
	if (a[NDA_PROTOCOL] != NULL && RTA_PAYLOAD(a[NDA_PROTOCOL]) >= 1)
		memcpy(&out->protocol, RTA_DATA(a[NDA_PROTOCOL]), 1);
	return true;
}

bool kernel_parse_address(const struct nlmsghdr *h, struct kernel_address *out)
{
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	if ((h->nlmsg_type != RTM_NEWADDR && h->nlmsg_type != RTM_DELADDR) ||
	    h->nlmsg_len < NLMSG_LENGTH(sizeof(*m)))
		return false;
	*out = (struct kernel_address){.family = kernel_family(m->ifa_family),
				       .ifindex = (int)m->ifa_index,
				       .length = m->ifa_prefixlen,
				       .scope = m->ifa_scope};
	const struct rtattr *a[IFA_PROTO + 1];
	nl_attributes(IFA_RTA(m), h->nlmsg_len - NLMSG_LENGTH(sizeof(*m)), a, IFA_PROTO);
	// On a point-to-point device IFA_ADDRESS is the peer; the own address is IFA_LOCAL then.
	const struct rtattr *own = a[IFA_LOCAL] != NULL ? a[IFA_LOCAL] : a[IFA_ADDRESS];
	if (out->family == 0 || !kernel_take(own, out->family, out->address))
		return false;
	if (a[IFA_PROTO] != NULL && RTA_PAYLOAD(a[IFA_PROTO]) >= 1)
		memcpy(&out->protocol, RTA_DATA(a[IFA_PROTO]), 1);
	return true;
}
