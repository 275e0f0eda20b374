/* DNS messages (RFC 1035, EDNS by RFC 6891): questions read, answers written. Pure. */
#ifndef SAMPAN_DNS_MESSAGE_H
#define SAMPAN_DNS_MESSAGE_H

#include "ip.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DNS_HEADER = 12, DNS_PLAIN = 512, DNS_MOST = 65535, DNS_NAME = 256 };
enum { DNS_A = 1, DNS_PTR = 12, DNS_AAAA = 28, DNS_OPT = 41, DNS_ANY = 255, DNS_IN = 1 };
enum { DNS_OK = 0, DNS_FORMAT_ERROR = 1, DNS_SERVER_FAILURE = 2, DNS_NO_NAME = 3, DNS_REFUSED = 5 };

struct question {
  char name[DNS_NAME]; /* lower case, dots between labels, none at the end */
  uint16_t type, class;
  size_t end;    /* where the question section ends */
  bool simple;   /* a standard query with one question; others are only passed on */
  bool edns;     /* it had an OPT record … */
  uint16_t room; /* … and takes answers of so many bytes over UDP */
};

/* -1 when it is no question at all. */
int question_read(const uint8_t *message, size_t length, struct question *out);

struct dns_answer {
  uint8_t *at; /* the caller's, `room` bytes */
  size_t length, room;
  bool full; /* something did not fit */
};

/* Begins an answer to the question at `message`. */
void answer_begin(struct dns_answer *answer, const uint8_t *message, const struct question *question,
                  int code);
void answer_add_address(struct dns_answer *answer, const struct ip *ip);
void answer_add_pointer(struct dns_answer *answer, const char *name);
/* The OPT record, the truncation flag. */
void answer_end(struct dns_answer *answer, const struct question *question);

/* The address a PTR question asks for: x.y.z.w.in-addr.arpa, ….ip6.arpa. */
bool reverse_read(const char *name, struct ip *out);

#endif
