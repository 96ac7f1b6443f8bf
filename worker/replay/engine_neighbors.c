// SPDX-License-Identifier: Apache-2.0
// Neighbors: static ones of the program, and what ARP and neighbor discovery say in passing.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline/packet.h"
#include "replay/engine_own.h"

enum {
	ARP_ETHERNET = 1,
	ND_ROUTER_ADVERTISEMENT = 134,
	ND_SOLICITATION = 135,
	ND_ADVERTISEMENT = 136
};
enum { OPTION_SOURCE_LINK = 1, OPTION_TARGET_LINK = 2 };

int engine_add_neighbor(struct engine *e, const struct neighbor_key *key, const uint8_t mac[6],
			bool is_static)
{
	if (e->known_count == e->known_room) {
		size_t room = e->known_room == 0 ? 64 : e->known_room * 2;
		struct engine_neighbor *grown = realloc(e->known, room * sizeof(*grown));
		if (grown == NULL)
			return -ENOMEM;
		e->known = grown;
		e->known_room = room;
	}
	int error = neighbor_set(e->neighbors, key, mac, is_static);
	if (error != 0)
		return error;
	for (size_t i = 0; i < e->known_count; i++)
		if (memcmp(&e->known[i].key, key, sizeof(*key)) == 0 &&
		    e->known[i].is_static == is_static)
			return 0;
	e->known[e->known_count++] = (struct engine_neighbor){*key, is_static};
	return 0;
}

void engine_remove_neighbors(struct engine *e, bool learned_too)
{
	size_t kept = 0;
	for (size_t i = 0; i < e->known_count; i++) {
		if (e->known[i].is_static || learned_too)
			neighbor_delete(e->neighbors, &e->known[i].key, e->known[i].is_static);
		else
			e->known[kept++] = e->known[i];
	}
	e->known_count = kept;
}

static struct neighbor_key make_key(const struct engine *e, uint32_t interface, uint8_t family,
				    const uint8_t *address)
{
	struct neighbor_key key;
	memset(&key, 0, sizeof(key));
	key.interface = e->tables->interfaces[interface].name_id;
	key.family = family;
	memcpy(key.address, address, family == 4 ? 4 : 16);
	return key;
}

int engine_install_neighbors(struct engine *e)
{
	const struct fw_program *program = e->tables->program;
	const struct fw_neighbor_row *rows =
	    (const void *)((const uint8_t *)program + program->neighbors.offset);
	for (uint32_t i = 0; i < program->neighbors.count; i++) {
		struct neighbor_key key =
		    make_key(e, rows[i].interface, rows[i].family, rows[i].address);
		int error = engine_add_neighbor(e, &key, rows[i].mac, true);
		if (error != 0)
			return error;
	}
	return 0;
}

int engine_set_neighbor(struct engine *e, uint32_t interface, uint8_t family,
			const uint8_t address[16], const uint8_t *mac)
{
	struct neighbor_key key = make_key(e, interface, family, address);
	if (mac != NULL)
		return engine_add_neighbor(e, &key, mac, false);
	neighbor_delete(e->neighbors, &key, false);
	neighbor_delete(e->neighbors, &key, true);
	return 0;
}

static bool is_zero(const uint8_t *bytes, size_t count)
{
	while (count-- > 0)
		if (bytes[count] != 0)
			return false;
	return true;
}

static void learn(struct engine *e, uint32_t interface, uint8_t family, const uint8_t *address,
		  const uint8_t mac[6])
{
	if (is_zero(address, family == 4 ? 4 : 16) || mac[0] & 1 || is_zero(mac, 6))
		return;
	struct neighbor_key key = make_key(e, interface, family, address);
	uint8_t known[6];
	bool room = e->known_count < (size_t)e->tables->program->neighbors.count +
					 e->tables->program->neighbor_limit;
	if (room || neighbor_lookup(e->neighbors, &key, known) != FW_NO_INDEX)
		engine_add_neighbor(e, &key, mac, false); // a full table keeps what it has
}

static void learn_arp(struct engine *e, uint32_t interface, const uint8_t *arp)
{
	if (read16(arp) == ARP_ETHERNET && read16(arp + 2) == RTE_ETHER_TYPE_IPV4 && arp[4] == 6 &&
	    arp[5] == 4)
		learn(e, interface, 4, arp + 14, arp + 8);
}

// The link-layer address option of a discovery message (RFC 4861 4.6.1).
static const uint8_t *find_option(const uint8_t *options, uint32_t left, uint8_t type)
{
	while (left >= 8) {
		uint32_t size = options[1] * 8u;
		if (size == 0 || size > left)
			return NULL;
		if (options[0] == type)
			return options + 2;
		options += size;
		left -= size;
	}
	return NULL;
}

static void learn_discovery(struct engine *e, uint32_t interface, const uint8_t *ip, uint32_t left)
{
	const uint8_t *icmp = ip + 40, *mac;
	if (left < 40 + 16 || ip[6] != 58)
		return;
	switch (icmp[0]) {
	case ND_ROUTER_ADVERTISEMENT:
		mac = find_option(icmp + 16, left - 40 - 16, OPTION_SOURCE_LINK);
		break;
	case ND_SOLICITATION:
	case ND_ADVERTISEMENT:
		if (left < 40 + 24)
			return;
		mac = find_option(icmp + 24, left - 40 - 24,
				  icmp[0] == ND_SOLICITATION ? OPTION_SOURCE_LINK
							     : OPTION_TARGET_LINK);
		break;
	default:
		return;
	}
	if (mac != NULL)
		learn(e, interface, 6, icmp[0] == ND_ADVERTISEMENT ? icmp + 8 : ip + 8, mac);
}

void engine_learn(struct engine *e, uint32_t interface, const uint8_t *frame, uint32_t length)
{
	uint16_t ethertype = length < 14 ? 0 : read16(frame + 12);
	if (ethertype == RTE_ETHER_TYPE_ARP && length >= 14 + 28)
		learn_arp(e, interface, frame + 14);
	else if (ethertype == RTE_ETHER_TYPE_IPV6)
		learn_discovery(e, interface, frame + 14, length - 14);
}
