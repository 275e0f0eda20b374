/* JSON writing: commas, escapes, and bytes that are not UTF-8. */
#include "../common/json.h"
#include "../common/fail.h"
#include "check.h"

static const struct {
  const char *bytes;
  size_t length;
  const char *wanted;
} escapes[] = {
    {"plain", 5, "plain"},
    {"a\"b\\c", 5, "a\\\"b\\\\c"},
    {"\b\f\n\r\t", 5, "\\b\\f\\n\\r\\t"},
    {"\0\x1f", 2, "\\u0000\\u001f"},
    {"\x7f", 1, "\x7f"},
    {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"\xff", 1, "\xef\xbf\xbd"},
    {"\xc0\xaf", 2, "\xef\xbf\xbd\xef\xbf\xbd"},                                 /* overlong */
    {"\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},                 /* a surrogate */
    {"\xf4\x90\x80\x80", 4, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* beyond U+10FFFF */
    {"a\xe2\x82", 3, "a\xef\xbf\xbd\xef\xbf\xbd"},                               /* cut off */
    {"", 0, ""},
};

static void escapes_every_byte(void) {
  for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
    cleanup_strbuf struct strbuf out = {0};
    strbuf_text(&out, "");
    json_escape(&out, escapes[i].bytes, escapes[i].length);
    CHECK_TEXT(out.at, escapes[i].wanted);
  }
}

static void puts_commas_where_needed(void) {
  cleanup_strbuf struct strbuf out = {0};
  json_open(&out, NULL, '{');
  json_add_text(&out, "a", "x");
  json_add_text(&out, "none", NULL);
  json_open(&out, "list", '[');
  json_add_whole(&out, NULL, -1);
  json_add_natural(&out, NULL, UINT64_MAX);
  json_open(&out, NULL, '{');
  json_close(&out, '}');
  json_close(&out, ']');
  json_add_flag(&out, "yes", true);
  json_close(&out, '}');
  CHECK_TEXT(out.at, "{\"a\":\"x\",\"none\":null,\"list\":[-1,18446744073709551615,{}],\"yes\":true}");
}

static void reads_members_by_type(void) {
  struct fail fail = {0};
  cleanup_json yajl_val value = json_parse("{\"n\":7,\"t\":\"x\",\"o\":null}", "it", &fail);
  CHECK(json_whole(value, "n", 0) == 7);
  CHECK(json_whole(value, "t", 3) == 3);
  CHECK_TEXT(json_text(value, "t"), "x");
  CHECK(!json_text(value, "n"));
  CHECK(!json_text(NULL, "n"));
}

static void names_the_file_that_is_no_json(void) {
  static const char *const bad[] = {"", "{", "{\"a\":}", "nonsense", "[1,2"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct fail fail = {0};
    cleanup_json yajl_val value = json_parse(bad[i], "some.json", &fail);
    CHECK(!value);
    CHECK(strstr(fail.message, "some.json is not valid JSON: "));
    CHECK(!strchr(fail.message, '\n'));
  }
}

int main(void) {
  escapes_every_byte();
  puts_commas_where_needed();
  reads_members_by_type();
  names_the_file_that_is_no_json();
  return all_checked("json");
}
