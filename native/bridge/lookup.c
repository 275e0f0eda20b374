/* See lookup.h. */
#include "lookup.h"
#include "../net/outside.h"
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { MOST_FOUND = 4096 };

static const char *const host_names[] = {"host.docker.internal", "host.containers.internal",
                                         "gateway.docker.internal"};

bool lookup_may_forward(const struct pool *pool, const struct member *asker) {
  for (const struct bridge_network *at = pool->networks; at; at = at->next)
    if (!at->internal && pool_member_of(at, asker->owner)) return true;
  return false;
}

/* The name within `network`: "web", or "web.NETWORK". */
static const char *name_within(const struct bridge_network *network, const char *name,
                               char copy[static DNS_NAME]) {
  size_t length = strlen(name), suffix = strlen(network->name);
  if (length <= suffix + 1 || name[length - suffix - 1] != '.' ||
      strcasecmp(name + length - suffix, network->name) != 0)
    return name;
  memcpy(copy, name, length - suffix - 1);
  copy[length - suffix - 1] = 0;
  return copy;
}

struct found {
  const struct member *at[MOST_FOUND];
  size_t count;
};

static void find(const struct pool *pool, const struct member *asker, const char *name, struct found *out) {
  for (const struct bridge_network *network = pool->networks; network; network = network->next) {
    char copy[DNS_NAME];
    if (!pool_member_of(network, asker->owner)) continue;
    const char *within = name_within(network, name, copy);
    for (const struct member *at = network->members; at && out->count < MOST_FOUND; at = at->next)
      if (member_is_called(at, name) || (within != name && member_is_called(at, within)))
        out->at[out->count++] = at;
  }
}

/* Several behind one name answer in turn. */
static void add_addresses(const struct found *found, uint16_t type, struct dns_answer *answer) {
  static size_t turn;
  size_t first = turn++;
  for (size_t i = 0; i < found->count; i++) {
    const struct member *member = found->at[(first + i) % found->count];
    if (member->ip.family && (type == DNS_A || type == DNS_ANY)) answer_add_address(answer, &member->ip);
    if (member->ip6.family && (type == DNS_AAAA || type == DNS_ANY)) answer_add_address(answer, &member->ip6);
  }
}

static bool answer_host(const struct pool *pool, const struct member *asker, const uint8_t *message,
                        const struct question *question, struct dns_answer *answer) {
  for (size_t i = 0; i < sizeof host_names / sizeof *host_names; i++) {
    if (strcmp(question->name, host_names[i]) != 0) continue;
    bool reaches = lookup_may_forward(pool, asker) && !asker->no_host_loopback;
    struct ip host;
    answer_begin(answer, message, question, reaches ? DNS_OK : DNS_NO_NAME);
    if (reaches && (question->type == DNS_A || question->type == DNS_ANY) && ip_parse(HOST_ADDRESS, &host))
      answer_add_address(answer, &host);
    return true;
  }
  return false;
}

static bool answer_reverse(const struct pool *pool, const struct member *asker, const uint8_t *message,
                           const struct question *question, struct dns_answer *answer) {
  struct ip ip;
  if (question->type != DNS_PTR || !reverse_read(question->name, &ip)) return false;
  const struct member *member = pool_member_at(pool, &ip);
  if (member && pool_member_of(member->network, asker->owner) && member->names[0]) {
    cleanup_strbuf struct strbuf name = {0};
    strbuf_format(&name, "%s.%s", member->names[0], member->network->name);
    answer_begin(answer, message, question, DNS_OK);
    answer_add_pointer(answer, name.at);
    return true;
  }
  for (const struct bridge_network *at = pool->networks; at; at = at->next)
    for (size_t i = 0; i < at->subnet_count; i++)
      if (subnet_has(&at->subnets[i].subnet, &ip)) { /* ours, so nobody outside knows better */
        answer_begin(answer, message, question, DNS_NO_NAME);
        return true;
      }
  return false;
}

bool lookup(const struct pool *pool, const struct member *asker, const uint8_t *message,
            const struct question *question, struct dns_answer *answer) {
  static struct found found;
  if (!question->simple || question->class != DNS_IN) return false;
  found.count = 0;
  find(pool, asker, question->name, &found);
  if (found.count) {
    answer_begin(answer, message, question, DNS_OK);
    add_addresses(&found, question->type, answer);
  } else if (!answer_host(pool, asker, message, question, answer) &&
             !answer_reverse(pool, asker, message, question, answer)) {
    return false;
  }
  answer_end(answer, question);
  return true;
}
