// SPDX-License-Identifier: Apache-2.0
// What a NIC would have done to a frame before it came out of the wire: checksums and TCP/UDP segmentation, in software.
// Plain bytes in and out; every length is checked.
#ifndef PORTCULLIS_NET_OFFLOAD_H
#define PORTCULLIS_NET_OFFLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/virtio_net.h>

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

// Completes a partial checksum: the field at start + offset holds the pseudo header's sum. False: outside the frame.
bool offload_checksum(uint8_t *frame, size_t length, uint16_t start, uint16_t offset);

// Cuts one large frame into frames of gso_size bytes of payload each.
struct segmenter {
	const uint8_t *frame;
	size_t length;
	uint16_t l3, l4, payload; // offsets
	uint16_t size; // payload of each segment
	bool tcp, ipv6;
	size_t next; // offset of the next payload byte
	uint32_t index;
};

// Returns false when the frame is not what its header says (not TCP or UDP over IPv4 or IPv6, truncated, size 0).
bool segment_begin(struct segmenter *s, const uint8_t *frame, size_t length,
		   const struct virtio_net_hdr *h);
bool segment_left(const struct segmenter *s);
size_t segment_length(const struct segmenter *s); // of the next segment
// Writes the next segment, complete with lengths and checksums, to out (segment_length() bytes).
void segment_next(struct segmenter *s, uint8_t *out);

#endif
