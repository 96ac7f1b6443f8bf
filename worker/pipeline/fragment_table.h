// SPDX-License-Identifier: Apache-2.0
// Which datagrams are on their way in pieces, and which bytes of each have been seen: virtual
// reassembly. Nothing is put together; the pieces go on as they are once the first one, which has
// the ports, has been judged.
//
// Bounded by datagrams, and by datagrams of one source; full means that a new one is refused. A
// datagram ends when it is complete, or FRAGMENT_TIMEOUT after its first piece came. One that was
// refused (overlap, RFC 5722) stays so until then.
#ifndef PORTCULLIS_PIPELINE_FRAGMENT_TABLE_H
#define PORTCULLIS_PIPELINE_FRAGMENT_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include "state/session.h"

#define FRAGMENT_RANGES 128 // pieces of one datagram
#define FRAGMENT_TIMEOUT (10 * SESSION_TICKS_PER_SECOND)
#define FRAGMENT_NONE_ROW UINT32_MAX

// What the pieces of a datagram have in common. No padding: compared and hashed as bytes.
struct fragment_key {
	uint8_t source[16], destination[16]; // IPv4: the first four
	uint32_t id;
	uint32_t vrf;
	uint32_t zone;    // name of the zone they come from, hashed: the same in every generation
	uint8_t family;   // 4 or 6
	uint8_t protocol; // IPv4; pieces of IPv6 datagrams need not agree (RFC 8200 4.5)
	uint16_t zero;
};

// Bytes at .. at + length of a datagram.
struct fragment_part {
	uint32_t id;
	uint16_t at, length;
	bool more;    // not the last piece
	uint8_t lane; // enum lane, by everything but being a fragment
};

enum fragment_state {
	DATAGRAM_WAITING,  // the first piece has not come
	DATAGRAM_ADMITTED, // it has been sent on
	DATAGRAM_DENIED,   // it has been dropped
	DATAGRAM_REFUSED,  // no piece of it passes
};

// What the first piece says and the others lack.
struct fragment_first {
	uint16_t source_port_be, destination_port_be;
	uint16_t icmp_type;
	uint8_t protocol, icmp_kind, lane;
	uint8_t fin;         // TCP: 1 when it ends the stream
	uint16_t header;     // bytes of the transport header
	uint32_t tcp_seq;    // of the first byte behind it
};

struct datagram {
	struct fragment_key key;
	uint32_t next;         // in its bucket
	uint32_t older, newer; // by age
	uint32_t since;        // ticks
	uint32_t source;       // row of sources
	uint32_t held_first, held_last;
	uint16_t held_count;
	uint16_t total; // bytes; 0: the last piece has not come
	uint16_t received;
	uint8_t state, reason; // enum fragment_state, enum fw_drop of what is refused
	struct fragment_first first;
	uint16_t range_count;
	struct fragment_range {
		uint16_t at, end;
	} ranges[FRAGMENT_RANGES]; // sorted, disjoint
};

struct fragment_source;

struct fragment_table {
	uint32_t limit, per_source; // datagrams
	uint32_t allocated;         // rows of datagrams and of sources
	uint32_t used, high_water;
	uint64_t refused;           // new datagrams
	uint64_t secret[2];
	uint32_t oldest, newest;
	uint32_t free, fresh; // list of used rows, first row never used
	uint32_t source_free, source_fresh;
	uint32_t bucket_count; // a power of two
	uint32_t *buckets, *source_buckets;
	struct datagram *datagrams;
	struct fragment_source *sources;
};

enum fragment_answer {
	FRAGMENT_TAKEN,     // *row is its datagram
	FRAGMENT_COPY,      // of a piece that came before; nothing has changed
	FRAGMENT_REFUSED,   // the datagram is, with datagrams[*row].reason; maybe from now on
	FRAGMENT_FULL,      // no room for another datagram
	FRAGMENT_TOO_MANY,  // of this source
};

void fragment_table_init(struct fragment_table *t);
void fragment_table_free(struct fragment_table *t);

// Datagrams that are there stay, even above a smaller limit. False: no memory, the limit is as it
// was.
bool fragment_table_limit(struct fragment_table *t, uint32_t limit, uint32_t per_source);

// Notes a piece: offset and length are possible and not zero.
enum fragment_answer fragment_table_add(struct fragment_table *t, const struct fragment_key *key,
					const struct fragment_part *part, uint32_t now,
					uint32_t *row);

// The row of a datagram, or FRAGMENT_NONE_ROW.
uint32_t fragment_table_find(const struct fragment_table *t, const struct fragment_key *key);

static inline bool fragment_is_complete(const struct datagram *d)
{
	return d->total != 0 && d->received == d->total;
}

// The oldest datagram if its time is over, else FRAGMENT_NONE_ROW.
static inline uint32_t fragment_table_expired(const struct fragment_table *t, uint32_t now)
{
	if (t->oldest == FRAGMENT_NONE_ROW ||
	    now - t->datagrams[t->oldest].since < FRAGMENT_TIMEOUT)
		return FRAGMENT_NONE_ROW;
	return t->oldest;
}

// Forgets a datagram; it holds nothing any more.
void fragment_table_remove(struct fragment_table *t, uint32_t row);

#endif
