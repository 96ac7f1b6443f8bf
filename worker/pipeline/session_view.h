// SPDX-License-Identifier: Apache-2.0
// One session of either family, seen from one packet: the fields of fw_line4 and fw_line6 behind
// the key are laid out alike, so every rule about sessions is written once.
#ifndef PORTCULLIS_PIPELINE_SESSION_VIEW_H
#define PORTCULLIS_PIPELINE_SESSION_VIEW_H

#include <stddef.h>
#include "pipeline/core.h"

// Fields epoch .. bytes of a line.
struct __attribute__((may_alias)) line {
	uint32_t epoch;
	uint32_t last_seen;
	uint32_t next_hop_version;
	uint16_t next_hop;
	uint16_t policy;
	uint32_t packets;
	uint8_t in_zone;
	uint8_t flags;
	uint16_t spare;
	uint64_t bytes;
};

#define LINE_SAME(field)                                                                           \
	_Static_assert(offsetof(struct fw_line4, field) - offsetof(struct fw_line4, epoch) ==      \
			   offsetof(struct line, field),                                           \
		       "fw_line4." #field);                                                        \
	_Static_assert(offsetof(struct fw_line6, field) - offsetof(struct fw_line6, epoch) ==      \
			   offsetof(struct line, field),                                           \
		       "fw_line6." #field)
LINE_SAME(last_seen);
LINE_SAME(next_hop);
LINE_SAME(next_hop_version);
LINE_SAME(policy);
LINE_SAME(packets);
LINE_SAME(bytes);
LINE_SAME(in_zone);
LINE_SAME(flags);
#undef LINE_SAME

struct session_view {
	uint8_t family;
	uint8_t direction; // of the packet: 0 from the initiator
	bool strict;       // TCP segments outside their window are dropped
	uint32_t number;
	struct line *line[2];
	struct fw_session_track *track;
	struct fw_session_cold *cold;
};

static inline struct session_table *session_table_of(const struct core *c, uint8_t family)
{
	return family == 4 ? c->config.sessions4 : c->config.sessions6;
}

static inline struct session_view session_view(const struct core *c, uint8_t family, uint32_t index)
{
	struct session_view v = {.family = family, .direction = index & 1, .number = index >> 1, .strict = c->strict};
	for (unsigned d = 0; d < 2; d++) {
		if (family == 4) {
			struct fw_session4 *s = session_entry4(c->config.sessions4, v.number);
			v.line[d] = (struct line *)&s->line[d].epoch;
			v.track = &s->track;
			v.cold = &s->cold;
		} else {
			struct fw_session6 *s = session_entry6(c->config.sessions6, v.number);
			v.line[d] = (struct line *)&s->line[d].epoch;
			v.track = &s->track;
			v.cold = &s->cold;
		}
	}
	return v;
}

// The three passes of the session lookup for a packet with a key.
static inline void packet_hash(const struct core *c, struct packet *p)
{
	p->hash = p->family == 4 ? session_hash4(c->config.sessions4, &p->key4)
				 : session_hash6(c->config.sessions6, &p->key6);
	session_prefetch_bucket(session_table_of(c, p->family), p->hash);
}

static inline void packet_probe(const struct core *c, struct packet *p)
{
	p->candidate = p->family == 4 ? session_probe4(c->config.sessions4, p->hash)
				      : session_probe6(c->config.sessions6, p->hash);
}

static inline uint32_t packet_find(const struct core *c, const struct packet *p)
{
	return p->family == 4 ? session_find4(c->config.sessions4, p->hash, p->candidate, &p->key4)
			      : session_find6(c->config.sessions6, p->hash, p->candidate, &p->key6);
}

// Looks again, without help from an earlier pass.
static inline uint32_t packet_find_again(const struct core *c, struct packet *p)
{
	packet_probe(c, p);
	return packet_find(c, p);
}

#endif
