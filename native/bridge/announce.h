/*
 * Tells the neighbours of a network who has an address now (RFC 5227 §3, RFC 4861 §7.2.6). Most have a MAC
 * address that follows from the address; after `--mac-address` another container may have had it with another
 * one, and who talked to that one would try for half a minute more.
 */
#ifndef SAMPAN_ANNOUNCE_H
#define SAMPAN_ANNOUNCE_H

#include "pool.h"

/* From the bridge to all its ports. Nothing depends on it: who does not hear it asks in time. */
void announce_member(const struct member *member);

#endif
