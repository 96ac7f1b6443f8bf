// SPDX-License-Identifier: Apache-2.0
// Packets that left the fast path: of sessions (flow.c), of none yet (admit.c), quoting one
// (icmp_error.c), for the kernel (host.c).
#ifndef PORTCULLIS_PIPELINE_FLOW_H
#define PORTCULLIS_PIPELINE_FLOW_H

#include "pipeline/judge.h"

// A packet whose key has been hashed; its session is looked for again, as earlier packets may have
// changed it.
void flow_packet(struct core *c, struct packet *p);

// A packet of the session at index (session * 2 + direction).
void flow_hit(struct core *c, struct packet *p, uint32_t index);

// New flows of one burst, in order. Packets of a flow that an earlier one opened become hits.
void admit_flows(struct core *c, struct packet **packets, unsigned count);

// A session that the firewall itself opens, out through an interface.
void admit_own(struct core *c, struct packet *p, uint16_t interface);

void icmp_error_packet(struct core *c, struct packet *p);
// The kernel's own error: the quote becomes what its sender sent. It leaves in any case.
void icmp_error_of_host(struct core *c, struct packet *p);

void host_group(struct core *c, struct packet *p); // multicast and broadcast
void host_discovery(struct core *c, struct packet *p);
bool host_takes_dhcp(const struct core *c,
		     const struct packet *p); // a DHCP server's answer, before we have an address

#endif
