// SPDX-License-Identifier: Apache-2.0
#include "pipeline/answer.h"

#include "net/live.h"
#include "pipeline/address.h"
#include "pipeline/checksum.h"
#include "pipeline/forward.h"
#include "tables/program.h"

enum { ANSWER_TTL = 64, L2_ROOM = 18 };

// The address of an interface in the prefix that a host is in, by the configuration.
static bool facing_address(const struct core *c, uint16_t interface, const struct packet *p,
			   uint8_t out[16])
{
	const struct fw_program *program = c->tables->program;
	const struct fw_interface_row *row = program_row_interface(program, interface);
	for (uint32_t i = 0; i < row->address_count; i++) {
		const struct fw_prefix_row *a =
		    program_row_interface_address(program, row->address_first + i);
		if (a->family != p->family ||
		    !address_in_prefix(packet_source(p), a->address, a->length))
			continue;
		memcpy(out, a->address, 16);
		return true;
	}
	return false;
}

static bool live_address(const struct interface *interface, uint8_t family, uint8_t out[16])
{
	return family == 4 ? live_address4(&interface->live, out)
			   : live_address6(&interface->live, out);
}

bool answer_source(const struct core *c, const struct packet *p, uint8_t out[16])
{
	const struct tables *t = c->tables;
	if (facing_address(c, p->interface, p, out) ||
	    live_address(&t->interfaces[p->interface], p->family, out))
		return true;
	for (uint32_t i = 0; i < t->interface_count; i++)
		if (t->interfaces[i].vrf == t->interfaces[p->interface].vrf &&
		    live_address(&t->interfaces[i], p->family, out))
			return true;
	return false;
}

bool answer_start(struct core *c, const struct packet *p, struct packet *answer,
			 uint32_t ip_length)
{
	struct rte_mbuf *mbuf = core_originate(c);
	if (mbuf == NULL)
		return false;
	packet_start(answer, mbuf);
	answer->own = true;
	answer->family = p->family;
	answer->tci = p->tci;
	answer->l2_length = L2_ROOM;
	answer->ip_length = (uint16_t)ip_length;
	uint8_t *frame = (uint8_t *)rte_pktmbuf_append(mbuf, (uint16_t)(L2_ROOM + ip_length));
	if (frame == NULL) {
		core_end_dropped(c, answer, FW_DROP_FRAME_OVERSIZED);
		return false;
	}
	answer->ip = frame + L2_ROOM;
	return true;
}

void answer_send(struct core *c, const struct packet *p, struct packet *answer)
{
	uint8_t station[6];
	memcpy(station, packet_l2(p) + 6, 6);
	if (forward_write_l2(c, answer, p->interface, station))
		core_end_forwarded(c, answer, p->interface);
	else
		core_end_dropped(c, answer, FW_DROP_FRAME_OVERSIZED);
}

// IP header of the answer; payload starts at the result.
static uint8_t *write_ip4(struct packet *answer, uint8_t protocol, const uint8_t *source,
			  const uint8_t *destination)
{
	uint8_t *ip = answer->ip;
	memset(ip, 0, 20);
	ip[0] = 0x45;
	write16(ip + 2, answer->ip_length);
	ip[6] = 0x40; // do not fragment
	ip[8] = ANSWER_TTL;
	ip[9] = protocol;
	memcpy(ip + 12, source, 4);
	memcpy(ip + 16, destination, 4);
	checksum_store(ip + 10, checksum_add(0, ip, 20));
	return ip + 20;
}

static uint8_t *write_ip6(struct packet *answer, uint8_t protocol, const uint8_t *source,
			  const uint8_t *destination)
{
	uint8_t *ip = answer->ip;
	memset(ip, 0, 8);
	ip[0] = 0x60;
	write16(ip + 4, (uint16_t)(answer->ip_length - 40));
	ip[6] = protocol;
	ip[7] = ANSWER_TTL;
	memcpy(ip + 8, source, 16);
	memcpy(ip + 24, destination, 16);
	return ip + 40;
}

uint8_t *answer_write_ip(struct packet *answer, uint8_t protocol, const uint8_t *source,
			 const uint8_t *destination)
{
	return answer->family == 4 ? write_ip4(answer, protocol, source, destination)
				   : write_ip6(answer, protocol, source, destination);
}

uint64_t answer_pseudo_sum(const struct packet *answer, uint8_t protocol, uint16_t length)
{
	uint8_t tail[4] = {0, protocol};
	write16(tail + 2, length);
	const uint8_t *addresses = answer->family == 4 ? answer->ip + 12 : answer->ip + 8;
	return checksum_add(checksum_add(0, addresses, answer->family == 4 ? 8 : 32), tail, 4);
}
