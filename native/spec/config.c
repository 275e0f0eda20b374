/* config.json: the fields of the OCI runtime specification 1.0/1.1 that we honour, one row each. */
#include "shapes.h"
#include "spec.h"

#define AT(type, member) .offset = offsetof(struct type, member)

static const struct field user_fields[] = {
    {"uid", WHOLE, .needed = 1, AT(spec_user, uid)},
    {"gid", WHOLE, .needed = 1, AT(spec_user, gid)},
    {"umask", WHOLE, .otherwise = -1, AT(spec_user, umask)},
    {"additionalGids", WHOLES, AT(spec_user, additional_gids)},
    {0},
};
static const struct shape user_shape = {sizeof(struct spec_user), user_fields};

static const struct field rlimit_fields[] = {
    {"type", TEXT, .needed = 1, AT(spec_rlimit, type)},
    {"soft", NATURAL, .needed = 1, AT(spec_rlimit, soft)},
    {"hard", NATURAL, .needed = 1, AT(spec_rlimit, hard)},
    {0},
};
static const struct shape rlimit_shape = {sizeof(struct spec_rlimit), rlimit_fields};

static const struct field capabilities_fields[] = {
    {"bounding", TEXTS, AT(spec_capabilities, bounding)},
    {"effective", TEXTS, AT(spec_capabilities, effective)},
    {"inheritable", TEXTS, AT(spec_capabilities, inheritable)},
    {"permitted", TEXTS, AT(spec_capabilities, permitted)},
    {"ambient", TEXTS, AT(spec_capabilities, ambient)},
    {0},
};
static const struct shape capabilities_shape = {sizeof(struct spec_capabilities), capabilities_fields};

static const struct field size_fields[] = {
    {"height", WHOLE, .needed = 1, AT(spec_size, height)},
    {"width", WHOLE, .needed = 1, AT(spec_size, width)},
    {0},
};
static const struct shape size_shape = {sizeof(struct spec_size), size_fields};

static const struct field process_fields[] = {
    {"terminal", FLAG, AT(spec_process, terminal)},
    {"consoleSize", OBJECT, .of = &size_shape, AT(spec_process, console_size)},
    {"user", OBJECT, .needed = 1, .of = &user_shape, AT(spec_process, user)},
    {"args", TEXTS, .needed = 1, AT(spec_process, args)},
    {"env", TEXTS, AT(spec_process, env)},
    {"cwd", TEXT, .needed = 1, AT(spec_process, cwd)},
    {"capabilities", OBJECT, .of = &capabilities_shape, AT(spec_process, capabilities)},
    {"rlimits", LIST, .of = &rlimit_shape, AT(spec_process, rlimits)},
    {"noNewPrivileges", FLAG, AT(spec_process, no_new_privileges)},
    {"oomScoreAdj", WHOLE, .otherwise = INT64_MIN, AT(spec_process, oom_score_adj)},
    {.name = "apparmorProfile", .kind = EMPTY},
    {.name = "selinuxLabel", .kind = EMPTY},
    {.name = "scheduler", .kind = EMPTY},
    {.name = "ioPriority", .kind = EMPTY},
    {0},
};
const struct shape process_shape = {sizeof(struct spec_process), process_fields};

static const struct field root_fields[] = {
    {"path", TEXT, .needed = 1, AT(spec_root, path)},
    {"readonly", FLAG, AT(spec_root, readonly)},
    {0},
};
static const struct shape root_shape = {sizeof(struct spec_root), root_fields};

static const struct field mount_fields[] = {
    {"destination", TEXT, .needed = 1, AT(spec_mount, destination)},
    {"type", TEXT, AT(spec_mount, type)},
    {"source", TEXT, AT(spec_mount, source)},
    {"options", TEXTS, AT(spec_mount, options)},
    {.name = "uidMappings", .kind = EMPTY},
    {.name = "gidMappings", .kind = EMPTY},
    {0},
};
static const struct shape mount_shape = {sizeof(struct spec_mount), mount_fields};

static const struct field namespace_fields[] = {
    {"type", TEXT, .needed = 1, AT(spec_namespace, type)},
    {"path", TEXT, AT(spec_namespace, path)},
    {0},
};
static const struct shape namespace_shape = {sizeof(struct spec_namespace), namespace_fields};

static const struct field id_mapping_fields[] = {
    {"containerID", WHOLE, .needed = 1, AT(spec_id_mapping, container_id)},
    {"hostID", WHOLE, .needed = 1, AT(spec_id_mapping, host_id)},
    {"size", WHOLE, .needed = 1, AT(spec_id_mapping, size)},
    {0},
};
static const struct shape id_mapping_shape = {sizeof(struct spec_id_mapping), id_mapping_fields};

static const struct field device_fields[] = {
    {"path", TEXT, .needed = 1, AT(spec_device, path)},
    {"type", TEXT, .needed = 1, AT(spec_device, type)},
    {"major", WHOLE, .otherwise = -1, AT(spec_device, major)},
    {"minor", WHOLE, .otherwise = -1, AT(spec_device, minor)},
    {"fileMode", WHOLE, .otherwise = -1, AT(spec_device, file_mode)},
    {"uid", WHOLE, .otherwise = -1, AT(spec_device, uid)},
    {"gid", WHOLE, .otherwise = -1, AT(spec_device, gid)},
    {0},
};
static const struct shape device_shape = {sizeof(struct spec_device), device_fields};

static const struct field syscall_arg_fields[] = {
    {"index", WHOLE, .needed = 1, AT(spec_syscall_arg, index)},
    {"value", NATURAL, .needed = 1, AT(spec_syscall_arg, value)},
    {"valueTwo", NATURAL, AT(spec_syscall_arg, value_two)},
    {"op", TEXT, .needed = 1, AT(spec_syscall_arg, op)},
    {0},
};
static const struct shape syscall_arg_shape = {sizeof(struct spec_syscall_arg), syscall_arg_fields};

static const struct field syscall_fields[] = {
    {"names", TEXTS, .needed = 1, AT(spec_syscall, names)},
    {"action", TEXT, .needed = 1, AT(spec_syscall, action)},
    {"errnoRet", WHOLE, .otherwise = -1, AT(spec_syscall, errno_ret)},
    {"args", LIST, .of = &syscall_arg_shape, AT(spec_syscall, args)},
    {0},
};
static const struct shape syscall_shape = {sizeof(struct spec_syscall), syscall_fields};

static const struct field seccomp_fields[] = {
    {"defaultAction", TEXT, .needed = 1, AT(spec_seccomp, default_action)},
    {"defaultErrnoRet", WHOLE, .otherwise = -1, AT(spec_seccomp, default_errno_ret)},
    {"architectures", TEXTS, AT(spec_seccomp, architectures)},
    {"flags", TEXTS, AT(spec_seccomp, flags)},
    {"syscalls", LIST, .of = &syscall_shape, AT(spec_seccomp, syscalls)},
    {.name = "listenerPath", .kind = EMPTY},
    {.name = "listenerMetadata", .kind = EMPTY},
    {0},
};
const struct shape seccomp_shape = {sizeof(struct spec_seccomp), seccomp_fields};

static const struct field linux_fields[] = {
    {"namespaces", LIST, .of = &namespace_shape, AT(spec_linux, namespaces)},
    {"devices", LIST, .of = &device_shape, AT(spec_linux, devices)},
    {"sysctl", PAIRS, AT(spec_linux, sysctl)},
    {"maskedPaths", TEXTS, AT(spec_linux, masked_paths)},
    {"readonlyPaths", TEXTS, AT(spec_linux, readonly_paths)},
    {"rootfsPropagation", TEXT, AT(spec_linux, rootfs_propagation)},
    {"seccomp", OBJECT, .of = &seccomp_shape, AT(spec_linux, seccomp)},
    {"uidMappings", LIST, .of = &id_mapping_shape, AT(spec_linux, uid_mappings)},
    {"gidMappings", LIST, .of = &id_mapping_shape, AT(spec_linux, gid_mappings)},
    {.name = "cgroupsPath", .kind = EMPTY}, /* sampan.json has the cgroup */
    {.name = "resources", .kind = EMPTY},
    {.name = "mountLabel", .kind = EMPTY},
    {.name = "intelRdt", .kind = EMPTY},
    {.name = "personality", .kind = EMPTY},
    {.name = "timeOffsets", .kind = EMPTY},
    {0},
};
static const struct shape linux_shape = {sizeof(struct spec_linux), linux_fields};

static const struct field config_fields[] = {
    {"ociVersion", TEXT, .needed = 1, AT(config, oci_version)},
    {"hostname", TEXT, AT(config, hostname)},
    {"domainname", TEXT, AT(config, domainname)},
    {"process", OBJECT, .needed = 1, .of = &process_shape, AT(config, process)},
    {"root", OBJECT, .needed = 1, .of = &root_shape, AT(config, root)},
    {"mounts", LIST, .of = &mount_shape, AT(config, mounts)},
    {"linux", OBJECT, .needed = 1, .always = 1, .of = &linux_shape, AT(config, linux_)},
    {.name = "hooks", .kind = EMPTY},
    {.name = "annotations", .kind = IGNORED},
    {0},
};
const struct shape config_shape = {sizeof(struct config), config_fields};
