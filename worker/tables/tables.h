// SPDX-License-Identifier: Apache-2.0
// One generation: a program that was checked byte by byte, and the private lookup structures built
// from it.
//
// Life cycle: the control thread copies a bank, program_check() judges every byte of the copy,
// tables_build() builds beside the running generation, one release store publishes it, and
// tables_free() runs after the datapath core has passed a quiescent point. After publication a
// generation never changes.
#ifndef PORTCULLIS_TABLES_TABLES_H
#define PORTCULLIS_TABLES_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "net/live.h"
#include "shm/layout.h"
#include "tables/schedule.h"

// Why a program is refused; names a section and field of layout.h.
struct program_fault {
	enum fw_verdict verdict;
	uint32_t row; // FW_NO_INDEX: the program as a whole
	char section[FW_NAME_SIZE];
	char field[FW_NAME_SIZE];
	char message[FW_MESSAGE_SIZE]; // one sentence
};

// Judges every byte of a private copy of a bank: header, checksum, sections, every index, enum,
// name and list. Returns 0, or -EINVAL with *fault filled. Never reads outside bytes[0..size).
int program_check(const void *bytes, size_t size, struct program_fault *fault);

// One logical interface of a generation. Its index is its row in the program.
struct interface {
	char name[FW_IFNAME_SIZE];
	uint32_t name_id;
	uint16_t port;        // row of its port
	uint16_t vlan;        // 0: untagged
	uint16_t zone;        // row of its zone
	uint16_t vrf;         // kernel table id of its VRF; 0: the main table
	uint16_t mtu;         // of IP packets; from its port
	uint8_t mac[6];       // of its port
	uint8_t address4[4];  // first IPv4 address of the program, for errors we send; zero: none
	uint8_t address6[16]; // first IPv6 address of the program; zero: none
	struct interface_live live; // the one thing here that changes after publication
};

struct zone {
	char name[FW_NAME_SIZE];
	uint64_t host_inbound;    // bits by enum fw_service
	uint32_t half_open_limit; // TCP connections that it may have half-open; 0: no limit
	enum fw_source_check source_check;
};

struct policy {
	char name[FW_NAME_SIZE];
	uint64_t name_id;
	enum fw_action action;
	bool has_timeouts; // some application of it sets a timeout
	uint16_t slot;     // where it counts
};

struct classifier; // tables/classifier.h
struct nat;        // nat/nat.h

struct tables {
	const struct fw_program
	    *program;   // the checked private copy; rows by program_row_*() of program.h
	uint32_t epoch; // policy epoch of this generation
	enum fw_action default_action;
	uint32_t timeouts[FW_TIMEOUT_COUNT]; // idle timeouts of sessions, ticks
	bool strict_syn;                     // only a SYN opens a TCP session
	bool window_strict; // TCP segments outside their window are dropped
	uint32_t port_count, interface_count, zone_count, policy_count;
	struct interface *interfaces; // [interface_count]
	struct zone *zones;
	struct policy *policies;
	// Interface of a port and VLAN id, as row; UINT16_MAX: none. [port * 4096 + vlan]
	uint16_t *interface_by_vlan;
	struct classifier *classifier4, *classifier6;
	struct nat *nat; // NULL: no NAT rules
	uint64_t open_schedules[SCHEDULE_WORDS]; // when it was built; others' policies match nothing
	// Policy counters (slots.h): row of each slot or FW_POLICY_NONE; slots below slot_count are in use; those that begin and
	// end with this generation.
	uint16_t *slot_row, *started, *ended; // [FW_MAX_POLICIES]
	uint32_t slot_count, started_count, ended_count;
};

// Builds the lookup structures. Takes ownership of bytes (malloc'd), frees them on failure too.
// previous may be NULL. mac and mtu of interfaces are filled by the caller afterwards, before
// publication. Returns 0, or a negative errno with *fault filled.
int tables_build(void *bytes, size_t size, uint32_t epoch, const struct tables *previous,
		 struct tables **out, struct program_fault *fault);
// The same with the schedules as they are at another time than now, in seconds since 1970.
int tables_build_at(void *bytes, size_t size, uint32_t epoch, const struct tables *previous,
		    int64_t time, struct tables **out, struct program_fault *fault);
// Whether other schedules are open at a time than those that the tables were built with: then they
// are to be built again, with a new epoch.
bool tables_are_stale(const struct tables *t, int64_t time);
void tables_free(struct tables *t);

// First-match lookup. Addresses in network byte order; ports in host byte order; for ICMP and
// ICMPv6 destination_port is type << 8 | code and source_port is 0. from and to are zone rows.
struct flow4 {
	uint8_t source[4], destination[4];
	uint16_t source_port, destination_port;
	uint16_t from, to;
	uint8_t protocol;
};
struct flow6 {
	uint8_t source[16], destination[16];
	uint16_t source_port, destination_port;
	uint16_t from, to;
	uint8_t protocol;
};

// Row of the first policy that matches, or FW_NO_INDEX. The cost does not grow with the number of
// policies.
uint32_t policy_lookup4(const struct tables *t, const struct flow4 *flow);
uint32_t policy_lookup6(const struct tables *t, const struct flow6 *flow);

// The same for count <= 32 flows at once: cheaper, because their memory is fetched together.
void policy_lookup4_many(const struct tables *t, const struct flow4 *flows, unsigned count,
			 uint32_t *rows);
void policy_lookup6_many(const struct tables *t, const struct flow6 *flows, unsigned count,
			 uint32_t *rows);

// Idle timeout in seconds that the first matching application of the policy sets; 0: the protocol's
// default.
uint32_t policy_timeout(const struct tables *t, uint32_t policy, uint8_t protocol,
			uint16_t source_port, uint16_t destination_port);

#endif
