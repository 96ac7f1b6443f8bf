// SPDX-License-Identifier: Apache-2.0
// The packet path of one datapath core. Every packet that enters ends exactly once: transmitted,
// punted to the host, consumed, or dropped with one reason.
#ifndef PORTCULLIS_PIPELINE_PIPELINE_H
#define PORTCULLIS_PIPELINE_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>
#include <rte_mbuf.h>
#include "net/fib.h"
#include "net/neighbor.h"
#include "nat/bindings.h"
#include "shm/layout.h"
#include "state/session.h"
#include "tables/tables.h"

#define PIPELINE_BURST 32

// How a packet ended, for replay and tracing.
enum outcome { OUTCOME_FORWARDED, OUTCOME_PUNTED, OUTCOME_CONSUMED, OUTCOME_DROPPED };

struct packet_end {
	enum outcome outcome;
	enum fw_drop reason;                  // when dropped
	uint32_t policy;                      // row, or FW_NO_INDEX
	uint32_t from_zone, to_zone;          // rows, or FW_NO_INDEX
	uint32_t in_interface, out_interface; // rows, or FW_NO_INDEX
	uint64_t session;                     // id, or 0
};

// The way out of the core. Live: ports and kernel TAPs. Replay: capture files. Each call takes the
// mbufs. Frames for ports are complete Ethernet frames, VLAN tag included. Frames for the host
// carry no VLAN tag.
struct pipeline_output {
	void *context;
	void (*transmit)(void *context, uint32_t port, struct rte_mbuf **frames, unsigned count);
	void (*punt)(void *context, uint32_t interface, struct rte_mbuf **frames, unsigned count);
	// A next hop must be resolved: ask the kernel (live) or nobody (replay). May be called
	// repeatedly.
	void (*resolve)(void *context, const struct neighbor_key *key);
	// NULL, or told of the end of every packet that has an mbuf of its own input, before the
	// mbuf is given away.
	void (*ended)(void *context, struct rte_mbuf *frame, const struct packet_end *end);
	// Frames of sessions that another core owns, for its core_from_core(). Not needed with one core.
	void (*pass)(void *context, uint32_t core, struct rte_mbuf **frames, unsigned count);
	// transmit and punt count what they could not deliver with core_undelivered().
};

struct core;
struct detours;
struct half_open;

struct core_config {
	struct fw_counters *counters;           // in the state file
	struct fw_table_status *tables;         // of this core, by enum fw_table; NULL: not reported
	uint32_t number;                        // of this core
	struct fw_interface_status *interfaces; // counters by interface row, in the state file
	struct fw_policy_counters *policies;    // by slot (tables/slots.h), in the state file
	struct session_table *sessions4, *sessions6;
	struct fib *fib;
	const struct hop_clock *hops; // of both; fib_clock()
	struct neighbor_table *neighbors;
	struct bindings *bindings; // of persistent NAT, shared by all cores; NULL: none
	struct half_open *half_open; // shared by all cores; NULL: the core has its own
	struct rte_mempool *pool; // for packets that the core makes itself
	uint64_t seed;            // of choices made at random; 0: another one at every start
	uint32_t cores;           // datapath cores; below 2 nothing is steered
	struct detours *detours; // shared by all cores; NULL: none
	bool announce; // tell neighbors about addresses of NAT rules; one core only, none in replay
	bool any_mac; // accept every unicast destination MAC address: captures of other networks
	struct pipeline_output output;
};

struct core *core_create(const struct core_config *config);
void core_set_bindings(struct core *c, struct bindings *b); // instead of core_config.bindings
void core_free(struct core *c); // drops what is held

// Time for everything that follows, ticks of 1/1024 s since the state file was made; set once per
// burst.
void core_set_time(struct core *c, uint32_t now, uint64_t realtime_ns);

// Takes the generation that the core uses from now on; NULL: none, drop everything. The first burst
// after a change moves the policy counters and starts the sweep that ends sessions which the new
// generation denies.
void core_set_tables(struct core *c, const struct tables *t);

// A port (row) came up: its neighbors are told about addresses of NAT rules.
void core_announce(struct core *c, uint32_t port);

// A burst from a port: complete Ethernet frames; a VLAN tag may be in the frame or, stripped, in
// mbuf->vlan_tci with RTE_MBUF_F_RX_VLAN_STRIPPED. count <= PIPELINE_BURST. Takes the mbufs.
void core_from_port(struct core *c, uint32_t port, struct rte_mbuf **burst, unsigned count);

// A burst that the kernel sent through the TAP of an interface (row). Takes the mbufs.
void core_from_host(struct core *c, uint32_t interface, struct rte_mbuf **burst, unsigned count);

// Frames that another core passed here, count <= PIPELINE_BURST. Takes the mbufs.
void core_from_core(struct core *c, struct rte_mbuf **burst, unsigned count);

// Bounded work between bursts: timers, held packets, sweep. Returns true when there is more to do
// at once.
bool core_housekeeping(struct core *c);

// The output could not deliver a frame: corrects the counters (forwarded or punted, minus one;
// dropped[reason], plus one).
void core_undelivered(struct core *c, enum outcome counted_as, enum fw_drop reason, uint32_t bytes);

#endif
