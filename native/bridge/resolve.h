/* What the UDP and the TCP side of the name server share. */
#ifndef SAMPAN_RESOLVE_H
#define SAMPAN_RESOLVE_H

#include "../net/ports.h"
#include "message.h"
#include "world.h"

struct listen {
  struct handler udp[MOST_SUBNETS], tcp[MOST_SUBNETS];
};

enum dns_way { DNS_ANSWERED, DNS_FORWARD, DNS_DROP };

/* Answers a question of `from` if it can; *asker is who that is. */
enum dns_way dns_answer_here(struct world *world, const struct ip *from, const uint8_t *message,
                             size_t length, bool tcp, struct dns_answer *answer, const struct member **asker);
/* An answer with nothing but a code; its length. */
size_t dns_refuse(const uint8_t *message, const struct question *question, int code, uint8_t *out,
                  size_t room);
/* Asks the asker's resolvers, over UDP. Who gets the answer: `session`, or where it is NULL `to` through
 * `door`. */
struct dns_return {
  struct tcp_session *session;
  int door;
  union address to;
};
void dns_forward(struct world *world, const struct member *asker, const struct dns_return *back,
                 const uint8_t *message, size_t length);
/* The session has ended: what was asked for it is of no interest any more. */
void dns_forget(struct world *world, const struct tcp_session *session);

struct ip dns_ip_of(const union address *address);
union address dns_address_of(const struct ip *ip); /* port 53 */

void dns_tcp_ready(struct world *world, struct handler *handler, uint32_t events);
/* What `resolver` answered over UDP. A cut-off answer is asked for again over TCP. */
void dns_tcp_answer(struct world *world, struct tcp_session *session, const uint8_t *message, size_t length,
                    const struct ip *resolver);
void dns_tcp_expire(struct world *world, int64_t now);

#endif
