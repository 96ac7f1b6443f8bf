// SPDX-License-Identifier: Apache-2.0
// Answers to senders whose packets we drop: TCP RST and ICMP errors. They go back to the station
// that the packet came from, on the same port and VLAN, at a bounded rate; never about ICMP errors,
// multicast or broadcast.
#ifndef PORTCULLIS_PIPELINE_REJECT_H
#define PORTCULLIS_PIPELINE_REJECT_H

#include "pipeline/core.h"

#define REJECT_RATE 1000u // per second and core
#define REJECT_BURST 100u

// Each leaves the packet as it is; the caller drops it afterwards.
void reject_policy(struct core *c, struct packet *p); // RST, or administratively prohibited
void reject_ttl(struct core *c, struct packet *p);    // time exceeded in transit
void reject_mtu(struct core *c, struct packet *p,
		uint16_t mtu); // fragmentation needed, packet too big

#endif
