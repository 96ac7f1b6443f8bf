// SPDX-License-Identifier: Apache-2.0
#include "steer/steer.h"

#include "steer/nic_hash.h"
#include "steer/ports.h"
#include <stdlib.h>
#include <rte_byteorder.h>
#include "test.h"

static uint64_t seed = 88172645463325252u;

static uint64_t draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void fill(uint8_t *at, size_t size)
{
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)(draw() >> 32);
}

static const uint8_t key[40] = {
	0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a,
	0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a,
	0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a, 0x6d, 0x5a};

static void agrees_with_the_hash_of_nics(void)
{
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t a[16], b[16];
		uint16_t s = (uint16_t)draw(), d = (uint16_t)draw();
		fill(a, 16);
		fill(b, 16);
		uint32_t four = nic_hash(a, b, 4, s, d, key), six = nic_hash(a, b, 16, s, d, key);
		uint16_t x4 = steer_fold4(a, b, s, d), x6 = steer_fold6(a, b, s, d);
		CHECK_EQ(steer_hash(x4), four & 0xffff);
		CHECK_EQ(steer_hash(x4), four >> 16);
		CHECK_EQ(steer_hash(x6), six & 0xffff);
		CHECK_EQ(steer_slot(x4), four & 63);
		CHECK_EQ(steer_slot(x6), six & 63);
	}
}

static void is_linear_in_every_value(void)
{
	for (uint32_t x = 0; x < 65536; x++) {
		uint16_t y = (uint16_t)draw();
		CHECK_EQ(steer_slot((uint16_t)x), steer_hash((uint16_t)x) & 63);
		CHECK_EQ(steer_hash((uint16_t)(x ^ y)), steer_hash((uint16_t)x) ^ steer_hash(y));
	}
}

static void gives_both_directions_one_owner(void)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6, 47};
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t a[16], b[16], protocol = protocols[i % 5];
		uint32_t cores = 1 + i % 16;
		bool query = steer_is_icmp(protocol);
		uint16_t s = (uint16_t)draw(), d = query ? s : (uint16_t)draw();
		fill(a, 16);
		fill(b, 16);
		uint32_t four = steer_owner4(cores, a, s, b, d, protocol);
		CHECK(four < cores);
		CHECK_EQ(steer_owner4(cores, b, d, a, s, protocol), four);
		CHECK_EQ(steer_owner6(cores, b, d, a, s, protocol),
			 steer_owner6(cores, a, s, b, d, protocol));
		CHECK_EQ(steer_fragments4(cores, a, b), steer_fragments4(cores, b, a));
		CHECK_EQ(steer_fragments6(cores, a, b), steer_fragments6(cores, b, a));
		if (protocol == 47)
			CHECK_EQ(four, 0);
	}
}

// A port that fits brings the replies of every remote host to the owner of the client's flow.
static void replies_to_a_fitting_port_come_to_the_owner(void)
{
	unsigned fitting[17] = {0};
	for (unsigned i = 0; i < 64 * 1024; i++) {
		uint8_t client[4], nat[4], remote[4];
		uint16_t client_port = (uint16_t)draw(), nat_port = (uint16_t)draw();
		uint32_t cores = 1 + i % 16;
		fill(client, 4);
		fill(nat, 4);
		if (!steer_port_fits(cores, client, client_port, nat, nat_port))
			continue;
		fitting[cores]++;
		for (unsigned n = 0; n < 16; n++) {
			fill(remote, 4);
			uint16_t port = (uint16_t)draw();
			CHECK_EQ(steer_owner4(cores, client, client_port, remote, port, IPPROTO_TCP),
				 steer_owner4(cores, remote, port, nat, nat_port, IPPROTO_TCP));
			CHECK_EQ(steer_owner4(cores, client, client_port, remote, client_port, IPPROTO_ICMP),
				 steer_owner4(cores, remote, nat_port, nat, nat_port, IPPROTO_ICMP));
		}
	}
	CHECK_EQ(fitting[1], 4096);
	CHECK(fitting[2] > 1900 && fitting[2] < 2200);
	CHECK(fitting[4] > 900 && fitting[4] < 1150);
	CHECK(fitting[3] > 450 && fitting[3] < 580);
	CHECK(fitting[5] > 90 && fitting[5] < 170);
	CHECK(fitting[10] > 30 && fitting[10] < 100);
}

// By number: every port of a range that fits, each once.
static void fitting_ports_can_be_counted(void)
{
	static bool seen[65536];
	for (uint32_t cores = 1; cores <= STEER_CORES; cores++) {
		uint8_t client[4], nat[4];
		uint16_t client_port = (uint16_t)draw(), low = (uint16_t)(1 + draw() % 40000);
		uint16_t high = (uint16_t)(low + draw() % 25000);
		fill(client, 4);
		fill(nat, 4);
		if (cores % 4 == 0) {
			low = 1;
			high = 65535;
		}
		struct steer_ports s = steer_ports(cores, client, client_port, nat, low, high);
		memset(seen, 0, sizeof(seen));
		for (uint32_t i = 0; i < s.count; i++) {
			uint16_t port = steer_ports_at(&s, i);
			if (port == 0)
				continue;
			CHECK(port >= low && port <= high && !seen[port]);
			seen[port] = true;
		}
		for (uint32_t port = 0; port <= UINT16_MAX; port++)
			CHECK_EQ(seen[port], port >= low && port <= high &&
						     steer_port_fits(cores, client, client_port, nat,
								     htons((uint16_t)port)));
	}
}

static void every_core_owns_its_share(void)
{
	for (uint32_t cores = 1; cores <= STEER_CORES; cores++) {
		uint32_t slots[STEER_CORES] = {0}, most = 0;
		for (uint32_t slot = 0; slot < STEER_SLOTS; slot++)
			slots[steer_core(cores, slot)]++;
		for (uint32_t core = 0; core < cores; core++) {
			CHECK(slots[core] > 0);
			most = slots[core] > most ? slots[core] : most;
		}
		CHECK(8 * most * cores <= 9 * STEER_SLOTS || (steer_bits[cores] == 6 && most * cores < 80));
	}
}

static void spreads_flows_evenly(void)
{
	unsigned count[STEER_SLOTS] = {0};
	const uint8_t server[4] = {192, 0, 2, 1};
	for (unsigned host = 0; host < 256; host++)
		for (unsigned port = 0; port < 256; port++) {
			const uint8_t client[4] = {10, 0, 0, (uint8_t)host};
			count[steer_slot(steer_fold4(client, server, htons((uint16_t)(40000 + port)), htons(443)))]++;
		}
	for (unsigned slot = 0; slot < STEER_SLOTS; slot++)
		CHECK(count[slot] > 900 && count[slot] < 1150);
}

int main(void)
{
	RUN(agrees_with_the_hash_of_nics);
	RUN(is_linear_in_every_value);
	RUN(gives_both_directions_one_owner);
	RUN(replies_to_a_fitting_port_come_to_the_owner);
	RUN(fitting_ports_can_be_counted);
	RUN(every_core_owns_its_share);
	RUN(spreads_flows_evenly);
	return 0;
}
