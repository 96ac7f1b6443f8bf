// SPDX-License-Identifier: Apache-2.0
#include "net/offload.h"
#include "test.h"

#define L3 14u
#define SIZE 65000u

// RFC 1071, a byte pair at a time: another way than offload.c.
static uint16_t slow_sum(const uint8_t *p, size_t n, uint32_t s)
{
	for (size_t i = 0; i < n; i++)
		s += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
	while (s >> 16 != 0)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)s;
}

static uint16_t pseudo(const uint8_t *frame, bool ipv6, uint8_t protocol, size_t l4_length)
{
	uint32_t s = protocol + (uint32_t)(l4_length & 0xffff) + (uint32_t)(l4_length >> 16);
	return ipv6 ? slow_sum(frame + L3 + 8, 32, s) : slow_sum(frame + L3 + 12, 8, s);
}

struct made {
	uint8_t frame[SIZE + 100];
	size_t length, header;
	struct virtio_net_hdr h;
};

static void put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static struct made *make(bool tcp, bool ipv6, size_t payload, uint16_t mss)
{
	static struct made m;
	memset(&m, 0, sizeof(m));
	size_t l4 = L3 + (ipv6 ? 40u : 20u);
	m.header = l4 + (tcp ? 32u : 8u);
	m.length = m.header + payload;
	uint8_t *ip = m.frame + L3, *t = m.frame + l4;
	put16(m.frame + 12, ipv6 ? 0x86dd : 0x0800);
	ip[0] = ipv6 ? 0x60 : 0x45;
	ip[ipv6 ? 6 : 9] = tcp ? 6 : 17;
	ip[ipv6 ? 7 : 8] = 64;
	memset(ip + (ipv6 ? 8 : 12), 0x21, ipv6 ? 32 : 8);
	if (!ipv6)
		put16(ip + 4, 0xfffe); // identification that wraps
	put16(t, 40000);
	put16(t + 2, 443);
	if (tcp) {
		memcpy(t + 4, "\xff\xff\xff\x00", 4); // sequence number that wraps
		t[12] = 8 << 4;
		t[13] = 0x99; // CWR ACK PSH FIN
	}
	for (size_t i = 0; i < payload; i++)
		m.frame[m.header + i] = (uint8_t)(i * 7 + i / 256);
	m.h = (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = !tcp ? VIRTIO_NET_HDR_GSO_UDP_L4 :
			    ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 :
				   VIRTIO_NET_HDR_GSO_TCPV4,
		.gso_size = mss,
		.csum_start = (uint16_t)l4,
		.csum_offset = tcp ? 16 : 6};
	return &m;
}

static void check_segment(const struct made *m, const uint8_t *s, size_t length, unsigned index,
			  bool last, bool tcp, bool ipv6)
{
	size_t l4 = L3 + (ipv6 ? 40u : 20u), at = index * (size_t)m->h.gso_size;
	CHECK(memcmp(s + m->header, m->frame + m->header + at, length - m->header) == 0);
	CHECK_EQ(slow_sum(s + l4, length - l4, pseudo(s, ipv6, tcp ? 6 : 17, length - l4)), 0xffff);
	if (ipv6) {
		CHECK_EQ(s[L3 + 4] << 8 | s[L3 + 5], length - l4);
	} else {
		CHECK_EQ(s[L3 + 2] << 8 | s[L3 + 3], length - L3);
		CHECK_EQ(s[L3 + 4] << 8 | s[L3 + 5], (0xfffe + index) & 0xffff);
		CHECK_EQ(slow_sum(s + L3, 20, 0), 0xffff);
	}
	if (!tcp) {
		CHECK_EQ(s[l4 + 4] << 8 | s[l4 + 5], length - l4);
		return;
	}
	uint32_t sequence = (uint32_t)s[l4 + 4] << 24 | (uint32_t)s[l4 + 5] << 16 |
			    (uint32_t)s[l4 + 6] << 8 | s[l4 + 7];
	CHECK_EQ(sequence, (uint32_t)(0xffffff00u + at));
	CHECK_EQ(s[l4 + 13], 0x10 | (index == 0 ? 0x80 : 0) | (last ? 0x09 : 0));
}

static void check_all(bool tcp, bool ipv6, size_t payload, uint16_t mss)
{
	struct made *m = make(tcp, ipv6, payload, mss);
	struct segmenter s;
	CHECK(segment_begin(&s, m->frame, m->length, &m->h));
	unsigned n = 0;
	size_t sum = 0;
	while (segment_left(&s)) {
		size_t length = segment_length(&s);
		uint8_t *out = malloc(length); // exact: a byte too many is an error of the sanitizer
		segment_next(&s, out);
		check_segment(m, out, length, n++, !segment_left(&s), tcp, ipv6);
		sum += length - m->header;
		free(out);
	}
	CHECK_EQ(sum, payload);
	CHECK_EQ(n, payload == 0 ? 1 : (payload + mss - 1) / mss);
}

static void segments_tcp_and_udp_of_both_families(void)
{
	for (unsigned kind = 0; kind < 4; kind++) {
		check_all(kind & 1, kind & 2, 1, 1448);
		check_all(kind & 1, kind & 2, 1448, 1448);
		check_all(kind & 1, kind & 2, 1449, 1448);
		check_all(kind & 1, kind & 2, 60000, 1398);
		check_all(kind & 1, kind & 2, 5001, 536);
	}
}

static void keeps_a_vlan_tag_in_the_frame(void)
{
	struct made *m = make(true, false, 3000, 1000);
	memmove(m->frame + 16, m->frame + 12, m->length - 12);
	memcpy(m->frame + 12, "\x81\x00\x00\x64", 4);
	m->h.csum_start = (uint16_t)(m->h.csum_start + 4);
	struct segmenter s;
	CHECK(segment_begin(&s, m->frame, m->length + 4, &m->h));
	uint8_t out[2000];
	segment_next(&s, out);
	CHECK_EQ(out[15], 100);
	CHECK_EQ(slow_sum(out + 18, 20, 0), 0xffff);
}

static void refuses_what_its_header_does_not_fit(void)
{
	struct segmenter s;
	struct made *m = make(true, false, 3000, 0);
	CHECK(!segment_begin(&s, m->frame, m->length, &m->h));
	m = make(true, false, 3000, 1000);
	CHECK(!segment_begin(&s, m->frame, 60, &m->h));
	m->h.csum_start = 40;
	CHECK(!segment_begin(&s, m->frame, m->length, &m->h));
	m = make(true, true, 3000, 1000);
	m->h.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	CHECK(!segment_begin(&s, m->frame, m->length, &m->h));
	m = make(false, false, 3000, 1000);
	m->h.gso_type = VIRTIO_NET_HDR_GSO_UDP; // fragments, not segments
	CHECK(!segment_begin(&s, m->frame, m->length, &m->h));
	m = make(true, false, 3000, 1000);
	m->frame[L3 + 20 + 12] = 0x10; // TCP header of 4 bytes
	CHECK(!segment_begin(&s, m->frame, m->length, &m->h));
}

static void stays_inside_for_random_frames(void)
{
	uint64_t seed = 7;
	for (unsigned i = 0; i < 20000; i++) {
		size_t length = test_below(&seed, 300);
		uint8_t *frame = malloc(length + 1);
		for (size_t j = 0; j < length; j++)
			frame[j] = (uint8_t)test_random(&seed);
		if (length > 14)
			memcpy(frame + 12, test_below(&seed, 2) ? "\x08\x00\x45" : "\x86\xdd\x60", 3);
		struct virtio_net_hdr h = {.flags = 1,
					   .gso_type = (uint8_t)test_below(&seed, 6),
					   .gso_size = (uint16_t)test_below(&seed, 100),
					   .csum_start = (uint16_t)test_below(&seed, 80),
					   .csum_offset = (uint16_t)test_below(&seed, 300)};
		offload_checksum(frame, length, h.csum_start, h.csum_offset);
		struct segmenter s;
		if (segment_begin(&s, frame, length, &h)) {
			while (segment_left(&s)) {
				uint8_t *out = malloc(segment_length(&s));
				segment_next(&s, out);
				free(out);
			}
		}
		free(frame);
	}
}

static void completes_a_partial_checksum(void)
{
	for (unsigned kind = 0; kind < 4; kind++) {
		bool tcp = kind & 1, ipv6 = kind & 2;
		struct made *m = make(tcp, ipv6, 333, 1000);
		size_t l4 = m->h.csum_start;
		uint16_t partial = pseudo(m->frame, ipv6, tcp ? 6 : 17, m->length - l4);
		put16(m->frame + l4 + m->h.csum_offset, partial);
		CHECK(offload_checksum(m->frame, m->length, m->h.csum_start, m->h.csum_offset));
		CHECK_EQ(slow_sum(m->frame + l4, m->length - l4, partial), 0xffff);
	}
	uint8_t frame[20] = {0};
	CHECK(!offload_checksum(frame, 20, 19, 0));
	CHECK(!offload_checksum(frame, 20, 10, 9));
	CHECK(!offload_checksum(frame, 20, 20, 0));
}

int main(void)
{
	RUN(segments_tcp_and_udp_of_both_families);
	RUN(keeps_a_vlan_tag_in_the_frame);
	RUN(refuses_what_its_header_does_not_fit);
	RUN(stays_inside_for_random_frames);
	RUN(completes_a_partial_checksum);
	return 0;
}
