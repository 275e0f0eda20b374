/* See message.h. */
#include "message.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { TTL = 5 /* s: containers come and go */, LABEL = 63, OPT_SIZE = 11, ADVERTISED = 1232 };

static uint16_t get16(const uint8_t *at) {
  return (uint16_t)(at[0] << 8 | at[1]);
}

static void put16(uint8_t *at, unsigned value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

/* A name in a question has no reason to be compressed. The offset behind it, 0 when it is malformed. */
static size_t read_name(const uint8_t *message, size_t length, size_t at, char *out) {
  size_t used = 0;
  while (at < length) {
    size_t label = message[at++];
    if (label == 0) {
      out[used ? used - 1 : 0] = 0;
      return at;
    }
    if (label > LABEL || at + label > length || used + label + 2 > DNS_NAME) return 0;
    for (size_t i = 0; i < label; i++) out[used++] = (char)tolower(message[at + i]);
    out[used++] = '.';
    at += label;
  }
  return 0;
}

static size_t skip_name(const uint8_t *message, size_t length, size_t at) {
  while (at < length) {
    size_t label = message[at++];
    if (label == 0) return at;
    if (label >= 0xc0) return at + 1;
    at += label;
  }
  return 0;
}

static void find_opt(const uint8_t *message, size_t length, struct question *out) {
  size_t at = out->end;
  unsigned records = get16(message + 6) + get16(message + 8) + get16(message + 10);
  for (; records > 0; records--) {
    at = skip_name(message, length, at);
    if (!at || at + 10 > length) return;
    if (get16(message + at) == DNS_OPT) {
      out->edns = true;
      out->room = get16(message + at + 2) < DNS_PLAIN ? DNS_PLAIN : get16(message + at + 2);
      return;
    }
    at += 10u + get16(message + at + 8);
  }
}

int question_read(const uint8_t *message, size_t length, struct question *out) {
  *out = (struct question){.room = DNS_PLAIN};
  if (length < DNS_HEADER || message[2] & 0x80) return -1;
  bool standard = (message[2] & 0x78) == 0 && get16(message + 4) == 1;
  if (!standard) return 0;
  size_t at = read_name(message, length, DNS_HEADER, out->name);
  if (!at || at + 4 > length) return -1;
  out->type = get16(message + at);
  out->class = get16(message + at + 2);
  out->end = at + 4;
  out->simple = true;
  find_opt(message, length, out);
  return 0;
}

/* Room for `size` more bytes, the OPT record aside. */
static uint8_t *take(struct dns_answer *answer, size_t size) {
  if (answer->length + size + OPT_SIZE > answer->room) {
    answer->full = true;
    return NULL;
  }
  uint8_t *at = answer->at + answer->length;
  answer->length += size;
  return at;
}

void answer_begin(struct dns_answer *answer, const uint8_t *message, const struct question *question,
                  int code) {
  size_t kept = question->simple ? question->end : DNS_HEADER;
  memcpy(answer->at, message, kept);
  answer->length = kept;
  answer->full = false;
  answer->at[2] = (uint8_t)(0x80 | (message[2] & 0x79)); /* an answer; opcode and RD as asked */
  answer->at[3] = (uint8_t)(0x80 | code);                /* recursion is available */
  put16(answer->at + 4, question->simple ? 1 : 0);
  memset(answer->at + 6, 0, 6);
}

static uint8_t *add_record(struct dns_answer *answer, unsigned type, size_t size) {
  uint8_t *at = take(answer, 12 + size);
  if (!at) return NULL;
  put16(at, 0xc000 | DNS_HEADER); /* the name of the question */
  put16(at + 2, type);
  put16(at + 4, DNS_IN);
  put16(at + 6, 0);
  put16(at + 8, TTL);
  put16(at + 10, (unsigned)size);
  put16(answer->at + 6, get16(answer->at + 6) + 1u);
  return at + 12;
}

void answer_add_address(struct dns_answer *answer, const struct ip *ip) {
  uint8_t *at = add_record(answer, ip->family == AF_INET6 ? DNS_AAAA : DNS_A, ip_size(ip));
  if (at) memcpy(at, ip->bytes, ip_size(ip));
}

void answer_add_pointer(struct dns_answer *answer, const char *name) {
  uint8_t wire[DNS_NAME + 1];
  size_t used = 0;
  while (*name) {
    size_t label = strcspn(name, ".");
    if (label == 0 || label > LABEL || used + label + 2 > sizeof wire) return;
    wire[used++] = (uint8_t)label;
    memcpy(wire + used, name, label);
    used += label;
    name += label + (name[label] == '.');
  }
  wire[used++] = 0;
  uint8_t *at = add_record(answer, DNS_PTR, used);
  if (at) memcpy(at, wire, used);
}

void answer_end(struct dns_answer *answer, const struct question *question) {
  if (answer->full) answer->at[2] |= 0x02;
  if (!question->edns) return;
  uint8_t *at = answer->at + answer->length; /* take() has left room for it */
  memset(at, 0, OPT_SIZE);
  put16(at + 1, DNS_OPT);
  put16(at + 3, ADVERTISED);
  answer->length += OPT_SIZE;
  put16(answer->at + 10, 1);
}

static bool reverse_read6(const char *name, size_t length, struct ip *out) {
  *out = (struct ip){.family = AF_INET6};
  if (length != 63) return false;
  for (size_t i = 0; i < 32; i++) {
    char c = name[2 * i];
    if (!isxdigit((unsigned char)c) || (i < 31 && name[2 * i + 1] != '.')) return false;
    unsigned nibble = (unsigned)(isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10);
    out->bytes[15 - i / 2] |= (uint8_t)(nibble << (i % 2 ? 4 : 0));
  }
  return true;
}

bool reverse_read(const char *name, struct ip *out) {
  static const char four[] = ".in-addr.arpa", six[] = ".ip6.arpa";
  size_t length = strlen(name);
  if (length > strlen(six) && strcmp(name + length - strlen(six), six) == 0)
    return reverse_read6(name, length - strlen(six), out);
  if (length <= strlen(four) || strcmp(name + length - strlen(four), four) != 0) return false;
  char text[DNS_NAME], back[IP_TEXT];
  struct ip turned;
  snprintf(text, sizeof text, "%.*s", (int)(length - strlen(four)), name);
  if (!ip_parse(text, &turned) || turned.family != AF_INET) return false;
  *out = turned;
  for (size_t i = 0; i < 4; i++) out->bytes[i] = turned.bytes[3 - i];
  return *ip_text(out, back) != 0;
}
