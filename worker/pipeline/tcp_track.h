// SPDX-License-Identifier: Apache-2.0
// What the two ends of a TCP connection have sent and have room for, as far as a firewall between
// them can know it: which segment may be real, and which is somebody's guess (RFC 5961). The checks
// are those of Guido van Rooij, "Real Stateful TCP Packet Filtering in IP Filter".
//
// Asking changes nothing; tcp_track_note() is for the segment that has been let through.
#ifndef PORTCULLIS_PIPELINE_TCP_TRACK_H
#define PORTCULLIS_PIPELINE_TCP_TRACK_H

#include <stdbool.h>
#include "pipeline/tcp_state.h"

enum session_answer {
	SESSION_PASS,   // changes and refreshes
	SESSION_QUIET,  // passes, changes nothing
	SESSION_DROP,   // reason
	SESSION_REOPEN, // a new connection on a dead session's ports
	SESSION_WIDEN,  // an ICMP request against the direction of the session: ask the policies
};

struct session_step {
	uint8_t answer; // enum session_answer
	uint8_t state;  // enum fw_tcp_state afterwards
	uint8_t reason; // enum fw_drop
	bool keeps;     // SESSION_QUIET: refreshes all the same
};

struct tcp_segment {
	uint32_t seq, ack, end; // end: behind payload, SYN and FIN
	uint16_t window;        // as in the header
	uint8_t class;          // enum tcp_class
	bool has_ack;
	uint8_t scale; // of a SYN or SYN-ACK; TCP_NO_SCALE
};

#define TCP_NO_SCALE 0xff
#define TCP_ACK_WINDOW 66000u // acknowledgments may be so old at least

// a lies behind b in sequence space.
static inline bool tcp_after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

// The four conditions for a segment of direction d: it begins where the receiver has room, it does
// not end more than a window before what was sent last, and it acknowledges nothing that was never
// sent, nor anything too old.
static inline bool tcp_track_inside(const struct fw_session_track *t, unsigned d,
				    const struct tcp_segment *g)
{
	const struct fw_tcp_side *s = &t->side[d], *r = &t->side[!d];
	uint32_t acks = s->max_window > TCP_ACK_WINDOW ? s->max_window : TCP_ACK_WINDOW;
	return !tcp_after(g->seq, s->max_end) && !tcp_after(s->end - r->max_window, g->end) &&
	       !tcp_after(g->ack, r->end) && !tcp_after(r->end - acks, g->ack);
}

// The ordinary segment of an established connection. False: ask tcp_track_ask().
static inline bool tcp_track_ordinary(const struct fw_session_track *t, unsigned d,
				      const struct tcp_segment *g)
{
	return t->state == FW_TCP_ESTABLISHED && g->class == TCP_ACK &&
	       (t->side[0].flags | t->side[1].flags) == 0 && tcp_track_inside(t, d, g);
}

// Moves both sides on by a segment that lies inside.
static inline void tcp_track_advance(struct fw_session_track *t, unsigned d,
				     const struct tcp_segment *g)
{
	struct fw_tcp_side *s = &t->side[d], *r = &t->side[!d];
	uint32_t window = (uint32_t)g->window << s->scale, room = g->ack + window;
	if (window > s->max_window)
		s->max_window = window;
	if (tcp_after(g->end, s->max_end) && r->max_window < 1u << 30)
		r->max_window += g->end - s->max_end; // it was offered more than we saw
	if (tcp_after(g->end, s->end))
		s->end = g->end;
	if (tcp_after(g->ack, s->ack))
		s->ack = g->ack;
	if (!tcp_after(r->max_end, room))
		r->max_end = room + (window == 0); // a window of 0 may be probed by one byte
}

// Fills the track of a fresh session by its first segment: a SYN, or, taken up in the middle, an
// ACK.
void tcp_track_open(struct fw_session_track *t, const struct tcp_segment *g);

// strict: what lies outside its window is dropped, otherwise it passes and changes nothing.
struct session_step tcp_track_ask(const struct fw_session_track *t, unsigned d,
				  const struct tcp_segment *g, bool strict);

// After tcp_track_ask() has answered SESSION_PASS or SESSION_QUIET; t->state is still the old one.
void tcp_track_note(struct fw_session_track *t, unsigned d, const struct tcp_segment *g,
		    struct session_step step);

// Reads a TCP header of header bytes (20 to 60) that is in front of payload bytes.
static inline struct tcp_segment tcp_segment_read(const uint8_t *l4, uint32_t payload)
{
	uint32_t seq, ack;
	uint16_t window;
	__builtin_memcpy(&seq, l4 + 4, 4);
	__builtin_memcpy(&ack, l4 + 8, 4);
	__builtin_memcpy(&window, l4 + 14, 2);
	struct tcp_segment g = {.seq = __builtin_bswap32(seq),
				.ack = __builtin_bswap32(ack),
				.window = __builtin_bswap16(window),
				.class = (uint8_t)tcp_classify(l4[13]),
				.has_ack = (l4[13] & 0x10) != 0,
				.scale = TCP_NO_SCALE};
	g.end = g.seq + payload + (l4[13] & 1u) + (l4[13] >> 1 & 1u);
	return g;
}

// Window scale option of a SYN (RFC 7323), or TCP_NO_SCALE.
uint8_t tcp_read_scale(const uint8_t *l4);

#endif
