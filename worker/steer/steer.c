// SPDX-License-Identifier: Apache-2.0
#include "steer/steer.h"

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

const uint8_t steer_low[256] = {ALL(LOW)};
const uint8_t steer_high[256] = {ALL(HIGH)};
