// SPDX-License-Identifier: Apache-2.0
// TCP as a firewall between the two ends sees it: a const table [state][direction][class of
// segment].
#ifndef PORTCULLIS_PIPELINE_TCP_STATE_H
#define PORTCULLIS_PIPELINE_TCP_STATE_H

#include <stdint.h>
#include "shm/layout.h"

// What the flags of a segment say. PSH, ECE and CWR say nothing here.
enum tcp_class { TCP_INVALID, TCP_SYN, TCP_SYN_ACK, TCP_ACK, TCP_FIN, TCP_RST, TCP_CLASSES };

enum tcp_verdict {
	TCP_PASS,   // take the new state, refresh the session
	TCP_QUIET,  // forward, but neither change nor refresh the session
	TCP_DROP,   // the state does not allow it
	TCP_REOPEN, // a new connection on the ports of a dead one
};

struct tcp_step {
	uint8_t verdict; // enum tcp_verdict
	uint8_t state;   // enum fw_tcp_state, for TCP_PASS
};

#define TCP_STATES (FW_TCP_CLOSE_WAIT + 1)

extern const uint8_t tcp_classes[64]; // by the low six bits of the flags byte
extern const struct tcp_step tcp_steps[TCP_STATES][2][TCP_CLASSES];

static inline enum tcp_class tcp_classify(uint8_t flags)
{
	return (enum tcp_class)tcp_classes[flags & 0x3f];
}

#endif
