// SPDX-License-Identifier: Apache-2.0
// IPv4 packets that are larger than the MTU of the link they leave by, and may be cut (RFC 791 3.2).
// A piece can be cut again. The packet itself becomes the first piece; the others are new packets
// of the core's own.
#include "pipeline/fragment_send.h"

#include "pipeline/forward.h"

enum { PIECES_MAX = 64, L2_ROOM = 18 };
enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_COPIED = 0x80 };
enum { MORE_FRAGMENTS = 0x2000, OFFSET = 0x1fff };

bool fragment_may_cut(const struct packet *p)
{
	return p->family == 4 && (p->ip[6] & 0x40) == 0;
}

uint32_t fragment_later_header(const uint8_t *ip, uint32_t header, uint8_t *out)
{
	uint32_t length = 20;
	memcpy(out, ip, 20);
	for (uint32_t at = 20; at < header && ip[at] != OPTION_END;) {
		uint32_t size = ip[at] == OPTION_NOP ? 1 : ip[at + 1];
		if (ip[at] & OPTION_COPIED) {
			memcpy(out + length, ip + at, size);
			length += size;
		}
		at += size;
	}
	while (length % 4 != 0)
		out[length++] = OPTION_END;
	out[0] = (uint8_t)(0x40 | length / 4);
	return length;
}

// Writes what differs from piece to piece. at: offset of the payload in the packet that is cut.
static void finish_header(uint8_t *ip, uint32_t header, uint32_t payload, uint16_t field, uint32_t at,
			  bool last)
{
	uint16_t offset = (uint16_t)((field & OFFSET) + at / 8);
	write16(ip + 2, (uint16_t)(header + payload));
	write16(ip + 6, (uint16_t)((field & ~(OFFSET | MORE_FRAGMENTS)) | offset |
				   (last ? field & MORE_FRAGMENTS : MORE_FRAGMENTS)));
	ip[10] = ip[11] = 0;
	checksum_store(ip + 10, checksum_add(0, ip, header));
}

// A piece of the packet, with room for the Ethernet header. False: no buffer.
static bool start_piece(const struct packet *p, struct packet *piece, const uint8_t *header,
			uint32_t header_length, uint32_t at, uint32_t payload)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(p->mbuf->pool);
	uint32_t length = header_length + payload;
	if (mbuf == NULL)
		return false;
	packet_start(piece, mbuf);
	uint8_t *frame = (uint8_t *)rte_pktmbuf_append(mbuf, (uint16_t)(L2_ROOM + length));
	if (frame == NULL) {
		rte_pktmbuf_free(mbuf);
		return false;
	}
	piece->own = true;
	piece->family = 4;
	piece->tci = p->tci;
	piece->l2_length = L2_ROOM;
	piece->ip_length = (uint16_t)length;
	piece->ip = frame + L2_ROOM;
	memcpy(piece->ip, header, header_length);
	memcpy(piece->ip + header_length, p->ip + (p->ip[0] & 15) * 4 + at, payload);
	return true;
}

// All pieces but the first. Their number, or 0 when they cannot be made.
static unsigned make_pieces(const struct packet *p, uint32_t at, uint32_t mtu, struct packet *pieces)
{
	uint8_t header[60];
	uint32_t first_header = (p->ip[0] & 15u) * 4, left = p->ip_length - first_header - at;
	uint32_t header_length = fragment_later_header(p->ip, first_header, header);
	uint32_t room = (mtu - header_length) & ~7u;
	uint16_t field = read16(p->ip + 6);
	unsigned count = 0;
	while (left != 0) {
		bool last = left <= mtu - header_length;
		uint32_t payload = last ? left : room;
		if (count == PIECES_MAX ||
		    !start_piece(p, &pieces[count], header, header_length, at, payload)) {
			while (count != 0)
				rte_pktmbuf_free(pieces[--count].mbuf);
			return 0;
		}
		finish_header(pieces[count++].ip, header_length, payload, field, at, last);
		at += payload;
		left -= payload;
	}
	return count;
}

static void send(struct core *c, struct packet *p, uint16_t interface, const uint8_t destination[6])
{
	if (forward_write_l2(c, p, interface, destination))
		core_end_forwarded(c, p, interface);
	else
		core_end_dropped(c, p, FW_DROP_FRAME_OVERSIZED);
}

void fragment_send(struct core *c, struct packet *p, uint16_t interface,
		   const uint8_t destination[6])
{
	struct packet pieces[PIECES_MAX];
	uint32_t header = (p->ip[0] & 15u) * 4, mtu = c->tables->interfaces[interface].mtu;
	if (!fragment_may_cut(p) || mtu < header + 8) {
		core_end_dropped(c, p, FW_DROP_MTU_EXCEEDED);
		return;
	}
	uint32_t first = (mtu - header) & ~7u;
	p->ip[8]--;
	unsigned count = make_pieces(p, first, mtu, pieces);
	if (count == 0) {
		core_end_dropped(c, p, FW_DROP_NO_BUFFER);
		return;
	}
	finish_header(p->ip, header, first, read16(p->ip + 6), 0, false);
	p->ip_length = (uint16_t)(header + first);
	send(c, p, interface, destination);
	for (unsigned i = 0; i < count; i++) {
		c->config.counters->originated++;
		send(c, &pieces[i], interface, destination);
	}
}
