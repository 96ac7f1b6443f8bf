// SPDX-License-Identifier: Apache-2.0
// One loop for all rx modes; idle.c decides what a turn does first.
//
// A turn: look for readable descriptors, or wait for events, take the newest generation, set the time, read every ready port
// and TAP, do the pipeline's bounded work between bursts. How a turn begins is in sleep.c.
//
// With several cores each has its own loop and its own pipeline; what they share is in struct loops. Frames of sessions that
// another core owns go through the rings of pass.c. A port is read by one core, or through a queue for each.
#include "loop/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <rte_cycles.h>
#include <rte_malloc.h>
#include "loop/pass.h"

#define LOOP_HEARTBEAT_NS 250000000u
#define LOOP_TIME_US 100u // a tenth of a tick
#define LOOP_LOOK_US 50u

static uint64_t loop_tag(enum loop_source source, uint32_t row)
{
	return (uint64_t)source << 32 | row;
}

static int loop_open(struct loop *l, struct loops *shared, uint32_t index)
{
	l->shared = shared;
	l->index = index;
	l->epoll = -1;
	l->time_cycles = rte_get_tsc_hz() / 1000000 * LOOP_TIME_US;
	l->look_cycles = rte_get_tsc_hz() / 1000000 * LOOP_LOOK_US;
	rte_rcu_qsbr_thread_register(shared->qsbr, index);
	l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int code = l->wake_fd < 0 ? -errno : wake_open(&l->wake);
	return code != 0 ? code : resolve_init(&l->resolve);
}

int loops_init(struct loops *s, uint32_t count)
{
	memset(s, 0, sizeof(*s));
	s->qsbr = rte_zmalloc("qsbr", rte_rcu_qsbr_get_memsize(count), RTE_CACHE_LINE_SIZE);
	s->all = rte_zmalloc("loops", count * sizeof(*s->all), RTE_CACHE_LINE_SIZE);
	if (s->qsbr == NULL || s->all == NULL)
		return -ENOMEM;
	rte_rcu_qsbr_init(s->qsbr, count);
	for (; s->count < count; s->count++) {
		int code = loop_open(&s->all[s->count], s, s->count);
		if (code != 0)
			return code;
	}
	return pass_open(s);
}

void loops_free(struct loops *s)
{
	for (uint32_t i = 0; i < s->count; i++) {
		struct loop *l = &s->all[i];
		if (l->epoll >= 0)
			close(l->epoll);
		close(l->wake_fd);
		wake_close(&l->wake);
		resolve_free(&l->resolve);
	}
	pass_close(s);
	rte_free(s->all);
	rte_free(s->qsbr);
}

static void loop_add(struct loop *l, int fd, enum loop_source source, uint32_t row)
{
	struct epoll_event e = {.events = EPOLLIN, .data.u64 = loop_tag(source, row)};
	epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e);
}

static bool loop_reads(const struct loop *l, const struct port *p)
{
	return p != NULL && port_read_by(p, l->index);
}

// A new set of descriptors: closing the old one is the simplest way to forget all of them.
static void loop_watch(struct loop *l, const struct generation *g)
{
	if (l->epoll >= 0)
		close(l->epoll);
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop_add(l, l->wake_fd, SOURCE_WAKE, 0);
	loop_add(l, l->wake.epoll, SOURCE_INTERRUPT, 0);
	l->ready = 0;
	for (uint32_t i = 0; g != NULL && i < g->port_count; i++) {
		if (!loop_reads(l, g->ports[i]))
			continue;
		l->ready |= 1u << i; // whatever the device holds in its own memory
		if (g->ports[i]->fd >= 0)
			loop_add(l, g->ports[i]->fd, SOURCE_PORT, i);
		else
			l->wake.able |= 1u << i;
	}
	for (uint32_t i = 0; g != NULL && i < g->interface_count; i++)
		if (loop_reads(l, g->hosts[i]))
			loop_add(l, g->hosts[i]->fd, SOURCE_HOST, i);
}

enum fw_rx_mode loop_mode(const struct generation *g, uint32_t core)
{
	enum fw_rx_mode mode = 0;
	for (uint32_t i = 0; i < g->port_count; i++)
		if (g->ports[i] != NULL && port_read_by(g->ports[i], core))
			mode = idle_both(mode, port_wakes(g->ports[i]) ? g->modes[i] : FW_RX_POLLING);
	return mode != 0 ? mode : g->limits.mode;
}

void loop_judge(struct loop *l)
{
	static const struct idle_limits no_generation = {.mode = FW_RX_INTERRUPT};
	l->limits = l->current != NULL ? l->current->limits : no_generation;
	if (l->current != NULL)
		l->limits.mode = loop_mode(l->current, l->index);
}

static bool loop_take_generation(struct loop *l)
{
	const struct generation *g = atomic_load(&l->shared->generation);
	if (g == l->current)
		return false;
	wake_forget(l);
	const struct tables *old = l->current != NULL ? l->current->tables : NULL;
	const struct tables *new = g != NULL ? g->tables : NULL;
	if (new != old) {
		if (new != NULL)
			loop_move_rows(&l->state, new);
		core_set_tables(l->core, new);
	}
	l->current = g;
	loop_watch(l, g);
	loop_judge(l);
	atomic_store_explicit(&l->taken, g, memory_order_release);
	return true;
}

static void loop_read_time(struct loop *l)
{
	uint64_t now = clock_boottime_ns();
	if (now - l->heartbeat_ns >= LOOP_HEARTBEAT_NS) {
		l->heartbeat_ns = now;
		l->state.counters->busy_ns += busy_take_ns(&l->busy.cycles, rte_get_tsc_hz());
		l->state.counters->sleep_ns += busy_take_ns(&l->busy.slept, rte_get_tsc_hz());
		l->state.counters->mode_switches += l->idle.switches;
		l->idle.switches = 0;
		l->realtime_offset_ns = clock_realtime_ns() - now;
		__atomic_store_n(l->state.heartbeat_ns, clock_monotonic_ns(),
				 __ATOMIC_RELAXED);
	}
	core_set_time(l->core, clock_ticks(&l->shared->clock, now), now + l->realtime_offset_ns);
	l->now_ns = now;
}

static inline void loop_set_time(struct loop *l, uint64_t tsc)
{
	if (tsc - l->now_tsc < l->time_cycles)
		return;
	l->now_tsc = tsc;
	loop_read_time(l);
}

// A device that failed is left alone until the control thread has replaced it.
static void loop_failed(struct loop *l, struct port *p)
{
	epoll_ctl(l->epoll, EPOLL_CTL_DEL, p->fd, NULL);
	resolve_notify(&l->resolve);
}

static void loop_oversized(struct loop *l, struct port *p)
{
	if (atomic_load_explicit(&p->oversized, memory_order_relaxed) == 0)
		return;
	uint64_t n = port_take_oversized(p);
	l->state.counters->received += n;
	l->state.counters->dropped[FW_DROP_FRAME_OVERSIZED] += n;
}

static unsigned loop_read(struct loop *l, struct port *p, struct rte_mbuf **frames)
{
	unsigned n = p->operations->receive(p, l->index, frames, PIPELINE_BURST);
	loop_oversized(l, p);
	if (unlikely(atomic_load_explicit(&p->failed, memory_order_relaxed)))
		loop_failed(l, p);
	return n;
}

static unsigned loop_port(struct loop *l, uint32_t row)
{
	struct rte_mbuf *frames[PIPELINE_BURST];
	struct port *p = l->current->ports[row];
	unsigned n = loop_read(l, p, frames);
	if (n == PIPELINE_BURST || p->fd < 0)
		l->ready |= 1u << row;
	if (n == 0)
		return 0;
	if (unlikely(l->wake.waited != 0))
		wake_found(l, row);
	struct fw_port_status *s = &l->state.ports[row];
	uint64_t bytes = l->state.counters->received_bytes;
	core_from_port(l->core, row, frames, n);
	s->rx_packets += n;
	s->rx_bytes += l->state.counters->received_bytes - bytes;
	return n;
}

static unsigned loop_host(struct loop *l, uint32_t row)
{
	struct rte_mbuf *frames[PIPELINE_BURST];
	unsigned n = loop_read(l, l->current->hosts[row], frames);
	if (n > 0)
		core_from_host(l->core, row, frames, n);
	return n;
}

// Reads everything that is ready. Returns the number of frames.
static unsigned loop_serve(struct loop *l, const struct epoll_event *events, int count)
{
	unsigned received = 0;
	uint64_t drained;
	for (int i = 0; i < count; i++) {
		uint32_t row = (uint32_t)events[i].data.u64;
		switch ((enum loop_source)(events[i].data.u64 >> 32)) {
		case SOURCE_WAKE:
			(void)!read(l->wake_fd, &drained, sizeof(drained));
			break;
		case SOURCE_PORT:
			l->ready |= 1u << row;
			break;
		case SOURCE_HOST:
			received += loop_host(l, row);
			break;
		case SOURCE_INTERRUPT:
			wake_read(l);
			break;
		}
	}
	uint32_t ready = l->ready;
	for (l->ready = 0; ready != 0; ready &= ready - 1)
		received += loop_port(l, (uint32_t)__builtin_ctz(ready));
	if (l->shared->count > 1)
		received += loop_take_passed(l);
	return received;
}

static void loop_take_news(struct loop *l)
{
	uint32_t news = atomic_load(&l->shared->news);
	if (news != l->news_seen)
		loop_judge(l);
	l->news_seen = news;
}

void loop_run(struct loop *l)
{
	struct epoll_event events[LOOP_EVENTS];
	loop_watch(l, NULL);
	loop_judge(l);
	rte_rcu_qsbr_thread_online(l->shared->qsbr, l->index);
	while (!atomic_load_explicit(&l->shared->stop, memory_order_relaxed)) {
		uint64_t tsc = rte_rdtsc(); // not cheap: once a turn
		busy_begin(&l->busy, tsc);
		int count = loop_begin(l, events, tsc);
		l->events = count;
		rte_rcu_qsbr_quiescent(l->shared->qsbr, l->index);
		loop_take_news(l);
		if (loop_take_generation(l))
			count = 0; // of descriptors that may be gone; what is readable is told again
		loop_set_time(l, tsc);
		unsigned received = loop_serve(l, events, count);
		bool more = core_housekeeping(l->core);
		l->busy.worked = received + more > 0;
		l->next = idle_next(&l->idle, &l->limits, received + more, l->now_ns);
	}
	wake_forget(l);
	rte_rcu_qsbr_thread_offline(l->shared->qsbr, l->index);
}

void loop_rouse(struct loop *l)
{
	uint64_t one = 1;
	if (atomic_load(&l->asleep))
		(void)!write(l->wake_fd, &one, sizeof(one));
}

void loops_wake(struct loops *s)
{
	atomic_fetch_add(&s->news, 1);
	for (uint32_t i = 0; i < s->count; i++)
		loop_rouse(&s->all[i]);
}

void loops_stop(struct loops *s)
{
	atomic_store(&s->stop, true);
	loops_wake(s);
}

void loops_publish(struct loops *s, const struct generation *g)
{
	atomic_store(&s->generation, g);
	// Taken means that the core has also passed a quiescent point: it looks between turns only.
	for (uint32_t i = 0; i < s->count; i++) {
		while (atomic_load_explicit(&s->all[i].taken, memory_order_acquire) != g) {
			loops_wake(s);
			usleep(50);
		}
	}
}
