// SPDX-License-Identifier: Apache-2.0
// The agent's side of the shared memory, as a library that TypeScript calls: locks, the control file, the state file.
// Flat on purpose: integers, byte buffers with their sizes, NUL-terminated paths; handles instead of pointers. Results
// below 0 are negative errno; where a person must know more, error takes one sentence.
#ifndef PORTCULLIS_SHM_AGENT_SHM_H
#define PORTCULLIS_SHM_AGENT_SHM_H

#include <stdint.h>

#define AGENT_SHM_ABI 4

uint32_t agent_shm_abi(void);
uint64_t agent_shm_layout_hash(void);

// sizeof(struct NAME); -1: layout.h has no such struct.
int64_t agent_shm_struct_size(const char *name);

// Bytes of the state file that a worker makes for these capacities.
uint64_t agent_shm_state_size(uint32_t sessions4, uint32_t sessions6, uint32_t bindings, uint64_t page_size);

// Takes the file's lock until the process ends and writes our pid into it. Returns the descriptor, or -EWOULDBLOCK and
// the pid that the holder wrote (0: none).
int agent_shm_lock(const char *path, uint32_t *holder, char *error, uint32_t error_size);

// 1: a process holds the lock, *holder is the pid that it wrote (0: none). 0: nobody does, or there is no file.
int agent_shm_lock_held(const char *path, uint32_t *holder);

// Attaches the control file, or makes it. -ESTALE: there is one of another layout or a damaged one. Returns a handle.
int agent_shm_control_open(const char *path, uint64_t bank_size, char *error, uint32_t error_size);

// Sequence of the newest published program. A file without one states a number that no program has had.
int64_t agent_shm_published(int control);

// Copies a complete bank (its sequence is published + 1) into the idle bank, publishes it with one store, and rings the
// doorbell. Returns the sequence.
int64_t agent_shm_publish(int control, const uint8_t *program, uint64_t size, const char *doorbell, char *error,
	uint32_t error_size);

// One byte to the worker's datagram socket: look at the control file.
int64_t agent_shm_ring(const char *doorbell);

// Opens a state file for reading and checks its header. Returns a handle.
int agent_shm_state_open(const char *path, char *error, uint32_t error_size);

// Copies bytes of the state file. Read with pread(2): a file that is cut short meanwhile is an error, not a SIGBUS.
int agent_shm_state_read(int state, uint64_t offset, uint8_t *out, uint64_t size, char *error, uint32_t error_size);

// A consistent copy of struct fw_worker_status. -EAGAIN: the writer did not come to rest.
int agent_shm_status(int state, uint8_t *out, uint64_t size, char *error, uint32_t error_size);

// 1: the worker has judged this sequence or a newer one. 0: not within the time. Blocks; safe against a close meanwhile.
int agent_shm_wait_verdict(int state, uint64_t sequence, uint32_t timeout_ms);

// Looks at up to slots entries of a session table from *cursor on, which moves, and copies those that are whole and that
// filter (struct fw_session_filter) selects into out. Returns how many were copied; the end is *cursor at the capacity.
// Stops early when out is full: with size 0 nothing is copied, only counted. now_ns: CLOCK_REALTIME. The file is read in
// pieces, whoever writes it is not held up.
int64_t agent_shm_sessions(int state, uint32_t family, const uint8_t *filter, uint64_t now_ns, uint32_t *cursor,
	uint32_t slots, uint8_t *out, uint64_t size, char *error, uint32_t error_size);

// Addresses and ports of a NAT pool, host byte order.
struct agent_shm_span {
	uint32_t low, high; // addresses
	uint32_t reach; // the highest address of this and all spans before it
	uint32_t port_low, port_high;
	uint32_t pool; // index into counts
};

// Looks at up to slots IPv4 sessions from cursor on, and adds those whose source is translated into a span to the count of its
// pool. spans are sorted by low. Returns where it ended; the end is the capacity.
int64_t agent_shm_nat_use(int state, const struct agent_shm_span *spans, uint32_t count, uint32_t cursor, uint32_t slots,
	uint64_t *counts, char *error, uint32_t error_size);

// Asks the worker to end every session that filter selects. Returns the sequence of the command.
int64_t agent_shm_clear(int control, const uint8_t *filter, const char *doorbell, char *error, uint32_t error_size);

int agent_shm_close(int handle);

#endif
