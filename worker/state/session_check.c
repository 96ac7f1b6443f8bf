// SPDX-License-Identifier: Apache-2.0
#include "state/session_check.h"
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include "shm/crc32c.h"

#define NO_ZONE 0xffff          // the firewall itself
#define TIMEOUT_MAX 0x7fffffffu // ticks

#define KEY4_SIZE offsetof(struct fw_line4, epoch)
#define KEY6_SIZE (offsetof(struct fw_line6, vrf) + sizeof(uint16_t))
_Static_assert(KEY4_SIZE == 16 && KEY6_SIZE == 40, "keys are the first bytes of a line");
_Static_assert(offsetof(struct fw_line4, state) == 13 && offsetof(struct fw_line6, state) == 37,
	       "state is the one byte of a key that changes");

static uint32_t checksum_keys(const void *line0, const void *line1, size_t size, size_t state)
{
	uint8_t keys[2 * KEY6_SIZE];
	memcpy(keys, line0, size);
	memcpy(keys + size, line1, size);
	keys[state] = keys[size + state] = 0;
	return crc32c(keys, 2 * size);
}

static uint32_t checksum_cold(uint32_t crc, const struct fw_session_cold *cold)
{
	crc = crc32c_more(crc, &cold->id, sizeof(cold->id));
	return crc32c_more(crc, &cold->in_name_id, sizeof(cold->in_name_id));
}

uint32_t session_checksum4(const struct fw_session4 *s)
{
	uint32_t crc =
	    checksum_keys(&s->line[0], &s->line[1], KEY4_SIZE, offsetof(struct fw_line4, state));
	return checksum_cold(crc, &s->cold);
}

uint32_t session_checksum6(const struct fw_session6 *s)
{
	uint32_t crc =
	    checksum_keys(&s->line[0], &s->line[1], KEY6_SIZE, offsetof(struct fw_line6, state));
	return checksum_cold(crc, &s->cold);
}

static bool cold_intact(const struct fw_session_cold *cold, uint32_t checksum)
{
	return cold->valid == FW_SESSION_VALID && cold->id != 0 && cold->checksum == checksum &&
	       (cold->flags & ~(uint32_t)(FW_SESSION_FROM_HOST | FW_SESSION_TO_HOST)) == 0 &&
	       cold->application_timeout <= TIMEOUT_MAX;
}

static bool state_fits(uint8_t protocol, uint8_t state)
{
	if (protocol == IPPROTO_TCP)
		return state != FW_TCP_NONE && state <= FW_TCP_CLOSE_WAIT;
	return state == FW_TCP_NONE;
}

// Lines of both families have the same fields with different offsets.
#define LINE_IN_BOUNDS(l)                                                                          \
	(state_fits((l).protocol, (l).state) && (l).timeout > 0 &&                 \
	 (l).timeout <= TIMEOUT_MAX && ((l).in_zone < FW_MAX_ZONES || (l).in_zone == NO_ZONE) &&   \
	 ((l).in_interface < FW_MAX_INTERFACES || (l).in_interface == NO_ZONE) &&                  \
	 ((l).policy < FW_MAX_POLICIES || (l).policy == FW_NO_INDEX))

#define LINES_MIRRORED(a, b)                                                                       \
	(memcmp((a).source, (b).destination, sizeof((a).source)) == 0 &&                           \
	 memcmp((a).destination, (b).source, sizeof((a).source)) == 0 &&                           \
	 (a).source_port_be == (b).destination_port_be &&                                          \
	 (a).destination_port_be == (b).source_port_be && (a).protocol == (b).protocol)

bool session_intact4(const struct fw_session4 *s)
{
	return cold_intact(&s->cold, session_checksum4(s)) &&
	       LINES_MIRRORED(s->line[0], s->line[1]) && LINE_IN_BOUNDS(s->line[0]) &&
	       LINE_IN_BOUNDS(s->line[1]);
}

bool session_intact6(const struct fw_session6 *s)
{
	return cold_intact(&s->cold, session_checksum6(s)) &&
	       LINES_MIRRORED(s->line[0], s->line[1]) && LINE_IN_BOUNDS(s->line[0]) &&
	       LINE_IN_BOUNDS(s->line[1]);
}
