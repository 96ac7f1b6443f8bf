// SPDX-License-Identifier: Apache-2.0
// The real pipeline in one process with a clock of its own: no ports, no kernel, no shared memory.
// Frames come in by calls, frames go out by calls. Replay, the packet tests and the fuzz target
// drive it.
//
// Routes are what the program says: its addresses (local), their subnets (connected), its static
// routes. Neighbors are its static neighbors, and what ARP and neighbor discovery in the input
// teach; nobody is asked. A packet whose next hop stays unknown is dropped after three seconds of
// the engine's clock, like in the worker.
#ifndef PORTCULLIS_REPLAY_ENGINE_H
#define PORTCULLIS_REPLAY_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "pipeline/pipeline.h"

#define ENGINE_FRAME_MAX 65000u // bytes of a frame that fits into a packet buffer
#define ENGINE_TCI_NONE 0x10000u

// What the engine tells. tag is the one that the frame was put in with.
struct engine_sink {
	void *context;
	void (*transmitted)(void *context, uint32_t port, const uint8_t *frame, uint32_t length);
	void (*punted)(void *context, uint32_t interface, const uint8_t *frame, uint32_t length);
	void (*ended)(void *context, uint64_t tag, const struct packet_end *end);
};

struct engine_options {
	uint32_t sessions4, sessions6; // capacity
	bool strict_mac;               // else any unicast destination MAC address is taken for ours
	const struct pipeline_output *output; // instead of a sink: frames leave the core for here
	bool announce; // gratuitous ARP for addresses of NAT rules
	bool keep_program; // engine_reset(): the program stays loaded, with its own routes and
			   // neighbors only
};

struct engine_frame {
	const uint8_t *bytes;
	uint32_t length;
	uint32_t
	    wire_length;  // longer than length: the rest was not captured, and is taken as zeros
	uint32_t tci;     // tag that the NIC stripped, or ENGINE_TCI_NONE
	uint32_t segment; // bytes of each segment of the buffer chain; 0: one segment
	uint64_t tag;
};

struct engine;

// Initialises EAL without root and hugepages. Once per process; 0 or -1 with a line on stderr.
int engine_start_eal(const char *program);

// sink may be NULL when options.output is set.
struct engine *engine_create(const struct engine_options *options, const struct engine_sink *sink);
void engine_free(struct engine *e);

// Back to an empty engine: no program (unless it is to be kept), no sessions, no counters, time 0.
int engine_reset(struct engine *e, const struct engine_options *options);

// Takes a program (the bytes of a bank). The generation before goes on when it is refused: -EINVAL,
// or -ENOMEM.
int engine_load(struct engine *e, const void *bank, size_t size, struct program_fault *fault);

// The kernel gives an interface (row) without IPv4 addresses of its own these two; the first is the one that NAT takes.
int engine_set_own(struct engine *e, uint32_t interface, const uint8_t addresses[8],
		   struct program_fault *fault);

// MAC address of a port instead of 02:00:00:00:00:NN (NN: row + 1); for programs loaded afterwards.
void engine_set_mac(struct engine *e, uint32_t port, const uint8_t mac[6]);

// Advances the clock, running timers on the way.
void engine_advance(struct engine *e, uint64_t nanoseconds);
void engine_set_realtime(struct engine *e,
			 uint64_t nanoseconds); // since 1970; what sessions are dated with

// Up to PIPELINE_BURST frames at once.
void engine_from_port(struct engine *e, uint32_t port, const struct engine_frame *frames,
		      unsigned count);
void engine_from_host(struct engine *e, uint32_t interface, const struct engine_frame *frames,
		      unsigned count);

// For tests: what the control thread would do.
int engine_set_neighbor(struct engine *e, uint32_t interface, uint8_t family,
			const uint8_t address[16],
			const uint8_t *mac); // NULL: gone
int engine_set_route(struct engine *e, uint8_t family, const uint8_t prefix[16], uint8_t length,
		     enum hop_type type, uint32_t interface,
		     const uint8_t gateway[16]); // HOP_NONE: gone

const struct tables *engine_tables(const struct engine *e);
const struct fw_counters *engine_counters(const struct engine *e);
const struct fw_policy_counters *engine_policies(const struct engine *e);
const struct fw_interface_status *engine_interfaces(const struct engine *e);
struct session_table *engine_sessions(const struct engine *e, uint8_t family);
const struct bindings *engine_bindings(const struct engine *e); // NULL: no program yet

// received + originated == forwarded + punted + consumed + dropped + held, and sessions opened ==
// closed + present.
bool engine_conserves(const struct engine *e);

#endif
