// SPDX-License-Identifier: Apache-2.0
// Packets of no session that are refused without a word to anybody: what a flood is made of. They are only counted, and their
// buffers given back.
#ifndef PORTCULLIS_PIPELINE_REFUSE_H
#define PORTCULLIS_PIPELINE_REFUSE_H

#include "pipeline/tally.h"

// Counted together; policies by slot.
struct refused {
	struct tally policy, reason;
};

static inline void refused_reason(struct core *c, struct tally *t)
{
	c->config.counters->dropped[t->row] += t->packets;
}

static inline void refused_close(struct core *c, struct refused *r)
{
	tally_policy(c, &r->policy);
	refused_reason(c, &r->reason);
}

// Ends as many of these packets, from the first one on, as are plainly refused: one search for routes and policies each and no
// judgement written. Returns how many; admit_flows() has the word about the rest. It says the same of each of them that
// admit_flows() would.
unsigned refuse_flood(struct core *c, struct packet *const *packets, unsigned count);

#endif
