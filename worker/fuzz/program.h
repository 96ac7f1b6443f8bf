// SPDX-License-Identifier: Apache-2.0
// The configuration that the fuzz target runs: four interfaces on three ports, two of them VLANs,
// five zones, policies of every kind, both families, static routes and neighbors. Two variants
// differ in policies, zones and services, so that switching between them judges sessions. Two more are
// like them without NAT; between these a policy changes its row, and routes
// their paths: in the first of them some lead over two interfaces.
#ifndef PORTCULLIS_FUZZ_PROGRAM_H
#define PORTCULLIS_FUZZ_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#define FUZZ_PROGRAM_ROOM 16384
#define FUZZ_PORTS 3
#define FUZZ_INTERFACES 4
#define FUZZ_PLAIN 2 // first variant without NAT
#define FUZZ_VARIANTS 4

// Encodes a variant into a bank; returns its size.
size_t fuzz_program(uint8_t *bank, unsigned variant);

#endif
