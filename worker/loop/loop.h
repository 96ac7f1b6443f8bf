// SPDX-License-Identifier: Apache-2.0
// The loops of the datapath cores, one each: take frames from ports and kernel TAPs, run the pipeline, send, sleep when idle.
#ifndef PORTCULLIS_LOOP_LOOP_H
#define PORTCULLIS_LOOP_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <rte_rcu_qsbr.h>
#include "loop/busy.h"
#include "loop/clock.h"
#include "loop/idle.h"
#include "loop/resolve.h"
#include "loop/wake.h"
#include "net/port.h"
#include "pipeline/pipeline.h"
#include "shm/layout.h"
#include "tables/tables.h"

// What the core works with. The control thread builds a new one for every change and frees the old one after the core has
// passed a quiescent point; after publication it never changes.
struct generation {
	const struct tables *tables; // NULL: drop everything
	uint32_t port_count, interface_count; // rows of the tables
	struct port *ports[FW_MAX_PORTS]; // by row; NULL: absent
	struct port *hosts[FW_MAX_INTERFACES]; // kernel TAP of an interface, by row
	enum fw_rx_mode modes[FW_MAX_PORTS]; // wanted, by row
	struct idle_limits limits; // mode: of a core that reads no port
	uint32_t sleep_timeout_us;
};

// Where a loop counts, all in the state file.
struct loop_state {
	uint64_t *heartbeat_ns; // of this core
	uint64_t *woken_ns;
	struct fw_counters *counters;
	struct fw_port_status *ports; // [FW_MAX_PORTS]
	struct fw_interface_status *interfaces; // [FW_MAX_INTERFACES]
};

// What an event is about; its data is the source << 32 | row.
enum loop_source { SOURCE_WAKE, SOURCE_PORT, SOURCE_HOST, SOURCE_INTERRUPT };

#define LOOP_EVENTS 64

struct loop;

// What the loops have in common.
struct loops {
	_Atomic(const struct generation *) generation;
	atomic_bool stop;
	_Atomic uint32_t news; // counts what the control thread wants the cores to look at
	uint32_t count;
	struct rte_rcu_qsbr *qsbr; // reader n: core n
	struct rte_ring *rings[FW_MAX_CORES][FW_MAX_CORES]; // [from][to]; NULL with one core
	struct loop *all; // [count]
	struct clock clock;
};

struct loop {
	// between the threads
	_Alignas(64) _Atomic(const struct generation *) taken; // the one that the core works with
	atomic_bool asleep;
	int wake_fd; // the control thread and other cores wake the core
	struct resolve_queue resolve;
	// the core's own
	_Alignas(64) struct loops *shared;
	uint32_t index; // of the core
	struct loop_state state;
	struct core *core;
	const struct generation *current;
	struct idle_limits limits; // that it keeps to
	struct wake wake;
	int epoll;
	uint32_t ready; // ports to read from, by row
	struct idle_state idle;
	enum idle_decision next;
	uint32_t news_seen; // at the start of the turn
	uint64_t heartbeat_ns, realtime_offset_ns;
	uint64_t now_ns, now_tsc; // last time that was read, and the counter then
	uint64_t looked_tsc; // last look at the descriptors
	uint64_t time_cycles, look_cycles; // how long the two are good
	int events; // that the last look found
	struct busy busy;
};

// The caller sets clock and every loop's state and core afterwards, before loop_run(). Returns 0 or a negative errno.
int loops_init(struct loops *s, uint32_t count);
void loops_free(struct loops *s);

void loop_run(struct loop *l); // on its core, until loops_stop()

// Control thread.
void loops_stop(struct loops *s);
void loops_wake(struct loops *s); // only costs something for cores that sleep
void loops_publish(struct loops *s, const struct generation *g); // returns after every core's quiescent point

// The ways out of the core; context is the loop.
void loop_transmit(void *context, uint32_t port, struct rte_mbuf **frames, unsigned count);
void loop_punt(void *context, uint32_t interface, struct rte_mbuf **frames, unsigned count);
void loop_resolve(void *context, const struct neighbor_key *key);
void loop_pass(void *context, uint32_t core, struct rte_mbuf **frames, unsigned count);

// Frames that other cores passed to this one.
unsigned loop_take_passed(struct loop *l); // returns how many
bool loop_passed_waiting(const struct loop *l);
void loop_rouse(struct loop *l); // wakes one core if it sleeps

struct epoll_event;
// The first part of a turn. Returns the number of events, at most LOOP_EVENTS.
int loop_begin(struct loop *l, struct epoll_event *events, uint64_t tsc);

void loop_judge(struct loop *l); // in which mode it is now: that of its port that is most awake
// The same for another thread. core: its index.
enum fw_rx_mode loop_mode(const struct generation *g, uint32_t core);

// Gives every status row of the core to the port or interface of the same name in the new tables.
void loop_move_rows(const struct loop_state *state, const struct tables *tables);

#endif
