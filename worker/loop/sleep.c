// SPDX-License-Identifier: Apache-2.0
// How a turn begins: with a look at descriptors, with arming, or with a sleep.
//
// Ports of DPDK are ready in every turn, and a turn is short: the time is read once in 100 us, and the descriptors of TAPs and
// packet sockets, which cost a system call, once in 50 us or in every turn while they bring frames.
//
// Sleeping: arm the interrupts of the ports of DPDK (wake.c), do one more turn; if it found nothing, leave the readers (QSBR
// offline), say so (asleep), look once more for news (a generation, a neighbor, the end), then wait on the interrupts, the
// descriptors of TAPs and packet sockets and the wake descriptor, never longer than half a second; disarm. The turn after
// the arming processes what it finds, and so must be on line; what comes later makes an interrupt. Descriptors are
// level-triggered: a frame that came before the wait ends it at once. The control thread counts its news first and looks
// at asleep afterwards, and so does a core that passes frames to another: one of the two always sees the other.
#include <sys/epoll.h>
#include <rte_cycles.h>
#include "loop/loop.h"

#define LOOP_HELD_US 1000u // packets wait for a neighbor: the pipeline looks for it once per tick
#define LOOP_SLEEP_MAX_US 500000u // the heartbeat must not stop

static int loop_timeout_ms(const struct loop *l)
{
	uint32_t us = l->current != NULL ? l->current->sleep_timeout_us : LOOP_SLEEP_MAX_US;
	if (us > LOOP_SLEEP_MAX_US)
		us = LOOP_SLEEP_MAX_US;
	if (l->state.counters->held > 0 && us > LOOP_HELD_US)
		us = LOOP_HELD_US;
	return (int)((us + 999) / 1000);
}

static bool loop_woken_by_frames(const struct epoll_event *events, int count)
{
	for (int i = 0; i < count; i++)
		if (events[i].data.u64 >> 32 != SOURCE_WAKE)
			return true;
	return false;
}

static int loop_wait(struct loop *l, struct epoll_event *events)
{
	uint64_t start = rte_rdtsc();
	int count = epoll_wait(l->epoll, events, LOOP_EVENTS, loop_timeout_ms(l));
	l->state.counters->sleeps++;
	l->state.counters->wakeups += loop_woken_by_frames(events, count);
	l->busy.slept += rte_rdtsc() - start;
	__atomic_store_n(l->state.woken_ns, clock_monotonic_ns(), __ATOMIC_RELAXED);
	return count;
}

// Waits for an event, off line. Returns the number of events.
static int loop_sleep(struct loop *l, struct epoll_event *events)
{
	int count = 0;
	rte_rcu_qsbr_thread_offline(l->shared->qsbr, l->index);
	atomic_store(&l->asleep, true);
	if (atomic_load(&l->shared->news) == l->news_seen && (l->ready & ~l->wake.resting) == 0 &&
	    !loop_passed_waiting(l)) {
		l->wake.waited = l->wake.armed;
		count = loop_wait(l, events);
	}
	atomic_store(&l->asleep, false);
	rte_rcu_qsbr_thread_online(l->shared->qsbr, l->index);
	l->now_tsc = 0; // the time is another one
	busy_woken(&l->busy, rte_rdtsc());
	return count;
}

// Which descriptors are readable. Returns the number of events.
static int loop_look(struct loop *l, struct epoll_event *events, uint64_t tsc)
{
	if (l->ready != 0 && l->events == 0 && tsc - l->looked_tsc < l->look_cycles)
		return 0;
	l->looked_tsc = tsc;
	return epoll_wait(l->epoll, events, LOOP_EVENTS, 0);
}

// What the turn does first, as the last one has decided. Returns the number of events.
int loop_begin(struct loop *l, struct epoll_event *events, uint64_t tsc)
{
	l->wake.waited = 0;
	if (l->next == IDLE_ARM)
		wake_arm(l);
	int count = l->next == IDLE_WAIT ? loop_sleep(l, events) : loop_look(l, events, tsc);
	if (l->wake.armed != 0 && l->next != IDLE_ARM)
		wake_waited(l);
	return count;
}
