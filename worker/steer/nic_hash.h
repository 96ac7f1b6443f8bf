// SPDX-License-Identifier: Apache-2.0
// For tests: the hash that a NIC computes over addresses and ports as they stand in a packet, by DPDK's own Toeplitz.
#ifndef PORTCULLIS_STEER_NIC_HASH_H
#define PORTCULLIS_STEER_NIC_HASH_H

#include <stdint.h>
#include <string.h>
#include <rte_byteorder.h>
#include <rte_thash.h>

// size: of an address, 4 or 16. The key has at least 40 bytes.
static inline uint32_t nic_hash(const uint8_t *source, const uint8_t *destination, size_t size,
				uint16_t source_port_be, uint16_t destination_port_be, const uint8_t *key)
{
	uint8_t bytes[36];
	uint32_t words[9];
	memcpy(bytes, source, size);
	memcpy(bytes + size, destination, size);
	memcpy(bytes + 2 * size, &source_port_be, 2);
	memcpy(bytes + 2 * size + 2, &destination_port_be, 2);
	for (size_t i = 0; i < size / 2 + 1; i++) {
		memcpy(&words[i], bytes + 4 * i, 4);
		words[i] = rte_be_to_cpu_32(words[i]);
	}
	return rte_softrss(words, (uint32_t)(size / 2 + 1), key);
}

#endif
