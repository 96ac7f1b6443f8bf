// SPDX-License-Identifier: Apache-2.0
// Counters of a burst: packets of one row that follow each other are added up and counted at once.
#ifndef PORTCULLIS_PIPELINE_TALLY_H
#define PORTCULLIS_PIPELINE_TALLY_H

#include "pipeline/core.h"

struct tally {
	uint32_t row, packets;
	uint64_t bytes;
};

// Of pass C: what went out, into whose vector, and by which policy. Frames of one interface that follow each other are put
// into the vector without looking for it again.
struct tallies {
	struct tally sent, policy;
	struct tx_vector *tx; // of the port of sent.row; NULL: none yet
	unsigned waiting;     // frames in it
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
	c->config.counters->forwarded += t->packets;
	c->config.counters->forwarded_bytes += t->bytes;
}

static inline void tally_policy(struct core *c, struct tally *t)
{
	if (t->row >= c->policy_slots) // default action or the firewall's own
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

// A frame that goes out through an interface.
static inline void tally_send(struct core *c, struct tallies *t, uint16_t interface, uint16_t port,
			      struct rte_mbuf *mbuf, uint32_t bytes)
{
	if (unlikely(t->sent.row != interface || t->tx == NULL)) {
		tally_sent(c, &t->sent);
		t->sent = (struct tally){.row = interface};
		if (t->tx != NULL)
			t->tx->count = t->waiting;
		t->tx = core_tx(c, port);
		t->waiting = t->tx->count;
	}
	t->sent.packets++;
	t->sent.bytes += bytes;
	t->tx->frames[t->waiting++] = mbuf;
}

// Counts what has been added up, before anything else looks at the counters.
static inline void tallies_close(struct core *c, struct tallies *t)
{
	tally_sent(c, &t->sent);
	tally_policy(c, &t->policy);
	if (t->tx != NULL)
		t->tx->count = t->waiting;
}

#endif
