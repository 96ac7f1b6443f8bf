// SPDX-License-Identifier: Apache-2.0
// Who this instance is: a random number drawn once per state directory. It marks the devices that the instance makes, so
// that a later worker of the same state directory finds them again and leaves those of other instances alone.
#ifndef PORTCULLIS_CONTROL_IDENTITY_H
#define PORTCULLIS_CONTROL_IDENTITY_H

#include <stddef.h>
#include <stdint.h>
#include "net/port.h"

#define IDENTITY_SIZE 17

struct identity {
	char id[IDENTITY_SIZE]; // 16 hexadecimal digits
};

enum identity_kind { IDENTITY_PORT, IDENTITY_INTERFACE };

// Reads or makes DIR/instance.
int identity_open(struct identity *i, const char *state_dir, char *error, size_t size);

// Not 0, and the same for ever.
uint32_t identity_number(const struct identity *i);
// Alias of a device: portcullis:ID:port:NAME or portcullis:ID:interface:NAME.
void identity_mark(const struct identity *i, enum identity_kind kind, const char *name,
		   char mark[PORT_ALIAS_SIZE]);
// MAC address of our side of a TAP port: locally administered, the same for ever.
void identity_mac(const struct identity *i, const char *port, uint8_t mac[6]);

#endif
