// SPDX-License-Identifier: Apache-2.0
// NAT44 of one generation: what the rules say about a flow. Nothing here knows sessions or ports in
// use.
//
// Both kinds of lists, destination (static rules, then destination rules) and source (static rules,
// then source rules), are turned into policies of a small program of their own and searched by the
// classifier of the policies. So the cost of a new flow does not grow with the number of rules.
#ifndef PORTCULLIS_NAT_NAT_H
#define PORTCULLIS_NAT_NAT_H

#include "nat/pool.h"
#include "tables/tables.h"

struct nat_proxy;

struct nat {
	const struct fw_program *program;
	struct tables destination, source; // only the classifier of each is there
	uint32_t static_count;             // rows before the rules proper in both lists
	uint32_t destination_count, source_count, pool_count;
	struct nat_pool *pools;
	uint32_t *static_ids, *destination_ids, *source_ids; // CRC-32C of the rules' names
	struct nat_proxy *proxies;                           // [interface_count]
	uint32_t interface_count;
	struct nat_span *external; // what static and destination rules translate; sorted, disjoint
	uint32_t external_count;
};

// Addresses that an interface answers ARP for, sorted and disjoint.
struct nat_proxy {
	struct nat_span *spans; // numbered: first counts the addresses before
	uint32_t count, addresses;
};

// For a checked program. *out is NULL when it has no NAT rules. Returns 0, -ENOMEM, or -E2BIG when
// the rules overlap in too many ways.
int nat_build(const struct fw_program *p, struct nat **out);
void nat_free(struct nat *n);

enum nat_kind {
	NAT_NONE,
	NAT_OFF,
	NAT_STATIC,
	NAT_DESTINATION,
	NAT_BINDING,
	NAT_INTERFACE,
	NAT_POOL,
	NAT_HAIRPIN, // to the address that the client called, without a rule of its own
	NAT_CLASH,   // another port, because the answers would be another session's
};

// What a flow's destination becomes.
struct nat_target {
	enum nat_kind kind; // NONE, STATIC, DESTINATION, BINDING
	uint32_t rule_id;
	uint32_t binding; // row, for BINDING
	uint8_t address[4];
	uint16_t port_be;
	bool admits; // BINDING: accepts every remote endpoint
};

// Some static or destination rule translates this address.
bool nat_is_external(const struct nat *n, const uint8_t address[4]);

// By the zone flow.from; flow.to does not count.
bool nat_find_target(const struct nat *n, const struct flow4 *flow, struct nat_target *target);

// The same for several, rows first: row is FW_NO_INDEX when no rule matches.
void nat_find_targets(const struct nat *n, const struct flow4 *flows, unsigned count,
		      uint32_t *rows);
void nat_take_target(const struct nat *n, uint32_t row, const struct flow4 *flow,
		     struct nat_target *target);

// For steering: the key becomes what a packet of it is translated to on its way in. False: nothing.
struct session_key4;
bool nat_steer(const struct nat *n, uint16_t zone, struct session_key4 *key);

// What a flow's source may become. The flow's destination is the one after destination NAT.
struct nat_origin {
	enum nat_kind kind; // NONE, OFF, STATIC, INTERFACE, POOL
	uint32_t rule_id;
	const struct fw_nat_source_row *rule; // for INTERFACE and POOL
	uint32_t row;
};

void nat_find_origins(const struct nat *n, const struct flow4 *flows, unsigned count,
		      uint32_t *rows);
void nat_take_origin(const struct nat *n, uint32_t row, struct nat_origin *origin);

// Where the source of a flow may go. address: the egress interface's, for INTERFACE (0: it has
// none). False: there is no place for this client.
bool nat_origin_space(const struct nat *n, const struct nat_origin *origin, const uint8_t client[4],
		      const uint8_t address[4], struct nat_space *space);

// The source rule with this id, if it makes persistent bindings.
bool nat_find_persistent(const struct nat *n, uint32_t rule_id, struct nat_origin *origin);

// Some source rule translates to the address of the egress interface.
bool nat_uses_interfaces(const struct nat *n);

// An interface answers ARP requests for this address.
bool nat_proxies(const struct nat *n, uint32_t interface, const uint8_t address[4]);

#endif
