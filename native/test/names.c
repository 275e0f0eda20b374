/* Addresses, who is on which network, and what names mean: all without a network. */
#include "../bridge/lookup.h"
#include "../common/fail.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static struct fail fail;

static void addresses_are_read_and_compared(void) {
  static const struct {
    const char *subnet, *inside, *outside, *next_of_inside, *last;
  } rows[] = {
      {"172.17.0.9/16", "172.17.255.255", "172.18.0.0", "172.18.0.0", "172.17.255.255"},
      {"10.0.0.0/29", "10.0.0.7", "10.0.0.8", "10.0.0.8", "10.0.0.7"},
      {"fd00::/64", "fd00::ffff", "fd00:0:0:1::", "fd00::1:0", "fd00::ffff:ffff:ffff:ffff"},
      {"0.0.0.0/0", "255.255.255.255", "::1", "0.0.0.0", "255.255.255.255"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct subnet subnet;
    struct ip in, out, next;
    char text[IP_TEXT];
    assert(subnet_parse(rows[i].subnet, &subnet));
    assert(ip_parse(rows[i].inside, &in) && ip_parse(rows[i].outside, &out));
    assert(subnet_has(&subnet, &in) && !subnet_has(&subnet, &out));
    next = ip_next(&in);
    assert(strcmp(ip_text(&next, text), rows[i].next_of_inside) == 0);
    next = subnet_edge(&subnet, true);
    assert(strcmp(ip_text(&next, text), rows[i].last) == 0);
  }
  static const char *const wrong[] = {"172.17.0.0", "172.17.0.0/33", "fd00::/129", "/8",
                                      "1.2.3/8",    "1.2.3.4/",      "1.2.3.4/8x"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct subnet subnet;
    assert(!subnet_parse(wrong[i], &subnet));
  }
}

static struct sampan_subnet small[] = {{.subnet = "10.9.0.0/29", .gateway = "10.9.0.1"}};
static struct sampan_membership wanted = {
    .name = "small", .id = "1", .bridge = "sp1", .subnets = {.at = small, .count = 1}, .dns = true};

static struct member *join(struct pool *pool, struct bridge_network *network, const char *name,
                           const char *alias, const void *owner) {
  const char *names[] = {name, NULL}, *aliases[] = {alias, NULL};
  const texts list = {.at = names, .count = 1};
  struct sampan_membership mine = wanted;
  mine.aliases = (texts){.at = aliases, .count = alias ? 1 : 0};
  return pool_join(pool, network, &mine, &list, owner, &fail);
}

static void addresses_are_given_out_once(void) {
  struct pool pool = {0};
  struct bridge_network *network = pool_add(&pool, &wanted, &fail);
  struct member *members[5];
  char owners[6], text[IP_TEXT];
  assert(network);
  for (int i = 0; i < 5; i++) { /* eight, less network, gateway and broadcast */
    members[i] = join(&pool, network, "x", NULL, &owners[i]);
    assert(members[i]);
    snprintf(text, sizeof text, "10.9.0.%d", i + 2);
    struct ip ip;
    assert(ip_parse(text, &ip) && ip_same(&ip, &members[i]->ip));
    assert(pool_member_at(&pool, &ip) == members[i]);
  }
  assert(!join(&pool, network, "x", NULL, &owners[5]) && strstr(fail.message, "no free address left"));
  pool_leave(members[1]);
  members[1] = join(&pool, network, "x", NULL, &owners[1]);
  assert(strcmp(ip_text(&members[1]->ip, text), "10.9.0.3") == 0);
  assert(!join(&pool, network, "x", NULL, &owners[1]) && strstr(fail.message, "already"));

  static const struct {
    const char *ip, *message;
  } refused[] = {{"10.9.0.1", "already in use"},
                 {"10.9.0.3", "already in use"},
                 {"10.9.1.3", "in no subnet"},
                 {"nonsense", "not an address"}};
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    wanted.ip = refused[i].ip;
    assert(!join(&pool, network, "x", NULL, &owners[5]) && strstr(fail.message, refused[i].message));
  }
  wanted.ip = NULL;

  struct sampan_membership other = wanted;
  other.id = "2";
  assert(!pool_add(&pool, &other, &fail) && strstr(fail.message, "overlaps"));
  pool_remove(&pool, network);
  assert(!pool.networks);
}

/* A question as it comes from the wire. */
static size_t ask(uint8_t *out, const char *name, int type, bool edns) {
  uint8_t header[DNS_HEADER] = {0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, edns};
  size_t used = sizeof header;
  memcpy(out, header, used);
  while (*name) {
    size_t label = strcspn(name, ".");
    out[used++] = (uint8_t)label;
    memcpy(out + used, name, label);
    used += label;
    name += label + (name[label] == '.');
  }
  const uint8_t rest[] = {0, (uint8_t)(type >> 8), (uint8_t)type, 0, 1};
  memcpy(out + used, rest, sizeof rest);
  used += sizeof rest;
  const uint8_t opt[] = {0, 0, DNS_OPT, 0x10, 0, 0, 0, 0, 0, 0, 0};
  if (edns) memcpy(out + used, opt, sizeof opt);
  return used + (edns ? sizeof opt : 0);
}

static unsigned answers(const uint8_t *message) {
  return (unsigned)(message[6] << 8 | message[7]);
}

static void a_renamed_member_keeps_its_aliases(void) {
  struct pool pool = {0};
  struct bridge_network *network = pool_add(&pool, &wanted, &fail);
  char owner;
  struct member *member = join(&pool, network, "web", "www", &owner);
  const char *names[] = {"shop", "0123456789ab", NULL};
  pool_rename(member, &(texts){.at = names, .count = 2});
  assert(member_is_called(member, "shop") && member_is_called(member, "0123456789ab"));
  assert(member_is_called(member, "www") && !member_is_called(member, "web"));
  pool_rename(member, &(texts){.at = names, .count = 1});
  assert(member_is_called(member, "www") && !member_is_called(member, "0123456789ab"));
  pool_remove(&pool, network);
}

static void names_are_answered(void) {
  struct pool pool = {0};
  struct bridge_network *network = pool_add(&pool, &wanted, &fail);
  char owners[2];
  struct member *web = join(&pool, network, "Web", "www", &owners[0]);
  assert(web && join(&pool, network, "db", "www", &owners[1]));
  static const struct {
    const char *name;
    int type, known, code;
    unsigned count;
  } rows[] = {
      {"web", DNS_A, 1, DNS_OK, 1},
      {"WEB", DNS_A, 1, DNS_OK, 1},
      {"db.small", DNS_A, 1, DNS_OK, 1},
      {"www", DNS_A, 1, DNS_OK, 2},
      {"web", DNS_AAAA, 1, DNS_OK, 0},
      {"web", 15, 1, DNS_OK, 0},
      {"host.docker.internal", DNS_A, 1, DNS_OK, 1},
      {"2.0.9.10.in-addr.arpa", DNS_PTR, 1, DNS_OK, 1},
      {"7.0.9.10.in-addr.arpa", DNS_PTR, 1, DNS_NO_NAME, 0},
      {"1.1.1.1.in-addr.arpa", DNS_PTR, 0, 0, 0},
      {"web.example.org", DNS_A, 0, 0, 0},
      {"small", DNS_A, 0, 0, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (int edns = 0; edns < 2; edns++) {
      uint8_t message[DNS_PLAIN], out[DNS_PLAIN];
      struct question question;
      struct dns_answer answer = {.at = out, .room = sizeof out};
      size_t length = ask(message, rows[i].name, rows[i].type, edns);
      assert(question_read(message, length, &question) == 0 && question.edns == edns);
      assert(question.room == (edns ? 4096 : DNS_PLAIN));
      assert(lookup(&pool, web, message, &question, &answer) == rows[i].known);
      if (!rows[i].known) continue;
      assert((out[3] & 15) == rows[i].code && answers(out) == rows[i].count);
      assert(out[0] == 0x12 && out[1] == 0x34 && out[2] & 0x80 && out[11] == edns);
    }
  pool_remove(&pool, network);
}

static void the_host_has_no_name_for_whom_it_is_shut(void) {
  struct pool pool = {0};
  struct bridge_network *network = pool_add(&pool, &wanted, &fail);
  char owner;
  struct member *web = join(&pool, network, "web", NULL, &owner);
  uint8_t message[DNS_PLAIN], out[DNS_PLAIN];
  struct question question;
  question_read(message, ask(message, "host.docker.internal", DNS_A, false), &question);
  for (int shut = 0; shut < 2; shut++) {
    struct dns_answer answer = {.at = out, .room = sizeof out};
    web->no_host_loopback = shut;
    assert(lookup(&pool, web, message, &question, &answer));
    assert((out[3] & 15) == (shut ? DNS_NO_NAME : DNS_OK) && answers(out) == (shut ? 0u : 1u));
  }
  pool_remove(&pool, network);
}

static void answers_that_do_not_fit_say_so(void) {
  struct sampan_subnet many = {.subnet = "10.8.0.0/16", .gateway = "10.8.0.1"};
  struct pool pool = {0};
  static char owners[100];
  wanted.subnets.at = &many;
  struct bridge_network *network = pool_add(&pool, &wanted, &fail);
  struct member *asker = NULL;
  for (int i = 0; i < 100; i++) asker = join(&pool, network, "x", "all", &owners[i]);
  wanted.subnets.at = small;
  uint8_t message[DNS_PLAIN], out[4096];
  struct question question;
  for (int edns = 0; edns < 2; edns++) {
    question_read(message, ask(message, "all", DNS_A, edns), &question);
    struct dns_answer answer = {.at = out, .room = question.room};
    assert(lookup(&pool, asker, message, &question, &answer));
    assert(answer.length <= question.room);
    assert(!!(out[2] & 2) == !edns && (answers(out) == 100) == edns);
  }
  pool_remove(&pool, network);
}

/* Every prefix of a question and every single changed byte: nothing is read beyond the end (sanitizers see
 * that). */
static void nonsense_is_survived(void) {
  uint8_t message[DNS_PLAIN];
  struct question question;
  struct ip ip;
  size_t length = ask(message, "a.bc.def", DNS_A, true);
  for (size_t i = 0; i <= length; i++) {
    uint8_t *exact = need_memory(i ? i : 1);
    memcpy(exact, message, i);
    question_read(exact, i, &question);
    for (size_t j = 0; j < i; j++)
      for (int value = 0; value < 256; value += 5) {
        uint8_t kept = exact[j];
        exact[j] = (uint8_t)value;
        question_read(exact, i, &question);
        exact[j] = kept;
      }
    free(exact);
  }
  assert(question_read(message, 5, &question) == -1);
  message[2] |= 0x80;
  assert(question_read(message, length, &question) == -1); /* an answer is no question */
  assert(!reverse_read(".in-addr.arpa", &ip) && !reverse_read("1.2.3.in-addr.arpa", &ip) &&
         !reverse_read("a.ip6.arpa", &ip));
  assert(reverse_read("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", &ip));
  assert(ip.bytes[0] == 0xfd && ip.bytes[15] == 1 && ip.family == AF_INET6);
}

int main(void) {
  addresses_are_read_and_compared();
  addresses_are_given_out_once();
  a_renamed_member_keeps_its_aliases();
  names_are_answered();
  the_host_has_no_name_for_whom_it_is_shut();
  answers_that_do_not_fit_say_so();
  nonsense_is_survived();
  return 0;
}
