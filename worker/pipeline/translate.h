// SPDX-License-Identifier: Apache-2.0
// NAT44 of flows that are judged: where the destination leads, which source rule applies, and which
// address and port the source becomes. Packets of a session that is open need none of this: its
// lines say what they become (nat/rewrite.h).
#ifndef PORTCULLIS_PIPELINE_TRANSLATE_H
#define PORTCULLIS_PIPELINE_TRANSLATE_H

#include "nat/bindings.h"
#include "nat/nat.h"
#include "pipeline/core.h"

// What the rules say about one flow.
struct translation {
	struct nat_target target; // kind NAT_NONE: the destination stays
	struct nat_origin origin; // kind NAT_NONE or NAT_OFF: the source stays
	uint8_t address[4];       // for the origin: of the interface, or the one that was called
	uint16_t face;            // the interface of that address, for INTERFACE; ROW_NONE: none
	bool hairpin;             // a client behind the firewall called an external address
	bool filtered;            // to a binding, by somebody it does not accept
};

// What a flow becomes.
struct translated {
	uint8_t source[4], destination[4];
	uint16_t source_port_be, destination_port_be;
	uint32_t binding; // in use by it; FW_NO_INDEX: none
	uint32_t source_id, destination_id;
};

// Ports that the flows of a burst may look at.
unsigned translate_budget(void);

struct judgement;

bool translate_has_ports(uint8_t protocol); // or an identifier that can be chosen

// The interface where the address lies that a packet calls; ROW_NONE: nowhere.
uint16_t translate_called(const struct core *c, const struct packet *p);

// An interface (row) has this address: by the program, or, where that gives none, by the kernel.
bool translate_has_address(const struct core *c, uint16_t interface, const uint8_t address[4]);

// The rule that made a binding still gives its external endpoint to its internal one.
bool translate_binding_holds(const struct core *c, const struct fw_binding *b,
			     struct nat_origin *origin);

// First: destinations, before routes. packets may open something; their judgements are zeroed.
void translate_destinations(struct core *c, const struct packet *const *packets,
			    struct judgement *const *judgements, unsigned count);

// The packet as routes and policies see it.
const struct packet *translate_seen(const struct packet *p, const struct translation *t,
				    struct packet *copy);

// Last: source rules of the flows that are permitted.
void translate_sources(struct core *c, const struct packet *const *packets,
		       struct judgement *const *judgements, unsigned count);

// When the session is opened. FW_DROP_COUNT, or why it cannot be.
enum fw_drop translate_choose(struct core *c, const struct packet *p, const struct judgement *j,
			      struct translated *t);
// The session could not be opened after all.
void translate_abandon(struct core *c, const struct translated *t);

// Writes both lines of a fresh session: keys, and what packets become.
void translate_lines(const struct packet *p, const struct translated *t, uint16_t vrf_out,
		     struct fw_line4 line[2]);

// The translation of an open session is one that the current rules would allow. p: its first
// packet.
bool translate_holds(struct core *c, const struct packet *p, const struct judgement *j,
		     const struct fw_session4 *s);

// An ICMP query of another kind fits the translation of its session. j: what the rules say about it.
bool translate_widens(const struct core *c, const struct packet *p, const struct judgement *j,
		      uint32_t number, unsigned direction);

// A session is about to close.
void translate_end(struct core *c, uint8_t family, uint32_t number);

// Addresses and ports of a packet of an open session, if it is translated.
void translate_packet(const struct core *c, struct packet *p, uint32_t number, unsigned direction);

// Where a packet of this direction goes.
const uint8_t *translate_next(const struct core *c, const struct packet *p, uint32_t number,
			      unsigned direction);

#endif
