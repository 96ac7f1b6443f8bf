// SPDX-License-Identifier: Apache-2.0
#include "loop/idle.h"

static void idle_set_sleeping(struct idle_state *s, bool sleeping)
{
	s->switches += s->sleeping != sleeping;
	s->sleeping = sleeping;
}

static void idle_note(struct idle_state *s, uint32_t found, uint64_t now_ns)
{
	if (found == 0) {
		s->empty += s->empty < UINT32_MAX;
		return;
	}
	uint64_t gap = now_ns > s->last_packet_ns ? now_ns - s->last_packet_ns : 0;
	if (gap > IDLE_GAP_CAP_NS)
		gap = IDLE_GAP_CAP_NS;
	s->gap_ns = s->last_packet_ns == 0 ? gap : s->gap_ns - s->gap_ns / 8 + gap / 8;
	s->empty = 0;
	s->last_packet_ns = now_ns;
}

// How long an adaptive core stays awake after a packet.
static uint64_t idle_linger(const struct idle_state *s)
{
	if (s->gap_ns > IDLE_GAP_NS || 2 * s->gap_ns < IDLE_LINGER_NS)
		return IDLE_LINGER_NS;
	return 2 * s->gap_ns;
}

static bool idle_quiet(const struct idle_state *s, const struct idle_limits *l, uint64_t now_ns)
{
	if (l->mode == FW_RX_INTERRUPT)
		return true;
	if (!s->sleeping && s->empty < l->idle_threshold)
		return false;
	return now_ns - s->last_packet_ns >= idle_linger(s);
}

enum idle_decision idle_next(struct idle_state *s, const struct idle_limits *l, uint32_t found,
			     uint64_t now_ns)
{
	bool armed = s->armed;
	s->armed = false;
	idle_note(s, found, now_ns);
	if (l->mode == FW_RX_POLLING || (l->mode == FW_RX_ADAPTIVE && found >= l->resume_threshold))
		idle_set_sleeping(s, false);
	if (l->mode == FW_RX_POLLING || found > 0)
		return IDLE_POLL;
	if (armed)
		return IDLE_WAIT;
	if (!idle_quiet(s, l, now_ns))
		return IDLE_POLL;
	idle_set_sleeping(s, true);
	s->armed = true;
	return IDLE_ARM;
}
