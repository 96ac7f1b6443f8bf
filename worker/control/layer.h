// SPDX-License-Identifier: Apache-2.0
// A program together with the devices that serve it: ports and one kernel TAP per interface.
//
// Devices go from one layer to the next when the next one wants the same; those that only one of the two has are opened
// before the change and closed after it. A layer that is given up leaves the other one as it was.
#ifndef PORTCULLIS_CONTROL_LAYER_H
#define PORTCULLIS_CONTROL_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include "control/identity.h"
#include "loop/loop.h"
#include "net/port.h"
#include "tables/tables.h"

struct layer_port {
	struct fw_port_row row;
	struct port *port; // NULL: absent
	bool borrowed; // belongs to the other layer too
	char message[FW_MESSAGE_SIZE]; // why it is absent
};

struct layer_host {
	char name[FW_IFNAME_SIZE];
	struct port *port; // NULL: absent
	bool borrowed;
};

struct layer {
	struct tables *tables;
	uint32_t port_count, host_count;
	uint32_t cores;
	struct layer_port ports[FW_MAX_PORTS];
	struct layer_host hosts[FW_MAX_INTERFACES];
};

// Rows of the layer's program.
const struct fw_port_row *layer_port_rows(const struct layer *l);
const struct fw_interface_row *layer_interface_rows(const struct layer *l);

struct layer *layer_create(struct tables *tables, uint32_t cores); // takes the tables
// What becomes of the devices in the kernel: they stay, they go, or those go that this layer has made itself.
enum layer_end { LAYER_KEEP, LAYER_REMOVE, LAYER_UNDO };

// Closes the devices that are not borrowed, frees the tables.
void layer_free(struct layer *l, enum layer_end end);

// Takes over from old (may be NULL) what is the same; marks it as borrowed in both.
void layer_borrow(struct layer *l, struct layer *old);
// Row of a port of old whose device l needs in another shape; FW_NO_INDEX: none. It must be closed before layer_open().
uint32_t layer_conflict(const struct layer *l, const struct layer *old);
// Gives the layer sole ownership of what it borrowed: the other one goes away.
void layer_settle(struct layer *l, struct layer *old, bool keep_new);

// Opens what is missing. may_be_absent: a port that cannot be opened is left absent; otherwise it is a fault.
int layer_open(struct layer *l, const struct identity *id, bool may_be_absent,
	       struct program_fault *fault);
// Opens absent ports and TAPs again if that is possible now. Returns true when one came back.
bool layer_reopen(struct layer *l, const struct identity *id);
// Looks at every device; drops those that are gone, from the arrays into gone[]. Returns how many are gone.
unsigned layer_refresh(struct layer *l, struct port **gone, unsigned room);

// MAC and MTU of every interface by its port, before publication. False in layer_current(): they have changed since.
void layer_fill(struct layer *l, const struct identity *id);
bool layer_current(const struct layer *l);

enum fw_rx_mode layer_rx_mode(const struct layer *l, uint32_t port); // that its row asks for

// What the cores work with.
struct generation *layer_generation(const struct layer *l);

#endif
