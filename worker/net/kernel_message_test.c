// SPDX-License-Identifier: Apache-2.0
#include "net/kernel_message.h"
#include "net/nexthop.h"

#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include "net/link.h"
#include "net/nl.h"
#include "test.h"

static const uint8_t prefix4[4] = {10, 1, 0, 0}, gateway4[4] = {192, 0, 2, 1};
static const uint8_t gateway6[16] = {0xfe, 0x80, [15] = 1};

static void begin_route(struct nl_request *r, unsigned char af, unsigned char length)
{
	struct rtmsg m = {.rtm_family = af,
			  .rtm_dst_len = length,
			  .rtm_table = RT_TABLE_MAIN,
			  .rtm_protocol = RTPROT_BGP,
			  .rtm_type = RTN_UNICAST};
	nl_begin(r, RTM_NEWROUTE, 0, &m, sizeof(m));
}

static void reads_a_route_with_gateway(void)
{
	struct nl_request r;
	struct kernel_route out;
	begin_route(&r, AF_INET, 16);
	nl_put(&r, RTA_DST, prefix4, 4);
	nl_put(&r, RTA_GATEWAY, gateway4, 4);
	nl_put_u32(&r, RTA_OIF, 7);
	nl_put_u32(&r, RTA_PRIORITY, 20);
	CHECK(kernel_parse_route(&r.header, &out));
	CHECK_EQ(out.family, 4);
	CHECK_EQ(out.length, 16);
	CHECK_EQ(out.metric, 20);
	CHECK_EQ(out.protocol, RTPROT_BGP);
	CHECK_EQ(out.count, 1);
	CHECK_EQ(out.hops[0].ifindex, 7);
	CHECK_EQ(out.hops[0].gateway_family, 4);
	CHECK(memcmp(out.hops[0].gateway, gateway4, 4) == 0);
}

static void reads_an_ipv4_route_over_an_ipv6_gateway(void)
{
	struct nl_request r;
	struct kernel_route out;
	struct {
		uint16_t family;
		uint8_t address[16];
	} via = {.family = AF_INET6};
	memcpy(via.address, gateway6, 16);
	begin_route(&r, AF_INET, 0);
	nl_put(&r, RTA_VIA, &via, sizeof(via));
	nl_put_u32(&r, RTA_OIF, 7);
	CHECK(kernel_parse_route(&r.header, &out));
	CHECK_EQ(out.hops[0].gateway_family, 6);
	CHECK(memcmp(out.hops[0].gateway, gateway6, 16) == 0);
}

static void put_hop(struct nl_request *r, int ifindex, unsigned char flags)
{
	struct rtnexthop *n = (void *)(r->bytes + r->header.nlmsg_len);
	size_t start = r->header.nlmsg_len;
	*n = (struct rtnexthop){.rtnh_ifindex = ifindex, .rtnh_flags = flags};
	r->header.nlmsg_len += (uint32_t)sizeof(*n);
	nl_put(r, RTA_GATEWAY, gateway4, 4);
	n->rtnh_len = (unsigned short)(r->header.nlmsg_len - start);
}

static void reads_every_path_and_marks_dead_ones(void)
{
	struct nl_request r;
	struct kernel_route out;
	begin_route(&r, AF_INET, 16);
	nl_put(&r, RTA_DST, prefix4, 4);
	size_t nest = nl_nest(&r, RTA_MULTIPATH);
	put_hop(&r, 3, 0);
	put_hop(&r, 4, RTNH_F_LINKDOWN);
	put_hop(&r, 5, 0);
	nl_unnest(&r, nest);
	CHECK(kernel_parse_route(&r.header, &out));
	CHECK_EQ(out.count, 3);
	CHECK_EQ(out.hops[0].ifindex, 3);
	CHECK(out.hops[1].dead && !out.hops[2].dead);
	CHECK_EQ(out.hops[2].ifindex, 5);
}

static void reads_a_neighbor(void)
{
	struct nl_request r;
	struct kernel_neighbor out;
	struct ndmsg m = {.ndm_family = AF_INET6, .ndm_ifindex = 9, .ndm_state = NUD_STALE};
	nl_begin(&r, RTM_NEWNEIGH, 0, &m, sizeof(m));
	nl_put(&r, NDA_DST, gateway6, 16);
	CHECK(kernel_parse_neighbor(&r.header, &out));
	CHECK(!out.has_mac);
	nl_put(&r, NDA_LLADDR, "\x02\x00\x00\x00\x00\x09", 6);
	CHECK(kernel_parse_neighbor(&r.header, &out));
	CHECK(out.has_mac);
	CHECK_EQ(out.mac[5], 9);
	CHECK_EQ(out.ifindex, 9);
	CHECK_EQ(out.state, NUD_STALE);
}

static void takes_the_local_address_of_a_point_to_point_link(void)
{
	struct nl_request r;
	struct kernel_address out;
	struct ifaddrmsg m = {.ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = 4};
	nl_begin(&r, RTM_NEWADDR, 0, &m, sizeof(m));
	nl_put(&r, IFA_ADDRESS, prefix4, 4);
	nl_put(&r, IFA_LOCAL, gateway4, 4);
	CHECK(kernel_parse_address(&r.header, &out));
	CHECK(memcmp(out.address, gateway4, 4) == 0);
	CHECK_EQ(out.length, 32);
}

static void refuses_addresses_of_a_wrong_size(void)
{
	struct nl_request r;
	struct kernel_route route;
	struct kernel_neighbor neighbor;
	begin_route(&r, AF_INET, 33);
	CHECK(!kernel_parse_route(&r.header, &route));
	begin_route(&r, AF_INET6, 64);
	nl_put(&r, RTA_DST, prefix4, 4);
	CHECK(!kernel_parse_route(&r.header, &route));
	struct ndmsg m = {.ndm_family = AF_INET};
	nl_begin(&r, RTM_NEWNEIGH, 0, &m, sizeof(m));
	CHECK(!kernel_parse_neighbor(&r.header, &neighbor));
}

static void begin_nexthop(struct nl_request *r, uint16_t type, uint32_t id)
{
	struct nhmsg m = {.nh_family = AF_INET};
	nl_begin(r, type, 0, &m, sizeof(m));
	nl_put_u32(r, NHA_ID, id);
}

static void reads_nexthops_and_their_groups(void)
{
	struct nl_request r;
	struct kernel_nexthop n;
	const uint8_t gateway[4] = {10, 0, 0, 2};
	begin_nexthop(&r, RTM_NEWNEXTHOP, 7);
	nl_put_u32(&r, NHA_OIF, 3);
	nl_put(&r, NHA_GATEWAY, gateway, 4);
	CHECK(kernel_parse_nexthop(&r.header, &n));
	CHECK_EQ(n.id, 7);
	CHECK_EQ(n.hop.ifindex, 3);
	CHECK_EQ(n.hop.gateway_family, 4);
	CHECK(memcmp(n.hop.gateway, gateway, 4) == 0);
	struct nexthop_grp members[2] = {{.id = 7, .weight = 4}, {.id = 8, .weight = 0}};
	begin_nexthop(&r, RTM_NEWNEXTHOP, 9);
	nl_put(&r, NHA_GROUP, members, sizeof(members));
	CHECK(kernel_parse_nexthop(&r.header, &n));
	CHECK_EQ(n.member_count, 2);
	CHECK_EQ(n.members[1], 8);
	CHECK_EQ(n.weights[0], 5);
	CHECK_EQ(n.weights[1], 1);
}

static void groups_lead_where_their_members_lead(void)
{
	struct nexthop_table *t = nexthop_create();
	struct kernel_nexthop a = {.id = 7, .hop = {.ifindex = 3}}, b = {.id = 8, .hop = {.ifindex = 4}};
	struct kernel_nexthop g = {.id = 9, .member_count = 2, .members = {7, 8}, .weights = {5, 1}};
	struct kernel_hop hops[FW_MAX_NEXT_HOPS_PER_ROUTE];
	bool blackhole;
	nexthop_set(t, &a);
	nexthop_set(t, &b);
	nexthop_set(t, &g);
	CHECK(!nexthop_dirty(t));
	CHECK_EQ(nexthop_hops(t, 9, hops, &blackhole), 2);
	CHECK_EQ(hops[0].ifindex, 3);
	CHECK_EQ(hops[0].weight, 5);
	a.hop.dead = true;
	nexthop_set(t, &a);
	CHECK(nexthop_dirty(t) && nexthop_touched(t, 7) && nexthop_touched(t, 9));
	CHECK(!nexthop_touched(t, 8));
	nexthop_settle(t);
	CHECK_EQ(nexthop_hops(t, 9, hops, &blackhole), 1);
	CHECK_EQ(hops[0].ifindex, 4);
	b.blackhole = true;
	nexthop_set(t, &b);
	CHECK_EQ(nexthop_hops(t, 9, hops, &blackhole), 0);
	CHECK(blackhole);
	nexthop_delete(t, 9);
	CHECK(nexthop_touched(t, 9));
	CHECK_EQ(nexthop_hops(t, 9, hops, &blackhole), 0);
	CHECK(!blackhole);
	nexthop_settle(t);
	nexthop_begin(t);
	nexthop_set(t, &a);
	nexthop_end(t);
	CHECK(nexthop_touched(t, 8) && !nexthop_touched(t, 7));
	nexthop_free(t);
}

// Messages of random bytes in a buffer of exactly their size: the sanitizer sees every byte too far.
static void stays_inside_random_messages(void)
{
	static const uint16_t types[] = {RTM_NEWROUTE, RTM_DELROUTE, RTM_NEWNEIGH,
					 RTM_DELNEIGH, RTM_NEWADDR,  RTM_DELADDR,
					 RTM_NEWLINK,  RTM_DELLINK,
					 RTM_NEWNEXTHOP, RTM_DELNEXTHOP};
	uint64_t seed = 11;
	for (unsigned i = 0; i < 200000; i++) {
		size_t size = NLMSG_HDRLEN + test_below(&seed, 160);
		struct nlmsghdr *h = malloc(size);
		for (size_t j = 0; j < size; j++)
			((uint8_t *)h)[j] =
				(uint8_t)(test_below(&seed, 3) ? test_below(&seed, 24) : test_random(&seed));
		h->nlmsg_len = (uint32_t)size;
		h->nlmsg_type = types[test_below(&seed, 10)];
		if (size > NLMSG_HDRLEN)
			((uint8_t *)h)[NLMSG_HDRLEN] = test_below(&seed, 2) ? AF_INET : AF_INET6;
		struct kernel_route route;
		struct kernel_neighbor neighbor;
		struct kernel_address address;
		struct link link;
		link_parse(h, &link);
		kernel_parse_route(h, &route);
		struct kernel_nexthop nexthop;
		kernel_parse_nexthop(h, &nexthop);
		kernel_parse_neighbor(h, &neighbor);
		kernel_parse_address(h, &address);
		free(h);
	}
}

int main(void)
{
	RUN(reads_a_route_with_gateway);
	RUN(reads_an_ipv4_route_over_an_ipv6_gateway);
	RUN(reads_every_path_and_marks_dead_ones);
	RUN(reads_a_neighbor);
	RUN(takes_the_local_address_of_a_point_to_point_link);
	RUN(refuses_addresses_of_a_wrong_size);
	RUN(reads_nexthops_and_their_groups);
	RUN(groups_lead_where_their_members_lead);
	RUN(stays_inside_random_messages);
	return 0;
}
