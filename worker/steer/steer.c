// SPDX-License-Identifier: Apache-2.0
#include "steer/steer.h"

#include "steer/ports.h"

// Low six bits of the key as the hash sees it for bit n of a word, counted from the most significant one: the key turned
// left by n.
#define TURN(n) ((STEER_KEY << (n) | STEER_KEY >> (16 - (n))) & 63)
#define BIT(x, n) (((x) & 0x8000u >> (n)) ? TURN(n) : 0)
#define BYTE(x, n)                                                                                 \
	(BIT(x, n) ^ BIT(x, n + 1) ^ BIT(x, n + 2) ^ BIT(x, n + 3) ^ BIT(x, n + 4) ^               \
	 BIT(x, n + 5) ^ BIT(x, n + 6) ^ BIT(x, n + 7))
#define LOW(x) BYTE((x), 8)
#define HIGH(x) BYTE((x) << 8, 0)
#define FOUR(f, x) f(x), f((x) + 1), f((x) + 2), f((x) + 3)
#define SIXTEEN(f, x) FOUR(f, x), FOUR(f, (x) + 4), FOUR(f, (x) + 8), FOUR(f, (x) + 12)
#define SIXTY_FOUR(f, x)                                                                           \
	SIXTEEN(f, x), SIXTEEN(f, (x) + 16), SIXTEEN(f, (x) + 32), SIXTEEN(f, (x) + 48)
#define ALL(f) SIXTY_FOUR(f, 0), SIXTY_FOUR(f, 64), SIXTY_FOUR(f, 128), SIXTY_FOUR(f, 192)

const uint8_t steer_bits[STEER_CORES + 1] = {0, 0, 1, 3, 2, 5, 4, 5, 3, 5, 6, 5, 5, 6, 6, 6, 4};

const uint8_t steer_low[256] = {ALL(LOW)};
const uint8_t steer_high[256] = {ALL(HIGH)};

// A lower byte of slot s. Four have it: with the exclusive or of each of these.
#define LOWER(s)                                                                                   \
	(((s) & 1 ? 0x14 : 0) ^ ((s) & 2 ? 0x1e : 0) ^ ((s) & 4 ? 0x1b : 0) ^                      \
	 ((s) & 8 ? 0x26 : 0) ^ ((s) & 16 ? 0x07 : 0) ^ ((s) & 32 ? 0x28 : 0))

static const uint8_t lower_of[STEER_SLOTS] = {SIXTY_FOUR(LOWER, 0)};
static const uint8_t same_slot[4] = {0, 127, 129, 254};

struct steer_ports steer_ports(uint32_t cores, const uint8_t client[4], uint16_t client_port_be,
			       const uint8_t nat[4], uint16_t low, uint16_t high)
{
	struct steer_ports s = {.low = low, .high = high, .bits = cores < 2 ? 0 : steer_bits[cores]};
	s.slot = (uint8_t)(steer_slot(steer_fold4(client, nat, client_port_be, 0)) & ((1u << s.bits) - 1));
	if (s.bits == 0) {
		s.first = low;
		s.count = high - low + 1u;
	} else {
		uint32_t each = 256u >> s.bits; // of one upper byte
		s.first = (low >> 8) * each;
		s.count = ((high >> 8) + 1u) * each - s.first;
	}
	return s;
}

uint16_t steer_ports_at(const struct steer_ports *s, uint32_t number)
{
	uint32_t at = s->first + number, bits = s->bits;
	if (bits == 0)
		return (uint16_t)at;
	uint32_t upper = at >> (8 - bits), place = at & ((256u >> bits) - 1);
	uint32_t agree = (s->slot ^ steer_high[upper]) & ((1u << bits) - 1);
	uint32_t port = upper << 8 | (lower_of[agree | place >> 2 << bits] ^ same_slot[place & 3]);
	return port >= s->low && port <= s->high ? (uint16_t)port : 0;
}
