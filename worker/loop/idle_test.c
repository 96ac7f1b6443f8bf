// SPDX-License-Identifier: Apache-2.0
// The decision by examples, and by a model of a device: every way in which frames can come between any two steps of the loop.
#include "loop/idle.h"
#include "test.h"

#define LATER 1000000u

static const struct idle_limits adaptive = {FW_RX_ADAPTIVE, 4, 32};
static const struct idle_limits interrupt = {FW_RX_INTERRUPT, 4, 32};
static const struct idle_limits polling = {FW_RX_POLLING, 4, 32};

static void polling_never_arms(void)
{
	struct idle_state s = {0};
	for (unsigned i = 0; i < 100; i++)
		CHECK_EQ(idle_next(&s, &polling, 0, (uint64_t)LATER * i), IDLE_POLL);
}

static void interrupt_arms_at_the_first_empty_turn(void)
{
	struct idle_state s = {0};
	CHECK_EQ(idle_next(&s, &interrupt, 500, LATER), IDLE_POLL);
	CHECK_EQ(idle_next(&s, &interrupt, 0, LATER), IDLE_ARM);
	CHECK_EQ(idle_next(&s, &interrupt, 0, LATER), IDLE_WAIT);
	CHECK_EQ(idle_next(&s, &interrupt, 0, LATER), IDLE_ARM); // nothing came: the bound of the wait was over
}

static void adaptive_arms_after_the_threshold_of_empty_polls(void)
{
	struct idle_state s = {0};
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(idle_next(&s, &adaptive, 0, LATER), IDLE_POLL);
	CHECK_EQ(idle_next(&s, &adaptive, 0, LATER), IDLE_ARM);
	CHECK_EQ(idle_next(&s, &adaptive, 0, LATER), IDLE_WAIT);
	CHECK_EQ(idle_next(&s, &adaptive, 0, LATER), IDLE_ARM);
}

static void what_the_last_look_finds_ends_the_arming(void)
{
	struct idle_state s = {0};
	CHECK_EQ(idle_next(&s, &interrupt, 0, LATER), IDLE_ARM);
	CHECK_EQ(idle_next(&s, &interrupt, 1, LATER), IDLE_POLL);
	CHECK_EQ(idle_next(&s, &interrupt, 0, LATER), IDLE_ARM);
}

static void a_packet_starts_the_count_again(void)
{
	struct idle_state s = {0};
	for (unsigned i = 0; i < 3; i++)
		idle_next(&s, &adaptive, 0, LATER);
	CHECK_EQ(idle_next(&s, &adaptive, 1, LATER), IDLE_POLL);
	for (unsigned i = 0; i < 3; i++)
		CHECK_EQ(idle_next(&s, &adaptive, 0, 20 * LATER), IDLE_POLL);
	CHECK_EQ(idle_next(&s, &adaptive, 0, 20 * LATER), IDLE_ARM);
}

static void lingers_after_a_packet(void)
{
	struct idle_state s = {.gap_ns = IDLE_GAP_CAP_NS, .last_packet_ns = 1};
	idle_next(&s, &adaptive, 1, 10 * LATER);
	for (unsigned i = 0; i < 50; i++)
		CHECK_EQ(idle_next(&s, &adaptive, 0, 10 * LATER + IDLE_LINGER_NS - 1), IDLE_POLL);
	CHECK_EQ(idle_next(&s, &adaptive, 0, 10 * LATER + IDLE_LINGER_NS), IDLE_ARM);
}

static void few_packets_keep_the_sleeping_mode_and_many_end_it(void)
{
	struct idle_state s = {.sleeping = true, .last_packet_ns = 1};
	CHECK_EQ(idle_next(&s, &adaptive, 31, 9 * LATER), IDLE_POLL);
	CHECK_EQ(idle_next(&s, &adaptive, 0, 20 * LATER), IDLE_ARM);
	CHECK_EQ(idle_next(&s, &adaptive, 32, 20 * LATER), IDLE_POLL);
	CHECK(!s.sleeping && s.switches == 1);
	CHECK_EQ(idle_next(&s, &adaptive, 0, 40 * LATER), IDLE_POLL);
}

static void a_change_to_polling_ends_the_sleeping_mode(void)
{
	struct idle_state s = {.sleeping = true, .armed = true};
	CHECK_EQ(idle_next(&s, &polling, 0, LATER), IDLE_POLL);
	CHECK(!s.sleeping && !s.armed && s.switches == 1);
}

// Packets every gap_ns, polls in between every microsecond. Returns how many of 1000 gaps the core sleeps in.
static unsigned sleeps_in_1000_gaps(uint64_t gap_ns)
{
	struct idle_state s = {0};
	unsigned sleeps = 0;
	uint64_t now = LATER;
	for (unsigned i = 0; i < 1100; i++) {
		bool slept = false;
		idle_next(&s, &adaptive, 1, now);
		for (uint64_t t = 1000; t < gap_ns && !slept; t += 1000)
			slept = idle_next(&s, &adaptive, 0, now + t) == IDLE_WAIT;
		now += gap_ns;
		s.armed = false; // the wait was ended by the packet
		sleeps += i >= 100 && slept;
	}
	return sleeps;
}

// Hysteresis: steady traffic keeps the core awake, rare packets do not.
static void steady_traffic_keeps_it_awake(void)
{
	CHECK_EQ(sleeps_in_1000_gaps(20000), 0);
	CHECK_EQ(sleeps_in_1000_gaps(200000), 0);
	CHECK_EQ(sleeps_in_1000_gaps(450000), 0);
	CHECK_EQ(sleeps_in_1000_gaps(700000), 1000);
	CHECK_EQ(sleeps_in_1000_gaps(20000000), 1000);
}

static void a_core_is_as_awake_as_its_most_awake_port(void)
{
	CHECK_EQ(idle_both(FW_RX_POLLING, FW_RX_INTERRUPT), FW_RX_POLLING);
	CHECK_EQ(idle_both(FW_RX_ADAPTIVE, FW_RX_POLLING), FW_RX_POLLING);
	CHECK_EQ(idle_both(FW_RX_INTERRUPT, FW_RX_ADAPTIVE), FW_RX_ADAPTIVE);
	CHECK_EQ(idle_both(FW_RX_INTERRUPT, FW_RX_INTERRUPT), FW_RX_INTERRUPT);
	CHECK_EQ(idle_both(0, FW_RX_INTERRUPT), FW_RX_INTERRUPT);
	CHECK_EQ(idle_both(0, 0), 0);
}

// A device as virtio and NICs are: an interrupt comes only for a frame that comes while it is armed.
struct device {
	unsigned waiting;
	bool armed, told;
};

static void device_frame(struct device *d, bool comes)
{
	d->waiting += comes;
	d->told = d->told || (comes && d->armed);
}

// One turn as loop.c does it; before each of its steps a frame comes or not, by the bits of *frames.
static enum idle_decision turn(struct idle_state *s, const struct idle_limits *l, struct device *d, enum idle_decision next,
			       uint32_t *frames, uint64_t now)
{
	device_frame(d, *frames & 1);
	if (next == IDLE_ARM)
		d->armed = true;
	device_frame(d, *frames >> 1 & 1);
	if (next == IDLE_WAIT) {
		CHECK(d->armed);
		CHECK(d->waiting == 0 || d->told); // the wait would go on although a frame waits
	}
	if (next != IDLE_ARM)
		d->armed = d->told = false;
	device_frame(d, *frames >> 2 & 1);
	unsigned found = d->waiting;
	d->waiting = 0;
	*frames >>= 3;
	return idle_next(s, l, found, now);
}

// Every mode, every change of mode after any turn, every way in which frames can come during seven turns.
static void no_state_waits_while_a_frame_waits(void)
{
	const struct idle_limits modes[] = {polling, interrupt, adaptive, {FW_RX_ADAPTIVE, 1, 1}};
	unsigned waits = 0;
	for (uint32_t way = 0; way < 1u << 21; way++) {
		const struct idle_limits *first = &modes[way % 4], *second = &modes[way / 4 % 4];
		struct idle_state s = {.last_packet_ns = 1, .sleeping = way / 16 % 2};
		struct device d = {0};
		enum idle_decision next = IDLE_POLL;
		uint32_t frames = way;
		for (unsigned i = 0; i < 7; i++) {
			next = turn(&s, i < way % 7 ? first : second, &d, next, &frames, (uint64_t)LATER * (i + 2) * 4);
			waits += next == IDLE_WAIT;
		}
	}
	CHECK(waits > 50000); // it is not empty
}

// From any state whatever, a wait is decided only in the turn after an arming that found nothing.
static void waits_only_after_arming_and_looking(void)
{
	uint64_t seed = 11;
	for (unsigned i = 0; i < 1000000; i++) {
		struct idle_state s = {.armed = test_below(&seed, 2),
				       .sleeping = test_below(&seed, 2),
				       .empty = test_below(&seed, 10),
				       .last_packet_ns = test_below(&seed, 5) * LATER,
				       .gap_ns = test_below(&seed, 9) * (IDLE_GAP_NS / 4)};
		const struct idle_limits l = {(enum fw_rx_mode)(1 + test_below(&seed, 3)), test_below(&seed, 9), 1 + test_below(&seed, 40)};
		bool armed = s.armed;
		uint32_t found = test_below(&seed, 2) == 0 ? 0 : test_below(&seed, 64);
		enum idle_decision d = idle_next(&s, &l, found, 4 * LATER + test_below(&seed, LATER));
		CHECK(d != IDLE_WAIT || (armed && found == 0));
		CHECK(d == IDLE_POLL || (l.mode != FW_RX_POLLING && found == 0));
		CHECK_EQ(s.armed, d == IDLE_ARM);
	}
}

int main(void)
{
	RUN(polling_never_arms);
	RUN(interrupt_arms_at_the_first_empty_turn);
	RUN(adaptive_arms_after_the_threshold_of_empty_polls);
	RUN(what_the_last_look_finds_ends_the_arming);
	RUN(a_packet_starts_the_count_again);
	RUN(lingers_after_a_packet);
	RUN(few_packets_keep_the_sleeping_mode_and_many_end_it);
	RUN(a_change_to_polling_ends_the_sleeping_mode);
	RUN(steady_traffic_keeps_it_awake);
	RUN(a_core_is_as_awake_as_its_most_awake_port);
	RUN(no_state_waits_while_a_frame_waits);
	RUN(waits_only_after_arming_and_looking);
	return 0;
}
