// SPDX-License-Identifier: Apache-2.0
// Counters of a burst: packets of one row that follow each other are added up and counted at once.
#ifndef PORTCULLIS_PIPELINE_TALLY_H
#define PORTCULLIS_PIPELINE_TALLY_H

#include "pipeline/core.h"

struct tally {
	uint32_t row, packets;
	uint64_t bytes;
};

// Of one burst: what came in, went out, and by which policy.
struct tallies {
	struct tally received, sent, policy;
	uint64_t all_received, all_sent; // bytes
	uint32_t sent_packets;
};

static inline void tally_received(struct core *c, struct tally *t)
{
	if (t->packets == 0)
		return;
	c->config.interfaces[t->row].rx_packets += t->packets;
	c->config.interfaces[t->row].rx_bytes += t->bytes;
}

static inline void tally_sent(struct core *c, struct tally *t)
{
	if (t->packets == 0)
		return;
	c->config.interfaces[t->row].tx_packets += t->packets;
	c->config.interfaces[t->row].tx_bytes += t->bytes;
}

static inline void tally_policy(struct core *c, struct tally *t)
{
	if (t->row >= c->policy_rows) // default action or the firewall's own
		return;
	c->config.policies[t->row].packets += t->packets;
	c->config.policies[t->row].bytes += t->bytes;
}

static inline void tally_add(struct core *c, struct tally *t, uint32_t row, uint32_t bytes,
			     void (*count)(struct core *c, struct tally *t))
{
	if (unlikely(t->row != row)) {
		count(c, t);
		*t = (struct tally){.row = row};
	}
	t->packets++;
	t->bytes += bytes;
}

// Counts what has been added up, before anything else looks at the counters.
static inline void tallies_close(struct core *c, struct tallies *t)
{
	tally_received(c, &t->received);
	tally_sent(c, &t->sent);
	tally_policy(c, &t->policy);
	c->config.counters->forwarded += t->sent_packets;
	c->config.counters->forwarded_bytes += t->all_sent;
	*t = (struct tallies){0};
}

#endif
