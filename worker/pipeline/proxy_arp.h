// SPDX-License-Identifier: Apache-2.0
// ARP for addresses of NAT rules that lie inside a prefix of an interface. The kernel does not have
// them, so the core answers by itself, and announces those that are new.
#ifndef PORTCULLIS_PIPELINE_PROXY_ARP_H
#define PORTCULLIS_PIPELINE_PROXY_ARP_H

#include "pipeline/core.h"

// True when the packet was a request that has been answered; it has ended then.
bool proxy_arp_packet(struct core *c, struct packet *p);

// A new generation: announces what the one before did not have. Called before c->tables changes.
void proxy_arp_compare(struct core *c, const struct tables *next);

// A few announcements.
void proxy_arp_turn(struct core *c);

#endif
