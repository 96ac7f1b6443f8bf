// SPDX-License-Identifier: Apache-2.0
// Which addresses of NAT rules an interface must answer ARP requests for.
#ifndef PORTCULLIS_NAT_PROXY_H
#define PORTCULLIS_NAT_PROXY_H

#include "nat/nat.h"

int nat_proxy_build(struct nat *n); // 0 or -ENOMEM
void nat_proxy_free(struct nat *n);

uint32_t nat_proxy_address(const struct nat_proxy *proxy, uint32_t number);

#endif
