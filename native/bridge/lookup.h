/* What the names of containers mean, for the one who asks. No I/O. */
#ifndef SAMPAN_LOOKUP_H
#define SAMPAN_LOOKUP_H

#include "message.h"
#include "pool.h"

/*
 * Answers from the pool. False: the name is nobody's here, ask a resolver. A member sees the names of the
 * networks it is on itself.
 */
bool lookup(const struct pool *pool, const struct member *asker, const uint8_t *message,
            const struct question *question, struct dns_answer *answer);

/* May its questions go outside? Not when all its networks are internal. */
bool lookup_may_forward(const struct pool *pool, const struct member *asker);

#endif
