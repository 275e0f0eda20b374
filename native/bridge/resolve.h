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
struct ip dns_ip_of(const union address *address);
union address dns_address_of(const struct ip *ip); /* port 53 */

void dns_tcp_ready(struct world *world, struct handler *handler, uint32_t events);
void dns_tcp_expire(struct world *world, int64_t now);

#endif
