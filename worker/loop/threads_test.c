// SPDX-License-Identifier: Apache-2.0
// The loops as threads, under ThreadSanitizer: loop.c, pass.c and resolve.c themselves, with a packet path of a few lines in place
// of the pipeline. Frames carry where they go and a number of their own flow.
//
// Rings of DPDK are compiled for the C11 memory model here, whose accesses ThreadSanitizer understands; it is the same
// algorithm. Nothing is suppressed.
//
// A wake-up that is lost would end with the wait, unnoticed but for the delay. So every wait is made long (wrapped
// epoll_wait), and one that ends by time although something waits for the core fails.
#include "loop/pass.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <rte_eal.h>
#include <rte_ring.h>
#include "test.h"

enum { CORES = 3, FRAMES = 256, FLOWS = 8, ROUNDS = 400, GENERATIONS = 300, KEYS = 5000, LONG_MS = 10000 };

struct frame {
	struct rte_mbuf mbuf;
	uint32_t to, flow, number;
	atomic_bool on_the_way;
};

struct core {
	struct loop *loop;
	struct frame frames[FRAMES]; // that this core's port brings
	uint32_t next, sent[CORES][FLOWS];
	uint32_t seen[CORES][FLOWS]; // by the core that received it first
	uint64_t passed, taken; // in all
	const struct tables *tables;
	uint64_t seed;
};

struct port_state {
	struct port port;
	struct core *core;
	_Atomic uint32_t wanted; // frames that it shall bring
	uint32_t brought;
};

static struct loops loops;
static struct core cores[CORES];
static struct port_state ports[CORES];
static struct fw_counters counters[CORES];
static struct fw_port_status rows[CORES][FW_MAX_PORTS];
static struct fw_interface_status interface_rows[CORES][FW_MAX_INTERFACES];
static uint64_t heartbeats[CORES], woken[CORES];
static _Atomic uint64_t arrived, waits;

// ---- what the pipeline and the ports would be

void core_set_time(struct core *c, uint32_t now, uint64_t realtime_ns)
{
	(void)c;
	(void)now;
	(void)realtime_ns;
}

void core_set_tables(struct core *c, const struct tables *t)
{
	c->tables = t;
}

bool core_housekeeping(struct core *c)
{
	(void)c;
	return false;
}

void core_from_host(struct core *c, uint32_t interface, struct rte_mbuf **burst, unsigned count)
{
	(void)c;
	(void)interface;
	CHECK_EQ(count, 0);
	(void)burst;
}

void loop_move_rows(const struct loop_state *state, const struct tables *tables)
{
	(void)state;
	(void)tables;
}

uint64_t port_take_oversized(struct port *p)
{
	(void)p;
	return 0;
}

// In order, each once.
static void arrive(struct core *c, uint32_t from, struct frame *f)
{
	CHECK_EQ(f->number, c->seen[from][f->flow]);
	c->seen[from][f->flow]++;
	atomic_store_explicit(&f->on_the_way, false, memory_order_release);
	atomic_fetch_add_explicit(&arrived, 1, memory_order_relaxed);
}

static uint32_t origin_of(const struct frame *f)
{
	for (uint32_t n = 0; n < CORES; n++)
		if (f >= cores[n].frames && f < cores[n].frames + FRAMES)
			return n;
	abort();
}

void core_from_port(struct core *c, uint32_t port, struct rte_mbuf **burst, unsigned count)
{
	(void)port;
	CHECK(c->tables != NULL && c->loop->current != NULL);
	for (unsigned i = 0; i < count; i++) {
		struct frame *f = (struct frame *)(void *)burst[i];
		if (f->to == c->loop->index) {
			arrive(c, f->to, f);
		} else {
			c->passed++;
			loop_pass(c->loop, f->to, &burst[i], 1);
		}
	}
}

void core_from_core(struct core *c, struct rte_mbuf **burst, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct frame *f = (struct frame *)(void *)burst[i];
		CHECK_EQ(f->to, c->loop->index);
		c->taken++;
		arrive(c, origin_of(f), f);
	}
}

static unsigned receive(struct port *p, uint32_t core, struct rte_mbuf **frames, unsigned count)
{
	struct port_state *s = (struct port_state *)(void *)p;
	struct core *c = s->core;
	unsigned n = 0;
	uint64_t drained;
	CHECK_EQ(core, c->loop->index);
	(void)!read(p->fd, &drained, sizeof(drained));
	uint32_t wanted = atomic_load_explicit(&s->wanted, memory_order_acquire);
	for (; n < count && s->brought != wanted; n++) {
		struct frame *f = &c->frames[c->next];
		if (atomic_load_explicit(&f->on_the_way, memory_order_acquire))
			break; // all of them are on the way
		c->next = (c->next + 1) % FRAMES;
		f->to = test_below(&c->seed, CORES);
		f->flow = test_below(&c->seed, FLOWS);
		f->number = c->sent[f->to][f->flow]++;
		atomic_store_explicit(&f->on_the_way, true, memory_order_relaxed);
		frames[n] = &f->mbuf;
		s->brought++;
	}
	uint64_t one = 1;
	if (s->brought != wanted)
		CHECK_EQ(write(p->fd, &one, sizeof(one)), sizeof(one));
	return n;
}

static const struct port_operations operations = {.receive = receive};

// ---- waiting

int __real_epoll_wait(int epoll, struct epoll_event *events, int room, int timeout);
int __wrap_epoll_wait(int epoll, struct epoll_event *events, int room, int timeout);

static struct loop *loop_of(int epoll)
{
	for (uint32_t n = 0; n < CORES; n++)
		if (loops.all[n].epoll == epoll)
			return &loops.all[n];
	abort();
}

int __wrap_epoll_wait(int epoll, struct epoll_event *events, int room, int timeout)
{
	if (timeout == 0)
		return __real_epoll_wait(epoll, events, room, 0);
	atomic_fetch_add_explicit(&waits, 1, memory_order_relaxed);
	int count = __real_epoll_wait(epoll, events, room, LONG_MS);
	if (count == 0) {
		const struct loop *l = loop_of(epoll);
		CHECK(!loop_passed_waiting(l));
		CHECK_EQ(atomic_load(&loops.news), l->news_seen);
	}
	return count;
}

// ---- the other side

static struct generation *generation_of(bool with_ports)
{
	struct generation *g = calloc(1, sizeof(*g));
	CHECK(g != NULL);
	g->tables = calloc(1, sizeof(struct tables));
	g->limits = (struct idle_limits){.mode = FW_RX_ADAPTIVE, .idle_threshold = 1, .resume_threshold = 64};
	g->sleep_timeout_us = 500000;
	g->port_count = with_ports ? CORES : 0;
	for (uint32_t n = 0; n < g->port_count; n++) {
		g->ports[n] = &ports[n].port;
		g->modes[n] = n % 2 == 0 ? FW_RX_ADAPTIVE : FW_RX_INTERRUPT;
	}
	return g;
}

static void generation_free(struct generation *g)
{
	if (g == NULL)
		return;
	free((void *)(uintptr_t)g->tables);
	memset(g, 0xee, sizeof(*g));
	free(g);
}

static void *run(void *context)
{
	loop_run(context);
	return NULL;
}

static void bring(uint32_t n, uint32_t frames)
{
	uint64_t one = 1;
	atomic_fetch_add_explicit(&ports[n].wanted, frames, memory_order_release);
	CHECK_EQ(write(ports[n].port.fd, &one, sizeof(one)), sizeof(one));
}

static void await(uint64_t frames)
{
	while (atomic_load_explicit(&arrived, memory_order_relaxed) != frames)
		usleep(20);
}

static pthread_t threads[CORES];
static struct generation *current;

static void start(void)
{
	CHECK_EQ(loops_init(&loops, CORES), 0);
	for (uint32_t n = 0; n < CORES; n++) {
		struct loop *l = &loops.all[n];
		cores[n].loop = l;
		cores[n].seed = n + 1;
		l->core = &cores[n];
		l->state = (struct loop_state){&heartbeats[n], &woken[n], &counters[n], rows[n], interface_rows[n]};
		ports[n].core = &cores[n];
		ports[n].port = (struct port){.operations = &operations, .fd = eventfd(0, EFD_NONBLOCK), .reader = n};
		CHECK(ports[n].port.fd >= 0);
		CHECK_EQ(pthread_create(&threads[n], NULL, run, l), 0);
	}
	loops_publish(&loops, current = generation_of(true));
}

// One frame, or a few, to cores that are about to sleep, asleep or awake.
static void no_wake_up_is_lost(void)
{
	uint64_t seed = 3, total = arrived;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		for (uint32_t n = 0; n < CORES; n++) {
			uint32_t frames = test_below(&seed, 8) == 0 ? 60 : 1 + test_below(&seed, 2);
			total += frames;
			bring(n, frames);
		}
		if (test_below(&seed, 3) != 0)
			await(total);
		usleep(test_below(&seed, 300)); // a core polls for 100 us more, then it sleeps
	}
	await(total);
	CHECK(waits > ROUNDS / 4);
}

// The old generation is freed at once.
static void generations_change_under_traffic(void)
{
	uint64_t seed = 5, total = arrived;
	for (uint32_t i = 0; i < GENERATIONS; i++) {
		for (uint32_t n = 0; n < CORES; n++) {
			uint32_t frames = 1 + test_below(&seed, 20);
			total += frames;
			bring(n, frames);
		}
		struct generation *old = current;
		loops_publish(&loops, current = generation_of(true));
		generation_free(old);
		if (i % 8 == 0)
			await(total);
	}
	await(total);
}

static struct resolve_queue queue;
static atomic_bool last_heard;

static void *ask(void *context)
{
	struct neighbor_key key = {0};
	(void)context;
	for (uint32_t i = 0; i < KEYS; i++) {
		memcpy(key.address, &i, sizeof(i));
		resolve_push(&queue, &key);
		if (i % 64 == 0)
			usleep(50);
	}
	for (; !atomic_load(&last_heard); usleep(1000))
		resolve_push(&queue, &key); // it may not have fit
	return NULL;
}

// The last question is always heard, however the consumer's look meets the producer's.
static void questions_wake_the_control_thread(void)
{
	pthread_t thread;
	struct neighbor_key key;
	uint32_t number = 0, last = 0, heard = 0;
	CHECK_EQ(resolve_init(&queue), 0);
	CHECK_EQ(pthread_create(&thread, NULL, ask, NULL), 0);
	while (number != KEYS - 1) {
		struct pollfd p = {.fd = queue.fd, .events = POLLIN};
		int ready = poll(&p, 1, LONG_MS);
		CHECK_EQ(ready, 1);
		resolve_clear(&queue);
		for (; resolve_pop(&queue, &key); heard++) {
			memcpy(&number, key.address, sizeof(number));
			CHECK(heard == 0 || number >= last);
			last = number;
		}
	}
	atomic_store(&last_heard, true);
	pthread_join(thread, NULL);
	CHECK(heard > KEYS / 64);
	resolve_free(&queue);
}

static void everything_is_accounted_for(void)
{
	uint64_t passed = 0, taken = 0;
	loops_stop(&loops);
	for (uint32_t n = 0; n < CORES; n++)
		pthread_join(threads[n], NULL);
	for (uint32_t n = 0; n < CORES; n++) {
		passed += cores[n].passed;
		taken += cores[n].taken;
		CHECK_EQ(counters[n].steered, cores[n].passed);
		CHECK_EQ(counters[n].steered_in, cores[n].taken);
		CHECK_EQ(counters[n].dropped[FW_DROP_STEER_QUEUE_FULL], 0);
		CHECK(counters[n].sleeps > 0 && heartbeats[n] > 0);
		for (uint32_t to = 0; to < CORES; to++)
			for (uint32_t flow = 0; flow < FLOWS; flow++)
				CHECK_EQ(cores[to].seen[n][flow], cores[n].sent[to][flow]);
		close(ports[n].port.fd);
	}
	CHECK_EQ(passed, taken);
	CHECK(passed > ROUNDS);
	loops_free(&loops);
	generation_free(current);
}

int main(void)
{
	char *args[] = {"threads", "--no-huge", "-m", "64", "--no-shconf", "--no-telemetry", "--no-pci", "--lcores", "0@(0-1)",
			"--log-level", "lib.*:error"};
	CHECK(rte_eal_init(sizeof(args) / sizeof(args[0]), args) >= 0);
	RUN(start);
	RUN(no_wake_up_is_lost);
	RUN(generations_change_under_traffic);
	RUN(questions_wake_the_control_thread);
	RUN(everything_is_accounted_for);
	return 0;
}
