// SPDX-License-Identifier: Apache-2.0
// Answers to senders whose packets we drop: TCP RST and ICMP errors. They go back to the station
// that the packet came from, on the same port and VLAN, at a bounded rate for each interface; never
// about ICMP errors, multicast, broadcast or later fragments.
#ifndef PORTCULLIS_PIPELINE_REJECT_H
#define PORTCULLIS_PIPELINE_REJECT_H

#include "pipeline/core.h"

// Drops a packet, and tells its sender where the reason calls for it: policy (TCP RST or
// administratively prohibited), route, next hop, TTL.
void reject_drop(struct core *c, struct packet *p, enum fw_drop reason);

#define REJECT_BIT(reason) (1ull << FW_DROP_##reason)
#define REJECT_TELLS                                                                               \
	(REJECT_BIT(POLICY_REJECT) | REJECT_BIT(DEFAULT_REJECT) | REJECT_BIT(NO_ROUTE) |           \
	 REJECT_BIT(ROUTE_UNREACHABLE) | REJECT_BIT(NEIGHBOR_UNRESOLVED) |                         \
	 REJECT_BIT(ROUTE_PROHIBIT) | REJECT_BIT(TTL_EXPIRED))
_Static_assert(FW_DROP_COUNT <= 64, "a bit per reason");

// Reasons that reject_drop() tells nobody about.
static inline bool reject_is_silent(enum fw_drop reason)
{
	return (REJECT_TELLS >> reason & 1) == 0;
}

// Larger than the MTU and not to be cut: fragmentation needed, packet too big.
void reject_mtu(struct core *c, struct packet *p, uint16_t mtu);

// Dropped by the parser. With p->family set, p->l4 points at what is wrong: parameter problem.
void reject_malformed(struct core *c, struct packet *p);

// An answer may be sent through the interface now, and counts as sent; otherwise it is counted as limited.
bool reject_take(struct core *c, uint16_t interface);

// Answers that this core may send in a second through one interface, and has sent in this one.
uint32_t reject_rate(const struct core *c);
uint32_t reject_sent(const struct core *c);

// A new generation: its rate, its interfaces.
void reject_renew(struct core *c);

#endif
