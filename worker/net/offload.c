// SPDX-License-Identifier: Apache-2.0
#include "net/offload.h"

#include <arpa/inet.h>
#include <string.h>

#define ETHER_SIZE 14
#define TCP_FIN_PSH 0x09
#define TCP_CWR 0x80

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint64_t sum(const uint8_t *p, size_t n, uint64_t s)
{
	for (; n >= 4; p += 4, n -= 4) {
		uint32_t v;
		memcpy(&v, p, 4);
		s += v;
	}
	uint32_t tail = 0;
	memcpy(&tail, p, n); // n < 4; the rest stays zero
	return s + tail;
}

static uint16_t fold(uint64_t s) // checksum, in the byte order of memory
{
	s = (s & 0xffffffff) + (s >> 32);
	s = (s & 0xffffffff) + (s >> 32);
	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	return (uint16_t)~s;
}

bool offload_checksum(uint8_t *frame, size_t length, uint16_t start, uint16_t offset)
{
	size_t field = (size_t)start + offset;
	if (start >= length || field + 2 > length)
		return false;
	uint16_t c = fold(sum(frame + start, length - start, 0));
	if (c == 0)
		c = 0xffff; // 0 would mean "no checksum" in UDP and is the same number in TCP
	memcpy(frame + field, &c, 2);
	return true;
}

static bool segment_network(struct segmenter *s)
{
	size_t at = ETHER_SIZE;
	uint16_t type = get16(s->frame + 12);
	if (type == 0x8100 || type == 0x88a8) {
		if (s->length < ETHER_SIZE + 4)
			return false;
		type = get16(s->frame + 16);
		at += 4;
	}
	s->l3 = (uint16_t)at;
	s->ipv6 = type == 0x86dd;
	if (s->ipv6)
		return s->l4 >= at + 40;
	return type == 0x0800 && s->length >= at + 20 &&
	       s->l4 == at + (size_t)(s->frame[at] & 15) * 4 && s->l4 >= at + 20;
}

bool segment_begin(struct segmenter *s, const uint8_t *frame, size_t length,
		   const struct virtio_net_hdr *h)
{
	uint8_t type = h->gso_type & (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;
	*s = (struct segmenter){.frame = frame,
				.length = length,
				.l4 = h->csum_start,
				.size = h->gso_size,
				.tcp = type != VIRTIO_NET_HDR_GSO_UDP_L4};
	if (s->size == 0 || !(h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) || length < ETHER_SIZE + 20)
		return false;
	if (type != VIRTIO_NET_HDR_GSO_TCPV4 && type != VIRTIO_NET_HDR_GSO_TCPV6 && s->tcp)
		return false;
	if (!segment_network(s) || (s->tcp && s->ipv6 != (type == VIRTIO_NET_HDR_GSO_TCPV6)))
		return false;
	size_t header = s->tcp ? 20 : 8;
	if (s->l4 + header > length)
		return false;
	if (s->tcp)
		header = (size_t)(frame[s->l4 + 12] >> 4) * 4;
	if (header < 8 || (s->tcp && header < 20) || s->l4 + header > length ||
	    s->l4 + header > UINT16_MAX)
		return false;
	s->payload = (uint16_t)(s->l4 + header);
	s->next = s->payload;
	return true;
}

bool segment_left(const struct segmenter *s)
{
	return s->next < s->length || s->index == 0;
}

size_t segment_length(const struct segmenter *s)
{
	size_t left = s->length - s->next;
	return s->payload + (left < s->size ? left : s->size);
}

static void segment_l3(const struct segmenter *s, uint8_t *out, size_t length)
{
	uint8_t *ip = out + s->l3;
	if (s->ipv6) {
		put16(ip + 4, (uint16_t)(length - s->l3 - 40));
		return;
	}
	put16(ip + 2, (uint16_t)(length - s->l3));
	put16(ip + 4, (uint16_t)(get16(ip + 4) + s->index));
	memset(ip + 10, 0, 2);
	uint16_t c = fold(sum(ip, (size_t)(s->l4 - s->l3), 0));
	memcpy(ip + 10, &c, 2);
}

static uint64_t segment_pseudo(const struct segmenter *s, const uint8_t *out, size_t l4_length)
{
	const uint8_t *ip = out + s->l3;
	uint32_t tail[2] = {htonl((uint32_t)l4_length), htonl(s->tcp ? 6 : 17)};
	uint64_t v = sum((const uint8_t *)tail, sizeof(tail), 0);
	return s->ipv6 ? sum(ip + 8, 32, v) : sum(ip + 12, 8, v);
}

void segment_next(struct segmenter *s, uint8_t *out)
{
	size_t length = segment_length(s), payload = length - s->payload;
	bool last = s->next + payload >= s->length;
	memcpy(out, s->frame, s->payload);
	memcpy(out + s->payload, s->frame + s->next, payload);
	segment_l3(s, out, length);
	uint8_t *l4 = out + s->l4;
	size_t field = s->tcp ? 16 : 6;
	if (s->tcp) {
		uint32_t sequence = htonl(get32(l4 + 4) + (uint32_t)(s->next - s->payload));
		memcpy(l4 + 4, &sequence, 4);
		if (!last)
			l4[13] &= (uint8_t)~TCP_FIN_PSH;
		if (s->index > 0)
			l4[13] &= (uint8_t)~TCP_CWR;
	} else {
		put16(l4 + 4, (uint16_t)(length - s->l4));
	}
	memset(l4 + field, 0, 2);
	uint64_t v = segment_pseudo(s, out, length - s->l4);
	uint16_t c = fold(sum(l4, length - s->l4, v));
	if (c == 0)
		c = 0xffff;
	memcpy(l4 + field, &c, 2);
	s->next += payload;
	s->index++;
}
