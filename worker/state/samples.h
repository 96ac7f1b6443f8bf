// SPDX-License-Identifier: Apache-2.0
// Sessions for tests.
#ifndef PORTCULLIS_STATE_SAMPLES_H
#define PORTCULLIS_STATE_SAMPLES_H

#include <netinet/in.h>
#include "state/session.h"
#include "test.h"

static inline void *entries_make(size_t count, size_t size)
{
	void *entries = aligned_alloc(64, (count + 1) * size);
	CHECK(entries != NULL);
	memset(entries, 0, (count + 1) * size);
	return entries;
}

// A session between two of a few hosts and ports, so that keys meet again.
static inline struct fw_session4 make4(uint32_t number, uint32_t now, uint32_t timeout)
{
	struct fw_session4 s = {0};
	struct fw_line4 *l = s.line;
	uint32_t host = htonl(0x0a000000u + number);
	memcpy(l[0].source, &host, 4);
	memcpy(l[0].destination, "\xc0\xa8\x01\x02", 4);
	l[0].source_port_be = htons((uint16_t)(number % 50000 + 1024));
	l[0].destination_port_be = htons(443);
	l[0].protocol = IPPROTO_TCP;
	l[0].last_seen = now;
	l[0].policy = (uint16_t)(number % 7);
	s.track.state = FW_TCP_SYN_SENT;
	s.track.timeout = timeout;
	s.track.binding = FW_NO_INDEX;
	l[1] = l[0];
	memcpy(l[1].source, l[0].destination, 4);
	memcpy(l[1].destination, l[0].source, 4);
	l[1].source_port_be = l[0].destination_port_be;
	l[1].destination_port_be = l[0].source_port_be;
	s.cold.in_name_id = 77;
	return s;
}

static inline struct fw_session6 make6(uint32_t number, uint32_t now, uint32_t timeout)
{
	struct fw_session6 s = {0};
	struct fw_line6 *l = s.line;
	memcpy(l[0].source, "\x20\x01\x0d\xb8", 4);
	memcpy(l[0].source + 12, &number, 4);
	memcpy(l[0].destination, "\x20\x01\x0d\xb8\x00\x01", 6);
	l[0].source_port_be = htons(5000);
	l[0].destination_port_be = htons(53);
	l[0].protocol = IPPROTO_UDP;
	l[0].last_seen = now;
	l[0].policy = FW_POLICY_NONE;
	s.track.timeout = timeout;
	s.track.binding = FW_NO_INDEX;
	l[1] = l[0];
	memcpy(l[1].source, l[0].destination, 16);
	memcpy(l[1].destination, l[0].source, 16);
	l[1].source_port_be = l[0].destination_port_be;
	l[1].destination_port_be = l[0].source_port_be;
	return s;
}

static inline uint32_t find4(const struct session_table *s, const struct fw_line4 *line)
{
	struct session_key4 key;
	memcpy(&key, line, sizeof(key));
	uint64_t hash = session_hash4(s, &key);
	session_prefetch_bucket(s, hash);
	return session_find4(s, hash, session_probe(s, hash), &key);
}

static inline uint32_t find6(const struct session_table *s, const struct fw_line6 *line)
{
	struct session_key6 key;
	memcpy(&key, line, sizeof(key));
	uint64_t hash = session_hash6(s, &key);
	return session_find6(s, hash, session_probe(s, hash), &key);
}

#endif
