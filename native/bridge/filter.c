/*
 * See filter.h. As text:
 *   table inet sampan {
 *     chain postrouting { type nat hook postrouting priority 100; oifname OUTSIDE masquerade }
 *     chain forward { type filter hook forward priority 0; policy drop;
 *                     iifname OUTSIDE accept; oifname OUTSIDE accept }
 *   }
 */
#include "filter.h"
#include "../common/cleanup.h"
#include "netlink.h"
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

static const char table[] = "sampan";

static void begin(struct request *request, int type, int flags) {
  struct nfgenmsg info = {.nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0};
  request_begin(request, NFNL_SUBSYS_NFTABLES << 8 | type, flags | NLM_F_ACK, &info, sizeof info);
}

static void batch(struct request *request, int type) {
  struct nfgenmsg info = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0, .res_id = 0};
  info.res_id = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8); /* network order */
  request_begin(request, type, 0, &info, sizeof info);
}

static void add_chain(struct request *request, const char *name, const char *type, uint32_t hook,
                      uint32_t priority, uint32_t policy) {
  begin(request, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
  request_text(request, NFTA_CHAIN_TABLE, table);
  request_text(request, NFTA_CHAIN_NAME, name);
  size_t at = request_open(request, NFTA_CHAIN_HOOK);
  request_network(request, NFTA_HOOK_HOOKNUM, hook);
  request_network(request, NFTA_HOOK_PRIORITY, priority);
  request_close(request, at);
  request_network(request, NFTA_CHAIN_POLICY, policy);
  request_text(request, NFTA_CHAIN_TYPE, type);
}

static size_t open_expression(struct request *request, const char *name, size_t *data) {
  size_t element = request_open(request, NFTA_LIST_ELEM);
  request_text(request, NFTA_EXPR_NAME, name);
  *data = request_open(request, NFTA_EXPR_DATA);
  return element;
}

static void close_expression(struct request *request, size_t element, size_t data) {
  request_close(request, data);
  request_close(request, element);
}

/* `iifname NAME` or `oifname NAME`. */
static void add_match(struct request *request, uint32_t key, const char *name) {
  size_t data, element = open_expression(request, "meta", &data);
  request_network(request, NFTA_META_DREG, NFT_REG_1);
  request_network(request, NFTA_META_KEY, key);
  close_expression(request, element, data);
  char padded[IFNAMSIZ] = {0};
  snprintf(padded, sizeof padded, "%s", name);
  element = open_expression(request, "cmp", &data);
  request_network(request, NFTA_CMP_SREG, NFT_REG_1);
  request_network(request, NFTA_CMP_OP, NFT_CMP_EQ);
  size_t value = request_open(request, NFTA_CMP_DATA);
  request_add(request, NFTA_DATA_VALUE, padded, sizeof padded);
  request_close(request, value);
  close_expression(request, element, data);
}

static void add_accept(struct request *request) {
  size_t data, element = open_expression(request, "immediate", &data);
  request_network(request, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
  size_t value = request_open(request, NFTA_IMMEDIATE_DATA);
  size_t verdict = request_open(request, NFTA_DATA_VERDICT);
  request_network(request, NFTA_VERDICT_CODE, NF_ACCEPT);
  request_close(request, verdict);
  request_close(request, value);
  close_expression(request, element, data);
}

static void add_masquerade(struct request *request) {
  size_t data, element = open_expression(request, "masq", &data);
  close_expression(request, element, data);
}

static void add_rule(struct request *request, const char *chain, uint32_t key, const char *name,
                     void (*then)(struct request *)) {
  begin(request, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
  request_text(request, NFTA_RULE_TABLE, table);
  request_text(request, NFTA_RULE_CHAIN, chain);
  size_t list = request_open(request, NFTA_RULE_EXPRESSIONS);
  add_match(request, key, name);
  then(request);
  request_close(request, list);
}

int filter_install(const char *outside) {
  cleanup_fd int fd = netlink_open(NETLINK_NETFILTER);
  if (fd < 0) return -1;
  struct request request = {0};
  batch(&request, NFNL_MSG_BATCH_BEGIN);
  begin(&request, NFT_MSG_NEWTABLE, NLM_F_CREATE);
  request_text(&request, NFTA_TABLE_NAME, table);
  add_chain(&request, "postrouting", "nat", NF_INET_POST_ROUTING, 100, NF_ACCEPT);
  add_chain(&request, "forward", "filter", NF_INET_FORWARD, 0, NF_DROP);
  add_rule(&request, "postrouting", NFT_META_OIFNAME, outside, add_masquerade);
  add_rule(&request, "forward", NFT_META_IIFNAME, outside, add_accept);
  add_rule(&request, "forward", NFT_META_OIFNAME, outside, add_accept);
  batch(&request, NFNL_MSG_BATCH_END);
  return netlink_send(fd, &request, 6);
}
