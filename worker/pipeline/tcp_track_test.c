// SPDX-License-Identifier: Apache-2.0
#include "pipeline/tcp_track.h"
#include "test.h"

// A connection between A (the initiator) and B, told segment by segment.
struct connection {
	struct fw_session_track track;
	bool strict;
};

#define A 0u
#define B 1u

static struct tcp_segment segment(enum tcp_class class, uint32_t seq, uint32_t ack, uint32_t length)
{
	bool takes_one = class == TCP_SYN || class == TCP_SYN_ACK || class == TCP_FIN;
	return (struct tcp_segment){.seq = seq,
				    .ack = ack,
				    .end = seq + length + takes_one,
				    .window = 1000,
				    .class = (uint8_t) class,
				    .has_ack = class != TCP_SYN && class != TCP_RST,
				    .scale = TCP_NO_SCALE};
}

static struct session_step send(struct connection *c, unsigned d, const struct tcp_segment *g)
{
	struct session_step step = tcp_track_ask(&c->track, d, g, c->strict);
	if (tcp_track_ordinary(&c->track, d, g)) { // the short way says the same
		CHECK_EQ(step.answer, SESSION_PASS);
		CHECK_EQ(step.state, FW_TCP_ESTABLISHED);
		tcp_track_advance(&c->track, d, g);
		return step;
	}
	if (step.answer == SESSION_PASS || step.answer == SESSION_QUIET)
		tcp_track_note(&c->track, d, g, step);
	if (step.answer == SESSION_PASS)
		c->track.state = step.state;
	return step;
}

// "PASS" with the state afterwards, "quiet", or the reason.
static const char *told(struct connection *c, unsigned d, struct tcp_segment g)
{
	static const char *const states[TCP_STATES] = {
	    [FW_TCP_NONE] = "none",
	    [FW_TCP_SYN_SENT] = "syn-sent",
	    [FW_TCP_SYN_RECEIVED] = "syn-received",
	    [FW_TCP_ESTABLISHED] = "established",
	    [FW_TCP_FIN_WAIT] = "fin-wait",
	    [FW_TCP_CLOSING] = "closing",
	    [FW_TCP_TIME_WAIT] = "time-wait",
	    [FW_TCP_CLOSED] = "closed",
	    [FW_TCP_CLOSE_WAIT] = "close-wait",
	};
	uint8_t before = c->track.state;
	struct session_step step = send(c, d, &g);
	switch ((enum session_answer)step.answer) {
	case SESSION_PASS:
		return states[step.state];
	case SESSION_QUIET:
		CHECK_EQ(c->track.state, before);
		return step.keeps ? "kept" : "quiet";
	case SESSION_REOPEN:
		return "reopen";
	case SESSION_DROP:
		return step.reason == FW_DROP_TCP_WINDOW ? "window" : "state";
	case SESSION_WIDEN:
		break;
	}
	return "?";
}

#define TELL(c, d, expected, ...) CHECK_STR(told(c, d, segment(__VA_ARGS__)), expected)

static struct connection syn_sent(uint32_t isn)
{
	struct connection c = {.strict = true};
	struct tcp_segment syn = segment(TCP_SYN, isn, 0, 0);
	tcp_track_open(&c.track, &syn);
	return c;
}

// A has sent up to 101 and B up to 301, moved by base.
static struct connection established_at(uint32_t base)
{
	struct connection c = syn_sent(base + 100);
	TELL(&c, B, "syn-received", TCP_SYN_ACK, base + 300, base + 101, 0);
	TELL(&c, A, "established", TCP_ACK, base + 101, base + 301, 0);
	return c;
}

static struct connection established(void)
{
	return established_at(0);
}

static void the_handshake_is_followed(void)
{
	struct connection c = syn_sent(100);
	CHECK_EQ(c.track.state, FW_TCP_SYN_SENT);
	TELL(&c, A, "syn-sent", TCP_SYN, 100, 0, 0);
	TELL(&c, B, "syn-received", TCP_SYN_ACK, 300, 101, 0);
	TELL(&c, B, "syn-received", TCP_SYN_ACK, 300, 101, 0);
	TELL(&c, A, "syn-received", TCP_SYN, 100, 0, 0);
	TELL(&c, A, "established", TCP_ACK, 101, 301, 0);
	TELL(&c, B, "established", TCP_SYN_ACK, 300, 101, 0);
	CHECK_EQ(c.track.side[A].flags, 0);
	CHECK_EQ(c.track.side[B].flags, 0);
}

static void an_answer_must_acknowledge_the_syn(void)
{
	struct connection c = syn_sent(100);
	TELL(&c, B, "window", TCP_SYN_ACK, 300, 100, 0);
	TELL(&c, B, "window", TCP_SYN_ACK, 300, 102, 0);
	TELL(&c, B, "window", TCP_SYN_ACK, 300, 0x80000101u, 0);
	TELL(&c, B, "syn-received", TCP_SYN_ACK, 300, 101, 0);
}

static void data_in_the_syn_may_be_taken_or_not(void)
{
	for (uint32_t taken = 0; taken <= 50; taken += 25) {
		struct connection c = {.strict = true};
		struct tcp_segment syn = segment(TCP_SYN, 100, 0, 50);
		tcp_track_open(&c.track, &syn);
		TELL(&c, B, "syn-received", TCP_SYN_ACK, 300, 101 + taken, 0);
		TELL(&c, B, "syn-received", TCP_ACK, 301, 101 + taken, 500);
		TELL(&c, B, "syn-received", TCP_ACK, 801, 101 + taken, 400);
		TELL(&c, A, "established", TCP_ACK, 101 + taken, 301, 50 - taken);
	}
}

static void a_server_may_change_its_number_before_the_handshake_ends(void)
{
	struct connection c = syn_sent(100);
	TELL(&c, B, "syn-received", TCP_SYN_ACK, 300, 101, 0);
	TELL(&c, B, "syn-received", TCP_SYN_ACK, 0x90000000u, 101, 0);
	TELL(&c, A, "established", TCP_ACK, 101, 0x90000001u, 0);
}

static void both_may_open_at_once(void)
{
	struct connection c = syn_sent(100);
	TELL(&c, B, "syn-received", TCP_SYN, 300, 0, 0);
	TELL(&c, B, "syn-received", TCP_SYN, 300, 0, 0);
	TELL(&c, A, "window", TCP_SYN_ACK, 100, 300, 0);
	TELL(&c, A, "established", TCP_SYN_ACK, 100, 301, 0);
	TELL(&c, B, "established", TCP_SYN_ACK, 300, 101, 0);
	TELL(&c, A, "established", TCP_ACK, 101, 301, 100);
	TELL(&c, B, "established", TCP_ACK, 301, 201, 100);
}

static void segments_stay_in_their_window(void)
{
	struct connection c = established();
	TELL(&c, A, "established", TCP_ACK, 101, 301, 500);
	TELL(&c, B, "established", TCP_ACK, 301, 601, 0);
	TELL(&c, A, "established", TCP_ACK, 1601, 301, 100); // starts where B's window ends
	TELL(&c, A, "window", TCP_ACK, 1602, 301, 100);
	TELL(&c, A, "established", TCP_ACK, 601, 301, 100); // sent again
	TELL(&c, B, "established", TCP_ACK, 301, 1701, 0);
	TELL(&c, A, "window", TCP_ACK, 101, 301, 100);
	TELL(&c, A, "window", TCP_ACK, 0x80000000u, 301, 1);
}

static void acknowledgments_are_of_what_was_sent(void)
{
	struct connection c = established();
	TELL(&c, A, "window", TCP_ACK, 101, 302, 0);
	TELL(&c, B, "established", TCP_ACK, 301, 101, 1000);
	TELL(&c, A, "established", TCP_ACK, 101, 1301, 0);
	TELL(&c, A, "established", TCP_ACK, 101, 301, 0); // old
	TELL(&c, A, "window", TCP_ACK, 101, 1301u - TCP_ACK_WINDOW - 1, 0);
	TELL(&c, A, "window", TCP_ACK, 101, 1302, 0);
}

static void a_keep_alive_passes_in_both_directions(void)
{
	struct connection c = established();
	TELL(&c, A, "established", TCP_ACK, 100, 301, 0);
	TELL(&c, B, "established", TCP_ACK, 301, 101, 0);
	TELL(&c, B, "established", TCP_ACK, 300, 101, 1);
	TELL(&c, A, "established", TCP_ACK, 101, 301, 0);
}

static void a_window_of_zero_can_be_probed(void)
{
	struct connection c = established();
	struct tcp_segment shut = segment(TCP_ACK, 301, 1101, 0);
	shut.window = 0;
	TELL(&c, A, "established", TCP_ACK, 101, 301, 1000);
	CHECK_STR(told(&c, B, shut), "established");
	CHECK_STR(told(&c, B, shut), "established");
	TELL(&c, A, "established", TCP_ACK, 1101, 301, 1);
	CHECK_STR(told(&c, B, shut), "established");
	TELL(&c, A, "established", TCP_ACK, 1101, 301, 1);
	TELL(&c, A, "window", TCP_ACK, 1103, 301, 1);
	TELL(&c, B, "established", TCP_ACK, 301, 1102, 0); // opens again
	TELL(&c, A, "established", TCP_ACK, 2102, 301, 1);
}

static void windows_are_scaled_when_both_say_so(void)
{
	for (unsigned who = 0; who < 4; who++) {
		struct connection c = {.strict = true};
		struct tcp_segment syn = segment(TCP_SYN, 100, 0, 0);
		struct tcp_segment answer = segment(TCP_SYN_ACK, 300, 101, 0);
		syn.scale = who & 1 ? 3 : TCP_NO_SCALE;
		answer.scale = who & 2 ? 5 : TCP_NO_SCALE;
		tcp_track_open(&c.track, &syn);
		CHECK_STR(told(&c, B, answer), "syn-received");
		CHECK_EQ(c.track.side[A].max_end, 101 + 1000); // never of a SYN itself
		TELL(&c, A, "established", TCP_ACK, 101, 301, 0);
		TELL(&c, B, "established", TCP_ACK, 301, 101, 0);
		CHECK_EQ(c.track.side[A].max_end, 101 + (who == 3 ? 32000 : 1000));
		CHECK_EQ(c.track.side[B].max_end, 301 + (who == 3 ? 8000 : 1000));
		TELL(&c, A, who == 3 ? "established" : "window", TCP_ACK, 30000, 301, 1);
	}
}

static void sequence_numbers_wrap(void)
{
	for (uint32_t base = 0xffffff00u; base != 0x100; base += 0x20) {
		struct connection c = established_at(base);
		uint32_t a = base + 101, b = base + 301;
		for (unsigned i = 0; i < 5; i++) {
			TELL(&c, A, "established", TCP_ACK, a, b, 1000);
			a += 1000;
			TELL(&c, B, "established", TCP_ACK, b, a, 700);
			b += 700;
		}
		TELL(&c, A, "window", TCP_ACK, a + 1001, b, 1);
		TELL(&c, B, "window", TCP_ACK, b, a + 1, 1);
	}
}

static void a_reset_must_be_exact_to_close(void)
{
	static const struct {
		uint32_t seq;
		const char *answer;
	} cases[] = {
	    {101, "closed"},  {102, "quiet"},  {600, "quiet"}, {1101, "quiet"},
	    {1102, "window"}, {100, "window"}, {0, "window"},  {0x80000101u, "window"},
	};
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct connection c = established();
		TELL(&c, A, cases[i].answer, TCP_RST, cases[i].seq, 0, 0);
		if (c.track.state == FW_TCP_ESTABLISHED)
			TELL(&c, A, "established", TCP_ACK, 101, 301, 10);
	}
}

static void a_reset_behind_data_in_flight_can_be_challenged(void)
{
	struct connection c = established();
	TELL(&c, A, "established", TCP_ACK, 101, 301, 500);
	TELL(&c, A, "closed", TCP_RST, 601, 0, 0);
	TELL(&c, A, "state", TCP_ACK, 601, 301, 0);
	TELL(&c, B, "state", TCP_ACK, 301, 601, 0);  // has it all
	TELL(&c, B, "quiet", TCP_ACK, 301, 101, 0);  // has not: it asks again
	TELL(&c, B, "state", TCP_ACK, 301, 101, 10); // data is no challenge
	TELL(&c, A, "quiet", TCP_RST, 101, 0, 0);
	CHECK_EQ(c.track.state, FW_TCP_CLOSED);
}

static void an_exact_reset_leaves_nothing_to_challenge(void)
{
	struct connection c = established();
	TELL(&c, A, "closed", TCP_RST, 101, 0, 0);
	TELL(&c, B, "state", TCP_ACK, 301, 101, 0);
	TELL(&c, A, "reopen", TCP_SYN, 7000, 0, 0);
	TELL(&c, B, "reopen", TCP_SYN, 7000, 0, 0);
}

static void a_syn_is_refused_by_who_acknowledges_it(void)
{
	struct connection c = syn_sent(100);
	struct tcp_segment reset = segment(TCP_RST, 0, 101, 0);
	CHECK_STR(told(&c, B, reset), "window");
	reset.has_ack = true;
	reset.ack = 100;
	CHECK_STR(told(&c, B, reset), "window");
	reset.ack = 101;
	CHECK_STR(told(&c, B, reset), "closed");
}

static void an_old_connection_answers_a_syn_and_is_reset(void)
{
	struct connection c = syn_sent(100);
	TELL(&c, B, "quiet", TCP_ACK, 900, 777, 0);
	TELL(&c, A, "closed", TCP_RST, 777, 0, 0);
	TELL(&c, A, "reopen", TCP_SYN, 100, 0, 0);
}

static void a_syn_in_a_live_connection_is_challenged_by_its_end(void)
{
	struct connection c = established();
	TELL(&c, A, "quiet", TCP_SYN, 0x70000000u, 0, 0);
	TELL(&c, B, "established", TCP_ACK, 301, 101, 0); // the challenge
	TELL(&c, A, "closed", TCP_RST, 101, 0, 0);        // who sent the SYN knows nothing of it
}

static void an_end_that_forgot_the_connection_begins_anew(void)
{
	struct connection c = established();
	TELL(&c, A, "quiet", TCP_SYN, 0x70000000u, 0, 0);
	TELL(&c, B, "window", TCP_SYN_ACK, 0x60000000u, 0x70000002u, 0);
	TELL(&c, B, "syn-received", TCP_SYN_ACK, 0x60000000u, 0x70000001u, 0);
	TELL(&c, A, "established", TCP_ACK, 0x70000001u, 0x60000001u, 100);
	TELL(&c, B, "established", TCP_ACK, 0x60000001u, 0x70000065u, 100);
	TELL(&c, A, "window", TCP_ACK, 101, 301, 0); // the old one is gone
}

static void a_late_copy_of_the_handshake_changes_nothing(void)
{
	struct connection c = established();
	TELL(&c, A, "established", TCP_ACK, 101, 301, 500);
	TELL(&c, A, "quiet", TCP_SYN, 100, 0, 0);
	TELL(&c, B, "established", TCP_SYN_ACK, 300, 101, 0);
	TELL(&c, A, "established", TCP_ACK, 601, 301, 500);
}

static void the_responder_cannot_begin_anew(void)
{
	struct connection c = established();
	TELL(&c, B, "quiet", TCP_SYN, 0x70000000u, 0, 0);
	TELL(&c, A, "window", TCP_SYN_ACK, 0x60000000u, 0x70000001u, 0);
}

static void a_connection_closes_in_either_order(void)
{
	for (unsigned first = A; first <= B; first++) {
		unsigned other = !first;
		uint32_t mine = first == A ? 101 : 301, theirs = first == A ? 301 : 101;
		struct connection c = established();
		const char *half = first == A ? "fin-wait" : "close-wait";
		TELL(&c, first, "window", TCP_FIN, mine + 5000, theirs, 0);
		TELL(&c, first, half, TCP_FIN, mine, theirs, 0);
		TELL(&c, first, half, TCP_FIN, mine, theirs, 0);
		TELL(&c, other, half, TCP_ACK, theirs, mine + 1, 400);
		TELL(&c, first, half, TCP_ACK, mine + 1, theirs + 400, 0);
		TELL(&c, other, "closing", TCP_FIN, theirs + 400, mine + 1, 0);
		TELL(&c, first, "closing", TCP_ACK, mine + 1, theirs + 400, 0); // not of the FIN
		TELL(&c, first, "time-wait", TCP_ACK, mine + 1, theirs + 401, 0);
		TELL(&c, other, "time-wait", TCP_FIN, theirs + 400, mine + 1, 0);
		TELL(&c, first, "quiet", TCP_ACK, mine + 1, theirs + 401, 0);
		TELL(&c, first, "window", TCP_ACK, mine + 9000, theirs + 401, 0);
		TELL(&c, first, "reopen", TCP_SYN, mine, 0, 0);
	}
}

static void both_may_close_at_once(void)
{
	struct connection c = established();
	TELL(&c, A, "fin-wait", TCP_FIN, 101, 301, 0);
	TELL(&c, B, "closing", TCP_FIN, 301, 101, 0);
	TELL(&c, A, "closing", TCP_ACK, 102, 302, 0);
	TELL(&c, B, "time-wait", TCP_ACK, 302, 102, 0);
}

static void liberal_passes_what_lies_outside_and_changes_nothing(void)
{
	struct connection c = established();
	c.strict = false;
	struct fw_session_track before = c.track;
	TELL(&c, A, "kept", TCP_ACK, 0x70000000u, 301, 10);
	TELL(&c, A, "kept", TCP_FIN, 0x70000000u, 301, 0);
	TELL(&c, A, "quiet", TCP_RST, 0x70000000u, 0, 0);
	TELL(&c, B, "kept", TCP_SYN_ACK, 0x70000000u, 5, 0);
	CHECK(memcmp(&before, &c.track, sizeof(before)) == 0);
	TELL(&c, A, "established", TCP_ACK, 101, 301, 10);
}

static void a_connection_taken_up_in_the_middle_is_followed(void)
{
	struct connection c = {.strict = true};
	struct tcp_segment first = segment(TCP_ACK, 5000, 9000, 100);
	tcp_track_open(&c.track, &first);
	CHECK_EQ(c.track.state, FW_TCP_ESTABLISHED);
	TELL(&c, B, "established", TCP_ACK, 9000, 5100, 100);
	TELL(&c, A, "established", TCP_ACK, 1000000, 9100, 100); // the scale is not known
	TELL(&c, A, "window", TCP_ACK, 5000u + (1u << 28), 9100, 100);
	TELL(&c, A, "window", TCP_ACK, 1000000, 9101, 0);
	TELL(&c, B, "close-wait", TCP_FIN, 9100, 1000100, 0);
	TELL(&c, A, "closing", TCP_FIN, 1000100, 9101, 0);
	TELL(&c, B, "time-wait", TCP_ACK, 9101, 1000101, 0);
}

static void a_keep_alive_can_be_the_first_that_is_seen(void)
{
	struct connection c = {.strict = true};
	struct tcp_segment first = segment(TCP_ACK, 4999, 9000, 0);
	tcp_track_open(&c.track, &first);
	TELL(&c, B, "established", TCP_ACK, 9000, 5000, 0);
	TELL(&c, A, "established", TCP_ACK, 5000, 9000, 10);
}

static void the_silent_side_of_one_taken_up_can_reset(void)
{
	struct connection c = {.strict = true};
	struct tcp_segment first = segment(TCP_ACK, 5000, 9000, 100);
	tcp_track_open(&c.track, &first);
	TELL(&c, B, "window", TCP_RST, 8999, 0, 0);
	TELL(&c, B, "closed", TCP_RST, 9000, 0, 0);
}

static void the_scale_is_read_and_nothing_behind_it(void)
{
	uint8_t header[60] = {0};
	static const uint8_t options[] = {2, 4, 5, 0xb4, 1, 3, 3, 7};
	header[12] = 7 << 4;
	memcpy(header + 20, options, sizeof(options));
	CHECK_EQ(tcp_read_scale(header), 7);
	header[27] = 200;
	CHECK_EQ(tcp_read_scale(header), 14);
	header[12] = 6 << 4; // the header ends before it
	CHECK_EQ(tcp_read_scale(header), TCP_NO_SCALE);
	header[12] = 7 << 4;
	header[21] = 0; // a length that goes nowhere
	CHECK_EQ(tcp_read_scale(header), TCP_NO_SCALE);
	header[21] = 9; // and one that leaves the header
	CHECK_EQ(tcp_read_scale(header), TCP_NO_SCALE);
	header[20] = 0;
	CHECK_EQ(tcp_read_scale(header), TCP_NO_SCALE);
	uint64_t seed = 1;
	for (unsigned n = 0; n < 100000; n++) {
		for (unsigned i = 20; i < 60; i++)
			header[i] = (uint8_t)test_below(&seed, 6);
		header[12] = (uint8_t)((5 + test_below(&seed, 11)) << 4);
		uint8_t scale = tcp_read_scale(header);
		CHECK(scale <= 14 || scale == TCP_NO_SCALE);
	}
}

// Nothing that a stranger sends who sees neither end closes a connection, moves its windows, or
// keeps the ends from talking.
static void guesses_do_no_harm(void)
{
	uint64_t seed = 7;
	for (unsigned n = 0; n < 200000; n++) {
		struct connection c = established();
		for (unsigned i = 0; i < 4; i++) {
			enum tcp_class class = TCP_SYN + test_below(&seed, 5);
			uint32_t seq = (uint32_t)test_random(&seed) | 0x10000000u,
				 ack = (uint32_t)test_random(&seed) | 0x10000000u;
			told(&c, test_below(&seed, 2), segment(class, seq, ack, 0));
			CHECK_EQ(c.track.state, FW_TCP_ESTABLISHED);
		}
		TELL(&c, A, "established", TCP_ACK, 101, 301, 500);
		TELL(&c, B, "established", TCP_ACK, 301, 601, 500);
	}
}

int main(void)
{
	RUN(the_handshake_is_followed);
	RUN(an_answer_must_acknowledge_the_syn);
	RUN(data_in_the_syn_may_be_taken_or_not);
	RUN(a_server_may_change_its_number_before_the_handshake_ends);
	RUN(both_may_open_at_once);
	RUN(segments_stay_in_their_window);
	RUN(acknowledgments_are_of_what_was_sent);
	RUN(a_keep_alive_passes_in_both_directions);
	RUN(a_window_of_zero_can_be_probed);
	RUN(windows_are_scaled_when_both_say_so);
	RUN(sequence_numbers_wrap);
	RUN(a_reset_must_be_exact_to_close);
	RUN(a_reset_behind_data_in_flight_can_be_challenged);
	RUN(an_exact_reset_leaves_nothing_to_challenge);
	RUN(a_syn_is_refused_by_who_acknowledges_it);
	RUN(an_old_connection_answers_a_syn_and_is_reset);
	RUN(a_syn_in_a_live_connection_is_challenged_by_its_end);
	RUN(an_end_that_forgot_the_connection_begins_anew);
	RUN(a_late_copy_of_the_handshake_changes_nothing);
	RUN(the_responder_cannot_begin_anew);
	RUN(a_connection_closes_in_either_order);
	RUN(both_may_close_at_once);
	RUN(liberal_passes_what_lies_outside_and_changes_nothing);
	RUN(a_connection_taken_up_in_the_middle_is_followed);
	RUN(a_keep_alive_can_be_the_first_that_is_seen);
	RUN(the_silent_side_of_one_taken_up_can_reset);
	RUN(the_scale_is_read_and_nothing_behind_it);
	RUN(guesses_do_no_harm);
	return 0;
}
