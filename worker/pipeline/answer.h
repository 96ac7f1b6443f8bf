// SPDX-License-Identifier: Apache-2.0
// Packets that the firewall makes itself, in answer to one that came in: its headers, and the way back to the station that
// sent that packet.
#ifndef PORTCULLIS_PIPELINE_ANSWER_H
#define PORTCULLIS_PIPELINE_ANSWER_H

#include "pipeline/core.h"

// Where an error about a packet comes from: the ingress interface, by the address that faces the sender, else by
// any; else another interface of the same VRF (RFC 1812 4.3.2.4). False: we have no address.
bool answer_source(const struct core *c, const struct packet *p, uint8_t out[16]);

// An empty packet with room for Ethernet header and tag before the IP header. False: no buffer, counted.
bool answer_start(struct core *c, const struct packet *p, struct packet *answer,
		  uint32_t ip_length);

// Writes the IP header; payload starts at the result.
uint8_t *answer_write_ip(struct packet *answer, uint8_t protocol, const uint8_t *source,
			 const uint8_t *destination);

// Sum of the pseudo-header of the answer (RFC 9293 3.1, RFC 8200 8.1).
uint64_t answer_pseudo_sum(const struct packet *answer, uint8_t protocol, uint16_t length);

// Back to the station that p came from.
void answer_send(struct core *c, const struct packet *p, struct packet *answer);

#endif
