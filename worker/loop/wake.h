// SPDX-License-Identifier: Apache-2.0
// Rx interrupts of the ports that one core reads: armed before a sleep, looked at after it. And the proof that they come: a
// port whose frames wait although it was armed, several times in a row, is not trusted any more.
#ifndef PORTCULLIS_LOOP_WAKE_H
#define PORTCULLIS_LOOP_WAKE_H

#include <stdbool.h>
#include <stdint.h>
#include "shm/layout.h"

#define WAKE_SILENT 4u // missed wake-ups in a row after which a port is polled
#define WAKE_LATE_NS 1000000u // an interrupt that comes so late after its frame has not come

struct loop;

struct wake {
	int epoll; // of the ports' interrupts; itself in the loop's set
	uint32_t able; // rows: ports without a descriptor of the kernel, read by this core
	uint32_t known; // of them, those that may be in the set
	uint32_t armed; // of them, now
	uint32_t resting; // of them, armed or down: not polled while the core waits
	uint32_t waited; // armed during the last wait, and no interrupt has come
	uint32_t suspects; // their frames were there after a wait without an interrupt
	uint64_t suspected_ns; // since when, the oldest
	uint8_t missed[FW_MAX_PORTS]; // wake-ups in a row, by row
};

int wake_open(struct wake *w); // 0 or a negative errno
void wake_close(struct wake *w);

void wake_arm(struct loop *l); // every port that can; one that is up and refuses will be polled
void wake_disarm(struct loop *l);
void wake_read(struct loop *l); // interrupts have come, or may have
void wake_waited(struct loop *l); // a wait has ended; events are read
void wake_found(struct loop *l, uint32_t row); // a turn after it found frames at the port
void wake_forget(struct loop *l); // before the generation changes

#endif
