// SPDX-License-Identifier: Apache-2.0
// Who may pass: the one place that turns a flow, the current routes and the current policies into a
// verdict. New flows, sessions of an older generation and single ICMP messages are all judged here.
#ifndef PORTCULLIS_PIPELINE_JUDGE_H
#define PORTCULLIS_PIPELINE_JUDGE_H

#include "pipeline/route.h"
#include "pipeline/session_step.h"
#include "pipeline/translate.h"

struct judgement {
	// of every flow
	enum fw_drop reason; // FW_DROP_COUNT: permitted
	uint32_t policy;     // row, or FW_NO_INDEX
	uint16_t from, to;   // zones
	uint16_t out;        // egress interface; ROW_NONE for the host
	bool to_host;
	bool needs_policy;   // routes are known, the policies have the word
	// of those that routes forward
	const struct hop *hop;
	// of those that are permitted
	uint32_t timeout;    // of the application, ticks; 0: none
	struct neighbor_key next; // not of those for the host
	struct translation nat;
	const struct flow4 *flow4; // what policies were asked about; while judge_flows() runs
};

// What the rules of policies and NAT are asked about: an IPv4 packet between two zones (rows).
void judge_flow4(const struct packet *p, uint16_t from, uint16_t to, struct flow4 *f);

// Judges up to a burst of flows, each by its first packet: destination NAT, routes and hostInbound,
// policies, source NAT.
void judge_flows(struct core *c, const struct packet *const *packets,
		 struct judgement *const *judgements, unsigned count);

enum session_fate {
	FATE_CONFIRMED, // permitted by the current generation, lines are up to date
	FATE_DENIED,    // closed and counted in sessions_denied; *j says why
	FATE_OPEN,      // nothing can be said without a route; it stays as it is, *j has the reason
	FATE_FOREIGN,   // its destination has become the firewall's own, or no longer is
	FATE_UNTRANSLATED, // closed and counted in sessions_untranslated: NAT would make something else of it
};

// Judges a session by the current generation and routes.
enum session_fate judge_session(struct core *c, struct session_view *v, struct judgement *j);

// host.c: what hostInbound says about a flow to the firewall itself.
bool host_permits(uint64_t services, const struct packet *p);

#endif
