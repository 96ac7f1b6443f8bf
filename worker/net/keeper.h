// SPDX-License-Identifier: Apache-2.0
// A second, tiny process that keeps the carrier of our TAPs while no worker runs.
//
// A TAP that nobody holds loses its carrier: the kernel forgets its neighbors, and a routing daemon ends its sessions at once.
// So every TAP has a second, detached queue, whose descriptor the keeper holds. It outlives a worker that dies by ten
// seconds, or until the next worker has taken the TAPs and tells it to go; after a clean stop it goes at once.
#ifndef PORTCULLIS_NET_KEEPER_H
#define PORTCULLIS_NET_KEEPER_H

// Before anything else is open and before there are threads: the keeper inherits nothing. Without it the worker runs too.
// argv: the worker's, which the keeper replaces by its own name.
void keeper_start(const char *state_dir, int argc, char **argv);
void keeper_hold(int fd); // hands over a copy of the descriptor
void keeper_end(void); // a clean stop
// The TAPs are ours: the keeper of an earlier worker may go.
void keeper_relieve(const char *state_dir);

#endif
