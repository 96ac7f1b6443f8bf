// SPDX-License-Identifier: Apache-2.0
// Sessions that were opened with one number of cores and are attached with another: packets of both directions find the owner
// by what steering looks at, and nothing is left when the sessions are gone.
#include "steer/detour.h"

#include <arpa/inet.h>
#include "steer/ports.h"
#include "steer/steer.h"
#include "test.h"

enum { SESSIONS = 3000 };

static const uint8_t nat[4] = {198, 51, 100, 7};
static struct fw_session4 sessions[SESSIONS];

// As source NAT opens it with so many cores: the port is the first that fits and that no other session has.
static void open_with(struct fw_session4 *s, uint32_t cores, unsigned number, uint64_t *seed)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, 47};
	struct fw_line4 *out = &s->line[0], *back = &s->line[1];
	uint32_t client = htonl(0x0a010000 + number), remote = htonl((uint32_t)test_random(seed));
	memset(s, 0, sizeof(*s));
	memcpy(out->source, &client, 4);
	memcpy(out->destination, &remote, 4);
	out->protocol = back->protocol = protocols[number % 4];
	out->source_port_be = out->destination_port_be = htons((uint16_t)(1024 + test_below(seed, 60000)));
	if (!steer_is_icmp(out->protocol))
		out->destination_port_be = htons(443);
	memcpy(back->source, &remote, 4);
	memcpy(back->destination, nat, 4);
	struct steer_ports ports = steer_ports(cores, out->source, out->source_port_be, nat, 1024, 65535);
	uint16_t port = 0;
	while (port == 0)
		port = steer_ports_at(&ports, test_below(seed, ports.count));
	back->destination_port_be = htons(port);
	back->source_port_be = steer_is_icmp(out->protocol) ? htons(port) : out->destination_port_be;
	if (out->protocol == 47)
		out->source_port_be = out->destination_port_be = back->source_port_be = back->destination_port_be = 0;
}

static uint32_t steered(const struct detours *d, uint32_t cores, const struct session_key4 *key)
{
	uint32_t core;
	if (detours_find(d, key, &core))
		return core;
	return steer_owner4(cores, key->source, key->source_port_be, key->destination,
			    key->destination_port_be, key->protocol);
}

static void every_change_keeps_both_directions_together(void)
{
	uint64_t seed = 99;
	unsigned most = 0;
	for (uint32_t before = 1; before <= 8; before++)
		for (uint32_t after = 2; after <= 8; after++) {
			struct detours *d = detours_create(after);
			unsigned crossing = 0;
			CHECK(d != NULL);
			for (unsigned i = 0; i < SESSIONS; i++) {
				open_with(&sessions[i], before, i, &seed);
				unsigned core = detours_owner(d, 4, &sessions[i]);
				CHECK(core < after);
			}
			for (unsigned i = 0; i < SESSIONS; i++) {
				const struct fw_line4 *out = &sessions[i].line[0];
				struct session_key4 key = session_reply_key(&sessions[i]);
				uint32_t core = steer_owner4(after, out->source, out->source_port_be, out->destination,
							     out->destination_port_be, out->protocol);
				CHECK_EQ(steered(d, after, &key), core);
				uint32_t there;
				crossing += detours_find(d, &key, &there);
			}
			if (before == after)
				CHECK_EQ(crossing, 0);
			else if (before == 1)
				CHECK(crossing > SESSIONS / 8);
			CHECK(crossing == 0 || detours_count(d) > 0);
			most = crossing > most ? crossing : most;
			detours_free(d);
		}
	CHECK(most > SESSIONS / 2);
}

static void what_has_ended_is_forgotten(void)
{
	uint64_t seed = 7;
	struct detours *d = detours_create(2);
	uint32_t core, noted = 0;
	CHECK(d != NULL);
	for (unsigned i = 0; i < SESSIONS; i++) {
		open_with(&sessions[i], 1, i, &seed);
		detours_owner(d, 4, &sessions[i]);
	}
	uint32_t all = detours_count(d);
	CHECK(all > SESSIONS / 8);
	for (unsigned i = 0; i < SESSIONS; i++) {
		struct session_key4 key = session_reply_key(&sessions[i]);
		bool had = detours_find(d, &key, &core);
		detours_forget(d, &key);
		detours_forget(d, &key); // a session that never had one, or a second time
		CHECK(!detours_find(d, &key, &core));
		noted += had;
		CHECK_EQ(detours_count(d), all - noted);
	}
	CHECK_EQ(detours_count(d), 0);
	detours_free(d);
}

static void other_keys_are_not_found(void)
{
	uint64_t seed = 11;
	struct detours *d = detours_create(2);
	uint32_t core;
	for (unsigned i = 0; i < SESSIONS; i++) {
		open_with(&sessions[i], 1, i, &seed);
		detours_owner(d, 4, &sessions[i]);
	}
	for (unsigned i = 0; i < SESSIONS; i++) {
		struct session_key4 key = session_reply_key(&sessions[i]);
		key.vrf = 7; // another network
		CHECK(!detours_find(d, &key, &core));
		key.vrf = 0;
		key.source[0] ^= 1; // the same chain
		key.destination[0] ^= 1;
		CHECK(!detours_find(d, &key, &core));
	}
	detours_free(d);
}

static void ipv6_has_no_detours(void)
{
	uint64_t seed = 5;
	struct detours *d = detours_create(4);
	for (unsigned i = 0; i < 1000; i++) {
		struct fw_session6 s;
		memset(&s, 0, sizeof(s));
		for (unsigned n = 0; n < 16; n++) {
			s.line[0].source[n] = (uint8_t)(test_random(&seed) >> 32);
			s.line[0].destination[n] = (uint8_t)(test_random(&seed) >> 32);
		}
		s.line[0].protocol = IPPROTO_UDP;
		CHECK(detours_owner(d, 6, &s) < 4);
	}
	CHECK_EQ(detours_count(d), 0);
	detours_free(d);
}

int main(void)
{
	RUN(every_change_keeps_both_directions_together);
	RUN(what_has_ended_is_forgotten);
	RUN(other_keys_are_not_found);
	RUN(ipv6_has_no_detours);
	return 0;
}
