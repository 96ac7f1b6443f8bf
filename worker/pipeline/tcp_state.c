// SPDX-License-Identifier: Apache-2.0
#include "pipeline/tcp_state.h"

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10, URG = 0x20 };

// Everything not named is impossible: no flags, SYN with FIN or RST, FIN with RST or without ACK,
// data without ACK.
#define WITH_PSH_URG(flags, class)                                                                 \
	[flags] = class, [(flags) | PSH] = class, [(flags) | URG] = class,                         \
	[(flags) | PSH | URG] = class

const uint8_t tcp_classes[64] = {
    [SYN] = TCP_SYN,
    [SYN | PSH] = TCP_SYN, // fast open carries data
    WITH_PSH_URG(SYN | ACK, TCP_SYN_ACK),
    WITH_PSH_URG(ACK, TCP_ACK),
    WITH_PSH_URG(FIN | ACK, TCP_FIN),
    WITH_PSH_URG(RST, TCP_RST),
    WITH_PSH_URG(RST | ACK, TCP_RST),
};

// clang-format off
#define PASS(next) {TCP_PASS, FW_TCP_##next}
#define QUIET {TCP_QUIET, 0}
#define DROP {TCP_DROP, 0}
#define REOPEN {TCP_REOPEN, 0}
#define ROW(syn, syn_ack, ack, fin)                                                                \
	{                                                                                          \
		[TCP_INVALID] = DROP, [TCP_SYN] = syn, [TCP_SYN_ACK] = syn_ack, [TCP_ACK] = ack,   \
		[TCP_FIN] = fin, [TCP_RST] = PASS(CLOSED),                                         \
	}

// First row of a state: what the initiator sends; second: the responder. A RST gets here only when
// its sequence number has been checked. Simultaneous open is SYN against SYN; the responder's bare
// ACK in SYN_SENT is RFC 9293's answer to an old half-open connection; a SYN inside a live
// connection is for the end to challenge. CLOSING becomes TIME_WAIT when both ends have acknowledged
// everything (tcp_track.c).
const struct tcp_step tcp_steps[TCP_STATES][2][TCP_CLASSES] = {
	//       SYN                 SYN-ACK             ACK                 FIN
	[FW_TCP_NONE] = {
		ROW(DROP,               DROP,               DROP,               DROP),
		ROW(DROP,               DROP,               DROP,               DROP)},
	[FW_TCP_SYN_SENT] = {
		ROW(PASS(SYN_SENT),     DROP,               DROP,               DROP),
		ROW(PASS(SYN_RECEIVED), PASS(SYN_RECEIVED), QUIET,              DROP)},
	[FW_TCP_SYN_RECEIVED] = {
		ROW(PASS(SYN_RECEIVED), PASS(ESTABLISHED),  PASS(ESTABLISHED),  PASS(FIN_WAIT)),
		ROW(PASS(SYN_RECEIVED), PASS(SYN_RECEIVED), PASS(SYN_RECEIVED), PASS(CLOSE_WAIT))},
	[FW_TCP_ESTABLISHED] = {
		ROW(QUIET,              PASS(ESTABLISHED),  PASS(ESTABLISHED),  PASS(FIN_WAIT)),
		ROW(QUIET,              PASS(ESTABLISHED),  PASS(ESTABLISHED),  PASS(CLOSE_WAIT))},
	[FW_TCP_FIN_WAIT] = {
		ROW(QUIET,              QUIET,              PASS(FIN_WAIT),     PASS(FIN_WAIT)),
		ROW(QUIET,              QUIET,              PASS(FIN_WAIT),     PASS(CLOSING))},
	[FW_TCP_CLOSE_WAIT] = {
		ROW(QUIET,              QUIET,              PASS(CLOSE_WAIT),   PASS(CLOSING)),
		ROW(QUIET,              QUIET,              PASS(CLOSE_WAIT),   PASS(CLOSE_WAIT))},
	[FW_TCP_CLOSING] = {
		ROW(QUIET,              QUIET,              PASS(CLOSING),      PASS(CLOSING)),
		ROW(QUIET,              QUIET,              PASS(CLOSING),      PASS(CLOSING))},
	[FW_TCP_TIME_WAIT] = {
		ROW(REOPEN,             QUIET,              QUIET,              PASS(TIME_WAIT)),
		ROW(REOPEN,             QUIET,              QUIET,              PASS(TIME_WAIT))},
	[FW_TCP_CLOSED] = {
		ROW(REOPEN,             DROP,               DROP,               DROP),
		ROW(REOPEN,             DROP,               DROP,               DROP)},
};
// clang-format on
