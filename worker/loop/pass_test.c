// SPDX-License-Identifier: Apache-2.0
// The ways between cores, one thread: order, the bound, who is woken, and what is left at the end.
#include "loop/pass.h"

#include <rte_eal.h>
#include <rte_ring.h>
#include "test.h"

enum { CORES = 3 };

static struct loops loops;
static struct fw_counters counters[CORES];
static unsigned roused[CORES];
static struct rte_mempool *pool;
static struct rte_mbuf *taken[2 * PASS_RING_SIZE];
static unsigned taken_count;

void loop_rouse(struct loop *l)
{
	roused[l->index]++;
}

void core_from_core(struct core *c, struct rte_mbuf **burst, unsigned count)
{
	(void)c;
	CHECK(count <= PIPELINE_BURST);
	for (unsigned i = 0; i < count; i++)
		taken[taken_count++] = burst[i];
}

static void open_loops(uint32_t count)
{
	memset(&loops, 0, sizeof(loops));
	memset(counters, 0, sizeof(counters));
	memset(roused, 0, sizeof(roused));
	taken_count = 0;
	loops.count = count;
	loops.all = aligned_alloc(64, count * sizeof(*loops.all));
	CHECK(loops.all != NULL);
	memset(loops.all, 0, count * sizeof(*loops.all));
	for (uint32_t n = 0; n < count; n++) {
		loops.all[n].shared = &loops;
		loops.all[n].index = n;
		loops.all[n].state.counters = &counters[n];
	}
	CHECK_EQ(pass_open(&loops), 0);
}

static void close_loops(void)
{
	pass_close(&loops);
	free(loops.all);
	CHECK_EQ(rte_mempool_in_use_count(pool), 0);
}

static void pass(uint32_t from, uint32_t to, struct rte_mbuf **frames, unsigned count)
{
	CHECK_EQ(rte_pktmbuf_alloc_bulk(pool, frames, count), 0);
	loop_pass(&loops.all[from], to, frames, count);
}

static void one_core_has_no_rings(void)
{
	open_loops(1);
	CHECK(loops.rings[0][0] == NULL);
	close_loops();
}

static void frames_keep_their_order_and_wake_their_owner(void)
{
	struct rte_mbuf *frames[20 * PIPELINE_BURST];
	open_loops(CORES);
	CHECK(!loop_passed_waiting(&loops.all[1]));
	for (unsigned i = 0; i < 20; i++)
		pass(0, 1, frames + i * PIPELINE_BURST, PIPELINE_BURST);
	CHECK(loop_passed_waiting(&loops.all[1]));
	CHECK(!loop_passed_waiting(&loops.all[0]) && !loop_passed_waiting(&loops.all[2]));
	CHECK(roused[1] == 20 && roused[0] == 0 && roused[2] == 0);
	while (loop_passed_waiting(&loops.all[1]))
		CHECK_EQ(loop_take_passed(&loops.all[1]), PIPELINE_BURST);
	CHECK_EQ(taken_count, 20 * PIPELINE_BURST);
	CHECK(memcmp(taken, frames, sizeof(frames)) == 0);
	CHECK_EQ(counters[0].steered, 20 * PIPELINE_BURST);
	CHECK_EQ(counters[1].steered_in, 20 * PIPELINE_BURST);
	rte_pktmbuf_free_bulk(taken, taken_count);
	close_loops();
}

// One producer cannot keep the frames of another waiting.
static void every_producer_has_its_turn(void)
{
	struct rte_mbuf *many[PASS_RING_SIZE], *few[4];
	open_loops(CORES);
	pass(0, 2, many, PASS_RING_SIZE);
	pass(1, 2, few, 4);
	CHECK_EQ(loop_take_passed(&loops.all[2]), PIPELINE_BURST + 4);
	rte_pktmbuf_free_bulk(taken, taken_count);
	close_loops();
}

// A core that takes nothing: what does not fit is dropped, counted and freed; the rest is freed at the end.
static void a_full_ring_drops_the_newest(void)
{
	struct rte_mbuf *frames[PASS_RING_SIZE], *more[10];
	open_loops(2);
	pass(0, 1, frames, PASS_RING_SIZE - 3);
	pass(0, 1, more, 10);
	CHECK_EQ(counters[0].steered, PASS_RING_SIZE);
	CHECK_EQ(counters[0].dropped[FW_DROP_STEER_QUEUE_FULL], 7);
	CHECK_EQ(rte_mempool_in_use_count(pool), PASS_RING_SIZE);
	CHECK_EQ(loop_take_passed(&loops.all[1]), PIPELINE_BURST);
	CHECK(memcmp(taken, frames, PIPELINE_BURST * sizeof(*frames)) == 0);
	rte_pktmbuf_free_bulk(taken, taken_count);
	close_loops();
}

int main(void)
{
	char *args[] = {"pass", "--no-huge", "-m", "64", "--no-shconf", "--no-telemetry", "--no-pci", "--lcores", "0@(0-1)",
			"--log-level", "lib.*:error"};
	CHECK(rte_eal_init(sizeof(args) / sizeof(args[0]), args) >= 0);
	pool = rte_pktmbuf_pool_create("test", 4095, 0, 0, 256, SOCKET_ID_ANY);
	CHECK(pool != NULL);
	RUN(one_core_has_no_rings);
	RUN(frames_keep_their_order_and_wake_their_owner);
	RUN(every_producer_has_its_turn);
	RUN(a_full_ring_drops_the_newest);
	rte_eal_cleanup();
	return 0;
}
