/* The detach sequence as a small matcher that holds back only what may still be part of it. */
#include "keys.h"

#include <string.h>

/* The control code of ctrl-X, or -1 where the keyboard has none. */
static int control_code(char key) {
  if (key >= 'a' && key <= 'z') return key - 'a' + 1;
  if (key >= 'A' && key <= 'Z') return key - 'A' + 1;
  const char *row = strchr("@[\\]^_", key);
  if (key == '\0' || row == NULL) return -1;
  return key == '@' ? 0 : 27 + (int)(row - strchr("@[\\]^_", '['));
}

static int parse_key(const char *text, size_t length) {
  if (length == 1) return (uint8_t)text[0];
  if (length == 6 && strncmp(text, "ctrl-", 5) == 0) return control_code(text[5]);
  return -1;
}

bool keys_parse(const char *text, struct detach_keys *keys) {
  *keys = (struct detach_keys){0};
  if (text[0] == '\0') return true;
  for (;;) {
    size_t length = strcspn(text, ",");
    int code = parse_key(text, length);

    if (code < 0 || keys->length == DETACH_KEYS_MAX) return false;
    keys->sequence[keys->length++] = (uint8_t)code;
    if (text[length] == '\0') return true;
    text += length + 1;
  }
}

/* Gives up the first of the held bytes and as many more as the sequence cannot begin with. */
static size_t give_up_some(struct detach_keys *keys, uint8_t *out) {
  size_t shift = 1;

  while (shift < keys->matched && memcmp(keys->sequence, keys->sequence + shift, keys->matched - shift) != 0)
    shift++;
  memcpy(out, keys->sequence, shift);
  keys->matched -= shift;
  return shift;
}

bool keys_feed(struct detach_keys *keys, const uint8_t *in, size_t size, uint8_t *out, size_t *out_size) {
  *out_size = 0;
  if (keys->length == 0) {
    memcpy(out, in, size);
    *out_size = size;
    return false;
  }
  for (size_t i = 0; i < size; i++) {
    while (keys->matched > 0 && keys->sequence[keys->matched] != in[i])
      *out_size += give_up_some(keys, out + *out_size);
    if (keys->sequence[keys->matched] != in[i]) {
      out[(*out_size)++] = in[i];
      continue;
    }
    if (++keys->matched == keys->length) {
      keys->matched = 0;
      return true;
    }
  }
  return false;
}

bool keys_held(const struct detach_keys *keys) {
  return keys->matched > 0;
}

size_t keys_release(struct detach_keys *keys, uint8_t *out) {
  size_t held = keys->matched;

  memcpy(out, keys->sequence, held);
  keys->matched = 0;
  return held;
}
