// SPDX-License-Identifier: Apache-2.0
// Which core owns a packet: a pure function of its addresses and ports, the same for both directions.
//
// The hash is what NICs compute with the receive side scaling key 0x6d5a 0x6d5a ...: the Toeplitz hash then depends only on
// x, the exclusive or of all 16-bit words of addresses and ports, so source and destination may be swapped. It is also linear:
// hash(a ^ b) == hash(a) ^ hash(b). So source NAT keeps the owner for every remote host at once, when the port it chooses
// makes hash(client ^ client port) and hash(nat address ^ nat port) agree.
//
// Only six bits of the hash choose the core: slot = hash & 63; of them as many as cores need: core = (slot & mask) % cores.
#ifndef PORTCULLIS_STEER_STEER_H
#define PORTCULLIS_STEER_STEER_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <netinet/in.h>

#define STEER_KEY 0x6d5au
#define STEER_SLOTS 64u
#define STEER_CORES 16u // at most

extern const uint8_t steer_low[256], steer_high[256]; // slot of a value whose other byte is 0

static inline uint16_t steer_hash(uint16_t x) // the upper and the lower half of the NIC's 32 bits are both this
{
	uint16_t hash = 0, key = STEER_KEY;
	for (unsigned bit = 0; bit < 16; bit++) {
		if (x & 0x8000u >> bit)
			hash ^= key;
		key = (uint16_t)(key << 1 | key >> 15);
	}
	return hash;
}

// Slots that differ in their low bits only have different cores. log2(cores) bits, and more where the busiest core would own
// over an eighth more than its share. Source NAT can use one port in two to the power of this (steer_port_fits()).
extern const uint8_t steer_bits[STEER_CORES + 1]; // by number of cores

static inline uint32_t steer_core(uint32_t cores, uint32_t slot)
{
	return (slot & ((1u << steer_bits[cores]) - 1)) % cores;
}

static inline uint32_t steer_slot(uint16_t x) // steer_hash(x) & 63
{
	return steer_low[x & 255] ^ steer_high[x >> 8];
}

// The exclusive or of all words. Ports in network byte order.
static inline uint16_t steer_fold4(const uint8_t source[4], const uint8_t destination[4],
				   uint16_t source_port_be, uint16_t destination_port_be)
{
	uint32_t a, b;
	memcpy(&a, source, 4);
	memcpy(&b, destination, 4);
	a ^= b;
	return ntohs((uint16_t)(a ^ a >> 16 ^ source_port_be ^ destination_port_be));
}

static inline uint16_t steer_fold6(const uint8_t source[16], const uint8_t destination[16],
				   uint16_t source_port_be, uint16_t destination_port_be)
{
	uint64_t a[2], b[2];
	memcpy(a, source, 16);
	memcpy(b, destination, 16);
	a[0] ^= a[1] ^ b[0] ^ b[1];
	a[0] ^= a[0] >> 32;
	return ntohs((uint16_t)(a[0] ^ a[0] >> 16 ^ source_port_be ^ destination_port_be));
}

// Protocols whose ports or identifiers NAT can choose. All others belong to core 0, because NAT could not keep their owner.
static inline bool steer_has_ports(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_ICMP ||
	       protocol == IPPROTO_ICMPV6;
}

static inline bool steer_is_icmp(uint8_t protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

// The owner of a session: by its addresses and ports after destination NAT and before source NAT. ICMP queries have their
// identifier in both ports; it counts once.
static inline uint32_t steer_owner4(uint32_t cores, const uint8_t source[4], uint16_t source_port_be,
				    const uint8_t destination[4], uint16_t destination_port_be,
				    uint8_t protocol)
{
	if (cores < 2 || !steer_has_ports(protocol))
		return 0;
	return steer_core(cores, steer_slot(steer_fold4(source, destination, source_port_be,
							 steer_is_icmp(protocol) ? 0 : destination_port_be)));
}

static inline uint32_t steer_owner6(uint32_t cores, const uint8_t source[16], uint16_t source_port_be,
				    const uint8_t destination[16], uint16_t destination_port_be,
				    uint8_t protocol)
{
	if (cores < 2 || !steer_has_ports(protocol))
		return 0;
	return steer_core(cores, steer_slot(steer_fold6(source, destination, source_port_be,
							 steer_is_icmp(protocol) ? 0 : destination_port_be)));
}

// Who puts the fragments of a datagram together: by its addresses only.
static inline uint32_t steer_fragments4(uint32_t cores, const uint8_t source[4],
					const uint8_t destination[4])
{
	return cores < 2 ? 0 : steer_core(cores, steer_slot(steer_fold4(source, destination, 0, 0)));
}

static inline uint32_t steer_fragments6(uint32_t cores, const uint8_t source[16],
					const uint8_t destination[16])
{
	return cores < 2 ? 0 : steer_core(cores, steer_slot(steer_fold6(source, destination, 0, 0)));
}

// True when a client behind this NAT address and port (or ICMP identifier) keeps the owner of its flows for every remote
// host: one port in 2, 8, 4, 32, 16, 32 or 8 with 2 to 8 cores.
static inline bool steer_port_fits(uint32_t cores, const uint8_t client[4], uint16_t client_port_be,
				   const uint8_t nat[4], uint16_t nat_port_be)
{
	uint32_t mask = (1u << steer_bits[cores]) - 1;
	return (steer_slot(steer_fold4(client, nat, client_port_be, nat_port_be)) & mask) == 0;
}

#endif
