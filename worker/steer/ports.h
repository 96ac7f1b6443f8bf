// SPDX-License-Identifier: Apache-2.0
// The ports (or ICMP identifiers) of one NAT address that steer_port_fits() one client, by number, so that a search meets no
// others: the slot of a port is the exclusive or of the slots of its two bytes, and each slot has four lower bytes.
#ifndef PORTCULLIS_STEER_PORTS_H
#define PORTCULLIS_STEER_PORTS_H

#include <stdint.h>

struct steer_ports {
	uint32_t count; // numbers
	uint32_t first; // of all 65,536
	uint16_t low, high;
	uint8_t bits, slot; // that must agree, and with what
};

// cores: below 2 every port fits.
struct steer_ports steer_ports(uint32_t cores, const uint8_t client[4], uint16_t client_port_be,
			       const uint8_t nat[4], uint16_t low, uint16_t high);

// number < count; 0: none, as numbers at both ends may lie beside low .. high.
uint16_t steer_ports_at(const struct steer_ports *s, uint32_t number);

#endif
