/* sampan.json: docs/helper-protocol.md, one row a key. */
#include "shapes.h"
#include "spec.h"

#define AT(type, member) .offset = offsetof(struct type, member)

static const char *const drivers[] = {"overlay", "fuse-overlayfs", "vfs", NULL};
static const char *const log_drivers[] = {"json-file", "k8s-file", "journald", "passthrough", "none", NULL};
static const char *const modes[] = {"none", "host", "slirp", "pasta", "container", "bridge", NULL};
static const char *const actions[] = {"none", "kill", "restart", "stop", NULL};
static const char *const proxies[] = {"none", "v2", NULL};
const char *const outside_programs[] = {"slirp4netns", "pasta", NULL};
static const char *const policies[] = {"no", "always", "unless-stopped", "on-failure", NULL};

static const struct field storage_fields[] = {
    {"driver", WORD, .needed = 1, .words = drivers, AT(sampan_storage, driver)},
    {"links", TEXT, AT(sampan_storage, links)},
    {"lower", TEXTS, AT(sampan_storage, lower)},
    {"upper", TEXT, AT(sampan_storage, upper)},
    {"work", TEXT, AT(sampan_storage, work)},
    {"merged", TEXT, .needed = 1, AT(sampan_storage, merged)},
    {"volatile", FLAG, AT(sampan_storage, volatile_)},
    {"fuseOverlayfs", TEXTS, AT(sampan_storage, fuse_overlayfs)},
    {0},
};
static const struct shape storage_shape = {sizeof(struct sampan_storage), storage_fields};

static const struct field copy_up_fields[] = {
    {"volume", TEXT, .needed = 1, AT(sampan_copy_up, volume)},
    {"path", TEXT, .needed = 1, AT(sampan_copy_up, path)},
    {0},
};
static const struct shape copy_up_shape = {sizeof(struct sampan_copy_up), copy_up_fields};

static const struct field own_fields[] = {
    {"path", TEXT, .needed = 1, AT(sampan_own, path)},
    {"uid", WHOLE, .needed = 1, AT(sampan_own, uid)},
    {"gid", WHOLE, .needed = 1, AT(sampan_own, gid)},
    {0},
};
static const struct shape own_shape = {sizeof(struct sampan_own), own_fields};

static const struct field volume_fields[] = {
    {"name", TEXT, .needed = 1, AT(sampan_volume, name)},
    {"destination", TEXT, .needed = 1, AT(sampan_volume, destination)},
    {"readOnly", FLAG, AT(sampan_volume, read_only)},
    {0},
};
static const struct shape volume_shape = {sizeof(struct sampan_volume), volume_fields};

static const struct field account_fields[] = {
    {"path", TEXT, .needed = 1, AT(sampan_account, path)},
    {"line", TEXT, .needed = 1, AT(sampan_account, line)},
    {0},
};
static const struct shape account_shape = {sizeof(struct sampan_account), account_fields};

static const struct field terminal_fields[] = {
    {"rows", WHOLE, .otherwise = 24, AT(sampan_terminal, rows)},
    {"columns", WHOLE, .otherwise = 80, AT(sampan_terminal, columns)},
    {0},
};
static const struct shape terminal_shape = {sizeof(struct sampan_terminal), terminal_fields};

static const struct field log_fields[] = {
    {"driver", WORD, .words = log_drivers, AT(sampan_log, driver)},
    {"path", TEXT, AT(sampan_log, path)},
    {"maxSize", WHOLE, AT(sampan_log, max_size)},
    {"maxFiles", WHOLE, .otherwise = 1, AT(sampan_log, max_files)},
    {"compress", FLAG, AT(sampan_log, compress)},
    {"attributes", TEXT, AT(sampan_log, attributes)},
    {"journal", TEXTS, AT(sampan_log, journal)},
    {0},
};
static const struct shape log_shape = {sizeof(struct sampan_log), log_fields};

static const struct field port_fields[] = {
    {"hostIp", TEXT, AT(sampan_port, host_ip)},
    {"hostPort", WHOLE, .needed = 1, AT(sampan_port, host_port)},
    {"hostPortLast", WHOLE, AT(sampan_port, host_port_last)},
    {"containerPort", WHOLE, .needed = 1, AT(sampan_port, container_port)},
    {"protocol", TEXT, .needed = 1, AT(sampan_port, protocol)},
    {"proxy", WORD, .words = proxies, AT(sampan_port, proxy)},
    {0},
};
const struct shape port_shape = {sizeof(struct sampan_port), port_fields};

static const struct field subnet_fields[] = {
    {"subnet", TEXT, .needed = 1, AT(sampan_subnet, subnet)},
    {"gateway", TEXT, .needed = 1, AT(sampan_subnet, gateway)},
    {"range", TEXT, AT(sampan_subnet, range)},
    {"reserved", TEXTS, AT(sampan_subnet, reserved)},
    {0},
};
static const struct shape subnet_shape = {sizeof(struct sampan_subnet), subnet_fields};

static const struct field route_fields[] = {
    {"to", TEXT, .needed = 1, AT(sampan_route, to)},
    {"gateway", TEXT, .needed = 1, AT(sampan_route, gateway)},
    {"metric", WHOLE, AT(sampan_route, metric)},
    {0},
};
static const struct shape route_shape = {sizeof(struct sampan_route), route_fields};

static const struct field membership_fields[] = {
    {"name", TEXT, .needed = 1, AT(sampan_membership, name)},
    {"id", TEXT, .needed = 1, AT(sampan_membership, id)},
    {"bridge", TEXT, .needed = 1, AT(sampan_membership, bridge)},
    {"subnets", LIST, .needed = 1, .of = &subnet_shape, AT(sampan_membership, subnets)},
    {"ip", TEXT, AT(sampan_membership, ip)},
    {"ip6", TEXT, AT(sampan_membership, ip6)},
    {"mac", TEXT, AT(sampan_membership, mac)},
    {"aliases", TEXTS, AT(sampan_membership, aliases)},
    {"mtu", WHOLE, .otherwise = 65520, AT(sampan_membership, mtu)},
    {"internal", FLAG, AT(sampan_membership, internal)},
    {"dns", FLAG, AT(sampan_membership, dns)},
    {"isolated", FLAG, AT(sampan_membership, isolated)},
    {"noDefaultRoute", FLAG, AT(sampan_membership, no_default_route)},
    {"metric", WHOLE, AT(sampan_membership, metric)},
    {"routes", LIST, .of = &route_shape, AT(sampan_membership, routes)},
    {"interface", TEXT, AT(sampan_membership, interface)},
    {0},
};
const struct shape membership_shape = {sizeof(struct sampan_membership), membership_fields};

static const struct field network_fields[] = {
    {"mode", WORD, .words = modes, AT(sampan_network, mode)},
    {"container", TEXT, AT(sampan_network, container)},
    {"command", TEXTS, AT(sampan_network, command)},
    {"outside", WORD, .words = outside_programs, AT(sampan_network, outside)},
    {"mtu", WHOLE, AT(sampan_network, mtu)},
    {"ipv6", FLAG, AT(sampan_network, ipv6)},
    {"noHostLoopback", FLAG, AT(sampan_network, no_host_loopback)},
    {"ports", LIST, .of = &port_shape, AT(sampan_network, ports)},
    {"networks", LIST, .of = &membership_shape, AT(sampan_network, networks)},
    {"names", TEXTS, AT(sampan_network, names)},
    {"resolvers", TEXTS, AT(sampan_network, resolvers)},
    {0},
};
static const struct shape network_shape = {sizeof(struct sampan_network), network_fields};

static const struct field join_fields[] = {
    {"pid", TEXT, AT(sampan_join, pid)},   {"ipc", TEXT, AT(sampan_join, ipc)},
    {"uts", TEXT, AT(sampan_join, uts)},   {"cgroup", TEXT, AT(sampan_join, cgroup)},
    {"user", TEXT, AT(sampan_join, user)}, {0},
};
static const struct shape join_shape = {sizeof(struct sampan_join), join_fields};

static const struct field restart_fields[] = {
    {"policy", WORD, .words = policies, AT(sampan_restart, policy)},
    {"retries", WHOLE, AT(sampan_restart, retries)},
    {0},
};
static const struct shape restart_shape = {sizeof(struct sampan_restart), restart_fields};

static const struct field health_fields[] = {
    {"test", TEXTS, .needed = 1, AT(sampan_health, test)},
    {"interval", WHOLE, AT(sampan_health, interval)},
    {"timeout", WHOLE, AT(sampan_health, timeout)},
    {"startPeriod", WHOLE, AT(sampan_health, start_period)},
    {"startInterval", WHOLE, AT(sampan_health, start_interval)},
    {"retries", WHOLE, AT(sampan_health, retries)},
    {"onFailure", WORD, .words = actions, AT(sampan_health, on_failure)},
    {0},
};
static const struct shape health_shape = {sizeof(struct sampan_health), health_fields};

static const struct field remove_fields[] = {
    {"container", FLAG, AT(sampan_remove, container)},
    {"name", TEXT, AT(sampan_remove, name)},
    {"folders", TEXTS, AT(sampan_remove, folders)},
    {0},
};
static const struct shape remove_shape = {sizeof(struct sampan_remove), remove_fields};

static const struct field cgroup_fields[] = {
    {"path", TEXT, AT(sampan_cgroup, path)},
    {"memory", WHOLE, AT(sampan_cgroup, memory)},
    {"memorySwap", WHOLE, AT(sampan_cgroup, memory_swap)},
    {"memoryReservation", WHOLE, AT(sampan_cgroup, memory_reservation)},
    {"cpuQuota", WHOLE, AT(sampan_cgroup, cpu_quota)},
    {"cpuPeriod", WHOLE, AT(sampan_cgroup, cpu_period)},
    {"cpuShares", WHOLE, AT(sampan_cgroup, cpu_shares)},
    {"cpusetCpus", TEXT, AT(sampan_cgroup, cpuset_cpus)},
    {"cpusetMems", TEXT, AT(sampan_cgroup, cpuset_mems)},
    {"pids", WHOLE, AT(sampan_cgroup, pids)},
    {0},
};
static const struct shape cgroup_shape = {sizeof(struct sampan_cgroup), cgroup_fields};

static const struct field runtime_fields[] = {
    {"path", TEXT, .needed = 1, AT(sampan_runtime, path)},
    {"root", TEXT, .needed = 1, AT(sampan_runtime, root)},
    {0},
};
static const struct shape runtime_shape = {sizeof(struct sampan_runtime), runtime_fields};

static const struct field sampan_fields[] = {
    {"version", WHOLE, .needed = 1, AT(sampan, version)},
    {"id", TEXT, .needed = 1, AT(sampan, id)},
    {"name", TEXT, AT(sampan, name)},
    {"storage", OBJECT, .needed = 1, .of = &storage_shape, AT(sampan, storage)},
    {"copyUp", LIST, .of = &copy_up_shape, AT(sampan, copy_up)},
    {"own", LIST, .of = &own_shape, AT(sampan, own)},
    {"volumes", LIST, .of = &volume_shape, AT(sampan, volumes)},
    {"accounts", LIST, .of = &account_shape, AT(sampan, accounts)},
    {"terminal", OBJECT, .always = 1, .of = &terminal_shape, AT(sampan, terminal)},
    {"stdin", FLAG, AT(sampan, stdin_)},
    {"stdinOnce", FLAG, AT(sampan, stdin_once)},
    {"log", OBJECT, .always = 1, .of = &log_shape, AT(sampan, log)},
    {"network", OBJECT, .always = 1, .of = &network_shape, AT(sampan, network)},
    {"join", OBJECT, .always = 1, .of = &join_shape, AT(sampan, join)},
    {"keepGroups", FLAG, AT(sampan, keep_groups)},
    {"init", FLAG, AT(sampan, init)},
    {"restart", OBJECT, .always = 1, .of = &restart_shape, AT(sampan, restart)},
    {"stopSignal", WHOLE, .otherwise = 15, AT(sampan, stop_signal)},
    {"stopTimeout", WHOLE, .otherwise = 10, AT(sampan, stop_timeout)},
    {"timeout", WHOLE, AT(sampan, timeout)},
    {"pidFile", TEXT, AT(sampan, pid_file)},
    {"health", OBJECT, .of = &health_shape, AT(sampan, health)},
    {"remove", OBJECT, .of = &remove_shape, AT(sampan, remove)},
    {"cgroup", OBJECT, .always = 1, .of = &cgroup_shape, AT(sampan, cgroup)},
    {"seccompCache", TEXT, AT(sampan, seccomp_cache)},
    {"runtime", OBJECT, .of = &runtime_shape, AT(sampan, runtime)},
    {0},
};
const struct shape sampan_shape = {sizeof(struct sampan), sampan_fields};
