// SPDX-License-Identifier: Apache-2.0
// Cuts IPv4 packets that are larger than the MTU of their link.
#ifndef PORTCULLIS_PIPELINE_FRAGMENT_SEND_H
#define PORTCULLIS_PIPELINE_FRAGMENT_SEND_H

#include "pipeline/core.h"

// IPv4 without "don't fragment".
bool fragment_may_cut(const struct packet *p);

// Header of every piece but the first: the options that have the copied flag. out: 60 bytes. Returns
// its length. The options are those of a checked header.
uint32_t fragment_later_header(const uint8_t *ip, uint32_t header, uint8_t *out);

// Instead of forward_send() for a packet that does not fit.
void fragment_send(struct core *c, struct packet *p, uint16_t interface,
		   const uint8_t destination[6]);

#endif
