// SPDX-License-Identifier: Apache-2.0
#include "state/session_check.h"
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include "shm/crc32c.h"

#define TIMEOUT_MAX 0x7fffffffu // ticks

#define SUM4_SIZE offsetof(struct fw_line4, epoch)
#define SUM6_SIZE offsetof(struct fw_line6, epoch)
_Static_assert(SUM4_SIZE == 32 && SUM6_SIZE == 40, "what never changes comes first in a line");

static uint32_t checksum_cold(uint32_t crc, const struct fw_session_cold *cold)
{
	crc = crc32c_more(crc, &cold->id, sizeof(cold->id));
	return crc32c_more(crc, &cold->in_name_id, sizeof(cold->in_name_id));
}

uint32_t session_checksum4(const struct fw_session4 *s)
{
	uint32_t crc = crc32c_more(crc32c(&s->line[0], SUM4_SIZE), &s->line[1], SUM4_SIZE);
	return checksum_cold(crc, &s->cold);
}

uint32_t session_checksum6(const struct fw_session6 *s)
{
	uint32_t crc = crc32c_more(crc32c(&s->line[0], SUM6_SIZE), &s->line[1], SUM6_SIZE);
	return checksum_cold(crc, &s->cold);
}

static bool cold_intact(const struct fw_session_cold *cold, uint32_t checksum)
{
	return cold->valid == FW_SESSION_VALID && cold->id != 0 && cold->checksum == checksum &&
	       (cold->flags & ~(uint32_t)(FW_SESSION_FROM_HOST | FW_SESSION_TO_HOST)) == 0;
}

static bool track_in_bounds(const struct fw_session_track *t, uint8_t protocol)
{
	bool fits = protocol == IPPROTO_TCP ? t->state != FW_TCP_NONE && t->state <= FW_TCP_CLOSE_WAIT
					    : t->state == FW_TCP_NONE;
	return fits && t->timeout > 0 && t->timeout <= TIMEOUT_MAX &&
	       t->application_timeout <= TIMEOUT_MAX &&
	       (t->binding < FW_MAX_BINDINGS || t->binding == FW_NO_INDEX);
}

// Lines of both families have the same fields with different offsets.
#define LINE_IN_BOUNDS(l)                                                                          \
	((l).zero == 0 && (l).flags <= FW_LINE_NAT &&                                              \
	 ((l).in_zone < FW_MAX_ZONES || (l).in_zone == FW_ZONE_SELF) &&                            \
	 ((l).policy < FW_MAX_POLICIES || (l).policy == FW_POLICY_NONE))

#define MIRRORED(a, from, to, b)                                                                   \
	(memcmp((a).from##source, (b).to##destination, sizeof((a).source)) == 0 &&                 \
	 memcmp((a).from##destination, (b).to##source, sizeof((a).source)) == 0 &&                 \
	 (a).from##source_port_be == (b).to##destination_port_be &&                                \
	 (a).from##destination_port_be == (b).to##source_port_be)

// Without rewriting each line is the other one turned round; with it, what a packet becomes is.
static bool lines4_mirrored(const struct fw_line4 *a, const struct fw_line4 *b)
{
	if (a->protocol != b->protocol || a->flags != b->flags)
		return false;
	if (a->flags & FW_LINE_NAT)
		return MIRRORED(*a, new_, , *b) && MIRRORED(*b, new_, , *a);
	return MIRRORED(*a, , , *b);
}

bool session_intact4(const struct fw_session4 *s)
{
	return cold_intact(&s->cold, session_checksum4(s)) &&
	       lines4_mirrored(&s->line[0], &s->line[1]) && LINE_IN_BOUNDS(s->line[0]) &&
	       LINE_IN_BOUNDS(s->line[1]) && track_in_bounds(&s->track, s->line[0].protocol);
}

bool session_intact6(const struct fw_session6 *s)
{
	const struct fw_line6 *l = s->line;
	return cold_intact(&s->cold, session_checksum6(s)) && l[0].protocol == l[1].protocol &&
	       (l[0].flags | l[1].flags) == 0 && MIRRORED(l[0], , , l[1]) && LINE_IN_BOUNDS(l[0]) &&
	       LINE_IN_BOUNDS(l[1]) && track_in_bounds(&s->track, l[0].protocol);
}
