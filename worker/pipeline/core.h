// SPDX-License-Identifier: Apache-2.0
// State of one datapath core, and the ways in which a packet ends.
#ifndef PORTCULLIS_PIPELINE_CORE_H
#define PORTCULLIS_PIPELINE_CORE_H

#include "pipeline/fragment.h"
#include "pipeline/half_open.h"
#include "pipeline/hold.h"
#include "pipeline/interface_index.h"
#include "pipeline/packet.h"

// Frames on their way to one port, and to the host.
struct tx_vector {
	unsigned count;
	struct rte_mbuf *frames[PIPELINE_BURST];
};

struct punt_vector {
	unsigned count;
	uint32_t interface; // all of them
	struct rte_mbuf *frames[PIPELINE_BURST];
};

// Token bucket for resets and ICMP errors, in thousandths of a packet.
struct bucket {
	uint32_t tokens;
	uint32_t filled_at; // ticks
};

struct answers {
	struct bucket buckets[FW_MAX_INTERFACES]; // by row
	uint32_t second, sent, high_water;        // sent in this second, and most in any
};

struct sweep {
	bool running4, running6, running_bindings;
	uint32_t cursor4, cursor6, cursor_bindings;
};

// Sessions that a person asked to end.
struct clear {
	struct fw_session_filter filter; // the control thread's while nothing is asked
	uint32_t asked;    // by the control thread
	uint32_t answered; // by the core: equal when it is done
	uint64_t ended;
	uint32_t cursor;
	uint8_t family; // that is being walked; 0: not begun
};

// Addresses of NAT rules that neighbors are told about.
struct announce {
	bool running;
	bool waiting[FW_MAX_INTERFACES]; // rows
	uint32_t interface, number;      // next: address number of the interface
	uint32_t at;                     // ticks of the last turn
};

// An interface as pass A needs it.
struct ingress {
	uint64_t mac; // of frames for us, as it is loaded
	union { // packet.place of a packet without a tag
		struct {
			uint16_t interface, zone, tci, vrf;
		};
		uint64_t place;
	};
};

// A frame to a next hop (adjacency.h).
struct adjacency {
	uint64_t front;   // first eight bytes of the frame: destination, two of the source
	uint64_t back;    // the source, and nothing where the Ethernet type of an untagged frame is
	uint64_t changes; // core.neighbor_changes when it was made; 0: never
	uint16_t interface, mtu, vlan;
	uint8_t port, l2_length;
};

struct core {
	struct core_config config;
	const struct tables *tables; // NULL: drop everything
	uint32_t epoch;
	bool strict;  // TCP segments outside their window are dropped
	uint32_t now; // ticks
	uint64_t realtime_ns;

	// Version of the hop clock at the start of the burst. A next hop cached in a session line
	// is good while it is the one it was cached under; otherwise route_hop_good() knows.
	uint32_t hop_version;
	uint16_t slot_interface[NEIGHBOR_SLOTS]; // egress interface of a neighbor slot
	uint32_t generations;      // taken so far
	uint64_t neighbor_changes; // neighbor_changes() at the start of the burst, below generations
	struct adjacency adjacencies[NEIGHBOR_SLOTS];
	uint64_t mac_mask; // bits of a destination MAC address that must be ours
	struct ingress ingress[FW_MAX_INTERFACES];

	uint64_t random;     // state of core_random()
	unsigned nat_budget; // ports that source NAT may still look at in this burst, beyond what each flow may
	bool translating;    // sessions may be there whose lines do not mirror each other
	uint64_t opened;     // counters.sessions_opened when the burst was looked up

	struct announce announce;

	struct interface_index interfaces;
	struct half_open *half_open;
	uint8_t half_open_slots[FW_MAX_ZONES];
	struct answers answers;
	struct sweep sweep;
	uint32_t kept; // ticks of the last core_housekeeping() that did all there was to do
	bool busy;     // there is more
	uint32_t reported; // ticks of the last bounds_report()
	struct clear clear;
	struct hold hold;
	struct fragments fragments;
	struct rte_mbuf *dropped[PIPELINE_BURST];
	unsigned dropped_count;
	struct punt_vector punt;
	uint32_t tx_waiting; // bit per port whose vector is not empty
	struct tx_vector tx[FW_MAX_PORTS];
	struct tx_vector pass[FW_MAX_CORES]; // to other cores
	uint32_t policy_slots; // below this: slots of policies (tables/slots.h)
};

// The ends. Each counts, tells output.ended, and gives the mbuf away.
void core_end_dropped(struct core *c, struct packet *p, enum fw_drop reason);
void core_flush_dropped(struct core *c);
void core_end_punted(struct core *c, struct packet *p, uint16_t interface);
void core_end_consumed(struct core *c, struct packet *p);
// The frame is complete, Ethernet header and tag included.
void core_end_forwarded(struct core *c, struct packet *p, uint16_t interface);

// Gives the mbuf of a packet away that has been counted as dropped, when nobody listens to ends.
static inline void core_discard(struct core *c, struct packet *p)
{
	if (unlikely(c->dropped_count == PIPELINE_BURST))
		core_flush_dropped(c);
	rte_mbuf_prefetch_part2(p->mbuf);
	c->dropped[c->dropped_count++] = p->mbuf;
}

// Hands over everything that waits in vectors.
void core_flush(struct core *c);

// A packet of our own enters; it has no input of its own that anybody waits for.
struct rte_mbuf *core_originate(struct core *c);

// The vector of a port that gets its first frame.
static inline struct tx_vector *core_tx(struct core *c, uint16_t port)
{
	c->tx_waiting |= 1u << port;
	return &c->tx[port];
}
_Static_assert(FW_MAX_PORTS <= 32, "core.tx_waiting");

// Start of a burst: looks whether routes or neighbors changed.
void core_refresh(struct core *c);

// Not secret, but different at every start (xorshift64*).
static inline uint32_t core_random(struct core *c)
{
	c->random ^= c->random >> 12;
	c->random ^= c->random << 25;
	c->random ^= c->random >> 27;
	return (uint32_t)(c->random * 0x2545f4914f6cdd1dull >> 32);
}

// What is said about the end of a packet that has been parsed.
static inline void packet_start_end(struct packet *p)
{
	p->end.policy = FW_NO_INDEX;
	p->end.from_zone = p->zone == ZONE_SELF ? FW_NO_INDEX : p->zone;
	p->end.to_zone = FW_NO_INDEX;
	p->end.in_interface = p->interface == ROW_NONE ? FW_NO_INDEX : p->interface;
	p->end.out_interface = FW_NO_INDEX;
	p->end.session = 0;
}

static inline void packet_start(struct packet *p, struct rte_mbuf *mbuf)
{
	p->mbuf = mbuf;
	p->l2_length = 0;
	p->interface = ROW_NONE;
	p->zone = ZONE_SELF;
	p->vrf = 0;
	p->tci = 0;
	p->family = 0;
	p->protocol = 0;
	p->tcp_class = TCP_INVALID;
	p->icmp_kind = ICMP_KIND_NONE;
	p->icmp_type = 0;
	p->l2_group = false;
	p->own = false;
	p->fragment = FRAGMENT_NONE;
	packet_start_end(p);
}

#endif
