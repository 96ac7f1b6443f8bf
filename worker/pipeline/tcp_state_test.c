// SPDX-License-Identifier: Apache-2.0
#include "pipeline/tcp_state.h"
#include <stdbool.h>
#include "test.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32 };

// What RFC 9293 allows, said in another way than by the table.
static enum tcp_class classify(unsigned flags)
{
	if (flags & SYN && flags & (FIN | RST))
		return TCP_INVALID;
	if (flags & RST)
		return flags & FIN ? TCP_INVALID : TCP_RST;
	if (flags & SYN)
		return flags & ACK ? TCP_SYN_ACK : flags & URG ? TCP_INVALID : TCP_SYN;
	if (!(flags & ACK))
		return TCP_INVALID;
	return flags & FIN ? TCP_FIN : TCP_ACK;
}

static void every_combination_of_flags_has_its_class(void)
{
	for (unsigned flags = 0; flags < 256; flags++)
		CHECK_EQ(tcp_classify((uint8_t)flags), classify(flags & 0x3f));
}

static void every_step_leads_to_a_state(void)
{
	for (unsigned state = FW_TCP_SYN_SENT; state < TCP_STATES; state++) {
		for (unsigned direction = 0; direction < 2; direction++) {
			CHECK_EQ(tcp_steps[state][direction][TCP_INVALID].verdict, TCP_DROP);
			CHECK_EQ(tcp_steps[state][direction][TCP_RST].state, FW_TCP_CLOSED);
			for (unsigned class = TCP_SYN; class < TCP_CLASSES; class ++) {
				struct tcp_step step = tcp_steps[state][direction][class];
				if (step.verdict == TCP_PASS)
					CHECK(step.state >= FW_TCP_SYN_SENT &&
					      step.state < TCP_STATES);
			}
		}
	}
}

static void only_a_syn_reopens_and_only_what_is_dead(void)
{
	for (unsigned state = 0; state < TCP_STATES; state++) {
		for (unsigned direction = 0; direction < 2; direction++) {
			for (unsigned class = 0; class < TCP_CLASSES; class ++) {
				bool reopens =
				    tcp_steps[state][direction][class].verdict == TCP_REOPEN;
				bool dead = state == FW_TCP_TIME_WAIT || state == FW_TCP_CLOSED;
				CHECK_EQ(reopens, dead && class == TCP_SYN);
			}
		}
	}
}

// Without a reset, a connection never goes back.
static unsigned rank(unsigned state)
{
	static const unsigned ranks[TCP_STATES] = {
	    [FW_TCP_SYN_SENT] = 1,  [FW_TCP_SYN_RECEIVED] = 2, [FW_TCP_ESTABLISHED] = 3,
	    [FW_TCP_FIN_WAIT] = 4,  [FW_TCP_CLOSE_WAIT] = 4,   [FW_TCP_CLOSING] = 5,
	    [FW_TCP_TIME_WAIT] = 6,
	};
	return ranks[state];
}

static void no_step_goes_back(void)
{
	for (unsigned state = FW_TCP_SYN_SENT; state < TCP_STATES; state++) {
		for (unsigned direction = 0; state != FW_TCP_CLOSED && direction < 2; direction++) {
			for (unsigned class = TCP_SYN; class < TCP_RST; class ++) {
				struct tcp_step step = tcp_steps[state][direction][class];
				if (step.verdict == TCP_PASS)
					CHECK(rank(step.state) >= rank(state));
			}
		}
	}
}

static void after_the_handshake_both_ends_are_alike(void)
{
	static const uint8_t mirror[TCP_STATES] = {
	    [FW_TCP_ESTABLISHED] = FW_TCP_ESTABLISHED, [FW_TCP_FIN_WAIT] = FW_TCP_CLOSE_WAIT,
	    [FW_TCP_CLOSE_WAIT] = FW_TCP_FIN_WAIT,     [FW_TCP_CLOSING] = FW_TCP_CLOSING,
	    [FW_TCP_TIME_WAIT] = FW_TCP_TIME_WAIT,     [FW_TCP_CLOSED] = FW_TCP_CLOSED,
	};
	for (unsigned state = FW_TCP_ESTABLISHED; state < TCP_STATES; state++) {
		for (unsigned class = TCP_SYN; class < TCP_CLASSES; class ++) {
			struct tcp_step one = tcp_steps[state][0][class],
					other = tcp_steps[mirror[state]][1][class];
			CHECK_EQ(one.verdict, other.verdict);
			if (one.verdict == TCP_PASS)
				CHECK_EQ(mirror[one.state], other.state);
		}
	}
}

int main(void)
{
	RUN(every_combination_of_flags_has_its_class);
	RUN(every_step_leads_to_a_state);
	RUN(only_a_syn_reopens_and_only_what_is_dead);
	RUN(no_step_goes_back);
	RUN(after_the_handshake_both_ends_are_alike);
	return 0;
}
