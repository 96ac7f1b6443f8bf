// SPDX-License-Identifier: Apache-2.0
// Persistent NAT bindings: endpoint-independent mappings from an internal to an external endpoint.
//
// The rows lie in the state file and survive every kind of end of the worker; the two indexes (by
// internal and by external endpoint) are private memory, rebuilt by bindings_attach(). All datapath
// cores share the table. Locks are taken for new flows only, striped by hash: an internal stripe
// before an external one, the free list last.
//
// Commit order of a row: fill, release fence, valid = FW_SESSION_VALID. Removal: valid = 0 first.
// A row counts its sessions and stays while it has any; after that for its timeout.
#ifndef PORTCULLIS_NAT_BINDINGS_H
#define PORTCULLIS_NAT_BINDINGS_H

#include <stdbool.h>
#include <stdint.h>
#include "nat/pool.h"

struct bindings;

struct binding_key { // an internal endpoint under one rule
	uint8_t address[4];
	uint16_t port_be;
	uint8_t protocol, zero;
	uint16_t vrf, pad;
	uint32_t rule_id;
};

// NULL: no memory. Counts of sessions start at 0; the caller reports sessions by
// bindings_adopt_sessions().
struct bindings *bindings_attach(struct fw_binding *rows, uint32_t capacity, uint32_t now);
void bindings_detach(struct bindings *b); // the rows stay

// How many cores there are, once. A row whose external endpoint was chosen for another number and does not steer to the
// owner of its internal one is a stray; new rows never are.
void bindings_set_cores(struct bindings *b, uint32_t cores);
uint32_t bindings_strays(const struct bindings *b);

// For steering: a key whose destination is a binding's external endpoint gets the internal one. Costs nothing without strays.
struct session_key4;
void bindings_steer(struct bindings *b, struct session_key4 *key);

// A recovered session says that it uses a row. False: the row is not what it says.
bool bindings_adopt(struct bindings *b, uint32_t row, uint8_t protocol, const uint8_t external[4],
		    uint16_t external_port_be);

// All of them: a session whose binding is gone does without.
struct session_table;
void bindings_adopt_sessions(struct bindings *b, struct session_table *sessions4);

// The binding of a key whose external endpoint lies in space, in use by one session more.
// FW_NO_INDEX: there is none.
uint32_t bindings_take(struct bindings *b, const struct binding_key *key,
		       const struct nat_space *space, uint32_t timeout, uint32_t now,
		       struct fw_binding *copy);

// Answers whether an external endpoint may be chosen (steering, other users of the address).
typedef bool bindings_fit_fn(void *context, const uint8_t address[4], uint16_t port_be);

enum bindings_answer { BINDINGS_ADDED, BINDINGS_FULL, BINDINGS_EXHAUSTED };

struct bindings_wish {
	struct binding_key key; // its own port is preferred
	const struct nat_space *space;
	uint32_t timeout, now;
	uint64_t created_at_ns;
	bool any_remote;
	uint32_t cores;   // ports must keep the owner
	uint32_t start;   // where the search begins
	unsigned looks;   // ports that may be looked at
	unsigned *budget; // and beyond, the same for all flows of a burst; shrinks
	bindings_fit_fn *fits;
	void *context;
};

// A new binding in use by one session, when bindings_take() has found none.
enum bindings_answer bindings_add(struct bindings *b, const struct bindings_wish *wish,
				  uint32_t *row, struct fw_binding *copy);

// The living binding of an external endpoint, copied; FW_NO_INDEX: there is none.
uint32_t bindings_find(struct bindings *b, uint8_t protocol, const uint8_t address[4],
		       uint16_t port_be, uint32_t now, struct fw_binding *copy);

// Somebody has the external endpoint.
bool bindings_occupy(struct bindings *b, uint8_t protocol, const uint8_t address[4],
		     uint16_t port_be);

// One session more of a row that bindings_find() gave; false: it is gone meanwhile.
bool bindings_hold(struct bindings *b, uint32_t row, const struct fw_binding *copy);

// A session less.
void bindings_release(struct bindings *b, uint32_t row, uint32_t now);

// The row as it is, false when it is free. For judging sessions that hold it.
bool bindings_read(const struct bindings *b, uint32_t row, struct fw_binding *copy);

// Looks at some rows, so that all are looked at once a second; frees those whose time is over. True
// when there is more to do at once.
bool bindings_expire(struct bindings *b, uint32_t now);

// Looks at some rows from *cursor on: one whose rule or address is gone ends with its last session
// instead of waiting for its timeout. False: all rows have been looked at.
typedef bool bindings_hold_fn(void *context, const struct fw_binding *copy);
bool bindings_review(struct bindings *b, uint32_t *cursor, unsigned rows, bindings_hold_fn *holds,
		     void *context);

uint32_t bindings_count(const struct bindings *b);
uint32_t bindings_high_water(const struct bindings *b);
uint32_t bindings_capacity(const struct bindings *b);

#endif
