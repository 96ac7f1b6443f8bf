// SPDX-License-Identifier: Apache-2.0
#include "pipeline/tcp_track.h"

#define SCALE_MAX 14 // RFC 7323

uint8_t tcp_read_scale(const uint8_t *l4)
{
	enum { END = 0, NOP = 1, WINDOW_SCALE = 3 };
	unsigned header = (l4[12] >> 4) * 4u, at = 20;
	while (at < header && l4[at] != END) {
		if (l4[at] == NOP) {
			at++;
			continue;
		}
		if (header - at < 2 || l4[at + 1] < 2 || l4[at + 1] > header - at)
			break;
		if (l4[at] == WINDOW_SCALE && l4[at + 1] == 3)
			return l4[at + 2] < SCALE_MAX ? l4[at + 2] : SCALE_MAX;
		at += l4[at + 1];
	}
	return TCP_NO_SCALE;
}

static bool between(uint32_t low, uint32_t value, uint32_t high)
{
	return !tcp_after(low, value) && !tcp_after(value, high);
}

static struct session_step pass(uint8_t state)
{
	return (struct session_step){.answer = SESSION_PASS, .state = state};
}

static struct session_step quiet(uint8_t state)
{
	return (struct session_step){.answer = SESSION_QUIET, .state = state};
}

static struct session_step outside(uint8_t state, const struct tcp_segment *g, bool strict)
{
	if (!strict)
		return (struct session_step){.answer = SESSION_QUIET,
					     .state = state,
					     .keeps =
						 g->class != TCP_RST && state != FW_TCP_CLOSED};
	return (struct session_step){
	    .answer = SESSION_DROP, .state = state, .reason = FW_DROP_TCP_WINDOW};
}

// A reset closes only when its sender is known to see the connection: it stands exactly where the
// peer's last acknowledgment points, or behind everything that was sent, or, against a SYN,
// acknowledges it. Anywhere else in the window it is forwarded, for the end to challenge (RFC
// 5961 section 3.2).
static struct session_step ask_reset(const struct fw_session_track *t, unsigned d,
				     const struct tcp_segment *g, uint8_t state, bool strict)
{
	const struct fw_tcp_side *s = &t->side[d], *r = &t->side[!d];
	bool acked = r->max_window != 0 && !(r->flags & FW_TCP_SIDE_SYN);
	bool exact = (acked && g->seq == r->ack) || (s->max_window != 0 && g->seq == s->end);
	uint32_t lowest = acked ? r->ack : s->end - 1;
	if (state == FW_TCP_SYN_SENT) {
		exact = d == 1 ? g->has_ack && between(r->ack, g->ack, r->end)
			       : exact || g->seq == s->ack || g->seq == r->ack;
		return exact ? pass(FW_TCP_CLOSED) : outside(state, g, strict);
	}
	if (exact && state != FW_TCP_CLOSED)
		return pass(FW_TCP_CLOSED);
	return between(lowest, g->seq, s->max_end) ? quiet(state) : outside(state, g, strict);
}

// The answer to a SYN that was let through into a live connection: one of the ends had forgotten
// it, and both begin anew.
static bool begins_anew(const struct fw_session_track *t, unsigned d, const struct tcp_segment *g)
{
	return d == 1 && g->class == TCP_SYN_ACK && t->syn_next != 0 && g->ack == t->syn_next;
}

// The same SYN again, while nothing of the connection is established.
static bool repeats_syn(const struct fw_session_track *t, unsigned d, const struct tcp_segment *g)
{
	const struct fw_tcp_side *s = &t->side[d];
	return s->flags & FW_TCP_SIDE_SYN ? g->seq + 1 == s->ack : g->end == s->end;
}

static bool in_window(const struct fw_session_track *t, unsigned d, const struct tcp_segment *g)
{
	const struct fw_tcp_side *s = &t->side[d], *r = &t->side[!d];
	if (g->class == TCP_SYN)
		return true;
	if (g->class == TCP_SYN_ACK && r->flags & FW_TCP_SIDE_SYN)
		return between(r->ack, g->ack, r->end);
	if (s->max_window == 0) // of a connection taken up in the middle: r->end + 1 answers a
				// keep-alive
		return between(r->end - (1u << 30), g->ack, r->end + 1);
	return tcp_track_inside(t, d, g);
}

// On a dead session: the answer to a reset that may have overtaken data (RFC 5961 section 3.2).
static bool challenges(const struct fw_session_track *t, unsigned d, const struct tcp_segment *g)
{
	const struct fw_tcp_side *peer = &t->side[!d];
	return g->class == TCP_ACK && g->seq == g->end && peer->flags & FW_TCP_SIDE_RESET &&
	       g->ack != peer->end && tcp_track_inside(t, d, g);
}

// Both ends have acknowledged all that was sent, with this segment.
static bool all_acknowledged(const struct fw_session_track *t, unsigned d,
			     const struct tcp_segment *g)
{
	const struct fw_tcp_side *s = &t->side[d], *r = &t->side[!d];
	uint32_t end = tcp_after(g->end, s->end) ? g->end : s->end;
	uint32_t ack = tcp_after(g->ack, s->ack) ? g->ack : s->ack;
	return ack == r->end && r->ack == end;
}

static struct session_step ask_quiet(const struct fw_session_track *t, unsigned d,
				     const struct tcp_segment *g, uint8_t state, bool strict)
{
	if (begins_anew(t, d, g))
		return pass(FW_TCP_SYN_RECEIVED);
	// A SYN inside a live connection is for its end to challenge, wherever it stands; so is the
	// answer to a SYN by somebody who still has an older connection.
	if (g->class == TCP_SYN || state == FW_TCP_SYN_SENT || in_window(t, d, g))
		return quiet(state);
	return outside(state, g, strict);
}

struct session_step tcp_track_ask(const struct fw_session_track *t, unsigned d,
				  const struct tcp_segment *g, bool strict)
{
	uint8_t state = t->state < TCP_STATES ? t->state : FW_TCP_CLOSED;
	if (g->class == TCP_RST)
		return ask_reset(t, d, g, state, strict);
	struct tcp_step step = tcp_steps[state][d][g->class];
	switch ((enum tcp_verdict)step.verdict) {
	case TCP_REOPEN:
		return (struct session_step){.answer = SESSION_REOPEN, .state = state};
	case TCP_QUIET:
		return ask_quiet(t, d, g, state, strict);
	case TCP_PASS:
		if (state == FW_TCP_SYN_RECEIVED && g->class == TCP_SYN && !repeats_syn(t, d, g))
			return quiet(state);
		if (begins_anew(t, d, g))
			return pass(FW_TCP_SYN_RECEIVED);
		if (!in_window(t, d, g))
			return outside(state, g, strict);
		if (state == FW_TCP_CLOSING && g->class == TCP_ACK && all_acknowledged(t, d, g))
			return pass(FW_TCP_TIME_WAIT);
		return pass(step.state);
	case TCP_DROP:
		break;
	}
	if (state == FW_TCP_CLOSED && challenges(t, d, g))
		return quiet(state);
	return (struct session_step){
	    .answer = SESSION_DROP, .state = state, .reason = FW_DROP_TCP_STATE};
}

// A side begins with its SYN. Windows are scaled when both ends have said so; the window of the SYN
// itself never is.
static void start_side(struct fw_session_track *t, unsigned d, const struct tcp_segment *g)
{
	struct fw_tcp_side *s = &t->side[d], *r = &t->side[!d];
	bool scales = g->scale != TCP_NO_SCALE;
	s->end = g->end;
	s->max_end = g->has_ack ? g->seq + 1 + r->max_window : g->end;
	s->max_window = g->window != 0 ? g->window : 1;
	s->scale = scales ? g->scale : 0;
	s->flags = scales ? FW_TCP_SIDE_SCALES : 0;
	s->isn_low = (uint16_t)g->seq;
	s->ack = g->ack;
	if (!g->has_ack) { // what is acknowledged of it lies between this and its end
		s->ack = g->seq + 1;
		s->flags |= FW_TCP_SIDE_SYN;
	}
	if (r->max_window != 0 && !(scales && r->flags & FW_TCP_SIDE_SCALES))
		s->scale = r->scale = 0;
}

// What the forgotten SYN announced is not known: the largest scale is assumed, if the answer has
// one.
static void restart(struct fw_session_track *t, const struct tcp_segment *g)
{
	t->side[0] = (struct fw_tcp_side){.end = g->ack,
					  .max_end = g->ack,
					  .ack = g->ack,
					  .max_window = 1,
					  .scale = SCALE_MAX,
					  .flags = FW_TCP_SIDE_SYN | FW_TCP_SIDE_SCALES,
					  .isn_low = (uint16_t)(g->ack - 1)};
	t->side[1].flags = 0;
	t->syn_next = 0;
}

static void note_ack(struct fw_session_track *t, unsigned d, const struct tcp_segment *g)
{
	struct fw_tcp_side *s = &t->side[d], *r = &t->side[!d];
	if (s->max_window == 0) { // the other end of a connection taken up in the middle
		s->end = g->end;
		s->ack = g->ack;
		if (g->ack == r->end + 1)
			r->end++; // the first segment was a keep-alive
	}
	if (s->flags & FW_TCP_SIDE_SYN) {
		s->ack = g->ack;
		s->flags &= (uint8_t)~FW_TCP_SIDE_SYN;
	}
	uint8_t scale = s->scale;
	if (g->class == TCP_SYN_ACK)
		s->scale = 0;
	tcp_track_advance(t, d, g);
	s->scale = scale;
}

static void note_pass(struct fw_session_track *t, unsigned d, const struct tcp_segment *g,
		      uint8_t state)
{
	struct fw_tcp_side *s = &t->side[d], *peer = &t->side[!d];
	if (g->class == TCP_SYN) {
		if (t->state == FW_TCP_SYN_SENT) // otherwise it is the same again
			start_side(t, d, g);
		return;
	}
	if (g->class == TCP_RST) {
		if (peer->flags & FW_TCP_SIDE_SYN || g->seq != peer->ack)
			s->flags |= FW_TCP_SIDE_RESET;
		return;
	}
	if (begins_anew(t, d, g))
		restart(t, g);
	if (g->class == TCP_SYN_ACK && d == 1 && peer->flags & FW_TCP_SIDE_SYN &&
	    !(s->flags & FW_TCP_SIDE_SYN))
		start_side(t, d, g);
	note_ack(t, d, g);
	if (state != FW_TCP_SYN_RECEIVED) {
		s->flags &= (uint8_t)~FW_TCP_SIDE_SCALES;
		peer->flags &= (uint8_t)~FW_TCP_SIDE_SCALES;
	}
}

void tcp_track_note(struct fw_session_track *t, unsigned d, const struct tcp_segment *g,
		    struct session_step step)
{
	if (step.answer == SESSION_PASS)
		note_pass(t, d, g, step.state);
	else if (t->state == FW_TCP_SYN_SENT && g->class == TCP_ACK)
		t->side[d].ack = g->ack; // the reset that answers it stands there
	else if (g->class == TCP_SYN && d == 0 && (uint16_t)g->seq != t->side[0].isn_low)
		t->syn_next = g->seq + 1;
}

void tcp_track_open(struct fw_session_track *t, const struct tcp_segment *g)
{
	struct fw_tcp_side *s = &t->side[0], *r = &t->side[1];
	if (g->class == TCP_SYN) {
		t->state = FW_TCP_SYN_SENT;
		start_side(t, 0, g);
		return;
	}
	// Nobody knows the scales of a connection taken up in the middle: the largest are assumed.
	t->state = FW_TCP_ESTABLISHED;
	s->scale = r->scale = SCALE_MAX;
	s->end = g->end;
	s->ack = g->ack;
	s->max_window = g->window != 0 ? (uint32_t)g->window << SCALE_MAX : 1;
	s->max_end = g->end + s->max_window;
	r->end = g->ack;
	r->max_end = g->ack + s->max_window;
}
