// SPDX-License-Identifier: Apache-2.0
// Network namespaces of the calling thread.
#ifndef PORTCULLIS_NET_NETNS_H
#define PORTCULLIS_NET_NETNS_H

// Enters the named namespace (/run/netns/NAME; "" stays). Returns a descriptor for netns_leave(), or a negative errno.
int netns_enter(const char *name);
int netns_enter_fd(int target);
void netns_leave(int previous); // closes previous

#endif
